//! An invoice's states and number.

use crate::{ledger::Account, permissions::named_enum};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Where an invoice stands.
    InvoiceStatus {
        /// May still change; has no number.
        Draft = "draft",
        /// Issued: numbered, due, immutable.
        Finalized = "finalized",
        /// Issued and settled: paid, or credited in full.
        Paid = "paid",
        /// Issued and written off: it will not be paid. Money may still come.
        Uncollectible = "uncollectible",
        /// Issued by mistake and taken back whole: nothing is owed, and its period can be billed anew.
        Void = "void",
    }
}

impl InvoiceStatus {
    /// The moves that are allowed. There is no way back from an issued invoice.
    pub fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Draft, Self::Finalized)
            | (Self::Finalized, Self::Paid | Self::Uncollectible | Self::Void)
            | (Self::Uncollectible, Self::Paid) => true,
            (Self::Draft | Self::Finalized | Self::Paid | Self::Uncollectible | Self::Void, _) => false,
        }
    }

    /// Whether the invoice has been issued and can change no more.
    pub fn is_issued(self) -> bool {
        self != Self::Draft
    }

    /// Where the ledger has what is left of an invoice: among what customers owe, or among what was given up.
    pub fn left_in(self) -> Account {
        if self == Self::Uncollectible { Account::BadDebt } else { Account::Receivable }
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
        for end in [InvoiceStatus::Paid, InvoiceStatus::Void] {
            assert!(InvoiceStatus::ALL.iter().all(|next| !end.may_become(*next)));
        }
    }

    #[test]
    fn numbers_sort_as_they_count() {
        assert_eq!(number("NW", 42), "NW-000042");
        assert_eq!(number("NW", 1_000_000), "NW-1000000");
    }
}
