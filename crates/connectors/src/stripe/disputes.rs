//! Payments that the payer's bank takes back, or asks about.

use chrono::{DateTime, Utc};
use domain::{disputes::DisputeStatus, money::Money};

/// A dispute as Stripe knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeTold {
    /// `dp_…`, or `du_…`.
    pub dispute: String,
    /// Of which payment, `pi_…`; none where it was a charge without one.
    pub payment: Option<String>,
    /// Where it stands.
    pub status: DisputeStatus,
    /// How much of the payment.
    pub amount: Money,
    /// Stripe's word for why: `fraudulent`, `product_not_received`, …
    pub reason: String,
    /// What has been taken from the account, and what Stripe asks for that.
    pub taken: (Money, Money),
    /// What has been given back, and what of the fee.
    pub returned: (Money, Money),
    /// Until when the bank waits for evidence.
    pub evidence_due_by: Option<DateTime<Utc>>,
    /// When the payer's bank told of it.
    pub opened_at: DateTime<Utc>,
}
