//! What a credit note may take off an invoice.
//!
//! A line is credited with the sign that it has: a charge by what is above zero, a deduction such as a discount by what is
//! below. A charge that was discounted is so credited without its discount, unless that is credited along with it; and
//! never is more credited than the invoice came to.

use crate::{
    invoices,
    money::{Money, MoneyError},
};

/// How an issuer writes the numbers of its credit notes, which it counts by themselves: `NW-CN-000042`.
pub fn number(prefix: &str, sequence: i64) -> String {
    invoices::number(&format!("{prefix}-CN"), sequence)
}

/// A line of an invoice, or an invoice as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Creditable {
    /// What it comes to.
    pub amount: Money,
    /// What of it has been credited.
    pub credited: Money,
}

/// Why an amount cannot be credited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditError {
    /// It is in another currency.
    #[error("must be in {0}")]
    Currency(crate::money::Currency),
    /// It is no amount.
    #[error("must not be zero")]
    Zero,
    /// It is of the other sign: a charge by a negative amount, or a deduction by a positive one.
    #[error("must have the sign of what it credits, of which {0} is left")]
    Sign(Money),
    /// It is more than is left.
    #[error("is more than the {0} that is left to credit")]
    Beyond(Money),
}

impl Creditable {
    /// What can still be credited.
    pub fn left(self) -> Result<Money, MoneyError> {
        self.amount.checked_sub(self.credited)
    }

    /// Whether this much of it can be credited.
    pub fn check(self, amount: Money) -> Result<(), CreditError> {
        let left = self.left().map_err(|_| CreditError::Currency(self.amount.currency()))?;
        if amount.currency() != left.currency() {
            return Err(CreditError::Currency(left.currency()));
        }
        let (wanted, there) = (amount.amount_minor(), left.amount_minor());
        if wanted == 0 {
            Err(CreditError::Zero)
        } else if there == 0 {
            Err(CreditError::Beyond(left))
        } else if wanted.signum() != there.signum() {
            Err(CreditError::Sign(left))
        } else if wanted.unsigned_abs() > there.unsigned_abs() {
            Err(CreditError::Beyond(left))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD)
    }

    fn of(amount: i64, credited: i64) -> Creditable {
        Creditable { amount: usd(amount), credited: usd(credited) }
    }

    #[test]
    fn at_most_what_is_left_and_with_its_sign() {
        assert_eq!(of(100, 30).check(usd(70)), Ok(()));
        assert_eq!(of(100, 30).check(usd(71)), Err(CreditError::Beyond(usd(70))));
        assert_eq!(of(100, 30).check(usd(-1)), Err(CreditError::Sign(usd(70))));
        assert_eq!(of(-10, 0).check(usd(-10)), Ok(()));
        assert_eq!(of(-10, -4).check(usd(-7)), Err(CreditError::Beyond(usd(-6))));
        assert_eq!(of(-10, 0).check(usd(10)), Err(CreditError::Sign(usd(-10))));
        assert_eq!(of(100, 100).check(usd(1)), Err(CreditError::Beyond(usd(0))));
        assert_eq!(of(100, 0).check(usd(0)), Err(CreditError::Zero));
        let euro = Money::new(1, "EUR".parse().unwrap());
        assert_eq!(of(100, 0).check(euro), Err(CreditError::Currency(Currency::USD)));
        assert_eq!(
            CreditError::Beyond(usd(7_000)).to_string(),
            "is more than the $70.00 that is left to credit"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_let_through_leaves_the_line_on_its_side_of_zero(
            amount in -1_000i64..1_000, parts in prop::collection::vec(-1_000i64..1_000, 0..20),
        ) {
            let mut line = of(amount, 0);
            for part in parts {
                if line.check(usd(part)).is_ok() {
                    line.credited = line.credited.checked_add(usd(part)).unwrap();
                }
                let left = line.left().unwrap().amount_minor();
                prop_assert!(left == 0 || left.signum() == amount.signum());
                prop_assert!(left.abs() <= amount.abs());
            }
        }
    }
}
