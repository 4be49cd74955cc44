//! `/v1/payouts`: money goes from the balance to the account's bank. Stripe does so on a schedule; here a test says when.

use super::{
    balance,
    call::{Answer, Call, metadata},
    errors::ApiError,
    money,
    payments::{Entry, book},
    world::{World, blank, number, set, text},
};
use crate::ids;
use serde::Deserialize;
use serde_json::{Value, json};

const DAY: i64 = 86_400;
const ARRIVES_AFTER: i64 = 2 * DAY;

/// A payout as the schedule makes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PayOut {
    /// That of the account, where it is not said.
    currency: Option<String>,
    /// Only what is available by now; else all that the account waits for becomes available first.
    only_available: bool,
}

/// What becomes of a payout.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    to: Status,
    /// Why it fails: <https://docs.stripe.com/api/payouts/failures>.
    failure_code: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    InTransit,
    Paid,
    Failed,
    Canceled,
}

/// Pays out all that is available in one currency.
pub(crate) fn pay_out(world: &mut World<'_>, account: &str, wanted: &PayOut) -> Answer {
    let owner = world.demand(None, "account", account, "account")?.object.clone();
    if owner["payouts_enabled"] != true {
        return Err(ApiError::invalid("Cannot create payouts: this account has payouts disabled.")
            .code("payouts_not_allowed"));
    }
    if !wanted.only_available {
        balance::settle_all(world, account);
    }
    let currency = wanted.currency.as_deref().unwrap_or_else(|| text(&owner, "default_currency"));
    let currency = money::currency(currency, "currency")?;
    let (movements, amount) = balance::available(world, Some(account), &currency);
    if amount < 1 {
        return Err(insufficient(amount, &currency));
    }
    let payout = make(world, Some(account), amount, &currency, json!({}));
    let id = text(&payout, "id");
    let own = text(&payout, "balance_transaction").to_owned();
    for movement in movements.iter().chain([&own]) {
        world.edit_hidden(movement, json!({"payout": id}));
    }
    world.emit(Some(account), "payout.created", payout.clone());
    Ok(payout)
}

/// One that somebody asks for: of an amount, and of no movements.
pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &call.params;
    params.check(
        &["amount", "currency", "description", "metadata[*]", "statement_descriptor"],
        &["destination", "method", "payout_method", "source_type"],
    )?;
    let amount = params.integer("amount")?.ok_or_else(|| ApiError::missing_param("amount"))?;
    let currency = params.text("currency").ok_or_else(|| ApiError::missing_param("currency"))?;
    let currency = money::currency(currency, "currency")?;
    if amount < 1 {
        return Err(ApiError::invalid("This value must be greater than or equal to 1.")
            .code("parameter_invalid_integer")
            .param("amount"));
    }
    let fields = json!({
        "automatic": false, "reconciliation_status": "not_applicable", "description": params.text("description"),
        "statement_descriptor": params.text("statement_descriptor"),
        "metadata": metadata(params, "metadata", &Value::Null)?,
    });
    let scope = call.scope.clone();
    let (_, available) = balance::available(call.world, scope.as_deref(), &currency);
    if amount > available {
        return Err(insufficient(available, &currency));
    }
    let payout = make(call.world, scope.as_deref(), amount, &currency, fields);
    call.world.emit(scope.as_deref(), "payout.created", payout.clone());
    Ok(payout)
}

fn insufficient(available: i64, currency: &str) -> ApiError {
    ApiError::invalid(format!(
        "You have insufficient funds in your Stripe account for this transfer. Your available balance is {}.",
        money::format(available, currency)
    ))
    .code("balance_insufficient")
}

