//! Changing somebody's place, or taking it away.

use address::go;
use client::{Remote, effect, load_once, use_client};
use contract::team::{Member, UpdateMember};
use domain::permissions::{Role, TenantKind};
use kit::{
    Button, CheckField, Confirm, Drawer, Form, FormView, SelectField, SkeletonText, deed, faces, optional,
    use_toasts,
};
use leptos::prelude::*;

use super::super::{
    customer_choice::{CustomerChoice, Limit},
    permissions::roles,
    text,
};

/// Back to the list.
pub fn closing() -> impl Fn(()) + Clone + Send + Sync + 'static {
    move |()| {
        go("/settings/team");
    }
}

/// The roles of this tenant, to choose from.
pub fn role_options(kind: Option<TenantKind>) -> Vec<(String, String)> {
    kind.into_iter().flat_map(roles).map(|role| (role.to_string(), text::role(role).to_owned())).collect()
}

/// Whether people of the role that is chosen may be limited to customers.
pub fn may_be_limited(role: &str) -> bool {
    role.parse::<Role>().is_ok_and(Role::may_be_restricted)
}

#[component]
pub fn ChangeMember(wanted: Memo<Option<String>>) -> impl IntoView {
    let close = closing();
    let member = load_once::<Member>(move || wanted.get().map(|id| format!("/msp/users/{id}")));
    let title = Signal::derive(move || match member.state.get() {
        Remote::Ready(member) => member.name,
        Remote::Loading | Remote::Failed(_) => text::team().to_owned(),
    });
    view! {
        <Drawer id="member" title open=Signal::derive(move || wanted.with(Option::is_some)) on_close=close>
            {faces(member, || view! { <SkeletonText /> }, |member| view! { <Change member /> })}
        </Drawer>
    }
}

#[component]
fn Change(member: Member) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let close = StoredValue::new(closing());
    let me = client.session.with_untracked(|session| session.me().cloned());
    if me.as_ref().and_then(|me| me.user_id) == Some(member.user_id) {
        return view! { <p class="mut">{text::own_place()}</p> }.into_any();
    }
    let form = Form::new("");
    let role = form.field("/role", member.role.to_string(), optional);
    let limit = Limit::new(form, member.only_customers.as_deref());
    let suspended = form.field("/suspended", member.suspended.to_string(), optional);
    let limited = Memo::new(move |_| role.value.with(|role| may_be_limited(role)));
    let (id, version) = (member.id, member.version);
    let kept = member.role;
    // A limit that the new role cannot have would be asked for where nobody sees it.
    effect(move || {
        if !limited.get() {
            limit.on.value.set("false".to_owned());
        }
    });
    let submit = move |()| {
        form.send(
            async move || {
                let body = UpdateMember {
                    role: role.text().parse().unwrap_or(kept),
                    only_customers: limit.value(),
                    suspended: suspended.is_on(),
                };
                client.put(format!("/msp/users/{id}")).version(version).body(&body).answer::<Member>().await
            },
            move |member: Member| {
                toasts.say(text::saved_member(&member.name));
                close.with_value(|close| close(()));
            },
        );
    };
    let removing = RwSignal::new(false);
    let name = StoredValue::new(member.name.clone());
    let remove = deed(move || async move {
        client.delete(format!("/msp/users/{id}")).done().await?;
        toasts.say(text::removed(&name.get_value()));
        close.with_value(|close| close(()));
        Ok(())
    });
    view! {
        <p class="mut">{member.email}</p>
        <FormView
            form
            submit=text::save()
            on_submit=submit
            on_cancel=move |()| close.with_value(|close| close(()))
        >
            <SelectField
                field=role
                label=text::role_label()
                options=Signal::stored(role_options(me.map(|me| me.tenant_kind)))
            />
            {move || limited.get().then(|| view! { <CustomerChoice limit /> })}
            <CheckField field=suspended label=text::suspend_member() hint=text::suspend_member_hint() />
        </FormView>
        <div class="apart">
            <Button on_press=move |()| removing.set(true)>{text::remove_member()}</Button>
        </div>
        <Confirm
            id="remove-member"
            title=text::remove_member_title(&name.get_value())
            open=removing
            action=text::remove_member_action()
            danger=true
            on_confirm=remove
        >
            <p>{text::remove_member_meaning(&name.get_value())}</p>
        </Confirm>
    }
    .into_any()
}
