//! Fees with a rhythm of their own: the periods that they are for, and when these are charged (billing rules, sections 21
//! and 24).

mod ahead;

pub use ahead::{ChargedDays, ahead, borne, unused, without};

use std::{collections::HashMap, fmt, hash::BuildHasher, str::FromStr};

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    evidence::PricedPlan,
    periods::{Month, Period},
    permissions::named_enum,
    subscriptions::{PricesRef, Segment, Timeline},
};

named_enum! {
    /// How long the period is that a base fee is for.
    FeeInterval {
        /// A month.
        Month = "month",
        /// Three months.
        Quarter = "quarter",
        /// Twelve months.
        Year = "year",
    }
}

named_enum! {
    /// Where such periods begin.
    FeeAnchor {
        /// With the calendar: on the first of a month; of January, April, July and October; of January.
        Calendar = "calendar",
        /// On the day of the month on which the subscription was first charged for; where a month is too short, on its last day.
        Anniversary = "anniversary",
    }
}

named_enum! {
    /// When such a period is charged.
    FeeTiming {
        /// When it is over.
        Arrears = "arrears",
        /// Before it begins.
        Advance = "advance",
    }
}

/// The periods that a base fee is for: how long they are, where they begin, and when they are charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rhythm {
    /// How long.
    pub interval: FeeInterval,
    /// Where they begin.
    pub anchor: FeeAnchor,
    /// When they are charged.
    pub timing: FeeTiming,
}

impl Rhythm {
    /// That of the invoices: a fee of this rhythm is a line of each month, and charged with what was used in it.
    pub const CALENDAR_MONTH: Self =
        Self { interval: FeeInterval::Month, anchor: FeeAnchor::Calendar, timing: FeeTiming::Arrears };

    /// Whether it is that of the invoices.
    pub fn is_calendar_month(self) -> bool {
        self == Self::CALENDAR_MONTH
    }

    /// Whether a period is charged before it begins.
    pub fn is_ahead(self) -> bool {
        self.timing == FeeTiming::Advance
    }

    /// How many months a period has.
    pub fn months(self) -> u32 {
        match self.interval {
            FeeInterval::Month => 1,
            FeeInterval::Quarter => 3,
            FeeInterval::Year => 12,
        }
    }

    /// The period that holds a day, of a subscription that was charged for from a day on.
    pub fn period_of(self, first: NaiveDate, day: NaiveDate) -> Option<Period> {
        let months = i32::try_from(self.months()).ok()?;
        match self.anchor {
            FeeAnchor::Calendar => {
                let behind = i32::try_from(day.month0()).ok()?.checked_rem(months)?;
                let begins = Month::of(day).offset(-behind);
                Period::new(begins.first_day(), begins.offset(months).first_day())
            }
            FeeAnchor::Anniversary => {
                let since = (day.year() - first.year()) * 12 + i32::try_from(day.month()).ok()?
                    - i32::try_from(first.month()).ok()?;
                // Counted from the first day each time, so that a 31st comes back after a shorter month.
                let begins = since.div_euclid(months) * months;
                let begins = if months_after(first, begins)? <= day { begins } else { begins - months };
                Period::new(months_after(first, begins)?, months_after(first, begins + months)?)
            }
        }
    }
}

impl Default for Rhythm {
    fn default() -> Self {
        Self::CALENDAR_MONTH
    }
}

impl Default for FeeInterval {
    fn default() -> Self {
        Rhythm::CALENDAR_MONTH.interval
    }
}

impl Default for FeeAnchor {
    fn default() -> Self {
        Rhythm::CALENDAR_MONTH.anchor
    }
}

impl Default for FeeTiming {
    fn default() -> Self {
        Rhythm::CALENDAR_MONTH.timing
    }
}

/// Whether it is that of the invoices, which is not written down: there were fees before there were rhythms.
pub(crate) fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The same day of the month so many months later, or earlier where negative; the last where the month has no such day.
fn months_after(day: NaiveDate, months: i32) -> Option<NaiveDate> {
    let step = Months::new(months.unsigned_abs());
    if months < 0 { day.checked_sub_months(step) } else { day.checked_add_months(step) }
}

