//! What can be counted.

use domain::{ids::MetricId, metrics::CountsAs};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Metric {
    /// Its id.
    pub id: MetricId,
    /// The name that usage events and plans call it by; never changes.
    pub key: String,
    /// The name that people read.
    pub name: String,
    /// What one unit is called: `machine`, `GB`.
    pub unit: String,
    /// Which figure of the portfolio, and which limit, it feeds.
    pub counts_as: Option<CountsAs>,
    /// What it counts of the tenants below, whose customers they are: `usage` of the metric of the same key by all of their
    /// customers, the number of their `customers`, or of those with a feature, as in `customers:white_label`.
    pub rolls_up: Option<String>,
}

/// A metric to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMetric {
    /// 1 to 64 of `a-z`, `0-9`, `.`, `_`, `-`, beginning with a letter.
    pub key: String,
    /// The name that people read; up to 100 characters.
    pub name: String,
    /// What one unit is called; up to 30 characters.
    pub unit: String,
    /// Which figure of the portfolio, and which limit, it feeds; none where it is not given.
    #[serde(default)]
    pub counts_as: Option<CountsAs>,
    /// What it counts of the tenants below: `usage`, `customers`, or `customers:` and the name of a feature; nothing, where it
    /// is not given. It is counted every hour, and before invoices are drafted and issued; of customers that are tenants it is
    /// reported by nobody else. Prices of `usage` go by `sum`; those of customers, who are counted as they come and go, by
    /// `time_weighted_sum`.
    #[serde(default)]
    #[schema(pattern = "^(usage|customers(:[a-z][a-z0-9._-]{0,63})?)$")]
    pub rolls_up: Option<String>,
}

/// What is to change about a metric; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateMetric {
    /// The name that people read; up to 100 characters.
    pub name: Option<String>,
    /// What one unit is called; up to 30 characters.
    pub unit: Option<String>,
}
