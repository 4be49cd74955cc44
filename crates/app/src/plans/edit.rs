//! Making a plan, and changing what it says.

use serde_json::{Value, json};
use store::{
    NewEvent, TenantTx, metrics,
    plans::{self, NewComponent, Plan, PlanDetails, PlanRef},
};

use crate::{AppError, Field, Result, if_match};

/// Makes a plan.
pub async fn create(tx: &mut TenantTx, code: &str, details: &PlanDetails) -> Result<Plan> {
    check_metrics(tx, &details.components).await?;
    let plan = plans::create(tx, code, details).await?;
    tx.record(NewEvent::new("plan.created", format!("plan:{}", plan.id), described(&plan)));
    Ok(plan)
}

/// Replaces what a plan says. Invoices already issued keep what they were computed from.
pub async fn update(
    tx: &mut TenantTx,
    plan: &PlanRef,
    version: Option<i32>,
    details: &PlanDetails,
) -> Result<Plan> {
    let before = plans::find(tx, plan).await?;
    if_match::check(version, before.version)?;
    let currency = before.base_fee.currency();
    if details.base_fee.currency() != currency {
        return Err(AppError::field(
            "/base_fee/currency",
            format!("must be `{currency}`: a plan keeps its currency"),
        ));
    }
    check_metrics(tx, &details.components).await?;
    let after = plans::update(tx, before.id, Some(before.version), details).await?;
    tx.record(NewEvent::new(
        "plan.updated",
        format!("plan:{}", after.id),
        json!({"from": described(&before), "to": described(&after)}),
    ));
    Ok(after)
}

/// Names every component whose metric the tenant does not have.
async fn check_metrics(tx: &mut TenantTx, components: &[NewComponent]) -> Result<()> {
    let keys: Vec<_> = components.iter().map(|component| component.metric.clone()).collect();
    let known = metrics::known(tx, &keys).await?;
    let unknown: Vec<_> = keys
        .iter()
        .enumerate()
        .filter(|(_, key)| !known.contains(*key))
        .map(|(index, _)| Field::invalid(format!("/components/{index}/metric"), "does not exist"))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(AppError::Invalid(unknown)) }
}

/// A plan as the audit trail keeps it: enough to see later what it cost.
fn described(plan: &Plan) -> Value {
    let components: Vec<_> = plan
        .components
        .iter()
        .map(|component| {
            json!({
                "metric": component.metric,
                "name": component.name,
                "price": component.price,
            })
        })
        .collect();
    json!({
        "code": plan.code,
        "name": plan.name,
        "version": plan.version,
        "base_fee": plan.base_fee,
        "components": components,
        "adjustments": plan.adjustments,
        "tax_class": plan.tax_class,
    })
}
