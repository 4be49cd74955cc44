//! Whatever is sent is stored as it is or refused by name; nothing breaks the server, nothing is half
//! stored, nothing sets what it should not.

use actix_web::http::Method;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

use crate::PATH;

/// What a text field gets to see.
fn texts() -> Vec<String> {
    let plain = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "{{7*7}} ${7*7} {% raw %}",
        "'; drop table customers; --",
        "a\r\nBcc: victim@example.com",
        "a\nb",
        "tab\there",
        "right\u{202e}to left",
        "\u{200f}\u{200e}\u{2066}x\u{2069}",
        "\u{feff}bom",
        "zero\u{200b}width",
        "emoji 👩‍👩‍👧‍👦 🏳️‍🌈",
        "Z\u{300}\u{301}\u{302}\u{303}a\u{300}l\u{301}g\u{302}o",
        "nul \u{0} byte",
        "bell \u{7} escape \u{1b}[31m",
        "del \u{7f} c1 \u{85}",
        "\u{fffd}\u{ffff}\u{10ffff}",
        "株式会社 العربية עברית",
        "   ",
        "",
        "null",
        "\\u0000 \\ \" '",
        "../../etc/passwd",
        "%00%0d%0a",
    ];
    plain
        .iter()
        .map(|text| (*text).to_owned())
        .chain(["x".repeat(10_000), "é".repeat(201), "𝒳".repeat(200)])
        .collect()
}

const FIELDS: [&str; 9] = [
    "company_name",
    "code",
    "contact_name",
    "contact_email",
    "phone",
    "address",
    "tax_id",
    "external_ref",
    "notes",
];

/// Refused with the field's name, or stored.
fn assert_sound(answer: &Answer, field: &str, what: &str) {
    match answer.status {
        200 | 201 => {}
        422 => {
            assert_eq!(answer.pointers(), [format!("/{field}")], "{what:?}: {:?}", answer.json);
            assert_eq!(answer.header("Content-Type"), "application/problem+json");
        }
        status => panic!("{field} {what:?}: {status} {:?}", answer.json),
    }
}

#[actix_web::test]
async fn texts_are_stored_as_they_are_or_refused_by_name() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let (mut stored, mut refused) = (0, 0);
    for text in texts() {
        for field in FIELDS {
            let mut body = json!({"company_name": "Hostile"});
            body[field] = json!(text);
            let answer = admin.post(PATH, &body).await;
            assert_sound(&answer, field, &text);
            if answer.status != 201 {
                refused += 1;
                continue;
            }
            stored += 1;
            let read = admin.get(&format!("{PATH}/{}", answer.text("/id"))).await.expect(200);
            let kept = read.json[field].as_str().unwrap_or_default();
            let as_sent = text.trim().replace("\r\n", "\n").replace('\r', "\n");
            assert_eq!(kept.trim(), as_sent, "{field} {text:?}");
            if field != "code" {
                let patched = admin
                    .patch(&format!("{PATH}/{}", answer.text("/id")), &json!({field: text}))
                    .await
                    .expect(200);
                assert_eq!(patched.json[field], read.json[field], "{field} {text:?}: PATCH stores the same");
            }
        }
        // In searches and addresses it finds nothing or is refused, and breaks nothing.
        let bytes: Vec<String> = text.bytes().take(600).map(|byte| format!("%{byte:02X}")).collect();
        let encoded = bytes.concat();
        for path in
            [format!("{PATH}?q={encoded}"), format!("{PATH}/{encoded}"), format!("{PATH}?cursor={encoded}")]
        {
            let status = admin.get(&path).await.status;
            assert!(status < 500, "{path}: {status}");
        }
    }
    assert!(stored > 50 && refused > 50, "{stored} stored, {refused} refused");
    app.finish().await;
}

