//! What the tenants below one use, and what has been told of it above.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, Id as _, TenantId},
    periods::{Month, Period},
};
use rust_decimal::Decimal;

use crate::{Result, SystemTx, TenantTx};

/// A tenant below another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Below {
    /// The tenant.
    pub tenant: TenantId,
    /// The customer that it is to the one above.
    pub customer: CustomerId,
}

/// By instant and metric.
pub type Sums = BTreeMap<(DateTime<Utc>, String), Decimal>;

/// How many events there are, by month and metric.
pub type Events = BTreeMap<(Month, String), i64>;

/// Tenants that count what those below them use. Sandboxes have nobody below.
pub async fn counting(tx: &mut SystemTx) -> Result<Vec<TenantId>> {
    let found = sqlx::query_scalar!(
        "select distinct m.tenant_id from metrics m join tenants t on t.id = m.tenant_id
         where m.rolls_up is not null and t.clock is null
           and exists (select from customers c where c.tenant_id = t.id and c.downstream_tenant_id is not null)"
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(found.into_iter().map(Into::into).collect())
}

/// The tenants right below one that counts what they use; none, where it counts nothing.
pub async fn below(tx: &mut SystemTx, parent: TenantId) -> Result<Vec<Below>> {
    let rows = sqlx::query!(
        "select c.id, t.id as tenant
         from customers c join tenants t on t.id = c.downstream_tenant_id and t.parent_id = c.tenant_id
         where c.tenant_id = $1 and t.clock is null
           and exists (select from metrics m where m.tenant_id = $1 and m.rolls_up is not null)
         order by c.id",
        parent.uuid(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| Below { tenant: row.tenant.into(), customer: row.id.into() }).collect())
}

/// The metrics that count customers.
pub async fn of_customers(tx: &mut TenantTx) -> Result<Vec<String>> {
    let tenant = tx.tenant();
    let found = sqlx::query_scalar!(
        "select key from metrics where tenant_id = $1 and rolls_up like 'customers%' order by key",
        tenant.uuid(),
    );
    Ok(found.fetch_all(tx.conn()?).await?)
}

/// Whether a customer is a tenant below, of which anything is counted.
pub async fn is_counted(tx: &mut TenantTx, customer: CustomerId) -> Result<bool> {
    let tenant = tx.tenant();
    let found = sqlx::query_scalar!(
        r#"select exists (select from metrics where tenant_id = $1 and rolls_up is not null)
                  and exists (select from customers
                              where tenant_id = $1 and id = $2 and downstream_tenant_id is not null) as "is!""#,
        tenant.uuid(),
        customer.uuid(),
    );
    Ok(found.fetch_one(tx.conn()?).await?)
}

/// Keeps others from counting for a customer until the transaction ends, and nothing else.
pub async fn lock(tx: &mut TenantTx, customer: CustomerId) -> Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('roll_up ' || $1::uuid::text, 0))",
        customer.uuid(),
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// How many events there are below for the months from one to another, both of them included.
pub async fn events(tx: &mut TenantTx, customer: CustomerId, from: Month, to: Month) -> Result<Events> {
    let zone = tx.scope().time_zone();
    let rows = sqlx::query!(
        r#"select metric as "metric!", month as "month!", events as "events!" from app.events_below($1, $2, $3, $4)"#,
        customer.uuid(),
        zone.name(),
        from.first_day(),
        to.first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| ((Month::of(row.month), row.metric), row.events)).collect())
}

/// How many there were when the months were last counted.
pub async fn counted(tx: &mut TenantTx, customer: CustomerId, from: Month, to: Month) -> Result<Events> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "select metric, month, events from roll_ups
         where tenant_id = $1 and customer_id = $2 and month between $3 and $4",
        tenant.uuid(),
        customer.uuid(),
        from.first_day(),
        to.first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| ((Month::of(row.month), row.metric), row.events)).collect())
}

/// Keeps how many there are now.
pub async fn keep(tx: &mut TenantTx, customer: CustomerId, events: &Events) -> Result<()> {
    let tenant = tx.tenant();
    let months: Vec<_> = events.keys().map(|(month, _)| month.first_day()).collect();
    let metrics: Vec<_> = events.keys().map(|(_, metric)| metric.clone()).collect();
    let events: Vec<_> = events.values().copied().collect();
    sqlx::query!(
        "insert into roll_ups (tenant_id, customer_id, metric, month, events)
         select $1, $2, metric, month, events
         from unnest($3::text[], $4::date[], $5::bigint[]) as i (metric, month, events)
         on conflict (tenant_id, customer_id, metric, month) do update set events = excluded.events",
        tenant.uuid(),
        customer.uuid(),
        &metrics,
        &months,
        &events,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// What the customers of the tenant below have used together, by quarters of an hour.
pub async fn used(
    tx: &mut TenantTx,
    customer: CustomerId,
    metrics: &[String],
    period: Period,
) -> Result<Sums> {
    let (start, end) = period.instants(&tx.scope().time_zone());
    let rows = sqlx::query!(
        r#"select at as "at!", metric as "metric!", quantity as "quantity!" from app.used_below($1, $2, $3, $4)"#,
        customer.uuid(),
        metrics,
        start,
        end,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.at, row.metric), row.quantity)).collect())
}

/// What one source has told of a customer in a period, by the instants that it has told of.
pub async fn told(
    tx: &mut TenantTx,
    customer: CustomerId,
    source: &str,
    metrics: &[String],
    period: Period,
) -> Result<Sums> {
    let (tenant, (start, end)) = (tx.tenant(), period.instants(&tx.scope().time_zone()));
    let rows = sqlx::query!(
        r#"select occurred_at, metric, sum(quantity) as "quantity!" from usage_events
           where tenant_id = $1 and customer_id = $2 and metric = any ($3) and occurred_at >= $4 and occurred_at < $5
             and source = $6
           group by 1, 2"#,
        tenant.uuid(),
        customer.uuid(),
        metrics,
        start,
        end,
        source,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.occurred_at, row.metric), row.quantity)).collect())
}

/// What one source has told of a customer and a metric until now.
pub async fn told_in_all(
    tx: &mut TenantTx,
    customer: CustomerId,
    source: &str,
    metric: &str,
) -> Result<Decimal> {
    let tenant = tx.tenant();
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(quantity), 0) as "quantity!" from usage_events
           where tenant_id = $1 and customer_id = $2 and metric = $3 and source = $4"#,
        tenant.uuid(),
        customer.uuid(),
        metric,
        source,
    );
    Ok(sum.fetch_one(tx.conn()?).await?)
}

/// How many customers the tenant below has, as a metric counts them.
pub async fn customers(tx: &mut TenantTx, customer: CustomerId, metric: &str) -> Result<i64> {
    let count =
        sqlx::query_scalar!(r#"select app.customers_below($1, $2) as "count!""#, customer.uuid(), metric);
    Ok(count.fetch_one(tx.conn()?).await?)
}
