//! How revenue moves: what recurs of what was billed, and what became of it from one month to the next (billing rules,
//! section 18).

use std::{fmt, iter::Sum, ops::Add, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::permissions::named_enum;

/// What revenue is made of, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    /// Base fees of the month.
    pub fees: i64,
    /// Usage beyond what is included.
    pub usage: i64,
    /// Discounts, and what agreed minimums and maximums make of it.
    pub adjustments: i64,
    /// What is charged once, and fees for paying late: it does not recur.
    pub once: i64,
    /// Base fees with a rhythm of their own, less what discounts take off them. They recur, but not every month: what they bring
    /// a month is counted apart.
    pub spread: i64,
}

impl Parts {
    /// What the lines of an invoice bring, where it brings this much in all. They are the same where prices are without
    /// tax; where tax is included, each part bears its share of it, and what rounding leaves is borne by the largest.
    #[must_use]
    pub fn of(revenue: i64, lines: Self) -> Self {
        let sum = lines.sum();
        if sum == i128::from(revenue) {
            return lines;
        }
        if sum == 0 {
            return Self { adjustments: revenue, ..Self::default() };
        }
        let share = |part: i64| {
            let (exact, sum) = (i128::from(part) * i128::from(revenue), sum);
            i64::try_from(exact / sum).unwrap_or(0)
        };
        let mut parts = Self {
            fees: share(lines.fees),
            usage: share(lines.usage),
            adjustments: share(lines.adjustments),
            once: share(lines.once),
            spread: share(lines.spread),
        };
        let left = i64::try_from(i128::from(revenue) - parts.sum()).unwrap_or(0);
        let all =
            [&mut parts.fees, &mut parts.usage, &mut parts.adjustments, &mut parts.once, &mut parts.spread];
        let largest = all.into_iter().max_by_key(|part| part.unsigned_abs());
        if let Some(part) = largest {
            *part += left;
        }
        parts
    }

    fn sum(self) -> i128 {
        [self.fees, self.usage, self.adjustments, self.once, self.spread].into_iter().map(i128::from).sum()
    }

    /// What comes again every month.
    #[must_use]
    pub fn recurring(self) -> i64 {
        self.fees.saturating_add(self.usage).saturating_add(self.adjustments)
    }

    /// All of it.
    #[must_use]
    pub fn total(self) -> i64 {
        self.recurring().saturating_add(self.once).saturating_add(self.spread)
    }
}

impl Add for Parts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            fees: self.fees.saturating_add(other.fees),
            usage: self.usage.saturating_add(other.usage),
            adjustments: self.adjustments.saturating_add(other.adjustments),
            once: self.once.saturating_add(other.once),
            spread: self.spread.saturating_add(other.spread),
        }
    }
}

impl Sum for Parts {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

named_enum! {
    /// What became of a customer's recurring revenue from one month to the next.
    Movement {
        /// The customer pays, and was billed nothing before.
        New = "new",
        /// The customer pays, not in the month before, and was billed earlier.
        Returned = "returned",
        /// More than the month before.
        Expansion = "expansion",
        /// Less than the month before.
        Contraction = "contraction",
        /// Nothing any more.
        Churned = "churned",
        /// The customer has days to be billed in the month, and no invoice for them yet.
        Unbilled = "unbilled",
    }
}

impl Movement {
    /// What became of a customer, and by how much; none where nothing has changed. All of them together are what revenue
    /// has grown by.
    #[must_use]
    pub fn of(before: i64, now: i64, is_first: bool) -> Option<(Self, i64)> {
        let kind = match (before > 0, now > 0) {
            _ if before == now => return None,
            (false, true) if is_first => Self::New,
            (false, true) => Self::Returned,
            (true, false) => Self::Churned,
            _ if now > before => Self::Expansion,
            _ => Self::Contraction,
        };
        Some((kind, now.saturating_sub(before)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_customer_moves_in_one_way() {
        for (before, now, is_first, expected) in [
            (0, 100, true, Some((Movement::New, 100))),
            (0, 100, false, Some((Movement::Returned, 100))),
            (100, 130, false, Some((Movement::Expansion, 30))),
            (100, 70, false, Some((Movement::Contraction, -30))),
            (100, 0, false, Some((Movement::Churned, -100))),
            (100, -5, false, Some((Movement::Churned, -105))),
            (-5, 100, false, Some((Movement::Returned, 105))),
            (-5, 0, false, Some((Movement::Expansion, 5))),
            (100, 100, false, None),
            (0, 0, true, None),
        ] {
            assert_eq!(Movement::of(before, now, is_first), expected, "{before} → {now}");
        }
    }

    #[test]
    fn included_tax_is_borne_by_all_parts() {
        let lines = Parts { fees: 11_900, usage: 5_950, adjustments: -1_190, once: 1_190, spread: 2_380 };
        let net = Parts { fees: 10_000, usage: 5_000, adjustments: -1_000, once: 1_000, spread: 2_000 };
        assert_eq!(Parts::of(17_000, lines), net);
        assert_eq!(Parts::of(20_230, lines), lines);
        assert_eq!(net.recurring(), 14_000);
    }

    proptest! {
        #[test]
        fn parts_add_up(revenue: i32, fees: i32, usage: i32, adjustments: i32, once: i32, spread: i32) {
            let part = i64::from;
            let lines = Parts {
                fees: part(fees), usage: part(usage), adjustments: part(adjustments), once: part(once),
                spread: part(spread),
            };
            // Without lines that come to anything there is nothing to go by, and it is kept all the same.
            prop_assert_eq!(Parts::of(part(revenue), lines).total(), part(revenue));
        }

        #[test]
        fn growth_is_the_sum_of_what_moved(before: i32, now: i32, is_first: bool) {
            let (before, now) = (i64::from(before), i64::from(now));
            let moved = Movement::of(before, now, is_first).map_or(0, |(_, by)| by);
            prop_assert_eq!(before + moved, now);
        }
    }
}
