//! Prices in words.

mod terms;
mod text;

pub use terms::{Pair, adjusted, modifiers, tiers};

use client::format;
use domain::{
    decimals::DecimalString,
    money::Currency,
    pricing::{PriceModel, PriceTerms},
};

/// A price: the figure, and what it stands for.
pub fn shown(price: &PriceTerms, unit: &str, currency: Currency) -> (String, String) {
    let amount = |value: Option<DecimalString>| format::price(value.unwrap_or_default().decimal(), currency);
    let number = |value: Option<DecimalString>| format::exact(value.unwrap_or_default().decimal());
    let count = i64::try_from(price.tiers.len()).unwrap_or(0);
    let first = price.tiers.first();
    match price.model {
        PriceModel::Flat => (amount(price.amount), text::each_period().to_owned()),
        PriceModel::Unit => (amount(price.unit_price), text::per_unit(unit)),
        PriceModel::Package => (amount(price.amount), text::per_package(&number(price.size), unit)),
        PriceModel::Graduated => {
            (text::from_price(&amount(first.and_then(|tier| tier.unit_price))), text::tiers_graduated(count))
        }
        PriceModel::Volume => {
            (text::from_price(&amount(first.and_then(|tier| tier.unit_price))), text::tiers_volume(count))
        }
        PriceModel::GraduatedPercentage => {
            let rate = text::of_value(&number(first.and_then(|tier| tier.rate)));
            (text::from_price(&rate), text::tiers_rates(count))
        }
        PriceModel::Percentage => {
            let rate = number(price.rate);
            let shown = match price.fixed_fee {
                Some(fee) => text::of_value_and(&rate, &amount(Some(fee))),
                None => text::of_value(&rate),
            };
            (shown, text::per_transaction().to_owned())
        }
        PriceModel::Dynamic => (text::as_reported().to_owned(), text::as_reported_about().to_owned()),
    }
}
