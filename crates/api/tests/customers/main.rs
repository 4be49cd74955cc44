//! `/msp/customers`: the pattern for the tests of a capability.

mod hostile;

use std::collections::BTreeSet;

use actix_web::http::Method;
use domain::permissions::Role;
use futures_util::future::join;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

const PATH: &str = "/api/v1/msp/customers";

async fn list(client: &Client, query: &str) -> Answer {
    client.get(&format!("{PATH}?{query}")).await.expect(200)
}

fn field<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let items = answer.json["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item[name].as_str()).collect()
}

#[actix_web::test]
async fn a_customer_is_taken_on_with_all_its_fields() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let body = json!({
        "company_name": "Müller & Söhne <GmbH> 🐟", "code": "MUELLER", "contact_name": "Jörg Müller",
        "contact_email": "Jörg".replace('ö', "oe") + "@Mueller.example.com", "phone": "+49 30 1234-56 x7",
        "address": "Hauptstraße 1\r\n10115 Berlin", "tax_id": "DE123456789", "external_ref": "CRM-7",
        "notes": "First line\nsecond line", "status": "trial", "trial_ends_on": "2025-12-31",
        "feature_flags": {"beta": true, "old.ui": false},
        "limits": {"max_machines": 25, "storage_gb": 0, "max_concurrent_jobs": null, "api_requests_per_minute": 60},
    });
    let made = admin.post(PATH, &body).await.expect(201);
    assert_eq!(made.header("ETag"), "\"1\"");
    for (name, value) in body.as_object().unwrap() {
        let expected = match name.as_str() {
            "contact_email" => json!("joerg@mueller.example.com"),
            "address" => json!("Hauptstraße 1\n10115 Berlin"),
            _ => value.clone(),
        };
        assert_eq!(made.json[name], expected, "{name}");
    }
    let id = made.text("/id");
    for name in [id, "MUELLER"] {
        let read = admin.get(&format!("{PATH}/{name}")).await.expect(200);
        assert_eq!(read.json, made.json);
        assert_eq!(read.header("ETag"), "\"1\"");
    }
    let events = admin.get(&format!("/api/v1/msp/events?subject=customer:{id}")).await.expect(200);
    assert_eq!(field(&events, "type"), ["customer.created"]);
    assert_eq!(events.json["items"][0]["customer_id"], made.json["id"]);
    app.finish().await;
}

