//! Sandboxes: tenants whose clock stands still until it is moved on.

use chrono::{DateTime, Utc};
use domain::ids::{Id as _, TenantId};

use crate::{Result, StoreError, SystemTx};

/// A sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    /// The tenant that it is.
    pub tenant: TenantId,
    /// Whose.
    pub owner: TenantId,
    /// Its name.
    pub name: String,
    /// What time it is there.
    pub clock: DateTime<Utc>,
    /// Up to when the clock is being moved on.
    pub target: Option<DateTime<Utc>>,
    /// When it was made, by the real time.
    pub created_at: DateTime<Utc>,
}

struct SandboxRow {
    id: uuid::Uuid,
    parent_id: Option<uuid::Uuid>,
    name: String,
    clock: Option<DateTime<Utc>>,
    clock_target: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            SandboxRow,
            "select id, parent_id, name, clock, clock_target, created_at from tenants
             where clock is not null and status = 'active' and " + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<SandboxRow> for Sandbox {
    type Error = StoreError;

    fn try_from(row: SandboxRow) -> Result<Self> {
        Ok(Self {
            tenant: row.id.into(),
            owner: row.parent_id.ok_or(StoreError::Corrupt("tenants.parent_id"))?.into(),
            name: row.name,
            clock: row.clock.ok_or(StoreError::Corrupt("tenants.clock"))?,
            target: row.clock_target,
            created_at: row.created_at,
        })
    }
}

/// Makes a new tenant a sandbox: from now on its clock stands still.
pub async fn stop_clock(tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update tenants set clock = $2 where id = $1", tenant.uuid(), now)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// A sandbox that is open; none where the tenant is not one.
pub async fn get(tx: &mut SystemTx, tenant: TenantId) -> Result<Sandbox> {
    select!("id = $1", tenant.uuid()).fetch_one(tx.conn()?).await?.try_into()
}

/// The sandboxes of an MSP that are open, the oldest first.
pub async fn list(tx: &mut SystemTx, owner: TenantId) -> Result<Vec<Sandbox>> {
    select!("parent_id = $1 order by created_at, id", owner.uuid())
        .fetch_all(tx.conn()?)
        .await?
        .into_iter()
        .map(Sandbox::try_from)
        .collect()
}

/// How many sandboxes an MSP has had, closed ones included.
pub async fn count_ever(tx: &mut SystemTx, owner: TenantId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from tenants where parent_id = $1 and clock is not null"#,
        owner.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// Begins to move a clock on; says whether it was not being moved already.
pub async fn begin(tx: &mut SystemTx, tenant: TenantId, target: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "update tenants set clock_target = $2 where id = $1 and clock < $2 and clock_target is null",
        tenant.uuid(),
        target
    )
    .execute(tx.conn()?)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves the clock on.
pub async fn set_clock(tx: &mut SystemTx, tenant: TenantId, clock: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update tenants set clock = $2 where id = $1 and clock < $2", tenant.uuid(), clock)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// The clock stands still again.
pub async fn end(tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    sqlx::query!("update tenants set clock_target = null where id = $1", tenant.uuid())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
