//! Names and what they stand for.

use leptos::prelude::*;

/// A list of names and values. What is not known shows as a dash.
#[component]
pub fn KeyValues(
    /// Names and values.
    pairs: Vec<(&'static str, Option<String>)>,
) -> impl IntoView {
    let rows = pairs
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                Some(value) => view! { <dd>{value}</dd> }.into_any(),
                None => view! { <dd class="none">"–"</dd> }.into_any(),
            };
            view! {
                <dt>{name}</dt>
                {value}
            }
        })
        .collect_view();
    view! { <dl class="kv">{rows}</dl> }
}
