//! Days and instants as requests name them: in a year from 2000 to 2199. What lies outside is a slip of the pen,
//! and chrono reads years that PostgreSQL cannot hold.

use crate::periods::YEARS;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// A day or an instant in a year that can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Likely<T>(T);

/// A day in a request.
pub type Day = Likely<NaiveDate>;

/// An instant in a request.
pub type Instant = Likely<DateTime<Utc>>;

/// A year that no request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be in a year from 2000 to 2199")]
pub struct UnlikelyYearError;

impl<T: Datelike> Likely<T> {
    /// Takes it if its year can be.
    pub fn new(value: T) -> Result<Self, UnlikelyYearError> {
        if YEARS.contains(&value.year()) { Ok(Self(value)) } else { Err(UnlikelyYearError) }
    }

    /// The day or instant itself.
    pub fn get(self) -> T {
        self.0
    }
}

impl<'de, T: Datelike + Deserialize<'de>> Deserialize<'de> for Likely<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(T::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlikely_years_are_refused() {
        let day = |text: &str| serde_json::from_str::<Day>(&format!("\"{text}\"")).map_err(|e| e.to_string());
        assert_eq!(day("2199-12-31").unwrap().get(), NaiveDate::from_ymd_opt(2199, 12, 31).unwrap());
        for text in ["1999-12-31", "2200-01-01", "+262142-12-31", "-262142-01-01"] {
            assert_eq!(day(text).unwrap_err(), UnlikelyYearError.to_string(), "{text}");
        }
        assert_eq!(serde_json::to_string(&day("2025-10-31").unwrap()).unwrap(), "\"2025-10-31\"");
        assert!(serde_json::from_str::<Instant>("\"-262142-01-01T00:00:00Z\"").is_err());
    }
}
