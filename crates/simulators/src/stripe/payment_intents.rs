//! `/v1/payment_intents`.

use super::{
    call::{Answer, Call, check_email, check_url, metadata},
    customers,
    errors::ApiError,
    money,
    payment_methods::{named_for, owner, resolve},
    payments::{self, Outcome, Session},
    world::{World, blank, set, text},
};
use crate::ids;
use serde_json::{Value, json};

const KIND: &str = "payment_intent";
const FIELDS: [&str; 19] = [
    "amount",
    "currency",
    "application_fee_amount",
    "automatic_payment_methods[enabled]",
    "automatic_payment_methods[allow_redirects]",
    "capture_method",
    "confirm",
    "confirmation_method",
    "customer",
    "description",
    "metadata[*]",
    "off_session",
    "payment_method",
    "payment_method_types[*]",
    "receipt_email",
    "return_url",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "error_on_requires_action",
];
const UNPLAYED: [&str; 16] = [
    "amount_details",
    "confirmation_token",
    "customer_account",
    "hooks",
    "mandate",
    "mandate_data",
    "on_behalf_of",
    "payment_details",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "radar_options",
    "setup_future_usage",
    "shipping",
    "transfer_data",
    "transfer_group",
];

/// What an intent is made of, from the API or from a Checkout session.
#[derive(Debug, Default)]
pub(crate) struct New {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) application_fee: Option<i64>,
    pub(crate) customer: Option<String>,
    /// Further fields, set as they are.
    pub(crate) fields: Value,
}

/// Keeps a new intent and tells of it.
pub(crate) fn make(world: &mut World<'_>, scope: Option<&str>, new: New) -> String {
    let id = ids::random("pi_3", 23);
    let mut intent = blank!("payment_intent");
    set(&mut intent, new.fields);
    set(
        &mut intent,
        json!({
            "id": id, "created": world.now, "amount": new.amount, "currency": new.currency,
            "application_fee_amount": new.application_fee, "customer": new.customer,
            "application": scope.map(|_| &world.state.application),
            "client_secret": ids::random(&format!("{id}_secret_"), 25),
        }),
    );
    world.insert(scope, intent.clone());
    world.emit(scope, "payment_intent.created", intent);
    id
}

/// Refuses an application fee where no other account is charged, or above the payment.
pub(crate) fn check_fee(
    fee: Option<i64>,
    amount: i64,
    scope: Option<&str>,
    param: &str,
) -> Result<(), ApiError> {
    let Some(fee) = fee else { return Ok(()) };
    let message = if scope.is_none() {
        "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth \
         key or Stripe-Account header) or destination payment (using `transfer_data[destination]`)."
    } else if fee < 0 {
        "This value must be greater than or equal to 0."
    } else if fee > amount {
        "The application fee cannot be greater than the amount of the payment."
    } else {
        return Ok(());
    };
    Err(ApiError::invalid(message).param(param))
}

pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &call.params;
    params.check(&FIELDS, &UNPLAYED)?;
    let amount = params.required_integer("amount")?;
    let currency = money::currency(params.required("currency")?, "currency")?;
    money::check_amount(amount, &currency, "amount")?;
    let application_fee = params.integer("application_fee_amount")?;
    check_fee(application_fee, amount, call.scope(), "application_fee_amount")?;
    payments::check_can_charge(call.world, call.scope())?;
    if params.one_of("capture_method", &["automatic", "automatic_async", "manual"])? == Some("manual") {
        return Err(ApiError::invalid("The simulator does not play capture_method=manual.")
            .code("parameter_not_simulated")
            .param("capture_method"));
    }
    if let Some(customer) = params.text("customer") {
        customers::live(call, customer, "customer")?;
    }
    check_email(params, "receipt_email")?;
    check_url(params, "return_url")?;
    let confirm = params.boolean("confirm")? == Some(true);
    let session = session(call)?;
    if session == Session::Off && !confirm {
        return Err(ApiError::invalid("The parameter off_session can only be used with confirm=true.")
            .param("off_session"));
    }
    let mut fields = json!({
        "metadata": metadata(params, "metadata", &Value::Null)?,
        "capture_method": params.text("capture_method").unwrap_or("automatic_async"),
        "payment_method_types": ["card"],
    });
    for field in ["description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix"] {
        fields[field] = json!(params.text(field));
    }
    if params.boolean("automatic_payment_methods[enabled]")? == Some(true) {
        let redirects = params
            .one_of("automatic_payment_methods[allow_redirects]", &["always", "never"])?
            .unwrap_or("always");
        fields["automatic_payment_methods"] = json!({"enabled": true, "allow_redirects": redirects});
    }
    let new = New {
        amount,
        currency,
        application_fee,
        customer: params.text("customer").map(str::to_owned),
        fields,
    };
    let method = named_for(call, params.text("payment_method"), params.text("customer"))?;
    let scope = call.scope.clone();
    let id = make(call.world, scope.as_deref(), new);
    if let Some(method) = method {
        let method = resolve(call, method);
        call.world.edit(&id, json!({"payment_method": method, "status": "requires_confirmation"}));
    }
    if confirm { try_card(call, &id, session) } else { Ok(call.world.object(&id).clone()) }
}

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["client_secret"], &[])?;
    Ok(call.demand(KIND, id, "intent")?.object.clone())
}

pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    call.list_by(KIND, "/v1/payment_intents", &["customer"])
}

pub(crate) fn update(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let unplayed =
        ["amount", "currency", "application_fee_amount", "capture_method", "customer", "payment_method"];
    call.params
        .check(&["description", "metadata[*]", "receipt_email"], &[&UNPLAYED[..], &unplayed[..]].concat())?;
    let intent = call.demand(KIND, id, "intent")?.object.clone();
    let mut fields = json!({"metadata": metadata(&call.params, "metadata", &intent["metadata"])?});
    check_email(&call.params, "receipt_email")?;
    for field in ["description", "receipt_email"] {
        if let Some(value) = call.params.raw(field) {
            fields[field] = if value.is_empty() { Value::Null } else { json!(value) };
        }
    }
    call.world.edit(id, fields);
    Ok(call.world.object(id).clone())
}

pub(crate) fn confirm(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let known = ["payment_method", "return_url", "receipt_email", "off_session", "error_on_requires_action"];
    call.params.check(&known, &[&UNPLAYED[..], &["capture_method", "use_stripe_sdk"]].concat())?;
    let intent = call.demand(KIND, id, "intent")?.object.clone();
    let status = text(&intent, "status");
    if !matches!(status, "requires_payment_method" | "requires_confirmation" | "requires_action") {
        return Err(unexpected(call, id, "confirm", status));
    }
    check_url(&call.params, "return_url")?;
    let session = session(call)?;
    if let Some(method) = named_for(call, call.params.text("payment_method"), owner(&intent))? {
        let method = resolve(call, method);
        call.world.edit(id, json!({"payment_method": method}));
    }
    try_card(call, id, session)
}

pub(crate) fn cancel(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["cancellation_reason"], &[])?;
    let reasons = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];
    let reason = call.params.one_of("cancellation_reason", &reasons)?.map(str::to_owned);
    let status = text(&call.demand(KIND, id, "intent")?.object, "status").to_owned();
    if matches!(status.as_str(), "succeeded" | "canceled" | "processing") {
        return Err(unexpected(call, id, "cancel", &status));
    }
    let now = call.world.now;
    call.world.edit(
        id,
        json!({"status": "canceled", "canceled_at": now, "cancellation_reason": reason, "next_action": null}),
    );
    let canceled = call.world.object(id).clone();
    let scope = call.scope.clone();
    call.world.emit(scope.as_deref(), "payment_intent.canceled", canceled.clone());
    Ok(canceled)
}

fn try_card(call: &mut Call<'_, '_>, id: &str, session: Session) -> Answer {
    let method = text(call.world.object(id), "payment_method").to_owned();
    if method.is_empty() {
        return Err(ApiError::invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the \
             PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a \
             payment method or ConfirmationToken.",
        )
        .code("payment_intent_unexpected_state")
        .with("payment_intent", call.world.object(id).clone()));
    }
    if let Some(url) = call.params.text("return_url") {
        call.world.edit_hidden(id, json!({"return_url": url}));
    }
    match payments::attempt(call.world, id, &method, session) {
        Outcome::Declined(error) => Err(error),
        Outcome::Done | Outcome::NeedsAuthentication | Outcome::Processing => {
            Ok(call.world.object(id).clone())
        }
    }
}

/// Whether the payer is away: `true`, or what for.
fn session(call: &Call<'_, '_>) -> Result<Session, ApiError> {
    let away = call.params.one_of("off_session", &["true", "false", "one_off", "recurring"])?;
    Ok(if matches!(away, None | Some("false")) { Session::On } else { Session::Off })
}

fn unexpected(call: &Call<'_, '_>, id: &str, verb: &str, status: &str) -> ApiError {
    ApiError::invalid(format!("You cannot {verb} this PaymentIntent because it has a status of {status}."))
        .code("payment_intent_unexpected_state")
        .with("payment_intent", call.world.object(id).clone())
}
