//! The head of a page: where one is, what it is, what can be done.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use crate::text;

/// Moves the focus to the heading of the page, so that those who hear it know that it has changed.
pub fn focus_heading() {
    focus_on("h1");
}

/// Moves the focus to the heading, and leaves the page where it is scrolled to.
pub fn focus_heading_in_place() {
    focus("h1", true);
}

/// Moves the focus to the first that the selector names, once it is on the page.
pub fn focus_on(selector: &'static str) {
    focus(selector, false);
}

fn focus(selector: &'static str, in_place: bool) {
    request_animation_frame(move || {
        let found = document().query_selector(selector).ok().flatten();
        if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(in_place);
            let _ = found.focus_with_options(&options);
        }
    });
}

/// The head of a page.
#[component]
pub fn PageHeader(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// The pages above: addresses and names.
    #[prop(optional)]
    above: Vec<(&'static str, &'static str)>,
    /// The page itself, at the end of the pages above.
    #[prop(optional, into)]
    here: Signal<String>,
    /// How the thing stands, beside the heading.
    #[prop(optional, into)]
    status: ViewFn,
    /// A sentence under the heading.
    #[prop(optional, into)]
    lead: ViewFn,
    /// What can be done.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView {
    let crumbs = (!above.is_empty()).then(|| {
        let links = above
            .into_iter()
            .map(|(href, name)| {
                view! {
                    <a href=href>{name}</a>
                    <span aria-hidden="true">"/"</span>
                }
            })
            .collect_view();
        view! {
            <nav class="crumbs" aria-label=text::breadcrumb()>
                {links}
                <span aria-current="page">{here}</span>
            </nav>
        }
    });
    view! {
        <div class="head">
            <div>
                {crumbs}
                <div class="title">
                    <h1 tabindex="-1">{title}</h1>
                    {move || status.run()}
                </div>
                {move || lead.run()}
            </div>
            <div class="end">{move || actions.run()}</div>
        </div>
    }
}
