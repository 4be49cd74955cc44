//! Sessions of browsers: the same tokens as those of programs, in cookies that no script can read.
//!
//! The names' prefix `__Host-` makes browsers refuse them from anybody but this very host over TLS (and from
//! `localhost`). `SameSite=Strict` keeps other sites from using them; so does the header that every change by
//! cookie must carry, since no form and no foreign script can send it (OWASP, custom request headers).

use actix_web::{
    HttpRequest, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time::Duration},
    http::StatusCode,
};
use app::auth;

use crate::{ApiError, ApiResult};

const ACCESS: &str = "__Host-access";
const REFRESH: &str = "__Host-refresh";

/// What a change by cookie must carry, with any value.
pub(crate) const CSRF_HEADER: &str = "X-CSRF-Protection";

/// The access token in the request's cookies.
pub(crate) fn access_token(request: &HttpRequest) -> Option<String> {
    request.cookie(ACCESS).map(|cookie| cookie.value().to_owned())
}

/// The refresh token in the request's cookies.
pub(crate) fn refresh_token(request: &HttpRequest) -> Option<String> {
    request.cookie(REFRESH).map(|cookie| cookie.value().to_owned())
}

/// Refuses what another site may have made a browser send.
pub(crate) fn check_origin(request: &HttpRequest) -> ApiResult<()> {
    if request.method().is_safe() || request.headers().contains_key(CSRF_HEADER) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "csrf",
        format!("A change by cookie needs the header `{CSRF_HEADER}`, with any value."),
    ))
}

/// Puts the tokens into cookies.
pub(crate) fn keep(response: &mut HttpResponseBuilder, issued: &auth::IssuedTokens) {
    response.cookie(cookie(ACCESS, &issued.access_token, Duration::seconds(issued.expires_in)));
    response.cookie(cookie(REFRESH, &issued.refresh_token, Duration::days(auth::SESSION_DAYS)));
}

/// Takes the cookies back.
pub(crate) fn forget(response: &mut HttpResponseBuilder) {
    for name in [ACCESS, REFRESH] {
        response.cookie(cookie(name, "", Duration::ZERO));
    }
}

fn cookie<'a>(name: &'a str, value: &'a str, age: Duration) -> Cookie<'a> {
    Cookie::build(name, value)
        .path("/")
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .max_age(age)
        .finish()
}
