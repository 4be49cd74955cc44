//! The parts of a page, each with an address.

use leptos::prelude::*;

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// Where it is.
    pub href: String,
    /// What it is called.
    pub label: &'static str,
    /// Whether it is the one that is shown.
    pub current: bool,
}

/// The tabs of a page. They are links: a tab can be opened beside, and going back leads to the one before.
#[component]
pub fn Tabs(
    /// What the tabs are about, for those who hear the page.
    #[prop(into)]
    label: String,
    /// The parts.
    #[prop(into)]
    tabs: Signal<Vec<Tab>>,
) -> impl IntoView {
    let links = move || {
        let link = |tab: Tab| {
            view! {
                <a href=tab.href aria-current=tab.current.then_some("page") data-noscroll="">
                    {tab.label}
                </a>
            }
        };
        tabs.get().into_iter().map(link).collect_view()
    };
    view! {
        <nav class="tabs" aria-label=label>
            {links}
        </nav>
    }
}
