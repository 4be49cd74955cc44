//! What has come in for an invoice, what was tried in vain, and what has been paid back.

use chrono::{DateTime, Utc};
use client::{Loaded, Remote, format, load, use_client};
use contract::{
    Page,
    credit_notes::CustomerCredit,
    events::Event,
    invoices::{Invoice, Payment},
    refunds::{CreateRefund, RecordPayment, Refund},
};
use domain::{invoices::InvoiceStatus, money::Money, permissions::Permission, refunds::RefundStatus};
use kit::{
    Banner, Button, ButtonKind, Card, Column, DateField, Dialog, EmptyState, Form, FormView, Icon,
    NumberField, SkeletonRows, SkeletonText, Status, Table, TextField, Tone, faces, required, use_toasts,
};
use leptos::prelude::*;

use super::{
    When,
    events::{Attempt, AttemptState},
    may, text,
};

/// One thing that happened to money.
#[derive(Clone)]
enum Entry {
    Payment(Payment),
    Refund(Refund),
    Failed(Attempt),
}

impl Entry {
    fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Payment(payment) => payment.paid_at,
            Self::Refund(refund) => refund.created_at,
            Self::Failed(attempt) => attempt.event.occurred_at,
        }
    }
}

/// What of a payment has not been paid back.
fn left_of(payment: &Payment) -> Money {
    payment.amount.checked_sub(payment.refunded).unwrap_or(payment.amount)
}

/// The card.
#[component]
pub fn Paid(invoice: Invoice, happened: Option<Loaded<Page<Event>>>) -> impl IntoView {
    let id = invoice.id;
    let payments = load::<Page<Payment>>(move || Some(format!("/msp/payments?limit=200&invoice={id}")));
    let refunds = load::<Page<Refund>>(move || Some(format!("/msp/refunds?limit=200&invoice={id}")));
    let failed = move || match happened.map(|happened| happened.state.get()) {
        Some(Remote::Ready(page)) => {
            let tries = page.items.iter().filter_map(Attempt::of);
            tries.filter(|attempt| attempt.failure.is_some()).map(Entry::Failed).collect()
        }
        _ => Vec::new(),
    };
    let back = move || -> Vec<Entry> {
        match refunds.state.get() {
            Remote::Ready(page) => page.items.into_iter().map(Entry::Refund).collect(),
            Remote::Loading | Remote::Failed(_) => Vec::new(),
        }
    };
    let may_write = may(Permission::InvoicesWrite);
    let (recording, refunding) = (RwSignal::new(false), RwSignal::new(false));
    let asked = RwSignal::new(None::<Payment>);
    let payable = matches!(invoice.status, InvoiceStatus::Finalized | InvoiceStatus::Uncollectible);
    let record = move || {
        (may_write && payable).then(|| {
            view! {
                <Button small=true on_press=move |()| recording.set(true)>
                    {text::record_payment_ask()}
                </Button>
            }
        })
    };
    let ask = may_write.then(|| {
        Callback::new(move |payment: Payment| {
            asked.set(Some(payment));
            refunding.set(true);
        })
    });
    let list = move |page: Page<Payment>| {
        let entries = move || {
            let mut entries: Vec<Entry> = page.items.iter().cloned().map(Entry::Payment).collect();
            entries.extend(back());
            entries.extend(failed());
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.at()));
            entries_table(entries, ask)
        };
        view! { {move || entries()} }
    };
    let customer = StoredValue::new((invoice.customer_code.clone(), invoice.customer_name.clone()));
    let invoice = StoredValue::new(invoice);
    view! {
        <Card title=text::payments() actions=record>
            {faces(payments, || view! { <SkeletonRows rows=1 /> }, list)}
        </Card>
        <Dialog id="record-payment" title=text::record_payment() open=recording>
            <Record invoice=invoice.get_value() open=recording />
        </Dialog>
        <Dialog id="refund" title=text::refund_title() open=refunding>
            {move || {
                asked
                    .get()
                    .map(|payment| {
                        let (code, name) = customer.get_value();
                        view! { <Back payment code name open=refunding /> }
                    })
            }}
        </Dialog>
    }
}

