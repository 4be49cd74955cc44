//! The fields of a plan. Components are rows that come, go and change places, so each row has a number of its own that
//! its fields are named by; the server, which counts places, is translated.

use client::{Failure, effect, format};
use contract::{
    metrics::Metric,
    plans::{NewPlanComponent, Plan, PlanComponent},
};
use domain::{
    money::{Currency, Money},
    plans::MAX_COMPONENTS,
    pricing::{self, AdjustmentTerms, Component, PriceModel, PriceTerms},
};
use kit::{Field, Form, a_number, a_number_or_none, optional, required};
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::text;

/// What usage of one metric costs.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its own number; not its place.
    pub id: u32,
    pub metric: Field,
    pub name: Field,
    pub included: Field,
    pub unit_price: Field,
    /// The price as it is kept; what the fields do not show of it stays.
    kept: StoredValue<PriceTerms>,
}

impl Row {
    fn new(form: Form, id: u32, from: Option<&PlanComponent>) -> Self {
        let text = |read: fn(&PlanComponent) -> String| from.map(read).unwrap_or_default();
        let at = |field: &str| format!("/components/{id}/{field}");
        let kept = from.map_or_else(|| PriceTerms::new(PriceModel::Unit), |it| it.price.clone());
        let by_unit = kept.model == PriceModel::Unit;
        Self {
            id,
            metric: form.field(at("metric"), text(|it| it.metric.clone()), required),
            name: form.field(at("name"), text(|it| it.name.clone()), required),
            included: form.field(
                at("price/included"),
                text(|it| format::typed(it.price.included.decimal())),
                a_number_or_none,
            ),
            unit_price: form.field(
                at("price/unit_price"),
                text(|it| it.price.unit_price.map(|it| format::typed(it.decimal())).unwrap_or_default()),
                if by_unit { a_number } else { optional },
            ),
            kept: StoredValue::new(kept),
        }
    }

    fn fields(self) -> [Field; 4] {
        [self.metric, self.name, self.included, self.unit_price]
    }

    fn component(self) -> NewPlanComponent {
        NewPlanComponent {
            metric: self.metric.text(),
            name: self.name.text(),
            price: self.terms(self.unit_price.number(), self.included.number()),
        }
    }

    /// The price with what its fields say.
    fn terms(self, unit_price: Option<Decimal>, included: Option<Decimal>) -> PriceTerms {
        let kept = self.kept.get_value();
        match kept.model {
            PriceModel::Unit => PriceTerms {
                unit_price: unit_price.map(Into::into),
                included: included.unwrap_or_default().into(),
                ..kept
            },
            _ => kept,
        }
    }

    /// The price that the fields do not show, if it is such a one.
    pub fn shown_whole(self) -> Option<PriceTerms> {
        Some(self.kept.get_value()).filter(|kept| kept.model != PriceModel::Unit)
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

    /// Its price, once it has one.
    fn price(self) -> Option<Component> {
        let number = |field: Field| field.value.with(|value| format::number(value));
        let name = self.name.value.get();
        let terms = self.terms(number(self.unit_price), number(self.included));
        Some(Component {
            // In the preview every row stands for itself, also one whose metric is not chosen yet.
            metric: self.id.to_string(),
            name: if name.trim().is_empty() { text::unnamed().to_owned() } else { name },
            unit: String::new(),
            price: terms.check("", &mut Vec::new())?,
        })
    }
}

/// The fields of a plan.
#[derive(Clone, Copy)]
pub struct PlanFields {
    pub form: Form,
    pub name: Field,
    pub description: Field,
    pub currency: Field,
    pub base_fee: Field,
    /// The numbers of the rows in their order, as text: so that rows, too, are kept until they are sent.
    order: Field,
    /// The rows.
    pub rows: RwSignal<Vec<Row>>,
    next: StoredValue<u32>,
    initial: StoredValue<Vec<PlanComponent>>,
    /// What the plan does with all its lines; it has no fields yet, and stays.
    pub adjustments: StoredValue<AdjustmentTerms>,
    owner: StoredValue<Owner>,
}

fn read_order(text: &str) -> Vec<u32> {
    text.split(' ').filter_map(|id| id.parse().ok()).collect()
}

impl PlanFields {
    /// The fields, as the plan stands; empty, in this currency, where there is none yet.
    pub fn new(form: Form, plan: Option<&Plan>, currency: Currency) -> Self {
        let initial = plan.map(|plan| plan.components.clone()).unwrap_or_default();
        let adjustments = plan.cloned().map(|Plan { discounts, minimum, maximum, .. }| AdjustmentTerms {
            discounts,
            minimum,
            maximum,
        });
        let adjustments = adjustments.unwrap_or_default();
        // A new plan begins with one row: most have one at least.
        let count = if plan.is_some() { u32::try_from(initial.len()).unwrap_or(0) } else { 1 };
        let ids: Vec<_> = (0..count).map(|id| id.to_string()).collect();
        let currency = plan.map_or(currency, |plan| plan.base_fee.currency());
        let fee = plan.map(|plan| format::typed(plan.base_fee.to_decimal())).unwrap_or_default();
        let base_fee = form.field("/base_fee/amount_minor", fee, a_number);
        let currency = form.field("/base_fee/currency", currency.code(), required);
        let fields = Self {
            form,
            name: form.field("/name", plan.map(|plan| plan.name.clone()).unwrap_or_default(), required),
            description: form.field(
                "/description",
                plan.and_then(|plan| plan.description.clone()).unwrap_or_default(),
                optional,
            ),
            currency,
            base_fee: form.rule(base_fee, move || not_an_amount(base_fee, currency)),
            order: form.field("/components", ids.join(" "), optional),
            rows: RwSignal::new(Vec::new()),
            next: StoredValue::new(count),
            initial: StoredValue::new(initial),
            adjustments: StoredValue::new(adjustments),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        };
        fields.follow();
        effect(move || {
            fields.order.value.track();
            fields.follow();
        });
        fields
    }

