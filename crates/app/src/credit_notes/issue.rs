//! Issuing a credit note.

use domain::{
    credit_notes::Creditable,
    ids::{InvoiceId, InvoiceLineId},
    invoices::InvoiceStatus,
    ledger::{BookingKind, Posting},
    money::Money,
    tax::{CreditedLine, PriceMode, TaxAmount},
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    credit_notes::{self, CreditNote, CreditedTax, NewCreditNote},
    customers,
    deferrals::Cause,
    invoices::{self, Invoice, Line},
    tenants,
};

use crate::{
    App, AppError, Field, Result, if_match,
    invoices::{Booking, book, deferrals::TakenBack, give_back, settle},
    mail::{self, Recipient, Template},
};

/// What is to be credited.
#[derive(Debug, Clone)]
pub struct Credit {
    /// Why.
    pub reason: String,
    /// Lines of the invoice, and how much of each; without, all that is not credited yet.
    pub lines: Option<Vec<(InvoiceLineId, Money)>>,
}

/// Credits an issued invoice, whole or in part. What is still to be paid becomes less; what the customer has paid already
/// becomes its credit.
pub async fn issue(
    app: &App,
    tx: &mut TenantTx,
    id: InvoiceId,
    if_match: Option<i32>,
    credit: Credit,
) -> Result<CreditNote> {
    let invoice = invoices::lock(tx, id).await?;
    if_match::check(if_match, invoice.version)?;
    match invoice.status {
        InvoiceStatus::Finalized | InvoiceStatus::Paid | InvoiceStatus::Uncollectible => {}
        InvoiceStatus::Draft => {
            return Err(AppError::conflict("not_issued", "A draft is not credited; it can be rated anew."));
        }
        InvoiceStatus::Void => {
            return Err(AppError::conflict("not_open", "The invoice is void: nothing was billed."));
        }
    }
    let whole = Creditable { amount: invoice.total, credited: invoice.credited };
    if whole.left().map_err(AppError::internal)?.amount_minor() <= 0 {
        return Err(AppError::conflict("already_credited", "All of the invoice has been credited."));
    }
    let billed = invoices::lines(tx, &invoice).await?;
    let lines = match credit.lines {
        Some(wanted) => checked(&billed, &wanted).map(|()| wanted)?,
        None => all_left(&billed)?,
    };
    let currency = invoice.total.currency();
    let taxes = credited_taxes(&invoice, &billed, &lines)?;
    let tax = Money::sum(currency, taxes.iter().map(|tax| tax.amount)).map_err(AppError::internal)?;
    let on_top = invoice.taxes.as_ref().is_some_and(|taxes| taxes.prices == PriceMode::Exclusive);
    let tax_on_top = if on_top { tax } else { Money::zero(currency) };
    let total = Money::sum(currency, lines.iter().map(|(_, amount)| *amount));
    let total = total.and_then(|lines| lines.checked_add(tax_on_top)).map_err(AppError::internal)?;
    whole.check(total).map_err(|error| AppError::field("/lines", format!("the sum {error}")))?;
    let covered = invoice.covered_by(total);
    let to_credit = total.checked_sub(covered).map_err(AppError::internal)?;
    let tenant = tenants::current(tx).await?;
    let ahead = TakenBack::of(tx, &invoice, &lines).await?;
    let new = NewCreditNote {
        customer: invoice.customer,
        invoice: id,
        prefix: tenant.invoice_prefix,
        reason: credit.reason,
        total,
        taxes,
        tax,
        tax_on_top,
        to_credit,
        issued_on: tx.today(),
        lines,
    };
    let note = credit_notes::create(tx, &new).await?;
    let back = give_back(tx, &invoice, to_credit).await?;
    let booking = Booking {
        kind: BookingKind::CreditNote,
        subject: note.id,
        on: note.issued_on,
        // The revenue of the days that were billed.
        period: Some(invoice.period),
        posting: Posting::credit_note(total, tax, ahead.deferred, invoice.status.left_in(), covered, back),
    };
    book(tx, &invoice, booking).await?;
    ahead.book(tx, &invoice, Cause::Credited(note.id)).await?;
    tx.record(
        NewEvent::new(
            "credit_note.issued",
            format!("invoice:{id}"),
            json!({
                "number": note.number,
                "credit_note_id": note.id,
                "invoice": invoice.number,
                "total": note.total,
                "tax": note.tax,
                "to_credit": note.to_credit,
                "reason": note.reason,
            }),
        )
        .of_customer(invoice.customer),
    );
    settle(tx, id, tx.now()).await?;
    mail_note(app, tx, &invoice, &note).await?;
    Ok(note)
}

