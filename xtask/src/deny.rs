//! Licences, sources, forbidden dependencies and known vulnerabilities, by cargo-deny.

use std::path::PathBuf;
use std::process::Command;

use crate::steps::Note;
use crate::{Result, run, tools, workspace};

/// The version that is installed where there is none.
const VERSION: &str = "0.20.2";

/// All checks. The advisories need the network: without it that check alone is left out, and said so.
pub fn check() -> Result<Note> {
    let program = program()?;
    let deny = || {
        let mut command = Command::new(&program);
        command.current_dir(workspace::root());
        command
    };
    let reachable = run::works(deny().args(["fetch", "db"]));
    // The server's workspace and the apps'.
    for manifest in ["Cargo.toml", "frontend/Cargo.toml"] {
        let check = || {
            let mut command = deny();
            command.args(["--manifest-path", manifest, "--config", "deny.toml", "check"]);
            command
        };
        run::run(check().args(["bans", "licenses", "sources"]))?;
        if reachable {
            run::run(check().args(["--disable-fetch", "advisories"]))?;
        }
    }
    Ok((!reachable).then(|| "advisories not checked: their database cannot be reached".to_owned()))
}

/// The installed cargo-deny, or one installed now, outside the clone.
fn program() -> Result<PathBuf> {
    let ours = tools::directory().join("bin/cargo-deny");
    for candidate in [PathBuf::from("cargo-deny"), ours.clone()] {
        if run::works(Command::new(&candidate).arg("--version")) {
            return Ok(candidate);
        }
    }
    println!("cargo-deny is missing: installing it below {}", tools::directory().display());
    // A build with few optimisations takes a fraction of the time, and is fast enough.
    run::run(
        workspace::cargo()
            .args(["install", "cargo-deny", "--locked", "--debug", "--version", VERSION, "--root"])
            .arg(tools::directory())
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env_remove("CARGO_TARGET_DIR"),
    )?;
    Ok(ours)
}
