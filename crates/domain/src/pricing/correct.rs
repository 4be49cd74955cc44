//! What is missing of days that were billed before all of their usage was there.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{LineKind, RatedLine, RatingError, Step};
use crate::{decimals::DecimalString, money::Money};

/// What was billed for days before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// What it charged for.
    pub kind: LineKind,
    /// The metric, where it belonged to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// What the customer read.
    pub description: String,
    /// Its group of usage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub group: BTreeMap<String, String>,
    /// What was used.
    pub used: DecimalString,
    /// What of it cost nothing.
    pub included: DecimalString,
    /// What was charged.
    pub quantity: DecimalString,
    /// How many events stood behind it.
    pub events: i64,
    /// What it came to.
    pub amount: Money,
}

impl Billed {
    /// Whether it is what a line charges for. A component's name may have changed; its discounts differ by theirs.
    fn is_for(&self, line: &RatedLine) -> bool {
        self.kind == line.kind
            && self.metric == line.metric
            && self.group == line.group
            && (self.kind != LineKind::Discount || self.description == line.description)
    }
}

/// The lines that make up for what was billed for the same days: each is what a line comes to now, less what was billed
/// for it. Where that is nothing there is no line.
///
/// The days are rated whole, so that tiers, allowances and minimums are as they would have been had all usage come in
/// time.
pub fn correct(
    lines: Vec<RatedLine>,
    billed: &[Billed],
    invoice: &str,
) -> Result<Vec<RatedLine>, RatingError> {
    let mut corrected = Vec::new();
    let mut others: Vec<&Billed> = billed.iter().collect();
    for line in lines {
        let (before, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(|billed| billed.is_for(&line));
        others = rest;
        corrected.extend(difference(line, &before, invoice)?);
    }
    // What is charged no more: a minimum that is reached by now.
    while let Some(first) = others.first() {
        let gone = RatedLine {
            kind: first.kind,
            metric: first.metric.clone(),
            description: first.description.clone(),
            unit: None,
            group: first.group.clone(),
            used: Decimal::ONE,
            included: Decimal::ZERO,
            quantity: Decimal::ONE,
            unit_price: None,
            amount: Money::zero(first.amount.currency()),
            events: 0,
            closing_level: None,
            derivation: Vec::new(),
        };
        let (before, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(|billed| billed.is_for(&gone));
        others = rest;
        corrected.extend(difference(gone, &before, invoice)?);
    }
    Ok(corrected)
}

/// A line, less what was billed for it.
fn difference(line: RatedLine, before: &[&Billed], invoice: &str) -> Result<Option<RatedLine>, RatingError> {
    let too_large = |_| RatingError::TooLarge;
    let billed = Money::sum(line.amount.currency(), before.iter().map(|billed| billed.amount));
    let billed = billed.map_err(too_large)?;
    let amount = line.amount.checked_sub(billed).map_err(too_large)?;
    if amount.amount_minor() == 0 {
        return Ok(None);
    }
    let less = |all: Decimal, part: fn(&Billed) -> DecimalString| {
        before.iter().try_fold(all, |left, billed| left.checked_sub(part(billed).decimal()))
    };
    // What is counted at all; a fee or a minimum is there or not.
    let counted = line.kind == LineKind::Usage;
    let (used, included, quantity) = if counted {
        let figures = (
            less(line.used, |billed| billed.used),
            less(line.included, |billed| billed.included),
            less(line.quantity, |billed| billed.quantity),
        );
        let (Some(used), Some(included), Some(quantity)) = figures else { return Err(RatingError::TooLarge) };
        (used.normalize(), included.normalize(), quantity.normalize())
    } else {
        (line.used, line.included, line.quantity)
    };
    let mut derivation = line.derivation;
    derivation.push(Step::Billed { invoice: invoice.to_owned(), due: line.amount, billed });
    Ok(Some(RatedLine {
        used,
        included,
        quantity,
        amount,
        events: line.events - before.iter().map(|billed| billed.events).sum::<i64>(),
        derivation,
        ..line
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fees::Rhythm,
        money::Currency,
        periods::Period,
        pricing::{Adjustments, Component, Measured, Plan, PriceTerms, Span, Usage, rate},
    };
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn plan(price: &str, minimum: Option<&str>) -> Plan {
        let terms: PriceTerms = serde_json::from_str(price).unwrap();
        let adjustments = Adjustments {
            minimum: minimum.map(|minimum| minimum.parse().unwrap()),
            ..Adjustments::default()
        };
        Plan {
            name: "Plan".into(),
            currency: Currency::USD,
            base_fee: "50".parse().unwrap(),
            rhythm: Rhythm::default(),
            components: vec![Component {
                metric: "machines".into(),
                name: "Machines".into(),
                unit: "machine".into(),
                price: terms.check("", &mut Vec::new()).unwrap(),
            }],
            adjustments,
        }
    }

    fn rated(plan: &Plan, quantity: Decimal) -> Vec<RatedLine> {
        let days = Period::new("2026-03-01".parse().unwrap(), "2026-04-01".parse().unwrap()).unwrap();
        let usage = Usage { metric: "machines".into(), measured: Measured::Quantity { quantity, events: 1 } };
        rate(plan, &[usage], &Span::whole(days, &Tz::UTC)).unwrap()
    }

    fn billed(lines: &[RatedLine]) -> Vec<Billed> {
        let billed = |line: &RatedLine| Billed {
            kind: line.kind,
            metric: line.metric.clone(),
            description: line.description.clone(),
            group: line.group.clone(),
            used: line.used.into(),
            included: line.included.into(),
            quantity: line.quantity.into(),
            events: line.events,
            amount: line.amount,
        };
        lines.iter().map(billed).collect()
    }

    const TIERS: &str = r#"{"model": "graduated", "tiers": [
        {"from": "0", "up_to": "10", "unit_price": "5"},
        {"from": "10", "up_to": "100", "unit_price": "3.333", "flat_fee": "7"},
        {"from": "100", "unit_price": "1.01"}]}"#;

    #[test]
    fn what_comes_late_costs_what_it_would_have_added() {
        let plan = plan(r#"{"model": "unit", "unit_price": "25", "included": "10"}"#, None);
        let (before, after) = (rated(&plan, 12.into()), rated(&plan, 15.into()));
        let lines = correct(after, &billed(&before), "NW-000012").unwrap();
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((line.used, line.included, line.quantity), (3.into(), 0.into(), 3.into()));
        assert_eq!(line.amount, Money::new(7_500, Currency::USD));
        let last = Step::Billed {
            invoice: "NW-000012".into(),
            due: Money::new(12_500, Currency::USD),
            billed: Money::new(5_000, Currency::USD),
        };
        assert_eq!(line.derivation.last(), Some(&last));
    }

    #[test]
    fn what_stays_within_the_allowance_costs_nothing() {
        let plan = plan(r#"{"model": "unit", "unit_price": "25", "included": "10"}"#, None);
        let lines = correct(rated(&plan, 9.into()), &billed(&rated(&plan, 2.into())), "NW-000012");
        assert_eq!(lines, Ok(Vec::new()));
    }

    #[test]
    fn a_minimum_that_is_reached_by_now_is_given_back() {
        let plan = plan(r#"{"model": "unit", "unit_price": "25"}"#, Some("200"));
        let before = rated(&plan, 2.into());
        assert_eq!(before.last().map(|line| line.kind), Some(LineKind::Minimum));
        let lines = correct(rated(&plan, 8.into()), &billed(&before), "NW-000012").unwrap();
        let amounts: Vec<_> = lines.iter().map(|line| (line.kind, line.amount.amount_minor())).collect();
        // 50 + 50 + 100 to the minimum of 200 were billed; 50 + 200 is due.
        assert_eq!(amounts, [(LineKind::Usage, 15_000), (LineKind::Minimum, -10_000)]);
    }

    proptest! {
        /// However the usage is cut into what came in time and what came late, once or twice: together it costs the same.
        #[test]
        fn corrections_add_up(parts in proptest::array::uniform3(0u32..200), tiers: bool, minimum: bool) {
            let price = if tiers { TIERS } else { r#"{"model": "package", "size": "7", "amount": "3.5"}"# };
            let plan = plan(price, minimum.then_some("333.33"));
            let mut all: Vec<Billed> = Vec::new();
            let mut used = Decimal::ZERO;
            for part in parts {
                used += Decimal::from(part);
                let lines = correct(rated(&plan, used), &all, "NW-000012").unwrap();
                all.extend(billed(&lines));
            }
            let due: i64 = rated(&plan, used).iter().map(|line| line.amount.amount_minor()).sum();
            prop_assert_eq!(all.iter().map(|line| line.amount.amount_minor()).sum::<i64>(), due);
            prop_assert_eq!(correct(rated(&plan, used), &all, "NW-000012"), Ok(Vec::new()));
        }
    }
}
