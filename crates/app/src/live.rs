//! Word of new events, for live streams.
//!
//! One connection per process listens to the database and wakes the streams of the tenant that has new events;
//! each stream then reads what its own caller may see. The word carries nothing but "look again", so one that is
//! missed or doubled does no harm: after a lost connection every stream looks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::ids::{Id as _, TenantId};
use store::{Store, StoreError};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

use crate::{App, AppError, Result};

/// How many streams a process keeps open.
const MOST_STREAMS: usize = 2_000;
/// How many of them one tenant may have.
const MOST_PER_TENANT: usize = 500;
/// A busy tenant's streams look this often, not for every event.
const PAUSE: Duration = Duration::from_millis(200);
/// Between two tries to listen.
const RETRY: Duration = Duration::from_secs(1);

/// The streams of this process.
pub struct Live {
    streams: Arc<Mutex<Streams>>,
    /// Becomes true, or is dropped with the application, when streams have to end.
    closing: watch::Sender<bool>,
}

#[derive(Default)]
struct Streams {
    /// By the tenant's UUID as the announcements write it.
    tenants: HashMap<String, Tenant>,
    open: usize,
    is_listening: bool,
}

struct Tenant {
    /// Counts announcements. A receiver that has slept through some sees one change.
    changes: watch::Sender<u64>,
    open: usize,
}

impl Default for Live {
    fn default() -> Self {
        Self { streams: Arc::default(), closing: watch::Sender::new(false) }
    }
}

impl App {
    /// Takes a place among the live streams. The first one starts the listener, on a thread of its own: the
    /// runtime of a request's thread may end before the process does.
    pub fn subscribe(&self, tenant: TenantId) -> Result<Subscription> {
        self.inner().live.subscribe(tenant, |streams, closing| {
            let store = self.store().clone();
            let work = move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(listen(&store, &streams, closing)),
                Err(error) => tracing::error!(%error, "nobody listens for events"),
            };
            std::thread::Builder::new().name("live-events".to_owned()).spawn(work).map(drop)
        })
    }

    /// Ends every live stream, for a server that is about to stop; there are no new ones afterwards.
    pub fn close_streams(&self) {
        self.inner().live.closing.send_replace(true);
    }
}

impl Live {
    fn subscribe(
        &self,
        tenant: TenantId,
        start: impl FnOnce(Arc<Mutex<Streams>>, watch::Receiver<bool>) -> std::io::Result<()>,
    ) -> Result<Subscription> {
        let unavailable = |why: &str| AppError::Store(StoreError::Unavailable(why.to_owned()));
        if *self.closing.borrow() {
            return Err(unavailable("the server is stopping"));
        }
        let key = tenant.uuid().to_string();
        let mut streams = lock(&self.streams);
        if streams.open >= MOST_STREAMS {
            return Err(unavailable("there are too many live streams"));
        }
        if streams.tenants.get(&key).is_some_and(|tenant| tenant.open >= MOST_PER_TENANT) {
            return Err(AppError::TooMany { retry_after: 10 });
        }
        if !streams.is_listening {
            start(self.streams.clone(), self.closing.subscribe()).map_err(AppError::internal)?;
            streams.is_listening = true;
        }
        streams.open += 1;
        let entry = streams
            .tenants
            .entry(key.clone())
            .or_insert_with(|| Tenant { changes: watch::Sender::new(0), open: 0 });
        entry.open += 1;
        metrics::gauge!("bailiwick_live_streams").increment(1);
        Ok(Subscription {
            changes: entry.changes.subscribe(),
            closing: self.closing.subscribe(),
            quiet_until: Instant::now(),
            place: Place { streams: self.streams.clone(), key },
        })
    }
}

fn lock(streams: &Mutex<Streams>) -> std::sync::MutexGuard<'_, Streams> {
    streams.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(store: &Store, streams: &Mutex<Streams>, mut closing: watch::Receiver<bool>) {
    let announcements = async {
        loop {
            match relay(store, streams).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "live streams wait for the database"),
            }
            sleep(RETRY).await;
        }
    };
    tokio::select! {
        () = announcements => {}
        // Also where the application is gone.
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

async fn relay(store: &Store, streams: &Mutex<Streams>) -> Result<()> {
    let mut listener = store.listen("bailiwick_events").await?;
    // Whatever happened before now was announced to nobody.
    wake(streams, None);
    loop {
        let announced = listener.next().await?;
        wake(streams, announced.as_deref());
    }
}

/// Wakes the streams of a tenant; all of them where announcements may have been missed.
fn wake(streams: &Mutex<Streams>, tenant: Option<&str>) {
    let streams = lock(streams);
    let count = |tenant: &Tenant| tenant.changes.send_modify(|count| *count = count.wrapping_add(1));
    match tenant {
        Some(key) => streams.tenants.get(key).into_iter().for_each(count),
        None => streams.tenants.values().for_each(count),
    }
}

/// A place among the live streams, given back on drop.
pub struct Subscription {
    changes: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    quiet_until: Instant,
    place: Place,
}

struct Place {
    streams: Arc<Mutex<Streams>>,
    key: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = lock(&self.streams);
        streams.open = streams.open.saturating_sub(1);
        if let Some(tenant) = streams.tenants.get_mut(&self.key) {
            tenant.open = tenant.open.saturating_sub(1);
            if tenant.open == 0 {
                streams.tenants.remove(&self.key);
            }
        }
        metrics::gauge!("bailiwick_live_streams").decrement(1);
    }
}

