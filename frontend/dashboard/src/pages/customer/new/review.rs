//! All that was typed and chosen, before it is done.

use client::format;
use kit::{KeyValues, LinkButton};
use leptos::prelude::*;

use super::{Draft, Step, choose_plan::Offer, text};
use crate::pages::customer::{check, limit_fields};

#[component]
pub fn Review(draft: StoredValue<Draft>, offer: Offer, invites: bool) -> impl IntoView {
    let draft = draft.get_value();
    let details = draft.details;
    let mut company = vec![
        (text::company_name(), details.company_name.optional()),
        (text::code(), draft.code.optional().map(|code| code.to_ascii_uppercase())),
        (text::contact_name(), details.contact_name.optional()),
        (text::email(), details.contact_email.optional()),
        (text::phone(), details.phone.optional()),
        (text::address(), details.address.optional()),
        (text::country(), details.place().0.map(|country| format::country(country.code()))),
        (text::tax_id(), details.tax_id.optional()),
    ];
    let rare = [
        (text::region(), details.place().1),
        (text::tax_exempt(), details.tax_exempt.optional()),
        (text::external_ref(), details.external_ref.optional()),
        (text::notes(), details.notes.optional()),
        (text::features(), details.features.optional()),
    ];
    company.extend(rare.into_iter().filter(|(_, value)| value.is_some()));
    let plan = move || {
        let chosen = match offer.chosen(draft.plan) {
            Some(plan) => format!("{}, {}", plan.name, text::fee_for(plan.base_fee, plan.fee_interval)),
            None if draft.plan.optional().is_some() => text::plan_unknown().to_owned(),
            None => text::no_plan().to_owned(),
        };
        let mut pairs = vec![(text::plan(), Some(chosen))];
        if draft.trial.is_on() {
            let ends = check::day(&draft.trial_ends_on.text()).map(|day| format::day(day.get()));
            pairs.push((text::trial_ends(), Some(ends.unwrap_or_else(|| text::trial_open().to_owned()))));
        } else {
            pairs.push((text::status(), Some(text::active().to_owned())));
        }
        view! { <KeyValues pairs /> }
    };
    let people = invites.then(|| {
        let invitation = draft.invitation();
        let pairs = match invitation {
            Some(it) => vec![
                (text::invitation(), Some(it.email)),
                (text::role_label(), Some(text::role(it.role).to_owned())),
            ],
            None => vec![(text::invitation(), Some(text::invited_not().to_owned()))],
        };
        view! {
            <Part step=Step::People>
                <KeyValues pairs />
            </Part>
        }
    });
    view! {
        <Part step=Step::Company>
            <KeyValues pairs=company />
        </Part>
        <Part step=Step::Plan>{move || plan()}</Part>
        <Part step=Step::Limits>
            <KeyValues pairs=limit_fields::pairs(draft.limits.limits()) />
        </Part>
        {people}
    }
}

#[component]
fn Part(step: Step, children: Children) -> impl IntoView {
    view! {
        <section class="reviewed">
            <header>
                <h3>{step.label()}</h3>
                <LinkButton href=step.address() small=true>
                    {text::change()}
                    <span class="only-heard">": " {step.label()}</span>
                </LinkButton>
            </header>
            {children()}
        </section>
    }
}
