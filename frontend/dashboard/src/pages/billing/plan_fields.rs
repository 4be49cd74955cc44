//! The fields of a plan. The server counts places of components, tiers and discounts; here each has a number of its own,
//! so what the server says is translated.

use client::{Failure, effect, format};
use contract::{
    metrics::Metric,
    plans::{NewPlanComponent, Plan, PlanComponent},
};
use domain::{
    fees::{FeeAnchor, FeeInterval, FeeTiming, Rhythm},
    money::{Currency, Money},
    plans::MAX_COMPONENTS,
    pricing::{self, AdjustmentTerms, Component, PriceModel, PriceTerms},
    tax,
};
use kit::{Field, Form, a_number, optional, required};
use leptos::prelude::*;

use super::{
    price_fields::{AdjustmentFields, Faults, PriceFields, Reading, id_of},
    rows::{Maker, RowFields, Rows, first_order},
    text,
};

/// What usage of one metric costs.
#[derive(Clone, Copy)]
pub struct Row {
    pub metric: Field,
    pub name: Field,
    pub price: StoredValue<PriceFields>,
}

impl RowFields for Row {
    fn all(self) -> Vec<Field> {
        [self.metric, self.name].into_iter().chain(self.price.with_value(PriceFields::fields)).collect()
    }
}

impl Row {
    fn new(maker: Maker, id: u32, from: Option<PlanComponent>) -> Self {
        let at = |field: &str| format!("/components/{id}/{field}");
        let (metric, name, price) = match from {
            Some(from) => (from.metric, from.name, from.price),
            None => (String::new(), String::new(), PriceTerms::new(PriceModel::Unit)),
        };
        Self {
            metric: maker.form.field(at("metric"), metric, required),
            name: maker.form.field(at("name"), name, required),
            price: StoredValue::new(PriceFields::new(maker, &at("price"), price)),
        }
    }

    /// The metric's name is proposed as the name on the invoice, as long as nobody has typed another.
    pub fn propose_name(self, metrics: &[Metric]) {
        let key = self.metric.text();
        let own = self.name.text();
        let untouched = own.is_empty() || metrics.iter().any(|metric| metric.name == own);
        if let Some(metric) = metrics.iter().find(|metric| metric.key == key).filter(|_| untouched) {
            self.name.value.set(metric.name.clone());
        }
    }
}

/// A plan as it is typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// What is sent as the components.
    pub components: Vec<NewPlanComponent>,
    /// What is sent as what the plan does with all its lines.
    pub adjustments: AdjustmentTerms,
    /// The price so far.
    pub price: pricing::Plan,
    /// How many components have none yet.
    pub unfinished: usize,
    faults: Faults,
}

/// The fields of a plan.
#[derive(Clone, Copy)]
pub struct PlanFields {
    pub name: Field,
    pub description: Field,
    pub tax_class: Field,
    /// Whether it is billed at Stripe.
    pub at_stripe: Field,
    pub currency: Field,
    pub base_fee: Field,
    pub fee_interval: Field,
    pub fee_anchor: Field,
    pub fee_timing: Field,
    pub rows: Rows<Row>,
    pub adjustments: AdjustmentFields,
    /// What all of them say together.
    pub typed: Memo<Typed>,
}

/// A product class; none is the standard one.
pub fn tax_class(typed: &str) -> Option<String> {
    let typed = typed.trim();
    (!typed.is_empty() && !tax::is_class(typed)).then(|| text::tax_class_form().to_owned())
}

impl PlanFields {
    /// The fields, as the plan stands; empty, in this currency, where there is none yet.
    pub fn new(form: Form, plan: Option<&Plan>, currency: Currency) -> Self {
        let maker = Maker { form, faults: RwSignal::default() };
        let initial = plan.map(|plan| plan.components.clone()).unwrap_or_default();
        let adjustments = plan.cloned().map(|Plan { discounts, minimum, maximum, .. }| AdjustmentTerms {
            discounts,
            minimum,
            maximum,
        });
        // A new plan begins with one row: most have one at least.
        let count = if plan.is_some() { initial.len() } else { 1 };
        let currency = plan.map_or(currency, |plan| plan.base_fee.currency());
        let fee = plan.map(|plan| format::typed(plan.base_fee.to_decimal())).unwrap_or_default();
        let base_fee = form.field("/base_fee/amount_minor", fee, a_number);
        let currency = form.field("/base_fee/currency", currency.code(), required);
        let base_fee = form.rule(base_fee, move || not_an_amount(base_fee, currency));
        let rhythm = plan.map(|plan| Rhythm {
            interval: plan.fee_interval,
            anchor: plan.fee_anchor,
            timing: plan.fee_timing,
        });
        let rhythm = rhythm.unwrap_or_default();
        let fee_interval = form.field("/fee_interval", rhythm.interval.as_str(), required);
        let fee_anchor = form.field("/fee_anchor", rhythm.anchor.as_str(), required);
        let fee_timing = form.field("/fee_timing", rhythm.timing.as_str(), required);
        let row = move |id: u32| {
            let from = usize::try_from(id).ok().and_then(|index| initial.get(index).cloned());
            Row::new(maker, id, from)
        };
        let rows = Rows::new(form, maker.field("/components".to_owned(), first_order(count)), row);
        let adjustments = AdjustmentFields::new(maker, "", adjustments.unwrap_or_default());
        let fee = Fee {
            currency,
            amount: base_fee,
            interval: fee_interval,
            anchor: fee_anchor,
            timing: fee_timing,
        };
        let typed = Memo::new(move |_| read(fee, rows, &adjustments));
        effect(move || typed.with(|typed| maker.faults.set(typed.faults.clone())));
        Self {
            name: form.field("/name", plan.map(|plan| plan.name.clone()).unwrap_or_default(), required),
            description: form.field(
                "/description",
                plan.and_then(|plan| plan.description.clone()).unwrap_or_default(),
                optional,
            ),
            tax_class: form.field(
                "/tax_class",
                plan.and_then(|plan| plan.tax_class.clone()).unwrap_or_default(),
                tax_class,
            ),
            at_stripe: form.field(
                "/billed_at",
                plan.is_some_and(|plan| !plan.billed_at.is_here()).to_string(),
                optional,
            ),
            currency,
            base_fee,
            fee_interval,
            fee_anchor,
            fee_timing,
            rows,
            adjustments,
            typed,
        }
    }

