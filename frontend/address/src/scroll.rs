//! Where the pages were scrolled to. The browser would put a page back before its content is there; here it is done when
//! there is enough of it.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use leptos::{ev, prelude::*};
use web_sys::ScrollRestoration;

/// So many frames are waited for content: some three seconds.
const PATIENCE: u32 = 180;
const KEPT: &str = "scrolled";

thread_local! {
    // The history's entries by number, which stands in their state, and where each was scrolled to.
    static PLACE: Cell<f64> = const { Cell::new(0.0) };
    static LAST: Cell<f64> = const { Cell::new(0.0) };
    static SCROLLED: RefCell<HashMap<u64, f64>> = RefCell::new(HashMap::new());
    // Counts the wishes for a place, so that an older one gives way.
    static WISH: Cell<u32> = const { Cell::new(0) };
}

fn key(place: f64) -> u64 {
    place.to_bits()
}

fn top() -> f64 {
    window().scroll_y().unwrap_or_default()
}

/// The number of the entry that is shown.
pub fn place() -> f64 {
    PLACE.get()
}

/// Remembers where the page that is left is scrolled to.
pub fn leave() {
    SCROLLED.with_borrow_mut(|scrolled| scrolled.insert(key(place()), top()));
}

/// The number of a new entry, which is shown from now on.
pub fn next() -> f64 {
    leave();
    let next = LAST.get() + 1.0;
    LAST.set(next);
    PLACE.set(next);
    next
}

fn wish() -> u32 {
    WISH.set(WISH.get().wrapping_add(1));
    WISH.get()
}

/// Another page begins at its top.
pub fn to_top() {
    wish();
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// Another entry is shown again, by going back or forward.
pub fn back_to(place: f64) {
    PLACE.set(place);
    LAST.set(LAST.get().max(place));
    let wanted = SCROLLED.with_borrow(|scrolled| scrolled.get(&key(place)).copied()).unwrap_or_default();
    when_there(wish(), wanted, PATIENCE);
}

/// Scrolls there as soon as there is enough of the page. Who scrolls meanwhile is left alone.
fn when_there(wish: u32, wanted: f64, patience: u32) {
    if WISH.get() != wish {
        return;
    }
    let window = window();
    window.scroll_to_with_x_and_y(0.0, wanted);
    if (top() - wanted).abs() > 1.0 && patience > 0 {
        request_animation_frame(move || when_there(wish, wanted, patience - 1));
    }
}

/// Takes the matter from the browser, and over a reload.
pub fn start() {
    let Ok(history) = window().history() else { return };
    let _ = history.set_scroll_restoration(ScrollRestoration::Manual);
    let shown = history.state().ok().and_then(|state| state.as_f64()).unwrap_or_default();
    PLACE.set(shown);
    LAST.set(shown);
    let storage = window().session_storage().ok().flatten();
    let kept = storage.and_then(|storage| storage.get_item(KEPT).ok().flatten());
    let kept = kept.and_then(|kept| {
        let (at, top) = kept.split_once(' ')?;
        Some((at.parse::<f64>().ok()?, top.parse::<f64>().ok()?))
    });
    if let Some((at, top)) = kept
        && key(at) == key(shown)
    {
        SCROLLED.with_borrow_mut(|scrolled| scrolled.insert(key(shown), top));
        back_to(shown);
    }
    let _ = window_event_listener(ev::pagehide, |_| {
        if let Ok(Some(storage)) = window().session_storage() {
            let _ = storage.set_item(KEPT, &format!("{} {}", place(), top()));
        }
    });
    for event in ["wheel", "touchmove", "keydown", "pointerdown"] {
        let _ = window_event_listener_untyped(event, |_| {
            wish();
        });
    }
}
