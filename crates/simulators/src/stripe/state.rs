//! Everything the simulator remembers.

use super::{idempotency, meters::MeterEvent, onboarding::Onboarding, webhooks};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

const DAY: i64 = 86_400;

/// One object of the API and what the vendor knows of it without showing it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The connected account that owns it; `None` for the platform.
    pub(crate) scope: Option<String>,
    /// Order of creation: two objects of one second still have an order.
    pub(crate) seq: u64,
    pub(crate) object: Value,
    #[serde(default)]
    pub(crate) hidden: Value,
}

/// The whole state; it is what the data file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) platform: String,
    pub(crate) application: String,
    pub(crate) next_seq: u64,
    pub(crate) objects: BTreeMap<String, Record>,
    /// Open Checkout sessions and when they expire.
    pub(crate) open_sessions: BTreeMap<String, i64>,
    pub(crate) onboarding: BTreeMap<String, Onboarding>,
    pub(crate) idempotency: BTreeMap<String, idempotency::Entry>,
    pub(crate) deliveries: Vec<webhooks::Delivery>,
    pub(crate) disorder: webhooks::Disorder,
    /// Usage that meters have taken in.
    pub(crate) meter_events: Vec<MeterEvent>,
    /// Movements of balances that are not available yet, and when they are.
    #[serde(skip)]
    pub(crate) pending: BTreeMap<String, i64>,
    /// Changed since the last save.
    #[serde(skip)]
    pub(crate) dirty: bool,
}

impl State {
    pub(crate) fn next_seq(&mut self) -> u64 {
        self.next_seq += 1;
        self.dirty = true;
        self.next_seq
    }

    /// Finds again what a saved state does not repeat.
    pub(crate) fn find_pending(&mut self) {
        let pending = self.objects.iter().filter(|(_, record)| {
            record.object["object"] == "balance_transaction" && record.object["status"] == "pending"
        });
        self.pending = pending
            .map(|(id, record)| (id.clone(), record.object["available_on"].as_i64().unwrap_or_default()))
            .collect();
    }

    /// Forgets what Stripe forgets too, so that a demo left running does not grow for ever.
    pub(crate) fn prune(&mut self, now: i64) {
        self.idempotency.retain(|_, entry| entry.created > now - DAY);
        self.onboarding.retain(|_, link| link.expires_at > now - DAY);
        self.deliveries.retain(|delivery| delivery.is_pending() || delivery.created > now - DAY);
        self.objects.retain(|_, record| {
            record.object["object"] != "event" || record.object["created"].as_i64() > Some(now - 30 * DAY)
        });
    }
}
