//! `/v1/billing/meters` and `/v1/billing/meter_events`: usage that is billed at Stripe.
//!
//! What an event says of itself is looked at when it comes; whether its customer is there, only when it is counted, and then
//! nobody is told but by an event of another API, which is not played.

use super::{
    call::{Answer, Call, page},
    customers,
    errors::ApiError,
    state::Record,
    world::{World, blank, set, text},
};
use crate::ids;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const KIND: &str = "billing.meter";
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// How old an event may be, and how far ahead of the clock.
const OLDEST: i64 = 35 * DAY;
const AHEAD: i64 = 5 * MINUTE;
const MOST_DIGITS: usize = 15;
const LONGEST_NAME: usize = 100;

/// Usage that was taken in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MeterEvent {
    scope: Option<String>,
    identifier: String,
    meter: String,
    customer: String,
    value: f64,
    timestamp: i64,
    created: i64,
    seq: u64,
}

pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &call.params;
    params.check(
        &[
            "display_name",
            "event_name",
            "default_aggregation[formula]",
            "customer_mapping[event_payload_key]",
            "customer_mapping[type]",
            "value_settings[event_payload_key]",
        ],
        &["event_time_window", "dimension_payload_keys"],
    )?;
    let event_name = name(call, "event_name")?;
    let display_name = params.required("display_name")?.to_owned();
    params.required("default_aggregation[formula]")?;
    let formula = params.one_of("default_aggregation[formula]", &["count", "last", "sum"])?;
    params.one_of("customer_mapping[type]", &["by_id"])?;
    let mut meter = blank!("billing.meter");
    let now = call.world.now;
    set(
        &mut meter,
        json!({
            "id": ids::random("mtr_test_", 24), "created": now, "updated": now, "display_name": display_name,
            "event_name": event_name, "default_aggregation": {"formula": formula},
        }),
    );
    for part in ["customer_mapping", "value_settings"] {
        if let Some(key) = params.text(&format!("{part}[event_payload_key]")) {
            meter[part]["event_payload_key"] = json!(key);
        }
    }
    if active(call.world, call.scope(), &event_name).is_some() {
        return Err(ApiError::invalid(format!(
            "There is already an active meter with the event name '{event_name}'. Deactivate it first, or choose \
             another event name."
        ))
        .param("event_name"));
    }
    let scope = call.scope.clone();
    call.world.insert(scope.as_deref(), meter.clone());
    call.world.emit(scope.as_deref(), "billing.meter.created", meter.clone());
    Ok(meter)
}

fn name(call: &Call<'_, '_>, key: &str) -> Result<String, ApiError> {
    let name = call.params.required(key)?;
    if name.chars().count() > LONGEST_NAME {
        let message = format!("Invalid string: must be at most {LONGEST_NAME} characters");
        return Err(ApiError::invalid(message).param(key));
    }
    Ok(name.to_owned())
}

/// The meter that takes in events of a name.
fn active<'a>(world: &'a World<'_>, scope: Option<&str>, event_name: &str) -> Option<&'a Value> {
    let is_it = |record: &&Record| {
        record.scope.as_deref() == scope
            && record.object["object"] == KIND
            && record.object["status"] == "active"
            && record.object["event_name"] == event_name
    };
    world.state.objects.values().find(is_it).map(|record| &record.object)
}

pub(crate) fn retrieve(call: &Call<'_, '_>, id: &str) -> Answer {
    call.retrieve(KIND, id, "id")
}

pub(crate) fn list(call: &Call<'_, '_>) -> Answer {
    call.list_by(KIND, "/v1/billing/meters", &["status"])
}

pub(crate) fn update(call: &mut Call<'_, '_>, id: &str) -> Answer {
    call.params.check(&["display_name"], &[])?;
    let before = call.demand(KIND, id, "id")?.object.clone();
    if let Some(name) = call.params.text("display_name").map(str::to_owned) {
        let now = call.world.now;
        call.world.edit(id, json!({"display_name": name, "updated": now}));
    }
    Ok(told(call, id, "billing.meter.updated", &before))
}

