//! What Stripe's errors mean for the caller.

use super::ProviderError;
use crate::scrub::scrub;
use stripe::{ApiErrors, ApiErrorsCode, StripeError};

/// A refusal of our own, before anything is sent.
pub(super) fn rejected(code: &str, message: &str) -> ProviderError {
    ProviderError::Rejected { code: code.to_owned(), message: message.to_owned() }
}

/// Sorts an error by what is to be done about it.
pub(super) fn sort(error: StripeError, secret_key: &str) -> ProviderError {
    match error {
        StripeError::Stripe(error, status) => refused(&error, status, secret_key),
        // An answer that is not Stripe's comes from something in between, such as a proxy that is at its limit. A
        // success that cannot be read ends here too: with the same idempotency key, asking again is harmless.
        StripeError::JSONDeserialize(text) | StripeError::ClientError(text) => {
            ProviderError::Unavailable(scrub(&text, &[secret_key]))
        }
        StripeError::Timeout => ProviderError::Unavailable("no answer in time".to_owned()),
        StripeError::ConfigError(text) => ProviderError::Misconfigured(scrub(&text, &[secret_key])),
    }
}

fn refused(error: &ApiErrors, status: u16, secret_key: &str) -> ProviderError {
    let message = scrub(error.message.as_deref().unwrap_or("no reason given"), &[secret_key]);
    let message: Vec<&str> =
        message.split(' ').map(|word| if is_key(word) { "[key]" } else { word }).collect();
    let message = message.join(" ");
    match status {
        401 => ProviderError::Misconfigured(message),
        // A restricted key without the permission; an account that is not ours has a code.
        403 if error.code.is_none() => ProviderError::Misconfigured(message),
        409 | 424 | 429 | 500.. => ProviderError::Unavailable(message),
        _ => {
            let code = error.code.as_ref().map_or_else(|| error.type_.as_str(), |code| code.as_str());
            rejected(code, &message)
        }
    }
}

/// Stripe repeats the ends of a key in some errors; not even those belong into a log.
fn is_key(word: &str) -> bool {
    let word = word.trim_start_matches(|letter: char| !letter.is_ascii_alphanumeric());
    ["sk_", "rk_", "pk_", "whsec_"].iter().any(|prefix| word.starts_with(prefix))
}

/// Why a payment failed, in Stripe's words, which are fit for the payer.
pub(super) fn failure(error: &ApiErrors) -> String {
    let text = error.message.as_deref().or(error.decline_code.as_deref()).unwrap_or("the payment failed");
    scrub(text, &[])
}

/// The bank's code for it, or else Stripe's.
pub(super) fn failure_code(error: &ApiErrors) -> Option<String> {
    let code = error.decline_code.as_deref().or_else(|| error.code.as_ref().map(ApiErrorsCode::as_str));
    code.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk_test_51Abcdefgh";

    fn answer(status: u16, error: &str) -> ProviderError {
        let error: stripe_shared::Error =
            miniserde::json::from_str(&format!(r#"{{"error":{error}}}"#)).unwrap();
        sort(StripeError::Stripe(error.error, status), KEY)
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        for status in [409, 424, 429, 500, 502, 503, 504] {
            let error = answer(status, r#"{"type":"api_error","message":"busy"}"#);
            assert_eq!(error, ProviderError::Unavailable("busy".to_owned()), "{status}");
        }
        for error in [
            StripeError::Timeout,
            StripeError::ClientError("connection refused".to_owned()),
            StripeError::JSONDeserialize("error deserializing Stripe error".to_owned()),
        ] {
            assert!(matches!(sort(error, KEY), ProviderError::Unavailable(_)));
        }
    }

    #[test]
    fn what_is_wrong_is_refused_with_a_code() {
        for (status, error, code) in [
            (
                400,
                r#"{"type":"invalid_request_error","message":"x","code":"parameter_missing"}"#,
                "parameter_missing",
            ),
            (400, r#"{"type":"idempotency_error","message":"x"}"#, "idempotency_error"),
            (402, r#"{"type":"card_error","message":"x","code":"card_declined"}"#, "card_declined"),
            (
                403,
                r#"{"type":"invalid_request_error","message":"x","code":"account_invalid"}"#,
                "account_invalid",
            ),
            (
                404,
                r#"{"type":"invalid_request_error","message":"x","code":"never_heard_of"}"#,
                "never_heard_of",
            ),
            (404, r#"{"type":"invalid_request_error"}"#, "invalid_request_error"),
        ] {
            match answer(status, error) {
                ProviderError::Rejected { code: found, .. } => assert_eq!(found, code),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_bank_s_code_comes_first() {
        for (error, code) in [
            (
                r#"{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds"}"#,
                Some("insufficient_funds"),
            ),
            (r#"{"type":"card_error","code":"expired_card"}"#, Some("expired_card")),
            (r#"{"type":"card_error","code":"never_heard_of"}"#, Some("never_heard_of")),
            (r#"{"type":"api_error"}"#, None),
        ] {
            let error: ApiErrors = miniserde::json::from_str(error).unwrap();
            assert_eq!(failure_code(&error).as_deref(), code);
        }
    }

    #[test]
    fn no_key_is_repeated() {
        let error = answer(
            401,
            r#"{"type":"invalid_request_error","message":"Invalid API Key provided: sk_test_*******efgh"}"#,
        );
        assert_eq!(error, ProviderError::Misconfigured("Invalid API Key provided: [key]".to_owned()));
        let error = answer(
            403,
            r#"{"type":"invalid_request_error","message":"The provided key 'rk_test_*h' may not do this."}"#,
        );
        assert_eq!(error, ProviderError::Misconfigured("The provided key [key] may not do this.".to_owned()));
        let error = sort(StripeError::ClientError(format!("header {KEY}\r\n")), KEY);
        assert_eq!(error, ProviderError::Unavailable("header [secret]".to_owned()));
    }
}
