//! How the business grows: what recurs of what was billed, month by month.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    ids::{CustomerId, PlanId},
    money::{Currency, Money},
    periods::Month,
    revenue::{Movement, Parts},
};
use store::{PageRequest, TenantTx, revenue, subscriptions};

use crate::Result;

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
    /// Subscriptions, in whatever currency, with days to be billed in the last month and no invoice for them.
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
    // The running month may be billed to somebody who leaves: it says nothing about the others.
    let last = match until {
        Some(until) => until,
        None => revenue::last_month(tx, currency, running).await?.unwrap_or_else(|| running.offset(-1)),
    };
    let first = last.offset(1 - months);
    let firsts = revenue::first_months(tx, currency).await?;
    // With the month before, which the first is compared with.
    let earned = revenue::earned(tx, currency, first.offset(-1), last).await?;
    let unbilled = unbilled(tx, last).await?;
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
            let of = plans.entry(one.plan).or_default();
            if one.plan_version >= of.version {
                (of.version, of.name) = (one.plan_version, one.plan_name);
            }
            add(of.customers.entry(one.customer).or_default(), recurring);
        }
    }
    let month = |offset| {
        let month = first.offset(offset);
        let of = |months: &BTreeMap<Month, i64>, month| months.get(&month).copied().unwrap_or(0);
        let mut moved: BTreeMap<Movement, Moved> = BTreeMap::new();
        for (customer, months) in &by_customer {
            let is_first = firsts.get(customer) == Some(&month);
            let (before, now) = (of(months, month.offset(-1)), of(months, month));
            if let Some((movement, by)) = Movement::of(before, now, is_first) {
                let is_waiting = month == last && unbilled.customers.contains(customer);
                let movement =
                    if is_waiting && movement == Movement::Churned { Movement::Unbilled } else { movement };
                let moved = moved.entry(movement).or_default();
                add(&mut moved.amount, by);
                moved.customers += 1;
            }
        }
        RevenueMonth {
            month,
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
    Ok(Revenue { currency, months, plans, unbilled: unbilled.subscriptions, deferred })
}

/// What customers pay for a plan.
#[derive(Default)]
struct OfPlan {
    version: i32,
    name: String,
    customers: HashMap<CustomerId, i64>,
}

/// More than there is money is shown as much as can be.
fn add(sum: &mut i64, amount: i64) {
    *sum = sum.saturating_add(amount);
}

/// Who has days to be billed and no invoice for them.
struct Unbilled {
    subscriptions: i64,
    customers: HashSet<CustomerId>,
}

async fn unbilled(tx: &mut TenantTx, month: Month) -> Result<Unbilled> {
    let period = month.period();
    let mut found = Unbilled { subscriptions: 0, customers: HashSet::new() };
    let mut page = PageRequest::first(1_000);
    loop {
        let due = subscriptions::due_in(tx, period.start(), period.end(), &page).await?;
        for subscription in &due.items {
            // On trial or resting all the time, there is nothing to be billed.
            if !subscription.timeline().charged(period).is_empty() {
                found.subscriptions += 1;
                found.customers.insert(subscription.customer);
            }
        }
        page.cursor = due.next;
        if page.cursor.is_none() {
            return Ok(found);
        }
    }
}

fn paying(recurring: impl Iterator<Item = i64>) -> i64 {
    recurring.map(|recurring| i64::from(recurring > 0)).sum()
}
