//! A text in which what was searched for is marked.

use leptos::prelude::*;

/// A text, with the part that was looked for marked, whatever its case.
#[component]
pub fn Marked(
    /// The text.
    #[prop(into)]
    text: String,
    /// What was looked for.
    #[prop(into)]
    part: String,
) -> impl IntoView {
    pieces(&text, part.trim())
        .into_iter()
        .map(|(piece, found)| {
            let piece = piece.to_owned();
            if found { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() }
        })
        .collect_view()
}

/// Cuts the text into what was looked for and what stands around it.
fn pieces<'text>(text: &'text str, part: &str) -> Vec<(&'text str, bool)> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    for (at, _) in text.char_indices() {
        // Where this is inside of what has just been found, it is part of that.
        if at < begin {
            continue;
        }
        let Some(length) = length_of(&text[at..], part) else { continue };
        if at > begin {
            pieces.push((&text[begin..at], false));
        }
        pieces.push((&text[at..at + length], true));
        begin = at + length;
    }
    if begin < text.len() {
        pieces.push((&text[begin..], false));
    }
    pieces
}

/// How much of the text's beginning is the part; nothing, where it does not begin with it.
fn length_of(text: &str, part: &str) -> Option<usize> {
    let mut wanted = part.chars().flat_map(char::to_lowercase).peekable();
    wanted.peek()?;
    for (at, letter) in text.char_indices() {
        for small in letter.to_lowercase() {
            if wanted.next() != Some(small) {
                return None;
            }
        }
        if wanted.peek().is_none() {
            return Some(at + letter.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_for_is_found_wherever_it_is() {
        assert_eq!(pieces("Acme Corp", "ac"), [("Ac", true), ("me Corp", false)]);
        assert_eq!(pieces("ÄÖäö", "äö"), [("ÄÖ", true), ("äö", true)]);
        assert_eq!(pieces("aaa", "aa"), [("aa", true), ("a", false)]);
        assert_eq!(pieces("Acme", ""), [("Acme", false)]);
        assert!(pieces("", "x").is_empty());
    }
}
