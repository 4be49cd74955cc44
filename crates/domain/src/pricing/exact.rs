//! Numbers that are never rounded in passing (section 1).
//!
//! `Decimal` has room for 28 digits and rounds what does not fit, unsaid. The product of a price and a quantity may
//! have more; here it is a whole number of 10⁻²⁰ in 128 bits, and what does not fit is an error.

use std::fmt;

use rust_decimal::Decimal;

use super::RatingError;
use crate::money::{Currency, Money};

type Result<T> = std::result::Result<T, RatingError>;

/// Decimals of a price, a quantity or a percentage.
pub(super) const DECIMALS: u32 = 9;

const SCALE: u32 = 20;

fn fits<T>(value: Option<T>) -> Result<T> {
    value.ok_or(RatingError::TooLarge)
}

fn pow10(exponent: u32) -> Result<i128> {
    fits(10i128.checked_pow(exponent))
}

/// Divides, rounding half away from zero. The divisor is positive.
fn divide_rounded(number: i128, divisor: i128) -> Result<i128> {
    let doubled = fits(number.checked_abs().and_then(|number| number.checked_mul(2)))?;
    let rounded = fits(doubled.checked_add(divisor))? / fits(divisor.checked_mul(2))?;
    Ok(if number < 0 { -rounded } else { rounded })
}

/// What is granted or owed of a period: so many of its days (section 6), so many times (section 25).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    days: u32,
    of: u32,
    times: u32,
}

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self { days: 1, of: 1, times: 1 };

    /// So many days of so many; `None` where that is not a part.
    pub fn new(days: u32, of: u32) -> Option<Self> {
        (0 < of && days <= of).then_some(Self { days, of, times: 1 })
    }

    /// The same days, for another quantity of a subscription.
    #[must_use]
    pub fn times(self, quantity: u32) -> Self {
        Self { times: quantity, ..self }
    }

    /// How many times.
    pub fn quantity(self) -> u32 {
        self.times
    }

    /// The days served.
    pub fn days(self) -> u32 {
        self.days
    }

    /// The days of the whole.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether nothing is missing.
    pub fn is_whole(self) -> bool {
        self.days == self.of
    }
}

/// A quantity: a whole number of 10⁻⁹.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i128);

impl Quantity {
    pub(super) const ZERO: Self = Self(0);

    pub(super) fn of(value: Decimal) -> Result<Self> {
        let value = value.normalize();
        let missing = fits(DECIMALS.checked_sub(value.scale()))?;
        fits(value.mantissa().checked_mul(pow10(missing)?)).map(Self)
    }

    pub(super) fn count(number: usize) -> Result<Self> {
        fits(i128::try_from(number).ok().and_then(|number| number.checked_mul(1_000_000_000))).map(Self)
    }

    /// For showing and keeping.
    pub(super) fn decimal(self) -> Result<Decimal> {
        fits(Decimal::try_from_i128_with_scale(self.0, DECIMALS).ok()).map(|value| value.normalize())
    }

    pub(super) fn add(self, other: Self) -> Result<Self> {
        fits(self.0.checked_add(other.0)).map(Self)
    }

    pub(super) fn minus(self, other: Self) -> Result<Self> {
        fits(self.0.checked_sub(other.0)).map(Self)
    }

    /// Times a whole number, by another: with nine decimals.
    pub(super) fn times_by(self, factor: i128, divisor: i128) -> Result<Self> {
        divide_rounded(fits(self.0.checked_mul(factor))?, divisor).map(Self)
    }

    /// What a share grants of an allowance.
    pub(super) fn shared(self, share: Share) -> Result<Self> {
        self.times_by(i128::from(share.days) * i128::from(share.times), share.of.into())
    }

    /// With so many decimals; `up` is away from zero.
    pub(super) fn rounded(self, mode: super::RoundingMode, decimals: u32) -> Result<Self> {
        use super::RoundingMode::{Down, HalfUp, Up};
        let step = pow10(DECIMALS.saturating_sub(decimals))?;
        let whole = match mode {
            Down => self.0 / step,
            Up => self.0 / step + if self.0 % step == 0 { 0 } else { self.0.signum() },
            HalfUp => divide_rounded(self.0, step)?,
        };
        fits(whole.checked_mul(step)).map(Self)
    }

