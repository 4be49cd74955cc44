//! `/v1/checkout/sessions` in the mode `setup`: a page on which a card is saved and nothing is paid.

use super::{
    call::{Answer, Call, metadata},
    checkout::{UNPLAYED, check_form, keep, new},
    errors::ApiError,
    money, setup_intents,
    world::{set, text},
};
use serde_json::{Value, json};

const FIELDS: [&str; 16] = [
    "mode",
    "ui_mode",
    "success_url",
    "cancel_url",
    "client_reference_id",
    "currency",
    "customer",
    "customer_email",
    "expires_at",
    "locale",
    "metadata[*]",
    "payment_method_types[*]",
    "billing_address_collection",
    "custom_text[submit][message]",
    "setup_intent_data[description]",
    "setup_intent_data[metadata][*]",
];
/// What belongs to a payment.
const FOREIGN: [&str; 7] = [
    "allow_promotion_codes",
    "discounts",
    "invoice_creation",
    "line_items",
    "payment_intent_data",
    "submit_type",
    "subscription_data",
];

pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &call.params;
    if let Some(foreign) = FOREIGN.into_iter().find(|name| params.has(name)) {
        let message = format!("You can not pass `{foreign}` in `setup` mode.");
        return Err(ApiError::invalid(message).param(foreign));
    }
    let more = ["automatic_tax", "customer_creation", "phone_number_collection", "tax_id_collection"];
    let unplayed: Vec<&str> =
        UNPLAYED.into_iter().filter(|name| *name != "setup_intent_data").chain(more).collect();
    params.check(&FIELDS, &unplayed)?;
    check_form(call)?;
    let currency = match params.text("currency") {
        Some(currency) => Some(money::currency(currency, "currency")?),
        None if params.has("payment_method_types") => None,
        None => return Err(ApiError::missing_param("currency")),
    };
    let mut session = new(call)?;
    let fields = json!({
        "customer": session["customer"], "description": params.text("setup_intent_data[description]"),
        "metadata": metadata(params, "setup_intent_data[metadata]", &Value::Null)?,
    });
    let scope = call.scope.clone();
    let intent = setup_intents::make(call.world, scope.as_deref(), fields);
    call.world.edit_hidden(&intent, json!({"session": text(&session, "id")}));
    set(
        &mut session,
        json!({
            "currency": currency, "setup_intent": intent, "payment_status": "no_payment_required",
            "payment_method_collection": "always", "total_details": null,
        }),
    );
    Ok(keep(call, session, json!({"intent_id": intent})))
}
