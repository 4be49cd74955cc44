//! The only crate that speaks SQL.
//!
//! Tenant data is touched inside a [`TenantTx`], which only a [`Scope`] opens, which only this crate
//! makes, from a verified session, API key or job. The other door, [`SystemTx`], signs in as another
//! role with grants for just what it is for. One module per aggregate; the functions take the
//! transaction, so that a use case composes them into one change.

pub mod api_keys;
pub mod brands;
pub mod charges;
pub mod context;
pub mod credit_notes;
pub mod credits;
pub mod customers;
pub mod deferrals;
pub mod disputes;
pub mod dunning;
mod error;
pub mod events;
mod idempotency;
pub mod invitations;
pub mod invoices;
pub mod jobs;
pub mod ledger;
pub mod mails;
pub mod maintenance;
pub mod memberships;
pub mod meters;
pub mod metrics;
pub mod one_off_charges;
pub mod pages;
pub mod payment_methods;
pub mod payments;
pub mod payouts;
pub mod plans;
mod pool;
pub mod portfolio;
pub mod rate_limits;
pub mod refunds;
pub mod revenue;
pub mod roll_ups;
pub mod sandboxes;
pub mod scope;
pub mod sealing;
pub mod sessions;
pub mod stripe_events;
pub mod subscriptions;
mod system_tx;
mod tenant_tx;
pub mod tenants;
pub mod usage;
pub mod users;

use std::sync::{Arc, Mutex, PoisonError};

pub use context::{Clock, Ids};
pub use error::{Result, StoreError};
pub use events::NewEvent;
pub use idempotency::{Answer, IdempotencyKey};
pub use pages::{Cursor, Page, PageRequest};
pub use scope::{Actor, Customers, Principal, Reason, RequestInfo, Scope};
pub use sealing::{MasterKey, Sealer};
pub use system_tx::SystemTx;
pub use tenant_tx::TenantTx;

use pool::Pool;
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

/// The migrations, in the order in which they run.
static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// Where the database is, once for each role.
#[derive(Debug, Clone)]
pub struct DatabaseUrls {
    /// The owner: runs migrations.
    pub owner: String,
    /// `bailiwick_login`: the ordinary pool.
    pub login: String,
    /// `bailiwick_system`: the narrow other door.
    pub system: String,
}

/// How many connections each pool may hold.
#[derive(Debug, Clone, Copy)]
pub struct PoolSizes {
    /// For tenant transactions.
    pub tenant: usize,
    /// For system transactions.
    pub system: usize,
}

/// The database, and what every transaction needs beside it: the clock, ids, keys.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    tenant_pool: Pool,
    system_pool: Pool,
    tenant_options: PgConnectOptions,
    system_options: PgConnectOptions,
    sizes: PoolSizes,
    /// The tenant pools of all threads, to tell how busy they are.
    tenant_pools: Arc<Mutex<Vec<Pool>>>,
    clock: Clock,
    ids: Ids,
    sealer: Sealer,
}

impl Store {
    /// Prepares the pools; connections are made when they are first needed.
    pub fn new(
        urls: &DatabaseUrls,
        sizes: PoolSizes,
        clock: Clock,
        ids: Ids,
        sealer: Sealer,
    ) -> Result<Self> {
        let options = |url: &str| -> Result<PgConnectOptions> {
            Ok(url.parse::<PgConnectOptions>()?.application_name("bailiwick").statement_cache_capacity(500))
        };
        let pools = Arc::default();
        Self::with_pools(options(&urls.login)?, options(&urls.system)?, sizes, pools, (clock, ids, sealer))
    }

    /// The same store with pools of its own, for one of so many threads that have a runtime each. What the pools
    /// may hold is shared out among them; each may hold two connections at least, so that one slow request does
    /// not keep all others of its thread waiting.
    pub fn on_thread(&self, threads: usize) -> Result<Self> {
        let inner = &self.0;
        let share = |size: usize| size.div_ceil(threads.max(1)).max(2);
        let sizes = PoolSizes { tenant: share(inner.sizes.tenant), system: share(inner.sizes.system) };
        Self::with_pools(
            inner.tenant_options.clone(),
            inner.system_options.clone(),
            sizes,
            Arc::clone(&inner.tenant_pools),
            (inner.clock.clone(), inner.ids.clone(), inner.sealer.clone()),
        )
    }

