//! `If-Match`: a change is made only to what the caller has read.

use store::StoreError;

use crate::Result;

/// Refuses a caller that has read another version than there is. Who names none takes what there is.
pub(crate) fn check(read: Option<i32>, current: i32) -> Result<()> {
    match read {
        Some(version) if version != current => Err(StoreError::Stale.into()),
        Some(_) | None => Ok(()),
    }
}
