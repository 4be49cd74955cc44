//! A customer's credit: what of it is used first, and where it goes back to.
//!
//! Credit is free, or a part of a grant. Free credit (of credit notes, of payments that were too much) never expires. A grant
//! was paid for or given, and may have a last day.

use std::{fmt, str::FromStr};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    ids::CreditGrantId,
    money::{Money, MoneyError},
    permissions::named_enum,
};

named_enum! {
    /// Where granted credit comes from. What was given is used before what was paid for.
    CreditSource {
        /// It was given.
        Promotional = "promotional",
        /// The customer has paid for it.
        Paid = "paid",
    }
}

named_enum! {
    /// Where a grant stands.
    CreditGrantStatus {
        /// Something of it is left.
        Active = "active",
        /// All of it was used.
        UsedUp = "used_up",
        /// Its last day is over; something was left.
        Expired = "expired",
        /// What was left was taken back.
        Revoked = "revoked",
    }
}

named_enum! {
    /// What becomes of a part of a grant.
    CreditMoveKind {
        /// An invoice was issued with it.
        Used = "used",
        /// That invoice was taken back, or credited.
        Returned = "returned",
        /// It came back after the last day, and had been paid for: it is free.
        Released = "released",
        /// It was left after the last day.
        Expired = "expired",
        /// It was taken back.
        Revoked = "revoked",
    }
}

impl CreditMoveKind {
    /// By how much there is more of the grant.
    pub fn signed(self, amount: Money) -> Result<Money, MoneyError> {
        match self {
            Self::Returned => Ok(amount),
            Self::Used | Self::Released | Self::Expired | Self::Revoked => amount.checked_neg(),
        }
    }
}

/// Whether a grant with such a last day can be used on a day.
pub fn is_usable(expires_on: Option<NaiveDate>, on: NaiveDate) -> bool {
    expires_on.is_none_or(|last| on <= last)
}

/// A part of a grant: what is left of it, or what an invoice has used of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantPart {
    /// Of which.
    pub grant: CreditGrantId,
    /// Where it comes from.
    pub source: CreditSource,
    /// The last day on which it can be used.
    pub expires_on: Option<NaiveDate>,
    /// How much.
    pub amount: Money,
}

impl GrantPart {
    /// What expires first is used first, then what never does; of one day, what was given before what was paid for; then the
    /// older one.
    fn turn(&self) -> (bool, Option<NaiveDate>, CreditSource, CreditGrantId) {
        (self.expires_on.is_none(), self.expires_on, self.source, self.grant)
    }
}

/// Puts parts in the order in which they are used.
pub fn in_turn(parts: &mut [GrantPart]) {
    parts.sort_by_key(GrantPart::turn);
}

/// What a customer can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// What is of no grant. It is used last.
    pub free: Money,
    /// What is left of grants, in turn.
    pub grants: Vec<GrantPart>,
}

impl Credit {
    /// None.
    pub fn none(free: Money) -> Self {
        Self { free, grants: Vec::new() }
    }

    /// All of it.
    pub fn total(&self) -> Result<Money, MoneyError> {
        Money::sum(
            self.free.currency(),
            self.grants.iter().map(|part| part.amount).chain(std::iter::once(self.free)),
        )
    }

    /// Uses as much of it as an amount asks for, and says what.
    pub fn take(&mut self, wanted: Money) -> Result<Taken, MoneyError> {
        let zero = Money::zero(self.free.currency());
        // Of another currency there is nothing.
        let mut open = wanted.checked_add(zero)?.amount_minor().max(0);
        let mut taken = Taken { total: zero, grants: Vec::new() };
        let mut part_of = |there: Money| {
            let minor = there.amount_minor().clamp(0, open);
            open -= minor;
            Money::new(minor, there.currency())
        };
        for part in &mut self.grants {
            let amount = part_of(part.amount);
            if amount.amount_minor() > 0 {
                part.amount = part.amount.checked_sub(amount)?;
                taken.grants.push((part.grant, amount));
                taken.total = taken.total.checked_add(amount)?;
            }
        }
        let of_free = part_of(self.free);
        self.free = self.free.checked_sub(of_free)?;
        taken.total = taken.total.checked_add(of_free)?;
        Ok(taken)
    }
}

