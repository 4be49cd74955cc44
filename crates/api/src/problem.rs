//! Errors on the wire: RFC 9457 problems with a stable code.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use app::{AppError, Field, RefusedPicture};
use contract::{FieldError, Problem};
use store::StoreError;

/// A result of a handler.
pub type ApiResult<T = HttpResponse> = Result<T, ApiError>;

/// Why a request was not done.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<i64>,
    /// The methods that the address takes, where it was asked for another.
    allow: Option<Box<str>>,
    /// For the log alone.
    cause: Option<Box<str>>,
}

impl ApiError {
    /// An error with a stable code and a word for people.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: Some(detail.into()),
            errors: Vec::new(),
            retry_after: None,
            allow: None,
            cause: None,
        }
    }

    /// Wrong fields.
    pub fn invalid(errors: Vec<Field>) -> Self {
        let errors = errors
            .into_iter()
            .map(|field| FieldError {
                pointer: field.pointer,
                code: field.code.to_owned(),
                detail: field.detail,
            })
            .collect();
        Self {
            errors,
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "validation_failed",
                "Some fields are not as they should be.",
            )
        }
    }

    /// One wrong field.
    pub fn field(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Field { pointer: pointer.to_owned(), code, detail: detail.into() }])
    }

    /// Nobody is signed in.
    pub fn unauthorized(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// An address that takes these methods, and not the request's.
    pub(crate) fn method_not_allowed(allow: &str) -> Self {
        let detail = format!("This address takes {allow}.");
        Self {
            allow: Some(allow.into()),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        }
    }

    /// Query parameters are named as they are, without the slash of a JSON pointer.
    pub(crate) fn without_slash(mut self) -> Self {
        for error in &mut self.errors {
            error.pointer = error.pointer.trim_start_matches('/').to_owned();
        }
        self
    }

    fn internal(cause: String) -> Self {
        Self {
            cause: Some(cause.into()),
            ..Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                "Something went wrong on our side. The request id helps us to find out what.",
            )
        }
    }

    /// The problem as it is sent.
    pub fn problem(&self, request_id: Option<String>) -> Problem {
        Problem {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.clone(),
            request_id,
            errors: self.errors.clone(),
        }
    }

    /// The answer, with the request's id in it.
    pub fn respond(&self, request_id: Option<String>) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(methods) = &self.allow {
            response.insert_header((header::ALLOW, &**methods));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.body(serde_json::to_vec(&self.problem(request_id)).unwrap_or_default())
    }

    /// What the log is told, where the answer does not say it.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    // The middleware writes the answer once more with the request's id; this one is for what fails
    // outside of it.
    fn error_response(&self) -> HttpResponse {
        self.respond(None)
    }
}

/// The same answer for what does not exist and for what belongs to somebody else.
pub fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing, or it is not yours to see.")
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        match error {
            StoreError::NotFound => not_found(),
            StoreError::Taken(field) => Self::field(&format!("/{field}"), "taken", "is already in use"),
            StoreError::Stale => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "stale",
                "It has changed since you read it. Read it again and apply your change to that.",
            ),
            StoreError::KeyReused => Self::field(
                "Idempotency-Key",
                "reused",
                "was used for another request; a new request takes a new key",
            ),
            StoreError::Immutable(detail) => Self::new(StatusCode::CONFLICT, "immutable", detail),
            StoreError::OutOfReach => Self::new(
                StatusCode::FORBIDDEN,
                "restricted",
                "This reaches beyond the customers that you are limited to.",
            ),
            StoreError::Unstorable(detail) => {
                Self::field("", "invalid", format!("a value cannot be stored: {detail}"))
            }
            StoreError::BadCursor => Self::field("cursor", "invalid", "is not a `next_cursor` of this list"),
            StoreError::Unavailable(_) => Self {
                cause: Some(cause.into()),
                retry_after: Some(1),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "The server is busy or restarting. Try again in a moment.",
                )
            },
            _ => Self::internal(cause),
        }
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Invalid(fields) => Self::invalid(fields),
            AppError::Unauthorized { code, detail } => Self::unauthorized(code, detail),
            AppError::Forbidden { code, detail } => Self::new(StatusCode::FORBIDDEN, code, detail),
            AppError::Conflict { code, detail } => Self::new(StatusCode::CONFLICT, code, detail),
            AppError::TooMany { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too_many_requests",
                    format!("Too many tries. Wait {retry_after} seconds."),
                )
            },
            AppError::Upstream { service, detail, retry } => {
                let cause = Some(format!("{service}: {detail}").into());
                if retry {
                    Self {
                        cause,
                        retry_after: Some(5),
                        ..Self::new(
                            StatusCode::SERVICE_UNAVAILABLE,
                            "upstream_unavailable",
                            format!("The {service} does not answer. Try again in a moment."),
                        )
                    }
                } else {
                    Self {
                        cause,
                        ..Self::new(
                            StatusCode::CONFLICT,
                            "upstream_refused",
                            format!("The {service} refused: {detail}"),
                        )
                    }
                }
            }
            AppError::Picture(refused) => refused.into(),
            AppError::Store(error) => error.into(),
            AppError::Internal(cause) => Self::internal(cause),
        }
    }
}

impl From<RefusedPicture> for ApiError {
    fn from(refused: RefusedPicture) -> Self {
        let (status, code) = match refused {
            RefusedPicture::TooManyBytes { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            RefusedPicture::UnknownFormat => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            RefusedPicture::Empty => (StatusCode::UNPROCESSABLE_ENTITY, "picture_empty"),
            RefusedPicture::TooLarge { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "picture_too_large"),
            RefusedPicture::TooDetailed => (StatusCode::UNPROCESSABLE_ENTITY, "picture_too_detailed"),
            RefusedPicture::Damaged { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "picture_damaged"),
            RefusedPicture::UnusableSvg(_) => (StatusCode::UNPROCESSABLE_ENTITY, "svg_unusable"),
        };
        let text = refused.to_string();
        let mut letters = text.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        Self::new(status, code, format!("{first}{}.", letters.as_str()))
    }
}
