//! Issuing an invoice.

use chrono::TimeDelta;
use domain::{
    ids::{Id as _, InvoiceId},
    invoices::InvoiceStatus,
    ledger::{BookingKind, Posting},
    periods::Month,
};
use serde_json::json;
use store::{
    NewEvent, TenantTx, customers,
    invoices::{self, Invoice, Issue},
    ledger::{self, NewTransaction},
    subscriptions, tenants,
};

use crate::{
    App, AppError, Result,
    invoices::{credit, document::period_text, draft, settle},
    mail::{self, Recipient, Template},
};

/// Issues a draft: rates it once more, numbers it, and mails it to the customer. From here on the
/// database itself lets nobody change it.
pub async fn finalize(app: &App, tx: &mut TenantTx, id: InvoiceId) -> Result<Invoice> {
    // The subscription first, as drafting does: its changes wait, and nobody waits for the other.
    let subscription = invoices::get(tx, id).await?.subscription;
    let subscription = subscriptions::lock(tx, subscription).await?;
    let invoice = invoices::lock(tx, id).await?;
    if !invoice.status.may_become(InvoiceStatus::Finalized) {
        return Err(AppError::conflict("already_issued", "The invoice has been issued already."));
    }
    // The days as they are now: an end may have come, or gone, since it was drafted.
    let period = draft::covered(&subscription, Month::of(invoice.period.start()))?;
    let (new, rated) = draft::rate(tx, &subscription, period).await?;
    invoices::update_draft(tx, id, &new).await?;
    invoices::set_lines(tx, id, invoice.customer, &rated.lines).await?;
    let evidence = serde_json::to_string(&rated.evidence()).map_err(AppError::internal)?;
    let seal = invoices::keep_evidence(tx, id, invoice.customer, &evidence).await?;
    let customer = customers::get(tx, invoice.customer).await?;
    let tenant = tenants::current(tx).await?;
    let issued_on = tx.now().with_timezone(&tenant.time_zone).date_naive();
    let issue = Issue {
        prefix: tenant.invoice_prefix,
        issued_on,
        due_on: issued_on + TimeDelta::days(i64::from(tenant.payment_days)),
        customer_name: customer.details.company_name,
        customer_address: customer.details.address,
        customer_tax_id: customer.details.tax_id,
        seal,
    };
    let number = invoices::finalize(tx, id, &issue).await?;
    tx.record(
        NewEvent::new(
            "invoice.finalized",
            format!("invoice:{id}"),
            json!({"number": number, "total": rated.total, "due_on": issue.due_on, "seal": hex::encode(&issue.seal)}),
        )
        .of_customer(invoice.customer),
    );
    if let Some(posting) = Posting::invoice(rated.total) {
        let new = NewTransaction {
            kind: BookingKind::Invoice,
            subject: id.uuid(),
            customer: invoice.customer,
            invoice: id,
            booked_on: issued_on,
            period: Some(period),
            posting,
        };
        ledger::book(tx, &new).await?;
    }
    credit::apply(tx, id).await?;
    if invoices::get(tx, id).await?.left().amount_minor() == 0 {
        // There is nothing to wait for.
        settle(tx, id, tx.now()).await?;
    }
    let issued = invoices::get(tx, id).await?;
    if customer.details.contact_email.is_some() {
        mail_invoice(app, tx, &issued).await?;
    }
    Ok(issued)
}

/// Mails an issued invoice again.
pub async fn send(app: &App, tx: &mut TenantTx, id: InvoiceId) -> Result<Invoice> {
    let invoice = invoices::get(tx, id).await?;
    if !invoice.status.is_issued() {
        return Err(AppError::conflict("not_issued", "A draft is not sent; finalise it first."));
    }
    if matches!(invoice.status, InvoiceStatus::Void | InvoiceStatus::Uncollectible) {
        return Err(AppError::conflict(
            "not_open",
            "The invoice was taken back or given up; it is not sent again.",
        ));
    }
    mail_invoice(app, tx, &invoice).await?;
    tx.record(
        NewEvent::new("invoice.sent", format!("invoice:{id}"), json!({"number": invoice.number}))
            .of_customer(invoice.customer),
    );
    Ok(invoice)
}

async fn mail_invoice(app: &App, tx: &mut TenantTx, invoice: &Invoice) -> Result<()> {
    let details = customers::get(tx, invoice.customer).await?.details;
    let Some(address) = details.contact_email else {
        return Err(AppError::conflict("no_address", "The customer has no email address."));
    };
    let template = Template::Invoice {
        invoice: invoice.id,
        number: invoice.number.as_deref().unwrap_or_default(),
        total: invoice.total,
        outstanding: invoice.outstanding,
        due_on: invoice.due_on.unwrap_or(invoice.period.end()),
        period: period_text(invoice.period),
    };
    let to = Recipient { address, name: details.contact_name, customer: Some(invoice.customer) };
    mail::queue(app, tx, &template, &to).await?;
    Ok(())
}
