//! Starting and stopping the server.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::binaries::{Binaries, Version};
use crate::command::server_command;
use crate::home::{Home, SOCKET};
use crate::initdb::initdb;
use crate::lock::{self, Lock};
use crate::user::ServerUser;
use crate::wire::Session;
use crate::{Error, SUPERUSER, disk, postmaster};

/// How long a server may take to accept connections, which after a crash includes the repair.
const START_PATIENCE: Duration = Duration::from_mins(5);

/// How long processes of a killed server may hold on to its memory.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(20);

/// How long a fast shutdown may take, which includes writing everything to disk.
const STOP_PATIENCE: Duration = Duration::from_mins(1);

/// A longer log is set aside at the next start.
const LOG_LIMIT: u64 = 10 << 20;

/// What a crash may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    Durable,
    /// Everything: for tests, which are faster so.
    Fast,
}

/// How to start a cluster.
#[derive(Debug, Clone)]
pub struct Options {
    /// The home of the cluster; made when it does not exist.
    pub data_dir: PathBuf,
    /// The server's programs. Existing data of another major version get the programs of that version, if
    /// the machine has them.
    pub binaries: Binaries,
    /// What a crash may cost.
    pub durability: Durability,
    /// Further settings of the server, as in `("max_connections", "50")`; they override ours.
    pub settings: Vec<(String, String)>,
    /// Bytes that must be free on the disk; 200 MB unless changed.
    pub minimum_free_bytes: u64,
}

impl Options {
    /// A durable cluster in `data_dir` with the settings of the server.
    pub fn new(data_dir: impl Into<PathBuf>, binaries: Binaries) -> Self {
        Self {
            data_dir: data_dir.into(),
            binaries,
            durability: Durability::Durable,
            settings: Vec::new(),
            minimum_free_bytes: 200_000_000,
        }
    }

    /// The same for tests: fast, many connections, nothing survives a crash.
    pub fn fast(data_dir: impl Into<PathBuf>, binaries: Binaries) -> Self {
        let settings = vec![("max_connections".to_owned(), "300".to_owned())];
        Self { durability: Durability::Fast, settings, ..Self::new(data_dir, binaries) }
    }
}

/// A running server. Dropping it stops the server.
#[derive(Debug)]
pub struct Cluster {
    // Declared before the lock: the server is stopped before others may start one.
    server: Server,
    home: Home,
    socket_dir: PathBuf,
    version: Version,
    _lock: Lock,
}

impl Cluster {
    /// Starts the server, after making its data directory if there is none. A server that an earlier process
    /// left behind (as after `kill -9`) is stopped first.
    pub fn start(options: &Options) -> Result<Self, Error> {
        disk::require(&options.data_dir, options.minimum_free_bytes)?;
        let user = ServerUser::choose(&options.data_dir.join("pgdata"))?;
        let home = Home::prepare(&options.data_dir, &user)?;
        disk::require(&home.path, options.minimum_free_bytes)?;
        let lock = Lock::take(&home.path)?;
        user.own(&home.path.join(lock::FILE))?;
        let binaries = if let Some(found) = existing_version(&home.data())? {
            binaries_for(&options.binaries, &found, &home.data())?
        } else {
            let sync = options.durability == Durability::Durable;
            initdb(&home, &options.binaries, &user, sync)?;
            options.binaries.clone()
        };
        postmaster::stop_remaining(&home.data())?;
        let socket_dir = home.make_socket_dir(&user)?;
        let start = Start { home: &home, socket_dir: &socket_dir, user: &user, options };
        let server = start.run(&binaries)?;
        let version = binaries.version().clone();
        tracing::info!(home = %home.path.display(), %version, pid = server.child.id(), "PostgreSQL is ready");
        Ok(Self { server, home, socket_dir, version, _lock: lock })
    }

    /// The directory of the Unix socket, as `PGHOST` takes it.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// A URL for sqlx and libpq.
    pub fn url(&self, database: &str, user: &str) -> String {
        let host = percent_encoded(&self.socket_dir.to_string_lossy());
        format!("postgres://{}@localhost/{}?host={host}", percent_encoded(user), percent_encoded(database))
    }

