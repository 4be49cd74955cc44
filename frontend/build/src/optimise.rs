//! Makes WebAssembly smaller with Binaryen.

use std::{
    cmp::Reverse,
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Context as _, Result, bail};

use crate::npm;

/// Rewrites the modules, on all processors; `tools` is where `package.json` is.
pub fn optimise<'a>(tools: &Path, modules: impl Iterator<Item = &'a PathBuf>) -> Result<()> {
    npm::install(tools)?;
    let sized = modules.map(|module| Ok((fs::metadata(module)?.len(), module)));
    let mut sized = sized.collect::<Result<Vec<_>>>()?;
    sized.sort_by_key(|(size, _)| Reverse(*size));
    // Each goes to whoever has least to do.
    let count = thread::available_parallelism().map_or(1, NonZero::get);
    let mut shares = vec![(0, Vec::new()); count];
    for (size, module) in sized {
        let (load, share) = shares.iter_mut().min_by_key(|(load, _)| *load).context("no processor")?;
        *load += size;
        share.push(module);
    }
    let mut workers = Vec::new();
    for (_, share) in shares.iter().filter(|(_, share)| !share.is_empty()) {
        workers.push(Command::new("node").arg(tools.join("optimise.mjs")).args(share).spawn()?);
    }
    for mut worker in workers {
        if !worker.wait()?.success() {
            bail!("optimise.mjs failed");
        }
    }
    Ok(())
}
