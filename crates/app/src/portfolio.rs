//! The home page's figures. All of them come from the engine: nothing is kept that could disagree.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use domain::{
    customers::CustomerStatus,
    evidence::PricedPlan,
    fees::{self, FeeDays},
    ids::CustomerId,
    money::Money,
    periods::Month,
    pricing::{self, LineKind, RatingError, Span},
    subscriptions::{PricesRef, Segment, Timeline},
    tax,
};
use rust_decimal::Decimal;
use store::{
    Customers, StoreError, TenantTx,
    payouts::{self, Payout},
    plans,
    portfolio::{self as reads, CustomerLine, CustomerUsage, FailedPayment, OpenDispute, Overdue},
};

use crate::{
    AppError, Result,
    invoices::rating,
    tax_terms::{Taxing, without_tax},
    usage::measured,
};

/// How many of one kind are listed among what needs a decision.
const LISTED: usize = 5;
/// For how long a payout that did not reach the bank is among it.
const PAYOUTS_FOR: TimeDelta = TimeDelta::days(90);
/// How many months of revenue.
const MONTHS: i32 = 12;

/// A customer among those that bring the most.
#[derive(Debug, Clone)]
pub struct TopCustomer {
    /// Which, with its name.
    pub customer: CustomerLine,
    /// Its plans, those that began first first.
    pub plan_name: String,
    /// Its machines this month.
    pub machines: Decimal,
    /// What it brings this month so far.
    pub revenue: Money,
}

/// A customer that uses more than agreed.
#[derive(Debug, Clone)]
pub struct LimitExceeded {
    /// Which.
    pub customer: CustomerLine,
    /// Which limit.
    pub limit: &'static str,
    /// What was agreed.
    pub allowed: i32,
    /// What is used.
    pub used: Decimal,
}

/// The home page.
#[derive(Debug, Clone)]
pub struct Portfolio {
    /// The running month.
    pub month: Month,
    /// How many customers are in each state.
    pub counts: HashMap<CustomerStatus, i64>,
    /// Machines that were reported this month.
    pub machines: Decimal,
    /// What this month has brought so far.
    pub revenue: Money,
    /// What each month brought; the last is the running one.
    pub by_month: Vec<(Month, Money)>,
    /// The customers that bring the most.
    pub top: Vec<TopCustomer>,
    /// Invoices that should have been paid, the longest due first; and how many there are.
    pub overdue: (Vec<Overdue>, i64),
    /// Disputes that wait for an answer, the most urgent first.
    pub disputes: Vec<OpenDispute>,
    /// Payouts that did not reach the bank, with none after them that did.
    pub payouts: Vec<Payout>,
    /// Attempts to pay that failed.
    pub failed: Vec<FailedPayment>,
    /// Customers over their limits.
    pub exceeded: Vec<LimitExceeded>,
    /// Trials that end within two weeks.
    pub trials: Vec<(CustomerLine, NaiveDate)>,
    /// Active customers without a subscription.
    pub unsubscribed: Vec<CustomerLine>,
    /// Drafts that wait for somebody, and those on hold.
    pub drafts: (i64, i64),
    /// Invitations that are open, and that ran out.
    pub invitations: (i64, i64),
}

