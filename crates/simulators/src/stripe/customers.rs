//! `/v1/customers`.

use super::{
    call::{Answer, Call, check_email, metadata},
    errors::ApiError,
    form::Params,
    payment_methods,
    world::{blank, set},
};
use crate::ids;
use serde_json::{Map, Value, json};

const FIELDS: [&str; 17] = [
    "email",
    "name",
    "phone",
    "description",
    "metadata[*]",
    "address[city]",
    "address[country]",
    "address[line1]",
    "address[line2]",
    "address[postal_code]",
    "address[state]",
    "preferred_locales[*]",
    "tax_exempt",
    "invoice_prefix",
    "balance",
    "business_name",
    "individual_name",
];
const UNPLAYED: [&str; 11] = [
    "shipping",
    "source",
    "payment_method",
    "invoice_settings",
    "tax",
    "tax_id_data",
    "test_clock",
    "cash_balance",
    "next_invoice_sequence",
    "default_source",
    "validate",
];
const TEXTS: [&str; 7] =
    ["email", "name", "phone", "description", "invoice_prefix", "business_name", "individual_name"];

pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    call.params.check(&FIELDS, &UNPLAYED)?;
    let mut customer = blank!("customer");
    let prefix = ids::random("", 8).to_ascii_uppercase();
    set(
        &mut customer,
        json!({"id": ids::random("cus_", 14), "created": call.world.now, "invoice_prefix": prefix}),
    );
    apply(&call.params, &mut customer)?;
    let scope = call.scope.clone();
    call.world.insert(scope.as_deref(), customer.clone());
    call.world.emit(scope.as_deref(), "customer.created", customer.clone());
    Ok(customer)
}

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.retrieve("customer", id, "id")
}

pub(crate) fn update(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&FIELDS, &UNPLAYED)?;
    let before = live(call, id, "id")?;
    let mut customer = before.clone();
    apply(&call.params, &mut customer)?;
    call.world.edit(id, customer.clone());
    if customer != before {
        let scope = call.scope.clone();
        call.world.emit_changed(scope.as_deref(), "customer.updated", customer.clone(), Some(&before));
    }
    Ok(customer)
}

pub(crate) fn delete(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&[], &[])?;
    let customer = live(call, id, "id")?;
    let scope = call.scope.clone();
    payment_methods::release_all(call.world, id);
    call.world.emit(scope.as_deref(), "customer.deleted", customer);
    let deleted = json!({"id": id, "object": "customer", "deleted": true});
    if let Some(record) = call.world.state.objects.get_mut(id) {
        record.object = deleted.clone();
    }
    Ok(deleted)
}

pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    call.list_by("customer", "/v1/customers", &["email"])
}

/// A customer that has not been deleted.
pub(crate) fn live(call: &Call<'_, '_>, id: &str, param: &str) -> Answer {
    let customer = &call.demand("customer", id, param)?.object;
    if customer["deleted"] == true {
        return Err(ApiError::missing_resource("customer", id, param));
    }
    Ok(customer.clone())
}

fn apply(params: &Params, customer: &mut Value) -> Result<(), ApiError> {
    check_email(params, "email")?;
    for field in TEXTS {
        if let Some(value) = params.raw(field) {
            customer[field] = if value.is_empty() { Value::Null } else { json!(value) };
        }
    }
    if let Some(balance) = params.integer("balance")? {
        customer["balance"] = json!(balance);
    }
    if let Some(exempt) = params.one_of("tax_exempt", &["exempt", "none", "reverse"])? {
        customer["tax_exempt"] = json!(exempt);
    }
    if params.raw("address") == Some("") {
        customer["address"] = Value::Null;
    } else if params.has("address") {
        let mut address = customer["address"].as_object().cloned().unwrap_or_else(Map::new);
        for field in ["city", "country", "line1", "line2", "postal_code", "state"] {
            let sent = params.raw(&format!("address[{field}]"));
            let slot = address.entry(field).or_insert(Value::Null);
            if let Some(value) = sent {
                *slot = if value.is_empty() { Value::Null } else { json!(value) };
            }
        }
        customer["address"] = Value::Object(address);
    }
    if params.has("preferred_locales") {
        customer["preferred_locales"] = json!(params.list("preferred_locales"));
    }
    customer["metadata"] = metadata(params, "metadata", &customer["metadata"])?;
    Ok(())
}
