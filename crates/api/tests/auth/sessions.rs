//! Sessions go on with their refresh tokens, and end when they should.

use chrono::TimeDelta;
use futures_util::future::join;
use serde_json::{Value, json};
use testkit::{Answer, Client, PASSWORD, TestApp};

use crate::{is_in, sign_in, until_everybody_knows};

async fn refresh(client: &Client, token: &str) -> Answer {
    client.post("/api/v1/auth/refresh", &json!({"refresh_token": token})).await
}

#[actix_web::test]
async fn a_refresh_token_gives_the_next_one() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let mut tokens = app.sign_in("northwind_admin").await.expect(200);
    for _ in 0..3 {
        app.clock.advance(TimeDelta::minutes(10));
        let next = refresh(&nobody, tokens.text("/refresh_token")).await.expect(200);
        assert_ne!(next.text("/refresh_token"), tokens.text("/refresh_token"));
        assert!(is_in(&nobody.with_token(next.text("/access_token"))).await);
        tokens = next;
    }
    // The first access token has ended meanwhile, the last has not.
    app.clock.advance(TimeDelta::minutes(15));
    until_everybody_knows().await;
    assert!(!is_in(&nobody.with_token(tokens.text("/access_token"))).await);
    // A session lasts 30 days at most.
    let tokens = refresh(&nobody, tokens.text("/refresh_token")).await.expect(200);
    app.clock.advance(TimeDelta::days(30));
    refresh(&nobody, tokens.text("/refresh_token")).await.expect(401);
    app.finish().await;
}

#[actix_web::test]
async fn two_tabs_refresh_at_once() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let tokens = app.sign_in("northwind_admin").await.expect(200);
    let token = tokens.text("/refresh_token");
    let (first, second) = join(refresh(&nobody, token), refresh(&nobody, token)).await;
    app.clock.advance(TimeDelta::seconds(29));
    let late = refresh(&nobody, token).await;
    for answer in [first, second, late] {
        let answer = answer.expect(200);
        assert!(is_in(&nobody.with_token(answer.text("/access_token"))).await);
        refresh(&nobody, answer.text("/refresh_token")).await.expect(200);
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_stolen_refresh_token_ends_the_session() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let first = app.sign_in("northwind_admin").await.expect(200);
    let other_session = app.sign_in("northwind_admin").await.expect(200);
    let second = refresh(&nobody, first.text("/refresh_token")).await.expect(200);
    app.clock.advance(TimeDelta::seconds(31));
    let stolen = refresh(&nobody, first.text("/refresh_token")).await.expect(401);
    assert_eq!(stolen.code(), "bad_refresh_token");
    until_everybody_knows().await;
    assert!(!is_in(&nobody.with_token(second.text("/access_token"))).await);
    refresh(&nobody, second.text("/refresh_token")).await.expect(401);
    // Nothing happens to the person's other sessions, and the trail tells.
    let other = nobody.with_token(other_session.text("/access_token"));
    let events = other.get("/api/v1/msp/events?type=session.token_reused").await.expect(200);
    assert_eq!(events.json["items"].as_array().map(Vec::len), Some(1));
    app.finish().await;
}

#[actix_web::test]
async fn what_is_no_refresh_token_is_refused_alike() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let tokens = app.sign_in("northwind_admin").await.expect(200);
    for token in ["", "bwr_nonsense", tokens.text("/access_token")] {
        let answer = refresh(&nobody, token).await.expect(401);
        assert_eq!(answer.code(), "bad_refresh_token");
    }
    app.finish().await;
}

#[actix_web::test]
async fn signing_out_works_on_every_instance() {
    let app = TestApp::start().await;
    let here = app.client("northwind_admin").await;
    let there = app.another_instance().await.with_token(here.token());
    assert!(is_in(&here).await && is_in(&there).await);
    here.post("/api/v1/auth/sign-out", &Value::Null).await.expect(204);
    until_everybody_knows().await;
    assert!(!is_in(&here).await && !is_in(&there).await);
    app.finish().await;
}

#[actix_web::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let app = TestApp::start().await;
    let (here, there) = (app.client("northwind_billing").await, app.sign_in("northwind_billing").await);
    let there = app.nobody().with_token(there.text("/access_token"));
    let list =
        async |client: &Client| client.get("/api/v1/auth/sessions").await.expect(200).json["items"].clone();
    let sessions = list(&here).await;
    let sessions = sessions.as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/api/v1/auth/sessions/{}", other["id"].as_str().unwrap());
    here.delete(&path).await.expect(204);
    until_everybody_knows().await;
    assert!(is_in(&here).await && !is_in(&there).await);
    assert_eq!(list(&here).await.as_array().map(Vec::len), Some(1));
    here.delete(&path).await.expect(404);
    app.finish().await;
}

#[actix_web::test]
async fn a_changed_password_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let (here, there) = (app.client("northwind_billing").await, app.sign_in("northwind_billing").await);
    let there = app.nobody().with_token(there.text("/access_token"));
    let change = async |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        here.post("/api/v1/auth/change-password", &body).await
    };
    assert_eq!(
        change("wrong password", "a better sentence").await.expect(422).pointers(),
        ["/current_password"]
    );
    for weak in ["short", "aaaaaaaaaaaa", "northwind.billing@example.com", &"x".repeat(257)] {
        assert_eq!(change(PASSWORD, weak).await.expect(422).pointers(), ["/new_password"], "{weak}");
    }
    change(PASSWORD, "a better sentence").await.expect(204);
    until_everybody_knows().await;
    assert!(is_in(&here).await && !is_in(&there).await);
    let email = &app.person("northwind_billing").email;
    sign_in(&app.nobody(), email, PASSWORD).await.expect(401);
    sign_in(&app.nobody(), email, "a better sentence").await.expect(200);
    app.finish().await;
}
