//! The directory that holds everything of one cluster.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::lock::{self, Lock};
use crate::user::{ServerUser, name_of};
use crate::{Error, postmaster};

/// Where root's clusters go when their place is closed to the user that runs the server, as below `/root`.
const SYSTEM_STATE: &str = "/var/lib/bailiwick";

/// The name of the socket within its directory.
pub(crate) const SOCKET: &str = ".s.PGSQL.5432";

/// The longest path of a socket that every system takes (macOS: 103 bytes, Linux: 107).
const SOCKET_PATH_LIMIT: usize = 100;

/// A cluster's directory, absolute and free of symbolic links.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) path: PathBuf,
}

impl Home {
    /// Creates the directory if needed and resolves it. Below a directory that the server's user cannot
    /// enter, root gets a place in `/var/lib/bailiwick` and `path` becomes a link to it.
    pub(crate) fn prepare(path: &Path, user: &ServerUser) -> Result<Self, Error> {
        let path = &std::path::absolute(path).map_err(Error::io("resolve", path))?;
        if path.join("PG_VERSION").exists() {
            return Err(Error::BareDataDirectory { path: path.clone() });
        }
        match fs::symlink_metadata(path) {
            Ok(_) => {
                let home = Self::resolve(path)?;
                if !user.switch || user.blocked_at(&home.path).is_none() {
                    return Ok(home);
                }
                // Nothing in it yet: it can give way to a link.
                if fs::remove_dir(path).is_err() {
                    user.require_way_to(&home.path)?;
                    return Ok(home);
                }
                relocate(path, user)?;
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let parent = path.parent().unwrap_or(path);
                fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
                if user.switch && user.blocked_at(parent).is_some() {
                    relocate(path, user)?;
                } else {
                    create(path, user)?;
                }
            }
            Err(e) => return Err(Error::io("examine", path)(e)),
        }
        Self::resolve(path)
    }

    /// The home at `path`, which exists.
    pub(crate) fn resolve(path: &Path) -> Result<Self, Error> {
        Ok(Self { path: path.canonicalize().map_err(Error::io("resolve", path))? })
    }

    /// The data directory of `PostgreSQL`.
    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("pgdata")
    }

    /// Where `initdb` works before its result is renamed to [`Self::data`].
    pub(crate) fn unfinished_data(&self) -> PathBuf {
        self.path.join("pgdata.unfinished")
    }

    /// What the server says.
    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// The directory of the socket: in the home, or when that is too long for a socket, one in the
    /// temporary directory whose name follows from the home's path.
    pub(crate) fn socket_dir(&self) -> PathBuf {
        let inside = self.path.join("run");
        // The server reads the setting as a list in UTF-8.
        let plain = inside.to_str().is_some_and(|p| !p.contains(['"', ',']));
        if plain && fits(&inside) {
            return inside;
        }
        let name = format!("bailiwick-{:016x}", fnv1a(self.path.as_os_str().as_bytes()));
        let temporary = std::env::temp_dir().join(&name);
        if fits(&temporary) { temporary } else { Path::new("/tmp").join(name) }
    }

    /// Makes the socket's directory, for the server's user alone, and checks that it is.
    pub(crate) fn make_socket_dir(&self, user: &ServerUser) -> Result<PathBuf, Error> {
        let path = self.socket_dir();
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => user.own(&path)?,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(Error::io("create", &path)(e)),
        }
        user.require_way_to(&path)?;
        // Someone else may have been first in a temporary directory, and would own the door.
        let found = fs::symlink_metadata(&path).map_err(Error::io("examine", &path))?;
        let mode = found.permissions().mode() & 0o777;
        let problem = if !found.is_dir() {
            Some("it is not a directory".to_owned())
        } else if found.uid() != user.uid {
            Some(format!("it belongs to {}", name_of(found.uid())))
        } else if mode != 0o700 {
            Some(format!("its mode is {mode:o}"))
        } else {
            None
        };
        match problem {
            None => Ok(path),
            Some(problem) => Err(Error::SocketDirectory { path, user: user.name.clone(), problem }),
        }
    }
}

/// Whether a directory is the home of a cluster (or a link to one), be it only half set up.
pub fn is_home(path: &Path) -> bool {
    path.join(lock::FILE).is_file()
}

/// Stops the server that another process left running at `path`. Its data stay. Without one nothing happens.
pub fn stop(path: &Path) -> Result<(), Error> {
    if !is_home(path) {
        return Ok(());
    }
    let home = Home::resolve(path)?;
    let _held = Lock::take(&home.path)?;
    postmaster::stop_remaining(&home.data())
}

