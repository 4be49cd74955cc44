//! A customer's credit goes into its next invoices.

use domain::{
    ledger::{BookingKind, Posting},
    money::Money,
};
use serde_json::json;
use store::{NewEvent, TenantTx, credits, invoices::Invoice};

use crate::{
    AppError, Result,
    invoices::{Booking, book},
};

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
