//! How payments are taken, and which have come in.

use address::use_query;
use std::collections::HashMap;

use client::{Remote, format, load, paged, spawn, use_client};
use contract::{
    Page,
    customers::Customer,
    events::Event,
    invoices::{ConnectPayments, OnboardingLink, Payment, PaymentSetup},
};
use domain::permissions::Permission;
use kit::{
    Banner, Button, ButtonKind, Card, Column, EmptyState, Form, FormView, Icon, LinkButton, PageHeader,
    SelectField, SkeletonRows, Status, Table, TextField, Tone, faces, listing, required, use_toasts,
};
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::{
    When,
    events::{Attempt, AttemptState},
    may, text,
};

/// Where Stripe opens accounts.
const COUNTRIES: [&str; 44] = [
    "AE", "AT", "AU", "BE", "BG", "BR", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GI", "GR", "HK", "HR", "HU", "IE", "IT", "JP", "LI", "LT", "LU", "LV", "MT", "MX", "MY", "NL", "NO",
    "NZ", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "TH", "US",
];

/// Leaves the app for a page of Stripe's.
fn leave_for(url: &str) {
    // A page that cannot be left stays as it is.
    let _ = window().location().assign(url);
}

#[component]
pub fn Payments() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let setup = load::<PaymentSetup>(|| Some("/msp/payment-setup".to_owned()));
    let may_write = may(Permission::PaymentSetupWrite);
    let busy = RwSignal::new(false);
    let refresh = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn(async move {
            let done = client.post("/msp/payment-setup/refresh").done().await;
            busy.try_set(false);
            if let Err(failure) = done {
                toasts.say(failure.detail());
            }
        });
    };
    // Whoever comes back from Stripe's forms comes here, before Stripe has told the server: it is asked, once.
    let unfinished = Memo::new(move |_| {
        setup.state.with(|state| {
            matches!(state, Remote::Ready(it) if it.connected && !(it.charges_enabled && it.payouts_enabled))
        })
    });
    Effect::new(move |asked: Option<bool>| {
        let asked = asked.unwrap_or_default();
        if !asked && may_write && unfinished.get() {
            refresh();
            return true;
        }
        asked
    });
    let query = use_query();
    let again = Memo::new(move |_| query.with(|query| query.get("again").is_some()));
    view! {
        <PageHeader
            title=text::payments()
            above=vec![("/invoices", text::invoices())]
            here=text::payments()
            actions=|| {
                may(Permission::LedgerRead)
                    .then(|| view! { <LinkButton href="/ledger?tab=payouts">{text::balance_and_payouts()}</LinkButton> })
            }
        />
        {move || {
            (again.get() && unfinished.get())
                .then(|| view! { <Banner tone=Tone::Warning>{text::link_ran_out()}</Banner> })
        }}
        <Card title=text::account()>
            {faces(
                setup,
                || view! { <SkeletonRows rows=3 /> },
                move |setup| {
                    if setup.connected {
                        view! { <Account setup may_write busy on_refresh=Callback::new(move |()| refresh()) /> }
                            .into_any()
                    } else {
                        view! { <Connect may_write /> }.into_any()
                    }
                },
            )}
        </Card>
        {may(Permission::InvoicesRead).then(|| view! { <Received /> })}
    }
}

/// Nothing is connected yet.
#[component]
fn Connect(may_write: bool) -> impl IntoView {
    if !may_write {
        return view! {
            <EmptyState title=text::not_connected() detail=text::not_connected_ask() sign=Icon::Money />
        }
        .into_any();
    }
    let client = use_client();
    let own = client.session.with_untracked(|session| session.me().and_then(|me| me.email.clone()));
    let form = Form::new("payments");
    let email = form.field("/email", own.unwrap_or_default(), required);
    let country = form.field("/country", "", required);
    let mut countries: Vec<_> =
        COUNTRIES.iter().map(|code| ((*code).to_owned(), format::country(code))).collect();
    countries.sort_by(|(_, a), (_, b)| format::compare(a, b));
    countries.insert(0, (String::new(), text::choose_country().to_owned()));
    let submit = move |()| {
        form.send(
            async move || {
                let body = ConnectPayments { email: email.text(), country: country.text() };
                let path = "/msp/payment-setup/connect";
                client.post(path).body(&body).answer::<OnboardingLink>().await
            },
            |link| leave_for(&link.url),
        );
    };
    view! {
        <div class="pad setup">
            <div>
                <Status tone=Tone::Missing word=text::not_connected() />
                <p class="mut">{text::connect_detail()}</p>
            </div>
            <FormView form submit=text::connect() on_submit=submit>
                <div class="two">
                    <TextField field=email label=text::email() kind="email" autocomplete="email" hint=text::connect_email_hint() />
                    <SelectField
                        field=country
                        label=text::country()
                        options=Signal::stored(countries)
                        hint=text::country_hint()
                    />
                </div>
            </FormView>
        </div>
    }
    .into_any()
}

