//! Payments through the tenant's own Stripe account.

pub(crate) mod charge;
mod checkout;
mod connect;
pub(crate) mod dispute;
pub(crate) mod meters;
mod methods;
pub(crate) mod pages;
pub(crate) mod payouts;
mod record;
pub(crate) mod refund;
mod webhook;

pub use charge::charge;
pub use checkout::{PayLink, pay_link};
pub use connect::{connect, refresh_account};
pub use meters::{push_again, set_payer};
pub use methods::{make_default, remove as remove_method, setup_link};
pub use payouts::{
    Contents as PayoutContents, Item as PayoutItem, Sum as PayoutSum, balance, contents as payout_contents,
    refresh as refresh_payouts,
};
pub(crate) use record::{EARLIEST, MOST};
pub use record::{Transfer, record_transfer};
pub use refund::refund;
pub use webhook::{Endpoint, receive};
pub(crate) use webhook::{KIND as STRIPE_EVENT, look_after, work};

use std::sync::Arc;

use connectors::stripe::{PaymentProvider, ProviderError};
use domain::ids::{ChargeId, CheckoutId};
use store::{Scope, TenantTx, charges, payments::Account};

use crate::{App, AppError, Result};

/// The provider; a clear word where the installation takes no payments.
fn provider(app: &App) -> Result<Arc<dyn PaymentProvider>> {
    app.inner().payments.clone().ok_or_else(|| {
        AppError::conflict("payments_not_configured", "This installation is not set up to take payments.")
    })
}

/// The tenant's account, whatever it can do by now; a clear word where there is none.
async fn account(tx: &mut TenantTx) -> Result<String> {
    let account = store::payments::account(tx).await?;
    account
        .map(|account| account.account)
        .ok_or_else(|| AppError::conflict("payments_not_connected", "There is no payment account yet."))
}

/// What befalls a payment that is not ours is nothing to us. One of ours that has not been recorded yet is: the event is
/// worked on again later.
async fn wait_for(app: &App, scope: &Scope, account: &str, payment: &str) -> Result<()> {
    let status = match provider(app)?.payment(account, payment).await {
        Ok(status) => status,
        Err(ProviderError::Rejected { code, .. }) if code == "resource_missing" => return Ok(()),
        Err(error) => return Err(upstream(error)),
    };
    let charge = status.metadata.get("charge").and_then(|id| id.parse::<ChargeId>().ok());
    let checkout = status.metadata.get("checkout").and_then(|id| id.parse::<CheckoutId>().ok());
    let ours = app
        .store()
        .read(scope, async |tx| {
            let charged = match charge {
                Some(id) => charges::get(tx, id).await?.is_some(),
                None => false,
            };
            let asked = match checkout {
                Some(id) => store::payments::checkout(tx, id).await?.is_some(),
                None => false,
            };
            Ok::<_, AppError>(charged || asked)
        })
        .await?;
    if ours {
        return Err(upstream(ProviderError::Unavailable(
            "the payment that this is about is not recorded yet".to_owned(),
        )));
    }
    Ok(())
}

/// The tenant's account; a clear word where it cannot take payments.
async fn ready_account(tx: &mut TenantTx) -> Result<Account> {
    store::payments::account(tx).await?.filter(|account| account.charges_enabled).ok_or_else(|| {
        AppError::conflict("payments_not_connected", "The payment account is not ready to take payments.")
    })
}

fn upstream(error: ProviderError) -> AppError {
    match error {
        ProviderError::Unavailable(detail) => {
            AppError::Upstream { service: "payment provider", detail, retry: true }
        }
        ProviderError::Rejected { code, message } => AppError::Upstream {
            service: "payment provider",
            detail: format!("{message} ({code})"),
            retry: false,
        },
        ProviderError::Misconfigured(detail) => AppError::Internal(detail),
    }
}
