//! How much of what was agreed is used.

use leptos::prelude::*;

use crate::text;

/// A figure against its limit: the bar is for the eye, the words say the same.
#[component]
pub fn Meter(
    /// What is measured.
    #[prop(into)]
    label: String,
    /// How much there is, written.
    #[prop(into)]
    used: String,
    /// How much is agreed, written; without it there is no bar.
    #[prop(optional_no_strip)]
    allowed: Option<String>,
    /// How full it is, from 0 to 100 and beyond.
    #[prop(default = 0)]
    percent: u32,
    /// A few words on what it means.
    #[prop(optional_no_strip)]
    note: Option<String>,
) -> impl IntoView {
    let over = percent > 100;
    let bar = allowed.is_some().then(|| {
        view! {
            <div class=if over { "bar over" } else { "bar" } aria-hidden="true">
                <span style:width=format!("{}%", percent.min(100))></span>
            </div>
        }
    });
    let figure = allowed.map_or(used.clone(), |allowed| text::of(&used, &allowed));
    view! {
        <div class="meter">
            <div class="row">
                <span>{label}</span>
                <span class="num">
                    <b>{figure}</b>
                    {note.map(|note| view! { <span class="dim">{format!(" · {note}")}</span> })}
                </span>
            </div>
            {bar}
        </div>
    }
}
