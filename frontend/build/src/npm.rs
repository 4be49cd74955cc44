//! Tools that come from npm, in the versions that `package-lock.json` pins.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

/// What rustc emits for WebAssembly, and every browser of the last years reads; Binaryen's tools want to be told.
pub const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Has them there. `tools` is where `package.json` is.
pub fn install(tools: &Path) -> Result<()> {
    if !tools.join("node_modules/.package-lock.json").exists() {
        run(Command::new("npm").arg("ci").current_dir(tools))?;
    }
    Ok(())
}

/// Where the tool is.
pub fn tool(tools: &Path, name: &str) -> Result<PathBuf> {
    install(tools)?;
    Ok(tools.join("node_modules/.bin").join(name))
}

/// Runs it, and asks for success.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?} does not start"))?;
    if !status.success() {
        bail!("{command:?} failed");
    }
    Ok(())
}
