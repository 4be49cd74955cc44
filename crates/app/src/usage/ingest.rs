//! Taking usage events in.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{ids::CustomerId, metrics::CountsAs};
use rust_decimal::Decimal;
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    usage::{self, LimitExceeded, Names, NewUsageEvent, Taken},
};

use crate::{Field, Result};

/// A usage event as it was reported, well formed, not yet looked up.
#[derive(Debug, Clone)]
pub struct UsageEvent {
    /// Its place in the batch.
    pub index: usize,
    /// Who reports it.
    pub source: String,
    /// Its id at the source.
    pub id: String,
    /// The metric's key.
    pub metric: String,
    /// The customer: id or code.
    pub customer: String,
    /// When; the time of its arrival where the reporter did not say.
    pub time: Option<DateTime<Utc>>,
    /// How much.
    pub quantity: Decimal,
    /// Its data as JSON text; empty where there is none.
    pub data: String,
    /// SHA-256 of all that it says.
    pub content_hash: Vec<u8>,
}

/// An event that was not taken in.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// Its place in the batch.
    pub index: usize,
    /// A stable name for programs: `invalid` or `conflict`.
    pub code: &'static str,
    /// What is wrong with it.
    pub errors: Vec<Field>,
}

/// What became of a batch.
#[derive(Debug, Clone, Default)]
pub struct Ingested {
    /// Events that count from now on.
    pub accepted: usize,
    /// Events that had been taken in before.
    pub duplicates: usize,
    /// Events that were not taken in, by their place.
    pub rejected: Vec<Rejected>,
}

/// Events may be late without limit; from the future come only the clocks that are a little fast.
const AHEAD: TimeDelta = TimeDelta::hours(24);

/// What the names of sources begin with that tell of usage here: nobody else has such a name.
const OWN_SOURCES: &str = "bailiwick:";

/// Takes the good events of a batch in and says what is wrong with the others.
pub async fn ingest(tx: &mut TenantTx, events: &[UsageEvent]) -> Result<Ingested> {
    let mut outcome = Ingested::default();
    let names = look_up(tx, events).await?;
    let (mut good, mut indices) = (Vec::with_capacity(events.len()), Vec::with_capacity(events.len()));
    for event in events {
        match check(event, &names, tx.now()) {
            Ok(new) => {
                good.push(new);
                indices.push(event.index);
            }
            Err(errors) => outcome.rejected.push(Rejected { index: event.index, code: "invalid", errors }),
        }
    }
    let usage::Ingested { taken, exceeded } = usage::ingest(tx, &good).await?;
    for (index, taken) in indices.into_iter().zip(&taken) {
        match taken {
            Taken::New => outcome.accepted += 1,
            Taken::Duplicate => outcome.duplicates += 1,
            Taken::Conflict => outcome.rejected.push(Rejected {
                index,
                code: "conflict",
                errors: vec![Field {
                    pointer: "/id".to_owned(),
                    code: "conflict",
                    detail: "another event with this `source` and `id` says something else".to_owned(),
                }],
            }),
        }
    }
    outcome.rejected.sort_by_key(|rejected| rejected.index);
    if outcome.accepted == 0 {
        tx.without_event();
    } else {
        record(tx, &good, &taken);
        for breach in exceeded {
            tx.record(alert(&breach));
        }
    }
    Ok(outcome)
}

async fn look_up(tx: &mut TenantTx, events: &[UsageEvent]) -> Result<Names> {
    let customers: HashSet<&str> = events.iter().map(|event| event.customer.as_str()).collect();
    let metrics: HashSet<&str> = events.iter().map(|event| event.metric.as_str()).collect();
    let (ids, codes): (Vec<_>, Vec<_>) =
        customers.into_iter().partition(|name| name.parse::<CustomerId>().is_ok());
    let ids: Vec<CustomerId> = ids.into_iter().filter_map(|id| id.parse().ok()).collect();
    let codes: Vec<String> = codes.into_iter().map(str::to_owned).collect();
    let metrics: Vec<String> = metrics.into_iter().map(str::to_owned).collect();
    Ok(usage::resolve(tx, &codes, &ids, &metrics).await?)
}

fn check(event: &UsageEvent, names: &Names, now: DateTime<Utc>) -> Result<NewUsageEvent, Vec<Field>> {
    let mut errors = Vec::new();
    let customer = match event.customer.parse::<CustomerId>() {
        Ok(id) => names.ids.contains(&id).then_some(id),
        Err(_) => names.codes.get(&event.customer).copied(),
    };
    if customer.is_none() {
        errors.push(Field::invalid("/subject", "is not the id or code of a customer"));
    }
    match names.metrics.get(&event.metric) {
        None => errors.push(Field::invalid("/type", format!("there is no metric `{}`", event.metric))),
        Some(true) if customer.is_some_and(|customer| names.tenants.contains(&customer)) => {
            let detail =
                format!("`{}` is counted by itself, from what this tenant's customers use", event.metric);
            errors.push(Field::invalid("/type", detail));
        }
        Some(_) => {}
    }
    if event.source.starts_with(OWN_SOURCES) {
        errors.push(Field::invalid("/source", format!("must not begin with `{OWN_SOURCES}`")));
    }
    if event.time.is_some_and(|time| time > now + AHEAD) {
        errors.push(Field::invalid("/time", "is more than a day in the future"));
    }
    let Some(customer) = customer.filter(|_| errors.is_empty()) else { return Err(errors) };
    Ok(NewUsageEvent {
        source: event.source.clone(),
        event_id: event.id.clone(),
        content_hash: event.content_hash.clone(),
        customer,
        metric: event.metric.clone(),
        occurred_at: event.time.unwrap_or(now),
        quantity: event.quantity,
        data: event.data.clone(),
    })
}

/// One event a batch: the usage events themselves are the record of every single one.
fn record(tx: &mut TenantTx, events: &[NewUsageEvent], taken: &[Taken]) {
    let new = || events.iter().zip(taken).filter(|(_, taken)| **taken == Taken::New).map(|(event, _)| event);
    let mut customers: Vec<CustomerId> = new().map(|event| event.customer).collect();
    customers.sort_unstable();
    customers.dedup();
    let mut metrics: Vec<&str> = new().map(|event| event.metric.as_str()).collect();
    metrics.sort_unstable();
    metrics.dedup();
    let mut event = NewEvent::new(
        "usage.received",
        format!("tenant:{}", tx.tenant()),
        json!({"events": new().count(), "customers": customers.len(), "metrics": metrics}),
    );
    if let [only] = customers.as_slice() {
        event.customer = Some(*only);
    }
    tx.record(event);
}

/// Tells of a limit that was kept until now. The usage is counted all the same: it has happened.
pub(crate) fn alert(breach: &LimitExceeded) -> NewEvent {
    let mut event = NewEvent::new(
        "customer.limit_exceeded",
        format!("customer:{}", breach.customer),
        json!({
            "limit": match breach.limit {
                CountsAs::Machines => "max_machines",
                CountsAs::StorageGb => "storage_gb",
            },
            "period": breach.month,
            "allowed": breach.allowed,
            "used": breach.used,
        }),
    );
    event.customer = Some(breach.customer);
    event
}