/// Why a subscriber was woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// There may be new events.
    Look,
    /// The server is about to stop.
    Close,
}

impl Subscription {
    /// Waits for the next word. What is announced while the subscriber is busy elsewhere is not lost.
    pub async fn next(&mut self) -> Wake {
        let quiet_until = self.quiet_until;
        let changes = &mut self.changes;
        let announced = async {
            sleep_until(quiet_until).await;
            changes.changed().await
        };
        tokio::select! {
            biased;
            _ = self.closing.wait_for(|closing| *closing) => Wake::Close,
            outcome = announced => {
                self.quiet_until = Instant::now() + PAUSE;
                if outcome.is_ok() { Wake::Look } else { Wake::Close }
            }
        }
    }

    /// Waits for the end of the server alone.
    pub async fn closed(&mut self) {
        // An error says that the application is gone, which is the end as well.
        let _ = self.closing.wait_for(|closing| *closing).await;
    }

    /// Whose events.
    pub fn tenant(&self) -> &str {
        &self.place.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(number: u8) -> TenantId {
        // The wire's form of a small UUID.
        format!("ten_{number:026}").parse().unwrap()
    }

    fn subscribe(live: &Live, number: u8) -> Result<Subscription> {
        live.subscribe(tenant(number), |_, _| Ok(()))
    }

    async fn is_quiet(subscription: &mut Subscription) -> bool {
        tokio::time::timeout(PAUSE * 2, subscription.next()).await.is_err()
    }

    #[tokio::test]
    async fn only_the_streams_of_the_tenant_are_woken() {
        let live = Live::default();
        let (mut one, mut two) = (subscribe(&live, 1).unwrap(), subscribe(&live, 2).unwrap());
        let key = one.tenant().to_owned();
        wake(&live.streams, Some(&key));
        assert_eq!(one.next().await, Wake::Look);
        assert!(is_quiet(&mut one).await && is_quiet(&mut two).await);
        wake(&live.streams, None);
        assert_eq!((one.next().await, two.next().await), (Wake::Look, Wake::Look));
    }

    #[tokio::test]
    async fn many_announcements_are_one_look() {
        let live = Live::default();
        let mut stream = subscribe(&live, 1).unwrap();
        let begun = Instant::now();
        for _ in 0..2 {
            for _ in 0..1_000 {
                wake(&live.streams, None);
            }
            assert_eq!(stream.next().await, Wake::Look);
        }
        assert!(begun.elapsed() >= PAUSE, "the second look came too soon");
        assert!(is_quiet(&mut stream).await);
    }

    #[tokio::test]
    async fn places_are_bounded_and_given_back() {
        let live = Live::default();
        let mut held: Vec<_> = (0..MOST_PER_TENANT).map(|_| subscribe(&live, 1).unwrap()).collect();
        assert!(matches!(subscribe(&live, 1), Err(AppError::TooMany { .. })));
        held.pop();
        held.push(subscribe(&live, 1).unwrap());
        for number in 2..=4 {
            held.extend((0..MOST_PER_TENANT).map(|_| subscribe(&live, number).unwrap()));
        }
        assert_eq!(held.len(), MOST_STREAMS);
        assert!(matches!(subscribe(&live, 5), Err(AppError::Store(StoreError::Unavailable(_)))));
        drop(held);
        assert!(lock(&live.streams).tenants.is_empty());
        assert!(subscribe(&live, 5).is_ok());
    }

    #[tokio::test]
    async fn streams_end_with_the_server() {
        let live = Live::default();
        let mut stream = subscribe(&live, 1).unwrap();
        wake(&live.streams, None);
        live.closing.send_replace(true);
        assert_eq!(stream.next().await, Wake::Close);
        stream.closed().await;
        assert!(subscribe(&live, 1).is_err());
        let live = Live::default();
        let mut stream = subscribe(&live, 1).unwrap();
        drop(live);
        assert_eq!(stream.next().await, Wake::Close);
    }
}
