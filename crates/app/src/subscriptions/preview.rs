//! What a subscription will cost, as it is and as it would be.

use chrono::NaiveDate;
use domain::{
    ids::{CustomerId, SubscriptionId},
    money::Money,
    periods::{Month, Period},
    subscriptions::Timeline,
};
use store::{
    TenantTx,
    subscriptions::{self, Subscription},
};

use super::{
    cancel::{self, Ending},
    change::{self, ChangeRequest},
};
use crate::{
    AppError, Result,
    invoices::{
        Rated,
        bills::{self, Bill},
        rating, unused,
    },
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
    /// What was charged in advance and would be given back, without taxes on top.
    pub credited: Option<Money>,
}

/// What the next invoice of a month comes to by the usage so far, of all that a subscription's customer is billed for in its
/// currency; where that is issued, what the subscription would come to by now.
pub async fn upcoming(tx: &mut TenantTx, id: SubscriptionId, month: Month) -> Result<Upcoming> {
    let subscription = subscriptions::get(tx, id).await?;
    let period = subscription.timeline().covered(month.period()).ok_or_else(|| {
        AppError::conflict("no_subscription", "The subscription does not cover this period.")
    })?;
    let mut unbilled = subscriptions::unbilled_of(tx, &[subscription.customer], month.period()).await?;
    unbilled.retain(|other| other.currency == subscription.currency);
    if unbilled.is_empty() {
        unbilled.push(subscription);
    }
    let bills = Bill::of(unbilled, month);
    let rated = bills::rate_bills(tx, month, &bills).await?.pop().unwrap_or(Ok(None))?;
    let period = rated.as_ref().and_then(Rated::period).unwrap_or(period);
    Ok(Upcoming { period, rated })
}

/// What a customer's next invoices of a month come to by the usage so far: one for each currency in which anything is charged.
pub async fn upcoming_of(tx: &mut TenantTx, customer: CustomerId, month: Month) -> Result<Vec<Rated>> {
    let bills = Bill::of(subscriptions::unbilled_of(tx, &[customer], month.period()).await?, month);
    let rated = bills::rate_bills(tx, month, &bills).await?;
    Ok(rated.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// What the invoices of months that follow each other come to.
async fn of_months(
    tx: &mut TenantTx,
    subscription: &Subscription,
    timeline: &Timeline,
    months: &[Month],
) -> Result<Vec<Option<Upcoming>>> {
    // What one charges in advance, the next does not charge again.
    let (mut ahead, mut found) = (Vec::new(), Vec::with_capacity(months.len()));
    for month in months {
        let Some(period) = timeline.covered(month.period()) else {
            found.push(None);
            continue;
        };
        let rated = rating::rate(tx, subscription, timeline, period, &ahead).await?;
        ahead.extend(rated.iter().flat_map(Rated::ahead));
        found.push(Some(Upcoming { period, rated }));
    }
    Ok(found)
}

/// What a change would do to the invoices of the month in which it takes effect and of the next one, by the usage there
/// is; and to that of the month before, where it is not issued and would be another. Keeps nothing.
pub async fn preview_change(
    tx: &mut TenantTx,
    id: SubscriptionId,
    request: &ChangeRequest,
) -> Result<ChangePreview> {
    let subscription = subscriptions::get(tx, id).await?;
    let new = change::check(tx, &subscription, request).await?;
    let before = subscription.timeline();
    let after = before.clone().with(new.effective_on, new.effect());
    let month = Month::of(new.effective_on);
    compare(tx, &subscription, (&before, &after), month, new.effective_on).await
}

/// What an end of a running subscription would do to the invoices of its last month and of the next one, by the
/// usage there is. Keeps nothing.
pub async fn preview_cancel(tx: &mut TenantTx, id: SubscriptionId, ending: Ending) -> Result<ChangePreview> {
    let running = subscriptions::get(tx, id).await?;
    let ends_on = cancel::end_of(tx, &running, ending).await?;
    let after =
        Subscription { ends_on: Some(ends_on), credit_unused: ending.credit_unused, ..running.clone() };
    let last_day = ends_on.pred_opt().unwrap_or(ends_on);
    compare(tx, &after, (&running.timeline(), &after.timeline()), Month::of(last_day), ends_on).await
}

/// A subscription as it is beside what it would be, in a month and the next.
async fn compare(
    tx: &mut TenantTx,
    subscription: &Subscription,
    (before, after): (&Timeline, &Timeline),
    first: Month,
    effective_on: NaiveDate,
) -> Result<ChangePreview> {
    // The month before, too, where it is not billed: its invoice charges fees in advance.
    let billed = subscriptions::billed_until(tx, subscription.id).await?;
    let is_billed = billed.is_some_and(|until| first.first_day() <= until);
    let months = [first.offset(-1), first, first.offset(1)];
    let months = months.get(usize::from(is_billed)..).unwrap_or_default();
    let as_is = of_months(tx, subscription, before, months).await?;
    let as_would_be = of_months(tx, subscription, after, months).await?;
    let total =
        |upcoming: &Option<Upcoming>| upcoming.as_ref().and_then(|it| it.rated.as_ref()).map(|it| it.total);
    let compared = months.iter().zip(as_is).zip(as_would_be).map(|((month, is), would)| (*month, is, would));
    let touched = |(month, is, would): &(Month, _, _)| *month >= first || total(is) != total(would);
    let months = compared.filter(touched).collect();
    let credited = unused::would_be_given_back(tx, subscription, after, effective_on).await?;
    Ok(ChangePreview { effective_on, months, credited })
}
