//! Counters that every instance shares: how often something was tried in the running window.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Result, SystemTx};

/// Counts one try under a key and says how many there were in this window, this one included.
pub async fn hit(tx: &mut SystemTx, key: &str, window: TimeDelta) -> Result<i32> {
    let start = window_start(tx.now(), window);
    let hits = sqlx::query_scalar!(
        "insert into rate_limits (key, window_start, hits) values ($1, $2, 1)
         on conflict (key, window_start) do update set hits = rate_limits.hits + 1
         returning hits",
        key,
        start
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(hits)
}

/// Takes one try back: it was not one to be counted.
pub async fn take_back(tx: &mut SystemTx, key: &str, window: TimeDelta) -> Result<()> {
    let start = window_start(tx.now(), window);
    sqlx::query!(
        "update rate_limits set hits = greatest(hits - 1, 0) where key = $1 and window_start = $2",
        key,
        start
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Forgets windows that have passed.
pub async fn forget_before(tx: &mut SystemTx, before: DateTime<Utc>) -> Result<u64> {
    let done =
        sqlx::query!("delete from rate_limits where window_start < $1", before).execute(tx.conn()?).await?;
    Ok(done.rows_affected())
}

/// When the running window began.
pub fn window_start(now: DateTime<Utc>, window: TimeDelta) -> DateTime<Utc> {
    let seconds = window.num_seconds().max(1);
    DateTime::from_timestamp(now.timestamp() - now.timestamp().rem_euclid(seconds), 0).unwrap_or(now)
}
