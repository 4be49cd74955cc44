//! Who asks, verified, with the transactions that they may open.

use std::{
    collections::HashMap,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse,
    dev::Payload,
    http::{StatusCode, header},
    web,
};
use app::{App, AppError};
use aws_lc_rs::digest;
use chrono::{DateTime, Utc};
use domain::ids::CustomerId;
use serde::Serialize;
use store::{Answer, Customers, IdempotencyKey, Principal, RequestInfo, Scope, StoreError, TenantTx};
use uuid::Uuid;

use crate::{ApiError, ApiResult, Made, browser, middleware::RequestId, not_found, origin, perm::Needs};

/// A verified caller who has the permission `P`.
///
/// Asking for it in a handler's signature is what guards the route: there is no other way to open a
/// transaction.
pub struct Ctx<P: Needs> {
    app: App,
    token: String,
    by_cookie: bool,
    principal: Arc<Principal>,
    request: RequestInfo,
    method_and_path: String,
    idempotency_key: Option<String>,
    if_match: Option<i32>,
    permission: PhantomData<P>,
}

impl<P: Needs> FromRequest for Ctx<P> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let app = request
                .app_data::<web::Data<App>>()
                .ok_or_else(|| ApiError::from(AppError::internal("the application is not set up")))?;
            let (token, by_cookie) = credentials(&request)?;
            let principal = permitted::<P>(app.authenticate(&token).await?)?;
            if let Some((who, per_minute)) = principal.request_limit() {
                throttle(who, per_minute)?;
            }
            Ok(Self {
                app: App::clone(app),
                token,
                by_cookie,
                principal,
                request: request_info(&request),
                method_and_path: format!("{} {}", request.method(), request.path()),
                idempotency_key: idempotency_key(&request)?,
                if_match: if_match(&request)?,
                permission: PhantomData,
            })
        })
    }
}

/// The caller, if there is one and the permission is among its own.
fn permitted<P: Needs>(principal: Option<Arc<Principal>>) -> ApiResult<Arc<Principal>> {
    let principal = principal.ok_or_else(|| {
        ApiError::unauthorized("bad_token", "The token is not good: it has ended or was revoked.")
    })?;
    match P::PERMISSION {
        Some(permission) if !principal.allows(permission) => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            format!("This needs the permission `{permission}`."),
        )),
        _ => Ok(principal),
    }
}

/// Where a request came from.
pub(crate) fn request_info(request: &HttpRequest) -> RequestInfo {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let address = origin::address(request).map(|address| address.to_string());
    RequestInfo { request_id, address }
}

/// The token that the request brings, and whether it comes in a cookie. What is in the header goes first.
fn credentials(request: &HttpRequest) -> Result<(String, bool), ApiError> {
    let none = || ApiError::unauthorized("no_token", "Send `Authorization: Bearer …`.");
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let bearer = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        return bearer.map(|(_, token)| (token.trim().to_owned(), false)).ok_or_else(none);
    }
    let token = browser::access_token(request).ok_or_else(none)?;
    browser::check_origin(request)?;
    Ok((token, true))
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, ApiError> {
    let Some(value) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    value
        .to_str()
        .ok()
        .filter(|key| (1..=255).contains(&key.len()))
        .map(|key| Some(key.to_owned()))
        .ok_or_else(|| ApiError::field("Idempotency-Key", "invalid", "must have 1 to 255 ASCII characters"))
}

fn if_match(request: &HttpRequest) -> Result<Option<i32>, ApiError> {
    let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    text.trim_start_matches("W/")
        .trim_matches('"')
        .parse()
        .map(Some)
        // A tag that this server never gave matches nothing.
        .map_err(|_| StoreError::Stale.into())
}

