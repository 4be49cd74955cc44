//! A subscription's states, what it is on which day, and the days on which it may begin and end.

use crate::{
    ids::PlanId,
    periods::{self, Period},
    permissions::named_enum,
};
use chrono::{Datelike as _, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{fmt, mem, ops::RangeInclusive, str::FromStr};

named_enum! {
    /// Where a subscription stands on a day. It is not kept but follows from its days, its changes and what is owed.
    SubscriptionStatus {
        /// It has not begun.
        Scheduled = "scheduled",
        /// It is tried out: nothing is charged.
        Trial = "trial",
        /// It is used and charged.
        Active = "active",
        /// It is used and charged, and an invoice of it is overdue.
        PastDue = "past_due",
        /// It rests: nothing is charged.
        Paused = "paused",
        /// It has ended.
        Cancelled = "cancelled",
    }
}

impl SubscriptionStatus {
    /// The moves that are allowed, whether a day brings them or somebody makes them.
    pub fn may_become(self, next: Self) -> bool {
        use SubscriptionStatus::{Active, Cancelled, PastDue, Paused, Scheduled, Trial};
        match self {
            Scheduled => matches!(next, Trial | Active | Cancelled),
            // A trial that is cut short can end with the days that it has already been charged for overdue.
            Trial => matches!(next, Active | PastDue | Cancelled),
            Active => matches!(next, PastDue | Paused | Cancelled),
            PastDue => matches!(next, Active | Paused | Cancelled),
            Paused => matches!(next, Active | PastDue | Cancelled),
            Cancelled => false,
        }
    }
}

named_enum! {
    /// What a change does to a subscription, from a day on.
    ChangeKind {
        /// It goes on under another plan, or under another version of its plan's prices.
        Plan = "plan",
        /// It rests: nothing is charged.
        Pause = "pause",
        /// It goes on.
        Resume = "resume",
        /// It goes on so many times.
        Quantity = "quantity",
    }
}

/// Prices that a subscription is charged by: a plan's, in one of their versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PricesRef {
    /// The plan.
    pub plan: PlanId,
    /// Which version of its prices.
    pub version: i32,
}

/// What a subscription is from a day on, until the next change of the same track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Other prices.
    Prices(PricesRef),
    /// Whether it rests.
    Paused(bool),
    /// Another quantity.
    Quantity(u32),
}

impl Effect {
    /// Whether a change gives way to another one of the same day: both are of one track.
    fn is_of_track(self, other: Self) -> bool {
        mem::discriminant(&self) == mem::discriminant(&other)
    }
}

/// Days that are charged by the same prices, the same number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The days.
    pub days: Period,
    /// By which prices.
    pub prices: PricesRef,
    /// How many times.
    pub quantity: u32,
}

/// From when until when a subscription is what: three tracks of changes, of prices, of the quantity and of pauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
    trial_ends_on: Option<NaiveDate>,
    first: PricesRef,
    first_quantity: u32,
    changes: Vec<(NaiveDate, Effect)>,
}

impl Timeline {
    /// The timeline of a subscription that begins on a day by such prices, so many times; its changes may come in any order.
    pub fn new(
        (starts_on, ends_on): (NaiveDate, Option<NaiveDate>),
        trial_ends_on: Option<NaiveDate>,
        (first, first_quantity): (PricesRef, u32),
        mut changes: Vec<(NaiveDate, Effect)>,
    ) -> Self {
        changes.sort_by_key(|(day, _)| *day);
        Self { starts_on, ends_on, trial_ends_on, first, first_quantity, changes }
    }

    /// The same with one more change; it takes the place of one of its track on the same day.
    #[must_use]
    pub fn with(mut self, day: NaiveDate, effect: Effect) -> Self {
        self.changes.retain(|(known_day, known)| *known_day != day || !known.is_of_track(effect));
        let place = self.changes.partition_point(|(known, _)| *known <= day);
        self.changes.insert(place, (day, effect));
        self
    }

