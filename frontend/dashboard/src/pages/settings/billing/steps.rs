//! The steps of the schedule, to be typed.

use domain::{dunning::DunningAction, money::Currency};
use kit::{Button, EmptyState, Icon, SelectField};
use leptos::prelude::*;

use super::{
    fields::{AFTER, AMOUNT, BEFORE, StepFields, Typed, add_usual, is_full},
    picture::picture,
    text,
};
use crate::pages::billing::{
    fields::{Asked, add_button, focus, number, remove_button, written},
    price_fields::PERCENT,
    rows::{Rows, Spot},
};

/// The picture of the schedule, its steps, and one more.
#[component]
pub fn Steps(
    rows: Rows<StepFields>,
    typed: Memo<Typed>,
    /// Of late fees that are amounts.
    currency: Currency,
) -> impl IntoView {
    let empty = Memo::new(move |_| rows.count() == 0);
    let begin = move |()| {
        add_usual(rows);
        focus(".steps-of input".to_owned());
    };
    let none = move || {
        view! {
            <EmptyState title=text::no_steps() detail=text::no_steps_detail() sign=Icon::Mail>
                <Button on_press=begin>{text::begin_usual()}</Button>
            </EmptyState>
        }
    };
    let heads = || {
        view! {
            <div class="tier heads" aria-hidden="true">
                <span>{text::days()}</span>
                <span>{text::when_shown()}</span>
                <span>{text::what_is_done()}</span>
                <span>{text::late_fee()}</span>
            </div>
        }
    };
    let add = move || {
        if !is_full(rows) {
            let id = rows.add();
            focus(format!("#dunning-{id}-days"));
        }
    };
    view! {
        {move || {
            if empty.get() {
                none().into_any()
            } else {
                typed.with(|typed| picture(&typed.schedule()))
            }
        }}
        <div class="pad tiers steps-of">
            {move || (!empty.get()).then(heads)}
            {rows.shown(true, move |spot, row| step(rows, spot, row, currency))}
            {add_button(rows.order, text::add_step(), Signal::derive(move || is_full(rows)), add)}
            {move || {
                (!empty.get())
                    .then(|| view! { <p class="dim">{text::order_note()} " " {text::issued_keep()}</p> })
            }}
        </div>
    }
}

fn step(rows: Rows<StepFields>, spot: Spot, row: StepFields, currency: Currency) -> AnyView {
    let Spot { id, place, .. } = spot;
    let name = written(place + 1);
    let remove = move || match rows.take_out(id) {
        Some(next) => focus(format!("#dunning-{next}-remove")),
        None => focus("#dunning-add button".to_owned()),
    };
    let options = |all: &[(&str, &str)]| {
        let option = |(key, name): &(&str, &str)| ((*key).to_owned(), (*name).to_owned());
        Signal::stored(all.iter().map(option).collect::<Vec<_>>())
    };
    let sides = options(&[(BEFORE, text::before_due()), (AFTER, text::after_due())]);
    let deeds: Vec<_> =
        DunningAction::ALL.iter().map(|action| (action.as_str(), text::deed(*action))).collect();
    let kinds = options(&[(PERCENT, text::percent()), (AMOUNT, text::amount())]);
    let late = Memo::new(move |_| row.chosen() == DunningAction::LateFee);
    let by_amount = Memo::new(move |_| row.fee_kind.value.with(|kind| kind == AMOUNT));
    let fee = move || {
        let value = move || {
            let by_amount = by_amount.get();
            number(Asked {
                field: row.fee,
                label: text::fee_value().to_owned(),
                hint: "",
                unit: (!by_amount).then(|| "%".to_owned()),
                currency: by_amount.then_some(currency),
            })
        };
        view! {
            <SelectField field=row.fee_kind label=text::fee_kind() options=kinds />
            {value}
        }
    };
    let days =
        Asked { field: row.days, label: text::days().to_owned(), hint: "", unit: None, currency: None };
    view! {
        <div class="tier" role="group" aria-label=text::step(&name)>
            {number(days)}
            <SelectField field=row.side label=text::when() options=sides />
            <SelectField field=row.action label=text::what_is_done() options=options(&deeds) />
            <div class="fee-of">{move || late.get().then(fee)}</div>
            {remove_button(format!("dunning-{id}-remove"), text::remove_step(&name), false, remove)}
        </div>
    }
    .into_any()
}
