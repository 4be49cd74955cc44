//! What is charged once, whatever is used (section 12).

use serde::{Deserialize, Serialize};

use super::{
    LineKind, Model, RatedLine, RatingError, Step,
    exact::{Quantity, Share},
};
use crate::{decimals::DecimalString, money::Currency};

/// Something that is charged once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneOff {
    /// What kind of line it makes.
    pub kind: LineKind,
    /// What the customer reads.
    pub description: String,
    /// How many.
    pub quantity: DecimalString,
    /// The price of one, in major units of the invoice's currency.
    pub unit_price: DecimalString,
    /// The product class that tax goes by; none is the standard one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_class: Option<String>,
}

impl OneOff {
    /// Its line: quantity times price, rounded half away from zero, once.
    pub fn rate(&self, currency: Currency) -> Result<RatedLine, RatingError> {
        let (quantity, unit_price) = (self.quantity.decimal(), self.unit_price.decimal());
        let mut derivation = Vec::with_capacity(2);
        let amount = Model::Unit { unit_price }.of_quantity(Quantity::of(quantity)?, &mut derivation)?;
        let amount = amount.variable.money(amount.fixed, Share::WHOLE, currency)?;
        derivation.push(Step::Rounded { amount });
        let line = RatedLine::fixed(self.kind, None, self.description.clone(), amount, derivation);
        Ok(RatedLine { used: quantity, quantity, unit_price: Some(unit_price), ..line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;

    #[test]
    fn a_quantity_of_a_price_is_rounded_once() {
        let charge = |quantity: &str, price: &str| OneOff {
            kind: LineKind::OneOff,
            description: "Setup".into(),
            quantity: quantity.parse().unwrap(),
            unit_price: price.parse().unwrap(),
            tax_class: None,
        };
        for (quantity, price, amount) in [
            ("1", "95", 9500),
            ("2.5", "95", 23_750),
            ("0.5", "0.01", 1),
            ("3", "0.005", 2),
            ("1", "0.004", 0),
        ] {
            let line = charge(quantity, price).rate(Currency::USD).unwrap();
            assert_eq!(line.amount, Money::new(amount, Currency::USD), "{quantity} × {price}");
            assert_eq!(line.derivation.len(), 2);
        }
        let most = "999999999999999999";
        assert_eq!(charge(most, most).rate(Currency::USD), Err(RatingError::TooLarge));
    }
}
