//! Makes WebAssembly smaller with Binaryen's `wasm-opt`, which comes from npm.

use std::{
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
};

use anyhow::{Context as _, Result, anyhow, bail};

// What rustc emits for this target, and every browser of the last years reads.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Rewrites the modules, as many at a time as there are processors; `tools` is where `package.json` is.
pub fn optimise<'a>(tools: &Path, modules: impl Iterator<Item = &'a PathBuf>) -> Result<()> {
    let program = tools.join("node_modules/.bin/wasm-opt");
    if !program.exists() {
        run(Command::new("npm").arg("ci").current_dir(tools))?;
    }
    let modules = Mutex::new(modules.collect::<Vec<_>>());
    let work = || -> Result<()> {
        while let Some(module) = modules.lock().ok().and_then(|mut modules| modules.pop()) {
            smaller(&program, module)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow!("wasm-opt was lost"))?)
    })
}

fn smaller(program: &Path, wasm: &Path) -> Result<()> {
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
