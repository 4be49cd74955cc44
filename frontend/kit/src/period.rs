//! One month after the other.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    icon::{Icon, icon},
    text,
};

/// The month that is shown, with its neighbours one press away. Both are links: a month has an address.
#[component]
pub fn PeriodChoice(
    /// The month, written.
    #[prop(into)]
    now: Signal<String>,
    /// Where the month before is.
    #[prop(into)]
    before: Signal<String>,
    /// Where the month after is; nowhere, if it has not begun.
    #[prop(into)]
    after: Signal<Option<String>>,
) -> impl IntoView {
    let after = move || match after.get() {
        Some(href) => view! {
            <A href=href attr:class="btn" attr:aria-label=text::next_month() scroll=false>
                {icon(Icon::Right, 16)}
            </A>
        }
        .into_any(),
        None => view! { <span class="btn off">{icon(Icon::Right, 16)}</span> }.into_any(),
    };
    view! {
        <div class="stepper">
            <A href=move || before.get() attr:class="btn" attr:aria-label=text::previous_month() scroll=false>
                {icon(Icon::Left, 16)}
            </A>
            <span class="now" aria-live="polite">
                {now}
            </span>
            {after}
        </div>
    }
}
