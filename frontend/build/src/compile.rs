//! From Rust to WebAssembly, cut into parts, and the JavaScript that binds it to the browser.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, anyhow, bail};
use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::{Options, transform};

const PLATFORM: &str = "wasm32-unknown-unknown";

/// Compiles the app's library and says where it is.
pub fn compile(app: &str, frontend: &Path, target: &Path, quick: bool) -> Result<PathBuf> {
    let profile = if quick { "quick" } else { "release" };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(frontend)
        .args(["build", "--profile", profile, "--locked", "--lib", "--target", PLATFORM, "-p", app])
        .arg("--target-dir")
        .arg(target)
        .env("RUSTFLAGS", flags(frontend, quick))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .context("cargo does not start")?;
    if !status.success() {
        bail!("{app} does not compile");
    }
    Ok(target.join(PLATFORM).join(profile).join(format!("{app}.wasm")))
}

/// Views without their types, compiled once instead of once for each place: less to transfer. Relocations, for cutting.
/// No paths of the machine that compiles in what is delivered.
fn flags(frontend: &Path, quick: bool) -> String {
    const ALWAYS: &str = "--cfg=erase_components -Clink-args=--emit-relocs";
    if quick {
        // The same for every checkout, so that they share what is compiled.
        return ALWAYS.to_owned();
    }
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let project = frontend.parent().map(Path::to_owned);
    let private = [cargo, project].into_iter().flatten();
    let remapped = private.map(|path| format!("--remap-path-prefix={}=.", path.display()));
    std::iter::once(ALWAYS.to_owned()).chain(remapped).collect::<Vec<_>>().join(" ")
}

/// What binding makes.
pub struct Bound {
    /// The program's main module.
    pub main: PathBuf,
    /// The JavaScript around it.
    pub glue: PathBuf,
    /// The JavaScript that fetches the parts.
    pub link: PathBuf,
    /// The parts.
    pub parts: Vec<PathBuf>,
    /// Which files a part consists of, by their names without extension.
    pub files_of: HashMap<String, Vec<String>>,
}

/// Cuts the program at its marks and binds what is left as the main module.
pub fn bind(wasm: &Path, to: &Path) -> Result<Bound> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    let program = fs::read(wasm)?;
    let whole = to.join("main.wasm");
    let mut options = Options::new(&program);
    options.output_dir = to;
    options.main_out_path = &whole;
    options.main_module = "./app.js";
    let cut = transform(options).map_err(|error| anyhow!("{error:#}"))?;
    Bindgen::new()
        .input_path(&whole)
        .out_name("app")
        .web(true)?
        .typescript(false)
        // The parts find what they share with the main module by these.
        .keep_lld_exports(true)
        // The files are renamed after what is in them; the page says which it is.
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .generate(to)?;
    Ok(Bound {
        main: to.join("app_bg.wasm"),
        glue: to.join("app.js"),
        link: to.join("__wasm_split.js"),
        parts: cut.split_modules,
        files_of: cut.prefetch_map,
    })
}
