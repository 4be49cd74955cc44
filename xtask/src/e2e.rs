//! The suites below `e2e/`, which meet the built programs from outside.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::Note;
use crate::{Result, run, tools, workspace};

/// Runs pytest and every Node.js suite. `environment` tells them where database and programs are.
pub fn check(environment: &[(&str, String)]) -> Result<Note> {
    let suites = workspace::root().join("e2e");
    tools::system_program(Command::new("pdftotext").arg("-v"), "pdftotext", "poppler-utils")?;
    tools::system_program(Command::new("chromium").arg("--version"), "Chromium", "chromium")?;
    let mut failures = Vec::new();
    let mut note = None;
    let requirements = suites.join("requirements.txt");
    if requirements.exists() {
        let python = python(&requirements)?;
        let tested =
            run::run(at(&mut Command::new(python), &suites, environment).args(["-m", "pytest", "."]));
        failures.extend(tested.err().map(|e| e.to_string()));
    } else {
        println!("e2e/requirements.txt does not exist: no Python suites");
        note = Some("no Python suites".to_owned());
    }
    for suite in node_suites(&suites)? {
        let tested = node(&suite, environment);
        failures.extend(tested.err().map(|e| format!("{}: {e}", suite.display())));
    }
    if failures.is_empty() { Ok(note) } else { Err(failures.join("; ").into()) }
}

fn at<'a>(command: &'a mut Command, directory: &Path, environment: &[(&str, String)]) -> &'a mut Command {
    command.current_dir(directory).envs(environment.iter().map(|(name, value)| (name, value)))
}

/// A Python with the packages of `requirements`, shared by all clones that require the same.
fn python(requirements: &Path) -> Result<PathBuf> {
    tools::system_program(
        Command::new("python3").args(["-c", "import ensurepip, venv"]),
        "Python's venv",
        "python3-venv",
    )?;
    let version = run::output(Command::new("python3").arg("--version"))?;
    let key = hash(&(version, fs::read(requirements)?));
    let venv = cluster::default_cache_dir().join(format!("venv-{key:016x}"));
    let (python, complete) = (venv.join("bin/python"), venv.join("complete"));
    if complete.exists() && run::works(Command::new(&python).arg("--version")) {
        return Ok(python);
    }
    println!("installing the packages of e2e/requirements.txt into {}", venv.display());
    // Whatever is there was interrupted.
    run::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "-r"];
    run::run(Command::new(&python).args(pip).arg(requirements))?;
    fs::write(&complete, "")?;
    Ok(python)
}

/// The directories below `e2e/` with a `package.json`, in order.
fn node_suites(suites: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(suites).map_err(|e| format!("cannot read e2e: {e}"))? {
        let path = entry?.path();
        if path.join("package.json").exists() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn node(suite: &Path, environment: &[(&str, String)]) -> Result {
    tools::node()?;
    let lock = fs::read(suite.join("package-lock.json")).map_err(|e| format!("package-lock.json: {e}"))?;
    let installed = suite.join("node_modules/.installed");
    let key = format!("{:016x}", hash(&lock));
    if fs::read_to_string(&installed).ok().as_ref() != Some(&key) {
        run::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(suite))?;
        // Without any dependency npm makes no directory.
        fs::create_dir_all(suite.join("node_modules"))?;
        fs::write(&installed, key)?;
    }
    run::run(at(&mut Command::new("npm"), suite, environment).arg("test"))
}

/// For names of caches: a new toolchain may hash differently, and then fills a new one.
fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_directories_with_a_package() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["stripe", "browser", "helpers"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        for name in ["stripe", "browser"] {
            fs::write(dir.path().join(name).join("package.json"), "{}").unwrap();
        }
        let names: Vec<_> = node_suites(dir.path()).unwrap();
        assert_eq!(names, [dir.path().join("browser"), dir.path().join("stripe")]);
    }
}
