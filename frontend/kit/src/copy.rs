//! Something to be taken along: a key, a link.

use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

use crate::{
    button::Button,
    icon::{Icon, icon},
    text,
};

/// A text that cannot be changed, with a button that copies it.
#[component]
pub fn Secret(
    /// What it is called.
    #[prop(into)]
    label: String,
    /// The text.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let said = RwSignal::new("");
    let secret = StoredValue::new(value.clone());
    let copy = move |()| {
        let window = window();
        // Where the page does not come over HTTPS, there is no clipboard.
        let clipboard = window.is_secure_context().then(|| window.navigator().clipboard());
        spawn_local(async move {
            let done = match clipboard {
                Some(clipboard) => JsFuture::from(clipboard.write_text(&secret.get_value())).await.is_ok(),
                None => false,
            };
            if !done && let Some(input) = input.try_get_untracked().flatten() {
                input.select();
            }
            said.try_set(if done { text::copied() } else { text::copy_by_hand() });
        });
    };
    view! {
        <div class="field secret">
            <label for="secret">{label}</label>
            <div class="with-copy">
                <input id="secret" type="text" readonly=true node_ref=input prop:value=value spellcheck="false" />
                <Button on_press=copy>{icon(Icon::Copy, 16)} {text::copy()}</Button>
            </div>
            <p class="hint" role="status">{move || said.get()}</p>
        </div>
    }
}
