//! A question in front of the page.

use client::effect;
use leptos::{ev, html, prelude::*};

/// A dialog. The browser's own keeps the focus inside, closes on Escape and gives the focus back.
#[component]
pub fn Dialog(
    /// Names its heading.
    id: &'static str,
    /// What it asks.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is there.
    open: RwSignal<bool>,
    /// It cannot be waved away.
    #[prop(optional)]
    required: bool,
    /// What it holds.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = node.get() else { return };
        if open.get() && !dialog.open() {
            // When its content is there: the browser looks for what is to get the focus.
            request_animation_frame(move || {
                // It is on the page and closed: it can be shown.
                let _ = dialog.show_modal();
            });
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    let on_cancel = move |event: ev::Event| {
        if required {
            event.prevent_default();
        }
    };
    view! {
        <dialog
            node_ref=node
            aria-labelledby=id
            on:cancel=on_cancel
            on:close=move |_| if required && open.try_get_untracked() == Some(true) {
                open.notify();
            } else {
                open.try_set(false);
            }
        >
            // What was typed is gone when it opens again, unless it stays open.
            {move || {
                open.get()
                    .then(|| {
                        view! {
                            <div class="inside">
                                <h2 id=id>{title}</h2>
                                {children()}
                            </div>
                        }
                    })
            }}
        </dialog>
    }
}
