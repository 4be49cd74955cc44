//! Giving an open invoice up: voiding it, writing it off.

use domain::{
    ids::InvoiceId,
    invoices::InvoiceStatus,
    ledger::{BookingKind, Posting},
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    deferrals::Cause,
    invoices::{self, Invoice},
    one_off_charges, subscriptions,
};

use crate::{
    AppError, Result, dunning, if_match,
    invoices::{Booking, book, deferrals::TakenBack, give_back},
    payments::pages,
};

/// Takes an invoice back that should not have been issued. Its period can be billed anew, and what of the customer's
/// credit was used for it is the customer's again.
pub async fn void(tx: &mut TenantTx, id: InvoiceId, if_match: Option<i32>, reason: &str) -> Result<Invoice> {
    // Subscriptions first, as drafting does: what their invoices make up for is settled by one of them at a time.
    let billed: Vec<_> = invoices::get(tx, id).await?.subscriptions.into_iter().map(|of| of.id).collect();
    subscriptions::lock_all(tx, &billed).await?;
    let invoice = open(tx, id, if_match, InvoiceStatus::Void).await?;
    if let Some(later) = invoices::late::corrected_by(tx, &invoice).await? {
        return Err(AppError::conflict(
            "corrected_since",
            format!("Invoice {later} makes up for usage of the same days; take it back first."),
        ));
    }
    if invoice.paid.amount_minor() != 0 {
        return Err(AppError::conflict(
            "partly_paid",
            "Something was paid on the invoice; correct it by a credit note.",
        ));
    }
    if invoice.credited.amount_minor() != 0 {
        return Err(AppError::conflict(
            "partly_credited",
            "Something of the invoice was credited; credit the rest, too.",
        ));
    }
    let ahead = TakenBack::all(tx, &invoice).await?;
    let closed = invoices::close(tx, id, InvoiceStatus::Void, reason).await?;
    // What it made up for is missing again, and what it charged once waits for another.
    invoices::late::forget(tx, &billed).await?;
    one_off_charges::give_back(tx, id).await?;
    // What should not have been issued was not late either.
    one_off_charges::remove_void(tx, invoice.customer).await?;
    // The customer's row last, as a run does.
    let back = give_back(tx, &invoice, invoice.credit_used).await?;
    let posting = Posting::void(invoice.total, invoice.tax, ahead.deferred, invoice.credit_used, back);
    let booking = Booking {
        kind: BookingKind::Void,
        subject: id,
        on: tx.today(),
        // The revenue of the days that it billed.
        period: Some(invoice.period),
        posting,
    };
    book(tx, &invoice, booking).await?;
    ahead.book(tx, &invoice, Cause::Voided).await?;
    dunning::release(tx, id).await?;
    pages::close_stale(tx, id, closed.outstanding).await?;
    tx.record(event("invoice.voided", &invoice, reason, invoice.total));
    Ok(closed)
}

/// Gives up what is left of an invoice, as it will not be paid. Money may still come.
pub async fn write_off(
    tx: &mut TenantTx,
    id: InvoiceId,
    if_match: Option<i32>,
    reason: &str,
) -> Result<Invoice> {
    let invoice = open(tx, id, if_match, InvoiceStatus::Uncollectible).await?;
    let booking = Booking {
        kind: BookingKind::WriteOff,
        subject: id,
        on: tx.today(),
        period: None,
        posting: Posting::write_off(invoice.outstanding),
    };
    book(tx, &invoice, booking).await?;
    let closed = invoices::close(tx, id, InvoiceStatus::Uncollectible, reason).await?;
    dunning::release(tx, id).await?;
    pages::close_stale(tx, id, closed.outstanding).await?;
    tx.record(event("invoice.written_off", &invoice, reason, invoice.outstanding));
    Ok(closed)
}

/// The invoice, locked, if it may become what it is to.
async fn open(tx: &mut TenantTx, id: InvoiceId, if_match: Option<i32>, to: InvoiceStatus) -> Result<Invoice> {
    let invoice = invoices::lock(tx, id).await?;
    if_match::check(if_match, invoice.version)?;
    if invoice.status.may_become(to) {
        return Ok(invoice);
    }
    Err(match invoice.status {
        InvoiceStatus::Draft => {
            AppError::conflict("not_issued", "A draft can be deleted; there is nothing to take back.")
        }
        InvoiceStatus::Paid => AppError::conflict("already_paid", "The invoice has been settled."),
        InvoiceStatus::Finalized | InvoiceStatus::Uncollectible | InvoiceStatus::Void => {
            AppError::conflict("not_open", "The invoice is no longer open.")
        }
    })
}

fn event(kind: &'static str, invoice: &Invoice, reason: &str, amount: domain::money::Money) -> NewEvent {
    let data = json!({"number": invoice.number, "amount": amount, "reason": reason});
    NewEvent::new(kind, format!("invoice:{}", invoice.id), data).of_customer(invoice.customer)
}
