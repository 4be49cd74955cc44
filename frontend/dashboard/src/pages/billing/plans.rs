//! All plans.

use address::use_query;
use client::{format, paged};
use contract::plans::Plan;
use domain::{permissions::Permission, plans::PlanStatus};
use kit::{
    ButtonKind, Choice, Choosable, Column, EmptyState, Icon, LinkButton, PageHeader, Status, Table, Tone,
    listing,
};
use leptos::prelude::*;

use super::{may, text};
use crate::prices;

#[component]
pub fn Plans() -> impl IntoView {
    let may_write = may(Permission::PlansWrite);
    let query = use_query();
    let status = Memo::new(move |_| {
        query.with(|query| query.get("status")).and_then(|status| status.parse::<PlanStatus>().ok())
    });
    let query_of = |status: Option<PlanStatus>| status.map(|it| format!("?status={it}")).unwrap_or_default();
    let plans = paged::<Plan>(move || Some(format!("/msp/plans{}", query_of(status.get()))));
    let options = Signal::derive(move || {
        [None, Some(PlanStatus::Active), Some(PlanStatus::Archived)]
            .into_iter()
            .map(|option| Choosable {
                href: format!("/plans{}", query_of(option)),
                label: option.map_or(text::all(), text::plan_status).to_owned(),
                current: option == status.get(),
            })
            .collect::<Vec<_>>()
    });
    let new = move || {
        may_write.then(|| {
            view! { <LinkButton href="/plans/new" kind=ButtonKind::Primary>{text::new_plan()}</LinkButton> }
        })
    };
    view! {
        <PageHeader title=text::plans() actions=new />
        <div class="tools">
            <Choice label=text::status_of_plans() options />
        </div>
        <section class="card">
            {listing(plans, move || none(status.get_untracked(), may_write), table)}
        </section>
    }
}

fn none(status: Option<PlanStatus>, may_write: bool) -> impl IntoView {
    if status == Some(PlanStatus::Archived) {
        return view! {
            <EmptyState title=text::no_archived_plans() detail=text::no_archived_plans_detail() sign=Icon::Plan>
                <LinkButton href="/plans">{text::show_all_plans()}</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    view! {
        <EmptyState title=text::no_plans() detail=text::no_plans_detail() sign=Icon::Plan>
            {may_write.then(|| view! { <LinkButton href="/plans/new">{text::new_plan()}</LinkButton> })}
        </EmptyState>
    }
    .into_any()
}

fn table(rows: Signal<Vec<Plan>>) -> impl IntoView {
    view! {
        <Table
            caption=text::plans()
            columns=vec![
                Column::text(text::plan()),
                Column::text(text::component()).less(),
                Column::figures(text::base_fee()),
                Column::text(text::status()),
            ]
        >
            <For each=move || rows.get() key=|plan| (plan.id, plan.version, plan.status) let:plan>
                <Row plan />
            </For>
        </Table>
    }
}

#[component]
fn Row(plan: Plan) -> impl IntoView {
    let currency = plan.base_fee.currency();
    let billed = plan
        .components
        .into_iter()
        .map(|component| {
            let (price, about) = prices::shown(&component.price, &component.unit, currency);
            view! {
                <div>
                    {component.name} " "
                    <span class="sub">{price} " " {about}</span>
                </div>
            }
        })
        .collect_view();
    view! {
        <tr class="to">
            <th scope="row" class="who-cell">
                <a class="row-link" href=format!("/plans/{}", plan.code)>
                    {plan.name}
                </a>
                <span class="code">{plan.code}</span>
            </th>
            <td class="less">{billed}</td>
            <td class="r">
                {format::money(plan.base_fee)}
                <div class="sub">{text::per(text::period_of(plan.fee_interval))}</div>
            </td>
            <td class="tight">
                <PlanState status=plan.status />
            </td>
        </tr>
    }
}

/// Where a plan stands.
#[component]
pub fn PlanState(status: PlanStatus) -> impl IntoView {
    let tone = match status {
        PlanStatus::Active => Tone::Ok,
        PlanStatus::Archived => Tone::Missing,
    };
    view! { <Status tone word=text::plan_status(status) /> }
}
