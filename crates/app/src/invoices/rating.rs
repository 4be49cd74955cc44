//! From the days of a subscription to lines: each set of prices that it was charged by rates its own days.

use domain::{
    evidence::{Correction, Evidence, LineRecord, OneOffPart, Part, PricedPlan},
    ids::{CustomerId, OneOffChargeId},
    money::{Currency, Money},
    periods::{Month, Period},
    pricing::{self, RatedLine, RatingError, Span},
    subscriptions::Timeline,
};
use store::{
    TenantTx,
    invoices::{
        NewLine,
        late::{self, BilledMonth},
    },
    one_off_charges,
    plans::prices,
    subscriptions::Subscription,
    usage,
};

use crate::{AppError, Result, usage::measured};

/// Days that have been rated.
#[derive(Debug, Clone)]
pub struct Rated {
    /// The lines.
    pub lines: Vec<NewLine>,
    /// What they come to.
    pub total: Money,
    /// What they were computed from, one part for each set of prices, at least one; then what came late for earlier days.
    parts: Vec<Part>,
    /// What is charged once, after that.
    one_off: Option<OneOffPart>,
    /// How many events there are up to the end of each month that is rated.
    pub counted: Vec<(Month, i64)>,
    /// What is charged once.
    pub charges: Vec<OneOffChargeId>,
}

impl Rated {
    /// The prices of the last days.
    pub fn prices(&self) -> Option<&PricedPlan> {
        self.parts.iter().rfind(|part| part.corrects.is_none()).map(|part| &part.plan)
    }

    /// What the lines were computed from.
    pub fn evidence(&self) -> Evidence {
        let lines = self.lines.iter().map(|line| LineRecord::of(&line.rated, line.days)).collect();
        Evidence::of(self.parts.clone(), self.one_off.clone(), lines, self.total)
    }
}

/// Rates days of one month; `None` where none of them is charged for.
pub async fn rate(
    tx: &mut TenantTx,
    customer: CustomerId,
    timeline: &Timeline,
    days: Period,
) -> Result<Option<Rated>> {
    let (mut lines, mut parts) = (Vec::new(), Vec::new());
    for (days, priced) in charged(tx, timeline, days).await? {
        let (rated, part) = rate_part(tx, customer, days, priced).await?;
        lines.extend(rated.into_iter().map(|rated| NewLine { rated, days }));
        parts.push(part);
    }
    let Some(currency) = parts.last().map(|part| part.plan.currency) else { return Ok(None) };
    let total = sum(currency, &lines)?;
    Ok(Some(Rated { lines, total, parts, one_off: None, counted: Vec::new(), charges: Vec::new() }))
}

fn sum(currency: Currency, lines: &[NewLine]) -> Result<Money> {
    Money::sum(currency, lines.iter().map(|line| line.rated.amount))
        .map_err(|_| refused(RatingError::TooLarge))
}

/// Days of one set of prices, by the usage there is.
async fn rate_part(
    tx: &mut TenantTx,
    customer: CustomerId,
    days: Period,
    priced: PricedPlan,
) -> Result<(Vec<RatedLine>, Part)> {
    let plan = priced.price().ok_or(store::StoreError::Corrupt("plan_prices.components"))?;
    let sums = usage::over(tx, customer, days).await?;
    let used = measured(tx, customer, &plan, days, &sums).await?;
    let month = Month::of(days.start()).period();
    let span = Span::part(month, days, &tx.scope().time_zone())
        .ok_or_else(|| AppError::internal("the days served are not in one month"))?;
    let rated = pricing::rate(&plan, &used, &span).map_err(refused)?;
    Ok((rated, Part::of(priced, days, &span, &used)))
}

