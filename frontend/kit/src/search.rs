//! A field to search in. What is looked for stands in the address.

use address::replace;
use client::effect;
use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};

use crate::icon::{Icon, icon};

/// A pause in typing after which the search begins.
const PAUSE: Duration = Duration::from_millis(220);

/// A search field.
#[component]
pub fn SearchField(
    /// What is searched, for those who hear the page.
    #[prop(into)]
    label: String,
    /// What stands in it while it is empty.
    #[prop(into)]
    placeholder: String,
    /// What is looked for, as the address has it.
    #[prop(into)]
    value: Signal<String>,
    /// The address that looks for something else.
    #[prop(into)]
    address: Callback<String, String>,
) -> impl IntoView {
    let typed = RwSignal::new(value.get_untracked());
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.get_value() {
            timer.clear();
        }
    };
    on_cleanup(stop);
    // The address may change by other means, as by going back; what is being typed is not overwritten with its beginning.
    effect(move || {
        let value = value.get();
        if timer.get_value().is_none() {
            typed.set(value);
        }
    });
    let on_input = move |text: String| {
        typed.set(text);
        stop();
        let go = move || {
            timer.set_value(None);
            let to = address.run(typed.get_untracked().trim().to_owned());
            replace(&to);
        };
        timer.set_value(set_timeout_with_handle(go, PAUSE).ok());
    };
    view! {
        <div class="search" role="search">
            {icon(Icon::Search, 16)}
            <input
                type="search"
                aria-label=label
                placeholder=placeholder
                autocomplete="off"
                spellcheck="false"
                prop:value=move || typed.get()
                on:input:target=move |event| on_input(event.target().value())
            />
        </div>
    }
}
