//! Payments that are paid back. What is paid back is what the customer has as credit: of a credit note on a paid invoice, or
//! of what was paid too much.

use chrono::TimeDelta;
use connectors::stripe::{NewRefund as Asked, ProviderError, RefundState, RefundStatus as Told};
use domain::{
    ids::{PaymentId, RefundId},
    ledger::{BookingKind, Posting},
    money::{Money, MoneyError},
    refunds::RefundStatus,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    NewEvent, Scope, StoreError, SystemTx, TenantTx, credits, customers, disputes, invoices,
    jobs::{self, NewJob},
    payments::{self, Payment},
    refunds::{self, NewRefund, Refund},
};

use crate::{
    App, AppError, Result,
    invoices::{Booking, beyond_credit, book, settle_gone_back},
    jobs::payload,
    mail::{self, Recipient, Template},
    payments::{account, provider, upstream, wait_for},
};

/// The kind of the job.
pub(crate) const KIND: &str = "payments.refund";

/// How long an answer is certain to be repeated under the same key; Stripe keeps them for a day at least.
const KNOWN_FOR: TimeDelta = TimeDelta::hours(20);

/// How long a refund may be on its way before it is asked for again.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// Until when it is; what has been on its way for longer, a person has to look at.
const FOR_LONG: TimeDelta = TimeDelta::days(60);

#[derive(Serialize, Deserialize)]
struct Payload {
    refund: RefundId,
}

/// Begins to pay a payment back: this much of it, or as much as the customer has as credit. The provider is asked from the
/// queue; a bank transfer has been paid back by whoever records it.
pub async fn refund(
    app: &App,
    tx: &mut TenantTx,
    id: PaymentId,
    amount: Option<Money>,
    reason: String,
) -> Result<Refund> {
    let payment = payments::get(tx, id).await?;
    // The invoice, then the customer: as everything does.
    invoices::lock(tx, payment.invoice).await?;
    let currency = payment.amount.currency();
    let zero = Money::zero(currency);
    // Nobody else can use of it until this is done, and what is refunded of the payment cannot change either.
    let credit = credits::lock(tx, &[payment.customer]).await?;
    // What was granted is used for invoices, and never paid out.
    let credit = credit.get(&(payment.customer, currency)).map_or(zero, |credit| credit.free);
    let left = payment.amount.checked_sub(refunds::of_payment(tx, id, currency).await?);
    let left = left.map_err(AppError::internal)?;
    if left.amount_minor() <= 0 {
        return Err(AppError::conflict("already_refunded", "All of the payment has been refunded."));
    }
    let left = left.checked_sub(disputes::of_payment(tx, id, currency).await?).map_err(AppError::internal)?;
    if left.amount_minor() <= 0 {
        return Err(AppError::conflict(
            "disputed",
            "The payer's bank has taken the payment back, or asks about it.",
        ));
    }
    if credit.amount_minor() <= 0 {
        return Err(AppError::conflict(
            "no_credit",
            format!(
                "The customer has no credit in {currency} that can be paid out. Credit an invoice first: what was paid for it becomes credit."
            ),
        ));
    }
    let amount = checked(amount, left, credit)?;
    let by_hand = payment.provider != "stripe";
    if !by_hand {
        provider(app)?;
        account(tx).await?;
    }
    let new = NewRefund {
        customer: payment.customer,
        invoice: payment.invoice,
        payment: id,
        amount,
        uncredited: zero,
        reference: None,
        reason,
    };
    let refund = refunds::create(tx, &new).await?.ok_or(StoreError::NotFound)?;
    begun(tx, &refund).await?;
    if by_hand {
        let now = Outcome { state: RefundState::Succeeded, reference: None, code: None, failure: None };
        settle(app, tx, refund.id, now).await?;
    } else {
        jobs::enqueue(tx, &NewJob::now(KIND, json!(Payload { refund: refund.id }))).await?;
    }
    Ok(refunds::get(tx, refund.id).await?)
}

/// What is to be refunded, if there is that much.
fn checked(amount: Option<Money>, left: Money, credit: Money) -> Result<Money> {
    let most = if credit.amount_minor() < left.amount_minor() { credit } else { left };
    let Some(amount) = amount else { return Ok(most) };
    let refuse = |text: String| Err(AppError::field("/amount", text));
    if amount.currency() != left.currency() {
        return refuse(format!("must be in {}", left.currency()));
    }
    if amount.amount_minor() <= 0 {
        return refuse("must be more than nothing".to_owned());
    }
    if amount.amount_minor() > left.amount_minor() {
        return refuse(format!("is more than the {left} that are left of the payment"));
    }
    if amount.amount_minor() > credit.amount_minor() {
        return refuse(format!(
            "is more than the {credit} that the customer has as credit, without what it was granted"
        ));
    }
    Ok(amount)
}

/// Sets aside what of the customer's credit a refund pays out.
async fn begun(tx: &mut TenantTx, refund: &Refund) -> Result<()> {
    let credited = refund.amount.checked_sub(refund.uncredited).map_err(AppError::internal)?;
    note(tx, refund, BookingKind::Refund, Posting::refund(credited)).await?;
    tx.record(event("refund.begun", refund));
    Ok(())
}

