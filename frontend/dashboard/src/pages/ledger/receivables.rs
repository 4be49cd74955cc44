//! What customers owe, by how long it has been due.

use address::use_query;
use client::{format, load};
use contract::ledger::{AgedReceivables, CustomerReceivable};
use domain::{
    ledger::Age,
    money::{Currency, Money},
};
use kit::{Card, Column, EmptyState, Icon, SkeletonRows, Table, faces};
use leptos::prelude::*;

use super::{AsOf, at_day, currencies, text};

/// The ages, the oldest last, and where they go first when there is little room.
const AGES: [Age; 5] = [Age::Current, Age::Days30, Age::Days60, Age::Days90, Age::Older];

#[component]
pub fn Receivables() -> impl IntoView {
    let query = use_query();
    let owed =
        load::<AgedReceivables>(move || Some(query.with(|query| at_day("/msp/ledger/receivables", query))));
    view! {
        <AsOf />
        <Card title=text::receivables() note=text::receivables_note()>
            {faces(owed, || view! { <SkeletonRows rows=6 /> }, table)}
        </Card>
    }
}

/// What of it has been due for so long.
fn of_age(owed: &CustomerReceivable, age: Age) -> Money {
    let found = owed.by_age.iter().find(|part| part.age == age);
    found.map_or(Money::zero(owed.total.currency()), |part| part.amount)
}

/// What of it is late.
fn overdue(owed: &CustomerReceivable) -> Money {
    let late = AGES.into_iter().filter(|age| *age != Age::Current).map(|age| of_age(owed, age));
    let currency = owed.total.currency();
    Money::sum(currency, late).unwrap_or(Money::zero(currency))
}

/// Who is late with most comes first, each currency by itself.
fn in_order(mut customers: Vec<CustomerReceivable>) -> Vec<CustomerReceivable> {
    customers.sort_by_key(|owed| {
        let late = overdue(owed).amount_minor();
        (owed.total.currency(), std::cmp::Reverse(late), std::cmp::Reverse(owed.total.amount_minor()))
    });
    customers
}

fn amount(amount: Money) -> String {
    if amount.amount_minor() == 0 { "–".to_owned() } else { format::money(amount) }
}

fn table(owed: AgedReceivables) -> impl IntoView {
    let customers = in_order(owed.customers);
    if customers.is_empty() {
        return view! {
            <EmptyState title=text::nothing_owed() detail=text::nothing_owed_detail() sign=Icon::Money />
        }
        .into_any();
    }
    let ages = AGES.into_iter().map(|age| Column::figures(text::age(age)).less());
    let columns = std::iter::once(Column::text(text::customer()))
        .chain(ages)
        .chain([Column::figures(text::total_owed())])
        .collect::<Vec<_>>();
    let sums = currencies(customers.iter().map(|owed| owed.total));
    let sums = sums.into_iter().map(|currency| sum(currency, &customers)).collect_view();
    view! {
        <Table caption=text::receivables() columns>
            {customers.iter().map(row).collect_view()}
            {sums}
        </Table>
    }
    .into_any()
}

fn row(owed: &CustomerReceivable) -> impl IntoView + use<> {
    let late = overdue(owed);
    let late = (late.amount_minor() > 0).then(|| {
        view! { <span class="sub only-small late">{text::overdue_of(&format::money(late))}</span> }
    });
    let cell = |age: Age| {
        let due = of_age(owed, age);
        let late = age != Age::Current && due.amount_minor() > 0;
        view! { <td class="r less" class:late=late>{amount(due)}</td> }
    };
    view! {
        <tr class="to">
            <th scope="row" class="who-cell">
                <a class="row-link" href=format!("/customers/{}?tab=statement", owed.customer_code)>
                    {owed.customer_name.clone()}
                </a>
                <span class="code">{owed.customer_code.clone()}</span>
                {late}
            </th>
            {AGES.into_iter().map(cell).collect_view()}
            <td class="r">{format::money(owed.total)}</td>
        </tr>
    }
}

/// All of a currency.
fn sum(currency: Currency, customers: &[CustomerReceivable]) -> impl IntoView + use<> {
    let of = |read: &dyn Fn(&CustomerReceivable) -> Money| {
        let amounts = customers.iter().filter(|owed| owed.total.currency() == currency).map(read);
        Money::sum(currency, amounts).map_or_else(|_| "–".to_owned(), amount)
    };
    let cell = |age: Age| view! { <td class="r less">{of(&|owed| of_age(owed, age))}</td> };
    view! {
        <tr class="sum">
            <th scope="row">{text::all_in(currency.code())}</th>
            {AGES.into_iter().map(cell).collect_view()}
            <td class="r">{of(&|owed| owed.total)}</td>
        </tr>
    }
}
