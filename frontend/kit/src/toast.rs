//! Short words on what has just been done.

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;

use crate::{
    icon::{Icon, icon},
    text,
};

const STAYS: Duration = Duration::from_secs(6);
/// Longer, where there is something to decide.
const STAYS_TO_UNDO: Duration = Duration::from_secs(10);
/// How long it stays when nobody points at it or is in it any more.
const AFTERWARDS: Duration = Duration::from_secs(3);

#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
    undo: Option<Undo>,
}

/// Takes back what was done. It outlives the page that did it.
type Undo = Arc<dyn Fn() + Send + Sync>;

/// Where to say what has been done.
#[derive(Debug, Clone, Copy)]
pub struct ToastBox {
    shown: RwSignal<Vec<Toast>>,
    next: RwSignal<u32>,
    /// Somebody points at them or is in them: none goes meanwhile.
    held: RwSignal<bool>,
}

/// The box of the app.
pub fn use_toasts() -> ToastBox {
    expect_context()
}

impl ToastBox {
    /// Makes the box and provides it to everything below.
    pub fn provide() -> Self {
        let toasts =
            Self { shown: RwSignal::new(Vec::new()), next: RwSignal::new(0), held: RwSignal::new(false) };
        provide_context(toasts);
        toasts
    }

    /// Says something for a few seconds.
    pub fn say(self, text: impl Into<String>) {
        self.add(text.into(), None);
    }

    /// Says what has been done, with a button that takes it back.
    pub fn say_with_undo(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.add(text.into(), Some(Arc::new(undo)));
    }

    fn add(self, text: String, undo: Option<Undo>) {
        let id = self.next.get_untracked();
        self.next.set(id.wrapping_add(1));
        let stays = if undo.is_some() { STAYS_TO_UNDO } else { STAYS };
        self.shown.update(|shown| shown.push(Toast { id, text, undo }));
        self.dismiss_after(id, stays);
    }

    fn dismiss_after(self, id: u32, wait: Duration) {
        let over = move || {
            if self.held.get_untracked() {
                self.dismiss_after(id, AFTERWARDS);
            } else {
                self.dismiss(id);
            }
        };
        set_timeout(over, wait);
    }

    fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
        // What goes from under the pointer or with the focus says no goodbye.
        if self.shown.with_untracked(Vec::is_empty) {
            self.held.set(false);
        }
    }
}

/// The region in which toasts appear.
#[component]
pub fn Toasts() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div
            class="toasts"
            role="status"
            on:pointerenter=move |_| toasts.held.set(true)
            on:pointerleave=move |_| toasts.held.set(false)
            on:focusin=move |_| toasts.held.set(true)
            on:focusout=move |_| toasts.held.set(false)
        >
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                <div class="toast">
                    <span>{toast.text.clone()}</span>
                    {toast
                        .undo
                        .clone()
                        .map(|undo| {
                            let press = move |_| {
                                toasts.dismiss(toast.id);
                                undo();
                            };
                            view! { <button type="button" class="undo" on:click=press>{text::undo()}</button> }
                        })}
                    <button type="button" aria-label=text::dismiss() on:click=move |_| toasts.dismiss(toast.id)>
                        {icon(Icon::Close, 16)}
                    </button>
                </div>
            </For>
        </div>
    }
}
