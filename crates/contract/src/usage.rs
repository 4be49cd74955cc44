//! Usage in and out.

use chrono::{DateTime, Utc};
use domain::{ids::CustomerId, metrics::CountsAs, periods::Month};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::FieldError;

/// A usage event as `CloudEvents` 1.0 has it, in structured mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageEvent {
    /// `1.0`.
    pub specversion: String,
    /// Names the event at its source for ever; 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub id: String,
    /// Who reports; 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub source: String,
    /// The key of a metric.
    #[serde(rename = "type")]
    pub kind: String,
    /// The customer: id or code.
    pub subject: String,
    /// When it happened; now where it is not given.
    pub time: Option<DateTime<Utc>>,
    /// How much, and whatever else belongs to it.
    pub data: UsageData,
}

/// What a usage event carries. Other members are kept with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageData {
    /// A decimal, as string or number: 0 to 10,000,000,000 with at most nine decimals. 1 where it is not given.
    #[schema(value_type = String, example = "12.5")]
    pub quantity: Decimal,
}

/// What became of the events of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IngestResult {
    /// Events that count from now on.
    pub accepted: usize,
    /// Events that had been taken in before; they count once.
    pub duplicates: usize,
    /// Events that were not taken in, each with its place in the batch. The others were.
    pub rejected: Vec<RejectedEvent>,
}

/// An event that was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectedEvent {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// `invalid`, or `conflict` where another event has the same source and id.
    pub code: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// Which month.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// A month in the tenant's time zone, such as `2025-10`; the running one where it is not given.
    pub period: Option<Month>,
}

/// A customer's usage in a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// The month.
    pub period: Month,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends; this instant is not part of it.
    pub until: DateTime<Utc>,
    /// A figure for every metric, used or not.
    pub metrics: Vec<UsageFigure>,
}

/// The sum of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageFigure {
    /// The metric's key.
    pub metric: String,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The sum.
    #[schema(value_type = String, example = "68")]
    pub quantity: Decimal,
    /// Of how many events.
    pub events: i64,
    /// Which limit of the customer it counts against; none where it is absent.
    #[serde(default)]
    pub counts_as: Option<CountsAs>,
}

/// How much of it counts as this. None where nothing of what is counted does.
pub fn counted(figures: &[UsageFigure], what: CountsAs) -> Option<Decimal> {
    let mut counted = figures.iter().filter(|figure| figure.counts_as == Some(what)).peekable();
    counted.peek()?;
    Some(counted.map(|figure| figure.quantity).sum())
}

/// In which order usage is listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum UsageSort {
    /// By the customer's name.
    #[default]
    #[serde(rename = "customer")]
    Customer,
    /// The least first.
    #[serde(rename = "quantity")]
    Least,
    /// The most first.
    #[serde(rename = "-quantity")]
    Most,
}

/// Which usage to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListUsage {
    /// A month in the tenant's time zone, such as `2025-10`; the running one where it is not given.
    pub period: Option<Month>,
    /// Only this metric, by its key.
    #[param(max_length = 64)]
    pub metric: Option<String>,
    /// Part of the customer's name or code.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// The order; `customer` where it is not given.
    pub sort: Option<UsageSort>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What a customer used of one metric in a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageRow {
    /// The customer.
    pub customer_id: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub company_name: String,
    /// The metric's key.
    pub metric: String,
    /// The metric's name.
    pub metric_name: String,
    /// The unit.
    pub unit: String,
    /// How much.
    #[schema(value_type = String)]
    pub quantity: Decimal,
    /// How much in the month before; 0 where nothing was reported.
    #[schema(value_type = String)]
    pub before: Decimal,
    /// Of how many events.
    pub events: i64,
}

/// One metric over twelve months, the latest last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageTrend {
    /// The metric's key.
    pub metric: String,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The months, also those without usage.
    pub months: Vec<UsageOfMonth>,
}

/// What all customers in reach used of a metric in a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageOfMonth {
    /// The month.
    pub period: Month,
    /// How much.
    #[schema(value_type = String)]
    pub quantity: Decimal,
    /// How many customers used any.
    pub customers: i64,
}
