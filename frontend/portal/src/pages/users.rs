//! The company's people here, and who is invited.

use client::{format, paged, use_client};
use contract::team::{CreateInvitation, Invitation, Member};
use domain::permissions::{Permission, Role};
use kit::{
    Button, ButtonKind, Card, Column, Confirm, Form, FormView, PageHeader, SelectField, Status, Table,
    TextField, Tone, deed, listing, required, use_toasts,
};
use leptos::prelude::*;

use crate::text;

#[component]
pub fn Users() -> impl IntoView {
    let client = use_client();
    let may_write = client.session.with_untracked(|session| session.may(Permission::PortalUsersWrite));
    let invite = may_write.then(|| view! { <Invite /> });
    view! {
        <PageHeader title=text::users() />
        <div class=if may_write { "cols" } else { "stack" }>
            <div class="stack">
                <Members may_write />
                <Invitations may_write />
            </div>
            {invite}
        </div>
    }
}

fn role_word(role: Role) -> String {
    text::role(role).to_owned()
}

#[component]
fn Members(may_write: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let members = paged::<Member>(|| Some("/portal/users".to_owned()));
    let asked = RwSignal::new(None::<Member>);
    let open = RwSignal::new(false);
    let me = client.session.with_untracked(|session| session.me().and_then(|me| me.user_id));
    let remove = deed(move || async move {
        let Some(member) = asked.get_untracked() else { return Ok(()) };
        client.delete(format!("/portal/users/{}", member.id)).done().await?;
        toasts.say(text::removed(&member.name));
        Ok(())
    });
    let row = move |member: Member| {
        let own = me == Some(member.user_id);
        let label = text::remove_named(&member.name);
        let press = {
            let member = member.clone();
            move |()| {
                asked.set(Some(member.clone()));
                open.set(true);
            }
        };
        view! {
            <tr>
                <th scope="row" class="who-cell">
                    <span class="name">{member.name.clone()}</span>
                    {own.then(|| view! { <span class="dim">{format!(" · {}", text::you())}</span> })}
                    <div class="sub">{member.email.clone()}</div>
                    <div class="sub only-narrow">{role_word(member.role)}</div>
                </th>
                <td class="tight less">
                    {role_word(member.role)}
                    {member
                        .suspended
                        .then(|| view! { <div><Status tone=Tone::Warning word=text::suspended_person() /></div> })}
                </td>
                <td class="r less">{format::day(member.created_at.date_naive())}</td>
                {may_write
                    .then(|| {
                        view! {
                            <td class="r">
                                {(!own)
                                    .then(|| {
                                        view! {
                                            <Button small=true kind=ButtonKind::Quiet on_press=press>
                                                <span aria-hidden="true">{text::remove()}</span>
                                                <span class="only-heard">{label}</span>
                                            </Button>
                                        }
                                    })}
                            </td>
                        }
                    })}
            </tr>
        }
    };
    let rows = move |rows: Signal<Vec<Member>>| {
        let mut columns = vec![
            Column::text(text::person()),
            Column::text(text::role_name()).less(),
            Column::figures(text::since()).less(),
        ];
        if may_write {
            columns.push(Column::figures(""));
        }
        view! {
            <Table caption=text::users() columns>
                <For each=move || rows.get() key=|member| (member.id, member.version) children=row />
            </Table>
        }
    };
    view! {
        <section class="card" aria-label=text::users()>
            {listing(members, || (), rows)}
        </section>
        {move || {
            asked
                .get()
                .map(|member| {
                    let name = StoredValue::new(member.name.clone());
                    view! {
                        <Confirm
                            id="remove-user"
                            title=text::remove_title(&member.name)
                            open
                            action=text::remove()
                            danger=true
                            on_confirm=remove
                        >
                            <p class="mut">{text::remove_detail(&name.get_value())}</p>
                        </Confirm>
                    }
                })
        }}
    }
}

