//! `/v1/refunds`.

use super::{
    call::{Answer, Call, metadata},
    cards::{Card, Refunds},
    errors::ApiError,
    money,
    payments::{Entry, book},
    world::{World, blank, number, set, text},
};
use crate::ids;
use serde_json::{Value, json};

const FIELDS: [&str; 6] =
    ["charge", "payment_intent", "amount", "reason", "refund_application_fee", "metadata[*]"];
const UNPLAYED: [&str; 5] = ["currency", "customer", "instructions_email", "origin", "reverse_transfer"];

pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &call.params;
    params.check(&FIELDS, &UNPLAYED)?;
    let charge = charge(call)?;
    let charge_id = text(&charge, "id").to_owned();
    let reason = params.one_of("reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
    let with_fee = params.boolean("refund_application_fee")? == Some(true);
    if charge["status"] != "succeeded" {
        return Err(ApiError::invalid(format!(
            "Charge {charge_id} has not succeeded and cannot be refunded."
        )));
    }
    if charge["disputed"] == true {
        return Err(ApiError::invalid(format!(
            "Charge {charge_id} has been charged back; cannot issue a refund."
        ))
        .code("charge_disputed"));
    }
    let left = number(&charge, "amount") - number(&charge, "amount_refunded");
    if left == 0 {
        return Err(ApiError::invalid(format!("Charge {charge_id} has already been refunded."))
            .code("charge_already_refunded"));
    }
    let amount = params.integer("amount")?.unwrap_or(left);
    let currency = text(&charge, "currency").to_owned();
    if amount < 1 {
        return Err(ApiError::invalid("This value must be greater than or equal to 1.")
            .code("parameter_invalid_integer")
            .param("amount"));
    }
    if amount > left {
        return Err(ApiError::invalid(format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            money::format(amount, &currency),
            money::format(left, &currency)
        ))
        .param("amount"));
    }
    let mut refund = blank!("refund");
    set(
        &mut refund,
        json!({
            "id": ids::random("re_3", 23), "created": call.world.now, "amount": amount, "currency": currency,
            "charge": charge_id, "payment_intent": charge["payment_intent"], "reason": reason,
            "metadata": metadata(params, "metadata", &Value::Null)?, "customer": charge["customer"],
            "payment_method": charge["payment_method"],
        }),
    );
    let card = Card::by_number(text(call.world.hidden(text(&charge, "payment_method")), "card"));
    let fate = card.map(Card::refunds).unwrap_or_default();
    if fate == Refunds::Pend {
        set(&mut refund, json!({"status": "pending", "pending_reason": "processing"}));
    }
    let scope = call.scope.clone();
    let scope = scope.as_deref();
    let id = text(&refund, "id").to_owned();
    let entry =
        Entry { kind: "refund", source: &id, amount: -amount, currency: &currency, details: Vec::new() };
    refund["balance_transaction"] = json!(book(call.world, scope, &entry));
    call.world.insert(scope, refund.clone());
    let refunded = number(&charge, "amount_refunded") + amount;
    call.world.edit(&charge_id, json!({"amount_refunded": refunded, "refunded": amount == left}));
    call.world.emit(scope, "refund.created", refund.clone());
    let after = call.world.object(&charge_id).clone();
    call.world.emit_changed(scope, "charge.refunded", after, Some(&charge));
    if with_fee {
        refund_fee(call.world, &charge, refunded);
    }
    Ok(refund)
}

