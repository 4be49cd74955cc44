//! Webhooks: whether it is Stripe who calls, and what the call is about.
//!
//! An event is only the reason to look: it comes late, twice or in the wrong order, so its content is not acted on. All
//! that is read of it is the [`Envelope`].

use super::ids;
use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// How old, or how far ahead of our clock, a signature may be.
const TOLERANCE_SECONDS: u64 = 300;
/// No header of Stripe's comes near this, even while secrets are rolled.
const LONGEST_HEADER: usize = 2048;
const MOST_SIGNATURES: usize = 16;
/// An HMAC-SHA-256 in hexadecimal.
const SIGNATURE_LENGTH: usize = 64;
/// A type is a few words joined with points.
const LONGEST_KIND: usize = 100;

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is not of the form `t=…,v1=…`.
    #[error("the signature header is malformed")]
    Malformed,
    /// No signature in it is that of this content under this secret.
    #[error("the signature does not fit the content")]
    Mismatch,
    /// The signature is sound, but not from now: somebody repeats an old call.
    #[error("the signature is too old, or from the future")]
    OutOfTime,
}

/// Checks the `Stripe-Signature` header of a call against its raw body.
///
/// While a secret is rolled, Stripe signs with the old and the new one; one of the signatures has to fit.
pub fn verify(
    payload: &[u8],
    signature_header: &str,
    secret: &str,
    now: DateTime<Utc>,
) -> Result<(), SignatureError> {
    let (time, signatures) = parse_header(signature_header)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    // With no secret, anybody could sign.
    let known = !secret.is_empty();
    let signed = [time.as_bytes(), b".", payload].concat();
    if !known || !signatures.iter().any(|signature| hmac::verify(&key, &signed, signature).is_ok()) {
        return Err(SignatureError::Mismatch);
    }
    let time: i64 = time.parse().map_err(|_| SignatureError::Malformed)?;
    if now.timestamp().abs_diff(time) > TOLERANCE_SECONDS {
        return Err(SignatureError::OutOfTime);
    }
    Ok(())
}

/// The time as it was signed, and the signatures of scheme `v1`; other schemes are passed over.
fn parse_header(header: &str) -> Result<(&str, Vec<Vec<u8>>), SignatureError> {
    if header.len() > LONGEST_HEADER {
        return Err(SignatureError::Malformed);
    }
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=').ok_or(SignatureError::Malformed)? {
            ("t", value) if time.is_none() && is_time(value) => time = Some(value),
            ("v1", value) if value.len() == SIGNATURE_LENGTH && signatures.len() < MOST_SIGNATURES => {
                signatures.push(hex::decode(value).map_err(|_| SignatureError::Malformed)?);
            }
            ("t" | "v1", _) => return Err(SignatureError::Malformed),
            _ => {}
        }
    }
    match time {
        Some(time) if !signatures.is_empty() => Ok((time, signatures)),
        _ => Err(SignatureError::Malformed),
    }
}

fn is_time(value: &str) -> bool {
    (1..=12).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// A body that is no event of Stripe's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a Stripe event: {0}")]
pub struct EnvelopeError(&'static str);

/// What is read of an event: enough to know it again, and to ask for the object it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `evt_…`: the same event never counts twice.
    pub id: String,
    /// What happened, such as `checkout.session.completed`.
    pub kind: String,
    /// The connected account it happened on; without it, the platform's own.
    pub account: Option<String>,
    /// The object it is about, such as `cs_…`, if it has an id of Stripe's making.
    pub object_id: Option<String>,
    /// What the page is for, if it is about a Checkout page: `payment`, `setup` or `subscription`.
    pub mode: Option<String>,
    /// When it happened.
    pub created: DateTime<Utc>,
    /// Real money, or a test.
    pub livemode: bool,
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    account: Option<String>,
    created: i64,
    #[serde(default)]
    livemode: bool,
    #[serde(default)]
    data: Value,
}

impl Envelope {
    /// Reads an event. Fields that are not needed may be anything, so that a new version of the API does no harm.
    pub fn parse(payload: &[u8]) -> Result<Self, EnvelopeError> {
        let raw: Raw = serde_json::from_slice(payload).map_err(|_| EnvelopeError("its form is another"))?;
        if !ids::is_id(&raw.id, "evt_") {
            return Err(EnvelopeError("its id is not of the form evt_…"));
        }
        if raw.account.as_deref().is_some_and(|account| !ids::is_id(account, "acct_")) {
            return Err(EnvelopeError("its account is not of the form acct_…"));
        }
        if !is_kind(&raw.kind) {
            return Err(EnvelopeError("its type is none"));
        }
        // Some objects have no id, and of some kinds the account's owner chooses it: it may be any text.
        let object_id = raw.data["object"]["id"].as_str().filter(|id| ids::is_id(id, "")).map(str::to_owned);
        let mode = raw.data["object"]["mode"].as_str().filter(|mode| is_kind(mode)).map(str::to_owned);
        let created =
            DateTime::from_timestamp(raw.created, 0).ok_or(EnvelopeError("its time is out of range"))?;
        Ok(Self {
            id: raw.id,
            kind: raw.kind,
            account: raw.account,
            object_id,
            mode,
            created,
            livemode: raw.livemode,
        })
    }
}

fn is_kind(kind: &str) -> bool {
    (1..=LONGEST_KIND).contains(&kind.len())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
}

#[cfg(test)]
mod tests;
