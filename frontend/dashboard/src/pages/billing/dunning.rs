//! What is done about an invoice that is not paid, and stopping it.

use client::{Failure, format, spawn, use_client};
use contract::billing::Dunning;
use domain::{dunning::DunningWait, ids::InvoiceId, permissions::Permission};
use frame::DunningSteps;
use kit::{Button, Card, Status, Tone, use_toasts};
use leptos::prelude::*;

use super::{may, text};

/// What was done and what is planned; nothing, where there is neither.
#[component]
pub fn Reminders(id: InvoiceId, dunning: Dunning) -> impl IntoView {
    if dunning.done.is_empty() && dunning.planned.is_empty() {
        return ().into_any();
    }
    let held = dunning.held_at.is_some();
    let can = !dunning.planned.is_empty() && may(Permission::InvoicesWrite);
    let actions = move || can.then(|| view! { <Switch id held /> });
    let word = (!dunning.planned.is_empty()).then(|| standing(&dunning)).flatten();
    view! {
        <Card title=text::reminders() actions>
            {word}
            <DunningSteps label=text::reminders() dunning />
        </Card>
    }
    .into_any()
}

/// Why nothing is done at the moment.
fn standing(dunning: &Dunning) -> Option<AnyView> {
    let (tone, word) = match (dunning.held_at, dunning.waits_for) {
        (Some(at), _) => (Tone::Skipped, text::dunning_held(&format::relative(at))),
        (None, Some(DunningWait::Mail)) => (Tone::Warning, text::dunning_waits_mail().to_owned()),
        (None, Some(DunningWait::Delivery)) => (Tone::Error, text::dunning_waits_delivery().to_owned()),
        (None, Some(DunningWait::Charge)) => (Tone::Running, text::dunning_waits_charge().to_owned()),
        (None, Some(DunningWait::Payment)) => (Tone::Running, text::dunning_waits_payment().to_owned()),
        (None, None) => return None,
    };
    Some(view! { <div class="dunning-word"><Status tone word /></div> }.into_any())
}

/// Stops it, or lets it go on.
#[component]
fn Switch(id: InvoiceId, held: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let (verb, word, said) = if held {
        ("continue", text::dunning_continue(), text::dunning_continued())
    } else {
        ("hold", text::dunning_stop(), text::dunning_stopped())
    };
    let press = move |()| {
        busy.set(true);
        spawn(async move {
            let done = client.post(format!("/msp/invoices/{id}/dunning/{verb}")).done().await;
            busy.try_set(false);
            match done {
                Ok(()) => toasts.say(said),
                Err(Failure::SessionEnded) => {}
                Err(failure) => toasts.say(failure.detail_of_all()),
            }
        });
    };
    view! {
        <Button small=true busy on_press=press>
            {word}
        </Button>
    }
}
