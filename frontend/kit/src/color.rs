//! A colour: typed, or picked.

use leptos::prelude::*;

use crate::{
    field::{Around, described, invalid},
    form::Field,
    text,
};

/// A colour as `#rrggbb`, with the browser's own picker beside it.
#[component]
pub fn ColorField(
    /// What is typed.
    field: Field,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let id = field.id.get_value();
    // The picker knows nothing but whole colours.
    let picked = move || {
        let typed = field.value.with(|value| value.trim().to_lowercase());
        if domain::text::color(&typed).is_ok() { typed } else { "#000000".to_owned() }
    };
    let pick = text::color_of(&label);
    view! {
        <Around field label hint=hint.clone()>
            <div class="with-swatch">
                <input
                    type="color"
                    aria-label=pick
                    prop:value=picked
                    on:input:target=move |event| field.value.set(event.target().value())
                />
                <input
                    id=id.clone()
                    name=id
                    type="text"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    maxlength="7"
                    bind:value=field.value
                    aria-invalid=invalid(field)
                    aria-describedby=described(field, hint.is_some())
                />
            </div>
        </Around>
    }
}
