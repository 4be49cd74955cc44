//! The schedule as a line through time that begins at the due date.

use client::format;
use domain::dunning::DunningStep;
use frame::dunning_sign;
use kit::{Icon, icon};
use leptos::prelude::*;

use super::text;

/// The steps, in their order.
pub fn picture(steps: &[DunningStep]) -> AnyView {
    let before = steps.iter().take_while(|step| step.days < 0).count();
    let (early, late) = steps.split_at(before);
    let due = mark(Some("due"), Icon::Invoice, text::due_date().to_owned(), String::new());
    view! {
        <ol class="schedule" aria-label=text::schedule()>
            {early.iter().map(step).collect_view()}
            {due}
            {late.iter().map(step).collect_view()}
        </ol>
    }
    .into_any()
}

fn step(step: &DunningStep) -> AnyView {
    let word = match (step.fee, step.fee_percent) {
        (Some(fee), _) => text::late_fee_of(&format::money(fee)),
        (None, Some(percent)) => text::late_fee_of(&text::share(&format::exact(percent.decimal()))),
        (None, None) => text::word(step.action).to_owned(),
    };
    mark(None, dunning_sign(step.action), word, text::distance(step.days))
}

fn mark(class: Option<&'static str>, sign: Icon, word: String, about: String) -> AnyView {
    view! {
        <li class=class>
            <i aria-hidden="true">{icon(sign, 16)}</i>
            <b>{word}</b>
            <span>{about}</span>
        </li>
    }
    .into_any()
}
