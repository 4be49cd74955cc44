//! What a tenant has at its payment provider, and how it reaches the bank.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, InvoiceId, PaymentId, PayoutId},
    money::{Currency, Money},
    payouts::{PayoutItemKind, PayoutStatus},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What the tenant's account has at Stripe at this moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PaymentBalance {
    /// When Stripe was asked.
    pub read_at: DateTime<Utc>,
    /// In each currency.
    pub holdings: Vec<BalanceHolding>,
    /// Other currencies of which the account has something, as ISO 4217 codes: nothing can be billed in them here. How
    /// much it is, Stripe's dashboard tells.
    pub other_currencies: Vec<String>,
}

/// What the account has in one currency, in minor units. Refunds and disputes are taken at once: either amount may be below
/// zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BalanceHolding {
    /// What the next payout takes.
    pub available: Money,
    /// What has been paid and is not available yet.
    pub pending: Money,
}

/// Money that goes from the balance to the bank. Stripe makes payouts, by the account's schedule or when its owner asks there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// Stripe's name for it.
    pub reference: String,
    /// How much, in minor units; below zero where the bank account makes up for a balance below zero.
    pub amount: Money,
    /// Where it stands. What `failed` or was `canceled` is in the balance again; a payout can fail days after it was `paid`.
    pub status: PayoutStatus,
    /// Made by the account's schedule. Only of these it can be told what is in them.
    pub automatic: bool,
    /// Stripe's word for how: `standard`, `instant`.
    pub method: String,
    /// What the bank statement says, where it is not Stripe's usual words.
    pub statement_descriptor: Option<String>,
    /// The day on which it is at the bank, or is expected to be.
    pub arrives_on: NaiveDate,
    /// Why it failed, for programs: Stripe's code, such as `account_closed`.
    pub failure_code: Option<String>,
    /// Why it failed, for people.
    pub failure: Option<String>,
    /// When Stripe made it.
    pub created_at: DateTime<Utc>,
}

/// Which payouts are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListPayouts {
    /// Only those in this state.
    pub status: Option<PayoutStatus>,
    /// Only those in this currency.
    pub currency: Option<Currency>,
    /// Only those that arrive on this day or later.
    pub from: Option<NaiveDate>,
    /// Only those that arrive before this day.
    pub until: Option<NaiveDate>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// That Stripe was asked for the last payouts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PayoutsRead {
    /// When.
    pub read_at: DateTime<Utc>,
}

/// What is in a payout, as Stripe tells it at this moment. All amounts are in the payout's currency, in minor units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PayoutContents {
    /// What each kind comes to. The `net` of all of them and `unexplained` add up to the payout.
    pub sums: Vec<PayoutSum>,
    /// What of the payout none of the items explains. It is nothing, except where a payout has more than 1,000 items: only
    /// the newest 1,000 are told.
    pub unexplained: Money,
    /// The newest first.
    pub items: Vec<PayoutItem>,
}

/// What the items of one kind come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PayoutSum {
    /// Which.
    pub kind: PayoutItemKind,
    /// How many.
    pub count: i64,
    /// Before anything was kept of it.
    pub amount: Money,
    /// The platform's share that was kept of it.
    pub platform_fee: Money,
    /// What Stripe kept of it.
    pub provider_fee: Money,
    /// What is in the payout: the amount less both.
    pub net: Money,
}

/// One movement of the balance that a payout pays out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PayoutItem {
    /// Stripe's name for the movement: `txn_…`.
    pub reference: String,
    /// What it is.
    pub kind: PayoutItemKind,
    /// Stripe's word for it: `charge`, `adjustment`, …
    pub provider_kind: String,
    /// Before anything was kept of it; below zero where money went.
    pub amount: Money,
    /// The platform's share that was kept of it.
    pub platform_fee: Money,
    /// What Stripe kept of it.
    pub provider_fee: Money,
    /// What is in the payout: the amount less both.
    pub net: Money,
    /// Stripe's description.
    pub description: Option<String>,
    /// When the balance moved.
    pub created_at: DateTime<Utc>,
    /// The payment that it is about, where it is one of ours. Others come from elsewhere: the account is the tenant's own.
    pub payment: Option<PayoutPayment>,
    /// The earlier payout that came back, or another one.
    pub payout_id: Option<PayoutId>,
}

/// A payment, and what was paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PayoutPayment {
    /// The payment.
    pub id: PaymentId,
    /// The invoice that was paid.
    pub invoice_id: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// Who paid.
    pub customer_id: CustomerId,
    /// The customer's name, as it is on the invoice.
    pub customer_name: String,
}
