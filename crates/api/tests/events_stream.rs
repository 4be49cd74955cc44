//! Live events: whoever may see an event hears of it, at once, once, and no longer than allowed.

use std::{pin::Pin, time::Duration};

use actix_web::{
    body::{BoxBody, MessageBody as _},
    test::{TestRequest, call_service, init_service},
    web,
};
use chrono::TimeDelta;
use domain::ids::CustomerId;
use serde_json::{Value, json};
use store::NewEvent;
use testkit::{Answer, Client, TestApp};

const PATH: &str = "/api/v1/msp/events/stream";
/// How long an event may take to arrive. Most take a few milliseconds.
const SOON: Duration = Duration::from_secs(5);
/// Streams end within about a second.
const ABOUT_A_SECOND: Duration = Duration::from_millis(1_800);

/// An event as it was sent.
#[derive(Debug, Clone, PartialEq)]
struct Sent {
    id: i64,
    kind: String,
    data: Value,
}

/// An open stream.
struct Stream {
    body: BoxBody,
    text: String,
}

impl Stream {
    /// Opens it with a token, after an event.
    async fn open(app: &TestApp, token: &str, after: Option<i64>) -> Self {
        let service = init_service(api::service(web::Data::new(app.app.clone()))).await;
        let request = TestRequest::get()
            .uri(PATH)
            .peer_addr(([192, 0, 2, 9], 40_000).into())
            .insert_header(("Authorization", format!("Bearer {token}")));
        let request = match after {
            Some(after) => request.insert_header(("Last-Event-ID", after.to_string())),
            None => request,
        };
        let response = call_service(&service, request.to_request()).await;
        assert_eq!(response.status(), 200);
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("Content-Type"), Some("text/event-stream"));
        assert_eq!(header("Cache-Control"), Some("no-store"));
        let mut stream = Self { body: response.into_body(), text: String::new() };
        let opening = stream.block().await.expect("it opens");
        let (id, rest) = opening.split_once('\n').expect("two lines");
        assert_eq!(rest, "retry: 2000");
        let id: i64 = id.strip_prefix("id: ").and_then(|id| id.parse().ok()).expect("a place to go on from");
        if let Some(after) = after {
            assert!(id <= after, "{id} would leave out what came after {after}");
        }
        stream
    }

    /// The next block of lines; `None` at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let body = &mut self.body;
            let piece = std::future::poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await?;
            self.text.push_str(std::str::from_utf8(&piece.expect("it is readable")).expect("it is UTF-8"));
        }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Sent> {
        let block = loop {
            let block = tokio::time::timeout(SOON, self.block()).await.expect("something comes soon")?;
            if !block.starts_with(':') {
                break block;
            }
        };
        let field = |name: &str| {
            let lines: Vec<_> = block.lines().filter_map(|line| line.strip_prefix(name)).collect();
            assert_eq!(lines.len(), 1, "{block}");
            lines[0].to_owned()
        };
        Some(Sent {
            id: field("id: ").parse().expect("a number"),
            kind: field("event: "),
            data: serde_json::from_str(&field("data: ")).expect("JSON"),
        })
    }

    /// Nothing comes for a while.
    async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(700), self.block()).await.is_err()
    }

    /// It ends in time, whatever is still sent.
    async fn assert_ends(mut self) {
        let end = async { while self.block().await.is_some() {} };
        tokio::time::timeout(ABOUT_A_SECOND, end).await.expect("the stream ends");
    }
}

async fn touch(client: &Client, customer: CustomerId) -> Answer {
    client.patch(&format!("/api/v1/msp/customers/{customer}"), &json!({"notes": "x"})).await.expect(200)
}

#[actix_web::test]
async fn events_arrive_from_every_process() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let mut stream = Stream::open(&app, admin.token(), None).await;
    let elsewhere = app.another_instance().await.with_token(admin.token());
    for client in [&admin, &elsewhere, &admin] {
        touch(client, app.northwind.a).await;
        let sent = stream.next().await.unwrap();
        assert_eq!(sent.kind, "customer.updated");
        let list = admin.get("/api/v1/msp/events?limit=1").await.expect(200);
        assert_eq!(sent.data, list.json["items"][0], "as in the list");
        assert_eq!(json!(sent.id), sent.data["seq"]);
    }
    // What others do is no business of this stream.
    touch(&app.client("harbor_admin").await, app.harbor.a).await;
    assert!(stream.is_quiet().await);
    app.finish().await;
}

