//! A customer's credit goes into its next invoices.

use domain::{
    ids::InvoiceId,
    ledger::{BookingKind, Posting},
};
use serde_json::json;
use store::{NewEvent, TenantTx, credits, invoices};

use crate::{
    Result,
    invoices::{Booking, book},
};

/// Uses what the customer has as credit for an invoice that is being issued.
pub(crate) async fn apply(tx: &mut TenantTx, id: InvoiceId) -> Result<()> {
    let invoice = invoices::get(tx, id).await?;
    let credit = credits::lock(tx, invoice.customer, invoice.total.currency()).await?;
    let used = invoice.covered_by(credit);
    if used.amount_minor() == 0 {
        return Ok(());
    }
    let application = credits::apply(tx, invoice.customer, id, used).await?;
    let booking = Booking {
        kind: BookingKind::CreditApplied,
        subject: application,
        on: tx.now().with_timezone(&tx.scope().time_zone()).date_naive(),
        period: None,
        posting: Posting::credit_applied(used),
    };
    book(tx, &invoice, booking).await?;
    tx.record(
        NewEvent::new(
            "credit.applied",
            format!("invoice:{id}"),
            json!({"number": invoice.number, "amount": used}),
        )
        .of_customer(invoice.customer),
    );
    Ok(())
}
