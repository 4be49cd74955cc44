//! Reading requests strictly: what is wrong is named, nothing is guessed.

use std::{future::Future, ops::Deref, pin::Pin, str::FromStr};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{StatusCode, header},
    web,
};
use aws_lc_rs::digest;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use store::{Cursor, PageRequest};

use crate::{ApiError, ApiResult, not_found, strict::Strict};

type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

/// The bytes of a body, within the route's limit.
pub struct RawBody(pub web::Bytes);

impl FromRequest for RawBody {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            bytes.await.map(Self).map_err(|error| match error.as_response_error().status_code() {
                StatusCode::PAYLOAD_TOO_LARGE => body_too_large("The body is too large."),
                _ => bad_body(),
            })
        })
    }
}

fn body_too_large(detail: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

fn bad_body() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_body", "The body could not be read.")
}

/// An uploaded file: the bytes of a body of at most `MAX`, read by the handler, so that who may not upload is told
/// before the file is taken in.
pub struct Upload<const MAX: usize> {
    payload: web::Payload,
    length: Option<usize>,
}

impl<const MAX: usize> FromRequest for Upload<MAX> {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let length = length.and_then(|length| length.parse().ok());
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move { Ok(Self { payload: payload.await.map_err(|_| bad_body())?, length }) })
    }
}

impl<const MAX: usize> Upload<MAX> {
    /// Reads the file.
    pub async fn read(self) -> ApiResult<web::Bytes> {
        let too_large = || body_too_large(format!("The file is too large: at most {} KiB.", MAX / 1024));
        if self.length.is_some_and(|length| length > MAX) {
            return Err(too_large());
        }
        match self.payload.to_bytes_limited(MAX).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err(bad_body()),
            Err(_) => Err(too_large()),
        }
    }
}

/// A JSON body.
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// SHA-256 of its bytes, for idempotency.
    pub digest: Vec<u8>,
}

impl<T> Deref for Body<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let body = RawBody::from_request(request, payload);
        Box::pin(async move {
            let bytes = body.await?.0;
            if !is_json {
                return Err(ApiError::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "unsupported_media_type",
                    "Send `Content-Type: application/json`.",
                ));
            }
            Ok(Self { value: parse_json(&bytes)?, digest: sha256(&bytes) })
        })
    }
}

/// A JSON body that may be left out.
pub struct OptionalBody<T> {
    /// What it says, or the default.
    pub value: T,
    /// SHA-256 of its bytes, for idempotency.
    pub digest: Vec<u8>,
}

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = RawBody::from_request(request, payload);
        Box::pin(async move {
            let bytes = body.await?.0;
            let value = if bytes.is_empty() { T::default() } else { parse_json(&bytes)? };
            Ok(Self { value, digest: sha256(&bytes) })
        })
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

fn is_json(request: &HttpRequest) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

/// Reads JSON; an error names the field that it is about.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    // PostgreSQL's text holds every character but this one.
    if bytes.windows(6).any(|window| window.eq_ignore_ascii_case(br"\u0000"))
        && let Ok(value) = serde_json::from_slice(bytes)
        && let Some(pointer) = nul_in(&value)
    {
        return Err(ApiError::field(&pointer, "invalid", "must not contain the character U+0000"));
    }
    let deserializer = &mut serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(Strict(&mut *deserializer)).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            field_error(&pointer, &inner.to_string())
        } else {
            ApiError::new(StatusCode::BAD_REQUEST, "bad_json", format!("The body is not JSON: {inner}."))
        }
    })?;
    deserializer.end().map_err(|_| {
        ApiError::new(StatusCode::BAD_REQUEST, "bad_json", "The body goes on after its JSON value.")
    })?;
    Ok(value)
}

/// Where a text with the character U+0000 is. A backslash that is itself escaped begins no such character.
fn nul_in(value: &serde_json::Value) -> Option<String> {
    let below = |name: &str, value| nul_in(value).map(|rest| format!("/{name}{rest}"));
    match value {
        serde_json::Value::String(text) => text.contains('\0').then(String::new),
        serde_json::Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| below(&index.to_string(), item))
        }
        serde_json::Value::Object(fields) => {
            fields.iter().find_map(
                |(name, field)| if name.contains('\0') { Some(String::new()) } else { below(name, field) },
            )
        }
        _ => None,
    }
}

/// `limits.max_machines` → `/limits/max_machines`, `scopes[2]` → `/scopes/2`: a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let part = |segment: &Segment| match segment {
        Segment::Map { key } => Some(key.replace('~', "~0").replace('/', "~1")),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().filter_map(part).fold(String::new(), |pointer, part| pointer + "/" + &part)
}

/// Serde says which field is missing or unknown in its message only.
fn field_error(pointer: &str, message: &str) -> ApiError {
    let named = |prefix: &str| {
        message.strip_prefix(prefix).and_then(|rest| rest.split('`').next()).map(str::to_owned)
    };
    let end = message.rfind(" at line ").unwrap_or(message.len());
    let message_only = message.get(..end).unwrap_or(message);
    if let Some(field) = named("missing field `") {
        return ApiError::field(&format!("{pointer}/{field}"), "required", "is required");
    }
    if let Some(field) = named("duplicate field `") {
        return ApiError::field(&format!("{pointer}/{field}"), "duplicate", "is given more than once");
    }
    if let Some(field) = named("unknown field `") {
        // The parser's path may or may not end in the unknown field already.
        let pointer = if pointer == field || pointer.ends_with(&format!("/{field}")) {
            pointer.to_owned()
        } else {
            format!("{pointer}/{field}")
        };
        return ApiError::field(&pointer, "unknown", "is not a field of this request");
    }
    ApiError::field(pointer, "invalid", message_only)
}

