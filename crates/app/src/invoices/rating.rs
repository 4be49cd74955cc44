//! From the days of subscriptions to lines: each set of prices that one was charged by rates its own days.
//!
//! Many at a time: what they need is read at once, however many they are.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::{
    evidence::{Correction, Evidence, LineRecord, OneOffPart, Part, PricedPlan, TaxPart},
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
    invoices::{
        BilledSubscription, NewLine, ahead,
        late::{self, BilledMonth, BilledUsage},
    },
    one_off_charges::{self, OneOffCharge},
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
    parts: Vec<Part>,
    /// What is charged once, after that.
    one_off: Option<OneOffPart>,
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
            Some(ChargedDays { days: Period::new(part.from, part.until)?, prices })
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
    fn is_nothing(&self) -> bool {
        self.lines.is_empty() && self.parts.iter().any(|part| !part.plan.rhythm().is_calendar_month())
    }

    /// Puts lines in place of what it had, with the taxes on them.
    fn set_lines(&mut self, lines: Vec<NewLine>, terms: Option<&TaxTerms>) -> Result<()> {
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
struct Days {
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
    fn of(subscription: &Subscription, period: Period) -> Self {
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
enum Fees {
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
    one(rate_all(tx, &[days], &[terms], fees).await?)
}

/// What a month comes to by one set of prices, had it been charged whole. A fee for a year is in it by a twelfth.
pub(crate) async fn rate_evenly(
    tx: &mut TenantTx,
    customer: CustomerId,
    prices: PricesRef,
    month: Month,
) -> Result<Option<Rated>> {
    let period = month.period();
    let timeline = Timeline::new((period.start(), None), None, prices, Vec::new());
    let days = Days { customer, timeline, period, subscription: None, ahead: Vec::new() };
    rate_one(tx, days, Fees::Evenly).await
}

/// What the taxes on days are decided by. What is supplied over a period is supplied when it ends; what is billed before,
/// then.
fn terms(
    tx: &TenantTx,
    taxing: Option<&Taxing>,
    customer: CustomerId,
    days: Period,
) -> Result<Option<TaxTerms>> {
    let on = days.last_day().min(tx.today());
    taxing.map(|taxing| taxing.terms(customer, on)).transpose()
}

/// The outcome of the one that was asked for.
fn one<T>(mut outcomes: Vec<Outcome<T>>) -> Outcome<T> {
    outcomes.pop().unwrap_or(Ok(None))
}

async fn rate_all(
    tx: &mut TenantTx,
    wanted: &[Days],
    terms: &[Option<TaxTerms>],
    fees: Fees,
) -> Result<Vec<Outcome>> {
    let parts = parts(tx, wanted, fees).await?;
    let rated = |(parts, terms): (Result<Vec<_>>, &Option<TaxTerms>)| {
        let parts: Vec<RatedPart> = parts?;
        let Some(currency) = parts.last().map(|rated| rated.part.plan.currency) else { return Ok(None) };
        rated(currency, parts, terms.as_ref()).map(Some)
    };
    Ok(parts.into_iter().zip(terms).map(rated).collect())
}

/// Rated parts make an invoice's worth.
fn rated(currency: Currency, rated: Vec<RatedPart>, terms: Option<&TaxTerms>) -> Result<Rated> {
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
struct RatedPart {
    subscription: Option<SubscriptionId>,
    days: Period,
    rated: Vec<RatedLine>,
    part: Part,
}

impl RatedPart {
    fn lines(&self) -> impl Iterator<Item = NewLine> {
        let (plan, fee) = (&self.part.plan, self.part.fee_period());
        let prices = PricesRef { plan: plan.id, version: plan.version };
        let ahead = fee.filter(|_| plan.rhythm().is_ahead()).map(|_| prices);
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
async fn parts(tx: &mut TenantTx, wanted: &[Days], fees: Fees) -> Result<Vec<Result<Vec<RatedPart>>>> {
    let mut known = known(tx, wanted).await?;
    let mut charged_fees = fees_of(tx, wanted, fees, &mut known).await?.into_iter();
    let charged = charged(&known, wanted)?;
    let zone = tx.scope().time_zone();
    let days_of = |(days, charged): (&Days, &Vec<_>)| {
        charged.iter().map(|(part, _): &(Period, PricedPlan)| (days.customer, *part)).collect::<Vec<_>>()
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
        let left = lines.into_iter().map(|line| (fees::without(line.days, &line.returned), line.prices));
        left.flat_map(|(left, prices)| left.into_iter().map(move |days| ChargedDays { days, prices }))
            .collect()
    };
    Ok(lines.into_iter().map(|(id, lines)| (id, days(lines))).collect())
}

/// The parts of fees.
fn fee_parts(wanted: &Days, charged: Vec<FeeDays>, known: &Prices, zone: Tz) -> Result<Vec<RatedPart>> {
    let part = |FeeDays { days, of, prices }: FeeDays| {
        let priced = known.get(&prices).ok_or(StoreError::NotFound)?.clone();
        let plan = priced.price().ok_or(StoreError::Corrupt("plan_prices.components"))?;
        let span = Span::part(of, days, &zone)
            .ok_or_else(|| AppError::internal("the days of a fee are not in its period"))?;
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
    days: Period,
    priced: PricedPlan,
    sums: &[MetricSum],
    fees: Fees,
) -> Result<RatedPart> {
    let plan = priced.price().ok_or(StoreError::Corrupt("plan_prices.components"))?;
    let used = measured(tx, wanted.customer, &plan, days, sums).await?;
    let month = Month::of(days.start()).period();
    let span = Span::part(month, days, &tx.scope().time_zone())
        .ok_or_else(|| AppError::internal("the days served are not in one month"))?;
    let mut rated = match fees {
        Fees::Evenly => pricing::rate_fee_evenly(&plan, &span).map_err(refused)?,
        Fees::Due | Fees::Earned | Fees::Not => Vec::new(),
    };
    rated.extend(pricing::rate(&plan, &used, &span).map_err(refused)?);
    let subscription = wanted.subscription;
    Ok(RatedPart { subscription, days, rated, part: Part::of(priced, days, &span, &used) })
}

/// What an invoice is to bill: subscriptions of a customer in one currency, each for its days of a month.
#[derive(Debug, Clone)]
pub struct Bill {
    /// Whose.
    pub customer: CustomerId,
    /// In which currency.
    pub currency: Currency,
    /// What for which days, in this order; at least one.
    pub subscriptions: Vec<(Subscription, Period)>,
}

impl Bill {
    /// Puts subscriptions together that belong on one invoice, with their days of a month. They come by customer.
    pub fn of(subscriptions: Vec<Subscription>, month: Month) -> Vec<Self> {
        let mut bills: Vec<Self> = Vec::new();
        for one in subscriptions {
            let Some(days) = one.timeline().covered(month.period()) else { continue };
            let (customer, currency) = (one.customer, one.currency);
            let same = |bill: &&mut Self| bill.customer == customer && bill.currency == currency;
            match bills.iter_mut().rev().take_while(|bill| bill.customer == customer).find(same) {
                Some(bill) => bill.subscriptions.push((one, days)),
                None => bills.push(Self { customer, currency, subscriptions: vec![(one, days)] }),
            }
        }
        bills
    }

    /// From the first day of any of its subscriptions to the last.
    pub fn period(&self) -> Option<Period> {
        let days = || self.subscriptions.iter().map(|(_, days)| days);
        Period::new(days().map(|days| days.start()).min()?, days().map(|days| days.end()).max()?)
    }
}

/// Rates the invoices of a month: the days of subscriptions, and what came late for days that were billed before.
///
/// Days of which usage came late are rated whole, as they would have been had it come in time; what was billed for them
/// is taken off. What makes an invoice less than nothing waits for one that can bear it.
pub(crate) async fn rate_bills(tx: &mut TenantTx, month: Month, bills: &[Bill]) -> Result<Vec<Outcome>> {
    let all = || bills.iter().flat_map(|bill| &bill.subscriptions);
    let subscriptions: Vec<_> = all().map(|(subscription, _)| subscription.id).collect();
    let customers: Vec<_> = bills.iter().map(|bill| bill.customer).collect();
    // Counted before it is rated: an event that comes between the two is found to be late, and rated again.
    let counted = late::events(tx, &customers, month).await?;
    let late = late::billed_months(tx, &subscriptions, month, &counted).await?;
    let mut waiting: HashMap<_, Vec<_>> = HashMap::new();
    for charge in one_off_charges::waiting(tx, &customers).await? {
        waiting.entry((charge.customer, charge.currency)).or_default().push(charge);
    }
    let taxing = Taxing::of(tx, &customers).await?;
    let wanted: Vec<_> = all().map(|(subscription, days)| Days::of(subscription, *days)).collect();
    let mut rated = parts(tx, &wanted, Fees::Due).await?.into_iter();
    let mut outcomes = Vec::with_capacity(bills.len());
    for bill in bills {
        let parts: Result<Vec<Vec<RatedPart>>> =
            rated.by_ref().take(bill.subscriptions.len()).collect::<Vec<_>>().into_iter().collect();
        let days = bill.period().ok_or_else(|| AppError::internal("a bill of nothing"))?;
        let more = More {
            days,
            late: &late,
            waiting: waiting.remove(&(bill.customer, bill.currency)).unwrap_or_default(),
            terms: terms(tx, taxing.as_ref(), bill.customer, days)?,
            events: counted.up_to(bill.customer, month),
        };
        let outcome = match parts {
            Ok(parts) => rate_bill(tx, bill, month, parts, more).await,
            Err(error) => Err(error),
        };
        outcomes.push(match outcome {
            Err(error) if !matches!(error, AppError::Conflict { .. }) => return Err(error),
            outcome => outcome,
        });
    }
    Ok(outcomes)
}

/// Rates one invoice; `None` where nothing is charged for.
async fn rate_bill(
    tx: &mut TenantTx,
    bill: &Bill,
    month: Month,
    parts: Vec<Vec<RatedPart>>,
    more: More<'_>,
) -> Outcome {
    let (mut charged, mut elsewhere) = (Vec::new(), Vec::new());
    let mut billed = Vec::new();
    for ((subscription, days), parts) in bill.subscriptions.iter().zip(&parts) {
        if let Some(last) = parts.last() {
            billed.push(billed_by(subscription, *days, &last.part.plan));
            charged.push(subscription);
        } else if !subscription.timeline().charged(*days).is_empty() {
            elsewhere.push((subscription, *days));
        }
    }
    let mut rated = rated(bill.currency, parts.into_iter().flatten().collect(), more.terms.as_ref())?;
    rated.counted = charged.iter().map(|subscription| counted(subscription, month, more.events)).collect();
    rated.billed = billed;
    for subscription in charged {
        rated = add_late(tx, subscription, rated, &more).await?.0;
    }
    // Of days that are billed elsewhere, there is still what came late for earlier ones that were billed here.
    for (subscription, days) in elsewhere {
        let (with_late, last) = add_late(tx, subscription, rated, &more).await?;
        rated = with_late;
        if let Some(plan) = last {
            rated.billed.push(billed_by(subscription, days, &plan));
        }
    }
    if rated.billed.is_empty() {
        return Ok(None);
    }
    one_off(more, &mut rated)?;
    Ok(Some(rated).filter(|rated| !rated.is_nothing()))
}

/// A subscription on an invoice, by the last of its prices.
fn billed_by(subscription: &Subscription, period: Period, plan: &PricedPlan) -> BilledSubscription {
    let prices = PricesRef { plan: plan.id, version: plan.version };
    BilledSubscription { id: subscription.id, period, prices, plan_name: plan.name.clone() }
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
    let has_charges = |(wanted, charged): (&Days, Vec<(Period, PricedPlan)>)| {
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

/// What an invoice has beside the days that it bills.
struct More<'a> {
    /// All of its days.
    days: Period,
    /// Months of which usage came late, by subscription.
    late: &'a HashMap<SubscriptionId, Vec<BilledMonth>>,
    /// What is charged once.
    waiting: Vec<OneOffCharge>,
    /// What its taxes are decided by.
    terms: Option<TaxTerms>,
    /// How many events of the customer there are up to the end of its month.
    events: i64,
}

fn counted(subscription: &Subscription, month: Month, events: i64) -> BilledUsage {
    BilledUsage { subscription: subscription.id, customer: subscription.customer, month, events }
}

/// Adds what came late for days of a subscription that were billed before; says by which prices the last of it is.
async fn add_late(
    tx: &mut TenantTx,
    subscription: &Subscription,
    mut rated: Rated,
    more: &More<'_>,
) -> Result<(Rated, Option<PricedPlan>)> {
    let mut last = None;
    for billed in more.late.get(&subscription.id).into_iter().flatten() {
        let earlier = corrections(tx, subscription, billed).await?;
        let lines = earlier.iter().flat_map(RatedPart::lines);
        let lines: Vec<_> = rated.lines.iter().cloned().chain(lines).collect();
        let currency = rated.total.currency();
        let fits = earlier.iter().all(|earlier| earlier.part.plan.currency == currency);
        if !fits {
            continue;
        }
        let mut corrected = rated.clone();
        corrected.set_lines(lines, more.terms.as_ref())?;
        if corrected.total.amount_minor() < 0 || corrected.revenue()?.amount_minor() < 0 {
            continue;
        }
        rated = corrected;
        last = earlier.last().map(|earlier| earlier.part.plan.clone()).or(last);
        rated.parts.extend(earlier.into_iter().map(|earlier| earlier.part));
        rated.counted.push(counted(subscription, billed.month, billed.events));
    }
    Ok((rated, last))
}

/// Adds what is charged once.
fn one_off(more: More<'_>, rated: &mut Rated) -> Result<()> {
    let (currency, days) = (rated.total.currency(), more.days);
    if more.waiting.is_empty() {
        return Ok(());
    }
    rated.charges = more.waiting.iter().map(|waiting| waiting.id).collect();
    let charges: Vec<_> = more.waiting.into_iter().map(|waiting| waiting.charge).collect();
    let mut lines = std::mem::take(&mut rated.lines);
    for charge in &charges {
        let tax_class = charge.tax_class.clone();
        let rated = charge.rate(currency).map_err(refused)?;
        lines.push(NewLine { subscription: None, rated, days, fee: None, ahead: None, tax_class });
    }
    rated.set_lines(lines, more.terms.as_ref())?;
    rated.one_off = Some(OneOffPart { from: days.start(), until: days.end(), charges });
    Ok(())
}

/// What is missing of a month that was billed before; only the parts of which something is.
async fn corrections(
    tx: &mut TenantTx,
    subscription: &Subscription,
    month: &BilledMonth,
) -> Result<Vec<RatedPart>> {
    let wanted = Days::of(subscription, month.days);
    let mut found = Vec::new();
    let whole = parts(tx, &[wanted], Fees::Not).await?.pop().unwrap_or(Ok(Vec::new()))?;
    for RatedPart { subscription: of, days, rated, part } in whole {
        let currency = part.plan.currency;
        let billed = late::billed(tx, subscription.id, subscription.customer, days, currency).await?;
        let rated = pricing::correct(rated, &billed, &month.invoice).map_err(refused)?;
        if !rated.is_empty() {
            let corrects = Some(Correction { invoice: month.invoice.clone(), billed });
            found.push(RatedPart { subscription: of, days, rated, part: Part { corrects, ..part } });
        }
    }
    Ok(found)
}

/// The days of each that are charged here, by which prices. Versions that charge the same, as where only a name has changed,
/// are one.
fn charged(known: &Prices, wanted: &[Days]) -> Result<Vec<Vec<(Period, PricedPlan)>>> {
    let segments = wanted.iter().map(|wanted| wanted.timeline.charged(wanted.period));
    let of = |segments: Vec<Segment>| {
        let mut charged: Vec<(Period, PricedPlan)> = Vec::new();
        for segment in segments {
            let priced = known.get(&segment.prices).ok_or(StoreError::NotFound)?.clone();
            if !priced.billed_at.is_here() {
                continue;
            }
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
    segments.map(of).collect()
}

/// All prices that subscriptions are charged by, ever: a fee may be for days long before.
async fn known(tx: &mut TenantTx, wanted: &[Days]) -> Result<Prices> {
    let versions: HashSet<_> = wanted.iter().flat_map(|wanted| wanted.timeline.all_prices()).collect();
    Ok(prices::of(tx, &versions.into_iter().collect::<Vec<_>>()).await?)
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
