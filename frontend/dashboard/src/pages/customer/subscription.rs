//! Which plan a customer is on, what it costs, and how that is changed.

use client::{Loaded, Remote, format, load, use_client};
use contract::{
    Page,
    customers::Customer,
    plans::{Plan, PlanPriceVersions, PlanPrices, PricedMetric},
    subscriptions::{
        CancelSubscription, StartSubscription, Subscription as Running, SubscriptionChangePreview,
    },
};
use domain::{
    customers::CustomerStatus,
    permissions::Permission,
    plans::PlanStatus,
    subscriptions::{MAX_TRIAL_DAYS, SubscriptionStatus},
};
use kit::{
    Button, ButtonKind, Card, CheckField, Column, Confirm, DateField, EmptyState, Form, FormView, Icon,
    KeyValues, LinkButton, NumberField, RadioCards, SkeletonRows, Status, Table, Tone, deed, faces, optional,
    required, use_toasts,
};
use leptos::prelude::*;

use super::{check, plans};
use crate::prices;

mod change;
mod next;
mod one;
mod text;

use next::Next;
use one::One;

#[component]
pub fn Subscription(#[prop(into)] customer: Signal<Customer>) -> impl IntoView {
    let client = use_client();
    let may = |permission| client.session.with_untracked(|session| session.may(permission));
    let may_see_plans = may(Permission::PlansRead);
    let may_write = may(Permission::SubscriptionsWrite);
    let code = customer.with_untracked(|customer| customer.code.clone());
    let all = {
        let code = code.clone();
        load::<Page<Running>>(move || Some(format!("/msp/subscriptions?customer={code}&limit=50")))
    };
    // Those that run, and those that follow where these have an end.
    let present = Memo::new(move |_| all.state.with(present));
    let prices = move || {
        let present = present.get().filter(|_| may_see_plans).unwrap_or_default();
        let several = present.len() > 1;
        let of = |it: Running| {
            let title = if several { text::prices_of(&it.plan_name) } else { text::prices().to_owned() };
            view! { <Prices title plan=it.plan_id.to_string() version=it.price_version /> }
        };
        present.into_iter().map(of).collect_view()
    };
    let open = Memo::new(move |_| customer.with(|customer| customer.status != CustomerStatus::Closed));
    let none_goes_on =
        Memo::new(move |_| present.get().is_some_and(|all| all.iter().all(|it| it.ends_on.is_some())));
    let start = StoredValue::new(code);
    let adding = RwSignal::new(false);
    let begin = move || {
        if !(open.get() && may_write && may_see_plans) {
            return ().into_any();
        }
        if none_goes_on.get() || adding.get() {
            return view! { <Start code=start.get_value() adding /> }.into_any();
        }
        view! {
            <div class="actions">
                <Button on_press=move |()| adding.set(true)>{text::add_subscription_ask()}</Button>
            </div>
        }
        .into_any()
    };
    let cards = move |all: Page<Running>| {
        let present = present_of(all.items);
        if present.is_empty() {
            let nothing =
                view! { <EmptyState title=text::no_subscription() detail=text::no_subscription_detail() /> };
            return view! { <Card title=text::subscription()>{nothing}</Card> }.into_any();
        }
        let several = present.len() > 1;
        let one = |subscription| view! { <One subscription several may_write may_see_plans /> };
        view! {
            {present.iter().cloned().map(one).collect_view()}
            {next::invoices(&present).into_iter().map(|of| view! { <Next code=start.get_value() of /> }).collect_view()}
        }
        .into_any()
    };
    view! {
        {begin}
        <div class="cols">
            <div class="stack">{prices} <History all /></div>
            <div class="stack">
                {faces(all, || view! { <div class="card"><SkeletonRows rows=3 /></div> }, cards)}
            </div>
        </div>
    }
}

/// Those that have not ended, the first to begin first.
fn present_of(mut all: Vec<Running>) -> Vec<Running> {
    all.retain(|it| it.status != SubscriptionStatus::Cancelled);
    all.sort_by_key(|it| it.starts_on);
    all
}

fn present(state: &Remote<Page<Running>>) -> Option<Vec<Running>> {
    match state {
        Remote::Ready(page) => Some(present_of(page.items.clone())),
        Remote::Loading | Remote::Failed(_) => None,
    }
}

/// The terms of all that a customer is subscribed to.
pub fn all_terms(all: Page<Running>) -> AnyView {
    let present = present_of(all.items);
    if present.is_empty() {
        return view! { <EmptyState title=text::no_subscription() detail=text::no_subscription_detail() /> }
            .into_any();
    }
    let one = |subscription| {
        view! {
            <div class="pad">
                <Terms subscription />
            </div>
        }
    };
    present.into_iter().map(one).collect_view().into_any()
}

#[component]
fn Start(
    code: String,
    /// Whether it was asked for beside what there is.
    adding: RwSignal<bool>,
) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let on_sale = load::<Page<Plan>>(|| Some(format!("/msp/plans?status={}&limit=200", PlanStatus::Active)));
    let form = Form::new(format!("subscribe-{code}"));
    let plan = form.told(form.field("/plan", "", required), "already_subscribed");
    let starts_on = form.field("/starts_on", "", check::day_or_none);
    let trial_days = form.field("/trial_days", "", trial);
    let quantity = form.field("/quantity", "", check::quantity_or_none);
    let path = StoredValue::new(format!("/msp/customers/{code}/subscriptions"));
    let send = move |()| {
        let body = StartSubscription {
            plan: plan.text(),
            starts_on: check::day(&starts_on.text()).map(domain::dates::Likely::get),
            trial_days: trial_days.text().trim().parse().unwrap_or_default(),
            quantity: check::quantity(&quantity.text()).unwrap_or(1),
        };
        let request = client.post(path.get_value());
        form.send(
            async move || request.body(&body).answer::<Running>().await,
            move |made| {
                toasts.say(text::started(&made.plan_name));
                adding.try_set(false);
            },
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
                        <NumberField
                            field=trial_days
                            label=text::trial_days()
                            hint=text::trial_days_hint()
                        />
                        <NumberField field=quantity label=text::quantity() hint=text::quantity_hint() />
                    </div>
                </FormView>
            </div>
        }
        .into_any()
    };
    let not_now = move || {
        let close = move |()| adding.set(false);
        adding.get().then(|| {
            view! {
                <Button kind=ButtonKind::Quiet small=true on_press=close>
                    {text::not_now()}
                </Button>
            }
        })
    };
    view! {
        <Card title=text::start_subscription_title() actions=not_now>
            {faces(on_sale, || view! { <SkeletonRows rows=4 /> }, ready)}
        </Card>
    }
}

