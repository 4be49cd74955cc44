//! Payments that the payer's bank takes back, or asks about. The evidence is given at Stripe; here is what it does to the
//! money.

use chrono::TimeDelta;
use connectors::stripe::DisputeTold;
use domain::{
    disputes::DisputeStatus,
    ids::DisputeId,
    ledger::{BookingKind, DisputeMove, GoneBack, Posting},
    money::Money,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    NewEvent, Scope, SystemTx, TenantTx, customers,
    disputes::{self, Dispute, NewDispute},
    invoices,
    jobs::{self, NewJob},
    payments,
};

use crate::{
    App, AppError, Result,
    invoices::{Booking, beyond_credit, book, settle_gone_back},
    jobs::payload,
    payments::{account, provider, upstream, wait_for},
};

/// The kind of the job.
pub(crate) const KIND: &str = "payments.dispute";

/// For how long a dispute is looked after: banks take their time.
const FOR_LONG: TimeDelta = TimeDelta::days(400);

#[derive(Serialize, Deserialize)]
struct Payload {
    dispute: DisputeId,
}

/// Queues a look at disputes whose end, or whose money, may have come without an event.
pub(crate) async fn look_after(tx: &mut SystemTx) -> Result<()> {
    let since = tx.now() - FOR_LONG;
    for (tenant, dispute) in disputes::unsettled(tx, since).await? {
        jobs::again_for(tx, tenant, &NewJob::now(KIND, json!(Payload { dispute }))).await?;
    }
    Ok(())
}

/// Asks how a dispute stands.
pub(crate) async fn work(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { dispute } = payload(data)?;
    let (reference, account) = app
        .store()
        .read(scope, async |tx| {
            Ok::<_, AppError>((disputes::reference(tx, dispute).await?, account(tx).await?))
        })
        .await?;
    let told = provider(app)?.dispute(&account, &reference).await.map_err(upstream)?;
    changed(app, scope, &account, told).await
}

/// Brings what we know of a dispute up to what the provider says of it now. Its events come in any order and more than
/// once: what has been booked is noted on the dispute, and what is booked is the difference.
pub(crate) async fn changed(app: &App, scope: &Scope, account: &str, told: DisputeTold) -> Result<()> {
    let Some(reference) = told.payment.clone() else { return Ok(()) };
    let (own, payment) = app
        .store()
        .read(scope, async |tx| {
            let own = payments::account(tx).await?.is_some_and(|own| own.account == account);
            Ok::<_, AppError>((own, payments::by_reference(tx, "stripe", &reference).await?))
        })
        .await?;
    if !own {
        return Ok(());
    }
    let Some(payment) = payment else { return wait_for(app, scope, account, &reference).await };
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            invoices::lock(tx, payment.invoice).await?;
            customers::hold(tx, &[payment.customer]).await?;
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
            settle(tx, known, is_new, &told).await
        })
        .await
}

/// How far a dispute has come.
fn rank(status: DisputeStatus) -> u8 {
    match status {
        DisputeStatus::NeedsResponse => 0,
        DisputeStatus::UnderReview => 1,
        DisputeStatus::Won | DisputeStatus::Lost | DisputeStatus::Closed => 2,
    }
}

fn more(a: Money, b: Money) -> bool {
    a.amount_minor() > b.amount_minor()
}

async fn settle(tx: &mut TenantTx, before: Dispute, is_new: bool, told: &DisputeTold) -> Result<()> {
    let mut now = before.clone();
    let ((taken, fee), (returned, fee_back)) = (told.taken, told.returned);
    // Asked at the same time, the older answer may come last: it has less money moved, or an earlier state.
    if rank(told.status) >= rank(before.status) || more(taken, before.taken) {
        now.status = told.status;
        now.amount = told.amount;
        now.evidence_due_by = told.evidence_due_by;
        let since = before.closed_at.unwrap_or_else(|| tx.now());
        now.closed_at = (!told.status.is_open()).then_some(since);
    }
    if !more(before.taken, taken) && !more(before.returned, returned) {
        (now.taken, now.returned) = (taken, returned);
        now.fee = fee.checked_sub(fee_back).map_err(AppError::internal)?;
    }
    let with_bank = now.taken.checked_sub(now.returned).map_err(AppError::internal)?;
    // However it has ended, what has not come back then is lost. What was won comes back yet.
    let gone_for_good = matches!(now.status, DisputeStatus::Lost | DisputeStatus::Closed);
    now.lost = if gone_for_good { with_bank } else { Money::zero(with_bank.currency()) };
    book_moves(tx, &before, &mut now).await?;
    if now != before {
        disputes::update(tx, &now).await?;
    }
    if is_new {
        tx.record(event("dispute.opened", &now));
    }
    for (kind, has_moved) in [
        ("dispute.funds_withdrawn", more(now.taken, before.taken)),
        ("dispute.funds_reinstated", more(now.returned, before.returned)),
    ] {
        if has_moved {
            tx.record(event(kind, &now));
        }
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

/// Books what has moved, and counts what of the loss nothing has been credited for.
async fn book_moves(tx: &mut TenantTx, before: &Dispute, now: &mut Dispute) -> Result<()> {
    let held = |dispute: &Dispute| dispute.taken.checked_sub(dispute.returned);
    let gone = held(now).and_then(|gone| gone.checked_sub(held(before)?)).map_err(AppError::internal)?;
    let fee = now.fee.checked_sub(before.fee).map_err(AppError::internal)?;
    let lost = now.lost.checked_sub(before.lost).map_err(AppError::internal)?;
    let currency = gone.currency();
    let zero = Money::zero(currency);
    let mut moved =
        DisputeMove { gone, fee, lost, from_credit: zero, recovered: zero, back: GoneBack::none(currency) };
    if more(lost, zero) {
        // The payer has the money: what the customer has as credit beside it would be given twice.
        let uncredited = beyond_credit(tx, before.customer, lost).await?;
        moved.from_credit = lost.checked_sub(uncredited).map_err(AppError::internal)?;
        now.uncredited = before.uncredited.checked_add(uncredited).map_err(AppError::internal)?;
    } else if more(zero, lost) {
        let recovered = lost.checked_neg().map_err(AppError::internal)?;
        let of_loss = before.uncredited.amount_minor().min(recovered.amount_minor());
        moved.recovered = Money::new(of_loss, currency);
        now.uncredited = before.uncredited.checked_sub(moved.recovered).map_err(AppError::internal)?;
        // What is not this dispute's loss any more settles no other part of it.
        disputes::update(tx, now).await?;
        let credited = recovered.checked_sub(moved.recovered).map_err(AppError::internal)?;
        moved.back = settle_gone_back(tx, before.customer, credited).await?;
    }
    let kind = if more(lost, zero) {
        BookingKind::DisputeLost
    } else if more(zero, gone) {
        BookingKind::DisputeWon
    } else {
        BookingKind::Dispute
    };
    let invoice = invoices::get(tx, now.invoice).await?;
    // A dispute moves money more than once: each move is a thing of its own.
    let subject: DisputeId = tx.new_id();
    let booking = Booking { kind, subject, on: tx.today(), period: None, posting: Posting::dispute(moved) };
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
