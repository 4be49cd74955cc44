//! From the days of subscriptions to lines: each set of prices that one was charged by rates its own days.
//!
//! Many at a time: what they need is read at once, however many they are.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::{
    evidence::{Evidence, LineRecord, OneOffPart, Part, PricedPlan, TaxPart},
    fees::{self, ChargedDays, FeeDays},
    ids::{CustomerId, OneOffChargeId, SubscriptionId},
    money::{Currency, Money, MoneyError},
    periods::{Month, Period},
    pricing::{self, RatedLine, RatingError, Span},
    subscriptions::{PricesRef, Segment, Timeline},
    tax::{TaxTerms, Taxes},
};
use store::{
    StoreError, TenantTx,
    invoices::{BilledSubscription, NewLine, ahead, late::BilledUsage},
    one_off_charges,
    plans::prices,
    subscriptions::Subscription,
    usage::{self, MetricSum},
};

use crate::{
    AppError, Result,
    tax_terms::{Taxing, taxed},
    usage::measured,
};

/// Days that have been rated.
#[derive(Debug, Clone)]
pub struct Rated {
    /// The lines.
    pub lines: Vec<NewLine>,
    /// The subscriptions that they bill, and those that have nothing to be billed for their days.
    pub billed: Vec<BilledSubscription>,
    /// Their taxes, with what these were decided by; none where the seller charges no tax.
    tax: Option<TaxPart>,
    /// What it comes to with taxes.
    pub total: Money,
    /// What they were computed from, one part for each set of prices, at least one; then what came late for earlier days.
    pub(super) parts: Vec<Part>,
    /// What is charged once, after that.
    pub(super) one_off: Option<OneOffPart>,
    /// How many events there are up to the end of each month that is rated.
    pub counted: Vec<BilledUsage>,
    /// What is charged once.
    pub charges: Vec<OneOffChargeId>,
}

impl Rated {
    /// Nothing yet.
    fn empty(currency: Currency) -> Self {
        Self {
            lines: Vec::new(),
            billed: Vec::new(),
            tax: None,
            total: Money::zero(currency),
            parts: Vec::new(),
            one_off: None,
            counted: Vec::new(),
            charges: Vec::new(),
        }
    }

    /// The days that it charges in advance.
    pub(crate) fn ahead(&self) -> Vec<ChargedDays> {
        let ahead = self.parts.iter().filter(|part| part.fee.is_some() && part.plan.rhythm().is_ahead());
        let charged = |part: &Part| {
            let prices = PricesRef { plan: part.plan.id, version: part.plan.version };
            let days = Period::new(part.from, part.until)?;
            Some(ChargedDays { days, prices, quantity: part.quantity })
        };
        ahead.filter_map(charged).collect()
    }

    /// What the lines were computed from.
    pub fn evidence(&self) -> Evidence {
        Evidence::of(self.parts.clone(), self.one_off.clone(), self.records(), self.tax.clone(), self.total)
    }

    fn records(&self) -> Vec<LineRecord> {
        records(&self.lines)
    }

    /// The taxes.
    pub fn taxes(&self) -> Option<&Taxes> {
        self.tax.as_ref().map(|part| &part.taxes)
    }

    /// What the taxes come to.
    pub fn tax(&self) -> Result<Money> {
        let currency = self.total.currency();
        let sum = self.taxes().map_or(Ok(Money::zero(currency)), |taxes| taxes.sum(currency));
        sum.map_err(|_| refused(RatingError::TooLarge))
    }

    /// What is earned: the total without the taxes.
    pub fn revenue(&self) -> Result<Money> {
        self.total.checked_sub(self.tax()?).map_err(|_| refused(RatingError::TooLarge))
    }

    /// Whether there is no invoice as its fee is not due: nothing else is charged for.
    pub(super) fn is_nothing(&self) -> bool {
        self.lines.is_empty() && self.parts.iter().any(|part| !part.plan.rhythm().is_calendar_month())
    }

