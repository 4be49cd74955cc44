//! The database: the one that is configured, or a private cluster of our own.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path, time::Duration};

use cluster::{Binaries, Cluster};
use secrecy::{ExposeSecret as _, SecretString};
use store::{Clock, DatabaseUrls, Ids, MasterKey, PoolSizes, Sealer, Store, StoreError};

use crate::{
    config::{Config, DatabaseConfig},
    failure::{Failure, Result},
};

const DATABASE: &str = "bailiwick";

/// An open database with its schema up to date.
pub struct Database {
    /// The store.
    pub store: Store,
    urls: DatabaseUrls,
    sizes: PoolSizes,
    cluster: Option<Cluster>,
}

impl Database {
    /// Opens the database and brings its schema up to date.
    pub async fn open(config: &Config) -> Result<Self> {
        let (cluster, master_key, urls) = if let Some(url) = &config.database.url {
            let key = configured_key(config)?;
            let urls = external_urls(&config.database, url, &key)?;
            (None, key, urls)
        } else {
            let home = config.data_dir.join("postgres");
            let cluster = actix_web::web::block(move || start_cluster(&home))
                .await
                .map_err(|error| Failure::during("the private database cannot be started", error))??;
            let key = match &config.master_key {
                Some(_) => configured_key(config)?,
                None => key_file(&config.data_dir)?,
            };
            let urls = DatabaseUrls {
                owner: cluster.url(DATABASE, cluster::SUPERUSER),
                login: cluster.url(DATABASE, "bailiwick_login"),
                system: cluster.url(DATABASE, "bailiwick_system"),
            };
            (Some(cluster), key, urls)
        };
        migrate(&urls).await?;
        store::claim(&urls.owner, &master_key).await.map_err(|error| match error {
            StoreError::Sealed => Failure::new(
                "the master key is not the one that this database was set up with; nothing has been changed",
            ),
            error => Failure::during("the database cannot be prepared", error),
        })?;
        if cluster.is_none() {
            set_passwords(&config.database, &urls, &master_key).await?;
        }
        let sizes =
            PoolSizes { tenant: config.database.connections, system: config.database.system_connections };
        let store = Store::new(&urls, sizes, Clock::system(), Ids::random(), Sealer::new(master_key))?;
        store.ping().await.map_err(|error| Failure::during("the database cannot be reached", error))?;
        Ok(Self { store, urls, sizes, cluster })
    }

    /// Another store on the same database, with a clock and ids of its own.
    pub fn store_with(&self, clock: Clock, ids: Ids) -> Result<Store> {
        Ok(Store::new(&self.urls, self.sizes, clock, ids, self.store.sealer().clone())?)
    }

    /// Stops a private cluster; leaves any other as it is.
    pub async fn close(self) -> Result<()> {
        let Some(cluster) = self.cluster else { return Ok(()) };
        actix_web::web::block(move || cluster.stop())
            .await
            .map_err(|error| Failure::during("the private database cannot be stopped", error))??;
        Ok(())
    }
}

fn start_cluster(home: &Path) -> Result<Cluster> {
    let binaries = Binaries::locate(&cluster::default_cache_dir())?;
    let cluster = Cluster::start(&cluster::Options::new(home, binaries))?;
    let query = |sql: &str| cluster::simple_query(cluster.socket_dir(), "postgres", cluster::SUPERUSER, sql);
    let known = query("select 1 from pg_database where datname = 'bailiwick'")?;
    if known.is_empty() {
        query("create database bailiwick")?;
    }
    Ok(cluster)
}

/// A server that has just been started by somebody else may not answer at once.
async fn migrate(urls: &DatabaseUrls) -> Result<()> {
    let mut tries = 0;
    loop {
        match store::migrate(&urls.owner).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_transient() && tries < 20 => {
                tries += 1;
                tracing::warn!(%error, "the database does not answer yet");
                actix_web::rt::time::sleep(Duration::from_millis(500)).await;
            }
            Err(error) => return Err(Failure::during("the database cannot be prepared", error)),
        }
    }
}

fn configured_key(config: &Config) -> Result<MasterKey> {
    let key = config.master_key.as_ref().map(|key| MasterKey::from_hex(key.expose_secret()));
    key.flatten().ok_or_else(|| {
        Failure::new(
            "with a database of its own, the server needs `master_key` (BAILIWICK_MASTER_KEY): 64 hexadecimal digits, \
             as `openssl rand -hex 32` prints them, the same for every process of the installation. Keep it: without it \
             no secret in the database can be opened",
        )
    })
}

/// The key beside a private cluster, made at the first start.
fn key_file(data_dir: &Path) -> Result<MasterKey> {
    let path = data_dir.join("master.key");
    if path.exists() {
        let text = fs::read_to_string(&path)?;
        return MasterKey::from_hex(&text)
            .ok_or_else(|| Failure::new(format!("{} does not hold a master key", path.display())));
    }
    let (key, text) = MasterKey::generate()?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(key)
}

fn role_password(key: &MasterKey, role: &str) -> Result<String> {
    Ok(key.derive(&format!("database role {role}"))?.to_string())
}

fn external_urls(config: &DatabaseConfig, owner: &SecretString, key: &MasterKey) -> Result<DatabaseUrls> {
    let owner = owner.expose_secret();
    let derived = |given: &Option<SecretString>, role: &str| -> Result<String> {
        match given {
            Some(url) => Ok(url.expose_secret().to_owned()),
            None => with_user(owner, role, &role_password(key, role)?),
        }
    };
    Ok(DatabaseUrls {
        owner: owner.to_owned(),
        login: derived(&config.login_url, "bailiwick_login")?,
        system: derived(&config.system_url, "bailiwick_system")?,
    })
}

/// The same address with another user.
fn with_user(url: &str, user: &str, password: &str) -> Result<String> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| {
        Failure::new("`database.url` must be like `postgres://user:password@host/database`")
    })?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Ok(format!("{scheme}://{user}:{password}@{host}{path}"))
}

async fn set_passwords(config: &DatabaseConfig, urls: &DatabaseUrls, key: &MasterKey) -> Result<()> {
    if config.login_url.is_some() && config.system_url.is_some() {
        return Ok(());
    }
    store::set_role_passwords(
        &urls.owner,
        &role_password(key, "bailiwick_login")?,
        &role_password(key, "bailiwick_system")?,
    )
    .await
    .map_err(|error| {
        Failure::during(
            "the owner may not set the passwords of the roles bailiwick_login and bailiwick_system (give \
             `database.login_url` and `database.system_url` instead)",
            error,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_user_at_the_same_place() {
        let swap = |url| with_user(url, "u", "p").unwrap();
        assert_eq!(
            swap("postgres://a:b@db:5432/x?sslmode=require"),
            "postgres://u:p@db:5432/x?sslmode=require"
        );
        assert_eq!(swap("postgres://db/x"), "postgres://u:p@db/x");
        assert_eq!(swap("postgres://a@localhost/x?host=/run/pg"), "postgres://u:p@localhost/x?host=/run/pg");
        assert!(with_user("db/x", "u", "p").is_err());
    }
}
