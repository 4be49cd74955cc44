//! Which plan a customer is on, and what it costs.

use client::{Loaded, Remote, format, load, use_client};
use contract::{
    plans::{Plan, PlanComponent},
    subscriptions::Subscription as Running,
};
use domain::{permissions::Permission, subscriptions::SubscriptionStatus};
use kit::{Card, Column, EmptyState, KeyValues, SkeletonRows, Table, faces};
use leptos::prelude::*;

use crate::text;

#[component]
pub fn Subscription(code: String) -> impl IntoView {
    let client = use_client();
    let may_see_plans = client.session.with_untracked(|session| session.may(Permission::PlansRead));
    let path = format!("/msp/customers/{code}/subscription");
    let subscription = load::<Running>(move || Some(path.clone()));
    let prices = move || match subscription.state.get() {
        Remote::Ready(running) if may_see_plans => {
            view! { <Prices plan=running.plan_id.to_string() /> }.into_any()
        }
        _ => ().into_any(),
    };
    view! {
        <div class="cols">
            <div class="stack">{prices}</div>
            <Card title=text::subscription()>
                {or_none(
                    subscription,
                    |subscription| {
                        view! {
                            <div class="pad">
                                <Terms subscription />
                            </div>
                        }
                    },
                )}
            </Card>
        </div>
    }
}

/// To have no subscription is no error.
pub fn or_none<V: IntoView + 'static>(
    subscription: Loaded<Running>,
    ready: impl Fn(Running) -> V + Clone + Send + 'static,
) -> impl IntoView {
    let none = Memo::new(move |_| {
        subscription
            .state
            .with(|state| matches!(state, Remote::Failed(failure) if failure.status() == Some(404)))
    });
    move || {
        if none.get() {
            return view! { <EmptyState title=text::no_subscription() detail=text::no_subscription_detail() /> }
                .into_any();
        }
        faces(subscription, || view! { <SkeletonRows rows=3 /> }, ready.clone()).into_any()
    }
}

/// The plan's name and the days.
#[component]
pub fn Terms(subscription: Running) -> impl IntoView {
    let mut pairs = vec![
        (text::plan(), Some(subscription.plan_name)),
        (text::starts(), Some(format::day(subscription.starts_on))),
    ];
    if subscription.status != SubscriptionStatus::Active {
        pairs.insert(1, (text::status(), Some(text::subscription_status(subscription.status).to_owned())));
    }
    // A subscription without an end runs on.
    if let Some(end) = subscription.ends_on {
        pairs.push((text::ends(), Some(format!("{}, {}", format::day(end), format::relative_day(end)))));
    }
    view! { <KeyValues pairs /> }
}

#[component]
fn Prices(plan: String) -> impl IntoView {
    let plan = load::<Plan>(move || Some(format!("/msp/plans/{plan}")));
    view! {
        <Card title=text::prices()>
            {faces(plan, || view! { <SkeletonRows rows=4 /> }, prices)}
        </Card>
    }
}

fn prices(plan: Plan) -> impl IntoView {
    let currency = plan.base_fee.currency();
    let row = move |component: PlanComponent| {
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{component.name}</span>
                </th>
                <td class="r less">{format::quantity(component.included.decimal())}</td>
                <td class="r">
                    {format::price(component.unit_price.decimal(), currency)}
                    <div class="sub">{text::per(&component.unit)}</div>
                </td>
            </tr>
        }
    };
    view! {
        <Table
            caption=text::prices()
            columns=vec![Column::text(text::component()), Column::figures(text::included()).less(), Column::figures(text::price())]
        >
            <tr>
                <th scope="row">
                    <span class="name">{text::base_fee()}</span>
                </th>
                <td class="r less"></td>
                <td class="r">
                    {format::money(plan.base_fee)}
                    <div class="sub">{text::per(text::a_month())}</div>
                </td>
            </tr>
            {plan.components.into_iter().map(row).collect_view()}
        </Table>
    }
}
