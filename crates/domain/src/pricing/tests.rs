//! What holds for all prices, and each rule of `docs/billing-rules.md` once. The worked cases are beside the end-to-end
//! tests, where a second implementation computes them, too.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::{
    fees::Rhythm,
    money::{Currency, Money},
    periods::Period,
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn terms(price: Value) -> PriceTerms {
    serde_json::from_value(price).unwrap()
}

fn price(price: Value) -> Price {
    let mut problems = Vec::new();
    let price = terms(price).check("", &mut problems);
    assert_eq!(problems, []);
    price.unwrap()
}

fn wrong(price: Value) -> Vec<String> {
    let mut problems = Vec::new();
    let price = terms(price).check("/price", &mut problems);
    assert_eq!(price.is_none(), !problems.is_empty());
    problems.into_iter().map(|problem| format!("{} {}", problem.pointer, problem.detail)).collect()
}

fn plan(prices: impl IntoIterator<Item = Price>) -> Plan {
    let component = |(index, price)| Component {
        metric: format!("m{index}"),
        name: format!("M{index}"),
        unit: "unit".into(),
        price,
    };
    Plan {
        name: "Plan".into(),
        currency: Currency::USD,
        base_fee: Decimal::ZERO,
        rhythm: Rhythm::default(),
        components: prices.into_iter().enumerate().map(component).collect(),
        adjustments: Adjustments::default(),
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn span(start: &str, end: &str) -> Span {
    Span::whole(Period::new(day(start), day(end)).unwrap(), &Tz::UTC)
}

fn march() -> Span {
    span("2026-03-01", "2026-04-01")
}

fn quantity(quantity: &str) -> Usage {
    Usage { metric: "m0".into(), measured: Measured::Quantity { quantity: decimal(quantity), events: 1 } }
}

fn events(events: Vec<Event>) -> Usage {
    Usage { metric: "m0".into(), measured: Measured::Events { events, opening: Vec::new() } }
}

fn event(minute: i64, id: &str, quantity: Decimal) -> Event {
    let at: DateTime<Utc> = "2026-03-02T00:00:00Z".parse().unwrap();
    Event {
        at: at + TimeDelta::minutes(minute),
        id: id.into(),
        quantity,
        amount: None,
        properties: BTreeMap::new(),
    }
}

/// What the lines come to, in minor units.
fn cost(plan: &Plan, usage: &[Usage], span: &Span) -> i64 {
    total(plan.currency, &rate(plan, usage, span).unwrap()).unwrap().amount_minor()
}

fn graduated() -> Value {
    json!({"model": "graduated", "tiers": [
        {"from": "0", "up_to": "10", "unit_price": "5", "flat_fee": "20"},
        {"from": "10", "unit_price": "3", "flat_fee": "7"},
    ]})
}

#[test]
fn a_tiers_fee_is_due_when_the_quantity_enters_it() {
    let mut volume = graduated();
    volume["model"] = json!("volume");
    let (graduated, volume) = (plan([price(graduated())]), plan([price(volume)]));
    for (used, by_parts, whole) in [
        ("0", 2_000, 2_000),
        ("-4", 2_000, 2_000),
        ("10", 7_000, 7_000),
        ("10.000000001", 7_700, 3_700),
        ("10.5", 7_850, 3_850),
    ] {
        assert_eq!(cost(&graduated, &[quantity(used)], &march()), by_parts, "{used}");
        assert_eq!(cost(&volume, &[quantity(used)], &march()), whole, "{used}");
    }
}

#[test]
fn half_a_cent_is_a_cent_whatever_the_sign() {
    // 0.3 × 0.05 = 0.015; in floats it is less.
    let plan = plan([price(json!({"model": "unit", "unit_price": "0.05"}))]);
    assert_eq!(cost(&plan, &[quantity("0.3")], &march()), 2);
    assert_eq!(cost(&plan, &[quantity("0.299999999")], &march()), 1);
    for (minor, days, of, expected) in
        [(5, 1, 2, 3), (-5, 1, 2, -3), (-5, 1, 3, -2), (1, 1, 3, 0), (5_000, 10, 31, 1_613)]
    {
        let fixed = Exact::of(Decimal::new(minor, 2)).unwrap();
        let share = Share::new(days, of).unwrap();
        let money = Exact::ZERO.money(fixed, share, Currency::USD).unwrap();
        assert_eq!(money.amount_minor(), expected, "{minor} × {days} ÷ {of}");
    }
}

#[test]
fn twenty_digits_times_sixteen_are_exact() {
    // 10,000,000,000 × 1,000,000 is the largest product of a plan; `Decimal` cannot hold it with its decimals.
    let plan = plan([price(json!({"model": "unit", "unit_price": "999999.999999999"}))]);
    let lines = rate(&plan, &[quantity("9999999999.999999999")], &march()).unwrap();
    // 10^16 − 10^4·10^-9·… worked out by hand: (10^6 − 10^-9)(10^10 − 10^-9) = 10^16 − 10 − 10^-3 + 10^-18.
    let expected = "9999999999999989.999000000000000001";
    assert!(matches!(&lines[0].derivation[1], Step::Units { amount, .. } if amount.to_string() == expected));
    assert_eq!(lines[0].amount.amount_minor(), 999_999_999_999_999_000);
    assert_eq!(rate(&plan, &[quantity("99999999999999999")], &march()), Err(RatingError::TooLarge));
}

#[test]
fn exact_amounts_are_read_as_they_are_written() {
    for text in ["0", "-0.5", "12.000000000000000001", "0.00000000000000000001"] {
        assert_eq!(text.parse::<Exact>().unwrap().to_string(), text);
    }
    for text in ["", "-", ".5", "5.", "1e3", "0.000000000000000000001", "+1", "9999999999999999999999"] {
        assert!(text.parse::<Exact>().is_err(), "{text}");
    }
}

#[test]
fn tiers_say_where_they_are_not_contiguous() {
    let tiers = |tiers: &[(&str, Option<&str>)]| {
        let tier =
            |(from, up_to): &(&str, Option<&str>)| json!({"from": from, "up_to": up_to, "unit_price": "1"});
        wrong(json!({"model": "volume", "tiers": tiers.iter().map(tier).collect::<Vec<_>>()}))
    };
    assert_eq!(tiers(&[("0", Some("0.5")), ("0.5", Some("7.25")), ("7.25", None)]), Vec::<String>::new());
    assert_eq!(tiers(&[("1", None)]), ["/price/tiers/0/from must be 0: tiers are contiguous from 0"]);
    assert_eq!(
        tiers(&[("0", Some("10")), ("11", None)]),
        ["/price/tiers/1/from must be 10, where the tier before it ends: tiers are contiguous"]
    );
    assert_eq!(tiers(&[("0", Some("10")), ("10", Some("5")), ("5", None)]).len(), 1);
    assert_eq!(
        tiers(&[("0", None), ("0", None)]),
        ["/price/tiers/0/up_to is needed for each tier but the last"]
    );
    assert!(tiers(&[("0", Some("10"))])[0].starts_with("/price/tiers/0/up_to must be left out"));
    assert_eq!(tiers(&[]), ["/price/tiers is needed for this model"]);
}

#[test]
fn terms_are_written_as_they_were_read() {
    for written in [
        json!({"model": "dynamic"}),
        json!({"model": "unit", "unit_price": "0.0375", "included": "10"}),
        json!({"model": "percentage", "rate": "2.9", "fixed_fee": "0.3", "free_transactions": 2, "minimum_fee": "0.5",
               "maximum_fee": "9", "included": "100"}),
        json!({"model": "package", "amount": "5", "size": "12.5", "minimum": "1", "maximum": "2",
               "quantity_rounding": {"mode": "half_up", "decimals": 2},
               "discounts": [{"name": "A", "percent": "10"}, {"name": "B", "amount": "1"}],
               "aggregation": {"function": "time_weighted_sum", "readings": "changes", "per": "hours"},
               "filters": [{"property": "os", "values": ["linux"]}], "group_by": ["vault"]}),
    ] {
        assert_eq!(serde_json::to_value(terms(written.clone())).unwrap(), written);
        assert_eq!(wrong(written), Vec::<String>::new());
    }
}

#[test]
fn a_month_with_a_change_of_clocks_has_its_true_length() {
    let zone = Tz::America__New_York;
    let period = Period::new(day("2026-03-01"), day("2026-04-01")).unwrap();
    let metered = json!({"model": "unit", "unit_price": "1",
        "aggregation": {"function": "time_weighted_sum", "readings": "levels", "per": "hours"}});
    let opening = vec![Level { quantity: Decimal::ONE, group: BTreeMap::new() }];
    let usage = Usage { metric: "m0".into(), measured: Measured::Events { events: Vec::new(), opening } };
    let lines = rate(&plan([price(metered)]), &[usage], &Span::whole(period, &zone)).unwrap();
    assert_eq!(lines[0].quantity, decimal("743"));
    assert_eq!(lines[0].closing_level, Some(Decimal::ONE));
}

#[test]
fn the_level_is_carried_over() {
    let metered = price(json!({"model": "unit", "unit_price": "1",
        "aggregation": {"function": "time_weighted_sum", "readings": "levels", "per": "period"}}));
    let opening = vec![Level { quantity: decimal("100"), group: BTreeMap::new() }];
    let level = Event { at: "2026-04-11T00:00:00Z".parse().unwrap(), ..event(0, "a", decimal("400")) };
    let usage = Usage { metric: "m0".into(), measured: Measured::Events { events: vec![level], opening } };
    let lines = rate(&plan([metered]), &[usage], &span("2026-04-01", "2026-05-01")).unwrap();
    assert_eq!((lines[0].quantity, lines[0].closing_level), (decimal("300"), Some(decimal("400"))));
}

#[test]
fn each_modifier_is_a_line_of_its_own_in_a_fixed_order() {
    let plan =
        plan([price(json!({"model": "unit", "unit_price": "25", "included": "10", "minimum": "1500",
        "discounts": [{"name": "Launch", "percent": "10"}]}))]);
    let lines = rate(&plan, &[quantity("68")], &march()).unwrap();
    let said: Vec<_> = lines.iter().map(|line| (line.kind, line.amount.amount_minor())).collect();
    assert_eq!(
        said,
        [(LineKind::Usage, 145_000), (LineKind::Discount, -14_500), (LineKind::Minimum, 19_500)]
    );
}

#[test]
fn what_is_owed_for_a_period_is_owed_for_its_part() {
    let period = Period::new(day("2026-03-01"), day("2026-04-01")).unwrap();
    let served = Period::new(day("2026-03-22"), day("2026-04-01")).unwrap();
    let part = Span::part(period, served, &Tz::UTC).unwrap();
    let mut plan = plan([price(json!({"model": "unit", "unit_price": "25", "included": "10"}))]);
    plan.base_fee = decimal("50");
    let lines = rate(&plan, &[quantity("68")], &part).unwrap();
    assert_eq!(lines[0].amount.amount_minor(), 1_613);
    assert_eq!((lines[1].included, lines[1].quantity), (decimal("3.225806452"), decimal("64.774193548")));
    assert!(Span::part(served, period, &Tz::UTC).is_none());
}

#[test]
fn what_is_owed_for_a_period_is_owed_as_many_times_as_the_quantity() {
    let period = Period::new(day("2026-03-01"), day("2026-04-01")).unwrap();
    let served = Period::new(day("2026-03-22"), day("2026-04-01")).unwrap();
    let part = Span::part(period, served, &Tz::UTC).unwrap().times(25);
    let mut plan = plan([
        price(json!({"model": "unit", "unit_price": "2", "included": "10"})),
        price(json!({"model": "flat", "amount": "3"})),
    ]);
    plan.base_fee = decimal("50");
    let lines = rate(&plan, &[quantity("300")], &part).unwrap();
    let Ok([fee, usage, flat]) = <[RatedLine; 3]>::try_from(lines) else { panic!("three lines") };
    // 50 × 25 × 10 ÷ 31 = 403.225…
    assert_eq!((fee.quantity, fee.unit_price), (decimal("25"), Some(decimal("50"))));
    let steps = json!([
        {"step": "flat", "amount": "50"},
        {"step": "times", "full": "50", "quantity": 25},
        {"step": "prorated", "full": "1250", "days": 10, "of": 31},
        {"step": "rounded", "amount": {"amount_minor": 40_323, "currency": "USD"}},
    ]);
    assert_eq!(serde_json::to_value(&fee.derivation).unwrap(), steps);
    // 10 × 25 × 10 ÷ 31 = 80.645161290…; the price of one is not multiplied.
    assert_eq!((usage.included, usage.quantity), (decimal("80.64516129"), decimal("219.35483871")));
    assert_eq!(usage.amount.amount_minor(), 43_871);
    let steps = serde_json::to_value(&usage.derivation[1..3]).unwrap();
    assert_eq!(
        steps,
        json!([
            {"step": "allowance_times", "full": "10", "quantity": 25},
            {"step": "allowance_prorated", "full": "250", "days": 10, "of": 31, "included": "80.64516129"},
        ])
    );
    assert_eq!((flat.quantity, flat.amount.amount_minor()), (decimal("25"), 2_419));
}

#[test]
fn bounds_and_fixed_discounts_are_owed_as_many_times_as_the_quantity() {
    use LineKind::{Discount, Maximum, Minimum, Usage};
    let mut plan = plan([price(json!({
        "model": "unit", "unit_price": "1", "discounts": [{"name": "Goodwill", "amount": "2"}], "minimum": "5"
    }))]);
    plan.adjustments.maximum = Some(decimal("4"));
    let lines = rate(&plan, &[quantity("40")], &march().times(10)).unwrap();
    let said: Vec<_> = lines.iter().map(|line| (line.kind, line.amount.amount_minor())).collect();
    assert_eq!(said, [(Usage, 4_000), (Discount, -2_000), (Minimum, 3_000), (Maximum, -1_000)]);
    let times = |line: &RatedLine| matches!(line.derivation[0], Step::Times { quantity: 10, .. });
    assert!(lines[1..].iter().all(times), "{lines:?}");
}

#[test]
fn a_dynamic_price_needs_the_amounts_of_its_events() {
    let plan = plan([price(json!({"model": "dynamic"}))]);
    assert_eq!(rate(&plan, &[quantity("1")], &march()), Err(RatingError::AmountMissing));
    assert_eq!(
        rate(&plan, &[events(vec![event(0, "a", Decimal::ONE)])], &march()),
        Err(RatingError::AmountMissing)
    );
    let priced = |amount| Event { amount: Some(decimal(amount)), ..event(0, amount, Decimal::ONE) };
    assert_eq!(cost(&plan, &[events(vec![priced("1.004"), priced("0.001")])], &march()), 101);
    assert_eq!(cost(&plan, &[events(vec![priced("-3")])], &march()), 0);
    assert_eq!(cost(&plan, &[], &march()), 0);
}

/// A price of some model, with prices and bounds of all sizes.
fn some_price() -> impl Strategy<Value = Value> {
    let amount =
        (0i64..1_000_000, 0u32..=9).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale).to_string());
    let tiers = prop::collection::vec((1i64..10_000, amount.clone(), amount.clone()), 1..5);
    let model = prop::sample::select(vec!["graduated", "unit", "package", "graduated_percentage"]);
    (model, tiers, amount).prop_map(|(model, tiers, included)| match model {
        "unit" => json!({"model": "unit", "unit_price": tiers[0].1, "included": included}),
        "package" => {
            let size = Decimal::new(tiers[0].0, 3).to_string();
            json!({"model": "package", "amount": tiers[0].1, "size": size, "included": included})
        }
        _ => {
            let (mut from, last) = (Decimal::ZERO, tiers.len() - 1);
            let named = if model == "graduated" { "unit_price" } else { "rate" };
            let tier = |(index, (width, price, fee)): (usize, &(i64, String, String))| {
                let begins = from;
                from += Decimal::new(*width, 2);
                let price = if named == "rate" {
                    (decimal(price) % Decimal::ONE_HUNDRED).to_string()
                } else {
                    price.clone()
                };
                let mut tier = json!({"from": begins.to_string(), "flat_fee": fee});
                tier[named] = json!(price);
                if index < last {
                    tier["up_to"] = json!(from.to_string());
                }
                tier
            };
            let tiers: Vec<_> = tiers.iter().enumerate().map(tier).collect();
            json!({"model": model, "tiers": tiers, "included": included})
        }
    })
}

