//! What an account has at Stripe, and how it reaches the bank.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    money::{Currency, Money},
    payouts::{PayoutItemKind, PayoutStatus},
};

/// What an account has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balance {
    /// In each currency that can be billed in.
    pub holdings: Vec<Holding>,
    /// Other currencies of which it has something, as codes: `ISK`.
    pub other_currencies: Vec<String>,
}

/// What an account has in one currency. Either amount may be below zero: refunds and disputes are taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Which.
    pub currency: Currency,
    /// What the next payout takes.
    pub available: Money,
    /// What has been paid and is not available yet.
    pub pending: Money,
}

/// A payout as Stripe knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutTold {
    /// `po_…`.
    pub payout: String,
    /// How much; below zero where the bank account makes up for a balance below zero.
    pub amount: Money,
    /// Where it stands.
    pub status: PayoutStatus,
    /// Made by the account's schedule. Only of these Stripe knows what is in them.
    pub automatic: bool,
    /// `standard` or `instant`.
    pub method: String,
    /// What the bank statement says, if not Stripe's usual words.
    pub statement_descriptor: Option<String>,
    /// When it is at the bank, or is expected to be.
    pub arrives_on: NaiveDate,
    /// Why it failed, for programs: `account_closed`, `no_account`, …
    pub failure_code: Option<String>,
    /// Why it failed, for people.
    pub failure: Option<String>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// One movement of the balance that a payout pays out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutItem {
    /// `txn_…`.
    pub item: String,
    /// What it is.
    pub kind: PayoutItemKind,
    /// Stripe's word for it: `charge`, `adjustment`, …
    pub told_kind: String,
    /// How much, before what is kept of it.
    pub amount: Money,
    /// The platform's share that is kept of it.
    pub platform_fee: Money,
    /// What Stripe keeps of it.
    pub provider_fee: Money,
    /// How much of the payout it is: the amount less both.
    pub net: Money,
    /// Stripe's description.
    pub description: Option<String>,
    /// When the balance moved.
    pub moved_at: DateTime<Utc>,
    /// The payment that it is about, `pi_…`.
    pub payment: Option<String>,
    /// The refund, dispute or payout that it is about, `re_…`, `dp_…`, `po_…`.
    pub about: Option<String>,
}

/// What is in a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutItems {
    /// The newest first; the payout's own movement is not among them.
    pub items: Vec<PayoutItem>,
    /// There are more than were asked for.
    pub more: bool,
}
