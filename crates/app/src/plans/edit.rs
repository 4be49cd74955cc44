//! Making a plan, and changing what it says.

use domain::{
    metrics::RollUp,
    plans::BilledAt,
    pricing::{Aggregation, PriceModel, PriceTerms, Readings},
};
use serde_json::{Value, json};
use store::{
    NewEvent, TenantTx, metrics,
    plans::{self, NewComponent, Plan, PlanDetails, PlanRef},
};

use crate::{AppError, Field, Result, if_match, payments::meters};

/// Makes a plan.
pub async fn create(tx: &mut TenantTx, code: &str, details: &PlanDetails) -> Result<Plan> {
    check_metrics(tx, &details.components).await?;
    let billed_at = details.billed_at.unwrap_or_else(BilledAt::here);
    meters::ensure_for(tx, billed_at, &details.components).await?;
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
    if details.billed_at.is_some_and(|billed_at| billed_at != before.billed_at) {
        return Err(AppError::field(
            "/billed_at",
            format!("must be `{}`: a plan keeps where it is billed", before.billed_at),
        ));
    }
    check_metrics(tx, &details.components).await?;
    meters::ensure_for(tx, before.billed_at, &details.components).await?;
    let after = plans::update(tx, before.id, Some(before.version), details).await?;
    tx.record(NewEvent::new(
        "plan.updated",
        format!("plan:{}", after.id),
        json!({"from": described(&before), "to": described(&after)}),
    ));
    Ok(after)
}

/// Names every component whose metric the tenant does not have, or is told of in another way than its price goes by.
async fn check_metrics(tx: &mut TenantTx, components: &[NewComponent]) -> Result<()> {
    let keys: Vec<_> = components.iter().map(|component| component.metric.clone()).collect();
    let known = metrics::known(tx, &keys).await?;
    let mut wrong = Vec::new();
    for (index, component) in components.iter().enumerate() {
        match known.get(&component.metric) {
            None => wrong.push(Field::invalid(format!("/components/{index}/metric"), "does not exist")),
            Some(None) => {}
            Some(Some(rolls_up)) => {
                if let Err(detail) = goes_by(rolls_up, &component.price) {
                    wrong.push(Field::invalid(format!("/components/{index}/price/aggregation"), detail));
                }
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(AppError::Invalid(wrong)) }
}

/// Whether a price goes by what is told of the tenants below: how much a day's sum, or the number of customers, has
/// changed, and nothing of who or what was behind it.
fn goes_by(rolls_up: &RollUp, price: &PriceTerms) -> Result<(), &'static str> {
    let aggregation = &price.aggregation;
    let is_plain = price.filters.is_empty() && price.group_by.is_empty();
    let by_transaction = matches!(price.model, PriceModel::Percentage | PriceModel::Dynamic);
    match rolls_up {
        RollUp::Usage if aggregation.function == Aggregation::Sum && is_plain && !by_transaction => Ok(()),
        RollUp::Usage => {
            Err("must be `sum` without filters, groups or prices of single transactions: of the tenants \
                              below, only the sums of their usage are known")
        }
        RollUp::Customers { .. }
            if aggregation.function == Aggregation::TimeWeightedSum
                && aggregation.readings == Some(Readings::Changes)
                && is_plain =>
        {
            Ok(())
        }
        RollUp::Customers { .. } => {
            Err("must be `time_weighted_sum` with the readings `changes`, without filters or \
                                         groups: customers are counted as they come and go")
        }
    }
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
        "fee_interval": plan.rhythm.interval,
        "fee_anchor": plan.rhythm.anchor,
        "fee_timing": plan.rhythm.timing,
        "components": components,
        "adjustments": plan.adjustments,
        "tax_class": plan.tax_class,
        "billed_at": plan.billed_at,
    })
}
