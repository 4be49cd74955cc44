//! Which plan a customer is on, what it costs, and how that is changed.

use client::{Loaded, Remote, format, load, use_client};
use contract::{
    Page,
    customers::Customer,
    plans::{Plan, PlanComponent},
    subscriptions::{CancelSubscription, StartSubscription, Subscription as Running},
};
use domain::{
    customers::CustomerStatus, permissions::Permission, plans::PlanStatus, subscriptions::SubscriptionStatus,
};
use kit::{
    Button, Card, Column, Confirm, DateField, EmptyState, Form, FormView, Icon, KeyValues, LinkButton,
    RadioCards, SkeletonRows, Status, Table, Tone, deed, faces, required, use_toasts,
};
use leptos::prelude::*;

use super::{check, plans, text};
use crate::prices;

#[component]
pub fn Subscription(#[prop(into)] customer: Signal<Customer>) -> impl IntoView {
    let client = use_client();
    let may = |permission| client.session.with_untracked(|session| session.may(permission));
    let may_see_plans = may(Permission::PlansRead);
    let may_write = may(Permission::SubscriptionsWrite);
    let code = customer.with_untracked(|customer| customer.code.clone());
    let path = format!("/msp/customers/{code}/subscription");
    let subscription = load::<Running>(move || Some(path.clone()));
    let all = {
        let code = code.clone();
        load::<Page<Running>>(move || Some(format!("/msp/subscriptions?customer={code}&limit=50")))
    };
    let prices = move || match subscription.state.get() {
        Remote::Ready(running) if may_see_plans => {
            view! { <Prices plan=running.plan_id.to_string() /> }.into_any()
        }
        _ => ().into_any(),
    };
    let open = Memo::new(move |_| customer.with(|customer| customer.status != CustomerStatus::Closed));
    let none = Memo::new(move |_| is_none(subscription));
    let start = StoredValue::new(code.clone());
    let cancelling = RwSignal::new(false);
    view! {
        {move || {
            (none.get() && open.get() && may_write && may_see_plans)
                .then(|| view! { <Start code=start.get_value() /> })
        }}
        <div class="cols">
            <div class="stack">{prices} <History all /></div>
            <Card title=text::subscription()>
                {or_none(
                    subscription,
                    move |subscription| {
                        view! {
                            <div class="pad">
                                <Terms subscription=subscription.clone() />
                                {may_write
                                    .then(|| {
                                        view! {
                                            <div class="below">
                                                <Button on_press=move |()| {
                                                    cancelling.set(true);
                                                }>{text::cancel_subscription_ask()}</Button>
                                            </div>
                                        }
                                    })}
                            </div>
                        }
                    },
                )}
            </Card>
        </div>
        {move || match subscription.state.get() {
            Remote::Ready(running) if may_write => {
                view! { <Cancel code=start.get_value() plan=running.plan_name open=cancelling /> }.into_any()
            }
            _ => ().into_any(),
        }}
    }
}

fn is_none(subscription: Loaded<Running>) -> bool {
    subscription.state.with(|state| matches!(state, Remote::Failed(failure) if failure.status() == Some(404)))
}

/// To have no subscription is no error.
pub fn or_none<V: IntoView + 'static>(
    subscription: Loaded<Running>,
    ready: impl Fn(Running) -> V + Clone + Send + 'static,
) -> impl IntoView {
    let none = Memo::new(move |_| is_none(subscription));
    move || {
        if none.get() {
            return view! { <EmptyState title=text::no_subscription() detail=text::no_subscription_detail() /> }
                .into_any();
        }
        faces(subscription, || view! { <SkeletonRows rows=3 /> }, ready.clone()).into_any()
    }
}