    /// The same without what changes or ends after a day: it may be taken back until then.
    #[must_use]
    pub fn as_of(&self, day: NaiveDate) -> Self {
        let mut line = self.clone();
        line.changes.retain(|(on, _)| *on <= day);
        line.ends_on = line.ends_on.filter(|ends_on| *ends_on <= day);
        line
    }

    /// The first day after one on which something changes, or it ends.
    pub fn next_change(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.changes.iter().map(|(on, _)| *on).chain(self.ends_on).filter(|on| *on > day).min()
    }

    /// The prices of a day.
    pub fn prices(&self, day: NaiveDate) -> PricesRef {
        let changed = self.until(day).find_map(|effect| match effect {
            Effect::Prices(prices) => Some(prices),
            Effect::Paused(_) | Effect::Quantity(_) => None,
        });
        changed.unwrap_or(self.first)
    }

    /// How many times it is charged on a day.
    pub fn quantity(&self, day: NaiveDate) -> u32 {
        let changed = self.until(day).find_map(|effect| match effect {
            Effect::Quantity(quantity) => Some(quantity),
            Effect::Prices(_) | Effect::Paused(_) => None,
        });
        changed.unwrap_or(self.first_quantity)
    }

    /// The days on which prices or the quantity change, in their order.
    pub fn changes_of_charge(&self) -> impl Iterator<Item = NaiveDate> {
        self.changes.iter().filter(|(_, effect)| !matches!(effect, Effect::Paused(_))).map(|(day, _)| *day)
    }

    /// All prices that it is charged by, ever.
    pub fn all_prices(&self) -> impl Iterator<Item = PricesRef> {
        let changed = self.changes.iter().filter_map(|(_, effect)| match effect {
            Effect::Prices(prices) => Some(*prices),
            Effect::Paused(_) | Effect::Quantity(_) => None,
        });
        std::iter::once(self.first).chain(changed)
    }

    /// The first day that it covers.
    pub fn starts_on(&self) -> NaiveDate {
        self.starts_on
    }

    /// The first day that it no longer covers.
    pub fn ends_on(&self) -> Option<NaiveDate> {
        self.ends_on
    }

    /// The first day that is charged for, unless it rests: its first, or that after its trial.
    pub fn first_charged(&self) -> NaiveDate {
        self.trial_ends_on.map_or(self.starts_on, |ends_on| ends_on.max(self.starts_on))
    }

    /// Whether it rests on a day.
    pub fn is_paused(&self, day: NaiveDate) -> bool {
        let changed = self.until(day).find_map(|effect| match effect {
            Effect::Paused(paused) => Some(paused),
            Effect::Prices(_) | Effect::Quantity(_) => None,
        });
        changed.unwrap_or(false)
    }

    /// The changes up to a day, the latest first.
    fn until(&self, day: NaiveDate) -> impl Iterator<Item = Effect> {
        self.changes.iter().rev().filter(move |(on, _)| *on <= day).map(|(_, effect)| *effect)
    }

    /// Whether it is tried out on a day.
    pub fn is_trial(&self, day: NaiveDate) -> bool {
        self.trial_ends_on.is_some_and(|ends_on| day < ends_on)
    }

