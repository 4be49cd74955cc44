//! `/v1/checkout/sessions`, with Stripe's hosted page.

use super::{
    call::{Answer, Call, check_email, check_url, metadata, page},
    checkout_lines::lines,
    checkout_setup, customers, debits,
    errors::ApiError,
    form::Params,
    money,
    payment_intents::check_fee,
    payments, setup_intents,
    world::{World, blank, number, set, text},
};
use crate::ids;
use serde_json::{Value, json};

pub(crate) const KIND: &str = "checkout.session";
const DAY: i64 = 86_400;
const HALF_HOUR: i64 = 1800;
/// The clocks of caller and simulator may differ by this much at the bounds.
const LEEWAY: i64 = 60;
const FIELDS: [&str; 38] = [
    "mode",
    "ui_mode",
    "success_url",
    "cancel_url",
    "client_reference_id",
    "currency",
    "customer",
    "customer_email",
    "customer_creation",
    "expires_at",
    "locale",
    "submit_type",
    "metadata[*]",
    "payment_method_types[*]",
    "billing_address_collection",
    "allow_promotion_codes",
    "automatic_tax[enabled]",
    "phone_number_collection[enabled]",
    "tax_id_collection[enabled]",
    "invoice_creation[enabled]",
    "custom_text[submit][message]",
    "line_items[*][price]",
    "line_items[*][quantity]",
    "line_items[*][metadata][*]",
    "line_items[*][price_data][currency]",
    "line_items[*][price_data][unit_amount]",
    "line_items[*][price_data][unit_amount_decimal]",
    "line_items[*][price_data][tax_behavior]",
    "line_items[*][price_data][product]",
    "line_items[*][price_data][product_data][name]",
    "line_items[*][price_data][product_data][description]",
    "line_items[*][price_data][product_data][images][*]",
    "line_items[*][price_data][product_data][tax_code]",
    "line_items[*][price_data][product_data][metadata][*]",
    "payment_intent_data[application_fee_amount]",
    "payment_intent_data[description]",
    "payment_intent_data[metadata][*]",
    "payment_intent_data[receipt_email]",
];
const MORE_FIELDS: [&str; 3] = [
    "payment_intent_data[capture_method]",
    "payment_intent_data[statement_descriptor]",
    "payment_intent_data[statement_descriptor_suffix]",
];
pub(super) const UNPLAYED: [&str; 28] = [
    "adaptive_pricing",
    "after_expiration",
    "allowed_payment_method_types",
    "branding_settings",
    "consent_collection",
    "custom_fields",
    "customer_account",
    "customer_update",
    "discounts",
    "excluded_payment_method_types",
    "integration_identifier",
    "managed_payments",
    "name_collection",
    "optional_items",
    "origin_context",
    "payment_method_collection",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "permissions",
    "redirect_on_completion",
    "return_url",
    "saved_payment_method_options",
    "setup_intent_data",
    "shipping_address_collection",
    "shipping_options",
    "subscription_data",
    "wallet_options",
];

pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    if call.params.text("mode") == Some("setup") {
        return checkout_setup::create(call);
    }
    let params = &call.params;
    params.check(&[&FIELDS[..], &MORE_FIELDS[..]].concat(), &UNPLAYED)?;
    check_form(call)?;
    let lines = lines(params, call.world.now)?;
    let currency = text(&lines[0], "currency").to_owned();
    let total: i64 = lines.iter().map(|line| number(line, "amount_total")).sum();
    money::check_amount(total, &currency, "line_items")?;
    let fee = params.integer("payment_intent_data[application_fee_amount]")?;
    check_fee(fee, total, call.scope(), "payment_intent_data[application_fee_amount]")?;
    let mut session = new(call)?;
    set(&mut session, json!({"amount_subtotal": total, "amount_total": total, "currency": currency}));
    if params.list("payment_method_types").is_empty() {
        session["payment_method_types"] = debits::offered(&currency);
    }
    let mut intent = json!({"metadata": metadata(params, "payment_intent_data[metadata]", &Value::Null)?});
    for field in ["description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix"] {
        intent[field] = json!(params.text(&format!("payment_intent_data[{field}]")));
    }
    let hidden = json!({"lines": lines, "intent": intent, "application_fee": fee});
    Ok(keep(call, session, hidden))
}

