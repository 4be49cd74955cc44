//! How a tenant taxes: where it is, and the rules of the places where its customers are.

use domain::tax::TaxSettings;
use serde_json::json;
use store::{NewEvent, TenantTx, tenants};

use crate::Result;

/// The settings as they are, with their version; none where no tax is charged.
pub async fn get(tx: &mut TenantTx) -> Result<(Option<TaxSettings>, i32)> {
    let version = tenants::current(tx).await?.version;
    Ok((tenants::tax(tx).await?, version))
}

/// Changes them. Invoices that have been issued keep the taxes that they were issued with.
pub async fn update(tx: &mut TenantTx, if_match: Option<i32>, new: Option<&TaxSettings>) -> Result<()> {
    tenants::set_tax(tx, new, if_match).await?;
    let tenant = tx.tenant();
    tx.record(NewEvent::new("tax_settings.updated", format!("tenant:{tenant}"), json!({"tax": new})));
    Ok(())
}
