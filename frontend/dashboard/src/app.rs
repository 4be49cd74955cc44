//! The app around all pages.

use client::{Client, Failure};
use kit::{ErrorState, Toasts, toast::ToastBox};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{brand, pages, routes::Pages, shell::Shell, theme};

#[component]
pub fn App() -> impl IntoView {
    let client = Client::provide();
    ToastBox::provide();
    brand::provide();
    theme::restore();

    let failure = RwSignal::new(None::<Failure>);
    let find = move || {
        failure.set(None);
        spawn_local(async move {
            if let Err(found) = client.find_session().await {
                failure.set(Some(found));
            }
        });
    };
    find();

    let content = move || match failure.get() {
        Some(failure) => view! {
            <main>
                <ErrorState failure on_retry=move |()| find() />
            </main>
        }
        .into_any(),
        None => view! {
            <Router>
                <Routes fallback=|| ()>
                    <Route path=path!("/sign-in") view=pages::sign_in::SignIn />
                    <ParentRoute path=path!("") view=Shell>
                        <Route path=path!("/*any") view=Pages />
                    </ParentRoute>
                </Routes>
            </Router>
        }
        .into_any(),
    };
    view! {
        {content}
        <Toasts />
    }
}
