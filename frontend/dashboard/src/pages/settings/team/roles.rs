//! What each role may do, from the table that the server goes by.

use client::use_client;
use domain::permissions::Role;
use kit::Card;
use leptos::prelude::*;

use super::super::{
    permissions::{AREAS, Area, roles},
    text,
};

#[component]
pub fn Roles() -> impl IntoView {
    let client = use_client();
    let kind = client.session.with_untracked(|session| session.me().map(|me| me.tenant_kind));
    let roles: Vec<Role> = kind.into_iter().flat_map(roles).collect();
    let heads = roles.iter().map(|role| view! { <th scope="col">{text::role(*role)}</th> }).collect_view();
    let rows = AREAS
        .iter()
        .filter(|area| roles.iter().any(|role| role.allows(area.see)))
        .map(|area| {
            let cells = roles
                .iter()
                .map(|role| {
                    let words = may(*role, area);
                    view! { <td class:mut=words == text::nothing()>{words}</td> }
                })
                .collect_view();
            view! {
                <tr>
                    <th scope="row">{(area.name)()}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title=text::roles_explained()>
            <div class="table roles" tabindex="0" role="region" aria-label=text::roles_explained()>
                <table>
                    <thead>
                        <tr>
                            <td></td>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Card>
    }
}

fn may(role: Role, area: &Area) -> &'static str {
    match (role.allows(area.see), area.change.is_some_and(|change| role.allows(change))) {
        (_, true) => text::see_and_change(),
        (true, false) => text::see(),
        (false, false) => text::nothing(),
    }
}
