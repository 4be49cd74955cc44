//! The app around all pages.

use std::time::Duration;

use client::{Client, Failure, SessionState, format, language, spawn, task::sleep, use_client};
use domain::permissions::Role;
use kit::{Button, EmptyState, ErrorState, Icon, Toasts, toast::ToastBox};
use leptos::{leptos_dom::logging::console_error, prelude::*};

use crate::{
    account, brand, early,
    pages::{Page, Pages},
    text, theme,
};

/// Whom an app is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The people of an MSP or of the platform.
    Staff,
    /// The people of an MSP's customers.
    Customers,
}

impl Audience {
    /// Whether somebody of this role is among them.
    pub fn has(self, role: Option<Role>) -> bool {
        let customer = matches!(role, Some(Role::CustomerOwner | Role::CustomerViewer));
        customer == (self == Self::Customers)
    }
}

/// What makes one of the apps.
#[derive(Clone, Copy)]
pub struct App {
    /// Whom it is for.
    pub audience: Audience,
    /// Its pages.
    pub pages: &'static [Page],
}

/// After a fault of the program nothing on the page works any more: it says so, rather than to stand there still.
fn say_when_broken() {
    std::panic::set_hook(Box::new(|fault| {
        console_error(&fault.to_string());
        let note = document().create_element("p").ok();
        if let (Some(body), Some(note)) = (document().body(), note) {
            note.set_text_content(Some(text::broken()));
            note.set_class_name("broken");
            let _ = note.set_attribute("role", "alert");
            let _ = body.append_child(&note);
        }
    }));
}

/// Puts the app into the page.
pub fn start(app: App) {
    say_when_broken();
    let pages = app.pages.iter().chain(account::PAGES).copied().collect::<Vec<_>>();
    let app = App { pages: pages.leak(), ..app };
    address::start();
    // Leptos' own has to wait for its first view.
    wasm_bindgen_futures::spawn_local(async move {
        language::prepare().await;
        sleep(Duration::ZERO).await;
        mount_to_body(move || view! { <Root app /> });
        format::prepare().await;
    });
}

/// Takes away what stands there until the app has something to show.
pub(crate) fn unveil() {
    if let Ok(Some(splash)) = document().query_selector("#splash") {
        early::keep(&splash);
        splash.remove();
    }
}

#[component]
fn Root(app: App) -> impl IntoView {
    provide_context(app);
    let client = Client::provide();
    ToastBox::provide();
    brand::provide();
    theme::restore();

    let failure = RwSignal::new(None::<Failure>);
    let find = move || {
        failure.set(None);
        spawn(async move {
            if let Err(found) = client.find_session().await {
                failure.set(Some(found));
            }
        });
    };
    find();

    let stranger = Memo::new(move |_| {
        client.session.with(|session| session.me().is_some_and(|me| !app.audience.has(me.role)))
    });
    let content = move || match failure.get() {
        Some(failure) => {
            unveil();
            view! { <main><ErrorState failure on_retry=move |()| find() /></main> }.into_any()
        }
        None if stranger.get() => view! { <Stranger /> }.into_any(),
        None => view! { <Pages /> }.into_any(),
    };
    view! {
        {move || content()}
        <Toasts />
    }
}

/// The same address is a page of either app, and the server sends the one for whoever is signed in. Who has just
/// signed in is sent there once; where a static host has but one app, this says so.
#[component]
fn Stranger() -> impl IntoView {
    const KEY: &str = "sent-on";
    let client = use_client();
    let storage = window().session_storage().ok().flatten();
    let sent = storage.as_ref().is_none_or(|it| it.get_item(KEY).ok().flatten().is_some());
    if let Some(storage) = &storage {
        let _ = if sent { storage.remove_item(KEY) } else { storage.set_item(KEY, "1") };
    }
    if !sent {
        let _ = window().location().reload();
        return ().into_any();
    }
    unveil();
    let sign_out = move |()| {
        spawn(async move {
            let _ = client.sign_out().await;
        });
    };
    view! {
        <main class="sign-in">
            <EmptyState title=text::other_app() detail=text::other_app_detail() sign=Icon::Lock>
                <Button on_press=sign_out>{text::sign_out()}</Button>
            </EmptyState>
        </main>
    }
    .into_any()
}

/// The app's description.
pub(crate) fn use_app() -> App {
    expect_context()
}

/// Whether somebody is signed in, or was until now.
pub(crate) fn inside(client: Client) -> Memo<bool> {
    Memo::new(move |_| {
        client.session.with(|session| matches!(session, SessionState::SignedIn(_) | SessionState::Ended(_)))
    })
}
