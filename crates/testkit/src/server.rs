//! The database server of the tests.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use cluster::{Binaries, Cluster, Options, SUPERUSER};

use crate::{Sql, relay};

const VARIABLE: &str = "BAILIWICK_TEST_DATABASE_URL";

/// A server that is there as long as this value lives.
pub(crate) struct Server {
    /// The superuser's address of the database `postgres`.
    url: String,
    /// Present where the server is ours, not that of the environment.
    _shared: Option<Shared>,
}

impl Server {
    /// The server of this process, found or started for the first who asks.
    pub(crate) async fn get() -> Arc<Self> {
        static CURRENT: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        if let Some(server) = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).upgrade() {
            return server;
        }
        let server = Arc::new(match std::env::var(VARIABLE) {
            Ok(url) if !url.is_empty() => Self { url, _shared: None },
            _ => Self::shared().await,
        });
        // Another thread may have been quicker; then both hold the shared server, which does no harm.
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&server);
        server
    }

    async fn shared() -> Self {
        let started = tokio::task::spawn_blocking(Shared::acquire).await.expect("the thread ends well");
        let shared = started.unwrap_or_else(|error| {
            panic!(
                "there is no PostgreSQL for the tests: {error}\n\
                 `cargo xtask test` brings one along; or set {VARIABLE} to a superuser's URL of the database \
                 `postgres` of a server that may be used for tests"
            )
        });
        Self { url: shared.url.clone(), _shared: Some(shared) }
    }

    /// The address of a database for a user, with the password if the server asks for one.
    pub(crate) fn url(&self, database: &str, user: Option<(&str, &str)>) -> String {
        replaced(&self.url, database, user).unwrap_or_else(|| panic!("{VARIABLE} is not a URL: {}", self.url))
    }

    /// The same by way of a relay in this runtime; see [`relay`](crate::relay).
    pub(crate) async fn relayed_url(&self, database: &str, user: (&str, &str)) -> String {
        let address = relay::start(&self.url).await;
        let url = self.url(database, Some(user));
        let (scheme, userinfo, ..) = parts(&url).expect("the URL is well formed");
        format!("{scheme}://{userinfo}@{address}/{database}?sslmode=disable")
    }

    /// Whether the server asks for passwords.
    pub(crate) fn asks_for_passwords(&self) -> bool {
        parts(&self.url).is_some_and(|(_, userinfo, ..)| userinfo.contains(':'))
    }
}

/// Scheme, user and password, host and port, parameters with their question mark.
fn parts(url: &str) -> Option<(&str, &str, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let (rest, parameters) = rest.find('?').map_or((rest, ""), |at| rest.split_at(at));
    let (authority, _database) = rest.split_once('/').unwrap_or((rest, ""));
    let (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    Some((scheme, userinfo, host, parameters))
}

fn replaced(url: &str, database: &str, user: Option<(&str, &str)>) -> Option<String> {
    let (scheme, userinfo, host, parameters) = parts(url)?;
    let userinfo = match user {
        None => userinfo.to_owned(),
        Some((name, _)) if !userinfo.contains(':') => name.to_owned(),
        Some((name, password)) => format!("{name}:{password}"),
    };
    Some(format!("{scheme}://{userinfo}@{host}/{database}{parameters}"))
}

/// A private cluster that several test processes use. Whoever needs it holds a shared lock on a file; who
/// lets go last stops it. Its data stay, so that the next run finds the migrated template.
struct Shared {
    url: String,
    home: PathBuf,
    users: File,
    /// In the process that has started it.
    cluster: Option<Cluster>,
}

impl Shared {
    fn acquire() -> Result<Self, String> {
        let home = directory()?.join("test-database");
        let open = |name: &str| -> Result<File, String> {
            let path = home.with_file_name(name);
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            options.open(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let users = open("test-database.users")?;
        users.lock_shared().map_err(|error| format!("the database's users cannot be counted: {error}"))?;
        let starting = open("test-database.start")?;
        starting.lock().map_err(|error| format!("the database cannot be started alone: {error}"))?;
        let address = home.with_file_name("test-database.url");
        if let Some(url) = running(&address) {
            return Ok(Self { url, home, users, cluster: None });
        }
        let binaries = Binaries::locate(&cluster::default_cache_dir()).map_err(|error| error.to_string())?;
        let cluster = Cluster::start(&Options::fast(&home, binaries)).map_err(|error| error.to_string())?;
        let url = cluster.url("postgres", SUPERUSER);
        fs::write(&address, &url).map_err(|error| format!("{}: {error}", address.display()))?;
        Ok(Self { url, home, users, cluster: Some(cluster) })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(cluster) = self.cluster.take() {
            cluster.leave_running();
        }
        match self.users.try_lock() {
            Ok(()) => {
                if let Err(error) = cluster::stop(&self.home) {
                    eprintln!("the tests' PostgreSQL is still running: {error}");
                }
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => eprintln!("the tests' PostgreSQL is still running: {error}"),
        }
    }
}

/// The address of the server that is running, if one is.
fn running(address: &Path) -> Option<String> {
    let url = fs::read_to_string(address).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(Sql::try_connect(&url)).ok().map(|_| url)
}

/// The target directory: test programs lie in `target/<profile>/deps`.
fn directory() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    program
        .ancestors()
        .nth(3)
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("{} is not in a target directory", program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_for_other_users_and_databases() {
        let swap = |url| replaced(url, "d", Some(("u", "p"))).unwrap();
        assert_eq!(
            swap("postgres://o@localhost/postgres?host=/run/pg"),
            "postgres://u@localhost/d?host=/run/pg"
        );
        assert_eq!(swap("postgres://o:secret@db:5432/postgres"), "postgres://u:p@db:5432/d");
        assert_eq!(
            replaced("postgres://o:secret@db/postgres", "d", None).unwrap(),
            "postgres://o:secret@db/d"
        );
    }
}
