//! The page that starts an app, and its styles. No script and no style stands in it: the Content-Security-Policy allows none.
//!
//! The server puts the brand of the host in: it replaces the title, the icon and both comments. Its style comes after
//! the stylesheet, so that it wins. From a static host the comments stay comments, and the app asks for the brand.

use std::{fs, path::PathBuf};

use anyhow::Result;

/// What the page names.
pub struct Parts<'a> {
    /// Shown until the app has put its own in place.
    pub title: &'a str,
    /// Where the files are.
    pub base: &'a str,
    /// The file names.
    pub icon: &'a str,
    pub styles: &'a str,
    pub script: &'a str,
    pub wasm: &'a str,
    /// Languages and their texts.
    pub catalogues: &'a [(String, String)],
}

/// `index.html`. What the app needs is asked for at once, not one after the other.
pub fn index(parts: &Parts) -> String {
    let Parts { title, base, icon, styles, script, wasm, catalogues } = parts;
    let catalogues = catalogues.iter().fold(String::new(), |text, (language, name)| {
        format!("{text}<meta name=\"text-{language}\" content=\"{base}/{name}\">\n")
    });
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="{base}/{icon}" type="image/svg+xml">
<link rel="stylesheet" href="{base}/{styles}">
<!--head-->
<link rel="preload" href="{base}/{wasm}" as="fetch" type="application/wasm" crossorigin>
{catalogues}<script type="module" src="{base}/{script}"></script>
</head>
<body>
<!--body-->
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
"#
    )
}

/// The script that starts the app. On the sign-in page that the server sends there is nothing for it to do until
/// somebody turns to that page (`door.js`): only what keeps nobody waiting is done meanwhile. Whoever is signed in is
/// going to need to be known, and at `/` the `first` part and what it reads: all is asked for while the program is on its way.
pub fn start(wasm: &str, base: &str, first: &[String]) -> String {
    let first = first.iter().map(|name| format!("\"{base}/{name}\"")).collect::<Vec<_>>().join(", ");
    format!(
        r#"import init from "./app.js";
const program = "{base}/{wasm}";
const first = [{first}];
let signedIn = null;
try {{ signedIn = localStorage.getItem("signed-in"); }} catch {{}}
if (signedIn) {{
  const soon = ["/api/v1/auth/me"];
  if (location.pathname === "/") soon.push(...first);
  // What the home page reads, once it was there (`client::session`).
  if (location.pathname === "/" && signedIn.startsWith("/")) soon.push(`/api/v1${{signedIn}}`);
  for (const href of soon) {{
    const link = document.createElement("link");
    Object.assign(link, {{ rel: "preload", as: "fetch", crossOrigin: "anonymous", href }});
    document.head.append(link);
  }}
}}
const compiled = await WebAssembly.compileStreaming(fetch(program)).catch(() => program);
await window.appWanted;
// What is clicked or drawn meanwhile need not wait for all of it.
await new Promise((done) => setTimeout(done));
init({{ module_or_path: compiled }});
"#
    )
}

/// All style sheets of these directories, by name within each. The first line names the order of the layers.
pub fn styles(dirs: &[PathBuf]) -> Result<String> {
    let mut text = String::from("@layer tokens, base, kit, app;\n");
    for dir in dirs.iter().filter(|dir| dir.is_dir()) {
        let mut files = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "css"));
        files.sort();
        for file in files {
            text.push_str(&without_comments(&fs::read_to_string(file)?));
        }
    }
    Ok(text)
}

/// Compression does the rest.
fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    let lines = kept.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold(String::new(), |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go() {
        assert_eq!(without_comments("a {}\n/* x */\n  b {} /* y\n */\n"), "a {}\nb {}\n");
    }
}
