//! Background work, queued in the transaction of the change that needs it.
//!
//! At least once: a worker holds a lease while it works and renews it; when it dies the lease runs out
//! and the job is anybody's again. Each job must therefore do no harm when it is done twice.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{Id as _, JobId, TenantId};
use serde_json::Value;

use crate::{Actor, Customers, Reason, RequestInfo, Result, Scope, SystemTx, TenantTx, error::parse};

/// How long a claimed job belongs to its worker without a sign of life.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// A job to be queued.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Which handler it is for.
    pub kind: &'static str,
    /// What the handler needs to know: ids, never copies of rows.
    pub payload: Value,
}

impl NewJob {
    /// A job to be done at once.
    pub fn now(kind: &'static str, payload: Value) -> Self {
        Self { kind, payload }
    }
}

/// A job that this worker has claimed.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub id: JobId,
    /// Which handler it is for.
    pub kind: String,
    /// What the handler needs to know.
    pub payload: Value,
    /// How often it was tried, this time included.
    pub attempts: i32,
    /// When it is given up.
    pub max_attempts: i32,
    scope: Scope,
}

impl ClaimedJob {
    /// All of the tenant's data, on the program's own account.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// Queues a job; it is there when the transaction commits.
pub async fn enqueue(tx: &mut TenantTx, job: &NewJob) -> Result<JobId> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id(), tx.real_now());
    insert(tx.conn()?, tenant, &[id], now, std::slice::from_ref(job)).await?;
    Ok(id)
}

/// Queues several.
pub async fn enqueue_all(tx: &mut TenantTx, jobs: &[NewJob]) -> Result<()> {
    let ids: Vec<_> = jobs.iter().map(|_| tx.new_id()).collect();
    let (tenant, now) = (tx.tenant(), tx.real_now());
    insert(tx.conn()?, tenant, &ids, now, jobs).await
}

/// Queues a job from a system transaction.
pub async fn enqueue_for(tx: &mut SystemTx, tenant: TenantId, job: &NewJob) -> Result<JobId> {
    let (id, now) = (tx.new_id::<JobId>(), tx.now());
    insert(tx.conn()?, tenant, &[id], now, std::slice::from_ref(job)).await?;
    Ok(id)
}

async fn insert(
    connection: &mut sqlx::PgConnection,
    tenant: TenantId,
    ids: &[JobId],
    now: DateTime<Utc>,
    jobs: &[NewJob],
) -> Result<()> {
    let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    let kinds: Vec<_> = jobs.iter().map(|job| job.kind.to_owned()).collect();
    let payloads: Vec<_> = jobs.iter().map(|job| job.payload.clone()).collect();
    sqlx::query!(
        "insert into jobs (tenant_id, id, kind, payload, run_at, created_at)
         select $1, id, kind, payload, $2, $2
         from unnest($3::uuid[], $4::text[], $5::jsonb[]) as j (id, kind, payload)",
        tenant.uuid(),
        now,
        &ids,
        &kinds,
        &payloads,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Claims up to `limit` jobs that are due, and those whose worker has died: of all tenants, or of one, besides a job.
pub async fn claim(
    tx: &mut SystemTx,
    worker: &str,
    limit: i64,
    of: Option<(TenantId, JobId)>,
) -> Result<Vec<ClaimedJob>> {
    let now = tx.now();
    // A job that kills its worker each time must not go round for ever.
    sqlx::query!(
        "update jobs
         set state = case when attempts < max_attempts then 'queued' else 'dead' end,
             last_error = 'the worker ended without a word', worker = null, lease_until = null
         where state = 'running' and lease_until < $1",
        now
    )
    .execute(tx.conn()?)
    .await?;
    let rows = sqlx::query!(
        r#"with due as (
               select tenant_id, id from jobs
               where state = 'queued' and run_at <= $1 and ($5::uuid is null or tenant_id = $5 and id <> $6)
               order by run_at limit $3 for update skip locked
           )
           update jobs j set state = 'running', worker = $2, lease_until = $4, attempts = attempts + 1
           from due, tenants t
           where j.tenant_id = due.tenant_id and j.id = due.id and t.id = j.tenant_id
           returning j.tenant_id, j.id, j.kind, j.payload, j.attempts, j.max_attempts, t.time_zone, t.currency,
                     t.clock"#,
        now,
        worker,
        limit,
        now + LEASE,
        of.map(|(tenant, _)| tenant.uuid()),
        of.map(|(_, job)| job.uuid()),
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            let tenant = TenantId::from(row.tenant_id);
            Ok(ClaimedJob {
                tenant,
                id: row.id.into(),
                kind: row.kind,
                payload: row.payload,
                attempts: row.attempts,
                max_attempts: row.max_attempts,
                scope: Scope {
                    tenant,
                    customers: Customers::All,
                    actor: Actor::System(Reason::Jobs),
                    time_zone: parse(&row.time_zone, "tenants.time_zone")?,
                    currency: parse(&row.currency, "tenants.currency")?,
                    clock: row.clock,
                    request: RequestInfo::default(),
                },
            })
        })
        .collect()
}

