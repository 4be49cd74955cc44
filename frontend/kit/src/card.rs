//! A part of a page, with a heading.

use leptos::prelude::*;

/// A part of a page.
#[component]
pub fn Card(
    /// What it is about.
    #[prop(into)]
    title: String,
    /// A few words beside the heading.
    #[prop(optional, into)]
    note: Option<String>,
    /// What can be done with it, at the end of its header.
    #[prop(optional, into)]
    actions: ViewFn,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card">
            <header>
                <h2>{title}</h2>
                {note.map(|note| view! { <span class="dim">{note}</span> })}
                <div class="end">{move || actions.run()}</div>
            </header>
            {children()}
        </section>
    }
}
