//! Fees that are charged in advance (billing rules, section 24). The future may change after it was charged: so what is
//! charged, and what is given back, is the difference between the days that a timeline charges for and those that issued
//! invoices have charged.

use std::{collections::HashMap, hash::BuildHasher};

use chrono::NaiveDate;

use super::{FeeDays, charged, runs};
use crate::{
    evidence::PricedPlan,
    periods::{Month, Period},
    subscriptions::{PricesRef, Timeline},
};

/// Days for which a fee was charged in advance, and not given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargedDays {
    /// The days.
    pub days: Period,
    /// By which prices.
    pub prices: PricesRef,
    /// How many times.
    pub quantity: u32,
}

/// The fees that the invoice of a month charges in advance, in the order of their days.
///
/// A period that goes on from the one before is charged by the invoice of the month before it begins, if the last day of that
/// month is charged for. What begins otherwise, with the subscription, after a trial or a pause, by a change within
/// a period, is charged by the invoice of the month in which it begins, as is what an earlier invoice has left out of a
/// period that is not over. `None` where prices are missing.
pub fn ahead<S: BuildHasher>(
    timeline: &Timeline,
    month: Month,
    prices: &HashMap<PricesRef, PricedPlan, S>,
    known: &[ChargedDays],
) -> Option<Vec<FeeDays>> {
    let mut found = Vec::new();
    let first = timeline.first_charged();
    let days = month.period();
    let goes_on = timeline.is_charged(days.last_day());
    let next_month = month.offset(1).period();
    for run in runs(timeline, prices)?.into_iter().filter(|run| run.rhythm.is_ahead() && run.has_fee) {
        let ends = run.end.unwrap_or(NaiveDate::MAX);
        let mut next = run.start.max(days.start());
        while let Some(of) = run.rhythm.period_of(first, next)
            && of.start() < ends.min(next_month.end())
        {
            next = of.end();
            let Some(part) = Period::new(of.start().max(run.start), of.end().min(ends)) else { continue };
            let begins_with_it = part.start() == of.start() && goes_on;
            let until = if begins_with_it { next_month.end() } else { days.end() };
            if part.end() <= days.start() || until <= part.start() {
                continue;
            }
            // Not what goes on only then.
            for wanted in charged(timeline, part, of).into_iter().filter(|it| it.days.start() < until) {
                let taken = by_the_same(&wanted, prices, known)?;
                let rest = without(wanted.days, &taken).into_iter();
                found.extend(rest.map(|days| FeeDays { days, ..wanted }));
            }
        }
    }
    Some(found)
}

/// Of days that were charged in advance, those that turn out by a day not to be used: the timeline does not charge for them by
/// such prices so many times, and that does not depend on what is still to come and may be taken back. `None` where prices are missing.
pub fn unused<S: BuildHasher>(
    timeline: &Timeline,
    known: ChargedDays,
    prices: &HashMap<PricesRef, PricedPlan, S>,
    by: NaiveDate,
) -> Option<Vec<Period>> {
    let used = |timeline: &Timeline| {
        let of = prices.get(&known.prices)?;
        let mut used = Vec::new();
        for segment in timeline.charged(known.days) {
            if prices.get(&segment.prices)?.charges_fee_as(of) && segment.quantity == known.quantity {
                used.push(segment.days);
            }
        }
        Some(used)
    };
    let used_now = used(&timeline.as_of(by))?;
    let mut found = Vec::new();
    for days in without(known.days, &used(timeline)?) {
        if days.start() <= by {
            found.push(days);
        } else {
            found.extend(without(days, &used_now));
        }
    }
    Some(found)
}

/// What a month bears of the fees that are charged in advance: its days, each of the period that it lies in. `None` where
/// prices are missing.
pub fn borne<S: BuildHasher>(
    timeline: &Timeline,
    month: Month,
    prices: &HashMap<PricesRef, PricedPlan, S>,
) -> Option<Vec<FeeDays>> {
    let mut found = Vec::new();
    let (first, days) = (timeline.first_charged(), month.period());
    for run in runs(timeline, prices)?.into_iter().filter(|run| run.rhythm.is_ahead() && run.has_fee) {
        let ends = run.end.unwrap_or(NaiveDate::MAX).min(days.end());
        let mut next = run.start.max(days.start());
        while next < ends {
            let of = run.rhythm.period_of(first, next)?;
            let part = Period::new(next, of.end().min(ends))?;
            found.extend(charged(timeline, part, of));
            next = of.end();
        }
    }
    Some(found)
}

/// The days that were charged by prices whose fee comes to the same, the same number of times.
fn by_the_same<S: BuildHasher>(
    wanted: &FeeDays,
    prices: &HashMap<PricesRef, PricedPlan, S>,
    known: &[ChargedDays],
) -> Option<Vec<Period>> {
    let plan = prices.get(&wanted.prices)?;
    let mut days = Vec::new();
    for known in known {
        if prices.get(&known.prices)?.charges_fee_as(plan) && known.quantity == wanted.quantity {
            days.push(known.days);
        }
    }
    Some(days)
}

/// Days without others.
pub fn without(days: Period, others: &[Period]) -> Vec<Period> {
    others.iter().fold(vec![days], |left, other| {
        let cut = |days: Period| {
            let before = Period::new(days.start(), days.end().min(other.start()));
            let after = Period::new(days.start().max(other.end()), days.end());
            before.into_iter().chain(after)
        };
        left.into_iter().flat_map(cut).collect()
    })
}
