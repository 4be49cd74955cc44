//! A price as it is written down, and what is wrong with it.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Adjustments, Discount, Meter, Model, Price, Reduction, Tier};
use crate::{decimals::DecimalString, fees::Rhythm, permissions::named_enum};

named_enum! {
    /// How a quantity becomes an amount.
    PriceModel {
        /// The same amount in each period, whatever is used.
        Flat = "flat",
        /// So much for each unit.
        Unit = "unit",
        /// Each tier prices the part of the quantity that lies in it.
        Graduated = "graduated",
        /// The tier that the whole quantity falls in prices all of it.
        Volume = "volume",
        /// So much for each package, the last one whole.
        Package = "package",
        /// A share of the value of each transaction.
        Percentage = "percentage",
        /// Each tier takes its share of the part of the value that lies in it.
        GraduatedPercentage = "graduated_percentage",
        /// What the events themselves say.
        Dynamic = "dynamic",
    }
}

named_enum! {
    /// How events become a quantity.
    Aggregation {
        /// Their quantities together.
        Sum = "sum",
        /// How many there are.
        Count = "count",
        /// How many different values a property has.
        UniqueCount = "unique_count",
        /// The largest quantity.
        Max = "max",
        /// The quantity of the last one.
        Latest = "latest",
        /// The level over time.
        TimeWeightedSum = "time_weighted_sum",
        /// The 95th percentile of the quantities.
        Percentile95 = "percentile_95",
    }
}

named_enum! {
    /// What the quantity of an event tells about the level.
    Readings {
        /// The level itself.
        Levels = "levels",
        /// By how much it changes.
        Changes = "changes",
    }
}

named_enum! {
    /// What the level over time is divided by.
    WeightedPer {
        /// One hour: GB-hours.
        Hours = "hours",
        /// The length of the period: GB-months.
        Period = "period",
    }
}

named_enum! {
    /// Which way a quantity is rounded.
    RoundingMode {
        /// Away from zero.
        Up = "up",
        /// Towards zero.
        Down = "down",
        /// To the nearest, half away from zero.
        HalfUp = "half_up",
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The terms of a price.
///
/// `flat` takes `amount`; `unit` takes `unit_price`; `graduated`, `volume` and `graduated_percentage` take `tiers`;
/// `package` takes `amount` and `size`; `percentage` takes `rate`, and may take `fixed_fee`, `free_transactions`,
/// `minimum_fee` and `maximum_fee`; `dynamic` takes the amounts of the events. All amounts are in major units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PriceTerms {
    /// How a quantity becomes an amount.
    pub model: PriceModel,
    /// The price of one unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<DecimalString>,
    /// What a period costs (`flat`), or a package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<DecimalString>,
    /// How many units a package holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<DecimalString>,
    /// The tiers, contiguous from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub tiers: Vec<TierTerms>,
    /// Percent of a transaction's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<DecimalString>,
    /// What each transaction costs beside its share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_fee: Option<DecimalString>,
    /// How many transactions of a period are free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_transactions: Option<u32>,
    /// The least that a transaction costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_fee: Option<DecimalString>,
    /// The most that a transaction costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_fee: Option<DecimalString>,
    /// How events become a quantity.
    #[serde(default, skip_serializing_if = "is_default")]
    pub aggregation: AggregationTerms,
    /// Which events count: those that every filter lets through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub filters: Vec<Filter>,
    /// The properties of which each combination of values has a line of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 5))]
    pub group_by: Vec<String>,
    /// How the quantity used is rounded, before the allowance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_rounding: Option<QuantityRounding>,
    /// How many units cost nothing, 0 to 10,000,000,000.
    #[serde(default, skip_serializing_if = "is_default")]
    pub included: DecimalString,
    /// What is taken off, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub discounts: Vec<DiscountTerms>,
    /// The least that a period costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<DecimalString>,
    /// The most that a period costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<DecimalString>,
}

/// One tier of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TierTerms {
    /// Where it begins: 0, or the end of the tier before.
    pub from: DecimalString,
    /// The last quantity in it; none for the last tier.
    #[serde(default)]
    pub up_to: Option<DecimalString>,
    /// The price of one unit (`graduated`, `volume`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<DecimalString>,
    /// Percent of the value (`graduated_percentage`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<DecimalString>,
    /// What entering the tier costs; the first one is always entered.
    #[serde(default, skip_serializing_if = "is_default")]
    pub flat_fee: DecimalString,
}

