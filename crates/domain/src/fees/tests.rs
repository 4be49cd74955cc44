use super::*;
use crate::{
    ids::PlanId,
    money::{Currency, Money},
    plans::BilledAt,
    pricing::{self, AdjustmentTerms, Share},
    subscriptions::Effect,
};
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn days(from: &str, until: &str) -> Period {
    Period::new(day(from), day(until)).unwrap()
}

fn rhythm(interval: FeeInterval, anchor: FeeAnchor) -> Rhythm {
    Rhythm { interval, anchor, timing: FeeTiming::Arrears }
}

const YEAR: Rhythm =
    Rhythm { interval: FeeInterval::Year, anchor: FeeAnchor::Calendar, timing: FeeTiming::Arrears };

fn version(version: i32) -> PricesRef {
    PricesRef { plan: PlanId::from(uuid::Uuid::nil()), version }
}

fn plan(number: i32, fee: &str, rhythm: Rhythm) -> PricedPlan {
    PricedPlan {
        id: PlanId::from(uuid::Uuid::nil()),
        version: number,
        name: format!("Plan {number}"),
        currency: Currency::USD,
        tax_class: None,
        billed_at: BilledAt::Bailiwick,
        base_fee: fee.parse().unwrap(),
        fee_interval: rhythm.interval,
        fee_anchor: rhythm.anchor,
        fee_timing: rhythm.timing,
        components: Vec::new(),
        adjustments: AdjustmentTerms::default(),
    }
}

fn known(plans: impl IntoIterator<Item = PricedPlan>) -> HashMap<PricesRef, PricedPlan> {
    plans.into_iter().map(|plan| (version(plan.version), plan)).collect()
}

/// The days and the period of what falls due.
fn told(due: &[FeeDays]) -> Vec<(String, String)> {
    let period = |period: Period| format!("{}..{}", period.start(), period.end());
    due.iter().map(|due| (period(due.days), period(due.of))).collect()
}

fn pair(days: &str, of: &str) -> (String, String) {
    (days.to_owned(), of.to_owned())
}

#[test]
fn periods_begin_with_the_calendar_or_on_the_anniversary() {
    use FeeAnchor::{Anniversary, Calendar};
    use FeeInterval::{Month, Quarter, Year};
    let first = "2023-08-31";
    for (interval, anchor, on, from, until) in [
        (Month, Calendar, "2024-02-29", "2024-02-01", "2024-03-01"),
        (Quarter, Calendar, "2024-02-29", "2024-01-01", "2024-04-01"),
        (Quarter, Calendar, "2024-12-31", "2024-10-01", "2025-01-01"),
        (Year, Calendar, "2024-07-01", "2024-01-01", "2025-01-01"),
        (Month, Anniversary, "2023-08-31", "2023-08-31", "2023-09-30"),
        (Month, Anniversary, "2023-09-30", "2023-09-30", "2023-10-31"),
        (Month, Anniversary, "2024-02-28", "2024-01-31", "2024-02-29"),
        // A leap year's February has a 29th, and the 31st comes back in March.
        (Month, Anniversary, "2024-02-29", "2024-02-29", "2024-03-31"),
        (Month, Anniversary, "2025-02-28", "2025-02-28", "2025-03-31"),
        (Quarter, Anniversary, "2023-11-29", "2023-08-31", "2023-11-30"),
        (Quarter, Anniversary, "2023-11-30", "2023-11-30", "2024-02-29"),
        (Year, Anniversary, "2024-08-30", "2023-08-31", "2024-08-31"),
    ] {
        let found = rhythm(interval, anchor).period_of(day(first), day(on));
        assert_eq!(found, Some(days(from, until)), "{interval} {anchor} on {on}");
    }
    let leap = rhythm(Year, Anniversary);
    assert_eq!(leap.period_of(day("2024-02-29"), day("2025-02-28")), Some(days("2025-02-28", "2026-02-28")));
    assert_eq!(leap.period_of(day("2024-02-29"), day("2028-02-29")), Some(days("2028-02-29", "2029-02-28")));
}

