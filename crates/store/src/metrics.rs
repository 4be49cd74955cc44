//! What a tenant counts. A metric is never taken away: usage and plans name it by its key.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    ids::{Id as _, MetricId},
    metrics::{CountsAs, RollUp},
};

use crate::{Cursor, Page, PageRequest, Result, StoreError, TenantTx, error::parse};

/// A metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its id.
    pub id: MetricId,
    /// The name that programs use; never changes.
    pub key: String,
    /// The name that people use.
    pub name: String,
    /// What one unit is called: `machine`, `GB`.
    pub unit: String,
    /// Which figure of the portfolio it feeds.
    pub counts_as: Option<CountsAs>,
    /// What it counts of the tenants below.
    pub rolls_up: Option<RollUp>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

struct MetricRow {
    id: uuid::Uuid,
    key: String,
    name: String,
    unit: String,
    counts_as: Option<String>,
    rolls_up: Option<String>,
    created_at: DateTime<Utc>,
}

impl TryFrom<MetricRow> for Metric {
    type Error = StoreError;

    fn try_from(row: MetricRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            key: row.key,
            name: row.name,
            unit: row.unit,
            counts_as: row.counts_as.map(|name| parse(&name, "metrics.counts_as")).transpose()?,
            rolls_up: row.rolls_up.map(|text| parse(&text, "metrics.rolls_up")).transpose()?,
            created_at: row.created_at,
        })
    }
}

/// A metric to be made.
#[derive(Debug, Clone)]
pub struct NewMetric {
    /// The name that programs use.
    pub key: String,
    /// The name that people use.
    pub name: String,
    /// What one unit is called.
    pub unit: String,
    /// Which figure of the portfolio it feeds.
    pub counts_as: Option<CountsAs>,
    /// What it counts of the tenants below.
    pub rolls_up: Option<RollUp>,
}

/// Makes a metric.
pub async fn create(tx: &mut TenantTx, new: &NewMetric) -> Result<Metric> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<MetricId>(), tx.now());
    sqlx::query_as!(
        MetricRow,
        "insert into metrics (tenant_id, id, key, name, unit, counts_as, rolls_up, created_at)
         values ($1, $2, $3, $4, $5, $6, $8, $7)
         returning id, key, name, unit, counts_as, rolls_up, created_at",
        tenant.uuid(),
        id.uuid(),
        new.key,
        new.name,
        new.unit,
        new.counts_as.map(CountsAs::as_str),
        now,
        new.rolls_up.as_ref().map(RollUp::to_string),
    )
    .fetch_one(tx.conn()?)
    .await
    .map_err(|error| StoreError::taken(error, "metrics_tenant_id_key_key", "key"))?
    .try_into()
}

/// Metrics by key.
pub async fn list(tx: &mut TenantTx, page: &PageRequest) -> Result<Page<Metric>> {
    let after: Option<String> = page.after()?;
    let tenant = tx.tenant();
    let rows = sqlx::query_as!(
        MetricRow,
        "select id, key, name, unit, counts_as, rolls_up, created_at
         from metrics
         where tenant_id = $1 and ($2::text is null or key > $2)
         order by key limit $3",
        tenant.uuid(),
        after,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(Metric::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&row.key)))
}

/// A metric by key.
pub async fn find(tx: &mut TenantTx, key: &str) -> Result<Metric> {
    let tenant = tx.tenant();
    sqlx::query_as!(
        MetricRow,
        "select id, key, name, unit, counts_as, rolls_up, created_at from metrics where tenant_id = $1 and key = $2",
        tenant.uuid(),
        key,
    )
    .fetch_one(tx.conn()?)
    .await?
    .try_into()
}

/// Those of the keys that the tenant has metrics for, and what these count of the tenants below.
pub async fn known(tx: &mut TenantTx, keys: &[String]) -> Result<HashMap<String, Option<RollUp>>> {
    let tenant = tx.tenant();
    let known = sqlx::query!(
        "select key, rolls_up from metrics where tenant_id = $1 and key = any ($2)",
        tenant.uuid(),
        keys,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rolls_up = |text: Option<String>| text.map(|text| parse(&text, "metrics.rolls_up")).transpose();
    known.into_iter().map(|row| Ok((row.key, rolls_up(row.rolls_up)?))).collect()
}

/// Changes what people read of a metric; `None` leaves it as it is.
pub async fn update(tx: &mut TenantTx, key: &str, name: Option<&str>, unit: Option<&str>) -> Result<Metric> {
    let tenant = tx.tenant();
    sqlx::query_as!(
        MetricRow,
        "update metrics set name = coalesce($3, name), unit = coalesce($4, unit)
         where tenant_id = $1 and key = $2
         returning id, key, name, unit, counts_as, rolls_up, created_at",
        tenant.uuid(),
        key,
        name,
        unit,
    )
    .fetch_one(tx.conn()?)
    .await?
    .try_into()
}
