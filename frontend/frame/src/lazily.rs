//! A piece of a page whose code is fetched when it is shown.

use client::{Failure, spawn};
use futures_util::future::LocalBoxFuture;
use kit::{ErrorState, SkeletonText};
use leptos::prelude::*;

use crate::pages::{NotLoadedError, View};

/// Shows the piece as soon as its code is there, and what to do if it does not come.
#[component]
pub fn Lazily(
    /// Fetches its code.
    load: fn() -> LocalBoxFuture<'static, Result<View, NotLoadedError>>,
    /// Stands there until it has come.
    #[prop(default = || view! { <div aria-busy="true"><SkeletonText /></div> }.into_any())]
    skeleton: fn() -> AnyView,
) -> impl IntoView {
    let found = RwSignal::new(None);
    let fetch = move |()| {
        found.set(None);
        spawn(async move {
            let code = load().await;
            found.try_set(Some(code));
        });
    };
    fetch(());
    view! {
        {move || match found.get() {
            None => skeleton(),
            Some(Ok(view)) => view(),
            Some(Err(NotLoadedError)) => {
                view! { <ErrorState failure=Failure::Offline on_retry=fetch /> }.into_any()
            }
        }}
    }
}
