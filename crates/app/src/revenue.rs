//! How the business grows: what recurs of what was billed, month by month.

use std::collections::{BTreeMap, HashMap};

use domain::{
    ids::{CustomerId, PlanId},
    money::{Currency, Money},
    periods::Month,
    revenue::{Movement, Parts},
};
use store::{TenantTx, revenue, subscriptions};

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
    /// What was billed for it, less what was credited.
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
    /// Its name when it was last billed.
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
    /// Subscriptions that have no invoice for the last month: on trial, resting, or not billed yet.
    pub unbilled: i64,
}

impl Revenue {
    /// Minor units of its currency.
    pub fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.currency)
    }
}

/// Revenue of so many months, up to one or to the last that was billed.
pub async fn revenue(
    tx: &mut TenantTx,
    currency: Option<Currency>,
    until: Option<Month>,
    months: i32,
) -> Result<Revenue> {
    let currency = currency.unwrap_or_else(|| tx.scope().currency());
    let running = Month::of(tx.today());
    let last = match until {
        Some(until) => until,
        None => revenue::last_month(tx, currency).await?.unwrap_or_else(|| running.offset(-1)),
    };
    let first = last.offset(1 - months);
    let firsts = revenue::first_months(tx, currency).await?;
    // With the month before, which the first is compared with.
    let earned = revenue::earned(tx, currency, first.offset(-1), last).await?;
    let unbilled = subscriptions::count_due(tx, last.period().start(), last.period().end()).await?;
    let mut by_customer: HashMap<CustomerId, BTreeMap<Month, i64>> = HashMap::new();
    let mut parts: BTreeMap<Month, Parts> = BTreeMap::new();
    let mut plans: HashMap<PlanId, (String, HashMap<CustomerId, i64>)> = HashMap::new();
    for one in &earned {
        let recurring = one.parts.recurring();
        *by_customer.entry(one.customer).or_default().entry(one.month).or_default() += recurring;
        let sum = parts.entry(one.month).or_default();
        *sum = *sum + one.parts;
        if one.month == last {
            let (name, of) = plans.entry(one.plan).or_default();
            name.clone_from(&one.plan_name);
            *of.entry(one.customer).or_default() += recurring;
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
                let moved = moved.entry(movement).or_default();
                moved.amount += by;
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
        .map(|(plan, (name, of))| PlanRevenue {
            plan,
            name,
            recurring: of.values().sum(),
            customers: paying(of.into_values()),
        })
        .collect();
    plans.sort_by(|one, other| (other.recurring, &one.name).cmp(&(one.recurring, &other.name)));
    Ok(Revenue { currency, months, plans, unbilled })
}

fn paying(recurring: impl Iterator<Item = i64>) -> i64 {
    recurring.map(|recurring| i64::from(recurring > 0)).sum()
}
