//! A word about the whole page.

use leptos::prelude::*;

use crate::status::Tone;

/// A word about the whole page.
#[component]
pub fn Banner(
    /// How good or bad it is.
    tone: Tone,
    /// What it says.
    children: Children,
) -> impl IntoView {
    let class = match tone {
        Tone::Error => "banner err",
        Tone::Warning => "banner warn",
        _ => "banner",
    };
    view! {
        <div class=class role="status">
            <p>{children()}</p>
        </div>
    }
}
