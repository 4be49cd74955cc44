//! Makes WebAssembly smaller with Binaryen's `wasm-opt`, which comes from npm.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

// What rustc emits for this target, and every browser of the last years reads.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Rewrites `wasm`; `tools` is where `package.json` is.
pub fn optimise(tools: &Path, wasm: &Path) -> Result<()> {
    let program = tools.join("node_modules/.bin/wasm-opt");
    if !program.exists() {
        run(Command::new("npm").arg("ci").current_dir(tools))?;
    }
    let smaller = wasm.with_extension("small");
    run(Command::new(program)
        .arg("-Oz")
        .args(FEATURES)
        .args(["--strip-debug", "--strip-producers"])
        .arg(wasm)
        .arg("-o")
        .arg(&smaller))?;
    fs::rename(smaller, wasm)?;
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?} does not start"))?;
    if !status.success() {
        bail!("{command:?} failed");
    }
    Ok(())
}
