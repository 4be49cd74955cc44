//! What becomes of the pages on which invoices are paid.

use connectors::stripe::{CheckoutState, CheckoutStatus, ProviderError};
use domain::{
    ids::{CheckoutId, InvoiceId},
    money::Money,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    Scope, TenantTx, invoices,
    jobs::{self, NewJob},
    payments::{self, Checkout},
};

use crate::{
    App, AppError, Result,
    jobs::payload,
    payments::{
        provider,
        record::{Received, record},
        upstream,
    },
};

/// The kind of the job.
pub(crate) const KIND: &str = "payments.page";

#[derive(Serialize, Deserialize)]
struct Payload {
    checkout: CheckoutId,
}

/// Queues the closing of the pages that ask for another amount than what is left of an invoice. Done when something has come
/// off it: what is left becomes less and less, so that such a page is never right again.
pub(crate) async fn close_stale(tx: &mut TenantTx, invoice: InvoiceId, left: Money) -> Result<()> {
    let stale = payments::stale_checkouts(tx, invoice, left).await?;
    if stale.is_empty() {
        return Ok(());
    }
    let close = |checkout: CheckoutId| NewJob::now(KIND, json!(Payload { checkout }));
    Ok(jobs::enqueue_all(tx, &stale.into_iter().map(close).collect::<Vec<_>>()).await?)
}

/// Closes a page at the provider. One that was paid a moment ago stays paid, and one that is closed stays closed.
pub(crate) async fn work(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { checkout: id } = payload(data)?;
    let store = app.store();
    let checkout = store.read(scope, async |tx| payments::checkout(tx, id).await).await?;
    let Some(checkout) = checkout.filter(|checkout| checkout.status == "open") else { return Ok(()) };
    let Some(session) = &checkout.session else { return Ok(()) };
    match provider(app)?.expire_checkout(&checkout.account, session).await {
        Ok(status) => settle(app, scope, &checkout.account, &status).await,
        // Nobody can pay on a page that is not there.
        Err(ProviderError::Rejected { code, .. }) if code == "resource_missing" => {
            store
                .write(scope, async |tx| {
                    tx.without_event();
                    Ok(payments::settle_checkout(tx, id, "expired", None).await?)
                })
                .await
        }
        Err(error) => Err(upstream(error)),
    }
}

/// Brings what we know of a page up to what the provider says of it now.
pub(crate) async fn settle(app: &App, scope: &Scope, account: &str, status: &CheckoutStatus) -> Result<()> {
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            // A page that another program made on the account is none of ours.
            let Some(checkout) = find(tx, status).await? else { return Ok(()) };
            if checkout.account != account {
                return Ok(());
            }
            // The invoice first, as everything does that works on it.
            invoices::lock(tx, checkout.invoice).await?;
            if let (true, Some(reference)) = (status.paid, &status.payment) {
                paid(app, tx, &checkout, reference, status).await?;
            } else if status.state == CheckoutState::Expired {
                payments::settle_checkout(tx, checkout.id, "expired", None).await?;
            }
            Ok::<_, AppError>(())
        })
        .await
}

/// By its session; or by the id that we gave along, where the program ended before it noted the session.
async fn find(tx: &mut TenantTx, status: &CheckoutStatus) -> Result<Option<Checkout>> {
    if let Some(checkout) = payments::checkout_by_session(tx, &status.session).await? {
        return Ok(Some(checkout));
    }
    match status.metadata.get("checkout").and_then(|id| id.parse::<CheckoutId>().ok()) {
        Some(id) => Ok(payments::checkout(tx, id).await?),
        None => Ok(None),
    }
}

async fn paid(
    app: &App,
    tx: &mut TenantTx,
    checkout: &Checkout,
    reference: &str,
    status: &CheckoutStatus,
) -> Result<()> {
    // Before the payment is recorded, which closes what is still open of the invoice's pages.
    payments::settle_checkout(tx, checkout.id, "paid", None).await?;
    let received = Received {
        customer: checkout.customer,
        invoice: checkout.invoice,
        checkout: Some(checkout.id),
        charge: None,
        provider: "stripe",
        reference: reference.to_owned(),
        amount: status.amount,
        fee: checkout.fee,
        paid_at: tx.now(),
    };
    record(app, tx, received).await?;
    Ok(())
}
