//! From a plan and the usage of a period to lines.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, TimeZone, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Adjustments, Aggregation, Discount, Event, Exact, Level, Measured, Model, Price, QuantityRounding,
    RatingError, Reduction, Share, Usage,
    exact::Quantity,
    measure::{Group, Window},
    models::{self, Amount, shown},
};
use crate::{
    decimals::DecimalString,
    fees::Rhythm,
    money::{Currency, Money},
    periods::Period,
    permissions::named_enum,
};

type Result<T, E = RatingError> = std::result::Result<T, E>;

/// What a subscription to a plan costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name, for the base fee's line.
    pub name: String,
    /// The currency of every amount in it.
    pub currency: Currency,
    /// What a whole period costs before any usage, in major units.
    pub base_fee: Decimal,
    /// The periods that the base fee is for. Where they are not those of the invoices, [`rate_fee`] rates it, and [`rate`] all else.
    pub rhythm: Rhythm,
    /// What usage costs.
    pub components: Vec<Component>,
    /// What is done with all of it.
    pub adjustments: Adjustments,
}

/// What a plan charges for one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The metric.
    pub metric: String,
    /// Its name on the invoice.
    pub name: String,
    /// What one unit is called: `machine`, `GB`.
    pub unit: String,
    /// What it costs.
    pub price: Price,
}

/// A period, the days of it that are served, and for which quantity.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    share: Share,
    window: Window,
}

impl Span {
    /// All of a period, in a time zone.
    pub fn whole<Z: TimeZone>(period: Period, zone: &Z) -> Self {
        let days = u32::try_from((period.end() - period.start()).num_days()).unwrap_or(1);
        let share = Share::new(days, days).unwrap_or(Share::WHOLE);
        Self { share, window: window(period, period, zone) }
    }

    /// A part of a period; `None` where it is not within it.
    pub fn part<Z: TimeZone>(period: Period, served: Period, zone: &Z) -> Option<Self> {
        let is_within = period.start() <= served.start() && served.end() <= period.end();
        let days = |period: Period| u32::try_from((period.end() - period.start()).num_days()).ok();
        let share = Share::new(days(served)?, days(period)?).filter(|_| is_within)?;
        Some(Self { share, window: window(period, served, zone) })
    }

    /// The same days, for another quantity of a subscription.
    #[must_use]
    pub fn times(self, quantity: u32) -> Self {
        Self { share: self.share.times(quantity), ..self }
    }
}

impl Span {
    /// The share of the period that is served, and how many times.
    pub fn share(&self) -> Share {
        self.share
    }

    /// The same, as [`Evidence`](crate::evidence::Evidence) has kept it; `None` where it makes no sense.
    pub(crate) fn known(
        (days, of): (u32, u32),
        (begin, end): (DateTime<Utc>, DateTime<Utc>),
        period: i64,
    ) -> Option<Self> {
        let (begin, end) = (begin.timestamp_micros(), end.timestamp_micros());
        let share = Share::new(days, of).filter(|_| begin < end && period > 0)?;
        Some(Self { share, window: Window { begin, end, period } })
    }

    /// The days served, and those of the period.
    pub(crate) fn days(&self) -> (u32, u32) {
        (self.share.days(), self.share.of())
    }

    /// The first instant served, and the first after it.
    pub(crate) fn served(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let instant = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
        (instant(self.window.begin), instant(self.window.end))
    }

    /// The length of the period.
    pub(crate) fn period_micros(&self) -> i64 {
        self.window.period
    }
}

fn window<Z: TimeZone>(period: Period, served: Period, zone: &Z) -> Window {
    let ((from, until), (begin, end)) = (period.instants(zone), served.instants(zone));
    let period = until.timestamp_micros() - from.timestamp_micros();
    Window { begin: begin.timestamp_micros(), end: end.timestamp_micros(), period }
}

named_enum! {
    /// What a line charges for.
    LineKind {
        /// The plan's fee for the period.
        BaseFee = "base_fee",
        /// Usage beyond what is included.
        Usage = "usage",
        /// What a discount takes off.
        Discount = "discount",
        /// What is missing to the agreed minimum.
        Minimum = "minimum",
        /// What is beyond the agreed maximum.
        Maximum = "maximum",
        /// Something that is charged once.
        OneOff = "one_off",
        /// A fee for paying late.
        LateFee = "late_fee",
    }
}

