use super::*;
use chrono_tz::Tz;
use uuid::Uuid;

fn evidence() -> Evidence {
    let price = |json: &str| serde_json::from_str::<PriceTerms>(json).unwrap();
    let component = |metric: &str, json: &str| PricedComponent {
        metric: metric.into(),
        name: metric.into(),
        unit: "unit".into(),
        price: price(json),
    };
    let plan = PricedPlan {
        id: PlanId::from(Uuid::nil()),
        version: 3,
        name: "Plan".into(),
        currency: Currency::USD,
        tax_class: None,
        billed_at: BilledAt::Bailiwick,
        base_fee: "50".parse().unwrap(),
        fee_interval: FeeInterval::Month,
        fee_anchor: FeeAnchor::Calendar,
        fee_timing: FeeTiming::Arrears,
        components: vec![
            component("machines", r#"{"model": "unit", "unit_price": "25", "included": "10"}"#),
            component(
                "storage",
                r#"{"model": "unit", "unit_price": "0.03", "group_by": ["vault"], "aggregation":
                    {"function": "time_weighted_sum", "readings": "levels", "per": "period"}}"#,
            ),
        ],
        adjustments: AdjustmentTerms::default(),
    };
    let days = |from: &str, until: &str| Period::new(from.parse().unwrap(), until.parse().unwrap()).unwrap();
    let served = days("2026-03-05", "2026-04-01");
    let event = |at: &str, id: &str| Event {
        at: at.parse().unwrap(),
        id: id.into(),
        quantity: "700.5".parse().unwrap(),
        amount: None,
        properties: [("vault".to_owned(), "a".to_owned())].into(),
    };
    let events = vec![event("2026-03-20T00:00:00Z", "2"), event("2026-03-10T00:00:00.5Z", "1")];
    let opening =
        vec![Level { quantity: "100".parse().unwrap(), group: [("vault".into(), "b".into())].into() }];
    let usage = [
        Usage {
            metric: "machines".into(),
            measured: Measured::Quantity { quantity: "68".parse().unwrap(), events: 4 },
        },
        Usage { metric: "storage".into(), measured: Measured::Events { events, opening } },
    ];
    let mut dearer = plan.clone();
    dearer.base_fee = "80".parse().unwrap();
    let (mut parts, mut lines) = (Vec::new(), Vec::new());
    for (plan, served) in [(plan, served), (dearer, days("2026-04-01", "2026-04-11"))] {
        let period = crate::periods::Month::of(served.start()).period();
        let span = Span::part(period, served, &Tz::America__New_York).unwrap();
        let rated = pricing::rate(&plan.price().unwrap(), &usage, &span).unwrap();
        lines.extend(rated.iter().map(|line| LineRecord::of(line, served, None)));
        parts.push(Part::of(plan, served, &span, &usage));
    }
    let charge = OneOff {
        kind: LineKind::OneOff,
        description: "Setup".into(),
        quantity: "2.5".parse().unwrap(),
        unit_price: "95".parse().unwrap(),
        tax_class: None,
    };
    let all = days("2026-03-05", "2026-04-11");
    lines.push(LineRecord::of(&charge.rate(Currency::USD).unwrap(), all, None));
    let one_off = OneOffPart { from: all.start(), until: all.end(), charges: vec![charge] };
    let total = Money::sum(Currency::USD, lines.iter().map(|line| line.amount)).unwrap();
    Evidence::of(parts, Some(one_off), lines, None, total)
}

#[test]
fn what_was_sealed_is_rated_to_the_same_lines() {
    let evidence = evidence();
    assert_eq!(evidence.lines.len(), 4 + 3 + 1);
    assert_eq!(evidence.check(&evidence.lines), Ok(Vec::new()));
    let text = serde_json::to_string(&evidence).unwrap();
    let read: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!(read, evidence);
    // Read and written, it has the same bytes: its seal stays.
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}

#[test]
fn evidence_from_before_fees_had_rhythms_stays_as_it_was() {
    // Written before there were any.
    let before = include_str!("before_rhythms.json").trim_end();
    let mut evidence = evidence();
    assert_eq!(serde_json::to_string(&evidence).unwrap(), before);
    let read: Evidence = serde_json::from_str(before).unwrap();
    assert_eq!(read.check(&evidence.lines), Ok(Vec::new()));
    evidence.parts[0].plan.fee_interval = FeeInterval::Year;
    let text = serde_json::to_string(&evidence).unwrap();
    assert_eq!(text.matches("\"fee").count(), 1, "{text}");
}