/// How events become a quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AggregationTerms {
    /// What is done with them.
    pub function: Aggregation,
    /// Whose values are counted (`unique_count`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// What the events tell (`time_weighted_sum`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readings: Option<Readings>,
    /// What the sum is divided by (`time_weighted_sum`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<WeightedPer>,
}

impl Default for AggregationTerms {
    fn default() -> Self {
        Self { function: Aggregation::Sum, property: None, readings: None, per: None }
    }
}

/// Lets events through that have one of these values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The property.
    pub property: String,
    /// The values, at least one.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
    pub values: Vec<String>,
}

/// How a quantity is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct QuantityRounding {
    /// Which way.
    pub mode: RoundingMode,
    /// To how many decimals, 0 to 9.
    #[cfg_attr(feature = "openapi", schema(maximum = 9))]
    pub decimals: u32,
}

/// What is taken off: `percent` or `amount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DiscountTerms {
    /// What it is called on the invoice, up to 100 characters.
    pub name: String,
    /// So many percent of what is left, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<DecimalString>,
    /// So much, in major units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<DecimalString>,
}

/// What a plan does with all its lines together, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentTerms {
    /// What is taken off, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<DiscountTerms>,
    /// The least that a period costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<DecimalString>,
    /// The most that a period costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<DecimalString>,
}

impl AdjustmentTerms {
    /// The adjustments that these terms describe. What is wrong is added to `problems`, each with the place below `at`.
    pub fn check(&self, at: &str, problems: &mut Vec<Problem>) -> Adjustments {
        check_adjustments(&self.discounts, self.minimum, self.maximum, at, problems)
    }

    /// Checks whether these terms go with a base fee of a rhythm. What is of a month, and of all its lines, does not go with a fee
    /// that is for other days.
    pub fn check_rhythm(&self, rhythm: Rhythm, at: &str, problems: &mut Vec<Problem>) {
        if rhythm.is_calendar_month() {
            return;
        }
        let mut checks = Checks { at, problems };
        let detail = "does not go with a base fee that is not of the calendar's month";
        for (index, discount) in self.discounts.iter().enumerate() {
            if discount.amount.is_some() {
                checks.wrong(format_args!("/discounts/{index}/amount"), detail);
            }
        }
        for (field, bound) in [("/minimum", self.minimum), ("/maximum", self.maximum)] {
            if bound.is_some() {
                checks.wrong(field, detail);
            }
        }
    }
}

/// What is wrong with a price, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, as a JSON pointer.
    pub pointer: String,
    /// What is wrong, for a sentence that begins with the field.
    pub detail: String,
}

/// The largest price of a unit, and the largest amount in a price, in major units.
const MAX_UNIT_PRICE: Decimal = crate::plans::MAX_UNIT_PRICE;
const MAX_AMOUNT: Decimal = crate::plans::MAX_BASE_FEE;
const MAX_QUANTITY: Decimal = crate::plans::MAX_INCLUDED;
const MAX_TIERS: usize = 100;
const MAX_DISCOUNTS: usize = 20;
const MAX_FILTERS: usize = 10;
const MAX_VALUES: usize = 100;
const MAX_GROUPS: usize = 5;
/// Characters of a property's name, of a value, and of a discount's name.
const MAX_TEXT: usize = 100;

