//! One plan: what it charges, and who is on it.

use client::{Remote, format, load, paged, use_client};
use contract::{
    plans::{Plan, PlanComponent},
    subscriptions::Subscription,
};
use domain::{
    fees::{FeeAnchor, FeeTiming, Rhythm},
    permissions::Permission,
    plans::PlanStatus,
    pricing::{self, AdjustmentTerms, Component},
};
use frame::{title_page, use_code};
use kit::{
    Banner, Button, ButtonKind, Card, Column, Confirm, EmptyState, Icon, KeyValues, LinkButton, PageHeader,
    SkeletonRows, Table, Tone, deed, faces, listing, use_toasts,
};
use leptos::prelude::*;

use super::{may, migration::OlderPrices, plans::PlanState, preview::Costs, text};
use crate::prices;

#[component]
pub fn PlanPage() -> impl IntoView {
    let code = use_code();
    let plan = load::<Plan>(move || Some(format!("/msp/plans/{}", code.get())));
    let known = Memo::new(move |_| match plan.state.get() {
        Remote::Ready(plan) => Some(plan),
        Remote::Loading | Remote::Failed(_) => None,
    });
    let name = Memo::new(move |_| known.get().map_or_else(|| text::plan().to_owned(), |plan| plan.name));
    title_page(move || name.get());
    let here = Memo::new(move |_| known.get().map_or_else(|| code.get(), |plan| plan.code));
    let may_write = may(Permission::PlansWrite);
    let asked = RwSignal::new(false);
    let status = move || known.get().map(|plan| view! { <PlanState status=plan.status /> });
    let lead = move || {
        known.get().and_then(|plan| plan.description).map(|text| view! { <p class="mut lines">{text}</p> })
    };
    let actions = move || {
        known.get().filter(|_| may_write).map(|plan| {
            let archived = plan.status == PlanStatus::Archived;
            let word = if archived { text::unarchive() } else { text::archive() };
            view! {
                <Button on_press=move |()| asked.set(true)>{word}</Button>
                <LinkButton href=format!("/plans/{}/edit", plan.code) kind=ButtonKind::Primary>
                    {text::edit()}
                </LinkButton>
            }
        })
    };
    view! {
        <PageHeader title=name above=vec![("/plans", text::plans())] here status lead actions />
        {faces(plan, || view! { <div class="card"><SkeletonRows rows=5 /></div> }, content)}
        // By its state, not by all of it: a change of it elsewhere does not shut the question.
        {
            let which = Memo::new(move |_| known.get().map(|plan| (plan.code, plan.name, plan.status)));
            move || which.get().map(|(code, name, status)| view! { <Shelf code name status asked /> })
        }
    }
}

/// Off the shelf, or back on it.
#[component]
fn Shelf(code: String, name: String, status: PlanStatus, asked: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let archived = status == PlanStatus::Archived;
    let (title, action, detail) = if archived {
        (text::unarchive_title(&name), text::unarchive(), text::unarchive_detail())
    } else {
        (text::archive_title(&name), text::archive(), text::archive_detail())
    };
    let on_confirm = deed(move || {
        let (code, name) = (code.clone(), name.clone());
        async move {
            let verb = if archived { "unarchive" } else { "archive" };
            client.post(format!("/msp/plans/{code}/{verb}")).done().await?;
            toasts.say(if archived { text::unarchived(&name) } else { text::archived_now(&name) });
            Ok(())
        }
    });
    view! {
        <Confirm id="shelf" title open=asked action on_confirm>
            <p class="mut">{detail}</p>
        </Confirm>
    }
}

/// A plan's price, as rating takes it. The server keeps none that cannot be rated.
fn price_of(plan: &Plan) -> pricing::Plan {
    let mut problems = Vec::new();
    let components = plan.components.iter().filter_map(|component| {
        Some(Component {
            metric: component.metric.clone(),
            name: component.name.clone(),
            unit: component.unit.clone(),
            price: component.price.check("", &mut problems)?,
        })
    });
    let components = components.collect();
    let Plan { discounts, minimum, maximum, .. } = plan.clone();
    let adjustments = AdjustmentTerms { discounts, minimum, maximum }.check("", &mut problems);
    pricing::Plan {
        name: plan.name.clone(),
        currency: plan.base_fee.currency(),
        base_fee: plan.base_fee.to_decimal(),
        rhythm: Rhythm { interval: plan.fee_interval, anchor: plan.fee_anchor, timing: plan.fee_timing },
        components,
        adjustments,
    }
}