/// An open session with what it has in every mode; it is not kept yet.
pub(super) fn new(call: &Call<'_, '_>) -> Answer {
    let params = &call.params;
    payments::check_can_charge(call.world, call.scope())?;
    let customer = match params.text("customer") {
        Some(id) => customers::live(call, id, "customer")?,
        None => Value::Null,
    };
    let id = ids::random("cs_test_a1", 56);
    let mut session = blank!("checkout_session");
    set(
        &mut session,
        json!({
            "id": id, "created": call.world.now, "expires_at": expiry(params, call.world.now)?,
            "url": format!("{}/c/pay/{id}", call.world.public_url), "mode": params.text("mode"),
            "metadata": metadata(params, "metadata", &Value::Null)?,
        }),
    );
    for field in [
        "success_url",
        "cancel_url",
        "client_reference_id",
        "customer_email",
        "customer",
        "locale",
        "submit_type",
    ] {
        session[field] = json!(params.text(field));
    }
    session["customer_creation"] = if customer.is_null() {
        json!(params.text("customer_creation").unwrap_or("if_required"))
    } else {
        Value::Null
    };
    if !customer.is_null() || params.text("customer_email").is_some() {
        session["customer_details"] = details(&session, &customer);
    }
    if let Some(message) = params.text("custom_text[submit][message]") {
        session["custom_text"]["submit"] = json!({"message": message});
    }
    Ok(session)
}

/// Keeps a new session and what is not shown of it.
pub(super) fn keep(call: &mut Call<'_, '_>, session: Value, hidden: Value) -> Value {
    let scope = call.scope.clone();
    let id = call.world.insert(scope.as_deref(), session.clone());
    call.world.edit_hidden(&id, hidden);
    call.world.state.open_sessions.insert(id, number(&session, "expires_at"));
    session
}

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.retrieve(KIND, id, "session")
}

pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    let filters = ["payment_intent", "customer", "status", "customer_details[email]"];
    call.list(KIND, "/v1/checkout/sessions", &filters, |params, record| {
        let same = |field: &str| params.text(field).is_none_or(|wanted| record.object[field] == wanted);
        let email = params.text("customer_details[email]");
        ["payment_intent", "customer", "status"].into_iter().all(same)
            && email.is_none_or(|email| record.object["customer_details"]["email"] == email)
    })
}

pub(crate) fn update(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["metadata[*]"], &["collected_information", "shipping_options", "line_items"])?;
    let session = &call.demand(KIND, id, "session")?.object;
    let metadata = metadata(&call.params, "metadata", &session["metadata"])?;
    call.world.edit(id, json!({"metadata": metadata}));
    Ok(call.world.object(id).clone())
}

pub(crate) fn expire(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&[], &[])?;
    let status = text(&call.demand(KIND, id, "session")?.object, "status").to_owned();
    if status != "open" {
        return Err(ApiError::invalid(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Session has a status of \
             {status:?}."
        )));
    }
    end(call.world, id);
    Ok(call.world.object(id).clone())
}

pub(crate) fn list_lines(call: &Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["limit", "starting_after", "ending_before"], &[])?;
    call.demand(KIND, id, "session")?;
    let lines = call.world.hidden(id)["lines"].as_array().map_or(&[][..], Vec::as_slice);
    page(&call.params, lines, &format!("/v1/checkout/sessions/{id}/line_items"))
}

/// The lines as `expand[]=line_items` shows them.
pub(crate) fn line_items(world: &World<'_>, id: &str) -> Value {
    let lines = &world.hidden(id)["lines"];
    let url = format!("/v1/checkout/sessions/{id}/line_items");
    json!({"object": "list", "data": lines, "has_more": false, "url": url})
}

