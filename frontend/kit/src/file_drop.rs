//! A file: dropped, or chosen.

use leptos::{ev, html, prelude::*};
use web_sys::File;

use crate::{
    icon::{Icon, icon},
    text,
};

/// Takes a file. It can be dropped, or chosen with the mouse or the keyboard; what is plainly wrong is refused here.
#[component]
pub fn FileDrop(
    /// Names it in the page.
    id: &'static str,
    /// What it takes.
    #[prop(into)]
    label: String,
    /// Which files are fine, in words.
    #[prop(into)]
    hint: String,
    /// Their media types.
    types: &'static [&'static str],
    /// How many megabytes they may have.
    megabytes: u8,
    /// Whether one is under way.
    #[prop(into)]
    busy: Signal<bool>,
    /// What was wrong with the last one.
    error: RwSignal<Option<String>>,
    /// Takes the file.
    #[prop(into)]
    on_file: Callback<File>,
) -> impl IntoView {
    let over = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let take = move |file: Option<File>| {
        let Some(file) = file.filter(|_| !busy.get_untracked()) else { return };
        let limit = f64::from(megabytes) * 1024.0 * 1024.0;
        // A browser that does not know the type says nothing; the server looks into the file.
        let known = file.type_().is_empty() || types.contains(&file.type_().as_str());
        if !known {
            error.set(Some(text::file_type().to_owned()));
        } else if file.size() > limit {
            error.set(Some(text::file_too_large(&megabytes.to_string())));
        } else {
            error.set(None);
            on_file.run(file);
        }
    };
    let dropped = move |event: ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        take(event.data_transfer().and_then(|it| it.files()).and_then(|files| files.get(0)));
    };
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        take(input.files().and_then(|files| files.get(0)));
        // The same file can be chosen again once it has been mended.
        input.set_value("");
    };
    let hint_id = format!("{id}-hint");
    let wrong_id = format!("{id}-wrong");
    view! {
        <div
            class="drop"
            class:over=over
            on:dragover=move |event: ev::DragEvent| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <span class="drop-name">{label.clone()}</span>
            <input
                id=id
                class="only-heard"
                type="file"
                node_ref=input
                accept=types.join(",")
                aria-label=label
                aria-describedby=format!("{hint_id} {wrong_id}")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                on:change=chosen
            />
            <div class="drop-how">
                {move || if busy.get() { text::uploading() } else { text::drop_here() }}
                <label for=id class="btn" aria-hidden="true" aria-disabled=move || busy.get().then_some("true")>
                    {move || busy.get().then(|| view! { <span class="spin"></span> })}
                    {text::choose_file()}
                </label>
            </div>
            <p class="hint" id=hint_id>{hint}</p>
            <div id=wrong_id aria-live="polite">
                {move || {
                    error.get().map(|error| view! { <p class="wrong">{icon(Icon::Alert, 16)} <span>{error}</span></p> })
                }}
            </div>
        </div>
    }
}
