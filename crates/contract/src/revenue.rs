//! How the business grows, by the ledger.

use domain::{
    ids::PlanId,
    money::{Currency, Money},
    periods::Month,
    revenue::Movement,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which months are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RevenueQuery {
    /// The last month; the last that is over and was billed to anybody, where it is not given.
    pub until: Option<Month>,
    /// How many, 1 to 36; 12 where it is not given.
    #[param(minimum = 1, maximum = 36)]
    pub months: Option<i32>,
    /// In which currency; the tenant's own where it is not given.
    pub currency: Option<Currency>,
}

/// Revenue, month by month, of the customers that the caller may see. Everything is without tax and less what was credited,
/// and belongs to the month that it was billed for; what was charged ahead, to the months of its days when they are over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Revenue {
    /// The months, the earliest first.
    pub months: Vec<RevenueMonth>,
    /// What the plans bring in the last month, those that bring the most first. An invoice over a change of plan counts for the
    /// plan of its last days.
    pub plans: Vec<PlanRevenue>,
    /// Customers, in whatever currency, with days to be billed in the last month and no invoice for them. They have not churned: they
    /// are told of as `unbilled`.
    pub unbilled: i64,
    /// What was charged ahead and is yet to be earned, today: the balance of `deferred_revenue`.
    pub deferred: Money,
}

/// A month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RevenueMonth {
    /// Which.
    pub period: Month,
    /// All that was billed for it, with what was charged ahead for its days.
    pub revenue: Money,
    /// What comes again every month: fees, usage and what adjusts them. The monthly recurring revenue (MRR), as billed; but each
    /// month bears the same of a base fee for a quarter or a year, whenever it is billed.
    pub recurring: Money,
    /// Of that, base fees.
    pub fees: Money,
    /// Of that, usage beyond what is included (overage).
    pub usage: Money,
    /// Of that, discounts, and what agreed minimums and maximums make of it.
    pub adjustments: Money,
    /// What is charged once, and fees for paying late.
    pub once: Money,
    /// Customers who pay what recurs.
    pub customers: i64,
    /// What recurs, for each of them (ARPA), rounded half away from zero; none without any.
    pub per_customer: Option<Money>,
    /// What became of the recurring revenue of the month before, which these add up to the growth of. Those without any
    /// customer are left out.
    pub movements: Vec<RevenueMovement>,
}

/// What changed in one way from one month to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevenueMovement {
    /// In which.
    pub movement: Movement,
    /// By how much; negative where it is less.
    pub amount: Money,
    /// Of how many customers.
    pub customers: i64,
}

/// What a plan brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanRevenue {
    /// Which.
    pub plan_id: PlanId,
    /// Its name, in the latest version of its prices that was billed.
    pub name: String,
    /// What recurs.
    pub recurring: Money,
    /// Customers who pay it.
    pub customers: i64,
}