/// Rates an invoice of a subscription: its days, and what came late for days that were billed before.
///
/// Days of which usage came late are rated whole, as they would have been had it come in time; what was billed for them
/// is taken off. What makes an invoice less than nothing waits for one that can bear it.
pub async fn rate_invoice(
    tx: &mut TenantTx,
    subscription: &Subscription,
    days: Period,
) -> Result<Option<Rated>> {
    let timeline = subscription.timeline();
    let month = Month::of(days.start());
    // Counted before it is rated: an event that comes between the two is found to be late, and rated again.
    let counted = late::events(tx, subscription.customer, month).await?;
    let late = late::billed_months(tx, subscription.id, subscription.customer, month).await?;
    let Some(mut rated) = rate(tx, subscription.customer, &timeline, days).await? else { return Ok(None) };
    rated.counted.push((month, counted));
    for billed in late {
        let earlier = corrections(tx, subscription, &billed).await?;
        let lines = earlier.iter().flat_map(|(lines, _)| lines.iter().cloned());
        let lines: Vec<_> = rated.lines.iter().cloned().chain(lines).collect();
        let currency = rated.total.currency();
        let fits = earlier.iter().all(|(_, part)| part.plan.currency == currency);
        let total = if fits { sum(currency, &lines)? } else { continue };
        if total.amount_minor() < 0 {
            continue;
        }
        (rated.lines, rated.total) = (lines, total);
        rated.parts.extend(earlier.into_iter().map(|(_, part)| part));
        rated.counted.push((billed.month, billed.events));
    }
    one_off(tx, subscription.customer, days, &mut rated).await?;
    Ok(Some(rated))
}

/// Adds what is charged once and waits for an invoice in this currency.
async fn one_off(tx: &mut TenantTx, customer: CustomerId, days: Period, rated: &mut Rated) -> Result<()> {
    let currency = rated.total.currency();
    let mut waiting = one_off_charges::waiting(tx, customer).await?;
    waiting.retain(|waiting| waiting.currency == currency);
    if waiting.is_empty() {
        return Ok(());
    }
    rated.charges = waiting.iter().map(|waiting| waiting.id).collect();
    let charges: Vec<_> = waiting.into_iter().map(|waiting| waiting.charge).collect();
    for charge in &charges {
        rated.lines.push(NewLine { rated: charge.rate(currency).map_err(refused)?, days });
    }
    rated.total = sum(currency, &rated.lines)?;
    rated.one_off = Some(OneOffPart { from: days.start(), until: days.end(), charges });
    Ok(())
}

/// What is missing of a month that was billed before; only the parts of which something is.
async fn corrections(
    tx: &mut TenantTx,
    subscription: &Subscription,
    month: &BilledMonth,
) -> Result<Vec<(Vec<NewLine>, Part)>> {
    let mut found = Vec::new();
    for (days, priced) in charged(tx, &subscription.timeline(), month.days).await? {
        let billed = late::billed(tx, subscription.id, subscription.customer, days, priced.currency).await?;
        let (rated, part) = rate_part(tx, subscription.customer, days, priced).await?;
        let lines = pricing::correct(rated, &billed, &month.invoice).map_err(refused)?;
        if !lines.is_empty() {
            let correction = Correction { invoice: month.invoice.clone(), billed };
            let lines = lines.into_iter().map(|rated| NewLine { rated, days }).collect();
            found.push((lines, Part { corrects: Some(correction), ..part }));
        }
    }
    Ok(found)
}

/// The days that are charged, by which prices. Versions that charge the same, as where only a name has changed, are one.
async fn charged(tx: &mut TenantTx, timeline: &Timeline, days: Period) -> Result<Vec<(Period, PricedPlan)>> {
    let mut charged: Vec<(Period, PricedPlan)> = Vec::new();
    for segment in timeline.charged(days) {
        let priced = prices::get(tx, segment.prices).await?;
        if let Some((before, last)) = charged.last_mut()
            && before.end() == segment.days.start()
            && last.charges_as(&priced)
            && let Some(both) = Period::new(before.start(), segment.days.end())
        {
            (*before, *last) = (both, priced);
        } else {
            charged.push((segment.days, priced));
        }
    }
    Ok(charged)
}

fn refused(error: RatingError) -> AppError {
    match error {
        RatingError::TooLarge => {
            AppError::conflict("amount_too_large", "The amount is larger than an invoice can be.")
        }
        RatingError::AmountMissing => AppError::conflict(
            "amount_missing",
            "An event does not say what it costs, and its price is dynamic.",
        ),
    }
}
