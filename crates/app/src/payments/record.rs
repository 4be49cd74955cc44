//! Money that has come in.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone as _, Utc};
use domain::{
    ids::{ChargeId, CheckoutId, CustomerId, InvoiceId, PaymentId},
    invoices::InvoiceStatus,
    ledger::{BookingKind, Posting},
    money::Money,
};
use serde_json::json;
use store::{
    NewEvent, TenantTx, credits, customers, disputes, invoices,
    payments::{self, NewPayment, Payment},
};

use crate::{
    App, AppError, Field, Result,
    invoices::{Booking, book, settle, settle_gone_back},
    mail::{self, Recipient, Template},
};

/// In minor units: more than anybody transfers, so that no sum of payments goes beyond what is counted with.
pub(crate) const MOST: i64 = 1_000_000_000_000;

/// A transfer may have come before its invoice; of another year, it is a slip of the pen.
pub(crate) const EARLIEST: TimeDelta = TimeDelta::days(366);

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

/// Records a payment; none where it is known already. When the invoice is covered it is marked paid; what is more than was left
/// of it becomes the customer's credit.
pub(crate) async fn record(app: &App, tx: &mut TenantTx, received: Received) -> Result<Option<PaymentId>> {
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
    let Some(id) = payments::record(tx, &payment).await? else { return Ok(None) };
    let back = settle_gone_back(tx, invoice.customer, payment.credit).await?;
    let posting = Posting::payment(payment.amount, payment.fee, invoice.status.left_in(), covered, back);
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
    // One that is recorded late may be of an earlier day than those before it.
    let last = payments::last_paid_at(tx, invoice.id).await?.unwrap_or(payment.paid_at);
    settle(tx, invoice.id, last).await?;
    let details = customers::get(tx, invoice.customer).await?.details;
    if let Some(address) = details.contact_email {
        let number = invoice.number.as_deref().unwrap_or_default();
        let template = Template::PaymentReceived { number, amount: payment.amount };
        let to = Recipient { address, name: details.contact_name, customer: Some(invoice.customer) };
        mail::queue(app, tx, &template, &to).await?;
    }
    Ok(Some(id))
}

/// A bank transfer that has come in.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// The bank's words for it; the same ones are recorded once.
    pub reference: String,
    /// How much; all that is left of the invoice where it is not told.
    pub amount: Option<Money>,
    /// On which day; today where it is not told.
    pub paid_on: Option<NaiveDate>,
}

impl Transfer {
    /// All that is left of an invoice, today.
    pub fn of_all(reference: impl Into<String>) -> Self {
        Self { reference: reference.into(), amount: None, paid_on: None }
    }
}

/// Records a bank transfer for an open invoice, or one that was written off.
pub async fn record_transfer(
    app: &App,
    tx: &mut TenantTx,
    invoice: InvoiceId,
    transfer: Transfer,
) -> Result<Payment> {
    let invoice = invoices::lock(tx, invoice).await?;
    let lost = disputes::uncredited_of(tx, invoice.id, invoice.total.currency()).await?;
    match invoice.status {
        InvoiceStatus::Finalized | InvoiceStatus::Uncollectible => {}
        InvoiceStatus::Draft => return Err(AppError::conflict("not_issued", "A draft cannot be paid.")),
        // What the payer's bank took back may be paid after all.
        InvoiceStatus::Paid if lost.amount_minor() > 0 => {}
        InvoiceStatus::Paid => {
            return Err(AppError::conflict("already_paid", "The invoice has been settled."));
        }
        InvoiceStatus::Void => return Err(AppError::conflict("not_open", "The invoice is void.")),
    }
    let left = if invoice.status == InvoiceStatus::Paid { lost } else { invoice.left() };
    let amount = transfer.amount.unwrap_or(left);
    let mut wrong = Vec::new();
    if amount.currency() != invoice.total.currency() {
        wrong.push(Field::invalid("/amount", format!("must be in {}", invoice.total.currency())));
    } else if amount.amount_minor() <= 0 {
        wrong.push(Field::invalid("/amount", "must be more than nothing"));
    } else if amount.amount_minor() > MOST {
        wrong
            .push(Field::invalid("/amount", format!("is more than {}", Money::new(MOST, amount.currency()))));
    }
    let paid_at = match transfer.paid_on {
        None => tx.now(),
        Some(day) if day > tx.today() => {
            wrong.push(Field::invalid("/paid_on", "is in the future"));
            tx.now()
        }
        Some(day) if invoice.issued_on.is_some_and(|issued| day < issued - EARLIEST) => {
            wrong.push(Field::invalid("/paid_on", "is more than a year before the invoice"));
            tx.now()
        }
        Some(day) if day == tx.today() => tx.now(),
        // At noon there, it is that day in every reading.
        Some(day) => noon(day, tx.scope().time_zone()),
    };
    if !wrong.is_empty() {
        return Err(AppError::Invalid(wrong));
    }
    let received = Received {
        invoice: invoice.id,
        customer: invoice.customer,
        checkout: None,
        charge: None,
        provider: "bank_transfer",
        reference: transfer.reference,
        amount,
        fee: Money::zero(invoice.total.currency()),
        paid_at,
    };
    let known = credits::grants::is_recorded(tx, &received.reference).await?;
    let recorded = if known { None } else { record(app, tx, received).await? };
    match recorded {
        Some(payment) => Ok(payments::get(tx, payment).await?),
        None => Err(AppError::conflict(
            "already_recorded",
            "A bank transfer of this reference has been recorded.",
        )),
    }
}

fn noon(day: NaiveDate, zone: chrono_tz::Tz) -> DateTime<Utc> {
    let noon = day.and_time(chrono::NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default());
    zone.from_local_datetime(&noon).earliest().map_or_else(|| noon.and_utc(), |noon| noon.to_utc())
}
