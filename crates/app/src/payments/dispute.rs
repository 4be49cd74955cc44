//! Payments that the payer's bank takes back, or asks about. The evidence is given at Stripe; here is what it does to the
//! money.

use connectors::stripe::DisputeTold;
use domain::{
    disputes::DisputeStatus,
    ledger::{BookingKind, Posting},
    money::MoneyError,
};
use serde_json::json;
use store::{
    NewEvent, Scope, TenantTx, credits,
    disputes::{self, Dispute, NewDispute},
    invoices, payments,
};

use crate::{
    App, AppError, Result,
    invoices::{Booking, book},
    payments::refund::wait_for,
};

/// Brings what we know of a dispute up to what the provider says of it now. Its events come in any order and more than
/// once: what has been booked is noted on the dispute, and only what is new is booked.
pub(crate) async fn changed(app: &App, scope: &Scope, account: &str, told: DisputeTold) -> Result<()> {
    let Some(reference) = told.payment.clone() else { return Ok(()) };
    let payment = app
        .store()
        .read(scope, async |tx| {
            let own = payments::account(tx).await?.is_some_and(|own| own.account == account);
            Ok::<_, AppError>(if own {
                payments::by_reference(tx, "stripe", &reference).await?
            } else {
                None
            })
        })
        .await?;
    let Some(payment) = payment else { return wait_for(app, account, &reference).await };
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            invoices::lock(tx, payment.invoice).await?;
            credits::lock(tx, &[payment.customer]).await?;
            let new = NewDispute {
                customer: payment.customer,
                invoice: payment.invoice,
                payment: payment.id,
                reference: told.dispute.clone(),
                amount: told.amount,
                reason: told.reason.clone(),
                opened_at: told.opened_at,
            };
            let (known, is_new) = disputes::keep(tx, &new).await?;
            if is_new {
                tx.record(event("dispute.opened", &known));
            }
            settle(tx, known, &told).await
        })
        .await
}

async fn settle(tx: &mut TenantTx, known: Dispute, told: &DisputeTold) -> Result<()> {
    let before = known.clone();
    let mut now = known;
    // Once it is decided, a late word of an earlier state is no news.
    if now.closed_at.is_none() {
        now.status = told.status;
        now.amount = told.amount;
        now.evidence_due_by = told.evidence_due_by;
        now.closed_at = (!told.status.is_open()).then(|| tx.now());
    }
    let (taken, fee) = told.taken;
    if now.taken.amount_minor() == 0 && taken.amount_minor() > 0 {
        note(tx, &now, BookingKind::Dispute, Posting::dispute(taken, fee)).await?;
        (now.taken, now.fee) = (taken, fee);
    }
    let (returned, fee) = told.returned;
    if now.returned.amount_minor() == 0 && returned.amount_minor() > 0 {
        let was_lost = now.lost.amount_minor() > 0;
        note(tx, &now, BookingKind::DisputeWon, Posting::dispute_won(returned, fee, was_lost)).await?;
        now.returned = returned;
        now.fee = now.fee.checked_sub(fee).map_err(AppError::internal)?;
        if was_lost {
            let uncredited = now.uncredited.amount_minor().saturating_sub(returned.amount_minor()).max(0);
            now.uncredited = domain::money::Money::new(uncredited, returned.currency());
        }
    }
    let gone = now.taken.checked_sub(now.returned).map_err(AppError::internal)?;
    if now.status == DisputeStatus::Lost && now.lost.amount_minor() == 0 && gone.amount_minor() > 0 {
        note(tx, &now, BookingKind::DisputeLost, Posting::dispute_lost(gone)).await?;
        (now.lost, now.uncredited) = (gone, gone);
    }
    if now != before {
        disputes::update(tx, &now).await?;
    }
    if now.status != before.status {
        let kind = match now.status {
            DisputeStatus::NeedsResponse => "dispute.needs_response",
            DisputeStatus::UnderReview => "dispute.under_review",
            DisputeStatus::Won => "dispute.won",
            DisputeStatus::Lost => "dispute.lost",
            DisputeStatus::Closed => "dispute.closed",
        };
        tx.record(event(kind, &now));
    }
    Ok(())
}

async fn note(
    tx: &mut TenantTx,
    dispute: &Dispute,
    kind: BookingKind,
    posting: Result<Option<Posting>, MoneyError>,
) -> Result<()> {
    let invoice = invoices::get(tx, dispute.invoice).await?;
    let booking = Booking { kind, subject: dispute.id, on: tx.today(), period: None, posting };
    book(tx, &invoice, booking).await
}

fn event(kind: &'static str, dispute: &Dispute) -> NewEvent {
    let data = json!({
        "dispute_id": dispute.id,
        "payment_id": dispute.payment,
        "number": dispute.invoice_number,
        "amount": dispute.amount,
        "reason": dispute.reason,
        "evidence_due_by": dispute.evidence_due_by,
    });
    NewEvent::new(kind, format!("invoice:{}", dispute.invoice), data).of_customer(dispute.customer)
}
