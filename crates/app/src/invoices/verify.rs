//! Computing an issued invoice again.

use aws_lc_rs::digest;
use domain::{
    evidence::{Difference, Evidence, LineRecord},
    ids::InvoiceId,
    money::Money,
};
use store::{
    TenantTx,
    invoices::{self, Invoice, Line},
};

use crate::{AppError, Result};

/// What came of it.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The invoice.
    pub invoice: Invoice,
    /// Whether the evidence is that which the invoice was sealed with.
    pub seal_fits: bool,
    /// Where the invoice's lines are not those that the rules give.
    pub differences: Vec<Difference>,
    /// Whether its taxes are those that the rules give.
    pub taxes_fit: bool,
    /// What its lines and the taxes on top of them come to.
    pub sum: Money,
}

impl Verdict {
    /// Whether the invoice is as it was issued, and is what the rules give.
    pub fn is_equal(&self) -> bool {
        self.seal_fits && self.differences.is_empty() && self.taxes_fit && self.sum == self.invoice.total
    }
}

/// Rates what an invoice was computed from anew, and compares it with the lines that the invoice has.
pub async fn verify(tx: &mut TenantTx, id: InvoiceId) -> Result<Verdict> {
    let invoice = invoices::get(tx, id).await?;
    let body = evidence(tx, &invoice).await?;
    let digest = digest::digest(&digest::SHA256, body.as_bytes());
    let seal_fits = invoice.seal.as_deref() == Some(digest.as_ref());
    let lines = invoices::lines(tx, &invoice).await?;
    let currency = invoice.total.currency();
    let record = |line: &Line| LineRecord::of(&line.rated, line.days, line.tax_class.as_deref());
    let lines: Vec<_> = lines.iter().map(record).collect();
    let unreadable = |error: &dyn std::fmt::Display| {
        AppError::conflict("evidence_unreadable", format!("The evidence cannot be rated: {error}."))
    };
    let evidence: Evidence = serde_json::from_str(&body).map_err(|error| unreadable(&error))?;
    let differences = evidence.check(&lines).map_err(|error| unreadable(&error))?;
    let taxes = evidence.taxes(&lines).map_err(|error| unreadable(&error))?;
    let on_top = taxes.as_ref().map_or(Ok(Money::zero(currency)), |taxes| taxes.on_top(currency));
    let sum = Money::sum(currency, lines.iter().map(|line| line.amount));
    let sum = sum.and_then(|sum| sum.checked_add(on_top?)).map_err(AppError::internal)?;
    let tax = taxes.as_ref().map_or(Ok(Money::zero(currency)), |taxes| taxes.sum(currency));
    let taxes_fit = taxes == invoice.taxes && tax == Ok(invoice.tax);
    Ok(Verdict { invoice, seal_fits, differences, taxes_fit, sum })
}

/// What an issued invoice was computed from, as the text that was sealed.
pub async fn evidence(tx: &mut TenantTx, invoice: &Invoice) -> Result<String> {
    invoices::evidence(tx, invoice.id).await?.ok_or_else(|| {
        AppError::conflict("no_evidence", "What this invoice was computed from has not been kept.")
    })
}
