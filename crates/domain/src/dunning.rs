//! Dunning: what is done about an invoice that is not paid, and when.

use std::{fmt, str::FromStr};

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::{
    decimals::DecimalString,
    money::{Money, MoneyError},
    permissions::named_enum,
};

named_enum! {
    /// What is done.
    DunningAction {
        /// A mail reminds the customer.
        Remind = "remind",
        /// The saved payment method is charged once more.
        Charge = "charge",
        /// A late fee is put on the next invoice.
        LateFee = "late_fee",
        /// The subscription is paused until the invoice is paid.
        Pause = "pause",
        /// The subscription is cancelled.
        Cancel = "cancel",
    }
}

named_enum! {
    /// Why a step that is due waits.
    DunningWait {
        /// The invoice has not been sent to anybody.
        Mail = "mail",
        /// The last mail about the invoice has not been delivered.
        Delivery = "delivery",
        /// A charge is under way.
        Charge = "charge",
        /// The customer has paid, and its bank is at work.
        Payment = "payment",
    }
}

/// Something that is done about an invoice of which something is left, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DunningStep {
    /// How many days after the invoice was due; before that where negative.
    #[cfg_attr(feature = "openapi", schema(minimum = -30, maximum = 365))]
    pub days: i32,
    /// What is done.
    pub action: DunningAction,
    /// What a late fee is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// What a late fee is, in percent of what is left to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_percent: Option<DecimalString>,
}

impl DunningStep {
    /// The late fee for an invoice of which so much is left, rounded half away from zero; none where it is in another
    /// currency.
    pub fn late_fee(&self, left: Money) -> Result<Option<Money>, MoneyError> {
        match (self.fee, self.fee_percent) {
            (Some(fee), _) => Ok((fee.currency() == left.currency()).then_some(fee)),
            (None, Some(percent)) => {
                let share = left.to_decimal().checked_mul(percent.decimal()).ok_or(MoneyError::Overflow)?;
                let hundredth = share.checked_div(rust_decimal::Decimal::ONE_HUNDRED);
                Money::round_from(hundredth.ok_or(MoneyError::Overflow)?, left.currency()).map(Some)
            }
            (None, None) => Ok(None),
        }
    }
}

/// How many steps a schedule has at most.
pub const MOST_STEPS: usize = 20;
/// How long before an invoice is due a step can be, and how long after.
pub const DAYS: std::ops::RangeInclusive<i32> = -30..=365;

/// The steps, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DunningSchedule(Vec<DunningStep>);

