//! Start, stop, crash and start again, with a real server.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cluster::{Cluster, Error, Options, SUPERUSER, simple_query};
use common::{ask, binaries, open_dir, options, stopped_home};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
}

fn alive(pid: u32) -> bool {
    kill(Pid::from_raw(pid.try_into().unwrap()), None).is_ok()
}

#[test]
fn a_fresh_cluster_is_as_promised_and_keeps_its_data() {
    let dir = open_dir();
    let home = dir.path().join("made/on/demand");
    let durable = || Options::new(&home, binaries());
    let cluster = Cluster::start(&durable()).unwrap();
    let major: u32 = ask(&cluster, "show server_version_num").parse::<u32>().unwrap() / 10_000;
    assert_eq!(major, cluster.version().major);
    for (setting, value) in [
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("TimeZone", "UTC"),
    ] {
        assert_eq!(ask(&cluster, &format!("show {setting}")), value, "{setting}");
    }
    assert_eq!(ask(&cluster, "select current_user"), SUPERUSER);
    // Letters beyond ASCII are known, and the order is that of the code points.
    assert_eq!(ask(&cluster, "select lower('ÄÖ')"), "äö");
    assert_eq!(ask(&cluster, "select 'Z' < 'a'"), "t");
    let mode = fs::metadata(cluster.socket_dir()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    ask(&cluster, "create table kept (n int); insert into kept values (42)");
    cluster.stop().unwrap();

    let again = Cluster::start(&durable()).unwrap();
    assert_eq!(ask(&again, "select n from kept"), "42");
    let pid = again.pid();
    drop(again);
    assert!(!alive(pid), "dropping stops the server");
}

#[test]
fn fast_and_further_settings_reach_the_server() {
    let dir = open_dir();
    let mut options = options(&dir.path().join("home"));
    options.settings.push(("work_mem".to_owned(), "7MB".to_owned()));
    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(ask(&cluster, "show fsync"), "off");
    assert_eq!(ask(&cluster, "show work_mem"), "7MB");
}

#[test]
fn the_url_works_for_psql() {
    let dir = open_dir();
    let cluster = Cluster::start(&options(&dir.path().join("a home, with @ signs"))).unwrap();
    ask(&cluster, "create database \"a b\"");
    let mut psql = Command::new("psql");
    psql.args(["-AtXc", "select current_database()"]).arg(cluster.url("a b", SUPERUSER));
    match psql.output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(String::from_utf8_lossy(&output.stdout), "a b\n");
        }
        Err(e) => eprintln!("psql is not installed ({e}): the URL was not tried"),
    }
}

#[test]
fn refused_queries_say_why() {
    let dir = open_dir();
    let cluster = Cluster::start(&options(&dir.path().join("home"))).unwrap();
    let error = simple_query(cluster.socket_dir(), "postgres", SUPERUSER, "select nothing").unwrap_err();
    assert!(matches!(&error, Error::Refused { code, .. } if code == "42703"), "{error}");
    let error = simple_query(cluster.socket_dir(), "missing", SUPERUSER, "select 1").unwrap_err();
    assert!(matches!(&error, Error::Refused { code, .. } if code == "3D000"), "{error}");
    assert_eq!(ask(&cluster, "select 1; select null, 'x'"), ",x");
}

#[test]
fn a_killed_server_starts_again_with_what_was_committed() {
    let dir = open_dir();
    let home = dir.path().join("home");
    let mut cluster = Cluster::start(&Options::new(&home, binaries())).unwrap();
    ask(&cluster, "create table kept (n int); insert into kept values (42)");
    assert!(cluster.ended().is_none());
    send(cluster.pid(), Signal::SIGKILL);
    let begin = Instant::now();
    while cluster.ended().is_none() && begin.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(cluster.ended().is_some(), "the end is noticed");
    cluster.stop().unwrap();
    let again = Cluster::start(&Options::new(&home, binaries())).unwrap();
    assert_eq!(ask(&again, "select n from kept"), "42");
}

