//! The address of the page, as signals, and the ways to another one without loading the page anew: links and [`go`]. Which
//! page stands at an address is not known here. Why not by a router: docs/adr/0011-apps.md.

mod query;
mod scroll;

use leptos::{
    ev::{self, MouseEvent},
    prelude::*,
};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlAnchorElement};

pub use query::Query;

struct Here {
    path: ArcRwSignal<String>,
    query: ArcRwSignal<Query>,
}

thread_local! {
    // The browser has one address; so has the app.
    static HERE: Here = {
        let (path, query) = read();
        Here { path: ArcRwSignal::new(path), query: ArcRwSignal::new(query) }
    };
}

fn read() -> (String, Query) {
    let location = window().location();
    let search = location.search().unwrap_or_default();
    (location.pathname().unwrap_or_default(), Query::read(&search))
}

/// Tells whoever looks at the address what it is now, and says whether it is another page's.
fn look() -> bool {
    let (path, query) = read();
    HERE.with(|here| {
        let other = here.path.with_untracked(|before| *before != path);
        // Both, before anybody is told: who reads one may read the other.
        let changed = here.query.with_untracked(|before| *before != query);
        if changed {
            *here.query.write_untracked() = query;
        }
        if other {
            here.path.set(path);
        }
        if changed {
            here.query.notify();
        }
        other
    })
}

/// The path of the address, as `/customers/ACME`.
pub fn use_path() -> ReadSignal<String> {
    HERE.with(|here| here.path.read_only().into())
}

/// What stands behind the question mark.
pub fn use_query() -> ReadSignal<Query> {
    HERE.with(|here| here.query.read_only().into())
}

/// Leads to another address of the app. Another page begins at its top; the same page with another query stays where it
/// is scrolled to.
pub fn go(to: &str) {
    visit(to, false);
}

/// As [`go`], but going back does not lead here again.
pub fn replace(to: &str) {
    visit(to, true);
}

fn visit(to: &str, replace: bool) {
    let Ok(history) = window().history() else { return };
    let same = window()
        .location()
        .href()
        .is_ok_and(|here| web_sys::Url::new_with_base(to, &here).is_ok_and(|to| to.href() == here));
    let done = if replace || same {
        history.replace_state_with_url(&scroll::place(), "", Some(to))
    } else {
        history.push_state_with_url(&scroll::next(), "", Some(to))
    };
    // Only what leads out of the app is refused, and nothing here does.
    if done.is_ok() && look() {
        scroll::to_top();
    }
}

/// The way that a click leads within the app; everything else is the browser's.
fn way(event: &MouseEvent) -> Option<String> {
    let other_use = event.meta_key() || event.alt_key() || event.ctrl_key() || event.shift_key();
    if event.default_prevented() || event.button() != 0 || other_use {
        return None;
    }
    let pressed = event.target()?.dyn_into::<Element>().ok()?;
    let link = pressed.closest("a[href]").ok()??.dyn_into::<HtmlAnchorElement>().ok()?;
    let external = link.rel().split_whitespace().any(|rel| rel == "external");
    let here = window().location();
    if external
        || !link.target().is_empty()
        || link.has_attribute("download")
        || here.origin().ok()? != link.origin()
    {
        return None;
    }
    let to = format!("{}{}", link.pathname(), link.search());
    // Another place on the same page.
    if !link.hash().is_empty() && to == format!("{}{}", here.pathname().ok()?, here.search().ok()?) {
        return None;
    }
    Some(format!("{to}{}", link.hash()))
}

/// Listens, as long as the app runs.
pub fn start() {
    scroll::start();
    let _ = window_event_listener(ev::click, |event| {
        if let Some(to) = way(&event) {
            event.prevent_default();
            go(&to);
        }
    });
    let _ = window_event_listener(ev::popstate, |event| {
        scroll::leave();
        look();
        scroll::back_to(&event.state());
    });
}
