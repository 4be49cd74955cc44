//! Web addresses a reader may be sent to.

/// No payment page needs more.
const MAX_LENGTH: usize = 2_000;

/// An address that is safe to put into the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WebAddress {
    /// The whole address, in ASCII.
    pub(crate) address: String,
    /// The host, shown so that the reader knows where the link leads.
    pub(crate) host: String,
}

/// Takes `https` and `http` addresses with a plain host. Characters that may not stand in an address are
/// percent-encoded; anything else, `javascript:` above all, is refused.
pub(crate) fn web_address(text: &str) -> Option<WebAddress> {
    let text = text.trim();
    if text.len() > MAX_LENGTH {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    if host.is_empty() || !host.bytes().all(plain) {
        return None;
    }
    let address = text.bytes().map(|byte| match byte {
        b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => format!("%{byte:02X}"),
        0x21..=0x7e => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    let address = address.collect();
    Some(WebAddress { address, host: host.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_pass_in_ascii() {
        let found = web_address(" https://pay.example.com:8443/i/é?a=b c ").unwrap();
        assert_eq!(found.address, "https://pay.example.com:8443/i/%C3%A9?a=b%20c");
        assert_eq!(found.host, "pay.example.com:8443");
    }

    #[test]
    fn anything_else_is_refused() {
        let long = format!("https://example.com/{}", "x".repeat(MAX_LENGTH));
        for text in [
            "",
            "pay.example.com",
            "javascript:alert(1)",
            "javascript://x/%0aalert(1)",
            "file:///etc/passwd",
            "https://",
            "https:///path",
            "https://user:secret@example.com/",
            "https://exam ple.com/",
            "https://bücher.example/",
            &long,
        ] {
            assert_eq!(web_address(text), None, "{text}");
        }
    }
}
