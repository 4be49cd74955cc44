//! What is charged once.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, InvoiceId, OneOffChargeId},
    money::{Currency, Money},
    pricing::LineKind,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A charge that waits for the customer's next invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OneOffCharge {
    /// Its id.
    pub id: OneOffChargeId,
    /// Whose.
    pub customer_id: CustomerId,
    /// `one_off`, or `late_fee` where dunning has added it.
    pub kind: LineKind,
    /// What the customer reads.
    pub description: String,
    /// How many.
    #[schema(value_type = String, example = "2.5")]
    pub quantity: Decimal,
    /// The price of one, in major units.
    #[schema(value_type = String, example = "95")]
    pub unit_price: Decimal,
    /// The product class that tax goes by; none is `standard`.
    #[serde(default)]
    pub tax_class: Option<String>,
    /// What it comes to, rounded half away from zero to the minor unit.
    pub amount: Money,
    /// The invoice that was not paid in time, of a late fee.
    pub late_for: Option<InvoiceId>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

/// The charges that wait, the oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OneOffCharges {
    /// There are never many.
    pub items: Vec<OneOffCharge>,
}

/// A charge to be put on the customer's next invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOneOffCharge {
    /// What the customer reads; one line of at most 200 characters.
    pub description: String,
    /// How many, with at most nine decimals; one where none is given.
    #[serde(default)]
    #[schema(example = "2.5")]
    pub quantity: Option<String>,
    /// The price of one in major units, with at most nine decimals.
    #[schema(example = "95")]
    pub unit_price: String,
    /// The product class that tax goes by; `standard` where none is given.
    #[serde(default)]
    #[schema(pattern = "^[a-z0-9_]{1,40}$")]
    pub tax_class: Option<String>,
    /// In which currency: the tenant's own where none is given. It waits for an invoice in the same.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "USD")]
    pub currency: Option<Currency>,
}