/// The role of the process that is killed in the next test; alone it does nothing.
#[test]
fn helper_that_waits_to_be_killed() {
    let Some(home) = std::env::var_os("CLUSTER_TEST_HELPER_HOME") else { return };
    let cluster = Cluster::start(&options(home.as_ref())).unwrap();
    ask(&cluster, "create table kept (n int); insert into kept values (42)");
    fs::write(std::env::var_os("CLUSTER_TEST_HELPER_READY").unwrap(), cluster.pid().to_string()).unwrap();
    std::thread::sleep(Duration::from_mins(1));
}

#[test]
fn a_server_left_behind_by_a_killed_process_is_stopped_and_started_again() {
    let dir = open_dir();
    let (home, ready) = (dir.path().join("home"), dir.path().join("ready"));
    let mut helper = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helper_that_waits_to_be_killed"])
        .env("CLUSTER_TEST_HELPER_HOME", &home)
        .env("CLUSTER_TEST_HELPER_READY", &ready)
        .spawn()
        .unwrap();
    let begin = Instant::now();
    let left_behind: u32 = loop {
        match fs::read_to_string(&ready).unwrap_or_default().parse() {
            Ok(pid) => break pid,
            Err(_) if begin.elapsed() < Duration::from_secs(50) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(e) => panic!("the helper did not start its server: {e}"),
        }
    };
    let error = Cluster::start(&options(&home)).unwrap_err().to_string();
    assert!(error.contains("another bailiwick is using"), "{error}");
    assert!(error.contains(&format!("pid {}", helper.id())), "{error}");

    helper.kill().unwrap();
    helper.wait().unwrap();
    assert!(alive(left_behind), "the server survives its parent");
    let again = Cluster::start(&options(&home)).unwrap();
    assert_ne!(again.pid(), left_behind);
    assert_eq!(ask(&again, "select n from kept"), "42");
}

#[test]
fn a_stale_pid_file_of_a_dead_process_or_a_stranger_is_no_obstacle() {
    let dir = open_dir();
    let home = stopped_home(&dir);
    let owner = fs::metadata(home.join("pgdata")).unwrap();
    // The server respects a number only if the process is of its own user.
    let mut sleep = Command::new("sleep");
    if nix::unistd::geteuid().is_root() {
        sleep.uid(owner.uid());
    }
    let mut stranger = sleep.arg("60").spawn().unwrap();
    starts_with_pid_file_of(&home, stranger.id());
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was harmed");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    starts_with_pid_file_of(&home, stranger.id());
}

fn starts_with_pid_file_of(home: &Path, pid: u32) {
    let data = home.join("pgdata");
    let file = data.join("postmaster.pid");
    fs::write(&file, format!("{pid}\n{}\n1\n5432\n/tmp\n\n", data.display())).unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let owner = fs::metadata(&data).unwrap();
    chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
    let cluster = Cluster::start(&options(home)).unwrap();
    assert_eq!(ask(&cluster, "select n from kept"), "42");
    cluster.stop().unwrap();
}

#[test]
fn an_interrupted_initdb_leaves_nothing_that_matters() {
    let dir = open_dir();
    let home = dir.path().join("home");
    fs::create_dir_all(home.join("pgdata.unfinished/base")).unwrap();
    fs::set_permissions(&home, PermissionsExt::from_mode(0o711)).unwrap();
    let cluster = Cluster::start(&options(&home)).unwrap();
    assert_eq!(ask(&cluster, "select 1"), "1");
    assert!(!home.join("pgdata.unfinished").exists());
}

#[test]
fn removing_stops_and_deletes() {
    let dir = open_dir();
    let home = stopped_home(&dir);
    assert!(cluster::is_home(&home));
    let running = Cluster::start(&options(&home)).unwrap();
    assert!(matches!(cluster::remove(&home), Err(Error::Locked { .. })));
    running.stop().unwrap();
    cluster::remove(&home).unwrap();
    assert!(!home.exists());
}
