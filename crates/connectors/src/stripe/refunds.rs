//! Payments that are paid back.

use domain::{ids::RefundId, money::Money};
use std::collections::HashMap;

/// A payment to be paid back, whole or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// Our id of the refund; a repeated call with it pays back once.
    pub refund: RefundId,
    /// The account that was paid, `acct_…`.
    pub account: String,
    /// The payment, `pi_…`.
    pub payment: String,
    /// How much of it.
    pub amount: Money,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// It is on its way, or waits for the payer to say where to.
    Pending,
    /// It has gone out.
    Succeeded,
    /// It did not reach the payer, or was taken back before it went out.
    Failed,
}

/// A refund as Stripe knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundStatus {
    /// `re_…`.
    pub refund: String,
    /// Of which payment, `pi_…`; none where it was a charge without one.
    pub payment: Option<String>,
    /// Where it stands.
    pub state: RefundState,
    /// How much.
    pub amount: Money,
    /// Why it failed: `lost_or_stolen_card`, `expired_or_canceled_card`, …
    pub failure: Option<String>,
    /// What was kept with it.
    pub metadata: HashMap<String, String>,
}