#[actix_web::test]
async fn who_is_limited_to_customers_hears_of_them_alone() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let key = json!({"name": "limited", "scopes": ["events:read"], "only_customers": [app.northwind.a]});
    let key = admin.post("/api/v1/msp/api-keys", &key).await.expect(201).text("/secret").to_owned();
    let mut stream = Stream::open(&app, &key, None).await;
    touch(&admin, app.northwind.b).await;
    assert!(stream.is_quiet().await);
    touch(&admin, app.northwind.a).await;
    let sent = stream.next().await.unwrap();
    assert_eq!(sent.data["customer_id"], json!(app.northwind.a));
    // After a break, the same.
    let mut all = Stream::open(&app, admin.token(), Some(sent.id - 2)).await;
    let mut seen = Stream::open(&app, &key, Some(sent.id - 2)).await;
    assert_eq!(all.next().await.unwrap().data["customer_id"], json!(app.northwind.b));
    assert_eq!(all.next().await.unwrap(), sent);
    assert_eq!(seen.next().await.unwrap(), sent);
    assert!(seen.is_quiet().await);
    app.finish().await;
}

#[actix_web::test]
async fn who_comes_back_misses_nothing_or_is_told_what() {
    let app = TestApp::start().await;
    let (admin, viewer) = (app.client("northwind_admin").await, app.client("northwind_a_viewer").await);
    let head =
        || async { admin.get("/api/v1/msp/events?limit=1").await.json["items"][0]["seq"].as_i64().unwrap() };
    let begin = head().await;
    assert_eq!(admin.get("/api/v1/auth/me").await.json["events_position"], begin);
    assert_eq!(viewer.get("/api/v1/auth/me").await.json["events_position"], Value::Null);
    let scope = app.tenant_scope(app.northwind.tenant).await;
    let record = async |count: i64| {
        app.store()
            .write(&scope, async |tx| {
                for number in 0..count {
                    tx.record(NewEvent::new("test.happened", "test:1", json!({ "number": number })));
                }
                Ok::<_, store::StoreError>(())
            })
            .await
            .unwrap();
    };
    record(1_000).await;
    let mut stream = Stream::open(&app, admin.token(), Some(begin)).await;
    for number in 1..=1_000 {
        assert_eq!(stream.next().await.unwrap().id, begin + number);
    }
    record(1).await;
    assert_eq!(stream.next().await.unwrap().id, begin + 1_001);
    assert!(stream.is_quiet().await);

    let mut late = Stream::open(&app, admin.token(), Some(begin)).await;
    let gap = late.next().await.unwrap();
    assert_eq!((gap.kind.as_str(), gap.id), ("gap", begin + 1));
    assert_eq!(gap.data, json!({"after_seq": begin, "last_seq": begin + 1}));
    for number in 2..=1_001 {
        assert_eq!(late.next().await.unwrap().id, begin + number);
    }

    // An event that is not there yet, as after a restored backup: from now on.
    let mut ahead = Stream::open(&app, admin.token(), Some(i64::MAX)).await;
    record(1).await;
    assert_eq!(ahead.next().await.unwrap().id, begin + 1_002);
    for wrong in ["x", "-1", "1.5", "99999999999999999999"] {
        let request = admin.request(actix_web::http::Method::GET, PATH).header("Last-Event-ID", wrong);
        let answer = request.send().await.expect(422);
        assert_eq!(answer.pointers(), ["Last-Event-ID"]);
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_stream_ends_with_what_opened_it() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let key = json!({"name": "live", "scopes": ["events:read"]});
    let key = admin.post("/api/v1/msp/api-keys", &key).await.expect(201);

    let stream = Stream::open(&app, key.text("/secret"), None).await;
    admin.delete(&format!("/api/v1/msp/api-keys/{}", key.text("/key/id"))).await.expect(204);
    stream.assert_ends().await;

    let other = app.sign_in("northwind_admin").await.expect(200).text("/access_token").to_owned();
    let stream = Stream::open(&app, &other, None).await;
    admin.with_token(&other).post("/api/v1/auth/sign-out", &Value::Null).await.expect(204);
    stream.assert_ends().await;

    // The access token is good for a quarter of an hour.
    let stream = Stream::open(&app, admin.token(), None).await;
    app.clock.advance(TimeDelta::seconds(901));
    stream.assert_ends().await;
    app.finish().await;
}

#[actix_web::test]
async fn a_lost_listener_is_made_up_for() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let mut stream = Stream::open(&app, admin.token(), None).await;
    touch(&admin, app.northwind.a).await;
    stream.next().await.unwrap();
    let sql = app.database().superuser().await;
    let ended = sql
        .number(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and query like 'LISTEN%events%'",
        )
        .await;
    assert_eq!(ended, 1, "one listener for the process");
    touch(&admin, app.northwind.b).await;
    assert_eq!(stream.next().await.unwrap().data["customer_id"], json!(app.northwind.b));
    touch(&admin, app.northwind.a).await;
    assert_eq!(stream.next().await.unwrap().data["customer_id"], json!(app.northwind.a));
    app.finish().await;
}

#[actix_web::test]
async fn a_server_that_stops_ends_its_streams() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let stream = Stream::open(&app, admin.token(), None).await;
    app.app.close_streams();
    let end = tokio::time::timeout(Duration::from_millis(200), stream.assert_ends());
    end.await.expect("at once");
    assert_eq!(admin.get(PATH).await.expect(503).header("Retry-After"), "1");
    app.finish().await;
}
