//! A plan's states and bounds.

use crate::permissions::named_enum;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Where a plan stands.
    PlanStatus {
        /// Customers can be subscribed to it.
        Active = "active",
        /// Nobody new is subscribed to it; who already is, stays.
        Archived = "archived",
    }
}

named_enum! {
    /// Where those who are subscribed to a plan are billed. A plan keeps it for ever.
    BilledAt {
        /// Here: their invoices are made of its prices.
        Bailiwick = "bailiwick",
        /// At Stripe: their usage goes to meters there, and the invoices are made there.
        Stripe = "stripe",
    }
}

impl BilledAt {
    /// Where a plan is billed that does not say.
    pub fn here() -> Self {
        Self::Bailiwick
    }

    /// Whether invoices are made here.
    pub fn is_here(&self) -> bool {
        *self == Self::Bailiwick
    }
}

/// How many components a plan may have.
pub const MAX_COMPONENTS: usize = 50;
/// The largest base fee, in minor units.
pub const MAX_BASE_FEE_MINOR: i64 = 1_000_000_000_000;
/// The largest amount in a price, in major units: that base fee, in a currency with two decimals.
pub const MAX_BASE_FEE: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);
/// The largest price of one unit, in major units.
pub const MAX_UNIT_PRICE: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
/// The largest allowance: ten thousand million units.
pub const MAX_INCLUDED: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_fit_the_database() {
        // numeric(20, 9) leaves eleven digits before the point.
        assert_eq!(MAX_INCLUDED, Decimal::from(10_000_000_000i64));
        assert_eq!(MAX_BASE_FEE, Decimal::from(MAX_BASE_FEE_MINOR / 100));
        assert_eq!(MAX_UNIT_PRICE, Decimal::from(1_000_000));
    }
}