    /// Puts lines in place of what it had, with the taxes on them.
    pub(super) fn set_lines(&mut self, lines: Vec<NewLine>, terms: Option<&TaxTerms>) -> Result<()> {
        let currency = self.total.currency();
        let (tax, total) = match terms {
            Some(terms) => taxed(terms, currency, &records(&lines)).map(|(tax, total)| (Some(tax), total)),
            None => Money::sum(currency, lines.iter().map(|line| line.rated.amount)).map(|sum| (None, sum)),
        }
        .map_err(too_large)?;
        (self.lines, self.tax, self.total) = (lines, tax, total);
        Ok(())
    }
}

fn records(lines: &[NewLine]) -> Vec<LineRecord> {
    let record = |line: &NewLine| LineRecord::of(&line.rated, line.days, line.tax_class.as_deref());
    lines.iter().map(record).collect()
}

fn too_large(_: MoneyError) -> AppError {
    refused(RatingError::TooLarge)
}

/// Days of a customer.
pub(super) struct Days {
    customer: CustomerId,
    timeline: Timeline,
    /// Of one month.
    period: Period,
    /// Whose invoices have charged in advance.
    subscription: Option<SubscriptionId>,
    /// What would have been charged in advance by others that are not issued.
    ahead: Vec<ChargedDays>,
}

impl Days {
    pub fn of(subscription: &Subscription, period: Period) -> Self {
        Self {
            customer: subscription.customer,
            timeline: subscription.timeline(),
            period,
            subscription: Some(subscription.id),
            ahead: Vec::new(),
        }
    }

    fn month(&self) -> Month {
        Month::of(self.period.start())
    }
}

/// How base fees with a rhythm of their own are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fees {
    /// When they fall due, or are charged in advance.
    Due,
    /// When they fall due; where they are charged in advance, each month its days.
    Earned,
    /// Each month bears the same.
    Evenly,
    /// Not at all: no usage changes them.
    Not,
}

/// Prices by their version.
type Prices = HashMap<PricesRef, PricedPlan>;

/// What came of rating: nothing where none of the days is charged for; why not, where they cannot be rated.
pub(crate) type Outcome<T = Rated> = Result<Option<T>>;

/// Rates days of one month of a subscription, as if it had another timeline and so much had been charged in advance
/// beside what is issued; `None` where none of them is charged for.
pub(crate) async fn rate(
    tx: &mut TenantTx,
    subscription: &Subscription,
    timeline: &Timeline,
    days: Period,
    ahead: &[ChargedDays],
) -> Result<Option<Rated>> {
    let (timeline, ahead) = (timeline.clone(), ahead.to_vec());
    let rated = rate_one(tx, Days { timeline, ahead, ..Days::of(subscription, days) }, Fees::Due).await?;
    Ok(rated.filter(|rated| !rated.is_nothing()))
}

/// Rates days of one month by what it earns; `None` where none of them is charged for.
pub(crate) async fn rate_earned(
    tx: &mut TenantTx,
    customer: CustomerId,
    timeline: &Timeline,
    period: Period,
) -> Result<Option<Rated>> {
    let timeline = timeline.clone();
    let days = Days { customer, timeline, period, subscription: None, ahead: Vec::new() };
    let rated = rate_one(tx, days, Fees::Earned).await?;
    Ok(rated.filter(|rated| !rated.is_nothing()))
}

async fn rate_one(tx: &mut TenantTx, days: Days, fees: Fees) -> Result<Option<Rated>> {
    let taxing = Taxing::of(tx, &[days.customer]).await?;
    let terms = terms(tx, taxing.as_ref(), days.customer, days.period)?;
    let parts = parts(tx, &[days], fees).await?.pop().unwrap_or(Ok(Vec::new()))?;
    let Some(currency) = parts.last().map(|rated| rated.part.plan.currency) else { return Ok(None) };
    together(currency, parts, terms.as_ref()).map(Some)
}

/// What a month comes to by one set of prices so many times, had it been charged whole. A fee for a year is in it by a twelfth.
pub(crate) async fn rate_evenly(
    tx: &mut TenantTx,
    customer: CustomerId,
    prices: (PricesRef, u32),
    month: Month,
) -> Result<Option<Rated>> {
    let period = month.period();
    let timeline = Timeline::new((period.start(), None), None, prices, Vec::new());
    let days = Days { customer, timeline, period, subscription: None, ahead: Vec::new() };
    rate_one(tx, days, Fees::Evenly).await
}

