//! Builds the apps: `cargo run -p webbuild -- --out DIR`. What it does and why is in docs/adr/0011-apps.md.

mod assets;
mod compile;
mod optimise;
mod page;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

/// An app, and how much of it a first visit may transfer, compressed with brotli.
struct App {
    name: &'static str,
    title: &'static str,
    budget: usize,
}

const APPS: &[App] = &[App { name: "dashboard", title: "Dashboard", budget: 300 * 1024 }];

/// What the server needs to know to serve an app.
#[derive(Serialize)]
struct Manifest {
    /// Bytes as they travel, compressed with brotli, by file name; all are below `/assets/<app>/`.
    apps: BTreeMap<&'static str, BTreeMap<String, usize>>,
}

fn main() -> Result<()> {
    let frontend = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the crate lies in `frontend`")?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| frontend.join("target"), PathBuf::from);
    let out = out_dir(env::args().skip(1), &target)?;

    let mut manifest = Manifest { apps: BTreeMap::new() };
    let mut too_large = Vec::new();
    for app in APPS {
        let sizes = build(app, frontend, &target, &out)?;
        let total: usize = sizes.values().sum();
        for (name, size) in &sizes {
            println!("{size:>8} B  {name}");
        }
        println!("{total:>8} B  {} in all, brotli; {} allowed", app.name, app.budget);
        if total > app.budget {
            too_large.push(app.name);
        }
        manifest.apps.insert(app.name, sizes);
    }
    fs::write(out.join("manifest.json"), serde_json::to_string_pretty(&manifest)?)?;
    if !too_large.is_empty() {
        bail!("too large: {}", too_large.join(", "));
    }
    Ok(())
}

fn out_dir(mut arguments: impl Iterator<Item = String>, target: &Path) -> Result<PathBuf> {
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, _, _) => Ok(target.join("web")),
        (Some("--out"), Some(dir), None) => Ok(PathBuf::from(dir)),
        _ => bail!("usage: webbuild [--out DIR]"),
    }
}

fn build(app: &App, frontend: &Path, target: &Path, out: &Path) -> Result<BTreeMap<String, usize>> {
    let compiled = compile::compile(app.name, frontend, target)?;
    let bound = target.join("bound").join(app.name);
    compile::bind(&compiled, &bound)?;
    let wasm = bound.join("app_bg.wasm");
    optimise::optimise(&frontend.join("build"), &wasm)?;

    let app_dir = out.join(app.name);
    if app_dir.exists() {
        fs::remove_dir_all(&app_dir)?;
    }
    let mut assets = assets::Assets::new(app_dir.join("assets"))?;
    let base = format!("/assets/{}", app.name);

    let wasm = assets.add("app", "wasm", &fs::read(&wasm)?)?;
    let glue = fs::read_to_string(bound.join("app.js"))?;
    let glue = assets.add("app", "js", glue.as_bytes())?;
    let start = page::start(&glue, &wasm, &base);
    let start = assets.add("start", "js", start.as_bytes())?;
    let styles = page::styles(&[frontend.join("kit/styles"), frontend.join(app.name).join("styles")])?;
    let styles = assets.add("app", "css", styles.as_bytes())?;

    let icon = fs::read(frontend.join(app.name).join("icon.svg"))?;
    let icon = assets.add("icon", "svg", &icon)?;
    let page = page::index(&page::Parts {
        title: app.title,
        base: &base,
        icon: &icon,
        styles: &styles,
        start: &start,
        glue: &glue,
        wasm: &wasm,
    });
    assets::write_compressed(&app_dir.join("index.html"), page.as_bytes())?;
    Ok(assets.sizes())
}
