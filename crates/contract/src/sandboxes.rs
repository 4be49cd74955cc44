//! Sandboxes: an MSP tries out in them what a customer's life brings.

use chrono::{DateTime, Utc};
use domain::{dates::Day, ids::TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A tenant of its own, with a clock that stands still until somebody moves it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sandbox {
    /// The tenant that it is: whoever made it can switch to it.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// What time it is there.
    pub now: DateTime<Utc>,
    /// Up to when the clock is being moved on; none while it stands still.
    pub advancing_to: Option<DateTime<Utc>>,
    /// When it was made, by the real time.
    pub created_at: DateTime<Utc>,
}

/// All of an MSP's, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sandboxes {
    /// There are at most five.
    pub items: Vec<Sandbox>,
}

/// A sandbox to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSandbox {
    /// Its name; one line of at most 120 characters.
    pub name: String,
}

/// How far a clock is moved on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvanceClock {
    /// The day, where the sandbox is, at whose beginning the clock stands still again: at most 800 days later.
    #[schema(value_type = String, format = Date)]
    pub to: Day,
}
