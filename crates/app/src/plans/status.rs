//! Archiving a plan and bringing it back. Both may be asked twice: the second time changes nothing.

use domain::plans::PlanStatus;
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    plans::{self, Plan, PlanRef},
};

use crate::Result;

/// Takes a plan off the shelf: nobody new is subscribed to it, who already is stays.
pub async fn archive(tx: &mut TenantTx, plan: &PlanRef) -> Result<Plan> {
    move_to(tx, plan, PlanStatus::Archived, "plan.archived").await
}

/// Puts an archived plan back.
pub async fn unarchive(tx: &mut TenantTx, plan: &PlanRef) -> Result<Plan> {
    move_to(tx, plan, PlanStatus::Active, "plan.unarchived").await
}

async fn move_to(tx: &mut TenantTx, plan: &PlanRef, status: PlanStatus, event: &'static str) -> Result<Plan> {
    let before = plans::find(tx, plan).await?;
    if before.status == status {
        tx.without_event();
        return Ok(before);
    }
    let after = plans::set_status(tx, before.id, before.status, status).await?;
    tx.record(NewEvent::new(event, format!("plan:{}", after.id), json!({"code": after.code})));
    Ok(after)
}
