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

/// Makes a pack for each part, and has the script that fetches the parts read them.
pub fn pack(bound: &Bound, link: &mut String, assets: &mut Assets) -> Result<Packs> {
    let mut packs = Packs::default();
    let mut small = BTreeMap::new();
    for (number, part) in bound.parts.iter().enumerate() {
        let stem = part.file_stem().and_then(|name| name.to_str()).context("a part without a name")?;
        let content = fs::read(part)?;
        if stem.starts_with("chunk_") && content.len() < SMALL {
            let fetched = format!(
                "() => {{\n    const src = fetch(new URL(\"./{stem}.wasm\", import.meta.url));\n    \
                 src.catch(() => {{}});\n    \
                 return async (imports) => (WebAssembly.instantiateStreaming(src, imports));\n}}\n"
            );
            *link = replaced(link, &fetched, &format!("() => packed({number})"))?;
            small.insert(stem.to_owned(), (u32::try_from(number)?, content));
            packs.modules.insert(stem.to_owned());
        }
    }
    for (part, files) in &bound.files_of {
        let modules: Vec<_> = files.iter().filter_map(|stem| small.get(stem)).collect();
        let name = assets.add(&format!("pack-{}", part.replace('_', "-")), "bin", &joined(&modules)?)?;
        let load = format!("export const __wasm_split_load_{part} = ");
        let packed = format!("{load}fromPack(\"./{name}\", makeLoad(");
        *link = replaced(link, &format!("{load}wrapAsyncCb(makeLoad("), &packed)?;
        packs.names.insert(part.clone(), name);
    }
    link.push_str(include_str!("pack.js"));
    Ok(packs)
}

/// How many there are; the number and the length of each; then they themselves.
fn joined(modules: &[&(u32, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut pack = u32::try_from(modules.len())?.to_le_bytes().to_vec();
    for (number, module) in modules {
        pack.extend(number.to_le_bytes());
        pack.extend(u32::try_from(module.len())?.to_le_bytes());
    }
    pack.extend(modules.iter().flat_map(|(_, module)| module));
    Ok(pack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_says_what_is_in_it() {
        let (first, second) = ((7, b"abc".to_vec()), (258, b"d".to_vec()));
        let pack = joined(&[&first, &second]).unwrap();
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