    /// How many packages of a size it takes to hold it.
    pub(super) fn packages(self, size: Self) -> Result<u64> {
        if self.0 <= 0 {
            return Ok(0);
        }
        let whole = self.0 / size.0 + i128::from(self.0 % size.0 != 0);
        fits(u64::try_from(whole).ok())
    }
}

/// An exact amount in major units: a whole number of 10⁻²⁰.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Exact(i128);

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount that a price names.
    pub(super) fn of(value: Decimal) -> Result<Self> {
        let value = value.normalize();
        let missing = fits(SCALE.checked_sub(value.scale()))?;
        fits(value.mantissa().checked_mul(pow10(missing)?)).map(Self)
    }

    /// A price so many times.
    pub(super) fn times(price: Decimal, quantity: Quantity) -> Result<Self> {
        Self::product(price, quantity, SCALE)
    }

    /// So many percent of a value.
    pub(super) fn percent(percent: Decimal, value: Quantity) -> Result<Self> {
        Self::product(percent, value, SCALE - 2)
    }

    fn product(price: Decimal, quantity: Quantity, scale: u32) -> Result<Self> {
        let price = price.normalize();
        let missing = fits(scale.checked_sub(price.scale() + DECIMALS))?;
        let product = fits(price.mantissa().checked_mul(quantity.0))?;
        fits(product.checked_mul(pow10(missing)?)).map(Self)
    }

    pub(super) fn add(self, other: Self) -> Result<Self> {
        fits(self.0.checked_add(other.0)).map(Self)
    }

    /// So many times.
    pub(super) fn by(self, quantity: u32) -> Result<Self> {
        fits(self.0.checked_mul(quantity.into())).map(Self)
    }

    /// What the line comes to: the amount, and the part of a fixed amount that falls to the days served, so many times, rounded
    /// once, half away from zero.
    pub(super) fn money(self, fixed: Self, share: Share, currency: Currency) -> Result<Money> {
        let fixed = fixed.by(share.times)?;
        let (days, of) = (i128::from(share.days), i128::from(share.of));
        // `whole + rest / of` in 10⁻²⁰: the product of a large amount and its days would not fit.
        let apart = fixed.0.rem_euclid(of) * days;
        let whole = fits(fixed.0.div_euclid(of).checked_mul(days))?;
        let whole =
            fits(self.0.checked_add(whole).and_then(|whole| whole.checked_add(apart.div_euclid(of))))?;
        let rest = apart.rem_euclid(of);
        let unit = pow10(SCALE - currency.exponent())?;
        let (minor, below) = (whole.div_euclid(unit), whole.rem_euclid(unit));
        let twice = 2 * (below * of + rest);
        let up = match twice.cmp(&(unit * of)) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => minor >= 0,
            std::cmp::Ordering::Greater => true,
        };
        let minor = i64::try_from(minor + i128::from(up)).map_err(|_| RatingError::TooLarge)?;
        Ok(Money::new(minor, currency))
    }

    /// Rounded to the minor unit.
    pub(super) fn whole_money(self, currency: Currency) -> Result<Money> {
        self.money(Self::ZERO, Share::WHOLE, currency)
    }
}

/// All its decimals, without zeros at the end.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10u128.pow(SCALE);
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, below) = (self.0.unsigned_abs() / unit, self.0.unsigned_abs() % unit);
        if below == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{below:020}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl serde::Serialize for Exact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads what [`Display`](fmt::Display) writes.
impl std::str::FromStr for Exact {
    type Err = crate::decimals::ParseDecimalError;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let (sign, unsigned) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, below) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let places = u32::try_from(below.len()).unwrap_or(u32::MAX);
        let missing = SCALE.checked_sub(places).filter(|_| is_number(whole) && is_number(below));
        let value = || {
            let whole = whole.parse::<i128>().ok()?.checked_mul(10i128.checked_pow(SCALE)?)?;
            let below = below.parse::<i128>().ok()?.checked_mul(10i128.checked_pow(missing?)?)?;
            whole.checked_add(below)?.checked_mul(sign)
        };
        value().map(Self).ok_or(crate::decimals::ParseDecimalError)
    }
}

impl<'de> serde::Deserialize<'de> for Exact {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Exact {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(r"^-?[0-9]+(\.[0-9]{1,20})?$"))
            .description(Some("An exact amount in major units, not rounded"))
            .examples(["0.416"])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Exact {}
