//! Short words on what has just been done.

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;

use crate::{
    icon::{Icon, icon},
    text,
};

const STAYS: Duration = Duration::from_secs(6);

#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
    /// What can be done about it.
    offer: Option<(String, Offer)>,
}

/// Outlives whatever offered it.
type Offer = Arc<dyn Fn() + Send + Sync>;

/// Where to say what has been done.
#[derive(Debug, Clone, Copy)]
pub struct ToastBox {
    shown: RwSignal<Vec<Toast>>,
    next: RwSignal<u32>,
}

/// The box of the app.
pub fn use_toasts() -> ToastBox {
    expect_context()
}

impl ToastBox {
    /// Makes the box and provides it to everything below.
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next: RwSignal::new(0) };
        provide_context(toasts);
        toasts
    }

    /// Says something for a few seconds.
    pub fn say(self, text: impl Into<String>) {
        self.show(text.into(), None);
    }

    /// Says what has been done, with a way to take it back.
    pub fn offer(
        self,
        text: impl Into<String>,
        label: impl Into<String>,
        press: impl Fn() + Send + Sync + 'static,
    ) {
        self.show(text.into(), Some((label.into(), Arc::new(press))));
    }

    fn show(self, text: String, offer: Option<(String, Offer)>) {
        let id = self.next.get_untracked();
        self.next.set(id.wrapping_add(1));
        self.shown.update(|shown| shown.push(Toast { id, text, offer }));
        set_timeout(move || self.dismiss(id), STAYS);
    }

    fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }
}

/// The region in which toasts appear.
#[component]
pub fn Toasts() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status">
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                <div class="toast">
                    <span>{toast.text.clone()}</span>
                    {toast
                        .offer
                        .clone()
                        .map(|(label, press)| {
                            let press = move |_| {
                                press();
                                toasts.dismiss(toast.id);
                            };
                            view! {
                                <button type="button" class="offer" on:click=press>
                                    {label}
                                </button>
                            }
                        })}
                    <button type="button" aria-label=text::dismiss() on:click=move |_| toasts.dismiss(toast.id)>
                        {icon(Icon::Close, 16)}
                    </button>
                </div>
            </For>
        </div>
    }
}
