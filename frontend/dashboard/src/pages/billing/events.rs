//! What happened to an invoice: the trail tells of payments, too, also of those that failed.

use contract::events::Event;
use domain::money::Money;
use kit::{Status, Timeline, Tone};
use leptos::prelude::*;

use super::text;
use crate::events::{amount, happening};

/// What a customer tried to pay, and what came of it.
#[derive(Clone, PartialEq)]
pub struct Attempt {
    pub amount: Option<Money>,
    /// Why it did not.
    pub failure: Option<String>,
    pub event: Event,
}

fn word(event: &Event, key: &str) -> String {
    event.data.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

impl Attempt {
    /// The payment that the event tells of, if it does.
    pub fn of(event: &Event) -> Option<Self> {
        let failure = match event.kind.as_str() {
            "payment.received" => None,
            "payment.failed" => Some(word(event, "reason")),
            _ => return None,
        };
        Some(Self { amount: amount(event, "amount"), failure, event: event.clone() })
    }

    /// Of which invoice.
    pub fn invoice(&self) -> String {
        self.event.subject.trim_start_matches("invoice:").to_owned()
    }
}

/// How a payment ended.
#[component]
pub fn AttemptState(failure: Option<String>) -> impl IntoView {
    match failure {
        None => view! { <Status tone=Tone::Ok word=text::received() /> }.into_any(),
        Some(reason) => view! {
            <Status tone=Tone::Error word=text::payment_failed_word() />
            <div class="sub">{reason}</div>
        }
        .into_any(),
    }
}

/// What happened, the latest first.
pub fn course(events: &[Event]) -> impl IntoView + use<> {
    let items: Vec<_> = events.iter().map(happening).collect();
    view! { <Timeline label=text::what_happened() items=Signal::stored(items) /> }
}
