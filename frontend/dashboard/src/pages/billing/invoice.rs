//! One invoice: what it charges for, whether it is paid, and what can be done with it.

use address::{go, use_path, use_query};
use client::{Failure, Remote, format, load, use_client};
use contract::{
    Page,
    credit_notes::CreditNote,
    events::Event,
    invoices::{Invoice, InvoiceDetail, InvoiceLine},
};
use domain::{
    ids::InvoiceId, invoices::InvoiceStatus, money, permissions::Permission, pricing::LineKind, tax::Taxes,
};
use frame::{
    ChargeButton, InvoiceCheck, Lazily, charge_word, heading_row, headings, plan_names, plans_of, tax_note,
    tax_table_rows, title_page, use_code,
};
use kit::{
    Banner, Button, ButtonKind, Card, Column, Confirm, Dialog, Icon, PageHeader, SkeletonRows, SkeletonText,
    Table, Tone, deed, faces, icon, use_toasts,
};
use leptos::prelude::*;

use crate::parts;

use super::{
    InvoiceState,
    correct::{self, CorrectionQuestions, Corrections},
    deferrals,
    derivation::{Derivation, address_of, named as line_named},
    dunning::Reminders,
    events,
    hold::{Held, HoldQuestion},
    may,
    paid::{self, Paid, PaidQuestions},
    pay_link::Link,
    period, text,
};

/// What is asked before it is done.
#[derive(Clone, Copy)]
struct Asked {
    finalize: RwSignal<bool>,
    delete: RwSignal<bool>,
    hold: RwSignal<bool>,
    send: RwSignal<bool>,
    link: RwSignal<bool>,
    correction: correct::Asked,
    paid: paid::Asked,
}

/// Which invoice, for the questions whose code is fetched when one is asked.
#[derive(Clone, Copy)]
struct Money(Memo<Option<InvoiceDetail>>, Asked);

/// The questions about money: crediting, giving up, recording a payment, paying one back, holding a draft.
#[component]
pub fn MoneyQuestions() -> impl IntoView {
    let Money(known, asked) = expect_context();
    view! {
        <CorrectionQuestions known asked=asked.correction />
        <HoldQuestion known open=asked.hold />
        <PaidQuestions known asked=asked.paid />
    }
}

#[component]
pub fn InvoicePage() -> impl IntoView {
    let id = use_code();
    let invoice = load::<InvoiceDetail>(move || Some(format!("/msp/invoices/{}", id.get())));
    let detail = Memo::new(move |_| match invoice.state.get() {
        Remote::Ready(detail) => Some(detail),
        Remote::Loading | Remote::Failed(_) => None,
    });
    let known =
        Memo::new(move |_| detail.with(|detail| detail.as_ref().map(|detail| detail.invoice.clone())));
    let name =
        Memo::new(move |_| known.with(|known| known.as_ref().map_or(text::invoice().to_owned(), named)));
    title_page(move || name.get());
    let asked = Asked {
        finalize: RwSignal::new(false),
        delete: RwSignal::new(false),
        hold: RwSignal::new(false),
        send: RwSignal::new(false),
        link: RwSignal::new(false),
        correction: correct::Asked::new(),
        paid: paid::Asked::new(),
    };
    let status = move || known.get().map(|invoice| view! { <InvoiceState invoice /> });
    let lead = move || known.get().map(|invoice| view! { <p class="mut">{standing(&invoice)}</p> });
    provide_context(Money(detail, asked));
    // Once it is asked for, it stays: what closes is asked again.
    let wanted = Memo::new(move |before: Option<&bool>| {
        let asked = asked.correction.is_open() || asked.paid.is_open() || asked.hold.get();
        before.copied().unwrap_or_default() || asked
    });
    let failure = RwSignal::new(None::<Failure>);
    let actions = move || known.get().map(|invoice| view! { <Actions invoice asked failure /> });
    let skeleton = || {
        view! {
            <div class="cols">
                <div class="card"><SkeletonRows rows=6 /></div>
                <div class="card"><SkeletonText /></div>
            </div>
        }
    };
    view! {
        <PageHeader title=name above=vec![("/invoices", text::invoices())] here=name status lead actions />
        {move || {
            failure.get().map(|failure| view! { <Banner tone=Tone::Error>{failure.detail_of_all()}</Banner> })
        }}
        {faces(invoice, skeleton, move |detail| content(detail, asked.paid))}
        // Apart from what is shown: what changes on the page does not shut a question.
        {
            let which = Memo::new(move |_| known.get().map(|invoice| invoice.id));
            move || {
                which
                    .get()
                    .map(|id| {
                        view! {
                            <Questions id known asked />
                            {move || {
                                wanted.get().then(|| view! { <Lazily load=|| Box::pin(parts::invoice_money()) /> })
                            }}
                        }
                    })
            }
        }
    }
}

