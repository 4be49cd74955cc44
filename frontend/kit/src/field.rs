//! What can be typed into or chosen from. What is wrong stands under the field and is read with it.

use client::format;
use domain::money::Currency;
use leptos::prelude::*;

use crate::{
    form::Field,
    icon::{Icon, icon},
    text,
};

/// The label above, the hint and what is wrong below. Every field is one of these.
#[component]
pub(crate) fn Around(
    field: Field,
    label: String,
    /// The label is said and not written.
    #[prop(optional)]
    bare: bool,
    hint: Option<String>,
    children: Children,
) -> impl IntoView {
    let id = field.id.get_value();
    let hint = hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> });
    view! {
        <div class="field">
            <label for=id.clone() class=bare.then_some("only-heard")>{label}</label>
            {children()}
            {hint}
            // The place is there from the start: what appears in it is announced.
            <div id=format!("{id}-wrong") aria-live="polite">
                {move || {
                    field
                        .error
                        .get()
                        .map(|error| view! { <p class="wrong">{icon(Icon::Alert, 16)} <span>{error}</span></p> })
                }}
            </div>
        </div>
    }
}

pub(crate) fn described(field: Field, hint: bool) -> String {
    let id = field.id.get_value();
    if hint { format!("{id}-hint {id}-wrong") } else { format!("{id}-wrong") }
}

pub(crate) fn invalid(field: Field) -> impl Fn() -> Option<&'static str> {
    move || field.error.get().is_some().then_some("true")
}

/// A line of text.
#[component]
pub fn TextField(
    /// What is typed.
    field: Field,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// `text`, `email`, `tel`, `url`. Numbers and days have fields of their own.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Gets the focus when what holds it opens.
    #[prop(optional)]
    autofocus: bool,
    /// What stands before it inside of its frame: a currency.
    #[prop(optional, into)]
    before: Option<String>,
    /// What stands after it inside of its frame: a unit.
    #[prop(optional, into)]
    after: Option<String>,
) -> impl IntoView {
    let id = field.id.get_value();
    let mode = match kind {
        "email" => "email",
        "tel" => "tel",
        "url" => "url",
        _ => "text",
    };
    view! {
        <Around field label hint=hint.clone()>
            <div class="with-unit">
                {before.map(|before| view! { <span class="unit" aria-hidden="true">{before}</span> })}
                <input
                    id=id.clone()
                    name=id
                    type=kind
                    inputmode=mode
                    autocomplete=autocomplete
                    autofocus=autofocus
                    bind:value=field.value
                    aria-invalid=invalid(field)
                    aria-describedby=described(field, hint.is_some())
                />
                {after.map(|after| view! { <span class="unit">{after}</span> })}
            </div>
        </Around>
    }
}

/// A number. It is typed as the browser's locale writes numbers, or plainly.
#[component]
pub fn NumberField(
    /// What is typed.
    field: Field,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// The unit after it.
    #[prop(optional, into)]
    unit: Option<String>,
    /// The currency before it, where it is money.
    #[prop(optional)]
    currency: Option<Currency>,
) -> impl IntoView {
    let id = field.id.get_value();
    let sign = currency.map(format::currency_sign);
    view! {
        <Around field label hint=hint.clone()>
            <div class="with-unit">
                {sign.map(|sign| view! { <span class="unit" aria-hidden="true">{sign}</span> })}
                <input
                    id=id.clone()
                    name=id
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    class="r"
                    bind:value=field.value
                    aria-invalid=invalid(field)
                    aria-describedby=described(field, hint.is_some())
                />
                {unit.map(|unit| view! { <span class="unit">{unit}</span> })}
            </div>
        </Around>
    }
}

/// What is wrong with a number that has to be there.
pub fn a_number(text: &str) -> Option<String> {
    crate::form::required(text).or_else(|| a_number_or_none(text))
}

/// What is wrong with a number that may be left out.
pub fn a_number_or_none(text: &str) -> Option<String> {
    let ok = text.trim().is_empty() || format::number(text).is_some();
    (!ok).then(|| text::not_a_number().to_owned())
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// What is typed.
    field: Field,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// How many lines it shows.
    #[prop(default = 3)]
    rows: u8,
) -> impl IntoView {
    let id = field.id.get_value();
    view! {
        <Around field label hint=hint.clone()>
            <textarea
                id=id.clone()
                name=id
                rows=rows.to_string()
                bind:value=field.value
                aria-invalid=invalid(field)
                aria-describedby=described(field, hint.is_some())
            ></textarea>
        </Around>
    }
}

/// A password, which can be looked at.
#[component]
pub fn PasswordField(
    /// What is typed.
    field: Field,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Gets the focus when what holds it opens.
    #[prop(optional)]
    autofocus: bool,
    /// `current-password` or `new-password`.
    #[prop(default = "current-password")]
    autocomplete: &'static str,
) -> impl IntoView {
    let seen = RwSignal::new(false);
    let id = field.id.get_value();
    view! {
        <Around field label hint=hint.clone()>
            <div class="with-toggle">
                <input
                    id=id.clone()
                    name=id
                    autofocus=autofocus
                    type=move || if seen.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    bind:value=field.value
                    aria-invalid=invalid(field)
                    aria-describedby=described(field, hint.is_some())
                />
                <button
                    type="button"
                    aria-label=move || if seen.get() { text::hide_password() } else { text::show_password() }
                    on:click=move |_| seen.update(|seen| *seen = !*seen)
                >
                    {move || if seen.get() { text::hide() } else { text::show() }}
                </button>
            </div>
        </Around>
    }
}

/// One of a list.
#[component]
pub fn SelectField(
    /// The value that is chosen.
    field: Field,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Values, and what they are called.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let id = field.id.get_value();
    let list = move || {
        let option = |(key, name): (String, String)| {
            let chosen = key.clone();
            view! { <option value=key selected=move || field.value.with(|value| *value == chosen)>{name}</option> }
        };
        options.get().into_iter().map(option).collect_view()
    };
    view! {
        <Around field label hint=hint.clone()>
            <select
                id=id.clone()
                name=id
                on:change:target=move |event| field.value.set(event.target().value())
                aria-invalid=invalid(field)
                aria-describedby=described(field, hint.is_some())
            >
                {move || list()}
            </select>
        </Around>
    }
}

/// Yes or no. The value is `true` or `false`.
#[component]
pub fn CheckField(
    /// Whether it is so.
    field: Field,
    /// What is so.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// It takes effect at once: it looks like a switch.
    #[prop(optional)]
    switch: bool,
) -> impl IntoView {
    let id = field.id.get_value();
    let hint = hint.map(|hint| view! { <span class="hint" id=format!("{id}-hint")>{hint}</span> });
    view! {
        <div class=if switch { "check switch" } else { "check" }>
            <input
                id=id.clone()
                name=id.clone()
                type="checkbox"
                role=switch.then_some("switch")
                prop:checked=move || field.value.with(|value| value == "true")
                on:change:target=move |event| field.value.set(event.target().checked().to_string())
                aria-describedby=described(field, hint.is_some())
            />
            <label for=id.clone()>{label}</label>
            {hint}
            <div id=format!("{id}-wrong") aria-live="polite">
                {move || field.error.get().map(|error| view! { <p class="wrong">{icon(Icon::Alert, 16)} <span>{error}</span></p> })}
            </div>
        </div>
    }
}