/// What was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// All of it.
    pub total: Money,
    /// What of it is of grants, in turn.
    pub grants: Vec<(CreditGrantId, Money)>,
}

/// What becomes of an amount that an invoice gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenBack {
    /// What is free: money, credit that was free, and what was paid for and cannot go back to a grant that has expired.
    pub free: Money,
    /// What goes back to grants.
    pub to_grants: Vec<GrantPart>,
    /// What would, and had been paid for: it is among what is free.
    pub released: Vec<GrantPart>,
    /// What would, and had been given: it expires at once.
    pub expired: Vec<GrantPart>,
}

/// Gives back an amount, of which an invoice can give back so much in all, and has used these parts of grants: money and
/// free credit first, then what was used last.
pub fn give_back(
    amount: Money,
    there: Money,
    mut used: Vec<GrantPart>,
    on: NaiveDate,
) -> Result<GivenBack, MoneyError> {
    let zero = Money::zero(amount.currency());
    in_turn(&mut used);
    let of_grants = Money::sum(amount.currency(), used.iter().map(|part| part.amount))?;
    let free = there.checked_sub(of_grants)?.amount_minor().clamp(0, amount.amount_minor().max(0));
    let mut open = amount.checked_sub(Money::new(free, amount.currency()))?.amount_minor();
    let mut given =
        GivenBack { free: zero, to_grants: Vec::new(), released: Vec::new(), expired: Vec::new() };
    for mut part in used.into_iter().rev() {
        let minor = part.amount.amount_minor().clamp(0, open.max(0));
        if minor == 0 {
            continue;
        }
        open -= minor;
        part.amount = Money::new(minor, amount.currency());
        match part.source {
            _ if is_usable(part.expires_on, on) => given.to_grants.push(part),
            CreditSource::Paid => given.released.push(part),
            CreditSource::Promotional => given.expired.push(part),
        }
    }
    let parts = given.to_grants.iter().chain(&given.expired).map(|part| part.amount);
    given.free = amount.checked_sub(Money::sum(amount.currency(), parts)?)?;
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD)
    }

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, number).unwrap()
    }

    fn id(number: u128) -> CreditGrantId {
        CreditGrantId::from(uuid::Uuid::from_u128(number))
    }

    fn part(number: u128, source: CreditSource, expires: Option<u32>, minor: i64) -> GrantPart {
        GrantPart { grant: id(number), source, expires_on: expires.map(day), amount: usd(minor) }
    }

    use CreditSource::{Paid, Promotional};

    #[test]
    fn what_expires_first_is_used_first_and_gifts_before_money() {
        let mut grants = vec![
            part(1, Paid, None, 10),
            part(2, Promotional, None, 10),
            part(3, Paid, Some(20), 10),
            part(4, Promotional, Some(20), 10),
            part(5, Paid, Some(10), 10),
            part(6, Paid, Some(20), 10),
        ];
        in_turn(&mut grants);
        let mut credit = Credit { free: usd(100), grants };
        let taken = credit.take(usd(65)).unwrap();
        let order: Vec<_> =
            taken.grants.iter().map(|(grant, amount)| (*grant, amount.amount_minor())).collect();
        assert_eq!(order, [(id(5), 10), (id(4), 10), (id(3), 10), (id(6), 10), (id(2), 10), (id(1), 10)]);
        assert_eq!((taken.total, credit.free), (usd(65), usd(95)));
        let taken = credit.take(usd(1_000)).unwrap();
        assert_eq!((taken.total, taken.grants.len(), credit.total().unwrap()), (usd(95), 0, usd(0)));
    }

    #[test]
    fn the_last_day_is_the_last_one() {
        assert!(
            is_usable(Some(day(10)), day(10))
                && is_usable(None, day(11))
                && !is_usable(Some(day(10)), day(11))
        );
    }

    #[test]
    fn money_is_given_back_before_credit_and_what_was_used_last_before_what_was_used_first() {
        // 90 were billed: 20 of a gift until the 10th, 30 paid for until the 20th, 5 of free credit, 35 by bank.
        let used = vec![part(1, Promotional, Some(10), 20), part(2, Paid, Some(20), 30)];
        let back = |amount, there, used: &[GrantPart], on| {
            give_back(usd(amount), usd(there), used.to_vec(), day(on)).unwrap()
        };
        let first = back(45, 90, &used, 5);
        assert_eq!((first.free, first.to_grants), (usd(40), vec![part(2, Paid, Some(20), 5)]));
        // The rest of it: what has come back is not used any more.
        let left = [part(1, Promotional, Some(10), 20), part(2, Paid, Some(20), 25)];
        let rest = back(45, 45, &left, 15);
        assert_eq!((rest.free, rest.to_grants), (usd(0), vec![part(2, Paid, Some(20), 25)]));
        assert_eq!((rest.expired, rest.released), (vec![part(1, Promotional, Some(10), 20)], vec![]));
        // After all last days, what was paid for stays the customer's.
        let late = back(90, 90, &used, 25);
        assert_eq!((late.free, late.to_grants), (usd(70), vec![]));
        assert_eq!((late.released, late.expired), (vec![used[1]], vec![used[0]]));
    }

    fn parts() -> impl Strategy<Value = Vec<GrantPart>> {
        let one = (any::<bool>(), prop::option::of(1u32..28), 0i64..1_000);
        prop::collection::vec(one, 0..12).prop_map(|all| {
            let of = |(index, (paid, expires, minor)): (u128, (bool, Option<u32>, i64))| {
                part(index, if paid { Paid } else { Promotional }, expires, minor)
            };
            (0..).zip(all).map(of).collect()
        })
    }

    proptest! {
        #[test]
        fn using_and_giving_back_lose_nothing(
            mut grants in parts(), free in -50i64..1_000, wanted in 0i64..5_000, money in 0i64..500, share in 0i64..=100, on in 1u32..28,
        ) {
            in_turn(&mut grants);
            let before = Credit { free: usd(free), grants };
            let mut credit = before.clone();
            let taken = credit.take(usd(wanted)).unwrap();
            // All that there is, or all that is wanted.
            let there = before.grants.iter().map(|part| part.amount.amount_minor()).sum::<i64>() + free.max(0);
            prop_assert_eq!(taken.total.amount_minor(), wanted.min(there));
            prop_assert_eq!(credit.total().unwrap().checked_add(taken.total).unwrap(), before.total().unwrap());
            prop_assert!(credit.grants.iter().all(|part| part.amount.amount_minor() >= 0));
            // Nothing of a later turn is used while something of an earlier one is left.
            let touched = |index: usize| credit.grants[index].amount != before.grants[index].amount;
            for index in 1..credit.grants.len() {
                prop_assert!(!touched(index) || credit.grants[..index].iter().all(|part| part.amount.amount_minor() == 0));
            }
            let used: Vec<_> = taken.grants.iter().map(|(grant, amount)| {
                let of = before.grants.iter().find(|part| part.grant == *grant).unwrap();
                GrantPart { amount: *amount, ..*of }
            }).collect();
            let there = taken.total.amount_minor() + money;
            let amount = usd(there * share / 100);
            let given = give_back(amount, usd(there), used.clone(), day(on)).unwrap();
            let sum = |parts: &[GrantPart]| parts.iter().map(|part| part.amount.amount_minor()).sum::<i64>();
            prop_assert_eq!(given.free.amount_minor() + sum(&given.to_grants) + sum(&given.expired), amount.amount_minor());
            prop_assert!(given.free.amount_minor() >= sum(&given.released));
            // No grant gets more than was used of it, and none that is over gets anything.
            for part in given.to_grants.iter().chain(&given.released).chain(&given.expired) {
                let of = used.iter().find(|of| of.grant == part.grant).unwrap();
                prop_assert!(part.amount.amount_minor() <= of.amount.amount_minor());
            }
            prop_assert!(given.to_grants.iter().all(|part| is_usable(part.expires_on, day(on))));
        }
    }
}
