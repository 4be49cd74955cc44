//! A field to search in.

use leptos::prelude::*;

use crate::icon::{Icon, icon};

/// A search field.
#[component]
pub fn SearchField(
    /// What is searched, for those who hear the page.
    #[prop(into)]
    label: String,
    /// What stands in it while it is empty.
    #[prop(into)]
    placeholder: String,
    /// What is looked for at the beginning.
    #[prop(into)]
    value: Signal<String>,
    /// Told what is looked for, with every letter.
    #[prop(into)]
    on_input: Callback<String>,
) -> impl IntoView {
    view! {
        <div class="search" role="search">
            {icon(Icon::Search, 16)}
            <input
                type="search"
                aria-label=label
                placeholder=placeholder
                autocomplete="off"
                spellcheck="false"
                prop:value=move || value.get()
                on:input:target=move |event| on_input.run(event.target().value())
            />
        </div>
    }
}
