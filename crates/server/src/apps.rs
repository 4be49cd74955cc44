//! The browser apps, as `webbuild` has built them: files whose names change with what is in them, and one page.

use std::path::{Path, PathBuf};

use actix_files::NamedFile;
use actix_web::{
    HttpRequest, HttpResponse, guard,
    http::header::{self, ContentEncoding},
    web,
};

use crate::failure::{Failure, Result};

/// What the apps may do: run what this host sends, talk to this host, and nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// Addresses below which no page of an app is.
const NOT_PAGES: &[&str] =
    &["/api", "/assets", "/demo", "/docs", "/openapi.json", "/healthz", "/readyz", "/payment"];

/// Where the built apps are.
#[derive(Clone)]
pub struct Apps {
    dashboard: PathBuf,
}

impl Apps {
    /// The apps in a directory.
    pub fn open(directory: &Path) -> Result<Self> {
        let dashboard = directory.join("dashboard");
        if !dashboard.join("index.html").is_file() {
            return Err(Failure::new(format!(
                "`web_dir`: there are no built apps in {}",
                directory.display()
            )));
        }
        Ok(Self { dashboard })
    }
}

/// The files of the apps, and the page for every address that is nothing else.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/assets/dashboard/{name}", web::get().to(asset))
        .route("/{path:.*}", web::route().guard(guard::Get()).guard(guard::fn_guard(is_page)).to(page));
}

fn is_page(context: &guard::GuardContext<'_>) -> bool {
    let path = context.head().uri.path();
    !NOT_PAGES
        .iter()
        .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

async fn asset(request: HttpRequest, apps: web::Data<Apps>, name: web::Path<String>) -> HttpResponse {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"._-".contains(&letter);
    if name.starts_with('.') || !name.bytes().all(plain) {
        return HttpResponse::NotFound().finish();
    }
    let Some(file) = best(&request, &apps.dashboard.join("assets"), &name).await else {
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
    let Some(file) = best(&request, &apps.dashboard, "index.html").await else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = file.use_last_modified(false).into_response(&request);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "Accept-Encoding"),
    ] {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
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

#[cfg(test)]
mod tests {
    use actix_web::{App, http::StatusCode, test};

    use super::*;

    #[actix_web::test]
    async fn files_are_kept_for_ever_and_pages_are_checked() {
        let directory = tempfile::tempdir().unwrap();
        let dashboard = directory.path().join("dashboard");
        std::fs::create_dir_all(dashboard.join("assets")).unwrap();
        assert!(Apps::open(directory.path()).is_err(), "nothing is built yet");
        for (name, text) in [
            ("index.html", "<!doctype html>"),
            ("assets/app-1.js", "plain"),
            ("assets/app-1.js.br", "brotli"),
            ("assets/app-1.wasm", "wasm"),
            ("secret", "secret"),
        ] {
            std::fs::write(dashboard.join(name), text).unwrap();
        }
        let apps = Apps::open(directory.path()).unwrap();
        let service = test::init_service(
            App::new()
                .app_data(web::Data::new(apps))
                .configure(routes)
                .default_service(web::to(|| async { HttpResponse::ImATeapot().finish() })),
        )
        .await;
        let get = async |path: &str, accept: &str| {
            let request =
                test::TestRequest::get().uri(path).insert_header(("Accept-Encoding", accept)).to_request();
            let response = test::call_service(&service, request).await;
            let header = |name: &str| {
                response
                    .headers()
                    .get(name)
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or_default()
                    .to_owned()
            };
            let headers =
                ["content-type", "content-encoding", "cache-control", "content-security-policy"].map(header);
            assert_eq!(header("content-disposition"), "", "it is shown, not saved");
            (response.status(), headers, test::read_body(response).await)
        };

        let (status, [kind, encoding, cache, _], body) =
            get("/assets/dashboard/app-1.js", "gzip, br;q=0.9").await;
        assert_eq!((status, encoding.as_str(), &body[..]), (StatusCode::OK, "br", &b"brotli"[..]));
        assert!(kind.starts_with("text/javascript") && cache.contains("immutable"), "{kind} {cache}");
        let (_, [_, encoding, ..], body) = get("/assets/dashboard/app-1.js", "gzip").await;
        assert_eq!((encoding.as_str(), &body[..]), ("", &b"plain"[..]));
        assert_eq!(get("/assets/dashboard/app-1.wasm", "br").await.1[0], "application/wasm");

        for page in ["/", "/customers/ACME", "/apis", "/customers?q=a"] {
            let (status, [kind, _, cache, policy], body) = get(page, "br").await;
            assert_eq!((status, &body[..]), (StatusCode::OK, &b"<!doctype html>"[..]), "{page}");
            assert!(
                kind.starts_with("text/html") && cache == "no-cache" && policy.contains("default-src 'none'")
            );
        }
        for elsewhere in ["/api", "/api/v1/nothing", "/docs/x", "/demo/mail", "/healthz"] {
            assert_eq!(get(elsewhere, "br").await.0, StatusCode::IM_A_TEAPOT, "{elsewhere}");
        }
        for missing in ["app-2.js", "..%2fsecret", "%2e%2e", ".hidden", "%00", "a%2fb"] {
            let status = get(&format!("/assets/dashboard/{missing}"), "br").await.0;
            assert!(
                [StatusCode::NOT_FOUND, StatusCode::IM_A_TEAPOT].contains(&status),
                "{missing}: {status}"
            );
        }
    }
}
