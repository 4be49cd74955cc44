//! One invoice: what it charges for, and paying it.

use address::use_query;
use chrono::NaiveDate;
use client::{Remote, format, load, spawn, use_client};
use contract::{
    Page,
    credit_notes::CreditNote,
    invoices::{Invoice, InvoiceDetail, InvoiceLine},
    refunds::PortalRefund,
};
use domain::{
    ids::InvoiceId, invoices::InvoiceStatus, permissions::Permission, pricing::LineKind,
    refunds::RefundStatus,
};
use frame::{
    ChargeButton, InvoiceCheck, charge_is_under_way, charge_word, heading_row, headings, plan_names,
    plans_of, tax_note, tax_table_rows, title_page, use_code,
};
use kit::{
    Banner, Card, Column, Icon, KeyValues, PageHeader, SkeletonRows, Status, Table, Tone, faces, icon,
};
use leptos::{ev::MouseEvent, html, prelude::*};

use super::{
    dunning::{Reminders, dunning_word},
    invoices::{InvoiceState, period},
    pay::{PayButton, PayFailure, Paying},
};
use crate::text;

/// What the payment page says when it sends back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Back {
    Done,
    Cancelled,
}

#[component]
pub fn InvoicePage() -> impl IntoView {
    let id = use_code();
    let query = use_query();
    let invoice = load::<InvoiceDetail>(move || Some(format!("/portal/invoices/{}", id.get())));
    let paying = Paying::new();
    let back = Memo::new(move |_| match query.with(|query| query.get("payment")).as_deref() {
        Some("done") => Some(Back::Done),
        Some("cancelled") => Some(Back::Cancelled),
        _ => None,
    });
    let name = Memo::new(move |_| match invoice.state.get() {
        Remote::Ready(found) => found.invoice.number.unwrap_or_default(),
        Remote::Loading | Remote::Failed(_) => text::invoice().to_owned(),
    });
    title_page(move || name.get());

    let status = Memo::new(move |_| match invoice.state.get() {
        Remote::Ready(found) => Some(found.invoice.status),
        Remote::Loading | Remote::Failed(_) => None,
    });
    let waits = invoice.reload_while(move |_| match invoice.state.get() {
        Remote::Ready(found) => {
            let is_open = found.invoice.status == InvoiceStatus::Finalized;
            let returned = back.get() == Some(Back::Done) && found.payment_processing.is_none();
            is_open && (returned || charge_is_under_way(&found))
        }
        Remote::Loading | Remote::Failed(_) => false,
    });

    let head = Memo::new(move |_| match invoice.state.get() {
        Remote::Ready(found) => Some(found.invoice),
        Remote::Loading | Remote::Failed(_) => None,
    });
    let state = move || head.get().map(|invoice| view! { <InvoiceState invoice /> });
    let processing = Memo::new(move |_| match invoice.state.get() {
        Remote::Ready(found) => found.payment_processing.is_some(),
        Remote::Loading | Remote::Failed(_) => false,
    });
    let actions = move || {
        let paid_already = back.get() == Some(Back::Done) || processing.get();
        head.get().map(|invoice| {
            view! {
                <PdfLink
                    path=format!("/portal/invoices/{}", invoice.id)
                    number=invoice.number.clone().unwrap_or_default()
                    name=text::pdf_of(&invoice.number.clone().unwrap_or_default())
                />
                {(!paid_already).then(|| view! { <Pay invoice paying /> })}
            }
        })
    };
    let word = move || {
        let (tone, word) = match (back.get()?, status.get()?) {
            (Back::Done, InvoiceStatus::Paid) => (Tone::Ok, text::arrived()),
            // What is on its way is told below.
            (_, InvoiceStatus::Finalized) if processing.get() => return None,
            (Back::Done, _) if waits.get() => (Tone::Running, text::on_its_way()),
            (Back::Done, _) => (Tone::Warning, text::takes_longer()),
            (Back::Cancelled, InvoiceStatus::Paid) => return None,
            (Back::Cancelled, _) => (Tone::Warning, text::not_paid_word()),
        };
        Some(view! { <Banner tone>{word}</Banner> })
    };
    let skeleton = || {
        view! {
            <div class="cols">
                <div class="card"><SkeletonRows rows=5 /></div>
                <div class="card"><SkeletonRows rows=4 /></div>
            </div>
        }
    };
    view! {
        <PageHeader title=name above=vec![("/invoices", text::invoices())] here=name status=state actions />
        <PayFailure paying />
        {move || word()}
        {faces(invoice, skeleton, content)}
    }
}

