//! What is on an invoice: the days of all that a customer is subscribed to, what came late for earlier ones, and what is charged
//! once.
//!
//! Many at a time: what they need is read at once, however many they are.

use std::collections::HashMap;

use domain::{
    evidence::{Correction, OneOffPart, Part, PricedPlan},
    ids::{CustomerId, SubscriptionId},
    money::Currency,
    periods::{Month, Period},
    pricing,
    subscriptions::PricesRef,
    tax::TaxTerms,
};
use store::{
    TenantTx,
    invoices::{
        BilledSubscription, NewLine,
        late::{self, BilledMonth, BilledUsage},
    },
    one_off_charges::{self, OneOffCharge},
    subscriptions::Subscription,
};

use super::rating::{Days, Fees, Outcome, Rated, RatedPart, parts, refused, terms, together};
use crate::{AppError, Result, tax_terms::Taxing};

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
}

/// From the first of these days to the last.
fn span(days: impl Iterator<Item = Period> + Clone) -> Option<Period> {
    Period::new(days.clone().map(Period::start).min()?, days.map(Period::end).max()?)
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
        let more = More {
            month,
            late: &late,
            waiting: waiting.remove(&(bill.customer, bill.currency)).unwrap_or_default(),
            taxing: taxing.as_ref(),
            events: counted.up_to(bill.customer, month),
        };
        let outcome = match parts {
            Ok(parts) => rate_bill(tx, bill, parts, more).await,
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
async fn rate_bill(tx: &mut TenantTx, bill: &Bill, parts: Vec<Vec<RatedPart>>, more: More<'_>) -> Outcome {
    let (mut charged, mut elsewhere, mut billed) = (Vec::new(), Vec::new(), Vec::new());
    for ((subscription, days), parts) in bill.subscriptions.iter().zip(&parts) {
        if let Some(last) = parts.last() {
            billed.push(billed_by(subscription, *days, &last.part.plan));
            charged.push(subscription);
        } else if more.late.contains_key(&subscription.id)
            && !subscription.timeline().charged(*days).is_empty()
        {
            elsewhere.push((subscription, *days));
        }
    }
    let of_elsewhere = elsewhere.iter().map(|(_, days)| *days);
    let Some(days) = span(billed.iter().map(|of| of.period).chain(of_elsewhere)) else { return Ok(None) };
    let terms = terms(tx, more.taxing, bill.customer, days)?;
    let terms = terms.as_ref();
    let mut rated = together(bill.currency, parts.into_iter().flatten().collect(), terms)?;
    rated.counted =
        charged.iter().map(|subscription| counted(subscription, more.month, more.events)).collect();
    rated.billed = billed;
    for subscription in charged {
        rated = add_late(tx, subscription, rated, &more, terms).await?.0;
    }
    // Of days that are billed elsewhere, there is still what came late for earlier ones that were billed here.
    for (subscription, days) in elsewhere {
        let (with_late, last) = add_late(tx, subscription, rated, &more, terms).await?;
        rated = with_late;
        if let Some(plan) = last {
            rated.billed.push(billed_by(subscription, days, &plan));
        }
    }
    let Some(days) = rated.period() else { return Ok(None) };
    one_off(more.waiting, days, &mut rated, terms)?;
    Ok(Some(rated).filter(|rated| !rated.is_nothing()))
}

impl Rated {
    /// From the first day of what it bills to the last.
    pub fn period(&self) -> Option<Period> {
        span(self.billed.iter().map(|of| of.period))
    }
}

/// A subscription on an invoice, by the last of its prices.
fn billed_by(subscription: &Subscription, period: Period, plan: &PricedPlan) -> BilledSubscription {
    let prices = PricesRef { plan: plan.id, version: plan.version };
    BilledSubscription { id: subscription.id, period, prices, plan_name: plan.name.clone() }
}

/// What an invoice has beside the days that it bills.
struct More<'a> {
    /// The month that it bills.
    month: Month,
    /// Months of which usage came late, by subscription.
    late: &'a HashMap<SubscriptionId, Vec<BilledMonth>>,
    /// What is charged once.
    waiting: Vec<OneOffCharge>,
    /// What its taxes are decided by.
    taxing: Option<&'a Taxing>,
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
    terms: Option<&TaxTerms>,
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
        corrected.set_lines(lines, terms)?;
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

/// Adds what is charged once, and waits for an invoice.
fn one_off(
    waiting: Vec<OneOffCharge>,
    days: Period,
    rated: &mut Rated,
    terms: Option<&TaxTerms>,
) -> Result<()> {
    if waiting.is_empty() {
        return Ok(());
    }
    rated.charges = waiting.iter().map(|waiting| waiting.id).collect();
    let charges: Vec<_> = waiting.into_iter().map(|waiting| waiting.charge).collect();
    let currency = rated.total.currency();
    let mut lines = std::mem::take(&mut rated.lines);
    for charge in &charges {
        let tax_class = charge.tax_class.clone();
        let rated = charge.rate(currency).map_err(refused)?;
        lines.push(NewLine { subscription: None, rated, days, fee: None, ahead: None, tax_class });
    }
    rated.set_lines(lines, terms)?;
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
