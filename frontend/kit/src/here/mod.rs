//! The address of the page, as grids use it: what stands in it, and the ways to another one.

mod query;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use leptos::{ev, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

pub use query::Query;

type Navigate = Box<dyn Fn(&str, NavigateOptions)>;

thread_local! {
    static NAVIGATE: RefCell<Option<Navigate>> = const { RefCell::new(None) };
    static SCROLLED: RefCell<HashMap<String, f64>> = RefCell::new(HashMap::new());
    static STARTED: Cell<bool> = const { Cell::new(false) };
}

/// What stands behind the question mark.
pub fn use_query() -> Memo<Query> {
    let navigate = use_navigate();
    NAVIGATE.set(Some(Box::new(move |to, options| navigate(to, options))));
    follow_scroll();
    let search = use_location().search;
    Memo::new(move |_| search.with(|search| Query::read(search)))
}

/// Leads to another address of the app.
pub fn go(to: &str) {
    visit(to, false);
}

/// As [`go`], but going back does not lead here again.
pub fn replace(to: &str) {
    visit(to, true);
}

fn visit(to: &str, replace: bool) {
    NAVIGATE.with_borrow(|navigate| {
        if let Some(navigate) = navigate {
            navigate(to, NavigateOptions { replace, scroll: false, ..NavigateOptions::default() });
        }
    });
}

fn address() -> String {
    let location = window().location();
    format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default())
}

/// Who comes back finds the page scrolled to where it was.
fn follow_scroll() {
    if STARTED.replace(true) {
        return;
    }
    let _ = window_event_listener(ev::scroll, |_| {
        let top = window().scroll_y().unwrap_or_default();
        SCROLLED.with_borrow_mut(|scrolled| scrolled.insert(address(), top));
    });
    let _ = window_event_listener(ev::popstate, |_| {
        let wanted = SCROLLED.with_borrow(|scrolled| scrolled.get(&address()).copied());
        if let Some(wanted) = wanted {
            request_animation_frame(move || request_animation_frame(move || scroll(wanted, 120)));
        }
    });
}

fn scroll(wanted: f64, patience: u32) {
    window().scroll_to_with_x_and_y(0.0, wanted);
    if (window().scroll_y().unwrap_or_default() - wanted).abs() > 1.0 && patience > 0 {
        request_animation_frame(move || scroll(wanted, patience - 1));
    }
}