/// The parameters of a query.
pub struct Params<T>(pub T);

impl<T> Deref for Params<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The longest query string.
const MAX_QUERY: usize = 8 * 1024;

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(parse_query(request.query_string()).map(Self))
    }
}

fn parse_query<T: DeserializeOwned>(query: &str) -> ApiResult<T> {
    if query.len() > MAX_QUERY {
        return Err(ApiError::new(StatusCode::URI_TOO_LONG, "query_too_long", "The query is too long."));
    }
    if query.contains("%00") {
        return Err(ApiError::field("", "invalid", "must not contain the character U+0000"));
    }
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        field_error(&pointer, &error.into_inner().to_string()).without_slash()
    })
}

/// One part of the path. What cannot be read does not exist.
pub struct At<T>(pub T);

impl<T: FromStr + 'static> FromRequest for At<T> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut segments = request.match_info().iter();
        let parsed = segments
            .next()
            .filter(|(_, text)| !text.contains('\0') && text.len() <= 200)
            .and_then(|(_, text)| text.parse().ok())
            .map(Self)
            .ok_or_else(not_found);
        std::future::ready(parsed)
    }
}

/// What every list's query has.
pub struct PageParams;

impl PageParams {
    /// Rows per page where the caller does not say.
    const DEFAULT: u16 = 50;
    /// Rows per page at most.
    const MAX: u16 = 200;

    /// The page that a query asks for.
    pub fn read(limit: Option<u16>, cursor: Option<&String>) -> ApiResult<PageRequest> {
        let limit = limit.unwrap_or(Self::DEFAULT);
        if !(1..=Self::MAX).contains(&limit) {
            return Err(ApiError::field("limit", "invalid", format!("must be between 1 and {}", Self::MAX)));
        }
        Ok(PageRequest { limit, cursor: cursor.map(|cursor| Cursor::from_request(cursor.clone())) })
    }
}

/// A page of the store as one of the wire.
pub(crate) fn page<S, T: utoipa::ToSchema>(
    page: store::Page<S>,
    convert: impl Fn(S) -> T,
) -> contract::Page<T> {
    contract::Page {
        items: page.items.into_iter().map(convert).collect(),
        next_cursor: page.next.map(Cursor::into_string),
        total: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{
        brand::ShowPicture,
        customers::{CreateCustomer, ListCustomers},
    };

    fn error_of<T: DeserializeOwned>(json: &str) -> (u16, String, String) {
        let problem = parse_json::<T>(json.as_bytes()).err().unwrap().problem(None);
        let pointer = problem.errors.first().map(|error| error.pointer.clone()).unwrap_or_default();
        let code = problem.errors.first().map_or(problem.code, |error| error.code.clone());
        (problem.status, pointer, code)
    }

    #[test]
    fn a_wrong_field_is_named() {
        let cases = [
            (r#"{"company_name": 5}"#, 422, "/company_name", "invalid"),
            (
                r#"{"company_name": "A", "limits": {"max_machines": "x"}}"#,
                422,
                "/limits/max_machines",
                "invalid",
            ),
            (r#"{"company_name": "A", "limits": {"machines": 1}}"#, 422, "/limits/machines", "unknown"),
            (r#"{"company_name": "A", "tenant_id": "x"}"#, 422, "/tenant_id", "unknown"),
            ("{}", 422, "/company_name", "required"),
            ("{", 400, "", "bad_json"),
            (r#"{"company_name": "A"} x"#, 400, "", "bad_json"),
            (r#"{"company_name": "A\u0000"}"#, 422, "/company_name", "invalid"),
            ("[]", 422, "", "invalid"),
            (r#"["Acme", "ACME"]"#, 422, "", "invalid"),
            (r#"{"company_name": "A", "limits": [1, 2]}"#, 422, "/limits", "invalid"),
            (r#"{"company_name": "A", "company_name": "B"}"#, 422, "/company_name", "duplicate"),
            (r#"{"company_name": "A", "status": 1}"#, 422, "/status", "invalid"),
            (r#"{"company_name": "A", "status": "gone"}"#, 422, "/status", "invalid"),
            (r#"{"company_name": "A", "status": ["active"]}"#, 422, "/status", "invalid"),
            (r#"{"company_name": "A", "status": }"#, 400, "", "bad_json"),
            (
                r#"{"company_name": "A", "feature_flags": {"a.b/c": 1}}"#,
                422,
                "/feature_flags/a.b~1c",
                "invalid",
            ),
            (r#"{"company_name": "A", "trial_ends_on": "-262142-01-01"}"#, 422, "/trial_ends_on", "invalid"),
        ];
        for (json, status, pointer, code) in cases {
            let (got_status, got_pointer, got_code) = error_of::<CreateCustomer>(json);
            assert_eq!(
                (got_status, got_pointer.as_str(), got_code.as_str()),
                (status, pointer, code),
                "{json}"
            );
        }
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let pointer = |query| {
            let problem = parse_query::<ListCustomers>(query).err().unwrap().problem(None);
            problem.errors.first().map(|error| error.pointer.clone()).unwrap_or_default()
        };
        assert_eq!(pointer("limit=x"), "limit");
        assert_eq!(pointer("status=gone"), "status");
        assert_eq!(pointer("unknown=1"), "unknown");
        assert_eq!(pointer("limit=1&limit=2"), "limit");
        let problem = parse_query::<ShowPicture>("unknown=1").err().unwrap().problem(None);
        assert_eq!(problem.errors[0].pointer, "unknown");
        assert!(parse_query::<ListCustomers>("q=a%26b&limit=5&status=active").is_ok());
    }
}
