//! Who is there?

use address::{replace, use_query};
use client::{SessionState, effect, use_client};
use kit::{Form, FormView, PasswordField, TextField, required};
use leptos::prelude::*;

use crate::{
    brand::{BrandMark, title_page, use_brand},
    early::{self, Early},
    support::ways,
    text,
};

/// What stands on the pages of those who are not signed in: whose they are, and one thing to do.
#[component]
pub fn Door(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// What is to be done.
    children: Children,
) -> impl IntoView {
    let brand = use_brand();
    title_page(move || title.get());
    let help = move || ways(brand.get()).map(|ways| view! { <footer class="door-help">{ways}</footer> });
    view! {
        <main class="door">
            <div class="door-box">
                <div class="door-brand">
                    <BrandMark large=true />
                    <span>{move || brand.get().name}</span>
                </div>
                <h1 tabindex="-1">{title}</h1>
                {children()}
            </div>
            {move || help()}
        </main>
    }
}

/// The sign-in page. The server sends the same as `door.html`, to be seen before the app is there. Who is signed in goes on to where they wanted to be.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let client = use_client();
    let brand = use_brand();
    let query = use_query();
    effect(move || {
        if client.session.with(|session| matches!(session, SessionState::SignedIn(_))) {
            let to = query.with_untracked(|query| query.get("to")).filter(|to| is_ours(to));
            let to = to.unwrap_or_else(|| "/".to_owned());
            replace(&to);
        }
    });
    let welcome = move || brand.get().welcome.map(|words| view! { <p class="mut welcome">{words}</p> });
    view! {
        <Door title=text::sign_in()>
            {move || welcome()}
            <SignInForm early=early::take().unwrap_or_default() on_done=|_| () />
            <a href="/forgot-password" class="link alone">{text::forgot_password()}</a>
        </Door>
    }
}

/// Only within this app: the address comes from outside.
fn is_ours(to: &str) -> bool {
    to.starts_with('/') && !to.starts_with("//") && !to.contains('\\') && !to.starts_with("/sign-in")
}

pub(crate) fn email_required(text: &str) -> Option<String> {
    required(text).map(|_| text::email_missing().to_owned())
}

fn password_required(text: &str) -> Option<String> {
    text.is_empty().then(|| text::password_missing().to_owned())
}

/// The fields and what becomes of them.
#[component]
pub(crate) fn SignInForm(
    /// The address to begin with.
    #[prop(optional)]
    email: String,
    /// What was typed before the app was there.
    #[prop(optional)]
    early: Early,
    /// Told when somebody is signed in, and whether it is somebody else than before.
    #[prop(into)]
    on_done: Callback<bool>,
) -> impl IntoView {
    let client = use_client();
    let known = !email.is_empty();
    let form = Form::new("");
    let Early { email: typed, password: secret, sent, at } = early;
    let email = if known { email } else { typed };
    let email = form.field("/email", email, email_required);
    // Which of the two is wrong is not told, so that nobody can find out who has an account.
    let password = form.told(form.secret("/password", password_required), "bad_credentials");
    password.value.set(secret);
    let submit = move |()| {
        form.send(
            async move || client.sign_in(&email.text(), &password.value.get_untracked()).await,
            move |other: bool| on_done.run(other),
        );
    };
    // When the fields are on the page; before anything more can be typed.
    effect(move || {
        early::focus(at);
        if sent {
            submit(());
        }
    });
    view! {
        <FormView form submit=text::sign_in() on_submit=submit wide=true>
            <TextField field=email label=text::email() kind="email" autocomplete="username" />
            <PasswordField field=password label=text::password() autofocus=known />
        </FormView>
    }
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
