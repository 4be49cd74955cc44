//! Subscriptions: started, changed, paused, cancelled.

mod beside;
mod cancel;
mod change;
mod migrate;
mod preview;
mod start;
mod trial;

pub use cancel::{Ending, cancel, reinstate};
pub use change::{ChangeRequest, When, change, revoke};
pub use migrate::{Migrated, Migration, migrate, preview_migration};
pub use preview::{ChangePreview, Upcoming, preview_cancel, preview_change, upcoming, upcoming_of};
pub use start::start;
pub use trial::set_trial_end;

use chrono::NaiveDate;
use domain::ids::SubscriptionId;
use store::{
    TenantTx,
    subscriptions::{self, Subscription},
};

use crate::{AppError, Field, Result, if_match};

/// The subscription, locked, if it is still the version that the caller read.
async fn locked(tx: &mut TenantTx, id: SubscriptionId, if_match: Option<i32>) -> Result<Subscription> {
    let subscription = subscriptions::lock(tx, id).await?;
    if_match::check(if_match, subscription.version)?;
    Ok(subscription)
}

/// Refuses a day that an issued invoice has billed: what is billed changes no more.
async fn billed(tx: &mut TenantTx, id: SubscriptionId, day: NaiveDate, pointer: &str) -> Result<()> {
    match subscriptions::billed_until(tx, id).await?.filter(|until| day < *until) {
        None => Ok(()),
        Some(until) => Err(AppError::Invalid(vec![Field {
            pointer: pointer.to_owned(),
            code: "billed",
            detail: format!("the days before {until} have been billed"),
        }])),
    }
}

fn ended() -> AppError {
    AppError::conflict("subscription_ended", "The subscription has ended.")
}