/// The ways to pay.
#[component]
fn Pay(invoice: Invoice, paying: Paying) -> impl IntoView {
    let may = use_client().session.with_untracked(|session| session.may(Permission::PortalPay));
    let charge = (may && invoice.status == InvoiceStatus::Finalized).then(|| {
        view! {
            <ChargeButton
                list="/portal/payment-methods"
                invoice=format!("/portal/invoices/{}", invoice.id)
                failure=paying.failure
            />
        }
    });
    view! {
        {charge}
        <PayButton invoice paying />
    }
}

fn content(detail: InvoiceDetail) -> impl IntoView {
    let path = format!("/portal/invoices/{}", detail.invoice.id);
    let word = charge_word(&detail);
    let InvoiceDetail { invoice, lines, taxes, dunning, .. } = detail.clone();
    let dunning = dunning.filter(|_| invoice.status == InvoiceStatus::Finalized);
    let (id, total) = (invoice.id, invoice.total);
    let credited = (invoice.credited.amount_minor() != 0).then(|| {
        let path = format!("/portal/credit-notes?limit=200&invoice={}", invoice.id);
        load::<Page<CreditNote>>(move || Some(path.clone()))
    });
    let refunded = refunds_of(id);
    let whole = (invoice.period_start, invoice.period_end);
    let row = move |line: InvoiceLine| {
        let days = (line.service_start, line.service_end);
        let last = |until: NaiveDate| until.pred_opt().unwrap_or(until);
        let span = || text::span(&format::day(days.0), &format::day(last(days.1)));
        let part = if days.1 <= whole.0 && line.fee_start.is_none() {
            Some(text::late_usage(&span()))
        } else {
            (days != whole).then(span)
        };
        let name = match line.kind {
            LineKind::BaseFee => text::base_fee_of(&line.description),
            _ => line.description.clone(),
        };
        let price = line.unit_price.map(|price| format::price(price, total.currency()));
        // What was used stands there where it is not what is charged.
        let about = (line.kind == LineKind::Usage && !line.included.is_zero())
            .then(|| text::used_and_included(&format::quantity(line.used), &format::quantity(line.included)));
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{name}</span>
                    {part.map(|days| view! { <div class="sub">{days}</div> })}
                    {about.map(|about| view! { <div class="sub">{about}</div> })}
                    <div class="sub only-narrow">
                        {price.as_ref().map(|price| format!("{} × {price}", format::quantity(line.quantity)))}
                    </div>
                </th>
                <td class="r less">
                    {format::quantity(line.quantity)}
                    {line.unit.map(|unit| view! { <div class="sub">{unit}</div> })}
                </td>
                <td class="r less">{price}</td>
                <td class="r">{format::money(line.amount)}</td>
            </tr>
        }
    };
    let above = headings(&plans_of(&invoice.subscriptions), lines.iter().map(|line| line.subscription_id));
    let rows =
        lines.into_iter().zip(above).map(|(line, above)| (heading_row(above, 4), row(line))).collect_view();
    let note = tax_note(taxes.as_ref()).map(|note| view! { <p class="pad mut">{note}</p> });
    let taxes = tax_table_rows(total, taxes.as_ref());
    view! {
        {word}
        {dunning.as_ref().and_then(|dunning| dunning_word(dunning, invoice.overdue))}
        <div class="cols">
            <div class="stack">
                <Card title=period(&invoice)>
                    <Table
                        caption=text::invoice()
                        columns=vec![
                            Column::text(text::description()),
                            Column::figures(text::quantity()).less(),
                            Column::figures(text::price()).less(),
                            Column::figures(text::amount()),
                        ]
                    >
                        {rows}
                        {taxes}
                        <tr class="total">
                            <th scope="row">{text::total()}</th>
                            <td class="r less"></td>
                            <td class="r less"></td>
                            <td class="r">{format::money(total)}</td>
                        </tr>
                    </Table>
                    {note}
                </Card>
                <InvoiceCheck path detail />
            </div>
            <div class="stack">
                <Facts invoice />
                {dunning.map(|dunning| view! { <Reminders dunning /> })}
                {refunded}
                {credited.map(|notes| {
                    view! {
                        <Card title=text::credit_notes()>
                            {faces(
                                notes,
                                || view! { <SkeletonRows rows=1 /> },
                                move |page: Page<CreditNote>| credit_notes(page.items, id),
                            )}
                        </Card>
                    }
                })}
            </div>
        </div>
    }
}