pub(crate) fn set_active(call: &mut Call<'_, '_>, id: &str, is_active: bool) -> Answer {
    call.params.check(&[], &[])?;
    let before = call.demand(KIND, id, "id")?.object.clone();
    let (status, event) = if is_active {
        ("active", "billing.meter.reactivated")
    } else {
        ("inactive", "billing.meter.deactivated")
    };
    if before["status"] == status {
        return Err(ApiError::invalid(format!("The meter {id} is {status} already.")));
    }
    if is_active && active(call.world, call.scope(), text(&before, "event_name")).is_some() {
        return Err(ApiError::invalid("Another active meter has this event name."));
    }
    let now = call.world.now;
    let deactivated_at = (!is_active).then_some(now);
    let transitions = json!({"deactivated_at": deactivated_at});
    call.world.edit(id, json!({"status": status, "updated": now, "status_transitions": transitions}));
    Ok(told(call, id, event, &before))
}

fn told(call: &mut Call<'_, '_>, id: &str, event: &str, before: &Value) -> Value {
    let after = call.world.object(id).clone();
    let scope = call.scope.clone();
    call.world.emit_changed(scope.as_deref(), event, after.clone(), Some(before));
    after
}

/// Takes usage in.
pub(crate) fn create_event(call: &mut Call<'_, '_>) -> Answer {
    let params = &call.params;
    params.check(&["event_name", "identifier", "payload[*]", "timestamp"], &[])?;
    let event_name = name(call, "event_name")?;
    let now = call.world.now;
    let timestamp = params.integer("timestamp")?.unwrap_or(now);
    let identifier = match params.text("identifier") {
        Some(_) => name(call, "identifier")?,
        None => ids::random("", 32),
    };
    let Some(meter) = active(call.world, call.scope(), &event_name) else {
        return Err(ApiError::invalid(format!("No active meter found for event name {event_name}."))
            .code("no_meter")
            .param("event_name"));
    };
    check_time(timestamp, now)?;
    let of_payload = |part: &str| {
        let key = text(&meter[part], "event_payload_key");
        params.text(&format!("payload[{key}]")).map(str::to_owned)
    };
    let Some(customer) = of_payload("customer_mapping") else {
        return Err(ApiError::invalid("The event payload does not name a customer.")
            .code("meter_event_no_customer_defined")
            .param("payload"));
    };
    let value = match of_payload("value_settings") {
        Some(value) => number(&value)?,
        None if meter["default_aggregation"]["formula"] == "count" => 1.0,
        None => return Err(invalid_value("")),
    };
    let meter = text(meter, "id").to_owned();
    let mut payload = Map::new();
    for key in params.children("payload") {
        let value = params.raw(&format!("payload[{key}]")).unwrap_or_default();
        payload.insert(key, json!(value));
    }
    let scope = call.scope.clone();
    let is_known = |event: &MeterEvent| {
        event.scope == scope && event.identifier == identifier && event.created > now - DAY
    };
    if call.world.state.meter_events.iter().any(is_known) {
        return Err(ApiError::invalid(format!("An event already exists with identifier {identifier}."))
            .code("duplicate_meter_event")
            .param("identifier"));
    }
    let seq = call.world.state.next_seq();
    call.world.state.meter_events.push(MeterEvent {
        scope,
        identifier: identifier.clone(),
        meter,
        customer,
        value,
        timestamp,
        created: now,
        seq,
    });
    let mut event = blank!("billing.meter_event");
    set(
        &mut event,
        json!({"created": now, "event_name": event_name, "identifier": identifier, "payload": payload,
               "timestamp": timestamp}),
    );
    Ok(event)
}

fn check_time(timestamp: i64, now: i64) -> Result<(), ApiError> {
    let (code, message) = if timestamp < now - OLDEST {
        ("timestamp_too_far_in_past", "The timestamp must be within the past 35 calendar days.")
    } else if timestamp > now + AHEAD {
        ("timestamp_in_future", "The timestamp must not be more than 5 minutes in the future.")
    } else {
        return Ok(());
    };
    Err(ApiError::invalid(message).code(code).param("timestamp"))
}

fn invalid_value(value: &str) -> ApiError {
    ApiError::invalid(format!("The value in the event payload is not a number. Received `{value}`."))
        .code("meter_event_invalid_value")
        .param("payload")
}

