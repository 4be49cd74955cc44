//! What is charged ahead: a line for days after the month of its invoice is earned as these days pass (billing rules,
//! section 22).
//!
//! What is earned when a month is over follows from how the line stands, and from nothing that was booked before. So it
//! makes no difference in which order months pass and something of the line is credited.

use std::collections::BTreeMap;

use crate::{
    money::{Currency, Money, MoneyError},
    periods::{Month, Period},
};

/// A line of an invoice that charges for days after the invoice's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deferral {
    /// What the line comes to.
    pub amount: Money,
    /// What it brings without tax.
    pub net: Money,
    /// What of the amount was credited; all of it where the invoice is void.
    pub credited: Money,
    /// The days that it charges for.
    pub days: Period,
    /// The month that its invoice bills.
    pub billed: Month,
}

impl Deferral {
    /// A line as it is issued; `None` where nothing of it is for later days.
    pub fn new(amount: Money, net: Money, days: Period, billed: Month) -> Option<Self> {
        let credited = Money::zero(amount.currency());
        let is_ahead = days.end() > billed.period().end() && net.amount_minor() != 0;
        is_ahead.then_some(Self { amount, net, credited, days, billed })
    }

    /// The last month in which something of it is earned.
    pub fn last_month(&self) -> Month {
        Month::of(self.days.last_day())
    }

    /// What is left of it, without tax.
    fn left(&self) -> Result<Money, MoneyError> {
        let credited = self.net.share(self.credited.amount_minor(), self.amount.amount_minor())?;
        self.net.checked_sub(credited)
    }

    /// What of it is earned when a month is over: the share of its days until then, and no more than is left. So what is
    /// credited is missing at the end, where nothing has been earned yet.
    pub fn earned(&self, until: Month) -> Result<Money, MoneyError> {
        let (left, end) = (self.left()?, until.period().end());
        if end >= self.days.end() {
            return Ok(left);
        }
        let passed = (end - self.days.start()).num_days().max(0);
        let all = (self.days.end() - self.days.start()).num_days();
        let planned = self.net.share(passed, all)?;
        let is_there = planned.amount_minor().unsigned_abs() < left.amount_minor().unsigned_abs();
        Ok(if is_there { planned } else { left })
    }

    /// What of it is earned in a month after that of its invoice.
    pub fn earned_in(&self, month: Month) -> Result<Money, MoneyError> {
        self.earned(month)?.checked_sub(self.earned(month.offset(-1))?)
    }

    /// What of it belongs to months after that of its invoice.
    pub fn later(&self) -> Result<Money, MoneyError> {
        self.left()?.checked_sub(self.earned(self.billed)?)
    }
}

/// What of an invoice's lines belongs to months after its own.
pub fn later<'a>(
    currency: Currency,
    lines: impl IntoIterator<Item = &'a Deferral>,
) -> Result<Money, MoneyError> {
    lines.into_iter().try_fold(Money::zero(currency), |sum, line| sum.checked_add(line.later()?))
}

/// What of an invoice's lines is earned in each month after its own, up to the last.
pub fn by_month<'a>(
    lines: impl IntoIterator<Item = &'a Deferral>,
) -> Result<BTreeMap<Month, Money>, MoneyError> {
    let mut months = BTreeMap::new();
    for line in lines {
        let mut month = line.billed.offset(1);
        while month <= line.last_month() {
            let sum = months.entry(month).or_insert(Money::zero(line.net.currency()));
            *sum = sum.checked_add(line.earned_in(month)?)?;
            month = month.offset(1);
        }
    }
    Ok(months)
}

/// What is missing in the months that were booked, now that the lines stand as they do; less than nothing where too much
/// was booked.
pub fn corrections<'a>(
    lines: impl IntoIterator<Item = &'a Deferral>,
    booked: &BTreeMap<Month, Money>,
) -> Result<Vec<(Month, Money)>, MoneyError> {
    let earned = by_month(lines)?;
    let missing = |(month, booked): (&Month, &Money)| {
        let earned = earned.get(month).copied().unwrap_or(Money::zero(booked.currency()));
        Ok((*month, earned.checked_sub(*booked)?))
    };
    let missing: Vec<_> = booked.iter().map(missing).collect::<Result<_, MoneyError>>()?;
    Ok(missing.into_iter().filter(|(_, amount)| amount.amount_minor() != 0).collect())
}

#[cfg(test)]
mod tests;
