//! Plans: what customers can be subscribed to.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    decimals::DecimalString,
    fees::{FeeAnchor, FeeInterval, FeeTiming},
    ids::{ComponentId, CustomerId, PlanId, SubscriptionId},
    money::Money,
    plans::{BilledAt, PlanStatus},
    pricing::{DiscountTerms, PriceTerms},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// The code that stands for it in addresses.
    pub code: String,
    /// Its name, as it is printed on invoices.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// What a period costs before any usage. Every price of the plan is in its currency.
    pub base_fee: Money,
    /// How long the period is that the base fee is for.
    #[serde(default)]
    pub fee_interval: FeeInterval,
    /// Where such periods begin.
    #[serde(default)]
    pub fee_anchor: FeeAnchor,
    /// When such a period is charged.
    #[serde(default)]
    pub fee_timing: FeeTiming,
    /// What usage costs, in the order of the invoice.
    pub components: Vec<PlanComponent>,
    /// What is taken off all lines, one after the other.
    #[serde(default)]
    pub discounts: Vec<DiscountTerms>,
    /// The least that a period costs, in major units.
    #[serde(default)]
    pub minimum: Option<DecimalString>,
    /// The most that a period costs, in major units.
    #[serde(default)]
    pub maximum: Option<DecimalString>,
    /// The product class that tax goes by; none is `standard`.
    #[serde(default)]
    pub tax_class: Option<String>,
    /// Where those who are subscribed to it are billed: here, or at Stripe, where their usage goes to meters.
    #[serde(default = "BilledAt::here")]
    pub billed_at: BilledAt,
    /// Where it stands.
    pub status: PlanStatus,
    /// Counts its changes; the same as the `ETag`.
    pub version: i32,
    /// The version that gave it the prices that it has; who subscribes gets these.
    pub price_version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What a plan charges for one metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanComponent {
    /// Its id; the same for as long as the plan prices the metric.
    pub id: ComponentId,
    /// The metric's key.
    pub metric: String,
    /// Its name on the invoice.
    pub name: String,
    /// What it costs.
    pub price: PriceTerms,
    /// What the metric calls one unit.
    pub unit: String,
}

/// What a plan shall charge for one metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlanComponent {
    /// The metric's key; each metric at most once in a plan.
    pub metric: String,
    /// Its name on the invoice; up to 100 characters.
    pub name: String,
    /// What it costs.
    pub price: PriceTerms,
}

/// A plan to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePlan {
    /// 2 to 32 of `A-Z`, `0-9`, `-`, `_`.
    pub code: String,
    /// Its name, as it is printed on invoices; up to 100 characters.
    pub name: String,
    /// What it is about; up to 2,000 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// What a period costs before any usage. Its currency is the plan's for ever.
    pub base_fee: Money,
    /// How long the period is that the base fee is for; `month` where it is not given.
    #[serde(default)]
    pub fee_interval: FeeInterval,
    /// Where such periods begin: with the calendar, where it is not given, or on the day of the month on which the subscription
    /// was first charged for. A fee that is not of the calendar's month, or is charged in advance, does not go with a minimum, a
    /// maximum or a fixed discount of the plan.
    #[serde(default)]
    pub fee_anchor: FeeAnchor,
    /// When such a period is charged: in arrears, when it is over, where it is not given; or in advance, by the invoice of the
    /// month before it begins.
    #[serde(default)]
    pub fee_timing: FeeTiming,
    /// What usage costs, in the order of the invoice.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub components: Vec<NewPlanComponent>,
    /// What is taken off all lines, one after the other.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub discounts: Vec<DiscountTerms>,
    /// The least that a period costs, in major units.
    #[serde(default)]
    pub minimum: Option<DecimalString>,
    /// The most that a period costs, in major units.
    #[serde(default)]
    pub maximum: Option<DecimalString>,
    /// The product class that tax goes by; `standard` where none is given.
    #[serde(default)]
    #[schema(pattern = "^[a-z0-9_]{1,40}$")]
    pub tax_class: Option<String>,
    /// Where those who subscribe are billed, for ever; `bailiwick` where it is not given. At `stripe`, no invoices are made
    /// here, and the usage of every component goes to a meter there: so it must be a plain sum or count, without filters or
    /// groups.
    #[serde(default)]
    pub billed_at: Option<BilledAt>,
}