    /// Whether it covers a day at all.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.starts_on <= day && self.ends_on.is_none_or(|ends_on| day < ends_on)
    }

    /// Whether a day is charged for.
    pub fn is_charged(&self, day: NaiveDate) -> bool {
        self.covers(day) && !self.is_trial(day) && !self.is_paused(day)
    }

    /// Where it stands on a day.
    pub fn status(&self, day: NaiveDate, is_overdue: bool) -> SubscriptionStatus {
        match () {
            () if self.ends_on.is_some_and(|ends_on| ends_on <= day) => SubscriptionStatus::Cancelled,
            () if day < self.starts_on => SubscriptionStatus::Scheduled,
            () if self.is_trial(day) => SubscriptionStatus::Trial,
            () if self.is_paused(day) => SubscriptionStatus::Paused,
            () if is_overdue => SubscriptionStatus::PastDue,
            () => SubscriptionStatus::Active,
        }
    }

    /// The days of a period that it covers, charged or not.
    pub fn covered(&self, period: Period) -> Option<Period> {
        let end = self.ends_on.map_or(period.end(), |ends_on| period.end().min(ends_on));
        Period::new(period.start().max(self.starts_on), end)
    }

    /// The days of a period that are charged, cut where the prices or the quantity change. A change that changes nothing cuts
    /// nothing.
    pub fn charged(&self, period: Period) -> Vec<Segment> {
        let Some(covered) = self.covered(period) else { return Vec::new() };
        let mut cuts: Vec<_> = self.changes.iter().map(|(day, _)| *day).chain(self.trial_ends_on).collect();
        cuts.retain(|day| covered.start() < *day && *day < covered.end());
        cuts.extend([covered.start(), covered.end()]);
        cuts.sort();
        cuts.dedup();
        let mut segments: Vec<Segment> = Vec::new();
        for cut in cuts.windows(2) {
            let &[start, end] = cut else { continue };
            let Some(days) = Period::new(start, end).filter(|days| self.is_charged(days.start())) else {
                continue;
            };
            let (prices, quantity) = (self.prices(start), self.quantity(start));
            match segments.last_mut() {
                Some(last) if (last.prices, last.quantity, last.days.end()) == (prices, quantity, start) => {
                    last.days = Period::new(last.days.start(), end).unwrap_or(days);
                }
                _ => segments.push(Segment { days, prices, quantity }),
            }
        }
        segments
    }
}

/// How many times somebody can be subscribed to a plan.
pub const QUANTITIES: RangeInclusive<u32> = 1..=1_000_000;

/// A quantity that a subscription cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from 1 to 1000000")]
pub struct QuantityError;

/// Checks how many times somebody shall be subscribed to a plan.
pub fn check_quantity(quantity: u32) -> Result<(), QuantityError> {
    if QUANTITIES.contains(&quantity) { Ok(()) } else { Err(QuantityError) }
}

/// How long a trial can be.
pub const MAX_TRIAL_DAYS: u16 = 730;

/// A day that is more likely a slip of the pen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be at most ten years away, in a year from 2000 to 2199")]
pub struct UnlikelyDayError;

/// Checks a day on which a subscription shall begin or end.
pub fn check_day(day: NaiveDate, today: NaiveDate) -> Result<(), UnlikelyDayError> {
    let ten_years = Months::new(120);
    let near = today.checked_sub_months(ten_years).is_some_and(|first| day >= first)
        && today.checked_add_months(ten_years).is_some_and(|last| day <= last);
    if near && periods::YEARS.contains(&day.year()) { Ok(()) } else { Err(UnlikelyDayError) }
}

