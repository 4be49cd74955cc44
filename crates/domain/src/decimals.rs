//! Exact decimals as strings: how unit prices and quantities cross the wire.

use std::{borrow::Cow, fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A string that is not a plain decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a decimal such as `12.5`, with at most 18 digits before the point and 9 behind it")]
pub struct ParseDecimalError;

/// A decimal, written as a string of digits so that no reader makes a float of it.
///
/// Read strictly: no exponent, no separators, nothing that would have to be rounded. Written without
/// trailing zeros, so that equal values read the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DecimalString(Decimal);

impl DecimalString {
    /// Most digits before the point.
    const WHOLE: usize = 18;
    /// Most digits behind the point: those that the database keeps.
    const FRACTION: usize = 9;

    /// The value, for computing with it.
    pub fn decimal(self) -> Decimal {
        self.0
    }
}

impl From<Decimal> for DecimalString {
    fn from(value: Decimal) -> Self {
        Self(value.normalize())
    }
}

impl fmt::Display for DecimalString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DecimalString {
    type Err = ParseDecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str, max| {
            (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, Self::WHOLE) || !digits(fraction, Self::FRACTION) {
            return Err(ParseDecimalError);
        }
        text.parse::<Decimal>().map(Self::from).map_err(|_| ParseDecimalError)
    }
}

impl Serialize for DecimalString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DecimalString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for DecimalString {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(r"^-?[0-9]{1,18}(\.[0-9]{1,9})?$"))
            .description(Some("An exact decimal"))
            .examples(["12.5"])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for DecimalString {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_decimals_are_read_and_written_alike() {
        for (text, written) in [
            ("0", "0"),
            ("-0", "0"),
            ("25.000000000", "25"),
            ("0.000000001", "0.000000001"),
            ("007.50", "7.5"),
            ("-12.5", "-12.5"),
            ("999999999999999999.999999999", "999999999999999999.999999999"),
        ] {
            assert_eq!(text.parse::<DecimalString>().map(|value| value.to_string()).as_deref(), Ok(written));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "+1",
            "1e3",
            "1E-3",
            "NaN",
            "inf",
            "1_000",
            "1,5",
            " 1",
            "0x1",
            "１",
            "1.0000000001",
            "1.2.3",
            "--1",
            "1000000000000000000",
        ] {
            assert_eq!(text.parse::<DecimalString>(), Err(ParseDecimalError), "{text}");
        }
        for json in ["1", "1.5", "null", "[]", r#""1e3""#] {
            assert!(serde_json::from_str::<DecimalString>(json).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost(mantissa in -999_999_999_999_999_999i64..=999_999_999_999_999_999, scale in 0u32..=9) {
            let value = Decimal::new(mantissa, scale);
            let text = serde_json::to_string(&DecimalString::from(value)).unwrap();
            prop_assert_eq!(serde_json::from_str::<DecimalString>(&text).unwrap().decimal(), value);
        }

        #[test]
        fn parsing_never_panics(text in "\\PC*") {
            let _ = text.parse::<DecimalString>();
        }
    }
}
