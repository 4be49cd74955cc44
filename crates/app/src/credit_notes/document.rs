//! A credit note on paper.

use documents::{InvoiceDocument, Line as DocumentLine, Paper, Party};
use domain::ids::CreditNoteId;
use store::{Scope, TenantTx, brands, credit_notes, invoices};

use crate::{
    App, Result,
    invoices::{document_brand, line_name, rendered, seller, tax},
};

/// Renders a credit note, and says how to name the file.
pub async fn pdf(app: &App, scope: &Scope, id: CreditNoteId) -> Result<(String, Vec<u8>)> {
    let (number, document) = app.store().read(scope, async |tx| document(tx, id).await).await?;
    Ok((format!("{number}.pdf"), rendered(document).await?))
}

async fn document(tx: &mut TenantTx, id: CreditNoteId) -> Result<(String, InvoiceDocument)> {
    let note = credit_notes::get(tx, id).await?;
    let invoice = invoices::get(tx, note.invoice).await?;
    let billed = invoices::lines(tx, &invoice).await?;
    let credited = credit_notes::lines(tx, &note).await?;
    let brand = brands::get(tx).await?;
    let lines = credited.into_iter().filter_map(|line| {
        let billed = billed.iter().find(|billed| billed.id == line.invoice_line)?;
        Some(DocumentLine {
            description: line_name(billed),
            detail: Some(format!("billed: {}", billed.rated.amount)),
            quantity: String::new(),
            unit_price: String::new(),
            amount: line.amount.to_string(),
        })
    });
    let mut notes = vec![note.reason.clone()];
    notes.extend(invoice.taxes.as_ref().and_then(tax::note));
    if note.to_credit.amount_minor() > 0 {
        notes.push(format!(
            "Of this, {} had been settled already. What you paid of that is your credit for the next invoices, unless it \
             goes back to you.",
            note.to_credit
        ));
    }
    let document = InvoiceDocument {
        paper: Paper::A4,
        title: "Credit note".to_owned(),
        number: Some(note.number.clone()),
        corrects: Some(note.invoice_number),
        issued_on: note.issued_on,
        due_on: note.issued_on,
        period: Some(documents::Period { start: invoice.period.start(), end: invoice.period.last_day() }),
        seller: seller(&brand),
        brand: document_brand(tx, &brand).await?,
        customer: Party {
            name: invoice.customer_name.clone(),
            lines: invoice.customer_address.iter().flat_map(|it| it.lines()).map(str::to_owned).collect(),
            tax_id: invoice.customer_tax_id,
        },
        lines: lines.collect(),
        totals: match &invoice.taxes {
            Some(taxes) => {
                let rows = note.taxes.iter().map(|tax| (tax.name.as_str(), tax.percent, None, tax.amount));
                tax::totals(note.total, note.tax, taxes.prices, rows)?
            }
            None => Vec::new(),
        },
        total: note.total.to_string(),
        settled: Vec::new(),
        amount_due: note.total.to_string(),
        paid_on: None,
        purchase_order: None,
        notes,
        pay_url: None,
    };
    Ok((note.number, document))
}
