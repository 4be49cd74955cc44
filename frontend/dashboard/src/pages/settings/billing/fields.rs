//! The fields of how the tenant bills. The server counts the places of steps in the order of their days; here each step
//! has a number of its own, so what the server says is translated.

use client::{Failure, effect, format};
use contract::billing::BillingTerms;
use domain::{
    dunning::{DAYS, DunningAction, DunningSchedule, DunningStep, MOST_STEPS},
    money::{Currency, Money},
};
use kit::{Field, Form, optional};
use leptos::prelude::*;
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::text;
use crate::pages::billing::{
    price_fields::{Faults, PERCENT, Reading},
    rows::{Maker, RowFields, Rows, first_order},
    text as money,
};

/// A step before the due date; else it is after it.
pub const BEFORE: &str = "before";
pub const AFTER: &str = "after";
/// A late fee that is an amount; else it is in percent.
pub const AMOUNT: &str = "amount";

/// Issued as soon as they are made.
pub const AT_ONCE: &str = "at_once";
/// Issued after some days as drafts.
pub const AFTER_GRACE: &str = "after_grace";
/// Issued by somebody.
pub const BY_APPROVAL: &str = "by_approval";

/// The longest time to pay.
const MOST_PAYMENT_DAYS: i32 = 180;
/// The longest time that drafts wait.
const MOST_GRACE_DAYS: i32 = 28;
/// What stands there before a grace period is chosen.
const USUAL_GRACE_DAYS: i16 = 3;

/// One step. What a late fee is stays there while something else is chosen.
#[derive(Clone, Copy)]
pub struct StepFields {
    pub days: Field,
    pub side: Field,
    pub action: Field,
    pub fee_kind: Field,
    pub fee: Field,
}

impl RowFields for StepFields {
    fn all(self) -> Vec<Field> {
        vec![self.days, self.side, self.action, self.fee_kind, self.fee]
    }
}

/// What stands in the fields of a step.
fn typed(step: &DunningStep) -> [String; 5] {
    let side = if step.days < 0 { BEFORE } else { AFTER };
    let (kind, fee) = match (step.fee, step.fee_percent) {
        (Some(fee), _) => (AMOUNT, format::typed(fee.to_decimal())),
        (None, Some(percent)) => (PERCENT, format::typed(percent.decimal())),
        (None, None) => (PERCENT, String::new()),
    };
    [step.days.unsigned_abs().to_string(), side.to_owned(), step.action.to_string(), kind.to_owned(), fee]
}

/// What stands there before anything is typed.
fn fresh() -> [String; 5] {
    let action = DunningAction::Remind.as_str();
    ["", AFTER, action, PERCENT, ""].map(str::to_owned)
}

/// The number in a text, where it is whole and in bounds.
fn whole(number: Option<Decimal>, most: i32) -> Option<i32> {
    let whole = number.filter(|number| number.fract().is_zero())?.to_i32()?;
    (0..=most).contains(&whole).then_some(whole)
}

impl StepFields {
    fn new(maker: Maker, id: u32, from: Option<&DunningStep>) -> Self {
        let [days, side, action, fee_kind, fee] = from.map_or_else(fresh, typed);
        let field = |name: &str, value: String| maker.field(format!("/dunning/{id}/{name}"), value);
        Self {
            days: field("days", days),
            side: field("side", side),
            action: field("action", action),
            fee_kind: field("fee_kind", fee_kind),
            fee: field("fee", fee),
        }
    }

    fn fill(self, step: &DunningStep) {
        for (field, value) in self.all().into_iter().zip(typed(step)) {
            field.value.set(value);
        }
    }

    pub fn chosen(self) -> DunningAction {
        self.action.value.with(|action| action.parse().unwrap_or(DunningAction::Remind))
    }

