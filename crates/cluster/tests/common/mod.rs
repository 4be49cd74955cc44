//! What the tests with a real server share.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cluster::{Binaries, Cluster, Options, SUPERUSER, simple_query};
use tempfile::TempDir;

/// A directory that the server's user can pass through, also when the tests run as root.
pub fn open_dir() -> TempDir {
    let dir = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o711)).unwrap();
    dir
}

pub fn binaries() -> Binaries {
    Binaries::locate(&cluster::default_cache_dir()).unwrap()
}

pub fn options(home: &Path) -> Options {
    Options::fast(home, binaries())
}

pub fn ask(cluster: &Cluster, sql: &str) -> String {
    let rows = simple_query(cluster.socket_dir(), "postgres", SUPERUSER, sql).unwrap();
    rows.into_iter().flatten().map(Option::unwrap_or_default).collect::<Vec<_>>().join(",")
}

/// A home with the table `kept` holding one row, and no server.
pub fn stopped_home(dir: &TempDir) -> PathBuf {
    let home = dir.path().join("home");
    let cluster = Cluster::start(&options(&home)).unwrap();
    ask(&cluster, "create table kept (n int); insert into kept values (42)");
    cluster.stop().unwrap();
    home
}
