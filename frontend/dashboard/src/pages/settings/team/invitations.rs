//! Who has been invited and has not answered yet.

use chrono::{DateTime, Utc};
use client::{format, paged, use_client};
use contract::team::Invitation;
use kit::{
    Button, Card, Column, Confirm, EmptyState, Icon, LinkButton, Status, Table, Tone, deed, listing,
    use_toasts,
};
use leptos::prelude::*;

use super::super::{customer_choice::CustomerNames, text};

#[component]
pub fn Invitations(may: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let invitations = paged::<Invitation>(|| Some("/msp/invitations".to_owned()));
    let open = RwSignal::new(false);
    let chosen = RwSignal::new(None::<Invitation>);
    let revoke = deed(move || async move {
        let Some(invitation) = chosen.get_untracked() else { return Ok(()) };
        client.delete(format!("/msp/invitations/{}", invitation.id)).done().await?;
        toasts.say(text::invitation_revoked(&invitation.email));
        Ok(())
    });
    let ask = move |invitation: Invitation| {
        chosen.set(Some(invitation));
        open.set(true);
    };
    let none = move || {
        view! {
            <EmptyState title=text::no_invitations() detail=text::no_invitations_detail() sign=Icon::Mail>
                {may.then(|| view! { <LinkButton href="/settings/team?invite=1">{text::invite()}</LinkButton> })}
            </EmptyState>
        }
    };
    view! {
        <Card title=text::open_invitations()>
            {listing(invitations, none, move |rows| table(rows, may, Callback::new(ask)))}
        </Card>
        {move || {
            let invitation = chosen.get()?;
            Some(
                view! {
                    <Confirm
                        id="revoke-invitation"
                        title=text::revoke_invitation_title(&invitation.email)
                        open
                        action=text::revoke_invitation()
                        danger=true
                        on_confirm=revoke
                    >
                        <p>{text::revoke_invitation_meaning()}</p>
                    </Confirm>
                },
            )
        }}
    }
}

fn table(rows: Signal<Vec<Invitation>>, may: bool, ask: Callback<Invitation>) -> impl IntoView {
    let mut columns = vec![
        Column::text(text::email()),
        Column::text(text::role_label()).less(),
        Column::text(text::limited()).least(),
        Column::text(text::invited_by()).least(),
        Column::text(text::state()),
    ];
    if may {
        columns.push(Column::figures(""));
    }
    view! {
        <Table caption=text::open_invitations() columns>
            <For each=move || rows.get() key=|invitation| invitation.id let:invitation>
                <Row invitation may ask />
            </For>
        </Table>
    }
}

/// Whether it can be accepted no more. The server goes by its own clock; this is for the eye.
fn is_over(at: DateTime<Utc>) -> bool {
    let now: String = js_sys::Date::new_0().to_iso_string().into();
    now.parse::<DateTime<Utc>>().is_ok_and(|now| at <= now)
}

#[component]
fn Row(invitation: Invitation, may: bool, ask: Callback<Invitation>) -> impl IntoView {
    let until = invitation.expires_at;
    let when = format::relative(until);
    let state = if is_over(until) {
        view! { <Status tone=Tone::Missing word=text::expired(&when) /> }.into_any()
    } else {
        view! {
            <Status tone=Tone::Running word=text::valid() />
            <div class="sub">{text::accepted_until(&when)}</div>
        }
        .into_any()
    };
    let email = invitation.email.clone();
    let shown = invitation.clone();
    view! {
        <tr>
            <th scope="row">
                <span class="name">{email.clone()}</span>
            </th>
            <td class="less">{text::role(invitation.role)}</td>
            <td class="least">
                <CustomerNames customers=invitation.only_customers.clone() />
            </td>
            <td class="least">{invitation.invited_by.clone()}</td>
            <td title=format::instant(until)>{state}</td>
            {may
                .then(|| {
                    view! {
                        <td class="r">
                            <Button small=true on_press=move |()| ask.run(shown.clone())>
                                {text::revoke_invitation()}
                                <span class="only-heard">{email}</span>
                            </Button>
                        </td>
                    }
                })}
        </tr>
    }
}