#[test]
fn a_fee_falls_due_with_the_last_day_of_its_period() {
    let prices = known([plan(1, "1200", YEAR)]);
    let timeline = Timeline::new((day("2026-10-20"), None), None, (version(1), 1), Vec::new());
    let of = |month: &str| told(&due(&timeline, month.parse::<Month>().unwrap().period(), &prices).unwrap());
    for month in ["2026-10", "2026-11", "2027-01", "2027-11"] {
        assert_eq!(of(month), [], "{month}");
    }
    assert_eq!(of("2026-12"), [pair("2026-10-20..2027-01-01", "2026-01-01..2027-01-01")]);
    assert_eq!(of("2027-12"), [pair("2027-01-01..2028-01-01", "2027-01-01..2028-01-01")]);
}

#[test]
fn what_ends_within_its_period_falls_due_then() {
    let prices = known([plan(1, "1200", YEAR), plan(2, "60", Rhythm::CALENDAR_MONTH), plan(3, "300", YEAR)]);
    let changes = vec![
        (day("2026-04-01"), Effect::Prices(version(2))),
        (day("2026-08-15"), Effect::Prices(version(3))),
        (day("2026-09-10"), Effect::Paused(true)),
        (day("2026-09-20"), Effect::Paused(false)),
    ];
    let timeline = Timeline::new(
        (day("2026-01-01"), Some(day("2026-11-01"))),
        Some(day("2026-01-15")),
        (version(1), 1),
        changes,
    );
    let of = |month: &str| told(&due(&timeline, month.parse::<Month>().unwrap().period(), &prices).unwrap());
    // The day from which other prices hold: it may be that the month before has been billed when they are agreed.
    assert_eq!(of("2026-03"), []);
    assert_eq!(of("2026-04"), [pair("2026-01-15..2026-04-01", "2026-01-01..2027-01-01")]);
    assert_eq!(of("2026-08"), []);
    assert_eq!(of("2026-09"), []);
    // With the last day, as there is no invoice behind it; days on which it rested are not charged.
    let year = "2026-01-01..2027-01-01";
    assert_eq!(of("2026-10"), [pair("2026-08-15..2026-09-10", year), pair("2026-09-20..2026-11-01", year)]);
    assert_eq!(of("2026-11"), []);
}

#[test]
fn a_version_that_charges_the_same_ends_nothing() {
    let prices = known([plan(1, "1200", YEAR), plan(2, "1200", YEAR)]);
    let changes = vec![(day("2026-07-01"), Effect::Prices(version(2)))];
    let timeline = Timeline::new((day("2026-01-01"), None), None, (version(1), 1), changes);
    let whole = due(&timeline, days("2026-01-01", "2027-02-01"), &prices).unwrap();
    assert_eq!(told(&whole), [pair("2026-01-01..2027-01-01", "2026-01-01..2027-01-01")]);
    assert_eq!(whole[0].prices, version(2));
}

#[test]
fn another_quantity_ends_a_period_as_other_prices_do() {
    let prices = known([plan(1, "1200", YEAR), plan(2, "1200", YEAR)]);
    let changes = vec![
        (day("2026-04-01"), Effect::Quantity(25)),
        (day("2026-05-01"), Effect::Quantity(25)),
        (day("2026-06-01"), Effect::Prices(version(2))),
    ];
    let timeline = Timeline::new((day("2026-01-01"), None), None, (version(1), 10), changes);
    let of = |month: &str| {
        let due = due(&timeline, month.parse::<Month>().unwrap().period(), &prices).unwrap();
        due.iter().map(|it| (it.days, it.quantity)).collect::<Vec<_>>()
    };
    assert_eq!(of("2026-03"), []);
    assert_eq!(of("2026-04"), [(days("2026-01-01", "2026-04-01"), 10)]);
    assert_eq!((of("2026-05"), of("2026-06")), (Vec::new(), Vec::new()));
    assert_eq!(of("2026-12"), [(days("2026-04-01", "2027-01-01"), 25)]);
}

