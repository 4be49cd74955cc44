//! Something to take along: a link, a key.

use client::spawn;
use std::time::Duration;

use leptos::{html, prelude::*};
use wasm_bindgen_futures::JsFuture;

use crate::{
    button::Button,
    icon::{Icon, icon},
    text,
};

/// How long it says that it has been copied.
const SAID: Duration = Duration::from_secs(4);

/// A text with a button that copies it. Where the browser does not let a page copy, the text is selected instead.
#[component]
pub fn Copy(
    /// What the text is, for those who hear the page.
    #[prop(into)]
    label: String,
    /// The text.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let said = RwSignal::new("");
    let node = NodeRef::<html::Input>::new();
    let to_copy = value.clone();
    let say = move |word: &'static str| {
        said.try_set(word);
        set_timeout(
            move || {
                said.try_set("");
            },
            SAID,
        );
    };
    let copy = move |()| {
        let select = move || {
            if let Some(input) = node.try_get_untracked().flatten() {
                let _ = input.focus();
                input.select();
            }
            say(text::copy_by_hand());
        };
        // The clipboard is there on safe origins only.
        if !window().is_secure_context() {
            return select();
        }
        let done = window().navigator().clipboard().write_text(&to_copy);
        spawn(async move {
            match JsFuture::from(done).await {
                Ok(_) => say(text::copied()),
                Err(_) => select(),
            }
        });
    };
    view! {
        <div class="copy">
            <input
                type="text"
                readonly
                node_ref=node
                aria-label=label
                value=value
                on:focus:target=|event| event.target().select()
            />
            <Button on_press=copy>
                {icon(Icon::Copy, 16)} {text::copy()}
            </Button>
            <span class="said" role="status">
                {move || {
                    let said = said.get();
                    (!said.is_empty()).then(|| view! { {icon(Icon::Check, 16)} <span>{said}</span> })
                }}
            </span>
        </div>
    }
}