/// What people call it.
fn named(invoice: &Invoice) -> String {
    invoice.number.clone().unwrap_or_else(|| text::draft_for(&invoice.customer_name))
}

/// How it stands, in a sentence.
fn standing(invoice: &Invoice) -> String {
    let amount = format::money(invoice.total);
    let reason = invoice.closed_reason.as_deref().unwrap_or_default();
    match (invoice.status, invoice.due_on, invoice.paid_at) {
        (InvoiceStatus::Draft, ..) => text::standing_draft(&amount),
        (InvoiceStatus::Finalized, Some(due), _) if invoice.outstanding != invoice.total => {
            let left = format::money(invoice.outstanding);
            text::standing_part(&left, &amount, &format::day(due), &format::relative_day(due))
        }
        (InvoiceStatus::Finalized, Some(due), _) => {
            text::standing_open(&amount, &format::day(due), &format::relative_day(due))
        }
        (InvoiceStatus::Paid, _, Some(at)) if invoice.paid == invoice.total => {
            text::standing_paid(&amount, &format::day(at.date_naive()))
        }
        (InvoiceStatus::Paid, _, Some(at)) => text::standing_settled(&amount, &format::day(at.date_naive())),
        (InvoiceStatus::Uncollectible, ..) => {
            text::standing_written_off(&format::money(invoice.written_off), reason)
        }
        (InvoiceStatus::Void, ..) => text::standing_void(reason),
        (InvoiceStatus::Finalized | InvoiceStatus::Paid, ..) => amount,
    }
}

#[component]
fn Actions(invoice: Invoice, asked: Asked, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let may_write = may(Permission::InvoicesWrite);
    let may = |statuses: &[InvoiceStatus]| may_write && statuses.contains(&invoice.status);
    let open = |which: RwSignal<bool>| move |()| which.set(true);
    let delete = may(&[InvoiceStatus::Draft])
        .then(|| view! { <Button on_press=open(asked.delete)>{text::delete_draft()}</Button> });
    let finalize = (may(&[InvoiceStatus::Draft]) && invoice.held_at.is_none()).then(|| {
        view! {
            <Button on_press=open(asked.hold)>{text::hold_ask()}</Button>
            <Button kind=ButtonKind::Primary on_press=open(asked.finalize)>
                {text::finalize()}
            </Button>
        }
    });
    let send = may(&[InvoiceStatus::Finalized, InvoiceStatus::Paid])
        .then(|| view! { <Button on_press=open(asked.send)>{text::send_again()}</Button> });
    let charge = may(&[InvoiceStatus::Finalized]).then(|| {
        view! {
            <ChargeButton
                list=format!("/msp/customers/{}/payment-methods", invoice.customer_code)
                invoice=format!("/msp/invoices/{}", invoice.id)
                failure
            />
        }
    });
    let link = may(&[InvoiceStatus::Finalized]).then(|| {
        view! { <Button kind=ButtonKind::Primary on_press=open(asked.link)>{text::pay_link()}</Button> }
    });
    view! {
        // A file of the server, not a page of the app.
        <a
            class="btn"
            href=format!("/api/v1/msp/invoices/{}/pdf", invoice.id)
            target="_blank"
            rel="noopener external"
        >
            {icon(Icon::External, 16)}
            {text::pdf()}
        </a>
        {send}
        {charge}
        {link}
        {delete}
        {finalize}
        <Corrections invoice asked=asked.correction />
    }
}

