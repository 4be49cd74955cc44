//! Money in whole minor units, and where an exact decimal becomes such an amount.

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The currencies that can be billed in, with their number of decimals (ISO 4217).
const CURRENCIES: &[(&str, u32)] = &[
    ("AUD", 2),
    ("BRL", 2),
    ("CAD", 2),
    ("CHF", 2),
    ("CZK", 2),
    ("DKK", 2),
    ("EUR", 2),
    ("GBP", 2),
    ("HKD", 2),
    ("INR", 2),
    ("JPY", 0),
    ("KWD", 3),
    ("MXN", 2),
    ("NOK", 2),
    ("NZD", 2),
    ("PLN", 2),
    ("RON", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("USD", 2),
    ("ZAR", 2),
];

/// Why money could not be made or added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amount does not fit.
    #[error("the amount is too large")]
    Overflow,
    /// Two currencies met in one operation.
    #[error("amounts of different currencies cannot be combined")]
    CurrencyMismatch,
    /// Debits and credits that do not add up to zero.
    #[error("debits and credits do not add up")]
    Unbalanced,
    /// The currency is not one that can be billed in.
    #[error("expected a supported ISO 4217 currency code such as `USD`")]
    UnknownCurrency,
}

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(&'static str, u32);

impl Currency {
    /// US dollars, the currency that a new tenant starts with unless it says otherwise.
    pub const USD: Self = Self("USD", 2);

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// How many decimals the minor unit stands for: 2 for USD, 0 for JPY.
    pub fn exponent(self) -> u32 {
        self.1
    }

    /// Every currency that can be billed in.
    pub fn all() -> impl Iterator<Item = Self> {
        CURRENCIES.iter().map(|(code, exponent)| Self(code, *exponent))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all().find(|currency| currency.0 == text).ok_or(MoneyError::UnknownCurrency)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// An exact amount of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    amount_minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount in minor units: `Money::new(1050, USD)` is $10.50.
    pub fn new(amount_minor: i64, currency: Currency) -> Self {
        Self { amount_minor, currency }
    }

    /// Nothing, in this currency.
    pub fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The amount in minor units.
    pub fn amount_minor(self) -> i64 {
        self.amount_minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Rounds a decimal amount of major units to the minor unit, half away from zero.
    ///
    /// This is the one place where an exact product of price and quantity becomes money.
    pub fn round_from(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let scale = Decimal::from(10u64.pow(currency.exponent()));
        let minor = amount
            .checked_mul(scale)
            .ok_or(MoneyError::Overflow)?
            .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        i64::try_from(minor).map(|minor| Self::new(minor, currency)).map_err(|_| MoneyError::Overflow)
    }

    /// The amount in major units, exact.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.amount_minor, self.currency.exponent())
    }

    /// The sum of two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        self.amount_minor
            .checked_add(other.amount_minor)
            .map(|sum| Self::new(sum, self.currency))
            .ok_or(MoneyError::Overflow)
    }

    /// The difference of two amounts of one currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.checked_add(other.checked_neg()?)
    }

    /// As much below zero as this is above.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        let minor = self.amount_minor.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The sum of any number of amounts of one currency.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// Splits the amount in proportion to weights, without losing or gaining anything: each part is its share rounded
    /// towards zero, and the minor units left over go one each to the largest remainders, the first of them where
    /// they are equal (Hamilton's method). `None` where no weight is above zero.
    pub fn split(self, weights: &[u64]) -> Option<Vec<Self>> {
        let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        let whole = u128::from(self.amount_minor.unsigned_abs());
        let shares = weights.iter().map(|weight| whole.checked_mul(u128::from(*weight)));
        let shares: Vec<_> = shares.collect::<Option<Vec<_>>>().filter(|_| sum > 0)?;
        let mut parts: Vec<_> = shares.iter().map(|share| share / sum).collect();
        let left = whole - parts.iter().sum::<u128>();
        let mut order: Vec<_> = (0..parts.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(shares.get(*index).map(|share| share % sum)));
        // Fewer are left over than there are parts.
        for index in order.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            if let Some(part) = parts.get_mut(index) {
                *part += 1;
            }
        }
        let signed = |part: u128| {
            i64::try_from(i128::try_from(part).ok()? * i128::from(self.amount_minor.signum())).ok()
        };
        parts.into_iter().map(|part| signed(part).map(|minor| Self::new(minor, self.currency))).collect()
    }

    /// The share `part` ÷ `of` of this amount, rounded half away from zero.
    pub fn share(self, part: i64, of: i64) -> Result<Self, MoneyError> {
        let exact = i128::from(self.amount_minor) * i128::from(part);
        let (size, of_size) = (exact.unsigned_abs(), u128::from(of.unsigned_abs()));
        let whole = size.checked_div(of_size).ok_or(MoneyError::Overflow)?;
        let rest = size - whole * of_size;
        let rounded = i128::try_from(whole + u128::from(rest >= of_size - rest)).unwrap_or(i128::MAX);
        let sign = if (exact < 0) == (of < 0) { 1 } else { -1 };
        let minor = i64::try_from(rounded * sign).map_err(|_| MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// A share of this amount in basis points (1/100 of a percent), rounded half away from zero.
    pub fn basis_points(self, basis_points: u32) -> Result<Self, MoneyError> {
        let share = self
            .to_decimal()
            .checked_mul(Decimal::new(i64::from(basis_points), 4))
            .ok_or(MoneyError::Overflow)?;
        Self::round_from(share, self.currency)
    }
}

/// For documents and mails in English: `$1,234.50`, `EUR 1,234.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.amount_minor < 0 { "-" } else { "" };
        let exponent = usize::try_from(self.currency.exponent()).unwrap_or(2);
        let digits = format!("{:0>width$}", self.amount_minor.unsigned_abs(), width = exponent + 1);
        let (major, minor) = digits.split_at(digits.len() - exponent);
        match self.currency.code() {
            "USD" => write!(f, "{sign}$")?,
            code => write!(f, "{sign}{code} ")?,
        }
        for (index, digit) in major.chars().enumerate() {
            if index > 0 && (major.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if exponent > 0 {
            write!(f, ".{minor}")?;
        }
        Ok(())
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use utoipa::openapi::{ObjectBuilder, RefOr, schema::Schema, schema::Type};

    impl utoipa::PartialSchema for super::Currency {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some("ISO 4217 currency code"))
                .enum_values(Some(super::Currency::all().map(super::Currency::code)))
                .into()
        }
    }

    impl utoipa::ToSchema for super::Currency {}

    impl utoipa::PartialSchema for super::Money {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .description(Some("An exact amount in minor units (cents) of one currency"))
                .property(
                    "amount_minor",
                    ObjectBuilder::new().schema_type(Type::Integer).format(Some(
                        utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Int64),
                    )),
                )
                .property("currency", super::Currency::schema())
                .required("amount_minor")
                .required("currency")
                .into()
        }
    }

    impl utoipa::ToSchema for super::Money {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD)
    }

    #[test]
    fn rounds_half_away_from_zero() {
        let cases = [("0.005", 1), ("-0.005", -1), ("0.0049999", 0), ("1.015", 102), ("10.25", 1025)];
        for (amount, minor) in cases {
            assert_eq!(Money::round_from(amount.parse().unwrap(), Currency::USD), Ok(usd(minor)), "{amount}");
        }
        let yen: Currency = "JPY".parse().unwrap();
        assert_eq!(Money::round_from("10.5".parse().unwrap(), yen).unwrap().amount_minor(), 11);
    }

    #[test]
    fn what_is_left_over_goes_to_the_largest_remainders() {
        let minor = |amount, weights: &[u64]| -> Vec<_> {
            usd(amount).split(weights).unwrap().into_iter().map(Money::amount_minor).collect()
        };
        assert_eq!(minor(10_000, &[1, 1, 1]), [3_334, 3_333, 3_333]);
        assert_eq!(minor(-100, &[1, 1, 1]), [-34, -33, -33]);
        // 1.4, 1.6, 7: the one unit left goes to the second.
        assert_eq!(minor(10, &[14, 16, 70]), [1, 2, 7]);
        assert_eq!(minor(0, &[1, 2]), [0, 0]);
        assert_eq!(usd(1).split(&[0, 0]), None);
        assert_eq!(usd(1).split(&[]), None);
    }

    #[test]
    fn a_share_is_rounded_half_away_from_zero() {
        for (whole, part, of, share) in [
            (10_000, 31, 365, 849),
            (-10_000, 31, 365, -849),
            (1, 1, 2, 1),
            (-1, 1, 2, -1),
            (1, -1, -3, 0),
            (-7, -7, -7, -7),
            (0, 5, 7, 0),
            (i64::MAX, i64::MAX, i64::MAX, i64::MAX),
            (i64::MIN, i64::MIN, i64::MIN, i64::MIN),
        ] {
            assert_eq!(usd(whole).share(part, of), Ok(usd(share)), "{whole} × {part} ÷ {of}");
        }
        assert_eq!(usd(1).share(1, 0), Err(MoneyError::Overflow));
        assert_eq!(usd(i64::MAX).share(2, 1), Err(MoneyError::Overflow));
    }

    #[test]
    fn overflow_and_mixed_currencies_are_errors() {
        assert_eq!(usd(i64::MAX).checked_add(usd(1)), Err(MoneyError::Overflow));
        assert_eq!(
            usd(1).checked_add(Money::zero("EUR".parse().unwrap())),
            Err(MoneyError::CurrencyMismatch)
        );
        assert_eq!(Money::round_from(Decimal::MAX, Currency::USD), Err(MoneyError::Overflow));
    }

    #[test]
    fn prints_for_people() {
        assert_eq!(usd(123_450).to_string(), "$1,234.50");
        assert_eq!(usd(-5).to_string(), "-$0.05");
        assert_eq!(usd(100_000_000).to_string(), "$1,000,000.00");
        assert_eq!(Money::new(1234, "JPY".parse().unwrap()).to_string(), "JPY 1,234");
    }

    proptest! {
        #[test]
        fn decimal_round_trip(minor: i64) {
            prop_assert_eq!(Money::round_from(usd(minor).to_decimal(), Currency::USD), Ok(usd(minor)));
        }

        #[test]
        fn a_split_adds_up(minor: i64, weights in prop::collection::vec(0u64..=1 << 40, 1..20)) {
            let parts = usd(minor).split(&weights);
            prop_assert_eq!(parts.is_some(), weights.iter().any(|weight| *weight > 0));
            if let Some(parts) = parts {
                prop_assert_eq!(Money::sum(Currency::USD, parts.iter().copied()), Ok(usd(minor)));
                let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
                for (part, weight) in parts.iter().zip(&weights) {
                    // No part is a whole minor unit away from its exact share.
                    let exact = i128::from(minor) * i128::from(*weight);
                    let off = i128::from(part.amount_minor()) * i128::try_from(total).unwrap() - exact;
                    prop_assert!(off.unsigned_abs() < total);
                }
            }
        }

        #[test]
        fn sums_do_not_depend_on_order(mut amounts in prop::collection::vec(-1_000_000i64..1_000_000, 0..50)) {
            let sum = |amounts: &[i64]| Money::sum(Currency::USD, amounts.iter().map(|minor| usd(*minor)));
            let forward = sum(&amounts);
            amounts.reverse();
            prop_assert_eq!(forward, sum(&amounts));
        }
    }
}
