//! A field that suggests what could stand in it.

use leptos::prelude::*;

use crate::{
    field::{Around, described, invalid},
    form::Field,
};

/// A line of text with suggestions. Whoever knows what to type need not wait for them.
#[component]
pub fn SuggestField(
    /// What is typed.
    field: Field,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Values, and what they are called.
    #[prop(into)]
    suggestions: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let id = field.id.get_value();
    let list = format!("{id}-list");
    let options = move || {
        let option = |(value, name): (String, String)| view! { <option value=value>{name}</option> };
        suggestions.get().into_iter().map(option).collect_view()
    };
    view! {
        <Around field label hint=hint.clone()>
            <input
                id=id.clone()
                name=id
                type="text"
                autocomplete="off"
                spellcheck="false"
                list=list.clone()
                bind:value=field.value
                aria-invalid=invalid(field)
                aria-describedby=described(field, hint.is_some())
            />
            <datalist id=list>{move || options()}</datalist>
        </Around>
    }
}
