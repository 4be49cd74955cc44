//! Stripe: its API, its hosted pages and its webhooks.

mod accounts;
mod balance;
mod call;
mod cards;
mod checkout;
mod checkout_lines;
mod checkout_pay;
mod checkout_setup;
mod control;
mod customers;
mod debits;
mod disputes;
mod errors;
mod form;
mod idempotency;
mod meters;
mod money;
mod onboarding;
mod pages;
mod payment_intents;
mod payment_methods;
mod payments;
mod payouts;
mod refunds;
mod request;
mod routes;
mod setup_intents;
mod state;
mod webhooks;
mod world;

pub use webhooks::Disorder;

pub(crate) use state::State;

use crate::{
    clock::now,
    config::{Endpoint, EndpointKind},
};
use actix_web::{HttpResponse, web};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet, time::sleep};
use world::{Cause, World};

const SWEEP: Duration = Duration::from_secs(1);
const SWEEPS_PER_PRUNING: u32 = 600;

/// The running simulator; clones are the same one.
#[derive(Clone)]
pub(crate) struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    public_url: String,
    endpoints: Vec<Endpoint>,
    client: reqwest::Client,
    changes: watch::Sender<u64>,
}

impl Simulator {
    pub(crate) fn new(
        mut state: State,
        public_url: &str,
        endpoints: Vec<Endpoint>,
        client: reqwest::Client,
    ) -> Self {
        if state.platform.is_empty() {
            accounts::found_platform(&mut state, now());
        }
        state.prune(now());
        state.find_pending();
        let inner = Inner {
            state: Mutex::new(state),
            public_url: public_url.trim_end_matches('/').to_owned(),
            endpoints,
            client,
            changes: watch::Sender::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in one call leaves the state as it was between two steps: serving on is the lesser harm here.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the state; what changed is saved and delivered soon after.
    pub(crate) fn change<T>(&self, work: impl FnOnce(&mut World<'_>) -> T) -> T {
        let mut state = self.lock();
        let was_dirty = std::mem::take(&mut state.dirty);
        let mut world = World {
            state: &mut state,
            public_url: &self.inner.public_url,
            endpoints: &self.inner.endpoints,
            now: now(),
            cause: Cause::default(),
        };
        checkout::expire_due(&mut world);
        balance::settle_due(&mut world);
        let done = work(&mut world);
        let changed = state.dirty;
        state.dirty |= was_dirty;
        drop(state);
        if changed {
            self.inner.changes.send_modify(|revision| *revision += 1);
        }
        done
    }

    /// The state as JSON, if it changed since it was last taken.
    pub(crate) fn take_snapshot(&self) -> Option<serde_json::Result<Vec<u8>>> {
        let mut state = self.lock();
        std::mem::take(&mut state.dirty).then(|| serde_json::to_vec(&*state))
    }

    /// The last snapshot could not be kept: there is one to take again.
    pub(crate) fn not_saved(&self) {
        self.lock().dirty = true;
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.inner.client
    }

    /// Starts delivery of webhooks and the expiry of sessions; they end with the set.
    pub(crate) fn start(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for kind in [EndpointKind::Platform, EndpointKind::Connect] {
            if let Some(endpoint) = self.inner.endpoints.iter().find(|endpoint| endpoint.kind == kind) {
                tasks.spawn(webhooks::work(self.clone(), endpoint.clone(), self.changes()));
            }
        }
        let simulator = self.clone();
        tasks.spawn(async move {
            let mut sweeps = 0_u32;
            loop {
                sleep(SWEEP).await;
                sweeps = sweeps.wrapping_add(1);
                let prune = sweeps.is_multiple_of(SWEEPS_PER_PRUNING);
                simulator.change(|world| {
                    if prune {
                        world.state.prune(world.now);
                    }
                });
            }
        });
        tasks
    }
}

/// Everything that the simulator answers.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/v1/{path:.*}", web::route().to(request::handle))
        // Some clients join a base URL that ends in a slash with a path that begins with one.
        .route("//v1/{path:.*}", web::route().to(request::handle))
        .configure(control::routes)
        .configure(pages::routes)
        .default_service(web::to(|| async { HttpResponse::NotFound().body("There is no such page.\n") }));
}