/// Ends the sessions whose time is over.
pub(crate) fn expire_due(world: &mut World<'_>) {
    let now = world.now;
    let due: Vec<String> =
        world.state.open_sessions.iter().filter(|(_, at)| **at <= now).map(|(id, _)| id.clone()).collect();
    for id in due {
        end(world, &id);
    }
}

fn end(world: &mut World<'_>, id: &str) {
    world.state.open_sessions.remove(id);
    world.edit(id, json!({"status": "expired", "url": null}));
    let scope = world.scope_of(id);
    let intent = world.hidden(id)["intent_id"].as_str().map(str::to_owned);
    if let Some(intent) = intent.as_deref().filter(|id| world.object(id)["object"] == setup_intents::KIND) {
        setup_intents::end(world, intent, Some("abandoned"));
    } else if let Some(intent) = intent {
        let now = world.now;
        world.edit(
            &intent,
            json!({"status": "canceled", "canceled_at": now, "cancellation_reason": "automatic", "next_action": null}),
        );
        world.emit(scope.as_deref(), "payment_intent.canceled", world.object(&intent).clone());
    }
    world.emit(scope.as_deref(), "checkout.session.expired", world.object(id).clone());
}

/// The checks that concern neither money nor other objects.
pub(super) fn check_form(call: &Call<'_, '_>) -> Result<(), ApiError> {
    let params = &call.params;
    params.required("mode")?;
    params.one_of("mode", &["payment", "setup", "subscription"])?;
    let unplayed = |param: &str, value: &str| {
        ApiError::invalid(format!("The simulator does not play {param}={value}."))
            .code("parameter_not_simulated")
            .param(param)
    };
    if params.text("mode") == Some("subscription") {
        return Err(unplayed("mode", "subscription"));
    }
    let only = [
        ("ui_mode", "hosted_page"),
        ("payment_intent_data[capture_method]", "automatic_async"),
        ("automatic_tax[enabled]", "false"),
        ("tax_id_collection[enabled]", "false"),
        ("invoice_creation[enabled]", "false"),
        ("allow_promotion_codes", "false"),
    ];
    for (param, played) in only {
        match params.text(param) {
            Some(value) if value != played => return Err(unplayed(param, value)),
            _ => {}
        }
    }
    params.required("success_url")?;
    check_url(params, "success_url")?;
    check_url(params, "cancel_url")?;
    check_email(params, "customer_email")?;
    params.one_of("customer_creation", &["always", "if_required"])?;
    params.one_of("submit_type", &["auto", "book", "donate", "pay", "subscribe"])?;
    params.one_of("billing_address_collection", &["auto", "required"])?;
    if let Some(kind) = params.list("payment_method_types").into_iter().find(|kind| *kind != "card") {
        return Err(unplayed("payment_method_types", kind));
    }
    if params.text("client_reference_id").is_some_and(|reference| reference.chars().count() > 200) {
        return Err(ApiError::invalid("client_reference_id can be up to 200 characters long.")
            .param("client_reference_id"));
    }
    if params.has("customer") && (params.has("customer_email") || params.has("customer_creation")) {
        return Err(ApiError::invalid(
            "You may only specify one of these parameters: customer, customer_creation, customer_email.",
        ));
    }
    Ok(())
}

fn expiry(params: &Params, now: i64) -> Result<i64, ApiError> {
    let Some(at) = params.integer("expires_at")? else { return Ok(now + DAY) };
    let message = if at < now + HALF_HOUR - LEEWAY {
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
    } else if at > now + DAY + LEEWAY {
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
    } else {
        return Ok(at);
    };
    Err(ApiError::invalid(message).param("expires_at"))
}

/// `customer_details`, from the session and its customer.
pub(crate) fn details(session: &Value, customer: &Value) -> Value {
    let of_customer = |field: &str| customer.get(field).cloned().unwrap_or(Value::Null);
    let email = if session["customer_email"].is_null() {
        of_customer("email")
    } else {
        session["customer_email"].clone()
    };
    json!({
        "address": of_customer("address"), "business_name": null, "email": email, "individual_name": null,
        "name": of_customer("name"), "phone": of_customer("phone"), "tax_exempt": "none", "tax_ids": [],
    })
}
