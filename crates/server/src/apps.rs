//! The browser apps, as `webbuild` has built them: files whose names change with what is in them, and one page each.
//!
//! Both apps have the same addresses. Which one is sent depends on the browser, by the cookie of whoever has signed in
//! with it last; and for a newcomer on the host: at an MSP's own, the portal signs in customers and staff alike.

mod page;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use actix_files::NamedFile;
use actix_web::{
    HttpRequest, HttpResponse, guard,
    http::header::{self, ContentEncoding, Header as _},
    web,
};
use api::{HostBrand, WebApp};
use domain::permissions::TenantKind;

use self::page::Page;
use crate::{
    failure::{Failure, Result},
    http,
};

/// Addresses below which no page of an app is.
const NOT_PAGES: &[&str] = &["/api", "/assets", "/demo", "/docs", "/openapi.json", "/healthz", "/readyz"];

/// What is at these addresses is for anybody, signed in or not; elsewhere, who is not gets the sign-in page.
const OPEN: &[&str] = &["/forgot-password", "/reset-password", "/invitation", "/payment"];

/// The cookie that a person's choice of a language is in.
const LANGUAGE_COOKIE: &str = "language";

/// What a page is in that no language is known for.
const ENGLISH: &str = "en";

/// How long a page waits for its brand. Whoever opens it is better served without than later.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the apps may do: run what this host sends, talk to this host, and nothing else. Of styles in the page, only
/// the one that was written into it: a browser compares its digest.
fn content_security_policy(style: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' {style}; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

/// The built apps.
#[derive(Clone)]
pub struct Apps {
    dashboard: Built,
    portal: Built,
}

#[derive(Clone)]
struct Built {
    assets: PathBuf,
    page: Page,
}

impl Apps {
    /// The apps in a directory.
    pub fn open(directory: &Path) -> Result<Self> {
        let built = |app: WebApp| Built::open(&directory.join(app.name()));
        Ok(Self { dashboard: built(WebApp::Dashboard)?, portal: built(WebApp::Portal)? })
    }

    fn get(&self, app: WebApp) -> &Built {
        match app {
            WebApp::Dashboard => &self.dashboard,
            WebApp::Portal => &self.portal,
        }
    }
}

impl Built {
    fn open(directory: &Path) -> Result<Self> {
        let path = directory.join("index.html");
        let html = std::fs::read_to_string(&path).map_err(|error| {
            Failure::new(format!("`web_dir`: there is no built app in {}: {error}", directory.display()))
        })?;
        let other = |path: &Path| {
            Failure::new(format!(
                "`web_dir`: {} was built by another version, it has no place for a brand",
                path.display()
            ))
        };
        let mut page = Page::read(&html).ok_or_else(|| other(&path))?;
        for path in std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(language) = name.strip_prefix("door.").and_then(|name| name.strip_suffix(".html"))
            else {
                continue;
            };
            let html = std::fs::read_to_string(&path).unwrap_or_default();
            if !page.add_door(language, &html) {
                return Err(other(&path));
            }
        }
        if !page.languages().any(|language| language == ENGLISH) {
            return Err(other(&directory.join(format!("door.{ENGLISH}.html"))));
        }
        Ok(Self { assets: directory.join("assets"), page })
    }
}

/// The files of the apps, and the page for every address that is nothing else.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/assets/{app}/{name}", web::get().to(asset))
        .route("/payment/{outcome}", web::get().to(payment_return))
        .route("/sign-in", web::post().to(sent_too_early))
        .route("/{path:.*}", web::route().guard(guard::Get()).guard(guard::fn_guard(is_page)).to(page));
}

/// Whether the address begins with one of these.
fn is_below(path: &str, prefixes: &[&str]) -> bool {
    prefixes
        .iter()
        .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn is_page(context: &guard::GuardContext<'_>) -> bool {
    !is_below(context.head().uri.path(), NOT_PAGES)
}

async fn asset(
    request: HttpRequest,
    apps: web::Data<Apps>,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let (app, name) = path.into_inner();
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"._-".contains(&letter);
    let Some(app) = WebApp::named(&app) else { return HttpResponse::NotFound().finish() };
    if name.starts_with('.') || !name.bytes().all(plain) {
        return HttpResponse::NotFound().finish();
    }
    let Some(file) = best(&request, &apps.get(app).assets, &name).await else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = file.use_etag(false).use_last_modified(false).into_response(&request);
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(header::VARY, header::HeaderValue::from_static("Accept-Encoding"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    response
}

async fn page(request: HttpRequest, apps: web::Data<Apps>) -> HttpResponse {
    let host = host_brand(&request).await;
    let app = WebApp::of_browser(&request).unwrap_or_else(|| app_of(host.as_ref()));
    let closed = !api::may_be_signed_in(&request) && !is_below(request.path(), OPEN);
    let door = closed.then(|| language(&request, &apps.get(app).page));
    send(&apps, app, host.as_ref(), door)
}

/// The sign-in page was sent by the browser itself: the app has not come, nor the script that has the page wait for it.
/// What was typed is not looked at, and is in no address.
async fn sent_too_early() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/sign-in")).finish()
}

/// The language that the app is going to choose: the person's, else the first of the browser's that there is.
fn language<'a>(request: &HttpRequest, page: &'a Page) -> &'a str {
    let known = |code: &str| {
        let code = code.split('-').next().unwrap_or_default();
        page.languages().find(|language| language.eq_ignore_ascii_case(code))
    };
    let chosen = request.cookie(LANGUAGE_COOKIE).and_then(|cookie| known(cookie.value()));
    chosen
        .or_else(|| {
            let wanted = header::AcceptLanguage::parse(request).ok()?.ranked();
            wanted.iter().filter_map(header::Preference::item).find_map(|tag| known(tag.as_str()))
        })
        .unwrap_or(ENGLISH)
}

