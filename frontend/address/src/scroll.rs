//! Where the pages were scrolled to. The browser would put a page back before its content is there; here it is done when
//! there is enough of it.

use std::cell::{Cell, RefCell};

use leptos::{ev, prelude::*};
use wasm_bindgen::JsValue;
use web_sys::ScrollRestoration;

/// So many frames are waited for content: some three seconds.
const PATIENCE: u32 = 180;
const KEPT: &str = "scrolled";

thread_local! {
    // The history's entries by number, which stands in their state, and where each was scrolled to.
    static PLACE: Cell<i32> = const { Cell::new(0) };
    static LAST: Cell<i32> = const { Cell::new(0) };
    static SCROLLED: RefCell<Vec<(i32, i32)>> = const { RefCell::new(Vec::new()) };
    // Counts the wishes for a place, so that an older one gives way.
    static WISH: Cell<u32> = const { Cell::new(0) };
}

// As text: to read it as a number would bring the tables for all numbers along.
fn written(place: i32) -> JsValue {
    place.to_string().into()
}

fn read(state: &JsValue) -> i32 {
    state.as_string().and_then(|place| place.parse().ok()).unwrap_or_default()
}

fn top() -> i32 {
    document().document_element().map(|page| page.scroll_top()).unwrap_or_default()
}

fn remember(place: i32, top: i32) {
    SCROLLED.with_borrow_mut(|scrolled| {
        scrolled.retain(|(one, _)| *one != place);
        scrolled.push((place, top));
    });
}

/// What stands in the history about the entry that is shown.
pub fn place() -> JsValue {
    written(PLACE.get())
}

/// Remembers where the page that is left is scrolled to.
pub fn leave() {
    remember(PLACE.get(), top());
}

/// What is to stand in the history about a new entry, which is shown from now on.
pub fn next() -> JsValue {
    leave();
    let next = LAST.get() + 1;
    LAST.set(next);
    PLACE.set(next);
    written(next)
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
pub fn back_to(state: &JsValue) {
    let place = read(state);
    PLACE.set(place);
    LAST.set(LAST.get().max(place));
    let there = SCROLLED.with_borrow(|scrolled| scrolled.iter().find(|(one, _)| *one == place).copied());
    when_there(wish(), there.map(|(_, top)| top).unwrap_or_default(), PATIENCE);
}

/// Scrolls there as soon as there is enough of the page. Who scrolls meanwhile is left alone.
fn when_there(wish: u32, wanted: i32, patience: u32) {
    if WISH.get() != wish {
        return;
    }
    let window = window();
    window.scroll_to_with_x_and_y(0.0, f64::from(wanted));
    if (top() - wanted).abs() > 1 && patience > 0 {
        request_animation_frame(move || when_there(wish, wanted, patience - 1));
    }
}

/// Takes the matter from the browser, and over a reload.
pub fn start() {
    let Ok(history) = window().history() else { return };
    let _ = history.set_scroll_restoration(ScrollRestoration::Manual);
    let state = history.state().unwrap_or_default();
    let storage = window().session_storage().ok().flatten();
    let kept = storage.and_then(|storage| storage.get_item(KEPT).ok().flatten());
    if let Some((place, top)) = kept.as_deref().and_then(|kept| kept.split_once(' '))
        && let (Ok(place), Ok(top)) = (place.parse(), top.parse())
    {
        remember(place, top);
    }
    back_to(&state);
    let _ = window_event_listener(ev::pagehide, |_| {
        if let Ok(Some(storage)) = window().session_storage() {
            let _ = storage.set_item(KEPT, &format!("{} {}", PLACE.get(), top()));
        }
    });
    for event in ["wheel", "touchmove", "keydown", "pointerdown"] {
        let _ = window_event_listener_untyped(event, |_| {
            wish();
        });
    }
}