    /// The version of the server.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The file with the server's messages.
    pub fn log(&self) -> PathBuf {
        self.home.log()
    }

    /// The process of the server.
    pub fn pid(&self) -> u32 {
        self.server.child.id()
    }

    /// How the server ended, if it did without being asked to.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.server.child.try_wait().ok().flatten()
    }

    /// Leaves the server running and lets go of its home, for other processes that use it. Who comes last
    /// stops it with [`stop`](crate::stop).
    pub fn leave_running(self) {
        let Self { server, .. } = self;
        std::mem::forget(server);
    }

    /// Stops the server: open transactions are rolled back, everything is written to disk. Waits for it.
    pub fn stop(mut self) -> Result<(), Error> {
        self.server.stop()
    }
}

/// The server's process, stopped when dropped.
#[derive(Debug)]
struct Server {
    child: Child,
    /// The socket's directory if it is outside the home: nothing is left of it afterwards.
    temporary: Option<PathBuf>,
}

impl Server {
    fn stop(&mut self) -> Result<(), Error> {
        let pid = self.child.id();
        self.signal(Signal::SIGINT);
        if self.ends_within(STOP_PATIENCE) {
            if let Some(directory) = &self.temporary {
                // Empty after an orderly end; otherwise the next start uses what is there.
                let _ = fs::remove_dir(directory);
            }
            return Ok(());
        }
        // Immediate shutdown: like a power failure, but for all of its processes.
        self.signal(Signal::SIGQUIT);
        if !self.ends_within(Duration::from_secs(10)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        Err(Error::NotStopped { pid, seconds: STOP_PATIENCE.as_secs() })
    }

    /// Signals the process unless it has ended: its number could belong to another by then.
    fn signal(&mut self, signal: Signal) {
        let alive = self.child.try_wait().is_ok_and(|ended| ended.is_none());
        if let Some(pid) = i32::try_from(self.child.id()).ok().filter(|_| alive) {
            // It may end in between, which is what we want of it.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    fn ends_within(&mut self, patience: Duration) -> bool {
        let begin = Instant::now();
        loop {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            if begin.elapsed() > patience {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::error!(%error, "stopping PostgreSQL");
        }
    }
}

/// The major version that made the data, or `None` when there are no data yet.
fn existing_version(data: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(data.join("PG_VERSION")) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            // An empty directory may stand there: initdb's result takes its place by a rename.
            match fs::read_dir(data).map(|mut entries| entries.next().is_none()) {
                Ok(true) => Ok(None),
                Ok(false) => Err(Error::ForeignDirectory { path: data.to_path_buf() }),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(Error::io("read", data)(e)),
            }
        }
        Err(e) => Err(Error::io("read the version in", data)(e)),
    }
}

fn binaries_for(given: &Binaries, found: &str, data: &Path) -> Result<Binaries, Error> {
    let matching = found.parse().ok().and_then(|major| given.of_major(major));
    matching.ok_or_else(|| Error::OtherVersion {
        path: data.to_path_buf(),
        found: found.to_owned(),
        binaries: given.version().major,
    })
}

/// What is needed to start a server on existing data.
struct Start<'a> {
    home: &'a Home,
    socket_dir: &'a Path,
    user: &'a ServerUser,
    options: &'a Options,
}

/// What came of one attempt.
enum Attempt {
    Ready(Server),
    /// Processes of a killed server still hold its memory; they are about to end.
    Orphans(Error),
}

