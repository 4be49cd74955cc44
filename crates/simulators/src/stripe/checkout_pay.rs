//! Paying a Checkout session, or saving a card on it, from the hosted page or without a browser.

use super::{
    cards::Card,
    checkout::{KIND, details},
    debits,
    errors::ApiError,
    payment_intents::{self, New},
    payments::{self, Outcome, Payer, Session},
    setup_intents,
    world::{World, blank, number, set, text},
};
use crate::ids;
use serde_json::{Value, json};

/// Tries a card on an open session. A session that is complete is not paid twice.
pub(crate) fn pay(world: &mut World<'_>, id: &str, card: &str, payer: Payer) -> Result<Outcome, ApiError> {
    let Some(session) = world.state.objects.get(id).filter(|record| record.object["object"] == KIND) else {
        return Err(ApiError::missing_resource(KIND, id, "session"));
    };
    let (session, scope) = (session.object.clone(), session.scope.clone());
    match text(&session, "status") {
        "complete" => return Ok(Outcome::Done),
        "open" => {}
        _ => {
            return Err(
                ApiError::invalid("This Checkout Session has expired.").code("checkout_session_expired")
            );
        }
    }
    payments::check_can_charge(world, scope.as_deref())?;
    let Some(card) = Card::by_number(card) else {
        let message = "Your card number is incorrect. The simulator knows Stripe's test cards only.";
        return Err(ApiError::card("incorrect_number", message));
    };
    let offered = session["payment_method_types"].as_array();
    if card.is_debit() && !offered.is_some_and(|offered| offered.iter().any(|kind| kind == debits::KIND)) {
        return Err(ApiError::invalid("This page takes no bank accounts.").param("payment_method_data[type]"));
    }
    let mut details = details(&session, world.object(text(&session, "customer")));
    for (field, value) in [("email", &payer.email), ("name", &payer.name)] {
        if value.is_some() {
            details[field] = json!(value);
        }
    }
    if details["email"].is_null() {
        return Err(ApiError::missing_param("email"));
    }
    if details["address"].is_null() {
        details["address"] = json!({
            "city": null, "country": payer.country.as_deref().unwrap_or("US"), "line1": null, "line2": null,
            "postal_code": null, "state": null,
        });
    }
    let intent = match world.hidden(id)["intent_id"].as_str() {
        Some(intent) => intent.to_owned(),
        None => start(world, id, scope.as_deref(), &session),
    };
    let payer = Payer { email: details["email"].as_str().map(str::to_owned), ..payer };
    world.edit_hidden(id, json!({"payer": details}));
    let method = payments::payment_method(world, scope.as_deref(), card, &payer);
    let outcome = if session["mode"] == "setup" {
        setup_intents::attempt(world, &intent, &method)
    } else {
        payments::attempt(world, &intent, &method, Session::On)
    };
    if matches!(outcome, Outcome::Done | Outcome::Processing) {
        complete(world, id);
    }
    Ok(outcome)
}

/// The payment intent of the session, made at the first attempt.
fn start(world: &mut World<'_>, id: &str, scope: Option<&str>, session: &Value) -> String {
    let hidden = world.hidden(id).clone();
    let new = New {
        amount: number(session, "amount_total"),
        currency: text(session, "currency").to_owned(),
        application_fee: hidden["application_fee"].as_i64(),
        customer: session["customer"].as_str().map(str::to_owned),
        fields: hidden["intent"].clone(),
    };
    let intent = payment_intents::make(world, scope, new);
    world.edit_hidden(&intent, json!({"session": id}));
    world.edit_hidden(id, json!({"intent_id": intent}));
    intent
}

/// The intent has succeeded, or the bank is at work on it: the session is complete.
pub(crate) fn complete(world: &mut World<'_>, id: &str) {
    let scope = world.scope_of(id);
    let hidden = world.hidden(id).clone();
    let mut done = json!({"status": "complete", "url": null, "customer_details": hidden["payer"]});
    if world.object(id)["mode"] == "payment" {
        let is_paid = world.object(text(&hidden, "intent_id"))["status"] == "succeeded";
        let status = if is_paid { "paid" } else { "unpaid" };
        set(&mut done, json!({"payment_status": status, "payment_intent": hidden["intent_id"]}));
    }
    if world.object(id)["customer_creation"] == "always" {
        let mut customer = blank!("customer");
        set(
            &mut customer,
            json!({
                "id": ids::random("cus_", 14), "created": world.now, "email": hidden["payer"]["email"],
                "name": hidden["payer"]["name"], "invoice_prefix": ids::random("", 8).to_ascii_uppercase(),
            }),
        );
        let customer_id = world.insert(scope.as_deref(), customer.clone());
        world.emit(scope.as_deref(), "customer.created", customer);
        done["customer"] = json!(customer_id);
    }
    world.state.open_sessions.remove(id);
    world.edit(id, done);
    world.emit(scope.as_deref(), "checkout.session.completed", world.object(id).clone());
}

/// Where the browser goes after paying, with the session's id in its place.
pub(crate) fn success_url(session: &Value) -> String {
    text(session, "success_url").replace("{CHECKOUT_SESSION_ID}", text(session, "id"))
}
