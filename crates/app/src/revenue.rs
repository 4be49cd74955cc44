//! How the business grows: what recurs of what was billed, month by month.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    ids::{CustomerId, PlanId},
    money::{Currency, Money},
    periods::Month,
    pricing::{self, LineKind, Span},
    revenue::{Movement, Parts},
    subscriptions::Segment,
    tax,
};
use store::{TenantTx, plans::prices, revenue, subscriptions};

use crate::{
    Result, invoices,
    tax_terms::{Taxing, without_tax},
};

/// What changed in one way from one month to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// By how much, in minor units.
    pub amount: i64,
    /// Of how many customers.
    pub customers: i64,
}

/// A month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueMonth {
    /// Which.
    pub month: Month,
    /// What was earned in it: billed for its days, whenever that was, less what was credited.
    pub revenue: i64,
    /// What it is made of. Of fees with a rhythm of their own, each month bears the same, whenever they are billed.
    pub parts: Parts,
    /// Customers who pay what recurs.
    pub customers: i64,
    /// What became of the recurring revenue of the month before.
    pub moved: BTreeMap<Movement, Moved>,
}

/// What a plan brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRevenue {
    /// Which.
    pub plan: PlanId,
    /// Its name, in the latest version of its prices that was billed.
    pub name: String,
    /// What recurs, in minor units.
    pub recurring: i64,
    /// Customers who pay it.
    pub customers: i64,
}

/// Revenue over some months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revenue {
    /// In which currency.
    pub currency: Currency,
    /// The months, the earliest first.
    pub months: Vec<RevenueMonth>,
    /// What the plans bring in the last month, those that bring the most first.
    pub plans: Vec<PlanRevenue>,
    /// Customers, in whatever currency, with days to be billed in the last month and no invoice for them.
    pub unbilled: i64,
    /// What was charged ahead and is yet to be earned, in minor units.
    pub deferred: i64,
}

impl Revenue {
    /// Minor units of its currency.
    pub fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.currency)
    }
}

/// Revenue of so many months, up to one or to the last that is over and was billed.
pub async fn revenue(
    tx: &mut TenantTx,
    currency: Option<Currency>,
    until: Option<Month>,
    months: i32,
) -> Result<Revenue> {
    let currency = currency.unwrap_or_else(|| tx.scope().currency());
    let running = Month::of(tx.today());
    let borne = borne(tx, currency, running).await?;
    // The running month may be billed to somebody who leaves: it says nothing about the others.
    let last = match until {
        Some(until) => until,
        None => last_month(tx, currency, running, !borne.is_empty()).await?,
    };
    let first = last.offset(1 - months);
    let mut firsts = revenue::first_months(tx, currency).await?;
    // With the month before, which the first is compared with.
    let earned = revenue::earned(tx, currency, first.offset(-1), last).await?;
    let due = invoices::due(tx, last).await?;
    let deferred = revenue::deferred(tx, currency).await?;
    let mut by_customer: HashMap<CustomerId, BTreeMap<Month, i64>> = HashMap::new();
    let mut parts: BTreeMap<Month, Parts> = BTreeMap::new();
    let mut plans: HashMap<PlanId, OfPlan> = HashMap::new();
    for one in earned {
        let recurring = one.parts.recurring();
        add(by_customer.entry(one.customer).or_default().entry(one.month).or_default(), recurring);
        let sum = parts.entry(one.month).or_default();
        *sum = *sum + one.parts;
        if one.month == last {
            for of in one.plans {
                let name = (of.version, of.name);
                plans.entry(of.plan).or_default().add(name, one.customer, of.recurring);
            }
        }
    }
    let billed: BTreeMap<Month, i64> = parts.iter().map(|(month, parts)| (*month, parts.total())).collect();
    for one in borne {
        let began = firsts.entry(one.customer).or_insert(one.month);
        *began = one.month.min(*began);
        if first.offset(-1) <= one.month && one.month <= last {
            add(by_customer.entry(one.customer).or_default().entry(one.month).or_default(), one.amount);
            add(&mut parts.entry(one.month).or_default().fees, one.amount);
        }
        if one.month == last {
            plans.entry(one.plan).or_default().add(one.name, one.customer, one.amount);
        }
    }
    let waiting: HashSet<_> = due.iter().copied().collect();
    let month = |offset| {
        let month = first.offset(offset);
        let of = |months: &BTreeMap<Month, i64>, month| months.get(&month).copied().unwrap_or(0);
        let mut moved: BTreeMap<Movement, Moved> = BTreeMap::new();
        for (customer, months) in &by_customer {
            let is_first = firsts.get(customer) == Some(&month);
            let (before, now) = (of(months, month.offset(-1)), of(months, month));
            if let Some((movement, by)) = Movement::of(before, now, is_first) {
                let is_waiting = month == last && waiting.contains(customer);
                let movement =
                    if is_waiting && movement == Movement::Churned { Movement::Unbilled } else { movement };
                let moved = moved.entry(movement).or_default();
                add(&mut moved.amount, by);
                moved.customers += 1;
            }
        }
        RevenueMonth {
            month,
            revenue: billed.get(&month).copied().unwrap_or(0),
            parts: parts.get(&month).copied().unwrap_or_default(),
            customers: paying(by_customer.values().map(|months| of(months, month))),
            moved,
        }
    };
    let months = (0..months).map(month).collect();
    let mut plans: Vec<_> = plans
        .into_iter()
        .map(|(plan, of)| PlanRevenue {
            plan,
            name: of.name,
            recurring: of.customers.values().fold(0, |sum: i64, recurring| sum.saturating_add(*recurring)),
            customers: paying(of.customers.into_values()),
        })
        .collect();
    plans.sort_by(|one, other| (other.recurring, &one.name).cmp(&(one.recurring, &other.name)));
    let unbilled = i64::try_from(due.len()).unwrap_or(i64::MAX);
    Ok(Revenue { currency, months, plans, unbilled, deferred })
}

