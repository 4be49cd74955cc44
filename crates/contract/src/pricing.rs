//! Pricing: what given prices make of given usage.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    decimals::DecimalString,
    fees::{FeeAnchor, FeeInterval, FeeTiming},
    money::{Currency, Money},
    pricing::{DiscountTerms, LineKind, PriceTerms, Step},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Prices and usage to be rated. Nothing of it is kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewPricing {
    /// The currency of every amount; a stored plan has its own.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Where the days of the period begin, as the IANA database names it; the tenant's where it is not given.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The period; the current month where it is not given.
    #[serde(default)]
    pub period: Option<Days>,
    /// The days of the period that are served; all where it is not given.
    #[serde(default)]
    pub service: Option<Days>,
    /// How many times somebody is subscribed to the plan; 1 where it is not given.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: Option<u32>,
    /// The prices.
    #[serde(default)]
    pub plan: Option<PlanTerms>,
    /// A stored plan instead: its id or code.
    #[serde(default)]
    pub plan_id: Option<String>,
    /// Prices that take the place of the plan's.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub overrides: Vec<PriceOverride>,
    /// Discounts that come after those of the plan.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub coupons: Vec<DiscountTerms>,
    /// The usage, each metric once.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub usage: Vec<MetricUsage>,
}

/// Days from the first to the one before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// The first day.
    pub start: NaiveDate,
    /// The day after the last one.
    pub end: NaiveDate,
}

/// What a plan costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanTerms {
    /// Its name, for the line of the base fee.
    pub name: String,
    /// What a period costs before any usage, in major units.
    #[serde(default)]
    pub base_fee: DecimalString,
    /// How long the period is that the base fee is for; `month` where it is not given, which is the `period` that is rated.
    #[serde(default)]
    pub fee_interval: FeeInterval,
    /// Where such periods begin; with the calendar where it is not given.
    #[serde(default)]
    pub fee_anchor: FeeAnchor,
    /// When such a period is charged; in arrears where it is not given.
    #[serde(default)]
    pub fee_timing: FeeTiming,
    /// What usage costs.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub components: Vec<ComponentTerms>,
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
}

/// What a plan charges for one metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentTerms {
    /// The metric's key; each metric at most once. It does not have to exist.
    pub metric: String,
    /// Its name on the invoice.
    pub name: String,
    /// What one unit is called.
    pub unit: String,
    /// What it costs.
    pub price: PriceTerms,
}

/// A price that takes the place of a plan's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceOverride {
    /// The metric that the plan prices.
    pub metric: String,
    /// What it costs instead.
    pub price: PriceTerms,
}

/// The usage of one metric: `quantity`, or `events`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricUsage {
    /// The metric's key.
    pub metric: String,
    /// A quantity that is aggregated already.
    #[serde(default)]
    pub quantity: Option<DecimalString>,
    /// Single events.
    #[serde(default)]
    #[schema(max_items = 10_000)]
    pub events: Option<Vec<RatedEvent>>,
    /// The levels at the beginning, for a time-weighted sum; several of one group add up.
    #[serde(default)]
    #[schema(max_items = 1_000)]
    pub opening_levels: Vec<OpeningLevel>,
}

/// One usage event.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatedEvent {
    /// Tells events of the same instant apart: they count in the order of their ids.
    #[serde(default)]
    pub id: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// How much; 1 where it is not given.
    #[serde(default)]
    pub quantity: Option<DecimalString>,
    /// What filters and groups go by.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// What it costs, for the model `dynamic`, in major units.
    #[serde(default)]
    pub amount: Option<DecimalString>,
}

/// A level that was carried over from the period before.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningLevel {
    /// The properties that make its group, as in the line that carried it over; filters do not apply to it.
    #[serde(default)]
    pub group: BTreeMap<String, String>,
    /// How much.
    pub level: DecimalString,
}

/// What the usage costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PricingPreview {
    /// The currency.
    pub currency: Currency,
    /// The lines, in the order of an invoice.
    pub lines: Vec<RatedLine>,
    /// What they come to.
    pub total: Money,
}

/// One line, and how it was computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RatedLine {
    /// What it charges for.
    pub kind: LineKind,
    /// The metric, where it belongs to one.
    pub metric: Option<String>,
    /// What the customer reads.
    pub description: String,
    /// What one unit is called.
    pub unit: Option<String>,
    /// The values that make its group.
    pub group: BTreeMap<String, String>,
    /// What was used.
    pub used: DecimalString,
    /// What of it costs nothing.
    pub included: DecimalString,
    /// What was charged.
    pub quantity: DecimalString,
    /// The price of one unit, where there is one for all.
    pub unit_price: Option<DecimalString>,
    /// What it comes to.
    pub amount: Money,
    /// How many events stand behind it.
    pub events: i64,
    /// The level at the end, of a time-weighted sum.
    pub closing_level: Option<DecimalString>,
    /// How it was computed.
    pub derivation: Vec<Step>,
}

impl From<domain::pricing::RatedLine> for RatedLine {
    fn from(line: domain::pricing::RatedLine) -> Self {
        Self {
            kind: line.kind,
            metric: line.metric,
            description: line.description,
            unit: line.unit,
            group: line.group,
            used: line.used.into(),
            included: line.included.into(),
            quantity: line.quantity.into(),
            unit_price: line.unit_price.map(Into::into),
            amount: line.amount,
            events: line.events,
            closing_level: line.closing_level.map(Into::into),
            derivation: line.derivation,
        }
    }
}