    fn with_pools(
        tenant_options: PgConnectOptions,
        system_options: PgConnectOptions,
        sizes: PoolSizes,
        tenant_pools: Arc<Mutex<Vec<Pool>>>,
        (clock, ids, sealer): (Clock, Ids, Sealer),
    ) -> Result<Self> {
        let tenant_pool = Pool::new(tenant_options.clone(), sizes.tenant)?;
        let system_pool = Pool::new(system_options.clone(), sizes.system)?;
        tenant_pools.lock().unwrap_or_else(PoisonError::into_inner).push(tenant_pool.clone());
        Ok(Self(Arc::new(Inner {
            tenant_pool,
            system_pool,
            tenant_options,
            system_options,
            sizes,
            tenant_pools,
            clock,
            ids,
            sealer,
        })))
    }

    /// The clock that every transaction's `now` comes from.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Makes an id outside a transaction, for what must be named before it is stored.
    pub fn new_id<T: domain::ids::Id>(&self) -> T {
        self.0.ids.next(self.0.clock.now())
    }

    /// Seals and opens secrets.
    pub fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        let mut connection = self.0.system_pool.get().await?;
        connection.ping().await?;
        Ok(())
    }

    /// How many connections of the tenant pools of all threads are out, and how many there may be.
    pub fn pool_usage(&self) -> (usize, usize) {
        let pools = self.0.tenant_pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.iter().map(Pool::usage).fold((0, 0), |(used, size), pool| (used + pool.0, size + pool.1))
    }

    /// Listens for what other instances announce: `bailiwick_events` (a tenant has new events) and
    /// `bailiwick_jobs` (there is work).
    pub async fn listen(&self, channel: &str) -> Result<Listener> {
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(self.0.system_options.clone());
        let mut listener = sqlx::postgres::PgListener::connect_with(&pool).await?;
        listener.listen(channel).await?;
        Ok(Listener(listener))
    }
}

/// A subscription to announcements of other instances. It reconnects by itself.
pub struct Listener(sqlx::postgres::PgListener);

impl Listener {
    /// The payload of the next announcement; `None` after a lost connection was made again, when
    /// announcements may have been missed.
    pub async fn next(&mut self) -> Result<Option<String>> {
        Ok(self.0.try_recv().await?.map(|notification| notification.payload().to_owned()))
    }
}

/// Brings the schema up to date, as the owner. Safe to run from several instances at once.
pub async fn migrate(owner_url: &str) -> Result<()> {
    let mut connection = PgConnection::connect(owner_url).await?;
    MIGRATOR.run(&mut connection).await.map_err(StoreError::migration)?;
    connection.close().await?;
    Ok(())
}

/// Stands for the schema that [`migrate`] makes: another migration, another text.
pub fn schema_fingerprint() -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for migration in MIGRATOR.iter() {
        context.update(&migration.checksum);
    }
    hex::encode(&context.finish().as_ref()[..8])
}

/// Claims the database for a master key, as the owner: the first key stays, with any other nothing is changed.
pub async fn claim(owner_url: &str, key: &MasterKey) -> Result<()> {
    let check = key.derive("check of the master key")?;
    let mut connection = PgConnection::connect(owner_url).await?;
    sqlx::query!(
        "insert into app.installation (key_check) values ($1) on conflict do nothing",
        check.as_str()
    )
    .execute(&mut connection)
    .await?;
    let known =
        sqlx::query_scalar!("select key_check from app.installation").fetch_one(&mut connection).await?;
    connection.close().await?;
    if known == *check { Ok(()) } else { Err(StoreError::Sealed) }
}

/// Gives the two login roles their passwords, for servers that ask for one.
pub async fn set_role_passwords(owner_url: &str, login: &str, system: &str) -> Result<()> {
    let mut connection = PgConnection::connect(owner_url).await?;
    for (role, password) in [("bailiwick_login", login), ("bailiwick_system", system)] {
        // ALTER ROLE takes no parameters; the passwords are hexadecimal by construction.
        if !password.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(StoreError::Invalid("role passwords must be hexadecimal"));
        }
        let statement = format!("alter role {role} password '{password}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}