#[test]
fn a_share_of_a_fee_is_rounded_once() {
    let priced = plan(1, "1200", YEAR);
    let mut rated = priced.price().unwrap();
    let cost = |rated: &pricing::Plan, days, of| {
        let lines = pricing::rate_fee(rated, Share::new(days, of).unwrap()).unwrap();
        lines.iter().map(|line| line.amount.amount_minor()).collect::<Vec<_>>()
    };
    assert_eq!(cost(&rated, 73, 365), [24_000]);
    assert_eq!(cost(&rated, 366, 366), [120_000]);
    assert_eq!(cost(&rated, 1, 366), [328]);
    rated.adjustments = serde_json::from_str::<AdjustmentTerms>(
        r#"{"discounts": [{"name": "Partner", "percent": "10"}, {"name": "Goodwill", "amount": "5"}], "minimum": "5000"}"#,
    )
    .unwrap()
    .check("", &mut Vec::new());
    assert_eq!(cost(&rated, 73, 365), [24_000, -2_400]);
}

proptest! {
    /// Whatever changes, rests and ends: month by month, each day that is charged by a price whose fee has a rhythm of its own
    /// falls due once, and no other.
    #[test]
    fn every_day_falls_due_once(
        start in 0_u64..400,
        trial in 0_u64..60,
        length in 1_u64..900,
        changes in proptest::collection::vec((0_u64..900, 0_i32..11), 0..8),
        rhythms in proptest::array::uniform5((0_usize..3, 0_usize..2)),
    ) {
        let later = |from: NaiveDate, count| from + Days::new(count);
        let first = later(day("2023-11-20"), start);
        let prices = known((1..).zip(rhythms).map(|(number, (interval, anchor))| {
            // Two of them charge the same, if they have the same rhythm.
            let fee = if number < 3 { "10" } else { "20" };
            plan(number, fee, rhythm(FeeInterval::ALL[interval], FeeAnchor::ALL[anchor]))
        }));
        let effect = |kind| match kind {
            0 => Effect::Paused(true),
            1 | 2 => Effect::Paused(false),
            3..=7 => Effect::Prices(version(kind - 2)),
            _ => Effect::Quantity(kind.unsigned_abs()),
        };
        let span = (first, Some(later(first, length)));
        let trial = (trial > 0).then(|| later(first, trial));
        let timeline = changes.iter().fold(
            Timeline::new(span, trial, (version(1), 8), Vec::new()),
            |line, (count, kind)| line.with(later(first, *count), effect(*kind)),
        );
        let mut charged: HashMap<NaiveDate, u32> = HashMap::new();
        for month in 0..36 {
            let month = Month::of(first).offset(month).period();
            for due in due(&timeline, month, &prices).unwrap() {
                prop_assert!(due.of.start() <= due.days.start() && due.days.end() <= due.of.end());
                let own = prices[&due.prices].rhythm();
                prop_assert_eq!(own.period_of(timeline.first_charged(), due.days.start()), Some(due.of));
                // Nothing falls due before it was served.
                prop_assert!(due.days.last_day() < month.end());
                for day in due.days.start().iter_days().take_while(|day| *day < due.days.end()) {
                    *charged.entry(day).or_default() += 1;
                    prop_assert_eq!(due.quantity, timeline.quantity(day));
                }
            }
        }
        for day in first.iter_days().take(1_100) {
            let own = !prices[&timeline.prices(day)].rhythm().is_calendar_month();
            let expected = u32::from(timeline.is_charged(day) && own);
            prop_assert_eq!(charged.get(&day).copied().unwrap_or(0), expected, "{}", day);
        }
    }

    /// The periods of a rhythm follow each other without a gap.
    #[test]
    fn periods_follow_each_other(first in 0_u64..1_500, at in 0_u64..3_000, interval in 0_usize..3, anchor in 0_usize..2) {
        let rhythm = rhythm(FeeInterval::ALL[interval], FeeAnchor::ALL[anchor]);
        let first = day("2020-01-01") + Days::new(first);
        let on = first + Days::new(at);
        let period = rhythm.period_of(first, on).unwrap();
        prop_assert!(period.start() <= on && on < period.end());
        let next = rhythm.period_of(first, period.end()).unwrap();
        prop_assert_eq!(next.start(), period.end());
        prop_assert_eq!(rhythm.period_of(first, period.last_day()), Some(period));
        // The fee of a whole period is the fee.
        let of = u32::try_from((period.end() - period.start()).num_days()).unwrap();
        let rated = plan(1, "99.99", rhythm).price().unwrap();
        let lines = pricing::rate_fee(&rated, Share::new(of, of).unwrap()).unwrap();
        prop_assert_eq!(lines.iter().map(|line| line.amount).collect::<Vec<_>>(), [Money::new(9_999, Currency::USD)]);
    }
}

