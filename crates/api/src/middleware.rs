//! What happens to every request: an id, a log line, figures, safe headers.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use actix_web::{
    Error, HttpMessage as _, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web::Bytes,
};
use tracing::Instrument as _;

use crate::{ApiError, not_found};

/// The id of a request, in its answer, its log lines and its events.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Wraps every request.
pub async fn observe<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let is_head = method == Method::HEAD;
    if is_head {
        // Answered as if it were a GET, without the body.
        request.head_mut().method = Method::GET;
    }
    let path = request.path().to_owned();
    let started = Instant::now();
    let span = tracing::info_span!("request", request_id = %id, %method, path);
    async move {
        // Errors of handlers and extractors are answers already; what fails here has no request any more.
        let mut response = next.call(request).await?.map_into_boxed_body();
        if let Some(error) = response.response().error().and_then(|error| error.as_error::<ApiError>()) {
            log_cause(error);
            let answer = error.respond(Some(id.clone()));
            response = response.into_response(answer);
        } else if is_bare_error(&response) {
            let answer = bare_problem(response.response()).respond(Some(id.clone()));
            response = response.into_response(answer);
        }
        if is_head {
            response = response.map_body(|_, body| Bodiless(body.size()).boxed());
        }
        add_headers(&mut response, &id);
        let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
        let status = response.status().as_u16();
        let seconds = started.elapsed().as_secs_f64();
        metrics::histogram!("bailiwick_http_request_seconds", "method" => method.to_string(), "route" => route,
            "status" => status.to_string())
        .record(seconds);
        tracing::info!(status, milliseconds = started.elapsed().as_millis(), "answered");
        Ok(response)
    }
    .instrument(span)
    .await
}

/// As long as the body that it stands for, and empty: the length is sent, the content is not.
struct Bodiless(BodySize);

impl MessageBody for Bodiless {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

fn log_cause(error: &ApiError) {
    if let Some(cause) = error.cause() {
        tracing::error!(%error, cause, "request failed");
    }
}

/// An id that the caller or a proxy chose, if it is a sane one; else a new one.
fn request_id(request: &ServiceRequest) -> String {
    let given = request.headers().get("X-Request-Id").and_then(|value| value.to_str().ok());
    let sane = |id: &&str| {
        (8..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    if let Some(id) = given.filter(sane) {
        return id.to_owned();
    }
    let mut bytes = [0; 12];
    // An id that repeats would mislead nobody but a reader of the log.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    hex::encode(bytes)
}

/// Errors of the framework itself carry no problem: a method that a page beside the API does not take.
fn is_bare_error(response: &ServiceResponse) -> bool {
    let status = response.status();
    let has_type = response.headers().contains_key(header::CONTENT_TYPE);
    (status.is_client_error() || status.is_server_error()) && !has_type
}

fn bare_problem(response: &HttpResponse) -> ApiError {
    let status = response.status();
    let allow = response.headers().get(header::ALLOW).and_then(|value| value.to_str().ok());
    match (status, allow) {
        (StatusCode::NOT_FOUND, _) => not_found(),
        (StatusCode::METHOD_NOT_ALLOWED, Some(allow)) => ApiError::method_not_allowed(allow),
        _ => ApiError::new(status, "bad_request", "The request could not be understood."),
    }
}

fn add_headers(response: &mut ServiceResponse, id: &str) {
    let headers = response.headers_mut();
    if let Ok(value) = header::HeaderValue::from_str(id) {
        headers.insert(header::HeaderName::from_static("x-request-id"), value);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        if !headers.contains_key(&name) {
            headers.insert(name, header::HeaderValue::from_static(value));
        }
    }
    // Answers of the API are one caller's own; pages and pictures say themselves how long they keep.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    }
}
