//! Refunds: payments that are paid back, whole or in part.

use crate::permissions::named_enum;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Where a refund stands.
    RefundStatus {
        /// It is on its way.
        Pending = "pending",
        /// It has gone out. It can still come back: a card may have been closed.
        Succeeded = "succeeded",
        /// It did not reach the payer.
        Failed = "failed",
    }
}
