//! Ending a subscription.

use chrono::NaiveDate;
use domain::subscriptions::{check_day, default_end};
use serde_json::json;
use store::{
    NewEvent, StoreError, TenantTx,
    customers::{self, CustomerRef},
    subscriptions::{self, Subscription},
};

use super::today;
use crate::{AppError, Result};

/// Gives a customer's running subscription an end: `ends_on` is the first day no longer covered.
pub async fn cancel(
    tx: &mut TenantTx,
    customer: &CustomerRef,
    ends_on: Option<NaiveDate>,
) -> Result<Subscription> {
    let customer = customers::find(tx, customer).await?;
    let running = subscriptions::running_for(tx, customer.id).await?.ok_or(StoreError::NotFound)?;
    let today = today(tx).await?;
    if let Some(day) = ends_on {
        check_day(day, today).map_err(|error| AppError::field("/ends_on", error.to_string()))?;
        if day <= running.starts_on {
            return Err(AppError::field("/ends_on", format!("must be later than {}", running.starts_on)));
        }
    }
    let ends_on = ends_on.unwrap_or_else(|| default_end(running.starts_on, today));
    let cancelled = subscriptions::cancel(tx, running.id, ends_on).await?;
    tx.record(
        NewEvent::new(
            "subscription.cancelled",
            format!("subscription:{}", cancelled.id),
            json!({"customer": cancelled.customer_code, "plan": cancelled.plan_code, "ends_on": ends_on}),
        )
        .of_customer(customer.id),
    );
    Ok(cancelled)
}
