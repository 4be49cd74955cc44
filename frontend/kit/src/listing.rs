//! Lists that are longer than one answer: their faces, and the way on.

use client::{Failure, Paged, Remote, Shown, use_client};
use contract::ToSchema;
use leptos::prelude::*;

use crate::{button::Button, skeleton::SkeletonRows, states::ErrorState, text, toast::use_toasts};

/// Shows a list: a skeleton until it is there, `none` where it is empty, else `rows` with the way to more of them below.
pub fn listing<T: Shown + ToSchema, N: IntoView + 'static, V: IntoView + 'static>(
    list: Paged<T>,
    none: impl Fn() -> N + Send + 'static,
    rows: impl Fn(Signal<Vec<T>>) -> V + Send + 'static,
) -> impl IntoView {
    let rows = move |items| {
        view! {
            {rows(items)}
            <More list />
        }
    };
    list_faces(list, none, rows)
}

/// The faces of a list: a skeleton until it is there, `none` where it is empty, else `rows`.
pub fn list_faces<T: Shown + ToSchema, N: IntoView + 'static, V: IntoView + 'static>(
    list: Paged<T>,
    none: impl Fn() -> N + Send + 'static,
    rows: impl Fn(Signal<Vec<T>>) -> V + Send + 'static,
) -> impl IntoView {
    // Rows that change do not make a new list: what was opened in it, and where it was scrolled to, stays.
    #[derive(Clone, PartialEq)]
    enum Face {
        Loading,
        Failed(Failure),
        None,
        Rows,
    }
    let face = Memo::new(move |_| {
        list.first.state.with(|state| match state {
            Remote::Loading => Face::Loading,
            Remote::Failed(failure) => Face::Failed(failure.clone()),
            Remote::Ready(page) if page.items.is_empty() => Face::None,
            Remote::Ready(_) => Face::Rows,
        })
    });
    move || match face.get() {
        Face::Loading => view! {
            <div aria-busy="true">
                <span class="only-heard" role="status">{text::loading()}</span>
                <SkeletonRows rows=8 />
            </div>
        }
        .into_any(),
        Face::Failed(failure) => {
            view! { <ErrorState failure on_retry=move |()| list.first.reload() /> }.into_any()
        }
        Face::None => none().into_any(),
        Face::Rows => rows(list.items.into()).into_any(),
    }
}

#[component]
fn More<T: Shown + ToSchema>(list: Paged<T>) -> impl IntoView {
    let toasts = use_toasts();
    let client = use_client();
    let more = move |()| {
        // What is asked for from a press has no place in the page to find the client from.
        list.more(client, move |failure| toasts.say(failure.detail()));
    };
    let shown = move || {
        let count = list.items.with(|items| i64::try_from(items.len()).unwrap_or(i64::MAX));
        if list.has_more() { text::shown_of_more(count) } else { text::shown_in_all(count) }
    };
    view! {
        <div class="after">
            <span class="dim" role="status">{move || shown()}</span>
            {move || list.has_more().then(|| view! { <Button busy=list.busy on_press=more>{text::load_more()}</Button> })}
        </div>
    }
}
