//! The same request sent twice is done once.

use domain::ids::Id as _;

use crate::{Result, Scope, Store, StoreError, TenantTx};

/// What an `Idempotency-Key` header stands for.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    /// The key as the caller chose it.
    pub key: String,
    /// A digest of method, path and body.
    pub request_hash: Vec<u8>,
}

/// An answer as it is kept and given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, JSON.
    pub body: Vec<u8>,
    /// The entity tag.
    pub etag: Option<String>,
}

/// An answer, and whether it is that of an earlier request.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// It was given before; nothing was done now.
    pub replayed: bool,
}

impl Store {
    /// Runs a change once per key: its answer is kept in the change's own transaction, so that either
    /// both are there or neither is. A second request with the key waits for the first to end.
    pub async fn write_once<E, F>(
        &self,
        scope: &Scope,
        key: Option<&IdempotencyKey>,
        work: F,
    ) -> Result<Answered, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut TenantTx) -> Result<Answer, E>,
    {
        self.write(scope, async |tx| {
            let Some(key) = key else {
                return Ok(Answered { answer: work(tx).await?, replayed: false });
            };
            if let Some(answer) = claim(tx, key).await? {
                tx.without_event();
                return Ok(Answered { answer, replayed: true });
            }
            let answer = work(tx).await?;
            keep(tx, key, &answer).await?;
            Ok(Answered { answer, replayed: false })
        })
        .await
    }
}

/// Takes the key for this transaction, or finds the answer that it got before.
async fn claim(tx: &mut TenantTx, key: &IdempotencyKey) -> Result<Option<Answer>> {
    let (tenant, actor, now) = (tx.tenant(), tx.scope().actor().subject(), tx.real_now());
    // Waits where another transaction has inserted the key and not ended yet.
    let inserted = sqlx::query!(
        "insert into idempotency_keys (tenant_id, actor, key, request_hash, created_at)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        tenant.uuid(),
        actor,
        key.key,
        key.request_hash,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(None);
    }
    let row = sqlx::query!(
        "select request_hash, status, body, etag from idempotency_keys
         where tenant_id = $1 and actor = $2 and key = $3",
        tenant.uuid(),
        actor,
        key.key,
    )
    .fetch_one(tx.conn()?)
    .await?;
    if row.request_hash != key.request_hash {
        return Err(StoreError::KeyReused);
    }
    let status = u16::try_from(row.status).map_err(|_| StoreError::Corrupt("idempotency_keys.status"))?;
    Ok(Some(Answer { status, body: row.body, etag: row.etag }))
}

async fn keep(tx: &mut TenantTx, key: &IdempotencyKey, answer: &Answer) -> Result<()> {
    let (tenant, actor) = (tx.tenant(), tx.scope().actor().subject());
    sqlx::query!(
        "update idempotency_keys set status = $4, body = $5, etag = $6
         where tenant_id = $1 and actor = $2 and key = $3",
        tenant.uuid(),
        actor,
        key.key,
        i16::try_from(answer.status).unwrap_or(0),
        answer.body,
        answer.etag,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