/// Puts the home page together.
pub async fn portfolio(tx: &mut TenantTx) -> Result<Portfolio> {
    let currency = tx.scope().currency();
    let today = tx.today();
    let month = Month::of(today);
    let priced = plans::prices::all(tx).await?;
    let lines = reads::customers(tx, month).await?;
    let subscribed = lines.iter().filter(|line| !line.subscriptions.is_empty()).map(|line| line.id);
    let known = Known::of(priced, Taxing::inside(tx, &subscribed.collect::<Vec<_>>()).await?)?;
    let usage = reads::usage(tx, month).await?;
    let nothing = CustomerUsage::default();
    let mut counts = HashMap::new();
    let (mut revenue, mut machines) = (Money::zero(currency), Decimal::ZERO);
    let (mut top, mut exceeded, mut trials, mut unsubscribed) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        *counts.entry(line.status).or_insert(0) += 1;
        let used = usage.get(&line.id).unwrap_or(&nothing);
        machines += used.machines;
        exceeded.extend(over_limits(&line, used));
        if let Some(ends_on) = trial_ending(&line, today) {
            trials.push((line.clone(), ends_on));
        }
        if line.subscriptions.is_empty() {
            if line.status == CustomerStatus::Active {
                unsubscribed.push(line);
            }
            continue;
        }
        let Some((plan_name, amount)) = so_far(tx, &line, &known, used, month).await? else { continue };
        revenue = revenue.checked_add(amount).map_err(AppError::internal)?;
        top.push(TopCustomer { plan_name, machines: used.machines, revenue: amount, customer: line });
    }
    top.sort_by(|a, b| {
        (b.revenue.amount_minor(), &a.customer.name).cmp(&(a.revenue.amount_minor(), &b.customer.name))
    });
    top.truncate(10);
    trials.sort_by_key(|(_, ends_on)| *ends_on);
    let limited = i64::try_from(LISTED).unwrap_or(0);
    let whole = tx.scope().customers() == &Customers::All;
    Ok(Portfolio {
        by_month: by_month(tx, month, revenue).await?,
        overdue: reads::overdue(tx, today, limited).await?,
        disputes: reads::open_disputes(tx, limited).await?,
        // The whole tenant's money is not the business of who is limited to some customers.
        payouts: if whole { payouts::failed(tx, tx.now() - PAYOUTS_FOR).await? } else { Vec::new() },
        failed: reads::failed_payments(tx, limited).await?,
        drafts: reads::drafts(tx, today).await?,
        // Whom the team invites is not the business of who is limited to some customers.
        invitations: if whole { reads::invitations(tx).await? } else { (0, 0) },
        month,
        counts,
        machines,
        revenue,
        top,
        exceeded,
        trials,
        unsubscribed,
    })
}

/// What a customer brings in a month so far, and the plans that do; `None` where nothing is charged.
async fn so_far(
    tx: &mut TenantTx,
    line: &CustomerLine,
    known: &Known,
    used: &CustomerUsage,
    month: Month,
) -> Result<Option<(String, Money)>> {
    let mut sum: Option<(String, Money)> = None;
    for timeline in &line.subscriptions {
        let Some((name, amount)) = of_subscription(tx, line.id, timeline, known, used, month).await? else {
            continue;
        };
        sum = Some(match sum {
            None => (name, amount),
            Some((names, sum)) => {
                let names = if names == name { names } else { format!("{name}, {names}") };
                (names, sum.checked_add(amount).map_err(AppError::internal)?)
            }
        });
    }
    Ok(sum)
}

