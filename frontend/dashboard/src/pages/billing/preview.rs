//! What a plan costs at a few quantities: rated by the same rules that rate the invoice.

use std::sync::LazyLock;

use chrono::Utc;
use client::format;
use domain::{
    periods::Month,
    pricing::{self, LineKind, Measured, Plan, RatedLine, Span, Usage},
};
use kit::{Column, Table};
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::text;

/// The quantities that are shown.
const QUANTITIES: [i64; 4] = [0, 10, 100, 1_000];

/// The same, written; once for a page view, since the names of columns live as long.
static HEADS: LazyLock<[&'static str; 4]> =
    LazyLock::new(|| QUANTITIES.map(|quantity| -> &'static str { String::leak(format::whole(quantity)) }));

/// The lines of a month in which each metric was used so much, and their sum.
fn at(price: &Plan, quantity: i64) -> Option<(Vec<RatedLine>, String)> {
    let usage: Vec<_> = price
        .components
        .iter()
        .map(|component| Usage {
            metric: component.metric.clone(),
            measured: Measured::Quantity { quantity: Decimal::from(quantity), events: 0 },
        })
        .collect();
    // Any whole month costs the same; the zone matters to events alone.
    let month = Span::whole(Month::of(format::today()).period(), &Utc);
    let lines = pricing::rate(price, &usage, &month).ok()?;
    let total = pricing::total(price.currency, &lines).ok()?;
    Some((lines, format::money(total)))
}

/// Smaller ones go first where there is little room.
fn class(quantity: i64) -> &'static str {
    if quantity < 100 { "r less" } else { "r" }
}

/// What each component costs, and all together.
#[component]
pub fn Preview(
    /// The plan's price. Each component stands for a metric of its own.
    price: Signal<Plan>,
) -> impl IntoView {
    let columns: Vec<Column> = std::iter::once(Column::text(text::used()))
        .chain(
            QUANTITIES
                .into_iter()
                .zip(*HEADS)
                .map(|(quantity, name)| Column { name, class: class(quantity) }),
        )
        .collect();
    let body = move || {
        price.with(|price| {
            let Some(costs) = QUANTITIES
                .into_iter()
                .map(|quantity| at(price, quantity).map(|found| (quantity, found)))
                .collect::<Option<Vec<_>>>()
            else {
                return view! { <tr><td colspan="5">{text::too_large()}</td></tr> }.into_any();
            };
            let rows = costs.first().map_or(0, |(_, (lines, _))| lines.len());
            let row = |index: usize| {
                let line = costs.first().and_then(|(_, (lines, _))| lines.get(index));
                let name = match line {
                    Some(line) if line.kind == LineKind::BaseFee => text::base_fee().to_owned(),
                    Some(line) => line.description.clone(),
                    None => String::new(),
                };
                let cells = costs
                    .iter()
                    .map(|(quantity, (lines, _))| {
                        let amount = lines.get(index).map(|line| format::money(line.amount));
                        view! { <td class=class(*quantity)>{amount}</td> }
                    })
                    .collect_view();
                view! {
                    <tr>
                        <th scope="row">{name}</th>
                        {cells}
                    </tr>
                }
            };
            let totals = costs
                .iter()
                .map(|(quantity, (_, total))| view! { <td class=class(*quantity)>{total.clone()}</td> })
                .collect_view();
            view! {
                {(0..rows).map(row).collect_view()}
                <tr class="sum">
                    <th scope="row">{text::in_all()}</th>
                    {totals}
                </tr>
            }
            .into_any()
        })
    };
    view! {
        <div class="preview">
            <Table caption=text::what_it_costs() columns>
                {move || body()}
            </Table>
        </div>
    }
}
