//! CloudEvents 1.0 over HTTP: structured, binary and batch.
//!
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>

use actix_web::{HttpRequest, http::header};
use app::{
    Field,
    usage::{Rejected, UsageEvent},
};
use chrono::{DateTime, Datelike as _, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    ApiError, ApiResult,
    extract::{parse_json, sha256},
};

/// The most events of one request.
pub const MAX_BATCH: usize = 10_000;

/// The events of a request: those that can be read, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Reported {
    /// Whether it was a batch: then bad events are told by place and the rest is taken in.
    pub batch: bool,
    /// Events that can be read.
    pub events: Vec<UsageEvent>,
    /// Events that cannot.
    pub rejected: Vec<Rejected>,
}

/// Reads the events of a request in whichever mode it came.
pub fn read(request: &HttpRequest, body: &[u8]) -> ApiResult<Reported> {
    let content_type = header_text(request, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/cloudevents-batch+json" => batch(body),
        "application/cloudevents+json" => single(body),
        _ if request.headers().contains_key("ce-specversion") => binary(request, &essence, body),
        // Plain JSON of the same shape, from those who have no CloudEvents library at hand.
        "application/json" if body.trim_ascii_start().starts_with(b"[") => batch(body),
        "application/json" => single(body),
        _ => Err(ApiError::new(
            actix_web::http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send `application/cloudevents+json`, `application/cloudevents-batch+json`, or `ce-` headers with JSON data.",
        )),
    }
}

fn header_text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The attributes as they came. Each is any JSON value, so that one of a wrong type is told by name and
/// does not spoil a whole batch.
#[derive(Deserialize, Default)]
struct Raw<'a> {
    specversion: Option<Value>,
    id: Option<Value>,
    source: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<Value>,
    subject: Option<Value>,
    time: Option<Value>,
    datacontenttype: Option<Value>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    data_base64: Option<Value>,
}

fn batch(body: &[u8]) -> ApiResult<Reported> {
    let raw: Vec<&RawValue> = serde_json::from_slice(body).map_err(|_| json_error::<Vec<Value>>(body))?;
    if raw.len() > MAX_BATCH {
        return Err(ApiError::field("", "too_many", format!("a batch has at most {MAX_BATCH} events")));
    }
    let mut reported = Reported { batch: true, ..Reported::default() };
    for (index, raw) in raw.into_iter().enumerate() {
        let event = match serde_json::from_str::<Raw<'_>>(raw.get()) {
            Ok(event) => check(index, &event),
            Err(_) => Err(vec![Field::invalid("", "is not a JSON object with each attribute once")]),
        };
        match event {
            Ok(event) => reported.events.push(event),
            Err(errors) => reported.rejected.push(Rejected { index, code: "invalid", errors }),
        }
    }
    Ok(reported)
}

fn single(body: &[u8]) -> ApiResult<Reported> {
    let raw: Raw<'_> =
        serde_json::from_slice(body).map_err(|_| json_error::<serde_json::Map<String, Value>>(body))?;
    let event = check(0, &raw).map_err(ApiError::invalid)?;
    Ok(Reported { events: vec![event], ..Reported::default() })
}

/// What is wrong with a body that could not be read at all.
fn json_error<T: serde::de::DeserializeOwned + 'static>(body: &[u8]) -> ApiError {
    match parse_json::<T>(body) {
        Err(error) => error,
        Ok(_) => ApiError::field("", "invalid", "is not a CloudEvent"),
    }
}

fn binary(request: &HttpRequest, essence: &str, body: &[u8]) -> ApiResult<Reported> {
    let attribute = |name: &str| {
        let text = header_text(request, &format!("ce-{name}"))?;
        Some(Value::String(percent_decode(text)))
    };
    let data: Option<&RawValue> = if body.is_empty() {
        None
    } else {
        Some(serde_json::from_slice(body).map_err(|_| json_error::<Value>(body))?)
    };
    let raw = Raw {
        specversion: attribute("specversion"),
        id: attribute("id"),
        source: attribute("source"),
        kind: attribute("type"),
        subject: attribute("subject"),
        time: attribute("time"),
        datacontenttype: (!essence.is_empty()).then(|| Value::String(essence.to_owned())),
        data,
        data_base64: None,
    };
    let event = check(0, &raw).map_err(ApiError::invalid)?;
    Ok(Reported { events: vec![event], ..Reported::default() })
}

