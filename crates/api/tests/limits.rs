//! A customer's limits: who goes over one is told of, and of API requests no more are taken than allowed.

use actix_web::http::Method;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

async fn report(client: &Client, id: &str, metric: &str, time: Option<&str>, quantity: i64) {
    let mut event = json!({"specversion": "1.0", "id": id, "source": "test", "type": metric, "subject": "LIMITED",
                           "data": {"quantity": quantity}});
    if let Some(time) = time {
        event["time"] = time.into();
    }
    let request = client.request(Method::POST, "/api/v1/ingest/events");
    let answer = request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
    assert_eq!(answer.json["accepted"], 1, "{}", answer.json);
}

async fn alerts(client: &Client) -> Vec<Value> {
    let found = client.get("/api/v1/msp/events?type=customer.limit_exceeded").await.expect(200);
    found.json["items"].as_array().into_iter().flatten().map(|event| event["data"].clone()).collect()
}

#[actix_web::test]
async fn going_over_a_limit_is_told_once() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    for (key, counts_as) in [("servers", "machines"), ("laptops", "machines"), ("calls", "")] {
        let mut metric = json!({"key": key, "name": key, "unit": "one"});
        if !counts_as.is_empty() {
            metric["counts_as"] = counts_as.into();
        }
        admin.post("/api/v1/msp/metrics", &metric).await.expect(201);
    }
    let customer = json!({"company_name": "Limited", "code": "LIMITED", "limits": {"max_machines": 5}});
    let customer = admin.post("/api/v1/msp/customers", &customer).await.expect(201);

    // Up to the limit, in a month that is over, or of what no limit counts: nothing to tell.
    report(&admin, "1", "servers", None, 3).await;
    report(&admin, "2", "laptops", None, 2).await;
    report(&admin, "3", "servers", Some("2020-01-15T00:00:00Z"), 100).await;
    report(&admin, "4", "calls", None, 100).await;
    assert_eq!(alerts(&admin).await, Vec::<Value>::new());

    report(&admin, "5", "laptops", None, 1).await;
    let told = alerts(&admin).await;
    let [breach] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&breach["limit"], &breach["allowed"]), (&json!("max_machines"), &json!(5)));
    assert_eq!(breach["used"], "6");

    // Further over it is no news.
    report(&admin, "6", "servers", None, 1).await;
    assert_eq!(alerts(&admin).await.len(), 1);
    let seen = admin.get("/api/v1/msp/portfolio").await.expect(200);
    assert!(seen.json["attention"].to_string().contains(customer.text("/id")), "{}", seen.json["attention"]);
    app.finish().await;
}

#[actix_web::test]
async fn the_people_of_a_customer_share_its_api_requests() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let (owner, viewer) = (app.client("northwind_a_owner").await, app.client("northwind_a_viewer").await);
    let neighbour = app.client("northwind_b_owner").await;
    let path = format!("/api/v1/msp/customers/{}/limits", app.northwind.a);
    admin.put(&path, &json!({"api_requests_per_minute": 4})).await.expect(200);
    // What authentication has found is believed for half a second.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let ask = async |client: &Client| client.get("/api/v1/portal/overview").await;
    for client in [&owner, &viewer, &owner, &viewer] {
        ask(client).await.expect(200);
    }
    for client in [&owner, &viewer] {
        let refused = ask(client).await.expect(429);
        let wait: u32 = refused.header("Retry-After").parse().expect("a number of seconds");
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(refused.code(), "too_many_requests");
    }
    for client in [&neighbour, &admin] {
        client.get("/api/v1/auth/me").await.expect(200);
    }
    app.finish().await;
}
