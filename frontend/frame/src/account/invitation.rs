//! An invitation, and what becomes of it.

use address::use_query;
use client::{Failure, spawn, use_client};
use contract::auth::{AcceptInvitation, InvitationPreview, InvitationToken};
use kit::{
    EmptyState, ErrorState, Field, Form, FormView, Icon, LinkButton, PasswordField, SkeletonText, TextField,
    required,
};
use leptos::prelude::*;

use super::long_enough;
use crate::{sign_in::Door, text};

/// Who opens the link of an invitation sees who invites, and as what; then joins.
#[component]
pub fn Invitation() -> impl IntoView {
    let client = use_client();
    let query = use_query();
    let token = StoredValue::new(query.with_untracked(|query| query.get("token")).unwrap_or_default());
    let found = RwSignal::new(None::<Result<InvitationPreview, Failure>>);
    let look = move || {
        found.set(None);
        spawn(async move {
            let body = InvitationToken { token: token.get_value() };
            let answer = client.post("/auth/invitation").body(&body).answer().await;
            found.try_set(Some(answer));
        });
    };
    look();
    let body = move || match found.get() {
        None => view! { <SkeletonText /> }.into_any(),
        // A link works once, and for a week.
        Some(Err(failure)) if failure.status().is_some_and(|status| status < 500 && status != 429) => view! {
            <EmptyState title=text::invitation_over() detail=text::invitation_over_detail() sign=Icon::Mail>
                <LinkButton href="/sign-in">{text::sign_in()}</LinkButton>
            </EmptyState>
        }
        .into_any(),
        Some(Err(failure)) => view! { <ErrorState failure on_retry=move |()| look() /> }.into_any(),
        Some(Ok(invitation)) => view! { <Join invitation token=token.get_value() /> }.into_any(),
    };
    view! { <Door title=text::invitation()>{move || body()}</Door> }
}

#[component]
fn Join(invitation: InvitationPreview, token: String) -> impl IntoView {
    let client = use_client();
    let form = Form::new("");
    let known = invitation.has_account;
    let email = StoredValue::new(invitation.email.clone());
    let name = (!known).then(|| form.field("/name", "", required));
    // The password of an account is as it is; only a new one is measured.
    let password = form.secret("/password", if known { required } else { long_enough });
    let password = form.told(password, "bad_credentials");
    let submit = move |()| {
        let body = AcceptInvitation {
            token: token.clone(),
            name: name.map(Field::text),
            password: password.value.get_untracked(),
        };
        form.send(
            async move || {
                client.post("/auth/invitation/accept").body(&body).quietly().await?;
                client.sign_in(&email.get_value(), &body.password).await
            },
            // Whatever was on the page was nobody's, or somebody else's.
            |_| {
                let _ = window().location().assign("/");
            },
        );
    };
    view! {
        <p>{text::invited_as(&invitation.tenant_name, text::role(invitation.role))}</p>
        <p class="dim">{invitation.email.clone()}</p>
        <FormView form submit=text::join() on_submit=submit wide=true>
            {name.map(|name| view! { <TextField field=name label=text::your_name() autocomplete="name" /> })}
            {if known {
                view! { <PasswordField field=password label=text::password() hint=text::known_account() /> }.into_any()
            } else {
                view! {
                    <PasswordField
                        field=password
                        label=text::choose_password()
                        hint=text::password_hint()
                        autocomplete="new-password"
                    />
                }
                    .into_any()
            }}
        </FormView>
    }
}