/// The account, and what is still missing.
#[component]
fn Account(
    setup: PaymentSetup,
    may_write: bool,
    busy: RwSignal<bool>,
    on_refresh: Callback<()>,
) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let going = RwSignal::new(false);
    let go_on = move |()| {
        if going.get_untracked() {
            return;
        }
        going.set(true);
        spawn(async move {
            let email = client.session.with_untracked(|session| session.me().and_then(|me| me.email.clone()));
            // The account is there: the server asks for both, and uses neither.
            let body = ConnectPayments { email: email.unwrap_or_default(), country: "US".to_owned() };
            let link = client.post("/msp/payment-setup/connect").body(&body).answer::<OnboardingLink>().await;
            going.try_set(false);
            match link {
                Ok(link) => leave_for(&link.url),
                Err(failure) => toasts.say(failure.detail_of_all()),
            }
        });
    };
    let (tone, word, detail) = match (setup.details_submitted, setup.charges_enabled, setup.payouts_enabled) {
        (_, true, true) => (Tone::Ok, text::setup_done(), text::setup_done_detail()),
        (_, true, false) => (Tone::Warning, text::setup_no_payouts(), text::setup_no_payouts_detail()),
        (true, false, _) => (Tone::Running, text::setup_checked(), text::setup_checked_detail()),
        (false, false, _) => (Tone::Warning, text::setup_begun(), text::setup_begun_detail()),
    };
    let done = setup.charges_enabled && setup.payouts_enabled;
    let fact = |name: &'static str, is: bool| {
        let (tone, word) = if is { (Tone::Ok, text::yes()) } else { (Tone::Missing, text::not_yet()) };
        view! {
            <dt>{name}</dt>
            <dd>
                <Status tone word />
            </dd>
        }
    };
    let fee = Decimal::new(i64::from(setup.application_fee_basis_points), 2);
    view! {
        <div class="pad setup">
            <div>
                <Status tone word />
                <p class="mut">{detail}</p>
                {(may_write && !done)
                    .then(|| {
                        view! {
                            <div class="setup-do">
                                <Button kind=ButtonKind::Primary busy=going on_press=go_on>
                                    {text::go_on_at_stripe()}
                                </Button>
                                <Button busy on_press=on_refresh>
                                    {text::ask_stripe()}
                                </Button>
                            </div>
                        }
                    })}
            </div>
            <dl class="kv">
                {fact(text::details_submitted(), setup.details_submitted)}
                {fact(text::charges_enabled(), setup.charges_enabled)}
                {fact(text::payouts_enabled(), setup.payouts_enabled)}
                <dt>{text::platform_share()}</dt>
                <dd>{text::share(&format::quantity(fee))}</dd>
                <dt>{text::account_name()}</dt>
                <dd class="code reference">{setup.account}</dd>
            </dl>
        </div>
    }
}

/// What the trail tells about payments: which invoice has which number, and which attempts failed.
#[derive(Clone, Copy)]
struct Told {
    attempts: Memo<Vec<Attempt>>,
    numbers: Memo<HashMap<String, String>>,
    companies: Memo<HashMap<String, String>>,
}