    /// Whether there may be no component more.
    pub fn is_full(self) -> bool {
        self.rows.count() >= MAX_COMPONENTS
    }

    /// The plan's currency.
    pub fn chosen_currency(self) -> Currency {
        currency_of(self.currency)
    }

    /// How long the period is that the base fee is for.
    pub fn interval(self) -> FeeInterval {
        interval_of(self.fee_interval)
    }

    /// Where such periods begin.
    pub fn anchor(self) -> FeeAnchor {
        anchor_of(self.fee_anchor)
    }

    /// When such a period is charged.
    pub fn timing(self) -> FeeTiming {
        timing_of(self.fee_timing)
    }

    /// What is sent as the base fee.
    pub fn fee(self) -> Money {
        let currency = untrack(|| self.chosen_currency());
        self.base_fee.amount(currency).unwrap_or_else(|| Money::zero(currency))
    }

    /// What the server said about the second row, told at the row that was the second when it was sent.
    pub fn translate(self, failure: Failure) -> Failure {
        let Failure::Problem(mut problem) = failure else { return failure };
        for error in &mut problem.errors {
            error.pointer = untrack(|| self.own(&error.pointer));
        }
        Failure::Problem(problem)
    }

    fn own(self, pointer: &str) -> String {
        let row = pointer.strip_prefix("/components/").and_then(|below| self.rows.named(below));
        let Some((id, row, field)) = row else { return self.adjustments.own(pointer) };
        match field.strip_prefix("price/") {
            Some(below) => {
                let below = row.price.with_value(|price| price.own(&format!("/{below}")));
                format!("/components/{id}/price{below}")
            }
            None => format!("/components/{id}/{field}"),
        }
    }
}

/// The fields of the base fee.
#[derive(Clone, Copy)]
struct Fee {
    currency: Field,
    amount: Field,
    interval: Field,
    anchor: Field,
    timing: Field,
}

impl Fee {
    fn rhythm(self) -> Rhythm {
        Rhythm {
            interval: interval_of(self.interval),
            anchor: anchor_of(self.anchor),
            timing: timing_of(self.timing),
        }
    }
}

fn interval_of(field: Field) -> FeeInterval {
    field.value.with(|name| name.parse().unwrap_or_default())
}

fn anchor_of(field: Field) -> FeeAnchor {
    field.value.with(|name| name.parse().unwrap_or_default())
}

fn timing_of(field: Field) -> FeeTiming {
    field.value.with(|name| name.parse().unwrap_or_default())
}

fn currency_of(field: Field) -> Currency {
    field.value.with(|code| code.parse().unwrap_or(Currency::USD))
}

fn read(fee: Fee, rows: Rows<Row>, adjustments: &AdjustmentFields) -> Typed {
    let (currency, rhythm) = (currency_of(fee.currency), fee.rhythm());
    let mut reading = Reading::default();
    let (mut sent, mut rated) = (Vec::new(), Vec::new());
    for (id, row) in rows.get() {
        let at = format!("/components/{id}/price");
        let price = row.price.with_value(|price| price.terms(&at, &mut reading));
        let name = row.name.value.get().trim().to_owned();
        // A field that is being typed wrongly has no price, even if the price could do without it.
        let under = format!("{}-", id_of(&at));
        let wrong = reading.faults.keys().any(|fault| fault.starts_with(&under));
        if let Some(price) = price.check("", &mut Vec::new()).filter(|_| !wrong) {
            rated.push(Component {
                // In the preview every row stands for itself, also one whose metric is not chosen yet.
                metric: id.to_string(),
                name: if name.is_empty() { text::unnamed().to_owned() } else { name.clone() },
                unit: String::new(),
                price,
            });
        }
        sent.push(NewPlanComponent { metric: row.metric.value.get().trim().to_owned(), name, price });
    }
    let terms = adjustments.terms(&mut reading);
    let mut problems = Vec::new();
    let adjusted = terms.check("", &mut problems);
    terms.check_rhythm(rhythm, "", &mut problems);
    for problem in problems {
        let id = id_of(&adjustments.own(&problem.pointer));
        reading.faults.entry(id).or_insert_with(|| text::fault(&problem.detail));
    }
    let fee = fee.amount.value.with(|value| format::amount(value, currency));
    let unfinished = sent.len() - rated.len();
    let price = pricing::Plan {
        name: String::new(),
        currency,
        base_fee: fee.unwrap_or_else(|| Money::zero(currency)).to_decimal(),
        rhythm,
        components: rated,
        adjustments: adjusted,
    };
    Typed { components: sent, adjustments: terms, price, unfinished, faults: reading.faults }
}

/// A number that is no amount has more decimals than the currency.
fn not_an_amount(fee: Field, currency: Field) -> Option<String> {
    let currency: Currency = currency.value.with(|code| code.parse().ok())?;
    let number = fee.value.with(|value| format::number(value))?;
    let amount = fee.value.with(|value| format::amount(value, currency));
    (amount.is_none() && !number.is_zero()).then(|| text::decimals_of(currency.code(), currency.exponent()))
}
