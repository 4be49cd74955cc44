//! More about one thing of a page, beside it.

use client::effect;
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast as _;

use crate::{
    icon::{Icon, icon},
    text,
};

/// A drawer, from the right. Whether it is open stands in the address: closing it is for whoever opened it.
#[component]
pub fn Drawer(
    /// Names its heading.
    id: &'static str,
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is there.
    #[prop(into)]
    open: Signal<bool>,
    /// Takes it out of the address.
    #[prop(into)]
    on_close: Callback<()>,
    /// What it holds.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let open = Memo::new(move |_| open.get());
    effect(move || {
        let Some(dialog) = node.get() else { return };
        if open.get() && !dialog.open() {
            request_animation_frame(move || {
                // The address may have changed meanwhile; else it is on the page and closed, and can be shown.
                if open.try_get_untracked() == Some(true) && !dialog.open() {
                    let _ = dialog.show_modal();
                }
            });
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    let closed = move |_: ev::Event| {
        if open.try_get_untracked() == Some(true) {
            on_close.run(());
        }
    };
    // What is beside the drawer belongs to the same element.
    let beside = move |event: ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if target.is_some_and(|target| target.tag_name() == "DIALOG") {
            on_close.run(());
        }
    };
    view! {
        <dialog class="drawer" node_ref=node aria-labelledby=id on:close=closed on:click=beside>
            {move || {
                open.get()
                    .then(|| {
                        view! {
                            <div class="inside">
                                <header>
                                    <h2 id=id>{title}</h2>
                                    <button
                                        type="button"
                                        class="btn quiet"
                                        aria-label=text::close()
                                        on:click=move |_| on_close.run(())
                                    >
                                        {icon(Icon::Close, 16)}
                                    </button>
                                </header>
                                {children()}
                            </div>
                        }
                    })
            }}
        </dialog>
    }
}
