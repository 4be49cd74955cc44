//! `/v1/balance` and `/v1/balance_transactions`: what an account has, and what moved it.

use super::{
    call::{Answer, Call},
    errors::ApiError,
    world::{World, blank, number, text},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const KIND: &str = "balance_transaction";

pub(crate) fn retrieve(call: &Call<'_, '_>) -> Answer {
    call.params.check(&[], &[])?;
    Ok(of(call.world, call.scope()))
}

/// What an account has, in each currency: the sum of all that ever moved it.
fn of(world: &World<'_>, scope: Option<&str>) -> Value {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    sums.insert("usd".to_owned(), (0, 0));
    for record in world.state.objects.values() {
        if record.object["object"] != KIND || record.scope.as_deref() != scope {
            continue;
        }
        let (available, pending) = sums.entry(text(&record.object, "currency").to_owned()).or_default();
        let settled = record.object["status"] == "available";
        *(if settled { available } else { pending }) += number(&record.object, "net");
    }
    let entry = |currency: &String, amount: i64| json!({"amount": amount, "currency": currency, "source_types": {"card": amount}});
    let mut balance = blank!("balance");
    balance["available"] =
        sums.iter().map(|(currency, sum)| entry(currency, sum.0)).collect::<Vec<Value>>().into();
    balance["pending"] =
        sums.iter().map(|(currency, sum)| entry(currency, sum.1)).collect::<Vec<Value>>().into();
    balance
}

/// What is available to an account in a currency and no payout has taken yet: which movements, and their sum.
pub(crate) fn available(world: &World<'_>, scope: Option<&str>, currency: &str) -> (Vec<String>, i64) {
    let mut found = Vec::new();
    let mut sum = 0;
    for (id, record) in &world.state.objects {
        let object = &record.object;
        let wanted = object["object"] == KIND
            && record.scope.as_deref() == scope
            && object["currency"] == currency
            && object["status"] == "available"
            && record.hidden["payout"].is_null();
        if wanted {
            found.push(id.clone());
            sum += number(object, "net");
        }
    }
    (found, sum)
}

/// Makes available what has waited for long enough.
pub(crate) fn settle_due(world: &mut World<'_>) {
    let now = world.now;
    let due = world.state.pending.iter().filter(|(_, due)| **due <= now).map(|(id, _)| id.clone());
    let due: Vec<String> = due.collect();
    settle(world, &due);
}

/// Makes available all that an account waits for, whenever it was due.
pub(crate) fn settle_all(world: &mut World<'_>, account: &str) {
    let waiting = world.state.pending.keys().filter(|id| world.scope_of(id).as_deref() == Some(account));
    let waiting: Vec<String> = waiting.cloned().collect();
    settle(world, &waiting);
}

fn settle(world: &mut World<'_>, movements: &[String]) {
    let scopes: BTreeSet<Option<String>> = movements.iter().map(|id| world.scope_of(id)).collect();
    for id in movements {
        settled(world, id);
    }
    for scope in scopes {
        let balance = of(world, scope.as_deref());
        world.emit(scope.as_deref(), "balance.available", balance);
    }
}

/// A movement counts from now on.
pub(crate) fn settled(world: &mut World<'_>, movement: &str) {
    world.state.pending.remove(movement);
    let due = number(world.object(movement), "available_on").min(world.now);
    world.edit(movement, json!({"status": "available", "available_on": due}));
}

/// The movements; of a payout, those that it pays out, and its own.
pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    if let Some(payout) = call.params.text("payout") {
        let found = &call.demand("payout", payout, "payout")?.object;
        if found["automatic"] != true {
            return Err(ApiError::invalid(
                "Balance transaction history can only be filtered on automatic transfers, not manual.",
            ));
        }
    }
    let fields = ["currency", "source", "type"];
    let known = [&fields[..], &["payout"]].concat();
    call.list(KIND, "/v1/balance_transactions", &known, |params, record| {
        fields.iter().all(|field| params.text(field).is_none_or(|wanted| record.object[*field] == wanted))
            && params.text("payout").is_none_or(|wanted| record.hidden["payout"] == wanted)
    })
}

pub(crate) fn retrieve_movement(call: &Call<'_, '_>, id: &str) -> Answer {
    call.retrieve(KIND, id, "id")
}
