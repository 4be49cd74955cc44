//! What happened to an invoice: the trail tells of payments, too, also of those that failed.

use contract::events::Event;
use domain::money::Money;
use kit::{Column, EmptyState, Icon, Status, Table, Tone};
use leptos::prelude::*;
use serde::Deserialize as _;

use client::format;

use super::{When, text};

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

fn money(event: &Event, key: &str) -> Option<Money> {
    event.data.get(key).and_then(|value| Money::deserialize(value).ok())
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
            amount: money(event, "amount"),
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

/// What an event is called.
fn told(event: &Event) -> String {
    let amount = |key| money(event, key).map(format::money).unwrap_or_default();
    match event.kind.as_str() {
        "invoice.drafted" => text::drafted(&amount("total")),
        "invoice.finalized" => text::issued_as(&word(event, "number")),
        "invoice.sent" => text::sent_again().to_owned(),
        "checkout.created" => text::link_made().to_owned(),
        "payment.received" => text::payment_came(&amount("amount")),
        "payment.failed" => text::payment_did_not(&amount("amount")),
        "invoice.paid" => text::paid_in_full().to_owned(),
        other => other.to_owned(),
    }
}

/// What happened, the latest first.
pub fn timeline(events: Vec<Event>) -> impl IntoView {
    let item = |event: Event| {
        view! {
            <li>
                <span>{told(&event)}</span>
                <span class="sub">
                    <When instant=event.occurred_at /> " · " {event.actor_name}
                </span>
            </li>
        }
    };
    view! { <ol class="course">{events.into_iter().map(item).collect_view()}</ol> }
}
