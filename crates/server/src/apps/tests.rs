//! What browsers are sent: files for ever, pages in the brand of the host.

use actix_web::{
    App as HttpApp,
    http::{Method, StatusCode, header::HeaderMap},
    test::{self, TestRequest},
};
use app::auth::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use testkit::TestApp;

use super::*;

mod door;

const DRAWING: &[u8] =
    br#"<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16"/></svg>"#;

/// The page as `webbuild` writes it, for an app of this title.
fn built(title: &str) -> String {
    let source = include_str!("../../../../frontend/build/src/page.rs");
    let (_, rest) = source.split_once("r#\"").expect("the template begins");
    let (template, _) = rest.split_once("\"#").expect("it ends");
    template.replace("{title}", title).replace("{icon}", "built-icon.svg")
}

/// The sign-in page as `webbuild` writes it, with texts in a language.
fn built_door(texts: &[(&str, &str)]) -> String {
    let template = include_str!("../../../../frontend/frame/door.html")
        .replace("<!--head-->", "<!--head--><script src=\"/assets/app/door.js\"></script>");
    let texts = texts.iter().map(|(key, text)| (format!("{{{{{key}}}}}"), text));
    let door = texts.fold(template, |door, (key, text)| door.replace(&key, text));
    let door = door.replace("{{", "").replace("}}", "");
    door.lines().map(str::trim).collect()
}

/// Both of its languages.
fn write_doors(directory: &Path, app: &str) {
    let german = [("Sign in", "Anmelden"), ("Password", "Passwort"), ("Help", "Hilfe")];
    write(directory, &format!("{app}/door.en.html"), &built_door(&[]));
    write(directory, &format!("{app}/door.de.html"), &built_door(&german));
}

fn write(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Both apps, in a directory that is gone when they have been read: pages are kept in memory.
fn apps() -> Apps {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "dashboard/index.html", &built("Built dashboard"));
    write(directory.path(), "portal/index.html", &built("Built portal"));
    write_doors(directory.path(), "dashboard");
    write_doors(directory.path(), "portal");
    Apps::open(directory.path()).unwrap()
}

/// An answer.
struct Shown {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Shown {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What stands between two texts, and that it stands there once.
    #[track_caller]
    fn between(&self, start: &str, end: &str) -> &str {
        let mut found = self.body.split(start).skip(1);
        let (Some(text), None) = (found.next(), found.next()) else {
            panic!("{start} is not there once: {}", self.body)
        };
        text.split_once(end).unwrap_or_else(|| panic!("{end} is missing: {}", self.body)).0
    }

    fn title(&self) -> &str {
        self.between("<title>", "</title>")
    }

    fn icon(&self) -> String {
        unescaped(self.between("<link rel=\"icon\" href=\"", "\""))
    }

    /// The drawing of an icon that is in the page itself.
    fn drawn_icon(&self) -> String {
        let icon = self.icon();
        let data = icon.strip_prefix("data:image/svg+xml;base64,").unwrap_or_else(|| panic!("{icon}"));
        String::from_utf8(STANDARD.decode(data).unwrap()).unwrap()
    }

    fn splash(&self) -> &str {
        self.between("<body>\n<div id=\"splash\" class=\"splash\" role=\"status\">", "</div>")
    }

    fn brand(&self) -> Value {
        serde_json::from_str(&unescaped(self.between("<meta name=\"brand\" content=\"", "\""))).unwrap()
    }

