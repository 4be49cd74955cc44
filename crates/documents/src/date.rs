//! Dates as they are printed: with the month's name, so that nobody mistakes the day for the month.

use chrono::{Datelike, NaiveDate};

use crate::Period;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month(date: NaiveDate) -> &'static str {
    usize::try_from(date.month0()).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default()
}

/// "14 April 2026".
pub(crate) fn long(date: NaiveDate) -> String {
    format!("{} {} {}", date.day(), month(date), date.year())
}

/// "1 – 30 April 2026", naming month and year once where both ends share them.
pub(crate) fn range(period: Period) -> String {
    let Period { start, end } = period;
    if start == end {
        long(end)
    } else if start.year() != end.year() {
        format!("{} – {}", long(start), long(end))
    } else if start.month() != end.month() {
        format!("{} {} – {}", start.day(), month(start), long(end))
    } else {
        format!("{} – {}", start.day(), long(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn ranges_say_nothing_twice() {
        let april = day(2026, 4, 1);
        let range = |start, end| range(Period { start, end });
        assert_eq!(range(april, day(2026, 4, 30)), "1 – 30 April 2026");
        assert_eq!(range(day(2026, 3, 15), day(2026, 4, 14)), "15 March – 14 April 2026");
        assert_eq!(range(day(2025, 12, 15), day(2026, 1, 14)), "15 December 2025 – 14 January 2026");
        assert_eq!(range(april, april), "1 April 2026");
    }
}