/// What the taxes on days are decided by. What is supplied over a period is supplied when it ends; what is billed before,
/// then.
pub(super) fn terms(
    tx: &TenantTx,
    taxing: Option<&Taxing>,
    customer: CustomerId,
    days: Period,
) -> Result<Option<TaxTerms>> {
    let on = days.last_day().min(tx.today());
    taxing.map(|taxing| taxing.terms(customer, on)).transpose()
}

/// Rated parts make an invoice's worth.
pub(super) fn together(currency: Currency, rated: Vec<RatedPart>, terms: Option<&TaxTerms>) -> Result<Rated> {
    let (mut lines, mut parts) = (Vec::new(), Vec::new());
    for rated in rated {
        lines.extend(rated.lines());
        parts.push(rated.part);
    }
    let mut rated = Rated { parts, ..Rated::empty(currency) };
    rated.set_lines(lines, terms)?;
    Ok(rated)
}

/// Days with one set of prices.
pub(super) struct RatedPart {
    pub subscription: Option<SubscriptionId>,
    pub days: Period,
    pub rated: Vec<RatedLine>,
    pub part: Part,
}

impl RatedPart {
    pub fn lines(&self) -> impl Iterator<Item = NewLine> {
        let (plan, fee) = (&self.part.plan, self.part.fee_period());
        let prices = PricesRef { plan: plan.id, version: plan.version };
        let ahead = fee.filter(|_| plan.rhythm().is_ahead()).map(|_| (prices, self.part.quantity));
        let class = &plan.tax_class;
        self.rated.iter().map(move |line| NewLine {
            subscription: self.subscription,
            rated: line.clone(),
            days: self.days,
            fee,
            ahead,
            tax_class: class.clone(),
        })
    }
}