/// A plan as it shall be from now on: whatever is left out is emptied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdatePlan {
    /// Its name, as it is printed on invoices; up to 100 characters.
    pub name: String,
    /// What it is about; up to 2,000 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// What a period costs before any usage, in the plan's currency.
    pub base_fee: Money,
    /// How long the period is that the base fee is for; `month` where it is not given.
    #[serde(default)]
    pub fee_interval: FeeInterval,
    /// Where such periods begin: with the calendar, where it is not given, or on the day of the month on which the subscription
    /// was first charged for. A fee that is not of the calendar's month, or is charged in advance, does not go with a minimum, a
    /// maximum or a fixed discount of the plan.
    #[serde(default)]
    pub fee_anchor: FeeAnchor,
    /// When such a period is charged: in arrears, when it is over, where it is not given; or in advance, by the invoice of the
    /// month before it begins.
    #[serde(default)]
    pub fee_timing: FeeTiming,
    /// What usage costs, in the order of the invoice.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub components: Vec<NewPlanComponent>,
    /// What is taken off all lines, one after the other.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub discounts: Vec<DiscountTerms>,
    /// The least that a period costs, in major units.
    #[serde(default)]
    pub minimum: Option<DecimalString>,
    /// The most that a period costs, in major units.
    #[serde(default)]
    pub maximum: Option<DecimalString>,
    /// The product class that tax goes by; `standard` where none is given.
    #[serde(default)]
    #[schema(pattern = "^[a-z0-9_]{1,40}$")]
    pub tax_class: Option<String>,
    /// Where it is billed; if given, as it is.
    #[serde(default)]
    pub billed_at: Option<BilledAt>,
}

/// Which plans are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListPlans {
    /// Only those in this state.
    pub status: Option<PlanStatus>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The prices of a plan in one of their versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanPrices {
    /// The version of the plan that gave it these prices.
    pub version: i32,
    /// The name that is printed with them.
    pub name: String,
    /// What a period costs before any usage.
    pub base_fee: Money,
    /// How long the period is that the base fee is for.
    #[serde(default)]
    pub fee_interval: FeeInterval,
    /// Where such periods begin.
    #[serde(default)]
    pub fee_anchor: FeeAnchor,
    /// When such a period is charged.
    #[serde(default)]
    pub fee_timing: FeeTiming,
    /// What usage costs.
    pub components: Vec<PricedMetric>,
    /// What is taken off all lines, one after the other.
    pub discounts: Vec<DiscountTerms>,
    /// The least that a period costs, in major units.
    pub minimum: Option<DecimalString>,
    /// The most that a period costs, in major units.
    pub maximum: Option<DecimalString>,
    /// Since when there are these prices.
    pub created_at: DateTime<Utc>,
    /// How many subscriptions are charged by them today.
    pub subscriptions: i64,
}

/// What a metric costs in a version of the prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PricedMetric {
    /// The metric's key.
    pub metric: String,
    /// Its name on the invoice.
    pub name: String,
    /// What one unit is called.
    pub unit: String,
    /// What it costs.
    pub price: PriceTerms,
}

/// All versions of a plan's prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanPriceVersions {
    /// The latest first.
    pub items: Vec<PlanPrices>,
}

/// From when on who is subscribed shall have the latest prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MigratePlan {
    /// The first day; today at the earliest.
    pub effective_on: NaiveDate,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanMigrated {
    /// How many subscriptions have the latest prices from that day on.
    pub moved: i64,
    /// How many have been billed beyond that day, and stay.
    pub billed: i64,
    /// How many stay as another subscription of the customer bills what the latest prices bill, too.
    pub overlapping: i64,
}

/// Which preview is wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PreviewPlanMigration {
    /// The first day of the latest prices, today at the earliest; the first day of the next month where it is not given.
    pub effective_on: Option<NaiveDate>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What the latest prices mean to one subscription: by the usage of the last full month, each for all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MigratedSubscription {
    /// Which.
    pub subscription_id: SubscriptionId,
    /// Whose.
    pub customer_id: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub customer_name: String,
    /// The version of the prices that it has.
    pub from_version: i32,
    /// What the month comes to by these.
    pub before: Option<Money>,
    /// What it comes to by the latest.
    pub after: Option<Money>,
}
