//! Changing a subscription from a day on, and taking such a change back before the day has come.

use chrono::NaiveDate;
use domain::{
    ids::{SubscriptionChangeId, SubscriptionId},
    periods::Month,
    plans::PlanStatus,
    subscriptions::{ChangeKind, Effect, PricesRef, SubscriptionStatus, check_day, check_quantity},
};
use serde_json::{Value, json};
use store::{
    NewEvent, TenantTx, customers,
    plans::{self, PlanRef},
    subscriptions::{
        Change, Subscription,
        changes::{self, NewChange},
    },
};

use super::{beside, billed, ended, locked};
use crate::{AppError, Field, Result, error::AtField as _};

/// From when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// From today; of one that has not begun, from its first day.
    Now,
    /// From the end of the billing period that runs.
    PeriodEnd,
    /// From a day.
    On(NaiveDate),
}

/// What shall change.
#[derive(Debug, Clone)]
pub struct ChangeRequest {
    /// What is done.
    pub kind: ChangeKind,
    /// To which plan, where that changes.
    pub plan: Option<PlanRef>,
    /// How many times, where that changes.
    pub quantity: Option<u32>,
    /// From when on.
    pub when: When,
}

/// Changes a subscription.
pub async fn change(
    tx: &mut TenantTx,
    id: SubscriptionId,
    if_match: Option<i32>,
    request: &ChangeRequest,
) -> Result<Subscription> {
    let subscription = locked(tx, id, if_match).await?;
    customers::hold(tx, &[subscription.customer]).await?;
    let new = check(tx, &subscription, request).await?;
    let changed = changes::add(tx, &subscription, &new).await?;
    let data = match new.quantity {
        Some(quantity) => json!({
            "customer": changed.customer_code,
            "effective_on": new.effective_on,
            "plan": changed.plan_on(new.effective_on).code,
            "from": subscription.timeline().quantity(new.effective_on),
            "to": quantity,
        }),
        None => json!({
            "customer": changed.customer_code,
            "effective_on": new.effective_on,
            "from": subscription.plan_on(new.effective_on).code,
            "to": new.prices.map(|_| &changed.plan_on(new.effective_on).code),
            "price_version": new.prices.map(|prices| prices.version),
        }),
    };
    tx.record(
        NewEvent::new(event(new.kind), format!("subscription:{id}"), data).of_customer(changed.customer),
    );
    Ok(changed)
}

fn event(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Plan => "subscription.plan_changed",
        ChangeKind::Pause => "subscription.paused",
        ChangeKind::Resume => "subscription.resumed",
        ChangeKind::Quantity => "subscription.quantity_changed",
    }
}

/// Takes a change back that is not in effect yet.
pub async fn revoke(
    tx: &mut TenantTx,
    change: SubscriptionChangeId,
    if_match: Option<i32>,
) -> Result<Subscription> {
    let id = changes::subscription_of(tx, change).await?;
    let subscription = locked(tx, id, if_match).await?;
    customers::hold(tx, &[subscription.customer]).await?;
    let found = subscription.changes.iter().find(|it| it.id == change);
    let Change { effective_on, kind, plan, quantity, .. } = found.ok_or(store::StoreError::NotFound)?.clone();
    if effective_on <= tx.today() {
        return Err(AppError::conflict(
            "change_in_effect",
            "The change is in effect already; make another one instead.",
        ));
    }
    billed(tx, id, effective_on, "change").await?;
    let left = changes::remove(tx, id, change).await?;
    if kind == ChangeKind::Plan {
        beside::check(tx, &left).await?;
    }
    let data: Value = json!({
        "customer": left.customer_code,
        "kind": kind,
        "effective_on": effective_on,
        "plan": plan.map(|plan| plan.code),
        "quantity": quantity,
    });
    tx.record(
        NewEvent::new("subscription.change_revoked", format!("subscription:{id}"), data)
            .of_customer(left.customer),
    );
    Ok(left)
}