#[test]
fn the_fee_of_a_plan_that_is_billed_elsewhere_is_charged_there() {
    let id = PlanId::from(uuid::Uuid::from_u128(1));
    let elsewhere = PricedPlan { id, billed_at: BilledAt::Stripe, ..plan(2, "1200", YEAR) };
    let prices = known([plan(1, "1200", YEAR), elsewhere]);
    let moved = vec![(day("2025-07-01"), Effect::Prices(version(2)))];
    let line = Timeline::new((day("2025-01-01"), None), None, (version(1), 1), moved);
    let whole = due(&line, days("2025-01-01", "2027-01-01"), &prices).unwrap();
    let [part] = whole.as_slice() else { panic!("{whole:?}") };
    assert_eq!((part.days, part.prices), (days("2025-01-01", "2025-07-01"), version(1)));
    assert_eq!(due(&line, days("2025-07-01", "2025-08-01"), &prices), Some(whole));
}

fn ahead_rhythm(interval: FeeInterval, anchor: FeeAnchor) -> Rhythm {
    Rhythm { interval, anchor, timing: FeeTiming::Advance }
}

const YEAR_AHEAD: Rhythm =
    Rhythm { interval: FeeInterval::Year, anchor: FeeAnchor::Calendar, timing: FeeTiming::Advance };

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

#[test]
fn a_period_is_charged_by_the_invoice_of_the_month_before() {
    let monthly = ahead_rhythm(FeeInterval::Month, FeeAnchor::Calendar);
    let prices = known([plan(1, "31", monthly), plan(2, "1200", YEAR_AHEAD)]);
    let line = Timeline::new((day("2025-09-10"), None), None, (version(1), 1), Vec::new());
    let of = |line: &Timeline, text, known: &[ChargedDays]| {
        told(&ahead(line, month(text), &prices, known).unwrap())
    };
    // What has begun with the subscription, and the next month.
    let first = [
        pair("2025-09-10..2025-10-01", "2025-09-01..2025-10-01"),
        pair("2025-10-01..2025-11-01", "2025-10-01..2025-11-01"),
    ];
    assert_eq!(of(&line, "2025-09", &[]), first);
    assert_eq!(of(&line, "2025-08", &[]), []);
    let charged: Vec<_> = ["2025-09-10..2025-10-01", "2025-10-01..2025-11-01"]
        .map(|text| text.split_once("..").unwrap())
        .map(|(from, until)| ChargedDays { days: days(from, until), prices: version(1), quantity: 1 })
        .into();
    assert_eq!(of(&line, "2025-10", &charged), [pair("2025-11-01..2025-12-01", "2025-11-01..2025-12-01")]);
    // What an invoice has left out is made up for as long as its period lasts.
    assert_eq!(of(&line, "2025-10", &charged[..1]).len(), 2);
    assert_eq!(of(&line, "2025-11", &charged[..1]).len(), 2);
    // A year that goes on, and one that a change begins within its period.
    let moved = line.with(day("2025-11-15"), Effect::Prices(version(2)));
    assert_eq!(of(&moved, "2025-10", &charged), [pair("2025-11-01..2025-11-15", "2025-11-01..2025-12-01")]);
    assert_eq!(of(&moved, "2025-11", &charged)[1], pair("2025-11-15..2026-01-01", "2025-01-01..2026-01-01"));
    assert_eq!(of(&moved, "2025-12", &[])[1], pair("2026-01-01..2027-01-01", "2026-01-01..2027-01-01"));
}

