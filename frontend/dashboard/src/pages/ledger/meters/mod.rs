//! Usage that is billed at Stripe: where it goes, what was sent, and what Stripe has of it.

mod text;

use address::{Query, go, use_query};
use client::{Loaded, format, load, paged, spawn, use_client};
use contract::meters::{Meter, MeterCheck, MeterPush, Meters, MetersPushed, SetStripeCustomer};
use domain::{meters::PushStatus, permissions::Permission};
use kit::{
    Button, Card, Column, EmptyState, Form, FormView, Icon, LinkButton, SkeletonRows, Status, Table,
    TextField, Tone, faces, listing, required, use_toasts,
};
use leptos::prelude::*;

use super::address_of;
use crate::pages::filter_fields::Select;

/// The state that is wanted; it stands in the address.
fn wanted(query: &Query) -> Option<PushStatus> {
    query.get("status").unwrap_or_default().parse().ok()
}

fn address(status: &str) -> String {
    let mut query = address_of("meters");
    query.set("status", status);
    format!("/ledger{query}")
}

fn tone(status: PushStatus) -> Tone {
    match status {
        PushStatus::Waiting => Tone::Warning,
        PushStatus::Open => Tone::Running,
        PushStatus::Sent => Tone::Ok,
        PushStatus::Refused | PushStatus::Unclear => Tone::Error,
        PushStatus::TooOld => Tone::Missing,
        PushStatus::Replaced => Tone::Skipped,
    }
}

#[component]
pub fn MetersTab() -> impl IntoView {
    let client = use_client();
    let may = client.session.with_untracked(|session| session.may(Permission::PaymentSetupWrite));
    let meters = load::<Meters>(|| Some("/msp/payments/meters".to_owned()));
    let has_any = Memo::new(move |_| {
        meters.state.with(|state| matches!(state, client::Remote::Ready(meters) if !meters.items.is_empty()))
    });
    view! {
        <Card
            title=text::meters()
            note=text::meters_note()
            actions=move || has_any.get().then(|| view! { <SendNow meters /> })
        >
            {faces(meters, || view! { <SkeletonRows rows=2 /> }, |meters| table(meters.items))}
        </Card>
        {move || {
            has_any
                .get()
                .then(|| {
                    view! {
                        <Differences />
                        <Pushes />
                        {may.then(|| view! { <NameCustomer /> })}
                    }
                })
        }}
    }
}

/// Has what there is sent now, and what was refused once more.
#[component]
fn SendNow(meters: Loaded<Meters>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let may = client.session.with_untracked(|session| session.may(Permission::PaymentSetupWrite));
    let send = move |()| {
        busy.set(true);
        spawn(async move {
            let done = client.post("/msp/payments/meters/push").answer::<MetersPushed>().await;
            busy.try_set(false);
            match done {
                Ok(done) => {
                    toasts.say(text::sending(&done.renewed.to_string()));
                    meters.reload();
                }
                Err(failure) => toasts.say(failure.detail()),
            }
        });
    };
    may.then(|| view! { <Button small=true busy on_press=send>{text::send_now()}</Button> })
}