    /// The style in the page, which is the one that the policy allows.
    fn style(&self) -> &str {
        let style = self.between("<style>", "</style>");
        let allowed = format!("style-src 'self' 'sha256-{}';", STANDARD.encode(digest(style.as_bytes())));
        let policy = self.header("content-security-policy");
        assert!(policy.contains(&allowed) && !policy.contains("unsafe-inline"), "{policy}");
        style
    }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&amp;", "&")
}

/// A browser that somebody may be signed in with, nobody knows in which app.
const SOMEBODY: &str = "__Host-refresh=x";

/// Asks for a page of a host, as a browser with these cookies, in which somebody may be signed in.
async fn show(app: &TestApp, host: &str, cookies: &str) -> Shown {
    let cookies = [SOMEBODY, cookies].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("; ");
    show_at(app, "/invoices/INV-1", host, &cookies, "").await
}

async fn show_at(app: &TestApp, address: &str, host: &str, cookies: &str, languages: &str) -> Shown {
    let service = test::init_service(
        api::service(web::Data::new(app.app.clone())).app_data(web::Data::new(apps())).configure(routes),
    )
    .await;
    let request = TestRequest::get()
        .uri(address)
        .peer_addr(([192, 0, 2, 1], 40_000).into())
        .insert_header(("Host", host))
        .insert_header(("Cookie", cookies))
        .insert_header(("Accept-Language", languages))
        .insert_header(("Accept-Encoding", "br, gzip"));
    let response = test::call_service(&service, request.to_request()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = String::from_utf8(test::read_body(response).await.to_vec()).unwrap();
    assert_eq!(status, StatusCode::OK, "{body}");
    Shown { status, headers, body }
}

/// Northwind, Harbor and the platform have a host each.
async fn with_hosts() -> TestApp {
    let app = TestApp::start().await;
    for (who, brand) in [
        (
            "northwind_admin",
            json!({"display_name": "Northwind & Sons", "portal_name": "Northwind Care",
                "primary_color": "#0B6BCB", "accent_color": "#445566", "hosts": ["portal.northwind.example"]}),
        ),
        (
            "harbor_admin",
            json!({"display_name": "harbor", "primary_color": "#ffdd00", "accent_color": "#445566",
                "hosts": ["portal.harbor.example"]}),
        ),
        (
            "platform_admin",
            json!({"display_name": "Example Cloud", "primary_color": "#112233", "accent_color": "#445566",
                "hosts": ["cloud.example"]}),
        ),
    ] {
        app.client(who).await.put("/api/v1/msp/brand", &brand).await.expect(200);
    }
    app
}

#[actix_web::test]
async fn files_are_kept_for_ever_and_pages_are_checked() {
    let directory = tempfile::tempdir().unwrap();
    let refused = |why: &str| {
        let error = Apps::open(directory.path()).err().expect("it is not complete").to_string();
        assert!(error.contains(why), "{error}");
    };
    refused("dashboard");
    write(directory.path(), "dashboard/index.html", &built("Dashboard"));
    refused("door.en.html");
    write_doors(directory.path(), "dashboard");
    refused("portal");
    write(directory.path(), "portal/index.html", "<!doctype html><title>Portal</title>");
    refused("another version");
    write(directory.path(), "portal/index.html", &built("Portal"));
    write_doors(directory.path(), "portal");
    write(directory.path(), "portal/door.de.html", "<title>Anmelden</title>");
    refused("door.de.html");
    write_doors(directory.path(), "portal");
    for (name, text) in [
        ("portal/index.html", built("Portal").as_str()),
        ("portal/index.html.br", "not for pages"),
        ("dashboard/assets/app-1.js", "plain"),
        ("dashboard/assets/app-1.js.br", "brotli"),
        ("dashboard/assets/app-1.wasm", "wasm"),
        ("dashboard/secret", "secret"),
        ("portal/assets/app-1.js", "the portal's"),
        ("secret/assets/app-1.js", "secret"),
    ] {
        write(directory.path(), name, text);
    }
    let apps = Apps::open(directory.path()).unwrap();
    let service = test::init_service(
        HttpApp::new()
            .app_data(web::Data::new(apps))
            .configure(routes)
            .default_service(web::to(|| async { HttpResponse::ImATeapot().finish() })),
    )
    .await;
    let get = async |path: &str, accept: &str| {
        let request = TestRequest::get().uri(path).insert_header(("Accept-Encoding", accept)).to_request();
        let response = test::call_service(&service, request).await;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let headers = ["content-type", "content-encoding", "cache-control", "vary"].map(header);
        assert_eq!(header("content-disposition"), "", "it is shown, not saved");
        (response.status(), headers, test::read_body(response).await)
    };

    let (status, [kind, encoding, cache, vary], body) =
        get("/assets/dashboard/app-1.js", "gzip, br;q=0.9").await;
    assert_eq!((status, encoding.as_str(), &body[..]), (StatusCode::OK, "br", &b"brotli"[..]));
    assert!(kind.starts_with("text/javascript") && cache.contains("immutable"), "{kind} {cache}");
    assert_eq!(vary, "Accept-Encoding");
    let (_, [_, encoding, ..], body) = get("/assets/dashboard/app-1.js", "gzip").await;
    assert_eq!((encoding.as_str(), &body[..]), ("", &b"plain"[..]));
    assert_eq!(get("/assets/dashboard/app-1.wasm", "br").await.1[0], "application/wasm");
    assert_eq!(&get("/assets/portal/app-1.js", "br").await.2[..], b"the portal's");

    // There is no database here: the pages come all the same.
    for page in ["/", "/customers/ACME", "/apis", "/customers?q=a"] {
        let (status, headers, body) = get(page, "br").await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(body.starts_with(b"<!doctype html>"), "{body:?}");
        assert_eq!(headers, ["text/html; charset=utf-8", "", "no-cache", "Cookie, Accept-Language"]);
    }
    for elsewhere in ["/api", "/api/v1/nothing", "/docs/x", "/demo/mail", "/healthz"] {
        assert_eq!(get(elsewhere, "br").await.0, StatusCode::IM_A_TEAPOT, "{elsewhere}");
    }
    for missing in [
        "dashboard/app-2.js",
        "dashboard/..%2fsecret",
        "dashboard/%2e%2e",
        "dashboard/.hidden",
        "dashboard/%00",
        "dashboard/a%2fb",
        "secret/app-1.js",
        "app-1.js",
    ] {
        let status = get(&format!("/assets/{missing}"), "br").await.0;
        assert!([StatusCode::NOT_FOUND, StatusCode::IM_A_TEAPOT].contains(&status), "{missing}: {status}");
    }
}

#[actix_web::test]
async fn the_cookie_decides_which_app_it_is_and_without_one_the_host() {
    let app = with_hosts().await;
    for (host, cookies, expected) in [
        ("portal.northwind.example", "", "Northwind Care"),
        ("portal.northwind.example", "__Host-app=portal", "Northwind Care"),
        ("portal.northwind.example", "a=b; __Host-app=dashboard", "Northwind &amp; Sons"),
        ("portal.northwind.example:8443", "__Host-app=admin", "Northwind Care"),
        ("portal.northwind.example", "app=dashboard", "Northwind Care"),
        ("nobody.example", "", "Built dashboard"),
        ("nobody.example", "__Host-app=dashboard", "Built dashboard"),
        ("nobody.example", "__Host-app=portal", "Built portal"),
        ("nobody.example", "__Host-app=../portal", "Built dashboard"),
        ("not a host", "", "Built dashboard"),
    ] {
        assert_eq!(show(&app, host, cookies).await.title(), expected, "{host} with {cookies}");
    }
    // Both apps show the platform's name: they differ in their icons.
    assert!(show(&app, "cloud.example", "").await.icon().ends_with("/built-icon.svg"));
    assert!(show(&app, "cloud.example", "__Host-app=portal").await.icon().starts_with("data:"));
    app.finish().await;
}

#[actix_web::test]
async fn each_host_has_its_own_brand_from_the_first_moment() {
    let app = with_hosts().await;
    let northwind = app.client("northwind_admin").await;
    for kind in ["logo", "favicon"] {
        let path = format!("/api/v1/msp/brand/{kind}");
        northwind.request(Method::PUT, &path).bytes("image/svg+xml", DRAWING).send().await.expect(200);
    }

    let page = show(&app, "portal.northwind.example", "").await;
    let public = app.nobody().request(Method::GET, "/api/v1/brand");
    let public = public.header("Host", "portal.northwind.example").send().await.expect(200).json;
    assert_eq!(page.brand(), public);
    assert_eq!(page.title(), "Northwind Care");
    assert_eq!(page.icon(), public["favicon_url"].as_str().unwrap());
    assert_eq!(page.between("<meta name=\"theme-color\" content=\"", "\""), "#0b6bcb");
    assert_eq!(
        page.style(),
        ":root{--brand-primary:#0b6bcb;--brand-on-primary:#ffffff;--brand-ink-light:#0b6bcb;\
         --brand-ink-dark:#4890d8}"
    );
    // As `openssl dgst -sha256 -binary | base64` has it.
    let digest = "'sha256-kMyYNvF8dtqAvy4pqICl222MI7ExAXD+1GtkQvqRbso='";
    assert!(page.header("content-security-policy").contains(digest));
    let logo = public["logo_url"].as_str().unwrap();
    assert!(!logo.contains(['&', '"', '<']), "it stands in the page as it is: {logo}");
    assert_eq!(
        page.splash(),
        format!("<img src=\"{logo}\" alt=\"Northwind Care\"><span>Northwind Care</span>")
    );
    let (before, _) = page.body.split_once("<style>").unwrap();
    assert!(before.contains("rel=\"stylesheet\""), "the style comes after the stylesheet and wins");
    let staff = show(&app, "portal.northwind.example", "__Host-app=dashboard").await;
    assert_eq!(
        (staff.title(), staff.icon()),
        ("Northwind &amp; Sons", public["favicon_url"].as_str().unwrap().to_owned())
    );

    // Without pictures, and with a colour on which white cannot be read.
    let page = show(&app, "portal.harbor.example", "").await;
    assert_eq!((page.title(), page.brand()["display_name"].as_str()), ("harbor", Some("harbor")));
    assert_eq!(page.splash(), "<span class=\"initial\" aria-hidden=\"true\">H</span><span>harbor</span>");
    assert!(page.style().starts_with(":root{--brand-primary:#ffdd00;--brand-on-primary:#000000;"));
    let icon = page.drawn_icon();
    assert!(
        icon.contains("fill=\"#ffdd00\"") && icon.contains("fill=\"#000000\">H</text>"),
        "the icon is not ours: {icon}"
    );

    // A host of nobody names nobody, in either app.
    for cookies in ["", "__Host-app=portal"] {
        let page = show(&app, "nobody.example", cookies).await;
        assert_eq!(page.brand()["tenant_id"], Value::Null);
        assert_eq!(page.splash(), "<span class=\"initial\" aria-hidden=\"true\"></span><span></span>");
        assert!(page.style().starts_with(":root{--brand-primary:#1e3a5f;"), "{}", page.style());
    }
    app.finish().await;
}

#[actix_web::test]
async fn what_a_tenant_writes_stays_text() {
    let app = with_hosts().await;
    let hostile = json!({
        "display_name": "</title><script>alert(1)</script>", "portal_name": "\"><img src=x onerror='alert(1)'>",
        "login_message": "</style><!--body--><script>alert(2)</script>", "primary_color": "#112233",
        "accent_color": "#445566", "hosts": ["portal.northwind.example"],
    });
    app.client("northwind_admin").await.put("/api/v1/msp/brand", &hostile).await.expect(200);
    let sql = app.database().superuser().await;
    for color in ["#112233", "#fff}</style><script>alert(3)</script>"] {
        // The API takes no such colour; should one get in all the same, it gets no further.
        sql.run(&format!("update brands set primary_color = '{color}' where portal_name is not null")).await;
        for (cookies, name, initial) in
            [("__Host-app=dashboard", "display_name", "&lt;"), ("", "portal_name", "&quot;")]
        {
            let page = show(&app, "portal.northwind.example", cookies).await;
            let name = hostile[name].as_str().unwrap();
            assert_eq!(unescaped(page.title()), name);
            assert_eq!(page.brand()["login_message"], hostile["login_message"]);
            assert_eq!(page.brand()["primary_color"], color);
            assert!(page.style().len() < 140 && page.style().starts_with(":root{--brand-primary:#1"));
            assert!(page.splash().contains(&format!(">{initial}</span>")), "{}", page.splash());
            for (tag, times) in
                [("<script", 1), ("<img", 0), ("</title>", 1), ("</style>", 1), ("<body", 1), ("<!--", 0)]
            {
                assert_eq!(page.body.matches(tag).count(), times, "{tag} in {}", page.body);
            }
        }
        let icon = show(&app, "portal.northwind.example", "").await.drawn_icon();
        assert!(icon.contains(">&quot;</text>"), "{icon}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_page_comes_without_its_brand_where_the_database_does_not_answer() {
    let app = with_hosts().await;
    let sql = app.database().superuser().await;
    let is_bare = |page: &Shown| {
        assert_eq!(page.title(), "Built portal", "the app in which nothing is ours");
        assert!(!page.body.contains("name=\"brand\""), "the app is to ask by itself: {}", page.body);
        assert!(
            page.style().starts_with(":root{--brand-primary:#1e3a5f;") && page.icon().starts_with("data:")
        );
    };
    sql.run("revoke select on tenant_hosts from bailiwick_system").await;
    is_bare(&show(&app, "portal.northwind.example", "").await);
    let staff = show(&app, "portal.northwind.example", "__Host-app=dashboard").await;
    assert_eq!(staff.title(), "Built dashboard");
    sql.run("grant select on tenant_hosts to bailiwick_system").await;

    // Nor does it wait for long.
    sql.run("begin; lock table tenant_hosts in access exclusive mode").await;
    is_bare(&show(&app, "portal.northwind.example", "").await);
    sql.run("rollback").await;
    assert_eq!(show(&app, "portal.northwind.example", "").await.title(), "Northwind Care");
    app.finish().await;
}

#[actix_web::test]
async fn nothing_that_a_customer_sees_names_this_product() {
    let app = with_hosts().await;
    let check = |what: &str, text: &str| {
        assert!(!text.to_lowercase().contains("bailiwick"), "{what}: {text}");
    };
    let page = show(&app, "portal.northwind.example", "__Host-app=portal").await;
    check("the page", &page.body);
    check("its icon", &page.drawn_icon());
    for (name, value) in &page.headers {
        check("a header of the page", &format!("{name}: {}", value.to_str().unwrap()));
    }
    assert_eq!(page.status, StatusCode::OK);

    let nobody = app.nobody();
    let email = app.person("northwind_a_owner").email.clone();
    let body = json!({"email": email, "password": testkit::PASSWORD, "cookie": true});
    let sign_in = |csrf: &str| {
        let request =
            nobody.request(Method::POST, "/api/v1/auth/sign-in").header("Host", "portal.northwind.example");
        request.header(csrf, "1").json(&body).send()
    };
    let signed_in = sign_in("X-CSRF-Protection").await.expect(200);
    let refused = sign_in("X-Other").await.expect(403);
    let unknown = nobody.get("/api/v1/auth/me").await.expect(401);
    let missing = nobody.get("/api/v1/nothing").await.expect(404);
    for answer in [&signed_in, &refused, &unknown, &missing] {
        check("an answer", &String::from_utf8_lossy(&answer.body));
        for (name, value) in &answer.headers {
            check("a header", &format!("{name}: {}", value.to_str().unwrap()));
        }
    }
    let cookies = signed_in.headers("Set-Cookie");
    let token = cookies.iter().find_map(|cookie| cookie.strip_prefix("__Host-access=")).unwrap();
    let claims = token.split(['.', ';']).nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims = String::from_utf8(claims).unwrap();
    assert!(claims.contains("\"iss\""), "{claims}");
    check("the access token", &claims);
    app.finish().await;
}

#[actix_web::test]
async fn who_has_paid_comes_back_to_the_portal() {
    let app = with_hosts().await;
    let back = async |cookies| {
        show_at(&app, "/payment/done?invoice=x", "portal.northwind.example", cookies, "").await
    };
    for customer in ["", "__Host-app=portal"] {
        assert_eq!(back(customer).await.title(), "Northwind Care", "{customer}");
    }
    assert_eq!(back("__Host-app=dashboard").await.title(), "Thank you");
    app.finish().await;
}
