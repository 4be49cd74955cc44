//! What a customer used in a month.

use client::{format, load};
use contract::usage::{Usage as UsageOfMonth, UsageFigure};
use domain::periods::Month;
use kit::{Card, Column, EmptyState, PeriodChoice, SkeletonRows, Table, faces};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::text;

#[component]
pub fn Usage(code: String) -> impl IntoView {
    let query = use_query_map();
    let now = Month::of(format::today());
    let wanted = Memo::new(move |_| {
        query.with(|query| query.get("period")).and_then(|text| text.parse::<Month>().ok())
    });
    let shown = Memo::new(move |_| wanted.get().unwrap_or(now));

    let path = format!("/msp/customers/{code}/usage");
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
            {faces(usage, || view! { <SkeletonRows rows=5 /> }, figures)}
        </Card>
    }
}

fn figures(usage: UsageOfMonth) -> impl IntoView {
    let figures: Vec<UsageFigure> = usage.metrics.into_iter().filter(|figure| figure.events > 0).collect();
    if figures.is_empty() {
        return view! { <EmptyState title=text::no_usage() detail=text::no_usage_detail() /> }.into_any();
    }
    let row = |figure: UsageFigure| {
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{figure.name}</span>
                    <div class="code">{figure.metric}</div>
                </th>
                <td class="r">{format::quantity(figure.quantity)}</td>
                <td>{figure.unit}</td>
                <td class="r less">{format::whole(figure.events)}</td>
            </tr>
        }
    };
    view! {
        <Table
            caption=text::usage()
            columns=vec![
                Column::text(text::metric()),
                Column::figures(text::quantity()),
                Column::text(text::unit()),
                Column::figures(text::events()).less(),
            ]
        >
            {figures.into_iter().map(row).collect_view()}
        </Table>
    }
    .into_any()
}
