//! A forgotten password, and the new one.

use address::{replace, use_query};
use client::{effect, use_client};
use contract::auth::{RequestPasswordReset, ResetPassword as NewPassword};
use kit::{EmptyState, Form, FormView, Icon, LinkButton, PasswordField, TextField, use_toasts};
use leptos::prelude::*;

use super::long_enough;
use crate::{
    sign_in::{Door, email_required},
    text,
};

/// Asks for a link to set a new password.
#[component]
pub fn ForgotPassword() -> impl IntoView {
    let client = use_client();
    let sent = RwSignal::new(None::<String>);
    let form = Form::new("");
    let email = form.field("/email", "", email_required);
    let submit = move |()| {
        let email = email.text();
        let body = RequestPasswordReset { email: email.clone() };
        form.send(
            async move || client.post("/auth/password-reset").body(&body).quietly().await,
            move |()| sent.set(Some(email)),
        );
    };
    let body = move || match sent.get() {
        // Whether there is such an account is not told, so that nobody can find out who has one.
        Some(email) => view! {
            <p role="status">{text::link_sent(&email)}</p>
            <p class="dim">{text::link_sent_detail()}</p>
        }
        .into_any(),
        None => view! {
            <p class="mut">{text::forgot_password_detail()}</p>
            <FormView form submit=text::send_link() on_submit=submit wide=true>
                <TextField field=email label=text::email() kind="email" autocomplete="username" />
            </FormView>
        }
        .into_any(),
    };
    view! {
        <Door title=text::forgot_password()>
            {move || body()}
            <a href="/sign-in" class="link alone">{text::back_to_sign_in()}</a>
        </Door>
    }
}

/// Sets a new password, by the link in the mail.
#[component]
pub fn ResetPassword() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let query = use_query();
    let token = query.with_untracked(|query| query.get("token")).unwrap_or_default();
    let over = RwSignal::new(token.is_empty());
    let form = Form::new("");
    let password = form.secret("/new_password", long_enough);
    effect(move || {
        // A link works once, and for an hour: what is wrong with it is told in the field that nobody sees.
        if form.failure().with(|failure| failure.as_ref().is_some_and(|it| it.field("/token").is_some())) {
            over.set(true);
        }
    });
    let submit = Callback::new(move |()| {
        let body = NewPassword { token: token.clone(), new_password: password.value.get_untracked() };
        form.send(
            async move || client.post("/auth/password-reset/confirm").body(&body).quietly().await,
            move |()| {
                toasts.say(text::password_changed());
                replace("/sign-in");
            },
        );
    });
    let body = move || {
        if over.get() {
            return view! {
                <EmptyState title=text::link_over() detail=text::link_over_detail() sign=Icon::Key>
                    <LinkButton href="/forgot-password">{text::send_link()}</LinkButton>
                </EmptyState>
            }
            .into_any();
        }
        view! {
            <FormView form submit=text::set_password() on_submit=submit wide=true>
                <PasswordField
                    field=password
                    label=text::new_password()
                    hint=text::password_hint()
                    autocomplete="new-password"
                />
            </FormView>
        }
        .into_any()
    };
    view! { <Door title=text::new_password()>{move || body()}</Door> }
}
