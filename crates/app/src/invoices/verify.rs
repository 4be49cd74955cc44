//! Computing an issued invoice again.

use aws_lc_rs::digest;
use domain::{
    evidence::{Difference, Evidence, LineRecord},
    ids::InvoiceId,
    money::Money,
};
use store::{
    TenantTx,
    invoices::{self, Invoice},
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
    /// What its lines come to.
    pub sum: Money,
}

impl Verdict {
    /// Whether the invoice is as it was issued, and is what the rules give.
    pub fn is_equal(&self) -> bool {
        self.seal_fits && self.differences.is_empty() && self.sum == self.invoice.total
    }
}

/// Rates what an invoice was computed from anew, and compares it with the lines that the invoice has.
pub async fn verify(tx: &mut TenantTx, id: InvoiceId) -> Result<Verdict> {
    let invoice = invoices::get(tx, id).await?;
    let body = evidence(tx, &invoice).await?;
    let digest = digest::digest(&digest::SHA256, body.as_bytes());
    let seal_fits = invoice.seal.as_deref() == Some(digest.as_ref());
    let lines = invoices::lines(tx, &invoice).await?;
    let sum = Money::sum(invoice.total.currency(), lines.iter().map(|line| line.rated.amount));
    let lines: Vec<_> = lines.iter().map(|line| LineRecord::of(&line.rated, line.days)).collect();
    let unreadable = |error: &dyn std::fmt::Display| {
        AppError::conflict("evidence_unreadable", format!("The evidence cannot be rated: {error}."))
    };
    let evidence: Evidence = serde_json::from_str(&body).map_err(|error| unreadable(&error))?;
    let differences = evidence.check(&lines).map_err(|error| unreadable(&error))?;
    Ok(Verdict { seal_fits, differences, sum: sum.map_err(AppError::internal)?, invoice })
}

/// What an issued invoice was computed from, as the text that was sealed.
pub async fn evidence(tx: &mut TenantTx, invoice: &Invoice) -> Result<String> {
    invoices::evidence(tx, invoice.id).await?.ok_or_else(|| {
        AppError::conflict("no_evidence", "What this invoice was computed from has not been kept.")
    })
}
