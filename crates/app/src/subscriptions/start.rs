//! Subscribing a customer to a plan.

use chrono::{Days, NaiveDate};
use domain::{
    customers::CustomerStatus,
    plans::PlanStatus,
    subscriptions::{MAX_TRIAL_DAYS, check_day, check_quantity},
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    customers::{self, CustomerRef},
    plans::{self, PlanRef},
    subscriptions::{self, NewSubscription, Subscription},
};

use super::beside;
use crate::{AppError, Field, Result, error::AtField as _};

/// Subscribes a customer to a plan so many times, by its prices as they are today; the first `trial_days` are not charged for.
///
/// Without `starts_on` it begins today, or when a subscription ends that bills the same usage, if that is later: so a plan can be
/// changed by cancelling and subscribing anew on one day.
pub async fn start(
    tx: &mut TenantTx,
    customer: &CustomerRef,
    plan: &PlanRef,
    starts_on: Option<NaiveDate>,
    trial_days: u16,
    quantity: u32,
) -> Result<Subscription> {
    check_quantity(quantity).map_err(|error| AppError::field("/quantity", error.to_string()))?;
    if trial_days > MAX_TRIAL_DAYS {
        return Err(AppError::field("/trial_days", format!("must be at most {MAX_TRIAL_DAYS}")));
    }
    let customer = customers::find(tx, customer).await?;
    if customer.status == CustomerStatus::Closed {
        return Err(AppError::conflict(
            "customer_closed",
            "A closed customer cannot be subscribed to a plan.",
        ));
    }
    customers::hold(tx, &[customer.id]).await?;
    let plan = plans::find(tx, plan).await.at("/plan")?;
    if plan.status == PlanStatus::Archived {
        return Err(AppError::Invalid(vec![Field {
            pointer: "/plan".to_owned(),
            code: "archived",
            detail: "is archived; nobody new is subscribed to it".to_owned(),
        }]));
    }
    let today = tx.today();
    let starts_on = match starts_on {
        Some(day) => {
            check_day(day, today).map_err(|error| AppError::field("/starts_on", error.to_string()))?;
            day
        }
        None => beside::first_free_day(tx, customer.id, &plan).await?,
    };
    let new = NewSubscription {
        customer: customer.id,
        prices: plan.prices(),
        quantity,
        starts_on,
        trial_ends_on: (trial_days > 0).then(|| starts_on + Days::new(trial_days.into())),
    };
    let subscription = subscriptions::create(tx, &new).await?;
    beside::check(tx, &subscription).await?;
    tx.record(
        NewEvent::new(
            "subscription.started",
            format!("subscription:{}", subscription.id),
            json!({
                "customer": subscription.customer_code,
                "plan": subscription.first_plan.code,
                "quantity": subscription.first_quantity,
                "starts_on": subscription.starts_on,
                "trial_ends_on": subscription.trial_ends_on,
            }),
        )
        .of_customer(customer.id),
    );
    Ok(subscription)
}
