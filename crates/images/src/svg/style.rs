//! Styles: `style` attributes and `style` elements, read as plain rules and written anew.

use super::{names::PROPERTIES, value};

/// What is left of `fill: red; background: url(…)`: the known properties with harmless values.
pub(super) fn declarations(text: &str) -> String {
    let kept: Vec<String> = without_comments(text)
        .split(';')
        .filter_map(|declaration| {
            let (name, value) = declaration.split_once(':')?;
            let name = name.trim().to_ascii_lowercase();
            let value = value.trim();
            let (value, important) = match value.strip_suffix("!important") {
                Some(value) => (value.trim_end(), "!important"),
                None => (value, ""),
            };
            (PROPERTIES.contains(&name.as_str()) && !value.is_empty() && value::is_harmless(value))
                .then(|| format!("{name}:{value}{important}"))
        })
        .collect();
    kept.join(";")
}

/// A rule of a style sheet: what it is for, and what is left of it.
pub(super) struct Rule {
    /// A class (`.a`), an id (`#a`), an element (`path`), or all of them (`*`).
    pub(super) selectors: Vec<String>,
    pub(super) declarations: String,
}

/// The rules of a style sheet that name whom they are for, as drawing programs write them. Everything that begins with
/// `@` is left out: it loads, or it depends on the reader's screen. So is every selector for which one would have to
/// look around in the drawing: what a drawing costs must be known (see `cost`).
pub(super) fn rules(text: &str) -> Vec<Rule> {
    let text = without_comments(text);
    let mut rules = Vec::new();
    let mut rest = text.as_str();
    while let Some((selector, after)) = rest.split_once('{') {
        // What stands before a closed statement is no part of the selector.
        let selector = selector.rsplit(';').next().unwrap_or("");
        let selectors: Vec<String> = selector.split(',').map(|part| part.trim().to_owned()).collect();
        let (body, behind) = block(after);
        let declarations = declarations(body);
        if selectors.iter().all(|part| is_selector(part)) && !body.contains('{') && !declarations.is_empty() {
            rules.push(Rule { selectors, declarations });
        }
        rest = behind;
    }
    rules
}

/// Up to the brace that closes an opened one, and what follows.
fn block(text: &str) -> (&str, &str) {
    let mut depth = 1u32;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[..at], &text[at + 1..]);
        }
    }
    (text, "")
}

fn is_selector(text: &str) -> bool {
    let name = text.strip_prefix(['.', '#']).unwrap_or(text);
    let plain = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    text == "*" || (!name.is_empty() && name.chars().all(plain))
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        // Two words must not grow together over a comment.
        kept.push(' ');
        rest = after.split_once("*/").map_or("", |(_, behind)| behind);
    }
    kept.push_str(rest);
    kept
}