impl Start<'_> {
    fn run(&self, binaries: &Binaries) -> Result<Server, Error> {
        let begin = Instant::now();
        loop {
            match self.attempt(binaries)? {
                Attempt::Ready(server) => return Ok(server),
                Attempt::Orphans(error) if begin.elapsed() > ORPHAN_PATIENCE => return Err(error),
                Attempt::Orphans(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    fn attempt(&self, binaries: &Binaries) -> Result<Attempt, Error> {
        // No server of ours runs, so these are of a dead one; the number in the lock may be a stranger's.
        for name in [SOCKET.to_owned(), format!("{SOCKET}.lock")] {
            let path = self.socket_dir.join(name);
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Error::io("delete", &path)(e)),
                _ => {}
            }
        }
        let path = self.home.log();
        let (log, offset) = open_log(&path).map_err(Error::io("write", &path))?;
        self.user.own(&path)?;
        let mut server = self.spawn(binaries, log)?;
        let begin = Instant::now();
        let problem = loop {
            if let Ok(Some(status)) = server.child.try_wait() {
                break format!("ended while starting ({status})");
            }
            match Session::connect(self.socket_dir, "postgres", SUPERUSER, Some(Duration::from_secs(5))) {
                Ok(_) => return Ok(Attempt::Ready(server)),
                // The socket is not there yet, or the server is repairing its files.
                Err(_) if begin.elapsed() < START_PATIENCE => std::thread::sleep(Duration::from_millis(20)),
                Err(error) => break format!("was not ready after {} s: {error}", START_PATIENCE.as_secs()),
            }
        };
        let tail = tail_of(&path, offset);
        let orphans = tail.contains("pre-existing shared memory block");
        let error = Error::NotStarted { problem, log: path, tail };
        if orphans { Ok(Attempt::Orphans(error)) } else { Err(error) }
    }

    fn spawn(&self, binaries: &Binaries, log: File) -> Result<Server, Error> {
        let program = binaries.postgres();
        let mut command = server_command(&program, self.user);
        command.arg("-D").arg(self.home.data());
        for (name, value) in self.settings() {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let both = log.try_clone().map_err(Error::io("write", &self.home.log()))?;
        command.stdin(std::process::Stdio::null()).stdout(both).stderr(log);
        let child = command.spawn().map_err(Error::io("run", &program))?;
        let temporary =
            (!self.socket_dir.starts_with(&self.home.path)).then(|| self.socket_dir.to_path_buf());
        Ok(Server { child, temporary })
    }

    fn settings(&self) -> Vec<(String, String)> {
        let socket_dir = self.socket_dir.to_string_lossy();
        let mut settings: Vec<(&str, String)> = vec![
            ("listen_addresses", String::new()),
            ("port", "5432".to_owned()),
            // A list, whose elements may be quoted.
            ("unix_socket_directories", format!("\"{socket_dir}\"")),
            ("unix_socket_permissions", "0700".to_owned()),
            ("logging_collector", "off".to_owned()),
            ("log_destination", "stderr".to_owned()),
            ("timezone", "UTC".to_owned()),
            ("log_timezone", "UTC".to_owned()),
        ];
        if self.options.durability == Durability::Fast {
            settings.extend(
                ["fsync", "synchronous_commit", "full_page_writes"].map(|name| (name, "off".to_owned())),
            );
        }
        let ours = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
        ours.chain(self.options.settings.iter().cloned()).collect()
    }
}

/// The log, to be continued, and its length so far.
fn open_log(path: &Path) -> io::Result<(File, u64)> {
    if fs::metadata(path).is_ok_and(|m| m.len() > LOG_LIMIT) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    let log = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let length = log.metadata()?.len();
    Ok((log, length))
}

/// The last lines of the log that were written since `offset`.
fn tail_of(log: &Path, offset: u64) -> String {
    const LINES: usize = 20;
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(offset.max(length.saturating_sub(1 << 16))))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_else(|e| format!("(the log cannot be read: {e})"));
    let lines: Vec<&str> = text.lines().collect();
    let tail = &lines[lines.len().saturating_sub(LINES)..];
    if tail.is_empty() { "(nothing was logged)".to_owned() } else { tail.join("\n") }
}

/// Everything but unreserved characters, so that it fits any part of a URL.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_encoded() {
        assert_eq!(percent_encoded("/a b/ü?&"), "%2Fa%20b%2F%C3%BC%3F%26");
    }

    #[test]
    fn the_tail_is_that_of_this_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, "old\n").unwrap();
        assert_eq!(tail_of(&path, 4), "(nothing was logged)");
        let many = (1..=50).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        fs::write(&path, format!("old\n{many}")).unwrap();
        let tail = tail_of(&path, 4);
        assert_eq!((tail.lines().next(), tail.lines().last()), (Some("line 31"), Some("line 50")));
    }
}
