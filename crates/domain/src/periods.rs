//! Billing periods: half-open ranges of days in the tenant's time zone.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The years that can be billed. Outside of them a date is a slip of the pen.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// Whether a day lies in those years.
pub fn is_billable(day: NaiveDate) -> bool {
    YEARS.contains(&day.year())
}

/// A string that is not a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a month such as `2025-10`")]
pub struct ParseMonthError;

/// One calendar month, written `2025-10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    /// The month that holds a day.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// The month that holds an instant, as the clocks of a time zone show it.
    pub fn at(instant: DateTime<Utc>, zone: Tz) -> Self {
        Self::of(instant.with_timezone(&zone).date_naive())
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        self.0
    }

    /// The month so many months later, or earlier where negative.
    pub fn offset(self, months: i32) -> Self {
        let step = Months::new(months.unsigned_abs());
        let moved =
            if months < 0 { self.0.checked_sub_months(step) } else { self.0.checked_add_months(step) };
        Self(moved.unwrap_or(self.0))
    }

    /// The days of the month as a period.
    pub fn period(self) -> Period {
        Period { start: self.0, end: self.offset(1).0 }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl FromStr for Month {
    type Err = ParseMonthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (year, month) = text.split_once('-').ok_or(ParseMonthError)?;
        let digits =
            |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(ParseMonthError);
        }
        let year: i32 = year.parse().map_err(|_| ParseMonthError)?;
        let month = month.parse().map_err(|_| ParseMonthError)?;
        NaiveDate::from_ymd_opt(year, month, 1)
            .filter(|day| YEARS.contains(&day.year()))
            .map(Self)
            .ok_or(ParseMonthError)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Month {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^2[01][0-9]{2}-(0[1-9]|1[0-2])$"))
            .description(Some("A calendar month in the tenant's time zone"))
            .examples(["2025-10"])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Month {}

/// Days from `start` up to but not including `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    start: NaiveDate,
    end: NaiveDate,
}

impl Period {
    /// A period of at least one day.
    pub fn new(start: NaiveDate, end: NaiveDate) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// Its first day.
    pub fn start(self) -> NaiveDate {
        self.start
    }

    /// The first day after it.
    pub fn end(self) -> NaiveDate {
        self.end
    }

    /// Its last day, as people read it on an invoice.
    pub fn last_day(self) -> NaiveDate {
        self.end.checked_sub_days(Days::new(1)).unwrap_or(self.end)
    }

    /// The instants at which it begins and ends in a time zone.
    pub fn instants<Z: TimeZone>(self, zone: &Z) -> (DateTime<Utc>, DateTime<Utc>) {
        (start_of_day(self.start, zone), start_of_day(self.end, zone))
    }
}

/// The first instant of a day in a time zone.
///
/// Where the clocks skip midnight (São Paulo used to), the day begins when they start again; where
/// midnight comes twice, it begins at the first.
pub fn start_of_day<Z: TimeZone>(day: NaiveDate, zone: &Z) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=4)
        .find_map(|quarter_days| {
            let time = midnight + chrono::TimeDelta::minutes(30 * quarter_days);
            zone.from_local_datetime(&time).earliest()
        })
        .map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_parse_and_print() {
        let month: Month = "2025-10".parse().unwrap();
        assert_eq!(month.to_string(), "2025-10");
        assert_eq!(month.offset(3).to_string(), "2026-01");
        assert_eq!(month.offset(-10).to_string(), "2024-12");
        for text in
            ["2025-13", "2025-1", "25-10", "2025-10-01", "1999-12", "2200-01", "", "２０２５-10", "+025-10"]
        {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_month_begins_at_local_midnight() {
        let (start, end) = "2025-03".parse::<Month>().unwrap().period().instants(&Tz::America__New_York);
        assert_eq!(start.to_rfc3339(), "2025-03-01T05:00:00+00:00");
        // Daylight-saving time has begun: the month is an hour shorter than its days suggest.
        assert_eq!(end.to_rfc3339(), "2025-04-01T04:00:00+00:00");
    }

    #[test]
    fn a_skipped_midnight_starts_the_day_late() {
        let day = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
        assert_eq!(start_of_day(day, &Tz::America__Sao_Paulo).to_rfc3339(), "2018-11-04T03:00:00+00:00");
    }
}
