//! A price that can be rated: its terms have been checked.

use rust_decimal::Decimal;

use super::{Aggregation, Filter, Plan, QuantityRounding, Readings, WeightedPer};

/// A price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// How a quantity becomes an amount.
    pub model: Model,
    /// How events become a quantity.
    pub meter: Meter,
    /// How the quantity used is rounded, before the allowance.
    pub rounding: Option<QuantityRounding>,
    /// How many units cost nothing in a whole period.
    pub included: Decimal,
    /// What is done with the amount.
    pub adjustments: Adjustments,
}

/// How a quantity becomes an amount (section 4). Amounts are in major units, rates in percent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Model {
    /// The same in each period.
    Flat {
        /// What it costs.
        amount: Decimal,
    },
    /// So much for each unit.
    Unit {
        /// The price of one.
        unit_price: Decimal,
    },
    /// Each tier prices what lies in it.
    Graduated(Vec<Tier>),
    /// One tier prices everything.
    Volume(Vec<Tier>),
    /// So much for each package.
    Package {
        /// How much one holds.
        size: Decimal,
        /// What one costs.
        amount: Decimal,
    },
    /// A share of each transaction.
    Percentage {
        /// Percent of its value.
        rate: Decimal,
        /// What is added to it.
        fixed_fee: Decimal,
        /// How many are free.
        free_transactions: u32,
        /// The least that one costs.
        minimum: Decimal,
        /// The most that one costs.
        maximum: Option<Decimal>,
    },
    /// Each tier takes its share of the value that lies in it.
    GraduatedPercentage(Vec<Tier>),
    /// What the events say.
    Dynamic,
}

/// A tier: above `from`, up to and including `up_to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Where it begins.
    pub from: Decimal,
    /// Where it ends; the last one does not.
    pub up_to: Option<Decimal>,
    /// The price of a unit, or the rate in percent.
    pub price: Decimal,
    /// What entering it costs.
    pub flat_fee: Decimal,
}

/// How events become a quantity (section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// What is done with them.
    pub function: Aggregation,
    /// Whose values are counted.
    pub property: Option<String>,
    /// What they tell about a level.
    pub readings: Readings,
    /// What a time-weighted sum is divided by.
    pub per: WeightedPer,
    /// Which of them count.
    pub filters: Vec<Filter>,
    /// What has a line of its own.
    pub group_by: Vec<String>,
}

impl Meter {
    /// The properties that it goes by.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        let filters = self.filters.iter().map(|filter| &filter.property);
        filters.chain(&self.group_by).chain(&self.property).map(String::as_str)
    }
}

impl Price {
    /// Whether it takes the single events: their sum and their number are not enough.
    pub fn needs_events(&self) -> bool {
        !matches!(self.meter.function, Aggregation::Sum | Aggregation::Count)
            || !self.meter.filters.is_empty()
            || !self.meter.group_by.is_empty()
            || matches!(self.model, Model::Percentage { .. } | Model::Dynamic)
    }
}

impl Plan {
    /// Whether one of its prices takes the single events.
    pub fn needs_events(&self) -> bool {
        self.components.iter().any(|component| component.price.needs_events())
    }
}

/// What is done with an amount (section 5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Adjustments {
    /// What is taken off, one after the other.
    pub discounts: Vec<Discount>,
    /// The least that a whole period costs.
    pub minimum: Option<Decimal>,
    /// The most that a whole period costs.
    pub maximum: Option<Decimal>,
}

/// What is taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    /// What it is called on the invoice.
    pub name: String,
    /// How much.
    pub reduction: Reduction,
}

/// How much is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// So many percent of what is left.
    Percent(Decimal),
    /// So much of a whole period's amount, in major units.
    Amount(Decimal),
}
