//! How a tenant bills: when invoices are issued, until when they are to be paid, and what is done when they are not.

use domain::dunning::DunningSchedule;
use serde_json::json;
use store::{
    NewEvent, TenantTx, dunning,
    tenants::{self, Issuing},
};

use crate::{Result, dunning as use_cases};

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingSettings {
    /// Days from issue until an invoice is due.
    pub payment_days: i32,
    /// When the invoices of a month are issued by themselves.
    pub issuing: Issuing,
    /// What is done about an invoice that is not paid.
    pub dunning: DunningSchedule,
}

/// The settings as they are, with their version.
pub async fn get(tx: &mut TenantTx) -> Result<(BillingSettings, i32)> {
    let tenant = tenants::current(tx).await?;
    let dunning = dunning::current(tx).await?.map(|(_, schedule)| schedule).unwrap_or_default();
    let settings = BillingSettings { payment_days: tenant.payment_days, issuing: tenant.issuing, dunning };
    Ok((settings, tenant.version))
}

/// Changes them. Invoices that have been issued keep to what they were issued with.
pub async fn update(tx: &mut TenantTx, if_match: Option<i32>, new: &BillingSettings) -> Result<()> {
    tenants::set_billing(tx, new.payment_days, new.issuing, if_match).await?;
    use_cases::replace(tx, &new.dunning).await?;
    let tenant = tx.tenant();
    tx.record(NewEvent::new(
        "billing_settings.updated",
        format!("tenant:{tenant}"),
        json!({
            "payment_days": new.payment_days,
            "issue_day": new.issuing.day,
            "grace_days": new.issuing.grace_days,
            "auto_finalize": new.issuing.auto_finalize,
            "dunning": new.dunning.steps(),
        }),
    ));
    Ok(())
}
