//! The books: what customers owe, what stands in the accounts, and what was booked.

mod balances;
mod export;
pub mod meters;
pub mod payouts;
mod receivables;
pub mod text;
mod transactions;

use address::{Query, go, use_query};
use client::format;
use domain::money::{Currency, Money};
use frame::Lazily;
use kit::{PageHeader, Tab, Tabs};
use leptos::prelude::*;

use self::{balances::Balances, export::Export, receivables::Receivables, transactions::Transactions};
use super::filter_fields::{Day, day_in};
use crate::parts;

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Receivables,
    Balances,
    Transactions,
    Payouts,
    Meters,
}

/// A part, what the address calls it, and what people do.
type Row = (Part, &'static str, fn() -> &'static str);

const PARTS: [Row; 5] = [
    (Part::Receivables, "", text::receivables),
    (Part::Balances, "balances", text::accounts),
    (Part::Transactions, "transactions", text::transactions),
    (Part::Payouts, "payouts", text::payouts),
    (Part::Meters, "meters", text::meters),
];

/// The address of a part.
fn address_of(part: &str) -> Query {
    let mut query = Query::new();
    query.set("tab", part);
    query
}

#[component]
pub fn Ledger() -> impl IntoView {
    let query = use_query();
    let part = Memo::new(move |_| {
        let wanted = query.with(|query| query.get("tab")).unwrap_or_default();
        PARTS.iter().find(|(_, key, _)| *key == wanted).map_or(Part::Receivables, |(part, ..)| *part)
    });
    let tabs = Signal::derive(move || {
        let tab = |(which, key, label): &Row| Tab {
            href: format!("/ledger{}", address_of(key)),
            label: label(),
            current: part.get() == *which,
        };
        PARTS.iter().map(tab).collect::<Vec<_>>()
    });
    view! {
        <PageHeader title=text::ledger() actions=|| view! { <Export /> } />
        <Tabs label=text::parts() tabs />
        {move || match part.get() {
            Part::Receivables => view! { <Receivables /> }.into_any(),
            Part::Balances => view! { <Balances /> }.into_any(),
            Part::Transactions => view! { <Transactions /> }.into_any(),
            Part::Payouts => view! { <Lazily load=|| Box::pin(parts::payouts()) /> }.into_any(),
            Part::Meters => view! { <Lazily load=|| Box::pin(parts::meters()) /> }.into_any(),
        }}
    }
}

/// The end of which day is looked at; today where the address has none.
#[component]
fn AsOf() -> impl IntoView {
    let query = use_query();
    let value =
        Signal::derive(move || Some(query.with(|query| day_in(query, "on")).unwrap_or_else(format::today)));
    let choose = move |day: Option<chrono::NaiveDate>| {
        let mut query = query.get_untracked();
        query.set("on", day.map(|day| day.to_string()).unwrap_or_default());
        go(&format!("/ledger{query}"));
    };
    view! {
        <div class="filters one">
            <Day id="as-of" label=text::as_of() value on_change=choose />
        </div>
    }
}

/// Where the API has it, at the end of the day of the address.
fn at_day(path: &str, query: &Query) -> String {
    let mut asked = Query::new();
    asked.set("on", query.get("on").unwrap_or_default());
    format!("{path}{asked}")
}

/// The currencies, each once, in the order in which they come.
fn currencies(amounts: impl Iterator<Item = Money>) -> Vec<Currency> {
    let mut found = Vec::new();
    for currency in amounts.map(Money::currency) {
        if !found.contains(&currency) {
            found.push(currency);
        }
    }
    found
}

/// A debit or a credit, in the column that is its own.
fn debit_and_credit(amount: Money) -> (String, String) {
    match amount.amount_minor() {
        ..0 => (
            String::new(),
            format::money(Money::new(amount.amount_minor().saturating_neg(), amount.currency())),
        ),
        _ => (format::money(amount), String::new()),
    }
}
