//! MSPs of the platform.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, TenantId},
    money::{Currency, Money},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An MSP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Msp {
    /// Its tenant.
    pub id: TenantId,
    /// The customer that it is to the platform.
    pub customer_id: CustomerId,
    /// The company.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Shut out for now.
    pub suspended: bool,
    /// Where its billing days begin, as the IANA database names it.
    pub time_zone: String,
    /// Its own currency.
    pub currency: Currency,
    /// How many customers it has.
    pub customers: i64,
    /// Machines that it protects this month.
    pub machines: i64,
    /// What it has invoiced for this month.
    pub revenue_this_month: Money,
    /// Counts its changes; the same as the `ETag`.
    pub version: i32,
    /// When it was taken on.
    pub created_at: DateTime<Utc>,
}

/// An MSP to be taken on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMsp {
    /// The company; up to 200 characters.
    pub name: String,
    /// Its name in addresses: 2 to 40 of `a-z`, `0-9`, `-`.
    pub slug: String,
    /// Its first administrator, who is invited by mail.
    pub admin_email: String,
    /// Where its billing days begin, as the IANA database names it; `UTC` where it is not given.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Its own currency; `USD` where it is not given.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// What its invoice numbers begin with: 1 to 8 of `A-Z`, `0-9`. Made from the slug where it is not given.
    #[serde(default)]
    pub invoice_prefix: Option<String>,
}

/// What is to change about an MSP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMsp {
    /// The company; up to 200 characters.
    pub name: String,
}