#[component]
fn Invitations(may_write: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let invitations = paged::<Invitation>(|| Some("/portal/invitations".to_owned()));
    let asked = RwSignal::new(None::<Invitation>);
    let open = RwSignal::new(false);
    let revoke = deed(move || async move {
        let Some(invitation) = asked.get_untracked() else { return Ok(()) };
        client.delete(format!("/portal/invitations/{}", invitation.id)).done().await?;
        toasts.say(text::revoked(&invitation.email));
        Ok(())
    });
    let row = move |invitation: Invitation| {
        let label = text::revoke_named(&invitation.email);
        let about = [
            text::invited_by(&invitation.invited_by),
            text::expires_when(&format::relative(invitation.expires_at)),
        ]
        .join(" · ");
        let exactly = format::instant(invitation.expires_at);
        let press = {
            let invitation = invitation.clone();
            move |()| {
                asked.set(Some(invitation.clone()));
                open.set(true);
            }
        };
        view! {
            <tr>
                <th scope="row" class="who-cell">
                    <span class="name">{invitation.email.clone()}</span>
                    <div class="sub" title=exactly>
                        {about}
                    </div>
                    <div class="sub only-narrow">{role_word(invitation.role)}</div>
                </th>
                <td class="tight less">{role_word(invitation.role)}</td>
                {may_write
                    .then(|| {
                        view! {
                            <td class="r">
                                <Button small=true kind=ButtonKind::Quiet on_press=press>
                                    <span aria-hidden="true">{text::revoke()}</span>
                                    <span class="only-heard">{label}</span>
                                </Button>
                            </td>
                        }
                    })}
            </tr>
        }
    };
    let rows = move |rows: Signal<Vec<Invitation>>| {
        let mut columns = vec![Column::text(text::person()), Column::text(text::role_name()).less()];
        if may_write {
            columns.push(Column::figures(""));
        }
        view! {
            <Table caption=text::invitations() columns>
                <For each=move || rows.get() key=|invitation| invitation.id children=row />
            </Table>
        }
    };
    let none = || view! { <p class="pad mut">{text::no_invitations()}</p> };
    view! {
        <Card title=text::invitations()>{listing(invitations, none, rows)}</Card>
        {move || {
            asked
                .get()
                .map(|invitation| {
                    view! {
                        <Confirm
                            id="revoke-invitation"
                            title=text::revoke_title(&invitation.email)
                            open
                            action=text::revoke()
                            danger=true
                            on_confirm=revoke
                        >
                            <p class="mut">{text::revoke_detail()}</p>
                        </Confirm>
                    }
                })
        }}
    }
}

fn email_required(text: &str) -> Option<String> {
    required(text).map(|_| text::email_missing().to_owned())
}

#[component]
fn Invite() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("portal-invite");
    let email = form.field("/email", "", email_required);
    let role = form.field("/role", Role::CustomerViewer.as_str(), required);
    let options = Signal::derive(|| {
        [Role::CustomerViewer, Role::CustomerOwner].map(|role| (role.to_string(), role_word(role))).to_vec()
    });
    let submit = move |()| {
        form.send(
            async move || {
                let role = role.text().parse().unwrap_or(Role::CustomerViewer);
                let body = CreateInvitation { email: email.text(), role, only_customers: None };
                client.post("/portal/invitations").body(&body).answer::<Invitation>().await
            },
            move |sent: Invitation| {
                toasts.say(text::invitation_sent(&sent.email));
                form.reset();
            },
        );
    };
    view! {
        <Card title=text::invite_title()>
            <div class="pad">
                <FormView form submit=text::invite() on_submit=submit>
                    <TextField
                        field=email
                        label=text::email()
                        kind="email"
                        hint=text::invite_again_hint()
                    />
                    <SelectField field=role label=text::role_name() options hint=text::role_hint() />
                </FormView>
            </div>
        </Card>
    }
}
