//! Movements of a balance as Stripe tells them. `async-stripe` knows what they can be about by a closed list: one thing
//! that is not on it would cost the whole answer. Here a source is whatever it is.

use super::{
    PayoutItem, ProviderError,
    answers::{incomplete, money},
    ids,
};
use chrono::DateTime;
use domain::{money::Money, payouts::PayoutItemKind};
use miniserde::json::Value;
use serde::Serialize;
use stripe::StripeRequest;
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_types::Currency;

/// How many Stripe gives at once.
const AT_ONCE: u8 = 100;

/// The movements that a payout pays out, from behind one of them.
#[derive(Serialize)]
pub(super) struct OfPayout<'a> {
    payout: &'a str,
    limit: u8,
    expand: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    starting_after: Option<&'a str>,
}

impl<'a> OfPayout<'a> {
    pub(super) fn new(payout: &'a str, after: Option<&'a str>) -> Result<Self, ProviderError> {
        let payout = ids::check(payout, "po_")?;
        let starting_after = after.map(|after| ids::check(after, "")).transpose()?;
        Ok(Self { payout, limit: AT_ONCE, expand: ["data.source"], starting_after })
    }
}

impl StripeRequest for OfPayout<'_> {
    type Output = Movements;

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Get, "/balance_transactions").query(self)
    }
}

#[derive(miniserde::Deserialize)]
pub(super) struct Movements {
    pub(super) data: Vec<Movement>,
    pub(super) has_more: bool,
}

#[derive(miniserde::Deserialize)]
pub(super) struct Movement {
    pub(super) id: String,
    #[serde(rename = "type")]
    kind: String,
    amount: i64,
    fee: i64,
    net: i64,
    fee_details: Vec<Fee>,
    currency: Currency,
    description: Option<String>,
    created: i64,
    source: Option<Value>,
}

#[derive(miniserde::Deserialize)]
struct Fee {
    amount: i64,
    #[serde(rename = "type")]
    kind: String,
}

/// What a movement is about: an object, or its id alone.
fn field<'a>(source: Option<&'a Value>, name: &str) -> Option<&'a str> {
    match source? {
        Value::Object(object) => match object.get(name)? {
            Value::String(text) => Some(text),
            // Another object of it that came along.
            Value::Object(inner) => match inner.get("id")? {
                Value::String(text) => Some(text),
                _ => None,
            },
            _ => None,
        },
        Value::String(id) if name == "id" => Some(id),
        _ => None,
    }
}

impl Movement {
    /// Whether it is the payout's own: what leaves the balance.
    pub(super) fn is_of(&self, payout: &str) -> bool {
        self.kind == "payout" && field(self.source.as_ref(), "id") == Some(payout)
    }

    fn kind(&self) -> PayoutItemKind {
        match self.kind.as_str() {
            "charge" | "payment" => PayoutItemKind::Payment,
            "refund" | "payment_refund" => PayoutItemKind::Refund,
            "refund_failure" => PayoutItemKind::RefundFailed,
            "adjustment" if field(self.source.as_ref(), "object") == Some("dispute") => {
                PayoutItemKind::Dispute
            }
            "application_fee_refund" => PayoutItemKind::PlatformFeeRefund,
            "stripe_fee" | "stripe_fx_fee" | "tax_fee" => PayoutItemKind::ProviderFee,
            "payout" => PayoutItemKind::Payout,
            "payout_failure" | "payout_cancel" => PayoutItemKind::PayoutReturned,
            _ => PayoutItemKind::Other,
        }
    }

    pub(super) fn told(self) -> Result<PayoutItem, ProviderError> {
        let source = self.source.as_ref();
        let kind = self.kind();
        let about = matches!(
            kind,
            PayoutItemKind::Refund
                | PayoutItemKind::RefundFailed
                | PayoutItemKind::Dispute
                | PayoutItemKind::Payout
                | PayoutItemKind::PayoutReturned
        );
        let amount = money(self.amount, &self.currency)?;
        let platform = self.fee_details.iter().filter(|fee| fee.kind == "application_fee");
        let platform = platform.map(|fee| fee.amount).fold(0_i64, i64::saturating_add);
        let of = |minor: i64| Money::new(minor, amount.currency());
        Ok(PayoutItem {
            kind,
            amount,
            platform_fee: of(platform),
            provider_fee: of(self.fee.saturating_sub(platform)),
            net: of(self.net),
            moved_at: DateTime::from_timestamp(self.created, 0)
                .ok_or_else(|| incomplete("a time that is none"))?,
            payment: field(source, "payment_intent").map(str::to_owned),
            about: field(source, "id").filter(|_| about).map(str::to_owned),
            item: self.id,
            told_kind: self.kind,
            description: self.description,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movement(kind: &str, source: &str) -> Movement {
        let text = format!(
            r#"{{"id":"txn_1","object":"balance_transaction","type":"{kind}","amount":1000,"fee":140,"net":860,
            "fee_details":[{{"amount":40,"type":"stripe_fee","currency":"eur"}},{{"amount":100,"type":"application_fee"}}],
            "currency":"eur","description":null,"created":1700000000,"exchange_rate":1.25,"source":{source}}}"#
        );
        miniserde::json::from_str(&text).unwrap()
    }

    #[test]
    fn a_source_is_whatever_it_is() {
        let charge = r#"{"object":"charge","id":"ch_1","payment_intent":"pi_1"}"#;
        let dispute =
            r#"{"object":"dispute","id":"dp_1","payment_intent":{"id":"pi_2","object":"payment_intent"}}"#;
        for (kind, source, expected, payment, about) in [
            ("charge", charge, PayoutItemKind::Payment, Some("pi_1"), None),
            ("adjustment", dispute, PayoutItemKind::Dispute, Some("pi_2"), Some("dp_1")),
            ("adjustment", "null", PayoutItemKind::Other, None, None),
            ("payout_failure", r#""po_1""#, PayoutItemKind::PayoutReturned, None, Some("po_1")),
            ("moon_dust", r#"{"object":"moon","id":"moon_1"}"#, PayoutItemKind::Other, None, None),
        ] {
            let told = movement(kind, source).told().unwrap();
            assert_eq!(
                (told.kind, told.payment.as_deref(), told.about.as_deref()),
                (expected, payment, about)
            );
            assert_eq!(told.told_kind, kind);
        }
    }

    #[test]
    fn what_is_kept_is_told_apart() {
        let told = movement("charge", "null").told().unwrap();
        let minor = [told.amount, told.platform_fee, told.provider_fee, told.net].map(Money::amount_minor);
        assert_eq!(minor, [1000, 100, 40, 860]);
    }

    #[test]
    fn the_payout_s_own_movement_is_known() {
        assert!(movement("payout", r#""po_1""#).is_of("po_1"));
        assert!(!movement("payout", r#""po_2""#).is_of("po_1"));
        assert!(!movement("payout_failure", r#""po_1""#).is_of("po_1"));
    }
}