/// `None` also where it is charged in another currency than the tenant's, and where no invoice could hold the amount.
async fn of_subscription(
    tx: &mut TenantTx,
    customer: CustomerId,
    timeline: &Timeline,
    known: &Known,
    used: &CustomerUsage,
    month: Month,
) -> Result<Option<(String, Money)>> {
    let (period, currency) = (month.period(), tx.scope().currency());
    let mut segments = timeline.charged(period);
    // What is billed at Stripe brings in money there.
    segments.retain(|of| known.priced.get(&of.prices).is_none_or(|priced| priced.billed_at.is_here()));
    let due = fees::due(timeline, period, &known.priced).ok_or(StoreError::NotFound)?;
    // What is charged in advance brings each month what it earns.
    let borne = fees::borne(timeline, month, &known.priced).ok_or(StoreError::NotFound)?;
    let last = segments.last().map(|last| last.prices).or(due.last().map(|due| due.prices));
    let Some((priced, price)) = last.and_then(|last| known.priced.get(&last).zip(known.prices.get(&last)))
    else {
        return Ok(None);
    };
    if price.currency != currency {
        return Ok(None);
    }
    let amount = if let [Segment { days, quantity, .. }] = segments.as_slice()
        && *days == period
        && due.is_empty()
    {
        // Most are charged by one set of prices all month, and their sums have been read already.
        let measured = measured(tx, customer, price, period, &used.usage).await?;
        let zone = tx.scope().time_zone();
        let lines = pricing::rate(price, &measured, &Span::whole(period, &zone).times(*quantity));
        let lines = borne.iter().fold(lines, |lines, FeeDays { days, of, quantity, .. }| {
            let (mut lines, share) = (lines?, Span::part(*of, *days, &zone).map(|span| span.share()));
            lines.extend(pricing::rate_fee(price, share.ok_or(RatingError::TooLarge)?.times(*quantity))?);
            Ok(lines)
        });
        match (&known.taxing, lines) {
            (Some(taxing), Ok(lines)) => {
                let terms = taxing.terms(customer, period.last_day().min(tx.today()))?;
                let class = tax::class_of(LineKind::BaseFee, priced.tax_class.as_deref());
                without_tax(&terms, class, currency, lines.iter().map(|line| line.amount)).ok()
            }
            (_, lines) => lines.and_then(|lines| pricing::total(currency, &lines)).ok(),
        }
    } else {
        match rating::rate_earned(tx, customer, timeline, period).await {
            Ok(rated) => rated.map(|rated| rated.revenue()).transpose()?,
            Err(AppError::Conflict { .. }) => None,
            Err(error) => return Err(error),
        }
    };
    Ok(amount.map(|amount| (priced.name.clone(), amount)))
}

/// What revenue so far is computed from.
struct Known {
    /// All prices that there are, as they are kept.
    priced: HashMap<PricesRef, PricedPlan>,
    /// The same, for rating.
    prices: HashMap<PricesRef, pricing::Plan>,
    /// Only where prices have tax in them.
    taxing: Option<Taxing>,
}

impl Known {
    fn of(priced: HashMap<PricesRef, PricedPlan>, taxing: Option<Taxing>) -> Result<Self> {
        let checked = priced.iter().map(|(version, priced)| {
            let price = priced.price().ok_or(StoreError::Corrupt("plan_prices.components"))?;
            Ok::<_, AppError>((*version, price))
        });
        Ok(Self { prices: checked.collect::<Result<_>>()?, priced, taxing })
    }
}

fn over_limits(line: &CustomerLine, used: &CustomerUsage) -> Vec<LimitExceeded> {
    let checks = [
        ("max_machines", line.max_machines, used.machines),
        ("storage_gb", line.storage_gb, used.storage_gb),
    ];
    checks
        .into_iter()
        .filter_map(|(limit, allowed, used)| {
            let allowed = allowed.filter(|allowed| used > Decimal::from(*allowed))?;
            Some(LimitExceeded { customer: line.clone(), limit, allowed, used })
        })
        .collect()
}

fn trial_ending(line: &CustomerLine, today: NaiveDate) -> Option<NaiveDate> {
    line.trial_ends_on
        .filter(|ends_on| line.status == CustomerStatus::Trial && *ends_on <= today + TimeDelta::days(14))
}

/// The months before come from the invoices issued for them; months without any are zero.
async fn by_month(tx: &mut TenantTx, month: Month, running: Money) -> Result<Vec<(Month, Money)>> {
    let currency = running.currency();
    let invoiced = store::ledger::revenue_by_month(tx, month.offset(1 - MONTHS), month, currency).await?;
    let of = |wanted: Month| {
        let found = invoiced.iter().find(|(invoiced, _)| *invoiced == wanted);
        found.map_or(Money::zero(currency), |(_, money)| *money)
    };
    let before = (1..MONTHS).rev().map(|back| month.offset(-back)).map(|month| (month, of(month)));
    Ok(before.chain([(month, running)]).collect())
}
