//! Money that has come in.

use chrono::{DateTime, Utc};
use domain::{
    ids::{ChargeId, CheckoutId, CustomerId, InvoiceId},
    invoices::InvoiceStatus,
    ledger::{BookingKind, Posting},
    money::Money,
};
use serde_json::json;
use store::{
    NewEvent, TenantTx, customers, invoices,
    payments::{self, NewPayment},
};

use crate::{
    App, AppError, Result,
    invoices::{Booking, book, settle},
    mail::{self, Recipient, Template},
};

/// Money that has come in for an invoice.
pub(crate) struct Received {
    /// For what.
    pub invoice: InvoiceId,
    /// From whom.
    pub customer: CustomerId,
    /// By which Checkout.
    pub checkout: Option<CheckoutId>,
    /// By which charge of a saved method.
    pub charge: Option<ChargeId>,
    /// How it came in.
    pub provider: &'static str,
    /// The provider's name for it.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// The platform's share of it.
    pub fee: Money,
    /// When.
    pub paid_at: DateTime<Utc>,
}

/// Records a payment; says whether it is new. When the invoice is covered it is marked paid; what is more than was left
/// of it becomes the customer's credit.
pub(crate) async fn record(app: &App, tx: &mut TenantTx, received: Received) -> Result<bool> {
    let invoice = invoices::lock(tx, received.invoice).await?;
    let covered = invoice.covered_by(received.amount);
    let payment = NewPayment {
        customer: received.customer,
        invoice: invoice.id,
        checkout: received.checkout,
        charge: received.charge,
        provider: received.provider,
        reference: received.reference,
        amount: received.amount,
        fee: received.fee,
        credit: received.amount.checked_sub(covered).map_err(AppError::internal)?,
        paid_at: received.paid_at,
    };
    let Some(id) = payments::record(tx, &payment).await? else { return Ok(false) };
    let posting = Posting::payment(payment.amount, payment.fee, invoice.status.left_in(), covered);
    let booking = Booking {
        kind: BookingKind::Payment,
        subject: id,
        on: payment.paid_at.with_timezone(&tx.scope().time_zone()).date_naive(),
        period: None,
        posting,
    };
    book(tx, &invoice, booking).await?;
    tx.record(
        NewEvent::new(
            "payment.received",
            format!("invoice:{}", invoice.id),
            json!({
                "number": invoice.number,
                "amount": payment.amount,
                "fee": payment.fee,
                "to_credit": payment.credit,
                "provider": payment.provider,
                "reference": payment.reference,
            }),
        )
        .of_customer(invoice.customer),
    );
    settle(tx, invoice.id, payment.paid_at).await?;
    let details = customers::get(tx, invoice.customer).await?.details;
    if let Some(address) = details.contact_email {
        let number = invoice.number.as_deref().unwrap_or_default();
        let template = Template::PaymentReceived { number, amount: payment.amount };
        let to = Recipient { address, name: details.contact_name, customer: Some(invoice.customer) };
        mail::queue(app, tx, &template, &to).await?;
    }
    Ok(true)
}

/// Records a bank transfer for an open invoice, or one that was written off: of this much, or of all that is left.
pub async fn record_transfer(
    app: &App,
    tx: &mut TenantTx,
    invoice: InvoiceId,
    reference: &str,
    amount: Option<Money>,
) -> Result<()> {
    let invoice = invoices::lock(tx, invoice).await?;
    if !matches!(invoice.status, InvoiceStatus::Finalized | InvoiceStatus::Uncollectible) {
        return Err(AppError::conflict("not_open", "Only an open invoice can be paid."));
    }
    let received = Received {
        invoice: invoice.id,
        customer: invoice.customer,
        checkout: None,
        charge: None,
        provider: "bank_transfer",
        reference: reference.to_owned(),
        amount: amount.unwrap_or_else(|| invoice.left()),
        fee: Money::zero(invoice.total.currency()),
        paid_at: tx.now(),
    };
    record(app, tx, received).await?;
    Ok(())
}
