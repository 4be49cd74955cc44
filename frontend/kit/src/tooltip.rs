//! A word that appears beside what is pointed at or has the focus. It can be pointed at itself, Escape sends it away, and
//! it stays until one of both goes (WCAG 2.2, 1.4.13). Nothing may stand in it alone: a phone cannot point.

use client::effect;
use std::time::Duration;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast as _;

/// The way from what is pointed at to the words is crossed within this.
const WAY: Duration = Duration::from_millis(120);
/// Between both, and to the edge of the window.
const GAP: f64 = 6.0;

/// Where the words stand: above what they are about, or below it where there is no room, and never beyond the window.
fn place(about: (f64, f64, f64, f64), size: (f64, f64), window: f64) -> (f64, f64) {
    let (left, top, width, height) = about;
    let above = top - size.1 - GAP;
    let y = if above >= GAP { above } else { top + height + GAP };
    let x = left + (width - size.0) / 2.0;
    (x.clamp(GAP, (window - size.0 - GAP).max(GAP)), y)
}

/// Words about what it is put around: a button, a link, or anything else that takes the focus.
#[component]
pub fn Tooltip(
    /// Names the words in the page.
    id: &'static str,
    /// The words.
    #[prop(into)]
    words: String,
    /// What they are about.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<html::Span>::new();
    let note = NodeRef::<html::Span>::new();
    let open = RwSignal::new(false);
    // Counts the reasons to stay or to go; an earlier one that was put off is dropped.
    let turn = StoredValue::new(0_u32);
    let next = move || {
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        turn.get_value()
    };
    let show = move || {
        next();
        open.set(true);
    };
    let hide_soon = move || {
        let mine = next();
        let hide = move || {
            if turn.try_get_value() == Some(mine) {
                open.set(false);
            }
        };
        set_timeout(hide, WAY);
    };
    // The first that can have the focus is what the words describe.
    effect(move || {
        let Some(root) = root.get() else { return };
        if let Ok(Some(about)) = root.query_selector("button, a, input, select, [tabindex]") {
            let _ = about.set_attribute("aria-describedby", id);
        }
    });
    effect(move || {
        let (Some(root), Some(note)) = (root.get(), note.get()) else { return };
        if !open.get() {
            // It may not be shown at all.
            let _ = note.hide_popover();
            return;
        }
        let _ = note.show_popover();
        let about = root.get_bounding_client_rect();
        let size = note.get_bounding_client_rect();
        let window = window().inner_width().ok().and_then(|it| it.as_f64()).unwrap_or_default();
        let about = (about.left(), about.top(), about.width(), about.height());
        let (x, y) = place(about, (size.width(), size.height()), window);
        // Through the object model: the page allows no style in its markup.
        let style = web_sys::HtmlElement::style(&note);
        let _ = style.set_property("left", &format!("{x}px"));
        let _ = style.set_property("top", &format!("{y}px"));
    });
    let keys = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && open.get_untracked() {
            event.prevent_default();
            open.set(false);
        }
    });
    let scroll = window_event_listener(ev::scroll, move |_| open.set(false));
    on_cleanup(move || {
        keys.remove();
        scroll.remove();
    });
    let focused = move |event: ev::FocusEvent| {
        // A press is no question.
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if target.is_some_and(|target| target.matches(":focus-visible").unwrap_or(true)) {
            show();
        }
    };
    view! {
        <span
            class="tip-about"
            node_ref=root
            on:pointerenter=move |event| if event.pointer_type() != "touch" { show() }
            on:pointerleave=move |_| hide_soon()
            on:focusin=focused
            on:focusout=move |_| hide_soon()
        >
            {children()}
            <span class="tip" role="tooltip" id=id popover="manual" node_ref=note>{words}</span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn stands(about: (f64, f64, f64, f64), wanted: (f64, f64)) {
        let (x, y) = place(about, (100.0, 30.0), 400.0);
        assert!((x - wanted.0).abs() < 0.1 && (y - wanted.1).abs() < 0.1, "{x}, {y}");
    }

    #[test]
    fn it_stays_in_the_window() {
        stands((150.0, 200.0, 40.0, 20.0), (120.0, 164.0));
        stands((150.0, 10.0, 40.0, 20.0), (120.0, 36.0));
        stands((0.0, 200.0, 40.0, 20.0), (6.0, 164.0));
        stands((390.0, 200.0, 40.0, 20.0), (294.0, 164.0));
        let (x, _) = place((0.0, 200.0, 40.0, 20.0), (500.0, 30.0), 400.0);
        assert!((x - GAP).abs() < 0.1, "wider than the window: from its edge");
    }
}
