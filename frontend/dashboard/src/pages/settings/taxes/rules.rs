//! The rules, to be typed.

use kit::{CheckField, DateField, EmptyState, Icon, SelectField, TextField};
use leptos::prelude::*;

use super::{
    fields::{RuleFields, is_full},
    text,
};
use crate::pages::{
    billing::{
        fields::{Asked, add_button, focus, number, remove_button, written},
        rows::{Rows, Spot},
    },
    countries::countries,
};

/// The rules, and one more.
#[component]
pub fn Rules(rows: Rows<RuleFields>) -> impl IntoView {
    let empty = Memo::new(move |_| rows.count() == 0);
    let none =
        || view! { <EmptyState title=text::no_rules() detail=text::no_rules_detail() sign=Icon::Invoice /> };
    let options = countries(text::choose_country());
    let add = move || {
        if !is_full(rows) {
            let id = rows.add();
            focus(format!("#rules-{id}-name"));
        }
    };
    view! {
        {move || empty.get().then(none)}
        <div class="pad tax-rules">
            {rows.shown(true, move |spot, row| rule(rows, spot, &row, options))}
            {add_button(rows.order, text::add_rule(), Signal::derive(move || is_full(rows)), add)}
            {move || (!empty.get()).then(|| view! { <p class="dim">{text::rules_note()}</p> })}
        </div>
    }
}

fn rule(
    rows: Rows<RuleFields>,
    spot: Spot,
    row: &RuleFields,
    options: Signal<Vec<(String, String)>>,
) -> AnyView {
    let Spot { id, place, .. } = spot;
    let name = written(place + 1);
    let remove = move || match rows.take_out(id) {
        Some(next) => focus(format!("#rules-{next}-remove")),
        None => focus("#rules-add button".to_owned()),
    };
    let rate = Asked {
        field: row.percent,
        label: text::rate().to_owned(),
        hint: "",
        unit: Some("%".to_owned()),
        currency: None,
    };
    view! {
        <div class="tax-rule" role="group" aria-label=text::rule(&name)>
            <TextField field=row.name label=text::rule_name() />
            {number(rate)}
            <SelectField field=row.country label=text::country() options />
            <TextField field=row.region label=text::region() />
            <TextField field=row.class label=text::class() />
            <DateField field=row.from label=text::from() />
            <DateField field=row.until label=text::until() />
            <CheckField field=row.compound label=text::compound() />
            {remove_button(format!("rules-{id}-remove"), text::remove_rule(&name), false, remove)}
        </div>
    }
    .into_any()
}
