//! Text that people type: what is stored of it, and what is refused.

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Too many characters.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The most that is taken.
        max: usize,
    },
    /// A character that does not belong into the text: a control character, a line break in a name,
    /// or a mark that changes the direction of what follows.
    #[error("must not contain control characters or text direction marks")]
    Forbidden,
    /// The text has not the wanted form.
    #[error("expected {0}")]
    Form(&'static str),
}

/// Marks that reorder or hide what follows: in a name they can make one company look like another.
fn is_direction_mark(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Unicode's own line and paragraph breaks, which are no control characters.
fn is_separator(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}')
}

/// One line of text: trimmed, not empty, without control characters.
pub fn line(text: &str, max: usize) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().any(|letter| letter.is_control() || is_separator(letter) || is_direction_mark(letter)) {
        return Err(TextError::Forbidden);
    }
    bounded(text, max)
}

/// Several lines of text: line breaks and tabs are kept, carriage returns become line breaks.
pub fn paragraph(text: &str, max: usize) -> Result<String, TextError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let forbidden = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if text.chars().any(|letter| forbidden(letter) || is_direction_mark(letter)) {
        return Err(TextError::Forbidden);
    }
    bounded(text.trim_end(), max)
}

fn bounded(text: &str, max: usize) -> Result<String, TextError> {
    if text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    Ok(text.to_owned())
}

/// An email address, in lower case so that one person has one account.
///
/// The check is of form alone: whether somebody reads the mail only a mail can tell.
pub fn email(text: &str) -> Result<String, TextError> {
    const FORM: TextError = TextError::Form("an email address such as `name@example.com`");
    let text = line(text, 254)?;
    let (local, host) = text.rsplit_once('@').ok_or(FORM)?;
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte));
    if local_ok && is_host_name(host) && host.contains('.') {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(FORM)
    }
}

/// A host name in lower case, without scheme, port or path.
pub fn host(text: &str) -> Result<String, TextError> {
    let text = line(text, 253)?.to_ascii_lowercase();
    if is_host_name(&text) {
        Ok(text)
    } else {
        Err(TextError::Form("a host name such as `portal.example.com`"))
    }
}

fn is_host_name(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

/// A telephone number as people write it: digits, spaces and `+-().x/`.
pub fn phone(text: &str) -> Result<String, TextError> {
    let text = line(text, 40)?;
    let allowed = |letter: char| letter.is_ascii_digit() || " +-().x/".contains(letter);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if text.chars().all(allowed) && digits >= 3 {
        Ok(text)
    } else {
        Err(TextError::Form("a telephone number such as `+1 555 0123`"))
    }
}

/// An upper-case code that people use in addresses: `ACME`, `NORTH-2`.
pub fn code(text: &str) -> Result<String, TextError> {
    let ok = (2..=32).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    if ok {
        Ok(text.to_owned())
    } else {
        Err(TextError::Form("2 to 32 of `A-Z`, `0-9`, `-` and `_`, beginning with a letter or digit"))
    }
}

/// A lower-case dotted name that programs use: `machines.backup`.
pub fn key(text: &str) -> Result<String, TextError> {
    let ok = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte))
        && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    if ok {
        Ok(text.to_owned())
    } else {
        Err(TextError::Form("1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, beginning with a letter"))
    }
}

/// A colour written `#1e40af`.
pub fn color(text: &str) -> Result<String, TextError> {
    let ok =
        text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit());
    if ok { Ok(text.to_ascii_lowercase()) } else { Err(TextError::Form("a colour such as `#1e40af`")) }
}

/// A web address that a person may be sent to.
pub fn https_url(text: &str) -> Result<String, TextError> {
    const FORM: TextError = TextError::Form("an address that begins with `https://`");
    let text = line(text, 2000)?;
    let rest = text.strip_prefix("https://").ok_or(FORM)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    if is_host_name(host) && !text.contains([' ', '"', '<', '>', '\\']) { Ok(text) } else { Err(FORM) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_keep_what_people_write() {
        for name in ["Wayne Enterprises", "Müller & Söhne <GmbH>", "株式会社", "Fish 🐟"] {
            assert_eq!(line(name, 200).as_deref(), Ok(name));
        }
        assert_eq!(line("  Acme ", 200).as_deref(), Ok("Acme"));
    }

    #[test]
    fn names_refuse_what_deceives() {
        assert_eq!(line("a\r\nBcc: x@example.com", 200), Err(TextError::Forbidden));
        assert_eq!(line("Acme\u{202e}corp", 200), Err(TextError::Forbidden));
        assert_eq!(line("nul\0", 200), Err(TextError::Forbidden));
        assert_eq!(line("two\u{2028}lines", 200), Err(TextError::Forbidden));
        assert_eq!(line(" \t ", 200), Err(TextError::Empty));
        assert_eq!(line(&"x".repeat(201), 200), Err(TextError::TooLong { max: 200 }));
    }

    #[test]
    fn emails() {
        assert_eq!(email("John.Doe+msp@Acme.COM").as_deref(), Ok("john.doe+msp@acme.com"));
        for text in
            ["", "a", "a@", "@b.com", "a@b", "a b@c.com", "a@b..com", "a@-b.com", ".a@b.com", "a\n@b.com"]
        {
            assert!(email(text).is_err(), "{text}");
        }
    }

    #[test]
    fn urls_and_hosts() {
        assert!(https_url("https://acme.com/logo.png?v=1").is_ok());
        for text in
            ["http://acme.com", "javascript:alert(1)", "https://", "https://a b", "https://user@host/"]
        {
            assert!(https_url(text).is_err(), "{text}");
        }
        assert_eq!(host("Portal.Acme.com").as_deref(), Ok("portal.acme.com"));
        assert!(host("acme.com/x").is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC*|[\\x00-\\x7f]*") {
            let _ = (line(&text, 20), paragraph(&text, 20), email(&text), host(&text), phone(&text));
            let _ = (code(&text), key(&text), color(&text), https_url(&text));
        }
    }
}
