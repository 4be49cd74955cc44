//! Disputes: payments that the payer's bank takes back, or asks about.

use crate::permissions::named_enum;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Where a dispute stands.
    DisputeStatus {
        /// The bank waits for evidence, until a day.
        NeedsResponse = "needs_response",
        /// The bank has the evidence and decides.
        UnderReview = "under_review",
        /// The bank has decided for the merchant: the money is back.
        Won = "won",
        /// The bank has decided for the payer: the money is gone.
        Lost = "lost",
        /// The bank asked, and nothing came of it.
        Closed = "closed",
    }
}

impl DisputeStatus {
    /// Whether the bank has yet to decide.
    pub fn is_open(self) -> bool {
        matches!(self, Self::NeedsResponse | Self::UnderReview)
    }
}