/// What comes later, of a card whose refunds do not end at once.
pub(crate) fn finish(world: &mut World<'_>, id: &str) -> Answer {
    let refund = world.object(id).clone();
    if refund["object"] != "refund" {
        return Err(ApiError::missing_resource("refund", id, "id"));
    }
    let charge = world.object(text(&refund, "charge")).clone();
    let card = Card::by_number(text(world.hidden(text(&charge, "payment_method")), "card"));
    let scope = world.scope_of(id);
    let scope = scope.as_deref();
    match (card.map(Card::refunds).unwrap_or_default(), text(&refund, "status")) {
        (Refunds::Pend, "pending") => {
            world.edit(id, json!({"status": "succeeded", "pending_reason": null}));
        }
        (Refunds::Fail, "succeeded") => {
            let currency = text(&refund, "currency").to_owned();
            let amount = number(&refund, "amount");
            let entry = Entry {
                kind: "refund_failure",
                source: id,
                amount,
                currency: &currency,
                details: Vec::new(),
            };
            let transaction = book(world, scope, &entry);
            world.edit(
                id,
                json!({"status": "failed", "failure_reason": "expired_or_canceled_card",
                       "failure_balance_transaction": transaction}),
            );
            let refunded = number(&charge, "amount_refunded") - amount;
            world.edit(text(&charge, "id"), json!({"amount_refunded": refunded, "refunded": false}));
        }
        _ => return Err(ApiError::invalid(format!("Refund {id} is at its end already."))),
    }
    let after = world.object(id).clone();
    world.emit_changed(scope, "refund.updated", after.clone(), Some(&refund));
    if after["status"] == "failed" {
        world.emit(scope, "refund.failed", after.clone());
    }
    Ok(after)
}

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.retrieve("refund", id, "id")
}

pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    call.list_by("refund", "/v1/refunds", &["charge", "payment_intent"])
}

/// The charge that is named, or the last one of the intent that is named.
fn charge(call: &Call<'_, '_>) -> Answer {
    let params = &call.params;
    match (params.text("charge"), params.text("payment_intent")) {
        (Some(charge), _) => Ok(call.demand("charge", charge, "id")?.object.clone()),
        (None, Some(intent)) => {
            let found = &call.demand("payment_intent", intent, "intent")?.object;
            match found["latest_charge"].as_str() {
                Some(charge) => Ok(call.world.object(charge).clone()),
                None => Err(ApiError::invalid(format!(
                    "This PaymentIntent ({intent}) does not have a successful charge to refund."
                ))),
            }
        }
        (None, None) => Err(ApiError::invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
        )
        .code("parameter_missing")
        .param("payment_intent")),
    }
}

/// Gives back as much of the platform's fee as has been refunded of the charge.
fn refund_fee(world: &mut World<'_>, charge: &Value, refunded: i64) {
    let Some(fee_id) = charge["application_fee"].as_str() else { return };
    let before = world.object(fee_id).clone();
    let (total, given) = (number(&before, "amount"), number(&before, "amount_refunded"));
    let due = total * refunded / number(charge, "amount").max(1);
    let amount = due - given;
    if amount <= 0 {
        return;
    }
    let currency = text(&before, "currency").to_owned();
    let mut fee_refund = blank!("fee_refund");
    let id = ids::random("fr_1", 23);
    let entry = Entry {
        kind: "application_fee_refund",
        source: &id,
        amount: -amount,
        currency: &currency,
        details: Vec::new(),
    };
    let transaction = book(world, None, &entry);
    set(
        &mut fee_refund,
        json!({
            "id": id, "created": world.now, "amount": amount, "currency": currency, "fee": fee_id,
            "balance_transaction": transaction, "metadata": {},
        }),
    );
    let account = text(&before, "account").to_owned();
    let back = Entry {
        kind: "application_fee_refund",
        source: &id,
        amount,
        currency: &currency,
        details: Vec::new(),
    };
    book(world, Some(&account), &back);
    let mut refunds = before["refunds"].clone();
    if let Some(data) = refunds["data"].as_array_mut() {
        data.insert(0, fee_refund.clone());
    }
    world.insert(None, fee_refund);
    world.edit(fee_id, json!({"amount_refunded": due, "refunded": due == total, "refunds": refunds}));
    let after = world.object(fee_id).clone();
    world.emit_changed(None, "application_fee.refunded", after, Some(&before));
}
