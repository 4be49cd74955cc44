//! What stands in the place of what has not come yet, in its size.

use leptos::prelude::*;

/// Lines of text.
#[component]
pub fn SkeletonText() -> impl IntoView {
    view! {
        <div class="bones">
            <span class="bone w2"></span>
            <span class="bone w4"></span>
            <span class="bone w3"></span>
        </div>
    }
}

/// Rows of a list or a table.
#[component]
pub fn SkeletonRows(
    /// How many.
    #[prop(default = 5)]
    rows: u8,
) -> impl IntoView {
    let row = |_| {
        view! {
            <div class="row">
                <span class="bone w2"></span>
                <span class="bone w1"></span>
            </div>
        }
    };
    view! { <div class="bones">{(0..rows).map(row).collect_view()}</div> }
}

/// A chart or a picture.
#[component]
pub fn SkeletonBlock() -> impl IntoView {
    view! {
        <div class="bones">
            <span class="bone block"></span>
        </div>
    }
}
