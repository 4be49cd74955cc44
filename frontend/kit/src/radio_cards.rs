//! One of a few things that have to be looked at to be chosen.

use leptos::prelude::*;

use crate::{
    form::Field,
    icon::{Icon, icon},
};

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RadioCard {
    /// The field's value.
    pub value: String,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// The figure that it is chosen by.
    pub figure: String,
    /// What else there is to know, a line each.
    pub lines: Vec<String>,
}

/// Cards of which one is chosen: radio buttons, so that the arrow keys move.
#[component]
pub fn RadioCards(
    /// The value that is chosen.
    field: Field,
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// What can be chosen.
    #[prop(into)]
    options: Signal<Vec<RadioCard>>,
) -> impl IntoView {
    let id = field.id.get_value();
    let name = StoredValue::new(id.clone());
    let wrong = format!("{id}-wrong");
    let place = wrong.clone();
    let card = move |(at, card): (usize, RadioCard)| {
        let RadioCard { value, title, about, figure, lines } = card;
        let (mine, chosen) = (value.clone(), value.clone());
        view! {
            <label class="radio-card">
                <input
                    type="radio"
                    id=format!("{}-{at}", name.get_value())
                    name=name.get_value()
                    value=value
                    prop:checked=move || field.value.with(|it| *it == mine)
                    on:change=move |_| field.value.set(chosen.clone())
                />
                <span class="radio-card-head">
                    <b>{title}</b>
                    <span class="figure">{figure}</span>
                </span>
                {(!about.is_empty()).then(|| view! { <span class="about">{about}</span> })}
                {lines.into_iter().map(|line| view! { <span class="line">{line}</span> }).collect_view()}
            </label>
        }
    };
    view! {
        <fieldset
            class="radio-cards"
            role="radiogroup"
            tabindex="-1"
            aria-invalid=move || field.error.get().is_some().then_some("true")
            aria-describedby=wrong
        >
            <legend>{label}</legend>
            <div class="radio-cards-all">
                {move || options.get().into_iter().enumerate().map(card).collect_view()}
            </div>
            <div id=place aria-live="polite">
                {move || {
                    field
                        .error
                        .get()
                        .map(|error| view! { <p class="wrong">{icon(Icon::Alert, 16)} <span>{error}</span></p> })
                }}
            </div>
        </fieldset>
    }
}