fn make(world: &mut World<'_>, scope: Option<&str>, amount: i64, currency: &str, fields: Value) -> Value {
    let id = ids::random("po_1", 23);
    let transaction = moved(world, scope, "payout", &id, -amount, currency);
    let mut payout = blank!("payout");
    let arrival = (world.now + ARRIVES_AFTER).div_euclid(DAY) * DAY;
    let bank = bank(world, scope);
    set(
        &mut payout,
        json!({
            "id": id, "created": world.now, "amount": amount, "currency": currency, "arrival_date": arrival,
            "balance_transaction": transaction, "destination": bank, "trace_id": {"status": "pending", "value": null},
        }),
    );
    set(&mut payout, fields);
    world.insert(scope, payout.clone());
    payout
}

/// The bank account that an account is paid out to: always the same one.
fn bank(world: &mut World<'_>, scope: Option<&str>) -> String {
    let owner = scope.unwrap_or(&world.state.platform).to_owned();
    let known = text(world.hidden(&owner), "bank").to_owned();
    if !known.is_empty() {
        return known;
    }
    let bank = ids::random("ba_1", 23);
    world.edit_hidden(&owner, json!({"bank": bank}));
    bank
}

/// What leaves the balance, or comes back to it, does so at once.
fn moved(
    world: &mut World<'_>,
    scope: Option<&str>,
    kind: &str,
    payout: &str,
    amount: i64,
    currency: &str,
) -> String {
    let entry = Entry { kind, source: payout, amount, currency, details: Vec::new() };
    let transaction = book(world, scope, &entry);
    balance::settled(world, &transaction);
    transaction
}

/// Moves a payout on.
pub(crate) fn move_on(world: &mut World<'_>, id: &str, wanted: &Move) -> Answer {
    let before = world.object(id).clone();
    if before["object"] != "payout" {
        return Err(ApiError::missing_resource("payout", id, "payout"));
    }
    let scope = world.scope_of(id);
    let scope = scope.as_deref();
    let status = text(&before, "status");
    let event = match (status, wanted.to) {
        ("pending", Status::InTransit) => {
            world.edit(id, json!({"status": "in_transit"}));
            None
        }
        ("pending" | "in_transit", Status::Paid) => {
            let trace = json!({"status": "supported", "value": ids::random("TRACE", 10)});
            world.edit(id, json!({"status": "paid", "trace_id": trace}));
            Some("payout.paid")
        }
        // A bank may send it back days after it was taken for paid.
        ("pending" | "in_transit" | "paid", Status::Failed) => {
            let code = wanted.failure_code.as_deref().unwrap_or("account_closed");
            let back = returned(world, scope, "payout_failure", &before);
            world.edit(
                id,
                json!({"status": "failed", "failure_code": code, "failure_message": failure(code),
                       "failure_balance_transaction": back}),
            );
            Some("payout.failed")
        }
        ("pending", Status::Canceled) => {
            let back = returned(world, scope, "payout_cancel", &before);
            world.edit(id, json!({"status": "canceled", "failure_balance_transaction": back}));
            Some("payout.canceled")
        }
        _ => return Err(ApiError::invalid(format!("Payout {id} is {status} and cannot become that."))),
    };
    let after = world.object(id).clone();
    world.emit_changed(scope, "payout.updated", after.clone(), Some(&before));
    if let Some(event) = event {
        world.emit(scope, event, after.clone());
    }
    Ok(after)
}

fn returned(world: &mut World<'_>, scope: Option<&str>, kind: &str, payout: &Value) -> String {
    moved(world, scope, kind, text(payout, "id"), number(payout, "amount"), text(payout, "currency"))
}

fn failure(code: &str) -> &'static str {
    match code {
        "account_closed" => "The bank account has been closed",
        "account_frozen" => "The bank account has been frozen",
        "could_not_process" => "The bank could not process this payout",
        "no_account" => "The bank account details on file are probably incorrect: no such account was found",
        _ => "The bank has sent the payout back",
    }
}

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.retrieve("payout", id, "payout")
}

pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    call.list_by("payout", "/v1/payouts", &["destination", "status"])
}
