//! Makes WebAssembly smaller with Binaryen's `wasm-opt`.

use std::{
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
};

use anyhow::{Result, anyhow};

use crate::npm;

/// Rewrites the modules, as many at a time as there are processors; `tools` is where `package.json` is.
pub fn optimise<'a>(tools: &Path, modules: impl Iterator<Item = &'a PathBuf>) -> Result<()> {
    let program = npm::tool(tools, "wasm-opt")?;
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
    npm::run(
        Command::new(program)
            // Not `-Oz`: that is smaller, but not when it has been compressed.
            .arg("-Os")
            // What has similar names is similar, and compresses better side by side.
            .arg("--reorder-functions-by-name")
            .args(npm::WASM_FEATURES)
            .args(["--strip-debug", "--strip-producers"])
            .arg(wasm)
            .arg("-o")
            .arg(&smaller),
    )?;
    fs::rename(smaller, wasm)?;
    Ok(())
}