/// One line of a rated period.
#[derive(Debug, Clone, PartialEq)]
pub struct RatedLine {
    /// What it charges for.
    pub kind: LineKind,
    /// The metric, where it charges for usage.
    pub metric: Option<String>,
    /// What the customer reads.
    pub description: String,
    /// What one unit is called.
    pub unit: Option<String>,
    /// The properties that make its group.
    pub group: BTreeMap<String, String>,
    /// All usage of the period; for a base fee, how many times it is owed.
    pub used: Decimal,
    /// How much of it costs nothing.
    pub included: Decimal,
    /// What was charged.
    pub quantity: Decimal,
    /// The price of one unit, where there is one for all.
    pub unit_price: Option<Decimal>,
    /// What it comes to, rounded half away from zero to the minor unit, once.
    pub amount: Money,
    /// How many usage events stand behind it.
    pub events: i64,
    /// The level at the end, of a time-weighted sum.
    pub closing_level: Option<Decimal>,
    /// How it was computed, step by step.
    pub derivation: Vec<Step>,
}

/// One step from usage to an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Events became a quantity.
    Aggregated {
        /// How.
        function: Aggregation,
        /// How many there were.
        events: i64,
        /// The quantity.
        quantity: DecimalString,
    },
    /// The quantity was rounded.
    QuantityRounded {
        /// How.
        rounding: QuantityRounding,
        /// The quantity before.
        from: DecimalString,
        /// And after it.
        to: DecimalString,
    },
    /// The allowance is granted so many times, as the subscription has a quantity.
    AllowanceTimes {
        /// That of one.
        full: DecimalString,
        /// How many times.
        quantity: u32,
    },
    /// The allowance was cut to the days served.
    AllowanceProrated {
        /// That of a whole period.
        full: DecimalString,
        /// The days served.
        days: u32,
        /// The days of the period.
        of: u32,
        /// The allowance.
        included: DecimalString,
    },
    /// The allowance was taken off.
    Allowance {
        /// What was used.
        used: DecimalString,
        /// What of it costs nothing.
        included: DecimalString,
        /// What is billable.
        quantity: DecimalString,
    },
    /// The same in each period.
    Flat {
        /// What it costs.
        amount: Exact,
    },
    /// So much for each unit.
    Units {
        /// How many.
        quantity: DecimalString,
        /// The price of one.
        unit_price: DecimalString,
        /// Together.
        amount: Exact,
    },
    /// What lies in a tier.
    Tier {
        /// Where the tier begins.
        from: DecimalString,
        /// Where it ends.
        up_to: Option<DecimalString>,
        /// How much it prices.
        quantity: DecimalString,
        /// The price of one unit in it.
        unit_price: DecimalString,
        /// Together, without the flat fee.
        amount: Exact,
        /// What entering it costs.
        flat_fee: DecimalString,
    },
    /// What lies in a tier of percentages.
    RateTier {
        /// Where the tier begins.
        from: DecimalString,
        /// Where it ends.
        up_to: Option<DecimalString>,
        /// The value in it.
        value: DecimalString,
        /// Percent of it.
        rate: DecimalString,
        /// Together, without the flat fee.
        amount: Exact,
        /// What entering it costs.
        flat_fee: DecimalString,
    },
    /// Packages, the last one whole.
    Packages {
        /// What they hold.
        quantity: DecimalString,
        /// How much one holds.
        size: DecimalString,
        /// How many there are.
        packages: u64,
        /// What one costs.
        price: DecimalString,
        /// Together.
        amount: Exact,
    },
    /// A share of each transaction.
    Transactions {
        /// How many were free.
        free: u32,
        /// How many were charged.
        charged: u32,
        /// The value charged.
        value: DecimalString,
        /// Percent of it.
        rate: DecimalString,
        /// Together, with fixed fees, minimum and maximum of each.
        amount: Exact,
    },
    /// What the events say.
    Carried {
        /// How many there were.
        events: i64,
        /// Together.
        amount: Exact,
    },
    /// Fixed amounts are owed so many times, as the subscription has a quantity.
    Times {
        /// Those of one.
        full: Exact,
        /// How many times.
        quantity: u32,
    },
    /// Fixed amounts were cut to the days served.
    Prorated {
        /// Those of a whole period.
        full: Exact,
        /// The days served.
        days: u32,
        /// The days of the period.
        of: u32,
    },
    /// So many percent were taken off.
    PercentOff {
        /// Of how much.
        before: Money,
        /// How many percent.
        percent: DecimalString,
    },
    /// An amount was taken off.
    AmountOff {
        /// From how much.
        before: Money,
        /// How much was to be taken off.
        discount: Money,
    },
    /// The minimum or maximum was applied.
    Bound {
        /// What the lines came to before.
        before: Money,
        /// What they come to now.
        bound: Money,
    },
    /// What was billed for the same days before was taken off.
    Billed {
        /// The invoice that billed them first.
        invoice: String,
        /// What the line comes to with all usage there is.
        due: Money,
        /// What was billed for it so far.
        billed: Money,
    },
    /// The line was rounded to the minor unit.
    Rounded {
        /// Its amount.
        amount: Money,
    },
}

