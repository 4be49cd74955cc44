//! Random ids of the vendors' forms.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `prefix` and `length` random characters from `[0-9A-Za-z]`.
pub(crate) fn random(prefix: &str, length: usize) -> String {
    let mut id = String::with_capacity(prefix.len() + length);
    id.push_str(prefix);
    let mut bytes = [0_u8; 64];
    let wanted = prefix.len() + length;
    while id.len() < wanted {
        aws_lc_rs::rand::fill(&mut bytes).expect("the system's random source answers");
        // 248 is the largest multiple of 62 in a byte: what lies above would favour the first characters.
        let usable = bytes.iter().filter(|byte| **byte < 248).take(wanted - id.len());
        id.extend(usable.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::random;

    #[test]
    fn ids_have_the_asked_form_and_differ() {
        let id = random("cus_", 80);
        assert_eq!(id.len(), 84);
        assert!(id[4..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(id, random("cus_", 80));
    }
}