    /// The step, where it is right by itself. What is wrong with it is told at its fields.
    fn step(self, currency: Currency, reading: &mut Reading) -> Option<DunningStep> {
        let before = self.side.value.with(|side| side == BEFORE);
        let most = if before { -DAYS.start() } else { *DAYS.end() };
        let number = reading.number(self.days, true);
        let days = whole(number, most);
        if days.is_none() {
            let most = format::whole(i64::from(most));
            reading.tell(self.days, Some(text::days_wrong(&most)));
        }
        let (action, mut fee, mut fee_percent) = (self.chosen(), None, None);
        if action == DunningAction::LateFee {
            let number = reading.number(self.fee, true)?;
            if self.fee_kind.value.with(|kind| kind == AMOUNT) {
                fee = Money::round_from(number, currency).ok().filter(|fee| fee.to_decimal() == number);
                if fee.is_none() {
                    let wrong = money::decimals_of(currency.code(), currency.exponent());
                    reading.tell(self.fee, Some(wrong));
                    return None;
                }
            } else {
                fee_percent = Some(number.into());
            }
        }
        let days = days.map(|days| if before { -days } else { days })?;
        Some(DunningStep { days, action, fee, fee_percent })
    }
}

/// The schedule as it is typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// The steps that can be read, in the order of their days, with the numbers of their rows.
    pub steps: Vec<(u32, DunningStep)>,
    faults: Faults,
}

impl Typed {
    /// What is sent.
    pub fn schedule(&self) -> Vec<DunningStep> {
        self.steps.iter().map(|(_, step)| step.clone()).collect()
    }

    /// The field that is meant by a place and a name.
    fn field(&self, place: usize, name: &str) -> Option<(u32, &'static str)> {
        let (id, _) = self.steps.get(place)?;
        let name = match name {
            "days" => "days",
            "action" => "action",
            _ => "fee",
        };
        Some((*id, name))
    }
}

fn read(rows: Rows<StepFields>, currency: Currency) -> Typed {
    let mut reading = Reading::default();
    let read = |(id, row): (u32, StepFields)| Some((id, row.step(currency, &mut reading)?));
    let mut steps: Vec<_> = rows.get().into_iter().filter_map(read).collect();
    // Those of the same day stay in the order of their rows.
    steps.sort_by_key(|(_, step)| step.days);
    let mut typed = Typed { steps, faults: reading.faults };
    for (place, name, detail) in DunningSchedule::new(typed.schedule()).err().unwrap_or_default() {
        if let Some((id, name)) = typed.field(place, name) {
            let field = format!("dunning-{id}-{name}");
            let earlier = typed.steps.get(..place).unwrap_or_default();
            let over = earlier.iter().any(|(_, step)| step.action == DunningAction::Cancel);
            let twice = name == "action" && !over;
            let wrong = if twice { text::done_twice().to_owned() } else { money::fault(&detail) };
            typed.faults.entry(field).or_insert(wrong);
        }
    }
    typed
}

/// The fields of how the tenant bills. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Fields {
    pub form: Form,
    pub payment_days: Field,
    /// Nothing where invoices are issued by hand.
    pub issue_day: Field,
    /// How they are issued, where it is not by hand.
    pub way: Field,
    pub grace_days: Field,
    pub rows: Rows<StepFields>,
    /// What the steps say together.
    pub typed: Memo<Typed>,
    /// Of late fees that are amounts.
    pub currency: Currency,
}

impl Fields {
    /// The fields as the tenant bills now.
    pub fn new(now: BillingTerms, own: Currency) -> Self {
        let form = Form::new("billing-settings");
        let maker = Maker { form, faults: RwSignal::default() };
        let BillingTerms { payment_days, issue_day, grace_days, auto_finalize, dunning: steps } = now;
        let currency = steps.iter().find_map(|step| step.fee).map_or(own, Money::currency);
        let order = maker.field("/dunning".to_owned(), first_order(steps.len()));
        let row = move |id: u32| {
            let from = usize::try_from(id).ok().and_then(|index| steps.get(index));
            StepFields::new(maker, id, from)
        };
        let rows = Rows::new(form, order, row);
        let typed = Memo::new(move |_| read(rows, currency));
        effect(move || typed.with(|typed| maker.faults.set(typed.faults.clone())));
        let issue_day = issue_day.map(|day| day.to_string()).unwrap_or_default();
        let (way, grace_days) = match (auto_finalize, grace_days) {
            (true, 0) => (AT_ONCE, USUAL_GRACE_DAYS),
            (true, days) => (AFTER_GRACE, days),
            (false, _) => (BY_APPROVAL, USUAL_GRACE_DAYS),
        };
        let fields = Self {
            form,
            payment_days: form.field("/payment_days", payment_days.to_string(), payment_days_wrong),
            issue_day: form.field("/issue_day", issue_day, optional),
            way: form.field("/auto_finalize", way, optional),
            grace_days: form.field("/grace_days", grace_days.to_string(), optional),
            rows,
            typed,
            currency,
        };
        let wrong = move || fields.grace_days.value.with(|value| grace_days_wrong(value));
        let rule = move || fields.is_issued(AFTER_GRACE).then(wrong).flatten();
        Self { grace_days: form.rule(fields.grace_days, rule), ..fields }
    }

