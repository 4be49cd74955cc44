//! Usage in and out.

use chrono::{DateTime, Utc};
use domain::{metrics::CountsAs, periods::Month};
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