#[test]
fn days_in_advance_are_charged_anew_by_another_quantity() {
    let prices = known([plan(1, "31", ahead_rhythm(FeeInterval::Month, FeeAnchor::Calendar))]);
    let line = Timeline::new((day("2025-09-01"), None), None, (version(1), 10), Vec::new());
    let line = line.with(day("2025-10-15"), Effect::Quantity(12));
    let october = days("2025-10-01", "2025-11-01");
    let charged = ChargedDays { days: october, prices: version(1), quantity: 10 };
    let of = |known: &[ChargedDays]| {
        let found = ahead(&line, month("2025-10"), &prices, known).unwrap();
        found.iter().map(|it| (it.days, it.quantity)).collect::<Vec<_>>()
    };
    let (before, after) = (days("2025-10-01", "2025-10-15"), days("2025-10-15", "2025-11-01"));
    let november = (days("2025-11-01", "2025-12-01"), 12);
    assert_eq!(of(&[charged]), [(after, 12), november]);
    assert_eq!(of(&[]), [(before, 10), (after, 12), november]);
    assert_eq!(of(&[ChargedDays { quantity: 12, ..charged }]), [(before, 10), november]);
    let unused = |by| unused(&line, charged, &prices, day(by)).unwrap();
    assert_eq!((unused("2025-10-14"), unused("2025-10-15")), (Vec::new(), vec![after]));
}

#[test]
fn nothing_is_charged_ahead_of_a_trial_or_a_pause_that_lasts() {
    let prices = known([plan(1, "31", ahead_rhythm(FeeInterval::Month, FeeAnchor::Anniversary))]);
    let span = (day("2025-09-10"), None);
    let line = Timeline::new(span, Some(day("2025-10-15")), (version(1), 1), Vec::new());
    let of = |line: &Timeline, text| told(&ahead(line, month(text), &prices, &[]).unwrap());
    assert_eq!(of(&line, "2025-09"), []);
    let first = pair("2025-10-15..2025-11-15", "2025-10-15..2025-11-15");
    let second = pair("2025-11-15..2025-12-15", "2025-11-15..2025-12-15");
    assert_eq!(of(&line, "2025-10"), [first.clone(), second.clone()]);
    let paused =
        line.with(day("2025-10-20"), Effect::Paused(true)).with(day("2025-11-20"), Effect::Paused(false));
    assert_eq!(of(&paused, "2025-10"), [pair("2025-10-15..2025-10-20", &first.1)]);
    let rest = pair("2025-11-20..2025-12-15", &second.1);
    let third = pair("2025-12-15..2026-01-15", "2025-12-15..2026-01-15");
    let charged = ChargedDays { days: days("2025-10-15", "2025-10-20"), prices: version(1), quantity: 1 };
    let november = ahead(&paused, month("2025-11"), &prices, &[charged]).unwrap();
    assert_eq!(told(&november), [rest, third]);
}

