//! What has to be done now and then so that the database stays in shape.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{Result, SystemTx};

/// Makes the monthly partitions of a span that are missing.
pub async fn ensure_partitions(tx: &mut SystemTx, from: NaiveDate, until: NaiveDate) -> Result<i32> {
    let made = sqlx::query_scalar!("select app.ensure_partitions($1, $2)", from, until)
        .fetch_one(tx.conn()?)
        .await?;
    Ok(made.unwrap_or(0))
}

/// Forgets the answers kept for idempotency keys from before a time.
pub async fn forget_idempotency_keys(tx: &mut SystemTx, before: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!("delete from idempotency_keys where created_at < $1", before)
        .execute(tx.conn()?)
        .await?;
    Ok(done.rows_affected())
}
