//! What Stripe tells: verified, kept raw, then worked on from the queue.
//!
//! An event is only the reason to ask: its object is fetched anew before anything is done, so that events
//! may come twice, late or out of order.

use chrono::TimeDelta;
use connectors::stripe::{
    CheckoutState, PaymentState, PaymentStatus,
    webhook::{Envelope, verify},
};
use domain::ids::{ChargeId, CheckoutId};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    NewEvent, Reason, Scope, StoreError, SystemTx,
    jobs::{self, NewJob},
    payments,
    stripe_events::{self, StripeEvent},
};

use crate::{
    App, AppError, Result,
    jobs::payload,
    payments::{charge, connect, dispute, methods, pages, payouts, provider, refund, upstream},
};

/// The kind of the job.
pub(crate) const KIND: &str = "stripe.event";

/// How long the job of an event is left to its own tries, which take some two hours.
const PATIENCE: TimeDelta = TimeDelta::hours(3);

/// How long an event is tried again every hour.
const FOR_LONG: TimeDelta = TimeDelta::days(7);

/// Which of the two endpoints an event came to; each has its own secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Events of the platform's own account.
    Platform,
    /// Events of connected accounts.
    Connect,
}

impl Endpoint {
    fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Connect => "connect",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Payload {
    event_id: String,
}

/// Takes an event in: checks its signature, keeps it, queues the work. Says no more than that it was
/// taken in; a repeat is taken in just as well.
pub async fn receive(app: &App, endpoint: Endpoint, signature: &str, body: &[u8]) -> Result<()> {
    let secrets = app.config().webhook_secrets.as_ref().ok_or(StoreError::NotFound)?;
    let secret: &SecretString = match endpoint {
        Endpoint::Platform => &secrets.platform,
        Endpoint::Connect => &secrets.connect,
    };
    let now = app.store().clock().now();
    verify(body, signature, secret.expose_secret(), now).map_err(|error| {
        tracing::warn!(%error, "a Stripe webhook was refused");
        AppError::Invalid(vec![crate::Field::invalid(
            "Stripe-Signature",
            "does not fit the body, or is too old",
        )])
    })?;
    let envelope = Envelope::parse(body)
        .map_err(|error| AppError::field("", format!("is not an event of Stripe's: {error}")))?;
    let raw: Value = serde_json::from_slice(body).map_err(|_| AppError::field("", "is not JSON"))?;
    let event = StripeEvent {
        id: envelope.id.clone(),
        endpoint: endpoint.name(),
        account: envelope.account.clone(),
        kind: envelope.kind.clone(),
        object_id: envelope.object_id.clone(),
        payload: raw,
    };
    app.store()
        .system(Reason::Webhook, async |tx| {
            if !stripe_events::insert(tx, &event).await? {
                return Ok(());
            }
            // Nobody's event is kept all the same; there is just nothing to do about it.
            let Some(owner) = stripe_events::owner_of(tx, event.account.as_deref()).await? else {
                return Ok(());
            };
            let job = NewJob::now(KIND, json!(Payload { event_id: event.id.clone() }));
            jobs::enqueue_for(tx, owner, &job).await?;
            Ok::<_, AppError>(())
        })
        .await
}

/// Queues once more what could not be worked on in its time: the provider was not there, or what it is about was not
/// recorded yet.
pub(crate) async fn look_after(tx: &mut SystemTx) -> Result<()> {
    let now = tx.now();
    for (event_id, account) in stripe_events::unprocessed(tx, now - FOR_LONG, now - PATIENCE).await? {
        if let Some(owner) = stripe_events::owner_of(tx, account.as_deref()).await? {
            jobs::again_for(tx, owner, &NewJob::now(KIND, json!(Payload { event_id }))).await?;
        }
    }
    Ok(())
}

/// Works on a kept event.
pub(crate) async fn work(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { event_id } = payload(data)?;
    let store = app.store();
    let event = store.system(Reason::Webhook, async |tx| stripe_events::get(tx, &event_id).await).await?;
    if event.done {
        return Ok(());
    }
    if let (Some(account), Some(object)) = (&event.account, &event.object_id) {
        match event.kind.as_str() {
            "account.updated" => {
                let status = provider(app)?.account(account).await.map_err(upstream)?;
                connect::note(app, scope, &status).await?;
            }
            "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed"
            | "checkout.session.expired" => {
                let provider = provider(app)?;
                if event.mode.as_deref() == Some("setup") {
                    let status = provider.method_setup(account, object).await.map_err(upstream)?;
                    methods::settle(app, scope, account, &status).await?;
                } else {
                    let status = provider.checkout(account, object).await.map_err(upstream)?;
                    pages::settle(app, scope, account, &status).await?;
                }
            }
            "payment_intent.succeeded" | "payment_intent.payment_failed" | "payment_intent.canceled" => {
                let status = provider(app)?.payment(account, object).await.map_err(upstream)?;
                payment_changed(app, scope, account, &status).await?;
            }
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
                let told = provider(app)?.refund_status(account, object).await.map_err(upstream)?;
                refund::changed(app, scope, account, told).await?;
            }
            kind if kind.starts_with("payout.") => payouts::changed(app, scope, account, object).await?,
            kind if kind.starts_with("charge.dispute.") => {
                let told = provider(app)?.dispute(account, object).await.map_err(upstream)?;
                dispute::changed(app, scope, account, told).await?;
            }
            _ => {}
        }
    }
    store.system(Reason::Webhook, async |tx| stripe_events::mark_processed(tx, &event_id).await).await?;
    Ok(())
}

/// What an event about a payment is the reason to look at: a charge of ours, or a try on a page of ours that failed. That
/// a page has been paid, its own events tell.
async fn payment_changed(app: &App, scope: &Scope, account: &str, status: &PaymentStatus) -> Result<()> {
    if let Some(id) = status.metadata.get("charge").and_then(|id| id.parse::<ChargeId>().ok()) {
        return app
            .store()
            .write(scope, async |tx| {
                tx.without_event();
                charge::note(app, tx, id, account, status).await
            })
            .await;
    }
    // It may have succeeded since.
    if status.state == PaymentState::Succeeded {
        return Ok(());
    }
    let Some(id) = status.metadata.get("checkout").and_then(|id| id.parse::<CheckoutId>().ok()) else {
        return Ok(());
    };
    let checkout = app.store().read(scope, async |tx| payments::checkout(tx, id).await).await?;
    let Some(checkout) = checkout.filter(|checkout| checkout.account == account) else { return Ok(()) };
    if let Some(session) = &checkout.session {
        let page = provider(app)?.checkout(account, session).await.map_err(upstream)?;
        // The payer has done its part, or will not any more: this is how the page ends.
        if page.state != CheckoutState::Open {
            return pages::settle(app, scope, account, &page).await;
        }
    }
    let failure = status.failure.as_deref().unwrap_or("The payment failed.");
    app.store()
        .write(scope, async |tx| {
            payments::settle_checkout(tx, id, "open", Some(failure)).await?;
            tx.record(
                NewEvent::new(
                    "payment.failed",
                    format!("invoice:{}", checkout.invoice),
                    json!({"amount": checkout.amount, "reason": failure}),
                )
                .of_customer(checkout.customer),
            );
            Ok(())
        })
        .await
}
