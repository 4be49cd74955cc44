//! Pictures of a brand: what is taken in, what comes out, and for whose host.

use actix_web::http::Method;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

/// Two pixels, with a remark in the file.
const DOT: &[u8] = include_bytes!("brand/dot.png");
/// 4097 pixels wide.
const WIDE: &[u8] = include_bytes!("brand/wide.png");
/// 1025 pixels wide.
const LARGE_ICON: &[u8] = include_bytes!("brand/large_icon.png");
const DRAWING: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><script>alert(1)</script><rect width="200" height="50" fill="#1e3a5f"/></svg>"##;
const LETTERING: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><text x="5" y="30">Northwind</text></svg>"#;

/// The administrator of Northwind, whose pages are at `portal.northwind.example`.
async fn northwind(app: &TestApp) -> Client {
    let admin = app.client("northwind_admin").await;
    let brand = json!({"display_name": "Northwind", "primary_color": "#112233", "accent_color": "#445566",
        "hosts": ["portal.northwind.example"]});
    admin.put("/api/v1/msp/brand", &brand).await.expect(200);
    admin
}

async fn upload(client: &Client, kind: &str, media_type: &str, file: &[u8]) -> Answer {
    let path = format!("/api/v1/msp/brand/{kind}");
    client.request(Method::PUT, &path).bytes(media_type, file.to_vec()).send().await
}

async fn show(app: &TestApp, host: &str, path: &str, known: &str) -> Answer {
    let request = app.nobody().request(Method::GET, path).header("Host", host);
    let request = if known.is_empty() { request } else { request.header("If-None-Match", known) };
    request.send().await
}

