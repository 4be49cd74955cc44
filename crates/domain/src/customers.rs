//! A customer's states.

use crate::permissions::named_enum;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Where a customer stands.
    CustomerStatus {
        /// Trying out; not billed unless subscribed.
        Trial = "trial",
        /// An ordinary customer.
        Active = "active",
        /// Shut out for now: its users cannot sign in, its usage is still recorded.
        Suspended = "suspended",
        /// Gone. Kept for its invoices.
        Closed = "closed",
    }
}

impl CustomerStatus {
    /// The moves that are allowed; a move to the same state is none.
    pub fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Trial, Self::Active | Self::Suspended | Self::Closed)
            | (Self::Active, Self::Suspended | Self::Closed)
            | (Self::Suspended, Self::Active | Self::Closed)
            | (Self::Closed, Self::Active) => true,
            (Self::Trial | Self::Active | Self::Suspended | Self::Closed, _) => false,
        }
    }

    /// Whether the customer's own people may sign in.
    pub fn may_sign_in(self) -> bool {
        matches!(self, Self::Trial | Self::Active)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_returns_to_trial_and_no_move_stands_still() {
        for from in CustomerStatus::ALL {
            assert!(!from.may_become(CustomerStatus::Trial));
            assert!(!from.may_become(*from));
        }
    }
}
