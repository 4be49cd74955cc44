//! `/v1/setup_intents`: making sure of a card, to charge it later.

use super::{
    call::{Answer, Call, check_url, metadata},
    cards::{Decline, SETUP_NOT_AUTHENTICATED, Verdict},
    customers,
    errors::ApiError,
    payment_methods::{self, named_for, owner, resolve},
    payments::{self, Outcome},
    world::{World, blank, set, text},
};
use crate::ids;
use serde_json::{Value, json};

pub(crate) const KIND: &str = "setup_intent";
const FIELDS: [&str; 11] = [
    "automatic_payment_methods[enabled]",
    "automatic_payment_methods[allow_redirects]",
    "confirm",
    "customer",
    "description",
    "metadata[*]",
    "payment_method",
    "payment_method_types[*]",
    "return_url",
    "usage",
    "use_stripe_sdk",
];
const UNPLAYED: [&str; 13] = [
    "attach_to_self",
    "confirmation_token",
    "customer_account",
    "excluded_payment_method_types",
    "allowed_payment_method_types",
    "flow_directions",
    "mandate_data",
    "on_behalf_of",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "setup_mandate_details",
    "single_use",
];

/// Keeps a new intent, with further fields set as they are, and tells of it.
pub(crate) fn make(world: &mut World<'_>, scope: Option<&str>, fields: Value) -> String {
    let id = ids::random("seti_1", 23);
    let mut intent = blank!("setup_intent");
    set(&mut intent, fields);
    set(
        &mut intent,
        json!({
            "id": id, "created": world.now, "application": scope.map(|_| &world.state.application),
            "client_secret": ids::random(&format!("{id}_secret_"), 31),
        }),
    );
    world.insert(scope, intent.clone());
    world.emit(scope, "setup_intent.created", intent);
    id
}

pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &call.params;
    params.check(&FIELDS, &UNPLAYED)?;
    let customer = params.text("customer");
    if let Some(customer) = customer {
        customers::live(call, customer, "customer")?;
    }
    check_url(params, "return_url")?;
    let confirm = params.boolean("confirm")? == Some(true);
    let usage = params.one_of("usage", &["off_session", "on_session"])?.unwrap_or("off_session");
    if let Some(kind) = params.list("payment_method_types").into_iter().find(|kind| *kind != "card") {
        return Err(ApiError::invalid(format!("The simulator does not play payment_method_types={kind}."))
            .code("parameter_not_simulated")
            .param("payment_method_types"));
    }
    let mut fields = json!({
        "customer": customer, "description": params.text("description"), "usage": usage,
        "metadata": metadata(params, "metadata", &Value::Null)?,
    });
    if params.boolean("automatic_payment_methods[enabled]")? == Some(true) {
        let redirects = params
            .one_of("automatic_payment_methods[allow_redirects]", &["always", "never"])?
            .unwrap_or("always");
        fields["automatic_payment_methods"] = json!({"enabled": true, "allow_redirects": redirects});
    }
    let method = named_for(call, params.text("payment_method"), customer)?;
    if confirm && method.is_none() {
        return Err(ApiError::missing_param("payment_method"));
    }
    let scope = call.scope.clone();
    let id = make(call.world, scope.as_deref(), fields);
    if let Some(method) = method {
        let method = resolve(call, method);
        call.world.edit(&id, json!({"payment_method": method, "status": "requires_confirmation"}));
    }
    if confirm { try_card(call, &id) } else { Ok(call.world.object(&id).clone()) }
}

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["client_secret"], &[])?;
    Ok(call.demand(KIND, id, "intent")?.object.clone())
}

pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    call.list_by(KIND, "/v1/setup_intents", &["customer", "payment_method"])
}

pub(crate) fn confirm(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["payment_method", "return_url", "use_stripe_sdk"], &UNPLAYED)?;
    let intent = open(call, id, "confirm")?;
    check_url(&call.params, "return_url")?;
    if let Some(method) = named_for(call, call.params.text("payment_method"), owner(&intent))? {
        let method = resolve(call, method);
        call.world.edit(id, json!({"payment_method": method}));
    }
    try_card(call, id)
}

pub(crate) fn cancel(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["cancellation_reason"], &[])?;
    let reasons = ["abandoned", "duplicate", "requested_by_customer"];
    let reason = call.params.one_of("cancellation_reason", &reasons)?.map(str::to_owned);
    open(call, id, "cancel")?;
    end(call.world, id, reason.as_deref());
    Ok(call.world.object(id).clone())
}