/// Collects what is wrong below one place.
struct Checks<'a> {
    at: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Checks<'_> {
    fn wrong(&mut self, field: impl fmt::Display, detail: impl Into<String>) {
        self.problems.push(Problem { pointer: format!("{}{field}", self.at), detail: detail.into() });
    }

    /// A value from 0 to a bound.
    fn within(&mut self, field: impl fmt::Display, value: DecimalString, most: Decimal) -> Decimal {
        let value = value.decimal();
        if value < Decimal::ZERO || value > most {
            self.wrong(field, format!("must be from 0 to {most}"));
        }
        value
    }

    fn optional(&mut self, field: &str, value: Option<DecimalString>, most: Decimal) -> Option<Decimal> {
        value.map(|value| self.within(field, value, most))
    }

    fn needed(&mut self, field: impl fmt::Display, value: Option<DecimalString>, most: Decimal) -> Decimal {
        if let Some(value) = value {
            return self.within(field, value, most);
        }
        self.wrong(field, "is needed for this model");
        Decimal::ZERO
    }

    fn text(&mut self, field: impl fmt::Display, text: &str) {
        let fine =
            !text.is_empty() && text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control);
        if !fine {
            self.wrong(
                field,
                format!("must have 1 to {MAX_TEXT} characters, none of them a control character"),
            );
        }
    }

    fn at_most(&mut self, field: &str, count: usize, most: usize) {
        if count > most {
            self.wrong(field, format!("must have at most {most} entries"));
        }
    }
}

impl PriceTerms {
    /// The terms of a model, with nothing else agreed.
    pub fn new(model: PriceModel) -> Self {
        Self {
            model,
            unit_price: None,
            amount: None,
            size: None,
            tiers: Vec::new(),
            rate: None,
            fixed_fee: None,
            free_transactions: None,
            minimum_fee: None,
            maximum_fee: None,
            aggregation: AggregationTerms::default(),
            filters: Vec::new(),
            group_by: Vec::new(),
            quantity_rounding: None,
            included: DecimalString::default(),
            discounts: Vec::new(),
            minimum: None,
            maximum: None,
        }
    }

    /// So much for each unit beyond an allowance.
    pub fn unit(unit_price: Decimal, included: Decimal) -> Self {
        let unit_price = Some(unit_price.into());
        Self { unit_price, included: included.into(), ..Self::new(PriceModel::Unit) }
    }

    /// The price that these terms describe. What is wrong is added to `problems`, each with the place below `at`.
    pub fn check(&self, at: &str, problems: &mut Vec<Problem>) -> Option<Price> {
        let before = problems.len();
        let mut checks = Checks { at, problems };
        let model = self.model(&mut checks);
        let meter = self.meter(&mut checks);
        let has_allowance = !matches!(self.model, PriceModel::Flat | PriceModel::Dynamic);
        let included = checks.within("/included", self.included, MAX_QUANTITY);
        if !has_allowance && !included.is_zero() {
            checks.wrong("/included", "does not go with this model");
        }
        if let Some(rounding) = self.quantity_rounding {
            if rounding.decimals > super::exact::DECIMALS {
                checks.wrong("/quantity_rounding/decimals", "must be from 0 to 9");
            }
            if !has_allowance || self.model == PriceModel::Percentage {
                checks.wrong("/quantity_rounding", "does not go with this model");
            }
        }
        let adjustments = check_adjustments(&self.discounts, self.minimum, self.maximum, at, problems);
        (problems.len() == before).then_some(Price {
            model,
            meter,
            rounding: self.quantity_rounding,
            included,
            adjustments,
        })
    }

