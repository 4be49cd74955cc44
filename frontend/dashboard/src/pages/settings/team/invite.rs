//! Inviting somebody to the team.

use client::{effect, use_client};
use contract::team::{CreateInvitation, Invitation};
use domain::permissions::{Role, TenantKind};
use kit::{Drawer, Form, FormView, SelectField, TextField, optional, required, use_toasts};
use leptos::prelude::*;

use super::{
    super::{
        customer_choice::{CustomerChoice, Limit},
        text,
    },
    change::{closing, may_be_limited, role_options},
};

#[component]
pub fn Invite(open: Memo<bool>) -> impl IntoView {
    let close = closing();
    view! {
        <Drawer id="invite" title=Signal::derive(|| text::invite().to_owned()) open on_close=close>
            <InviteForm />
        </Drawer>
    }
}

fn an_email(value: &str) -> Option<String> {
    required(value).or_else(|| domain::text::email(value).is_err().then(|| text::email_wrong().to_owned()))
}

#[component]
fn InviteForm() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let close = StoredValue::new(closing());
    let kind = client.session.with_untracked(|session| session.me().map(|me| me.tenant_kind));
    let first = if kind == Some(TenantKind::Platform) { Role::PlatformSupport } else { Role::MspOperator };
    let form = Form::new("invite");
    let email = form.field("/email", "", an_email);
    let role = form.field("/role", first.to_string(), optional);
    let limit = Limit::new(form, None);
    let limited = Memo::new(move |_| role.value.with(|role| may_be_limited(role)));
    effect(move || {
        if !limited.get() {
            limit.on.value.set("false".to_owned());
        }
    });
    let submit = move |()| {
        form.send(
            async move || {
                let body = CreateInvitation {
                    email: email.text(),
                    role: role.text().parse().unwrap_or(first),
                    only_customers: limit.value(),
                };
                client.post("/msp/invitations").body(&body).answer::<Invitation>().await
            },
            move |invitation: Invitation| {
                toasts.say(text::invited(&invitation.email));
                close.with_value(|close| close(()));
            },
        );
    };
    view! {
        <FormView
            form
            submit=text::invite_send()
            on_submit=submit
            on_cancel=move |()| close.with_value(|close| close(()))
        >
            <TextField
                field=email
                label=text::email()
                hint=text::invite_email_hint()
                kind="email"
                autofocus=true
            />
            <SelectField field=role label=text::role_label() options=Signal::stored(role_options(kind)) />
            {move || limited.get().then(|| view! { <CustomerChoice limit /> })}
        </FormView>
    }
}
