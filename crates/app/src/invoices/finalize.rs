//! Issuing an invoice.

use chrono::TimeDelta;
use domain::{
    ids::InvoiceId,
    invoices::InvoiceStatus,
    ledger::{BookingKind, Posting},
    periods::Month,
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    customers::{self, Details},
    invoices::{self, Invoice, Issue},
    one_off_charges, payment_methods, subscriptions, tenants,
};

use crate::{
    App, AppError, Result, dunning,
    invoices::{
        Booking, book, credit,
        document::period_text,
        draft::{self, Draft},
        settle,
    },
    mail::{self, Recipient, Template},
    payments::charge,
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
    let draft = draft::rate(tx, &subscription, period).await?.keep(tx, Some(id)).await?;
    issue(app, tx, draft).await
}

/// Issues what has just been rated.
pub(crate) async fn issue(app: &App, tx: &mut TenantTx, draft: Draft) -> Result<Invoice> {
    let Draft { id, new, rated } = draft;
    let evidence = serde_json::to_string(&rated.evidence()).map_err(AppError::internal)?;
    let seal = invoices::keep_evidence(tx, id, new.customer, &evidence).await?;
    invoices::late::keep(tx, new.subscription, new.customer, &rated.counted).await?;
    one_off_charges::take(tx, &rated.charges, id).await?;
    let customer = customers::get(tx, new.customer).await?.details;
    let tenant = tenants::current(tx).await?;
    let issued_on = tx.today();
    let issue = Issue {
        prefix: tenant.invoice_prefix,
        issued_on,
        due_on: issued_on + TimeDelta::days(i64::from(tenant.payment_days)),
        customer_name: customer.company_name.clone(),
        customer_address: customer.address.clone(),
        customer_tax_id: customer.tax_id.clone(),
        seal,
    };
    let mut invoice = invoices::finalize(tx, id, &issue).await?;
    tx.record(
        NewEvent::new(
            "invoice.finalized",
            format!("invoice:{id}"),
            json!({
                "number": invoice.number,
                "total": invoice.total,
                "due_on": issue.due_on,
                "seal": hex::encode(&issue.seal),
            }),
        )
        .of_customer(invoice.customer),
    );
    let booking = Booking {
        kind: BookingKind::Invoice,
        subject: id,
        on: issued_on,
        period: Some(invoice.period),
        posting: Ok(Posting::invoice(invoice.total)),
    };
    book(tx, &invoice, booking).await?;
    let used = credit::apply(tx, &invoice).await?;
    if used == invoice.outstanding {
        // There is nothing to wait for.
        settle(tx, id, tx.now()).await?;
    }
    if used.amount_minor() != 0 || used == invoice.outstanding {
        invoice = invoices::get(tx, id).await?;
    }
    dunning::begin(tx, &invoice).await?;
    let method = match invoice.status {
        InvoiceStatus::Finalized => payment_methods::default_of(tx, invoice.customer).await?,
        _ => None,
    };
    if method.is_some() {
        charge::queue(tx, id).await?;
    }
    if customer.contact_email.is_some() {
        let charged_to = method.as_ref().map(charge::method_name);
        mail_invoice(app, tx, &invoice, customer, charged_to).await?;
    }
    Ok(invoice)
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
    let customer = customers::get(tx, invoice.customer).await?.details;
    mail_invoice(app, tx, &invoice, customer, None).await?;
    tx.record(
        NewEvent::new("invoice.sent", format!("invoice:{id}"), json!({"number": invoice.number}))
            .of_customer(invoice.customer),
    );
    Ok(invoice)
}

async fn mail_invoice(
    app: &App,
    tx: &mut TenantTx,
    invoice: &Invoice,
    customer: Details,
    charged_to: Option<String>,
) -> Result<()> {
    let Some(address) = customer.contact_email else {
        return Err(AppError::conflict("no_address", "The customer has no email address."));
    };
    let template = Template::Invoice {
        invoice: invoice.id,
        number: invoice.number.as_deref().unwrap_or_default(),
        total: invoice.total,
        outstanding: invoice.outstanding,
        due_on: invoice.due_on.unwrap_or(invoice.period.end()),
        charged_to,
        period: period_text(invoice.period),
    };
    let to = Recipient { address, name: customer.contact_name, customer: Some(invoice.customer) };
    mail::queue(app, tx, &template, &to).await?;
    Ok(())
}
