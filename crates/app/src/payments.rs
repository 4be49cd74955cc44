//! Payments through the tenant's own Stripe account.

pub(crate) mod charge;
mod checkout;
mod connect;
pub(crate) mod dispute;
mod methods;
mod record;
pub(crate) mod refund;
mod webhook;

pub use charge::charge;
pub use checkout::{PayLink, pay_link};
pub use connect::{connect, refresh_account};
pub use methods::{make_default, remove as remove_method, setup_link};
pub use record::{Transfer, record_transfer};
pub use refund::refund;
pub use webhook::{Endpoint, receive};
pub(crate) use webhook::{KIND as STRIPE_EVENT, look_after, work};

use std::sync::Arc;

use connectors::stripe::{PaymentProvider, ProviderError};
use store::{TenantTx, payments::Account};

use crate::{App, AppError, Result};

/// The provider; a clear word where the installation takes no payments.
fn provider(app: &App) -> Result<Arc<dyn PaymentProvider>> {
    app.inner().payments.clone().ok_or_else(|| {
        AppError::conflict("payments_not_configured", "This installation is not set up to take payments.")
    })
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
