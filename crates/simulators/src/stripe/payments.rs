//! What happens when a card is tried on a payment intent: charge, fees, balance, events.

use super::{
    cards::{AUTHENTICATION_REQUIRED, Away, Card, Decline, NOT_AUTHENTICATED, Verdict},
    debits, disputes,
    errors::ApiError,
    money::processing_fee,
    setup_intents,
    world::{World, blank, number, set, text},
};
use crate::ids;
use serde_json::{Value, json};

const SETTLES_AFTER: i64 = 2 * 86_400;

/// How an attempt to pay, or to save a card, ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    Declined(ApiError),
    NeedsAuthentication,
    /// The bank is at work, for days.
    Processing,
}

/// What the payer typed besides the card.
#[derive(Debug, Default)]
pub(crate) struct Payer {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) country: Option<String>,
}

/// Refuses a payment to an account that may not take any yet.
pub(crate) fn check_can_charge(world: &World<'_>, scope: Option<&str>) -> Result<(), ApiError> {
    match scope {
        Some(account) if world.object(account)["charges_enabled"] != true => Err(ApiError::invalid(
            "Your account cannot currently make charges. The connected account must complete onboarding first.",
        )
        .code("account_invalid")),
        _ => Ok(()),
    }
}

/// Keeps a payment method for a card.
pub(crate) fn payment_method(
    world: &mut World<'_>,
    scope: Option<&str>,
    card: &Card,
    payer: &Payer,
) -> String {
    let mut method = blank!("payment_method");
    let id = ids::random("pm_1", 23);
    let details = billing(&method, payer);
    set(&mut method, json!({"id": id, "created": world.now, "billing_details": details}));
    if card.is_debit() {
        method.as_object_mut().and_then(|fields| fields.remove("card"));
        set(&mut method, json!({"type": debits::KIND, debits::KIND: debits::method(card)}));
        let id = world.insert(scope, method);
        world.edit_hidden(&id, json!({"card": card.number}));
        return id;
    }
    set(
        &mut method["card"],
        json!({
            "brand": card.brand, "display_brand": card.brand, "last4": card.last4(), "exp_month": 12, "exp_year": 2034,
            "networks": {"available": [card.brand], "preferred": null},
        }),
    );
    let id = world.insert(scope, method);
    world.edit_hidden(&id, json!({"card": card.number}));
    id
}

/// What the bank says of the card behind a payment method.
pub(crate) fn verdict(world: &World<'_>, method: &str) -> Verdict {
    Card::by_number(text(world.hidden(method), "card")).map_or(Verdict::Approve, |card| card.verdict)
}

/// Whether the payer is there to answer for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    On,
    Off,
}

/// Tries the card behind a payment method. The intent is in a state that allows it.
pub(crate) fn attempt(world: &mut World<'_>, intent: &str, method: &str, session: Session) -> Outcome {
    let verdict = verdict(world, method);
    world.edit(intent, json!({"payment_method": method, "last_payment_error": null}));
    match verdict {
        Verdict::Approve => pay(world, intent, false),
        Verdict::Decline(decline) | Verdict::SaveOnly(decline) => refuse(world, intent, decline),
        Verdict::Debit(_) => begin_debit(world, intent),
        Verdict::Authenticate(away, then) if session == Session::Off => {
            let set_up = world.hidden(method)["set_up"] == true;
            if away == Away::Asks || (away == Away::AsksUnlessSetUp && !set_up) {
                return refuse(world, intent, &AUTHENTICATION_REQUIRED);
            }
            match then {
                Some(decline) => refuse(world, intent, decline),
                None => pay(world, intent, false),
            }
        }
        Verdict::Authenticate(..) => {
            ask_for_authentication(world, intent);
            let scope = world.scope_of(intent);
            world.emit(scope.as_deref(), "payment_intent.requires_action", world.object(intent).clone());
            Outcome::NeedsAuthentication
        }
    }
}

/// Sends the payer of an intent, of either kind, to the 3-D Secure step.
pub(crate) fn ask_for_authentication(world: &mut World<'_>, intent: &str) {
    let url = format!("{}/3ds/{intent}", world.public_url);
    let back = world.hidden(intent)["return_url"].clone();
    let action = json!({"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": back}});
    world.edit(intent, json!({"status": "requires_action", "next_action": action}));
}

/// Goes on after the 3-D Secure step of a payment intent or a setup intent.
pub(crate) fn authenticated(world: &mut World<'_>, intent: &str, succeeded: bool) -> Outcome {
    world.edit(intent, json!({"next_action": null}));
    if world.object(intent)["object"] == setup_intents::KIND {
        return setup_intents::authenticated(world, intent, succeeded);
    }
    let method = text(world.object(intent), "payment_method").to_owned();
    match verdict(world, &method) {
        _ if !succeeded => refuse(world, intent, &NOT_AUTHENTICATED),
        Verdict::Authenticate(_, Some(decline)) => refuse(world, intent, decline),
        _ => pay(world, intent, true),
    }
}