#[actix_web::test]
async fn names_that_deceive_are_refused() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    for name in
        ["a\r\nBcc: x@example.com", "a\nb", "right\u{202e}to left", "\u{2066}x", "bell \u{7}", "   ", ""]
    {
        let refused = admin.post(PATH, &json!({"company_name": name})).await.expect(422);
        assert_eq!(refused.pointers(), ["/company_name"], "{name:?}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn values_of_another_kind_are_refused_by_name() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let before = count(&admin).await;
    let kinds = [json!(5), json!(1.5), json!(true), json!([]), json!(["x"]), json!({}), json!({"x": 1})];
    for field in FIELDS {
        for value in &kinds {
            let mut body = json!({"company_name": "Hostile"});
            body[field] = value.clone();
            let refused = admin.post(PATH, &body).await;
            assert_eq!(refused.status, 422, "{field} {value}: {:?}", refused.json);
            assert_eq!(refused.pointers(), [format!("/{field}")], "{field} {value}");
        }
    }
    for (field, value) in [
        ("feature_flags", json!({"x": "yes"})),
        ("feature_flags", json!({"x": {"y": true}})),
        ("feature_flags", json!({"Bad Name": true})),
        ("feature_flags", json!([true])),
        ("limits", json!("none")),
        ("limits", json!({"max_machines": 1e300})),
        ("limits", json!({"max_machines": 1e20})),
        ("status", json!("closed")),
        ("status", json!("nonsense")),
        ("trial_ends_on", json!("2025-02-30")),
        ("trial_ends_on", json!("tomorrow")),
        ("trial_ends_on", json!("99999-01-01")),
    ] {
        let mut body = json!({"company_name": "Hostile"});
        body[field] = value.clone();
        let refused = admin.post(PATH, &body).await.expect(422);
        let pointers = refused.pointers();
        let named = pointers.len() == 1 && pointers[0].starts_with(&format!("/{field}"));
        assert!(named, "{field} {value}: {pointers:?}");
    }
    assert_eq!(count(&admin).await, before, "nothing is half stored");
    app.finish().await;
}

async fn count(client: &Client) -> usize {
    let list = client.get(&format!("{PATH}?limit=200")).await.expect(200);
    list.json["items"].as_array().map_or(0, Vec::len)
}

#[actix_web::test]
async fn what_is_not_the_callers_to_set_is_refused() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let tenant = json!(app.harbor.tenant);
    for (field, value) in [
        ("tenant_id", tenant.clone()),
        ("id", json!(app.harbor.a)),
        ("role", json!("platform_admin")),
        ("total", json!(0)),
        ("version", json!(99)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("downstream_tenant_id", tenant),
        ("suspended_at", json!(null)),
        ("__proto__", json!({"x": 1})),
    ] {
        let mut body = json!({"company_name": "Hostile"});
        body[field] = value.clone();
        let refused = admin.post(PATH, &body).await.expect(422);
        assert_eq!(refused.pointers(), [format!("/{field}")]);
        assert_eq!(refused.json["errors"][0]["code"], "unknown");
        let patch = admin.patch(&format!("{PATH}/NORTHWIND-A"), &json!({ field: value })).await.expect(422);
        assert_eq!(patch.pointers(), [format!("/{field}")]);
    }
    app.finish().await;
}

#[actix_web::test]
async fn bodies_that_are_no_request_are_refused() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!(
        r#"{{"company_name": "X", "feature_flags": {}1{}}}"#,
        r#"{"a":"#.repeat(5000),
        "}".repeat(5000)
    );
    let wide = format!(
        r#"{{"company_name": "X", "feature_flags": {{{}}}}}"#,
        (0..5000).map(|number| format!(r#""f{number}": true"#)).collect::<Vec<_>>().join(",")
    );
    let large = format!(r#"{{"company_name": "{}"}}"#, "x".repeat(api::MAX_BODY));
    for (body, statuses) in [
        ("", vec![400, 422]),
        ("null", vec![422]),
        ("5", vec![422]),
        ("[]", vec![422]),
        ("{", vec![400]),
        (r#"{"company_name": "X"} trailing"#, vec![400]),
        (r#"{"company_name": "X", "company_name": "Y"}"#, vec![400, 422]),
        (r#"{"company_name": "\ud800"}"#, vec![400, 422]),
        (r#"{"company_name": "\u0000"}"#, vec![422]),
        (deep.as_str(), vec![400, 422]),
        (nested.as_str(), vec![400, 422]),
        (wide.as_str(), vec![422]),
        (large.as_str(), vec![413]),
    ] {
        let sent = admin.request(Method::POST, PATH).bytes("application/json", body.to_owned()).send().await;
        let start: String = body.chars().take(60).collect();
        assert!(statuses.contains(&sent.status), "{start}: {} {:?}", sent.status, sent.json);
        assert!(!sent.code().is_empty() && sent.json["request_id"].is_string(), "{start}: {:?}", sent.json);
    }
    let bytes = admin.request(Method::POST, PATH);
    let bytes = bytes.bytes("application/json", b"{\"company_name\": \"\xff\xfe\"}".as_slice());
    bytes.send().await.expect(400);
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"]
    {
        let sent = admin.request(Method::POST, PATH).bytes(kind, r#"{"company_name": "X"}"#).send().await;
        assert_eq!(sent.expect(415).code(), "unsupported_media_type", "{kind}");
    }
    assert_eq!(count(&admin).await, 2, "nothing is half stored");
    app.finish().await;
}

#[actix_web::test]
async fn addresses_that_lead_nowhere_are_problems_too() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let long = format!("{PATH}/{}", "X".repeat(5000));
    let query = format!("{PATH}?q={}", "x".repeat(10_000));
    for (method, path, status) in [
        (Method::GET, "/api/v1/nothing", 404),
        (Method::GET, "/api/v2/msp/customers", 404),
        (Method::GET, "/api/v1/msp/customers/", 404),
        (Method::GET, "/api/v1/msp/customers/%00", 404),
        (Method::GET, "/api/v1/msp/customers/%2e%2e%2f", 404),
        (Method::GET, "/api/v1/msp/customers/cus_nonsense", 404),
        (Method::GET, "/api/v1/msp/customers/ten_01h2xcejqtf2nbrexx3vqjhp41", 404),
        (Method::DELETE, "/api/v1/msp/customers", 405),
        (Method::PUT, "/api/v1/msp/customers/NORTHWIND-A", 405),
        (Method::GET, long.as_str(), 404),
        (Method::GET, query.as_str(), 414),
    ] {
        let answer = admin.request(method.clone(), path).send().await;
        let shown: String = path.chars().take(80).collect();
        assert_eq!(answer.status, status, "{method} {shown}: {:?}", answer.json);
        assert_eq!(answer.header("Content-Type"), "application/problem+json", "{method} {shown}");
        assert_eq!(answer.json["status"], Value::from(status), "{method} {shown}");
        assert_eq!(!answer.header("Allow").is_empty(), status == 405, "{method} {shown}");
    }
    let answer = admin.delete("/api/v1/msp/customers/NORTHWIND-A").await.expect(405);
    assert_eq!(answer.header("Allow"), "GET, HEAD, OPTIONS, PATCH");
    let answer = admin.get("/api/v1/msp/customers").await.expect(200);
    for (name, value) in
        [("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"), ("X-Frame-Options", "DENY")]
    {
        assert_eq!(answer.header(name), value);
    }
    assert!(!answer.header("X-Request-Id").is_empty());
    app.finish().await;
}
