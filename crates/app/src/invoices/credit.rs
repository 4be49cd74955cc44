//! A customer's credit goes into its next invoices.

use domain::{
    ids::CustomerId,
    ledger::{BookingKind, GoneBack, Posting},
    money::Money,
};
use serde_json::json;
use store::{NewEvent, TenantTx, credits, disputes, invoices::Invoice, refunds};

use crate::{
    AppError, Result,
    invoices::{Booking, book},
};

/// Settles, with an amount that becomes the customer's, what has gone back to it before anything was credited. Nobody else can
/// use of its credit until the transaction ends. Whoever works on an invoice, too, has locked that before.
pub(crate) async fn settle_gone_back(
    tx: &mut TenantTx,
    customer: CustomerId,
    amount: Money,
) -> Result<GoneBack> {
    if amount.amount_minor() <= 0 {
        return Ok(GoneBack::none(amount.currency()));
    }
    credits::lock(tx, &[customer]).await?;
    let refunded = refunds::credit(tx, customer, amount).await?;
    let rest = amount.checked_sub(refunded).map_err(AppError::internal)?;
    let lost = disputes::credit(tx, customer, rest).await?;
    Ok(GoneBack { refunded, lost })
}

/// What of an amount the customer's credit does not cover. Nobody else can use of it until the transaction ends.
pub(crate) async fn beyond_credit(tx: &mut TenantTx, customer: CustomerId, amount: Money) -> Result<Money> {
    let currency = amount.currency();
    let credit = credits::lock(tx, &[customer]).await?;
    let credit = credit.get(&(customer, currency)).map_or(0, |credit| credit.amount_minor());
    let credited = credit.clamp(0, amount.amount_minor());
    amount.checked_sub(Money::new(credited, currency)).map_err(AppError::internal)
}

/// Uses what the customer has as credit for an invoice that is being issued, and says how much.
pub(crate) async fn apply(tx: &mut TenantTx, invoice: &Invoice, credit: &mut Money) -> Result<Money> {
    let used = invoice.covered_by(*credit);
    if used.amount_minor() == 0 {
        return Ok(used);
    }
    *credit = credit.checked_sub(used).map_err(AppError::internal)?;
    let application = credits::apply(tx, invoice.customer, invoice.id, used).await?;
    let booking = Booking {
        kind: BookingKind::CreditApplied,
        subject: application,
        on: tx.today(),
        period: None,
        posting: Posting::credit_applied(used),
    };
    book(tx, invoice, booking).await?;
    tx.record(
        NewEvent::new(
            "credit.applied",
            format!("invoice:{}", invoice.id),
            json!({"number": invoice.number, "amount": used}),
        )
        .of_customer(invoice.customer),
    );
    Ok(used)
}