/// A decimal, of which Stripe keeps a binary fraction.
fn number(value: &str) -> Result<f64, ApiError> {
    let bare = value.strip_prefix('-').unwrap_or(value);
    let digits = bare.bytes().filter(u8::is_ascii_digit).count();
    let is_decimal = digits > 0
        && bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && bare.bytes().filter(|byte| *byte == b'.').count() <= 1;
    if !is_decimal {
        return Err(invalid_value(value));
    }
    let significant = bare.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
    if significant > MOST_DIGITS {
        return Err(ApiError::invalid(format!(
            "The value in the event payload can have at most {MOST_DIGITS} digits. Received `{value}`."
        ))
        .code("meter_event_value_too_many_digits")
        .param("payload"));
    }
    value.parse().map_err(|_| invalid_value(value))
}

/// What a meter has of a customer: of the whole time asked for, or of each window in it, the latest first.
pub(crate) fn summaries(call: &Call<'_, '_>, id: &str) -> Answer {
    let params = &call.params;
    params.check(
        &[
            "customer",
            "start_time",
            "end_time",
            "value_grouping_window",
            "limit",
            "starting_after",
            "ending_before",
        ],
        &["dimension_filters", "dimension_group_by_keys"],
    )?;
    let meter = call.demand(KIND, id, "id")?.object.clone();
    let customer = params.required("customer")?.to_owned();
    customers::live(call, &customer, "customer")?;
    let (start, end) = (params.required_integer("start_time")?, params.required_integer("end_time")?);
    let window = params.one_of("value_grouping_window", &["day", "hour"])?;
    let step = match window {
        Some("day") => DAY,
        Some(_) => HOUR,
        None => MINUTE,
    };
    for (key, time) in [("start_time", start), ("end_time", end)] {
        if time.rem_euclid(step) != 0 {
            let unit = window.unwrap_or("minute");
            return Err(ApiError::invalid(format!("{key} must be aligned with {unit} boundaries")).param(key));
        }
    }
    if end <= start {
        return Err(ApiError::invalid("end_time must be after start_time").param("end_time"));
    }
    let step = if window.is_some() { step } else { end - start };
    let mut found = Vec::new();
    let mut from = end - step;
    while from >= start {
        found.push(summary(call, &meter, &customer, from, from + step));
        from -= step;
    }
    page(params, &found, &format!("/v1/billing/meters/{id}/event_summaries"))
}

fn summary(call: &Call<'_, '_>, meter: &Value, customer: &str, from: i64, until: i64) -> Value {
    let id = text(meter, "id");
    let is_of = |event: &&MeterEvent| {
        event.scope == call.scope
            && event.meter == id
            && event.customer == customer
            && (from..until).contains(&event.timestamp)
    };
    let mut events: Vec<&MeterEvent> = call.world.state.meter_events.iter().filter(is_of).collect();
    events.sort_by_key(|event| (event.timestamp, event.seq));
    let value = match text(&meter["default_aggregation"], "formula") {
        "count" => json!(events.len()),
        "last" => json!(events.last().map_or(0.0, |event| event.value)),
        // The sum of nothing is -0.0 otherwise.
        _ => json!(events.iter().fold(0.0, |sum, event| sum + event.value)),
    };
    let mut summary = blank!("billing.meter_event_summary");
    set(
        &mut summary,
        json!({"id": format!("mtrusg_test_{from}{until}"), "meter": id, "aggregated_value": value, "start_time": from,
               "end_time": until}),
    );
    summary
}

#[cfg(test)]
mod tests {
    use super::{check_time, number};

    #[test]
    fn values_are_decimals_of_fifteen_digits_at_most() {
        for (text, value) in [("25", 25.0), ("-1.5", -1.5), ("0.000000000012345", 0.000_000_000_012_345)] {
            assert!((number(text).expect(text) - value).abs() < f64::EPSILON, "{text}");
        }
        assert!(number("123456789012345").is_ok());
        for text in ["", "-", ".", "1e3", "1.2.3", "x", "1234567890123456", "123456789.1234567"] {
            assert!(number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn events_are_of_the_last_weeks() {
        let (now, day) = (1_800_000_000, 86_400);
        for (time, is_taken) in
            [(now - 35 * day, true), (now - 35 * day - 1, false), (now + 300, true), (now + 301, false)]
        {
            assert_eq!(check_time(time, now).is_ok(), is_taken, "{time}");
        }
    }
}
