//! A button that opens a panel with controls beside it.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast as _;

use crate::icon::{Icon, icon};

/// A panel behind a button. Escape closes it and gives the focus back; so does leaving it.
#[component]
pub fn Popover(
    /// What the button says.
    #[prop(into)]
    label: String,
    /// The drawing before it.
    sign: Icon,
    /// What the panel holds.
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let inside = move |target: Option<web_sys::EventTarget>| {
        let node = target.and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        root.try_get_untracked().flatten().is_some_and(|root| root.contains(node.as_ref()))
    };
    let elsewhere = window_event_listener(ev::pointerdown, move |event| {
        if open.try_get_untracked() == Some(true) && !inside(event.target()) {
            open.set(false);
        }
    });
    on_cleanup(move || elsewhere.remove());
    // To nowhere it goes also where something is moved within the panel.
    let on_leave = move |event: ev::FocusEvent| {
        if event.related_target().is_some() && !inside(event.related_target()) {
            open.try_set(false);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.prevent_default();
            open.set(false);
            if let Some(button) = button.get_untracked() {
                let _ = button.focus();
            }
        }
    };
    view! {
        <div class="popover" node_ref=root on:focusout=on_leave on:keydown=on_key>
            <button
                type="button"
                class="btn"
                node_ref=button
                aria-expanded=move || if open.get() { "true" } else { "false" }
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {icon(sign, 16)}
                {label.clone()}
            </button>
            {move || open.get().then(|| view! { <div class="panel">{children()}</div> })}
        </div>
    }
}