#[component]
fn Questions(id: InvoiceId, known: Memo<Option<Invoice>>, asked: Asked) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let company = Memo::new(move |_| known.get().map(|invoice| invoice.customer_name).unwrap_or_default());
    let number = Memo::new(move |_| known.get().and_then(|invoice| invoice.number).unwrap_or_default());

    let finalize = deed(move || async move {
        let path = format!("/msp/invoices/{id}/finalize");
        let issued = client.post(path).answer::<InvoiceDetail>().await?;
        toasts.say(text::finalized_as(&issued.invoice.number.unwrap_or_default()));
        Ok(())
    });
    let delete = deed(move || {
        async move {
            client.delete(format!("/msp/invoices/{id}")).quietly().await?;
            // First away from it: it is not there any more.
            go("/invoices");
            client.refresh();
            toasts.say(text::draft_deleted());
            Ok(())
        }
    });
    let send = deed(move || async move {
        client.post(format!("/msp/invoices/{id}/send")).done().await?;
        toasts.say(text::sent(&number.get_untracked()));
        Ok(())
    });
    let means = move || {
        // Usage that comes after it is billed by nothing.
        let running =
            known.with(|known| known.as_ref().is_some_and(|invoice| invoice.period_end > format::today()));
        view! {
            <p class="mut">{text::finalize_means(&company.get())}</p>
            {running.then(|| view! { <Banner tone=Tone::Warning>{text::period_is_running()}</Banner> })}
        }
    };
    let titles = move || {
        let (company, number) = (company.get(), number.get());
        view! {
            <Confirm
                id="finalize"
                title=text::finalize_title(&company)
                open=asked.finalize
                action=text::finalize()
                on_confirm=finalize
            >
                {move || means()}
            </Confirm>
            <Confirm
                id="delete-draft"
                title=text::delete_draft_title(&company)
                open=asked.delete
                action=text::delete_draft()
                danger=true
                on_confirm=delete
            >
                <p class="mut">{text::delete_draft_means()}</p>
            </Confirm>
            <Confirm
                id="send-again"
                title=text::send_again_title(&number)
                open=asked.send
                action=text::send()
                on_confirm=send
            >
                <p class="mut">{text::send_again_detail(&company)}</p>
            </Confirm>
        }
    };
    view! {
        {move || titles()}
        <Dialog id="pay-link" title=text::pay_link() open=asked.link>
            <Link id open=asked.link />
        </Dialog>
    }
}

fn content(detail: InvoiceDetail, asked: paid::Asked) -> impl IntoView {
    let path = format!("/msp/invoices/{}", detail.invoice.id);
    let word = charge_word(&detail);
    let InvoiceDetail { invoice, lines, taxes, dunning, .. } = detail.clone();
    let id = invoice.id;
    let happened = may(Permission::EventsRead).then(|| {
        let subject = format!("/msp/events?limit=200&subject=invoice:{}", invoice.id);
        load::<Page<Event>>(move || Some(subject.clone()))
    });
    let issued = invoice.status.is_issued();
    let credited = (invoice.credited.amount_minor() != 0).then(|| {
        let path = format!("/msp/credit-notes?limit=200&invoice={}", invoice.id);
        load::<Page<CreditNote>>(move || Some(path.clone()))
    });
    view! {
        <Held invoice=invoice.clone() />
        {word}
        <div class="cols">
            <div class="stack">
                <Lines invoice=invoice.clone() lines=lines.clone() taxes />
                {deferrals::of(&invoice, &lines)}
                {issued.then(|| view! { <InvoiceCheck path detail /> })}
                {issued.then(|| view! { <Paid invoice=invoice.clone() asked happened /> })}
                {credited.map(|notes| {
                    view! {
                        <Card title=text::credit_notes()>
                            {faces(
                                notes,
                                || view! { <SkeletonRows rows=1 /> },
                                |page: Page<CreditNote>| correct::notes(page.items),
                            )}
                        </Card>
                    }
                })}
            </div>
            <div class="stack">
                <Facts invoice />
                {dunning.map(|dunning| view! { <Reminders id dunning /> })}
                {happened
                    .map(|events| {
                        view! {
                            <Card title=text::what_happened()>
                                {faces(
                                    events,
                                    || view! { <SkeletonRows rows=3 /> },
                                    |page| events::course(&page.items),
                                )}
                            </Card>
                        }
                    })}
            </div>
        </div>
        <Derivation lines />
    }
}

