//! Texts of other systems, made fit for logs and for people.

/// No answer of a server is worth more than this.
const LONGEST: usize = 300;

/// One line of at most [`LONGEST`] characters, in which every secret is replaced.
pub(crate) fn scrub(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "[secret]");
    }
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_control() || letter == ' ')
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_control_characters_are_gone() {
        assert_eq!(scrub("bad\r\n  password hunter2\u{1b}!", &["hunter2", ""]), "bad password [secret] !");
        assert_eq!(scrub(&"x".repeat(1000), &[]).len(), LONGEST);
    }
}
