//! Plans, to choose one from.

use client::format;
use contract::plans::{Plan, PlanComponent};
use kit::RadioCard;

use super::text;
use crate::prices;

/// Prices that a card shows; what else there is, is counted.
const SHOWN: usize = 3;

/// A plan as a card.
pub fn card(plan: &Plan) -> RadioCard {
    let currency = plan.base_fee.currency();
    let line = |component: &PlanComponent| {
        let (price, about) = prices::shown(&component.price, &component.unit, currency);
        let included = component.price.included.decimal();
        if included.is_zero() {
            text::price_each(&component.name, &price, &about)
        } else {
            text::price_beyond(&component.name, &format::quantity(included), &price, &about)
        }
    };
    let mut lines: Vec<_> = plan.components.iter().take(SHOWN).map(line).collect();
    let rest = plan.components.len().saturating_sub(SHOWN);
    if rest > 0 {
        lines.push(text::more_prices(i64::try_from(rest).unwrap_or(i64::MAX)));
    }
    RadioCard {
        value: plan.id.to_string(),
        title: plan.name.clone(),
        about: plan.description.clone().unwrap_or_default(),
        figure: text::fee_for(plan.base_fee, plan.fee_interval),
        lines,
    }
}