/// Counts the requests of a key or a customer that this process has seen in the running minute.
fn throttle(who: Uuid, per_minute: u32) -> Result<(), ApiError> {
    type Windows = HashMap<Uuid, (Instant, u32)>;
    static WINDOWS: Mutex<Option<Windows>> = Mutex::new(None);
    let mut windows = WINDOWS.lock().unwrap_or_else(PoisonError::into_inner);
    let windows = windows.get_or_insert_default();
    if windows.len() > 10_000 {
        windows.retain(|_, (since, _)| since.elapsed().as_secs() < 60);
    }
    let window = windows.entry(who).or_insert_with(|| (Instant::now(), 0));
    if window.0.elapsed().as_secs() >= 60 {
        *window = (Instant::now(), 0);
    }
    window.1 = window.1.saturating_add(1);
    if window.1 <= per_minute {
        return Ok(());
    }
    let waited = i64::try_from(window.0.elapsed().as_secs()).unwrap_or(0);
    Err(AppError::TooMany { retry_after: (60 - waited).max(1) }.into())
}

impl<P: Needs> Ctx<P> {
    /// The application.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Asks again who is behind the token, for what goes on after the request. An error says that the caller may
    /// not go on.
    pub async fn renew(&mut self) -> ApiResult<()> {
        self.principal = permitted::<P>(self.app.authenticate_anew(&self.token).await?)?;
        Ok(())
    }

    /// Whether the caller is a browser with cookies.
    pub fn by_cookie(&self) -> bool {
        self.by_cookie
    }

    /// What time it is for who asks.
    pub fn now(&self) -> DateTime<Utc> {
        self.principal.clock().unwrap_or_else(|| self.app.store().clock().now())
    }

    /// Refuses who is limited to some customers what is about all of them.
    pub fn for_all_customers(&self) -> ApiResult<()> {
        if self.principal.customers() == &Customers::All {
            return Ok(());
        }
        let detail = "This is about all customers; you are limited to some.".to_owned();
        Err(AppError::Forbidden { code: "restricted", detail }.into())
    }

    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Where the request came from.
    pub fn request(&self) -> &RequestInfo {
        &self.request
    }

    /// The version that the caller read, from `If-Match`.
    pub fn if_match(&self) -> Option<i32> {
        self.if_match
    }

    /// What the caller may touch.
    pub fn scope(&self) -> Scope {
        self.principal.scope(self.request.clone())
    }

    /// The caller's own company; 404 for who has none, as everything in the portal.
    pub fn portal_customer(&self) -> ApiResult<CustomerId> {
        self.principal.portal_customer().ok_or_else(not_found)
    }

    /// Runs a read.
    pub async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&mut TenantTx) -> Result<T, AppError>,
    ) -> ApiResult<T> {
        Ok(self.app.store().read(&self.scope(), work).await?)
    }

    /// Runs a change that may be asked twice without harm: a PUT, PATCH or DELETE.
    pub async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut TenantTx) -> Result<T, AppError>,
    ) -> ApiResult<T> {
        Ok(self.app.store().write(&self.scope(), work).await?)
    }

    /// Runs a change once per `Idempotency-Key`: a POST. `digest` is that of the body.
    pub async fn post<T: Serialize>(
        &self,
        status: StatusCode,
        digest: &[u8],
        work: impl AsyncFnOnce(&mut TenantTx) -> Result<Made<T>, AppError>,
    ) -> ApiResult {
        let key = self.idempotency_key.as_ref().map(|key| IdempotencyKey {
            key: key.clone(),
            request_hash: request_hash(&self.method_and_path, digest),
        });
        let answered = self
            .app
            .store()
            .write_once(&self.scope(), key.as_ref(), async |tx| {
                let made = work(tx).await?;
                Ok::<_, AppError>(Answer {
                    status: status.as_u16(),
                    body: serde_json::to_vec(&made.value).map_err(AppError::internal)?,
                    etag: made.version.map(|version| version.to_string()),
                })
            })
            .await?;
        let status = StatusCode::from_u16(answered.answer.status).map_err(AppError::internal)?;
        let mut response = HttpResponse::build(status);
        if let Some(etag) = answered.answer.etag {
            response.insert_header((header::ETAG, format!("\"{etag}\"")));
        }
        if answered.replayed {
            response.insert_header(("Idempotency-Replayed", "true"));
        }
        if status == StatusCode::NO_CONTENT {
            return Ok(response.finish());
        }
        Ok(response.content_type("application/json").body(answered.answer.body))
    }
}

fn request_hash(method_and_path: &str, body_digest: &[u8]) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(method_and_path.as_bytes());
    context.update(&[0]);
    context.update(body_digest);
    context.finish().as_ref().to_vec()
}