    /// Whether invoices are issued by themselves.
    pub fn is_on_a_day(self) -> bool {
        self.issue_day.value.with(|day| !day.is_empty())
    }

    /// Whether they are, and in this way.
    pub fn is_issued(self, way: &str) -> bool {
        self.is_on_a_day() && self.way.value.with(|chosen| chosen == way)
    }

    /// What is sent: the whole of it.
    pub fn terms(self) -> BillingTerms {
        let is_issued = |way| untrack(|| self.is_issued(way));
        let grace_days = self.grace_days.whole().filter(|_| is_issued(AFTER_GRACE));
        BillingTerms {
            payment_days: self.payment_days.whole().unwrap_or_default(),
            issue_day: self.issue_day.text().parse().ok(),
            grace_days: grace_days.and_then(|days| days.try_into().ok()).unwrap_or_default(),
            auto_finalize: !is_issued(BY_APPROVAL),
            dunning: self.typed.with_untracked(Typed::schedule),
        }
    }

    /// What the server said about the second step, told at the row that was the second by its days.
    pub fn translate(self, failure: Failure) -> Failure {
        let Failure::Problem(mut problem) = failure else { return failure };
        for error in &mut problem.errors {
            let Some((place, name)) =
                error.pointer.strip_prefix("/dunning/").and_then(|it| it.split_once('/'))
            else {
                continue;
            };
            let found = self.typed.with_untracked(|typed| typed.field(place.parse().ok()?, name));
            if let Some((id, name)) = found {
                error.pointer = format!("/dunning/{id}/{name}");
            }
        }
        Failure::Problem(problem)
    }
}

/// Whether there may be no step more.
pub fn is_full(rows: Rows<StepFields>) -> bool {
    rows.count() >= MOST_STEPS
}

/// Adds the steps of the schedule that many use.
pub fn add_usual(rows: Rows<StepFields>) {
    for step in usual() {
        rows.add_filled(|row| row.fill(&step));
    }
}

fn payment_days_wrong(value: &str) -> Option<String> {
    let most = || text::days_wrong(&format::whole(i64::from(MOST_PAYMENT_DAYS)));
    whole(format::number(value), MOST_PAYMENT_DAYS).is_none().then(most)
}

fn grace_days_wrong(value: &str) -> Option<String> {
    let most = || text::grace_days_wrong(&format::whole(i64::from(MOST_GRACE_DAYS)));
    whole(format::number(value), MOST_GRACE_DAYS).is_none_or(|days| days == 0).then(most)
}

/// Reminded before and after, charged again, and in the end paused and cancelled.
fn usual() -> [DunningStep; 7] {
    use DunningAction::{Cancel, Charge, LateFee, Pause, Remind};
    let step = |days, action| DunningStep { days, action, fee: None, fee_percent: None };
    let fee = DunningStep { fee_percent: Some(Decimal::from(5).into()), ..step(14, LateFee) };
    [
        step(-3, Remind),
        step(1, Remind),
        step(3, Charge),
        step(7, Remind),
        fee,
        step(21, Pause),
        step(45, Cancel),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_schedule_is_one() {
        assert!(DunningSchedule::new(usual().to_vec()).is_ok());
    }

    #[test]
    fn only_whole_days_in_bounds_are_days() {
        let of = |text: &str| whole(text.parse().ok(), 30);
        assert_eq!(of("0"), Some(0));
        assert_eq!(of("30"), Some(30));
        assert_eq!(["31", "-1", "1.5", ""].map(of), [None; 4]);
    }
}