/// Gives an intent up.
pub(crate) fn end(world: &mut World<'_>, id: &str, reason: Option<&str>) {
    world.edit(id, json!({"status": "canceled", "cancellation_reason": reason, "next_action": null}));
    let scope = world.scope_of(id);
    world.emit(scope.as_deref(), "setup_intent.canceled", world.object(id).clone());
}

/// The intent, if there is something left to do on it and Checkout is not doing it.
fn open(call: &Call<'_, '_>, id: &str, verb: &str) -> Answer {
    let record = call.demand(KIND, id, "intent")?;
    let status = text(&record.object, "status");
    let message = if record.hidden["session"].is_string() {
        format!("You cannot {verb} this SetupIntent because it belongs to a Checkout Session.")
    } else if matches!(status, "requires_payment_method" | "requires_confirmation" | "requires_action") {
        return Ok(record.object.clone());
    } else {
        format!("You cannot {verb} this SetupIntent because it has a status of {status}.")
    };
    Err(ApiError::invalid(message)
        .code("setup_intent_unexpected_state")
        .with("setup_intent", record.object.clone()))
}

fn try_card(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let method = text(call.world.object(id), "payment_method").to_owned();
    if method.is_empty() {
        return Err(ApiError::invalid(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a \
             payment method and then confirm it again.",
        )
        .code("setup_intent_unexpected_state")
        .with("setup_intent", call.world.object(id).clone()));
    }
    if let Some(url) = call.params.text("return_url") {
        call.world.edit_hidden(id, json!({"return_url": url}));
    }
    match attempt(call.world, id, &method) {
        Outcome::Declined(error) => Err(error),
        Outcome::Done | Outcome::NeedsAuthentication | Outcome::Processing => {
            Ok(call.world.object(id).clone())
        }
    }
}

/// Tries the card behind a payment method, without money. The intent is in a state that allows it.
pub(crate) fn attempt(world: &mut World<'_>, intent: &str, method: &str) -> Outcome {
    let verdict = payments::verdict(world, method);
    world.edit(intent, json!({"payment_method": method, "last_setup_error": null}));
    match verdict {
        Verdict::Approve | Verdict::SaveOnly(_) | Verdict::Debit(_) => succeed(world, intent),
        Verdict::Decline(decline) => refuse(world, intent, decline),
        Verdict::Authenticate(..) => {
            payments::ask_for_authentication(world, intent);
            let scope = world.scope_of(intent);
            world.emit(scope.as_deref(), "setup_intent.requires_action", world.object(intent).clone());
            Outcome::NeedsAuthentication
        }
    }
}

/// Goes on after the 3-D Secure step.
pub(crate) fn authenticated(world: &mut World<'_>, intent: &str, succeeded: bool) -> Outcome {
    if succeeded { succeed(world, intent) } else { refuse(world, intent, &SETUP_NOT_AUTHENTICATED) }
}

fn succeed(world: &mut World<'_>, id: &str) -> Outcome {
    world.edit(id, json!({"status": "succeeded", "next_action": null}));
    let done = world.object(id).clone();
    let method = text(&done, "payment_method");
    if let Some(customer) = owner(&done) {
        payment_methods::attach_to(world, method, customer);
    }
    if done["usage"] == "off_session" {
        world.edit_hidden(method, json!({"set_up": true}));
    }
    let scope = world.scope_of(id);
    world.emit(scope.as_deref(), "setup_intent.succeeded", done);
    Outcome::Done
}

fn refuse(world: &mut World<'_>, id: &str, decline: &Decline) -> Outcome {
    let method = world.object(text(world.object(id), "payment_method")).clone();
    let mut error = ApiError::card(decline.code, decline.message).with("payment_method", method);
    if !decline.reason.is_empty() {
        error = error.with("decline_code", decline.reason);
    }
    world.edit(
        id,
        json!({
            "status": "requires_payment_method", "payment_method": null, "next_action": null,
            "last_setup_error": error.object(),
        }),
    );
    let scope = world.scope_of(id);
    let failed = world.object(id).clone();
    world.emit(scope.as_deref(), "setup_intent.setup_failed", failed.clone());
    Outcome::Declined(error.with("setup_intent", failed))
}
