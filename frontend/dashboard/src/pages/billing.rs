//! What customers pay for, what they owe, and what has come in.

use address::use_path;
use chrono::{DateTime, NaiveDate, Utc};
use client::{Remote, format, load_once, use_client};
use contract::{invoices::Invoice, portfolio::Portfolio};
use domain::{
    invoices::InvoiceStatus,
    money::Currency,
    periods::{Month, Period},
    permissions::Permission,
};
use kit::{Status, Tone};
use leptos::prelude::*;

mod adjustments_form;
mod correct;
mod deferrals;
mod derivation;
mod dry_run;
mod dunning;
mod events;
pub(super) mod fields;
mod hold;
pub mod invoice;
pub mod invoices;
mod migration;
pub mod new_invoice;
mod paid;
mod pay_link;
pub mod payments;
pub mod plan;
pub mod plan_fields;
pub mod plan_form;
pub mod plans;
mod preview;
pub(super) mod price_fields;
mod price_form;
pub(super) mod rows;
pub mod run;
pub mod text;

/// How many months back an invoice is looked for or made; the running one included.
const MONTHS: i32 = 24;

/// Whether the person may do this.
fn may(permission: Permission) -> bool {
    use_client().session.with_untracked(|session| session.may(permission))
}

/// The currency that the tenant counts in, once it is known: its figures tell which. Dollars, where they do not.
pub(super) fn own_currency() -> Memo<Option<Currency>> {
    let counts = may(Permission::PortfolioRead);
    let portfolio = load_once::<Portfolio>(move || counts.then(|| "/msp/portfolio".to_owned()));
    Memo::new(move |_| {
        portfolio.state.with(|state| match state {
            Remote::Ready(found) => Some(found.revenue_this_month.currency()),
            Remote::Loading if counts => None,
            Remote::Loading | Remote::Failed(_) => Some(Currency::USD),
        })
    })
}

/// The part of the address behind the first: which plan is edited.
fn use_second_part() -> Memo<String> {
    let path = use_path();
    Memo::new(move |_| path.with(|path| path.split('/').nth(2).map(str::to_owned).unwrap_or_default()))
}

/// The days that an invoice bills: a month by its name, else from the first to the last day.
fn period(start: NaiveDate, end: NaiveDate) -> String {
    let month = Month::of(start);
    if Period::new(start, end) == Some(month.period()) {
        return format::month(month);
    }
    text::from_to(&format::day(start), &format::day(end.pred_opt().unwrap_or(end)))
}

/// The months that can be chosen, the running one first.
fn months() -> Vec<Month> {
    let now = Month::of(format::today());
    (0..MONTHS).map(|back| now.offset(-back)).collect()
}

/// Where an invoice stands.
#[component]
fn InvoiceState(invoice: Invoice) -> impl IntoView {
    let (tone, word) = match invoice.status {
        InvoiceStatus::Draft if invoice.held_at.is_some() => (Tone::Skipped, text::on_hold()),
        InvoiceStatus::Draft => (Tone::Missing, text::draft()),
        InvoiceStatus::Finalized if invoice.overdue => (Tone::Error, text::overdue_word()),
        InvoiceStatus::Finalized if invoice.outstanding != invoice.total => {
            (Tone::Running, text::part_paid())
        }
        InvoiceStatus::Finalized => (Tone::Running, text::open()),
        InvoiceStatus::Paid => (Tone::Ok, text::paid()),
        InvoiceStatus::Uncollectible => (Tone::Warning, text::written_off()),
        InvoiceStatus::Void => (Tone::Skipped, text::void_word()),
    };
    view! { <Status tone word /> }
}

/// An instant as seen from now, with the instant itself for those who point at it.
#[component]
fn When(instant: DateTime<Utc>) -> impl IntoView {
    view! {
        <time datetime=instant.to_rfc3339() title=format::instant(instant)>
            {format::relative(instant)}
        </time>
    }
}
