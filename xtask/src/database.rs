//! Throw-away databases for tests and checks.

use std::path::{Path, PathBuf};

use cluster::{Cluster, Options, SUPERUSER};

use crate::{Result, tools};

/// A fast cluster without a past, and without a future: its directory is deleted when it is dropped.
pub struct Temporary {
    // Stopped before its directory is deleted.
    cluster: Option<Cluster>,
    home: PathBuf,
}

impl Temporary {
    /// Starts it in `home`, instead of whatever a killed run left there.
    pub fn start(home: &Path) -> Result<Self> {
        cluster::remove(home)?;
        let cluster = Cluster::start(&Options::fast(home, tools::postgres()?))?;
        Ok(Self { cluster: Some(cluster), home: home.to_path_buf() })
    }

    /// The running cluster.
    pub fn cluster(&self) -> Result<&Cluster> {
        self.cluster.as_ref().ok_or_else(|| "the database was stopped".into())
    }

    /// The superuser's URL of a database.
    pub fn url(&self, database: &str) -> Result<String> {
        Ok(self.cluster()?.url(database, SUPERUSER))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(self.cluster.take());
        if let Err(error) = cluster::remove(&self.home) {
            eprintln!("warning: {error}");
        }
    }
}