#[test]
fn a_quantity_is_sealed_where_it_is_not_one() {
    let mut evidence = evidence();
    let text = serde_json::to_string(&evidence).unwrap();
    assert_eq!(text, include_str!("before_rhythms.json").trim_end());
    evidence.parts[0].quantity = 25;
    // 25 times the base fee and the allowance; the unit price and what goes without them are as they were.
    let differences = evidence.check(&evidence.lines).unwrap();
    assert_eq!(differences.iter().map(|it| it.place).collect::<Vec<_>>(), [0, 1]);
    let fee = differences[0].computed.clone().unwrap();
    // 50.00 × 25 × 27 ÷ 31 = 1,088.709…
    assert_eq!((fee.quantity, fee.amount), ("25".parse().unwrap(), Money::new(108_871, Currency::USD)));
    evidence.lines = evidence.rate().unwrap();
    let text = serde_json::to_string(&evidence).unwrap();
    let read: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!((read.check(&evidence.lines), &read), (Ok(Vec::new()), &evidence));
    for senseless in [0, 1_000_001] {
        evidence.parts[0].quantity = senseless;
        assert_eq!(evidence.rate(), Err(EvidenceError::Senseless));
    }
}

/// 73 of 365 days of a yearly fee, with a discount.
fn fee() -> Evidence {
    let days = |from: &str, until: &str| Period::new(from.parse().unwrap(), until.parse().unwrap()).unwrap();
    let (served, year) = (days("2026-10-20", "2027-01-01"), days("2026-01-01", "2027-01-01"));
    let mut plan = evidence().parts.remove(0).plan;
    (plan.base_fee, plan.fee_interval) = ("1200".parse().unwrap(), FeeInterval::Year);
    plan.adjustments =
        serde_json::from_str(r#"{"discounts": [{"name": "Partner", "percent": "10"}]}"#).unwrap();
    let span = Span::part(year, served, &Tz::America__New_York).unwrap();
    let rated = pricing::rate_fee(&plan.price().unwrap(), span.share()).unwrap();
    let lines: Vec<_> = rated.iter().map(|line| LineRecord::of(line, served, None)).collect();
    let total = Money::sum(Currency::USD, lines.iter().map(|line| line.amount)).unwrap();
    Evidence::of(vec![Part::of_fee(plan, served, year, &span)], None, lines, None, total)
}

#[test]
fn a_fee_with_a_rhythm_of_its_own_is_a_part_of_its_own() {
    let evidence = fee();
    let text = serde_json::to_string(&evidence).unwrap();
    let read: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!(read, evidence);
    assert_eq!(read.check(&evidence.lines), Ok(Vec::new()));
    assert_eq!(evidence.total, Money::new(21_600, Currency::USD));
    // The same prices over the days of a month are without it.
    let mut month = evidence.clone();
    month.parts[0].fee = None;
    assert_eq!(month.rate().unwrap().iter().filter(|line| line.kind == LineKind::BaseFee).count(), 0);

    // Three times: 720.00 less 10 %.
    let mut more = evidence.clone();
    more.parts[0].quantity = 3;
    let amounts: Vec<_> = more.rate().unwrap().iter().map(|line| line.amount.amount_minor()).collect();
    assert_eq!(amounts, [72_000, -7_200]);

    let mut longer = evidence.clone();
    longer.parts[0].days_of_period = 366;
    assert_eq!(longer.rate(), Err(EvidenceError::Senseless));
    let mut elsewhere = evidence;
    elsewhere.parts[0].fee =
        Some(FeePeriod { from: "2025-01-01".parse().unwrap(), until: "2026-01-01".parse().unwrap() });
    assert_eq!(elsewhere.rate(), Err(EvidenceError::Senseless));
}

#[test]
fn whatever_is_tampered_with_shows() {
    let evidence = evidence();
    let mut lines = evidence.lines.clone();
    lines[1].amount = Money::new(lines[1].amount.amount_minor() + 1, Currency::USD);
    let differences = evidence.check(&lines).unwrap();
    assert_eq!((differences.len(), differences[0].place), (1, 1));
    assert_eq!(differences[0].computed.as_ref(), evidence.lines.get(1));
    assert_eq!(evidence.check(&evidence.lines[..7]).unwrap()[0].given, None);
    let more = [evidence.lines.as_slice(), &evidence.lines[..1]].concat();
    assert_eq!(evidence.check(&more).unwrap()[0].computed, None);

    let mut cheaper = evidence.clone();
    cheaper.parts[0].plan.components[0].price.unit_price = Some("24".parse().unwrap());
    assert_eq!(cheaper.check(&evidence.lines).unwrap().len(), 1);
    let mut fewer = evidence.clone();
    fewer.one_off = None;
    assert_eq!(fewer.check(&evidence.lines).unwrap().len(), 1);
    let mut older = evidence.clone();
    older.rules = 0;
    assert_eq!(older.check(&evidence.lines), Err(EvidenceError::OtherRules));
    let mut senseless = evidence;
    senseless.parts[1].days_served = 40;
    assert_eq!(senseless.rate(), Err(EvidenceError::Senseless));
}