/// Queues a job that has not been done in its time: one that was given up is tried anew, and one that is waiting, or is being
/// worked on, is left to it.
pub async fn again_for(tx: &mut SystemTx, tenant: TenantId, job: &NewJob) -> Result<()> {
    let now = tx.now();
    let known = sqlx::query_scalar!(
        "update jobs set attempts = case state when 'dead' then 0 else attempts end,
                         run_at = case state when 'dead' then $4 else run_at end,
                         state = case state when 'dead' then 'queued' else state end
         where tenant_id = $1 and kind = $2 and payload = $3
         returning id",
        tenant.uuid(),
        job.kind,
        job.payload,
        now,
    )
    .fetch_all(tx.conn()?)
    .await?;
    if known.is_empty() {
        enqueue_for(tx, tenant, job).await?;
    }
    Ok(())
}

/// How many jobs of a tenant are being worked on, or will be soon, besides one. One that is due and cannot be claimed is
/// just being claimed by somebody else; one that failed once or twice is tried again within seconds.
pub async fn unfinished(tx: &mut SystemTx, tenant: TenantId, but: JobId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from jobs
           where tenant_id = $1 and id <> $2 and (state = 'running' or state = 'queued' and attempts < 3)"#,
        tenant.uuid(),
        but.uuid(),
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// Keeps a claimed job from being taken for abandoned.
pub async fn renew(tx: &mut SystemTx, job: &ClaimedJob, worker: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update jobs set lease_until = $4 where tenant_id = $1 and id = $2 and worker = $3 and state = 'running'",
        job.tenant.uuid(),
        job.id.uuid(),
        worker,
        now + LEASE,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Takes a finished job out of the queue.
pub async fn complete(tx: &mut SystemTx, job: &ClaimedJob, worker: &str) -> Result<()> {
    sqlx::query!(
        "delete from jobs where tenant_id = $1 and id = $2 and worker = $3",
        job.tenant.uuid(),
        job.id.uuid(),
        worker
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Puts a failed job back to be tried at `retry_at`, or aside (`None`) where no retry would help.
pub async fn fail(
    tx: &mut SystemTx,
    job: &ClaimedJob,
    worker: &str,
    retry_at: Option<DateTime<Utc>>,
    error: &str,
) -> Result<()> {
    sqlx::query!(
        "update jobs
         set state = case when $4::timestamptz is null then 'dead' else 'queued' end,
             run_at = coalesce($4, run_at), worker = null, lease_until = null, last_error = $5
         where tenant_id = $1 and id = $2 and worker = $3",
        job.tenant.uuid(),
        job.id.uuid(),
        worker,
        retry_at,
        error,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// How the queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueDepth {
    /// Waiting, due or not.
    pub queued: i64,
    /// Being worked on.
    pub running: i64,
    /// Given up, for a person to look at.
    pub dead: i64,
    /// When the next one is due.
    pub next_run_at: Option<DateTime<Utc>>,
}

/// Counts the queue over all tenants.
pub async fn depth(tx: &mut SystemTx) -> Result<QueueDepth> {
    let row = sqlx::query!(
        r#"select count(*) filter (where state = 'queued') as "queued!",
                  count(*) filter (where state = 'running') as "running!",
                  count(*) filter (where state = 'dead') as "dead!",
                  min(run_at) filter (where state = 'queued') as next_run_at
           from jobs"#
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(QueueDepth { queued: row.queued, running: row.running, dead: row.dead, next_run_at: row.next_run_at })
}