/// Nothing, or a number of days that a trial can have.
fn trial(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let within = typed.is_empty() || typed.parse::<u16>().is_ok_and(|days| days <= MAX_TRIAL_DAYS);
    (!within).then(|| text::trial_days_form(&format::whole(MAX_TRIAL_DAYS.into())))
}

#[component]
fn Cancel(path: StoredValue<String>, plan: String, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let ends_on = form.field("/ends_on", "", check::day_or_none);
    let credit_unused = form.field("/credit_unused", "true", optional);
    let day = move |typed: &str| check::day(typed).map(domain::dates::Likely::get);
    let wanted = Memo::new(move |_| {
        let typed = ends_on.value.get();
        let is_whole = check::day_or_none(&typed).is_none();
        let credit_unused = Some(credit_unused.value.with(|value| value == "true"));
        (open.get() && is_whole).then(|| CancelSubscription { ends_on: day(&typed), credit_unused })
    });
    // Where nothing was charged in advance, there is nothing to choose.
    let has_unused = RwSignal::new(false);
    let found = Callback::new(move |preview: SubscriptionChangePreview| {
        if preview.credited.is_some() {
            has_unused.set(true);
        }
    });
    let preview = StoredValue::new(format!("{}/cancel/preview", path.get_value()));
    let title = text::cancel_subscription_title(&plan);
    let go = deed(move || async move {
        let ends_on = day(&ends_on.text());
        let body = CancelSubscription { ends_on, credit_unused: Some(credit_unused.is_on()) };
        let path = format!("{}/cancel", path.get_value());
        let done = client.post(path).body(&body).answer::<Running>().await?;
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
            {move || {
                has_unused
                    .get()
                    .then(|| view! { <CheckField field=credit_unused label=text::credit_unused() /> })
            }}
            <change::Preview path=preview wanted on_found=found />
        </Confirm>
    }
}

/// What was subscribed to before, and what ends; where only one runs on, there is nothing to tell.
#[component]
fn History(all: Loaded<Page<Running>>) -> impl IntoView {
    let row = |subscription: Running| {
        let tone = tone(subscription.status);
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
        let told = rows.len() > 1 || rows.iter().any(|it| it.status == SubscriptionStatus::Cancelled);
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

/// How a state is shown.
fn tone(status: SubscriptionStatus) -> Tone {
    match status {
        SubscriptionStatus::Active => Tone::Ok,
        SubscriptionStatus::Scheduled | SubscriptionStatus::Trial => Tone::Running,
        SubscriptionStatus::Paused => Tone::Warning,
        SubscriptionStatus::PastDue => Tone::Error,
        SubscriptionStatus::Cancelled => Tone::Missing,
    }
}

/// The plan's name, how many times it is, and the days.
#[component]
pub fn Terms(subscription: Running) -> impl IntoView {
    let until = |day| format!("{}, {}", format::day(day), format::relative_day(day));
    let quantity = format::whole(subscription.quantity.into());
    let mut pairs = vec![(text::plan(), Some(subscription.plan_name)), (text::quantity(), Some(quantity))];
    if subscription.status != SubscriptionStatus::Active {
        pairs.push((text::status(), Some(text::subscription_status(subscription.status).to_owned())));
    }
    pairs.push((text::starts(), Some(format::day(subscription.starts_on))));
    if let Some(day) = subscription.trial_ends_on.filter(|day| *day > format::today()) {
        pairs.push((text::charged_from(), Some(until(day))));
    }
    // A subscription without an end runs on.
    if let Some(end) = subscription.ends_on {
        pairs.push((text::ends(), Some(until(end))));
    }
    view! { <KeyValues pairs /> }
}

/// The prices that it is charged by: those of its version, which need not be the plan's latest.
#[component]
fn Prices(title: String, plan: String, version: i32) -> impl IntoView {
    let versions = load::<PlanPriceVersions>(move || Some(format!("/msp/plans/{plan}/prices")));
    let ready = move |versions: PlanPriceVersions| {
        let is_latest = versions.items.first().is_some_and(|latest| latest.version == version);
        let own = versions.items.into_iter().find(|it| it.version == version);
        view! {
            {own.map(prices)}
            {(!is_latest).then(|| view! { <p class="pad dim">{text::not_the_latest()}</p> })}
        }
    };
    view! {
        <Card title>
            {faces(versions, || view! { <SkeletonRows rows=4 /> }, ready)}
        </Card>
    }
}

fn prices(plan: PlanPrices) -> impl IntoView {
    let currency = plan.base_fee.currency();
    let row = move |component: PricedMetric| {
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
                    <div class="sub">{text::per(text::period_of(plan.fee_interval))}</div>
                </td>
            </tr>
            {plan.components.into_iter().map(row).collect_view()}
        </Table>
    }
}
