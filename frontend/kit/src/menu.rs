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
            request_animation_frame(move || focus_item(root, Step::First));
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

fn focus_item(root: NodeRef<html::Div>, step: Step) {
    let Some(root) = root.get_untracked() else { return };
    let Ok(items) = root.query_selector_all("[role=menuitem]") else { return };
    let count = items.length();
    if count == 0 {
        return;
    }
    let active = document().active_element();
    let at = (0..count).find(|index| {
        let item = items.get(*index);
        item.is_some_and(|item| active.as_ref().is_some_and(|active| item.is_same_node(Some(active))))
    });
    let next = match (step, at) {
        (Step::First, _) | (Step::Next, None) => 0,
        (Step::Last, _) | (Step::Back, None) => count - 1,
        (Step::Next, Some(at)) => (at + 1) % count,
        (Step::Back, Some(at)) => (at + count - 1) % count,
    };
    if let Some(item) = items.get(next).and_then(|item| item.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = item.focus();
    }
}