    fn model(&self, checks: &mut Checks<'_>) -> Model {
        use PriceModel::{Dynamic, Flat, Graduated, GraduatedPercentage, Package, Percentage, Unit, Volume};
        let model = self.model;
        // What a model does not know would be believed to count.
        for (field, is_given, belongs) in [
            ("/unit_price", self.unit_price.is_some(), model == Unit),
            ("/amount", self.amount.is_some(), matches!(model, Flat | Package)),
            ("/size", self.size.is_some(), model == Package),
            ("/tiers", !self.tiers.is_empty(), matches!(model, Graduated | Volume | GraduatedPercentage)),
            ("/rate", self.rate.is_some(), model == Percentage),
            ("/fixed_fee", self.fixed_fee.is_some(), model == Percentage),
            ("/free_transactions", self.free_transactions.is_some(), model == Percentage),
            ("/minimum_fee", self.minimum_fee.is_some(), model == Percentage),
            ("/maximum_fee", self.maximum_fee.is_some(), model == Percentage),
        ] {
            if is_given && !belongs {
                checks.wrong(field, format!("does not go with the model `{model}`"));
            }
        }
        match model {
            Flat => Model::Flat { amount: checks.needed("/amount", self.amount, MAX_AMOUNT) },
            Unit => Model::Unit { unit_price: checks.needed("/unit_price", self.unit_price, MAX_UNIT_PRICE) },
            Graduated => Model::Graduated(self.tiers(checks, false)),
            Volume => Model::Volume(self.tiers(checks, false)),
            GraduatedPercentage => Model::GraduatedPercentage(self.tiers(checks, true)),
            Package => {
                let size = checks.needed("/size", self.size, MAX_QUANTITY);
                if self.size.is_some() && size.is_zero() {
                    checks.wrong("/size", "must be more than 0");
                }
                Model::Package { size, amount: checks.needed("/amount", self.amount, MAX_AMOUNT) }
            }
            Percentage => {
                let rate = checks.needed("/rate", self.rate, Decimal::ONE_HUNDRED);
                let fixed_fee = checks.optional("/fixed_fee", self.fixed_fee, MAX_AMOUNT);
                let minimum = checks.optional("/minimum_fee", self.minimum_fee, MAX_AMOUNT);
                let maximum = checks.optional("/maximum_fee", self.maximum_fee, MAX_AMOUNT);
                if let (Some(minimum), Some(maximum)) = (minimum, maximum)
                    && minimum > maximum
                {
                    checks.wrong("/minimum_fee", "must not be more than `maximum_fee`");
                }
                Model::Percentage {
                    rate,
                    fixed_fee: fixed_fee.unwrap_or_default(),
                    free_transactions: self.free_transactions.unwrap_or(0),
                    minimum: minimum.unwrap_or_default(),
                    maximum,
                }
            }
            Dynamic => Model::Dynamic,
        }
    }

    fn tiers(&self, checks: &mut Checks<'_>, by_rate: bool) -> Vec<Tier> {
        if self.tiers.is_empty() {
            checks.wrong("/tiers", "is needed for this model");
        }
        checks.at_most("/tiers", self.tiers.len(), MAX_TIERS);
        let last = self.tiers.len().saturating_sub(1);
        let mut begins = Decimal::ZERO;
        let mut tiers = Vec::with_capacity(self.tiers.len());
        for (index, tier) in self.tiers.iter().enumerate() {
            let field = |name: &str| format!("/tiers/{index}/{name}");
            let from = tier.from.decimal();
            if from != begins {
                let detail = match index {
                    0 => "must be 0: tiers are contiguous from 0".to_owned(),
                    _ => format!("must be {begins}, where the tier before it ends: tiers are contiguous"),
                };
                checks.wrong(field("from"), detail);
            }
            let up_to = tier.up_to.map(DecimalString::decimal);
            match up_to {
                Some(up_to) if index == last => {
                    let detail = format!(
                        "must be left out: the last tier has no end, else nothing prices what is beyond {up_to}"
                    );
                    checks.wrong(field("up_to"), detail);
                }
                None if index < last => checks.wrong(field("up_to"), "is needed for each tier but the last"),
                Some(up_to) if up_to <= from || up_to > MAX_QUANTITY => {
                    checks.wrong(
                        field("up_to"),
                        format!("must be more than `from`, and at most {MAX_QUANTITY}"),
                    );
                }
                _ => {}
            }
            begins = up_to.unwrap_or(from);
            let (price, other, name, other_name, most) = if by_rate {
                (tier.rate, tier.unit_price, "rate", "unit_price", Decimal::ONE_HUNDRED)
            } else {
                (tier.unit_price, tier.rate, "unit_price", "rate", MAX_UNIT_PRICE)
            };
            if other.is_some() {
                checks.wrong(field(other_name), format!("does not go with the model `{}`", self.model));
            }
            let price = checks.needed(field(name), price, most);
            let flat_fee = checks.within(field("flat_fee"), tier.flat_fee, MAX_AMOUNT);
            tiers.push(Tier { from, up_to, price, flat_fee });
        }
        tiers
    }

