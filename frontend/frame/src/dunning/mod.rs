//! What is done about an invoice that is not paid: as its provider sees it, and as its customer does.

pub mod text;

use client::format;
use contract::billing::{Dunning, DunningDone, DunningPlanned};
use domain::{dunning::DunningAction, money::Money};
use kit::{Icon, icon};
use leptos::prelude::*;

/// The drawing of what is done.
pub fn dunning_sign(action: DunningAction) -> Icon {
    match action {
        DunningAction::Remind => Icon::Mail,
        DunningAction::Charge => Icon::Card,
        DunningAction::LateFee => Icon::Plus,
        DunningAction::Pause => Icon::Paused,
        DunningAction::Cancel => Icon::Close,
    }
}

fn word(action: DunningAction, fee: Option<Money>) -> String {
    match (action, fee) {
        (DunningAction::Remind, _) => text::reminder().to_owned(),
        (DunningAction::Charge, _) => text::charge().to_owned(),
        (DunningAction::LateFee, Some(fee)) => text::late_fee_of(&format::money(fee)),
        (DunningAction::LateFee, None) => text::late_fee().to_owned(),
        (DunningAction::Pause, _) => text::pause().to_owned(),
        (DunningAction::Cancel, _) => text::cancellation().to_owned(),
    }
}

/// Why a step was passed over.
fn why(reason: &str) -> String {
    match reason {
        "already_paused" => text::why_already_paused().to_owned(),
        "no_payment_method" => text::why_no_method().to_owned(),
        "nothing" => text::why_nothing().to_owned(),
        "other_currency" => text::why_other_currency().to_owned(),
        "subscription_ended" => text::why_ended().to_owned(),
        "too_late" => text::why_too_late().to_owned(),
        code => text::why_other(code),
    }
}

fn done(step: DunningDone) -> AnyView {
    let day = format::day(step.on);
    let (class, sign, about) = match step.skipped {
        None => ("done", dunning_sign(step.action), text::done_on(&day)),
        Some(reason) => ("left-out", Icon::Dash, text::left_out(&day, &why(&reason))),
    };
    item(class, sign, word(step.action, None), about)
}

fn planned(step: DunningPlanned) -> AnyView {
    let about = text::planned_for(&format::day(step.on), &format::relative_day(step.on));
    item("planned", dunning_sign(step.action), word(step.action, step.fee), about)
}

fn item(class: &'static str, sign: Icon, what: String, about: String) -> AnyView {
    view! {
        <li class=class>
            <i aria-hidden="true">{icon(sign, 14)}</i>
            <div>
                <div class="what">{what}</div>
                <div class="about">{about}</div>
            </div>
        </li>
    }
    .into_any()
}

/// What was done, and what is to come, in its order.
#[component]
pub fn DunningSteps(
    /// What it is about, for those who hear the page.
    #[prop(into)]
    label: String,
    /// The steps.
    dunning: Dunning,
) -> impl IntoView {
    view! {
        <ol class="timeline dunning" aria-label=label>
            {dunning.done.into_iter().map(done).collect_view()}
            {dunning.planned.into_iter().map(planned).collect_view()}
        </ol>
    }
}
