//! Payment methods that customers keep at the tenant's payment account.
//!
//! They are saved on the provider's own page: no card number ever comes here. A customer's default method is charged
//! when an invoice is issued.

use chrono::TimeDelta;
use connectors::stripe::{CheckoutState, MethodSetupStatus, NewMethodSetup, NewPayer};
use domain::ids::{CustomerId, MethodSetupId, PaymentMethodId};
use serde_json::json;
use store::{
    NewEvent, Scope, StoreError, TenantTx, customers,
    payment_methods::{self, Back, MethodSetup, NewPaymentMethod, PaymentMethod},
    tenants,
};

use crate::{
    App, AppError, Result,
    mail::link_base,
    payments::{PayLink, provider, ready_account, upstream},
};

/// Makes a page on which a customer saves a payment method, or gives the one that is still open.
pub async fn setup_link(app: &App, scope: &Scope, customer: CustomerId, back: Back) -> Result<PayLink> {
    let provider = provider(app)?;
    let store = app.store();
    let (account, known, details, currency, host) = store
        .read(scope, async |tx| {
            let account = ready_account(tx).await?.account;
            let payer = payment_methods::payer(tx, customer, &account).await?;
            let details = customers::get(tx, customer).await?.details;
            let host = tenants::hosts(tx).await?.into_iter().next();
            Ok::<_, AppError>((account, payer, details, tx.scope().currency(), host))
        })
        .await?;
    let payer = if let Some(payer) = known {
        payer
    } else {
        let new = NewPayer {
            customer,
            account: account.clone(),
            name: details.company_name,
            email: details.contact_email,
        };
        provider.create_payer(new).await.map_err(upstream)?
    };
    let setup = store
        .write(scope, async |tx| {
            tx.without_event();
            let payer = payment_methods::keep_payer(tx, customer, &account, &payer).await?;
            if let Some(open) = payment_methods::open_setup(tx, customer, &account, back).await? {
                return Ok::<_, AppError>(open);
            }
            let expires_at = tx.real_now() + TimeDelta::hours(24);
            Ok(payment_methods::create_setup(tx, customer, &account, &payer, back, expires_at).await?)
        })
        .await?;
    if let Some(url) = setup.url {
        return Ok(PayLink { url, expires_at: setup.expires_at });
    }
    let base = link_base(&app.config().public_url, host.as_deref());
    let (saved, turned_back) = match back {
        Back::Portal => (format!("payment-methods?saved={}", setup.id), "payment-methods"),
        Back::Outside => (format!("payment/method?saved={}", setup.id), "payment/method"),
    };
    let new = NewMethodSetup {
        setup: setup.id,
        account: setup.account,
        payer: setup.payer,
        currency,
        success_url: format!("{base}/{saved}"),
        cancel_url: format!("{base}/{turned_back}"),
    };
    let made = provider.create_method_setup(new).await.map_err(upstream)?;
    store
        .write(scope, async |tx| {
            payment_methods::set_setup_session(tx, setup.id, &made.session, &made.url, made.expires_at)
                .await?;
            let event = NewEvent::new(
                "payment_method.setup_created",
                format!("customer:{customer}"),
                json!({"setup_id": setup.id}),
            );
            tx.record(event.of_customer(customer));
            Ok(PayLink { url: made.url.clone(), expires_at: made.expires_at })
        })
        .await
}

/// Brings what we know of a page up to what the provider says of it now.
pub(crate) async fn settle(
    app: &App,
    scope: &Scope,
    account: &str,
    status: &MethodSetupStatus,
) -> Result<()> {
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            // A page that another program made on the account is none of ours.
            let Some(setup) = find(tx, status).await? else { return Ok(()) };
            if setup.account != account {
                return Ok(());
            }
            match (&status.method, status.state) {
                (Some(_), CheckoutState::Complete) => saved(tx, &setup, status).await,
                (_, CheckoutState::Expired) => {
                    payment_methods::end_setup(tx, setup.id, "expired").await?;
                    Ok(())
                }
                _ => Ok(()),
            }
        })
        .await
}

/// By its session; or by the id that we gave along, where the program ended before it noted the session.
async fn find(tx: &mut TenantTx, status: &MethodSetupStatus) -> Result<Option<MethodSetup>> {
    if let Some(setup) = payment_methods::setup_by_session(tx, &status.session).await? {
        return Ok(Some(setup));
    }
    match status.metadata.get("setup").and_then(|id| id.parse::<MethodSetupId>().ok()) {
        Some(id) => Ok(payment_methods::setup(tx, id).await?),
        None => Ok(None),
    }
}

async fn saved(tx: &mut TenantTx, setup: &MethodSetup, status: &MethodSetupStatus) -> Result<()> {
    let Some(method) = &status.method else { return Ok(()) };
    payment_methods::end_setup(tx, setup.id, "saved").await?;
    let new = NewPaymentMethod {
        customer: setup.customer,
        account: setup.account.clone(),
        payer: setup.payer.clone(),
        reference: method.method.clone(),
        kind: method.kind.clone(),
        brand: method.brand.clone(),
        last4: method.last4.clone(),
        expires: method.expires.and_then(|(year, month)| Some((year, i32::try_from(month).ok()?))),
    };
    if let Some(kept) = payment_methods::keep(tx, &new).await? {
        tx.record(event("payment_method.saved", &kept));
    }
    Ok(())
}

/// From now on invoices are charged to this method.
pub async fn make_default(tx: &mut TenantTx, id: PaymentMethodId) -> Result<PaymentMethod> {
    let method = payment_methods::get(tx, id).await?;
    let after = payment_methods::make_default(tx, &method).await?;
    tx.record(event("payment_method.made_default", &after));
    Ok(after)
}

/// Forgets a method, here and at the provider.
pub async fn remove(app: &App, scope: &Scope, id: PaymentMethodId) -> Result<()> {
    let store = app.store();
    let method = store.read(scope, async |tx| Ok::<_, AppError>(payment_methods::get(tx, id).await?)).await?;
    // There first: what is gone here, nobody would take away there.
    provider(app)?.detach_method(&method.account, &method.reference).await.map_err(upstream)?;
    store
        .write(scope, async |tx| {
            match payment_methods::remove(tx, &method).await {
                // Somebody else was as fast.
                Err(StoreError::NotFound) => tx.without_event(),
                done => {
                    done?;
                    tx.record(event("payment_method.removed", &method));
                }
            }
            Ok(())
        })
        .await
}

fn event(kind: &'static str, method: &PaymentMethod) -> NewEvent {
    let data = json!({"payment_method_id": method.id, "kind": method.kind, "brand": method.brand, "last4": method.last4});
    NewEvent::new(kind, format!("customer:{}", method.customer), data).of_customer(method.customer)
}