/// What customers pay for a plan.
#[derive(Default)]
struct OfPlan {
    version: i32,
    name: String,
    customers: HashMap<CustomerId, i64>,
}

impl OfPlan {
    fn add(&mut self, (version, name): (i32, String), customer: CustomerId, recurring: i64) {
        if version >= self.version {
            (self.version, self.name) = (version, name);
        }
        add(self.customers.entry(customer).or_default(), recurring);
    }
}

/// More than there is money is shown as much as can be.
fn add(sum: &mut i64, amount: i64) {
    *sum = sum.saturating_add(amount);
}

/// The last month that is over and was billed. Where there are fees with a rhythm of their own, that is also one for which
/// nobody was to be billed anything.
async fn last_month(
    tx: &mut TenantTx,
    currency: Currency,
    running: Month,
    has_rhythms: bool,
) -> Result<Month> {
    let Some(mut last) = revenue::last_month(tx, currency, running).await? else {
        return Ok(running.offset(-1));
    };
    while has_rhythms && last.offset(1) < running && invoices::due(tx, last.offset(1)).await?.is_empty() {
        last = last.offset(1);
    }
    Ok(last)
}

/// What a month bears of a fee with a rhythm of its own.
struct Borne {
    customer: CustomerId,
    month: Month,
    plan: PlanId,
    /// The version of the plan's prices, and its name in that.
    name: (i32, String),
    amount: i64,
}

/// What the months before one bear of fees with a rhythm of their own, without tax: of a yearly fee a twelfth each, by the
/// days that were charged.
async fn borne(tx: &mut TenantTx, currency: Currency, before: Month) -> Result<Vec<Borne>> {
    let subscriptions = subscriptions::with_rhythm(tx, before.first_day()).await?;
    let versions: HashSet<_> =
        subscriptions.iter().flat_map(|it| it.timeline().all_prices().collect::<Vec<_>>()).collect();
    let known = prices::of(tx, &versions.into_iter().collect::<Vec<_>>()).await?;
    let customers: Vec<_> = subscriptions.iter().map(|subscription| subscription.customer).collect();
    let taxing = Taxing::inside(tx, &customers).await?;
    let zone = tx.scope().time_zone();
    let mut found = Vec::new();
    for subscription in &subscriptions {
        let (timeline, customer) = (subscription.timeline(), subscription.customer);
        let mut month = Month::of(timeline.first_charged());
        while month < before && timeline.ends_on().is_none_or(|ends_on| month.first_day() < ends_on) {
            for Segment { days, prices, quantity } in timeline.charged(month.period()) {
                let priced = known.get(&prices).filter(|priced| priced.currency == currency);
                let Some((priced, plan)) = priced.and_then(|priced| Some((priced, priced.price()?))) else {
                    continue;
                };
                let lines = Span::part(month.period(), days, &zone)
                    .and_then(|span| pricing::rate_fee_evenly(&plan, &span.times(quantity)).ok())
                    .unwrap_or_default();
                let class = tax::class_of(LineKind::BaseFee, priced.tax_class.as_deref());
                let amounts = lines.iter().map(|line| line.amount);
                let sum = match &taxing {
                    Some(taxing) => {
                        let terms = taxing.terms(customer, month.period().last_day())?;
                        without_tax(&terms, class, currency, amounts)
                    }
                    None => Money::sum(currency, amounts),
                };
                let amount = sum.map_or(0, Money::amount_minor);
                if amount > 0 {
                    let name = (priced.version, priced.name.clone());
                    found.push(Borne { customer, month, plan: priced.id, name, amount });
                }
            }
            month = month.offset(1);
        }
    }
    Ok(found)
}

fn paying(recurring: impl Iterator<Item = i64>) -> i64 {
    recurring.map(|recurring| i64::from(recurring > 0)).sum()
}
