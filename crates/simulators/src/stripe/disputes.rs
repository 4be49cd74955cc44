//! `/v1/disputes`: a payer's bank takes a payment back, and decides by the evidence.

use super::{
    call::{Answer, Call},
    errors::ApiError,
    payments::{Entry, book},
    world::{World, blank, number, set, text},
};
use crate::ids;
use serde_json::{Value, json};

/// What Stripe asks for a dispute, in minor units: <https://stripe.com/pricing>.
const FEE: i64 = 1_500;

const RESPOND_WITHIN: i64 = 7 * 86_400;

/// The words in the evidence that decide a dispute in test mode: <https://docs.stripe.com/testing#disputes>.
const WINNING: &str = "winning_evidence";
const LOSING: &str = "losing_evidence";

/// The payer's bank takes a charge back.
pub(crate) fn open(world: &mut World<'_>, charge: &str) {
    let scope = world.scope_of(charge);
    let scope = scope.as_deref();
    let paid = world.object(charge).clone();
    let (amount, currency) = (number(&paid, "amount"), text(&paid, "currency").to_owned());
    let id = ids::random("dp_1", 23);
    let mut dispute = blank!("dispute");
    let entry = Entry {
        kind: "adjustment",
        source: &id,
        amount: -amount,
        currency: &currency,
        details: fee(&currency),
    };
    let transaction = book(world, scope, &entry);
    set(
        &mut dispute,
        json!({
            "id": id, "created": world.now, "amount": amount, "currency": currency, "charge": charge,
            "payment_intent": paid["payment_intent"], "reason": "fraudulent", "status": "needs_response",
            "is_charge_refundable": false, "balance_transactions": [world.object(&transaction).clone()],
        }),
    );
    dispute["evidence_details"]["due_by"] = json!(world.now + RESPOND_WITHIN);
    dispute["payment_method_details"]["card"]["case_type"] = json!("chargeback");
    world.insert(scope, dispute.clone());
    world.edit(charge, json!({"disputed": true}));
    world.emit(scope, "charge.dispute.created", dispute.clone());
    world.emit(scope, "charge.dispute.funds_withdrawn", dispute);
}

fn fee(currency: &str) -> Vec<Value> {
    vec![json!({
        "amount": FEE, "application": null, "currency": currency, "description": "Dispute fee", "type": "stripe_fee",
    })]
}

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.retrieve("dispute", id, "dispute")
}

pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    call.list_by("dispute", "/v1/disputes", &["charge", "payment_intent"])
}

/// Takes evidence. What is submitted is decided at once, as in Stripe's test mode, if it has the words for it.
pub(crate) fn update(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["evidence[uncategorized_text]", "submit", "metadata[*]"], &["evidence[*]"])?;
    let before = answerable(call, id)?;
    let evidence = call.params.text("evidence[uncategorized_text]").map(str::to_owned);
    let mut details = before["evidence_details"].clone();
    let mut given = before["evidence"].clone();
    if let Some(evidence) = &evidence {
        given["uncategorized_text"] = json!(evidence);
        details["has_evidence"] = json!(true);
    }
    call.world.edit(id, json!({"evidence": given, "evidence_details": details}));
    if call.params.boolean("submit")? == Some(false) {
        return Ok(call.world.object(id).clone());
    }
    details["submission_count"] = json!(number(&details, "submission_count") + 1);
    call.world.edit(id, json!({"evidence_details": details, "status": "under_review"}));
    told(call.world, id, "charge.dispute.updated", &before);
    match evidence.as_deref() {
        Some(WINNING) => decide(call.world, id, true),
        Some(LOSING) => decide(call.world, id, false),
        _ => {}
    }
    Ok(call.world.object(id).clone())
}

/// Gives in.
pub(crate) fn close(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&[], &[])?;
    answerable(call, id)?;
    decide(call.world, id, false);
    Ok(call.world.object(id).clone())
}

fn answerable(call: &Call<'_, '_>, id: &str) -> Answer {
    let dispute = call.demand("dispute", id, "dispute")?.object.clone();
    if text(&dispute, "status") == "needs_response" {
        return Ok(dispute);
    }
    Err(ApiError::invalid(format!("Dispute {id} is {} and takes no evidence.", text(&dispute, "status"))))
}

fn decide(world: &mut World<'_>, id: &str, won: bool) {
    let before = world.object(id).clone();
    if won {
        let scope = world.scope_of(id);
        let currency = text(&before, "currency").to_owned();
        let amount = number(&before, "amount");
        let entry =
            Entry { kind: "adjustment", source: id, amount, currency: &currency, details: Vec::new() };
        let transaction = book(world, scope.as_deref(), &entry);
        let mut transactions = before["balance_transactions"].clone();
        if let Some(list) = transactions.as_array_mut() {
            list.push(world.object(&transaction).clone());
        }
        world.edit(id, json!({"balance_transactions": transactions}));
    }
    world.edit(id, json!({"status": if won { "won" } else { "lost" }}));
    told(world, id, "charge.dispute.closed", &before);
    if won {
        told(world, id, "charge.dispute.funds_reinstated", &before);
    }
}

fn told(world: &mut World<'_>, id: &str, kind: &str, before: &Value) {
    let scope = world.scope_of(id);
    let now = world.object(id).clone();
    world.emit_changed(scope.as_deref(), kind, now, Some(before));
}
