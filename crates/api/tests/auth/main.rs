//! Signing in and out, tokens, links in mails, limits, keys, and the last administrator.

mod cookies;
mod keys;
mod limits;
mod links;
mod sessions;
mod shut_out;

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Answer, Client, PASSWORD, TestApp};

/// Longer than an instance believes what it knows of a caller.
pub async fn until_everybody_knows() {
    tokio::time::sleep(Duration::from_millis(600)).await;
}

/// Signs in by address and password.
pub async fn sign_in(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/api/v1/auth/sign-in", &json!({"email": email, "password": password})).await
}

/// Whether the client's token is good.
pub async fn is_in(client: &Client) -> bool {
    let answer = client.get("/api/v1/auth/me").await;
    assert!([200, 401].contains(&answer.status), "{:?}", answer.json);
    answer.status == 200
}

/// All of an answer but its request's id.
pub fn told(answer: &Answer) -> (u16, Value) {
    let mut json = answer.json.clone();
    json["request_id"] = Value::Null;
    (answer.status, json)
}

#[actix_web::test]
async fn signing_in_tells_what_there_is() {
    let app = TestApp::start().await;
    let answer = app.sign_in("northwind_a_owner").await.expect(200);
    assert_eq!(answer.json["token_type"], "Bearer");
    assert_eq!(answer.json["expires_in"], 900);
    assert_eq!(answer.json["tenant_id"], json!(app.northwind.tenant));
    let [place] = answer.json["tenants"].as_array().unwrap().as_slice() else { panic!("one place") };
    assert_eq!((&place["role"], &place["customer_id"]), (&json!("customer_owner"), &json!(app.northwind.a)));
    // However the address is written.
    sign_in(&app.nobody(), " Northwind.ADMIN@example.com ", PASSWORD).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn who_is_wrong_learns_nothing() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let wrong = sign_in(&nobody, "northwind.admin@example.com", "not the password").await.expect(401);
    for (email, password) in [
        ("nobody@example.com", "not the password"),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
        ("northwind.admin@example.com", ""),
        ("northwind.admin@example.com", &"x".repeat(100_000)),
    ] {
        let answer = sign_in(&nobody, email, password).await;
        assert_eq!(told(&answer), told(&wrong), "{email}");
    }
    assert_eq!(wrong.code(), "bad_credentials");
    app.finish().await;
}

#[actix_web::test]
async fn nobody_else_signs_tokens() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let parts: Vec<&str> = admin.token().split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("three parts") };
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let forged = [
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}"),
        format!("{header}.{}.{signature}", claims.replace('a', "b")),
        format!("{header}.{claims}.{signature}{signature}"),
        format!("{header}.{claims}.{signature}.x"),
        "a.b.c".to_owned(),
        "x".repeat(100_000),
        "ünïcödé".to_owned(),
    ];
    for token in forged {
        let answer = admin.with_token(&token).get("/api/v1/auth/me").await;
        assert_eq!(answer.status, 401, "{token}");
    }
    assert!(is_in(&admin).await);
    app.finish().await;
}
