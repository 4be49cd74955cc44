//! Putting an issued invoice right: crediting it, voiding it, writing it off.

use client::{Client, Failure, Remote, format, load_once, use_client};
use contract::{
    Page,
    credit_notes::{CloseInvoice, CreateCreditNote, CreditNote, CreditNoteDetail, CreditNoteLine},
    credits::CustomerCredit,
    invoices::{Invoice, InvoiceDetail, InvoiceLine, Payment},
    refunds::{CreateRefund, Refund},
};
use domain::{
    credit_notes::{CreditError, Creditable},
    ids::{InvoiceLineId, PaymentId},
    invoices::InvoiceStatus,
    money::Money,
    permissions::Permission,
    tax::{self, CreditedLine, PriceMode},
};
use kit::{
    CheckField, Dialog, Field, Form, FormView, Icon, Menu, MenuItem, NumberField, SelectField, TextField,
    icon, optional, required, use_toasts,
};
use leptos::prelude::*;

use super::{may, paid::refundable, text};

const ALL: &str = "all";
const BY_LINE: &str = "by_line";

/// Which question is open.
#[derive(Clone, Copy)]
pub struct Asked {
    credit: RwSignal<bool>,
    void: RwSignal<bool>,
    write_off: RwSignal<bool>,
}

impl Asked {
    /// None is.
    pub fn new() -> Self {
        Self { credit: RwSignal::new(false), void: RwSignal::new(false), write_off: RwSignal::new(false) }
    }
}

impl Asked {
    /// Whether one is.
    pub fn is_open(self) -> bool {
        self.credit.get() || self.void.get() || self.write_off.get()
    }
}

