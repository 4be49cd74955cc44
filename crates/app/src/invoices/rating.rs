//! From the days of subscriptions to lines: each set of prices that one was charged by rates its own days.
//!
//! Many at a time: what they need is read at once, however many they are.

use std::collections::{HashMap, HashSet};

use domain::{
    evidence::{Correction, Evidence, LineRecord, OneOffPart, Part, PricedPlan},
    ids::{CustomerId, OneOffChargeId},
    money::{Currency, Money},
    periods::{Month, Period},
    pricing::{self, RatedLine, RatingError, Span},
    subscriptions::{Segment, Timeline},
};
use store::{
    StoreError, TenantTx,
    invoices::{
        NewLine,
        late::{self, BilledMonth, BilledUsage},
    },
    one_off_charges::{self, OneOffCharge},
    plans::prices,
    subscriptions::Subscription,
    usage::{self, MetricSum},
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
    pub counted: Vec<BilledUsage>,
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

/// Days of a customer.
struct Days {
    customer: CustomerId,
    timeline: Timeline,
    /// Of one month.
    period: Period,
}

/// What came of rating: nothing where none of the days is charged for; why not, where they cannot be rated.
pub(crate) type Outcome<T = Rated> = Result<Option<T>>;

/// Rates days of one month; `None` where none of them is charged for.
pub async fn rate(
    tx: &mut TenantTx,
    customer: CustomerId,
    timeline: &Timeline,
    days: Period,
) -> Result<Option<Rated>> {
    let wanted = Days { customer, timeline: timeline.clone(), period: days };
    one(rate_all(tx, &[wanted]).await?)
}

/// The outcome of the one that was asked for.
fn one<T>(mut outcomes: Vec<Outcome<T>>) -> Outcome<T> {
    outcomes.pop().unwrap_or(Ok(None))
}

async fn rate_all(tx: &mut TenantTx, wanted: &[Days]) -> Result<Vec<Outcome>> {
    let parts = parts(tx, wanted).await?;
    Ok(parts.into_iter().map(|parts| rated(parts?)).collect())
}

/// Rated parts make an invoice's worth.
fn rated(rated: Vec<RatedPart>) -> Outcome {
    let Some(currency) = rated.last().map(|rated| rated.part.plan.currency) else { return Ok(None) };
    let (mut lines, mut parts) = (Vec::new(), Vec::new());
    for RatedPart { days, rated, part } in rated {
        lines.extend(rated.into_iter().map(|rated| NewLine { rated, days }));
        parts.push(part);
    }
    let total = sum(currency, &lines)?;
    Ok(Some(Rated { lines, total, parts, one_off: None, counted: Vec::new(), charges: Vec::new() }))
}

/// Days with one set of prices.
struct RatedPart {
    days: Period,
    rated: Vec<RatedLine>,
    part: Part,
}

/// Rates the days of each by the prices that they are charged by.
async fn parts(tx: &mut TenantTx, wanted: &[Days]) -> Result<Vec<Result<Vec<RatedPart>>>> {
    let charged = charged(tx, wanted).await?;
    let days_of = |(days, charged): (&Days, &Vec<_>)| {
        charged.iter().map(|(part, _): &(Period, PricedPlan)| (days.customer, *part)).collect::<Vec<_>>()
    };
    let asked: Vec<_> = wanted.iter().zip(&charged).flat_map(days_of).collect();
    let mut sums = usage::over(tx, &asked).await?.into_iter();
    let mut outcomes = Vec::with_capacity(wanted.len());
    for (days, charged) in wanted.iter().zip(charged) {
        let mut rated = Ok(Vec::with_capacity(charged.len()));
        for ((part, priced), sums) in charged.into_iter().zip(&mut sums) {
            match (&mut rated, rate_part(tx, days.customer, part, priced, &sums).await) {
                (Ok(rated), Ok(part)) => rated.push(part),
                // It is the customer's own: the others go on.
                (Ok(_), Err(error @ AppError::Conflict { .. })) => rated = Err(error),
                (Err(_), Ok(_) | Err(AppError::Conflict { .. })) => {}
                (_, Err(error)) => return Err(error),
            }
        }
        outcomes.push(rated);
    }
    Ok(outcomes)
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
    sums: &[MetricSum],
) -> Result<RatedPart> {
    let plan = priced.price().ok_or(StoreError::Corrupt("plan_prices.components"))?;
    let used = measured(tx, customer, &plan, days, sums).await?;
    let month = Month::of(days.start()).period();
    let span = Span::part(month, days, &tx.scope().time_zone())
        .ok_or_else(|| AppError::internal("the days served are not in one month"))?;
    let rated = pricing::rate(&plan, &used, &span).map_err(refused)?;
    Ok(RatedPart { days, rated, part: Part::of(priced, days, &span, &used) })
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
    one(rate_invoices(tx, Month::of(days.start()), &[(subscription, days)]).await?)
}

/// Rates the invoices of several subscriptions, each for days of the same month.
pub(crate) async fn rate_invoices(
    tx: &mut TenantTx,
    month: Month,
    wanted: &[(&Subscription, Period)],
) -> Result<Vec<Outcome>> {
    let subscriptions: Vec<_> = wanted.iter().map(|(subscription, _)| subscription.id).collect();
    let customers: Vec<_> = wanted.iter().map(|(subscription, _)| subscription.customer).collect();
    // Counted before it is rated: an event that comes between the two is found to be late, and rated again.
    let counted = late::events(tx, &customers, month).await?;
    let mut late = late::billed_months(tx, &subscriptions, month, &counted).await?;
    let mut waiting: HashMap<_, Vec<_>> = HashMap::new();
    for charge in one_off_charges::waiting(tx, &customers).await? {
        waiting.entry(charge.customer).or_default().push(charge);
    }
    let days = |(subscription, days): &(&Subscription, Period)| Days {
        customer: subscription.customer,
        timeline: subscription.timeline(),
        period: *days,
    };
    let rated = rate_all(tx, &wanted.iter().map(days).collect::<Vec<_>>()).await?;
    let mut outcomes = Vec::with_capacity(wanted.len());
    for ((subscription, days), rated) in wanted.iter().zip(rated) {
        let events = counted.up_to(subscription.customer, month);
        let late = late.remove(&subscription.id).unwrap_or_default();
        let waiting = waiting.get(&subscription.customer).map_or(&[][..], Vec::as_slice);
        let finished = match rated {
            Ok(Some(rated)) => {
                finish(tx, subscription, *days, rated, (month, events), &late, waiting).await.map(Some)
            }
            other => other,
        };
        match finished {
            Err(error) if !matches!(error, AppError::Conflict { .. }) => return Err(error),
            outcome => outcomes.push(outcome),
        }
    }
    Ok(outcomes)
}

/// Adds to what has been rated of a month what came late for earlier ones, and what is charged once.
async fn finish(
    tx: &mut TenantTx,
    subscription: &Subscription,
    days: Period,
    mut rated: Rated,
    (month, events): (Month, i64),
    late: &[BilledMonth],
    waiting: &[OneOffCharge],
) -> Result<Rated> {
    let counted = |month, events| BilledUsage {
        subscription: subscription.id,
        customer: subscription.customer,
        month,
        events,
    };
    rated.counted.push(counted(month, events));
    for billed in late {
        let earlier = corrections(tx, subscription, billed).await?;
        let lines = earlier
            .iter()
            .flat_map(|part| part.rated.iter().map(|line| NewLine { rated: line.clone(), days: part.days }));
        let lines: Vec<_> = rated.lines.iter().cloned().chain(lines).collect();
        let currency = rated.total.currency();
        let fits = earlier.iter().all(|earlier| earlier.part.plan.currency == currency);
        let total = if fits { sum(currency, &lines)? } else { continue };
        if total.amount_minor() < 0 {
            continue;
        }
        (rated.lines, rated.total) = (lines, total);
        rated.parts.extend(earlier.into_iter().map(|earlier| earlier.part));
        rated.counted.push(counted(billed.month, billed.events));
    }
    one_off(waiting, days, &mut rated)?;
    Ok(rated)
}

/// Adds what is charged once and waits for an invoice in this currency.
fn one_off(waiting: &[OneOffCharge], days: Period, rated: &mut Rated) -> Result<()> {
    let currency = rated.total.currency();
    let waiting: Vec<_> = waiting.iter().filter(|waiting| waiting.currency == currency).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    rated.charges = waiting.iter().map(|waiting| waiting.id).collect();
    let charges: Vec<_> = waiting.into_iter().map(|waiting| waiting.charge.clone()).collect();
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
) -> Result<Vec<RatedPart>> {
    let wanted =
        Days { customer: subscription.customer, timeline: subscription.timeline(), period: month.days };
    let mut found = Vec::new();
    for RatedPart { days, rated, part } in parts(tx, &[wanted]).await?.pop().unwrap_or(Ok(Vec::new()))? {
        let currency = part.plan.currency;
        let billed = late::billed(tx, subscription.id, subscription.customer, days, currency).await?;
        let rated = pricing::correct(rated, &billed, &month.invoice).map_err(refused)?;
        if !rated.is_empty() {
            let corrects = Some(Correction { invoice: month.invoice.clone(), billed });
            found.push(RatedPart { days, rated, part: Part { corrects, ..part } });
        }
    }
    Ok(found)
}

/// The days of each that are charged, by which prices. Versions that charge the same, as where only a name has changed,
/// are one.
async fn charged(tx: &mut TenantTx, wanted: &[Days]) -> Result<Vec<Vec<(Period, PricedPlan)>>> {
    let segments: Vec<_> = wanted.iter().map(|wanted| wanted.timeline.charged(wanted.period)).collect();
    let versions: HashSet<_> = segments.iter().flatten().map(|segment| segment.prices).collect();
    let known = prices::of(tx, &versions.into_iter().collect::<Vec<_>>()).await?;
    let of = |segments: Vec<Segment>| {
        let mut charged: Vec<(Period, PricedPlan)> = Vec::new();
        for segment in segments {
            let priced = known.get(&segment.prices).ok_or(StoreError::NotFound)?.clone();
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
    };
    segments.into_iter().map(of).collect()
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
