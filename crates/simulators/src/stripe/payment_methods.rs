//! `/v1/payment_methods`: cards that are saved with a customer.

use super::{
    call::{Answer, Call},
    cards::{Card, Verdict},
    customers,
    errors::ApiError,
    payments::{self, Payer},
    state::Record,
    world::{World, text},
};
use serde_json::{Value, json};

pub(crate) const KIND: &str = "payment_method";

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.retrieve(KIND, id, "payment_method")
}

/// The saved methods of all customers, or of one.
pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    if let Some(customer) = call.params.text("customer") {
        customers::live(call, customer, "customer")?;
    }
    saved(call, "/v1/payment_methods", &["customer", "type"], call.params.text("customer"))
}

/// `/v1/customers/{id}/payment_methods`
pub(crate) fn list_of(call: &Call<'_, '_>, customer: &str) -> Answer {
    customers::live(call, customer, "customer")?;
    saved(call, &format!("/v1/customers/{customer}/payment_methods"), &["type"], Some(customer))
}

fn saved(call: &Call<'_, '_>, url: &str, filters: &[&str], customer: Option<&str>) -> Answer {
    call.list(KIND, url, filters, |params, record| {
        let owner = &record.object["customer"];
        !owner.is_null()
            && customer.is_none_or(|customer| *owner == customer)
            && params.text("type").is_none_or(|kind| record.object["type"] == kind)
    })
}

/// `/v1/customers/{id}/payment_methods/{id}`
pub(crate) fn retrieve_of(call: &Call<'_, '_>, customer: &str, id: &str) -> Answer {
    let method = retrieve(call, id)?;
    customers::live(call, customer, "customer")?;
    if method["customer"] == customer { Ok(method) } else { Err(not_of_customer(id).status(404)) }
}

pub(crate) fn attach(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["customer"], &["customer_account"])?;
    let customer = call.params.required("customer")?.to_owned();
    customers::live(call, &customer, "customer")?;
    let Some(named) = named(call, id)? else { return Err(ApiError::missing_param("payment_method")) };
    if let Named::Kept(id) = &named {
        let record = call.demand(KIND, id, "payment_method")?;
        if record.object["customer"] == customer.as_str() {
            return Ok(record.object.clone());
        }
        if !record.object["customer"].is_null() {
            return Err(ApiError::invalid(
                "The payment method you provided has already been attached to a customer.",
            ));
        }
        check_unused(record)?;
    }
    let id = resolve(call, named);
    if let Verdict::Decline(decline) = payments::verdict(call.world, &id) {
        return Err(ApiError::card(decline.code, decline.message).with("decline_code", decline.reason));
    }
    attach_to(call.world, &id, &customer);
    Ok(call.world.object(&id).clone())
}

/// Saves a method with a customer and tells of it.
pub(crate) fn attach_to(world: &mut World<'_>, id: &str, customer: &str) {
    if world.object(id)["customer"] == customer {
        return;
    }
    world.edit(id, json!({"customer": customer}));
    let scope = world.scope_of(id);
    world.emit(scope.as_deref(), "payment_method.attached", world.object(id).clone());
}

pub(crate) fn detach(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&[], &[])?;
    if call.demand(KIND, id, "payment_method")?.object["customer"].is_null() {
        return Err(ApiError::invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
        ));
    }
    release(call.world, id);
    Ok(call.world.object(id).clone())
}

fn release(world: &mut World<'_>, id: &str) {
    let before = world.object(id).clone();
    world.edit(id, json!({"customer": null}));
    world.edit_hidden(id, json!({"detached": true}));
    let scope = world.scope_of(id);
    world.emit_changed(scope.as_deref(), "payment_method.detached", world.object(id).clone(), Some(&before));
}

/// A deleted customer keeps no methods.
pub(crate) fn release_all(world: &mut World<'_>, customer: &str) {
    let of_customer =
        |record: &Record| record.object["object"] == KIND && record.object["customer"] == customer;
    let owned: Vec<String> = world
        .state
        .objects
        .iter()
        .filter(|(_, record)| of_customer(record))
        .map(|(id, _)| id.clone())
        .collect();
    for id in owned {
        release(world, &id);
    }
}

/// A payment method that was sent: a test card's name, or one made before.
pub(crate) enum Named {
    Card(&'static Card),
    Kept(String),
}

/// The method of that name; nothing if it is empty.
pub(crate) fn named(call: &Call<'_, '_>, name: &str) -> Result<Option<Named>, ApiError> {
    if name.is_empty() {
        return Ok(None);
    }
    if let Some(card) = Card::by_token(name) {
        return Ok(Some(Named::Card(card)));
    }
    let found = call.world.find(call.scope(), KIND, name).is_some();
    let missing = || ApiError::missing_resource("PaymentMethod", name, "payment_method");
    found.then(|| Some(Named::Kept(name.to_owned()))).ok_or_else(missing)
}

/// As [`named`], for an intent of this customer: what belongs to others, or was detached, is refused.
pub(crate) fn named_for(
    call: &Call<'_, '_>,
    name: Option<&str>,
    customer: Option<&str>,
) -> Result<Option<Named>, ApiError> {
    let named = named(call, name.unwrap_or_default()).map_err(|error| error.status(400))?;
    let Some(Named::Kept(id)) = &named else { return Ok(named) };
    let record = call.demand(KIND, id, "payment_method")?;
    match (record.object["customer"].as_str(), customer) {
        (Some(owner), None) => {
            return Err(ApiError::invalid(format!(
                "The payment method supplied ({id}) belongs to the Customer {owner}. Please include the Customer in \
                 the `customer` parameter on the PaymentIntent."
            ))
            .param("payment_method"));
        }
        (Some(owner), Some(customer)) if owner != customer => return Err(not_of_customer(id)),
        (None, Some(_)) if record.hidden["detached"] == true => return Err(not_of_customer(id)),
        (None, None) => check_unused(record)?,
        _ => {}
    }
    Ok(named)
}

fn not_of_customer(id: &str) -> ApiError {
    ApiError::invalid(format!(
        "The customer does not have a payment method with the ID {id}. The payment method must be attached to the \
         customer."
    ))
    .code("resource_missing")
    .param("payment_method")
}

fn check_unused(record: &Record) -> Result<(), ApiError> {
    if record.hidden["detached"] != true {
        return Ok(());
    }
    Err(ApiError::invalid(
        "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, \
         and may not be used again.",
    ))
}

/// The method's id; a test card becomes a method of its own.
pub(crate) fn resolve(call: &mut Call<'_, '_>, named: Named) -> String {
    let scope = call.scope.clone();
    match named {
        Named::Kept(id) => id,
        Named::Card(card) => payments::payment_method(call.world, scope.as_deref(), card, &Payer::default()),
    }
}

/// From now on the bank says of a saved card what it says of another one. What is shown of it stays.
pub(crate) fn behave_like(world: &mut World<'_>, id: &str, number: &str) -> Answer {
    if world.object(id)["object"] != KIND {
        return Err(ApiError::missing_resource("PaymentMethod", id, "payment_method"));
    }
    let card = Card::by_number(number).ok_or_else(|| {
        ApiError::invalid("The simulator knows Stripe's test cards only.")
            .code("incorrect_number")
            .param("card")
    })?;
    world.edit_hidden(id, json!({"card": card.number}));
    Ok(json!({"payment_method": world.object(id), "behaves_like": card.number}))
}

/// The customer of an object, if it has one.
pub(crate) fn owner(object: &Value) -> Option<&str> {
    Some(text(object, "customer")).filter(|customer| !customer.is_empty())
}
