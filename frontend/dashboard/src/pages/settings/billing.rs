//! How the tenant bills: when invoices are issued and due, and what is done when they are not paid.

mod fields;
mod picture;
mod steps;
mod text;

use client::{load_once, use_client};
use contract::billing::{BillingSettings, BillingTerms};
use domain::{money::Currency, permissions::Permission};
use kit::{
    Banner, Card, EmptyState, FormView, Icon, KeyValues, NumberField, SelectField, SkeletonRows, Tone, faces,
    use_toasts,
};
use leptos::prelude::*;

use self::{
    fields::{AFTER_GRACE, AT_ONCE, BY_APPROVAL, Fields},
    picture::picture,
    steps::Steps,
};
use super::SettingsHead;
use crate::pages::billing::own_currency;

/// The last day of a month that every month has.
const LAST_DAY: i16 = 28;

fn skeleton() -> impl IntoView {
    view! {
        <div class="stack">
            <div class="card">
                <SkeletonRows rows=2 />
            </div>
            <div class="card">
                <SkeletonRows rows=6 />
            </div>
        </div>
    }
}

#[component]
pub fn BillingPage() -> impl IntoView {
    let client = use_client();
    let may = client.session.with_untracked(|session| session.may(Permission::BillingWrite));
    let settings = load_once::<BillingSettings>(|| Some("/msp/billing".to_owned()));
    let currency = own_currency();
    view! {
        <SettingsHead />
        {faces(
            settings,
            skeleton,
            move |found| {
                move || match currency.get() {
                    _ if !may => view! { <Seen terms=found.clone().terms() /> }.into_any(),
                    Some(currency) => {
                        let again = Callback::new(move |()| settings.reload());
                        view! { <Edit found=found.clone() currency again /> }.into_any()
                    }
                    None => skeleton().into_any(),
                }
            },
        )}
    }
}

/// When invoices are issued.
fn issued(day: i16) -> String {
    text::on_day(&day.to_string())
}

/// How they are issued, where they are by themselves.
fn how(terms: &BillingTerms) -> Option<String> {
    terms.issue_day?;
    Some(match (terms.auto_finalize, terms.grace_days) {
        (false, _) => text::by_approval_seen().to_owned(),
        (true, 0) => text::at_once().to_owned(),
        (true, days) => text::grace_days_of(i64::from(days)),
    })
}

#[component]
fn Edit(found: BillingSettings, currency: Currency, again: Callback<()>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let version = found.version;
    let fields = Fields::new(found.terms(), currency);
    let submit = move |()| {
        fields.form.send(
            async move || {
                let request = client.put("/msp/billing").version(version).body(&fields.terms());
                let saved = request.answer::<BillingSettings>().await;
                saved.map_err(|failure| fields.translate(failure))
            },
            move |_| {
                toasts.say(text::billing_saved());
                // In the order of the days.
                again.run(());
            },
        );
    };
    let days = (1..=LAST_DAY).map(|day| (day.to_string(), issued(day)));
    let days = std::iter::once((String::new(), text::by_hand().to_owned())).chain(days).collect::<Vec<_>>();
    view! {
        <FormView form=fields.form submit=text::save() on_submit=submit>
            <Card title=text::issuing()>
                <div class="pad form">
                    <div class="two">
                        <SelectField
                            field=fields.issue_day
                            label=text::issue_day()
                            hint=text::issue_day_hint()
                            options=Signal::stored(days)
                        />
                        <NumberField
                            field=fields.payment_days
                            label=text::payment_days()
                            hint=text::payment_days_hint()
                            unit=text::unit_days()
                        />
                    </div>
                    <How fields />
                </div>
            </Card>
            <Card title=text::not_paid()>
                <Steps rows=fields.rows typed=fields.typed currency=fields.currency />
            </Card>
        </FormView>
    }
}

/// How invoices are issued that are by themselves.
#[component]
fn How(fields: Fields) -> impl IntoView {
    let on_a_day = Memo::new(move |_| fields.is_on_a_day());
    let has_grace = Memo::new(move |_| fields.is_issued(AFTER_GRACE));
    let options =
        [(AT_ONCE, text::at_once()), (AFTER_GRACE, text::after_grace()), (BY_APPROVAL, text::by_approval())];
    let options =
        Signal::stored(options.map(|(way, name)| (way.to_owned(), name.to_owned())).into_iter().collect());
    let days = move || {
        has_grace.get().then(|| {
            view! {
                <NumberField
                    field=fields.grace_days
                    label=text::grace_days()
                    hint=text::grace_days_hint()
                    unit=text::unit_days()
                />
            }
        })
    };
    move || {
        on_a_day.get().then(|| {
            view! {
                <div class="two">
                    <SelectField
                        field=fields.way
                        label=text::how_issued()
                        hint=text::how_issued_hint()
                        options
                    />
                    {move || days()}
                </div>
            }
        })
    }
}

/// How the tenant bills, for those who may not change it.
#[component]
fn Seen(terms: BillingTerms) -> impl IntoView {
    let mut pairs =
        vec![(text::issue_day(), Some(terms.issue_day.map_or_else(|| text::by_hand().to_owned(), issued)))];
    pairs.extend(how(&terms).map(|how| (text::how_issued(), Some(how))));
    pairs.push((text::payment_days(), Some(text::payment_days_of(i64::from(terms.payment_days)))));
    let schedule = if terms.dunning.is_empty() {
        view! { <EmptyState title=text::no_steps() detail=text::no_steps_detail() sign=Icon::Mail /> }
            .into_any()
    } else {
        picture(&terms.dunning)
    };
    view! {
        <Banner tone=Tone::Running>{text::may_only_see()}</Banner>
        <Card title=text::issuing()>
            <div class="pad">
                <KeyValues pairs />
            </div>
        </Card>
        <Card title=text::not_paid()>{schedule}</Card>
    }
}
