//! Builds the apps: `cargo run -p webbuild -- --out DIR`. What it does and why is in docs/adr/0011-apps.md.

mod assets;
mod compile;
mod door;
mod npm;
mod optimise;
mod pack;
mod page;
mod script;
mod texts;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

/// An app.
struct App {
    name: &'static str,
    title: &'static str,
    /// Nothing, where it is for developers and tests alone; it is built when it is asked for.
    delivered: Option<Delivered>,
}

/// How much of an app may be transferred, compressed with brotli.
struct Delivered {
    /// The part that the first page of most visits needs.
    first: &'static str,
    /// At the first visit, in all.
    budget: usize,
}

const APPS: &[App] = &[
    App {
        name: "dashboard",
        title: "Dashboard",
        delivered: Some(Delivered { first: "home", budget: 300 * 1024 }),
    },
    App {
        name: "portal",
        title: "Portal",
        delivered: Some(Delivered { first: "overview", budget: 220 * 1024 }),
    },
    App { name: "gallery", title: "Gallery", delivered: None },
];

/// What a part may transfer that is fetched when it is needed.
const PART_BUDGET: usize = 60 * 1024;

/// Crates whose texts are part of every app.
const SHARED: &[&str] = &["client", "kit", "frame"];

/// What was built: what a first visit transfers, and what is fetched later. Bytes as they travel, compressed with
/// brotli, by file name; all files are below `/assets/<app>/`.
#[derive(Serialize)]
struct Built {
    first: BTreeMap<String, usize>,
    later: BTreeMap<String, usize>,
}

#[derive(Serialize)]
struct Manifest {
    apps: BTreeMap<&'static str, Built>,
}

fn main() -> Result<()> {
    // Where cargo runs it from, not where it was compiled: checkouts may share what is compiled.
    let crate_dir = env::var_os("CARGO_MANIFEST_DIR").context("start it with `cargo run`")?;
    let frontend = Path::new(&crate_dir).parent().context("the crate lies in `frontend`")?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| frontend.join("target"), PathBuf::from);
    let Asked { out, quick, only } = asked(env::args().skip(1), &target)?;

    let mut manifest = Manifest { apps: BTreeMap::new() };
    let mut too_large = Vec::new();
    let asked = |app: &&App| only.as_deref().map_or(app.delivered.is_some(), |only| only == app.name);
    for app in APPS.iter().filter(asked) {
        let built = build(app, frontend, &target, &out, quick)?;
        let Some(Delivered { budget, .. }) = app.delivered.as_ref().filter(|_| !quick) else {
            println!("{} is in {}", app.name, out.display());
            continue;
        };
        for (name, size) in built.first.iter().chain(&built.later) {
            println!("{size:>8} B  {name}");
        }
        let total: usize = built.first.values().sum();
        println!("{total:>8} B  {} at the first visit, brotli; {budget} allowed", app.name);
        if total > *budget {
            too_large.push(app.name.to_owned());
        }
        let parts = built.first.iter().chain(&built.later).filter(|(name, _)| !name.starts_with("app-"));
        too_large.extend(parts.filter(|(_, size)| **size > PART_BUDGET).map(|(name, _)| name.clone()));
        manifest.apps.insert(app.name, built);
    }
    if manifest.apps.is_empty() {
        return Ok(());
    }
    fs::write(out.join("manifest.json"), serde_json::to_string_pretty(&manifest)?)?;
    if !too_large.is_empty() {
        bail!("too large: {}", too_large.join(", "));
    }
    Ok(())
}

/// What the command line asks for.
struct Asked {
    out: PathBuf,
    /// Neither small nor compressed; for looking at what is being written.
    quick: bool,
    /// One app alone.
    only: Option<String>,
}

fn asked(mut arguments: impl Iterator<Item = String>, target: &Path) -> Result<Asked> {
    const USAGE: &str = "usage: webbuild [--out DIR] [--quick] [--app NAME]";
    let mut asked = Asked { out: target.join("web"), quick: false, only: None };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => asked.quick = true,
            "--out" => asked.out = arguments.next().context(USAGE)?.into(),
            "--app" => {
                let name = arguments.next().filter(|name| APPS.iter().any(|app| app.name == *name));
                asked.only = Some(name.context("there is no such app")?);
            }
            _ => bail!(USAGE),
        }
    }
    Ok(asked)
}

