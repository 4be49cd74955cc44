//! A transaction in one tenant.
//!
//! What makes it safe (each point was an accident elsewhere, and is a test here):
//! - it is armed before BEGIN is sent: from then on the connection is closed on drop, and goes back to
//!   the pool only after COMMIT or ROLLBACK was answered. A request that is cancelled at any await
//!   leaves nothing behind for the next borrower;
//! - role and tenant are set in the same message as BEGIN, so that there is no moment in between;
//! - a change that records no event is not committed. Appending the event is also what finds out a
//!   transaction that the database has given up on: COMMIT alone would report success.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{Id, TenantId};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, raw_sql};

use crate::{NewEvent, Result, Scope, Store, StoreError, pool::Pooled};

/// A transaction of a [`Scope`]: sees and changes what the scope may, and nothing else.
pub struct TenantTx {
    /// Empty once the connection went back to the pool in good order.
    connection: Option<Pooled>,
    store: Store,
    scope: Scope,
    now: DateTime<Utc>,
    events: Vec<NewEvent>,
    eventless: bool,
}

impl Drop for TenantTx {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // Taken out of the pool and closed: the server rolls back what was open.
            drop(Pooled::take(connection));
        }
    }
}

impl Store {
    /// Runs a read in a transaction of the scope.
    pub async fn read<T, E, F>(&self, scope: &Scope, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut TenantTx) -> Result<T, E>,
    {
        let mut tx = TenantTx::begin(self, scope, "BEGIN READ ONLY").await?;
        let outcome = work(&mut tx).await;
        tx.finish("ROLLBACK").await?;
        outcome
    }

    /// Runs a change in a transaction of the scope: all of it, with its events, or nothing.
    pub async fn write<T, E, F>(&self, scope: &Scope, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut TenantTx) -> Result<T, E>,
    {
        let mut tx = TenantTx::begin(self, scope, "BEGIN").await?;
        match work(&mut tx).await {
            Ok(value) => {
                tx.commit().await?;
                Ok(value)
            }
            Err(error) => {
                tx.finish("ROLLBACK").await?;
                Err(error)
            }
        }
    }
}

impl TenantTx {
    async fn begin(store: &Store, scope: &Scope, begin: &'static str) -> Result<Self> {
        match Self::try_begin(store, scope, begin).await {
            // The pool's connections died with a restart of the database. Once, with a fresh one.
            Err(StoreError::Unavailable(_)) => {
                store.0.tenant_pool.forget_idle();
                Self::try_begin(store, scope, begin).await
            }
            outcome => outcome,
        }
    }

    async fn try_begin(store: &Store, scope: &Scope, begin: &'static str) -> Result<Self> {
        let connection = store.0.tenant_pool.get().await?;
        let mut tx = Self {
            connection: Some(connection),
            store: store.clone(),
            scope: scope.clone(),
            now: scope.clock.unwrap_or_else(|| store.0.clock.now()),
            events: Vec::new(),
            eventless: false,
        };
        // SET takes no parameters. What is put in is formatted from typed UUIDs, never from text.
        let statement = format!(
            "{begin}; SET LOCAL ROLE bailiwick_tenant; SET LOCAL app.tenant_id = '{tenant}'; \
             SET LOCAL app.customer_ids = '{customers}'",
            tenant = scope.tenant.uuid().hyphenated(),
            customers = scope.customers.setting(),
        );
        tx.conn()?.execute(raw_sql(AssertSqlSafe(statement))).await?;
        Ok(tx)
    }

    /// The connection, for the modules of this crate.
    pub(crate) fn conn(&mut self) -> Result<&mut PgConnection> {
        self.connection.as_deref_mut().ok_or(StoreError::Invalid("the transaction has ended"))
    }

    /// Ends the transaction with one statement and gives the connection back.
    async fn finish(mut self, statement: &'static str) -> Result<()> {
        self.conn()?.execute(statement).await?;
        drop(self.connection.take());
        Ok(())
    }

    async fn commit(mut self) -> Result<()> {
        if self.events.is_empty() {
            if !self.eventless {
                self.finish("ROLLBACK").await?;
                return Err(StoreError::NoEvent);
            }
            // Fails in a transaction that the database has given up on, where COMMIT would not.
            self.conn()?.execute("SELECT").await?;
        } else {
            let events = std::mem::take(&mut self.events);
            let events: Vec<_> = events.into_iter().map(|event| (self.new_id(), event)).collect();
            let (scope, now) = (self.scope.clone(), self.now);
            crate::events::append(self.conn()?, scope.tenant, now, &scope.actor, &scope.request, &events)
                .await?;
        }
        self.finish("COMMIT").await
    }

    /// Whose tenant.
    pub fn tenant(&self) -> TenantId {
        self.scope.tenant
    }

    /// The scope that opened it.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The time of the whole change: all that it writes carries the same. In a sandbox it is that of the sandbox.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The time outside of any sandbox: for what other programs, or people, have to keep to.
    pub fn real_now(&self) -> DateTime<Utc> {
        self.store.0.clock.now()
    }

    /// The day that it is where the tenant is.
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.scope.time_zone()).date_naive()
    }

    /// Makes an id.
    pub fn new_id<T: Id>(&self) -> T {
        self.store.0.ids.next(self.now)
    }

    /// The store, for sealing and for transactions that must not be part of this one.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Records what this transaction changes; it is written last, before the commit.
    pub fn record(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Says that this change is not one that anybody would look for: a replayed answer, a counter.
    pub fn without_event(&mut self) {
        self.eventless = true;
    }
}
