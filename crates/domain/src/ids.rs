//! Typed identifiers: a UUID v7 inside, a prefixed string on the wire (`cus_01jd…`).
//!
//! The text form is that of the [TypeID](https://github.com/jetify-com/typeid) specification: the
//! prefix says what a thing is, and 26 characters of Crockford base32 keep the order of the UUIDs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ENCODED_LENGTH: usize = 26;

/// A string that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that begins with `{prefix}_`")]
pub struct ParseIdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

/// An identifier of one kind of thing.
pub trait Id: Copy + fmt::Display + From<Uuid> {
    /// What the text form begins with, without the underscore.
    const PREFIX: &'static str;

    /// The bare UUID, for the database.
    fn uuid(self) -> Uuid;
}

/// Writes 128 bits as 26 base32 characters; the first one carries the top three bits.
fn encode(uuid: Uuid) -> String {
    let value = uuid.as_u128();
    (0..ENCODED_LENGTH)
        .map(|position| {
            let shift = 5 * (ENCODED_LENGTH - 1 - position);
            let digit = usize::try_from((value >> shift) & 31).unwrap_or(0);
            char::from(ALPHABET[digit])
        })
        .collect()
}

/// Reads what [`encode`] wrote; any other spelling is refused, so one thing has one name.
fn decode(text: &str) -> Option<Uuid> {
    if text.len() != ENCODED_LENGTH || text.as_bytes().first().is_none_or(|first| *first > b'7') {
        return None;
    }
    text.bytes()
        .try_fold(0u128, |value, byte| {
            let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
            Some((value << 5) | u128::try_from(digit).ok()?)
        })
        .map(Uuid::from_u128)
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, ParseIdError> {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .and_then(decode)
        .ok_or(ParseIdError { prefix })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;

            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$")))
                    .examples([concat!($prefix, "_01jd8q0m3kfb9tn5v5t8v7w2ac")])
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    )+};
}

ids! {
    /// A tenant: the platform operator or an MSP.
    TenantId = "ten";
    /// A customer of a tenant.
    CustomerId = "cus";
    /// A person who can sign in.
    UserId = "usr";
    /// A person's place in one tenant: role and customers.
    MembershipId = "mem";
    /// An open invitation into a tenant.
    InvitationId = "ivt";
    /// A signed-in browser or program.
    SessionId = "ses";
    /// An API key.
    ApiKeyId = "key";
    /// A plan of a tenant's catalogue.
    PlanId = "pln";
    /// A priced component of a plan.
    ComponentId = "cmp";
    /// A metric that usage is counted in.
    MetricId = "met";
    /// A customer's subscription to a plan.
    SubscriptionId = "sub";
    /// A change of a subscription.
    SubscriptionChangeId = "sch";
    /// A stored usage event.
    UsageEventId = "ue";
    /// An invoice.
    InvoiceId = "inv";
    /// A line of an invoice.
    InvoiceLineId = "inl";
    /// A payment of an invoice.
    PaymentId = "pay";
    /// A Checkout page made for an invoice.
    CheckoutId = "chk";
    /// A customer's payment method, kept for later payments.
    PaymentMethodId = "pmt";
    /// A page on which a payment method is saved.
    MethodSetupId = "mse";
    /// A try to take a payment from a saved payment method.
    ChargeId = "chg";
    /// A payment that is paid back.
    RefundId = "rfd";
    /// A payment that the payer's bank takes back, or asks about.
    DisputeId = "dsp";
    /// Money that went from the balance at the payment provider to the bank.
    PayoutId = "pyo";
    /// A meter at the payment provider that usage goes to.
    MeterId = "mtr";
    /// Usage that was sent to a meter, or is to be.
    MeterPushId = "mpu";
    /// A charge that is made once.
    OneOffChargeId = "ooc";
    /// A credit note.
    CreditNoteId = "crn";
    /// A use of a customer's credit for an invoice.
    CreditApplicationId = "cra";
    /// Credit that a customer was granted.
    CreditGrantId = "cgr";
    /// What has become of a part of it.
    CreditMoveId = "cmv";
    /// Revenue of a month that was billed in advance.
    RecognitionId = "rec";
    /// A transaction of the ledger.
    LedgerTransactionId = "ltx";
    /// A row of the event stream.
    EventId = "evt";
    /// A background job.
    JobId = "job";
    /// A mail.
    MailId = "mai";
    /// An uploaded file.
    AssetId = "ast";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_form_is_that_of_typeid() {
        // From the TypeID specification's own examples.
        let id = CustomerId::from(Uuid::parse_str("0188bac7-4afa-78aa-bc3b-bd1eef28d881").unwrap());
        assert_eq!(id.to_string(), "cus_01h2xcejqtf2nbrexx3vqjhp41");
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "cus_",
            "inv_01h2xcejqtf2nbrexx3vqjhp41",
            "cus_81h2xcejqtf2nbrexx3vqjhp41",
            "cus_01H2XCEJQTF2NBREXX3VQJHP41",
            "cus_01h2xcejqtf2nbrexx3vqjhp4",
            "cus_01h2xcejqtf2nbrexx3vqjhp4u",
        ] {
            assert!(text.parse::<CustomerId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(value: u128) {
            let id = TenantId::from(Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse::<TenantId>(), Ok(id));
        }

        #[test]
        fn parsing_never_panics(text in "\\PC*") {
            let _ = text.parse::<TenantId>();
        }
    }
}
