//! From events to quantities (section 2).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Aggregation, Meter, RatingError, Readings, WeightedPer, exact::Quantity};

/// The usage of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The metric.
    pub metric: String,
    /// What was measured.
    pub measured: Measured,
}

/// What was measured of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measured {
    /// A quantity that is aggregated already.
    Quantity {
        /// The quantity.
        quantity: Decimal,
        /// How many events are behind it.
        events: i64,
    },
    /// Events, and the levels that were carried over from the period before.
    Events {
        /// The events, in any order.
        events: Vec<Event>,
        /// The levels at the beginning; several of one group add up.
        opening: Vec<Level>,
    },
}

/// One usage event, as far as rating needs it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// When it happened. Rating counts in microseconds.
    pub at: DateTime<Utc>,
    /// Its id, which tells events of the same instant apart.
    pub id: String,
    /// How much.
    pub quantity: Decimal,
    /// What it costs, for the model `dynamic`, in major units.
    pub amount: Option<Decimal>,
    /// What filters and groups go by.
    pub properties: BTreeMap<String, String>,
}

/// A level that was carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// How much.
    pub quantity: Decimal,
    /// The properties that make its group. Filters have been through with it.
    pub group: BTreeMap<String, String>,
}

/// What counts of one group: its events in the order of time.
pub(super) struct Group<'a> {
    /// The values of the properties that make the group.
    pub values: Vec<String>,
    pub events: Vec<&'a Event>,
    opening: Quantity,
}

/// A quantity made of events.
pub(super) struct Aggregated {
    pub quantity: Quantity,
    /// The level at the end, where there is one.
    pub level: Option<Quantity>,
}

/// The time within which events count, and the length of the whole period, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub begin: i64,
    pub end: i64,
    pub period: i64,
}

impl Meter {
    fn lets_through(&self, properties: &BTreeMap<String, String>) -> bool {
        self.filters
            .iter()
            .all(|filter| properties.get(&filter.property).is_some_and(|value| filter.values.contains(value)))
    }

    fn group_of(&self, properties: &BTreeMap<String, String>) -> Vec<String> {
        self.group_by.iter().map(|name| properties.get(name).cloned().unwrap_or_default()).collect()
    }

    /// The events that count, by group. Without any there is one group, of no values.
    pub(super) fn groups<'a>(
        &self,
        events: &'a [Event],
        opening: &[Level],
        window: Window,
    ) -> Result<Vec<Group<'a>>, RatingError> {
        let mut groups: BTreeMap<Vec<String>, (Vec<&Event>, Quantity)> = BTreeMap::new();
        for event in events {
            let at = event.at.timestamp_micros();
            if (window.begin..window.end).contains(&at) && self.lets_through(&event.properties) {
                groups.entry(self.group_of(&event.properties)).or_default().0.push(event);
            }
        }
        if self.function == Aggregation::TimeWeightedSum {
            for level in opening {
                let (_, carried) = groups.entry(self.group_of(&level.group)).or_default();
                *carried = carried.add(Quantity::of(level.quantity)?)?;
            }
        }
        if groups.is_empty() {
            return Ok(vec![Group { values: Vec::new(), events: Vec::new(), opening: Quantity::ZERO }]);
        }
        let group = |(values, (mut events, opening)): (_, (Vec<&'a Event>, _))| {
            // Events that are alike in everything may change places.
            events.sort_by_key(|event| (event.at.timestamp_micros(), &event.id, *event));
            Group { values, events, opening }
        };
        Ok(groups.into_iter().map(group).collect())
    }

    pub(super) fn aggregate(&self, group: &Group<'_>, window: Window) -> Result<Aggregated, RatingError> {
        let quantities = || group.events.iter().map(|event| Quantity::of(event.quantity));
        let quantity = match self.function {
            Aggregation::Sum => quantities().try_fold(Quantity::ZERO, |sum, quantity| sum.add(quantity?))?,
            Aggregation::Count => Quantity::count(group.events.len())?,
            Aggregation::UniqueCount => {
                let name = self.property.as_deref().unwrap_or_default();
                let values: BTreeSet<_> =
                    group.events.iter().filter_map(|event| event.properties.get(name)).collect();
                Quantity::count(values.len())?
            }
            Aggregation::Max => {
                quantities().collect::<Result<Vec<_>, _>>()?.into_iter().max().unwrap_or_default()
            }
            Aggregation::Latest => quantities().next_back().transpose()?.unwrap_or_default(),
            Aggregation::Percentile95 => percentile_95(quantities().collect::<Result<_, _>>()?),
            Aggregation::TimeWeightedSum => return self.over_time(group, window),
        };
        Ok(Aggregated { quantity, level: None })
    }

    fn over_time(&self, group: &Group<'_>, window: Window) -> Result<Aggregated, RatingError> {
        let (mut level, mut since) = (group.opening, window.begin);
        // The sum of level × microseconds.
        let mut area = Quantity::ZERO;
        for event in &group.events {
            let at = event.at.timestamp_micros();
            area = area.add(level.times_by((at - since).into(), 1)?)?;
            let told = Quantity::of(event.quantity)?;
            level = match self.readings {
                Readings::Levels => told,
                Readings::Changes => level.add(told)?,
            };
            since = at;
        }
        area = area.add(level.times_by((window.end - since).into(), 1)?)?;
        let divisor = match self.per {
            WeightedPer::Hours => 3_600_000_000,
            WeightedPer::Period => window.period.into(),
        };
        Ok(Aggregated { quantity: area.times_by(1, divisor)?, level: Some(level) })
    }
}

/// By nearest rank: number ⌈0.95 × n⌉ in ascending order.
fn percentile_95(mut quantities: Vec<Quantity>) -> Quantity {
    quantities.sort_unstable();
    let rank = (quantities.len() * 95).div_ceil(100);
    rank.checked_sub(1).and_then(|index| quantities.get(index)).copied().unwrap_or_default()
}
