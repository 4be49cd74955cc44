//! The links in mails: a forgotten password, an invitation.

use chrono::TimeDelta;
use serde_json::{Value, json};
use testkit::{Answer, Client, PASSWORD, TestApp};

use crate::{is_in, sign_in, told, until_everybody_knows};

const NEW: &str = "a rabbi and a priest";

async fn ask_for_reset(client: &Client, email: &str) -> Answer {
    client.post("/api/v1/auth/password-reset", &json!({"email": email})).await
}

async fn reset(client: &Client, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "new_password": password});
    client.post("/api/v1/auth/password-reset/confirm", &body).await
}

async fn accept(client: &Client, token: &str, name: Option<&str>, password: &str) -> Answer {
    let body = json!({"token": token, "name": name, "password": password});
    client.post("/api/v1/auth/invitation/accept", &body).await
}

#[actix_web::test]
async fn a_forgotten_password_is_set_anew() {
    let app = TestApp::start().await;
    let (nobody, signed_in) = (app.nobody(), app.client("northwind_admin").await);
    let email = app.person("northwind_admin").email.clone();
    let known = ask_for_reset(&nobody, &email).await;
    let unknown = ask_for_reset(&nobody, "nobody@example.com").await;
    assert_eq!(told(&known), told(&unknown), "the answer tells who has an account");
    assert_eq!(known.status, 204);
    assert_eq!(app.mailed_token("nobody@example.com").await, None);
    let token = app.mailed_token(&email).await.unwrap();
    assert_eq!(reset(&nobody, &token, "short").await.expect(422).pointers(), ["/new_password"]);
    reset(&nobody, &token, NEW).await.expect(204);
    until_everybody_knows().await;
    assert!(!is_in(&signed_in).await, "every session ends");
    sign_in(&nobody, &email, PASSWORD).await.expect(401);
    sign_in(&nobody, &email, NEW).await.expect(200);
    assert_eq!(reset(&nobody, &token, "once more with feeling").await.expect(422).pointers(), ["/token"]);
    app.finish().await;
}

#[actix_web::test]
async fn a_reset_link_ends() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let email = app.person("northwind_b_owner").email.clone();
    ask_for_reset(&nobody, &email).await.expect(204);
    let first = app.mailed_token(&email).await.unwrap();
    app.clock.advance(TimeDelta::minutes(59));
    ask_for_reset(&nobody, &email).await.expect(204);
    let second = app.mailed_token(&email).await.unwrap();
    assert_ne!(first, second);
    reset(&nobody, &first, NEW).await.expect(422);
    app.clock.advance(TimeDelta::minutes(61));
    reset(&nobody, &second, NEW).await.expect(422);
    for token in ["", "bwp_nonsense"] {
        reset(&nobody, token, NEW).await.expect(422);
    }
    sign_in(&nobody, &email, PASSWORD).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn an_invitation_makes_an_account() {
    let app = TestApp::start().await;
    let (admin, nobody) = (app.client("northwind_admin").await, app.nobody());
    let invite =
        json!({"email": "New@Example.com", "role": "msp_operator", "only_customers": [app.northwind.b]});
    let sent = admin.post("/api/v1/msp/invitations", &invite).await.expect(201);
    assert!(!String::from_utf8_lossy(&sent.body).contains("bwi_"), "the link is the mail's alone");
    let token = app.mailed_token("new@example.com").await.unwrap();
    let preview = nobody.post("/api/v1/auth/invitation", &json!({"token": token})).await.expect(200);
    assert_eq!(
        (&preview.json["email"], &preview.json["tenant_name"], &preview.json["has_account"]),
        (&json!("new@example.com"), &json!("Northwind IT"), &json!(false))
    );
    assert_eq!(accept(&nobody, &token, None, NEW).await.expect(422).pointers(), ["/name"]);
    assert_eq!(accept(&nobody, &token, Some("New"), "short").await.expect(422).pointers(), ["/password"]);
    accept(&nobody, &token, Some("New"), NEW).await.expect(204);
    let tokens = sign_in(&nobody, "new@example.com", NEW).await.expect(200);
    let me = nobody.with_token(tokens.text("/access_token")).get("/api/v1/auth/me").await.expect(200);
    assert_eq!(
        (&me.json["role"], &me.json["only_customers"]),
        (&json!("msp_operator"), &json!([app.northwind.b]))
    );
    assert_eq!(accept(&nobody, &token, Some("New"), NEW).await.expect(422).pointers(), ["/token"]);
    let open = admin.get("/api/v1/msp/invitations").await.expect(200);
    assert_eq!(open.json["items"], json!([]));
    app.finish().await;
}

