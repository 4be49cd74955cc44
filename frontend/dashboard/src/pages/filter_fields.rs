//! Fields that say what a page shows; what they are set to stands in its address.

use address::Query;
use chrono::{Days, NaiveDate};
use leptos::prelude::*;

/// The day that the address has under this name.
pub fn day_in(query: &Query, name: &str) -> Option<NaiveDate> {
    query.get(name)?.parse().ok()
}

/// Adds the days to what the server is asked, as far as they are chosen. People name the last day; the server is told the
/// one after it.
pub fn set_days(query: &mut Query, from: Option<NaiveDate>, last: Option<NaiveDate>) {
    let after = last.and_then(|day| day.checked_add_days(Days::new(1)));
    for (name, day) in [("from", from), ("until", after)] {
        query.set(name, day.map(|day| day.to_string()).unwrap_or_default());
    }
}

/// One of a few.
#[component]
pub fn Select(
    /// Ties the label to it.
    id: &'static str,
    /// What it is called.
    label: &'static str,
    /// Values and their names.
    options: Signal<Vec<(String, String)>>,
    /// The one that is chosen.
    value: Signal<String>,
    /// Told the value when another is chosen.
    #[prop(into)]
    on_change: Callback<String>,
) -> impl IntoView {
    let list = move || {
        let option = |(key, name): (String, String)| {
            let this = key.clone();
            view! { <option value=key selected=move || value.with(|value| *value == this)>{name}</option> }
        };
        options.get().into_iter().map(option).collect_view()
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select
                id=id
                prop:value=move || {
                    options.track();
                    value.get()
                }
                on:change:target=move |event| on_change.run(event.target().value())
            >
                {move || list()}
            </select>
        </div>
    }
}

/// A day, or none.
#[component]
pub fn Day(
    /// Ties the label to it.
    id: &'static str,
    /// What it is called.
    label: &'static str,
    /// The day.
    value: Signal<Option<NaiveDate>>,
    /// Told the day when another is chosen.
    #[prop(into)]
    on_change: Callback<Option<NaiveDate>>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                type="date"
                prop:value=move || value.get().map(|day| day.to_string()).unwrap_or_default()
                on:change:target=move |event| on_change.run(event.target().value().parse().ok())
            />
        </div>
    }
}
