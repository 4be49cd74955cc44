//! Discounts, minimum and maximum: of a component, or of the plan.

use domain::money::Currency;
use kit::{SelectField, TextField};
use leptos::prelude::*;

use super::{
    fields::{Asked, add_button, focus, number, remove_button, written},
    price_fields::{AdjustmentFields, DiscountFields, PERCENT},
    rows::{Rows, Spot},
    text,
};

/// What is done with an amount.
pub fn adjustments(fields: &AdjustmentFields, currency: Memo<Currency>, minimum: &'static str) -> AnyView {
    let AdjustmentFields { discounts: rows, minimum: least, maximum: most } = *fields;
    let prefix = rows.order.id.get_value();
    let add = move || {
        let id = rows.add();
        focus(format!("#{prefix}-{id}-name"));
    };
    let bounds = move || {
        let money = |field, label: &str, hint| Asked {
            field,
            label: label.to_owned(),
            hint,
            unit: Some(text::per(text::a_month())),
            currency: Some(currency.get()),
        };
        [
            number(money(least, minimum, text::minimum_hint())),
            number(money(most, text::maximum(), text::maximum_hint())),
        ]
        .collect_view()
    };
    view! {
        <div class="entries" role="group" aria-label=text::discounts()>
            <b>{text::discounts()}</b>
            <p class="dim">{text::discount_hint()}</p>
            {rows.shown(true, move |spot, row| discount(rows, spot, row, currency))}
            {add_button(rows.order, text::add_discount(), Signal::stored(false), add)}
        </div>
        <div class="two">{move || bounds()}</div>
    }
    .into_any()
}

fn discount(
    rows: Rows<DiscountFields>,
    Spot { id, place, .. }: Spot,
    row: DiscountFields,
    currency: Memo<Currency>,
) -> AnyView {
    let (name, prefix) = (written(place + 1), rows.order.id.get_value());
    let remove = move || {
        let prefix = rows.order.id.get_value();
        match rows.take_out(id) {
            Some(next) => focus(format!("#{prefix}-{next}-remove")),
            None => focus(format!("#{prefix}-add button")),
        }
    };
    let kinds = [(PERCENT, text::by_percent()), ("amount", text::by_amount())];
    let kinds = kinds.map(|(key, name)| (key.to_owned(), name.to_owned())).to_vec();
    let label = text::discount_value(&name);
    let by_percent = Memo::new(move |_| row.kind.value.with(|kind| kind == PERCENT));
    let value = move || {
        let by_percent = by_percent.get();
        number(Asked {
            field: row.value,
            label: label.clone(),
            hint: "",
            unit: by_percent.then(|| "%".to_owned()),
            currency: (!by_percent).then(|| currency.get()),
        })
    };
    view! {
        <div class="entry">
            <TextField field=row.name label=text::discount_name(&name) />
            <SelectField field=row.kind label=text::discount_how(&name) options=Signal::stored(kinds) />
            {value}
            {remove_button(format!("{prefix}-{id}-remove"), text::remove_discount(&name), false, remove)}
        </div>
    }
    .into_any()
}
