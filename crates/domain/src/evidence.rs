//! What an invoice was computed from: enough for anybody to compute it again, with this code or with other.
//!
//! The evidence is a JSON text whose SHA-256 the invoice keeps. It has prices, usage and days, and the lines that came
//! of them; [`Evidence::check`] rates it anew and says where the lines differ.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    decimals::DecimalString,
    fees::{self, FeeAnchor, FeeInterval, FeeTiming, Rhythm},
    ids::PlanId,
    money::{Currency, Money},
    periods::Period,
    plans::BilledAt,
    pricing::{
        self, AdjustmentTerms, Billed, Component, Event, Level, LineKind, Measured, OneOff, Plan, PriceTerms,
        RatedLine, RatingError, Share, Span, Usage,
    },
    subscriptions::check_quantity,
    tax::{self, TaxTerms, TaxedLine, Taxes},
};

/// The version of the rules, as `docs/billing-rules.md` tells them. Evidence of other rules is not judged by these.
pub const RULES: u32 = 1;

/// What an invoice was computed from, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The version of the rules.
    pub rules: u32,
    /// The days that were charged by one set of prices, one part after the other.
    pub parts: Vec<Part>,
    /// What is charged once, after all that goes by days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_off: Option<OneOffPart>,
    /// The lines.
    pub lines: Vec<LineRecord>,
    /// What the taxes were decided by, and what they come to; none where the seller has set none up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<TaxPart>,
    /// What it all comes to.
    pub total: Money,
}

/// The taxes of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxPart {
    /// What they were decided by.
    pub terms: TaxTerms,
    /// What they come to.
    pub taxes: Taxes,
}

/// Days that were charged by one set of prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The prices.
    pub plan: PricedPlan,
    /// The period of the fee, where this is the part of a fee with a rhythm of its own, and of nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<FeePeriod>,
    /// How many times somebody was subscribed to the plan.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub quantity: u32,
    /// The first day.
    pub from: NaiveDate,
    /// The first day after the last.
    pub until: NaiveDate,
    /// How many days these are.
    pub days_served: u32,
    /// How many the whole period has.
    pub days_of_period: u32,
    /// The first instant of the first day.
    pub begin: DateTime<Utc>,
    /// The first instant after the last day.
    pub end: DateTime<Utc>,
    /// The length of the whole period in microseconds.
    pub period_micros: i64,
    /// The usage of each metric.
    pub usage: Vec<UsageRecord>,
    /// What was billed for the days before, where they are rated again because usage came late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Correction>,
}

/// There were subscriptions before they had a quantity.
fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_once(quantity: &u32) -> bool {
    *quantity == once()
}

/// The period that a fee is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeePeriod {
    /// The first day.
    pub from: NaiveDate,
    /// The first day after the last.
    pub until: NaiveDate,
}

/// What is charged once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneOffPart {
    /// The first day of the invoice.
    pub from: NaiveDate,
    /// The first day after its last.
    pub until: NaiveDate,
    /// The charges, a line each.
    pub charges: Vec<OneOff>,
}

/// Days that were billed before all of their usage was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The number of the invoice that billed them first.
    pub invoice: String,
    /// What was billed for them so far, by that invoice and by corrections.
    pub billed: Vec<Billed>,
}

/// The prices of a plan, as they stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedPlan {
    /// The plan.
    pub id: PlanId,
    /// The version of its prices.
    pub version: i32,
    /// Its name.
    pub name: String,
    /// The currency of every amount.
    pub currency: Currency,
    /// The product class that tax goes by; none is the standard one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_class: Option<String>,
    /// Where it is billed. Evidence has only plans that are billed here.
    #[serde(default = "BilledAt::here", skip_serializing_if = "BilledAt::is_here")]
    pub billed_at: BilledAt,
    /// What a period costs before any usage, in major units.
    pub base_fee: DecimalString,
    /// How long the period is that the base fee is for.
    #[serde(default, skip_serializing_if = "fees::is_usual")]
    pub fee_interval: FeeInterval,
    /// Where such periods begin.
    #[serde(default, skip_serializing_if = "fees::is_usual")]
    pub fee_anchor: FeeAnchor,
    /// When such a period is charged.
    #[serde(default, skip_serializing_if = "fees::is_usual")]
    pub fee_timing: FeeTiming,
    /// What usage costs.
    pub components: Vec<PricedComponent>,
    /// What is done with all of it.
    pub adjustments: AdjustmentTerms,
}

