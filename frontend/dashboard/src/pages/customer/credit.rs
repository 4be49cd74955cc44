//! What a customer has as credit: what it was granted, and how long that lasts.

use chrono::NaiveDate;
use client::{Repeat, format, load, paged, use_client};
use contract::credits::{CreateCreditGrant, CreditGrant, CustomerCredit, ExpiringCredit, RevokeCreditGrant};
use domain::{
    credits::{CreditGrantStatus, CreditSource},
    money::{Currency, Money},
};
use kit::{
    Button, ButtonKind, Card, Column, DateField, Dialog, Form, FormView, NumberField, SelectField,
    SkeletonText, Status, Table, TextField, Tone, faces, listing, required, use_toasts,
};
use leptos::prelude::*;

use super::{check, text};

/// What there is, where it comes from, and what can be done.
#[component]
pub fn Credit(code: String, may_write: bool) -> impl IntoView {
    let path = StoredValue::new(format!("/msp/customers/{code}/credit"));
    let credit = load::<CustomerCredit>(move || Some(path.get_value()));
    let grants = paged::<CreditGrant>(move || Some(format!("{}/grants", path.get_value())));
    let (open, currency) = (RwSignal::new(false), RwSignal::new(None::<Currency>));
    let (revoking, asked) = (RwSignal::new(false), RwSignal::new(None::<CreditGrant>));
    let add = move || {
        (may_write && currency.get().is_some()).then(|| {
            view! {
                <Button small=true on_press=move |()| open.set(true)>
                    {text::add_credit_ask()}
                </Button>
            }
        })
    };
    let balance = move |found: CustomerCredit| {
        currency.set(Some(found.currency));
        view! { <Balance found /> }
    };
    let none = || view! { <p class="pad mut">{text::no_grants()} " " {text::no_grants_detail()}</p> };
    let ask = may_write.then(|| {
        Callback::new(move |grant: CreditGrant| {
            asked.set(Some(grant));
            revoking.set(true);
        })
    });
    view! {
        <Card title=text::credit() actions=add>
            {faces(credit, || view! { <div class="pad"><SkeletonText /></div> }, balance)}
            {listing(grants, none, move |rows| table(rows, ask))}
        </Card>
        <Dialog id="add-credit" title=text::add_credit() open>
            {move || {
                currency.get().map(|currency| view! { <Add path=path.get_value() currency open /> })
            }}
        </Dialog>
        <Dialog id="revoke-credit" title=text::revoke_credit() open=revoking>
            {move || asked.get().map(|grant| view! { <Revoke grant open=revoking /> })}
        </Dialog>
    }
}

#[component]
fn Balance(found: CustomerCredit) -> impl IntoView {
    let CustomerCredit { balances, refundable, expiring, currency, .. } = found;
    let zero = Money::zero(currency);
    let shown = |amounts: &[Money]| {
        let amounts = if amounts.is_empty() { &[zero][..] } else { amounts };
        amounts.iter().map(|amount| format::money(*amount)).collect::<Vec<_>>().join(" · ")
    };
    let next = expiring.first().map(|ExpiringCredit { expires_on, amount }| {
        let text = text::credit_expires(&format::money(*amount), &format::day(*expires_on));
        view! { <p class="mut">{text}</p> }
    });
    let payable = (refundable != balances).then(|| {
        view! { <p class="dim">{text::credit_refundable(&shown(&refundable))}</p> }
    });
    view! {
        <div class="pad stack">
            <div class="figure">
                <b class="num">{shown(&balances)}</b>
            </div>
            {next}
            {payable}
        </div>
    }
}

fn standing(grant: &CreditGrant) -> (Tone, &'static str) {
    match grant.status {
        CreditGrantStatus::Active => (Tone::Ok, text::credit_active()),
        CreditGrantStatus::UsedUp => (Tone::Skipped, text::credit_used_up()),
        CreditGrantStatus::Expired => (Tone::Missing, text::credit_expired()),
        CreditGrantStatus::Revoked => (Tone::Missing, text::credit_revoked()),
    }
}

fn source(source: CreditSource) -> &'static str {
    match source {
        CreditSource::Paid => text::credit_paid(),
        CreditSource::Promotional => text::credit_given(),
    }
}

fn table(rows: Signal<Vec<CreditGrant>>, ask: Option<Callback<CreditGrant>>) -> impl IntoView {
    let mut columns = vec![
        Column::text(text::description()),
        Column::text(text::status()).less(),
        Column::text(text::usable_until()).less(),
        Column::figures(text::granted()).less(),
        Column::figures(text::left()),
    ];
    if ask.is_some() {
        columns.push(Column::figures(""));
    }
    view! {
        <Table caption=text::granted_credit() columns>
            <For each=move || rows.get() key=|grant| (grant.id, grant.version, grant.status) let:grant>
                <Row grant ask />
            </For>
        </Table>
    }
}

