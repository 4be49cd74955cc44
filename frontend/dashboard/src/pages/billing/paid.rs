//! What has come in for an invoice, what was tried in vain, and what has been paid back.

use chrono::{DateTime, Utc};
use client::{Loaded, Remote, Repeat, format, load, load_once, use_client};
use contract::{
    Page,
    credits::CustomerCredit,
    events::Event,
    invoices::{Invoice, InvoiceDetail, Payment},
    refunds::{CreateRefund, Dispute, RecordPayment, Refund},
};
use domain::{
    disputes::DisputeStatus, invoices::InvoiceStatus, money::Money, permissions::Permission,
    refunds::RefundStatus,
};
use kit::{
    Banner, Button, Card, Column, DateField, Dialog, EmptyState, Form, FormView, Icon, NumberField,
    SkeletonRows, SkeletonText, Status, Table, TextField, Tone, faces, required, use_toasts,
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
    Dispute(Dispute),
    Failed(Attempt),
}

impl Entry {
    fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Payment(payment) => payment.paid_at,
            Self::Refund(refund) => refund.created_at,
            Self::Dispute(dispute) => dispute.opened_at,
            Self::Failed(attempt) => attempt.event.occurred_at,
        }
    }
}

/// What of a payment has not been paid back, and is not disputed.
fn left_of(payment: &Payment) -> Money {
    let left =
        payment.amount.checked_sub(payment.refunded).and_then(|left| left.checked_sub(payment.disputed));
    left.unwrap_or(payment.amount)
}

/// Which question is open, and about what.
#[derive(Clone, Copy)]
pub struct Asked {
    record: RwSignal<bool>,
    refund: RwSignal<bool>,
    payment: RwSignal<Option<Payment>>,
}

impl Asked {
    /// None is.
    pub fn new() -> Self {
        Self { record: RwSignal::new(false), refund: RwSignal::new(false), payment: RwSignal::new(None) }
    }
}

impl Asked {
    /// Whether one is.
    pub fn is_open(self) -> bool {
        self.record.get() || self.refund.get()
    }
}

/// The card.
#[component]
pub fn Paid(invoice: Invoice, asked: Asked, happened: Option<Loaded<Page<Event>>>) -> impl IntoView {
    let id = invoice.id;
    let payments = load::<Page<Payment>>(move || Some(format!("/msp/payments?limit=200&invoice={id}")));
    let refunds = load::<Page<Refund>>(move || Some(format!("/msp/refunds?limit=200&invoice={id}")));
    let disputes = load::<Page<Dispute>>(move || Some(format!("/msp/disputes?limit=200&invoice={id}")));
    let failed = move || match happened.map(|happened| happened.state.get()) {
        Some(Remote::Ready(page)) => {
            let tries = page.items.iter().filter_map(Attempt::of);
            tries.filter(|attempt| attempt.failure.is_some()).map(Entry::Failed).collect()
        }
        _ => Vec::new(),
    };
    let may_write = may(Permission::InvoicesWrite);
    let payable = matches!(invoice.status, InvoiceStatus::Finalized | InvoiceStatus::Uncollectible);
    // What the payer's bank took back may be paid after all.
    let is_lost = move || {
        let lost =
            |page: &Page<Dispute>| page.items.iter().any(|dispute| dispute.uncredited.amount_minor() > 0);
        disputes.state.with(|state| matches!(state, Remote::Ready(page) if lost(page)))
    };
    let record = move || {
        (may_write && (payable || is_lost())).then(|| {
            view! {
                <Button small=true on_press=move |()| asked.record.set(true)>
                    {text::record_payment_ask()}
                </Button>
            }
        })
    };
    let ask = may_write.then(|| {
        Callback::new(move |payment: Payment| {
            asked.payment.set(Some(payment));
            asked.refund.set(true);
        })
    });
    let skeleton = || view! { <SkeletonRows rows=1 /> };
    let list = move |(payments, refunds, disputes): (Page<Payment>, Page<Refund>, Page<Dispute>)| {
        let entries = move || {
            let mut entries: Vec<Entry> = payments.items.iter().cloned().map(Entry::Payment).collect();
            entries.extend(refunds.items.iter().cloned().map(Entry::Refund));
            entries.extend(disputes.items.iter().cloned().map(Entry::Dispute));
            entries.extend(failed());
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.at()));
            entries_table(entries, ask)
        };
        view! { {move || entries()} }
    };
    // One after the other: what one of them has is not shown without the others.
    let card = move || {
        faces(payments, skeleton, move |payments: Page<Payment>| {
            faces(refunds, skeleton, move |refunds: Page<Refund>| {
                let payments = payments.clone();
                faces(disputes, skeleton, move |disputes| list((payments.clone(), refunds.clone(), disputes)))
            })
        })
    };
    view! {
        <Card title=text::payments() actions=record>
            {card()}
        </Card>
    }
}