/// Who has paid, or has not, comes back to the portal. The dashboard has no such page: staff only try the payment page,
/// and a plain word does for them.
async fn payment_return(
    request: HttpRequest,
    apps: web::Data<Apps>,
    outcome: web::Path<String>,
) -> HttpResponse {
    let host = host_brand(&request).await;
    match WebApp::of_browser(&request).unwrap_or_else(|| app_of(host.as_ref())) {
        WebApp::Portal => send(&apps, WebApp::Portal, host.as_ref(), None),
        WebApp::Dashboard => http::payment_return(outcome, request).await,
    }
}

fn send(apps: &Apps, app: WebApp, host: Option<&HostBrand>, door: Option<&str>) -> HttpResponse {
    let branded = apps.get(app).page.for_host(app, host, door);
    HttpResponse::Ok()
        .content_type(mime::TEXT_HTML_UTF_8)
        .insert_header((header::CONTENT_SECURITY_POLICY, content_security_policy(&branded.style)))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::VARY, "Cookie, Accept-Language"))
        .body(branded.html)
}

/// The app of a browser that nobody has signed in with.
fn app_of(host: Option<&HostBrand>) -> WebApp {
    match host.map(|host| host.owner) {
        Some(None | Some(TenantKind::Platform)) => WebApp::Dashboard,
        // Not knowing whose host it is, the one in which nothing is ours; it sends staff on.
        Some(Some(TenantKind::Msp)) | None => WebApp::Portal,
    }
}

/// The brand of the host; `None` where the database does not say. The page is sent all the same, and asks itself.
async fn host_brand(request: &HttpRequest) -> Option<HostBrand> {
    match tokio::time::timeout(PATIENCE, api::host_brand(request)).await {
        Ok(Ok(found)) => return Some(found),
        Ok(Err(error)) => {
            tracing::warn!(%error, cause = error.cause(), "a page is sent without its brand");
        }
        Err(_) => tracing::warn!("a page is sent without its brand: the database takes too long"),
    }
    None
}

/// The smallest form of a file that the caller reads.
async fn best(request: &HttpRequest, directory: &Path, name: &str) -> Option<NamedFile> {
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let accepts = |coding: &str| {
        let mut offers =
            accepted.unwrap_or_default().split(',').map(|offer| offer.split(';').next().unwrap_or_default());
        offers.any(|offer| offer.trim().eq_ignore_ascii_case(coding))
    };
    let forms = [("br", ".br", ContentEncoding::Brotli), ("gzip", ".gz", ContentEncoding::Gzip)];
    for (_, suffix, encoding) in forms.into_iter().filter(|(coding, ..)| accepts(coding)) {
        if let Ok(file) = NamedFile::open_async(directory.join(format!("{name}{suffix}"))).await {
            return Some(as_named(file, name).set_content_encoding(encoding));
        }
    }
    Some(as_named(NamedFile::open_async(directory.join(name)).await.ok()?, name))
}

/// What it is goes by the name without the compression's, and it is shown, not saved.
fn as_named(file: NamedFile, name: &str) -> NamedFile {
    file.set_content_type(content_type(name)).disable_content_disposition()
}

fn content_type(name: &str) -> mime::Mime {
    match name.rsplit('.').next() {
        Some("html") => mime::TEXT_HTML_UTF_8,
        Some("css") => mime::TEXT_CSS_UTF_8,
        Some("js") => mime::TEXT_JAVASCRIPT,
        Some("wasm") => "application/wasm".parse().unwrap_or(mime::APPLICATION_OCTET_STREAM),
        Some("svg") => mime::IMAGE_SVG,
        _ => mime::APPLICATION_OCTET_STREAM,
    }
}