    fn meter(&self, checks: &mut Checks<'_>) -> Meter {
        let AggregationTerms { function, property, readings, per } = &self.aggregation;
        for (field, is_given, belongs) in [
            ("property", property.is_some(), *function == Aggregation::UniqueCount),
            ("readings", readings.is_some(), *function == Aggregation::TimeWeightedSum),
            ("per", per.is_some(), *function == Aggregation::TimeWeightedSum),
        ] {
            if is_given != belongs {
                let detail = if belongs { "is needed for" } else { "does not go with" };
                checks.wrong(format_args!("/aggregation/{field}"), format!("{detail} `{function}`"));
            }
        }
        if let Some(property) = property {
            checks.text("/aggregation/property", property);
        }
        let of_events = matches!(self.model, PriceModel::Percentage | PriceModel::Dynamic);
        if of_events && *function != Aggregation::Sum {
            checks.wrong("/aggregation/function", format!("must be `sum` for the model `{}`", self.model));
        }
        checks.at_most("/filters", self.filters.len(), MAX_FILTERS);
        for (index, filter) in self.filters.iter().enumerate() {
            checks.text(format_args!("/filters/{index}/property"), &filter.property);
            if filter.values.is_empty() || filter.values.len() > MAX_VALUES {
                checks.wrong(
                    format_args!("/filters/{index}/values"),
                    format!("must have 1 to {MAX_VALUES} entries"),
                );
            }
        }
        checks.at_most("/group_by", self.group_by.len(), MAX_GROUPS);
        for (index, property) in self.group_by.iter().enumerate() {
            let field = format!("/group_by/{index}");
            checks.text(&field, property);
            if self.group_by.iter().take(index).any(|earlier| earlier == property) {
                checks.wrong(&field, "is there already");
            }
        }
        Meter {
            function: *function,
            property: property.clone(),
            readings: readings.unwrap_or(Readings::Levels),
            per: per.unwrap_or(WeightedPer::Period),
            filters: self.filters.clone(),
            group_by: self.group_by.clone(),
        }
    }
}

/// The discounts and bounds of a price or of a plan.
fn check_adjustments(
    discounts: &[DiscountTerms],
    minimum: Option<DecimalString>,
    maximum: Option<DecimalString>,
    at: &str,
    problems: &mut Vec<Problem>,
) -> Adjustments {
    let discounts = check_discounts(discounts, &format!("{at}/discounts"), problems);
    let mut checks = Checks { at, problems };
    let minimum = checks.optional("/minimum", minimum, MAX_AMOUNT);
    let maximum = checks.optional("/maximum", maximum, MAX_AMOUNT);
    if let (Some(minimum), Some(maximum)) = (minimum, maximum)
        && minimum > maximum
    {
        checks.wrong("/minimum", "must not be more than `maximum`");
    }
    Adjustments { discounts, minimum, maximum }
}

/// The discounts that these terms describe. What is wrong is added to `problems`, each with the place below `at`.
pub fn check_discounts(discounts: &[DiscountTerms], at: &str, problems: &mut Vec<Problem>) -> Vec<Discount> {
    let mut checks = Checks { at, problems };
    checks.at_most("", discounts.len(), MAX_DISCOUNTS);
    let mut checked = Vec::with_capacity(discounts.len());
    for (index, discount) in discounts.iter().enumerate() {
        checks.text(format_args!("/{index}/name"), &discount.name);
        let reduction = match (discount.percent, discount.amount) {
            (Some(percent), None) => {
                let percent = checks.within(format_args!("/{index}/percent"), percent, Decimal::ONE_HUNDRED);
                Reduction::Percent(percent)
            }
            (None, Some(amount)) => {
                Reduction::Amount(checks.within(format_args!("/{index}/amount"), amount, MAX_AMOUNT))
            }
            _ => {
                checks.wrong(format_args!("/{index}"), "must have either `percent` or `amount`");
                continue;
            }
        };
        checked.push(Discount { name: discount.name.clone(), reduction });
    }
    checked
}
