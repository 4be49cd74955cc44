//! Sessions of browsers: the same tokens as those of programs, in cookies that no script can read.
//!
//! The names' prefix `__Host-` makes browsers refuse them from anybody but this very host over TLS (and from
//! `localhost`). `SameSite=Strict` keeps other sites from using them; so does the header that every change by
//! cookie must carry, since no form and no foreign script can send it (OWASP, custom request headers).
//!
//! A third cookie tells the server of pages which app this browser is to get. It is no secret, and nothing else goes by
//! it: whoever writes another value into it gets the other app, and the API's refusals in it.

use actix_web::{
    HttpRequest, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time::Duration},
    http::StatusCode,
};
use app::auth;

use crate::{ApiError, ApiResult};

const ACCESS: &str = "__Host-access";
const REFRESH: &str = "__Host-refresh";
const APP: &str = "__Host-app";

/// What a change by cookie must carry, with any value.
pub(crate) const CSRF_HEADER: &str = "X-CSRF-Protection";

/// An app that runs in the browser. They have the same addresses; which one is sent depends on who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebApp {
    /// For the staff of an MSP or of the platform.
    Dashboard,
    /// For a customer's people.
    Portal,
}

impl WebApp {
    /// Every app.
    pub const ALL: [Self; 2] = [Self::Dashboard, Self::Portal];

    /// Its name: in addresses, in the cookie, and as a directory.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dashboard => "dashboard",
            Self::Portal => "portal",
        }
    }

    /// The app of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|app| app.name() == name)
    }

    /// The app of whoever has signed in with this browser last, if anybody has.
    pub fn of_browser(request: &HttpRequest) -> Option<Self> {
        Self::named(request.cookie(APP)?.value())
    }

    fn of_session(issued: &auth::IssuedTokens) -> Self {
        if issued.customer().is_some() { Self::Portal } else { Self::Dashboard }
    }
}

/// Whether somebody may be signed in with this browser. Of the session's cookies alone it could not be told: they do not
/// come along with a link from another site.
pub fn may_be_signed_in(request: &HttpRequest) -> bool {
    [ACCESS, REFRESH, APP].into_iter().any(|name| request.cookie(name).is_some())
}

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

/// Puts the tokens into cookies, and which app is theirs.
pub(crate) fn keep(response: &mut HttpResponseBuilder, issued: &auth::IssuedTokens) {
    let session = Duration::days(auth::SESSION_DAYS);
    response.cookie(cookie(ACCESS, &issued.access_token, Duration::seconds(issued.expires_in)));
    response.cookie(cookie(REFRESH, &issued.refresh_token, session));
    response.cookie(app_cookie(WebApp::of_session(issued).name(), session));
}

/// Takes the cookies back.
pub(crate) fn forget(response: &mut HttpResponseBuilder) {
    for name in [ACCESS, REFRESH] {
        response.cookie(cookie(name, "", Duration::ZERO));
    }
    response.cookie(app_cookie("", Duration::ZERO));
}

/// Sent along with a link in a mail too, which a strict one is not: it is a page that the link asks for.
fn app_cookie(value: &str, age: Duration) -> Cookie<'_> {
    let mut cookie = cookie(APP, value, age);
    cookie.set_same_site(SameSite::Lax);
    cookie
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