/// The bank is asked, and answers days later.
fn begin_debit(world: &mut World<'_>, intent: &str) -> Outcome {
    let scope = world.scope_of(intent);
    let scope = scope.as_deref();
    let begun = world.object(intent).clone();
    let mut charge = new_charge(world, &begun);
    set(
        &mut charge,
        json!({
            "amount_captured": begun["amount"], "captured": true, "paid": false, "status": "pending",
            "balance_transaction": null,
        }),
    );
    world.insert(scope, charge.clone());
    world.edit(
        intent,
        json!({"status": "processing", "latest_charge": charge["id"], "next_action": null,
               "payment_method_types": debits::offered("usd")}),
    );
    world.emit(scope, "charge.pending", charge);
    world.emit(scope, "payment_intent.processing", world.object(intent).clone());
    Outcome::Processing
}

/// The charge that the bank has been at work on, or a new one.
fn charge_of(world: &World<'_>, intent: &Value) -> Value {
    let last = world.object(text(intent, "latest_charge"));
    if last["status"] == "pending" { last.clone() } else { new_charge(world, intent) }
}

pub(super) fn pay(world: &mut World<'_>, intent: &str, three_d_secure: bool) -> Outcome {
    let scope = world.scope_of(intent);
    let scope = scope.as_deref();
    let paid = world.object(intent).clone();
    let (amount, currency) = (number(&paid, "amount"), text(&paid, "currency").to_owned());
    let mut charge = charge_of(world, &paid);
    if three_d_secure {
        charge["payment_method_details"]["card"]["three_d_secure"] = json!({
            "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": null,
            "result": "authenticated", "result_reason": null, "transaction_id": ids::random("", 28),
            "version": "2.2.0",
        });
    }
    let charge_id = text(&charge, "id").to_owned();
    let application_fee = number(&paid, "application_fee_amount");
    let fee = (application_fee > 0).then(|| ids::random("fee_1", 23));
    let mut details = vec![json!({
        "amount": processing_fee(amount), "application": null, "currency": currency,
        "description": "Stripe processing fees", "type": "stripe_fee",
    })];
    if fee.is_some() {
        details.push(json!({
            "amount": application_fee, "application": world.state.application, "currency": currency,
            "description": "Bailiwick application fee", "type": "application_fee",
        }));
    }
    let entry = Entry { kind: "charge", source: &charge_id, amount, currency: &currency, details };
    let transaction = book(world, scope, &entry);
    set(
        &mut charge,
        json!({
            "amount_captured": amount, "captured": true, "paid": true, "status": "succeeded",
            "application_fee": fee, "balance_transaction": transaction,
            "application_fee_amount": fee.as_ref().map(|_| application_fee),
            "receipt_url": format!("{}/receipts/{charge_id}", world.public_url),
        }),
    );
    world.insert(scope, charge.clone());
    world.edit(
        intent,
        json!({"status": "succeeded", "amount_received": amount, "latest_charge": charge_id, "next_action": null}),
    );
    world.emit(scope, "charge.succeeded", charge);
    world.emit(scope, "payment_intent.succeeded", world.object(intent).clone());
    if let (Some(fee), Some(account)) = (fee, scope) {
        collect_fee(world, &fee, account, &charge_id, application_fee, &currency);
    }
    let card = Card::by_number(text(world.hidden(text(&paid, "payment_method")), "card"));
    if card.is_some_and(Card::disputes) {
        disputes::open(world, &charge_id);
    }
    Outcome::Done
}

/// The platform's share of a direct charge is an object of the platform.
fn collect_fee(world: &mut World<'_>, id: &str, account: &str, charge: &str, amount: i64, currency: &str) {
    let entry = Entry { kind: "application_fee", source: id, amount, currency, details: Vec::new() };
    let transaction = book(world, None, &entry);
    let mut fee = blank!("application_fee");
    set(
        &mut fee,
        json!({
            "id": id, "created": world.now, "account": account, "amount": amount, "currency": currency,
            "charge": charge, "application": world.state.application, "balance_transaction": transaction,
            "fee_source": {"charge": charge, "type": "charge"},
        }),
    );
    fee["refunds"]["url"] = json!(format!("/v1/application_fees/{id}/refunds"));
    world.insert(None, fee.clone());
    world.emit(None, "application_fee.created", fee);
}