#[test]
fn days_that_are_not_used_are_those_that_the_timeline_does_not_charge() {
    let other = PlanId::from(uuid::Uuid::from_u128(1));
    let prices = known([
        plan(1, "1200", YEAR_AHEAD),
        plan(2, "1200", YEAR_AHEAD),
        PricedPlan { id: other, ..plan(3, "1200", YEAR_AHEAD) },
    ]);
    let line = Timeline::new((day("2025-01-01"), None), None, (version(1), 1), Vec::new());
    let year = ChargedDays { days: days("2025-01-01", "2026-01-01"), prices: version(1), quantity: 1 };
    let by = |line: &Timeline, by| unused(line, year, &prices, day(by)).unwrap();
    let of = |line: &Timeline| by(line, "2025-12-31");
    assert_eq!(of(&line), []);
    // Other prices of usage are none of the fee.
    let mut usage = prices.clone();
    let component =
        r#"{"metric": "m", "name": "M", "unit": "u", "price": {"model": "unit", "unit_price": "1"}}"#;
    usage.get_mut(&version(2)).unwrap().components.push(serde_json::from_str(component).unwrap());
    let dearer = line.clone().with(day("2025-03-01"), Effect::Prices(version(2)));
    assert_eq!(unused(&dearer, year, &usage, day("2025-12-31")), Some(Vec::new()));
    assert_eq!(ahead(&dearer, month("2025-03"), &usage, &[year]), Some(Vec::new()));
    // Another name of the same prices is none.
    assert_eq!(of(&line.clone().with(day("2025-03-01"), Effect::Prices(version(2)))), []);
    let moved = line.clone().with(day("2025-03-01"), Effect::Prices(version(3)));
    assert_eq!(of(&moved), [days("2025-03-01", "2026-01-01")]);
    // Until the day has come, it may be taken back.
    assert_eq!(by(&moved, "2025-02-28"), []);
    assert_eq!(by(&moved, "2025-03-01"), of(&moved));
    // What nothing leads to any more is not used, whenever it would have been.
    let never = Timeline::new((day("2025-01-01"), None), None, (version(3), 1), Vec::new());
    assert_eq!(by(&never, "2024-12-01"), [year.days]);
    let rests =
        line.with(day("2025-03-01"), Effect::Paused(true)).with(day("2025-04-01"), Effect::Paused(false));
    assert_eq!(of(&rests), [days("2025-03-01", "2025-04-01")]);
}

/// How many days a month bears, by the day.
#[test]
fn a_month_bears_its_days() {
    let prices = known([
        plan(1, "1200", YEAR_AHEAD),
        plan(2, "31", ahead_rhythm(FeeInterval::Month, FeeAnchor::Anniversary)),
    ]);
    let line = Timeline::new((day("2025-09-10"), None), None, (version(1), 1), Vec::new());
    let line = line.with(day("2025-10-20"), Effect::Prices(version(2)));
    let of = |text| told(&borne(&line, month(text), &prices).unwrap());
    assert_eq!(of("2025-08"), []);
    assert_eq!(of("2025-09"), [pair("2025-09-10..2025-10-01", "2025-01-01..2026-01-01")]);
    assert_eq!(
        of("2025-10"),
        [
            pair("2025-10-01..2025-10-20", "2025-01-01..2026-01-01"),
            pair("2025-10-20..2025-11-01", "2025-10-10..2025-11-10"),
        ]
    );
    assert_eq!(
        of("2025-11"),
        [
            pair("2025-11-01..2025-11-10", "2025-10-10..2025-11-10"),
            pair("2025-11-10..2025-12-01", "2025-11-10..2025-12-10"),
        ]
    );
}

/// What is charged and given back while months pass and a subscription changes.
struct Life {
    line: Timeline,
    prices: HashMap<PricesRef, PricedPlan>,
    charged: Vec<ChargedDays>,
}

impl Life {
    /// The invoice of a month is issued.
    fn bill(&mut self, month: Month) {
        // As far back as is looked.
        let known = self.charged.iter().filter(|it| it.days.end() > month.offset(-12).first_day());
        let known: Vec<_> = known.copied().collect();
        let new = ahead(&self.line, month, &self.prices, &known).unwrap();
        for FeeDays { days, of, prices, quantity } in new {
            assert!(of.start() <= days.start() && days.end() <= of.end());
            assert!(of.start() < month.offset(2).first_day(), "{days:?} is charged too early by {month}");
            self.charged.push(ChargedDays { days, prices, quantity });
        }
    }

