//! API keys: for programs. The secret is shown once; its hash is kept.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    ids::{ApiKeyId, CustomerId, Id as _},
    permissions::Permission,
};

use crate::{
    Actor, Cursor, Customers, Page, PageRequest, Principal, Result, StoreError, SystemTx, TenantTx,
    error::parse,
};

/// An API key, without its secret.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The name that it was given.
    pub name: String,
    /// How it begins, to recognise it by.
    pub prefix: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// The customers that it is limited to.
    pub only_customers: Option<Vec<CustomerId>>,
    /// How many requests a minute it may make.
    pub requests_per_minute: i32,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

struct ApiKeyRow {
    id: uuid::Uuid,
    name: String,
    prefix: String,
    permissions: Vec<String>,
    restricted: bool,
    customer_ids: Vec<uuid::Uuid>,
    requests_per_minute: i32,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<ApiKeyRow> for ApiKey {
    fn from(row: ApiKeyRow) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            prefix: row.prefix,
            permissions: known(&row.permissions),
            only_customers: row.restricted.then(|| row.customer_ids.into_iter().map(Into::into).collect()),
            requests_per_minute: row.requests_per_minute,
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// A permission that no longer exists grants nothing.
fn known(names: &[String]) -> Vec<Permission> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Its name.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// SHA-256 of the whole key.
    pub secret_hash: Vec<u8>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// The customers that it is limited to.
    pub only_customers: Option<Vec<CustomerId>>,
    /// How many requests a minute it may make.
    pub requests_per_minute: i32,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Keeps a new key.
pub async fn create(tx: &mut TenantTx, new: &NewApiKey) -> Result<ApiKey> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<ApiKeyId>(), tx.now());
    let created_by = tx.scope().actor().name().to_owned();
    let permissions: Vec<_> =
        new.permissions.iter().map(|permission| permission.as_str().to_owned()).collect();
    let only: Vec<_> = new.only_customers.iter().flatten().map(|customer| customer.uuid()).collect();
    let row = sqlx::query_as!(
        ApiKeyRow,
        "insert into api_keys (tenant_id, id, name, prefix, secret_hash, permissions, restricted, customer_ids,
                               requests_per_minute, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         returning id, name, prefix, permissions, restricted, customer_ids, requests_per_minute, created_by,
                   created_at, expires_at, revoked_at, last_used_at",
        tenant.uuid(),
        id.uuid(),
        new.name,
        new.prefix,
        new.secret_hash,
        &permissions,
        new.only_customers.is_some(),
        &only,
        new.requests_per_minute,
        created_by,
        now,
        new.expires_at,
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(row.into())
}

/// The tenant's keys, newest first.
pub async fn list(tx: &mut TenantTx, page: &PageRequest) -> Result<Page<ApiKey>> {
    let after: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (after_time, after_id) = after.unzip();
    let tenant = tx.tenant();
    let rows = sqlx::query_as!(
        ApiKeyRow,
        "select id, name, prefix, permissions, restricted, customer_ids, requests_per_minute, created_by,
                created_at, expires_at, revoked_at, last_used_at
         from api_keys
         where tenant_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3))
         order by created_at desc, id desc limit $4",
        tenant.uuid(),
        after_time,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(page.cut(rows.into_iter().map(ApiKey::from).collect(), |row| {
        Cursor::of(&(row.created_at, row.id.uuid()))
    }))
}

/// Ends a key.
pub async fn revoke(tx: &mut TenantTx, id: ApiKeyId) -> Result<ApiKey> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let row = sqlx::query_as!(
        ApiKeyRow,
        "update api_keys set revoked_at = coalesce(revoked_at, $3) where tenant_id = $1 and id = $2
         returning id, name, prefix, permissions, restricted, customer_ids, requests_per_minute, created_by,
                   created_at, expires_at, revoked_at, last_used_at",
        tenant.uuid(),
        id.uuid(),
        now
    )
    .fetch_optional(tx.conn()?)
    .await?;
    row.map(ApiKey::from).ok_or(StoreError::NotFound)
}

/// What a key stands for, if it is good; notes that it was used.
pub async fn principal(tx: &mut SystemTx, secret_hash: &[u8]) -> Result<Option<Principal>> {
    let now = tx.now();
    let row = sqlx::query!(
        "select k.tenant_id, k.id, k.name, k.permissions, k.restricted, k.customer_ids, k.requests_per_minute,
                k.last_used_at, t.kind, t.time_zone, t.currency, t.clock
         from api_keys k join tenants t on t.id = k.tenant_id
         where k.secret_hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2)
           and t.status = 'active'",
        secret_hash,
        now
    )
    .fetch_optional(tx.conn()?)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.last_used_at.is_none_or(|used| now - used > TimeDelta::minutes(1)) {
        sqlx::query!(
            "update api_keys set last_used_at = $3 where tenant_id = $1 and id = $2",
            row.tenant_id,
            row.id,
            now
        )
        .execute(tx.conn()?)
        .await?;
    }
    let customers = if row.restricted {
        Customers::Only(row.customer_ids.into_iter().map(CustomerId::from).collect::<Arc<[_]>>())
    } else {
        Customers::All
    };
    Ok(Some(Principal {
        tenant: row.tenant_id.into(),
        tenant_kind: parse(&row.kind, "tenants.kind")?,
        actor: Actor::ApiKey { key: row.id.into(), name: row.name },
        customers,
        permissions: known(&row.permissions).into(),
        portal_customer: None,
        time_zone: parse(&row.time_zone, "tenants.time_zone")?,
        currency: parse(&row.currency, "tenants.currency")?,
        clock: row.clock,
        requests_per_minute: u32::try_from(row.requests_per_minute).ok(),
    }))
}
