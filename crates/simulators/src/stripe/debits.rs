//! Bank debits on a Checkout page: begun at once, and settled days later.

use super::{
    call::Answer,
    cards::{Card, Decline, Verdict},
    errors::ApiError,
    payments::{Outcome, pay, refuse, verdict},
    world::{World, text},
};
use serde_json::{Value, json};

static CLOSED: Decline = Decline {
    code: "account_closed",
    reason: "account_closed",
    message: "The customer's bank account has been closed.",
};
static UNKNOWN: Decline = Decline {
    code: "no_account",
    reason: "no_account",
    message: "The customer's bank account could not be located.",
};
static FUNDS: Decline = Decline {
    code: "insufficient_funds",
    reason: "insufficient_funds",
    message: "The customer's account has insufficient funds to cover this payment.",
};

/// Stripe's test accounts for ACH debits: <https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers>.
pub(super) static ACCOUNTS: &[Card] = &[
    account("000123456789", None),
    account("000111111113", Some(&CLOSED)),
    account("000111111116", Some(&UNKNOWN)),
    account("000222222227", Some(&FUNDS)),
];

const fn account(number: &'static str, end: Option<&'static Decline>) -> Card {
    Card { number, token: "pm_usBankAccount", brand: "STRIPE TEST BANK", verdict: Verdict::Debit(end) }
}

/// The kind of payment method, and what is told of one by this account.
pub(super) const KIND: &str = "us_bank_account";

pub(super) fn method(account: &Card) -> Value {
    json!({
        "account_holder_type": "individual", "account_type": "checking", "bank_name": account.brand,
        "financial_connections_account": null, "fingerprint": "ickfX9sbxIyAlbuh", "last4": account.last4(),
        "networks": {"preferred": "ach", "supported": ["ach"]}, "routing_number": "110000000", "status_details": {},
    })
}

/// Which kinds of payment method a page over this currency offers where it is not told.
pub(super) fn offered(currency: &str) -> Value {
    if currency == "usd" { json!(["card", KIND]) } else { json!(["card"]) }
}

/// What the bank says in the end of a debit that it was at work on.
pub(crate) fn finish(world: &mut World<'_>, intent: &str) -> Answer {
    if world.object(intent)["status"] != "processing" {
        return Err(ApiError::invalid(format!("PaymentIntent {intent} is not processing.")));
    }
    let method = text(world.object(intent), "payment_method").to_owned();
    let outcome = match verdict(world, &method) {
        Verdict::Debit(Some(decline)) => refuse(world, intent, decline),
        _ => pay(world, intent, false),
    };
    let session = text(world.hidden(intent), "session").to_owned();
    if !session.is_empty() {
        let kind = if matches!(outcome, Outcome::Done) {
            world.edit(&session, json!({"payment_status": "paid"}));
            "checkout.session.async_payment_succeeded"
        } else {
            "checkout.session.async_payment_failed"
        };
        let scope = world.scope_of(&session);
        world.emit(scope.as_deref(), kind, world.object(&session).clone());
    }
    Ok(world.object(intent).clone())
}
