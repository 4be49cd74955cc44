//! The rules that a seller sets.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Buyer, Place, PriceMode, TaxRounding, TaxTerms, countries::Country};
use crate::{
    dates::{Likely, UnlikelyYearError},
    decimals::DecimalString,
    text,
};

/// How many rules a seller has at most.
pub const MOST_RULES: usize = 200;
/// How many decimals a rate in percent has at most.
pub(super) const PERCENT_DECIMALS: u32 = 4;

/// A tax of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TaxRule {
    /// What customers read: `VAT`, `GST`. Of rules of one name the one that says most applies: for a part of a country
    /// before one for all of it, for a product class before one for all.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 40))]
    pub name: String,
    /// The country.
    pub country: Country,
    /// A part of it: the second half of its ISO 3166-2 code, `QC`. None: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Z0-9]{1,3}$"))]
    pub region: Option<String>,
    /// A product class. None: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9_]{1,40}$"))]
    pub class: Option<String>,
    /// The rate in percent, with at most four decimals.
    pub percent: DecimalString,
    /// Whether it is on the amount with all taxes that are not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compound: bool,
    /// The first day on which it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The first day on which it no longer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

impl TaxRule {
    /// Whether it is in force at a place on a day.
    pub(super) fn is_for(&self, place: &Place, on: NaiveDate) -> bool {
        self.country == place.country
            && self.region.as_ref().is_none_or(|region| place.region.as_ref() == Some(region))
            && self.from.is_none_or(|from| from <= on)
            && self.until.is_none_or(|until| on < until)
    }

    /// Whether it is for a product class.
    pub(super) fn is_of(&self, class: &str) -> bool {
        self.class.as_deref().is_none_or(|of| of == class)
    }

    /// How much it says: more applies before less.
    pub(super) fn specificity(&self) -> (bool, bool) {
        (self.region.is_some(), self.class.is_some())
    }

    /// Whether both are ever in force for the same lines.
    fn clashes(&self, other: &Self) -> bool {
        let begins_before_end = |one: &Self, two: &Self| match (one.from, two.until) {
            (Some(from), Some(until)) => from < until,
            _ => true,
        };
        (&self.name, self.country, &self.region, &self.class)
            == (&other.name, other.country, &other.region, &other.class)
            && begins_before_end(self, other)
            && begins_before_end(other, self)
    }
}

/// How a seller taxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxSettings {
    /// Where the seller is.
    pub place: Place,
    /// Whether prices have the tax in them.
    pub prices: PriceMode,
    /// Where tax is rounded.
    pub rounding: TaxRounding,
    /// The taxes.
    pub rules: Vec<TaxRule>,
}

/// Whether a text is the second half of an ISO 3166-2 code.
pub fn is_region(text: &str) -> bool {
    (1..=3).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether a text can name a product class.
pub fn is_class(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

const REGION: &str = "must be the second half of an ISO 3166-2 code, such as `QC`";

impl TaxSettings {
    /// What is wrong with them: where, as a JSON pointer, and what about it. Nothing is how it should be.
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut refuse = |pointer: String, detail: String| problems.push((pointer, detail));
        let region = |region: &Option<String>| region.as_deref().is_none_or(is_region);
        if !region(&self.place.region) {
            refuse("/region".to_owned(), REGION.to_owned());
        }
        if self.rules.len() > MOST_RULES {
            refuse("/rules".to_owned(), format!("must have at most {MOST_RULES} rules"));
        }
        for (index, rule) in self.rules.iter().enumerate().take(MOST_RULES) {
            let at = |field: &str| format!("/rules/{index}/{field}");
            match text::line(&rule.name, 40) {
                Err(error) => refuse(at("name"), error.to_string()),
                Ok(name) if name != rule.name => {
                    refuse(at("name"), "must not begin or end with a space".to_owned());
                }
                Ok(_) => {}
            }
            if !region(&rule.region) {
                refuse(at("region"), REGION.to_owned());
            }
            if !rule.class.as_deref().is_none_or(is_class) {
                refuse(at("class"), "must have small letters, digits and underscores alone".to_owned());
            }
            let percent = rule.percent.decimal();
            if percent < Decimal::ZERO || percent > Decimal::ONE_HUNDRED || percent.scale() > PERCENT_DECIMALS
            {
                refuse(at("percent"), "must be between 0 and 100, with at most four decimals".to_owned());
            }
            let unlikely = |day: Option<NaiveDate>| day.is_some_and(|day| Likely::new(day).is_err());
            for (name, day) in [("from", rule.from), ("until", rule.until)] {
                if unlikely(day) {
                    refuse(at(name), UnlikelyYearError.to_string());
                }
            }
            if rule.from.zip(rule.until).is_some_and(|(from, until)| until <= from) {
                refuse(at("until"), "must be after the first day".to_owned());
            }
            if self.rules.iter().take(index).any(|before| before.clashes(rule)) {
                let what = "is the name of another rule for the same days, place and class";
                refuse(at("name"), what.to_owned());
            }
        }
        problems
    }

    /// What an invoice's taxes are decided by: of the rules, those of where seller and customer are.
    pub fn terms(&self, on: NaiveDate, buyer: Buyer) -> TaxTerms {
        let destination = buyer.place.as_ref().unwrap_or(&self.place);
        let is_near = |rule: &&TaxRule| rule.is_for(destination, on) || rule.is_for(&self.place, on);
        let rules = self.rules.iter().filter(is_near).cloned().collect();
        TaxTerms {
            on,
            seller: self.place.clone(),
            buyer,
            prices: self.prices,
            rounding: self.rounding,
            rules,
        }
    }
}