#[component]
fn Start(code: String) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let on_sale = load::<Page<Plan>>(|| Some(format!("/msp/plans?status={}&limit=200", PlanStatus::Active)));
    let form = Form::new(format!("subscribe-{code}"));
    let plan = form.told(form.field("/plan", "", required), "already_subscribed");
    let starts_on = form.field("/starts_on", "", check::day_or_none);
    let path = StoredValue::new(format!("/msp/customers/{code}/subscription"));
    let send = move |()| {
        let body = StartSubscription {
            plan: plan.text(),
            starts_on: check::day(&starts_on.text()).map(domain::dates::Likely::get),
        };
        let request = client.post(path.get_value());
        form.send(
            async move || request.body(&body).answer::<Running>().await,
            move |made| toasts.say(text::started(&made.plan_name)),
        );
    };
    let ready = move |page: Page<Plan>| {
        if page.items.is_empty() {
            return view! {
                <EmptyState title=text::no_plans() detail=text::no_plans_detail() sign=Icon::Plan>
                    <LinkButton href="/plans">{text::plans()}</LinkButton>
                </EmptyState>
            }
            .into_any();
        }
        let options: Vec<_> = page.items.iter().map(plans::card).collect();
        view! {
            <div class="pad">
                <FormView form submit=text::start_subscription() on_submit=send>
                    <RadioCards field=plan label=text::plan() options=Signal::stored(options) />
                    <div class="short">
                        <DateField field=starts_on label=text::starts() hint=text::starts_hint() />
                    </div>
                </FormView>
            </div>
        }
        .into_any()
    };
    view! {
        <Card title=text::start_subscription_title()>
            {faces(on_sale, || view! { <SkeletonRows rows=4 /> }, ready)}
        </Card>
    }
}

#[component]
fn Cancel(code: String, plan: String, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let ends_on = Form::new("").field("/ends_on", "", check::day_or_none);
    let title = text::cancel_subscription_title(&plan);
    let path = StoredValue::new(format!("/msp/customers/{code}/subscription/cancel"));
    let go = deed(move || async move {
        let ends_on = check::day(&ends_on.text()).map(domain::dates::Likely::get);
        let body = CancelSubscription { ends_on };
        let done = client.post(path.get_value()).body(&body).answer::<Running>().await?;
        let day = done.ends_on.map(format::day).unwrap_or_default();
        toasts.say(text::cancelled_toast(&done.plan_name, &day));
        Ok(())
    });
    view! {
        <Confirm
            id="cancel-subscription"
            title
            open
            action=text::cancel_subscription()
            danger=true
            on_confirm=go
        >
            <p class="mut">{text::cancel_subscription_detail()}</p>
            <DateField
                field=ends_on
                label=text::covered_until()
                hint=text::covered_until_hint()
                autofocus=true
            />
        </Confirm>
    }
}

/// What was subscribed to before, and what ends; where only one runs on, there is nothing to tell.
#[component]
fn History(all: Loaded<Page<Running>>) -> impl IntoView {
    let row = |subscription: Running| {
        let over = subscription.ends_on.is_some_and(|day| day <= format::today());
        let tone = match subscription.status {
            SubscriptionStatus::Active => Tone::Ok,
            SubscriptionStatus::Cancelled if over => Tone::Missing,
            SubscriptionStatus::Cancelled => Tone::Warning,
        };
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{subscription.plan_name}</span>
                </th>
                <td class="tight">
                    <Status tone word=text::subscription_status(subscription.status) />
                </td>
                <td class="r less">{format::day(subscription.starts_on)}</td>
                <td class="r">
                    {subscription.ends_on.map_or_else(|| text::goes_on().to_owned(), format::day)}
                </td>
            </tr>
        }
    };
    move || {
        let rows = all.state.with(|state| match state {
            Remote::Ready(page) => page.items.clone(),
            Remote::Loading | Remote::Failed(_) => Vec::new(),
        });
        let told = rows.iter().any(|it| it.status == SubscriptionStatus::Cancelled);
        told.then(|| {
            view! {
                <Card title=text::earlier()>
                    <Table
                        caption=text::earlier()
                        columns=vec![
                            Column::text(text::plan()),
                            Column::text(text::status()),
                            Column::figures(text::starts()).less(),
                            Column::figures(text::ends_before()),
                        ]
                    >
                        {rows.into_iter().map(row).collect_view()}
                    </Table>
                </Card>
            }
        })
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
        let (price, about) = prices::shown(&component.price, &component.unit, currency);
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{component.name}</span>
                </th>
                <td class="r less">{format::quantity(component.price.included.decimal())}</td>
                <td class="r">
                    {price}
                    <div class="sub">{about}</div>
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
