//! Choosing one of many customers.

use address::Query;
use client::{Remote, effect, load};
use contract::{Page, customers::Customer};
use leptos::prelude::*;

/// What a customer is offered as.
pub fn name_of(customer: &Customer) -> String {
    format!("{} ({})", customer.company_name, customer.code)
}

/// A field that finds customers by a part of their name or code. The browser's own list offers what was found.
#[component]
pub fn CustomerSearch(
    /// Names it in the page.
    id: &'static str,
    /// What it is called.
    label: &'static str,
    /// What stands in it while it is empty.
    placeholder: &'static str,
    /// Which one it is now.
    #[prop(into)]
    chosen: Signal<Option<Customer>>,
    /// Told the one that was chosen, or that there is none any more.
    #[prop(into)]
    on_pick: Callback<Option<Customer>>,
    /// It is empty again after each choice.
    #[prop(optional)]
    many: bool,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    effect(move || {
        let name = chosen.with(|chosen| chosen.as_ref().map(name_of)).unwrap_or_default();
        typed.set(name);
    });
    let found = load::<Page<Customer>>(move || {
        let words = typed.with(|typed| typed.split(" (").next().unwrap_or_default().trim().to_owned());
        let mut query = Query::new();
        query.set("limit", "20");
        if !words.is_empty() {
            query.set("q", words);
        }
        Some(format!("/msp/customers{query}"))
    });
    let matches = move || match found.state.get() {
        Remote::Ready(page) => page.items,
        Remote::Loading | Remote::Failed(_) => Vec::new(),
    };
    // What the list puts into the field is the whole name; it may come before its answer does.
    effect(move || {
        let text = typed.get();
        let Some(picked) = matches().into_iter().find(|customer| name_of(customer) == text) else { return };
        if chosen.with_untracked(|chosen| chosen.as_ref().map(|it| it.id)) != Some(picked.id) {
            on_pick.run(Some(picked));
            if many {
                typed.set(String::new());
            }
        }
    });
    let changed = move |text: String| {
        if text.trim().is_empty() && !many {
            on_pick.run(None);
        }
    };
    let list = format!("{id}-list");
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                type="text"
                list=list.clone()
                placeholder=placeholder
                autocomplete="off"
                spellcheck="false"
                prop:value=move || typed.get()
                on:input:target=move |event| typed.set(event.target().value())
                on:change:target=move |event| changed(event.target().value())
            />
            <datalist id=list>
                {move || {
                    matches()
                        .into_iter()
                        .map(|customer| view! { <option value=name_of(&customer)></option> })
                        .collect_view()
                }}
            </datalist>
        </div>
    }
}