/// What was charged for a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedComponent {
    /// The metric.
    pub metric: String,
    /// Its name on the invoice.
    pub name: String,
    /// What one unit is called.
    pub unit: String,
    /// What it costs.
    pub price: PriceTerms,
}

/// The usage of a metric: a sum and how many events it is of, or the single events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// The metric.
    pub metric: String,
    /// The quantity, where it was aggregated by the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<DecimalString>,
    /// How many events it is of.
    pub count: i64,
    /// The single events, where the price goes by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventRecord>,
    /// The levels at the beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opening_levels: Vec<LevelRecord>,
}

/// A usage event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// When.
    pub at: DateTime<Utc>,
    /// Its id.
    pub id: String,
    /// How much.
    pub quantity: DecimalString,
    /// What it costs, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<DecimalString>,
    /// The properties that the price goes by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// A level that was carried over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelRecord {
    /// Its group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub group: BTreeMap<String, String>,
    /// How much.
    pub level: DecimalString,
}

/// A line, as far as it can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineRecord {
    /// The first day that it charges for.
    pub from: NaiveDate,
    /// The first day after the last.
    pub until: NaiveDate,
    /// What it charges for.
    pub kind: LineKind,
    /// The metric, where it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// What the customer reads.
    pub description: String,
    /// Its group of usage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub group: BTreeMap<String, String>,
    /// What was used.
    pub used: DecimalString,
    /// What of it costs nothing.
    pub included: DecimalString,
    /// What was charged.
    pub quantity: DecimalString,
    /// The product class that tax goes by; none is the standard one, or that of late fees for a late fee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_class: Option<String>,
    /// What it comes to.
    pub amount: Money,
}

impl LineRecord {
    /// A line of a product class that charges for such days.
    pub fn of(line: &RatedLine, days: Period, tax_class: Option<&str>) -> Self {
        Self {
            from: days.start(),
            until: days.end(),
            kind: line.kind,
            metric: line.metric.clone(),
            description: line.description.clone(),
            group: line.group.clone(),
            used: line.used.into(),
            included: line.included.into(),
            quantity: line.quantity.into(),
            tax_class: tax_class.map(str::to_owned),
            amount: line.amount,
        }
    }

    /// As far as tax goes by it.
    pub fn taxed(&self) -> TaxedLine<'_> {
        TaxedLine { class: tax::class_of(self.kind, self.tax_class.as_deref()), amount: self.amount }
    }
}

/// Where lines and what the rules give are not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line's place, from 0.
    pub place: usize,
    /// The line as it is given; none where there should be one.
    pub given: Option<LineRecord>,
    /// The line as the rules give it; none where there should not be one.
    pub computed: Option<LineRecord>,
}

/// Why evidence cannot be rated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// It is of other rules.
    #[error("it was made by other rules than these")]
    OtherRules,
    /// Its prices or days are none.
    #[error("its prices or days make no sense")]
    Senseless,
    /// Rating fails.
    #[error(transparent)]
    Rating(#[from] RatingError),
}

impl UsageRecord {
    fn of(usage: &Usage) -> Self {
        let metric = usage.metric.clone();
        match &usage.measured {
            Measured::Quantity { quantity, events } => Self {
                metric,
                quantity: Some((*quantity).into()),
                count: *events,
                events: Vec::new(),
                opening_levels: Vec::new(),
            },
            Measured::Events { events, opening } => {
                let mut events: Vec<_> = events.iter().collect();
                // The same events give the same text, in whatever order they were read.
                events.sort();
                let event = |event: &Event| EventRecord {
                    at: event.at,
                    id: event.id.clone(),
                    quantity: event.quantity.into(),
                    amount: event.amount.map(Into::into),
                    properties: event.properties.clone(),
                };
                let level =
                    |level: &Level| LevelRecord { group: level.group.clone(), level: level.quantity.into() };
                Self {
                    metric,
                    quantity: None,
                    count: i64::try_from(events.len()).unwrap_or(i64::MAX),
                    events: events.into_iter().map(event).collect(),
                    opening_levels: opening.iter().map(level).collect(),
                }
            }
        }
    }

