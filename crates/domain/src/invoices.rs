//! An invoice's states and number.

use crate::permissions::named_enum;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Where an invoice stands.
    InvoiceStatus {
        /// May still change; has no number.
        Draft = "draft",
        /// Issued: numbered, due, immutable.
        Finalized = "finalized",
        /// Issued and paid in full.
        Paid = "paid",
    }
}

impl InvoiceStatus {
    /// The moves that are allowed. There is no way back from an issued invoice.
    pub fn may_become(self, next: Self) -> bool {
        matches!((self, next), (Self::Draft, Self::Finalized) | (Self::Finalized, Self::Paid))
    }

    /// Whether the invoice has been issued and can change no more.
    pub fn is_issued(self) -> bool {
        self != Self::Draft
    }
}

/// How an issuer writes its numbers: `NW-000042`.
///
/// The sequence has no gaps and no year in it: it never restarts, so a number is never used twice.
pub fn number(prefix: &str, sequence: i64) -> String {
    format!("{prefix}-{sequence:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issued_invoices_never_go_back() {
        for from in InvoiceStatus::ALL {
            assert!(!from.may_become(InvoiceStatus::Draft));
        }
        assert!(!InvoiceStatus::Draft.may_become(InvoiceStatus::Paid));
    }

    #[test]
    fn numbers_sort_as_they_count() {
        assert_eq!(number("NW", 42), "NW-000042");
        assert_eq!(number("NW", 1_000_000), "NW-1000000");
    }
}
