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
        NewLine, ahead,
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
    /// The prices of the last days; where there is only what came late, of the last of that.
    pub fn prices(&self) -> Option<&PricedPlan> {
        let last = self.parts.iter().rfind(|part| part.corrects.is_none()).or(self.parts.last());
        last.map(|part| &part.plan)
    }

    /// Nothing yet.
    fn empty(currency: Currency) -> Self {
        Self {
            lines: Vec::new(),
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
    Ok(parts.into_iter().zip(terms).map(|(parts, terms)| rated(parts?, terms.as_ref())).collect())
}

/// Rated parts make an invoice's worth.
fn rated(rated: Vec<RatedPart>, terms: Option<&TaxTerms>) -> Outcome {
    let Some(currency) = rated.last().map(|rated| rated.part.plan.currency) else { return Ok(None) };
    let (mut lines, mut parts) = (Vec::new(), Vec::new());
    for rated in rated {
        lines.extend(rated.lines());
        parts.push(rated.part);
    }
    let mut rated = Rated { parts, ..Rated::empty(currency) };
    rated.set_lines(lines, terms)?;
    Ok(Some(rated))
}

/// Days with one set of prices.
struct RatedPart {
    days: Period,
    rated: Vec<RatedLine>,
    part: Part,
}

impl RatedPart {
    fn lines(&self) -> impl Iterator<Item = NewLine> {
        let (plan, fee) = (&self.part.plan, self.part.fee_period());
        let prices = PricesRef { plan: plan.id, version: plan.version };
        let ahead = fee.filter(|_| plan.rhythm().is_ahead()).map(|_| (prices, self.part.quantity));
        let class = &plan.tax_class;
        self.rated.iter().map(move |line| NewLine {
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
        charged.iter().map(|(part, _): &(Segment, PricedPlan)| (days.customer, part.days)).collect::<Vec<_>>()
    };
    let asked: Vec<_> = wanted.iter().zip(&charged).flat_map(days_of).collect();
    let mut sums = usage::over(tx, &asked).await?.into_iter();
    let mut outcomes = Vec::with_capacity(wanted.len());
    for (days, charged) in wanted.iter().zip(charged) {
        let mut rated = fee_parts(charged_fees.next().unwrap_or_default(), &known, zone);
        for ((part, priced), sums) in charged.into_iter().zip(&mut sums) {
            match (&mut rated, rate_part(tx, days.customer, part, priced, &sums, fees).await) {
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
fn fee_parts(charged: Vec<FeeDays>, known: &Prices, zone: Tz) -> Result<Vec<RatedPart>> {
    let part = |FeeDays { days, of, prices, quantity }: FeeDays| {
        let priced = known.get(&prices).ok_or(StoreError::NotFound)?.clone();
        let plan = priced.price().ok_or(StoreError::Corrupt("plan_prices.components"))?;
        let span = Span::part(of, days, &zone)
            .ok_or_else(|| AppError::internal("the days of a fee are not in its period"))?
            .times(quantity);
        let rated = pricing::rate_fee(&plan, span.share()).map_err(refused)?;
        Ok(RatedPart { days, rated, part: Part::of_fee(priced, days, of, &span) })
    };
    charged.into_iter().map(part).collect()
}

/// Days of one set of prices, by the usage there is.
async fn rate_part(
    tx: &mut TenantTx,
    customer: CustomerId,
    Segment { days, quantity, .. }: Segment,
    priced: PricedPlan,
    sums: &[MetricSum],
    fees: Fees,
) -> Result<RatedPart> {
    let plan = priced.price().ok_or(StoreError::Corrupt("plan_prices.components"))?;
    let used = measured(tx, customer, &plan, days, sums).await?;
    let month = Month::of(days.start()).period();
    let span = Span::part(month, days, &tx.scope().time_zone())
        .ok_or_else(|| AppError::internal("the days served are not in one month"))?
        .times(quantity);
    let mut rated = match fees {
        Fees::Evenly => pricing::rate_fee_evenly(&plan, &span).map_err(refused)?,
        Fees::Due | Fees::Earned | Fees::Not => Vec::new(),
    };
    rated.extend(pricing::rate(&plan, &used, &span).map_err(refused)?);
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
    let days = |(subscription, days): &(&Subscription, Period)| Days::of(subscription, *days);
    let taxing = Taxing::of(tx, &customers).await?;
    let taxing = taxing.as_ref();
    let terms = wanted.iter().map(|(of, days)| terms(tx, taxing, of.customer, *days));
    let terms = terms.collect::<Result<Vec<_>>>()?;
    let rated = rate_all(tx, &wanted.iter().map(days).collect::<Vec<_>>(), &terms, Fees::Due).await?;
    let mut outcomes = Vec::with_capacity(wanted.len());
    for (((subscription, days), rated), terms) in wanted.iter().zip(rated).zip(&terms) {
        let events = counted.up_to(subscription.customer, month);
        let late = late.remove(&subscription.id).unwrap_or_default();
        let more = More {
            late: &late,
            waiting: waiting.get(&subscription.customer).map_or(&[][..], Vec::as_slice),
            terms: terms.as_ref(),
        };
        let finished = match rated {
            Ok(Some(rated)) => finish(tx, subscription, *days, rated, (month, events), &more).await.map(Some),
            Ok(None) if !late.is_empty() && !subscription.timeline().charged(*days).is_empty() => {
                only_late(tx, subscription, *days, &more).await
            }
            other => other,
        };
        outcomes.push(match finished {
            Err(error) if !matches!(error, AppError::Conflict { .. }) => return Err(error),
            outcome => outcome.map(|rated| rated.filter(|rated| !rated.is_nothing())),
        });
    }
    Ok(outcomes)
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

/// What an invoice has beside the days that it bills.
struct More<'a> {
    /// Months of which usage came late.
    late: &'a [BilledMonth],
    /// What is charged once.
    waiting: &'a [OneOffCharge],
    /// What its taxes are decided by.
    terms: Option<&'a TaxTerms>,
}

/// Adds to what has been rated of a month what came late for earlier ones, and what is charged once.
async fn finish(
    tx: &mut TenantTx,
    subscription: &Subscription,
    days: Period,
    mut rated: Rated,
    (month, events): (Month, i64),
    more: &More<'_>,
) -> Result<Rated> {
    rated.counted.push(counted(subscription, month, events));
    let mut rated = add_late(tx, subscription, rated, more).await?;
    one_off(more, days, &mut rated)?;
    Ok(rated)
}

fn counted(subscription: &Subscription, month: Month, events: i64) -> BilledUsage {
    BilledUsage { subscription: subscription.id, customer: subscription.customer, month, events }
}

/// Of days that are billed elsewhere, there is still what came late for earlier ones that were billed here.
async fn only_late(tx: &mut TenantTx, subscription: &Subscription, days: Period, more: &More<'_>) -> Outcome {
    let currency = prices::get(tx, subscription.first_plan.prices).await?.currency;
    let mut rated = add_late(tx, subscription, Rated::empty(currency), more).await?;
    if rated.parts.is_empty() {
        return Ok(None);
    }
    one_off(more, days, &mut rated)?;
    Ok(Some(rated))
}

/// Adds what came late for days that were billed before.
async fn add_late(
    tx: &mut TenantTx,
    subscription: &Subscription,
    mut rated: Rated,
    more: &More<'_>,
) -> Result<Rated> {
    for billed in more.late {
        let earlier = corrections(tx, subscription, billed).await?;
        let lines = earlier.iter().flat_map(RatedPart::lines);
        let lines: Vec<_> = rated.lines.iter().cloned().chain(lines).collect();
        let currency = rated.total.currency();
        let fits = earlier.iter().all(|earlier| earlier.part.plan.currency == currency);
        if !fits {
            continue;
        }
        let mut corrected = rated.clone();
        corrected.set_lines(lines, more.terms)?;
        if corrected.total.amount_minor() < 0 || corrected.revenue()?.amount_minor() < 0 {
            continue;
        }
        rated = corrected;
        rated.parts.extend(earlier.into_iter().map(|earlier| earlier.part));
        rated.counted.push(counted(subscription, billed.month, billed.events));
    }
    Ok(rated)
}

/// Adds what is charged once and waits for an invoice in this currency.
fn one_off(more: &More<'_>, days: Period, rated: &mut Rated) -> Result<()> {
    let currency = rated.total.currency();
    let waiting: Vec<_> = more.waiting.iter().filter(|waiting| waiting.currency == currency).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    rated.charges = waiting.iter().map(|waiting| waiting.id).collect();
    let charges: Vec<_> = waiting.into_iter().map(|waiting| waiting.charge.clone()).collect();
    let mut lines = std::mem::take(&mut rated.lines);
    for charge in &charges {
        let tax_class = charge.tax_class.clone();
        let rated = charge.rate(currency).map_err(refused)?;
        lines.push(NewLine { rated, days, fee: None, ahead: None, tax_class });
    }
    rated.set_lines(lines, more.terms)?;
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
    for RatedPart { days, rated, part } in whole {
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

/// The days of each that are charged here, by which prices how many times. Versions that charge the same, as where only a name
/// has changed, are one.
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