    /// What is not used is given back.
    fn give_back(&mut self, today: NaiveDate) {
        let left = |charged: &ChargedDays| {
            let unused = unused(&self.line, *charged, &self.prices, today).unwrap();
            let left = without(charged.days, &unused).into_iter();
            left.map(|days| ChargedDays { days, ..*charged }).collect::<Vec<_>>()
        };
        self.charged = self.charged.iter().flat_map(left).collect();
    }
}

proptest! {
    /// Whatever changes while months pass: each day of a fee that is charged in advance is charged once, by prices that charge
    /// the same, as many times as the subscription has it, and what is charged for days that are not used is given back.
    #[test]
    fn every_day_is_charged_once_in_advance(
        trial in 0_u64..60,
        changes in proptest::collection::vec(proptest::option::of((0_u64..28, 0_u64..90, 0_i32..13)), 20),
        rhythms in proptest::array::uniform5((0_usize..3, 0_usize..2, 0_usize..2)),
    ) {
        let first = day("2023-11-20");
        let prices = known((1..).zip(rhythms).map(|(number, (interval, anchor, timing))| {
            let fee = if number < 3 { "10" } else { "20" };
            let timing = FeeTiming::ALL[timing];
            plan(number, fee, Rhythm { timing, ..rhythm(FeeInterval::ALL[interval], FeeAnchor::ALL[anchor]) })
        }));
        let trial = (trial > 0).then(|| first + Days::new(trial));
        let line = Timeline::new((first, None), trial, (version(1), 9), Vec::new());
        let mut life = Life { line, prices, charged: Vec::new() };
        let start = Month::of(first);
        for (offset, change) in (0..).zip(&changes) {
            // The month before has just been billed; what changes holds from a day of this one on, or a later one.
            let month = start.offset(offset);
            if let Some((today, later, kind)) = *change {
                let today = (month.first_day() + Days::new(today)).max(first);
                let on = today + Days::new(later);
                let effect = match kind {
                    0 => Some(Effect::Paused(true)),
                    1 | 2 => Some(Effect::Paused(false)),
                    8 => None,
                    9.. => Some(Effect::Quantity(kind.unsigned_abs())),
                    kind => Some(Effect::Prices(version(kind - 2))),
                };
                life.line = match effect {
                    Some(effect) => life.line.with(on, effect),
                    // What is not in effect yet is taken back.
                    None => life.line.as_of(today),
                };
                life.give_back(today);
            }
            // As often as a day.
            life.give_back(month.period().last_day());
            life.bill(month);
        }
        let billed = start.offset(20).first_day();
        for day in first.iter_days().take_while(|day| *day < billed) {
            let own = life.prices[&life.line.prices(day)].clone();
            let of_day = |it: &&ChargedDays| it.days.start() <= day && day < it.days.end();
            let found: Vec<_> = life.charged.iter().filter(of_day).collect();
            let expected = usize::from(life.line.is_charged(day) && own.rhythm().is_ahead());
            prop_assert_eq!(found.len(), expected, "{} in {:?}", day, life.charged);
            let quantity = life.line.quantity(day);
            let is_right = |it: &&ChargedDays| life.prices[&it.prices].charges_fee_as(&own) && it.quantity == quantity;
            prop_assert!(found.iter().all(is_right));
        }
        // And of the days to come none twice, where nothing more is to change.
        life.line = life.line.as_of(billed - Days::new(1));
        life.give_back(billed - Days::new(1));
        let days = life.charged.iter().flat_map(|it| it.days.start().iter_days().take_while(|day| *day < it.days.end()));
        let mut seen = std::collections::HashSet::new();
        prop_assert!(days.filter(|day| *day >= billed).all(|day| seen.insert(day)));
    }
}
