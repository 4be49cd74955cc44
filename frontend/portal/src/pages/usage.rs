//! What was used in a month, and in the one before.

use address::use_query;
use client::{Remote, format, load};
use contract::{
    portal::{PortalOverview, PortalUpcoming, PortalUpcomingInvoice, PortalUpcomingLine},
    usage::{Usage as UsageOfMonth, UsageFigure},
};
use domain::{periods::Month, pricing::LineKind};
use frame::{heading_row, headings, plans_of};
use kit::{Card, Column, EmptyState, PageHeader, PeriodChoice, SkeletonRows, Table, faces};
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::used;
use crate::text;

#[component]
pub fn Usage() -> impl IntoView {
    let query = use_query();
    let now = Month::of(format::today());
    let wanted = Memo::new(move |_| {
        query.with(|query| query.get("period")).and_then(|text| text.parse::<Month>().ok())
    });
    let shown = Memo::new(move |_| wanted.get().unwrap_or(now));
    let address = |month: Month| format!("/portal/usage?period={month}");
    // Which month is running, the server knows in the provider's time zone: it is not asked for by name.
    let usage =
        load::<UsageOfMonth>(move || Some(wanted.get().map_or_else(|| "/portal/usage".to_owned(), address)));
    let before = load::<UsageOfMonth>(move || match usage.state.get() {
        Remote::Ready(usage) => Some(address(usage.period.offset(-1))),
        Remote::Loading | Remote::Failed(_) => None,
    });
    let overview = load::<PortalOverview>(|| Some("/portal/overview".to_owned()));
    let next = load::<PortalUpcoming>(|| Some("/portal/upcoming".to_owned()));

    let link = move |month: Month| {
        if month == now { "/usage".to_owned() } else { format!("/usage?period={month}") }
    };
    let earlier = Signal::derive(move || link(shown.get().offset(-1)));
    let later = Signal::derive(move || {
        Some(shown.get()).filter(|month| *month < now).map(|month| link(month.offset(1)))
    });
    let choice = move || {
        view! {
            <PeriodChoice now=Signal::derive(move || format::month(shown.get())) before=earlier after=later />
        }
    };
    // What was agreed is known as it is now: it says nothing about the months before.
    let agreed = move |usage: &UsageOfMonth| match overview.state.get() {
        Remote::Ready(overview) if overview.usage.period == usage.period => {
            used::meters(&usage.metrics, overview.limits, true)
                .map(|meters| view! { <Card title=text::against_agreed()>{meters}</Card> })
        }
        _ => None,
    };
    let figures = move |usage: UsageOfMonth| {
        let used: Vec<UsageFigure> =
            usage.metrics.iter().filter(|figure| figure.events > 0).cloned().collect();
        if used.is_empty() {
            return view! {
                <div class="stack">
                    <section class="card">
                        <EmptyState title=text::no_usage() detail=text::no_usage_detail() />
                    </section>
                    {(usage.period == now).then(|| faces(next, || (), upcoming))}
                </div>
            }
            .into_any();
        }
        let running = usage.period == now;
        let period = usage.period;
        view! {
            <div class="stack">
                {move || agreed(&usage)}
                <Card title=text::usage_in(&format::month(period))>
                    {move || table(running, &used, &of(before.state.get(), period.offset(-1)))}
                </Card>
                {running
                    .then(|| faces(next, || view! { <div class="card"><SkeletonRows rows=4 /></div> }, upcoming))}
            </div>
        }
        .into_any()
    };
    let skeleton = || view! { <div class="card"><SkeletonRows rows=5 /></div> };
    view! {
        <PageHeader title=text::usage() actions=choice />
        {faces(usage, skeleton, figures)}
    }
}

/// The figures of this very month, as soon as they are there.
fn of(state: Remote<UsageOfMonth>, month: Month) -> Vec<UsageFigure> {
    match state {
        Remote::Ready(usage) if usage.period == month => usage.metrics,
        _ => Vec::new(),
    }
}

