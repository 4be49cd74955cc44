//! The JavaScript around the program: what wasm-bindgen and the cutting write, as one short file.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};

use crate::{compile::Bound, npm};

/// Leptos' server functions bring streams along that nobody here makes. Being classes for JavaScript, they would stay,
/// used or not.
const UNUSED: &[&str] = &["IntoUnderlyingByteSource", "IntoUnderlyingSink", "IntoUnderlyingSource"];

/// Takes out of the JavaScript, and of the main module's exports, what nobody uses, and makes names compressible.
pub fn tidy(tools: &Path, bound: &Bound) -> Result<()> {
    let mut glue = fs::read_to_string(&bound.glue)?;
    for class in UNUSED {
        glue = without(&glue, &format!("export class {class} {{"), &format!("{class}.prototype.free;\n"))?;
        glue = without(&glue, &format!("const {class}Finalization ="), ";\n")?;
    }
    let link = fs::read_to_string(&bound.link)?;
    only_exports(tools, &bound.main, &words(&[&glue, &link]))?;

    let numbers = numbers(&glue);
    let main = numbered(&fs::read(&bound.main)?, &numbers);
    fs::write(&bound.main, main)?;
    fs::write(&bound.glue, numbered(glue.as_bytes(), &numbers))?;
    Ok(())
}

/// Joins a script with all that it imports.
pub fn join(tools: &Path, start: &Path, quick: bool) -> Result<Vec<u8>> {
    let joined = start.with_extension("joined");
    let mut command = Command::new(npm::tool(tools, "esbuild")?);
    command.arg(start).args(["--bundle", "--format=esm", "--charset=utf8", "--log-level=warning"]);
    // wasm-bindgen names the one script of the parts once for each of them.
    command.arg("--log-override:duplicate-object-key=silent");
    if !quick {
        command.arg("--minify");
    }
    npm::run(command.arg(format!("--outfile={}", joined.display())))?;
    Ok(fs::read(joined)?)
}

/// An export that no script names is not used.
fn only_exports(tools: &Path, main: &Path, names: &BTreeSet<&str>) -> Result<()> {
    let roots: Vec<_> = names
        .iter()
        .map(|name| serde_json::json!({ "name": format!("export {name}"), "export": name, "root": true }))
        .collect();
    let graph = main.with_extension("json");
    fs::write(&graph, serde_json::to_vec(&roots)?)?;
    let kept = main.with_extension("kept");
    npm::run(
        Command::new(npm::tool(tools, "wasm-metadce")?)
            .args(npm::WASM_FEATURES)
            .arg(main)
            .arg(format!("--graph-file={}", graph.display()))
            .arg("-o")
            .arg(&kept)
            // It lists what goes.
            .stdout(Stdio::null()),
    )?;
    fs::rename(kept, main)?;
    Ok(())
}

fn words<'a>(texts: &[&'a str]) -> BTreeSet<&'a str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = texts.iter().flat_map(|text| text.split(move |letter| !is_part(letter)));
    words.filter(|word| !word.is_empty()).collect()
}

/// The text without what stands from `begin` to `end`.
fn without(text: &str, begin: &str, end: &str) -> Result<String> {
    let (before, rest) = text.split_once(begin).with_context(|| format!("`{begin}` is not there"))?;
    let (_, after) = rest.split_once(end).with_context(|| format!("`{end}` is not behind `{begin}`"))?;
    Ok(format!("{before}{after}"))
}

const DIGITS: usize = 16;

/// The digest that a name ends with here; in the program and in the JavaScript, names end with one.
fn digest(text: &[u8], at: usize) -> Option<&[u8]> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let begins = matches!(text.get(at.checked_sub(1)?)?, b'_' | b'h');
    let digest = text.get(at..at + DIGITS)?;
    (begins && digest.iter().all(is_digit) && !text.get(at + DIGITS).is_some_and(is_digit)).then_some(digest)
}

/// A number for each digest. Digests cannot be compressed, and each stands in two files.
fn numbers(glue: &str) -> HashMap<Vec<u8>, String> {
    let mut numbers = HashMap::new();
    for at in 0..glue.len() {
        if let Some(digest) = digest(glue.as_bytes(), at) {
            let next = format!("{:0DIGITS$x}", numbers.len());
            numbers.entry(digest.to_owned()).or_insert(next);
        }
    }
    numbers
}

/// The same bytes with a number of the same length in place of each digest: nothing moves.
fn numbered(bytes: &[u8], numbers: &HashMap<Vec<u8>, String>) -> Vec<u8> {
    let mut done = bytes.to_owned();
    for at in 0..bytes.len() {
        if let Some(number) = digest(bytes, at).and_then(|digest| numbers.get(digest))
            && let Some(place) = done.get_mut(at..at + DIGITS)
        {
            place.copy_from_slice(number.as_bytes());
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_become_numbers_of_the_same_length() {
        let glue = "f_0123456789abcdef: x, g_fedcba9876543210, f_0123456789abcdef, h_0123456789abcdef0";
        let numbers = numbers(glue);
        let text = String::from_utf8(numbered(glue.as_bytes(), &numbers)).unwrap();
        assert_eq!(
            text,
            "f_0000000000000000: x, g_0000000000000001, f_0000000000000000, h_0123456789abcdef0"
        );
    }

    #[test]
    fn what_is_cut_out_must_be_there() {
        assert_eq!(without("a class X { } end b", "class X", "end").unwrap(), "a  b");
        assert!(without("a", "class X", "end").is_err());
        assert!(without("class X", "class X", "end").is_err());
    }
}