fn some_meter() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"function": "sum"}),
        json!({"function": "count"}),
        json!({"function": "max"}),
        json!({"function": "latest"}),
        json!({"function": "percentile_95"}),
        json!({"function": "unique_count", "property": "vault"}),
        json!({"function": "time_weighted_sum", "readings": "changes", "per": "hours"}),
        json!({"function": "time_weighted_sum", "readings": "levels", "per": "period"}),
    ])
}

fn some_events() -> impl Strategy<Value = Vec<Event>> {
    let one = (0i64..40_000, 0u8..4, -1_000_000i64..1_000_000, 0u8..3);
    prop::collection::vec(one, 0..30).prop_map(|list| {
        let made = |(minute, id, quantity, vault): (i64, u8, i64, u8)| {
            let mut event = event(minute, &id.to_string(), Decimal::new(quantity, 3));
            event.properties.insert("vault".into(), vault.to_string());
            event
        };
        list.into_iter().map(made).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_events_does_not_matter(
        mut price in some_price(),
        meter in some_meter(),
        grouped: bool,
        (events, shuffled) in some_events().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
    ) {
        price["aggregation"] = meter;
        if grouped {
            price["group_by"] = json!(["vault"]);
        }
        let plan = plan([self::price(price)]);
        let rated = |events: Vec<Event>| rate(&plan, &[self::events(events)], &march());
        let once = rated(events.clone());
        // The same input gives the same bytes.
        prop_assert_eq!(format!("{once:?}"), format!("{:?}", rated(events)));
        prop_assert_eq!(once, rated(shuffled));
    }

    #[test]
    fn splitting_an_event_changes_nothing(price in some_price(), amounts in prop::collection::vec(0i64..1_000_000, 1..30)) {
        let plan = plan([self::price(price)]);
        let event_of = |(index, amount): (usize, &i64)| event(0, &index.to_string(), Decimal::new(*amount, 3));
        let split: Vec<_> = amounts.iter().enumerate().map(event_of).collect();
        let whole = vec![event(0, "", Decimal::new(amounts.iter().sum(), 3))];
        let cost = |events| cost(&plan, &[self::events(events)], &march());
        prop_assert_eq!(cost(split), cost(whole));
    }

    #[test]
    fn more_usage_never_costs_less(price in some_price(), less in -1_000i64..1_000_000, more in -1_000i64..1_000_000) {
        let (less, more) = (less.min(more), less.max(more));
        let plan = plan([self::price(price)]);
        let cost = |used| cost(&plan, &[quantity(&Decimal::new(used, 3).to_string())], &march());
        prop_assert!(cost(less) <= cost(more));
    }

    #[test]
    fn modifiers_keep_a_bill_between_its_bounds(
        price in some_price(),
        used in 0i64..1_000_000,
        percents in prop::collection::vec(1i64..=10_000, 0..4),
        off in 0i64..1_000_000,
        (floor, ceiling) in (0i64..1_000_000, 0i64..1_000_000).prop_map(|(a, b)| (a.min(b), a.max(b))),
    ) {
        let mut plan = plan([self::price(price)]);
        let percent = |percent: i64| Discount { name: "P".into(), reduction: Reduction::Percent(Decimal::new(percent, 2)) };
        plan.adjustments.discounts = percents.into_iter().map(percent).collect();
        plan.adjustments.discounts.push(Discount { name: "A".into(), reduction: Reduction::Amount(Decimal::new(off, 2)) });
        let usage = [quantity(&Decimal::new(used, 3).to_string())];
        prop_assert!(cost(&plan, &usage, &march()) >= 0);
        plan.adjustments.minimum = Some(Decimal::new(floor, 2));
        plan.adjustments.maximum = Some(Decimal::new(ceiling, 2));
        prop_assert!((floor..=ceiling).contains(&cost(&plan, &usage, &march())));
    }

    #[test]
    fn the_parts_of_a_fee_differ_from_the_whole_by_less_than_their_number(fee in 0i64..10_000_000, cuts in prop::collection::btree_set(1i64..31, 0..6)) {
        // Each part is rounded once; a split that must add up goes through `Money::split`.
        let mut plan = plan([]);
        plan.base_fee = Decimal::new(fee, 2);
        let first = day("2026-03-01");
        let bounds: Vec<_> = [0].into_iter().chain(cuts).chain([31]).map(|days| first + TimeDelta::days(days)).collect();
        let period = Period::new(first, day("2026-04-01")).unwrap();
        let part = |window: &[NaiveDate]| {
            let served = Period::new(window[0], window[1]).unwrap();
            cost(&plan, &[], &Span::part(period, served, &Tz::UTC).unwrap())
        };
        let parts: Vec<_> = bounds.windows(2).map(part).collect();
        let off = (parts.iter().sum::<i64>() - fee).abs();
        prop_assert!(2 * off <= i64::try_from(parts.len()).unwrap(), "{parts:?}");
    }

    /// Of a base fee alone, so many times is that many times the exact amount, rounded once; and more never costs less.
    #[test]
    fn a_fee_so_many_times_is_rounded_once(fee in 0i64..10_000_000, days in 1i64..=31, times in 1u32..=1_000_000) {
        let mut plan = plan([]);
        plan.base_fee = Decimal::new(fee, 2);
        let (first, end) = (day("2026-03-01"), day("2026-04-01"));
        let served = Period::new(first, first + TimeDelta::days(days)).unwrap();
        let part = Span::part(Period::new(first, end).unwrap(), served, &Tz::UTC).unwrap();
        let found = cost(&plan, &[], &part.times(times));
        // Half away from zero, in whole numbers.
        prop_assert_eq!(found, (2 * fee * i64::from(times) * days + 31) / 62);
        prop_assert!(times == 1 || cost(&plan, &[], &part.times(times - 1)) <= found);
        prop_assert_eq!(rate(&plan, &[], &part.times(1)), rate(&plan, &[], &part));
    }

    #[test]
    fn no_terms_make_a_panic(text in "\\PC*", number: i64, scale in 0u32..=9) {
        let value = Decimal::new(number, scale).to_string();
        let Ok(terms) = serde_json::from_value::<PriceTerms>(json!({
            "model": "percentage", "rate": value, "fixed_fee": value, "included": value, "minimum": value,
            "filters": [{"property": text, "values": [text]}], "group_by": [text],
        })) else { return Ok(()) };
        if let Some(price) = terms.check("", &mut Vec::new()) {
            let _ = rate(&plan([price]), &[quantity("999999999999999999")], &march());
        }
    }
}

#[test]
fn totals_are_of_one_currency() {
    assert_eq!(total(Currency::USD, &[]), Ok(Money::zero(Currency::USD)));
}