#[actix_web::test]
async fn one_person_belongs_to_several_tenants() {
    let app = TestApp::start().await;
    let (admin, nobody) = (app.client("harbor_admin").await, app.nobody());
    let email = app.person("northwind_admin").email.clone();
    let invite = json!({"email": email, "role": "msp_billing"});
    admin.post("/api/v1/msp/invitations", &invite).await.expect(201);
    let token = app.mailed_token(&email).await.unwrap();
    assert_eq!(accept(&nobody, &token, Some("X"), NEW).await.expect(422).pointers(), ["/password"]);
    accept(&nobody, &token, None, PASSWORD).await.expect(204);
    let tokens = app.sign_in("northwind_admin").await.expect(200);
    assert_eq!(tokens.json["tenants"].as_array().map(Vec::len), Some(2));
    let wanted = json!({"email": email, "password": PASSWORD, "tenant_id": app.harbor.tenant});
    let there = nobody.post("/api/v1/auth/sign-in", &wanted).await.expect(200);
    assert_eq!(there.json["tenant_id"], json!(app.harbor.tenant));
    let there = nobody.with_token(there.text("/access_token"));
    there.get("/api/v1/msp/customers/HARBOR-A").await.expect(200);
    there.get("/api/v1/msp/customers/NORTHWIND-A").await.expect(404);
    there.get("/api/v1/msp/api-keys").await.expect(403);
    let switch = json!({"tenant_id": app.northwind.tenant});
    let here = there.post("/api/v1/auth/switch-tenant", &switch).await.expect(200);
    let here = nobody.with_token(here.text("/access_token"));
    here.get("/api/v1/msp/customers/NORTHWIND-A").await.expect(200);
    here.get("/api/v1/msp/customers/HARBOR-A").await.expect(404);
    until_everybody_knows().await;
    assert!(!is_in(&there).await, "the session before has ended");
    let stranger = json!({"tenant_id": app.platform});
    here.post("/api/v1/auth/switch-tenant", &stranger).await.expect(403);
    app.finish().await;
}

#[actix_web::test]
async fn an_invitation_ends() {
    let app = TestApp::start().await;
    let (admin, nobody) = (app.client("northwind_admin").await, app.nobody());
    let invite = async |email: &str| -> (String, String) {
        let body = json!({"email": email, "role": "msp_billing"});
        let client = app.client("northwind_admin").await;
        let sent = client.post("/api/v1/msp/invitations", &body).await.expect(201);
        (sent.text("/id").to_owned(), app.mailed_token(email).await.unwrap())
    };
    let (id, revoked) = invite("revoked@example.com").await;
    admin.delete(&format!("/api/v1/msp/invitations/{id}")).await.expect(204);
    let (_, replaced) = invite("replaced@example.com").await;
    app.clock.advance(TimeDelta::seconds(1));
    let (_, latest) = invite("replaced@example.com").await;
    let (_, late) = invite("late@example.com").await;
    for token in [&revoked, &replaced, &String::new(), &"bwi_nonsense".to_owned()] {
        let preview = nobody.post("/api/v1/auth/invitation", &json!({"token": token})).await;
        assert_eq!(preview.expect(422).pointers(), ["/token"]);
        assert_eq!(accept(&nobody, token, Some("X"), NEW).await.expect(422).pointers(), ["/token"]);
    }
    accept(&nobody, &latest, Some("X"), NEW).await.expect(204);
    app.clock.advance(TimeDelta::days(7));
    accept(&nobody, &late, Some("X"), NEW).await.expect(422);
    app.finish().await;
}

#[actix_web::test]
async fn links_lead_to_the_tenants_own_pages() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let brand = json!({"display_name": "Northwind", "primary_color": "#112233", "accent_color": "#445566",
        "hosts": ["portal.northwind.example"]});
    admin.put("/api/v1/msp/brand", &brand).await.expect(200);
    let email = app.person("northwind_a_owner").email.clone();
    // Whatever host the request claims.
    let forged = app.nobody().request(actix_web::http::Method::POST, "/api/v1/auth/password-reset");
    let forged = forged.header("Host", "evil.example").header("X-Forwarded-Host", "evil.example");
    forged.json(&json!({"email": email})).send().await.expect(204);
    let sql = app.database().superuser().await;
    let text = sql.value(&format!("select text_body from mails where to_address = '{email}'")).await;
    assert!(text.contains("https://portal.northwind.example/reset-password?token="), "{text}");
    assert!(!text.contains("evil"), "{text}");
    let taken = app.client("harbor_admin").await.put("/api/v1/msp/brand", &brand).await.expect(422);
    assert_eq!(taken.pointers(), ["/hosts"]);
    let public = app.nobody().request(actix_web::http::Method::GET, "/api/v1/brand");
    let public = public.header("Host", "portal.northwind.example").send().await.expect(200);
    assert_eq!(public.json["display_name"], "Northwind");
    assert_eq!(app.nobody().get("/api/v1/brand").await.expect(200).json["tenant_id"], Value::Null);
    app.finish().await;
}