/// What a request comes to, if it is allowed.
pub(super) async fn check(
    tx: &mut TenantTx,
    subscription: &Subscription,
    request: &ChangeRequest,
) -> Result<NewChange> {
    let today = tx.today();
    if subscription.status == SubscriptionStatus::Cancelled {
        return Err(ended());
    }
    let first = subscription.starts_on.max(today);
    let day = match request.when {
        When::Now => first,
        When::PeriodEnd => Month::of(first).offset(1).first_day(),
        When::On(day) => day,
    };
    check_day(day, today).map_err(|error| AppError::field("/on", error.to_string()))?;
    if day < subscription.starts_on {
        return Err(AppError::field("/on", format!("must not be before {}", subscription.starts_on)));
    }
    if let Some(ends_on) = subscription.ends_on.filter(|ends_on| day >= *ends_on) {
        return Err(AppError::field("/on", format!("must be before {ends_on}, when the subscription ends")));
    }
    billed(tx, subscription.id, day, "/on").await?;
    let prices = match (request.kind, &request.plan) {
        (ChangeKind::Plan, Some(plan)) => Some(prices(tx, subscription, plan, day).await?),
        (ChangeKind::Plan, None) => return Err(AppError::field("/plan", "is missing")),
        (_, Some(_)) => return Err(AppError::field("/plan", "goes with a change of plan only")),
        (_, None) => None,
    };
    let quantity = match (request.kind, request.quantity) {
        (ChangeKind::Quantity, Some(new)) => Some(quantity(subscription, new, day)?),
        (ChangeKind::Quantity, None) => return Err(AppError::field("/quantity", "is missing")),
        (_, Some(_)) => return Err(AppError::field("/quantity", "goes with a change of quantity only")),
        (_, None) => None,
    };
    let on_that_day = subscription.timeline().status(day, false);
    match request.kind {
        ChangeKind::Pause if on_that_day == SubscriptionStatus::Trial => {
            return Err(AppError::field("/on", "the trial still lasts on that day"));
        }
        ChangeKind::Pause if on_that_day == SubscriptionStatus::Paused => {
            return Err(AppError::conflict("already_paused", "The subscription is paused on that day."));
        }
        ChangeKind::Resume if on_that_day != SubscriptionStatus::Paused => {
            return Err(AppError::conflict("not_paused", "The subscription is not paused on that day."));
        }
        ChangeKind::Plan | ChangeKind::Pause | ChangeKind::Resume | ChangeKind::Quantity => {}
    }
    Ok(NewChange { effective_on: day, kind: request.kind, prices, quantity })
}

fn quantity(subscription: &Subscription, quantity: u32, day: NaiveDate) -> Result<u32> {
    check_quantity(quantity).map_err(|error| AppError::field("/quantity", error.to_string()))?;
    if subscription.timeline().quantity(day) == quantity {
        return Err(AppError::conflict("no_change", "The subscription has this quantity on that day."));
    }
    Ok(quantity)
}

async fn prices(
    tx: &mut TenantTx,
    subscription: &Subscription,
    plan: &PlanRef,
    day: NaiveDate,
) -> Result<PricesRef> {
    let plan = plans::find(tx, plan).await.at("/plan")?;
    if plan.status == PlanStatus::Archived {
        return Err(AppError::Invalid(vec![Field {
            pointer: "/plan".to_owned(),
            code: "archived",
            detail: "is archived; nobody new is subscribed to it".to_owned(),
        }]));
    }
    let before = plans::get(tx, subscription.first_plan.prices.plan).await?;
    let currency = before.base_fee.currency();
    if plan.base_fee.currency() != currency {
        return Err(AppError::field("/plan", format!("must be in {currency}, as the subscription is")));
    }
    if subscription.timeline().prices(day) == plan.prices() {
        return Err(AppError::conflict("no_change", "The subscription has these prices on that day."));
    }
    let becomes = subscription.timeline().with(day, Effect::Prices(plan.prices()));
    if let Some(text) = beside::overlap(tx, subscription, &becomes).await? {
        return Err(AppError::conflict("already_subscribed", text));
    }
    Ok(plan.prices())
}
