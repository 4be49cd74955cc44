//! Where the customer stands with an invoice that is not paid.

use client::format;
use contract::billing::{Dunning, DunningDone, DunningPlanned};
use domain::dunning::DunningAction;
use frame::DunningSteps;
use kit::{Banner, Card, Tone};
use leptos::prelude::*;

use crate::text;

/// What has been done, and what comes next that is more than a reminder; nothing, where nothing such does or did.
pub fn dunning_word(dunning: &Dunning, overdue: bool) -> Option<AnyView> {
    let Dunning { done, planned, .. } = dunning;
    let next = next(planned);
    let last = done.iter().rev().find(|step| step.skipped.is_none());
    let hurts = last.is_some_and(|last| !matches!(last.action, DunningAction::Remind));
    if next.is_none() && !hurts {
        return None;
    }
    let tone = if overdue { Tone::Warning } else { Tone::Running };
    let words: Vec<_> = last.map(was_done).into_iter().chain(next).collect();
    Some(view! { <Banner tone>{words.join(" ")}</Banner> }.into_any())
}

fn was_done(step: &DunningDone) -> String {
    let day = format::day(step.on);
    match step.action {
        DunningAction::Remind => text::was_reminded(&day),
        DunningAction::Charge => text::was_charged(&day),
        DunningAction::LateFee => text::had_fee(&day),
        DunningAction::Pause => text::was_paused(&day),
        DunningAction::Cancel => text::was_cancelled(&day),
    }
}

/// The first thing to come that costs something or takes something away, else the next charge.
fn next(planned: &[DunningPlanned]) -> Option<String> {
    let told = |step: &DunningPlanned| {
        let day = format::day(step.on);
        match (step.action, step.fee) {
            (DunningAction::LateFee, Some(fee)) => Some(text::will_have_fee(&day, &format::money(fee))),
            (DunningAction::Pause, _) => Some(text::will_be_paused(&day)),
            (DunningAction::Cancel, _) => Some(text::will_be_cancelled(&day)),
            (DunningAction::Remind | DunningAction::Charge | DunningAction::LateFee, _) => None,
        }
    };
    let charge = || planned.iter().find(|step| step.action == DunningAction::Charge);
    planned
        .iter()
        .find_map(told)
        .or_else(|| charge().map(|step| text::will_be_charged(&format::day(step.on))))
}

/// All of it, in its order; nothing, where there is nothing.
#[component]
pub fn Reminders(dunning: Dunning) -> impl IntoView {
    if dunning.done.is_empty() && dunning.planned.is_empty() {
        return ().into_any();
    }
    view! {
        <Card title=text::until_paid()>
            <DunningSteps label=text::until_paid() dunning />
        </Card>
    }
    .into_any()
}
