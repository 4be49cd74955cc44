//! What a subscription will cost, as it is and as it would be.

use chrono::NaiveDate;
use domain::{
    ids::SubscriptionId,
    periods::{Month, Period},
    subscriptions::{ChangeKind, Effect, Timeline},
};
use store::{
    TenantTx,
    subscriptions::{self, Subscription},
};

use super::change::{self, ChangeRequest};
use crate::{
    AppError, Result,
    invoices::{Rated, rating},
};

/// What the invoice of a month comes to by the usage so far.
#[derive(Debug, Clone)]
pub struct Upcoming {
    /// The days of the month that the subscription covers.
    pub period: Period,
    /// The lines and their sum; `None` where nothing is charged for.
    pub rated: Option<Rated>,
}

/// What a change does to the invoice of a month.
#[derive(Debug, Clone)]
pub struct ChangePreview {
    /// The first day that the change holds.
    pub effective_on: NaiveDate,
    /// Each month that is touched: as it is, and as it would be.
    pub months: Vec<(Month, Option<Upcoming>, Option<Upcoming>)>,
}

/// What the invoice of a subscription for a month comes to by the usage so far.
pub async fn upcoming(tx: &mut TenantTx, id: SubscriptionId, month: Month) -> Result<Upcoming> {
    let subscription = subscriptions::get(tx, id).await?;
    let period = subscription.timeline().covered(month.period()).ok_or_else(|| {
        AppError::conflict("no_subscription", "The subscription does not cover this period.")
    })?;
    let rated = rating::rate_invoice(tx, &subscription, period).await?;
    Ok(Upcoming { period, rated })
}

async fn of_month(
    tx: &mut TenantTx,
    subscription: &Subscription,
    timeline: &Timeline,
    month: Month,
) -> Result<Option<Upcoming>> {
    let Some(period) = timeline.covered(month.period()) else { return Ok(None) };
    let rated = rating::rate(tx, subscription.customer, timeline, period).await?;
    Ok(Some(Upcoming { period, rated }))
}

/// What a change would do to the invoices of the month in which it takes effect and of the next one, by the usage there
/// is. Keeps nothing.
pub async fn preview_change(
    tx: &mut TenantTx,
    id: SubscriptionId,
    request: &ChangeRequest,
) -> Result<ChangePreview> {
    let subscription = subscriptions::get(tx, id).await?;
    let new = change::check(tx, &subscription, request).await?;
    let effect = new.prices.map_or(Effect::Paused(new.kind == ChangeKind::Pause), Effect::Prices);
    let before = subscription.timeline();
    let after = before.clone().with(new.effective_on, effect);
    let first = Month::of(new.effective_on);
    let mut months = Vec::new();
    for month in [first, first.offset(1)] {
        let as_is = of_month(tx, &subscription, &before, month).await?;
        let as_would_be = of_month(tx, &subscription, &after, month).await?;
        months.push((month, as_is, as_would_be));
    }
    Ok(ChangePreview { effective_on: new.effective_on, months })
}
