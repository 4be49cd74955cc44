//! What customers have as credit, and what of it they were granted.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    credits::{CreditGrantStatus, CreditSource},
    ids::{CreditGrantId, CustomerId, InvoiceId},
    money::{Currency, Money},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What a customer has as credit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CustomerCredit {
    /// The customer.
    pub customer_id: CustomerId,
    /// The currency that the customer is billed in: that of its plan (of several, of the first to begin), or else the tenant's own.
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
    /// All that can be used, by currency; empty where there is none. The next invoices in that currency use it up: what
    /// expires first, then what never expires.
    pub balances: Vec<Money>,
    /// What of that can be paid out by refunds: what the customer was not granted.
    pub refundable: Vec<Money>,
    /// What of it expires, by day; what expires next is the first.
    pub expiring: Vec<ExpiringCredit>,
}

/// Credit that expires.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExpiringCredit {
    /// The last day, in the tenant's time zone, on which it can be used.
    pub expires_on: NaiveDate,
    /// How much, as of now.
    pub amount: Money,
}

/// Credit that a customer was granted. `left`, `used`, `expired`, `revoked` and `released` add up to `amount`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CreditGrant {
    /// Its id.
    pub id: CreditGrantId,
    /// Whose.
    pub customer_id: CustomerId,
    /// Whether the customer has paid for it, or it was given.
    pub source: CreditSource,
    /// What the customer reads.
    pub description: String,
    /// How much was granted.
    pub amount: Money,
    /// What of it can be used.
    pub left: Money,
    /// What invoices have used of it, and not given back.
    pub used: Money,
    /// What has expired.
    pub expired: Money,
    /// What was taken back.
    pub revoked: Money,
    /// What an invoice gave back after the last day, and had been paid for: it is credit that never expires.
    pub released: Money,
    /// The last day, in the tenant's time zone, on which it can be used; none where it never expires.
    pub expires_on: Option<NaiveDate>,
    /// Where it stands.
    pub status: CreditGrantStatus,
    /// The bank's words for the money, where it was paid for.
    pub reference: Option<String>,
    /// The day on which the money came, where it was paid for.
    pub paid_on: Option<NaiveDate>,
    /// The invoices that have used it, the earliest first.
    pub uses: Vec<CreditUse>,
    /// Counts what has become of it.
    pub version: i32,
    /// When it was granted.
    pub created_at: DateTime<Utc>,
}

/// An invoice that has used of a grant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CreditUse {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// How much it was issued with.
    pub used: Money,
    /// What of that came back, as the invoice was voided or credited.
    pub returned: Money,
}

/// Credit to be granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCreditGrant {
    /// `paid` where the customer has paid for it, `promotional` where it is given.
    pub source: CreditSource,
    /// How much, in a currency that the customer is billed in.
    pub amount: Money,
    /// What the customer reads; one line of at most 200 characters.
    pub description: String,
    /// The last day, in the tenant's time zone, on which it can be used; it never expires where none is given.
    #[serde(default)]
    pub expires_on: Option<NaiveDate>,
    /// For `paid`, which needs it: the bank's words for the money, up to 200 characters. Money of the same words is recorded
    /// once, for an invoice or as credit.
    #[serde(default)]
    pub reference: Option<String>,
    /// For `paid`: on which day it came; today where it is not given.
    #[serde(default)]
    pub paid_on: Option<NaiveDate>,
}

/// Why what is left of a grant is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeCreditGrant {
    /// Kept with it, and not shown to the customer; up to 500 characters.
    pub reason: String,
}

/// Which of a customer's grants are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListCreditGrants {
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What the company has as credit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PortalCredit {
    /// All that can be used, by currency; empty where there is none. The next invoices use it up.
    pub balances: Vec<Money>,
    /// What the company was granted and has left, in the order in which it is used. There are never many.
    pub grants: Vec<PortalCreditGrant>,
}

/// Credit that the company was granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PortalCreditGrant {
    /// Its id.
    pub id: CreditGrantId,
    /// What it is for.
    pub description: String,
    /// Whether it was paid for, or given.
    pub source: CreditSource,
    /// How much was granted.
    pub amount: Money,
    /// What of it can be used.
    pub left: Money,
    /// The last day on which it can be used; none where it never expires.
    pub expires_on: Option<NaiveDate>,
}
