//! What Stripe told us: kept raw before anything is done with it.

use chrono::{DateTime, Utc};
use domain::ids::TenantId;
use serde_json::Value;

use crate::{Result, SystemTx};

/// An event as it came in.
#[derive(Debug, Clone)]
pub struct StripeEvent {
    /// Stripe's id: the same event comes more than once.
    pub id: String,
    /// `platform` or `connect`: which endpoint, and so which secret.
    pub endpoint: &'static str,
    /// The connected account that it is about.
    pub account: Option<String>,
    /// `checkout.session.completed`.
    pub kind: String,
    /// The object that it is about.
    pub object_id: Option<String>,
    /// The whole of it.
    pub payload: Value,
}

/// Keeps an event; says whether it is new.
pub async fn insert(tx: &mut SystemTx, event: &StripeEvent) -> Result<bool> {
    let now = tx.now();
    let done = sqlx::query!(
        "insert into stripe_events (id, endpoint, account, type, object_id, payload, received_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing",
        event.id,
        event.endpoint,
        event.account,
        event.kind,
        event.object_id,
        event.payload,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What a job needs to know of an event.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The connected account that it is about.
    pub account: Option<String>,
    /// What happened.
    pub kind: String,
    /// The object that it is about.
    pub object_id: Option<String>,
    /// What a page is for, where it is about one: `payment`, `setup`.
    pub mode: Option<String>,
    /// Whether it has been worked on.
    pub done: bool,
}

/// An event by id.
pub async fn get(tx: &mut SystemTx, id: &str) -> Result<Pending> {
    let row = sqlx::query!(
        "select account, type, object_id, payload #>> '{data,object,mode}' as mode, processed_at
         from stripe_events where id = $1",
        id
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(Pending {
        account: row.account,
        kind: row.r#type,
        object_id: row.object_id,
        mode: row.mode,
        done: row.processed_at.is_some(),
    })
}

/// Marks an event worked on.
pub async fn mark_processed(tx: &mut SystemTx, id: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update stripe_events set processed_at = $2 where id = $1", id, now)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// Who works on events that belong to no tenant: the platform itself.
pub async fn owner_of(tx: &mut SystemTx, account: Option<&str>) -> Result<Option<TenantId>> {
    if let Some(account) = account
        && let Some(tenant) = crate::payments::tenant_of_account(tx, account).await?
    {
        return Ok(Some(tenant));
    }
    Ok(crate::tenants::platform(tx).await?.map(|tenant| tenant.id))
}

/// Events that were received in a span of time and have not been worked on, and their accounts.
pub async fn unprocessed(
    tx: &mut SystemTx,
    since: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Vec<(String, Option<String>)>> {
    let rows = sqlx::query!(
        "select id, account from stripe_events
         where processed_at is null and received_at > $1 and received_at < $2 order by received_at limit 1000",
        since,
        before
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.account)).collect())
}
