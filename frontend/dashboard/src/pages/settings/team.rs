//! The people of the tenant.

mod change;
mod invitations;
mod invite;
mod roles;

use address::use_query;
use client::{paged, use_client};
use contract::team::Member;
use domain::permissions::Permission;
use kit::{ButtonKind, Card, Column, EmptyState, Icon, LinkButton, Status, Table, Tone, icon, listing};
use leptos::prelude::*;

use self::{change::ChangeMember, invitations::Invitations, invite::Invite, roles::Roles};
use super::{SettingsHead, customer_choice::CustomerNames, text};

#[component]
pub fn Team() -> impl IntoView {
    let client = use_client();
    let query = use_query();
    let members = paged::<Member>(|| Some("/msp/users".to_owned()));
    let may = client.session.with_untracked(|session| session.may(Permission::UsersWrite));
    let invite = move || {
        may.then(|| {
            view! {
                <LinkButton href="/settings/team?invite=1" kind=ButtonKind::Primary>
                    {icon(Icon::Plus, 16)}
                    {text::invite()}
                </LinkButton>
            }
        })
    };
    let changed = Memo::new(move |_| query.with(|query| query.get("member")).filter(|_| may));
    let inviting = Memo::new(move |_| may && query.with(|query| query.get("invite").is_some()));
    view! {
        <SettingsHead actions=invite />
        <Card title=text::members()>{listing(members, nobody, move |rows| table(rows, may))}</Card>
        <Invitations may />
        <Roles />
        <ChangeMember wanted=changed />
        <Invite open=inviting />
    }
}

/// Only those who are limited to customers see nobody, not even themselves.
fn nobody() -> impl IntoView {
    view! { <EmptyState title=text::nobody_seen() detail=text::nobody_seen_detail() sign=Icon::Person /> }
}

fn table(rows: Signal<Vec<Member>>, may: bool) -> impl IntoView {
    let mut columns = vec![
        Column::text(text::person()),
        Column::text(text::role_label()),
        Column::text(text::limited()).least(),
        Column::text(text::state()).less(),
    ];
    if may {
        columns.push(Column::figures(""));
    }
    view! {
        <Table caption=text::members() columns>
            <For each=move || rows.get() key=|member| (member.id, member.version) let:member>
                <Row member may />
            </For>
        </Table>
    }
}

#[component]
fn Row(member: Member, may: bool) -> impl IntoView {
    let client = use_client();
    let own = client
        .session
        .with_untracked(|session| session.me().is_some_and(|me| me.user_id == Some(member.user_id)));
    let (tone, word) =
        if member.suspended { (Tone::Warning, text::suspended()) } else { (Tone::Ok, text::active()) };
    let change = may.then(|| {
        let href = format!("/settings/team?member={}", member.id);
        let name = member.name.clone();
        view! {
            <td class="r">
                {(!own)
                    .then(|| {
                        view! {
                            <a class="btn small" href=href aria-label=text::change_of(&name)>
                                {text::change_member()}
                            </a>
                        }
                    })}
            </td>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <span class="name">{member.name.clone()}</span>
                {own.then(|| view! { <span class="dim">{format!(" ({})", text::you())}</span> })}
                <div class="sub">{member.email.clone()}</div>
                {member
                    .only_customers
                    .clone()
                    .map(|customers| {
                        view! {
                            <div class="sub only-narrow">
                                <CustomerNames customers=Some(customers) />
                            </div>
                        }
                    })}
            </th>
            <td>
                {text::role(member.role)}
                {member.suspended.then(|| view! { <div class="sub only-phone">{text::suspended()}</div> })}
            </td>
            <td class="least">
                <CustomerNames customers=member.only_customers.clone() />
            </td>
            <td class="tight less">
                <Status tone word />
            </td>
            {change}
        </tr>
    }
}