/// What can be done, behind a button.
#[component]
pub fn Corrections(invoice: Invoice, asked: Asked) -> impl IntoView {
    let item = |can: bool, icon: Icon, label: &'static str, open: RwSignal<bool>| {
        can.then(|| MenuItem {
            icon,
            label: label.to_owned(),
            on_press: Callback::new(move |()| open.set(true)),
        })
    };
    let status = invoice.status;
    let creditable =
        matches!(status, InvoiceStatus::Finalized | InvoiceStatus::Paid | InvoiceStatus::Uncollectible)
            && invoice.credited.amount_minor() < invoice.total.amount_minor();
    let untouched = invoice.paid.amount_minor() == 0 && invoice.credited.amount_minor() == 0;
    let items: Vec<_> = [
        item(creditable, Icon::Invoice, text::credit_ask(), asked.credit),
        item(status.may_become(InvoiceStatus::Void) && untouched, Icon::Close, text::void_ask(), asked.void),
        item(
            status.may_become(InvoiceStatus::Uncollectible),
            Icon::Alert,
            text::write_off_ask(),
            asked.write_off,
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    (may(Permission::InvoicesWrite) && !items.is_empty()).then(|| {
        view! {
            <Menu class="btn only-icon" items>
                {icon(Icon::More, 16)}
                <span class="only-heard">{text::more_actions()}</span>
            </Menu>
        }
    })
}

/// The questions behind them.
#[component]
pub fn CorrectionQuestions(known: Memo<Option<InvoiceDetail>>, asked: Asked) -> impl IntoView {
    let Asked { credit, void, write_off } = asked;
    // As it is when the question is opened: what changes meanwhile does not empty what was typed.
    let now = move || known.get_untracked();
    view! {
        <Dialog id="credit-note" title=text::credit_title() open=credit>
            {move || now().map(|detail| view! { <Credit detail open=credit /> })}
        </Dialog>
        <Dialog id="void" title=text::void_title() open=void>
            {move || now().map(|it| view! { <Close invoice=it.invoice to=InvoiceStatus::Void open=void /> })}
        </Dialog>
        <Dialog id="write-off" title=text::write_off_title() open=write_off>
            {move || {
                now()
                    .map(|it| {
                        view! { <Close invoice=it.invoice to=InvoiceStatus::Uncollectible open=write_off /> }
                    })
            }}
        </Dialog>
    }
}

#[component]
fn Close(invoice: Invoice, to: InvoiceStatus, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let reason = form.field("/reason", "", required);
    let (id, version) = (invoice.id, invoice.version);
    let number = StoredValue::new(invoice.number.unwrap_or_default());
    let left = format::money(invoice.outstanding);
    let (verb, action, means) = match to {
        InvoiceStatus::Void => ("void", text::void_do(), text::void_means().to_owned()),
        _ => ("write-off", text::write_off_do(), text::write_off_means(&left)),
    };
    let said = move || match to {
        InvoiceStatus::Void => text::voided_as(&number.get_value()),
        _ => text::written_off_as(&number.get_value()),
    };
    let send = move |()| {
        let work = async move || {
            let body = CloseInvoice { reason: reason.text() };
            let path = format!("/msp/invoices/{id}/{verb}");
            client.post(path).version(version).body(&body).done().await
        };
        form.send(work, move |()| {
            open.set(false);
            toasts.say(said());
        });
    };
    view! {
        <p class="mut">{means}</p>
        <FormView form submit=action danger=true on_submit=send on_cancel=move |()| open.set(false)>
            <TextField field=reason label=text::reason() hint=text::close_reason_hint() autofocus=true />
        </FormView>
    }
}

/// A line of which something is left to credit.
#[derive(Clone)]
struct Row {
    id: InvoiceLineId,
    name: String,
    left: Money,
    field: Field,
}

impl Row {
    fn new(form: Form, at: usize, line: InvoiceLine) -> Option<Self> {
        let left = line.amount.checked_sub(line.credited).ok().filter(|left| left.amount_minor() != 0)?;
        let field = form.field(format!("/lines/{at}/amount"), "", kit::a_number_or_none);
        Some(Self { id: line.id, name: line.description, left, field })
    }

    /// What was typed, where anything was.
    fn typed(&self) -> Option<Result<Money, String>> {
        let currency = self.left.currency();
        self.field.value.with(|value| {
            let number = format::number(value).filter(|number| !number.is_zero())?;
            // The sign is the line's: nobody has to type it.
            let number = if self.left.amount_minor() < 0 { -number.abs() } else { number };
            let amount = format::amount(&format::typed(number.abs()), currency);
            Some(match amount {
                Some(amount) if number.is_sign_negative() => {
                    amount.checked_neg().map_err(|_| text::too_large().to_owned())
                }
                Some(amount) => Ok(amount),
                None => Err(text::decimals_of(currency.code(), currency.exponent())),
            })
        })
    }

    fn amount(&self) -> Option<Money> {
        self.typed()?.ok()
    }

    fn wrong(&self) -> Option<String> {
        match self.typed()? {
            Err(wrong) => Some(wrong),
            Ok(amount) => refusal(whole(self.left), amount),
        }
    }
}

fn whole(left: Money) -> Creditable {
    Creditable { amount: left, credited: Money::zero(left.currency()) }
}

fn refusal(left: Creditable, amount: Money) -> Option<String> {
    Some(match left.check(amount).err()? {
        CreditError::Zero | CreditError::Currency(_) => text::credit_something().to_owned(),
        CreditError::Sign(left) | CreditError::Beyond(left) => text::credit_at_most(&format::money(left)),
    })
}

/// What a credit note over these lines comes to, with the taxes that come on top of them.
fn sum(detail: &InvoiceDetail, rows: &[Row]) -> Option<Money> {
    let currency = detail.invoice.total.currency();
    let sum = Money::sum(currency, rows.iter().filter_map(Row::amount)).ok()?;
    let Some(taxes) = detail.taxes.as_ref().filter(|taxes| taxes.prices == PriceMode::Exclusive) else {
        return Some(sum);
    };
    let lines = detail.lines.iter().map(|line| {
        let typed = rows.iter().find(|row| row.id == line.id).and_then(Row::amount);
        CreditedLine {
            class: tax::class_of(line.kind, line.tax_class.as_deref()),
            amount: line.amount,
            credited: line.credited,
            now: typed.unwrap_or(Money::zero(currency)),
        }
    });
    let lines: Vec<_> = lines.collect();
    let taxes = taxes.credit(currency, &lines).ok()?;
    taxes.into_iter().try_fold(sum, Money::checked_add).ok()
}

#[component]
fn Credit(detail: InvoiceDetail, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let InvoiceDetail { invoice, lines, .. } = detail.clone();
    let on_top = detail
        .taxes
        .as_ref()
        .is_some_and(|taxes| taxes.prices == PriceMode::Exclusive && !taxes.amounts.is_empty());
    let detail = StoredValue::new(detail);
    let (id, version, currency) = (invoice.id, invoice.version, invoice.total.currency());
    let left = invoice.total.checked_sub(invoice.credited).unwrap_or(Money::zero(currency));
    let form = Form::new("");
    let reason = form.field("/reason", "", required);
    let how = form.field("/lines", ALL, optional);
    let by_line = Memo::new(move |_| how.value.with(|how| how == BY_LINE));
    let rows: Vec<_> =
        lines.into_iter().enumerate().filter_map(|(at, line)| Row::new(form, at, line)).collect();
    for row in &rows {
        let row = row.clone();
        form.rule(row.field, move || row.wrong().filter(|_| by_line.get()));
    }
    let rows = StoredValue::new(rows);
    let total = Memo::new(move |_| {
        if by_line.get() {
            detail.with_value(|detail| rows.with_value(|rows| sum(detail, rows)))
        } else {
            Some(left)
        }
    });
    let how = form.rule(how, move || {
        let total = total.get().unwrap_or(Money::zero(currency));
        refusal(whole(left), total).filter(|_| by_line.get())
    });
    // What can go back to where it was paid from, once it is credited.
    let paid = (invoice.paid.amount_minor() > 0)
        .then(|| load_once::<Page<Payment>>(move || Some(format!("/msp/payments?limit=200&invoice={id}"))));
    let payments = Memo::new(move |_| match paid.map(|paid| paid.state.get()) {
        Some(Remote::Ready(page)) => refundable(&page.items),
        _ => Vec::new(),
    });
    let open_rest = invoice.outstanding.checked_add(invoice.written_off).unwrap_or(invoice.outstanding);
    let to_credit = Memo::new(move |_| {
        let total = total.get().unwrap_or(Money::zero(currency));
        total.checked_sub(open_rest).ok().filter(|credit| credit.amount_minor() > 0)
    });
    // What of it the payments can take.
    let goes_back = Memo::new(move |_| {
        let credit = to_credit.get()?;
        let most: i64 = payments.with(|payments| payments.iter().map(|(_, left)| left.amount_minor()).sum());
        (most > 0).then(|| Money::new(credit.amount_minor().min(most), currency))
    });
    let pay_back = form.field("/pay_back", "false", optional);
    let send = move |()| {
        let back = pay_back.is_on() && goes_back.get_untracked().is_some();
        let payments = payments.get_untracked();
        let wanted: Option<Vec<_>> = by_line.get_untracked().then(|| {
            let wanted =
                |row: &Row| Some(CreditNoteLine { line_id: row.id, amount: untrack(|| row.amount())? });
            rows.with_value(|rows| rows.iter().filter_map(wanted).collect())
        });
        let work = async move || {
            let body = CreateCreditNote { reason: reason.text(), lines: wanted };
            let path = format!("/msp/invoices/{id}/credit-notes");
            let made = client.post(path).version(version).body(&body).answer::<CreditNoteDetail>().await;
            let made = made.map_err(of_the_whole)?.credit_note;
            let refunded = if back { refund(client, payments, &made).await } else { (None, None) };
            Ok((made, refunded))
        };
        form.send(work, move |(made, (refunded, failure)): (CreditNote, Refunded)| {
            open.set(false);
            let refunded = refunded.map(format::money);
            toasts.say(match (refunded, failure.map(|failure| failure.detail_of_all())) {
                (None, None) => text::credited_as(&made.number),
                (Some(amount), None) => text::credited_and_refunded(&made.number, &amount),
                (Some(amount), Some(why)) => text::credited_and_part(&made.number, &amount, &why),
                // The credit note stands.
                (None, Some(why)) => text::credited_not_refunded(&made.number, &why),
            });
        });
    };
    let options = vec![
        (ALL.to_owned(), text::credit_all(&format::money(left))),
        (BY_LINE.to_owned(), text::credit_by_line().to_owned()),
    ];
    let fields = move || {
        let field = |row: Row| {
            let hint = text::credit_left(&format::money(row.left));
            view! { <NumberField field=row.field label=row.name hint currency /> }
        };
        by_line.get().then(|| rows.get_value().into_iter().map(field).collect_view())
    };
    let outcome = move || {
        let back = pay_back.value.with(|value| value == "true").then(|| goes_back.get()).flatten();
        total.get().filter(|total| total.amount_minor() > 0).map(|total| outcome(&invoice, total, back))
    };
    view! {
        <p class="mut">{text::credit_means()}</p>
        <FormView
            form
            submit=text::credit_do()
            on_submit=send
            on_cancel=move |()| open.set(false)
        >
            <TextField field=reason label=text::reason() hint=text::credit_reason_hint() autofocus=true />
            <SelectField field=how label=text::credit_what() options />
            {move || fields()}
            {move || (on_top && by_line.get()).then(|| view! { <p class="dim">{text::credit_without_tax()}</p> })}
            {move || {
                let label = text::pay_back(&format::money(goes_back.get()?));
                Some(view! { <CheckField field=pay_back label hint=text::pay_back_hint() /> })
            }}
            <p aria-live="polite">{move || outcome()}</p>
        </FormView>
    }
}

/// What is on its way back, and what kept more from it.
type Refunded = (Option<Money>, Option<Failure>);

/// Pays back what was credited, payment by payment: as much of it as has become credit.
async fn refund(client: Client, payments: Vec<(PaymentId, Money)>, note: &CreditNote) -> Refunded {
    let mut begun = None::<Money>;
    let currency = note.to_credit.currency();
    let path = format!("/msp/customers/{}/credit", note.customer_id);
    let credit = match client.get::<CustomerCredit>(&path, None).await {
        Ok(found) => found.refundable.into_iter().find(|credit| credit.currency() == currency),
        Err(failure) => return (None, Some(failure)),
    };
    let mut left = credit.map_or(0, |credit| credit.amount_minor().min(note.to_credit.amount_minor()));
    for (payment, most) in payments {
        let amount = Money::new(left.min(most.amount_minor()), currency);
        if amount.amount_minor() <= 0 {
            break;
        }
        let body = CreateRefund { amount: Some(amount), reason: note.reason.clone() };
        let request = client.post(format!("/msp/payments/{payment}/refunds")).body(&body);
        match request.answer::<Refund>().await {
            Ok(refund) => {
                left -= refund.amount.amount_minor();
                begun =
                    Some(begun.map_or(refund.amount, |sum| sum.checked_add(refund.amount).unwrap_or(sum)));
            }
            Err(failure) => return (begun, Some(failure)),
        }
    }
    (begun, None)
}

/// The lines that are sent are not numbered as those on the page: what is wrong with one is told of the whole.
fn of_the_whole(failure: Failure) -> Failure {
    let Failure::Problem(mut problem) = failure else { return failure };
    for error in &mut problem.errors {
        if error.pointer.starts_with("/lines") {
            "/lines".clone_into(&mut error.pointer);
        }
    }
    Failure::Problem(problem)
}

/// What comes of crediting so much.
fn outcome(invoice: &Invoice, total: Money, back: Option<Money>) -> String {
    let currency = total.currency();
    let open = invoice.outstanding.checked_add(invoice.written_off).unwrap_or(invoice.outstanding);
    let covered = Money::new(total.amount_minor().min(open.amount_minor()).max(0), currency);
    let rest = open.checked_sub(covered).map(format::money).unwrap_or_default();
    let credit = total.checked_sub(covered).unwrap_or(total);
    let total = format::money(total);
    if credit.amount_minor() == 0 {
        text::credit_lowers(&total, &rest)
    } else if let Some(back) = back {
        text::credit_goes_back(&total, &format::money(back))
    } else if covered.amount_minor() == 0 {
        text::credit_gives(&total, &invoice.customer_name)
    } else {
        text::credit_does_both(&total, &format::money(credit), &invoice.customer_name)
    }
}

/// The credit notes of an invoice.
pub fn notes(found: Vec<CreditNote>) -> impl IntoView + use<> {
    let row = |note: CreditNote| {
        view! {
            <tr>
                <th scope="row">
                    // A file of the server, not a page of the app.
                    <a
                        class="link alone"
                        href=format!("/api/v1/msp/credit-notes/{}/pdf", note.id)
                        target="_blank"
                        rel="noopener external"
                    >
                        {note.number}
                    </a>
                    <div class="sub">{note.reason}</div>
                </th>
                <td class="less tight">{format::day(note.issued_on)}</td>
                <td class="r">{format::money(note.total)}</td>
            </tr>
        }
    };
    view! {
        <kit::Table
            caption=text::credit_notes()
            columns=vec![
                kit::Column::text(text::credit_note()),
                kit::Column::text(text::issued_on()).less(),
                kit::Column::figures(text::amount()),
            ]
        >
            {found.into_iter().map(row).collect_view()}
        </kit::Table>
    }
}