/// What each tax of the invoice is credited by with these lines.
fn credited_taxes(
    invoice: &Invoice,
    billed: &[Line],
    wanted: &[(InvoiceLineId, Money)],
) -> Result<Vec<CreditedTax>> {
    let Some(taxes) = &invoice.taxes else { return Ok(Vec::new()) };
    let currency = invoice.total.currency();
    let lines = billed.iter().map(|line| {
        let found = wanted.iter().find(|(id, _)| *id == line.id);
        CreditedLine {
            class: line.tax_class(),
            amount: line.rated.amount,
            credited: line.credited,
            now: found.map_or(Money::zero(currency), |(_, amount)| *amount),
        }
    });
    let lines: Vec<_> = lines.collect();
    let credited = taxes.credit(currency, &lines).map_err(AppError::internal)?;
    let told = |(tax, amount): (&TaxAmount, Money)| CreditedTax {
        name: tax.name.clone(),
        percent: tax.percent,
        amount,
    };
    Ok(taxes.amounts.iter().zip(credited).map(told).collect())
}

/// All that is not credited yet, line by line.
fn all_left(billed: &[Line]) -> Result<Vec<(InvoiceLineId, Money)>> {
    let left = billed.iter().map(|line| Ok((line.id, creditable(line).left().map_err(AppError::internal)?)));
    let left: Vec<_> = left.collect::<Result<_>>()?;
    Ok(left.into_iter().filter(|(_, amount)| amount.amount_minor() != 0).collect())
}

fn creditable(line: &Line) -> Creditable {
    Creditable { amount: line.rated.amount, credited: line.credited }
}

/// Whether the lines are the invoice's, each named once, and no more than what is left of it.
fn checked(billed: &[Line], wanted: &[(InvoiceLineId, Money)]) -> Result<()> {
    let mut wrong = Vec::new();
    for (index, (id, amount)) in wanted.iter().enumerate() {
        let named = format!("/lines/{index}/line_id");
        let Some(line) = billed.iter().find(|line| line.id == *id) else {
            wrong.push(Field::invalid(named, "is not a line of the invoice"));
            continue;
        };
        if wanted.iter().take(index).any(|(before, _)| before == id) {
            wrong.push(Field { pointer: named, code: "duplicate", detail: "names a line again".to_owned() });
        }
        if let Err(error) = creditable(line).check(*amount) {
            wrong.push(Field::invalid(format!("/lines/{index}/amount"), error.to_string()));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(AppError::Invalid(wrong)) }
}

async fn mail_note(app: &App, tx: &mut TenantTx, invoice: &Invoice, note: &CreditNote) -> Result<()> {
    let details = customers::get(tx, invoice.customer).await?.details;
    let Some(address) = details.contact_email else { return Ok(()) };
    let template = Template::CreditNote {
        credit_note: note.id,
        number: &note.number,
        invoice: &note.invoice_number,
        total: note.total,
        to_credit: note.to_credit,
        reason: &note.reason,
    };
    let to = Recipient { address, name: details.contact_name, customer: Some(invoice.customer) };
    mail::queue(app, tx, &template, &to).await?;
    Ok(())
}