#[actix_web::test]
async fn a_picture_is_shown_on_its_own_host_and_kept_as_long_as_it_is_the_same() {
    let app = TestApp::start().await;
    let admin = northwind(&app).await;
    let host = "portal.northwind.example";
    show(&app, host, "/api/v1/brand/logo", "").await.expect(404);

    let made = upload(&admin, "logo", "image/svg+xml", DRAWING.as_bytes()).await.expect(200);
    let url = made.text("/url").to_owned();
    assert_eq!(
        made.json,
        json!({"kind": "logo", "url": url, "content_type": "image/svg+xml", "width": 200, "height": 50,
            "in_documents": true})
    );
    assert_eq!(admin.get("/api/v1/msp/brand").await.expect(200).text("/logo_url"), url);
    let public = show(&app, host, "/api/v1/brand", "").await.expect(200);
    assert_eq!((public.text("/logo_url"), &public.json["favicon_url"]), (url.as_str(), &Value::Null));

    let shown = show(&app, "portal.northwind.example:8443", &url, "").await.expect(200);
    let text = String::from_utf8(shown.body.to_vec()).unwrap();
    assert!(text.contains("<rect") && !text.contains("script"), "{text}");
    assert_eq!(shown.header("Content-Type"), "image/svg+xml");
    assert_eq!(shown.header("Cache-Control"), "public, max-age=31536000, immutable");
    assert_eq!(
        shown.header("Content-Security-Policy"),
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    );
    assert_eq!(shown.header("X-Content-Type-Options"), "nosniff");
    let tag = shown.header("ETag").to_owned();
    let again = show(&app, host, &url, &format!("\"other\", {tag}")).await.expect(304);
    assert_eq!((again.header("ETag"), again.body.len()), (tag.as_str(), 0));

    // Nobody else's host has it, nor has one that belongs to nobody.
    for elsewhere in ["portal.harbor.example", "127.0.0.1", "not a host"] {
        show(&app, elsewhere, &url, &tag).await.expect(404);
    }

    // The next one has another address; the old address leads to it, but is not to be kept.
    let next = upload(&admin, "logo", "application/octet-stream", DOT).await.expect(200);
    assert_ne!(next.text("/url"), url);
    for stale in [url.as_str(), "/api/v1/brand/logo"] {
        let shown = show(&app, host, stale, &tag).await.expect(200);
        assert_eq!(shown.header("Cache-Control"), "public, max-age=60");
        assert_eq!(shown.header("Content-Type"), "image/png");
    }

    admin.delete("/api/v1/msp/brand/logo").await.expect(204);
    admin.delete("/api/v1/msp/brand/logo").await.expect(404);
    show(&app, host, &url, "").await.expect(404);
    assert_eq!(admin.get("/api/v1/msp/brand").await.expect(200).json["logo_url"], Value::Null);
    let events = admin.get("/api/v1/msp/events?type=brand.picture_changed").await.expect(200);
    assert_eq!(events.json["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(events.json["items"][0]["data"]["content_type"], "image/png");
    app.finish().await;
}

#[actix_web::test]
async fn only_pictures_are_taken_and_written_anew() {
    let app = TestApp::start().await;
    let admin = northwind(&app).await;
    let too_many = vec![0; 2 * 1024 * 1024 + 1];
    for (kind, media_type, file, status, code) in [
        ("logo", "text/html", DOT, 415, "unsupported_media_type"),
        ("logo", "application/json", b"{}", 415, "unsupported_media_type"),
        ("logo", "image/png", b"%PDF-1.7 is no picture", 415, "unsupported_media_type"),
        ("logo", "image/png", b"", 422, "picture_empty"),
        ("logo", "image/png", &too_many, 413, "body_too_large"),
        ("logo", "image/png", WIDE, 422, "picture_too_large"),
        ("favicon", "image/png", LARGE_ICON, 422, "picture_too_large"),
        ("logo", "image/png", &DOT[..DOT.len() - 30], 422, "picture_damaged"),
        (
            "logo",
            "image/svg+xml",
            b"<svg xmlns='http://www.w3.org/2000/svg'><rect></svg>",
            422,
            "svg_unusable",
        ),
        ("banner", "image/png", DOT, 404, "not_found"),
    ] {
        let answer = upload(&admin, kind, media_type, file).await;
        let said = (answer.status, answer.code());
        assert_eq!(said, (status, code), "{kind} {media_type}: {:?}", answer.json);
    }
    assert_eq!(admin.get("/api/v1/msp/brand").await.expect(200).json["logo_url"], Value::Null);

    // What it is, is seen from its content, whatever it is called; remarks in the file are left behind.
    let made = upload(&admin, "logo", "image/svg+xml; charset=utf-8", DOT).await.expect(200);
    assert_eq!((made.text("/content_type"), &made.json["width"]), ("image/png", &json!(2)));
    let shown = show(&app, "portal.northwind.example", made.text("/url"), "").await.expect(200);
    assert!(DOT.windows(4).any(|part| part == b"home") && !shown.body.windows(4).any(|part| part == b"home"));
    upload(&admin, "favicon", "image/png", DOT).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn a_drawn_logo_is_in_invoices_and_mails() {
    let app = TestApp::start().await;
    let admin = northwind(&app).await;
    let plan =
        json!({"code": "BASIC", "name": "Basic", "base_fee": {"amount_minor": 5000, "currency": "USD"}});
    admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    let path = format!("/api/v1/msp/customers/{}/subscriptions", app.northwind.a);
    admin.post(&path, &json!({"plan": "BASIC", "starts_on": "2025-10-01"})).await.expect(201);
    let draft = json!({"customer": app.northwind.a, "period": "2025-10"});
    let draft = admin.post("/api/v1/msp/invoices", &draft).await.expect(201);
    let pdf = format!("/api/v1/msp/invoices/{}/pdf", draft.text("/id"));
    let sql = app.database().superuser().await;
    // A mail, to look at its logo.
    let mail = async |address: &str| {
        let invitation = json!({"email": address, "role": "msp_billing"});
        admin.post("/api/v1/msp/invitations", &invitation).await.expect(201);
        sql.value(&format!("select html_body from mails where to_address = '{address}'")).await
    };

    let plain = admin.get(&pdf).await.expect(200).body.len();
    assert!(!mail("one@example.com").await.contains("<img"));

    let made = upload(&admin, "logo", "image/svg+xml", LETTERING.as_bytes()).await.expect(200);
    assert_eq!(made.json["in_documents"], false);
    assert!(admin.get(&pdf).await.expect(200).body.len().abs_diff(plain) < 20);
    assert!(!mail("two@example.com").await.contains("<img"));
    show(&app, "portal.northwind.example", "/api/v1/brand/logo?format=pixels", "").await.expect(404);

    let made = upload(&admin, "logo", "image/svg+xml", DRAWING.as_bytes()).await.expect(200);
    assert_eq!(made.json["in_documents"], true);
    assert!(admin.get(&pdf).await.expect(200).body.len() > plain + 300);
    let html = mail("three@example.com").await.replace("&amp;", "&").replace("&#x2f;", "/");
    let (_, rest) = html.split_once("<img src=\"https://portal.northwind.example").expect("a logo");
    let address = rest.split('"').next().unwrap();
    let shown = show(&app, "portal.northwind.example", address, "").await.expect(200);
    assert_eq!(shown.header("Content-Type"), "image/png");
    assert_eq!(shown.header("Cache-Control"), "public, max-age=31536000, immutable");
    assert!(shown.body.starts_with(b"\x89PNG"));
    app.finish().await;
}
