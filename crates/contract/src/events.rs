//! The audit trail.

use chrono::{DateTime, Utc};
use domain::{
    dates::Instant,
    ids::{CustomerId, EventId, TenantId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its place in the tenant's chain.
    pub seq: i64,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What: `invoice.finalized`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who: `user:usr_…`, `api_key:key_…`, `system:…`.
    pub actor: String,
    /// Who, as people know them.
    pub actor_name: String,
    /// To what: `invoice:inv_…`.
    pub subject: String,
    /// Which customer it concerns.
    pub customer_id: Option<CustomerId>,
    /// The details.
    pub data: serde_json::Value,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
}

/// What a live stream leaves out because there was too much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventGap {
    /// Everything after this place is left out …
    pub after_seq: i64,
    /// … up to this one, inclusive.
    pub last_seq: i64,
}

/// Something that happened at a tenant of the platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TenantEvent {
    /// Whose.
    pub tenant_id: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// What.
    pub event: Event,
}

/// Which events are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListEvents {
    /// Only this type, or with a final `.` all types that begin so: `invoice.`.
    #[serde(rename = "type")]
    #[param(max_length = 100)]
    pub kind: Option<String>,
    /// Only those of one actor: `user:usr_…`.
    #[param(max_length = 100)]
    pub actor: Option<String>,
    /// Only those of one subject: `customer:cus_…`.
    #[param(max_length = 100)]
    pub subject: Option<String>,
    /// Only those of one customer.
    pub customer_id: Option<CustomerId>,
    /// Not before this instant.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub from: Option<Instant>,
    /// Before this instant.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub until: Option<Instant>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Whether the chain of events holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChainCheck {
    /// Every event follows from the one before.
    pub intact: bool,
    /// The first place that does not.
    pub first_broken_seq: Option<i64>,
    /// How many events were checked.
    pub events: i64,
}
