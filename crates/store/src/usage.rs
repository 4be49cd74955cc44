//! Usage: events in, deduplicated for ever; sums out.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, Id as _, UsageEventId},
    periods::{Month, Period},
    rating,
};
use rust_decimal::Decimal;
use sqlx::Executor as _;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{Result, StoreError, TenantTx};

/// A usage event to be taken in.
#[derive(Debug, Clone)]
pub struct NewUsageEvent {
    /// Who reports it; with the id it names the event for ever.
    pub source: String,
    /// Its id at the source.
    pub event_id: String,
    /// SHA-256 of what it says, to tell a repeat from a contradiction.
    pub content_hash: Vec<u8>,
    /// Whose usage.
    pub customer: CustomerId,
    /// Of what.
    pub metric: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// How much.
    pub quantity: Decimal,
    /// Its data as JSON text; empty where there is none.
    pub data: String,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is new and counts.
    New,
    /// It was taken in before, word for word.
    Duplicate,
    /// Another event has this source and id.
    Conflict,
}

/// Which customers and metrics a batch may name.
#[derive(Debug, Default)]
pub struct Names {
    /// Customers by code.
    pub codes: HashMap<String, CustomerId>,
    /// Customers by id.
    pub ids: HashSet<CustomerId>,
    /// Metrics by key.
    pub metrics: HashSet<String>,
}

/// Looks up the customers and metrics that a batch names, as far as they are in reach.
pub async fn resolve(
    tx: &mut TenantTx,
    codes: &[String],
    ids: &[CustomerId],
    metrics: &[String],
) -> Result<Names> {
    let tenant = tx.tenant();
    let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    let customers = sqlx::query!(
        "select id, code from customers where tenant_id = $1 and (code = any ($2) or id = any ($3))",
        tenant.uuid(),
        codes,
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    let metrics = sqlx::query_scalar!(
        "select key from metrics where tenant_id = $1 and key = any ($2)",
        tenant.uuid(),
        metrics
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(Names {
        ids: customers.iter().map(|row| row.id.into()).collect(),
        codes: customers.into_iter().map(|row| (row.code, row.id.into())).collect(),
        metrics: metrics.into_iter().collect(),
    })
}

/// Takes events in; the answer is in their order. An event counts once, however often it is sent and by
/// however many connections at once.
pub async fn ingest(tx: &mut TenantTx, events: &[NewUsageEvent]) -> Result<Vec<Taken>> {
    let mut taken = vec![Taken::Duplicate; events.len()];
    let mut named = HashSet::with_capacity(events.len());
    // The first of each name is tried; what repeats it is compared with what is stored afterwards.
    let name =
        |index: &usize| events.get(*index).map(|event| (event.source.as_str(), event.event_id.as_str()));
    let (mut candidates, mut rest): (Vec<usize>, Vec<usize>) =
        (0..events.len()).partition(|index| name(index).is_some_and(|name| named.insert(name)));
    // In one order everywhere: two batches that name the same events would else wait for each other for ever.
    candidates.sort_by_key(name);
    let new = insert(tx, events, &candidates).await?;
    for index in &new {
        set(&mut taken, *index, Taken::New);
    }
    let fresh: HashSet<usize> = new.iter().copied().collect();
    rest.extend(candidates.into_iter().filter(|index| !fresh.contains(index)));
    for index in conflicts(tx, events, &rest).await? {
        set(&mut taken, index, Taken::Conflict);
    }
    add_to_months(tx, new.iter().filter_map(|index| events.get(*index))).await?;
    Ok(taken)
}

fn set(taken: &mut [Taken], index: usize, value: Taken) {
    if let Some(slot) = taken.get_mut(index) {
        *slot = value;
    }
}

/// Inserts the keys that are not there yet, and the events of those; says which they were.
async fn insert(tx: &mut TenantTx, events: &[NewUsageEvent], candidates: &[usize]) -> Result<Vec<usize>> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let chosen: Vec<&NewUsageEvent> = candidates.iter().filter_map(|index| events.get(*index)).collect();
    let (tenant, now) = (tx.tenant(), tx.now());
    let ids: Vec<_> = chosen.iter().map(|_| tx.new_id::<UsageEventId>().uuid()).collect();
    let column = |get: fn(&NewUsageEvent) -> &str| {
        chosen.iter().map(|event| get(event).to_owned()).collect::<Vec<_>>()
    };
    let sources = column(|event| &event.source);
    let event_ids = column(|event| &event.event_id);
    let metrics = column(|event| &event.metric);
    let data = column(|event| &event.data);
    let hashes: Vec<_> = chosen.iter().map(|event| event.content_hash.clone()).collect();
    let customers: Vec<_> = chosen.iter().map(|event| event.customer.uuid()).collect();
    let times: Vec<_> = chosen.iter().map(|event| event.occurred_at).collect();
    let quantities: Vec<_> = chosen.iter().map(|event| event.quantity).collect();
    // A cached generic plan would expect few rows and join by nested loops: 8,000 events a second
    // instead of 50,000.
    tx.conn()?.execute("set local plan_cache_mode = force_custom_plan").await?;
    let rows = sqlx::query_scalar!(
        r#"with input as (
               select * from unnest($2::text[], $3::text[], $4::bytea[], $5::uuid[], $6::text[], $7::timestamptz[],
                                    $8::numeric[], $9::text[], $10::uuid[])
                   with ordinality
                   as i (source, event_id, content_hash, customer_id, metric, occurred_at, quantity, data, id, place)
           ), keys as (
               insert into usage_keys (tenant_id, source, event_id, content_hash)
               select $1, source, event_id, content_hash from input
               on conflict do nothing
               returning source, event_id
           ), fresh as (
               select input.* from input join keys using (source, event_id)
           ), stored as (
               insert into usage_events (tenant_id, customer_id, metric, occurred_at, id, quantity, source, event_id,
                                         data, received_at)
               select $1, customer_id, metric, occurred_at, id, quantity, source, event_id, nullif(data, '')::jsonb, $11
               from fresh
           )
           select place as "place!" from fresh"#,
        tenant.uuid(),
        &sources,
        &event_ids,
        &hashes,
        &customers,
        &metrics,
        &times,
        &quantities,
        &data,
        &ids,
        now,
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|place| {
            usize::try_from(place - 1)
                .ok()
                .and_then(|place| candidates.get(place).copied())
                .ok_or(StoreError::Corrupt("usage event order"))
        })
        .collect()
}

