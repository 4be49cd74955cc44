//! A page on which an invoice is paid.

use chrono::{DateTime, TimeDelta, Utc};
use connectors::stripe::NewCheckout;
use domain::{ids::InvoiceId, invoices::InvoiceStatus};
use serde_json::json;
use store::{
    NewEvent, Scope, customers,
    invoices::{self, Invoice},
    payments::{self, Checkout},
    tenants,
};

use crate::{
    App, AppError, Result,
    mail::link_base,
    payments::{pages, provider, ready_account, upstream},
};

/// Where an invoice can be paid.
#[derive(Debug, Clone)]
pub struct PayLink {
    /// The address.
    pub url: String,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// Makes a page to pay what is left of an invoice on, or gives the one that is still open.
///
/// The Checkout is kept before the provider is asked: its id is the idempotency key there, so that a
/// request that was cut off, or two at once, end up with one page.
pub async fn pay_link(app: &App, scope: &Scope, id: InvoiceId) -> Result<PayLink> {
    loop {
        if let Some(link) = page(app, scope, id).await? {
            return Ok(link);
        }
    }
}

/// A page; none where something came off the invoice while it was made.
async fn page(app: &App, scope: &Scope, id: InvoiceId) -> Result<Option<PayLink>> {
    let provider = provider(app)?;
    let store = app.store();
    let (invoice, checkout, email, host) = store
        .write(scope, async |tx| {
            let invoice = payable(invoices::lock(tx, id).await?)?;
            pages::none_processing(tx, id).await?;
            let account = ready_account(tx).await?;
            let email = customers::get(tx, invoice.customer).await?.details.contact_email;
            let host = tenants::hosts(tx).await?.into_iter().next();
            tx.without_event();
            if let Some(open) = payments::open_checkout(tx, id, invoice.outstanding).await? {
                return Ok::<_, AppError>((invoice, open, email, host));
            }
            let fee = u32::try_from(account.fee_basis_points).map_err(AppError::internal)?;
            let fee = invoice.outstanding.basis_points(fee).map_err(AppError::internal)?;
            let expires_at = tx.real_now() + TimeDelta::hours(1);
            let checkout = payments::create_checkout(
                tx,
                invoice.customer,
                id,
                &account.account,
                invoice.outstanding,
                fee,
                expires_at,
            )
            .await?;
            let checkout = payments::checkout(tx, checkout).await?.ok_or(store::StoreError::NotFound)?;
            Ok((invoice, checkout, email, host))
        })
        .await?;
    if let Some(url) = &checkout.url {
        return Ok(Some(PayLink { url: url.clone(), expires_at: checkout.expires_at }));
    }
    let base = link_base(&app.config().public_url, host.as_deref());
    let made =
        provider.create_checkout(request(&invoice, &checkout, email, &base)).await.map_err(upstream)?;
    store
        .write(scope, async |tx| {
            let left = invoices::lock(tx, id).await?.outstanding;
            payments::set_checkout_session(tx, checkout.id, &made.session, &made.url, made.expires_at)
                .await?;
            if left != checkout.amount {
                tx.without_event();
                pages::close_stale(tx, id, left).await?;
                return Ok(None);
            }
            tx.record(
                NewEvent::new(
                    "checkout.created",
                    format!("invoice:{id}"),
                    json!({"checkout_id": checkout.id, "number": invoice.number, "amount": checkout.amount}),
                )
                .of_customer(invoice.customer),
            );
            Ok(Some(PayLink { url: made.url.clone(), expires_at: made.expires_at }))
        })
        .await
}

pub(crate) fn payable(invoice: Invoice) -> Result<Invoice> {
    match invoice.status {
        InvoiceStatus::Finalized => Ok(invoice),
        InvoiceStatus::Draft => {
            Err(AppError::conflict("not_issued", "A draft cannot be paid; finalise it first."))
        }
        InvoiceStatus::Paid => Err(AppError::conflict("already_paid", "The invoice has been paid.")),
        InvoiceStatus::Uncollectible | InvoiceStatus::Void => {
            Err(AppError::conflict("not_open", "The invoice is no longer open."))
        }
    }
}

fn request(invoice: &Invoice, checkout: &Checkout, email: Option<String>, base: &str) -> NewCheckout {
    let number = invoice.number.as_deref().unwrap_or_default();
    NewCheckout {
        checkout: checkout.id,
        invoice: invoice.id,
        account: checkout.account.clone(),
        amount: checkout.amount,
        fee: checkout.fee,
        description: format!("Invoice {number}, {} to {}", invoice.period.start(), invoice.period.last_day()),
        customer_email: email,
        success_url: format!("{base}/payment/done?invoice={}", invoice.id),
        cancel_url: format!("{base}/payment/cancelled?invoice={}", invoice.id),
        metadata: std::iter::once(("invoice_number".to_owned(), number.to_owned())).collect(),
    }
}
