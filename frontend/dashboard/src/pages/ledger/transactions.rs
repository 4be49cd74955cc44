//! What was booked, the latest first.

use address::{Query, go, use_query};
use chrono::NaiveDate;
use client::{effect, format, paged};
use contract::ledger::{LedgerEntry, LedgerTransaction};
use domain::ledger::Account;
use kit::{Card, Column, EmptyState, Form, Icon, LinkButton, Table, listing, optional};
use leptos::prelude::*;

use super::{address_of, debit_and_credit, text};
use crate::pages::{
    customer_search::{By, CustomerSearch},
    filter_fields::{Day, Select, day_in, set_days},
};

/// What is wanted; it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Filter {
    account: Option<Account>,
    customer: String,
    from: Option<NaiveDate>,
    /// The last day, inclusive.
    until: Option<NaiveDate>,
}

impl Filter {
    fn read(query: &Query) -> Self {
        let get = |key| query.get(key).unwrap_or_default();
        Self {
            account: get("account").parse().ok(),
            customer: get("customer").trim().to_owned(),
            from: day_in(query, "from"),
            until: day_in(query, "until"),
        }
    }

    fn set(&self, query: &mut Query) {
        query.set("account", self.account.map(|account| account.to_string()).unwrap_or_default());
        query.set("customer", self.customer.clone());
    }

    /// The address of the page.
    fn address(&self) -> String {
        let mut query = address_of("transactions");
        self.set(&mut query);
        for (name, day) in [("from", self.from), ("until", self.until)] {
            query.set(name, day.map(|day| day.to_string()).unwrap_or_default());
        }
        format!("/ledger{query}")
    }

    /// What the server is asked.
    fn path(&self) -> String {
        let mut query = Query::new();
        self.set(&mut query);
        set_days(&mut query, self.from, self.until);
        format!("/msp/ledger/transactions{query}")
    }
}

#[component]
pub fn Transactions() -> impl IntoView {
    let query = use_query();
    let filter = Memo::new(move |_| query.with(Filter::read));
    let booked = paged::<LedgerTransaction>(move || Some(filter.with(Filter::path)));
    view! {
        <Filters filter />
        <Card title=text::booked()>{listing(booked, move || filter.with_untracked(none), table)}</Card>
    }
}

#[component]
fn Filters(filter: Memo<Filter>) -> impl IntoView {
    let change = move |set: &dyn Fn(&mut Filter)| {
        let mut wanted = filter.get_untracked();
        set(&mut wanted);
        go(&wanted.address());
    };
    let accounts = Signal::derive(|| {
        let known = Account::ALL.iter().map(|one| (one.to_string(), text::account_name(*one).to_owned()));
        std::iter::once((String::new(), text::any_account().to_owned())).chain(known).collect::<Vec<_>>()
    });
    let customer = Form::new("").field("/filter-customer", "", optional);
    // The address says which; it may change by other means, as by going back.
    effect(move || customer.value.set(filter.with(|filter| filter.customer.clone())));
    view! {
        <form class="filters" on:submit=|event| event.prevent_default()>
            <Select
                id="filter-account"
                label=text::account()
                options=accounts
                value=Signal::derive(move || {
                    filter.with(|filter| filter.account.map(|it| it.to_string()).unwrap_or_default())
                })
                on_change=move |account: String| change(&|filter| filter.account = account.parse().ok())
            />
            <CustomerSearch
                field=customer
                by=By::Code
                label=text::customer()
                placeholder=text::any_customer()
                on_pick=move |code: String| change(&|filter| filter.customer.clone_from(&code))
            />
            <Day
                id="filter-from"
                label=text::first_day()
                value=Signal::derive(move || filter.with(|filter| filter.from))
                on_change=move |day| change(&|filter| filter.from = day)
            />
            <Day
                id="filter-until"
                label=text::last_day()
                value=Signal::derive(move || filter.with(|filter| filter.until))
                on_change=move |day| change(&|filter| filter.until = day)
            />
            {move || {
                filter
                    .with(|filter| *filter != Filter::default())
                    .then(|| {
                        let all = Filter::default().address();
                        view! { <LinkButton href=all>{text::clear()}</LinkButton> }
                    })
            }}
        </form>
    }
}

fn none(filter: &Filter) -> impl IntoView + use<> {
    if *filter == Filter::default() {
        return view! {
            <EmptyState title=text::nothing_booked() detail=text::nothing_booked_detail() sign=Icon::Money />
        }
        .into_any();
    }
    view! {
        <EmptyState title=text::nothing_found() detail=text::nothing_found_detail() sign=Icon::Search>
            <LinkButton href=Filter::default().address()>{text::clear()}</LinkButton>
        </EmptyState>
    }
    .into_any()
}

fn table(rows: Signal<Vec<LedgerTransaction>>) -> impl IntoView {
    view! {
        <Table
            caption=text::booked()
            columns=vec![
                Column::text(text::transaction()),
                Column::text(text::account()),
                Column::figures(text::debit()).less(),
                Column::figures(text::credit()).less(),
            ]
        >
            <For each=move || rows.get() key=|booked| booked.id let:booked>
                <Booked booked />
            </For>
        </Table>
    }
}

/// A row for each debit and credit; what they are of stands before the first.
#[component]
fn Booked(booked: LedgerTransaction) -> impl IntoView {
    let rows = booked.entries.len().to_string();
    let invoice = booked.invoice_id.zip(booked.invoice_number).map(|(id, number)| {
        view! { <a class="link alone" href=format!("/invoices/{id}")>{number}</a> }
    });
    let customer = booked.customer_code.zip(booked.customer_name).map(|(code, name)| {
        view! { <a class="link alone" href=format!("/customers/{code}?tab=statement")>{name}</a> }
    });
    let mut what = Some(view! {
        <th scope="rowgroup" rowspan=rows class="booked">
            <span class="name">{text::kind(booked.kind)}</span>
            <div class="sub">{format::day(booked.booked_on)}</div>
            <div class="whose">{invoice} {customer}</div>
        </th>
    });
    let entry = |entry: LedgerEntry| {
        let (debit, credit) = debit_and_credit(entry.amount);
        let both = if credit.is_empty() { text::debit_of(&debit) } else { text::credit_of(&credit) };
        view! {
            <tr>
                {what.take()}
                <td class="entry-of">
                    {text::account_name(entry.account)}
                    // On a phone, where their own columns are gone.
                    <div class="sub only-small">{both}</div>
                </td>
                <td class="r less">{debit}</td>
                <td class="r less">{credit}</td>
            </tr>
        }
    };
    booked.entries.into_iter().map(entry).collect_view()
}