fn entries_table(entries: Vec<Entry>, ask: Option<Callback<Payment>>) -> AnyView {
    if entries.is_empty() {
        return view! {
            <EmptyState title=text::no_payment() detail=text::no_payment_detail() sign=Icon::Money />
        }
        .into_any();
    }
    let row = move |entry: Entry| {
        match entry {
        Entry::Payment(payment) => payment_row(payment, ask).into_any(),
        Entry::Refund(refund) => view! {
            <tr>
                <th scope="row">
                    <When instant=refund.created_at />
                    <div class="sub">{text::refund()} " · " {refund.reason}</div>
                    {refund.reference.map(|reference| view! { <div class="code reference">{reference}</div> })}
                </th>
                <td>
                    <RefundState status=refund.status failure=refund.failure uncredited=refund.uncredited />
                </td>
                <td class="r">{refund.amount.checked_neg().map(format::money).ok()}</td>
            </tr>
        }
        .into_any(),
        Entry::Failed(attempt) => view! {
            <tr>
                <th scope="row">
                    <When instant=attempt.event.occurred_at />
                </th>
                <td>
                    <AttemptState failure=attempt.failure />
                </td>
                <td class="r">{attempt.amount.map(format::money)}</td>
            </tr>
        }
        .into_any(),
    }
    };
    view! {
        <Table
            caption=text::payments()
            columns=vec![
                Column::text(text::when()),
                Column::text(text::status()),
                Column::figures(text::amount()),
            ]
        >
            {entries.into_iter().map(row).collect_view()}
        </Table>
    }
    .into_any()
}

