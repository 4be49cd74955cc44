//! What a customer is subscribed to beside a subscription: no usage is billed twice.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use domain::{
    evidence::PricedPlan,
    ids::CustomerId,
    overlaps::{self, Twice},
    subscriptions::{PricesRef, Timeline},
};
use store::{
    StoreError, TenantTx,
    plans::{Plan, prices},
    subscriptions::{self, Subscription},
};

use crate::{AppError, Result};

/// Refuses what a subscription has become where another one of the customer bills the same. The customer is held, from before
/// anything was written: none begins or changes beside it until the transaction ends.
pub(super) async fn check(tx: &mut TenantTx, subscription: &Subscription) -> Result<()> {
    match overlap(tx, subscription, &subscription.timeline()).await? {
        Some(text) => Err(AppError::conflict("already_subscribed", text)),
        None => Ok(()),
    }
}

/// What another subscription of the customer bills, too, where one becomes such. It may change until the customer is held.
pub(super) async fn overlap(
    tx: &mut TenantTx,
    subscription: &Subscription,
    becomes: &Timeline,
) -> Result<Option<String>> {
    let mut others = subscriptions::of_customers(tx, &[subscription.customer]).await?;
    others.retain(|other| other.id != subscription.id);
    let known = known(tx, &others, becomes).await?;
    for other in &others {
        let Some((day, twice)) = first_overlap(becomes, &other.timeline(), &known)? else { continue };
        let plan = &other.plan_on(day).name;
        return Ok(Some(match twice {
            Twice::Plan => format!(
                "The customer is subscribed to {plan} already, on {day}: change the quantity of that, or end it first."
            ),
            Twice::Usage(name) => format!(
                "“{name}” is billed by the subscription to {plan} already, on {day}: no usage is billed twice."
            ),
        }));
    }
    Ok(None)
}

/// The first day, from today, from which a customer can be subscribed to a plan: that on which what bills the same has ended.
pub(super) async fn first_free_day(
    tx: &mut TenantTx,
    customer: CustomerId,
    plan: &Plan,
) -> Result<NaiveDate> {
    let mut others = subscriptions::current_of(tx, customer).await?;
    others.retain(|other| other.ends_on.is_some());
    others.sort_by_key(|other| other.ends_on);
    let mut day = tx.today();
    let begun = |day| Timeline::new((day, None), None, (plan.prices(), 1), Vec::new());
    let known = known(tx, &others, &begun(day)).await?;
    for other in &others {
        if let Some(ends_on) = other.ends_on.filter(|ends_on| *ends_on > day)
            && first_overlap(&begun(day), &other.timeline(), &known)?.is_some()
        {
            day = ends_on;
        }
    }
    Ok(day)
}

type Known = HashMap<PricesRef, PricedPlan>;

async fn known(tx: &mut TenantTx, others: &[Subscription], becomes: &Timeline) -> Result<Known> {
    let of = |other: &Subscription| other.timeline().all_prices().collect::<Vec<_>>();
    let versions: HashSet<_> = others.iter().flat_map(of).chain(becomes.all_prices()).collect();
    Ok(prices::of(tx, &versions.into_iter().collect::<Vec<_>>()).await?)
}

fn first_overlap(one: &Timeline, other: &Timeline, known: &Known) -> Result<Option<(NaiveDate, Twice)>> {
    Ok(overlaps::overlap(one, other, known).map_err(|_| StoreError::NotFound)?)
}
