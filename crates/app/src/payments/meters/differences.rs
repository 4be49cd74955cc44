//! What is to be sent: by how much days differ from what was sent of them.

use std::collections::{HashMap, HashSet};

use domain::{
    ids::CustomerId,
    meters::{self, MeterFunction},
    periods::Period,
    subscriptions::{PricesRef, Timeline},
};
use rust_decimal::Decimal;
use store::{
    Scope, TenantTx,
    meters::{self as kept, DayOf, Meter, NewPush},
    plans::prices,
    subscriptions,
};

use crate::{App, AppError, Result};

/// How many days are looked at in one transaction.
const BATCH: i64 = 500;

/// Keeps the differences of all days that anything has changed about.
pub(super) async fn keep_all(app: &App, scope: &Scope) -> Result<()> {
    let keep = async |tx: &mut TenantTx| {
        tx.without_event();
        // Taken off the list first: usage that comes after that lists the day again.
        let days = kept::take_days(tx, BATCH).await?;
        if days.is_empty() {
            return Ok(false);
        }
        let new = differences(tx, &days).await?;
        kept::push(tx, &new).await?;
        Ok::<_, AppError>(true)
    };
    while app.store().write(scope, keep).await? {}
    Ok(())
}

async fn differences(tx: &mut TenantTx, days: &[DayOf]) -> Result<Vec<NewPush>> {
    let mut of_metric: HashMap<String, Vec<Meter>> = HashMap::new();
    for meter in kept::all(tx).await? {
        of_metric.entry(meter.metric.clone()).or_default().push(meter);
    }
    let billed = billed_there(tx, days).await?;
    let used = kept::used(tx, days).await?;
    let mut there_is = Vec::with_capacity(days.len());
    for ((day, function), used) in days.iter().zip(billed).zip(used) {
        for meter in of_metric.get(&day.metric).into_iter().flatten() {
            // Of a day that is billed here, or by a plan that goes by the other function, nothing belongs there.
            let is =
                if function == Some(meter.function) { amount(meter.function, used) } else { Decimal::ZERO };
            there_is.push(((day.customer, meter.id, day.day), is));
        }
    }
    let keys: Vec<_> = there_is.iter().map(|(key, _)| *key).collect();
    let pushed = kept::pushed(tx, &keys).await?;
    let differing = there_is.into_iter().filter_map(|(key, is)| {
        let quantity = is - pushed.get(&key).copied().unwrap_or_default();
        let (customer, meter, day) = key;
        (!quantity.is_zero()).then_some(NewPush { customer, meter, day, quantity })
    });
    Ok(differing.collect())
}

fn amount(function: MeterFunction, (sum, events): (Decimal, i64)) -> Decimal {
    match function {
        MeterFunction::Sum => sum,
        MeterFunction::Count => events.into(),
    }
}

/// What of their metrics is billed at the provider on days, in their order; `None` where nothing is.
async fn billed_there(tx: &mut TenantTx, days: &[DayOf]) -> Result<Vec<Option<MeterFunction>>> {
    let mut timelines: HashMap<CustomerId, Vec<Timeline>> = HashMap::new();
    for one in subscriptions::of_customers(tx, &kept::customers_of(days)).await? {
        timelines.entry(one.customer).or_default().push(one.timeline());
    }
    let prices_on = |day: &DayOf| -> Vec<PricesRef> {
        let only = day.day.succ_opt().and_then(|next| Period::new(day.day, next));
        let (Some(only), Some(all)) = (only, timelines.get(&day.customer)) else { return Vec::new() };
        all.iter().flat_map(|timeline| timeline.charged(only)).map(|segment| segment.prices).collect()
    };
    let on: Vec<_> = days.iter().map(prices_on).collect();
    let versions: HashSet<_> = on.iter().flatten().copied().collect();
    let known = prices::of(tx, &versions.into_iter().collect::<Vec<_>>()).await?;
    let of = |(day, prices): (&DayOf, Vec<PricesRef>)| {
        // No two that are charged on a day bill the same metric.
        let plans =
            prices.iter().filter_map(|prices| known.get(prices)).filter(|plan| !plan.billed_at.is_here());
        let component =
            plans.flat_map(|plan| &plan.components).find(|component| component.metric == day.metric)?;
        meters::function(&component.price).ok()
    };
    Ok(days.iter().zip(on).map(of).collect())
}
