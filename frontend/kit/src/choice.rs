//! One choice of a few, in the address.

use leptos::prelude::*;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choosable {
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
    options: Signal<Vec<Choosable>>,
) -> impl IntoView {
    let links = move || {
        let link = |option: Choosable| {
            let current = option.current.then_some("true");
            view! {
                <a href=option.href aria-current=current>
                    {option.label}
                </a>
            }
        };
        options.get().into_iter().map(link).collect_view()
    };
    view! {
        <nav class="choice" aria-label=label>
            {move || links()}
        </nav>
    }
}