    fn usage(&self) -> Usage {
        let measured = match self.quantity {
            Some(quantity) => Measured::Quantity { quantity: quantity.decimal(), events: self.count },
            None => Measured::Events {
                events: self
                    .events
                    .iter()
                    .map(|event| Event {
                        at: event.at,
                        id: event.id.clone(),
                        quantity: event.quantity.decimal(),
                        amount: event.amount.map(DecimalString::decimal),
                        properties: event.properties.clone(),
                    })
                    .collect(),
                opening: self
                    .opening_levels
                    .iter()
                    .map(|level| Level { quantity: level.level.decimal(), group: level.group.clone() })
                    .collect(),
            },
        };
        Usage { metric: self.metric.clone(), measured }
    }
}

impl PricedPlan {
    /// Whether it is the same plan and charges the same, whatever is called how.
    pub fn charges_as(&self, other: &Self) -> bool {
        let prices = |plan: &Self| {
            let price = |component: &PricedComponent| (component.metric.clone(), component.price.clone());
            plan.components.iter().map(price).collect::<Vec<_>>()
        };
        self.charges_fee_as(other) && prices(self) == prices(other)
    }

    /// Whether it is the same plan and its base fee comes to the same, whatever usage costs.
    pub fn charges_fee_as(&self, other: &Self) -> bool {
        (self.id, self.currency, self.base_fee) == (other.id, other.currency, other.base_fee)
            && self.rhythm() == other.rhythm()
            && self.adjustments == other.adjustments
    }

    /// The periods that the base fee is for.
    pub fn rhythm(&self) -> Rhythm {
        Rhythm { interval: self.fee_interval, anchor: self.fee_anchor, timing: self.fee_timing }
    }

    /// The plan, for rating; none where its prices make no sense.
    pub fn price(&self) -> Option<Plan> {
        let mut problems = Vec::new();
        let component = |component: &PricedComponent, problems: &mut Vec<_>| {
            Some(Component {
                metric: component.metric.clone(),
                name: component.name.clone(),
                unit: component.unit.clone(),
                price: component.price.check("", problems)?,
            })
        };
        let components =
            self.components.iter().filter_map(|priced| component(priced, &mut problems)).collect();
        let adjustments = self.adjustments.check("", &mut problems);
        problems.is_empty().then(|| Plan {
            name: self.name.clone(),
            currency: self.currency,
            base_fee: self.base_fee.decimal(),
            rhythm: self.rhythm(),
            components,
            adjustments,
        })
    }
}

impl Part {
    /// Days that have just been rated.
    pub fn of(plan: PricedPlan, days: Period, span: &Span, usage: &[Usage]) -> Self {
        let ((begin, end), (days_served, days_of_period)) = (span.served(), span.days());
        Self {
            plan,
            fee: None,
            quantity: span.share().quantity(),
            from: days.start(),
            until: days.end(),
            days_served,
            days_of_period,
            begin,
            end,
            period_micros: span.period_micros(),
            usage: usage.iter().map(UsageRecord::of).collect(),
            corrects: None,
        }
    }

    /// Days of a fee that have just been rated. Of what is known of the days only their number matters to it.
    pub fn of_fee(plan: PricedPlan, days: Period, of: Period, span: &Span) -> Self {
        let fee = Some(FeePeriod { from: of.start(), until: of.end() });
        Self { fee, ..Self::of(plan, days, span, &[]) }
    }

    /// The period of the fee, where this is the part of one.
    pub fn fee_period(&self) -> Option<Period> {
        self.fee.and_then(|fee| Period::new(fee.from, fee.until))
    }