/// Rates a period: the base fee, then each component of the plan in its order, each followed by what its price
/// adjusts, then what the plan adjusts.
///
/// A component without usage gets a line of zero, so that its allowance is seen. Usage of a metric that the plan does
/// not price costs nothing and gets no line.
pub fn rate(plan: &Plan, usage: &[Usage], span: &Span) -> Result<Vec<RatedLine>> {
    let rating = Rating { currency: plan.currency, share: span.share, window: span.window };
    let mut lines = Vec::with_capacity(plan.components.len() + 1);
    if !plan.base_fee.is_zero() && plan.rhythm.is_calendar_month() {
        lines.push(rating.base_fee(plan)?);
    }
    for component in &plan.components {
        let first = lines.len();
        let measured =
            usage.iter().find(|usage| usage.metric == component.metric).map(|usage| &usage.measured);
        rating.component(component, measured, &mut lines)?;
        rating.adjust(&component.price.adjustments, Some(component), first, &mut lines)?;
    }
    rating.adjust(&plan.adjustments, None, 0, &mut lines)?;
    Ok(lines)
}

/// Rates a base fee with a rhythm of its own, for a share of its period, with the plan's discounts in percent. A plan with
/// such a fee has no other adjustments that the fee could take part in.
pub fn rate_fee(plan: &Plan, share: Share) -> Result<Vec<RatedLine>> {
    if plan.base_fee.is_zero() {
        return Ok(Vec::new());
    }
    // No event is looked at.
    let rating = Rating { currency: plan.currency, share, window: Window { begin: 0, end: 0, period: 0 } };
    let mut lines = vec![rating.base_fee(plan)?];
    let in_percent = |discount: &&Discount| matches!(discount.reduction, Reduction::Percent(_));
    let discounts = plan.adjustments.discounts.iter().filter(in_percent).cloned().collect();
    let adjustments = Adjustments { discounts, ..Adjustments::default() };
    rating.adjust(&adjustments, None, 0, &mut lines)?;
    Ok(lines)
}

/// What days of a month bear of a base fee with a rhythm of its own, where all its months bear the same: of a yearly fee
/// a twelfth. Nothing where the fee is of the month anyway.
pub fn rate_fee_evenly(plan: &Plan, month: &Span) -> Result<Vec<RatedLine>> {
    if plan.rhythm.is_calendar_month() {
        return Ok(Vec::new());
    }
    let of = month.share.of().checked_mul(plan.rhythm.months());
    let share = of.and_then(|of| Share::new(month.share.days(), of)).ok_or(RatingError::TooLarge)?;
    rate_fee(plan, share.times(month.share.quantity()))
}

/// What the lines come to.
pub fn total(currency: Currency, lines: &[RatedLine]) -> Result<Money> {
    Money::sum(currency, lines.iter().map(|line| line.amount)).map_err(|_| RatingError::TooLarge)
}

struct Rating {
    currency: Currency,
    share: Share,
    window: Window,
}

impl Rating {
    fn money(&self, amount: &Amount, steps: &mut Vec<Step>) -> Result<Money> {
        steps.extend(models::shared(amount.fixed, self.share)?);
        let money = amount.variable.money(amount.fixed, self.share, self.currency)?;
        steps.push(Step::Rounded { amount: money });
        Ok(money)
    }

    fn base_fee(&self, plan: &Plan) -> Result<RatedLine> {
        let amount = Amount { variable: Exact::ZERO, fixed: Exact::of(plan.base_fee)? };
        let mut derivation = vec![Step::Flat { amount: amount.fixed }];
        let money = self.money(&amount, &mut derivation)?;
        let (unit_price, quantity) = (Some(plan.base_fee.normalize()), self.share.quantity().into());
        let line = RatedLine::fixed(LineKind::BaseFee, None, plan.name.clone(), money, derivation);
        Ok(RatedLine { used: quantity, quantity, unit_price, ..line })
    }

