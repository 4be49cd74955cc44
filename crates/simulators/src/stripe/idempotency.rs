//! `Idempotency-Key`: the first answer is kept and given again.

use super::{errors::ApiError, state::State};
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The answer given to the first call with a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    path: String,
    fingerprint: String,
    pub(crate) created: i64,
    pub(crate) request_id: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// A call that carries a key.
#[derive(Debug)]
pub(crate) struct Keyed {
    slot: String,
    key: String,
    path: String,
    fingerprint: String,
}

impl Keyed {
    pub(crate) fn new(key: &str, scope: Option<&str>, path: &str, canonical: &str) -> Result<Self, ApiError> {
        if key.is_empty() || key.len() > 255 {
            return Err(ApiError::invalid("Idempotency keys must be between 1 and 255 characters long."));
        }
        Ok(Self {
            // A key of one account means nothing in another.
            slot: format!("{}/{key}", scope.unwrap_or_default()),
            key: key.to_owned(),
            path: path.to_owned(),
            fingerprint: hex::encode(digest(&SHA256, canonical.as_bytes())),
        })
    }

    /// The kept answer; an error if the key was used for something else.
    pub(crate) fn replay(&self, state: &State) -> Result<Option<Entry>, ApiError> {
        let Some(entry) = state.idempotency.get(&self.slot) else { return Ok(None) };
        let advice =
            format!("Try using a key other than '{}' if you meant to execute a different request.", self.key);
        if entry.path != self.path {
            return Err(ApiError::idempotency(format!(
                "Keys for idempotent requests can only be used for the same endpoint they were first used for ('{}' vs \
                 '{}'). {advice}",
                self.path, entry.path
            )));
        }
        if entry.fingerprint != self.fingerprint {
            return Err(ApiError::idempotency(format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                 {advice}"
            )));
        }
        Ok(Some(entry.clone()))
    }

    /// Keeps an answer. A call refused before it began (parameters, access) is not kept, as with Stripe.
    pub(crate) fn keep(self, state: &mut State, now: i64, request_id: &str, status: u16, body: &Value) {
        if status != 402 && status >= 400 {
            return;
        }
        let entry = Entry {
            path: self.path,
            fingerprint: self.fingerprint,
            created: now,
            request_id: request_id.to_owned(),
            status,
            body: body.clone(),
        };
        state.idempotency.insert(self.slot, entry);
        state.dirty = true;
    }
}
