//! What a customer used in a month, beside the month before.

use address::use_query;
use std::collections::HashMap;

use client::{Loaded, Remote, format, load};
use contract::usage::{Usage as UsageOfMonth, UsageFigure};
use domain::periods::Month;
use kit::{Card, Column, EmptyState, PeriodChoice, SkeletonRows, Table, faces};
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::text;

#[component]
pub fn Usage(code: String) -> impl IntoView {
    let query = use_query();
    let now = Month::of(format::today());
    let wanted = Memo::new(move |_| {
        query.with(|query| query.get("period")).and_then(|text| text.parse::<Month>().ok())
    });
    let shown = Memo::new(move |_| wanted.get().unwrap_or(now));

    let path = format!("/msp/customers/{code}/usage");
    let earlier = {
        let path = path.clone();
        load::<UsageOfMonth>(move || Some(format!("{path}?period={}", shown.get().offset(-1))))
    };
    // Which month is running, the server knows in the tenant's time zone: it is not asked for by name.
    let usage = load::<UsageOfMonth>(move || {
        Some(wanted.get().map_or_else(|| path.clone(), |month| format!("{path}?period={month}")))
    });
    let base = format!("/customers/{code}?tab=usage");
    let address =
        move |month: Month| if month == now { base.clone() } else { format!("{base}&period={month}") };
    let before = {
        let address = address.clone();
        Signal::derive(move || address(shown.get().offset(-1)))
    };
    let after = Signal::derive(move || {
        Some(shown.get()).filter(|month| *month < now).map(|month| address(month.offset(1)))
    });
    let period = move || {
        view! { <PeriodChoice now=Signal::derive(move || format::month(shown.get())) before after /> }
    };
    view! {
        <Card title=text::usage() actions=period>
            {faces(usage, || view! { <SkeletonRows rows=5 /> }, move |usage| figures(usage, earlier))}
        </Card>
    }
}

fn figures(usage: UsageOfMonth, earlier: Loaded<UsageOfMonth>) -> impl IntoView {
    let month = usage.period.offset(-1);
    // What was used in either month: what has stopped is as telling as what has begun.
    let before = move || {
        earlier.state.with(|state| match state {
            Remote::Ready(usage) if usage.period == month => Some(
                usage.metrics.iter().map(|it| (it.metric.clone(), it.quantity)).collect::<HashMap<_, _>>(),
            ),
            _ => None,
        })
    };
    let used = move |figure: &UsageFigure| {
        let then = before().and_then(|before| before.get(&figure.metric).copied());
        figure.events > 0 || then.is_some_and(|then| !then.is_zero())
    };
    let all = usage.metrics;
    move || {
        let figures: Vec<UsageFigure> = all.iter().filter(|figure| used(figure)).cloned().collect();
        if figures.is_empty() {
            return view! { <EmptyState title=text::no_usage() detail=text::no_usage_detail() /> }.into_any();
        }
        let before = before();
        let row = move |figure: UsageFigure| {
            let then = before.as_ref().map(|before| before.get(&figure.metric).copied().unwrap_or_default());
            view! {
                <tr>
                    <th scope="row">
                        <span class="name">{figure.name}</span>
                        <div class="code">{figure.metric}</div>
                    </th>
                    <td class="r">
                        {format::quantity(figure.quantity)} <div class="sub">{figure.unit}</div>
                    </td>
                    <td class="r less">{then.map(format::quantity)}</td>
                    <td class="r">{then.map(|then| difference(figure.quantity, then))}</td>
                    <td class="r least">{format::whole(figure.events)}</td>
                </tr>
            }
        };
        view! {
            <Table
                caption=text::usage()
                columns=vec![
                    Column::text(text::metric()),
                    Column::figures(text::quantity()),
                    Column::figures(text::month_earlier()).less(),
                    Column::figures(text::difference()),
                    Column::figures(text::events()).least(),
                ]
            >
                {figures.into_iter().map(row).collect_view()}
            </Table>
        }
        .into_any()
    }
}

/// How much more or less it is, with the share where there was something to compare with.
fn difference(now: Decimal, then: Decimal) -> impl IntoView {
    let by = now - then;
    let sign = if by.is_zero() {
        "±"
    } else if by.is_sign_negative() {
        "−"
    } else {
        "+"
    };
    let share = percent(by.abs(), then).map(|percent| format!("{sign}{}", text::share(&percent.to_string())));
    view! {
        {sign}
        {format::quantity(by.abs())}
        <div class="sub">{share}</div>
    }
}

/// In whole hundredths, rounded.
fn percent(by: Decimal, then: Decimal) -> Option<Decimal> {
    by.checked_mul(Decimal::from(100))?.checked_div(then).map(|share| share.round())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_nothing_is_divided_by_nothing() {
        assert_eq!(percent(Decimal::from(2), Decimal::from(3)), Some(Decimal::from(67)));
        assert_eq!(percent(Decimal::ONE, Decimal::ZERO), None);
    }
}
