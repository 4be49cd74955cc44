//! A private `PostgreSQL` cluster: for newcomers, the demo and the tests.
//!
//! `PostgreSQL` runs as a child of the calling process, listens on a Unix socket only, and keeps
//! everything below one directory, the *home* of the cluster:
//!
//! ```text
//! home/
//!   pgdata/          the data directory of PostgreSQL
//!   run/             the socket (elsewhere when the path is too long for a socket)
//!   postgres.log     what the server says
//!   bailiwick.lock   held while a process of ours uses this home
//! ```
//!
//! ```no_run
//! use cluster::{Binaries, Cluster, Options};
//!
//! let binaries = Binaries::locate(&cluster::default_cache_dir())?;
//! let cluster = Cluster::start(&Options::new("var/demo/postgres", binaries))?;
//! println!("{}", cluster.url("postgres", cluster::SUPERUSER));
//! cluster.stop()?;
//! # Ok::<(), cluster::Error>(())
//! ```
//!
//! Who may connect is decided by the file system: the socket lies in a directory that only the
//! server's user (and root) can enter, and everyone who can enter it is trusted. `peer`
//! authentication would compare system users with roles, and fails where root starts a server that
//! has to run as `postgres` or `nobody`.
//!
//! All calls block; asynchronous callers use a blocking thread.

mod binaries;
mod command;
mod disk;
mod error;
mod home;
mod initdb;
mod lock;
mod npm;
mod postmaster;
mod server;
mod user;
mod wire;

pub use binaries::{Binaries, MINIMUM_MAJOR, Version, default_cache_dir};
pub use error::Error;
pub use home::{is_home, remove, stop};
pub use server::{Cluster, Durability, Options};
pub use wire::{Rows, Session, simple_query};

/// The superuser of every private cluster.
pub const SUPERUSER: &str = "bailiwick_owner";
