//! Who is there?

use client::{Failure, SessionState, use_client};
use kit::{Banner, Button, ButtonKind, EmailField, PasswordField, Tone};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use wasm_bindgen::JsCast as _;

use crate::{
    brand::{title_page, use_brand},
    text,
};

/// The sign-in page. Who is signed in goes on to where they wanted to be.
#[component]
pub fn SignIn() -> impl IntoView {
    let client = use_client();
    let brand = use_brand();
    let query = use_query_map();
    let navigate = use_navigate();
    title_page(|| text::SIGN_IN.to_owned());
    Effect::new(move |_| {
        if client.session.with(|session| matches!(session, SessionState::SignedIn(_))) {
            let to = query.with_untracked(|query| query.get("to")).filter(|to| is_ours(to));
            let to = to.unwrap_or_else(|| "/".to_owned());
            navigate(&to, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    let heading = move || {
        let name = brand.get().name;
        if name.is_empty() { text::SIGN_IN.to_owned() } else { text::sign_in_to(&name) }
    };
    view! {
        <main class="sign-in">
            <div class="sign-in-box">
                <span class="mark large" aria-hidden="true">{move || brand.get().initial()}</span>
                <h1 tabindex="-1">{heading}</h1>
                <SignInForm on_done=|_| () />
            </div>
        </main>
    }
}

/// Only within this app: the address comes from outside.
fn is_ours(to: &str) -> bool {
    to.starts_with('/') && !to.starts_with("//") && !to.contains('\\') && !to.starts_with("/sign-in")
}

/// The fields and what becomes of them.
#[component]
pub fn SignInForm(
    /// The address to begin with.
    #[prop(optional)]
    email: String,
    /// Told when somebody is signed in, and whether it is somebody else than before.
    #[prop(into)]
    on_done: Callback<bool>,
) -> impl IntoView {
    let client = use_client();
    let known = !email.is_empty();
    let email = RwSignal::new(email);
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let checked = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);

    let missing = move |value: RwSignal<String>, word: &'static str| {
        (checked.get() && value.with(|value| value.trim().is_empty())).then(|| word.to_owned())
    };
    let told = move |pointer: &str| failure.with(|failure| failure.as_ref().and_then(|it| it.field(pointer)));
    let email_error = Signal::derive(move || missing(email, text::EMAIL_MISSING).or_else(|| told("/email")));
    let password_error = Signal::derive(move || {
        // Which of the two is wrong is not told, so that nobody can find out who has an account.
        let refused = failure.with(|failure| {
            failure.as_ref().filter(|it| it.code() == "bad_credentials").map(Failure::detail)
        });
        missing(password, text::PASSWORD_MISSING).or_else(|| told("/password")).or(refused)
    });
    let other = move || {
        failure
            .get()
            .filter(|it| {
                it.code() != "bad_credentials"
                    && it.field("/email").is_none()
                    && it.field("/password").is_none()
            })
            .map(|it| view! { <Banner tone=Tone::Error>{it.detail()}</Banner> })
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        checked.set(true);
        failure.set(None);
        if email_error.get_untracked().is_some() || password_error.get_untracked().is_some() {
            focus_wrong();
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let done = client.sign_in(email.get_untracked().trim(), &password.get_untracked()).await;
            busy.try_set(false);
            match done {
                Ok(other) => on_done.run(other),
                Err(found) => {
                    failure.try_set(Some(found));
                    focus_wrong();
                }
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            {other}
            <EmailField id="email" label=text::EMAIL value=email error=email_error />
            <PasswordField id="password" label=text::PASSWORD value=password error=password_error autofocus=known />
            <Button kind=ButtonKind::Primary submit=true wide=true busy=busy>
                {text::SIGN_IN}
            </Button>
        </form>
    }
}

/// The first field that is wrong gets the focus, once it is marked.
fn focus_wrong() {
    request_animation_frame(|| {
        let field = document().query_selector("[aria-invalid=true]").ok().flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = field.focus();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for (to, ours) in [
            ("/customers?q=a", true),
            ("/", true),
            ("//evil.example", false),
            ("https://evil.example", false),
            ("/\\evil.example", false),
            ("/sign-in?to=/sign-in", false),
        ] {
            assert_eq!(is_ours(to), ours, "{to}");
        }
    }
}
