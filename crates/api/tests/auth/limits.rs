//! How often a thing may be tried.

use chrono::TimeDelta;
use serde_json::json;
use testkit::{Answer, PASSWORD, TestApp};

use crate::{sign_in, told};

fn assert_too_many(answer: &Answer) {
    assert_eq!((answer.status, answer.code()), (429, "too_many_requests"));
    let seconds: i64 = answer.header("Retry-After").parse().expect("a number of seconds");
    assert!((1..=3600).contains(&seconds), "{seconds}");
}

#[actix_web::test]
async fn guessing_a_password_ends_after_ten_tries() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    for email in ["northwind.admin@example.com", "nobody@example.com"] {
        for _ in 0..10 {
            sign_in(&nobody, email, "not the password").await.expect(401);
        }
        assert_too_many(&sign_in(&nobody, email, "not the password").await);
        // From elsewhere it is no different, and neither is the right one.
        assert_too_many(&sign_in(&nobody.at([203, 0, 113, 7]), email, PASSWORD).await);
    }
    // An account that does not exist is limited alike.
    let known = sign_in(&nobody, "northwind.admin@example.com", "x").await;
    let unknown = sign_in(&nobody, "nobody@example.com", "x").await;
    assert_eq!(told(&known), told(&unknown));
    sign_in(&nobody, "northwind.billing@example.com", PASSWORD).await.expect(200);
    let seconds: i64 = known.header("Retry-After").parse().expect("a number of seconds");
    app.clock.advance(TimeDelta::seconds(seconds));
    sign_in(&nobody, "northwind.admin@example.com", PASSWORD).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn one_place_does_not_try_many_accounts() {
    let app = TestApp::start().await;
    let here = app.nobody().at([203, 0, 113, 7]);
    let try_account = async |number: usize, forwarded: &str| {
        let body = json!({"email": format!("{number}@example.com"), "password": ""});
        let request = here.request(actix_web::http::Method::POST, "/api/v1/auth/sign-in");
        request.header("X-Forwarded-For", forwarded).json(&body).send().await
    };
    for number in 0..50 {
        // Claiming another address each time helps nobody who is not behind our own proxy.
        try_account(number, &format!("198.51.100.{number}")).await.expect(401);
    }
    assert_too_many(&try_account(50, "198.51.100.50").await);
    sign_in(&here.at([203, 0, 113, 8]), "northwind.admin@example.com", PASSWORD).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn a_proxy_says_whom_it_serves() {
    let app = TestApp::start().await;
    let proxy = app.nobody().at([10, 0, 0, 1]);
    let body = json!({"email": app.person("northwind_admin").email, "password": PASSWORD});
    let request = proxy.request(actix_web::http::Method::POST, "/api/v1/auth/sign-in");
    // The proxy adds to what the caller has sent.
    let request = request.header("X-Forwarded-For", "192.0.2.66, 203.0.113.9");
    let tokens = request.json(&body).send().await.expect(200);
    let client = proxy.with_token(tokens.text("/access_token"));
    let events = client.get("/api/v1/msp/events?type=session.started").await.expect(200);
    assert_eq!(events.json["items"][0]["address"], "203.0.113.9");
    app.finish().await;
}

#[actix_web::test]
async fn mails_to_one_address_are_few() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let ask = async |email: &str| nobody.post("/api/v1/auth/password-reset", &json!({"email": email})).await;
    for email in ["northwind.admin@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            ask(email).await.expect(204);
        }
        assert_too_many(&ask(email).await);
    }
    let admin = app.client("northwind_admin").await;
    let invite = json!({"email": "new@example.com", "role": "msp_billing"});
    for _ in 0..5 {
        admin.post("/api/v1/msp/invitations", &invite).await.expect(201);
    }
    assert_too_many(&admin.post("/api/v1/msp/invitations", &invite).await);
    let sql = app.database().superuser().await;
    let mails =
        "select count(*) from mails where to_address in ('new@example.com', 'northwind.admin@example.com')";
    assert_eq!(sql.number(mails).await, 8);
    app.finish().await;
}

#[actix_web::test]
async fn guessing_links_ends() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    for number in 0..50 {
        let body = json!({"token": format!("bwi_{number}")});
        nobody.post("/api/v1/auth/invitation", &body).await.expect(422);
    }
    assert_too_many(&nobody.post("/api/v1/auth/invitation", &json!({"token": "bwi_50"})).await);
    app.finish().await;
}