impl Told {
    fn load() -> Self {
        let may_see = may(Permission::EventsRead);
        let events =
            load::<Page<Event>>(move || may_see.then(|| "/msp/events?type=payment.&limit=200".to_owned()));
        let customers = load::<Page<Customer>>(|| Some("/msp/customers?limit=200".to_owned()));
        let items = move || match events.state.get() {
            Remote::Ready(page) => page.items,
            Remote::Loading | Remote::Failed(_) => Vec::new(),
        };
        Self {
            attempts: Memo::new(move |_| {
                let all = items();
                all.iter().filter_map(Attempt::of).filter(|attempt| attempt.failure.is_some()).collect()
            }),
            numbers: Memo::new(move |_| {
                let number = |event: &Event| {
                    let number = event.data.get("number")?.as_str()?.to_owned();
                    Some((event.subject.trim_start_matches("invoice:").to_owned(), number))
                };
                items().iter().filter_map(number).collect()
            }),
            companies: Memo::new(move |_| match customers.state.get() {
                Remote::Ready(page) => {
                    page.items.into_iter().map(|it| (it.id.to_string(), it.company_name)).collect()
                }
                Remote::Loading | Remote::Failed(_) => HashMap::new(),
            }),
        }
    }
}

/// Links to the invoice and the customer, by name as soon as they are known.
#[component]
fn Whose(told: Told, invoice: String, customer: Option<String>) -> impl IntoView {
    let href = format!("/invoices/{invoice}");
    let number = move || {
        told.numbers
            .with(|numbers| numbers.get(&invoice).cloned())
            .unwrap_or_else(|| text::show_invoice().to_owned())
    };
    let customer = customer.map(|id| {
        let href = format!("/customers/{id}");
        let name = move || {
            told.companies
                .with(|companies| companies.get(&id).cloned())
                .unwrap_or_else(|| text::show_customer().to_owned())
        };
        view! { <a class="link alone" href=href>{move || name()}</a> }
    });
    view! {
        <div class="whose">
            <a class="link alone" href=href>
                {move || number()}
            </a>
            {customer}
        </div>
    }
}

#[component]
fn Received() -> impl IntoView {
    let told = Told::load();
    let payments = paged::<Payment>(|| Some("/msp/payments".to_owned()));
    let none = || {
        view! { <EmptyState title=text::no_payments() detail=text::no_payments_detail() sign=Icon::Money /> }
    };
    let table = move |rows: Signal<Vec<Payment>>| {
        view! {
            <Table
                caption=text::received_payments()
                columns=vec![
                    Column::text(text::invoice()),
                    Column::text(text::when()),
                    Column::text(text::how()).less(),
                    Column::figures(text::share_of_platform()).least(),
                    Column::figures(text::amount()),
                ]
            >
                <For each=move || rows.get() key=|payment| payment.id let:payment>
                    <tr>
                        <th scope="row">
                            <Whose
                                told
                                invoice=payment.invoice_id.to_string()
                                customer=Some(payment.customer_id.to_string())
                            />
                        </th>
                        <td>
                            <When instant=payment.paid_at />
                        </td>
                        <td class="less">
                            {text::provider(&payment.provider)}
                            <div class="code reference">{payment.reference}</div>
                        </td>
                        <td class="r least">{format::money(payment.application_fee)}</td>
                        <td class="r">
                            {format::money(payment.amount)}
                            {(payment.refunded.amount_minor() != 0)
                                .then(|| {
                                    let back = text::refunded_of_it(&format::money(payment.refunded));
                                    view! { <div class="sub">{back}</div> }
                                })}
                        </td>
                    </tr>
                </For>
            </Table>
        }
    };
    let failed = move || {
        let attempts = told.attempts.get();
        (!attempts.is_empty()).then(|| view! { <Failed told attempts /> })
    };
    view! {
        {move || failed()}
        <Card title=text::received_payments()>{listing(payments, none, table)}</Card>
    }
}

/// What did not come in.
#[component]
fn Failed(told: Told, attempts: Vec<Attempt>) -> impl IntoView {
    let row = move |attempt: Attempt| {
        view! {
            <tr>
                <th scope="row">
                    <Whose
                        told
                        invoice=attempt.invoice()
                        customer=attempt.event.customer_id.map(|id| id.to_string())
                    />
                </th>
                <td>
                    <When instant=attempt.event.occurred_at />
                </td>
                <td>
                    <AttemptState failure=attempt.failure />
                </td>
                <td class="r">{attempt.amount.map(format::money)}</td>
            </tr>
        }
    };
    view! {
        <Card title=text::failed_payments() note=text::failed_payments_note()>
            <Table
                caption=text::failed_payments()
                columns=vec![
                    Column::text(text::invoice()),
                    Column::text(text::when()),
                    Column::text(text::status()),
                    Column::figures(text::amount()),
                ]
            >
                {attempts.into_iter().map(row).collect_view()}
            </Table>
        </Card>
    }
}
