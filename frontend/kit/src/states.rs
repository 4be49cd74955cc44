//! Nothing to show, and why: nothing yet, nothing found, not allowed, or gone wrong. Each says what to do next.

use client::Failure;
use leptos::prelude::*;

use crate::{
    button::Button,
    icon::{Icon, icon},
    text,
};

/// There is nothing, and nothing is wrong.
#[component]
pub fn EmptyState(
    /// What there is not.
    #[prop(into)]
    title: String,
    /// Why, and what to do.
    #[prop(into)]
    detail: String,
    /// The drawing.
    #[prop(default = Icon::Empty)]
    sign: Icon,
    /// What can be done.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="state">
            {icon(sign, 28)}
            <h2>{title}</h2>
            <p>{detail}</p>
            {children.map(|children| view! { <div class="do">{children()}</div> })}
        </div>
    }
}

/// It could not be had.
#[component]
pub fn ErrorState(
    /// Why.
    failure: Failure,
    /// Tries again.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    let (sign, title, retry) = match failure.status() {
        Some(403) => (Icon::Lock, text::forbidden(), false),
        Some(404) => (Icon::Empty, text::not_found(), false),
        _ => (Icon::Alert, text::not_loaded(), true),
    };
    let id = failure.request_id();
    view! {
        <div class=if retry { "state bad" } else { "state" } role="alert">
            {icon(sign, 28)}
            <h2>{title}</h2>
            <p>{failure.detail()}</p>
            {id.map(|id| view! { <p class="code">{text::request_id(&id)}</p> })}
            {retry
                .then(|| {
                    view! {
                        <div class="do">
                            <Button on_press=on_retry>{text::try_again()}</Button>
                        </div>
                    }
                })}
        </div>
    }
}
