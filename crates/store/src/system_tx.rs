//! The narrow other door: its own login, its own pool, grants for just what it is for.

use chrono::{DateTime, Utc};
use domain::ids::{Id, TenantId};
use sqlx::{Executor as _, PgConnection};

use crate::{
    Actor, Customers, NewEvent, Reason, RequestInfo, Result, Scope, Store, StoreError, pool::Pooled, tenants,
};

/// A transaction of the system role. See [`Reason`] for what it is for.
pub struct SystemTx {
    connection: Option<Pooled>,
    store: Store,
    reason: Reason,
    now: DateTime<Utc>,
}

impl Drop for SystemTx {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Pooled::take(connection));
        }
    }
}

impl Store {
    /// Runs a transaction of the system role.
    pub async fn system<T, E, F>(&self, reason: Reason, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut SystemTx) -> Result<T, E>,
    {
        let mut tx = SystemTx::begin(self, reason).await?;
        match work(&mut tx).await {
            Ok(value) => {
                // Fails in a transaction that the database has given up on, where COMMIT would not.
                tx.conn()?.execute("SELECT").await.map_err(StoreError::from)?;
                tx.finish("COMMIT").await?;
                Ok(value)
            }
            Err(error) => {
                tx.finish("ROLLBACK").await?;
                Err(error)
            }
        }
    }
}

impl SystemTx {
    async fn begin(store: &Store, reason: Reason) -> Result<Self> {
        match Self::try_begin(store, reason).await {
            Err(StoreError::Unavailable(_)) => {
                store.0.system_pool.forget_idle();
                Self::try_begin(store, reason).await
            }
            outcome => outcome,
        }
    }

    async fn try_begin(store: &Store, reason: Reason) -> Result<Self> {
        let connection = store.0.system_pool.get().await?;
        let mut tx =
            Self { connection: Some(connection), store: store.clone(), reason, now: store.0.clock.now() };
        tx.conn()?.execute("BEGIN").await?;
        Ok(tx)
    }

    pub(crate) fn conn(&mut self) -> Result<&mut PgConnection> {
        self.connection.as_deref_mut().ok_or(StoreError::Invalid("the transaction has ended"))
    }

    async fn finish(mut self, statement: &'static str) -> Result<()> {
        self.conn()?.execute(statement).await?;
        drop(self.connection.take());
        Ok(())
    }

    /// The time of the whole change.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Makes an id.
    pub fn new_id<T: Id>(&self) -> T {
        self.store.0.ids.next(self.now)
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Appends an event to a tenant's stream. Call it last: it holds the head of the tenant's chain.
    pub async fn record(
        &mut self,
        tenant: TenantId,
        actor: &Actor,
        request: &RequestInfo,
        event: &NewEvent,
    ) -> Result<()> {
        let (new, now) = ([(self.new_id(), event.clone())], self.now);
        crate::events::append(self.conn()?, tenant, now, actor, request, &new).await
    }

    /// A scope over all of one tenant, on the program's own account.
    pub async fn tenant_scope(&mut self, tenant: TenantId) -> Result<Scope> {
        let tenant = tenants::get(self, tenant).await?;
        Ok(Scope {
            tenant: tenant.id,
            customers: Customers::All,
            actor: Actor::System(self.reason),
            time_zone: tenant.time_zone,
            currency: tenant.currency,
            clock: tenant.clock,
            request: RequestInfo::default(),
        })
    }
}
