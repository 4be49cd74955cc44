//! Makes text from outside fit to be laid out: one line, no control characters, no direction tricks.

/// What flows over pages (descriptions, details, notes) is laid out up to this many characters.
pub(crate) const LONG: usize = 10_000;
/// What has its place on the page is cut to a few lines anyway.
pub(crate) const SHORT: usize = 600;

/// What is drawn for a character the embedded fonts lack.
pub(crate) const REPLACEMENT: char = '\u{25a1}';

/// Text as one clean line: white space (line breaks too) becomes single spaces, control and invisible formatting
/// characters go, what the fonts cannot draw becomes [`REPLACEMENT`], and an ellipsis ends what is too long.
pub(crate) fn clean(text: &str, max_chars: usize, has_glyph: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    let mut gap = false;
    let mut count = 0;
    for ch in text.chars() {
        let ch = match ch {
            // The spaces that hold number groups together must not become line breaks.
            '\u{a0}' | '\u{2007}' | '\u{202f}' => '\u{a0}',
            _ if ch.is_whitespace() => {
                gap = true;
                continue;
            }
            _ if is_invisible(ch) => continue,
            _ if has_glyph(ch) => ch,
            _ => REPLACEMENT,
        };
        if gap && !out.is_empty() {
            out.push(' ');
        }
        gap = false;
        count += 1;
        if count > max_chars {
            out.push('…');
            break;
        }
        out.push(ch);
    }
    out
}

/// The paragraphs of a text that may carry line breaks of its own, each one clean; empty ones are left out.
pub(crate) fn paragraphs(text: &str, has_glyph: impl Fn(char) -> bool) -> Vec<String> {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .map(|part| clean(part, LONG, &has_glyph))
        .filter(|part| !part.is_empty())
        .collect()
}

/// Control characters, and formatting characters that would reorder or hide text: bidirectional overrides, zero-width
/// characters, soft hyphens, variation selectors, tags.
fn is_invisible(ch: char) -> bool {
    ch.is_control()
        || matches!(ch,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_and_control_characters_are_neutralised() {
        assert_eq!(clean("  Acme\r\nLtd.\t\u{0}\u{7}\u{1b}[31m  Co ", LONG, |_| true), "Acme Ltd. [31m Co");
    }

    #[test]
    fn direction_marks_and_zero_width_characters_are_stripped() {
        assert_eq!(
            clean("a\u{202e}b\u{2066}c\u{200f}d\u{feff}e\u{200b}f\u{ad}g\u{e0041}", LONG, |_| true),
            "abcdefg"
        );
    }

    #[test]
    fn unknown_characters_are_replaced_visibly() {
        assert_eq!(clean("日本 Ltd 🎉", LONG, |ch| ch.is_ascii()), "□□ Ltd □");
    }

    #[test]
    fn number_group_spaces_stay_unbreakable() {
        assert_eq!(clean("1\u{202f}234,50\u{a0}€", LONG, |_| true), "1\u{a0}234,50\u{a0}€");
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis() {
        let cut = clean(&"x".repeat(SHORT + 5), SHORT, |_| true);
        assert_eq!(cut.chars().count(), SHORT + 1);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn notes_keep_their_paragraphs() {
        assert_eq!(paragraphs("One\r\n\r\nTwo  words\n", |_| true), ["One", "Two words"]);
    }
}