fn content(plan: Plan) -> impl IntoView {
    let price = price_of(&plan);
    let on_it = may(Permission::SubscriptionsRead).then(|| {
        view! {
            <div class="stack">
                <OlderPrices plan=plan.code.clone() />
                <OnIt plan=plan.code.clone() />
            </div>
        }
    });
    view! {
        <div class="cols">
            <div class="stack">
                <Prices plan />
                <Costs price=Signal::stored(price) unfinished=Signal::stored(0) />
            </div>
            {on_it}
        </div>
    }
}

/// One price: what it is for, the figure, and all that it says beside it.
fn price(
    name: String,
    code: Option<String>,
    (figure, about): (String, String),
    tiers: Option<AnyView>,
    pairs: Vec<prices::Pair>,
) -> AnyView {
    let pairs = (!pairs.is_empty()).then(|| view! { <KeyValues pairs /> });
    view! {
        <li>
            <div class="price-head">
                <div>
                    <h3 class="name">{name}</h3>
                    {code.map(|code| view! { <div class="code">{code}</div> })}
                </div>
                <div class="r">
                    <b>{figure}</b>
                    <div class="sub">{about}</div>
                </div>
            </div>
            {tiers}
            {pairs}
        </li>
    }
    .into_any()
}

#[component]
fn Prices(plan: Plan) -> impl IntoView {
    let currency = plan.base_fee.currency();
    let component = move |component: PlanComponent| {
        let PlanComponent { name, metric, price: terms, unit, .. } = component;
        let shown = prices::shown(&terms, &unit, currency);
        price(name, Some(metric), shown, prices::tiers(&terms, currency), prices::modifiers(&terms, currency))
    };
    let fee = (format::money(plan.base_fee), text::per(text::period_of(plan.fee_interval)));
    let mut begins = match plan.fee_anchor {
        FeeAnchor::Calendar => Vec::new(),
        FeeAnchor::Anniversary => {
            vec![(text::fee_anchor(), Some(text::from_its_day().to_owned()))]
        }
    };
    if plan.fee_timing == FeeTiming::Advance {
        begins.push((text::fee_timing(), Some(text::in_advance().to_owned())));
    }
    let Plan { components, discounts, minimum, maximum, billed_at, .. } = plan;
    let whole = prices::adjusted(&AdjustmentTerms { discounts, minimum, maximum }, currency);
    let none = (String::new(), String::new());
    let elsewhere = (!billed_at.is_here())
        .then(|| view! { <Banner tone=Tone::Running>{text::billed_at_stripe_means()}</Banner> });
    let whole =
        (!whole.is_empty()).then(|| price(text::the_whole_plan().to_owned(), None, none, None, whole));
    view! {
        <Card title=text::prices() note=text::edit_means()>
            {elsewhere}
            <ul class="prices-of">
                {price(text::base_fee().to_owned(), None, fee, None, begins)}
                {components.into_iter().map(component).collect_view()}
                {whole}
            </ul>
        </Card>
    }
}

#[component]
fn OnIt(plan: String) -> impl IntoView {
    let subscriptions =
        paged::<Subscription>(move || Some(format!("/msp/subscriptions?ended=false&plan={plan}")));
    let none = || {
        view! { <EmptyState title=text::nobody_on_it() detail=text::nobody_on_it_detail() sign=Icon::Customers /> }
    };
    view! {
        <Card title=text::who_is_on_it()>{listing(subscriptions, none, customers)}</Card>
    }
}

fn customers(rows: Signal<Vec<Subscription>>) -> impl IntoView {
    view! {
        <Table
            caption=text::who_is_on_it()
            columns=vec![Column::text(text::customer()), Column::figures(text::since())]
        >
            <For each=move || rows.get() key=|subscription| (subscription.id, subscription.version) let:subscription>
                <tr class="to">
                    <th scope="row" class="who-cell">
                        <a class="row-link" href=format!("/customers/{}", subscription.customer_code)>
                            {subscription.customer_name}
                        </a>
                        <span class="code">{subscription.customer_code}</span>
                    </th>
                    <td class="r">
                        {format::day(subscription.starts_on)}
                        {subscription
                            .ends_on
                            .map(|day| view! { <div class="sub">{text::ends_when(&format::relative_day(day))}</div> })}
                    </td>
                </tr>
            </For>
        </Table>
    }
}