/// What of the payments for the invoice was paid back; nothing where nothing was.
fn refunds_of(id: InvoiceId) -> impl IntoView {
    let found = load::<Page<PortalRefund>>(move || Some(format!("/portal/refunds?limit=200&invoice={id}")));
    let row = |refund: PortalRefund| {
        let (tone, word) = match refund.status {
            RefundStatus::Pending => (Tone::Running, text::refund_pending()),
            RefundStatus::Succeeded => (Tone::Ok, text::refund_succeeded()),
            RefundStatus::Failed => (Tone::Error, text::refund_failed()),
        };
        let to = match refund.last4 {
            Some(last4) => text::refund_to(&last4),
            None if refund.provider == "stripe" => text::refund_to_source().to_owned(),
            None => text::refund_by_transfer().to_owned(),
        };
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{format::day(refund.created_at.date_naive())}</span>
                    <div class="sub">{to}</div>
                </th>
                <td>
                    <Status tone word />
                </td>
                <td class="r">{format::money(refund.amount)}</td>
            </tr>
        }
    };
    move || match found.state.get() {
        Remote::Ready(page) if !page.items.is_empty() => Some(view! {
            <Card title=text::refunds()>
                <Table
                    caption=text::refunds()
                    columns=vec![
                        Column::text(text::refund()),
                        Column::text(text::status()),
                        Column::figures(text::amount()),
                    ]
                >
                    {page.items.into_iter().map(row).collect_view()}
                </Table>
            </Card>
        }),
        Remote::Ready(_) | Remote::Loading | Remote::Failed(_) => None,
    }
}

/// What was taken back of the invoice.
fn credit_notes(notes: Vec<CreditNote>, invoice: InvoiceId) -> impl IntoView + use<> {
    let row = move |note: CreditNote| {
        let name = text::credit_pdf_of(&note.number);
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{note.number.clone()}</span>
                    <div class="sub">{note.reason}</div>
                </th>
                <td class="r">{format::money(note.total)}</td>
                <td class="r tight">
                    <PdfLink
                        path=format!("/portal/credit-notes/{}", note.id)
                        asked=format!("/portal/invoices/{invoice}")
                        number=note.number
                        name
                    />
                </td>
            </tr>
        }
    };
    view! {
        <Table
            caption=text::credit_notes()
            columns=vec![
                Column::text(text::credit_note()),
                Column::figures(text::amount()),
                Column::figures(text::pdf()),
            ]
        >
            {notes.into_iter().map(row).collect_view()}
        </Table>
    }
}

#[component]
fn Facts(invoice: Invoice) -> impl IntoView {
    let mut pairs = vec![
        (text::billed_to(), Some(invoice.customer_name.clone())),
        (text::plan(), Some(plan_names(&invoice.subscriptions))),
        (text::period(), Some(period(&invoice))),
        (text::issued(), invoice.issued_on.map(format::day)),
    ];
    match invoice.paid_at {
        Some(at) => {
            pairs.push((text::due(), invoice.due_on.map(format::day)));
            pairs.push((text::paid_on(), Some(format::day(at.date_naive()))));
        }
        None => pairs.push((
            text::due(),
            invoice.due_on.map(|day| format!("{}, {}", format::day(day), format::relative_day(day))),
        )),
    }
    let amounts = [
        (text::paid_so_far(), invoice.paid),
        (text::credit_used(), invoice.credit_used),
        (text::credited(), invoice.credited),
        (text::to_pay(), invoice.outstanding),
    ];
    let told = amounts.into_iter().filter(|(_, amount)| amount.amount_minor() != 0);
    pairs.extend(told.map(|(name, amount)| (name, Some(format::money(amount)))));
    view! {
        <section class="card" aria-label=text::invoice()>
            <div class="pad">
                <KeyValues pairs />
            </div>
        </section>
    }
}

/// The document. A session may have to be renewed first, which a link by itself cannot do: it would save the refusal.
#[component]
fn PdfLink(
    /// The thing whose document it is.
    path: String,
    /// What is asked for to see whether the session holds; the thing itself where it is not given.
    #[prop(optional, into)]
    asked: Option<String>,
    number: String,
    /// What the link is called.
    name: String,
) -> impl IntoView {
    let client = use_client();
    let link = NodeRef::<html::A>::new();
    let href = format!("/api/v1{path}/pdf");
    let path = asked.unwrap_or(path);
    let renewed = StoredValue::new(false);
    let press = move |event: MouseEvent| {
        if renewed.try_update_value(|renewed| std::mem::replace(renewed, false)).unwrap_or(true) {
            return;
        }
        event.prevent_default();
        let path = path.clone();
        spawn(async move {
            if client.get::<InvoiceDetail>(&path, None).await.is_ok()
                && let Some(link) = link.try_get_untracked().flatten()
            {
                renewed.try_set_value(true);
                link.click();
            }
        });
    };
    view! {
        <a
            class="btn"
            node_ref=link
            href=href
            download=format!("{number}.pdf")
            aria-label=name
            on:click=press
        >
            {icon(Icon::Download, 16)}
            {text::pdf()}
        </a>
    }
}
