//! Sessions of browsers: tokens in cookies.

use actix_web::http::Method;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

use crate::until_everybody_knows;

const CSRF: (&str, &str) = ("X-CSRF-Protection", "1");

async fn send(
    client: &Client,
    method: Method,
    path: &str,
    cookies: &str,
    csrf: bool,
    body: &Value,
) -> Answer {
    let mut request = client.request(method, &format!("/api/v1{path}"));
    if !cookies.is_empty() {
        request = request.header("Cookie", cookies);
    }
    if csrf {
        request = request.header(CSRF.0, CSRF.1);
    }
    if body.is_null() { request.send().await } else { request.json(body).send().await }
}

/// The cookies of an answer as the browser sends them back, and each as it was set.
fn cookies(answer: &Answer) -> (String, Vec<String>) {
    let set: Vec<String> = answer.headers("Set-Cookie").iter().map(|text| (*text).to_owned()).collect();
    let pairs: Vec<&str> = set.iter().filter_map(|text| text.split(';').next()).collect();
    (pairs.join("; "), set)
}

async fn sign_in(app: &TestApp, name: &str) -> Answer {
    let email = app.person(name).email.clone();
    let body = json!({"email": email, "password": testkit::PASSWORD, "cookie": true});
    send(&app.nobody(), Method::POST, "/auth/sign-in", "", true, &body).await.expect(200)
}

#[actix_web::test]
async fn a_browser_is_given_cookies_that_only_the_server_reads() {
    let app = TestApp::start().await;
    let answer = sign_in(&app, "northwind_admin").await;
    assert!(answer.json.get("access_token").is_none() && answer.json.get("refresh_token").is_none());
    let (jar, set) = cookies(&answer);
    assert_eq!(set.len(), 2);
    for (cookie, name) in set.iter().zip(["__Host-access=", "__Host-refresh="]) {
        assert!(cookie.starts_with(name), "{cookie}");
        for attribute in ["; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/", "; Max-Age="] {
            assert!(cookie.contains(attribute), "{attribute} in {cookie}");
        }
        assert!(!cookie.contains("Domain="), "{cookie}");
    }
    let me = send(&app.nobody(), Method::GET, "/auth/me", &jar, false, &Value::Null).await.expect(200);
    assert_eq!(me.text("/role"), "msp_admin");
    app.finish().await;
}

#[actix_web::test]
async fn another_site_changes_nothing() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let (jar, _) = cookies(&sign_in(&app, "northwind_admin").await);
    let body = json!({"name": "Mallory"});
    let forged = send(&nobody, Method::PATCH, "/auth/me", &jar, false, &body).await.expect(403);
    assert_eq!(forged.code(), "csrf");
    let refresh = send(&nobody, Method::POST, "/auth/refresh", &jar, false, &Value::Null).await.expect(403);
    assert_eq!(refresh.code(), "csrf");
    let email = app.person("northwind_admin").email.clone();
    let login = json!({"email": email, "password": testkit::PASSWORD, "cookie": true});
    let login = send(&nobody, Method::POST, "/auth/sign-in", "", false, &login).await.expect(403);
    assert_eq!((login.code(), cookies(&login).1.len()), ("csrf", 0));
    send(&nobody, Method::PATCH, "/auth/me", &jar, true, &json!({"name": "Ada"})).await.expect(200);
    // A token in the header is no cookie: no browser sends it by itself.
    let token = app.client("northwind_admin").await;
    token.patch("/api/v1/auth/me", &json!({"name": "Grace"})).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn cookies_are_renewed_and_taken_back() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let (first, _) = cookies(&sign_in(&app, "northwind_admin").await);
    let renewed = send(&nobody, Method::POST, "/auth/refresh", &first, true, &Value::Null).await.expect(200);
    assert!(renewed.json.get("refresh_token").is_none());
    let (second, _) = cookies(&renewed);
    assert_ne!(first, second);
    let out = send(&nobody, Method::POST, "/auth/sign-out", &second, true, &Value::Null).await.expect(204);
    let (_, set) = cookies(&out);
    assert!(
        set.len() == 2 && set.iter().all(|cookie| cookie.contains("=;") && cookie.contains("Max-Age=0")),
        "{set:?}"
    );
    until_everybody_knows().await;
    for jar in [&first, &second] {
        send(&nobody, Method::GET, "/auth/me", jar, false, &Value::Null).await.expect(401);
        send(&nobody, Method::POST, "/auth/refresh", jar, true, &Value::Null).await.expect(401);
    }
    let none = send(&nobody, Method::POST, "/auth/refresh", "", true, &Value::Null).await.expect(422);
    assert_eq!(none.pointers(), ["/refresh_token"]);
    app.finish().await;
}
