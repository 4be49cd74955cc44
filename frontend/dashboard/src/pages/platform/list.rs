//! All MSPs.

use client::{format, paged, use_client};
use contract::msps::Msp;
use domain::permissions::Permission;
use kit::{ButtonKind, Column, EmptyState, Icon, LinkButton, PageHeader, Table, icon, listing};
use leptos::prelude::*;

use super::{state, text};

#[component]
pub fn Msps() -> impl IntoView {
    let client = use_client();
    let msps = paged::<Msp>(|| Some("/platform/msps".to_owned()));
    let may = client.session.with_untracked(|session| session.may(Permission::MspsWrite));
    let take_on = move || {
        may.then(|| {
            view! {
                <LinkButton href="/msps/new" kind=ButtonKind::Primary>
                    {icon(Icon::Plus, 16)}
                    {text::new_msp()}
                </LinkButton>
            }
        })
    };
    view! {
        <PageHeader title=text::msps() actions=take_on />
        <section class="card">
            {listing(
                msps,
                move || {
                    view! {
                        <EmptyState title=text::no_msps() detail=text::no_msps_detail() sign=Icon::Building>
                            {take_on()}
                        </EmptyState>
                    }
                },
                table,
            )}
        </section>
    }
}

fn table(rows: Signal<Vec<Msp>>) -> impl IntoView {
    view! {
        <Table
            caption=text::msps()
            columns=vec![
                Column::text(text::msp_name()),
                Column::text(text::state()),
                Column::figures(text::customers_count()).least(),
                Column::figures(text::machines_protected()).less(),
                Column::figures(text::invoiced()),
                Column::figures(text::created()).least(),
            ]
        >
            <For each=move || rows.get() key=|msp| (msp.id, msp.version, msp.suspended) let:msp>
                <Row msp />
            </For>
        </Table>
    }
}

#[component]
fn Row(msp: Msp) -> impl IntoView {
    view! {
        <tr class="to">
            <th scope="row" class="who-cell">
                <a class="row-link" href=format!("/msps/{}", msp.id)>
                    {msp.name.clone()}
                </a>
                <span class="code">{msp.slug.clone()}</span>
            </th>
            <td class="tight">{state(&msp)}</td>
            <td class="r least">{format::whole(msp.customers)}</td>
            <td class="r less">{format::whole(msp.machines)}</td>
            <td class="r">{format::money(msp.revenue_this_month)}</td>
            <td class="r least">{format::day(format::day_of(msp.created_at))}</td>
        </tr>
    }
}
