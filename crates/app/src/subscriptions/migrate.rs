//! Moving those who are subscribed to a plan to its latest prices.

use chrono::NaiveDate;
use domain::{
    money::Money,
    periods::Month,
    subscriptions::{ChangeKind, Effect, PricesRef, Timeline, check_day},
};
use serde_json::json;
use store::{
    NewEvent, Page, PageRequest, TenantTx, customers,
    plans::{self, Plan, PlanRef},
    subscriptions::{
        self, Subscription,
        changes::{self, NewChange},
    },
};

use super::beside;
use crate::{AppError, Result, invoices::rating};

/// How many subscriptions are looked up at a time.
const BATCH: u16 = 200;

/// What the move means to one subscription.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Which.
    pub subscription: Subscription,
    /// The version of the prices that it has.
    pub from_version: i32,
    /// What the last full month cost by these, all of it.
    pub before: Option<Money>,
    /// What it would have cost by the latest.
    pub after: Option<Money>,
}

/// What came of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// How many subscriptions have the latest prices from that day on.
    pub moved: i64,
    /// How many have been billed beyond the day, and stay.
    pub billed: i64,
    /// How many stay as another subscription of the customer bills what the latest prices bill, too.
    pub overlapping: i64,
}

/// Who pays what, before and after the move: by the usage of the last full month, each price for all of it. A fee for a year is in
/// it by a twelfth.
pub async fn preview_migration(
    tx: &mut TenantTx,
    plan: &PlanRef,
    effective_on: NaiveDate,
    page: &PageRequest,
) -> Result<Page<Migration>> {
    let plan = find(tx, plan, effective_on).await?;
    let month = Month::of(tx.today()).offset(-1);
    let outdated = changes::outdated(tx, plan.id, effective_on, page).await?;
    let mut items = Vec::with_capacity(outdated.items.len());
    for id in outdated.items {
        let subscription = subscriptions::get(tx, id).await?;
        let (timeline, first) = (subscription.timeline(), effective_on.max(subscription.starts_on));
        let (prices, quantity) = (timeline.prices(first), timeline.quantity(first));
        let before = over(tx, &subscription, (prices, quantity), month).await?;
        let after = over(tx, &subscription, (plan.prices(), quantity), month).await?;
        items.push(Migration { from_version: prices.version, subscription, before, after });
    }
    Ok(Page { items, next: outdated.next })
}

/// What a month would have cost under one set of prices so many times, had it been charged whole.
async fn over(
    tx: &mut TenantTx,
    subscription: &Subscription,
    prices: (PricesRef, u32),
    month: Month,
) -> Result<Option<Money>> {
    let rated = rating::rate_evenly(tx, subscription.customer, prices, month).await?;
    Ok(rated.map(|rated| rated.total))
}

/// Gives everybody who is subscribed to a plan its latest prices from a day on.
pub async fn migrate(tx: &mut TenantTx, plan: &PlanRef, effective_on: NaiveDate) -> Result<Migrated> {
    let plan = find(tx, plan, effective_on).await?;
    let mut migrated = Migrated { moved: 0, billed: 0, overlapping: 0 };
    let mut outdated = Vec::new();
    let mut page = PageRequest::first(BATCH);
    loop {
        let batch = changes::outdated(tx, plan.id, effective_on, &page).await?;
        outdated.extend(batch.items);
        page.cursor = batch.next;
        if page.cursor.is_none() {
            break;
        }
    }
    // All of them before anything else: whoever else locks subscriptions and customers does it in this order.
    let outdated = subscriptions::lock_all(tx, &outdated).await?;
    let whose: Vec<_> = outdated.iter().map(|subscription| subscription.customer).collect();
    customers::hold(tx, &whose).await?;
    for subscription in outdated {
        // By what it is now that it is locked: it may have been changed since.
        let days = outdated_days(&subscription, &plan, effective_on);
        let Some(first) = days.first() else { continue };
        if subscriptions::billed_until(tx, subscription.id).await?.is_some_and(|until| *first < until) {
            migrated.billed += 1;
            continue;
        }
        let latest = |line: Timeline, day: &NaiveDate| line.with(*day, Effect::Prices(plan.prices()));
        let becomes = days.iter().fold(subscription.timeline(), latest);
        if beside::overlap(tx, &subscription, &becomes).await?.is_some() {
            migrated.overlapping += 1;
            continue;
        }
        for effective_on in days {
            let new = NewChange {
                effective_on,
                kind: ChangeKind::Plan,
                prices: Some(plan.prices()),
                quantity: None,
            };
            changes::add(tx, &subscription, &new).await?;
        }
        migrated.moved += 1;
    }
    tx.record(NewEvent::new(
        "plan.prices_migrated",
        format!("plan:{}", plan.id),
        json!({
            "code": plan.code,
            "price_version": plan.price_version,
            "effective_on": effective_on,
            "moved": migrated.moved,
            "billed": migrated.billed,
            "overlapping": migrated.overlapping,
        }),
    ));
    Ok(migrated)
}

/// The days from which a subscription gets a plan's latest prices in place of older ones: the first that it can, and those
/// of later changes to older prices of the plan.
fn outdated_days(subscription: &Subscription, plan: &Plan, effective_on: NaiveDate) -> Vec<NaiveDate> {
    let timeline = subscription.timeline();
    let first = effective_on.max(subscription.starts_on);
    let later = subscription.changes.iter().filter(|change| change.effective_on > first);
    let later = later.filter(|change| change.plan.is_some()).map(|change| change.effective_on);
    let is_outdated = |day: &NaiveDate| {
        let prices = timeline.prices(*day);
        timeline.covers(*day) && prices.plan == plan.id && prices.version != plan.price_version
    };
    std::iter::once(first).chain(later).filter(is_outdated).collect()
}

async fn find(tx: &mut TenantTx, plan: &PlanRef, effective_on: NaiveDate) -> Result<Plan> {
    let plan = plans::find(tx, plan).await?;
    let today = tx.today();
    check_day(effective_on, today).map_err(|error| AppError::field("/effective_on", error.to_string()))?;
    if effective_on < today {
        return Err(AppError::field("/effective_on", format!("must not be before {today}")));
    }
    Ok(plan)
}
