//! What happened to an invoice: the trail tells of payments, too, also of those that failed.

use contract::events::Event;
use domain::money::Money;
use kit::{Column, EmptyState, Icon, Status, Table, Timeline, Tone};
use leptos::prelude::*;

use client::format;

use super::{When, text};
use crate::events::{amount, happening};

/// What a customer tried to pay, and what came of it.
#[derive(Clone, PartialEq)]
pub struct Attempt {
    pub amount: Option<Money>,
    /// How it came in, where it did.
    pub provider: String,
    pub reference: String,
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
        Some(Self {
            amount: amount(event, "amount"),
            provider: word(event, "provider"),
            reference: word(event, "reference"),
            failure,
            event: event.clone(),
        })
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

/// The payments among what happened.
pub fn payments(events: &[Event]) -> impl IntoView + use<> {
    let attempts: Vec<_> = events.iter().filter_map(Attempt::of).collect();
    if attempts.is_empty() {
        return view! {
            <EmptyState title=text::no_payment() detail=text::no_payment_detail() sign=Icon::Money />
        }
        .into_any();
    }
    let row = |attempt: Attempt| {
        view! {
            <tr>
                <th scope="row">
                    <When instant=attempt.event.occurred_at />
                    <div class="sub">{text::provider(&attempt.provider)}</div>
                    <div class="code reference">{attempt.reference}</div>
                </th>
                <td>
                    <AttemptState failure=attempt.failure />
                </td>
                <td class="r">{attempt.amount.map(format::money)}</td>
            </tr>
        }
    };
    view! {
        <Table
            caption=text::payments()
            columns=vec![
                Column::text(text::when()),
                Column::text(text::status()),
                Column::figures(text::amount()),
            ]
        >
            {attempts.into_iter().map(row).collect_view()}
        </Table>
    }
    .into_any()
}

/// What happened, the latest first.
pub fn course(events: &[Event]) -> impl IntoView + use<> {
    let items: Vec<_> = events.iter().map(happening).collect();
    view! { <Timeline label=text::what_happened() items=Signal::stored(items) /> }
}
