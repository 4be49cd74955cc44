//! What was measured of a customer, as the prices of a plan ask for it.

use domain::{
    ids::CustomerId,
    periods::Period,
    pricing::{Aggregation, Component, Measured, Plan, Usage},
};
use store::{
    TenantTx,
    usage::{self, MetricSum},
};

use crate::Result;

/// The usage of a customer in the days served: sums where they are enough, the single events where a price goes by
/// them.
pub(crate) async fn measured(
    tx: &mut TenantTx,
    customer: CustomerId,
    plan: &Plan,
    served: Period,
    sums: &[MetricSum],
) -> Result<Vec<Usage>> {
    let mut measured = Vec::with_capacity(plan.components.len());
    for component in &plan.components {
        let of_metric = if component.price.needs_events() {
            events(tx, customer, component, served).await?
        } else {
            let of_metric = sums.iter().find(|sum| sum.metric == component.metric);
            let (sum, events) = of_metric.map(|sum| (sum.quantity, sum.events)).unwrap_or_default();
            let quantity = match component.price.meter.function {
                Aggregation::Count => events.into(),
                _ => sum,
            };
            Measured::Quantity { quantity, events }
        };
        measured.push(Usage { metric: component.metric.clone(), measured: of_metric });
    }
    Ok(measured)
}

async fn events(
    tx: &mut TenantTx,
    customer: CustomerId,
    component: &Component,
    served: Period,
) -> Result<Measured> {
    let (metric, meter) = (&component.metric, &component.price.meter);
    let opening = match meter.function {
        Aggregation::TimeWeightedSum => usage::levels_before(tx, customer, metric, meter, served).await?,
        _ => Vec::new(),
    };
    let events = usage::events_of(tx, customer, metric, meter, served).await?;
    Ok(Measured::Events { events, opening })
}
