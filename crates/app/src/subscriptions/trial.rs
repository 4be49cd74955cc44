//! Ending a trial, or giving it more days.

use chrono::NaiveDate;
use domain::{
    ids::SubscriptionId,
    subscriptions::{MAX_TRIAL_DAYS, SubscriptionStatus},
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    subscriptions::{self, Subscription},
};

use super::{billed, locked};
use crate::{AppError, Result};

/// Sets the first day that is charged for; `None` is today. Only while the trial lasts, or before it begins.
pub async fn set_trial_end(
    tx: &mut TenantTx,
    id: SubscriptionId,
    if_match: Option<i32>,
    ends_on: Option<NaiveDate>,
) -> Result<Subscription> {
    let subscription = locked(tx, id, if_match).await?;
    let today = tx.today();
    let first = subscription.starts_on.max(today);
    if !matches!(subscription.status, SubscriptionStatus::Trial | SubscriptionStatus::Scheduled) {
        return Err(AppError::conflict("no_trial", "The subscription is not on trial."));
    }
    let ends_on = ends_on.unwrap_or(first);
    if ends_on < first {
        return Err(AppError::field("/ends_on", format!("must not be before {first}")));
    }
    if (ends_on - subscription.starts_on).num_days() > i64::from(MAX_TRIAL_DAYS) {
        return Err(AppError::field("/ends_on", format!("a trial has at most {MAX_TRIAL_DAYS} days")));
    }
    // What changes are the days between the end that it had and the one that it gets.
    let before = subscription.trial_ends_on.unwrap_or(subscription.starts_on);
    billed(tx, id, ends_on.min(before), "/ends_on").await?;
    let trial = Some(ends_on).filter(|ends_on| *ends_on > subscription.starts_on);
    let changed = subscriptions::set_days(tx, id, subscription.ends_on, trial).await?;
    tx.record(
        NewEvent::new(
            "subscription.trial_changed",
            format!("subscription:{id}"),
            json!({
                "customer": changed.customer_code,
                "from": subscription.trial_ends_on,
                "to": changed.trial_ends_on,
            }),
        )
        .of_customer(changed.customer),
    );
    Ok(changed)
}
