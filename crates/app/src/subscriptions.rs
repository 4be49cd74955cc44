//! Subscriptions: started, cancelled.

mod cancel;
mod start;

pub use cancel::cancel;
pub use start::start;

use chrono::NaiveDate;
use store::{TenantTx, tenants};

use crate::Result;

/// The day that it is where the tenant is.
async fn today(tx: &mut TenantTx) -> Result<NaiveDate> {
    let zone = tenants::current(tx).await?.time_zone;
    Ok(tx.now().with_timezone(&zone).date_naive())
}