/// The first day that is no longer covered when a subscription is cancelled without naming one: today
/// is still covered, and so is the first day of a subscription that has not begun.
pub fn default_end(starts_on: NaiveDate, today: NaiveDate) -> NaiveDate {
    let last = starts_on.max(today);
    last.succ_opt().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_near_and_in_the_years_that_can_be_billed() {
        let cases = [
            ("2025-10-15", "2025-10-15", true),
            ("2015-10-15", "2025-10-15", true),
            ("2015-10-14", "2025-10-15", false),
            ("2035-10-15", "2025-10-15", true),
            ("2035-10-16", "2025-10-15", false),
            ("1999-12-31", "2005-01-01", false),
            ("2000-01-01", "2005-01-01", true),
            ("2200-01-01", "2195-01-01", false),
        ];
        for (text, today, allowed) in cases {
            assert_eq!(check_day(day(text), day(today)).is_ok(), allowed, "{text} on {today}");
        }
        assert!(check_day(NaiveDate::MAX, day("2025-10-15")).is_err());
        assert!(check_day(NaiveDate::MIN, day("2025-10-15")).is_err());
    }

    #[test]
    fn an_end_always_leaves_a_day() {
        assert_eq!(default_end(day("2025-01-01"), day("2025-10-31")), day("2025-11-01"));
        assert_eq!(default_end(day("2025-12-01"), day("2025-10-31")), day("2025-12-02"));
    }

    fn prices(version: i32) -> PricesRef {
        PricesRef { plan: PlanId::from(uuid::Uuid::nil()), version }
    }

    fn days(from: &str, until: &str) -> Period {
        Period::new(day(from), day(until)).unwrap()
    }

    fn timeline(changes: Vec<(NaiveDate, Effect)>) -> Timeline {
        let span = (day("2026-01-10"), Some(day("2026-06-01")));
        Timeline::new(span, Some(day("2026-01-20")), (prices(1), 1), changes)
    }

    #[test]
    fn charged_days_are_cut_where_prices_change_and_left_out_where_it_rests() {
        let line = timeline(vec![
            (day("2026-03-15"), Effect::Paused(true)),
            (day("2026-02-10"), Effect::Prices(prices(2))),
            (day("2026-03-20"), Effect::Paused(false)),
            (day("2026-03-18"), Effect::Prices(prices(3))),
        ]);
        let of = |from, until| {
            let found = line.charged(days(from, until));
            found.iter().map(|it| (it.days, it.prices.version)).collect::<Vec<_>>()
        };
        assert_eq!(of("2026-01-01", "2026-02-01"), [(days("2026-01-20", "2026-02-01"), 1)]);
        assert_eq!(
            of("2026-02-01", "2026-03-01"),
            [(days("2026-02-01", "2026-02-10"), 1), (days("2026-02-10", "2026-03-01"), 2)]
        );
        assert_eq!(
            of("2026-03-01", "2026-04-01"),
            [(days("2026-03-01", "2026-03-15"), 2), (days("2026-03-20", "2026-04-01"), 3)]
        );
        assert_eq!(of("2026-05-01", "2026-07-01"), [(days("2026-05-01", "2026-06-01"), 3)]);
        assert_eq!(of("2026-06-01", "2026-07-01"), []);
        assert_eq!(of("2025-12-01", "2026-01-01"), []);
        // What changes nothing cuts nothing; what comes later on a day takes the place of what was there.
        let same = line.clone().with(day("2026-02-20"), Effect::Prices(prices(2)));
        assert_eq!(same.charged(days("2026-02-01", "2026-03-01")).len(), 2);
        let other = line.with(day("2026-02-10"), Effect::Prices(prices(1)));
        assert_eq!(other.charged(days("2026-02-01", "2026-03-01")).len(), 1);
    }

    #[test]
    fn a_quantity_changes_by_itself_and_cuts_the_days() {
        let line = timeline(vec![
            (day("2026-02-10"), Effect::Quantity(25)),
            (day("2026-02-20"), Effect::Prices(prices(2))),
            (day("2026-03-10"), Effect::Paused(true)),
            (day("2026-03-15"), Effect::Quantity(30)),
            (day("2026-03-20"), Effect::Paused(false)),
        ]);
        let of = |line: &Timeline, from, until| {
            let found = line.charged(days(from, until));
            found.iter().map(|it| (it.days, it.prices.version, it.quantity)).collect::<Vec<_>>()
        };
        assert_eq!(
            of(&line, "2026-02-01", "2026-03-01"),
            [
                (days("2026-02-01", "2026-02-10"), 1, 1),
                (days("2026-02-10", "2026-02-20"), 1, 25),
                (days("2026-02-20", "2026-03-01"), 2, 25),
            ]
        );
        assert_eq!(
            of(&line, "2026-03-01", "2026-04-01"),
            [(days("2026-03-01", "2026-03-10"), 2, 25), (days("2026-03-20", "2026-04-01"), 2, 30)]
        );
        // What comes later on a day takes the place of what was there, and of nothing else.
        let other = line.clone().with(day("2026-02-20"), Effect::Quantity(25));
        assert_eq!(of(&other, "2026-01-20", "2026-04-01"), of(&line, "2026-01-20", "2026-04-01"));
        let back = line.with(day("2026-02-10"), Effect::Quantity(1));
        assert_eq!(of(&back, "2026-02-01", "2026-02-20"), [(days("2026-02-01", "2026-02-20"), 1, 1)]);
        assert_eq!(back.as_of(day("2026-03-01")).quantity(day("2026-05-01")), 1);
    }

    #[test]
    fn a_quantity_is_from_one_to_a_million() {
        let refused = [0, 1_000_001, u32::MAX].map(|quantity| check_quantity(quantity).is_err());
        assert_eq!((refused, check_quantity(1), check_quantity(1_000_000)), ([true; 3], Ok(()), Ok(())));
    }

    #[test]
    fn a_status_follows_from_the_days_by_allowed_moves() {
        use SubscriptionStatus::{Active, Cancelled, PastDue, Paused, Scheduled, Trial};
        let line = timeline(vec![
            (day("2026-03-15"), Effect::Paused(true)),
            (day("2026-03-20"), Effect::Paused(false)),
        ]);
        for (on, status) in [
            ("2026-01-09", Scheduled),
            ("2026-01-10", Trial),
            ("2026-01-19", Trial),
            ("2026-01-20", Active),
            ("2026-03-15", Paused),
            ("2026-03-20", Active),
            ("2026-05-31", Active),
            ("2026-06-01", Cancelled),
        ] {
            assert_eq!(line.status(day(on), false), status, "{on}");
        }
        assert_eq!(line.status(day("2026-02-01"), true), PastDue);
        assert_eq!(line.status(day("2026-03-16"), true), Paused);
        for overdue in [false, true] {
            let of = |day| line.status(day, overdue);
            for day in day("2026-01-01").iter_days().take(200) {
                let (from, to) = (of(day), of(day.succ_opt().unwrap()));
                assert!(from == to || from.may_become(to), "{from} to {to} after {day}");
            }
        }
        for status in SubscriptionStatus::ALL.iter().copied() {
            assert!(!Cancelled.may_become(status) && !status.may_become(status));
        }
    }

    proptest! {
        #[test]
        fn every_day_is_charged_once_or_not_at_all(
            changes in proptest::collection::vec((0_u64..200, 0_i32..7), 0..8),
            trial in 0_u64..60,
            end in proptest::option::of(1_u64..200),
        ) {
            let (start, later) = (day("2026-01-10"), |count| day("2026-01-10") + chrono::Days::new(count));
            let effect = |kind| match kind {
                0 => Effect::Paused(true),
                1 => Effect::Paused(false),
                version @ 2..=3 => Effect::Prices(prices(version)),
                _ => Effect::Quantity(kind.unsigned_abs()),
            };
            let line = changes.iter().fold(
                Timeline::new((start, end.map(later)), Some(later(trial)), (prices(1), 5), Vec::new()),
                |line, (count, kind)| line.with(later(*count), effect(*kind)),
            );
            let year = days("2026-01-01", "2027-01-01");
            let whole = line.charged(year);
            for day in year.start().iter_days().take(365) {
                let of_day: Vec<_> = whole.iter().filter(|it| it.days.start() <= day && day < it.days.end()).collect();
                prop_assert_eq!(of_day.len(), usize::from(line.is_charged(day)));
                let charged = (line.prices(day), line.quantity(day));
                prop_assert!(of_day.iter().all(|it| (it.prices, it.quantity) == charged));
            }
            // Nothing is cut where nothing changes.
            let differ = |it: &[Segment]| {
                it[0].days.end() < it[1].days.start() || (it[0].prices, it[0].quantity) != (it[1].prices, it[1].quantity)
            };
            prop_assert!(whole.windows(2).all(differ));
            // By the month, the days are the same.
            let count = |all: &[Segment]| all.iter().map(|it| (it.days.end() - it.days.start()).num_days()).sum::<i64>();
            let first = periods::Month::of(year.start());
            let months: Vec<_> = (0..12).flat_map(|month| line.charged(first.offset(month).period())).collect();
            prop_assert_eq!(count(&months), count(&whole));
        }
    }
}