fn table(meters: Vec<Meter>) -> impl IntoView {
    if meters.is_empty() {
        return view! {
            <EmptyState title=text::no_meters() detail=text::no_meters_detail() sign=Icon::Usage>
                <LinkButton href="/plans">{text::plans()}</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    view! {
        <Table
            caption=text::meters()
            columns=vec![
                Column::text(text::meter()),
                Column::text(text::state()),
                Column::text(text::sent()).less(),
            ]
        >
            {meters.into_iter().map(row).collect_view()}
        </Table>
    }
    .into_any()
}

fn row(meter: Meter) -> impl IntoView {
    let counts = [
        (meter.open, text::open()),
        (meter.waiting, text::waiting()),
        (meter.refused, text::refused()),
        (meter.too_old, text::too_old()),
        (meter.different, text::different()),
    ];
    let counts: Vec<_> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", format::quantity(count.into())))
        .collect();
    let (tone, word) = match &meter.problem {
        Some(_) => (Tone::Error, text::problem()),
        None if meter.refused + meter.different > 0 => (Tone::Error, text::differences()),
        None if meter.waiting > 0 => (Tone::Warning, text::status_waiting()),
        None if meter.pushed_at.is_some() => (Tone::Ok, text::status_sent()),
        None => (Tone::Running, text::status_open()),
    };
    let pushed = meter
        .pushed_at
        .map_or_else(|| text::never_sent().to_owned(), |at| text::sent_on(&format::instant(at)));
    let compared = meter
        .reconciled_at
        .map_or_else(|| text::compared_never().to_owned(), |at| text::as_of(&format::instant(at)));
    view! {
        <tr>
            <th scope="row" class="who-cell">
                {meter.name}
                <div class="sub">{format!("{}, {}", text::function(meter.function), text::event_name(&meter.event_name))}</div>
                {meter.reference.map(|reference| view! { <span class="code reference">{reference}</span> })}
            </th>
            <td>
                <Status tone word />
                {meter.problem.map(|why| view! { <div class="sub">{why}</div> })}
                {(!counts.is_empty()).then(|| view! { <div class="sub">{counts.join(", ")}</div> })}
            </td>
            <td class="less">
                {pushed}
                <div class="sub">{compared}</div>
            </td>
        </tr>
    }
}

fn customer(code: String, name: String) -> impl IntoView {
    view! {
        <a href=format!("/customers/{code}")>{name}</a>
        <div class="sub code">{code}</div>
    }
}

#[component]
fn Differences() -> impl IntoView {
    let found = paged::<MeterCheck>(|| Some("/msp/payments/meters/checks?different=true".to_owned()));
    let none = || {
        view! { <EmptyState title=text::no_differences() detail=text::no_differences_detail() sign=Icon::Check /> }
    };
    view! { <Card title=text::differences() note=text::differences_note()>{listing(found, none, differing)}</Card> }
}

fn differing(rows: Signal<Vec<MeterCheck>>) -> impl IntoView {
    view! {
        <Table
            caption=text::differences()
            columns=vec![
                Column::text(text::day_utc()),
                Column::text(text::customer()),
                Column::text(text::meter()).less(),
                Column::figures(text::sent()),
                Column::figures(text::at_stripe()),
            ]
        >
            <For
                each=move || rows.get()
                key=|one| (one.meter_id, one.customer_id, one.day, one.sent, one.held)
                let:one
            >
                <tr>
                    <th scope="row" class="when">{format::day(one.day)}</th>
                    <td>{customer(one.customer_code, one.customer_name)}</td>
                    <td class="less code">{one.metric}</td>
                    <td class="r">{format::quantity(one.sent.decimal())}</td>
                    <td class="r">{format::quantity(one.held.decimal())}</td>
                </tr>
            </For>
        </Table>
    }
}

#[component]
fn Pushes() -> impl IntoView {
    let query = use_query();
    let status = Memo::new(move |_| query.with(wanted));
    let pushes = paged::<MeterPush>(move || {
        let mut asked = Query::new();
        asked.set("status", status.get().map(|status| status.to_string()).unwrap_or_default());
        Some(format!("/msp/payments/meters/pushes{asked}"))
    });
    let states = Signal::derive(|| {
        let known = PushStatus::ALL.iter().map(|one| (one.to_string(), text::status(*one).to_owned()));
        std::iter::once((String::new(), text::any_state().to_owned())).chain(known).collect::<Vec<_>>()
    });
    let none = move || {
        if status.get_untracked().is_none() {
            return view! { <EmptyState title=text::no_pushes() detail=text::no_pushes_detail() sign=Icon::Usage /> }
                .into_any();
        }
        view! {
            <EmptyState title=text::none_found() detail=text::none_found_detail() sign=Icon::Search>
                <LinkButton href=address("")>{text::clear()}</LinkButton>
            </EmptyState>
        }
        .into_any()
    };
    view! {
        <Card title=text::what_was_sent() note=text::what_was_sent_note()>
            <form class="filters one pad" on:submit=|event| event.prevent_default()>
                <Select
                    id="filter-status"
                    label=text::state()
                    options=states
                    value=Signal::derive(move || status.get().map(|status| status.to_string()).unwrap_or_default())
                    on_change=move |status: String| go(&address(&status))
                />
            </form>
            {listing(pushes, none, sent)}
        </Card>
    }
}

fn sent(rows: Signal<Vec<MeterPush>>) -> impl IntoView {
    view! {
        <Table
            caption=text::what_was_sent()
            columns=vec![
                Column::text(text::day()),
                Column::text(text::customer()),
                Column::text(text::meter()).less(),
                Column::text(text::state()),
                Column::figures(text::quantity()),
            ]
        >
            <For each=move || rows.get() key=|push| (push.id, push.status) let:push>
                <tr>
                    <th scope="row" class="when">{format::day(push.day)}</th>
                    <td>{customer(push.customer_code, push.customer_name)}</td>
                    <td class="less code">{push.metric}</td>
                    <td>
                        <Status tone=tone(push.status) word=text::status(push.status) />
                        {push.reason.map(|why| view! { <div class="sub">{why}</div> })}
                    </td>
                    <td class="r">{format::quantity(push.quantity.decimal())}</td>
                </tr>
            </For>
        </Table>
    }
}

/// Says as whom Stripe has a customer.
#[component]
fn NameCustomer() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("stripe customer");
    let code = form.field("/customer", "", required);
    let reference = form.field("/reference", "", required);
    let submit = move |()| {
        form.send(
            async move || {
                let body = SetStripeCustomer { reference: reference.text() };
                let path = format!("/msp/customers/{}/stripe-customer", code.text());
                client.put(path).body(&body).done().await
            },
            move |()| {
                toasts.say(text::named(&code.text()));
                code.value.set(String::new());
                reference.value.set(String::new());
            },
        );
    };
    view! {
        <Card title=text::know() note=text::know_note()>
            <div class="pad">
                <FormView form submit=text::name_customer() on_submit=submit>
                    <div class="two">
                        <TextField field=code label=text::customer_code() hint=text::customer_code_hint() />
                        <TextField field=reference label=text::stripe_customer() hint=text::stripe_customer_hint() />
                    </div>
                </FormView>
            </div>
        </Card>
    }
}
