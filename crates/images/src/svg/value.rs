//! Values of attributes and properties: which are harmless.

/// Path data can be long; a file can be no longer than its limit.
const LONGEST_NAME: usize = 200;

/// Functions that only compute.
const FUNCTIONS: &[&str] =
    &["hsl", "hsla", "matrix", "rgb", "rgba", "rotate", "scale", "skewx", "skewy", "translate"];

/// Whether a value stays inside the drawing: no address, no escape, no function that is not known.
///
/// `url` is a function like any other, except that it may name a part of the same drawing.
pub(super) fn is_harmless(value: &str) -> bool {
    if !value.chars().all(is_plain) {
        return false;
    }
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('(') {
        let word =
            before.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '-').next().unwrap_or("");
        let Some((argument, behind)) = after.split_once(')') else { return false };
        let function = word.to_ascii_lowercase();
        let harmless = if function == "url" {
            reference(argument).is_some()
        } else {
            FUNCTIONS.contains(&function.as_str()) && !argument.contains('(')
        };
        if !harmless {
            return false;
        }
        rest = behind;
    }
    !rest.contains(')')
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || " \t\r\n#%()*+,-./_'\"".contains(letter)
}

/// The id in `#id`, with or without quotes.
pub(super) fn reference(argument: &str) -> Option<&str> {
    let argument = argument.trim();
    let bare = ['"', '\'']
        .iter()
        .find_map(|quote| argument.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(argument);
    bare.trim().strip_prefix('#').filter(|id| is_name(id))
}

/// Every id that a value refers to by `url(#id)`.
pub(super) fn references(value: &str) -> impl Iterator<Item = &str> {
    value.split('(').skip(1).filter_map(|part| reference(part.split(')').next()?))
}

/// Whether a text can name a part of a drawing.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_NAME
        && text.chars().all(|letter| letter.is_alphanumeric() || "-_.:".contains(letter))
}
