//! What was typed and pressed on the sign-in page that the server has sent (`door.html`), before the app was there.

use std::cell::RefCell;

use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, HtmlInputElement};

/// What can have the focus on that page, and on the app's own, which has the same in the same order.
const STOPS: &str = ".door :is(input, button, a)";

thread_local! {
    static KEPT: RefCell<Option<Early>> = const { RefCell::new(None) };
}

/// What was there when the app came.
#[derive(Default)]
pub(crate) struct Early {
    pub email: String,
    pub password: String,
    /// Whether it was to be sent already.
    pub sent: bool,
    /// Which of the stops has the focus.
    pub at: Option<u32>,
}

/// Goes on where the person was.
pub(crate) fn focus(at: Option<u32>) {
    let stop = at.and_then(|at| stops()?.get(at));
    if let Some(stop) = stop.and_then(|stop| stop.dyn_into::<HtmlElement>().ok()) {
        let _ = stop.focus();
    }
}

fn stops() -> Option<web_sys::NodeList> {
    document().query_selector_all(STOPS).ok()
}

/// Remembers it, before the page that was sent goes.
pub(crate) fn keep(sent: &Element) {
    let Ok(Some(form)) = sent.query_selector("form") else { return };
    let typed = |name: &str| {
        let input = form.query_selector(&format!("input[name={name}]")).ok().flatten();
        input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()).map(|it| it.value())
    };
    let active = document().active_element();
    let at = active.zip(stops()).and_then(|(active, stops)| {
        (0..stops.length()).find(|at| stops.get(*at).is_some_and(|stop| stop.is_same_node(Some(&active))))
    });
    let early = Early {
        email: typed("email").unwrap_or_default(),
        password: typed("password").unwrap_or_default(),
        sent: form.has_attribute("data-sent") || form.has_attribute("data-held"),
        at,
    };
    KEPT.with_borrow_mut(|kept| *kept = Some(early));
}

/// What is remembered, once. Whoever turns out to be signed in has it forgotten by this.
pub(crate) fn take() -> Option<Early> {
    KEPT.with_borrow_mut(Option::take)
}