/// Days of a period that a fee is charged for by the same prices, the same number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeDays {
    /// The days.
    pub days: Period,
    /// The whole period.
    pub of: Period,
    /// By which prices.
    pub prices: PricesRef,
    /// How many times.
    pub quantity: u32,
}

/// Days on which the same prices hold the same number of times, whether they are charged or not.
struct Run {
    start: NaiveDate,
    end: Option<NaiveDate>,
    rhythm: Rhythm,
    has_fee: bool,
}

/// The fees with a rhythm of their own that are charged in arrears and fall due within days, in the order of their days.
///
/// One falls due on the last day of its period. Where prices or a quantity end before that, what was served falls due on the day
/// from which others hold; of a subscription that has ended, on its last day. `None` where prices are missing.
pub fn due<S: BuildHasher>(
    timeline: &Timeline,
    within: Period,
    prices: &HashMap<PricesRef, PricedPlan, S>,
) -> Option<Vec<FeeDays>> {
    let mut due = Vec::new();
    let first = timeline.first_charged();
    for run in runs(timeline, prices)? {
        if run.rhythm.is_calendar_month() || run.rhythm.is_ahead() || !run.has_fee {
            continue;
        }
        let ends = run.end.unwrap_or(NaiveDate::MAX);
        let mut next = run.start.max(within.start());
        while let Some(of) = run.rhythm.period_of(first, next)
            && of.start() < ends.min(within.end())
        {
            next = of.end();
            let on = if of.end() <= ends { of.last_day() } else { falls_due(timeline, ends) };
            if within.start() <= on
                && on < within.end()
                && let Some(part) = Period::new(of.start().max(run.start), of.end().min(ends))
            {
                due.extend(charged(timeline, part, of));
            }
        }
    }
    Some(due)
}

/// When prices that end on a day before their period does fall due.
fn falls_due(timeline: &Timeline, ends: NaiveDate) -> NaiveDate {
    if timeline.covers(ends) { ends } else { ends.checked_sub_days(Days::new(1)).unwrap_or(ends) }
}

/// The charged days of a part of a run; versions that charge the same cut nothing.
fn charged(timeline: &Timeline, part: Period, of: Period) -> Vec<FeeDays> {
    let mut found: Vec<FeeDays> = Vec::new();
    for segment in timeline.charged(part) {
        match found.last_mut() {
            Some(last) if last.days.end() == segment.days.start() => {
                last.days = Period::new(last.days.start(), segment.days.end()).unwrap_or(last.days);
                last.prices = segment.prices;
            }
            _ => {
                let Segment { days, prices, quantity } = segment;
                found.push(FeeDays { days, of, prices, quantity });
            }
        }
    }
    found
}

/// The prices and quantities of a subscription one after the other, from the first day that is charged for.
fn runs<S: BuildHasher>(timeline: &Timeline, prices: &HashMap<PricesRef, PricedPlan, S>) -> Option<Vec<Run>> {
    let first = timeline.first_charged();
    let mut runs: Vec<Run> = Vec::new();
    let mut last: Option<(&PricedPlan, u32)> = None;
    let days = std::iter::once(first).chain(timeline.changes_of_charge().filter(|day| first < *day));
    for start in days.filter(|day| timeline.covers(*day)) {
        let (plan, quantity) = (prices.get(&timeline.prices(start))?, timeline.quantity(start));
        if last.is_none_or(|(last, times)| !last.charges_as(plan) || times != quantity) {
            if let Some(before) = runs.last_mut() {
                before.end = Some(start);
            }
            // Where it is billed elsewhere, the fee is, too.
            let has_fee = plan.billed_at.is_here() && !plan.base_fee.decimal().is_zero();
            runs.push(Run { start, end: timeline.ends_on(), rhythm: plan.rhythm(), has_fee });
        }
        last = Some((plan, quantity));
    }
    Some(runs)
}

#[cfg(test)]
mod tests;