#[component]
fn Facts(invoice: Invoice) -> impl IntoView {
    let day = |day: Option<chrono::NaiveDate>| day.map(format::day);
    let amount = |amount: money::Money| (amount.amount_minor() != 0).then(|| format::money(amount));
    let open = invoice.status == InvoiceStatus::Finalized;
    let pairs = [
        (text::to_be_paid(), amount(invoice.outstanding).filter(|_| open)),
        (text::paid_of_it(), amount(invoice.paid)),
        (text::credit_used(), amount(invoice.credit_used)),
        (text::credited(), amount(invoice.credited)),
        (text::written_off(), amount(invoice.written_off)),
        (text::plan(), Some(plan_names(&invoice.subscriptions))),
        (text::period(), Some(period(invoice.period_start, invoice.period_end))),
        (text::issued_on(), day(invoice.issued_on)),
        (text::due_on(), day(invoice.due_on)),
        (text::paid_on(), invoice.paid_at.map(format::instant)),
    ];
    let row = |(name, value): (&'static str, Option<String>)| {
        value.map(|value| {
            view! {
                <dt>{name}</dt>
                <dd>{value}</dd>
            }
        })
    };
    view! {
        <Card title=text::about_it()>
            <div class="pad">
                <dl class="kv">
                    <dt>{text::customer()}</dt>
                    <dd>
                        <a class="link alone" href=format!("/customers/{}", invoice.customer_code)>
                            {invoice.customer_name}
                        </a>
                    </dd>
                    {pairs.into_iter().map(row).collect_view()}
                </dl>
            </div>
        </Card>
    }
}

#[component]
fn Lines(invoice: Invoice, lines: Vec<InvoiceLine>, taxes: Option<Taxes>) -> impl IntoView {
    let currency = invoice.total.currency();
    let (path, query) = (use_path(), use_query());
    let whole = (invoice.period_start, invoice.period_end);
    let row = move |line: InvoiceLine| {
        let (start, end) = (line.service_start, line.service_end);
        let part = if end <= whole.0 && line.fee_start.is_none() {
            Some(text::late_usage(&period(start, end)))
        } else {
            ((start, end) != whole).then(|| period(start, end))
        };
        let unit = line.unit.clone().unwrap_or_default();
        let explained = (line.kind == LineKind::Usage).then(|| {
            text::used_and_included(&format::exact(line.used), &format::exact(line.included), &unit)
        });
        let name = line_named(&line);
        let shown = line.clone();
        let href = move || path.with(|path| query.with(|query| address_of(path, query, &shown)));
        let price = line.unit_price.map(|price| format::price(price, currency));
        // On a phone the figures stand under the name, so that the amounts have room.
        let times = price.as_ref().map(|price| text::times(&format::exact(line.quantity), price));
        view! {
            <tr class="to">
                <th scope="row">
                    <a class="row-link" href=href>
                        {name}
                    </a>
                    {part.map(|days| view! { <div class="sub">{days}</div> })}
                    {explained.map(|text| view! { <div class="sub">{text}</div> })}
                    <div class="sub only-small">{times}</div>
                </th>
                <td class="r less">{format::exact(line.quantity)}</td>
                <td class="r less">{price}</td>
                <td class="r">{format::money(line.amount)}</td>
            </tr>
        }
    };
    let above = headings(&plans_of(&invoice.subscriptions), lines.iter().map(|line| line.subscription_id));
    let rows =
        lines.into_iter().zip(above).map(|(line, above)| (heading_row(above, 4), row(line))).collect_view();
    let total = if invoice.status == InvoiceStatus::Draft { text::total_so_far() } else { text::total() };
    let note = tax_note(taxes.as_ref()).map(|note| view! { <p class="pad mut">{note}</p> });
    let taxes = tax_table_rows(invoice.total, taxes.as_ref());
    view! {
        <Card title=text::lines()>
            <Table
                caption=text::lines()
                columns=vec![
                    Column::text(text::component()),
                    Column::figures(text::quantity()).less(),
                    Column::figures(text::price()).less(),
                    Column::figures(text::amount()),
                ]
            >
                {rows}
                {taxes}
                <tr class="sum">
                    <th scope="row">{total}</th>
                    <td class="less"></td>
                    <td class="less"></td>
                    <td class="r">{format::money(invoice.total)}</td>
                </tr>
            </Table>
            {note}
        </Card>
    }
}
