//! API keys.

use chrono::{DateTime, Utc};
use domain::{
    dates::Instant,
    ids::{ApiKeyId, CustomerId},
    permissions::Permission,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The name that it was given.
    pub name: String,
    /// How the key begins, to recognise it by.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// The customers that it is limited to; absent where there is no such limit.
    pub only_customers: Option<Vec<CustomerId>>,
    /// How many requests a minute each instance takes from it.
    pub requests_per_minute: i32,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiKey {
    /// What it is for; up to 100 characters.
    pub name: String,
    /// What it may do; nothing that its maker may not.
    pub scopes: Vec<Permission>,
    /// The customers to limit it to. At most 500.
    #[serde(default)]
    pub only_customers: Option<Vec<CustomerId>>,
    /// How many requests a minute it may make, 1 to 100,000; 6,000 where it is not given.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100_000)]
    pub requests_per_minute: Option<i32>,
    /// When it ends.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub expires_at: Option<Instant>,
}

/// A new key with its secret.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedApiKey {
    /// The key itself: send it as `Authorization: Bearer …`. It is shown this once.
    pub secret: String,
    /// What is kept of it.
    pub key: ApiKey,
}