/// Which of the events that were not new contradict the one that is stored. Asked in a statement of its
/// own, so that it sees what a concurrent transaction has committed in between.
async fn conflicts(tx: &mut TenantTx, events: &[NewUsageEvent], rest: &[usize]) -> Result<Vec<usize>> {
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant();
    let chosen = || rest.iter().filter_map(|index| events.get(*index));
    let sources: Vec<_> = chosen().map(|event| event.source.clone()).collect();
    let event_ids: Vec<_> = chosen().map(|event| event.event_id.clone()).collect();
    let hashes: Vec<_> = chosen().map(|event| event.content_hash.clone()).collect();
    let places = sqlx::query_scalar!(
        r#"select place as "place!"
           from unnest($2::text[], $3::text[], $4::bytea[]) with ordinality
                as i (source, event_id, content_hash, place)
           join usage_keys k on k.tenant_id = $1 and k.source = i.source and k.event_id = i.event_id
           where k.content_hash <> i.content_hash"#,
        tenant.uuid(),
        &sources,
        &event_ids,
        &hashes,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(places
        .into_iter()
        .filter_map(|place| usize::try_from(place - 1).ok().and_then(|place| rest.get(place).copied()))
        .collect())
}

async fn add_to_months<'a>(tx: &mut TenantTx, events: impl Iterator<Item = &'a NewUsageEvent>) -> Result<()> {
    let zone = tx.scope().time_zone();
    // Sorted, so that two transactions take the rows' locks in the same order.
    let mut sums: BTreeMap<(NaiveDate, CustomerId, &str), (Decimal, i64)> = BTreeMap::new();
    for event in events {
        let month = Month::at(event.occurred_at, zone).first_day();
        let sum = sums.entry((month, event.customer, &event.metric)).or_default();
        sum.0 += event.quantity;
        sum.1 += 1;
    }
    if sums.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant();
    let months: Vec<_> = sums.keys().map(|(month, ..)| *month).collect();
    let customers: Vec<_> = sums.keys().map(|(_, customer, _)| customer.uuid()).collect();
    let metrics: Vec<_> = sums.keys().map(|(.., metric)| (*metric).to_owned()).collect();
    let (quantities, counts): (Vec<_>, Vec<_>) = sums.values().copied().unzip();
    sqlx::query!(
        "insert into usage_months (tenant_id, month, customer_id, metric, quantity, events)
         select $1, month, customer_id, metric, quantity, events
         from unnest($2::date[], $3::uuid[], $4::text[], $5::numeric[], $6::bigint[])
              as i (month, customer_id, metric, quantity, events)
         on conflict (tenant_id, month, customer_id, metric) do update
         set quantity = usage_months.quantity + excluded.quantity, events = usage_months.events + excluded.events",
        tenant.uuid(),
        &months,
        &customers,
        &metrics,
        &quantities,
        &counts,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// The sum of one metric over a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageFigure {
    /// The metric.
    pub metric: String,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The sum.
    pub quantity: Decimal,
    /// Of how many events.
    pub events: i64,
}

/// A customer's usage in a month: a figure for every metric of the tenant, used or not.
pub async fn month(tx: &mut TenantTx, customer: CustomerId, month: Month) -> Result<Vec<UsageFigure>> {
    let tenant = tx.tenant();
    let rows = sqlx::query_as!(
        UsageFigure,
        r#"select m.key as metric, m.name, m.unit, coalesce(u.quantity, 0) as "quantity!",
                  coalesce(u.events, 0) as "events!"
           from metrics m
           left join usage_months u on u.tenant_id = m.tenant_id and u.customer_id = $2 and u.month = $3
                                       and u.metric = m.key
           where m.tenant_id = $1
           order by m.key"#,
        tenant.uuid(),
        customer.uuid(),
        month.first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|figure| UsageFigure { quantity: figure.quantity.normalize(), ..figure })
        .collect())
}

/// A customer's usage over any period, from the events themselves: what an invoice is made of.
pub async fn over(tx: &mut TenantTx, customer: CustomerId, period: Period) -> Result<Vec<rating::Usage>> {
    let tenant = tx.tenant();
    let (start, end) = period.instants(tx.scope().time_zone());
    let rows = sqlx::query!(
        r#"select metric, sum(quantity) as "quantity!", count(*) as "events!"
           from usage_events
           where tenant_id = $1 and customer_id = $2 and occurred_at >= $3 and occurred_at < $4
           group by metric order by metric"#,
        tenant.uuid(),
        customer.uuid(),
        start,
        end,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| rating::Usage { metric: row.metric, quantity: row.quantity, events: row.events })
        .collect())
}