/// Deletes a cluster with its data, wherever the home's link leads, after stopping a server that an earlier
/// process left behind. What is not part of a cluster stays, and so does a directory that still has
/// something in it. Without a home at `path` nothing happens.
pub fn remove(path: &Path) -> Result<(), Error> {
    let path = &std::path::absolute(path).map_err(Error::io("resolve", path))?;
    if !is_home(path) {
        return Ok(());
    }
    let home = Home::resolve(path)?;
    let held = Lock::take(&home.path)?;
    postmaster::stop_remaining(&home.data())?;
    for directory in [home.data(), home.unfinished_data(), home.socket_dir()] {
        gone(fs::remove_dir_all(&directory)).map_err(Error::io("delete", &directory))?;
    }
    for file in [home.log(), home.log().with_extension("log.1"), home.path.join(lock::FILE)] {
        gone(fs::remove_file(&file)).map_err(Error::io("delete", &file))?;
    }
    drop(held);
    if fs::remove_dir(&home.path).is_ok() && path.is_symlink() {
        fs::remove_file(path).map_err(Error::io("delete", path))?;
    }
    Ok(())
}

/// Nothing to delete is as good as deleted.
fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes a home. Others may pass through when the server runs as one of them, and look at nothing.
fn create(path: &Path, user: &ServerUser) -> Result<(), Error> {
    let mode = if user.switch { 0o711 } else { 0o700 };
    fs::DirBuilder::new().mode(mode).create(path).map_err(Error::io("create", path))?;
    fs::set_permissions(path, PermissionsExt::from_mode(mode))
        .map_err(Error::io("set the permissions of", path))
}

/// Makes a home below `/var/lib/bailiwick` and a link to it at `path`.
fn relocate(path: &Path, user: &ServerUser) -> Result<(), Error> {
    let state = Path::new(SYSTEM_STATE);
    if !state.is_dir() {
        fs::create_dir_all(state).map_err(Error::io("create", state))?;
        fs::set_permissions(state, PermissionsExt::from_mode(0o755))
            .map_err(Error::io("set the permissions of", state))?;
    }
    user.require_way_to(state)?;
    let place = (1_u32..)
        .map(|n| state.join(format!("cluster-{n}")))
        .find_map(|place| match create(&place, user) {
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => None,
            Err(e) => Some(Err(e)),
            Ok(()) => Some(Ok(place)),
        })
        .expect("the numbers do not end")?;
    std::os::unix::fs::symlink(&place, path).map_err(Error::io("create the link", path))?;
    tracing::warn!(
        link = %path.display(), place = %place.display(), user = user.name,
        "the database's user cannot enter the data directory: its files are elsewhere, behind a link"
    );
    Ok(())
}

fn fits(directory: &Path) -> bool {
    directory.join(SOCKET).as_os_str().len() <= SOCKET_PATH_LIMIT
}

/// FNV-1a: the same on every run and build, which the standard hasher does not promise.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paths_get_a_short_socket_directory() {
        let short = Home { path: PathBuf::from("/data/pg") };
        assert_eq!(short.socket_dir(), Path::new("/data/pg/run"));
        let long = Home { path: PathBuf::from(format!("/data/{}", "long/".repeat(30))) };
        assert!(fits(&long.socket_dir()), "{}", long.socket_dir().display());
        assert_eq!(long.socket_dir(), long.socket_dir());
        let other = Home { path: PathBuf::from(format!("/other/{}", "long/".repeat(30))) };
        assert_ne!(long.socket_dir(), other.socket_dir());
        let comma = Home { path: PathBuf::from("/data/a,b") };
        assert_ne!(comma.socket_dir(), Path::new("/data/a,b/run"));
    }

    #[test]
    fn a_socket_directory_open_to_others_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o711)).unwrap();
        let home = Home::resolve(dir.path()).unwrap();
        let user = ServerUser::choose(&home.data()).unwrap();
        home.make_socket_dir(&user).unwrap();
        home.make_socket_dir(&user).unwrap();
        fs::set_permissions(home.socket_dir(), PermissionsExt::from_mode(0o755)).unwrap();
        let error = home.make_socket_dir(&user).unwrap_err().to_string();
        assert!(error.contains("its mode is 755"), "{error}");
    }

    #[test]
    fn removing_leaves_what_is_not_ours() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("letter.txt"), "dear").unwrap();
        remove(dir.path()).unwrap();
        fs::write(dir.path().join(lock::FILE), "").unwrap();
        remove(dir.path()).unwrap();
        assert!(dir.path().join("letter.txt").is_file());
        assert!(!dir.path().join(lock::FILE).exists());
    }
}
