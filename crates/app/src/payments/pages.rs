//! What becomes of the pages on which invoices are paid.

use connectors::stripe::{CheckoutState, CheckoutStatus, PaymentState, ProviderError};
use domain::{
    ids::{CheckoutId, InvoiceId},
    invoices::InvoiceStatus,
    money::Money,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    NewEvent, Scope, StoreError, SystemTx, TenantTx, customers,
    invoices::{self, Invoice},
    jobs::{self, NewJob},
    payments::{self, Checkout},
};

use crate::{
    App, AppError, Result,
    jobs::payload,
    mail::{self, Recipient, Template},
    payments::{
        charge, provider,
        record::{Received, record},
        upstream,
    },
};

/// The kind of the job.
pub(crate) const KIND: &str = "payments.page";

/// The code of a refusal: somebody has paid, and nobody has to pay again.
pub(crate) const PROCESSING: &str = "payment_processing";

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

/// Queues the question how it goes, about what banks are at work on: an event may have been lost.
pub(crate) async fn look_after(tx: &mut SystemTx) -> Result<()> {
    for (tenant, checkout) in payments::processing_checkouts(tx).await? {
        jobs::again_for(tx, tenant, &NewJob::now(KIND, json!(Payload { checkout }))).await?;
    }
    Ok(())
}

/// Refuses to ask for money that is on its way.
pub(crate) async fn none_processing(tx: &mut TenantTx, invoice: InvoiceId) -> Result<()> {
    match payments::processing(tx, invoice).await? {
        None => Ok(()),
        Some(payments::Processing { amount, .. }) => Err(AppError::conflict(
            PROCESSING,
            format!("A payment of {amount} is on its way; the bank takes some days."),
        )),
    }
}

/// Closes a page at the provider, or asks how it goes where the bank is at work. One that was paid a moment ago stays paid,
/// and one that is closed stays closed.
pub(crate) async fn work(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { checkout: id } = payload(data)?;
    let store = app.store();
    let Some(checkout) = store.read(scope, async |tx| payments::checkout(tx, id).await).await? else {
        return Ok(());
    };
    let Some(session) = &checkout.session else { return Ok(()) };
    let provider = provider(app)?;
    let answer = match checkout.status.as_str() {
        "open" => provider.expire_checkout(&checkout.account, session).await,
        "processing" => provider.checkout(&checkout.account, session).await,
        _ => return Ok(()),
    };
    match answer {
        Ok(status) => settle(app, scope, &checkout.account, &status).await,
        // Nobody can pay on a page that is not there. One that is on its way is not given up like this.
        Err(ProviderError::Rejected { code, .. }) if code == "resource_missing" => {
            store
                .write(scope, async |tx| {
                    tx.without_event();
                    payments::settle_checkout(tx, id, "expired", None).await?;
                    Ok(())
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
            let invoice = invoices::lock(tx, checkout.invoice).await?;
            if let (true, Some(reference)) = (status.paid, &status.payment) {
                return paid(app, tx, &checkout, reference, status).await;
            }
            match (status.state, status.payment_state) {
                (CheckoutState::Expired, _) => {
                    payments::settle_checkout(tx, checkout.id, "expired", None).await?;
                }
                (CheckoutState::Complete, Some(PaymentState::Failed | PaymentState::Canceled)) => {
                    let reason = status.last_error.as_deref().unwrap_or("The payment failed.");
                    failed(app, tx, &invoice, checkout.id, reason).await?;
                }
                // Where the payer has something left to do for its bank, that is under way as well.
                (CheckoutState::Complete, Some(PaymentState::Processing | PaymentState::Open)) => {
                    begun(tx, &invoice, &checkout).await?;
                }
                (CheckoutState::Complete, Some(PaymentState::Succeeded) | None)
                | (CheckoutState::Open, _) => {}
            }
            Ok::<_, AppError>(())
        })
        .await
}

/// The payer has paid, and its bank is at work.
async fn begun(tx: &mut TenantTx, invoice: &Invoice, checkout: &Checkout) -> Result<()> {
    if payments::settle_checkout(tx, checkout.id, "processing", None).await? {
        let data = json!({"number": invoice.number, "amount": checkout.amount});
        tx.record(
            NewEvent::new("payment.processing", format!("invoice:{}", invoice.id), data)
                .of_customer(invoice.customer),
        );
    }
    Ok(())
}

/// The bank has refused what was on its way: everything goes on as before. What tells of it comes in any order and more than
/// once.
async fn failed(app: &App, tx: &mut TenantTx, invoice: &Invoice, id: CheckoutId, reason: &str) -> Result<()> {
    // As it is now that the invoice is locked.
    let checkout = payments::checkout(tx, id).await?.ok_or(StoreError::NotFound)?;
    if !payments::settle_checkout(tx, id, "failed", Some(reason)).await? {
        return Ok(());
    }
    let data = json!({"number": invoice.number, "amount": checkout.amount, "reason": reason});
    tx.record(
        NewEvent::new("payment.failed", format!("invoice:{}", invoice.id), data)
            .of_customer(invoice.customer),
    );
    if invoice.status != InvoiceStatus::Finalized {
        return Ok(());
    }
    if checkout.charge_waits {
        charge::queue(tx, &[invoice.id]).await?;
    }
    let details = customers::get(tx, invoice.customer).await?.details;
    let Some(address) = details.contact_email else { return Ok(()) };
    let template = Template::DebitFailed {
        invoice: invoice.id,
        number: invoice.number.as_deref().unwrap_or_default(),
        amount: invoice.outstanding,
        reason,
    };
    let to = Recipient { address, name: details.contact_name, customer: Some(invoice.customer) };
    mail::queue(app, tx, &template, &to).await
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
