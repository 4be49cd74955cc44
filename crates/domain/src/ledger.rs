//! Double entry: what happens to money, as debits and credits that add up to zero.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    money::{Currency, Money, MoneyError},
    permissions::named_enum,
};

named_enum! {
    /// An account of the ledger.
    Account {
        /// What customers owe.
        Receivable = "receivable",
        /// What was earned.
        Revenue = "revenue",
        /// What was billed in advance and is yet to be earned.
        DeferredRevenue = "deferred_revenue",
        /// Tax that was billed and is owed to the state.
        TaxPayable = "tax_payable",
        /// Money that has come in.
        Cash = "cash",
        /// What payment providers and the platform keep of it.
        Fees = "fees",
        /// What is owed to customers.
        Credits = "credits",
        /// What was paid back.
        Refunds = "refunds",
        /// What will not be paid.
        BadDebt = "bad_debt",
    }
}

named_enum! {
    /// What a transaction books.
    BookingKind {
        /// An invoice was issued.
        Invoice = "invoice",
        /// A payment was received.
        Payment = "payment",
    }
}

/// Debits (positive) and credits (negative) that add up to zero. There is no other way to make one than to name both
/// sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    currency: Currency,
    entries: Vec<(Account, i64)>,
}

impl Posting {
    /// An issued invoice: the customer owes what was earned. `None` where there is nothing to book.
    pub fn invoice(total: Money) -> Option<Self> {
        let minor = total.amount_minor();
        let entries = vec![(Account::Receivable, minor), (Account::Revenue, minor.checked_neg()?)];
        Self::balanced(total.currency(), entries)
    }

    /// A payment: what came in, without what was kept of it on the way, against what the customer owed.
    pub fn payment(amount: Money, fee: Money) -> Result<Option<Self>, MoneyError> {
        if amount.currency() != fee.currency() {
            return Err(MoneyError::CurrencyMismatch);
        }
        let (amount_minor, fee_minor) = (amount.amount_minor(), fee.amount_minor());
        let received = amount_minor.checked_sub(fee_minor).ok_or(MoneyError::Overflow)?;
        let owed = amount_minor.checked_neg().ok_or(MoneyError::Overflow)?;
        let entries =
            vec![(Account::Cash, received), (Account::Fees, fee_minor), (Account::Receivable, owed)];
        Ok(Self::balanced(amount.currency(), entries))
    }

    /// What is left of the entries that are not zero, if they balance.
    fn balanced(currency: Currency, entries: Vec<(Account, i64)>) -> Option<Self> {
        let sum: i128 = entries.iter().map(|(_, amount)| i128::from(*amount)).sum();
        let entries: Vec<_> = entries.into_iter().filter(|(_, amount)| *amount != 0).collect();
        (sum == 0 && entries.len() > 1).then_some(Self { currency, entries })
    }

    /// The currency of all its entries.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The entries, in minor units.
    pub fn entries(&self) -> &[(Account, i64)] {
        &self.entries
    }
}

/// How long an amount has been due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Age {
    /// Not due yet, or due today.
    Current,
    /// 1 to 30 days.
    Days30,
    /// 31 to 60 days.
    Days60,
    /// 61 to 90 days.
    Days90,
    /// More.
    Older,
}

impl Age {
    /// Of an amount that was due so many days ago.
    pub fn of(days_overdue: i64) -> Self {
        match days_overdue {
            ..=0 => Self::Current,
            1..=30 => Self::Days30,
            31..=60 => Self::Days60,
            61..=90 => Self::Days90,
            91.. => Self::Older,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD)
    }

    #[test]
    fn a_payment_is_split_into_what_came_in_and_what_was_kept() {
        let posting = Posting::payment(usd(10_000), usd(250)).unwrap().unwrap();
        assert_eq!(
            posting.entries(),
            [(Account::Cash, 9_750), (Account::Fees, 250), (Account::Receivable, -10_000)]
        );
        let without_fee = Posting::payment(usd(100), usd(0)).unwrap().unwrap();
        assert_eq!(without_fee.entries(), [(Account::Cash, 100), (Account::Receivable, -100)]);
        assert_eq!(Posting::invoice(usd(0)), None);
        let euro = Money::zero("EUR".parse().unwrap());
        assert_eq!(Posting::payment(usd(1), euro), Err(MoneyError::CurrencyMismatch));
    }

    #[test]
    fn ages_have_the_usual_bounds() {
        for (days, age) in [
            (-5, Age::Current),
            (0, Age::Current),
            (1, Age::Days30),
            (30, Age::Days30),
            (31, Age::Days60),
            (60, Age::Days60),
            (61, Age::Days90),
            (90, Age::Days90),
            (91, Age::Older),
        ] {
            assert_eq!(Age::of(days), age, "{days}");
        }
    }

    proptest! {
        #[test]
        fn every_posting_adds_up_to_zero(amount: i64, fee: i64) {
            let invoice = Posting::invoice(usd(amount));
            let payment = Posting::payment(usd(amount), usd(fee)).ok().flatten();
            for posting in [invoice, payment].into_iter().flatten() {
                prop_assert_eq!(posting.entries().iter().map(|(_, amount)| i128::from(*amount)).sum::<i128>(), 0);
                prop_assert!(posting.entries().iter().all(|(_, amount)| *amount != 0));
            }
        }
    }
}