    fn component(
        &self,
        component: &Component,
        measured: Option<&Measured>,
        lines: &mut Vec<RatedLine>,
    ) -> Result<()> {
        let (events, opening): (&[Event], &[Level]) = match measured {
            Some(Measured::Quantity { quantity, events }) => {
                let known = Known { quantity: Quantity::of(*quantity)?, events: *events, level: None };
                lines.push(self.line(component, None, known)?);
                return Ok(());
            }
            Some(Measured::Events { events, opening }) => (events, opening),
            None => (&[], &[]),
        };
        let meter = &component.price.meter;
        for group in meter.groups(events, opening, self.window)? {
            let aggregated = meter.aggregate(&group, self.window)?;
            let known = Known {
                quantity: aggregated.quantity,
                events: i64::try_from(group.events.len()).map_err(|_| RatingError::TooLarge)?,
                level: aggregated.level,
            };
            lines.push(self.line(component, Some(&group), known)?);
        }
        Ok(())
    }

    fn line(&self, component: &Component, group: Option<&Group<'_>>, known: Known) -> Result<RatedLine> {
        let Price { model, meter, rounding, included, .. } = &component.price;
        let mut derivation = vec![Step::Aggregated {
            function: meter.function,
            events: known.events,
            quantity: shown(known.quantity)?,
        }];
        let steps = &mut derivation;
        let included = self.allowance(*included, steps)?;
        let (used, quantity, amount) = match (model, group) {
            (Model::Percentage { .. }, _) => {
                let events = group.map(|group| group.events.iter().map(|event| Quantity::of(event.quantity)));
                let values = match events {
                    Some(values) => values.collect::<Result<Vec<_>>>()?,
                    None => vec![known.quantity],
                };
                let paid = models::transactions(model, values, included)?.ok_or(RatingError::TooLarge)?;
                steps.push(paid.step);
                (paid.used, paid.charged, Amount { variable: paid.amount, fixed: Exact::ZERO })
            }
            (Model::Dynamic, group) => {
                let carried = match group {
                    Some(group) => models::carried(&group.events)?,
                    // A quantity alone says nothing about what it costs.
                    None => return Err(RatingError::AmountMissing),
                };
                steps.push(Step::Carried { events: known.events, amount: carried });
                let billed = known.quantity.max(Quantity::ZERO);
                (known.quantity, billed, Amount { variable: carried, fixed: Exact::ZERO })
            }
            (Model::Flat { .. }, _) => {
                let times = Quantity::of(self.share.quantity().into())?;
                (known.quantity, times, model.of_quantity(known.quantity, steps)?)
            }
            _ => {
                let rounded = match rounding {
                    Some(rounding) => {
                        let to = known.quantity.rounded(rounding.mode, rounding.decimals)?;
                        let (from, to_shown) = (shown(known.quantity)?, shown(to)?);
                        steps.push(Step::QuantityRounded { rounding: *rounding, from, to: to_shown });
                        to
                    }
                    None => known.quantity,
                };
                let billable = rounded.minus(included)?.max(Quantity::ZERO);
                if included != Quantity::ZERO {
                    let (used, included) = (shown(rounded)?, shown(included)?);
                    steps.push(Step::Allowance { used, included, quantity: shown(billable)? });
                }
                (known.quantity, billable, model.of_quantity(billable, steps)?)
            }
        };
        let unit_price = match model {
            Model::Unit { unit_price } => Some(unit_price.normalize()),
            Model::Flat { amount } => Some(amount.normalize()),
            _ => None,
        };
        let values = group.map(|group| group.values.iter()).into_iter().flatten();
        Ok(RatedLine {
            kind: LineKind::Usage,
            metric: Some(component.metric.clone()),
            description: component.name.clone(),
            unit: Some(component.unit.clone()),
            group: meter.group_by.iter().cloned().zip(values.cloned()).collect(),
            used: used.decimal()?,
            included: included.decimal()?,
            quantity: quantity.decimal()?,
            unit_price,
            amount: self.money(&amount, steps)?,
            events: known.events,
            closing_level: known.level.map(Quantity::decimal).transpose()?,
            derivation,
        })
    }

