//! One month after the other.

use leptos::prelude::*;

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
            <a href=href class="btn" aria-label=text::next_month()>
                {icon(Icon::Right, 16)}
            </a>
        }
        .into_any(),
        None => view! { <span class="btn off">{icon(Icon::Right, 16)}</span> }.into_any(),
    };
    view! {
        <div class="stepper">
            <a href=move || before.get() class="btn" aria-label=text::previous_month()>
                {icon(Icon::Left, 16)}
            </a>
            <span class="now" aria-live="polite">
                {now}
            </span>
            {move || after()}
        </div>
    }
}