/// What is wrong with a step: its place, its field, and what about it.
pub type DunningProblem = (usize, &'static str, String);

impl DunningSchedule {
    /// A schedule of such steps, or what is wrong with them.
    pub fn new(steps: Vec<DunningStep>) -> Result<Self, Vec<DunningProblem>> {
        let problems = problems(&steps);
        if problems.is_empty() { Ok(Self(steps)) } else { Err(problems) }
    }

    /// The steps.
    pub fn steps(&self) -> &[DunningStep] {
        &self.0
    }

    /// A step by its place.
    pub fn step(&self, place: usize) -> Option<&DunningStep> {
        self.0.get(place)
    }

    /// How many days lie between a step and what comes before it: the step before, or the due date. Never less: who is
    /// reminded late has as much time until the next step as who was reminded in time.
    pub fn gap(&self, place: usize) -> TimeDelta {
        let of = |place| self.step(place).map_or(0, |step| step.days);
        let before = place.checked_sub(1).map_or(0, of);
        TimeDelta::days(i64::from((of(place) - before).max(0)))
    }

    /// The day on which a step is due; `before` is the day on which the step before was done.
    pub fn due(&self, place: usize, due_on: NaiveDate, before: Option<NaiveDate>) -> Option<NaiveDate> {
        let planned = due_on.checked_add_signed(TimeDelta::days(i64::from(self.step(place)?.days)))?;
        match before {
            Some(before) => Some(planned.max(before.checked_add_signed(self.gap(place))?)),
            None => Some(planned),
        }
    }
}

fn problems(steps: &[DunningStep]) -> Vec<DunningProblem> {
    let mut problems = Vec::new();
    if steps.len() > MOST_STEPS {
        problems.push((MOST_STEPS, "days", format!("there can be at most {MOST_STEPS} steps")));
    }
    for (place, step) in steps.iter().enumerate().take(MOST_STEPS) {
        let earlier = steps.get(..place).unwrap_or_default();
        let mut wrong = |field, what: &str| problems.push((place, field, what.to_owned()));
        if !DAYS.contains(&step.days) {
            wrong("days", &format!("must be between {} and {}", DAYS.start(), DAYS.end()));
        } else if earlier.last().is_some_and(|before| step.days < before.days) {
            wrong("days", "must not be earlier than the step before");
        } else if step.days < 0 && step.action != DunningAction::Remind {
            wrong("days", "only a reminder can come before an invoice is due");
        }
        let once = matches!(step.action, DunningAction::Pause | DunningAction::Cancel);
        if earlier.iter().any(|it| it.action == DunningAction::Cancel) {
            wrong("action", "nothing comes after a cancellation");
        } else if once && earlier.iter().any(|it| it.action == step.action) {
            wrong("action", "is there already");
        } else if earlier.iter().any(|it| (it.action, it.days) == (step.action, step.days)) {
            wrong("action", "is there on the same day already");
        }
        let percent_fits = |percent: DecimalString| {
            let percent = percent.decimal();
            percent > rust_decimal::Decimal::ZERO && percent <= rust_decimal::Decimal::ONE_HUNDRED
        };
        match (step.action, step.fee, step.fee_percent) {
            (DunningAction::LateFee, Some(_), Some(_)) => {
                wrong("fee_percent", "a late fee is an amount or a percentage, not both");
            }
            (DunningAction::LateFee, None, None) => wrong("fee", "is missing"),
            (DunningAction::LateFee, Some(fee), None) if fee.amount_minor() <= 0 => {
                wrong("fee", "must be more than zero");
            }
            (DunningAction::LateFee, None, Some(percent)) if !percent_fits(percent) => {
                wrong("fee_percent", "must be more than 0 and at most 100");
            }
            (DunningAction::LateFee, ..) | (_, None, None) => {}
            (_, Some(_), _) => wrong("fee", "goes with a late fee only"),
            (_, None, Some(_)) => wrong("fee_percent", "goes with a late fee only"),
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn step(days: i32, action: DunningAction) -> DunningStep {
        DunningStep { days, action, fee: None, fee_percent: None }
    }

    fn fee(days: i32, percent: &str) -> DunningStep {
        DunningStep { fee_percent: Some(percent.parse().unwrap()), ..step(days, DunningAction::LateFee) }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn steps_come_in_order_and_make_sense() {
        use DunningAction::{Cancel, Charge, LateFee, Pause, Remind};
        let wrong = |steps: Vec<DunningStep>| {
            let problems = DunningSchedule::new(steps).err().unwrap_or_default();
            problems.into_iter().map(|(place, field, _)| (place, field)).collect::<Vec<_>>()
        };
        let whole = vec![
            step(-3, Remind),
            step(1, Remind),
            step(1, Charge),
            step(5, Charge),
            fee(10, "1.5"),
            step(20, Pause),
            step(45, Cancel),
        ];
        assert_eq!(wrong(whole), []);
        assert_eq!(wrong(Vec::new()), []);
        assert_eq!(wrong(vec![step(-31, Remind), step(366, Remind)]), [(0, "days"), (1, "days")]);
        assert_eq!(wrong(vec![step(5, Remind), step(4, Charge)]), [(1, "days")]);
        assert_eq!(wrong(vec![step(-1, Charge)]), [(0, "days")]);
        assert_eq!(wrong(vec![step(1, Cancel), step(2, Remind)]), [(1, "action")]);
        assert_eq!(wrong(vec![step(1, Pause), step(2, Pause)]), [(1, "action")]);
        assert_eq!(wrong(vec![step(1, Remind), step(1, Remind)]), [(1, "action")]);
        assert_eq!(wrong(vec![step(1, LateFee)]), [(0, "fee")]);
        assert_eq!(wrong(vec![fee(1, "0"), fee(2, "100.1")]), [(0, "fee_percent"), (1, "fee_percent")]);
        let amount = |minor| Some(Money::new(minor, Currency::USD));
        assert_eq!(wrong(vec![DunningStep { fee: amount(0), ..step(1, LateFee) }]), [(0, "fee")]);
        assert_eq!(wrong(vec![DunningStep { fee: amount(1), ..fee(1, "1") }]), [(0, "fee_percent")]);
        assert_eq!(wrong(vec![DunningStep { fee: amount(1), ..step(1, Remind) }]), [(0, "fee")]);
        let many = (0..21).map(|days| step(days, Remind)).collect();
        assert_eq!(wrong(many), [(MOST_STEPS, "days")]);
    }

    #[test]
    fn a_step_that_was_late_moves_those_after_it() {
        use DunningAction::{Charge, Pause, Remind};
        let schedule =
            DunningSchedule::new(vec![step(-3, Remind), step(1, Remind), step(1, Charge), step(15, Pause)]);
        let schedule = schedule.unwrap();
        let due = |place, before: Option<&str>| {
            schedule.due(place, day("2026-03-10"), before.map(day)).unwrap().to_string()
        };
        assert_eq!(due(0, None), "2026-03-07");
        assert_eq!(due(1, Some("2026-03-07")), "2026-03-11");
        assert_eq!(due(2, Some("2026-03-11")), "2026-03-11");
        assert_eq!(due(3, Some("2026-03-11")), "2026-03-25");
        // Reminded a week late: the rest comes a week late.
        assert_eq!(due(3, Some("2026-03-18")), "2026-04-01");
        assert_eq!(schedule.due(4, day("2026-03-10"), None), None);
    }

    #[test]
    fn late_fees() {
        let left = Money::new(10_001, Currency::USD);
        let of = |step: &DunningStep| step.late_fee(left).unwrap();
        assert_eq!(of(&fee(1, "1.5")), Some(Money::new(150, Currency::USD)));
        assert_eq!(of(&fee(1, "5")), Some(Money::new(500, Currency::USD)));
        assert_eq!(of(&fee(1, "0.00000001")), Some(Money::zero(Currency::USD)));
        let fixed = |currency| DunningStep {
            fee: Some(Money::new(1500, currency)),
            ..step(1, DunningAction::LateFee)
        };
        assert_eq!(of(&fixed(Currency::USD)), Some(Money::new(1500, Currency::USD)));
        assert_eq!(of(&fixed("EUR".parse().unwrap())), None);
        assert!(fee(1, "100").late_fee(Money::new(i64::MAX, Currency::USD)).is_ok());
    }
}
