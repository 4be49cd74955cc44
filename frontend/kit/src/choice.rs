//! One choice of a few, in the address.

use leptos::prelude::*;
use leptos_router::components::A;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Option_ {
    /// Where it leads.
    pub href: String,
    /// What it is called.
    pub label: String,
    /// Whether it is the one.
    pub current: bool,
}

/// Links of which one is the current.
#[component]
pub fn Choice(
    /// What is chosen, for those who hear the page.
    #[prop(into)]
    label: String,
    /// What can be chosen.
    #[prop(into)]
    options: Signal<Vec<Option_>>,
) -> impl IntoView {
    let links = move || {
        let link = |option: Option_| {
            let current = option.current.then_some("true");
            view! {
                <A href=option.href attr:aria-current=current scroll=false>
                    {option.label}
                </A>
            }
        };
        options.get().into_iter().map(link).collect_view()
    };
    view! {
        <nav class="choice" aria-label=label>
            {links}
        </nav>
    }
}
