//! Subscriptions of one customer that run beside each other: no usage is billed twice.

use std::{collections::HashMap, hash::BuildHasher};

use chrono::NaiveDate;

use crate::{
    evidence::{PricedComponent, PricedPlan},
    subscriptions::{PricesRef, Timeline},
};

/// What two subscriptions would both bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twice {
    /// The same plan.
    Plan,
    /// A metric, by its name on the invoice.
    Usage(String),
}

/// The first day on which two subscriptions of a customer would bill the same, and what; `None` where they can run beside each
/// other. Days on which one rests or is tried out count, as it may go on.
///
/// A metric may be in both where each takes other events: where both go by a property, by no common value. `Err` is a version of
/// prices that is missing.
pub fn overlap<S: BuildHasher>(
    one: &Timeline,
    other: &Timeline,
    prices: &HashMap<PricesRef, PricedPlan, S>,
) -> Result<Option<(NaiveDate, Twice)>, PricesRef> {
    let first = one.starts_on().max(other.starts_on());
    let changes = one.changes_of_charge().chain(other.changes_of_charge());
    let mut days: Vec<_> = changes.filter(|day| first < *day).chain([first]).collect();
    days.sort();
    for day in days.into_iter().filter(|day| one.covers(*day) && other.covers(*day)) {
        let plan = |line: &Timeline| {
            let version = line.prices(day);
            prices.get(&version).ok_or(version)
        };
        if let Some(twice) = twice(plan(one)?, plan(other)?) {
            return Ok(Some((day, twice)));
        }
    }
    Ok(None)
}

fn twice(one: &PricedPlan, other: &PricedPlan) -> Option<Twice> {
    if one.id == other.id {
        return Some(Twice::Plan);
    }
    let both = |component: &&PricedComponent| {
        other.components.iter().any(|it| it.metric == component.metric && !takes_other_events(component, it))
    };
    one.components.iter().find(both).map(|component| Twice::Usage(component.name.clone()))
}

/// Whether no event goes through the filters of both.
fn takes_other_events(one: &PricedComponent, other: &PricedComponent) -> bool {
    one.price.filters.iter().any(|filter| {
        let same = other.price.filters.iter().filter(|it| it.property == filter.property);
        same.into_iter().any(|it| !it.values.iter().any(|value| filter.values.contains(value)))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;
    use crate::{ids::PlanId, subscriptions::Effect};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn prices(plan: u128) -> PricesRef {
        PricesRef { plan: PlanId::from(uuid::Uuid::from_u128(plan)), version: 1 }
    }

    fn known(plans: &[(u128, serde_json::Value)]) -> HashMap<PricesRef, PricedPlan> {
        let plan = |(plan, components): &(u128, serde_json::Value)| {
            let version = prices(*plan);
            let priced = json!({"id": version.plan, "version": 1, "name": "Plan", "currency": "USD",
                "base_fee": "10", "components": components, "adjustments": {}});
            (version, serde_json::from_value(priced).unwrap())
        };
        plans.iter().map(plan).collect()
    }

    fn machines(filters: &serde_json::Value) -> serde_json::Value {
        json!([{"metric": "machines", "name": "Machines", "unit": "machine",
                "price": {"model": "unit", "unit_price": "1", "filters": filters}}])
    }

    fn line(starts_on: &str, ends_on: Option<&str>, plan: u128) -> Timeline {
        Timeline::new((day(starts_on), ends_on.map(day)), None, (prices(plan), 1), Vec::new())
    }

    #[test]
    fn the_same_plan_runs_once_at_a_time() {
        let known = known(&[(1, json!([])), (2, json!([]))]);
        let first = line("2026-01-01", Some("2026-03-01"), 1);
        assert_eq!(
            overlap(&first, &line("2026-02-01", None, 1), &known),
            Ok(Some((day("2026-02-01"), Twice::Plan)))
        );
        assert_eq!(overlap(&first, &line("2026-03-01", None, 1), &known), Ok(None));
        assert_eq!(overlap(&first, &line("2026-02-01", None, 2), &known), Ok(None));
        // A change to it counts from its day on, as long as both are there.
        let changed = |on| line("2026-01-01", None, 2).with(day(on), Effect::Prices(prices(1)));
        assert_eq!(
            overlap(&changed("2026-02-28"), &first, &known),
            Ok(Some((day("2026-02-28"), Twice::Plan)))
        );
        assert_eq!(overlap(&changed("2026-03-01"), &first, &known), Ok(None));
        assert_eq!(overlap(&line("2026-01-01", None, 3), &first, &known), Err(prices(3)));
    }

    #[test]
    fn usage_is_billed_once_unless_filters_keep_it_apart() {
        let class = |values: &[&str]| machines(&json!([{"property": "class", "values": values}]));
        let known = known(&[
            (1, machines(&json!([]))),
            (2, machines(&json!([]))),
            (3, class(&["server"])),
            (4, class(&["desktop", "laptop"])),
            (5, class(&["laptop", "phone"])),
            (6, machines(&json!([{"property": "site", "values": ["south"]}]))),
        ]);
        let of = |one, other| {
            let (one, other) = (line("2026-01-01", None, one), line("2026-01-15", None, other));
            let found = overlap(&one, &other, &known).unwrap();
            assert_eq!(overlap(&other, &one, &known).unwrap(), found);
            found
        };
        let twice = Some((day("2026-01-15"), Twice::Usage("Machines".to_owned())));
        for both in [(1, 2), (1, 3), (4, 5), (3, 6)] {
            assert_eq!(of(both.0, both.1), twice, "{both:?}");
        }
        for apart in [(3, 4), (3, 5)] {
            assert_eq!(of(apart.0, apart.1), None, "{apart:?}");
        }
    }
}