async fn note(
    tx: &mut TenantTx,
    refund: &Refund,
    kind: BookingKind,
    posting: Result<Option<Posting>, MoneyError>,
) -> Result<()> {
    let invoice = invoices::get(tx, refund.invoice).await?;
    let booking = Booking { kind, subject: refund.id, on: tx.today(), period: None, posting };
    book(tx, &invoice, booking).await
}

fn event(kind: &'static str, refund: &Refund) -> NewEvent {
    let data = json!({
        "refund_id": refund.id,
        "payment_id": refund.payment,
        "amount": refund.amount,
        "reason": refund.reason,
        "failure": refund.failure.as_ref().map(|(_, text)| text),
    });
    NewEvent::new(kind, format!("invoice:{}", refund.invoice), data).of_customer(refund.customer)
}

/// Queues what has been on its way for long once more: a job may have been given up, an event lost.
pub(crate) async fn look_after(tx: &mut SystemTx) -> Result<()> {
    let now = tx.now();
    for (tenant, refund) in refunds::stuck(tx, now - PATIENCE, now - FOR_LONG).await? {
        jobs::again_for(tx, tenant, &NewJob::now(KIND, json!(Payload { refund }))).await?;
    }
    Ok(())
}

/// Asks the provider for a refund, or how it stands.
///
/// The refund was kept before. Its id is the idempotency key: one that was cut off is asked for again and is paid once. When
/// the provider may have forgotten the key, it is looked for among the payment's refunds first.
pub(crate) async fn work(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { refund: id } = payload(data)?;
    let provider = provider(app)?;
    let store = app.store();
    let (refund, payment, account, now) = store
        .read(scope, async |tx| {
            let refund = refunds::get(tx, id).await?;
            let payment = payments::get(tx, refund.payment).await?;
            Ok::<_, AppError>((refund, payment, account(tx).await?, tx.real_now()))
        })
        .await?;
    if refund.status != RefundStatus::Pending || payment.provider != "stripe" {
        return Ok(());
    }
    let outcome = if let Some(reference) = &refund.reference {
        Outcome::of(provider.refund_status(&account, reference).await.map_err(upstream)?)
    } else {
        let made = if refund.asked_at < now - KNOWN_FOR {
            let made = provider.refunds_of(&account, &payment.reference).await.map_err(upstream)?;
            made.into_iter().find(|made| ours(made) == Some(id))
        } else {
            None
        };
        if let Some(made) = made {
            Outcome::of(made)
        } else {
            let asked =
                Asked { refund: id, account, payment: payment.reference.clone(), amount: refund.amount };
            take(provider.refund(asked).await)?
        }
    };
    store
        .write(scope, async |tx| {
            tx.without_event();
            settle(app, tx, id, outcome).await
        })
        .await
}

/// Our name for a refund, where we asked for it.
fn ours(told: &Told) -> Option<RefundId> {
    told.metadata.get("refund").and_then(|id| id.parse().ok())
}

/// What became of a refund.
struct Outcome {
    state: RefundState,
    reference: Option<String>,
    code: Option<String>,
    failure: Option<String>,
}

impl Outcome {
    fn of(told: Told) -> Self {
        Self { state: told.state, reference: Some(told.refund), code: told.failure, failure: None }
    }
}

fn take(answer: Result<Told, ProviderError>) -> Result<Outcome> {
    match answer {
        Ok(told) => Ok(Outcome::of(told)),
        // The same was asked for before, in other words: what became of that is not known.
        Err(ProviderError::Rejected { code, message }) if code == "idempotency_error" => {
            Err(upstream(ProviderError::Unavailable(message)))
        }
        Err(ProviderError::Rejected { code, message }) => Ok(Outcome {
            state: RefundState::Failed,
            reference: None,
            code: Some(code),
            failure: Some(message),
        }),
        Err(error) => Err(upstream(error)),
    }
}

/// Why a refund did not arrive, in words. The codes are Stripe's: <https://docs.stripe.com/refunds#failed-refunds>.
fn explained(code: Option<&str>) -> &'static str {
    match code {
        Some("lost_or_stolen_card") => "The card was lost or stolen.",
        Some("expired_or_canceled_card") => "The card has expired or was cancelled.",
        Some("charge_for_pending_refund_disputed") => "The customer disputed the payment meanwhile.",
        Some("insufficient_funds") => "The Stripe account did not have enough money.",
        Some("declined") => "The customer's bank declined it.",
        Some("merchant_request") => "It was taken back before it went out.",
        _ => "The payment provider could not pay it.",
    }
}

