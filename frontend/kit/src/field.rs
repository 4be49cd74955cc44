//! What can be typed into or chosen from. What is wrong stands under the field and is read with it.

use leptos::prelude::*;

use crate::{
    icon::{Icon, icon},
    text,
};

fn wrong(id: &str, error: Signal<Option<String>>) -> impl IntoView + use<> {
    let id = format!("{id}-wrong");
    // The place is there from the start: what appears in it is announced.
    view! {
        <div id=id aria-live="polite">
            {move || {
                error
                    .get()
                    .map(|error| view! { <p class="wrong">{icon(Icon::Alert, 16)} <span>{error}</span></p> })
            }}
        </div>
    }
}

/// A line of text.
#[component]
pub fn TextField(
    /// Names the field in the page, and in what the server says about it.
    id: &'static str,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What was typed.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// `text`, `email` and the like.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=id
                type=kind
                autocomplete=autocomplete
                bind:value=value
                aria-invalid=move || error.get().is_some().then_some("true")
                aria-describedby=format!("{id}-wrong")
            />
            {wrong(id, error)}
        </div>
    }
}

/// An address of electronic mail.
#[component]
pub fn EmailField(
    /// Names the field.
    id: &'static str,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What was typed.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    view! { <TextField id label value error kind="email" autocomplete="username" /> }
}

/// A password, which can be looked at.
#[component]
pub fn PasswordField(
    /// Names the field.
    id: &'static str,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What was typed.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Gets the focus when the dialog that holds it opens.
    #[prop(optional)]
    autofocus: bool,
    /// `current-password` or `new-password`.
    #[prop(default = "current-password")]
    autocomplete: &'static str,
) -> impl IntoView {
    let seen = RwSignal::new(false);
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="with-toggle">
                <input
                    id=id
                    name=id
                    autofocus=autofocus
                    type=move || if seen.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    bind:value=value
                    aria-invalid=move || error.get().is_some().then_some("true")
                    aria-describedby=format!("{id}-wrong")
                />
                <button
                    type="button"
                    aria-label=move || if seen.get() { text::HIDE_PASSWORD } else { text::SHOW_PASSWORD }
                    on:click=move |_| seen.update(|seen| *seen = !*seen)
                >
                    {move || if seen.get() { text::HIDE } else { text::SHOW }}
                </button>
            </div>
            {wrong(id, error)}
        </div>
    }
}

/// One of a list.
#[component]
pub fn SelectField(
    /// Names the field.
    id: &'static str,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// The value that is chosen.
    value: RwSignal<String>,
    /// Values, and what they are called.
    options: Vec<(String, String)>,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|(key, name)| {
            let chosen = key.clone();
            view! { <option value=key selected=move || value.with(|value| *value == chosen)>{name}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id name=id on:change:target=move |event| value.set(event.target().value())>
                {options}
            </select>
        </div>
    }
}