fn table(running: bool, used: &[UsageFigure], before: &[UsageFigure]) -> impl IntoView + use<> {
    let row = |figure: &UsageFigure| {
        let earlier = before.iter().find(|earlier| earlier.metric == figure.metric);
        let earlier = earlier.map(|earlier| earlier.quantity);
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{figure.name.clone()}</span>
                    <div class="sub">{figure.unit.clone()}</div>
                </th>
                <td class="r">{format::quantity(figure.quantity)}</td>
                <td class="r less">{earlier.map(format::quantity)}</td>
                {(!running)
                    .then(|| {
                        view! {
                            <td class="r">{earlier.map(|earlier| change(figure.quantity - earlier))}</td>
                        }
                    })}
            </tr>
        }
    };
    let rows = used.iter().map(row).collect_view();
    let mut columns = vec![
        Column::text(text::metric()),
        Column::figures(if running { text::so_far() } else { text::in_the_month() }),
        Column::figures(text::month_before()).less(),
    ];
    // A month that is not over says nothing about more or less.
    if !running {
        columns.push(Column::figures(text::change()));
    }
    view! {
        <Table caption=text::usage() columns>
            {rows}
        </Table>
    }
}

/// What the next invoices come to so far.
fn upcoming(found: PortalUpcoming) -> impl IntoView {
    found.invoices.into_iter().map(next_invoice).collect_view()
}

fn next_invoice(invoice: PortalUpcomingInvoice) -> impl IntoView {
    let whole = (invoice.period_start, invoice.period_end);
    let row = |line: PortalUpcomingLine| {
        let days = (line.service_start, line.service_end);
        let last = days.1.pred_opt().unwrap_or(days.1);
        let part = (days != whole).then(|| text::span(&format::day(days.0), &format::day(last)));
        // What is included is what was agreed: how much of it is left is seen here.
        let used = (line.kind == LineKind::Usage).then(|| used_of(line.used, line.included));
        let name = match line.kind {
            LineKind::BaseFee => text::base_fee_of(&line.description),
            _ => line.description,
        };
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{name}</span>
                    {part.map(|days| view! { <div class="sub">{days}</div> })}
                    {used.map(|used| view! { <div class="sub">{used}</div> })}
                </th>
                <td class="r">{format::money(line.amount)}</td>
            </tr>
        }
    };
    let of = invoice.lines.iter().map(|line| line.subscription_id);
    let above = headings(&plans_of(&invoice.subscriptions), of);
    let rows = invoice.lines.into_iter().zip(above);
    let rows = rows.map(|(line, above)| (heading_row(above, 2), row(line))).collect_view();
    let tax = (invoice.tax.amount_minor() != 0).then(|| {
        view! {
            <tr>
                <th scope="row">{text::taxes()}</th>
                <td class="r">{format::money(invoice.tax)}</td>
            </tr>
        }
    });
    view! {
        <Card title=text::next_invoice() note=text::next_invoice_note()>
            <Table
                caption=text::next_invoice()
                columns=vec![Column::text(text::description()), Column::figures(text::so_far())]
            >
                {rows}
                {tax}
                <tr class="total">
                    <th scope="row">{text::total()}</th>
                    <td class="r">{format::money(invoice.total)}</td>
                </tr>
            </Table>
        </Card>
    }
}

/// What was used, and what of it is included where anything is.
fn used_of(used: Decimal, included: Decimal) -> String {
    let quantity = format::quantity(used);
    if included.is_zero() {
        return text::used_alone(&quantity);
    }
    text::used_and_included(&quantity, &format::quantity(included))
}

/// A difference with its sign: what has not changed is a dash.
fn change(by: Decimal) -> String {
    let by = by.round_dp(2);
    if by.is_zero() {
        return "–".to_owned();
    }
    let sign = if by.is_sign_negative() { '−' } else { '+' };
    format!("{sign}{}", format::quantity(by.abs()))
}
