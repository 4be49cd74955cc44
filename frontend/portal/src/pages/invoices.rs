//! The company's invoices.

use address::{Query, use_query};
use client::{format, paged};
use contract::invoices::Invoice;
use domain::{
    invoices::InvoiceStatus,
    periods::{Month, Period},
};
use kit::{
    Choice, Choosable, Column, EmptyState, Icon, LinkButton, PageHeader, Status, Table, Tone, listing,
};
use leptos::prelude::*;

use crate::text;

/// Which invoices are wanted; it stands in the address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Filter {
    #[default]
    All,
    Open,
    Overdue,
    Paid,
}

impl Filter {
    const ALL: [Self; 4] = [Self::All, Self::Open, Self::Overdue, Self::Paid];

    fn read(query: &Query) -> Self {
        if query.get("overdue").as_deref() == Some("true") {
            return Self::Overdue;
        }
        match query.get("status").and_then(|status| status.parse().ok()) {
            Some(InvoiceStatus::Finalized) => Self::Open,
            Some(InvoiceStatus::Paid) => Self::Paid,
            Some(InvoiceStatus::Draft | InvoiceStatus::Uncollectible | InvoiceStatus::Void) | None => {
                Self::All
            }
        }
    }

    fn query(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Open => "?status=finalized",
            Self::Overdue => "?overdue=true",
            Self::Paid => "?status=paid",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::All => text::all(),
            Self::Open => text::open(),
            Self::Overdue => text::overdue(),
            Self::Paid => text::paid(),
        }
    }
}

#[component]
pub fn Invoices() -> impl IntoView {
    let query = use_query();
    let filter = Memo::new(move |_| query.with(Filter::read));
    let invoices = paged::<Invoice>(move || Some(format!("/portal/invoices{}", filter.get().query())));
    let options = Signal::derive(move || {
        let option = |which: Filter| Choosable {
            href: format!("/invoices{}", which.query()),
            label: which.name().to_owned(),
            current: filter.get() == which,
        };
        Filter::ALL.into_iter().map(option).collect::<Vec<_>>()
    });
    view! {
        <PageHeader title=text::invoices() />
        <div class="tools">
            <Choice label=text::status_of_invoices() options />
        </div>
        <section class="card">{listing(invoices, move || none(filter.get_untracked()), table)}</section>
    }
}

fn none(filter: Filter) -> impl IntoView {
    match filter {
        Filter::All => view! {
            <EmptyState title=text::no_invoices() detail=text::no_invoices_detail() sign=Icon::Invoice />
        }
        .into_any(),
        _ => view! {
            <EmptyState title=text::no_match() detail=text::no_match_detail() sign=Icon::Search>
                <LinkButton href="/invoices">{text::show_all()}</LinkButton>
            </EmptyState>
        }
        .into_any(),
    }
}

/// Invoices, each leading to its page.
pub fn table(rows: Signal<Vec<Invoice>>) -> impl IntoView {
    view! {
        <Table
            caption=text::invoices()
            columns=vec![
                Column::text(text::invoice()),
                Column::text(text::status()),
                Column::figures(text::due()).less(),
                Column::figures(text::amount()),
            ]
        >
            <For each=move || rows.get() key=|invoice| (invoice.id, invoice.version, invoice.overdue) let:invoice>
                <Row invoice />
            </For>
        </Table>
    }
}

#[component]
fn Row(invoice: Invoice) -> impl IntoView {
    let due = invoice.due_on.map(format::day);
    view! {
        <tr class="to">
            <th scope="row">
                <a class="row-link" href=format!("/invoices/{}", invoice.id)>
                    {invoice.number.clone()}
                </a>
                <div class="sub">{period(&invoice)}</div>
            </th>
            <td class="tight">
                <InvoiceState invoice=invoice.clone() />
            </td>
            <td class="r less">{due}</td>
            <td class="r">{format::money(invoice.total)}</td>
        </tr>
    }
}

/// Where an invoice stands.
#[component]
pub fn InvoiceState(invoice: Invoice) -> impl IntoView {
    let (tone, word) = match invoice.status {
        InvoiceStatus::Paid => (Tone::Ok, text::paid()),
        InvoiceStatus::Void => (Tone::Skipped, text::cancelled()),
        InvoiceStatus::Uncollectible => (Tone::Missing, text::closed()),
        _ if invoice.overdue => (Tone::Error, text::overdue()),
        _ => (Tone::Running, text::open()),
    };
    view! { <Status tone word /> }
}

/// What an invoice is for: a month, or the days where it is not a whole one.
pub fn period(invoice: &Invoice) -> String {
    let month = Month::of(invoice.period_start);
    let whole = month.period();
    if (whole.start(), whole.end()) == (invoice.period_start, invoice.period_end) {
        return format::month(month);
    }
    let last =
        Period::new(invoice.period_start, invoice.period_end).map_or(invoice.period_end, Period::last_day);
    text::span(&format::day(invoice.period_start), &format::day(last))
}

/// Until when it is to be paid.
pub fn due(invoice: &Invoice) -> Option<String> {
    invoice.due_on.map(|day| text::due_when(&format::day(day), &format::relative_day(day)))
}
