//! Money that has come in.

use domain::money::Money;
use domain::{
    ids::{Id as _, InvoiceId},
    invoices::InvoiceStatus,
    ledger::{BookingKind, Posting},
};
use serde_json::json;
use store::{
    NewEvent, TenantTx, customers, invoices,
    ledger::{self, NewTransaction},
    payments::{self, NewPayment},
};

use crate::{
    App, AppError, Result,
    mail::{self, Recipient, Template},
};

/// Records a payment; says whether it is new. When the invoice is covered it is marked paid.
pub(crate) async fn record(app: &App, tx: &mut TenantTx, payment: &NewPayment) -> Result<bool> {
    let invoice = invoices::lock(tx, payment.invoice).await?;
    let Some(id) = payments::record(tx, payment).await? else { return Ok(false) };
    if let Some(posting) = Posting::payment(payment.amount, payment.fee).map_err(AppError::internal)? {
        let new = NewTransaction {
            kind: BookingKind::Payment,
            subject: id.uuid(),
            customer: payment.customer,
            invoice: payment.invoice,
            booked_on: payment.paid_at.with_timezone(&tx.scope().time_zone()).date_naive(),
            period: None,
            posting,
        };
        ledger::book(tx, &new).await?;
    }
    let subject = format!("invoice:{}", invoice.id);
    tx.record(
        NewEvent::new(
            "payment.received",
            subject.clone(),
            json!({
                "number": invoice.number,
                "amount": payment.amount,
                "fee": payment.fee,
                "provider": payment.provider,
                "reference": payment.reference,
            }),
        )
        .of_customer(invoice.customer),
    );
    let covered = payments::paid_minor(tx, invoice.id).await? >= invoice.total.amount_minor();
    if covered
        && invoice.status == InvoiceStatus::Finalized
        && invoices::mark_paid(tx, invoice.id, payment.paid_at).await?
    {
        tx.record(
            NewEvent::new("invoice.paid", subject, json!({"number": invoice.number}))
                .of_customer(invoice.customer),
        );
    }
    let details = customers::get(tx, invoice.customer).await?.details;
    if let Some(address) = details.contact_email {
        let number = invoice.number.as_deref().unwrap_or_default();
        let template = Template::PaymentReceived { number, amount: payment.amount };
        let to = Recipient { address, name: details.contact_name, customer: Some(invoice.customer) };
        mail::queue(app, tx, &template, &to).await?;
    }
    Ok(true)
}

/// Records a bank transfer that pays an invoice in full.
pub async fn record_transfer(
    app: &App,
    tx: &mut TenantTx,
    invoice: InvoiceId,
    reference: &str,
) -> Result<()> {
    let invoice = invoices::lock(tx, invoice).await?;
    if invoice.status != InvoiceStatus::Finalized {
        return Err(AppError::conflict("not_open", "Only an open invoice can be paid."));
    }
    let payment = NewPayment {
        customer: invoice.customer,
        invoice: invoice.id,
        checkout: None,
        provider: "bank_transfer",
        reference: reference.to_owned(),
        amount: invoice.total,
        fee: Money::zero(invoice.total.currency()),
        paid_at: tx.now(),
    };
    record(app, tx, &payment).await?;
    Ok(())
}