fn build(app: &App, frontend: &Path, target: &Path, out: &Path, quick: bool) -> Result<Built> {
    let compiled = compile::compile(app.name, frontend, target, quick)?;
    let bound = compile::bind(&compiled, &out.with_extension("bound").join(app.name))?;
    let tools = frontend.join("build");
    if !quick {
        script::tidy(&tools, &bound)?;
        optimise::optimise(&tools, bound.parts.iter().chain([&bound.main]))?;
    }

    let app_dir = out.join(app.name);
    if app_dir.exists() {
        fs::remove_dir_all(&app_dir)?;
    }
    let mut assets = assets::Assets::new(app_dir.join("assets"), !quick)?;
    let base = format!("/assets/{}", app.name);

    let first = app.delivered.as_ref().map(|delivered| delivered.first);
    let mut link = fs::read_to_string(&bound.link)?;
    let packs =
        if quick { pack::Packs::default() } else { pack::pack(&bound, first, &mut link, &mut assets)? };
    let mut later = BTreeMap::new();
    for part in &bound.parts {
        let file = part.file_name().and_then(|name| name.to_str()).context("a part without a name")?;
        let stem = file.trim_end_matches(".wasm");
        if packs.modules.contains(stem) {
            continue;
        }
        let name = assets.add(&stem.replace('_', "-"), "wasm", &fs::read(part)?)?;
        link = replaced(&link, &format!("./{file}"), &format!("./{name}"))?;
        later.insert(stem.to_owned(), name);
    }
    later.extend(packs.names);
    fs::write(&bound.link, link)?;
    // What the part of the first page is fetched as.
    let mut first_parts = Vec::new();
    if let Some(first) = first {
        let stems = bound.files_of.get(first).with_context(|| format!("no part {first}"))?;
        let pack = later.remove(first);
        let by_itself = stems.iter().filter(|stem| pack.is_none() || !pack::is_shared(stem));
        first_parts.extend(by_itself.filter_map(|stem| later.remove(stem)));
        first_parts.extend(pack);
    }
    let wasm = assets.add("app", "wasm", &fs::read(&bound.main)?)?;
    let start = bound.main.with_file_name("start.js");
    fs::write(&start, page::start(&wasm, &base, &first_parts))?;
    let script = assets.add("app", "js", &script::join(&tools, &start, quick)?)?;
    let styles = ["kit", "frame", app.name].map(|part| frontend.join(part).join("styles"));
    let styles = assets.add("app", "css", page::styles(&styles)?.as_bytes())?;
    let icon = fs::read(frontend.join(app.name).join("icon.svg"))?;
    let icon = assets.add("icon", "svg", &icon)?;
    let mut catalogues = Vec::new();
    let texts = texts::catalogues(frontend, SHARED, app.name)?;
    for (language, texts) in &texts {
        let name = assets.add(language, "json", &serde_json::to_vec(texts)?)?;
        catalogues.push((language.clone(), name));
    }

    let page = page::index(&page::Parts {
        title: app.title,
        base: &base,
        icon: &icon,
        styles: &styles,
        script: &script,
        wasm: &wasm,
        catalogues: &catalogues,
    });
    let index = assets::write(&app_dir.join("index.html"), page.as_bytes(), !quick)?;
    let mut doors = BTreeMap::new();
    if app.delivered.is_some() {
        let script = assets.add("door", "js", &fs::read(frontend.join("frame/door.js"))?)?;
        let head = format!("<script src=\"{base}/{script}\"></script>");
        let template = fs::read_to_string(frontend.join("frame/door.html"))?;
        let english = ("en".to_owned(), texts::Catalogue::new());
        for (language, texts) in texts.into_iter().chain([english]) {
            let name = format!("door.{language}.html");
            let door = door::door(&template, &head, &texts)?;
            doors.insert(name.clone(), assets::write(&app_dir.join(&name), door.as_bytes(), !quick)?);
        }
        doors.insert(script.clone(), assets.size(&script));
    }

    let first = [wasm, script, styles, icon].into_iter().chain(first_parts);
    let mut first: BTreeMap<_, _> = first.map(|name| (name.clone(), assets.size(&name))).collect();
    first.insert("index.html".to_owned(), index);
    let later = later.into_values().chain(catalogues.into_iter().map(|(_, name)| name));
    let later = later.map(|name| (name.clone(), assets.size(&name))).chain(doors).collect();
    Ok(Built { first, later })
}

/// A name that is not there would be a file that nobody finds.
fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    if !text.contains(from) {
        bail!("`{from}` is not named where it was expected");
    }
    Ok(text.replace(from, to))
}
