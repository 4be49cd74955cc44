//! A customer's own people, and who is invited to be one of them.

use client::{Loaded, Remote, format, load, paged, use_client};
use contract::{
    Page,
    customers::Customer,
    team::{CreateInvitation, Invitation, Member},
};
use domain::{
    ids::{CustomerId, InvitationId, MembershipId},
    permissions::{Permission, Role},
};
use kit::{
    Button, ButtonKind, Card, Column, Confirm, Dialog, EmptyState, Form, FormView, Icon, SelectField, Status,
    Table, TextField, Tone, deed, listing, use_toasts,
};
use leptos::prelude::*;

use super::{check, text};

#[component]
pub fn People(#[prop(into)] customer: Signal<Customer>) -> impl IntoView {
    let client = use_client();
    let may_write = client.session.with_untracked(|session| session.may(Permission::UsersWrite));
    let id = customer.with_untracked(|customer| customer.id);
    let people = paged::<Member>(move || Some(format!("/msp/customers/{id}/users")));
    let invitations = load::<Page<Invitation>>(|| Some("/msp/invitations?limit=200".to_owned()));
    let inviting = RwSignal::new(false);
    let going = RwSignal::new(None::<(MembershipId, String, String)>);
    let removing = RwSignal::new(false);

    let invite = move || {
        may_write.then(|| view! { <Button small=true on_press=move |()| inviting.set(true)>{text::invite_ask()}</Button> })
    };
    let none = move || {
        view! {
            <EmptyState title=text::no_users() detail=text::no_users_detail() sign=Icon::Person>
                {may_write
                    .then(|| {
                        view! {
                            <Button kind=ButtonKind::Primary on_press=move |()| inviting.set(true)>
                                {text::invite_ask()}
                            </Button>
                        }
                    })}
            </EmptyState>
        }
    };
    let row = move |member: Member| {
        let (tone, word) = if member.suspended {
            (Tone::Warning, text::user_suspended())
        } else {
            (Tone::Ok, text::working())
        };
        let (name, email) = (member.name.clone(), member.email.clone());
        let ask = move |()| {
            going.set(Some((member.id, name.clone(), email.clone())));
            removing.set(true);
        };
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{member.name.clone()}</span>
                    <div class="sub">{member.email.clone()}</div>
                </th>
                <td>{text::role(member.role)}</td>
                <td class="less">
                    <Status tone word />
                </td>
                <td class="r least">{format::day(member.created_at.date_naive())}</td>
                <td class="r">
                    {may_write
                        .then(|| {
                            view! {
                                <Button small=true kind=ButtonKind::Quiet on_press=ask>
                                    {text::remove()}
                                    <span class="only-heard">" " {member.name.clone()}</span>
                                </Button>
                            }
                        })}
                </td>
            </tr>
        }
    };
    let rows = move |rows: Signal<Vec<Member>>| {
        view! {
            <Table
                caption=text::users()
                columns=vec![
                    Column::text(text::person()),
                    Column::text(text::role_label()),
                    Column::text(text::status()).less(),
                    Column::figures(text::since()).least(),
                    Column::text(""),
                ]
            >
                <For each=move || rows.get() key=|member| (member.id, member.version) children=row />
            </Table>
        }
    };
    view! {
        <Card title=text::users() actions=invite>
            {listing(people, none, rows)}
        </Card>
        <Open invitations id may_write />
        {move || {
            let name = customer.with(|customer| customer.company_name.clone());
            view! {
                <Dialog id="invite" title=text::invite_title(&name) open=inviting>
                    <Invite id open=inviting />
                </Dialog>
            }
        }}
        {move || going.get().map(|(member, name, email)| view! { <Remove member name email open=removing /> })}
    }
}

