//! From a billable quantity to an exact amount (sections 3 and 4).

use rust_decimal::Decimal;

use super::{
    Event, Model, RatingError, Share, Step, Tier,
    exact::{Exact, Quantity},
};
use crate::decimals::DecimalString;

type Result<T> = std::result::Result<T, RatingError>;

/// What a model makes of a quantity.
#[derive(Default)]
pub(super) struct Amount {
    /// What does not depend on the days served.
    pub variable: Exact,
    /// What a whole period costs, whatever is used in it.
    pub fixed: Exact,
}

pub(super) fn shown(quantity: Quantity) -> Result<DecimalString> {
    quantity.decimal().map(DecimalString::from)
}

impl Model {
    /// The amount of a quantity, for the models that go by quantity.
    pub(super) fn of_quantity(&self, quantity: Quantity, steps: &mut Vec<Step>) -> Result<Amount> {
        let mut result = Amount::default();
        match self {
            Self::Flat { amount } => {
                result.fixed = Exact::of(*amount)?;
                steps.push(Step::Flat { amount: result.fixed });
            }
            Self::Unit { unit_price } => {
                result.variable = Exact::times(*unit_price, quantity)?;
                steps.push(Step::Units {
                    quantity: shown(quantity)?,
                    unit_price: (*unit_price).into(),
                    amount: result.variable,
                });
            }
            Self::Graduated(tiers) => {
                for (tier, within) in within(tiers, quantity)? {
                    result.add(tier, within, Exact::times(tier.price, within)?, false, steps)?;
                }
            }
            Self::GraduatedPercentage(tiers) => {
                for (tier, within) in within(tiers, quantity)? {
                    result.add(tier, within, Exact::percent(tier.price, within)?, true, steps)?;
                }
            }
            Self::Volume(tiers) => {
                let mut found = None;
                for tier in tiers {
                    let ends = tier.up_to.map(Quantity::of).transpose()?;
                    if ends.is_none_or(|ends| quantity <= ends) {
                        found = Some(tier);
                        break;
                    }
                }
                if let Some(tier) = found {
                    result.add(tier, quantity, Exact::times(tier.price, quantity)?, false, steps)?;
                }
            }
            Self::Package { size, amount } => {
                let packages = quantity.packages(Quantity::of(*size)?)?;
                let count = Quantity::count(usize::try_from(packages).map_err(|_| RatingError::TooLarge)?)?;
                result.variable = Exact::times(*amount, count)?;
                steps.push(Step::Packages {
                    quantity: shown(quantity)?,
                    size: (*size).into(),
                    packages,
                    price: (*amount).into(),
                    amount: result.variable,
                });
            }
            // Those go by events.
            Self::Percentage { .. } | Self::Dynamic => {}
        }
        Ok(result)
    }
}

/// The tiers that a quantity enters, each with what lies in it.
fn within(tiers: &[Tier], quantity: Quantity) -> Result<Vec<(&Tier, Quantity)>> {
    let mut entered = Vec::new();
    for (index, tier) in tiers.iter().enumerate() {
        let from = Quantity::of(tier.from)?;
        if index > 0 && quantity <= from {
            break;
        }
        let ends = tier.up_to.map(Quantity::of).transpose()?;
        let until = ends.map_or(quantity, |ends| ends.min(quantity));
        entered.push((tier, until.minus(from)?));
    }
    Ok(entered)
}

impl Amount {
    fn add(
        &mut self,
        tier: &Tier,
        within: Quantity,
        amount: Exact,
        is_rate: bool,
        steps: &mut Vec<Step>,
    ) -> Result<()> {
        self.variable = self.variable.add(amount)?;
        self.fixed = self.fixed.add(Exact::of(tier.flat_fee)?)?;
        let (from, up_to, flat_fee) =
            (tier.from.into(), tier.up_to.map(DecimalString::from), tier.flat_fee.into());
        let (quantity, price) = (shown(within)?, tier.price.into());
        steps.push(if is_rate {
            Step::RateTier { from, up_to, value: quantity, rate: price, amount, flat_fee }
        } else {
            Step::Tier { from, up_to, quantity, unit_price: price, amount, flat_fee }
        });
        Ok(())
    }
}

/// What transactions come to.
pub(super) struct Transactions {
    /// The value of all that are not negative.
    pub used: Quantity,
    /// The value that was charged.
    pub charged: Quantity,
    pub amount: Exact,
    pub step: Step,
}

/// What each transaction costs, in the order of time.
pub(super) fn transactions(
    model: &Model,
    values: impl IntoIterator<Item = Quantity>,
    included: Quantity,
) -> Result<Option<Transactions>> {
    let Model::Percentage { rate, fixed_fee, free_transactions, minimum, maximum } = model else {
        return Ok(None);
    };
    let (fixed_fee, minimum) = (Exact::of(*fixed_fee)?, Exact::of(*minimum)?);
    let maximum = maximum.map(Exact::of).transpose()?;
    let (mut used, mut charged, mut amount) = (Quantity::ZERO, Quantity::ZERO, Exact::ZERO);
    let (mut left, mut free, mut paid) = (included, 0, 0);
    for value in values.into_iter().filter(|value| *value >= Quantity::ZERO) {
        used = used.add(value)?;
        if free < *free_transactions {
            free += 1;
            continue;
        }
        // One of no value is covered wholly, too, as long as there is something to cover it.
        if value <= left && left > Quantity::ZERO {
            left = left.minus(value)?;
            continue;
        }
        let value_left = value.minus(left)?;
        left = Quantity::ZERO;
        let costs = fixed_fee.add(Exact::percent(*rate, value_left)?)?.max(minimum);
        amount = amount.add(maximum.map_or(costs, |maximum| costs.min(maximum)))?;
        charged = charged.add(value_left)?;
        paid += 1;
    }
    let step =
        Step::Transactions { free, charged: paid, value: shown(charged)?, rate: (*rate).into(), amount };
    Ok(Some(Transactions { used, charged, amount, step }))
}

/// The sum of what the events say, at least nothing.
pub(super) fn carried(events: &[&Event]) -> Result<Exact> {
    let sum = events.iter().try_fold(Exact::ZERO, |sum, event| {
        let amount: Decimal = event.amount.ok_or(RatingError::AmountMissing)?;
        sum.add(Exact::of(amount)?)
    })?;
    Ok(sum.max(Exact::ZERO))
}

/// A fixed amount's steps, where it is owed several times, or not the whole period is served.
pub(super) fn shared(fixed: Exact, share: Share) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    if fixed == Exact::ZERO {
        return Ok(steps);
    }
    let quantity = share.quantity();
    if quantity != 1 {
        steps.push(Step::Times { full: fixed, quantity });
    }
    if !share.is_whole() {
        steps.push(Step::Prorated { full: fixed.by(quantity)?, days: share.days(), of: share.of() });
    }
    Ok(steps)
}
