//! Stripe's ids, checked before they become part of a path or a header.

use super::{ProviderError, errors::rejected};

/// Stripe promises no more than this.
pub(super) const LONGEST: usize = 255;

/// Whether a text is an id with this prefix: letters, digits and underscores.
pub(super) fn is_id(text: &str, prefix: &str) -> bool {
    text.len() <= LONGEST
        && text.strip_prefix(prefix).is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

/// The text itself if it is an id with this prefix.
pub(super) fn check<'a>(text: &'a str, prefix: &str) -> Result<&'a str, ProviderError> {
    if is_id(text, prefix) {
        Ok(text)
    } else {
        Err(rejected("invalid_id", &format!("expected an id that begins with {prefix}")))
    }
}
