//! The small modules of a part, in one file. Cutting makes a module for each set of parts that share something: hundreds,
//! most of them smaller than what asking for one costs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::{Context as _, Result};

use crate::{assets::Assets, compile::Bound, replaced};

/// Smaller modules are packed; bytes, as they are instantiated.
const SMALL: usize = 2560;

/// The packs by part, and the modules that are in them: those are not fetched by themselves.
#[derive(Default)]
pub struct Packs {
    /// The file names.
    pub names: BTreeMap<String, String>,
    /// By their names without extension.
    pub modules: BTreeSet<String>,
}

/// Whether it is a module that parts have in common, and not a part's own.
pub fn is_shared(stem: &str) -> bool {
    stem.starts_with("chunk_")
}

/// Makes a pack for each part, and has the script that fetches the parts read them. What the `first` page has in common
/// with others is in its pack whatever its size, so that nobody waits for a dozen answers; others fetch that by itself.
pub fn pack(bound: &Bound, first: Option<&str>, link: &mut String, assets: &mut Assets) -> Result<Packs> {
    let mut packs = Packs::default();
    let mut contents = BTreeMap::new();
    let of_first = |stem: &str| {
        let files = first.and_then(|first| bound.files_of.get(first));
        files.is_some_and(|files| files.iter().any(|file| file == stem))
    };
    for (number, part) in bound.parts.iter().enumerate() {
        let stem = part.file_stem().and_then(|name| name.to_str()).context("a part without a name")?;
        let content = fs::read(part)?;
        let is_small = content.len() < SMALL;
        if !is_shared(stem) || !(is_small || of_first(stem)) {
            continue;
        }
        let fetched = format!(
            "() => {{\n    const src = fetch(new URL(\"./{stem}.wasm\", import.meta.url));\n    \
             src.catch(() => {{}});\n    \
             return async (imports) => (WebAssembly.instantiateStreaming(src, imports));\n}}\n"
        );
        let found = if is_small {
            packs.modules.insert(stem.to_owned());
            format!("() => packed({number})")
        } else {
            format!("() => asked.whole ? packed({number}) : ({fetched})()")
        };
        *link = replaced(link, &fetched, &found)?;
        contents.insert(stem.to_owned(), (u32::try_from(number)?, is_small, content));
    }
    for (part, files) in &bound.files_of {
        let whole = first == Some(part);
        let files = files.iter().filter_map(|stem| contents.get(stem));
        let modules: Vec<_> = files
            .filter(|(_, is_small, _)| whole || *is_small)
            .map(|(number, _, content)| (*number, content))
            .collect();
        let name = assets.add(&format!("pack-{}", part.replace('_', "-")), "bin", &joined(&modules)?)?;
        let load = format!("export const __wasm_split_load_{part} = ");
        let packed = format!("{load}fromPack(\"./{name}\", {whole}, makeLoad(");
        *link = replaced(link, &format!("{load}wrapAsyncCb(makeLoad("), &packed)?;
        packs.names.insert(part.clone(), name);
    }
    link.push_str(include_str!("pack.js"));
    Ok(packs)
}

/// How many there are; the number and the length of each; then they themselves.
fn joined(modules: &[(u32, &Vec<u8>)]) -> Result<Vec<u8>> {
    let mut pack = u32::try_from(modules.len())?.to_le_bytes().to_vec();
    for (number, module) in modules {
        pack.extend(number.to_le_bytes());
        pack.extend(u32::try_from(module.len())?.to_le_bytes());
    }
    pack.extend(modules.iter().flat_map(|(_, module)| module.iter()));
    Ok(pack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_says_what_is_in_it() {
        let (first, second) = (b"abc".to_vec(), b"d".to_vec());
        let pack = joined(&[(7, &first), (258, &second)]).unwrap();
        assert_eq!(
            pack,
            [
                2, 0, 0, 0, // how many
                7, 0, 0, 0, 3, 0, 0, 0, // the first
                2, 1, 0, 0, 1, 0, 0, 0, // the second
                b'a', b'b', b'c', b'd',
            ]
        );
        assert_eq!(joined(&[]).unwrap(), [0; 4]);
    }
}
