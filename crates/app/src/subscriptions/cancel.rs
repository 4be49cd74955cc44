//! Ending a subscription.

use chrono::{Datelike as _, NaiveDate};
use domain::{
    customers::CustomerStatus,
    ids::SubscriptionId,
    subscriptions::{check_day, default_end},
};
use serde_json::json;
use store::{
    NewEvent, TenantTx, customers,
    subscriptions::{self, Subscription},
};

use super::{beside, billed, locked};
use crate::{AppError, Field, Result, invoices::rating};

/// How a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// The first day no longer covered; without, tomorrow, or the first day that is not billed.
    pub on: Option<NaiveDate>,
    /// Whether what was charged in advance for days after that is given back.
    pub credit_unused: bool,
}

/// Gives a running subscription an end.
pub async fn cancel(
    tx: &mut TenantTx,
    id: SubscriptionId,
    if_match: Option<i32>,
    ending: Ending,
) -> Result<Subscription> {
    let running = locked(tx, id, if_match).await?;
    let ends_on = end_of(tx, &running, ending).await?;
    subscriptions::set_credit_unused(tx, running.id, ending.credit_unused).await?;
    let cancelled = subscriptions::set_days(tx, running.id, Some(ends_on), running.trial_ends_on).await?;
    tx.record(
        NewEvent::new(
            "subscription.cancelled",
            format!("subscription:{}", cancelled.id),
            json!({"customer": cancelled.customer_code, "plan": cancelled.plan().code, "ends_on": ends_on,
                   "credit_unused": ending.credit_unused}),
        )
        .of_customer(cancelled.customer),
    );
    Ok(cancelled)
}

/// The first day that a running subscription would no longer cover, if it may end so.
pub(super) async fn end_of(tx: &mut TenantTx, running: &Subscription, ending: Ending) -> Result<NaiveDate> {
    if let Some(ends_on) = running.ends_on {
        let text = format!("The subscription ends on {ends_on} already; take that back first.");
        return Err(AppError::conflict("already_cancelled", text));
    }
    let today = tx.today();
    if let Some(day) = ending.on {
        check_day(day, today).map_err(|error| AppError::field("/ends_on", error.to_string()))?;
        if day <= running.starts_on {
            return Err(AppError::field("/ends_on", format!("must be later than {}", running.starts_on)));
        }
    }
    let ends_on = if let Some(day) = ending.on {
        day
    } else {
        // Not before what has been billed.
        let first = default_end(running.starts_on, today);
        let billed = subscriptions::billed_until(tx, running.id).await?;
        possible_end(tx, running, billed.map_or(first, |until| first.max(until))).await?
    };
    billed(tx, running.id, ends_on, "/ends_on").await?;
    if let Some(until) = changes_billed_fees(tx, running, Some(ends_on)).await? {
        return Err(AppError::Invalid(vec![Field {
            pointer: "/ends_on".to_owned(),
            code: "billed",
            detail: format!(
                "must be later than {until}: the fee up to then is charged by the invoice of the last day, which has been issued"
            ),
        }]));
    }
    Ok(ends_on)
}

/// Whether another end changes which fees fell due in what has been billed; if so, until when that is.
async fn changes_billed_fees(
    tx: &mut TenantTx,
    subscription: &Subscription,
    ends_on: Option<NaiveDate>,
) -> Result<Option<NaiveDate>> {
    let Some(until) = subscriptions::billed_until(tx, subscription.id).await? else { return Ok(None) };
    let after = Subscription { ends_on, ..subscription.clone() };
    let same = rating::same_fees(tx, &subscription.timeline(), &after.timeline(), until).await?;
    Ok((!same).then_some(until))
}

/// A day as an end, or the next one: where the last day has been billed, a fee that would fall due on it could not be charged
/// any more.
async fn possible_end(tx: &mut TenantTx, subscription: &Subscription, day: NaiveDate) -> Result<NaiveDate> {
    let is_too_early = changes_billed_fees(tx, subscription, Some(day)).await?.is_some();
    Ok(if is_too_early { day.succ_opt().unwrap_or(day) } else { day })
}

/// Takes an end back that is still to come.
///
/// Not where another subscription has followed that bills the same usage; and not where the days of its
/// last month have been billed up to its end: a month has one invoice, and the rest of it would never get one. Nor where the
/// fee of a period that would go on has been billed up to the end.
pub async fn reinstate(tx: &mut TenantTx, id: SubscriptionId, if_match: Option<i32>) -> Result<Subscription> {
    let subscription = locked(tx, id, if_match).await?;
    customers::hold(tx, &[subscription.customer]).await?;
    let Some(ends_on) = subscription.ends_on else {
        return Err(AppError::conflict("not_cancelled", "The subscription has no end."));
    };
    if ends_on <= tx.today() {
        return Err(super::ended());
    }
    if customers::get(tx, subscription.customer).await?.status == CustomerStatus::Closed {
        return Err(AppError::conflict("customer_closed", "The customer is closed."));
    }
    let is_billed = ends_on.day() != 1 && subscriptions::billed_until(tx, id).await? == Some(ends_on);
    if is_billed || changes_billed_fees(tx, &subscription, None).await?.is_some() {
        return Err(AppError::conflict(
            "billed",
            "The month has been billed up to the end; start another subscription from that day.",
        ));
    }
    let running = subscriptions::set_days(tx, id, None, subscription.trial_ends_on).await?;
    beside::check(tx, &running).await?;
    tx.record(
        NewEvent::new(
            "subscription.reinstated",
            format!("subscription:{id}"),
            json!({"customer": running.customer_code, "plan": running.plan().code, "ended_on": ends_on}),
        )
        .of_customer(running.customer),
    );
    Ok(running)
}
