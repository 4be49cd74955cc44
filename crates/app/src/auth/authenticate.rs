//! From the token of a request to who asks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use store::{Principal, Reason, api_keys, sessions};

use crate::{App, Result, auth::token_hash};

/// What API keys begin with.
pub(crate) const API_KEY_PREFIX: &str = "bwk_";

/// How long an answer is believed. Signing out, suspending and revoking work on every instance within
/// this time, without any message between them.
const BELIEVED: Duration = Duration::from_millis(500);

/// How many callers are remembered at most.
const CAPACITY: usize = 20_000;

/// By the token's digest; with the moment of the answer.
type Known = HashMap<Vec<u8>, (Instant, Arc<Principal>)>;

/// Who was behind a token a moment ago. Only good answers are kept.
#[derive(Default)]
pub struct PrincipalCache(Mutex<Known>);

impl PrincipalCache {
    fn get(&self, key: &[u8]) -> Option<Arc<Principal>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .get(key)
            .filter(|(since, _)| since.elapsed() < BELIEVED)
            .map(|(_, principal)| principal.clone())
    }

    fn put(&self, key: Vec<u8>, principal: Arc<Principal>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.retain(|_, (since, _)| since.elapsed() < BELIEVED);
        }
        if entries.len() < CAPACITY {
            entries.insert(key, (Instant::now(), principal));
        }
    }
}

impl App {
    /// Who is behind a bearer token, be it an access token or an API key; `None` if it is not good.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Arc<Principal>>> {
        let key = token_hash(token);
        if let Some(principal) = self.inner().principals.get(&key) {
            return Ok(Some(principal));
        }
        self.look_up(token, key).await
    }

    /// The same, and nothing that was believed a moment ago counts.
    pub async fn authenticate_anew(&self, token: &str) -> Result<Option<Arc<Principal>>> {
        self.look_up(token, token_hash(token)).await
    }

    async fn look_up(&self, token: &str, key: Vec<u8>) -> Result<Option<Arc<Principal>>> {
        let store = self.store();
        let found = if token.starts_with(API_KEY_PREFIX) {
            store.system(Reason::Authenticate, async |tx| api_keys::principal(tx, &key).await).await?
        } else {
            let Some(claims) = self.inner().tokens.read(token, store.clock().now()) else { return Ok(None) };
            store
                .system(Reason::Authenticate, async |tx| sessions::principal(tx, claims.sid).await)
                .await?
                // A token names its tenant; after a switch of tenant the old one ends.
                .filter(|principal| principal.tenant() == claims.tid)
        };
        let Some(principal) = found.map(Arc::new) else { return Ok(None) };
        // The clock of a sandbox can be moved on at any moment.
        if principal.clock().is_none() {
            self.inner().principals.put(key, principal.clone());
        }
        Ok(Some(principal))
    }
}
