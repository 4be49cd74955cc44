//! A button that opens a list of things to do.

use client::effect;
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast as _;

use crate::icon::{Icon, icon};

/// Something to do.
#[derive(Clone)]
pub struct MenuItem {
    /// The drawing before it.
    pub icon: Icon,
    /// What it says.
    pub label: String,
    /// What it does.
    pub on_press: Callback<()>,
}

/// A menu. Arrow keys move, Escape closes and gives the focus back, leaving it closes it.
#[component]
pub fn Menu(
    /// The button's looks.
    #[prop(optional)]
    class: &'static str,
    /// Opens upwards.
    #[prop(optional)]
    up: bool,
    /// What can be done.
    #[prop(into)]
    items: Signal<Vec<MenuItem>>,
    /// What the button shows; with the words that name it.
    children: Children,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let close = move || {
        open.try_set(false);
        if let Some(button) = button.try_get_untracked().flatten() {
            // A button that is on the page takes the focus.
            let _ = button.focus();
        }
    };
    effect(move || {
        if open.get() {
            request_animation_frame(move || {
                // A key may have chosen one by now.
                if active_item(root).is_none() {
                    focus_item(root, Step::First);
                }
            });
        }
    });
    let on_key = move |event: ev::KeyboardEvent| {
        if !open.get_untracked() {
            return;
        }
        let step = match event.key().as_str() {
            "Escape" => return close(),
            "ArrowDown" => Step::Next,
            "ArrowUp" => Step::Back,
            "Home" => Step::First,
            "End" => Step::Last,
            _ => return,
        };
        event.prevent_default();
        focus_item(root, step);
    };
    let on_leave = move |event: ev::FocusEvent| {
        let to = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        // The page may be going: the browser says so when what is left behind is already gone.
        let inside = root.try_get_untracked().flatten().is_some_and(|root| root.contains(to.as_ref()));
        if !inside {
            open.try_set(false);
        }
    };
    let list = move || {
        let item = |item: MenuItem| {
            let press = move |_| {
                close();
                item.on_press.run(());
            };
            view! {
                <button type="button" role="menuitem" tabindex="-1" on:click=press>
                    {icon(item.icon, 16)}
                    {item.label}
                </button>
            }
        };
        open.get()
            .then(|| view! { <div role="menu">{items.get().into_iter().map(item).collect_view()}</div> })
    };
    view! {
        <div class=if up { "menu up" } else { "menu" } node_ref=root on:keydown=on_key on:focusout=on_leave>
            <button
                type="button"
                class=class
                node_ref=button
                aria-haspopup="menu"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {children()}
            </button>
            {move || list()}
        </div>
    }
}

#[derive(Clone, Copy)]
enum Step {
    First,
    Last,
    Next,
    Back,
}

fn items(root: NodeRef<html::Div>) -> Vec<web_sys::HtmlElement> {
    let found = root.get_untracked().and_then(|root| root.query_selector_all("[role=menuitem]").ok());
    let Some(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}

/// Which of the items has the focus.
fn active_item(root: NodeRef<html::Div>) -> Option<usize> {
    let active = document().active_element()?;
    items(root).iter().position(|item| item.is_same_node(Some(&active)))
}

fn focus_item(root: NodeRef<html::Div>, step: Step) {
    let items = items(root);
    let Some(last) = items.len().checked_sub(1) else { return };
    let next = match (step, active_item(root)) {
        (Step::First, _) | (Step::Next, None) => 0,
        (Step::Last, _) | (Step::Back, None) => last,
        (Step::Next, Some(at)) => (at + 1) % items.len(),
        (Step::Back, Some(at)) => (at + last) % items.len(),
    };
    if let Some(item) = items.get(next) {
        let _ = item.focus();
    }
}
