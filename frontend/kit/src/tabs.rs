//! The parts of a page, each with an address.

use client::effect;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast as _;

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
    let node = NodeRef::<html::Nav>::new();
    // Where they do not fit, the current one is in sight.
    effect(move || {
        tabs.with(|_| ());
        request_animation_frame(move || {
            let Some(nav) = node.try_get_untracked().flatten() else { return };
            let current = nav.query_selector("[aria-current]").ok().flatten();
            if let Some(current) = current.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
                let room = (nav.client_width() - current.offset_width()) / 2;
                nav.set_scroll_left(current.offset_left() - room);
            }
        });
    });
    let links = move || {
        let link = |tab: Tab| {
            view! {
                <a href=tab.href aria-current=tab.current.then_some("page")>
                    {tab.label}
                </a>
            }
        };
        tabs.get().into_iter().map(link).collect_view()
    };
    view! {
        <nav class="tabs" aria-label=label node_ref=node>
            {move || links()}
        </nav>
    }
}
