//! From an HTTP request to a call and back: key, account, version, idempotency, request id.

use super::{
    Simulator,
    call::Call,
    errors::ApiError,
    form::Params,
    idempotency::Keyed,
    routes,
    world::{API_VERSION, Cause, World},
};
use crate::ids;
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

/// An answer and the headers that say how it came about.
struct Reply {
    status: u16,
    body: Value,
    replay_of: Option<String>,
}

/// Every call below `/v1/`.
pub(crate) async fn handle(
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
    simulator: web::Data<Simulator>,
) -> HttpResponse {
    let id = ids::random("req_", 14);
    let text =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let version = text("Stripe-Version").unwrap_or_else(|| API_VERSION.to_owned());
    let key = text("Idempotency-Key");
    let account = text("Stripe-Account");
    let incoming = Incoming {
        method: request.method().as_str(),
        path: path.trim_end_matches('/'),
        query: request.query_string().as_bytes(),
        content_type: text("Content-Type").unwrap_or_default(),
        authorization: text("Authorization"),
        account: account.as_deref(),
        version: &version,
        body: &body,
        cause: Cause { request_id: Some(id.clone()), idempotency_key: key.clone() },
    };
    let reply = simulator.change(|world| {
        incoming.answer(world).unwrap_or_else(|error| Reply {
            status: error.status,
            body: error.body(&id),
            replay_of: None,
        })
    });
    let mut response = builder(reply.status);
    response.insert_header(("Request-Id", id)).insert_header(("Stripe-Version", version));
    for (name, value) in [("Idempotency-Key", key), ("Stripe-Account", account)] {
        if let Some(value) = value {
            response.insert_header((name, value));
        }
    }
    if let Some(original) = reply.replay_of {
        response.insert_header(("Idempotent-Replayed", "true")).insert_header(("Original-Request", original));
    }
    if reply.status == 401 {
        response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"Stripe\""));
    }
    response.content_type("application/json").body(format!("{:#}\n", reply.body))
}

fn builder(status: u16) -> HttpResponseBuilder {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

struct Incoming<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a [u8],
    content_type: String,
    authorization: Option<String>,
    account: Option<&'a str>,
    version: &'a str,
    body: &'a [u8],
    cause: Cause,
}

impl Incoming<'_> {
    fn answer(&self, world: &mut World<'_>) -> Result<Reply, ApiError> {
        let key = authenticate(self.authorization.as_deref())?;
        if !valid_version(self.version) {
            return Err(ApiError::invalid(format!("Invalid Stripe API version: {}", self.version)));
        }
        let params = self.params()?;
        let scope = match self.account {
            Some(account) if account == world.state.platform => None,
            Some(account) if world.find(None, "account", account).is_some() => Some(account.to_owned()),
            Some(account) => return Err(ApiError::account_invalid(&masked(&key), account)),
            None => None,
        };
        let keyed = match &self.cause.idempotency_key {
            Some(key) if self.method == "POST" => {
                let path = format!("/v1/{}", self.path);
                Some(Keyed::new(key, scope.as_deref(), &path, &params.canonical())?)
            }
            _ => None,
        };
        if let Some(kept) = keyed.as_ref().map(|keyed| keyed.replay(world.state)).transpose()?.flatten() {
            return Ok(Reply { status: kept.status, body: kept.body, replay_of: Some(kept.request_id) });
        }
        world.cause = self.cause.clone();
        let mut call = Call { world: &mut *world, scope, params, key: masked(&key) };
        let result = routes::dispatch(&mut call, self.method, self.path);
        let request_id = self.cause.request_id.as_deref().unwrap_or_default();
        let (status, body) = match result {
            Ok(body) => (200, body),
            Err(error) => (error.status, error.body(request_id)),
        };
        if let Some(keyed) = keyed {
            keyed.keep(world.state, world.now, request_id, status, &body);
        }
        Ok(Reply { status, body, replay_of: None })
    }

    fn params(&self) -> Result<Params, ApiError> {
        let mut params = Params::default();
        params.add(self.query)?;
        if !self.body.is_empty() {
            if !self.content_type.starts_with("application/x-www-form-urlencoded") {
                return Err(ApiError::invalid(
                    "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you \
                     have questions, we can help at https://support.stripe.com/.",
                ));
            }
            params.add(self.body)?;
        }
        Ok(params)
    }
}

/// The secret key, from `Bearer` or from `Basic` with an empty password.
fn authenticate(header: Option<&str>) -> Result<String, ApiError> {
    let Some(header) = header else {
        return Err(ApiError::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer \
             auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for \
             details, or we can help at https://support.stripe.com/.",
        ));
    };
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    let key = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => rest.trim().to_owned(),
        "basic" => BASE64_STANDARD
            .decode(rest.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|pair| pair.split(':').next().map(str::to_owned))
            .unwrap_or_default(),
        _ => String::new(),
    };
    if key.strip_prefix("sk_test_").is_some_and(|rest| !rest.is_empty()) {
        return Ok(key);
    }
    Err(ApiError::unauthorized(format!("Invalid API Key provided: {}", masked(&key))))
}

/// A key as it may be shown: its kind and its last four characters.
fn masked(key: &str) -> String {
    let kind =
        ["sk_test_", "sk_live_", "rk_test_", "pk_test_"].into_iter().find(|kind| key.starts_with(kind));
    let kind = kind.unwrap_or_default();
    let secret: Vec<char> = key[kind.len()..].chars().collect();
    let shown: String = secret[secret.len().saturating_sub(4).max(4).min(secret.len())..].iter().collect();
    format!("{kind}{}{shown}", "*".repeat(secret.len().min(12)))
}

/// `2026-09-30` or `2026-09-30.endive`.
fn valid_version(version: &str) -> bool {
    let (date, name) = version.split_once('.').unwrap_or((version, "x"));
    let digits =
        |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = date.split('-').collect();
    let dated =
        matches!(parts[..], [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2));
    dated && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{authenticate, masked, valid_version};

    #[test]
    fn keys_come_as_bearer_or_basic() {
        assert_eq!(authenticate(Some("Bearer sk_test_abc")).expect("accepted"), "sk_test_abc");
        assert_eq!(authenticate(Some("Basic c2tfdGVzdF9hYmM6")).expect("accepted"), "sk_test_abc");
        for bad in [None, Some("Bearer sk_live_abc"), Some("Bearer "), Some("sk_test_abc"), Some("Basic !!")]
        {
            assert_eq!(authenticate(bad).expect_err("refused").status, 401, "{bad:?}");
        }
    }

    #[test]
    fn messages_do_not_repeat_keys() {
        assert_eq!(masked("sk_test_4eC39HqLyjWDarjtT1zdp7dc"), "sk_test_************p7dc");
        assert_eq!(masked("sk_test_abc"), "sk_test_***");
        assert_eq!(masked("secret"), "******et");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn versions_are_dates_with_or_without_a_name() {
        assert!(valid_version("2026-09-30.endive") && valid_version("2024-06-20"));
        assert!(!valid_version("latest") && !valid_version("2024-6-20") && !valid_version("2026-09-30."));
    }
}