    /// The days; none where they make no sense.
    fn days(&self) -> Option<Period> {
        let days = Period::new(self.from, self.until)?;
        ((self.until - self.from).num_days() == i64::from(self.days_served)).then_some(days)
    }

    fn rate(&self) -> Result<Vec<RatedLine>, EvidenceError> {
        let plan = self.plan.price().ok_or(EvidenceError::Senseless)?;
        check_quantity(self.quantity).map_err(|_| EvidenceError::Senseless)?;
        if let Some(fee) = self.fee {
            let share = self.share_of(fee).ok_or(EvidenceError::Senseless)?;
            return Ok(pricing::rate_fee(&plan, share.times(self.quantity))?);
        }
        let days = (self.days_served, self.days_of_period);
        let span =
            Span::known(days, (self.begin, self.end), self.period_micros).ok_or(EvidenceError::Senseless)?;
        let usage: Vec<_> = self.usage.iter().map(UsageRecord::usage).collect();
        let lines = pricing::rate(&plan, &usage, &span.times(self.quantity))?;
        match &self.corrects {
            Some(correction) => Ok(pricing::correct(lines, &correction.billed, &correction.invoice)?),
            None => Ok(lines),
        }
    }
}

impl Part {
    /// The share of a fee's period that is charged; none where it makes no sense.
    fn share_of(&self, fee: FeePeriod) -> Option<Share> {
        let of = (fee.until - fee.from).num_days();
        let is_within = fee.from <= self.from && self.until <= fee.until;
        let share = Share::new(self.days_served, self.days_of_period)?;
        (is_within && of == i64::from(self.days_of_period) && self.corrects.is_none()).then_some(share)
    }
}

impl Evidence {
    /// What goes with lines that have just been rated.
    pub fn of(
        parts: Vec<Part>,
        one_off: Option<OneOffPart>,
        lines: Vec<LineRecord>,
        tax: Option<TaxPart>,
        total: Money,
    ) -> Self {
        Self { rules: RULES, parts, one_off, lines, tax, total }
    }

    /// Rates the usage anew.
    pub fn rate(&self) -> Result<Vec<LineRecord>, EvidenceError> {
        if self.rules != RULES {
            return Err(EvidenceError::OtherRules);
        }
        let mut lines = Vec::with_capacity(self.lines.len());
        for part in &self.parts {
            let days = part.days().ok_or(EvidenceError::Senseless)?;
            let class = part.plan.tax_class.as_deref();
            lines.extend(part.rate()?.iter().map(|line| LineRecord::of(line, days, class)));
        }
        if let Some(OneOffPart { from, until, charges }) = &self.one_off {
            let days = Period::new(*from, *until).ok_or(EvidenceError::Senseless)?;
            for charge in charges {
                let line = charge.rate(self.total.currency())?;
                lines.push(LineRecord::of(&line, days, charge.tax_class.as_deref()));
            }
        }
        Ok(lines)
    }

    /// Where these lines are not those that the rules give. None is how it should be.
    pub fn check(&self, lines: &[LineRecord]) -> Result<Vec<Difference>, EvidenceError> {
        let computed = self.rate()?;
        let longest = computed.len().max(lines.len());
        let differ = |place: usize| {
            let (given, computed) = (lines.get(place), computed.get(place));
            (given != computed).then(|| Difference {
                place,
                given: given.cloned(),
                computed: computed.cloned(),
            })
        };
        Ok((0..longest).filter_map(differ).collect())
    }

    /// The taxes that the rules give for these lines; none where the seller has set none up.
    pub fn taxes(&self, lines: &[LineRecord]) -> Result<Option<Taxes>, EvidenceError> {
        let Some(TaxPart { terms, .. }) = &self.tax else { return Ok(None) };
        let lines: Vec<_> = lines.iter().map(LineRecord::taxed).collect();
        let taxes = terms.apply(self.total.currency(), &lines);
        taxes.map(Some).map_err(|_| EvidenceError::Rating(RatingError::TooLarge))
    }
}

#[cfg(test)]
mod tests;