fn payment_row(payment: Payment, ask: Option<Callback<Payment>>) -> impl IntoView {
    let refund = ask.filter(|_| left_of(&payment).amount_minor() > 0).map(|ask| {
        let (payment, amount) = (payment.clone(), format::money(payment.amount));
        view! {
            <div>
                <Button small=true kind=ButtonKind::Quiet on_press=move |()| ask.run(payment.clone())>
                    {text::refund_ask()}
                    <span class="only-heard">" " {amount}</span>
                </Button>
            </div>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <When instant=payment.paid_at />
                <div class="sub">{text::provider(&payment.provider)}</div>
                <div class="code reference">{payment.reference}</div>
            </th>
            <td>
                <Status tone=Tone::Ok word=text::received() />
            </td>
            <td class="r">{format::money(payment.amount)} {refund}</td>
        </tr>
    }
}

/// Where a refund stands.
#[component]
fn RefundState(status: RefundStatus, failure: Option<String>, uncredited: Money) -> impl IntoView {
    let (tone, word) = match status {
        RefundStatus::Pending => (Tone::Running, text::refund_pending()),
        RefundStatus::Succeeded => (Tone::Ok, text::refund_succeeded()),
        RefundStatus::Failed => (Tone::Error, text::refund_failed_word()),
    };
    let missing = (status != RefundStatus::Failed && uncredited.amount_minor() != 0)
        .then(|| text::refund_uncredited(&format::money(uncredited)));
    view! {
        <Status tone word />
        {failure.or(missing).map(|more| view! { <div class="sub">{more}</div> })}
    }
}

/// A bank transfer that has come in.
#[component]
fn Record(invoice: Invoice, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let currency = invoice.total.currency();
    let left = invoice.outstanding.checked_add(invoice.written_off).unwrap_or(invoice.outstanding);
    let form = Form::new("");
    let amount = form.field("/amount", format::typed(left.to_decimal()), required);
    let amount = form.rule(amount, move || {
        let wrong =
            amount.value.with(|text| format::amount(text, currency).is_none_or(|it| it.amount_minor() <= 0));
        wrong.then(|| text::amount_wrong().to_owned())
    });
    let paid_on = form.field("/paid_on", format::today().to_string(), required);
    let reference = form.field("/reference", "", required);
    let path = StoredValue::new(format!("/msp/invoices/{}/payments", invoice.id));
    let number = StoredValue::new(invoice.number.unwrap_or_default());
    let send = move |()| {
        let work = async move || {
            let body = RecordPayment {
                reference: reference.text(),
                amount: amount.amount(currency),
                paid_on: paid_on.text().parse().ok(),
            };
            client.post(path.get_value()).body(&body).answer::<Payment>().await
        };
        form.send(work, move |payment: Payment| {
            open.set(false);
            toasts.say(text::payment_recorded(&format::money(payment.amount), &number.get_value()));
        });
    };
    view! {
        <p class="mut">{text::record_payment_means()}</p>
        <FormView form submit=text::record_payment() on_submit=send on_cancel=move |()| open.set(false)>
            <TextField field=reference label=text::reference() hint=text::reference_hint() autofocus=true />
            <div class="two">
                <NumberField field=amount label=text::amount() currency />
                <DateField field=paid_on label=text::paid_on() last=format::today() />
            </div>
        </FormView>
    }
}

/// Paying a payment back: as much as the customer has as credit.
#[component]
fn Back(payment: Payment, code: String, name: String, open: RwSignal<bool>) -> impl IntoView {
    let credit = load::<CustomerCredit>(move || Some(format!("/msp/customers/{code}/credit")));
    let (payment, name) = (StoredValue::new(payment), StoredValue::new(name));
    let content = move |found: CustomerCredit| {
        let payment = payment.get_value();
        let currency = payment.amount.currency();
        let of_this = found.balances.into_iter().find(|credit| credit.currency() == currency);
        match of_this.filter(|credit| credit.amount_minor() > 0) {
            Some(credit) => view! { <Ask payment credit open /> }.into_any(),
            None => view! {
                <Banner tone=Tone::Warning>{text::refund_needs_credit(&name.get_value())}</Banner>
                <div class="end">
                    <Button on_press=move |()| open.set(false)>{text::close()}</Button>
                </div>
            }
            .into_any(),
        }
    };
    faces(credit, || view! { <SkeletonText /> }, content)
}

#[component]
fn Ask(payment: Payment, credit: Money, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let currency = payment.amount.currency();
    let left = left_of(&payment);
    let most = Money::new(left.amount_minor().min(credit.amount_minor()), currency);
    let by_hand = payment.provider == "bank_transfer";
    let form = Form::new("");
    let amount = form.field("/amount", format::typed(most.to_decimal()), required);
    let amount = form.rule(amount, move || {
        let typed = amount.value.with(|text| format::amount(text, currency));
        match typed {
            Some(typed) if typed.amount_minor() > most.amount_minor() => {
                Some(text::refund_at_most(&format::money(most)))
            }
            Some(typed) if typed.amount_minor() > 0 => None,
            _ => Some(text::amount_wrong().to_owned()),
        }
    });
    let reason = form.field("/reason", "", required);
    let path = StoredValue::new(format!("/msp/payments/{}/refunds", payment.id));
    let send = move |()| {
        let work = async move || {
            let body = CreateRefund { amount: amount.amount(currency), reason: reason.text() };
            client.post(path.get_value()).body(&body).answer::<Refund>().await
        };
        form.send(work, move |refund: Refund| {
            open.set(false);
            toasts.say(text::refund_begun(&format::money(refund.amount)));
        });
    };
    let means = if by_hand { text::refund_by_hand_means() } else { text::refund_means() };
    view! {
        <p class="mut">{means}</p>
        <FormView form submit=text::refund() on_submit=send on_cancel=move |()| open.set(false)>
            <NumberField field=amount label=text::amount() hint=text::refund_at_most(&format::money(most)) currency />
            <TextField field=reason label=text::reason() hint=text::refund_reason_hint() />
        </FormView>
    }
}

/// What of a customer's payments for an invoice can be paid back, the largest part first.
pub fn refundable(payments: &[Payment]) -> Vec<(domain::ids::PaymentId, Money)> {
    let mut left: Vec<_> = payments
        .iter()
        .filter(|payment| payment.provider == "stripe")
        .map(|payment| (payment.id, left_of(payment)))
        .filter(|(_, left)| left.amount_minor() > 0)
        .collect();
    left.sort_by_key(|(_, left)| std::cmp::Reverse(left.amount_minor()));
    left
}
