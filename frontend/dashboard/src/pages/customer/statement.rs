//! A customer's statement: what was billed and paid over some days, and what is owed after each.

use address::{Query, go, use_path, use_query};
use chrono::{Datelike as _, NaiveDate};
use client::{format, load};
use contract::ledger::{Statement as Found, StatementAccount, StatementLine};
use kit::{Banner, Card, Column, EmptyState, Icon, SkeletonRows, Table, Tone, faces};
use leptos::prelude::*;

use crate::pages::{
    filter_fields::{Day, day_in, set_days},
    ledger::text,
};

/// The longest statement that the server makes.
const MOST_DAYS: i64 = 400;

/// What is wrong with the days.
fn fault(from: NaiveDate, until: NaiveDate) -> Option<&'static str> {
    match (until - from).num_days() {
        ..0 => Some(text::last_before_first()),
        days if days >= MOST_DAYS => Some(text::too_many_days()),
        _ => None,
    }
}

#[component]
pub fn Statement(code: String) -> impl IntoView {
    let (path, query) = (use_path(), use_query());
    // Where nothing is chosen: this year until today.
    let today = format::today();
    let first = today.with_ordinal(1).unwrap_or(today);
    let days = Memo::new(move |_| {
        let day = |name| query.with(|query| day_in(query, name));
        (day("from").unwrap_or(first), day("until").unwrap_or(today))
    });
    let wrong = Memo::new(move |_| fault(days.get().0, days.get().1));
    let found = load::<Found>(move || {
        let mut asked = Query::new();
        let (from, until) = days.get();
        set_days(&mut asked, Some(from), Some(until));
        wrong.get().is_none().then(|| format!("/msp/customers/{code}/statement{asked}"))
    });
    let choose = move |name: &'static str| {
        move |day: Option<NaiveDate>| {
            let mut query = query.get_untracked();
            query.set(name, day.map(|day| day.to_string()).unwrap_or_default());
            go(&format!("{}{query}", path.get_untracked()));
        }
    };
    let accounts = |found: Found| {
        if found.accounts.is_empty() {
            return view! {
                <section class="card">
                    <EmptyState
                        title=text::statement_none()
                        detail=text::statement_none_detail()
                        sign=Icon::Money
                    />
                </section>
            }
            .into_any();
        }
        found.accounts.into_iter().map(account).collect_view().into_any()
    };
    let shown = move || {
        if let Some(fault) = wrong.get() {
            return view! { <Banner tone=Tone::Warning>{fault}</Banner> }.into_any();
        }
        let skeleton = || view! { <section class="card"><SkeletonRows rows=5 /></section> };
        faces(found, skeleton, accounts).into_any()
    };
    view! {
        <div class="filters one">
            <Day
                id="filter-from"
                label=text::first_day()
                value=Signal::derive(move || Some(days.get().0))
                on_change=choose("from")
            />
            <Day
                id="filter-until"
                label=text::last_day()
                value=Signal::derive(move || Some(days.get().1))
                on_change=choose("until")
            />
        </div>
        {move || shown()}
    }
}

fn account(account: StatementAccount) -> impl IntoView {
    let title = text::statement_in(account.opening.currency().code());
    let bound = |name: &'static str, amount| {
        view! {
            <tr class="sum">
                <th scope="row">{name}</th>
                <td class="less"></td>
                <td class="r less"></td>
                <td class="r">{format::money(amount)}</td>
            </tr>
        }
    };
    view! {
        <Card title=title.clone()>
            <Table
                caption=title
                columns=vec![
                    Column::text(text::booked()),
                    Column::text(text::booked_on()).less(),
                    Column::figures(text::change()).less(),
                    Column::figures(text::balance()),
                ]
            >
                {bound(text::opening(), account.opening)}
                {account.lines.into_iter().map(line).collect_view()}
                {bound(text::closing(), account.closing)}
            </Table>
        </Card>
    }
}

fn line(line: StatementLine) -> impl IntoView {
    let invoice = line.invoice_id.zip(line.invoice_number).map(|(id, number)| {
        view! { <a class="link alone" href=format!("/invoices/{id}")>{number}</a> }
    });
    let day = format::day(line.booked_on);
    let change = format::money(line.amount);
    view! {
        <tr>
            <th scope="row">
                <span class="name">{text::kind(line.kind)}</span>
                <div class="whose">{invoice}</div>
                // On a phone, where their own columns are gone.
                <div class="sub only-small">{format!("{day} · {change}")}</div>
            </th>
            <td class="less tight">{day.clone()}</td>
            <td class="r less">{change.clone()}</td>
            <td class="r">{format::money(line.balance)}</td>
        </tr>
    }
}
