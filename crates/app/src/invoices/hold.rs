//! Drafts on hold: no run issues them, and nobody by hand, until they are released.

use domain::ids::InvoiceId;
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    invoices::{self, Invoice},
};

use crate::{AppError, Result};

/// Puts a draft on hold. One that is already gets another reason.
pub async fn hold(tx: &mut TenantTx, id: InvoiceId, reason: &str) -> Result<Invoice> {
    draft(tx, id).await?;
    let held = invoices::set_held(tx, id, Some(reason)).await?;
    record(tx, &held, "invoice.held", json!({"reason": reason}));
    Ok(held)
}

/// Takes a draft off hold. One that is not on hold stays as it is.
pub async fn release(tx: &mut TenantTx, id: InvoiceId) -> Result<Invoice> {
    let found = draft(tx, id).await?;
    if found.held.is_none() {
        tx.without_event();
        return Ok(found);
    }
    let released = invoices::set_held(tx, id, None).await?;
    record(tx, &released, "invoice.released", json!({}));
    Ok(released)
}

async fn draft(tx: &mut TenantTx, id: InvoiceId) -> Result<Invoice> {
    let found = invoices::lock(tx, id).await?;
    if found.status.is_issued() {
        return Err(AppError::conflict("already_issued", "The invoice has been issued already."));
    }
    Ok(found)
}

fn record(tx: &mut TenantTx, invoice: &Invoice, kind: &'static str, data: serde_json::Value) {
    tx.record(NewEvent::new(kind, format!("invoice:{}", invoice.id), data).of_customer(invoice.customer));
}