#[component]
fn Row(grant: CreditGrant, ask: Option<Callback<CreditGrant>>) -> impl IntoView {
    let (tone, word) = standing(&grant);
    let uses = grant.uses.iter().map(|one| {
        let amount = one.used.checked_sub(one.returned).unwrap_or(one.used);
        let href = format!("/invoices/{}", one.invoice_id);
        view! {
            <div class="sub">
                <a class="link" href=href>
                    {one.invoice_number.clone()}
                </a>
                " · "
                {format::money(amount)}
            </div>
        }
    });
    let uses = uses.collect_view();
    let (name, what) = (grant.description.clone(), grant.clone());
    let button = ask.map(|ask| {
        let can = grant.left.amount_minor() > 0;
        let what = what.clone();
        let revoke = can.then(|| {
            view! {
                <Button small=true kind=ButtonKind::Quiet on_press=move |()| ask.run(what.clone())>
                    {text::revoke_credit_ask()}
                    <span class="only-heard">" " {name.clone()}</span>
                </Button>
            }
        });
        view! { <td class="r">{revoke}</td> }
    });
    view! {
        <tr>
            <th scope="row">
                <span class="name">{grant.description}</span>
                <div class="sub">
                    {source(grant.source)} {grant.reference.map(|reference| format!(" · {reference}"))}
                </div>
                {uses}
            </th>
            <td class="tight less">
                <Status tone word />
            </td>
            <td class="less">{grant.expires_on.map_or_else(|| text::for_ever().to_owned(), format::day)}</td>
            <td class="r less">{format::money(grant.amount)}</td>
            <td class="r">{format::money(grant.left)}</td>
            {button}
        </tr>
    }
}

const PAID: &str = "paid";
const GIVEN: &str = "promotional";

#[component]
fn Add(path: String, currency: Currency, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let today = format::today();
    let form = Form::new("");
    let description = form.field("/description", "", check::charge_description);
    let origin = form.field("/source", PAID, required);
    let amount = form.field("/amount", "", required);
    let amount = form.rule(amount, move || {
        let wrong =
            amount.value.with(|text| format::amount(text, currency).is_none_or(|it| it.amount_minor() <= 0));
        wrong.then(|| text::credit_amount_wrong().to_owned())
    });
    let expires_on = form.field("/expires_on", "", |_| None);
    let reference = form.field("/reference", "", |_| None);
    let paid_on = form.field("/paid_on", today.to_string(), |_| None);
    let is_paid = Memo::new(move |_| origin.value.with(|value| value == PAID));
    let reference = form.rule(reference, move || {
        let missing = is_paid.get() && reference.value.with(|text| text.trim().is_empty());
        missing.then(|| text::credit_reference_missing().to_owned())
    });
    let path = StoredValue::new(format!("{path}/grants"));
    let sent = Repeat::new();
    let send = move |()| {
        let paid = is_paid.get_untracked();
        let day = |text: String| text.parse::<NaiveDate>().ok();
        let body = CreateCreditGrant {
            source: if paid { CreditSource::Paid } else { CreditSource::Promotional },
            amount: amount.amount(currency).unwrap_or(Money::zero(currency)),
            description: description.text(),
            expires_on: day(expires_on.text()),
            reference: paid.then(|| reference.text()),
            // Today is the server's day: near midnight, it may be another one there.
            paid_on: day(paid_on.text()).filter(|day| paid && *day != today),
        };
        let request = sent.request(body, |body| client.post(path.get_value()).body(body));
        form.send(
            async move || request.answer::<CreditGrant>().await,
            move |made: CreditGrant| {
                open.set(false);
                toasts.say(text::credit_added(&format::money(made.amount)));
            },
        );
    };
    let options = vec![
        (PAID.to_owned(), text::credit_paid().to_owned()),
        (GIVEN.to_owned(), text::credit_given().to_owned()),
    ];
    let of_money = move || {
        is_paid.get().then(|| {
            view! {
                <div class="two">
                    <TextField field=reference label=text::credit_reference() hint=text::credit_reference_hint() />
                    <DateField field=paid_on label=text::paid_on() last=today />
                </div>
            }
        })
    };
    view! {
        <p class="mut">{text::add_credit_detail()}</p>
        <FormView form submit=text::add_credit() on_submit=send on_cancel=move |()| open.set(false)>
            <TextField
                field=description
                label=text::description()
                hint=text::credit_description_hint()
                autofocus=true
            />
            <SelectField field=origin label=text::credit_source() options />
            <div class="two">
                <NumberField field=amount label=text::amount() currency />
                <DateField
                    field=expires_on
                    label=text::usable_until()
                    hint=text::usable_until_hint()
                    first=today
                />
            </div>
            {move || of_money()}
        </FormView>
    }
}

#[component]
fn Revoke(grant: CreditGrant, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let reason = form.field("/reason", "", required);
    let (path, version) = (format!("/msp/credit-grants/{}/revoke", grant.id), grant.version);
    let means = match grant.source {
        CreditSource::Paid => text::revoke_paid_detail(&format::money(grant.left)),
        CreditSource::Promotional => text::revoke_given_detail(&format::money(grant.left)),
    };
    let send = move |()| {
        let body = RevokeCreditGrant { reason: reason.text() };
        let request = client.post(path.clone()).version(version).body(&body);
        form.send(
            async move || request.answer::<CreditGrant>().await,
            move |revoked: CreditGrant| {
                open.set(false);
                toasts.say(text::credit_taken_back(&revoked.description));
            },
        );
    };
    view! {
        <p class="mut">{means}</p>
        <FormView
            form
            submit=text::revoke_credit()
            danger=true
            on_submit=send
            on_cancel=move |()| open.set(false)
        >
            <TextField field=reason label=text::reason() hint=text::revoke_reason_hint() autofocus=true />
        </FormView>
    }
}