/// The questions. They stay open, with what was typed, when what is shown changes.
#[component]
pub fn PaidQuestions(known: Memo<Option<InvoiceDetail>>, asked: Asked) -> impl IntoView {
    let now = move || known.get_untracked().map(|detail| detail.invoice);
    view! {
        <Dialog id="record-payment" title=text::record_payment() open=asked.record>
            {move || now().map(|invoice| view! { <Record invoice open=asked.record /> })}
        </Dialog>
        <Dialog id="refund" title=text::refund_title() open=asked.refund>
            {move || {
                let (payment, invoice) = asked.payment.get().zip(now())?;
                let (code, name) = (invoice.customer_code, invoice.customer_name);
                Some(view! { <Back payment code name open=asked.refund /> })
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
        Entry::Dispute(dispute) => dispute_row(dispute).into_any(),
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

fn dispute_row(dispute: Dispute) -> impl IntoView {
    // Answered there: Stripe asks for the evidence in forms of its own.
    let answer = dispute.status.is_open().then(|| {
        view! {
            <a
                class="link alone"
                href=format!("https://dashboard.stripe.com/disputes/{}", dispute.reference)
                target="_blank"
                rel="noopener external"
            >
                {text::dispute_at_stripe()}
            </a>
        }
    });
    // What was won, or only asked about, is not gone.
    let gone = !matches!(dispute.status, DisputeStatus::Won | DisputeStatus::Closed);
    let amount = if gone { dispute.amount.checked_neg() } else { Ok(dispute.amount) };
    view! {
        <tr>
            <th scope="row">
                <When instant=dispute.opened_at />
                <div class="sub">{text::dispute()} " · " {text::dispute_reason(&dispute.reason)}</div>
                {answer}
            </th>
            <td>
                <DisputeState dispute=dispute.clone() />
            </td>
            <td class="r">{amount.map(format::money).ok()}</td>
        </tr>
    }
}

fn payment_row(payment: Payment, ask: Option<Callback<Payment>>) -> impl IntoView {
    let refund = ask.filter(|_| left_of(&payment).amount_minor() > 0).map(|ask| {
        let (payment, amount) = (payment.clone(), format::money(payment.amount));
        view! {
            <div>
                <Button small=true on_press=move |()| ask.run(payment.clone())>
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

/// Where a dispute stands, and what it has cost.
#[component]
fn DisputeState(dispute: Dispute) -> impl IntoView {
    let (tone, word) = match dispute.status {
        DisputeStatus::NeedsResponse => (Tone::Error, text::dispute_needs_response()),
        DisputeStatus::UnderReview => (Tone::Running, text::dispute_under_review()),
        DisputeStatus::Won => (Tone::Ok, text::dispute_won()),
        DisputeStatus::Lost => (Tone::Error, text::dispute_lost()),
        DisputeStatus::Closed => (Tone::Ok, text::dispute_closed()),
    };
    let due = dispute
        .evidence_due_by
        .filter(|_| dispute.status == DisputeStatus::NeedsResponse)
        .map(|due| text::dispute_due(&format::instant(due)));
    let fee = (dispute.fee.amount_minor() > 0).then(|| text::dispute_fee(&format::money(dispute.fee)));
    let missing = (dispute.uncredited.amount_minor() > 0)
        .then(|| text::dispute_uncredited(&format::money(dispute.uncredited)));
    let lines = [due, fee, missing].into_iter().flatten();
    view! {
        <Status tone word />
        {lines.map(|line| view! { <div class="sub">{line}</div> }).collect_view()}
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
    let today = format::today();
    let paid_on = form.field("/paid_on", today.to_string(), required);
    let reference = form.field("/reference", "", required);
    let path = StoredValue::new(format!("/msp/invoices/{}/payments", invoice.id));
    let number = StoredValue::new(invoice.number.unwrap_or_default());
    let sent = Repeat::new();
    let send = move |()| {
        let body = RecordPayment {
            reference: reference.text(),
            amount: amount.amount(currency),
            // Today is the server's day: near midnight, it may be another one there.
            paid_on: paid_on.text().parse().ok().filter(|day| *day != today),
        };
        let request = sent.request(body, |body| client.post(path.get_value()).body(body));
        form.send(
            async move || request.answer::<Payment>().await,
            move |payment: Payment| {
                open.set(false);
                toasts.say(text::payment_recorded(&format::money(payment.amount), &number.get_value()));
            },
        );
    };
    view! {
        <p class="mut">{text::record_payment_means()}</p>
        <FormView form submit=text::record_payment() on_submit=send on_cancel=move |()| open.set(false)>
            <TextField field=reference label=text::reference() hint=text::reference_hint() autofocus=true />
            <div class="two">
                <NumberField field=amount label=text::amount() currency />
                <DateField field=paid_on label=text::paid_on() last=today />
            </div>
        </FormView>
    }
}

/// Paying a payment back: as much as the customer has as credit.
#[component]
fn Back(payment: Payment, code: String, name: String, open: RwSignal<bool>) -> impl IntoView {
    let credit = load_once::<CustomerCredit>(move || Some(format!("/msp/customers/{code}/credit")));
    let (payment, name) = (StoredValue::new(payment), StoredValue::new(name));
    let content = move |found: CustomerCredit| {
        let payment = payment.get_value();
        let currency = payment.amount.currency();
        let of_this = found.refundable.into_iter().find(|credit| credit.currency() == currency);
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
    let sent = Repeat::new();
    let send = move |()| {
        let body = CreateRefund { amount: amount.amount(currency), reason: reason.text() };
        let request = sent.request(body, |body| client.post(path.get_value()).body(body));
        form.send(
            async move || request.answer::<Refund>().await,
            move |refund: Refund| {
                open.set(false);
                let amount = format::money(refund.amount);
                toasts.say(if by_hand {
                    text::refund_recorded(&amount)
                } else {
                    text::refund_begun(&amount)
                });
            },
        );
    };
    let means = if by_hand { text::refund_by_hand_means() } else { text::refund_means() };
    view! {
        <p class="mut">{means}</p>
        <FormView form submit=text::refund() on_submit=send on_cancel=move |()| open.set(false)>
            <NumberField field=amount label=text::amount() hint=text::refund_at_most(&format::money(most)) currency />
            <TextField field=reason label=text::reason() hint=text::refund_reason_hint() autofocus=true />
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