    fn allowance(&self, included: Decimal, steps: &mut Vec<Step>) -> Result<Quantity> {
        let (one, quantity) = (Quantity::of(included)?, self.share.quantity());
        if one == Quantity::ZERO {
            return Ok(one);
        }
        let full = one.times_by(quantity.into(), 1)?;
        if quantity != 1 {
            steps.push(Step::AllowanceTimes { full: shown(one)?, quantity });
        }
        if self.share.is_whole() {
            return Ok(full);
        }
        let included = one.shared(self.share)?;
        steps.push(Step::AllowanceProrated {
            full: shown(full)?,
            days: self.share.days(),
            of: self.share.of(),
            included: shown(included)?,
        });
        Ok(included)
    }

    /// Adjusts all lines from the first one on: those of a component, or of the plan (section 5).
    fn adjust(
        &self,
        adjustments: &Adjustments,
        of: Option<&Component>,
        first: usize,
        lines: &mut Vec<RatedLine>,
    ) -> Result<()> {
        let mut sum = total(self.currency, lines.get(first..).unwrap_or_default())?;
        let mut push = |kind, description: String, from: &mut Money, to: Money, mut derivation: Vec<Step>| {
            let by = to.amount_minor().checked_sub(from.amount_minor()).ok_or(RatingError::TooLarge)?;
            *from = to;
            if by != 0 {
                let amount = Money::new(by, self.currency);
                derivation.push(Step::Rounded { amount });
                let metric = of.map(|component| component.metric.clone());
                lines.push(RatedLine::fixed(kind, metric, description, amount, derivation));
            }
            Ok(())
        };
        for discount in &adjustments.discounts {
            let (off, steps) = self.reduction(discount.reduction, sum)?;
            let left = Money::new(sum.amount_minor().saturating_sub(off.amount_minor()), self.currency);
            push(LineKind::Discount, discount.name.clone(), &mut sum, left, steps)?;
        }
        let named = |what: &str| {
            of.map_or_else(|| what.to_owned(), |component| format!("{}: {what}", component.name))
        };
        for (kind, name, bound) in [
            (LineKind::Minimum, "minimum commitment", adjustments.minimum),
            (LineKind::Maximum, "maximum", adjustments.maximum),
        ] {
            let Some(full) = bound.map(Exact::of).transpose()? else { continue };
            let bound = Exact::ZERO.money(full, self.share, self.currency)?;
            let is_beyond = match kind {
                LineKind::Minimum => sum.amount_minor() < bound.amount_minor(),
                _ => sum.amount_minor() > bound.amount_minor(),
            };
            if is_beyond {
                let step = Step::Bound { before: sum, bound };
                let mut steps = models::shared(full, self.share)?;
                steps.push(step);
                push(kind, named(name), &mut sum, bound, steps)?;
            }
        }
        Ok(())
    }

    /// How much a discount takes off what is left: never more than there is.
    fn reduction(&self, reduction: Reduction, before: Money) -> Result<(Money, Vec<Step>)> {
        if before.amount_minor() <= 0 {
            return Ok((Money::zero(self.currency), Vec::new()));
        }
        match reduction {
            Reduction::Percent(percent) => {
                let off = Exact::percent(percent, Quantity::of(before.to_decimal())?)?;
                let steps = vec![Step::PercentOff { before, percent: percent.into() }];
                Ok((off.whole_money(self.currency)?, steps))
            }
            Reduction::Amount(amount) => {
                let full = Exact::of(amount)?;
                let discount = Exact::ZERO.money(full, self.share, self.currency)?;
                let off = Money::new(discount.amount_minor().min(before.amount_minor()), self.currency);
                let mut steps = models::shared(full, self.share)?;
                steps.push(Step::AmountOff { before, discount });
                Ok((off, steps))
            }
        }
    }
}

impl RatedLine {
    /// A line that does not count anything.
    pub(super) fn fixed(
        kind: LineKind,
        metric: Option<String>,
        description: String,
        amount: Money,
        derivation: Vec<Step>,
    ) -> Self {
        Self {
            kind,
            metric,
            description,
            unit: None,
            group: BTreeMap::new(),
            used: Decimal::ONE,
            included: Decimal::ZERO,
            quantity: Decimal::ONE,
            unit_price: None,
            amount,
            events: 0,
            closing_level: None,
            derivation,
        }
    }
}

/// A quantity, and what is known of where it comes from.
#[derive(Clone, Copy)]
struct Known {
    quantity: Quantity,
    events: i64,
    level: Option<Quantity>,
}
