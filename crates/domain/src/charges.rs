//! Charges: tries to take what an invoice asks for from a saved payment method.

use crate::permissions::named_enum;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Where a charge stands.
    ChargeStatus {
        /// The payment provider is being asked.
        Open = "open",
        /// The bank is at work; a direct debit can take days.
        Processing = "processing",
        /// The money has arrived.
        Succeeded = "succeeded",
        /// It was declined.
        Failed = "failed",
    }
}

impl ChargeStatus {
    /// Whether it may still become another.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Open | Self::Processing)
    }
}
