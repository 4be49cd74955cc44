//! What a tenant counts.

use serde_json::json;
use store::{
    NewEvent, TenantTx,
    metrics::{self, Metric, NewMetric},
};

use crate::Result;

/// Makes a metric.
pub async fn create(tx: &mut TenantTx, new: &NewMetric) -> Result<Metric> {
    let metric = metrics::create(tx, new).await?;
    tx.record(NewEvent::new(
        "metric.created",
        format!("metric:{}", metric.id),
        json!({"key": metric.key, "name": metric.name, "unit": metric.unit, "counts_as": metric.counts_as,
               "rolls_up": metric.rolls_up.as_ref().map(ToString::to_string)}),
    ));
    Ok(metric)
}

/// Changes what people read of a metric; `None` leaves it as it is.
pub async fn update(tx: &mut TenantTx, key: &str, name: Option<&str>, unit: Option<&str>) -> Result<Metric> {
    let before = metrics::find(tx, key).await?;
    if name.is_none_or(|name| name == before.name) && unit.is_none_or(|unit| unit == before.unit) {
        tx.without_event();
        return Ok(before);
    }
    let after = metrics::update(tx, key, name, unit).await?;
    tx.record(NewEvent::new(
        "metric.updated",
        format!("metric:{}", after.id),
        json!({
            "key": after.key,
            "from": {"name": before.name, "unit": before.unit},
            "to": {"name": after.name, "unit": after.unit},
        }),
    ));
    Ok(after)
}
