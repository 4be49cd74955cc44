//! From Rust to WebAssembly, and the JavaScript that binds it to the browser.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

const PLATFORM: &str = "wasm32-unknown-unknown";

/// Compiles the app's library and says where it is.
pub fn compile(app: &str, frontend: &Path, target: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(frontend)
        .args(["build", "--release", "--locked", "--lib", "--target", PLATFORM, "-p", app])
        .arg("--target-dir")
        .arg(target)
        // Views without their types, compiled once instead of once for each place: less to transfer.
        .env("RUSTFLAGS", "--cfg=erase_components")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .context("cargo does not start")?;
    if !status.success() {
        bail!("{app} does not compile");
    }
    Ok(target.join(PLATFORM).join("release").join(format!("{app}.wasm")))
}

/// Writes `app.js` and `app_bg.wasm`.
pub fn bind(wasm: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    Bindgen::new()
        .input_path(wasm)
        .out_name("app")
        .web(true)?
        .typescript(false)
        // The files are renamed after what is in them; the page says which it is.
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .generate(to)
}