pub(super) fn refuse(world: &mut World<'_>, intent: &str, decline: &Decline) -> Outcome {
    let scope = world.scope_of(intent);
    let tried = world.object(intent).clone();
    let mut error = ApiError::card(decline.code, decline.message);
    let mut charge = Value::Null;
    // Without authentication the bank is never asked, so that there is no charge.
    if !decline.reason.is_empty() {
        charge = charge_of(world, &tried);
        set(
            &mut charge,
            json!({
                "status": "failed", "paid": false, "captured": false, "balance_transaction": null,
                "failure_code": decline.code, "failure_message": decline.message,
                "outcome": {
                    "advice_code": "try_again_later", "network_advice_code": null, "network_decline_code": "01",
                    "network_status": "declined_by_network", "reason": decline.reason, "risk_level": "normal",
                    "risk_score": 20, "seller_message": "The bank returned the decline code.",
                    "type": "issuer_declined",
                },
            }),
        );
        world.insert(scope.as_deref(), charge.clone());
        error = error.with("charge", text(&charge, "id")).with("decline_code", decline.reason);
        world.edit(intent, json!({"latest_charge": charge["id"]}));
    }
    let method = world.object(text(&tried, "payment_method")).clone();
    error = error.with("payment_method", method);
    world.edit(
        intent,
        json!({
            "status": "requires_payment_method", "payment_method": null, "next_action": null,
            "last_payment_error": error.object(),
        }),
    );
    if !charge.is_null() {
        world.emit(scope.as_deref(), "charge.failed", charge);
    }
    let failed = world.object(intent).clone();
    world.emit(scope.as_deref(), "payment_intent.payment_failed", failed.clone());
    Outcome::Declined(error.with("payment_intent", failed))
}

fn new_charge(world: &World<'_>, intent: &Value) -> Value {
    let mut charge = blank!("charge");
    let method = world.object(text(intent, "payment_method"));
    for field in
        ["amount", "currency", "customer", "description", "metadata", "receipt_email", "payment_method"]
    {
        charge[field] = intent[field].clone();
    }
    set(
        &mut charge,
        json!({
            "id": ids::random("ch_3", 23), "created": world.now, "payment_intent": intent["id"],
            "billing_details": method["billing_details"], "application": intent["application"],
            "calculated_statement_descriptor": "STRIPE SIMULATOR",
        }),
    );
    if method["type"] == debits::KIND {
        charge["payment_method_details"] = json!({
            "type": debits::KIND,
            debits::KIND: {
                "account_holder_type": "individual", "account_type": "checking",
                "bank_name": method[debits::KIND]["bank_name"], "expected_debit_date": null,
                "fingerprint": method[debits::KIND]["fingerprint"], "last4": method[debits::KIND]["last4"],
                "mandate": null, "payment_reference": null, "routing_number": method[debits::KIND]["routing_number"],
            },
        });
        return charge;
    }
    for field in ["brand", "last4", "exp_month", "exp_year", "country", "funding", "fingerprint"] {
        charge["payment_method_details"]["card"][field] = method["card"][field].clone();
    }
    charge["payment_method_details"]["card"]["overcapture"]["maximum_amount_capturable"] =
        intent["amount"].clone();
    charge["payment_method_details"]["card"]["network"] = method["card"]["brand"].clone();
    charge
}

fn billing(method: &Value, payer: &Payer) -> Value {
    let mut details = method["billing_details"].clone();
    details["name"] = json!(payer.name);
    details["email"] = json!(payer.email);
    details["address"]["country"] = json!(payer.country);
    details
}

/// A movement of an account's balance.
pub(crate) struct Entry<'a> {
    pub(crate) kind: &'a str,
    pub(crate) source: &'a str,
    pub(crate) amount: i64,
    pub(crate) currency: &'a str,
    /// The fees taken out of it, in Stripe's form.
    pub(crate) details: Vec<Value>,
}

/// Records a movement of the balance.
pub(crate) fn book(world: &mut World<'_>, scope: Option<&str>, entry: &Entry<'_>) -> String {
    let fee: i64 = entry.details.iter().map(|detail| number(detail, "amount")).sum();
    let mut transaction = blank!("balance_transaction");
    set(
        &mut transaction,
        json!({
            "id": ids::random("txn_3", 23), "created": world.now, "available_on": world.now + SETTLES_AFTER,
            "amount": entry.amount, "currency": entry.currency, "fee": fee, "fee_details": entry.details,
            "net": entry.amount - fee, "source": entry.source, "type": entry.kind, "status": "pending",
            "reporting_category": category(entry.kind),
        }),
    );
    let id = world.insert(scope, transaction);
    world.state.pending.insert(id.clone(), world.now + SETTLES_AFTER);
    id
}

/// What an accountant calls a kind of movement: <https://docs.stripe.com/reports/reporting-categories>.
fn category(kind: &str) -> &str {
    match kind {
        "application_fee_refund" => "platform_earning_refund",
        "payout_cancel" | "payout_failure" => "payout_reversal",
        other => other,
    }
}