#[actix_web::test]
async fn codes_are_made_and_are_ones_own() {
    let app = TestApp::start().await;
    let (northwind, harbor) = (app.client("northwind_admin").await, app.client("harbor_admin").await);
    let create = async |client: &Client, body: Value| client.post(PATH, &body).await;
    let named = json!({"company_name": "Wayne Enterprises"});
    let codes = [
        create(&northwind, named.clone()).await.expect(201).text("/code").to_owned(),
        create(&northwind, named.clone()).await.expect(201).text("/code").to_owned(),
        create(&harbor, named).await.expect(201).text("/code").to_owned(),
        create(&harbor, json!({"company_name": "株式会社"})).await.expect(201).text("/code").to_owned(),
    ];
    assert_eq!(codes, ["WAYNE-ENTERPRISE", "WAYNE-ENTERPRISE-2", "WAYNE-ENTERPRISE", "CUSTOMER"]);
    let taken = json!({"company_name": "X", "code": "NORTHWIND-A"});
    let refused = create(&northwind, taken.clone()).await.expect(422);
    assert_eq!(
        (refused.pointers(), refused.json["errors"][0]["code"].as_str()),
        (vec!["/code"], Some("taken"))
    );
    create(&harbor, taken).await.expect(201);
    for code in ["x", "lower", "WITH SPACE", "-X", "Ä", "", &"X".repeat(33)] {
        let refused = create(&northwind, json!({"company_name": "X", "code": code})).await.expect(422);
        assert_eq!(refused.pointers(), ["/code"], "{code}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn lists_come_in_pages_whatever_the_names() {
    let mut app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let names =
        ["İstanbul", "istanbul", "ΑΣ", "ας", "ασα", "Zoë", "zoe", "ẞ", "ß", "same", "same", "same", "_", "%"];
    for name in names {
        app.customer(&app.northwind).name(name).create().await;
    }
    let all = list(&admin, "limit=200").await;
    assert!(all.json.get("next_cursor").is_none());
    let expected = field(&all, "id");
    assert_eq!(expected.len(), names.len() + 2);
    for limit in [1, 3, 7] {
        assert_eq!(walk(&admin, PATH, limit).await, expected, "pages of {limit}");
    }
    // People are listed by name, too.
    let tenant = app.northwind.tenant;
    for (number, name) in names.iter().enumerate() {
        app.add_person(tenant, &format!("n{number}"), Role::MspBilling, None, None).await;
        let rename = json!({"name": name});
        app.client(&format!("n{number}")).await.patch("/api/v1/auth/me", &rename).await.expect(200);
    }
    let all = admin.get("/api/v1/msp/users?limit=200").await.expect(200);
    let expected = field(&all, "id");
    assert_eq!(expected.len(), names.len() + 3);
    assert_eq!(walk(&admin, "/api/v1/msp/users", 1).await, expected);
    let platform = app.client("platform_admin").await;
    for (number, name) in names.iter().enumerate() {
        let slug = format!("m{number}");
        let body = json!({"name": name, "slug": slug, "admin_email": format!("{slug}@example.com")});
        platform.post("/api/v1/platform/msps", &body).await.expect(201);
    }
    let all = platform.get("/api/v1/platform/msps?limit=200").await.expect(200);
    assert_eq!(walk(&platform, "/api/v1/platform/msps", 1).await, field(&all, "id"));
    app.finish().await;
}

#[actix_web::test]
async fn lists_come_in_the_order_asked_for() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    for (code, name) in [("D", "alpha"), ("C", "Beta"), ("A", "gamma"), ("B", "same"), ("E", "Same")] {
        app.customer(&app.northwind).code(code).name(name).create().await;
    }
    for (code, deed) in [("C", "suspend"), ("A", "suspend"), ("E", "close")] {
        admin.post(&format!("{PATH}/{code}/{deed}"), &Value::Null).await.expect(200);
    }
    // Those of the world come along; here it is about the five.
    let listed = async |query: &str| {
        let codes = list(&admin, &format!("limit=200&{query}")).await;
        let codes = field(&codes, "code").into_iter().filter(|code| code.len() == 1);
        codes.collect::<String>()
    };
    assert_eq!(listed("").await, listed("sort=name").await);
    assert_eq!(listed("sort=code").await, "ABCDE");
    assert_eq!(listed("sort=created").await, "DCABE");
    // Closed before suspended, active before both; in each by name.
    assert_eq!(listed("sort=status").await, "DBECA");
    assert_eq!(listed("sort=name").await[..3], *"DCA");
    for sort in ["name", "code", "created", "status"] {
        let up = list(&admin, &format!("limit=200&sort={sort}")).await;
        let down = list(&admin, &format!("limit=200&sort=-{sort}")).await;
        let mut turned = field(&down, "id");
        turned.reverse();
        assert_eq!(field(&up, "id"), turned, "{sort}");
        for (sort, all) in [(sort.to_owned(), &up), (format!("-{sort}"), &down)] {
            for limit in [1, 3] {
                let path = format!("{PATH}?sort={sort}");
                assert_eq!(walk(&admin, &path, limit).await, field(all, "id"), "{sort}, pages of {limit}");
            }
        }
    }
    // How many there are is counted once, and as they are filtered.
    let first = list(&admin, "limit=1&status=suspended&sort=-created").await;
    assert_eq!((&first.json["total"], field(&first, "code")), (&json!(2), vec!["A"]));
    let next = first.json["next_cursor"].as_str().unwrap();
    let second = list(&admin, &format!("limit=1&status=suspended&sort=-created&cursor={next}")).await;
    assert_eq!((second.json.get("total"), field(&second, "code")), (None, vec!["C"]));
    // A cursor belongs to its order.
    for sort in ["code", "status"] {
        let refused = admin.get(&format!("{PATH}?sort={sort}&cursor={next}")).await.expect(422);
        assert_eq!(refused.pointers(), ["cursor"], "{sort}");
    }
    for wrong in ["sort=", "sort=Name", "sort=--name", "sort=company_name", "sort=name&sort=code"] {
        let refused = admin.get(&format!("{PATH}?{wrong}")).await.expect(422);
        assert_eq!(refused.pointers(), ["sort"], "{wrong}");
    }
    app.finish().await;
}

/// The ids of a whole list, page by page.
async fn walk(client: &Client, path: &str, limit: usize) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for _ in 0..100 {
        let mark = if path.contains('?') { '&' } else { '?' };
        let page = client.get(&format!("{path}{mark}limit={limit}{cursor}")).await.expect(200);
        ids.extend(field(&page, "id").into_iter().map(str::to_owned));
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
    panic!("{path} has no last page");
}

#[actix_web::test]
async fn searching_takes_the_text_literally() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    for (code, name) in
        [("PCT", "100% Pure"), ("UND", "snake_case"), ("BSL", "back\\slash"), ("QUO", "O'Reilly \"X\"")]
    {
        app.customer(&app.northwind).code(code).name(name).create().await;
    }
    for (search, expected) in [
        ("pure", vec!["PCT"]),
        ("%25", vec!["PCT"]),
        ("_", vec!["UND"]),
        ("%5C", vec!["BSL"]),
        ("o%27r", vec!["QUO"]),
        ("%22X", vec!["QUO"]),
        ("NORTHWIND-", vec!["NORTHWIND-A", "NORTHWIND-B"]),
        ("billing@customer", vec!["PCT", "BSL", "NORTHWIND-A", "NORTHWIND-B", "QUO", "UND"]),
        ("harbor", vec![]),
        ("", vec!["PCT", "BSL", "NORTHWIND-A", "NORTHWIND-B", "QUO", "UND"]),
    ] {
        assert_eq!(field(&list(&admin, &format!("q={search}")).await, "code"), expected, "{search}");
    }
    admin.post(&format!("{PATH}/PCT/suspend"), &Value::Null).await.expect(200);
    assert_eq!(field(&list(&admin, "status=suspended").await, "code"), ["PCT"]);
    for (query, pointer) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=", "cursor"),
        ("status=gone", "status"),
        ("tenant_id=x", "tenant_id"),
        ("q=%E2%80%AE", "q"),
    ] {
        let refused = admin.get(&format!("{PATH}?{query}")).await.expect(422);
        assert_eq!(refused.pointers(), [pointer], "{query}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_change_applies_to_what_was_read() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let path = format!("{PATH}/NORTHWIND-A");
    let patch = async |tag: &str, body: Value| {
        let request = admin.request(Method::PATCH, &path).json(&body);
        if tag.is_empty() { request.send().await } else { request.header("If-Match", tag).send().await }
    };
    let read = admin.get(&path).await.expect(200);
    let changed = patch(read.header("ETag"), json!({"notes": "first"})).await.expect(200);
    assert_eq!((changed.header("ETag"), &changed.json["notes"]), ("\"2\"", &json!("first")));
    for stale in [read.header("ETag"), "\"99\"", "\"x\"", "nonsense"] {
        let refused = patch(stale, json!({"notes": "lost"})).await.expect(412);
        assert_eq!(refused.code(), "stale", "{stale}");
    }
    let limits = admin.request(Method::PUT, &format!("{path}/limits")).header("If-Match", "\"1\"");
    limits.json(&json!({"max_machines": 5})).send().await.expect(412);
    patch("*", json!({"phone": "+1 555 0100"})).await.expect(200);
    // What is absent stays, what is null is emptied.
    let after = patch("", json!({"notes": null})).await.expect(200);
    assert_eq!((&after.json["notes"], &after.json["phone"]), (&Value::Null, &json!("+1 555 0100")));
    // Two at once with the same tag: one of them wins.
    let tag = after.header("ETag");
    let (one, two) = join(patch(tag, json!({"notes": "one"})), patch(tag, json!({"notes": "two"}))).await;
    let statuses: BTreeSet<u16> = [one.status, two.status].into();
    assert_eq!(statuses, BTreeSet::from([200, 412]));
    app.finish().await;
}

#[actix_web::test]
async fn the_same_request_twice_is_done_once() {
    let app = TestApp::start().await;
    let (admin, billing) = (app.client("northwind_admin").await, app.client("northwind_operator").await);
    let create = async |client: &Client, key: &str, body: Value| {
        client.request(Method::POST, PATH).header("Idempotency-Key", key).json(&body).send().await
    };
    let body = json!({"company_name": "Once", "code": "ONCE"});
    let first = create(&admin, "k1", body.clone()).await.expect(201);
    assert_eq!(first.header("Idempotency-Replayed"), "");
    let again = create(&admin, "k1", body.clone()).await.expect(201);
    assert_eq!(again.header("Idempotency-Replayed"), "true");
    assert_eq!((&again.body, again.header("ETag")), (&first.body, first.header("ETag")));
    let other = create(&admin, "k1", json!({"company_name": "Other"})).await.expect(422);
    assert_eq!(other.pointers(), ["Idempotency-Key"]);
    // A request that failed has left the key free.
    create(&admin, "k2", body.clone()).await.expect(422);
    create(&admin, "k2", json!({"company_name": "Corrected"})).await.expect(201);
    // Other people's keys are theirs.
    create(&app.client("harbor_admin").await, "k1", body).await.expect(201);
    create(&billing, "k1", json!({"company_name": "X"})).await.expect(403);
    let both = json!({"company_name": "Both", "code": "BOTH"});
    let (one, two) = join(create(&admin, "k3", both.clone()), create(&admin, "k3", both)).await;
    assert_eq!((one.expect(201).body, 1), (two.expect(201).body, 1));
    for key in ["", &"x".repeat(256)] {
        let refused = create(&admin, key, json!({"company_name": "X"})).await.expect(422);
        assert_eq!(refused.pointers(), ["Idempotency-Key"]);
    }
    app.finish().await;
}

#[actix_web::test]
async fn limits_are_set_as_a_whole() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let path = format!("{PATH}/NORTHWIND-A/limits");
    let set = json!({"max_machines": 5, "storage_gb": 100});
    let changed = admin.put(&path, &set).await.expect(200);
    assert_eq!(changed.json["limits"]["max_machines"], 5);
    let read = admin.get(&path).await.expect(200);
    assert_eq!((&read.json["storage_gb"], &read.json["max_concurrent_jobs"]), (&json!(100), &Value::Null));
    admin.put(&path, &json!({})).await.expect(200);
    assert_eq!(admin.get(&path).await.expect(200).json["max_machines"], Value::Null);
    for (body, pointer) in [
        (json!({"max_machines": -1}), "/max_machines"),
        (json!({"max_machines": 1_000_001}), "/max_machines"),
        (json!({"storage_gb": 99_999_999_999_i64}), "/storage_gb"),
        (json!({"storage_gb": 1.5}), "/storage_gb"),
        (json!({"api_requests_per_minute": 0}), "/api_requests_per_minute"),
        (json!({"max_concurrent_jobs": "5"}), "/max_concurrent_jobs"),
        (json!({"machines": 5}), "/machines"),
    ] {
        assert_eq!(admin.put(&path, &body).await.expect(422).pointers(), [pointer], "{body}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn suspending_and_closing_may_be_asked_twice() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let ask = async |verb: &str, body: Value| admin.post(&format!("{PATH}/NORTHWIND-A/{verb}"), &body).await;
    let reason = json!({"reason": "unpaid"});
    let suspended = ask("suspend", reason.clone()).await.expect(200);
    assert_eq!(
        (&suspended.json["status"], &suspended.json["suspended_reason"]),
        (&json!("suspended"), &json!("unpaid"))
    );
    assert_eq!(ask("suspend", reason).await.expect(200).json, suspended.json);
    let resumed = ask("resume", Value::Null).await.expect(200);
    assert_eq!(
        (&resumed.json["status"], &resumed.json["suspended_reason"]),
        (&json!("active"), &Value::Null)
    );
    ask("close", Value::Null).await.expect(200);
    assert_eq!(ask("suspend", Value::Null).await.expect(409).code(), "wrong_state");
    ask("resume", Value::Null).await.expect(200);
    let refused = ask("suspend", json!({"reason": "x".repeat(501)})).await.expect(422);
    assert_eq!(refused.pointers(), ["/reason"]);
    let id = app.northwind.a;
    let events = admin.get(&format!("/api/v1/msp/events?subject=customer:{id}")).await.expect(200);
    let mut kinds = field(&events, "type");
    kinds.reverse();
    let expected =
        ["customer.created", "customer.suspended", "customer.resumed", "customer.closed", "customer.resumed"];
    assert_eq!(kinds, expected, "one change, one event");
    app.finish().await;
}
