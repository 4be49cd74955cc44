//! Which call of the API goes to which function.

use super::{
    accounts, balance,
    call::{Answer, Call},
    checkout, customers, disputes,
    errors::ApiError,
    meters, onboarding, payment_intents, payment_methods, payouts, refunds, setup_intents,
};

/// Carries out a call; `path` is what follows `/v1/`.
pub(crate) fn dispatch(call: &mut Call<'_, '_>, method: &str, path: &str) -> Answer {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let answer = match (method, parts.as_slice()) {
        ("GET", ["account"]) => accounts::own(call),
        ("POST", ["accounts"]) => accounts::create(call),
        ("GET", ["accounts"]) => accounts::list(call),
        ("GET", ["accounts", id]) => accounts::retrieve(call, id),
        ("POST", ["accounts", id]) => accounts::update(call, id),
        ("DELETE", ["accounts", id]) => accounts::delete(call, id),
        ("POST", ["account_links"]) => onboarding::create(call),
        ("GET", ["balance"]) => balance::retrieve(call),
        ("GET", ["balance_transactions"]) => balance::list(call),
        ("GET", ["balance_transactions", id]) => balance::retrieve_movement(call, id),
        ("POST", ["billing", "meters"]) => meters::create(call),
        ("GET", ["billing", "meters"]) => meters::list(call),
        ("GET", ["billing", "meters", id]) => meters::retrieve(call, id),
        ("POST", ["billing", "meters", id]) => meters::update(call, id),
        ("POST", ["billing", "meters", id, "deactivate"]) => meters::set_active(call, id, false),
        ("POST", ["billing", "meters", id, "reactivate"]) => meters::set_active(call, id, true),
        ("GET", ["billing", "meters", id, "event_summaries"]) => meters::summaries(call, id),
        ("POST", ["billing", "meter_events"]) => meters::create_event(call),
        ("POST", ["customers"]) => customers::create(call),
        ("GET", ["customers"]) => customers::list(call),
        ("GET", ["customers", id]) => customers::retrieve(call, id),
        ("POST", ["customers", id]) => customers::update(call, id),
        ("DELETE", ["customers", id]) => customers::delete(call, id),
        ("GET", ["customers", id, "payment_methods"]) => payment_methods::list_of(call, id),
        ("GET", ["customers", id, "payment_methods", method]) => {
            payment_methods::retrieve_of(call, id, method)
        }
        ("POST", ["checkout", "sessions"]) => checkout::create(call),
        ("GET", ["checkout", "sessions"]) => checkout::list(call),
        ("GET", ["checkout", "sessions", id]) => checkout::retrieve(call, id),
        ("POST", ["checkout", "sessions", id]) => checkout::update(call, id),
        ("POST", ["checkout", "sessions", id, "expire"]) => checkout::expire(call, id),
        ("GET", ["checkout", "sessions", id, "line_items"]) => checkout::list_lines(call, id),
        ("POST", ["payment_intents"]) => payment_intents::create(call),
        ("GET", ["payment_intents"]) => payment_intents::list(call),
        ("GET", ["payment_intents", id]) => payment_intents::retrieve(call, id),
        ("POST", ["payment_intents", id]) => payment_intents::update(call, id),
        ("POST", ["payment_intents", id, "confirm"]) => payment_intents::confirm(call, id),
        ("POST", ["payment_intents", id, "cancel"]) => payment_intents::cancel(call, id),
        ("GET", ["payment_methods"]) => payment_methods::list(call),
        ("GET", ["payment_methods", id]) => payment_methods::retrieve(call, id),
        ("POST", ["payment_methods", id, "attach"]) => payment_methods::attach(call, id),
        ("POST", ["payment_methods", id, "detach"]) => payment_methods::detach(call, id),
        ("POST", ["payouts"]) => payouts::create(call),
        ("GET", ["payouts"]) => payouts::list(call),
        ("GET", ["payouts", id]) => payouts::retrieve(call, id),
        ("POST", ["setup_intents"]) => setup_intents::create(call),
        ("GET", ["setup_intents"]) => setup_intents::list(call),
        ("GET", ["setup_intents", id]) => setup_intents::retrieve(call, id),
        ("POST", ["setup_intents", id, "confirm"]) => setup_intents::confirm(call, id),
        ("POST", ["setup_intents", id, "cancel"]) => setup_intents::cancel(call, id),
        ("GET", ["charges"]) => call.list_by("charge", "/v1/charges", &["customer", "payment_intent"]),
        ("GET", ["charges", id]) => call.retrieve("charge", id, "charge"),
        ("GET", ["application_fees"]) => call.list_by("application_fee", "/v1/application_fees", &["charge"]),
        ("GET", ["application_fees", id]) => call.retrieve("application_fee", id, "id"),
        ("POST", ["refunds"]) => refunds::create(call),
        ("GET", ["refunds"]) => refunds::list(call),
        ("GET", ["refunds", id]) => refunds::retrieve(call, id),
        ("GET", ["disputes"]) => disputes::list(call),
        ("GET", ["disputes", id]) => disputes::retrieve(call, id),
        ("POST", ["disputes", id]) => disputes::update(call, id),
        ("POST", ["disputes", id, "close"]) => disputes::close(call, id),
        ("GET", ["events"]) => call.list("event", "/v1/events", &["type", "types[*]"], |params, record| {
            let kind = record.object["type"].as_str().unwrap_or_default();
            let types = params.list("types");
            params.text("type").is_none_or(|wanted| matches(wanted, kind))
                && (types.is_empty() || types.iter().any(|wanted| matches(wanted, kind)))
        }),
        ("GET", ["events", id]) => call.retrieve("event", id, "id"),
        _ => Err(ApiError::unknown_url(method, &format!("/v1/{path}"))),
    }?;
    call.expand(answer)
}

/// An event type, or all of a kind with `charge.*`.
fn matches(wanted: &str, kind: &str) -> bool {
    wanted == kind || wanted.strip_suffix('*').is_some_and(|prefix| kind.starts_with(prefix))
}
