//! A customer's invoices.

use client::{format, paged, use_client};
use contract::invoices::Invoice;
use domain::{invoices::InvoiceStatus, periods::Month, permissions::Permission};
use frame::{Adding, PaymentMethods, plan_names};
use kit::{Card, Column, EmptyState, Icon, Status, Table, Tone, listing};
use leptos::prelude::*;

use super::{charges::Charges, credit::Credit, text};

#[component]
pub fn Invoices(code: String) -> impl IntoView {
    let (methods, customer) = (format!("/msp/customers/{code}/payment-methods"), code.clone());
    let whose = code.clone();
    let invoices = paged::<Invoice>(move || Some(format!("/msp/invoices?customer={code}")));
    let none = || {
        view! { <EmptyState title=text::no_invoices() detail=text::no_invoices_detail() sign=Icon::Invoice /> }
    };
    let may_write = use_client().session.with_untracked(|session| session.may(Permission::InvoicesWrite));
    view! {
        <div class="stack">
            <Card title=text::invoices()>{listing(invoices, none, table)}</Card>
            <Charges code=customer may_write />
            <Credit code=whose may_write />
            <PaymentMethods
                list=methods
                each="/msp/payment-methods"
                adding=Adding::ByLink
                may_write
            />
        </div>
    }
}

fn table(rows: Signal<Vec<Invoice>>) -> impl IntoView {
    view! {
        <Table
            caption=text::invoices()
            columns=vec![
                Column::text(text::number()),
                Column::text(text::status()),
                Column::text(text::period()).less(),
                Column::figures(text::due_on()).less(),
                Column::figures(text::total()),
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
    let (tone, word) = match invoice.status {
        _ if invoice.overdue => (Tone::Error, text::invoice_overdue()),
        InvoiceStatus::Draft if invoice.held_at.is_some() => (Tone::Skipped, text::on_hold()),
        InvoiceStatus::Draft => (Tone::Missing, text::invoice_drafted()),
        InvoiceStatus::Finalized => (Tone::Running, text::invoice_issued()),
        InvoiceStatus::Paid => (Tone::Ok, text::invoice_paid()),
        InvoiceStatus::Uncollectible => (Tone::Warning, text::invoice_written_off()),
        InvoiceStatus::Void => (Tone::Skipped, text::invoice_void()),
    };
    let month = format::month(Month::of(invoice.period_start));
    let name = invoice.number.clone().unwrap_or_else(|| text::invoice_drafted().to_owned());
    view! {
        <tr class="to">
            <th scope="row">
                <a class="row-link" href=format!("/invoices/{}", invoice.id)>
                    {name}
                </a>
                <div class="sub">{plan_names(&invoice.subscriptions)}</div>
            </th>
            <td class="tight">
                <Status tone word />
            </td>
            <td class="less">{month}</td>
            <td class="r less">{invoice.due_on.map(format::day)}</td>
            <td class="r">{format::money(invoice.total)}</td>
        </tr>
    }
}
