//! What customers did, and what it did to revenue.

use client::format;
use contract::revenue::RevenueMonth;
use domain::{money::Money, revenue::Movement};
use kit::{Card, Column, Table};
use leptos::prelude::*;

use super::text;

/// Month by month, the latest first.
#[component]
pub fn Movements(months: Vec<RevenueMonth>) -> impl IntoView {
    let moved = |movement: &Movement| {
        months.iter().any(|month| month.movements.iter().any(|moved| moved.movement == *movement))
    };
    // What never happened has no column.
    let movements: Vec<_> = Movement::ALL.iter().copied().filter(moved).collect();
    let columns = std::iter::once(Column::text(text::month()))
        .chain(movements.iter().map(|movement| Column::figures(text::movement(*movement)).less()))
        .chain([Column::figures(text::change()), Column::figures(text::recurring_short())])
        .collect::<Vec<_>>();
    view! {
        <Card title=text::grown() note=text::grown_note()>
            <Table caption=text::grown() columns>
                {months.iter().rev().map(|month| row(month, &movements)).collect_view()}
            </Table>
        </Card>
    }
}

fn row(month: &RevenueMonth, movements: &[Movement]) -> impl IntoView + use<> {
    let cell = |movement: &Movement| {
        let moved = month.movements.iter().find(|moved| moved.movement == *movement).copied();
        let body = moved.map_or_else(
            || view! { <span class="dim">"–"</span> }.into_any(),
            |moved| {
                view! {
                    {signed(moved.amount)}
                    <div class="sub">{text::of_customers(moved.customers)}</div>
                }
                .into_any()
            },
        );
        view! { <td class="r less">{body}</td> }
    };
    let currency = month.recurring.currency();
    let change = Money::sum(currency, month.movements.iter().map(|moved| moved.amount));
    view! {
        <tr>
            <th scope="row" class="when">{format::month(month.period)}</th>
            {movements.iter().map(cell).collect_view()}
            <td class="r">{change.map_or_else(|_| "–".to_owned(), signed)}</td>
            <td class="r">{format::money(month.recurring)}</td>
        </tr>
    }
}

/// With its sign, for what is more or less than before.
fn signed(amount: Money) -> String {
    let written = format::money(amount);
    match amount.amount_minor() {
        0 => "–".to_owned(),
        1.. => format!("+{written}"),
        _ => written,
    }
}
