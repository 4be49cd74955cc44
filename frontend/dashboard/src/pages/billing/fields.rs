//! What the editors of prices and of adjustments share.

use client::format;
use domain::money::Currency;
use kit::{
    Button, Field, Icon,
    field::{NumberField, NumberFieldProps},
    icon,
};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// A number that is asked for.
pub struct Asked {
    pub field: Field,
    pub label: String,
    /// Empty where there is nothing to say.
    pub hint: &'static str,
    pub unit: Option<String>,
    pub currency: Option<Currency>,
}

pub fn number(asked: Asked) -> AnyView {
    let Asked { field, label, hint, unit, currency } = asked;
    let hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
    NumberField(NumberFieldProps { field, label, hint, unit, currency }).into_any()
}

/// A count, as people read it.
pub fn written(count: usize) -> String {
    format::whole(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Adds a row. What is wrong with the rows as a whole is told beside it.
pub fn add_button(
    order: Field,
    label: &'static str,
    off: Signal<bool>,
    add: impl Fn() + Send + Sync + 'static,
) -> AnyView {
    let id = order.id.get_value();
    let wrong = move || {
        order
            .error
            .get()
            .map(|wrong| view! { <p class="wrong">{icon(Icon::Alert, 16)} <span>{wrong}</span></p> })
    };
    view! {
        <div id=format!("{id}-add") class="add">
            <Button small=true off on_press=move |()| add()>
                {icon(Icon::Plus, 16)}
                {label}
            </Button>
            <div class="field" aria-live="polite">
                {move || wrong()}
            </div>
        </div>
    }
    .into_any()
}

/// Takes a row out; off where it is the only one.
pub fn remove_button(id: String, label: String, off: bool, remove: impl Fn() + 'static) -> AnyView {
    let press = move |_| {
        if !off {
            remove();
        }
    };
    view! {
        <button
            type="button"
            id=id
            class="btn quiet small remove"
            class:off=off
            aria-disabled=off.then_some("true")
            aria-label=label
            on:click=press
        >
            {icon(Icon::Trash, 16)}
        </button>
    }
    .into_any()
}

/// Moves the focus to what has just come, or to what is left.
pub fn focus(selector: String) {
    // Rows follow their order in an effect; they are drawn in the frame after it.
    request_animation_frame(move || {
        request_animation_frame(move || {
            let found = document().query_selector(&selector).ok().flatten();
            if let Some(found) = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = found.focus();
            }
        });
    });
}
