//! How a tenant taxes.

use domain::tax::{PriceMode, TaxRounding, TaxRule, countries::Country};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the tenant taxes: with a country, by these rules; without one, not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxTerms {
    /// Where the tenant is. None: no tax is charged.
    #[serde(default)]
    pub country: Option<Country>,
    /// The part of the country: the second half of its ISO 3166-2 code.
    #[serde(default)]
    #[schema(pattern = "^[A-Z0-9]{1,3}$")]
    pub region: Option<String>,
    /// Whether prices have the tax in them; `exclusive` where it is not given.
    #[serde(default)]
    pub prices: Option<PriceMode>,
    /// Where tax is rounded; `invoice` where it is not given.
    #[serde(default)]
    pub rounding: Option<TaxRounding>,
    /// The taxes of the places where the tenant and its customers are.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub rules: Vec<TaxRule>,
}

/// How the tenant taxes, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaxSettings {
    /// Where the tenant is; none: no tax is charged.
    pub country: Option<Country>,
    /// The part of the country.
    pub region: Option<String>,
    /// Whether prices have the tax in them.
    pub prices: PriceMode,
    /// Where tax is rounded.
    pub rounding: TaxRounding,
    /// The taxes.
    pub rules: Vec<TaxRule>,
    /// Counts the changes; the same as the `ETag`.
    pub version: i32,
}
