//! What follows when something comes off an invoice.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{Id, InvoiceId},
    invoices::InvoiceStatus,
    ledger::{BookingKind, Posting},
    money::MoneyError,
    periods::Period,
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    invoices::{self, Invoice},
    ledger::{self, NewTransaction},
};

use crate::{AppError, Result, dunning, payments::pages};

/// What is booked about an invoice.
pub(crate) struct Booking<S> {
    /// What it is.
    pub kind: BookingKind,
    /// The thing that is booked, once.
    pub subject: S,
    /// The day that it belongs to.
    pub on: NaiveDate,
    /// The days that revenue in it belongs to.
    pub period: Option<Period>,
    /// Debits and credits; none where there is nothing to book.
    pub posting: Result<Option<Posting>, MoneyError>,
}

impl<S: Id> Booking<S> {
    /// What of it there is to book.
    pub(crate) fn of(self, invoice: &Invoice) -> Result<Option<NewTransaction>> {
        let Self { kind, subject, on, period, posting } = self;
        let (subject, customer, invoice) = (subject.uuid(), invoice.customer, Some(invoice.id));
        let posting = posting.map_err(AppError::internal)?;
        Ok(posting.map(|posting| NewTransaction {
            kind,
            subject,
            customer,
            invoice,
            booked_on: on,
            period,
            posting,
        }))
    }
}

/// Books it.
pub(crate) async fn book(tx: &mut TenantTx, invoice: &Invoice, booking: Booking<impl Id>) -> Result<()> {
    if let Some(new) = booking.of(invoice)? {
        ledger::book(tx, &[new]).await?;
    }
    Ok(())
}

/// Marks an invoice paid of which nothing is left. One of which something is left counts the change. Pages that ask for more
/// than that are closed.
pub(crate) async fn settle(tx: &mut TenantTx, id: InvoiceId, at: DateTime<Utc>) -> Result<()> {
    let invoice = invoices::get(tx, id).await?;
    let paid = invoice.left().amount_minor() == 0
        && invoice.status.may_become(InvoiceStatus::Paid)
        && invoices::mark_paid(tx, invoice.id, at).await?;
    if paid {
        tx.record(
            NewEvent::new(
                "invoice.paid",
                format!("invoice:{}", invoice.id),
                json!({"number": invoice.number}),
            )
            .of_customer(invoice.customer),
        );
        dunning::release(tx, invoice.id).await?;
    } else {
        invoices::touch(tx, invoice.id).await?;
    }
    pages::close_stale(tx, invoice.id, invoice.outstanding).await
}