/// Moves a refund on to where the provider says that it stands. It comes as an answer and as events, in any order and more
/// than once.
async fn settle(app: &App, tx: &mut TenantTx, id: RefundId, outcome: Outcome) -> Result<()> {
    let refund = refunds::get(tx, id).await?;
    invoices::lock(tx, refund.invoice).await?;
    customers::hold(tx, &[refund.customer]).await?;
    let refund = refunds::lock(tx, id).await?;
    let reference = outcome.reference.as_deref();
    match (refund.status, outcome.state) {
        (RefundStatus::Pending, RefundState::Pending) => {
            refunds::settle(tx, id, RefundStatus::Pending, reference, None).await?;
        }
        (RefundStatus::Pending, RefundState::Succeeded) => {
            refunds::settle(tx, id, RefundStatus::Succeeded, reference, None).await?;
            note(tx, &refund, BookingKind::RefundPaid, Posting::refund_paid(refund.amount)).await?;
            tx.record(event("refund.succeeded", &refund));
            tell(app, tx, &refund).await?;
        }
        (before @ (RefundStatus::Pending | RefundStatus::Succeeded), RefundState::Failed) => {
            let code = outcome.code.as_deref();
            let text = outcome.failure.as_deref().unwrap_or_else(|| explained(code));
            refunds::settle(tx, id, RefundStatus::Failed, reference, Some((code, text))).await?;
            let had_gone_out = before == RefundStatus::Succeeded;
            let credited = refund.amount.checked_sub(refund.uncredited).map_err(AppError::internal)?;
            let back = settle_gone_back(tx, refund.customer, credited).await?;
            let posting = Posting::refund_failed(refund.amount, refund.uncredited, had_gone_out, back);
            note(tx, &refund, BookingKind::RefundFailed, posting).await?;
            let failed = refunds::get(tx, id).await?;
            tx.record(event("refund.failed", &failed));
        }
        // It has gone out, or has failed: nothing is news any more.
        (RefundStatus::Succeeded, RefundState::Pending | RefundState::Succeeded)
        | (RefundStatus::Failed, _) => {}
    }
    Ok(())
}

/// Brings what we know of a refund up to what the provider says of it now. One that was made there is kept as well: the
/// money is gone, credited or not.
pub(crate) async fn changed(app: &App, scope: &Scope, account: &str, told: Told) -> Result<()> {
    let Some(reference) = told.payment.clone() else { return Ok(()) };
    let asked = ours(&told);
    let (own, paid, known) = app
        .store()
        .read(scope, async |tx| {
            let own = payments::account(tx).await?.is_some_and(|own| own.account == account);
            let paid = payments::by_reference(tx, "stripe", &reference).await?;
            let known = refunds::by_reference(tx, &told.refund).await?.map(|refund| refund.id);
            Ok::<_, AppError>((own, paid, known))
        })
        .await?;
    if !own {
        return Ok(());
    }
    let Some(payment) = paid else { return wait_for(app, scope, account, &reference).await };
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            let asked = match asked {
                // Our words on something else are another's. And money that has gone out is never denied: what we thought
                // had been refused is kept as made there.
                Some(id) => match refunds::get(tx, id).await {
                    Ok(refund)
                        if refund.payment == payment.id
                            && match &refund.reference {
                                Some(reference) => *reference == told.refund,
                                None => refund.status != RefundStatus::Failed,
                            } =>
                    {
                        Some(id)
                    }
                    Ok(_) | Err(StoreError::NotFound) => None,
                    Err(error) => return Err(error.into()),
                },
                None => None,
            };
            let id = match known.or(asked) {
                Some(id) => id,
                None if told.state == RefundState::Failed => return Ok(()),
                None => made_there(tx, &payment, &told).await?,
            };
            settle(app, tx, id, Outcome::of(told)).await
        })
        .await
}

/// Keeps a refund that was made at the provider. It takes what the customer has as credit; the rest waits for a credit
/// note.
async fn made_there(tx: &mut TenantTx, payment: &Payment, told: &Told) -> Result<RefundId> {
    invoices::lock(tx, payment.invoice).await?;
    let uncredited = beyond_credit(tx, payment.customer, told.amount).await?;
    let new = NewRefund {
        customer: payment.customer,
        invoice: payment.invoice,
        payment: payment.id,
        amount: told.amount,
        uncredited,
        reference: Some(told.refund.clone()),
        reason: "Refunded at Stripe".to_owned(),
    };
    if let Some(refund) = refunds::create(tx, &new).await? {
        begun(tx, &refund).await?;
        return Ok(refund.id);
    }
    // It was kept a moment ago, by another event.
    let known = refunds::by_reference(tx, &told.refund).await?.ok_or(StoreError::NotFound)?;
    Ok(known.id)
}

/// Writes to the customer that the money is on its way.
async fn tell(app: &App, tx: &mut TenantTx, refund: &Refund) -> Result<()> {
    let details = customers::get(tx, refund.customer).await?.details;
    let Some(address) = details.contact_email else { return Ok(()) };
    let invoice = invoices::get(tx, refund.invoice).await?;
    let template = Template::Refunded {
        number: invoice.number.as_deref().unwrap_or_default(),
        amount: refund.amount,
        by_hand: refund.reference.is_none() && payments::get(tx, refund.payment).await?.provider != "stripe",
    };
    let to = Recipient { address, name: details.contact_name, customer: Some(refund.customer) };
    mail::queue(app, tx, &template, &to).await?;
    Ok(())
}
