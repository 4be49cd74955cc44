//! The faces of what is read from the server.

use client::{Loaded, Remote, Shown};
use leptos::prelude::*;

use crate::{states::ErrorState, text};

/// Shows the skeleton until it is there, what went wrong if it did, and else what `ready` makes of it.
pub fn faces<T: Shown, S: IntoView + 'static, V: IntoView + 'static>(
    loaded: Loaded<T>,
    skeleton: impl Fn() -> S + Send + 'static,
    ready: impl Fn(T) -> V + Send + 'static,
) -> impl IntoView {
    let face = move || match loaded.state.get() {
        Remote::Loading => waiting(skeleton().into_any()),
        Remote::Failed(failure) => {
            view! { <ErrorState failure on_retry=move |()| loaded.reload() /> }.into_any()
        }
        Remote::Ready(value) => ready(value).into_any(),
    };
    view! { {move || face()} }
}

fn waiting(skeleton: AnyView) -> AnyView {
    view! {
        <div aria-busy="true">
            <span class="only-heard" role="status">{text::loading()}</span>
            {skeleton}
        </div>
    }
    .into_any()
}
