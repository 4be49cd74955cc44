//! Payouts: what a payment account has reaches the bank.

use crate::permissions::named_enum;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Where a payout stands.
    PayoutStatus {
        /// It is made, and the bank has not been asked yet.
        Pending = "pending",
        /// The bank has it.
        InTransit = "in_transit",
        /// The bank took it. It can still come back within some days: an account may have been closed.
        Paid = "paid",
        /// It did not arrive, or came back: the money is in the balance again.
        Failed = "failed",
        /// It was taken back before it left: the money is in the balance again.
        Canceled = "canceled",
    }
}

impl PayoutStatus {
    /// How far it has come: a payout never goes back to an earlier state.
    pub fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::InTransit => 1,
            Self::Paid => 2,
            Self::Failed | Self::Canceled => 3,
        }
    }
}

named_enum! {
    /// What a part of a payout is.
    PayoutItemKind {
        /// A payment, less what was kept of it.
        Payment = "payment",
        /// A payment that went back.
        Refund = "refund",
        /// A refund that came back.
        RefundFailed = "refund_failed",
        /// What a payer's bank took, or gave back.
        Dispute = "dispute",
        /// The platform's share of a payment, given back.
        PlatformFeeRefund = "platform_fee_refund",
        /// What the provider charges beside payments.
        ProviderFee = "provider_fee",
        /// Another payout: one that somebody asked for.
        Payout = "payout",
        /// An earlier payout that came back.
        PayoutReturned = "payout_returned",
        /// Something else; the provider's word for it tells.
        Other = "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_come_in_one_order() {
        let ranks: Vec<_> = PayoutStatus::ALL.iter().map(|status| status.rank()).collect();
        assert!(ranks.is_sorted());
    }
}
