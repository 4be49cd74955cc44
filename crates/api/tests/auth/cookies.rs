//! Sessions of browsers: tokens in cookies.

use actix_web::http::Method;
use domain::permissions::Role;
use serde_json::{Value, json};
use store::{
    Reason,
    memberships::{self, NewMembership},
};
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
    let expected = [
        ("__Host-access=", "; SameSite=Strict"),
        ("__Host-refresh=", "; SameSite=Strict"),
        // Comes along with a link in a mail.
        ("__Host-app=", "; SameSite=Lax"),
    ];
    assert_eq!(set.len(), expected.len());
    for (cookie, (name, same_site)) in set.iter().zip(expected) {
        assert!(cookie.starts_with(name), "{cookie}");
        for attribute in ["; HttpOnly", "; Secure", same_site, "; Path=/", "; Max-Age="] {
            assert!(cookie.contains(attribute), "{attribute} in {cookie}");
        }
        assert!(!cookie.contains("Domain="), "{cookie}");
    }
    let me = send(&app.nobody(), Method::GET, "/auth/me", &jar, false, &Value::Null).await.expect(200);
    assert_eq!(me.text("/role"), "msp_admin");
    app.finish().await;
}

/// The value of the cookie that tells which app is the browser's, and how long it is kept.
fn web_app(answer: &Answer) -> (String, String) {
    let (_, set) = cookies(answer);
    let kept = |name: &str| {
        let cookie = set.iter().find_map(|cookie| cookie.strip_prefix(name)).expect("it is set").to_owned();
        let (_, age) = cookie.split_once("; Max-Age=").expect("it has an end");
        let first = |text: &str| text.split(';').next().unwrap_or_default().to_owned();
        (first(&cookie), first(age))
    };
    let (app, age) = kept("__Host-app=");
    assert_eq!(age, kept("__Host-refresh=").1, "it lasts as long as the session may");
    (app, age)
}

#[actix_web::test]
async fn the_browser_is_told_which_app_is_its_own() {
    let app = TestApp::start().await;
    for (name, expected) in [
        ("northwind_admin", "dashboard"),
        ("northwind_operator", "dashboard"),
        ("platform_admin", "dashboard"),
        ("northwind_a_owner", "portal"),
        ("northwind_a_viewer", "portal"),
    ] {
        assert_eq!(web_app(&sign_in(&app, name).await).0, expected, "{name}");
    }

    // Staff of one MSP, a customer of another: the app is that of the session's tenant.
    let (harbor, customer) = (app.harbor.tenant, app.harbor.a);
    let both = app.person("northwind_billing").clone();
    let new = NewMembership {
        tenant: harbor,
        user: both.user,
        email: both.email.clone(),
        name: "Bo".to_owned(),
        role: Role::CustomerViewer,
        customer: Some(customer),
        only_customers: None,
    };
    app.store()
        .system(Reason::Provision, async |tx| memberships::create(tx, &new).await)
        .await
        .expect("she joins the customer");
    let (jar, _) = cookies(&sign_in(&app, "northwind_billing").await);
    let nobody = app.nobody();
    let to = |tenant| json!({"tenant_id": tenant});
    let there = send(&nobody, Method::POST, "/auth/switch-tenant", &jar, true, &to(harbor)).await.expect(200);
    assert_eq!(web_app(&there).0, "portal");
    let (jar, _) = cookies(&there);
    let renewed = send(&nobody, Method::POST, "/auth/refresh", &jar, true, &Value::Null).await.expect(200);
    assert_eq!(web_app(&renewed).0, "portal");
    let (jar, _) = cookies(&renewed);
    let back =
        send(&nobody, Method::POST, "/auth/switch-tenant", &jar, true, &to(both.tenant)).await.expect(200);
    assert_eq!(web_app(&back).0, "dashboard");
    let (jar, _) = cookies(&back);
    let out = send(&nobody, Method::POST, "/auth/sign-out", &jar, true, &Value::Null).await.expect(204);
    assert_eq!(web_app(&out), (String::new(), "0".to_owned()));

    // A program that takes tokens gets no cookies at all.
    assert!(cookies(&app.sign_in("northwind_a_owner").await.expect(200)).1.is_empty());
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
        set.len() == 3 && set.iter().all(|cookie| cookie.contains("=;") && cookie.contains("Max-Age=0")),
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
