//! `/v1/accounts`: connected accounts.

use super::{
    call::{Answer, Call, check_email, check_url, metadata},
    errors::ApiError,
    form::Params,
    world::{World, blank, set, text},
};
use crate::ids;
use serde_json::{Value, json};

const FIELDS: [&str; 7] = [
    "email",
    "business_type",
    "business_profile[**]",
    "capabilities[*][requested]",
    "default_currency",
    "metadata[*]",
    "settings[**]",
];
const CONTROLLER: [&str; 4] = [
    "controller[fees][payer]",
    "controller[losses][payments]",
    "controller[requirement_collection]",
    "controller[stripe_dashboard][type]",
];
const UNPLAYED: [&str; 7] =
    ["company", "individual", "external_account", "account_token", "documents", "groups", "tos_acceptance"];

/// Gives a new state its platform account.
pub(crate) fn found_platform(state: &mut super::State, now: i64) {
    let id = ids::random("acct_1Platform", 10);
    let mut account = blank!("account");
    set(&mut account, json!({"id": id, "created": now, "country": "US", "controller": {"type": "account"}}));
    account["business_profile"]["name"] = json!("Simulated platform");
    enable(&mut account, now);
    state.application = ids::random("ca_", 32);
    state.platform.clone_from(&id);
    // Nobody's connected account: it is found by its id alone, as `/v1/account`.
    let record = super::state::Record {
        scope: Some(id.clone()),
        seq: state.next_seq(),
        object: account,
        hidden: Value::Null,
    };
    state.objects.insert(id, record);
}

pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &call.params;
    let known = [&FIELDS[..], &CONTROLLER[..], &["type", "country"][..]].concat();
    params.check(&known, &UNPLAYED)?;
    if call.scope.is_some() {
        return Err(ApiError::invalid("Only the platform can create connected accounts.").status(403));
    }
    if params.has("type") && params.has("controller") {
        return Err(ApiError::invalid(
            "You may not provide the `type` parameter and `controller` parameters simultaneously.",
        ));
    }
    let id = ids::random("acct_1", 15);
    let mut account = blank!("account");
    let kind = params.one_of("type", &["standard", "express", "custom"])?;
    let controller = controller(params, kind)?;
    let country = params.text("country").unwrap_or("US");
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(ApiError::invalid(format!(
            "Country '{country}' is unknown. Try using a 2-character alphanumeric \
                                              country code instead, such as 'US', 'EG', or 'GB'."
        ))
        .code("country_unsupported")
        .param("country"));
    }
    set(
        &mut account,
        json!({
            "id": id, "created": call.world.now, "country": country, "default_currency": home_currency(country),
            "type": kind.unwrap_or(if controller["stripe_dashboard"]["type"] == "full" { "standard" } else { "none" }),
            "controller": controller,
        }),
    );
    account["external_accounts"]["url"] = json!(format!("/v1/accounts/{id}/external_accounts"));
    apply(params, &mut account)?;
    require(&mut account);
    call.world.insert(None, account.clone());
    Ok(account)
}

pub(crate) fn update(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&FIELDS, &UNPLAYED)?;
    let before = find(call, id)?;
    let mut account = before.clone();
    apply(&call.params, &mut account)?;
    call.world.edit(id, account.clone());
    if account != before {
        call.world.emit_changed(Some(id), "account.updated", account.clone(), Some(&before));
    }
    Ok(account)
}

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&[], &[])?;
    find(call, id)
}

/// `GET /v1/account`: the account that the call speaks for.
pub(crate) fn own(call: &Call<'_, '_>) -> Answer {
    call.params.check(&[], &[])?;
    let id = call.scope().unwrap_or(&call.world.state.platform);
    Ok(call.world.object(id).clone())
}

pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    call.list_by("account", "/v1/accounts", &[])
}

pub(crate) fn delete(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&[], &[])?;
    find(call, id)?;
    let application = call.world.state.application.clone();
    let mut deauthorized = blank!("application");
    set(&mut deauthorized, json!({"id": application}));
    call.world.emit(Some(id), "account.application.deauthorized", deauthorized);
    call.world.state.objects.remove(id);
    call.world.state.dirty = true;
    Ok(json!({"id": id, "object": "account", "deleted": true}))
}

/// What the hosted onboarding does once its form is complete.
pub(crate) fn complete_onboarding(world: &mut World<'_>, id: &str) -> Answer {
    let before = world.demand(None, "account", id, "account")?.object.clone();
    let mut account = before.clone();
    enable(&mut account, world.now);
    if account["business_profile"]["name"].is_null() {
        let name = text(&account, "email").split('@').next_back().filter(|domain| !domain.is_empty());
        account["business_profile"]["name"] = json!(name.unwrap_or("Simulated business"));
    }
    world.edit(id, account.clone());
    if account != before {
        world.emit_changed(Some(id), "account.updated", account.clone(), Some(&before));
    }
    Ok(account)
}

/// The connected account or the platform's own, for a caller that may see it.
fn find(call: &Call<'_, '_>, id: &str) -> Answer {
    let own = call.scope().is_none_or(|scope| scope == id);
    let connected = call.world.find(None, "account", id);
    let platform = (call.world.state.platform == id).then(|| call.world.object(id));
    match connected.map(|record| &record.object).or(platform) {
        Some(account) if own => Ok(account.clone()),
        _ => Err(ApiError::account_invalid(&call.key, id)),
    }
}