/// Header values carry what is not printable ASCII percent-encoded.
fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let hex = text.get(index + 1..index + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let (b'%', Some(value)) = (byte, hex) {
            decoded.push(value);
            index += 3;
        } else {
            decoded.push(*byte);
            index += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn check(index: usize, raw: &Raw<'_>) -> Result<UsageEvent, Vec<Field>> {
    let mut errors = Vec::new();
    if raw.specversion.as_ref().and_then(Value::as_str) != Some("1.0") {
        errors.push(Field::invalid("/specversion", "must be `1.0`"));
    }
    let id = attribute(&mut errors, "/id", raw.id.as_ref(), 200);
    let source = attribute(&mut errors, "/source", raw.source.as_ref(), 200);
    let metric = attribute(&mut errors, "/type", raw.kind.as_ref(), 64);
    let customer = attribute(&mut errors, "/subject", raw.subject.as_ref(), 64);
    let time = time(&mut errors, raw.time.as_ref());
    if raw.data_base64.is_some() {
        errors.push(Field::invalid("/data_base64", "usage is reported as JSON in `data`"));
    }
    let json = raw.datacontenttype.as_ref().is_none_or(|kind| {
        let kind = kind.as_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        kind.is_empty() || kind == "application/json" || kind.ends_with("+json")
    });
    if !json {
        errors.push(Field::invalid("/datacontenttype", "must be `application/json`"));
    }
    let (quantity, data) = read_data(&mut errors, raw.data);
    if !errors.is_empty() {
        return Err(errors);
    }
    let content_hash = content_hash(&metric, &customer, time, quantity, &data);
    Ok(UsageEvent { index, source, id, metric, customer, time, quantity, data, content_hash })
}

fn attribute(errors: &mut Vec<Field>, pointer: &str, value: Option<&Value>, max: usize) -> String {
    let text = match value {
        None | Some(Value::Null) => {
            errors.push(Field {
                pointer: pointer.to_owned(),
                code: "required",
                detail: "is required".to_owned(),
            });
            return String::new();
        }
        Some(Value::String(text)) => text,
        Some(_) => {
            errors.push(Field::invalid(pointer, "must be a string"));
            return String::new();
        }
    };
    if text.is_empty() || text.chars().count() > max || text.chars().any(char::is_control) {
        errors.push(Field::invalid(
            pointer,
            format!("must have 1 to {max} characters, none of them control characters"),
        ));
        return String::new();
    }
    text.clone()
}

fn time(errors: &mut Vec<Field>, value: Option<&Value>) -> Option<DateTime<Utc>> {
    let value = value.filter(|value| !value.is_null())?;
    let parsed = value
        .as_str()
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        .map(|time| time.with_timezone(&Utc))
        .filter(|time| (2000..2200).contains(&time.year()))
        .and_then(|time| DateTime::from_timestamp_micros(time.timestamp_micros()));
    if parsed.is_none() {
        errors.push(Field::invalid("/time", "expected an RFC 3339 time such as `2025-10-31T12:00:00Z`"));
    }
    parsed
}

/// The largest quantity of one event, and its decimals: what the database column holds.
const MAX_QUANTITY: i64 = 10_000_000_000;
const MAX_SCALE: u32 = 9;

/// The quantity as the text that it was written in.
#[derive(Deserialize)]
struct Quantity<'a> {
    #[serde(borrow)]
    quantity: Option<&'a RawValue>,
}

/// The quantity, and the data as canonical JSON: white space and the order of members say nothing.
fn read_data(errors: &mut Vec<Field>, data: Option<&RawValue>) -> (Decimal, String) {
    let Some(raw) = data else { return (Decimal::ONE, String::new()) };
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(raw.get()) else {
        errors.push(Field::invalid("/data", "must be a JSON object"));
        return (Decimal::ONE, String::new());
    };
    if raw.get().len() > 16_384 {
        errors.push(Field::invalid("/data", "must have at most 16384 bytes"));
    }
    if raw.get().to_ascii_lowercase().contains(r"\u0000") {
        errors.push(Field::invalid("/data", "must not contain the character U+0000"));
    }
    // From the text of the number itself: a detour over binary floating point would change it.
    let text = serde_json::from_str::<Quantity<'_>>(raw.get()).ok().and_then(|data| data.quantity);
    let quantity = match text.map(RawValue::get) {
        None | Some("null") if !members.contains_key("quantity") => Some(Decimal::ONE),
        Some(text) => decimal(text.trim_matches('"')),
        None => None,
    };
    let quantity = quantity.unwrap_or_else(|| {
        errors.push(Field::invalid(
            "/data/quantity",
            format!("expected a decimal from 0 to {MAX_QUANTITY} with at most {MAX_SCALE} decimals"),
        ));
        Decimal::ONE
    });
    (quantity, Value::Object(members).to_string())
}

fn decimal(text: &str) -> Option<Decimal> {
    let plain =
        text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let value = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).ok()
    } else {
        Decimal::from_str_exact(text).ok()
    };
    value.filter(|_| plain).map(|value| value.normalize()).filter(|value| {
        value.scale() <= MAX_SCALE && (Decimal::ZERO..=Decimal::from(MAX_QUANTITY)).contains(value)
    })
}

