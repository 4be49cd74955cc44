//! `cargo xtask web`: the browser apps, built for delivery.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, run, tools, workspace};

/// What the apps are made of.
const SOURCES: &[&str] = &["frontend", "crates/contract", "crates/domain", "Cargo.toml"];

/// Where the built apps are.
pub fn directory() -> Result<PathBuf> {
    Ok(workspace::target_dir()?.join("web"))
}

/// Builds the apps unless they are what they would be again; gives the directory that they are in.
pub fn build() -> Result<PathBuf> {
    build_unless_done("web.inputs", &[])
}

/// Builds the gallery beside the apps, for those who look at it and for tests. What it needs beyond itself has been
/// compiled for the apps.
pub fn build_gallery() -> Result<PathBuf> {
    build_unless_done("web-gallery.inputs", &["--app", "gallery"])
}

fn build_unless_done(stamp: &str, arguments: &[&str]) -> Result<PathBuf> {
    tools::node()?;
    let target = workspace::target_dir()?;
    let (out, stamp) = (directory()?, target.join(stamp));
    let inputs = fingerprint(&workspace::root())?;
    if out.exists() && fs::read_to_string(&stamp).ok().as_ref() == Some(&inputs) {
        return Ok(out);
    }
    wasm_target()?;
    let webbuild = ["run", "--quiet", "--package", "webbuild", "--", "--out"];
    run::run(cargo(&target).args(webbuild).arg(&out).args(arguments))?;
    fs::write(&stamp, inputs)?;
    Ok(out)
}

/// Formatting, lints and unit tests of the apps, which are a workspace of their own.
pub fn check() -> Result {
    wasm_target()?;
    let target = workspace::target_dir()?;
    run::run(cargo(&target).args(["fmt", "--all", "--check"]))?;
    let for_browsers = ["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"];
    run::run(cargo(&target).args(["clippy", "--workspace", "--exclude", "webbuild"]).args(for_browsers))?;
    run::run(cargo(&target).args(["clippy", "--package", "webbuild", "--", "-D", "warnings"]))?;
    run::run(cargo(&target).args(["test", "--quiet", "--workspace"]))
}

/// The cargo of the apps' workspace. It builds beside ours, not among it.
fn cargo(target: &Path) -> Command {
    let mut command = workspace::cargo();
    command.current_dir(workspace::root().join("frontend")).env("CARGO_TARGET_DIR", target.join("frontend"));
    command
}

fn wasm_target() -> Result {
    let libraries = run::output(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(libraries.trim()).exists() {
        return Ok(());
    }
    println!("Rust cannot build for browsers yet: adding {WASM}");
    run::run(Command::new("rustup").args(["target", "add", WASM]))
}

const WASM: &str = "wasm32-unknown-unknown";

/// Stands for all that the apps are made of.
fn fingerprint(root: &Path) -> Result<String> {
    let mut files = BTreeMap::new();
    for source in SOURCES {
        collect(&root.join(source), &mut files)?;
    }
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(path: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name == "target" || name == "node_modules" {
        return Ok(());
    }
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else {
        files.insert(path.to_owned(), fs::read(path)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_does_not_count_and_what_is_written_does() {
        let dir = tempfile::tempdir().unwrap();
        for source in SOURCES.iter().filter(|source| Path::new(source).extension().is_none()) {
            fs::create_dir_all(dir.path().join(source).join("node_modules")).unwrap();
        }
        fs::write(dir.path().join("Cargo.toml"), "").unwrap();
        let before = fingerprint(dir.path()).unwrap();
        fs::write(dir.path().join("frontend/node_modules/x"), "x").unwrap();
        assert_eq!(fingerprint(dir.path()).unwrap(), before);
        fs::write(dir.path().join("frontend/main.rs"), "x").unwrap();
        assert_ne!(fingerprint(dir.path()).unwrap(), before);
    }
}
