//! From a plan and the usage of a period to the lines of an invoice.
//!
//! [`rate`] is the seam: whatever prices usage goes through it, the invoice of a period as well as
//! the home page's figure for the running month. Each line keeps the quantities it came from, so
//! that it can be explained and computed again.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money, MoneyError};

/// A plan's price, as far as rating needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPrice {
    /// The plan's name, for the base fee's line.
    pub name: String,
    /// The currency of every price in it.
    pub currency: Currency,
    /// What a period costs before any usage.
    pub base_fee: Money,
    /// What usage costs.
    pub components: Vec<ComponentPrice>,
}

/// A component priced per unit, with an allowance that the base fee covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentPrice {
    /// The metric whose usage it prices.
    pub metric: String,
    /// Its name on the invoice.
    pub name: String,
    /// What one unit is called: `machine`, `GB`.
    pub unit: String,
    /// The price of one unit beyond the allowance, in major units of the plan's currency.
    pub unit_price: Decimal,
    /// How many units the base fee covers.
    pub included: Decimal,
}

/// The usage of one metric over a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The metric.
    pub metric: String,
    /// The sum of its events' quantities.
    pub quantity: Decimal,
    /// How many events there were.
    pub events: i64,
}

/// What a line charges for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// The plan's fee for the period.
    BaseFee,
    /// Usage beyond what is included.
    Usage,
}

/// One line of a rated period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatedLine {
    /// What it charges for.
    pub kind: LineKind,
    /// The metric, where it charges for usage.
    pub metric: Option<String>,
    /// What the customer reads.
    pub description: String,
    /// What one unit is called.
    pub unit: Option<String>,
    /// All usage of the period; 1 for a base fee.
    pub used: Decimal,
    /// How much of it the base fee covered.
    pub included: Decimal,
    /// What was charged: `max(0, used − included)`.
    pub quantity: Decimal,
    /// The price of one unit.
    pub unit_price: Decimal,
    /// `quantity × unit_price`, rounded half away from zero to the minor unit, once.
    pub amount: Money,
    /// How many usage events stand behind it.
    pub events: i64,
}

/// Rates a period: the base fee, then a line per component of the plan, in the plan's order.
///
/// A component without usage gets a line of zero, so that its allowance is seen. Usage of a metric
/// that the plan does not price costs nothing and gets no line.
pub fn rate(plan: &PlanPrice, usage: &[Usage]) -> Result<Vec<RatedLine>, MoneyError> {
    let mut lines = Vec::with_capacity(plan.components.len() + 1);
    if plan.base_fee.amount_minor() != 0 {
        lines.push(RatedLine {
            kind: LineKind::BaseFee,
            metric: None,
            description: plan.name.clone(),
            unit: None,
            used: Decimal::ONE,
            included: Decimal::ZERO,
            quantity: Decimal::ONE,
            unit_price: plan.base_fee.to_decimal(),
            amount: plan.base_fee,
            events: 0,
        });
    }
    for component in &plan.components {
        let of_metric = usage.iter().filter(|usage| usage.metric == component.metric);
        let (used, events) = of_metric.fold((Decimal::ZERO, 0), |(quantity, events), usage| {
            (quantity + usage.quantity, events + usage.events)
        });
        let quantity = (used - component.included).max(Decimal::ZERO).normalize();
        let exact = quantity.checked_mul(component.unit_price).ok_or(MoneyError::Overflow)?;
        lines.push(RatedLine {
            kind: LineKind::Usage,
            metric: Some(component.metric.clone()),
            description: component.name.clone(),
            unit: Some(component.unit.clone()),
            used: used.normalize(),
            included: component.included.normalize(),
            quantity,
            unit_price: component.unit_price.normalize(),
            amount: Money::round_from(exact, plan.currency)?,
            events,
        });
    }
    Ok(lines)
}

/// What the lines come to.
pub fn total(currency: Currency, lines: &[RatedLine]) -> Result<Money, MoneyError> {
    Money::sum(currency, lines.iter().map(|line| line.amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(unit_price: &str, included: &str) -> PlanPrice {
        PlanPrice {
            name: "Enterprise".into(),
            currency: Currency::USD,
            base_fee: Money::new(5000, Currency::USD),
            components: vec![ComponentPrice {
                metric: "machines".into(),
                name: "Protected machines".into(),
                unit: "machine".into(),
                unit_price: unit_price.parse().unwrap(),
                included: included.parse().unwrap(),
            }],
        }
    }

    fn usage(quantity: &str) -> Usage {
        Usage { metric: "machines".into(), quantity: quantity.parse().unwrap(), events: 1 }
    }

    #[test]
    fn base_fee_and_usage_beyond_the_allowance() {
        // 68 machines, 10 included: 58 × $25.00 = $1,450.00, and the $50.00 fee.
        let lines = rate(&plan("25", "10"), &[usage("68")]).unwrap();
        assert_eq!(lines[1].amount.amount_minor(), 145_000);
        assert_eq!(total(Currency::USD, &lines).unwrap().amount_minor(), 150_000);
    }

    #[test]
    fn rounds_once_per_line() {
        // 3 events of 0.335 GB at $0.01: 1.005 × 0.01 = 0.01005 → 1 cent, not 0 three times.
        let events = [usage("0.335"), usage("0.335"), usage("0.335")];
        let lines = rate(&plan("0.01", "0"), &events).unwrap();
        assert_eq!(lines[1].amount.amount_minor(), 1);
        assert_eq!(lines[1].events, 3);
    }

    #[test]
    fn within_the_allowance_nothing_is_charged() {
        let lines = rate(&plan("25", "10"), &[usage("9.999")]).unwrap();
        assert_eq!(lines[1].quantity, Decimal::ZERO);
        assert_eq!(lines[1].amount.amount_minor(), 0);
    }

    #[test]
    fn what_the_plan_does_not_price_costs_nothing() {
        let other = Usage { metric: "tickets".into(), quantity: Decimal::ONE_HUNDRED, events: 1 };
        assert_eq!(
            total(Currency::USD, &rate(&plan("25", "0"), &[other]).unwrap()).unwrap().amount_minor(),
            5000
        );
    }

    proptest! {
        #[test]
        fn order_and_splitting_change_nothing(mut amounts in prop::collection::vec(0u32..1_000_000, 1..40)) {
            let events = |amounts: &[u32]| {
                amounts
                    .iter()
                    .map(|n| Usage { metric: "machines".into(), quantity: Decimal::new(i64::from(*n), 3), events: 1 })
                    .collect::<Vec<_>>()
            };
            let plan = plan("0.0375", "12.5");
            let forward = rate(&plan, &events(&amounts)).unwrap();
            amounts.reverse();
            prop_assert_eq!(&forward, &rate(&plan, &events(&amounts)).unwrap());
            let sum: i64 = amounts.iter().map(|n| i64::from(*n)).sum();
            let count = i64::try_from(amounts.len()).unwrap();
            let whole = Usage { metric: "machines".into(), quantity: Decimal::new(sum, 3), events: count };
            prop_assert_eq!(&forward, &rate(&plan, &[whole]).unwrap());
        }

        #[test]
        fn more_usage_never_costs_less(less in 0u32..1_000_000, more in 0u32..1_000_000) {
            let (less, more) = (less.min(more), less.max(more));
            let cost = |n: u32| {
                let used = Usage { metric: "machines".into(), quantity: Decimal::new(i64::from(n), 2), events: 1 };
                total(Currency::USD, &rate(&plan("0.0175", "40"), &[used]).unwrap()).unwrap().amount_minor()
            };
            prop_assert!(cost(less) <= cost(more));
        }
    }
}
