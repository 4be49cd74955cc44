//! Delivery: to the right endpoint, signed, repeated, in disorder, across a restart.

mod common;

use aws_lc_rs::hmac;
use common::{Api, CONNECT_SECRET, Received, Receiver, SECRET, simulator};
use serde_json::json;
use simulators::Config;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

fn signed_with(received: &Received, secret: &str) -> bool {
    let (time, tag) = received.signature.split_once(",v1=").expect("t=…,v1=…");
    let time = time.strip_prefix("t=").expect("t=…");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hex::decode(tag).expect("hexadecimal");
    hmac::verify(&key, format!("{time}.{}", received.body).as_bytes(), &tag).is_ok()
}

#[tokio::test]
async fn a_payment_tells_the_platform_and_the_account_apart() {
    let hooks = Receiver::start();
    let handle = simulator(Some(&hooks)).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let session = api.on(&account).session().await;
    api.control(&format!("checkout/{session}/pay"), json!({})).await;
    let received = hooks.wait_for(6).await;
    for one in &received {
        let event = one.event();
        let connected = one.path == "/connect";
        assert!(signed_with(one, if connected { CONNECT_SECRET } else { SECRET }));
        assert_eq!(event["account"].as_str(), connected.then_some(account.as_str()));
        assert_eq!((&event["object"], &event["livemode"]), (&json!("event"), &json!(false)));
        assert_eq!(event["api_version"], "2026-09-30.endive");
    }
    let of = |path: &str| -> Vec<String> {
        received.iter().filter(|one| one.path == path).map(Received::kind).collect()
    };
    assert_eq!(of("/platform"), ["application_fee.created"]);
    assert_eq!(
        of("/connect"),
        [
            "account.updated",
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed"
        ]
    );
    let completed =
        received.iter().find(|one| one.kind() == "checkout.session.completed").expect("it came").event();
    assert_eq!(completed["data"]["object"]["client_reference_id"], "inv_1");
    assert_eq!(completed["data"]["object"]["payment_status"], "paid");
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn what_is_refused_comes_again() {
    let hooks = Receiver::start();
    hooks.answer_with(500);
    let handle = simulator(Some(&hooks)).await;
    let api = Api::of(&handle);
    let started = Instant::now();
    api.post("/v1/customers", "email=a@b.example").await;
    hooks.wait_for(2).await;
    assert!(started.elapsed() >= Duration::from_millis(950), "after a second, not at once");
    let (_, events) = api.get("/v1/events").await;
    assert_eq!(events["data"][0]["pending_webhooks"], 1);
    hooks.answer_with(200);
    let received = hooks.wait_for(3).await;
    assert!(received.iter().all(|one| one.event()["id"] == received[0].event()["id"]));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let state = api.http.get(format!("{}/_simulator/deliveries", api.base)).send().await.expect("an answer");
    let state: serde_json::Value = state.json().await.expect("JSON");
    assert_eq!((&state["pending"], &state["deliveries"][0]["attempts"]), (&json!(0), &json!(3)));
    assert_eq!(api.get("/v1/events").await.1["data"][0]["pending_webhooks"], 0);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn disorder_on_demand() {
    let hooks = Receiver::start();
    let handle = simulator(Some(&hooks)).await;
    let api = Api::of(&handle);
    api.control("webhooks", json!({"duplicates": 2})).await;
    api.post("/v1/customers", "name=one").await;
    let received = hooks.wait_for(3).await;
    let ids: BTreeSet<String> = received.iter().map(|one| one.event()["id"].to_string()).collect();
    assert_eq!((received.len(), ids.len()), (3, 1));

    hooks.clear();
    api.control("webhooks", json!({"pause": true})).await;
    for name in ["a", "b", "c"] {
        api.post("/v1/customers", &format!("name={name}")).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(hooks.received().is_empty());
    api.control("webhooks", json!({"reverse": true})).await;
    let names = |received: Vec<Received>| -> Vec<String> {
        received
            .iter()
            .map(|one| one.event()["data"]["object"]["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(hooks.wait_for(3).await), ["c", "b", "a"]);

    hooks.clear();
    for name in ["d", "e"] {
        api.post("/v1/customers", &format!("name={name}")).await;
    }
    assert_eq!(names(hooks.wait_for(2).await), ["e", "d"], "without a pause, too");

    hooks.clear();
    api.control("webhooks", json!({"delay_ms": 500})).await;
    let started = Instant::now();
    api.post("/v1/customers", "name=f").await;
    hooks.wait_for(1).await;
    assert!(started.elapsed() >= Duration::from_millis(500));

    api.control("webhooks", json!({})).await;
    let event = hooks.received()[0].event()["id"].as_str().expect("an id").to_owned();
    let (status, _) = api.control(&format!("events/{event}/redeliver"), json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(hooks.wait_for(2).await[1].event()["id"], event);
    let refused = api.control("webhooks", json!({})).await;
    assert_eq!(refused.0, 200);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let hooks = Receiver::start();
    hooks.answer_with(503);
    let config = || Config {
        data: Some(directory.path().join("stripe.json")),
        endpoints: hooks.endpoints(),
        ..Config::default()
    };
    let handle = simulators::start(config()).await.expect("it starts");
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let session = api.on(&account).session().await;
    let keyed =
        |api: &Api| common::answer(api.form("/v1/customers", "name=one").header("Idempotency-Key", "k"));
    let (_, customer) = keyed(&api).await;
    hooks.wait_for(2).await;
    handle.stop().await.expect("stopped");
    hooks.clear();

    hooks.answer_with(200);
    let handle = simulators::start(config()).await.expect("it starts again");
    let api = Api::of(&handle);
    let received = hooks.wait_for(2).await;
    let kinds: BTreeSet<String> = received.iter().map(Received::kind).collect();
    assert_eq!(kinds, BTreeSet::from(["account.updated".to_owned(), "customer.created".to_owned()]));
    assert_eq!(keyed(&api).await.1["id"], customer["id"], "replayed across the restart");
    let (status, paid) = api.control(&format!("checkout/{session}/pay"), json!({})).await;
    assert_eq!((status, &paid["outcome"]), (200, &json!("paid")));
    handle.stop().await.expect("stopped");
}
