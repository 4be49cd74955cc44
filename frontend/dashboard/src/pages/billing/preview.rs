//! What a plan costs as its usage grows: rated by the same rules that rate the invoice.

use std::sync::LazyLock;

use chrono::Utc;
use client::format;
use domain::{
    fees::FeeInterval,
    money::{Currency, Money},
    periods::Month,
    pricing::{self, Component, LineKind, Measured, Model, Plan, RatedLine, Span, Usage},
};
use kit::{AreaChart, Card, Column, Point, Table};
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::text;

/// The quantities that are shown.
const QUANTITIES: [i64; 4] = [0, 10, 100, 1_000];

/// The steps of the drawing: every fifth is named.
const STEP: i64 = 50;
const STEPS: i64 = 20;
const NAMED: i64 = 5;

/// The same, written; once for a page view, since the names of columns live as long.
static HEADS: LazyLock<[&'static str; 4]> =
    LazyLock::new(|| QUANTITIES.map(|quantity| -> &'static str { String::leak(format::whole(quantity)) }));

/// Whether a quantity is enough to say what it costs.
fn by_quantity(component: &Component) -> bool {
    !matches!(component.price.model, Model::Percentage { .. } | Model::Dynamic)
}

/// A plan as far as quantities are enough to price it, and the names of what depends on single transactions.
fn split(mut price: Plan) -> (Plan, Vec<String>) {
    let (known, other) = price.components.into_iter().partition(by_quantity);
    price.components = known;
    (price, other.into_iter().map(|component: Component| component.name).collect())
}

/// The lines of a month in which each metric was used so much.
fn at(price: &Plan, quantity: i64) -> Option<Vec<RatedLine>> {
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
    let mut lines = pricing::rate_fee_evenly(price, &month).ok()?;
    lines.extend(pricing::rate(price, &usage, &month).ok()?);
    Some(lines)
}

/// Smaller ones go first where there is little room.
fn class(quantity: i64) -> &'static str {
    if quantity < 100 { "r less" } else { "r" }
}

/// What a line is about: lines of the same are in one row, whatever other lines a quantity has.
type Key = (Option<String>, LineKind, String);

fn key(line: &RatedLine) -> Key {
    (line.metric.clone(), line.kind, line.description.clone())
}

/// The rows for these lines: each component with its own adjustments, then those of the plan.
fn keys(price: &Plan, costs: &[Vec<RatedLine>]) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    for line in costs.iter().flatten() {
        let key = key(line);
        if !found.contains(&key) {
            found.push(key);
        }
    }
    let (fee, others) = LineKind::ALL.split_at(1);
    let of = |metric: Option<&str>, kinds: &[LineKind]| -> Vec<Key> {
        let of_kind = |kind: &LineKind| {
            let keys = found.iter().filter(|key| key.0.as_deref() == metric && key.1 == *kind);
            keys.cloned().collect::<Vec<_>>()
        };
        kinds.iter().flat_map(of_kind).collect()
    };
    let mut keys = of(None, fee);
    for component in &price.components {
        keys.extend(of(Some(&component.metric), others));
    }
    keys.extend(of(None, others));
    keys
}

/// What they come to; nothing, where there is none.
fn sum(currency: Currency, lines: &[RatedLine], of: &Key) -> Option<Money> {
    let lines: Vec<_> = lines.iter().filter(|line| key(line) == *of).cloned().collect();
    pricing::total(currency, &lines).ok().filter(|_| !lines.is_empty())
}

/// The rows of the table; nothing, where it comes to more than there is.
fn rows(price: &Plan) -> Option<AnyView> {
    let costs: Vec<Vec<RatedLine>> =
        QUANTITIES.into_iter().map(|quantity| at(price, quantity)).collect::<Option<_>>()?;
    let currency = price.currency;
    let cells = |amounts: Vec<Option<Money>>| {
        let cell = |(quantity, amount): (i64, Option<Money>)| {
            view! { <td class=class(quantity)>{amount.map_or_else(|| "–".to_owned(), format::money)}</td> }
        };
        QUANTITIES.into_iter().zip(amounts).map(cell).collect_view()
    };
    let row = |key: Key| {
        let amounts = costs.iter().map(|lines| sum(currency, lines, &key)).collect();
        // What adjusts a component stands below it.
        let below = key.0.is_some() && key.1 != LineKind::Usage;
        let name = match key {
            (_, LineKind::BaseFee, _) => text::base_fee().to_owned(),
            (None, LineKind::Minimum, _) => text::minimum_commitment().to_owned(),
            (_, LineKind::Minimum, _) => text::minimum().to_owned(),
            (_, LineKind::Maximum, _) => text::maximum().to_owned(),
            (.., name) => name,
        };
        view! {
            <tr class:below=below>
                <th scope="row">{name}</th>
                {cells(amounts)}
            </tr>
        }
    };
    let totals = costs.iter().map(|lines| pricing::total(currency, lines).ok()).collect::<Vec<_>>();
    let body = view! {
        {keys(price, &costs).into_iter().map(row).collect_view()}
        <tr class="sum">
            <th scope="row">{text::in_all()}</th>
            {cells(totals)}
        </tr>
    };
    Some(body.into_any())
}

/// What is to be known of a base fee that is not of a month.
fn by_the_month(price: &Plan) -> Option<String> {
    let fee = Money::round_from(price.base_fee, price.currency).ok()?;
    let interval = price.rhythm.interval;
    (interval != FeeInterval::Month && fee.amount_minor() != 0)
        .then(|| text::fee_by_the_month(&format::money(fee), text::period_of(interval)))
}

/// The total at each step of the drawing.
fn points(price: &Plan) -> Vec<Point> {
    let point = |step: i64| {
        let total = pricing::total(price.currency, &at(price, step * STEP)?).ok()?;
        let quantity = format::whole(step * STEP);
        Some(Point {
            when: text::at_quantity(&quantity),
            short: if step % NAMED == 0 { quantity } else { String::new() },
            value: total.amount_minor(),
            written: format::money(total),
        })
    };
    (0..=STEPS).map(point).collect::<Option<_>>().unwrap_or_default()
}

/// What each component costs and all together: as a table, and drawn.
#[component]
pub fn Costs(
    /// The plan's price. Each component stands for a metric of its own.
    price: Signal<Plan>,
    /// How many components have no price yet.
    unfinished: Signal<usize>,
) -> impl IntoView {
    let columns: Vec<Column> = std::iter::once(Column::text(text::used()))
        .chain(
            QUANTITIES
                .into_iter()
                .zip(*HEADS)
                .map(|(quantity, name)| Column { name, class: class(quantity) }),
        )
        .collect();
    let known = Memo::new(move |_| split(price.get()));
    let body = move || {
        known
            .with(|(price, _)| rows(price))
            .unwrap_or_else(|| view! { <tr><td colspan="5">{text::too_large()}</td></tr> }.into_any())
    };
    let notes = move || {
        let (grouped, mut notes) = known.with(|(price, other)| {
            let grouped = price.components.iter().any(|component| !component.price.meter.group_by.is_empty());
            (grouped, other.iter().map(|name| text::not_in_preview(name)).collect::<Vec<_>>())
        });
        notes.extend(known.with(|(price, _)| by_the_month(price)));
        if grouped {
            notes.push(text::as_one_line().to_owned());
        }
        let unfinished = i64::try_from(unfinished.get()).unwrap_or(0);
        if unfinished > 0 {
            notes.push(text::unfinished(unfinished));
        }
        notes.into_iter().map(|note| view! { <p class="dim">{note}</p> }).collect_view()
    };
    let drawn = Memo::new(move |_| known.with(|(price, _)| points(price)));
    let description = Signal::derive(move || {
        drawn.with(|points| {
            let written = |point: Option<&Point>| point.map(|it| it.written.clone()).unwrap_or_default();
            text::chart_described(&written(points.first()), &written(points.last()))
        })
    });
    let axis = move |value| {
        format::money_short(Money::new(value, known.with_untracked(|(price, _)| price.currency)))
    };
    view! {
        <Card title=text::what_it_costs() note=text::what_it_costs_note()>
            <div class="preview">
                <Table caption=text::what_it_costs() columns>
                    {move || body()}
                </Table>
                <div class="notes">{move || notes()}</div>
            </div>
        </Card>
        <div class="growth">
            <AreaChart
                title=text::chart_title()
                note=text::chart_note()
                description
                columns=[text::usage_of_each(), text::costs()]
                points=drawn
                axis
                settled=true
            />
        </div>
    }
}