    /// Makes the rows those that the order names.
    fn follow(self) {
        let wanted = self.order.value.with_untracked(|order| read_order(order));
        let now = self.rows.get_untracked();
        if now.iter().map(|row| row.id).eq(wanted.iter().copied()) {
            return;
        }
        for row in now.iter().filter(|row| !wanted.contains(&row.id)) {
            self.form.remove(&row.fields());
        }
        let rows = wanted
            .into_iter()
            .map(|id| {
                self.next.update_value(|next| *next = (*next).max(id + 1));
                now.iter().find(|row| row.id == id).copied().unwrap_or_else(|| self.row(id))
            })
            .collect();
        self.rows.set(rows);
    }

    /// A row's fields live as long as the form, whoever asked for them.
    fn row(self, id: u32) -> Row {
        let from = self
            .initial
            .with_value(|initial| usize::try_from(id).ok().and_then(|index| initial.get(index).cloned()));
        self.owner.get_value().with(|| Row::new(self.form, id, from.as_ref()))
    }

    fn reorder(self, change: impl FnOnce(&mut Vec<u32>)) {
        let mut order = self.order.value.with_untracked(|order| read_order(order));
        change(&mut order);
        self.order.value.set(order.iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
    }

    /// Adds a row at the end, and says which.
    pub fn add(self) -> u32 {
        let id = self.next.get_value();
        self.reorder(|order| order.push(id));
        id
    }

    /// Takes a row out.
    pub fn take_out(self, id: u32) {
        self.reorder(|order| order.retain(|other| *other != id));
    }

    /// Lets a row change places with the one before it, or the one after it.
    pub fn swap(self, id: u32, forward: bool) {
        self.reorder(|order| {
            let Some(at) = order.iter().position(|other| *other == id) else { return };
            let other = if forward { Some(at + 1) } else { at.checked_sub(1) };
            if let Some(other) = other.filter(|other| *other < order.len()) {
                order.swap(at, other);
            }
        });
    }

    /// Whether there may be one more.
    pub fn is_full(self) -> bool {
        self.rows.with(|rows| rows.len() >= MAX_COMPONENTS)
    }

    /// What is wrong with the rows as a whole.
    pub fn wrong(self) -> Signal<Option<String>> {
        self.order.error
    }

    /// The plan's currency.
    pub fn chosen_currency(self) -> Currency {
        self.currency.value.with(|code| code.parse().unwrap_or(Currency::USD))
    }

    /// What is sent as the base fee.
    pub fn fee(self) -> Money {
        let currency = untrack(|| self.chosen_currency());
        self.base_fee.amount(currency).unwrap_or_else(|| Money::zero(currency))
    }

    /// What is sent as the components.
    pub fn components(self) -> Vec<NewPlanComponent> {
        self.rows.with_untracked(|rows| rows.iter().map(|row| row.component()).collect())
    }

    /// The price so far, and how many rows have none yet.
    pub fn price(self) -> (pricing::Plan, usize) {
        let currency = self.chosen_currency();
        let fee = self.base_fee.value.with(|value| format::amount(value, currency));
        let rows = self.rows.get();
        let components: Vec<_> = rows.iter().filter_map(|row| row.price()).collect();
        let unfinished = rows.len() - components.len();
        let price = pricing::Plan {
            name: String::new(),
            currency,
            base_fee: fee.unwrap_or_else(|| Money::zero(currency)).to_decimal(),
            components,
            adjustments: self.adjustments.with_value(|terms| terms.check("", &mut Vec::new())),
        };
        (price, unfinished)
    }

    /// What the server said about the second row, told at the row that was the second when it was sent.
    pub fn translate(self, failure: Failure) -> Failure {
        let Failure::Problem(mut problem) = failure else { return failure };
        let order = self.order.value.with_untracked(|order| read_order(order));
        for error in &mut problem.errors {
            let Some((place, field)) =
                error.pointer.strip_prefix("/components/").and_then(|rest| rest.split_once('/'))
            else {
                continue;
            };
            if let Some(id) = place.parse::<usize>().ok().and_then(|place| order.get(place)) {
                error.pointer = format!("/components/{id}/{field}");
            }
        }
        Failure::Problem(problem)
    }
}

/// A number that is no amount has more decimals than the currency.
fn not_an_amount(fee: Field, currency: Field) -> Option<String> {
    let currency: Currency = currency.value.with(|code| code.parse().ok())?;
    let number = fee.value.with(|value| format::number(value))?;
    let amount = fee.value.with(|value| format::amount(value, currency));
    (amount.is_none() && !number.is_zero()).then(|| text::decimals_of(currency.code(), currency.exponent()))
}
