//! The texts of an app in other languages: those of its own crate and of the crates that it is made of.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};

/// English texts, and what they are in another language.
pub type Catalogue = BTreeMap<String, String>;

/// Language and catalogue, of all languages that there are.
pub fn catalogues(frontend: &Path, shared: &[&str], app: &str) -> Result<BTreeMap<String, Catalogue>> {
    let mut found: BTreeMap<String, Catalogue> = BTreeMap::new();
    for part in shared.iter().chain([&app]) {
        let directory = frontend.join(part).join("text");
        if !directory.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            let language =
                path.file_stem().and_then(|stem| stem.to_str()).context("a catalogue without a name")?;
            let texts: Catalogue = serde_json::from_str(&fs::read_to_string(&path)?)
                .with_context(|| format!("{} is not a catalogue", path.display()))?;
            found.entry(language.to_owned()).or_default().extend(texts);
        }
    }
    Ok(found)
}