fn controller(params: &Params, kind: Option<&str>) -> Answer {
    let defaults = match kind {
        Some("express") => ["application_express", "application", "stripe", "express"],
        Some("custom") => ["application_custom", "application", "application", "none"],
        _ => ["account", "stripe", "stripe", "full"],
    };
    let [mut payer, mut losses, mut collection, mut dashboard] = defaults;
    payer = params.one_of("controller[fees][payer]", &["account", "application"])?.unwrap_or(payer);
    losses = params.one_of("controller[losses][payments]", &["application", "stripe"])?.unwrap_or(losses);
    collection = params
        .one_of("controller[requirement_collection]", &["application", "stripe"])?
        .unwrap_or(collection);
    dashboard = params
        .one_of("controller[stripe_dashboard][type]", &["express", "full", "none"])?
        .unwrap_or(dashboard);
    if dashboard == "full" && (losses == "application" || collection == "application") {
        return Err(ApiError::invalid(
            "Accounts with access to the full Stripe Dashboard must have controller[losses][payments]=stripe and \
             controller[requirement_collection]=stripe.",
        )
        .param("controller[stripe_dashboard][type]"));
    }
    Ok(json!({
        "type": "application", "is_controller": true, "fees": {"payer": payer}, "losses": {"payments": losses},
        "requirement_collection": collection, "stripe_dashboard": {"type": dashboard},
    }))
}

/// Takes over what was sent into the account.
fn apply(params: &Params, account: &mut Value) -> Result<(), ApiError> {
    check_email(params, "email")?;
    check_url(params, "business_profile[url]")?;
    if let Some(email) = params.raw("email") {
        account["email"] = if email.is_empty() { Value::Null } else { json!(email) };
    }
    let kinds = ["company", "government_entity", "individual", "non_profit"];
    if let Some(kind) = params.one_of("business_type", &kinds)? {
        account["business_type"] = json!(kind);
    }
    if let Some(currency) = params.text("default_currency") {
        account["default_currency"] = json!(super::money::currency(currency, "default_currency")?);
    }
    for group in ["business_profile", "settings"] {
        merge(params, group, &mut account[group])?;
    }
    for name in params.children("capabilities") {
        let key = format!("capabilities[{name}][requested]");
        if params.boolean(&key)?.is_some_and(|requested| requested) {
            let active = account["charges_enabled"] == true;
            account["capabilities"][&name] = json!(if active { "active" } else { "inactive" });
        } else if let Some(capabilities) = account["capabilities"].as_object_mut() {
            capabilities.remove(&name);
        }
    }
    account["metadata"] = metadata(params, "metadata", &account["metadata"])?;
    Ok(())
}

/// Sets the fields below a group; only those that the official shape has.
fn merge(params: &Params, path: &str, target: &mut Value) -> Result<(), ApiError> {
    for name in params.children(path) {
        let key = format!("{path}[{name}]");
        let Some(field) = target.get_mut(&name) else {
            return Err(ApiError::invalid(format!("Received unknown parameter: {key}"))
                .code("parameter_unknown")
                .param(key));
        };
        match params.raw(&key) {
            Some("") => *field = Value::Null,
            Some(value) if field.is_i64() => *field = json!(value.parse::<i64>().unwrap_or_default()),
            Some(value) if field.is_boolean() => *field = json!(value == "true"),
            Some(value) => *field = json!(value),
            None => merge(params, &key, field)?,
        }
    }
    Ok(())
}

/// What Stripe still wants of an account that has not been through onboarding.
fn require(account: &mut Value) {
    if account["capabilities"].as_object().is_some_and(serde_json::Map::is_empty) {
        account["capabilities"] = json!({"card_payments": "inactive", "transfers": "inactive"});
    }
    account["requirements"]["disabled_reason"] = json!("requirements.past_due");
    account["requirements"]["past_due"] = account["requirements"]["currently_due"].clone();
}

fn enable(account: &mut Value, now: i64) {
    set(account, json!({"details_submitted": true, "charges_enabled": true, "payouts_enabled": true}));
    account["requirements"]["disabled_reason"] = Value::Null;
    for list in ["currently_due", "eventually_due", "past_due", "pending_verification", "errors"] {
        account["requirements"][list] = json!([]);
    }
    for (_, capability) in account["capabilities"].as_object_mut().into_iter().flatten() {
        *capability = json!("active");
    }
    if account["tos_acceptance"]["date"].is_null() {
        account["tos_acceptance"]["date"] = json!(now);
    }
}

fn home_currency(country: &str) -> &'static str {
    match country {
        "AT" | "BE" | "CY" | "DE" | "EE" | "ES" | "FI" | "FR" | "GR" | "HR" | "IE" | "IT" | "LT" | "LU"
        | "LV" | "MT" | "NL" | "PT" | "SI" | "SK" => "eur",
        "GB" => "gbp",
        "CH" => "chf",
        "CA" => "cad",
        "AU" => "aud",
        "NZ" => "nzd",
        "DK" => "dkk",
        "NO" => "nok",
        "SE" => "sek",
        "PL" => "pln",
        "CZ" => "czk",
        "JP" => "jpy",
        "SG" => "sgd",
        _ => "usd",
    }
}
