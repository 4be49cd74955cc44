//! All invoices.

use address::{Query, go, use_query};
use client::{effect, format, paged};
use contract::invoices::Invoice;
use domain::{invoices::InvoiceStatus, periods::Month, permissions::Permission};
use kit::{
    ButtonKind, Choice, Choosable, Column, EmptyState, Form, Icon, LinkButton, PageHeader, Table, listing,
    optional,
};
use leptos::prelude::*;

use super::{InvoiceState, may, months, period, text};
use crate::pages::customer_search::{By, CustomerSearch};

/// What is shown; it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Filter {
    status: Option<InvoiceStatus>,
    overdue: bool,
    held: bool,
    period: Option<Month>,
    customer: String,
}

impl Filter {
    fn read(query: &Query) -> Self {
        let get = |key| query.get(key).unwrap_or_default();
        Self {
            status: get("status").parse().ok(),
            overdue: get("overdue") == "true",
            held: get("held") == "true",
            period: get("period").parse().ok(),
            customer: get("customer").trim().to_owned(),
        }
    }

    fn query(&self) -> String {
        let mut query = Query::new();
        if let Some(status) = self.status {
            query.set("status", status.to_string());
        }
        if self.overdue {
            query.set("overdue", "true");
        }
        if self.held {
            query.set("held", "true");
        }
        if let Some(period) = self.period {
            query.set("period", period.to_string());
        }
        if !self.customer.is_empty() {
            query.set("customer", self.customer.clone());
        }
        query.to_string()
    }

    fn address(&self) -> String {
        format!("/invoices{}", self.query())
    }
}

#[component]
pub fn Invoices() -> impl IntoView {
    let query = use_query();
    let filter = Memo::new(move |_| query.with(Filter::read));
    let invoices = paged::<Invoice>(move || Some(format!("/msp/invoices{}", filter.with(Filter::query))));
    let options = Signal::derive(move || {
        let now = filter.get();
        let every = Filter { status: None, overdue: false, held: false, ..now.clone() };
        let option = |filter: Filter, label: &'static str| Choosable {
            href: filter.address(),
            label: label.to_owned(),
            current: filter == now,
        };
        let of = |status: InvoiceStatus| Filter { status: Some(status), ..every.clone() };
        vec![
            option(every.clone(), text::all()),
            option(of(InvoiceStatus::Draft), text::drafts()),
            option(Filter { held: true, ..every.clone() }, text::on_hold()),
            option(of(InvoiceStatus::Finalized), text::open()),
            option(Filter { overdue: true, ..every.clone() }, text::overdue_word()),
            option(of(InvoiceStatus::Paid), text::paid()),
            option(of(InvoiceStatus::Uncollectible), text::written_off()),
            option(of(InvoiceStatus::Void), text::void_word()),
        ]
    });
    let (may_write, may_see_payments) = (may(Permission::InvoicesWrite), may(Permission::PaymentSetupRead));
    let actions = move || {
        view! {
            {may_see_payments
                .then(|| view! { <LinkButton href="/settings/payments">{text::payments()}</LinkButton> })}
            {may_write
                .then(|| {
                    view! {
                        <LinkButton href="/invoices/run">{text::run_invoices()}</LinkButton>
                        <LinkButton href="/invoices/new" kind=ButtonKind::Primary>
                            {text::new_invoice()}
                        </LinkButton>
                    }
                })}
        }
    };
    view! {
        <PageHeader title=text::invoices() actions />
        <div class="tools">
            <Choice label=text::status_of_invoices() options />
            <div class="end">
                <PeriodFilter filter />
                <CustomerFilter filter />
            </div>
        </div>
        <section class="card">
            {listing(invoices, move || filter.with_untracked(|filter| none(filter, may_write)), table)}
        </section>
    }
}

/// Goes to where the list shows this instead.
fn use_filtered() -> impl Fn(Filter) + Clone {
    move |filter: Filter| {
        go(&filter.address());
    }
}

#[component]
fn PeriodFilter(filter: Memo<Filter>) -> impl IntoView {
    let go = use_filtered();
    let option = move |month: Month| {
        let chosen = move || filter.with(|filter| filter.period == Some(month));
        view! { <option value=month.to_string() selected=chosen>{format::month(month)}</option> }
    };
    // A month of long ago that the address names can be chosen, too.
    let other = move || {
        let wanted = filter.with(|filter| filter.period)?;
        (!months().contains(&wanted)).then(|| option(wanted))
    };
    view! {
        <select
            class="filter"
            aria-label=text::period()
            on:change:target=move |event| {
                go(Filter { period: event.target().value().parse().ok(), ..filter.get_untracked() });
            }
        >
            <option value="" selected=move || filter.with(|filter| filter.period.is_none())>
                {text::all_periods()}
            </option>
            {move || other()}
            {months().into_iter().map(option).collect_view()}
        </select>
    }
}

#[component]
fn CustomerFilter(filter: Memo<Filter>) -> impl IntoView {
    let go = use_filtered();
    let field = Form::new("").field("/filter-customer", "", optional);
    let wanted = Memo::new(move |_| filter.with(|filter| filter.customer.clone()));
    // The address says which; it may change by other means, as by going back.
    effect(move || field.value.set(wanted.get()));
    let pick = move |customer: String| go(Filter { customer, ..filter.get_untracked() });
    view! {
        <div class="customer-filter">
            <CustomerSearch
                field
                by=By::Code
                label=text::customer()
                bare=true
                placeholder=text::any_customer()
                on_pick=pick
            />
        </div>
    }
}

fn none(filter: &Filter, may_write: bool) -> impl IntoView + use<> {
    if *filter == Filter::default() {
        return view! {
            <EmptyState title=text::no_invoices() detail=text::no_invoices_detail() sign=Icon::Invoice>
                {may_write.then(|| view! { <LinkButton href="/invoices/new">{text::new_invoice()}</LinkButton> })}
            </EmptyState>
        }
        .into_any();
    }
    view! {
        <EmptyState title=text::no_invoice_matches() detail=text::no_invoice_matches_detail() sign=Icon::Invoice>
            <LinkButton href="/invoices">{text::show_all_invoices()}</LinkButton>
        </EmptyState>
    }
    .into_any()
}

fn table(rows: Signal<Vec<Invoice>>) -> impl IntoView {
    view! {
        <Table
            caption=text::invoices()
            columns=vec![
                Column::text(text::invoice()),
                Column::text(text::customer()).less(),
                Column::text(text::period()).least(),
                Column::text(text::due_on()).less(),
                Column::figures(text::amount()),
                Column::text(text::status()),
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
    let due = invoice.due_on.map(|day| {
        let open = invoice.status == InvoiceStatus::Finalized;
        view! {
            {format::day(day)}
            {open.then(|| view! { <div class="sub">{format::relative_day(day)}</div> })}
        }
    });
    view! {
        <tr class="to">
            <th scope="row" class="who-cell">
                <a class="row-link" href=format!("/invoices/{}", invoice.id)>
                    {invoice.number.clone().unwrap_or_else(|| text::draft().to_owned())}
                </a>
                // On a phone, where its own column is gone.
                <span class="sub only-small">{invoice.customer_name.clone()}</span>
            </th>
            <td class="less">
                {invoice.customer_name.clone()} <div class="code">{invoice.customer_code.clone()}</div>
            </td>
            <td class="least tight">{period(invoice.period_start, invoice.period_end)}</td>
            <td class="less tight">{due}</td>
            <td class="r">{format::money(invoice.total)}</td>
            <td class="tight">
                <InvoiceState invoice />
            </td>
        </tr>
    }
}
