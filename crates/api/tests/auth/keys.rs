//! API keys do what their scopes say, never more than their maker, and no longer than they last.

use chrono::TimeDelta;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

use crate::until_everybody_knows;

async fn make(client: &Client, body: Value) -> Answer {
    client.post("/api/v1/msp/api-keys", &body).await
}

#[actix_web::test]
async fn scopes_are_all_that_a_key_may() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let made = make(&admin, json!({"name": "reader", "scopes": ["customers:read"]})).await.expect(201);
    let key = admin.with_token(made.text("/secret"));
    assert!(made.text("/secret").starts_with(made.text("/key/prefix")));
    key.get("/api/v1/msp/customers/NORTHWIND-A").await.expect(200);
    for path in ["/api/v1/msp/users", "/api/v1/msp/events", "/api/v1/msp/api-keys", "/api/v1/platform/msps"] {
        assert_eq!(key.get(path).await.expect(403).code(), "forbidden", "{path}");
    }
    let new = json!({"company_name": "X"});
    assert_eq!(key.post("/api/v1/msp/customers", &new).await.expect(403).code(), "forbidden");
    let list = admin.get("/api/v1/msp/api-keys").await.expect(200);
    let text = String::from_utf8_lossy(&list.body).into_owned();
    assert!(!text.contains(made.text("/secret")), "the secret is shown once");
    assert!(list.json["items"][0]["last_used_at"].is_string());
    app.finish().await;
}

#[actix_web::test]
async fn nobody_makes_a_key_that_may_more_than_they() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    for scope in ["msps:read", "msps:write", "portal:read", "portal_users:write"] {
        let refused =
            make(&admin, json!({"name": "k", "scopes": ["customers:read", scope]})).await.expect(422);
        assert_eq!(refused.pointers(), ["/scopes/1"], "{scope}");
    }
    for (body, pointer) in [
        (json!({"name": "k", "scopes": []}), "/scopes"),
        (json!({"name": "k", "scopes": ["everything"]}), "/scopes/0"),
        (json!({"name": "", "scopes": ["customers:read"]}), "/name"),
        (
            json!({"name": "k", "scopes": ["customers:read"], "requests_per_minute": 0}),
            "/requests_per_minute",
        ),
        (
            json!({"name": "k", "scopes": ["customers:read"], "expires_at": "2020-01-01T00:00:00Z"}),
            "/expires_at",
        ),
    ] {
        assert_eq!(make(&admin, body.clone()).await.expect(422).pointers(), [pointer], "{body}");
    }
    // A key makes keys within its own scopes.
    let maker =
        make(&admin, json!({"name": "maker", "scopes": ["api_keys:write", "usage:read"]})).await.expect(201);
    let maker = admin.with_token(maker.text("/secret"));
    make(&maker, json!({"name": "k", "scopes": ["usage:read"]})).await.expect(201);
    let refused = make(&maker, json!({"name": "k", "scopes": ["customers:write"]})).await.expect(422);
    assert_eq!(refused.pointers(), ["/scopes/0"]);
    // What is about the whole tenant is nothing for a key that is limited to customers.
    for scope in ["users:write", "api_keys:write", "api_keys:read", "brand:write"] {
        let body = json!({"name": "k", "scopes": [scope], "only_customers": [app.northwind.a]});
        assert_eq!(make(&admin, body).await.expect(422).pointers(), ["/scopes/0"], "{scope}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_limited_key_sees_its_customers_alone() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let body = json!({"name": "limited", "scopes": ["customers:read", "customers:write", "events:read"],
        "only_customers": [app.northwind.a]});
    let key = admin.with_token(make(&admin, body).await.expect(201).text("/secret"));
    let list = key.get("/api/v1/msp/customers").await.expect(200);
    assert_eq!(list.json["items"].as_array().map(Vec::len), Some(1));
    key.get("/api/v1/msp/customers/NORTHWIND-B").await.expect(404);
    let patch = json!({"notes": "x"});
    key.patch("/api/v1/msp/customers/NORTHWIND-A", &patch).await.expect(200);
    key.patch("/api/v1/msp/customers/NORTHWIND-B", &patch).await.expect(404);
    let refused = key.post("/api/v1/msp/customers", &json!({"company_name": "New"})).await.expect(403);
    assert_eq!(refused.code(), "restricted");
    let check = key.get("/api/v1/msp/events/check").await.expect(200);
    assert_eq!(check.json["intact"], true);
    app.finish().await;
}

#[actix_web::test]
async fn a_key_ends() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let ends = app.clock.now() + TimeDelta::minutes(5);
    let body = json!({"name": "k", "scopes": ["customers:read"], "expires_at": ends});
    let short = admin.with_token(make(&admin, body).await.expect(201).text("/secret"));
    let made = make(&admin, json!({"name": "k", "scopes": ["customers:read"]})).await.expect(201);
    let revoked = admin.with_token(made.text("/secret"));
    let elsewhere = app.another_instance().await.with_token(made.text("/secret"));
    let path = "/api/v1/msp/customers";
    for client in [&short, &revoked, &elsewhere] {
        client.get(path).await.expect(200);
    }
    app.clock.advance(TimeDelta::minutes(5));
    admin.delete(&format!("/api/v1/msp/api-keys/{}", made.text("/key/id"))).await.expect(204);
    until_everybody_knows().await;
    for client in [&short, &revoked, &elsewhere] {
        client.get(path).await.expect(401);
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_key_makes_so_many_requests_a_minute() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let body = json!({"name": "slow", "scopes": ["customers:read"], "requests_per_minute": 3});
    let key = admin.with_token(make(&admin, body).await.expect(201).text("/secret"));
    for _ in 0..3 {
        key.get("/api/v1/msp/customers").await.expect(200);
    }
    let refused = key.get("/api/v1/msp/customers").await.expect(429);
    let seconds: i64 = refused.header("Retry-After").parse().unwrap();
    assert!((1..=60).contains(&seconds));
    app.client("northwind_key").await.get("/api/v1/msp/customers").await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn what_a_key_does_carries_its_name() {
    let app = TestApp::start().await;
    let (admin, key) = (app.client("northwind_admin").await, app.client("northwind_key").await);
    key.post("/api/v1/msp/customers", &json!({"company_name": "By key", "code": "BY-KEY"})).await.expect(201);
    let events = admin.get("/api/v1/msp/events?type=customer.created&limit=1").await.expect(200);
    let event = &events.json["items"][0];
    assert_eq!(event["actor_name"], "northwind_key");
    assert!(event["actor"].as_str().unwrap().starts_with("api_key:key_"), "{event}");
    for path in ["/api/v1/auth/sessions", "/api/v1/auth/me"] {
        let status = key.get(path).await.status;
        assert_eq!(status, if path.ends_with("me") { 200 } else { 403 }, "{path}");
    }
    app.finish().await;
}