#[component]
fn Invite(id: CustomerId, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let email = form.field("/email", "", check::email_needed);
    let role = form.field("/role", Role::CustomerOwner.to_string(), kit::optional);
    let send = move |()| {
        let body = CreateInvitation {
            email: email.text(),
            role: role.text().parse().unwrap_or(Role::CustomerViewer),
            only_customers: None,
        };
        let request = client.post(format!("/msp/customers/{id}/invitations"));
        form.send(
            async move || request.body(&body).done().await,
            move |()| {
                toasts.say(text::invited(&email.text()));
                open.set(false);
            },
        );
    };
    view! {
        <p class="mut">{text::invite_detail()}</p>
        <FormView form submit=text::invite() on_submit=send on_cancel=move |()| open.set(false)>
            <TextField field=email label=text::email() kind="email" autofocus=true />
            <RoleField role />
        </FormView>
    }
}

/// The two roles of a customer's people.
#[component]
pub fn RoleField(role: kit::Field) -> impl IntoView {
    let options: Vec<_> = [Role::CustomerOwner, Role::CustomerViewer]
        .map(|role| (role.to_string(), text::role(role).to_owned()))
        .into();
    view! { <SelectField field=role label=text::role_label() hint=text::owner_hint() options=Signal::stored(options) /> }
}

#[component]
fn Remove(member: MembershipId, name: String, email: String, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let done = StoredValue::new(name.clone());
    let go = deed(move || async move {
        client.delete(format!("/msp/users/{member}")).done().await?;
        toasts.say(text::removed(&done.get_value()));
        Ok(())
    });
    view! {
        <Confirm id="remove" title=text::remove_title(&name) open action=text::remove() danger=true on_confirm=go>
            <p class="mut">{text::remove_detail(&email)}</p>
        </Confirm>
    }
}

/// The invitations of this customer that nobody has answered. There are few: none is said nothing about.
#[component]
fn Open(invitations: Loaded<Page<Invitation>>, id: CustomerId, may_write: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let mine = Memo::new(move |_| {
        invitations.state.with(|state| match state {
            Remote::Ready(page) => {
                page.items.iter().filter(|it| it.customer_id == Some(id)).cloned().collect()
            }
            Remote::Loading | Remote::Failed(_) => Vec::new(),
        })
    });
    let asked = RwSignal::new(None::<(InvitationId, String)>);
    let open = RwSignal::new(false);
    let row = move |invitation: Invitation| {
        // What has run out can be revoked as well: it is only in the way.
        let ends = invitation.expires_at;
        let over = format::today() > ends.date_naive();
        let (tone, word) = if over {
            (Tone::Missing, text::invitation_expired().to_owned())
        } else {
            (Tone::Running, text::invitation_open(&format::relative(ends)))
        };
        let email = invitation.email.clone();
        let ask = move |()| {
            asked.set(Some((invitation.id, email.clone())));
            open.set(true);
        };
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{invitation.email.clone()}</span>
                </th>
                <td>{text::role(invitation.role)}</td>
                <td class="less" title=format::instant(ends)>
                    <Status tone word />
                </td>
                <td class="r">
                    {may_write
                        .then(|| {
                            view! {
                                <Button small=true kind=ButtonKind::Quiet on_press=ask>
                                    {text::revoke()}
                                    <span class="only-heard">" " {invitation.email.clone()}</span>
                                </Button>
                            }
                        })}
                </td>
            </tr>
        }
    };
    let revoke = move |(invitation, email): (InvitationId, String)| {
        let title = text::revoke_title(&email);
        let email = StoredValue::new(email);
        let go = deed(move || async move {
            client.delete(format!("/msp/invitations/{invitation}")).done().await?;
            toasts.say(text::revoked(&email.get_value()));
            Ok(())
        });
        view! {
            <Confirm id="revoke" title open action=text::revoke() danger=true on_confirm=go>
                <p class="mut">{text::revoke_detail()}</p>
            </Confirm>
        }
    };
    view! {
        {move || {
            let mine = mine.get();
            (!mine.is_empty())
                .then(|| {
                    view! {
                        <Card title=text::invitations_open()>
                            <Table
                                caption=text::invitations_open()
                                columns=vec![
                                    Column::text(text::email()),
                                    Column::text(text::role_label()),
                                    Column::text(text::status()).less(),
                                    Column::text(""),
                                ]
                            >
                                {mine.into_iter().map(row).collect_view()}
                            </Table>
                        </Card>
                    }
                })
        }}
        {move || asked.get().map(revoke)}
    }
}
