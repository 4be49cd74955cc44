use super::*;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn place(text: &str) -> Place {
    let (country, region) =
        text.split_once('-').map_or((text, None), |(country, region)| (country, Some(region)));
    Place { country: country.parse().unwrap(), region: region.map(str::to_owned) }
}

fn rule(name: &str, at: &str, percent: &str) -> TaxRule {
    let Place { country, region } = place(at);
    let percent = percent.parse().unwrap();
    TaxRule {
        name: name.into(),
        country,
        region,
        class: None,
        percent,
        compound: false,
        from: None,
        until: None,
    }
}

fn of_class(class: &str, rule: TaxRule) -> TaxRule {
    TaxRule { class: Some(class.into()), ..rule }
}

fn buyer(at: &str, tax_id: Option<&str>) -> Buyer {
    Buyer::new(Some(place(at)), tax_id.map(str::to_owned), None)
}

fn settings(at: &str, rules: Vec<TaxRule>) -> TaxSettings {
    TaxSettings { place: place(at), prices: PriceMode::Exclusive, rounding: TaxRounding::Invoice, rules }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn taxes(terms: &TaxTerms, lines: &[(&str, i64)]) -> Taxes {
    let lines: Vec<_> = lines.iter().map(|(class, minor)| TaxedLine { class, amount: usd(*minor) }).collect();
    terms.apply(Currency::USD, &lines).unwrap()
}

/// Name, base and amount of each tax.
fn told(taxes: &Taxes) -> Vec<(&str, i64, i64)> {
    let of = |tax: &TaxAmount| (tax.base.amount_minor(), tax.amount.amount_minor());
    taxes.amounts.iter().map(|tax| (tax.name.as_str(), of(tax).0, of(tax).1)).collect()
}

fn german() -> TaxSettings {
    settings("DE", vec![rule("VAT", "DE", "19"), of_class(LATE_FEE_CLASS, rule("VAT", "DE", "0"))])
}

#[test]
fn tax_is_rounded_once_for_an_invoice_or_once_for_a_line() {
    let mut settings = german();
    let lines = [("standard", 3), ("standard", 3), ("standard", 3)];
    let on = day("2026-03-31");
    // 19 % of 0.09 are 0.0171; of 0.03, 0.0057.
    assert_eq!(told(&taxes(&settings.terms(on, buyer("DE", None)), &lines)), [("VAT", 9, 2)]);
    settings.rounding = TaxRounding::Line;
    assert_eq!(told(&taxes(&settings.terms(on, buyer("DE", None)), &lines)), [("VAT", 9, 3)]);
    // Half a cent goes away from zero on both sides of it.
    let mut half = settings.clone();
    half.rules = vec![rule("VAT", "DE", "10")];
    let terms = half.terms(on, buyer("DE", None));
    assert_eq!(told(&taxes(&terms, &[("standard", 5)])), [("VAT", 5, 1)]);
    assert_eq!(told(&taxes(&terms, &[("standard", -5)])), [("VAT", -5, -1)]);
}

#[test]
fn what_is_in_the_prices_is_taken_out_of_them() {
    let mut settings = german();
    settings.prices = PriceMode::Inclusive;
    let terms = settings.terms(day("2026-03-31"), buyer("DE", None));
    let taxes = taxes(&terms, &[("standard", 11_900)]);
    assert_eq!(told(&taxes), [("VAT", 10_000, 1_900)]);
    assert_eq!(taxes.on_top(Currency::USD), Ok(usd(0)));
    assert_eq!(taxes.sum(Currency::USD), Ok(usd(1_900)));
}

#[test]
fn a_compound_tax_is_on_the_others_as_well() {
    let quebec = |compound| {
        let qst = TaxRule { compound, ..rule("QST", "CA-QC", "9.975") };
        settings("CA-QC", vec![qst, rule("GST", "CA", "5")])
    };
    let on = day("2026-03-31");
    let of =
        |settings: TaxSettings| taxes(&settings.terms(on, buyer("CA-QC", None)), &[("standard", 10_000)]);
    assert_eq!(told(&of(quebec(false))), [("GST", 10_000, 500), ("QST", 10_000, 998)]);
    // 9.975 % of 105.00 are 10.47375.
    assert_eq!(told(&of(quebec(true))), [("GST", 10_000, 500), ("QST", 10_000, 1_047)]);
    let mut inclusive = quebec(true);
    inclusive.prices = PriceMode::Inclusive;
    // 115.47 = 100.00 × 1.05 × 1.09975, to the cent.
    let terms = inclusive.terms(on, buyer("CA-QC", None));
    assert_eq!(told(&taxes(&terms, &[("standard", 11_547)])), [("GST", 10_000, 500), ("QST", 10_000, 1_047)]);
    // Elsewhere in the country there is the one that is for all of it.
    let ontario = taxes(&quebec(false).terms(on, buyer("CA-ON", None)), &[("standard", 10_000)]);
    assert_eq!(told(&ontario), [("GST", 10_000, 500)]);
}

#[test]
fn of_rules_of_one_name_the_one_that_says_most_applies() {
    let rules = vec![
        rule("VAT", "ES", "21"),
        rule("VAT", "ES-CN", "0"),
        of_class("books", rule("VAT", "ES", "4")),
        TaxRule { until: Some(day("2026-07-01")), ..rule("Levy", "ES", "1") },
    ];
    let settings = settings("ES", rules);
    let of = |on, at, class| taxes(&settings.terms(day(on), buyer(at, None)), &[(class, 10_000)]);
    assert_eq!(told(&of("2026-06-30", "ES", "standard")), [("Levy", 10_000, 100), ("VAT", 10_000, 2_100)]);
    assert_eq!(told(&of("2026-07-01", "ES", "standard")), [("VAT", 10_000, 2_100)]);
    assert_eq!(told(&of("2026-07-01", "ES", "books")), [("VAT", 10_000, 400)]);
    assert_eq!(told(&of("2026-07-01", "ES-CN", "standard")), [("VAT", 10_000, 0)]);
    // Each rate is told by itself, with what it is on.
    let terms = settings.terms(day("2026-07-01"), buyer("ES", None));
    let both = taxes(&terms, &[("standard", 100), ("books", 1_000), ("standard", 100)]);
    assert_eq!(told(&both), [("VAT", 200, 42), ("VAT", 1_000, 40)]);
    assert_eq!(both.amounts[1].classes, ["books"]);
}

#[test]
fn who_taxes_goes_by_where_both_are() {
    let mut rules = german().rules;
    rules.push(rule("VAT", "FR", "20"));
    rules.push(of_class("books", rule("VAT", "IT", "4")));
    rules.push(rule("Sales tax", "US-TX", "8.25"));
    let settings = settings("DE", rules);
    let of = |buyer: Buyer| {
        let taxes = taxes(&settings.terms(day("2026-03-31"), buyer), &[("standard", 10_000)]);
        (taxes.treatment, taxes.sum(Currency::USD).unwrap().amount_minor())
    };
    assert_eq!(of(Buyer::new(None, None, None)), (TaxTreatment::Domestic, 1_900));
    assert_eq!(of(buyer("DE", Some("DE136695976"))), (TaxTreatment::Domestic, 1_900));
    assert_eq!(of(buyer("AT", Some("ATU13585627"))), (TaxTreatment::ReverseCharge, 0));
    // A number that cannot be one, or is of the seller's own country, makes no business elsewhere.
    assert_eq!(of(buyer("AT", Some("ATU13585626"))), (TaxTreatment::Domestic, 1_900));
    assert_eq!(of(buyer("AT", Some("DE136695976"))), (TaxTreatment::Domestic, 1_900));
    assert_eq!(of(buyer("AT", None)), (TaxTreatment::Domestic, 1_900));
    // Northern Ireland's are for goods.
    assert_eq!(of(buyer("AT", Some("XI980780684"))), (TaxTreatment::Domestic, 1_900));
    assert_eq!(of(buyer("FR", None)), (TaxTreatment::Destination, 2_000));
    // A rule for a class alone does not say that the seller is registered there.
    assert_eq!(of(buyer("IT", None)), (TaxTreatment::Domestic, 1_900));
    assert_eq!(of(buyer("US-TX", None)), (TaxTreatment::Destination, 825));
    assert_eq!(of(buyer("US-CA", None)), (TaxTreatment::NotTaxed, 0));
    assert_eq!(of(buyer("CH", Some("ATU13585627"))), (TaxTreatment::NotTaxed, 0));
    let exempt = Buyer { exempt: Some("Article 151".into()), ..buyer("DE", None) };
    assert_eq!(of(exempt), (TaxTreatment::Exempt, 0));
}

#[test]
fn rules_that_make_no_sense_are_named() {
    let mut settings = german();
    assert_eq!(settings.problems(), []);
    settings.place.region = Some("by".into());
    settings.rules.extend([
        TaxRule { until: Some(day("2026-01-01")), ..rule("VAT", "DE", "16") },
        TaxRule { from: Some(day("2026-01-01")), until: Some(day("2026-01-01")), ..rule(" A", "DE", "1") },
        TaxRule { region: Some("ABCD".into()), ..rule("", "DE", "100.1") },
        of_class("Big", rule("VAT", "AT", "0.00001")),
    ]);
    let pointers: Vec<_> = settings.problems().into_iter().map(|(pointer, _)| pointer).collect();
    let wanted = [
        "/region",
        "/rules/2/name",
        "/rules/3/name",
        "/rules/3/until",
        "/rules/4/name",
        "/rules/4/region",
        "/rules/4/percent",
        "/rules/5/class",
        "/rules/5/percent",
    ];
    assert_eq!(pointers, wanted);
    // One that follows another is no second one.
    let mut changed = german();
    changed.rules[0].until = Some(day("2027-01-01"));
    changed.rules.push(TaxRule { from: Some(day("2027-01-01")), ..rule("VAT", "DE", "20") });
    assert_eq!(changed.problems(), []);
}

#[test]
fn a_credited_line_takes_its_own_tax_with_it() {
    let credit = |taxes: &Taxes, lines: &[(&str, i64, i64)]| -> Vec<i64> {
        let line = |(class, amount, now): &(&'static str, i64, i64)| CreditedLine {
            class,
            amount: usd(*amount),
            credited: usd(0),
            now: usd(*now),
        };
        let lines: Vec<_> = lines
            .iter()
            .map(|&(class, amount, now)| {
                let class: &'static str = if class == "a" { "a" } else { "standard" };
                line(&(class, amount, now))
            })
            .collect();
        taxes.credit(Currency::USD, &lines).unwrap().into_iter().map(Money::amount_minor).collect()
    };
    let on = day("2026-03-31");
    // Inside of prices, where one class has another tax, too: 119.00 have 19.00 of VAT in them, 129.00 as well.
    let mut eco = german();
    eco.rules.push(of_class("a", rule("Eco", "DE", "10")));
    eco.prices = PriceMode::Inclusive;
    let charged = taxes(&eco.terms(on, buyer("DE", None)), &[("a", 12_900), ("standard", 11_900)]);
    assert_eq!(told(&charged), [("Eco", 10_000, 1_000), ("VAT", 20_000, 3_800)]);
    assert_eq!(credit(&charged, &[("a", 12_900, 0), ("standard", 11_900, 11_900)]), [0, 1_900]);
    // A compound tax is less on what has no other.
    let qst = TaxRule { compound: true, ..rule("QST", "CA", "9.975") };
    let canada = vec![rule("GST", "CA", "5"), of_class("a", rule("GST", "CA", "0")), qst];
    let charged =
        taxes(&settings("CA", canada).terms(on, buyer("CA", None)), &[("a", 10_000), ("standard", 10_000)]);
    assert_eq!(credit(&charged, &[("a", 10_000, 10_000), ("standard", 10_000, 0)]), [0, 0, 998]);
    // What is discounted to next to nothing is credited with the tax that it had beside the discount.
    let charged =
        taxes(&german().terms(on, buyer("DE", None)), &[("standard", 10_000), ("standard", -9_990)]);
    assert_eq!(credit(&charged, &[("standard", 10_000, 5_000), ("standard", -9_990, 0)]), [950]);
}

#[test]
fn on_nothing_there_is_no_tax_whatever_was_rounded() {
    for prices in [PriceMode::Exclusive, PriceMode::Inclusive] {
        let settings = TaxSettings { prices, rounding: TaxRounding::Line, ..german() };
        let terms = settings.terms(day("2026-03-31"), buyer("DE", None));
        for fee in [1_002, 1_003] {
            let taxes = taxes(&terms, &[("standard", fee), ("standard", fee), ("standard", -2 * fee)]);
            assert_eq!(told(&taxes), [("VAT", 0, 0)]);
        }
    }
    // 25 times 0.04 have 0.01 of tax each, and the deduction of 0.98 has 0.16: of 0.02, all of it at most.
    let settings = TaxSettings { prices: PriceMode::Inclusive, rounding: TaxRounding::Line, ..german() };
    let terms = settings.terms(day("2026-03-31"), buyer("DE", None));
    let mut lines = vec![("standard", 4); 25];
    lines.push(("standard", -98));
    assert_eq!(told(&taxes(&terms, &lines)), [("VAT", 0, 2)]);
}

#[test]
fn terms_survive_their_text() {
    let terms = german().terms(day("2026-03-31"), buyer("AT", Some("ATU13585627")));
    let text = serde_json::to_string(&terms).unwrap();
    assert_eq!(serde_json::from_str::<TaxTerms>(&text).unwrap(), terms);
}

fn any_terms() -> impl Strategy<Value = TaxTerms> {
    let percent = (0u32..=1_000_000).prop_map(|steps| Decimal::new(steps.into(), 4).to_string());
    let rule = (0..4usize, percent, any::<bool>(), prop::option::of(0..3usize)).prop_map(
        |(name, percent, compound, class)| TaxRule {
            compound,
            class: class.map(|class| format!("c{class}")),
            ..rule(&format!("T{name}"), "CA", &percent)
        },
    );
    (prop::collection::vec(rule, 0..6), any::<bool>(), any::<bool>()).prop_map(
        |(rules, inclusive, by_line)| {
            let mut settings = settings("CA", Vec::new());
            for rule in rules {
                if !settings
                    .rules
                    .iter()
                    .any(|other| (&other.name, &other.class) == (&rule.name, &rule.class))
                {
                    settings.rules.push(rule);
                }
            }
            settings.prices = if inclusive { PriceMode::Inclusive } else { PriceMode::Exclusive };
            settings.rounding = if by_line { TaxRounding::Line } else { TaxRounding::Invoice };
            settings.terms(day("2026-03-31"), buyer("CA", None))
        },
    )
}

proptest! {
    #[test]
    fn the_order_of_lines_changes_nothing(
        terms in any_terms(), mut lines in prop::collection::vec((0..4usize, -1_000_000i64..1_000_000), 0..20),
    ) {
        let of = |lines: &[(usize, i64)]| {
            let classes: Vec<_> = lines.iter().map(|(class, minor)| (format!("c{class}"), *minor)).collect();
            let lines: Vec<_> = classes.iter().map(|(class, minor)| (class.as_str(), *minor)).collect();
            taxes(&terms, &lines)
        };
        let forward = of(&lines);
        lines.reverse();
        prop_assert_eq!(&forward, &of(&lines));
        // By any way of rounding, no tax is further from its exact amount than half a cent a line and class.
        if terms.prices == PriceMode::Exclusive {
            for tax in forward.amounts.iter().filter(|tax| !tax.compound) {
                let exact = tax.base.to_decimal() * tax.percent.decimal() / Decimal::ONE_HUNDRED;
                let off = (exact - tax.amount.to_decimal()).abs();
                let roundings = if terms.rounding == TaxRounding::Line { lines.len() } else { 1 };
                prop_assert!(off <= Decimal::new(5, 3) * Decimal::from(roundings), "{tax:?}");
            }
        }
    }

    #[test]
    fn lines_without_what_is_in_them_come_to_all_less_the_taxes(
        terms in any_terms(), lines in prop::collection::vec((0..4usize, -1_000_000i64..1_000_000), 0..20),
    ) {
        let classes: Vec<_> = lines.iter().map(|(class, minor)| (format!("c{class}"), *minor)).collect();
        let given: Vec<_> = classes.iter().map(|(class, minor)| (class.as_str(), *minor)).collect();
        let priced: Vec<_> = given.iter().map(|(class, minor)| TaxedLine { class, amount: usd(*minor) }).collect();
        let taxes = taxes(&terms, &given);
        let net = taxes.net(Currency::USD, &priced).unwrap();
        let inside = taxes.sum(Currency::USD).unwrap().checked_sub(taxes.on_top(Currency::USD).unwrap()).unwrap();
        let sum = |amounts: &mut dyn Iterator<Item = Money>| amounts.map(Money::amount_minor).sum::<i64>();
        let all = sum(&mut priced.iter().map(|line| line.amount));
        prop_assert_eq!(sum(&mut net.iter().copied()), all - inside.amount_minor());
        for (line, net) in priced.iter().zip(&net) {
            // Rounding moves what lines share by less than a cent each way.
            let (amount, net) = (line.amount.amount_minor(), net.amount_minor());
            prop_assert!(net.abs() <= amount.abs() && net.signum() * amount.signum() >= 0, "{net} of {amount}");
        }
    }

    #[test]
    fn what_is_in_one_price_and_what_is_left_of_it_are_the_price(terms in any_terms(), minor in -1_000_000i64..1_000_000) {
        prop_assume!(terms.prices == PriceMode::Inclusive);
        let taxes = taxes(&terms, &[("standard", minor)]);
        let sum = taxes.sum(Currency::USD).unwrap().amount_minor();
        for tax in &taxes.amounts {
            prop_assert_eq!(tax.base.amount_minor() + sum, minor);
        }
    }

    #[test]
    fn credit_notes_take_all_of_every_tax_and_no_more(
        terms in any_terms(),
        lines in prop::collection::vec((0..4usize, -100_000i64..1_000_000), 1..8),
        parts in prop::collection::vec((any::<prop::sample::Index>(), 1u64..=10), 0..12),
    ) {
        let classes: Vec<_> = lines.iter().map(|(class, minor)| (format!("c{class}"), *minor)).collect();
        let given: Vec<_> = classes.iter().map(|(class, minor)| (class.as_str(), *minor)).collect();
        let charged = taxes(&terms, &given);
        let mut credited = vec![0; given.len()];
        let mut taken = vec![0; charged.amounts.len()];
        let mut credit = |now: &[i64]| {
            let lines: Vec<_> = given.iter().zip(&credited).zip(now).map(|(((class, amount), credited), now)| {
                CreditedLine { class, amount: usd(*amount), credited: usd(*credited), now: usd(*now) }
            }).collect();
            let parts = charged.credit(Currency::USD, &lines).unwrap();
            for (taken, part) in taken.iter_mut().zip(parts) {
                *taken += part.amount_minor();
            }
            credited.iter_mut().zip(now).for_each(|(credited, now)| *credited += now);
            credited.clone()
        };
        let mut so_far = vec![0; given.len()];
        for (which, tenths) in parts {
            let which = which.index(given.len());
            let mut now = vec![0; given.len()];
            now[which] = (given[which].1 - so_far[which]) * i64::try_from(tenths).unwrap() / 10;
            so_far = credit(&now);
        }
        let rest: Vec<_> = given.iter().zip(&so_far).map(|((_, amount), credited)| amount - credited).collect();
        credit(&rest);
        let amounts: Vec<_> = charged.amounts.iter().map(|tax| tax.amount.amount_minor()).collect();
        prop_assert_eq!(taken, amounts);
    }
}

#[test]
fn lines_share_the_tax_that_is_in_them() {
    let mut settings = german();
    settings.prices = PriceMode::Inclusive;
    let terms = settings.terms(day("2026-03-31"), buyer("DE", None));
    let lines = [("standard", 5_950), ("standard", 11_900), (LATE_FEE_CLASS, 500)];
    let priced = lines.map(|(class, minor)| TaxedLine { class, amount: usd(minor) });
    let net = taxes(&terms, &lines).net(Currency::USD, &priced).unwrap();
    assert_eq!(net, [usd(5_000), usd(10_000), usd(500)]);
}