fn content_hash(
    metric: &str,
    customer: &str,
    time: Option<DateTime<Utc>>,
    quantity: Decimal,
    data: &str,
) -> Vec<u8> {
    let time = time.map(|time| time.timestamp_micros().to_string()).unwrap_or_default();
    // As JSON, so that no two events read the same.
    let content = serde_json::json!([metric, customer, time, quantity.to_string(), data]);
    sha256(content.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_error(json: &str) -> (String, String) {
        let problem = single(json.as_bytes()).err().unwrap().problem(None);
        let error = problem.errors.first().unwrap();
        (error.pointer.clone(), error.code.clone())
    }

    fn event(extra: &str) -> String {
        format!(r#"{{"specversion":"1.0","id":"1","source":"s","type":"machines","subject":"ACME"{extra}}}"#)
    }

    #[test]
    fn quantities_stay_exact() {
        let quantity = |text: &str| {
            let reported = single(event(&format!(r#","data":{{"quantity":{text}}}"#)).as_bytes());
            reported.map(|reported| reported.events.first().unwrap().quantity.to_string()).ok()
        };
        assert_eq!(quantity("0.1").as_deref(), Some("0.1"));
        assert_eq!(quantity("\"9999999999.123456789\"").as_deref(), Some("9999999999.123456789"));
        assert_eq!(quantity("1e3").as_deref(), Some("1000"));
        assert_eq!(quantity("1.50").as_deref(), Some("1.5"));
        for bad in ["-1", "\"x\"", "null", "true", "1e40", "0.1234567891", "10000000000.1", "\"NaN\"", "[]"] {
            assert_eq!(quantity(bad), None, "{bad}");
        }
    }

    #[test]
    fn wrong_attributes_are_named() {
        let cases = [
            (r#"{"specversion":"1.0","source":"s","type":"m","subject":"A"}"#.to_owned(), "/id", "required"),
            (event("").replace("\"1.0\"", "\"0.3\""), "/specversion", "invalid"),
            (event("").replace("\"ACME\"", "5"), "/subject", "invalid"),
            (event(r#","time":"yesterday""#), "/time", "invalid"),
            (event(r#","data":"x""#), "/data", "invalid"),
            (event(r#","data_base64":"eA==""#), "/data_base64", "invalid"),
            (event(r#","datacontenttype":"text/xml""#), "/datacontenttype", "invalid"),
        ];
        for (json, pointer, code) in cases {
            assert_eq!(first_error(&json), (pointer.to_owned(), code.to_owned()), "{json}");
        }
    }

    #[test]
    fn the_same_content_has_the_same_hash_however_it_is_written() {
        let hash = |json: &str| single(json.as_bytes()).unwrap().events.first().unwrap().content_hash.clone();
        let plain = hash(&event(r#","data":{"quantity":1.5,"host":"a"}"#));
        assert_eq!(plain, hash(&event(r#", "data": { "host":"a", "quantity":1.5 }"#)));
        assert_ne!(plain, hash(&event(r#","data":{"quantity":1.6,"host":"a"}"#)));
    }

    #[test]
    fn one_bad_event_does_not_spoil_the_batch() {
        let json = format!("[{}, {}, 5]", event(""), r#"{"id":"2"}"#);
        let reported = batch(json.as_bytes()).unwrap();
        assert_eq!(reported.events.len(), 1);
        assert_eq!(reported.rejected.iter().map(|rejected| rejected.index).collect::<Vec<_>>(), [1, 2]);
        assert!(batch(b"{}").is_err() && batch(b"[").is_err());
    }

    #[test]
    fn header_values_are_percent_decoded() {
        assert_eq!(percent_decode("Euro%20%E2%82%AC %zz%"), "Euro € %zz%");
    }
}