/// Rates the days of each by the prices that they are charged by, behind the fees that are charged with them.
pub(super) async fn parts(
    tx: &mut TenantTx,
    wanted: &[Days],
    fees: Fees,
) -> Result<Vec<Result<Vec<RatedPart>>>> {
    let mut known = known(tx, wanted).await?;
    let mut charged_fees = fees_of(tx, wanted, fees, &mut known).await?.into_iter();
    let charged = charged(&known, wanted)?;
    let zone = tx.scope().time_zone();
    let days_of = |(days, charged): (&Days, &Vec<_>)| {
        charged.iter().map(|(part, _): &(Segment, PricedPlan)| (days.customer, part.days)).collect::<Vec<_>>()
    };
    let asked: Vec<_> = wanted.iter().zip(&charged).flat_map(days_of).collect();
    let mut sums = usage::over(tx, &asked).await?.into_iter();
    let mut outcomes = Vec::with_capacity(wanted.len());
    for (days, charged) in wanted.iter().zip(charged) {
        let mut rated = fee_parts(days, charged_fees.next().unwrap_or_default(), &known, zone);
        for ((part, priced), sums) in charged.into_iter().zip(&mut sums) {
            match (&mut rated, rate_part(tx, days, part, priced, &sums, fees).await) {
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

/// The fees with a rhythm of their own that are charged with days of a month. Prices that issued invoices have charged by in advance
/// come to be known.
async fn fees_of(
    tx: &mut TenantTx,
    wanted: &[Days],
    fees: Fees,
    known: &mut Prices,
) -> Result<Vec<Vec<FeeDays>>> {
    if !matches!(fees, Fees::Due | Fees::Earned) {
        return Ok(Vec::new());
    }
    let mut charged = match fees {
        Fees::Due => charged_ahead(tx, wanted, known).await?,
        _ => HashMap::new(),
    };
    let of = |days: &Days| {
        let month = days.month();
        let mut found = fees::due(&days.timeline, month.period(), known)?;
        found.extend(if fees == Fees::Due {
            let mut charged = days.subscription.and_then(|id| charged.remove(&id)).unwrap_or_default();
            charged.extend(&days.ahead);
            fees::ahead(&days.timeline, month, known, &charged)?
        } else {
            fees::borne(&days.timeline, month, known)?
        });
        Some(found)
    };
    let found: Option<_> = wanted.iter().map(of).collect();
    Ok(found.ok_or(StoreError::NotFound)?)
}

/// What issued invoices have charged in advance, with the prices that they did it by.
async fn charged_ahead(
    tx: &mut TenantTx,
    wanted: &[Days],
    known: &mut Prices,
) -> Result<HashMap<SubscriptionId, Vec<ChargedDays>>> {
    let is_ahead = |prices| known.get(&prices).is_some_and(|priced: &PricedPlan| priced.rhythm().is_ahead());
    let some = wanted.iter().filter(|days| days.timeline.all_prices().any(is_ahead));
    let ids: Vec<_> = some.filter_map(|days| days.subscription).collect();
    // Of all periods that are not over: none is longer than a year.
    let from = wanted.iter().map(|days| days.month().offset(-12).first_day()).min();
    let Some(from) = from.filter(|_| !ids.is_empty()) else { return Ok(HashMap::new()) };
    let lines = ahead::charged(tx, &ids, from).await?;
    let versions: HashSet<_> = lines.values().flatten().map(|line| line.prices).collect();
    let unknown: Vec<_> = versions.into_iter().filter(|prices| !known.contains_key(prices)).collect();
    if !unknown.is_empty() {
        known.extend(prices::of(tx, &unknown).await?);
    }
    let days = |lines: Vec<ahead::ChargedLine>| {
        let left = |line: ahead::ChargedLine| {
            let (prices, quantity) = (line.prices, line.quantity);
            let left = fees::without(line.days, &line.returned).into_iter();
            left.map(move |days| ChargedDays { days, prices, quantity })
        };
        lines.into_iter().flat_map(left).collect()
    };
    Ok(lines.into_iter().map(|(id, lines)| (id, days(lines))).collect())
}

/// The parts of fees.
fn fee_parts(wanted: &Days, charged: Vec<FeeDays>, known: &Prices, zone: Tz) -> Result<Vec<RatedPart>> {
    let part = |FeeDays { days, of, prices, quantity }: FeeDays| {
        let priced = known.get(&prices).ok_or(StoreError::NotFound)?.clone();
        let plan = priced.price().ok_or(StoreError::Corrupt("plan_prices.components"))?;
        let span = Span::part(of, days, &zone)
            .ok_or_else(|| AppError::internal("the days of a fee are not in its period"))?
            .times(quantity);
        let rated = pricing::rate_fee(&plan, span.share()).map_err(refused)?;
        let subscription = wanted.subscription;
        Ok(RatedPart { subscription, days, rated, part: Part::of_fee(priced, days, of, &span) })
    };
    charged.into_iter().map(part).collect()
}

/// Days of one set of prices, by the usage there is.
async fn rate_part(
    tx: &mut TenantTx,
    wanted: &Days,
    Segment { days, quantity, .. }: Segment,
    priced: PricedPlan,
    sums: &[MetricSum],
    fees: Fees,
) -> Result<RatedPart> {
    let plan = priced.price().ok_or(StoreError::Corrupt("plan_prices.components"))?;
    let used = measured(tx, wanted.customer, &plan, days, sums).await?;
    let month = Month::of(days.start()).period();
    let span = Span::part(month, days, &tx.scope().time_zone())
        .ok_or_else(|| AppError::internal("the days served are not in one month"))?
        .times(quantity);
    let mut rated = match fees {
        Fees::Evenly => pricing::rate_fee_evenly(&plan, &span).map_err(refused)?,
        Fees::Due | Fees::Earned | Fees::Not => Vec::new(),
    };
    rated.extend(pricing::rate(&plan, &used, &span).map_err(refused)?);
    let subscription = wanted.subscription;
    Ok(RatedPart { subscription, days, rated, part: Part::of(priced, days, &span, &used) })
}

/// Whether any of a subscription's days is charged for by prices that are billed elsewhere.
pub(crate) async fn is_billed_elsewhere(
    tx: &mut TenantTx,
    subscription: &Subscription,
    days: Period,
) -> Result<bool> {
    let segments = subscription.timeline().charged(days);
    let versions: HashSet<_> = segments.iter().map(|segment| segment.prices).collect();
    if versions.is_empty() {
        return Ok(false);
    }
    let known = prices::of(tx, &versions.into_iter().collect::<Vec<_>>()).await?;
    Ok(known.values().any(|priced| !priced.billed_at.is_here()))
}

/// Of subscriptions, which have something to be charged in a month whatever was used: not those on trial or resting all the
/// time, nor those whose fee alone is charged and not due, unless something is charged once.
pub(crate) async fn have_charges(
    tx: &mut TenantTx,
    subscriptions: &[Subscription],
    month: Month,
) -> Result<Vec<bool>> {
    let wanted: Vec<_> =
        subscriptions.iter().map(|subscription| Days::of(subscription, month.period())).collect();
    let mut known = known(tx, &wanted).await?;
    let fees = fees_of(tx, &wanted, Fees::Due, &mut known).await?;
    let customers: Vec<_> = wanted.iter().map(|wanted| wanted.customer).collect();
    let once: HashSet<_> =
        one_off_charges::waiting(tx, &customers).await?.into_iter().map(|charge| charge.customer).collect();
    let mut fees = fees.into_iter();
    let has_charges = |(wanted, charged): (&Days, Vec<(Segment, PricedPlan)>)| {
        let waits = once.contains(&wanted.customer);
        let has_fees = fees.next().is_some_and(|fees| !fees.is_empty());
        let is_charged =
            |plan: &PricedPlan| waits || plan.rhythm().is_calendar_month() || !plan.components.is_empty();
        has_fees || charged.iter().any(|(_, plan)| is_charged(plan))
    };
    Ok(wanted.iter().zip(charged(&known, &wanted)?).map(has_charges).collect())
}

/// Whether the fees that fell due before a day are the same by two timelines of a subscription: what has been billed is to
/// stay what was due.
pub(crate) async fn same_fees(
    tx: &mut TenantTx,
    before: &Timeline,
    after: &Timeline,
    until: NaiveDate,
) -> Result<bool> {
    let first = before.first_charged().min(after.first_charged());
    let Some(billed) = Period::new(Month::of(first).first_day(), until) else { return Ok(true) };
    let versions: HashSet<_> = before.all_prices().chain(after.all_prices()).collect();
    let known = prices::of(tx, &versions.into_iter().collect::<Vec<_>>()).await?;
    let due = |timeline| fees::due(timeline, billed, &known).ok_or(StoreError::NotFound);
    Ok(due(before)? == due(after)?)
}

/// The days of each that are charged here, by which prices how many times. Versions that charge the same, as where only a
/// name has changed, are one.
fn charged(known: &Prices, wanted: &[Days]) -> Result<Vec<Vec<(Segment, PricedPlan)>>> {
    let segments = wanted.iter().map(|wanted| wanted.timeline.charged(wanted.period));
    let of = |segments: Vec<Segment>| {
        let mut charged: Vec<(Segment, PricedPlan)> = Vec::new();
        for segment in segments {
            let priced = known.get(&segment.prices).ok_or(StoreError::NotFound)?.clone();
            if !priced.billed_at.is_here() {
                continue;
            }
            if let Some((before, last)) = charged.last_mut()
                && before.days.end() == segment.days.start()
                && before.quantity == segment.quantity
                && last.charges_as(&priced)
                && let Some(days) = Period::new(before.days.start(), segment.days.end())
            {
                (*before, *last) = (Segment { days, ..segment }, priced);
            } else {
                charged.push((segment, priced));
            }
        }
        Ok(charged)
    };
    segments.map(of).collect()
}

/// All prices that subscriptions are charged by, ever: a fee may be for days long before.
async fn known(tx: &mut TenantTx, wanted: &[Days]) -> Result<Prices> {
    let versions: HashSet<_> = wanted.iter().flat_map(|wanted| wanted.timeline.all_prices()).collect();
    Ok(prices::of(tx, &versions.into_iter().collect::<Vec<_>>()).await?)
}

pub(super) fn refused(error: RatingError) -> AppError {
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
