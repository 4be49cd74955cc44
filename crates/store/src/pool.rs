//! Connections that are kept open between requests.
//!
//! sqlx's own pool pings a connection when it comes back and, unless told not to, when it goes out: at
//! 30 µs of CPU a round trip that is a quarter of a small read. Here a connection only comes back after
//! its transaction has ended in sight; any other is closed.
//!
//! A socket is served by the runtime that opened it. A thread with a runtime of its own therefore has pools of
//! its own ([`Store::on_thread`](crate::Store::on_thread)): with shared ones every answer of the database would
//! wake another thread first, and the sockets would end with the thread that happened to open them.

use deadpool::managed::{self, Metrics, Object, RecycleResult};
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

use crate::{Result, StoreError};

pub(crate) struct Manager(PgConnectOptions);

impl managed::Manager for Manager {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect_with(&self.0).await
    }

    async fn recycle(&self, _: &mut PgConnection, _: &Metrics) -> RecycleResult<sqlx::Error> {
        Ok(())
    }
}

pub(crate) type Pooled = Object<Manager>;

#[derive(Clone)]
pub(crate) struct Pool(managed::Pool<Manager>);

impl Pool {
    /// How long a request waits for a connection before it is told that the server is busy.
    const WAIT: std::time::Duration = std::time::Duration::from_secs(10);

    pub(crate) fn new(options: PgConnectOptions, size: usize) -> Result<Self> {
        managed::Pool::builder(Manager(options))
            .max_size(size.max(1))
            .wait_timeout(Some(Self::WAIT))
            .create_timeout(Some(Self::WAIT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map(Self)
            .map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    pub(crate) async fn get(&self) -> Result<Pooled> {
        self.0.get().await.map_err(|error| match error {
            managed::PoolError::Backend(error) => error.into(),
            other => StoreError::Unavailable(other.to_string()),
        })
    }

    /// Forgets the idle connections: after a restart of the database they are all dead.
    pub(crate) fn forget_idle(&self) {
        self.0.retain(|_, _| false);
    }

    pub(crate) fn usage(&self) -> (usize, usize) {
        let status = self.0.status();
        (status.size - status.available.min(status.size), status.max_size)
    }
}
