//! A subscription's states, and the days on which it may begin and end.

use crate::{periods, permissions::named_enum};
use chrono::{Datelike as _, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// Where a subscription stands.
    SubscriptionStatus {
        /// It goes on until it is cancelled.
        Active = "active",
        /// It has an end, past or still to come.
        Cancelled = "cancelled",
    }
}

/// A day that is more likely a slip of the pen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be at most ten years away, in a year from 2000 to 2199")]
pub struct UnlikelyDayError;

/// Checks a day on which a subscription shall begin or end.
pub fn check_day(day: NaiveDate, today: NaiveDate) -> Result<(), UnlikelyDayError> {
    let ten_years = Months::new(120);
    let near = today.checked_sub_months(ten_years).is_some_and(|first| day >= first)
        && today.checked_add_months(ten_years).is_some_and(|last| day <= last);
    if near && periods::YEARS.contains(&day.year()) { Ok(()) } else { Err(UnlikelyDayError) }
}

/// The first day that is no longer covered when a subscription is cancelled without naming one: today
/// is still covered, and so is the first day of a subscription that has not begun.
pub fn default_end(starts_on: NaiveDate, today: NaiveDate) -> NaiveDate {
    let last = starts_on.max(today);
    last.succ_opt().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_near_and_in_the_years_that_can_be_billed() {
        let cases = [
            ("2025-10-15", "2025-10-15", true),
            ("2015-10-15", "2025-10-15", true),
            ("2015-10-14", "2025-10-15", false),
            ("2035-10-15", "2025-10-15", true),
            ("2035-10-16", "2025-10-15", false),
            ("1999-12-31", "2005-01-01", false),
            ("2000-01-01", "2005-01-01", true),
            ("2200-01-01", "2195-01-01", false),
        ];
        for (text, today, allowed) in cases {
            assert_eq!(check_day(day(text), day(today)).is_ok(), allowed, "{text} on {today}");
        }
        assert!(check_day(NaiveDate::MAX, day("2025-10-15")).is_err());
        assert!(check_day(NaiveDate::MIN, day("2025-10-15")).is_err());
    }

    #[test]
    fn an_end_always_leaves_a_day() {
        assert_eq!(default_end(day("2025-01-01"), day("2025-10-31")), day("2025-11-01"));
        assert_eq!(default_end(day("2025-12-01"), day("2025-10-31")), day("2025-12-02"));
    }
}
