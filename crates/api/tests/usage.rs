//! Usage over all customers: every row once, in order, page by page, and what went before.

use actix_web::http::Method;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

/// Reports how much each customer used of a metric, in a month.
async fn report(client: &Client, metric: &str, month: &str, used: &[(&str, &str)]) {
    let events: Vec<_> = used
        .iter()
        .map(|(customer, quantity)| {
            json!({"specversion": "1.0", "id": format!("{metric}-{month}-{customer}"), "source": "test", "type": metric,
                   "subject": customer, "time": format!("{month}-10T12:00:00Z"), "data": {"quantity": quantity}})
        })
        .collect();
    let request = client.request(Method::POST, "/api/v1/ingest/events");
    let body = Value::from(events).to_string();
    let answer = request.bytes("application/cloudevents-batch+json", body).send().await.expect(200);
    assert_eq!(answer.json["accepted"], used.len(), "{}", answer.json);
}

/// Reads a list to its end in pages of two, as `customer quantity before`.
async fn all(client: &Client, query: &str) -> (Vec<String>, Value) {
    let (mut rows, mut total, mut cursor) = (Vec::new(), Value::Null, String::new());
    loop {
        let page = client.get(&format!("/api/v1/msp/usage?limit=2&{query}{cursor}")).await.expect(200).json;
        if cursor.is_empty() {
            total = page["total"].clone();
        } else {
            assert_eq!(page["total"], Value::Null, "counted once");
        }
        for row in page["items"].as_array().into_iter().flatten() {
            let text = |key: &str| row[key].as_str().unwrap_or("?");
            rows.push(format!("{} {} {}", text("customer_code"), text("quantity"), text("before")));
        }
        let Some(next) = page["next_cursor"].as_str() else { return (rows, total) };
        cursor = format!("&cursor={next}");
    }
}

async fn world() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    for key in ["disks", "calls"] {
        admin.post("/api/v1/msp/metrics", &json!({"key": key, "name": key, "unit": "one"})).await.expect(201);
    }
    for code in ["CC", "AA", "BB"] {
        let customer = json!({"company_name": format!("Company {code}"), "code": code});
        admin.post("/api/v1/msp/customers", &customer).await.expect(201);
    }
    report(&admin, "disks", "2025-02", &[("AA", "7"), ("BB", "1.5")]).await;
    report(&admin, "disks", "2025-03", &[("AA", "2"), ("BB", "10"), ("CC", "2")]).await;
    report(&admin, "calls", "2025-03", &[("BB", "3")]).await;
    (app, admin)
}

#[actix_web::test]
async fn usage_is_listed_in_order() {
    let (app, admin) = world().await;
    let (rows, total) = all(&admin, "period=2025-03").await;
    assert_eq!(rows, ["AA 2 7", "BB 3 0", "BB 10 1.5", "CC 2 0"]);
    assert_eq!(total, 4);
    let (rows, _) = all(&admin, "period=2025-03&sort=-quantity").await;
    assert_eq!(rows, ["BB 10 1.5", "BB 3 0", "AA 2 7", "CC 2 0"]);
    let (rows, _) = all(&admin, "period=2025-03&sort=quantity").await;
    assert_eq!(rows, ["AA 2 7", "CC 2 0", "BB 3 0", "BB 10 1.5"]);
    let (rows, total) = all(&admin, "period=2025-03&metric=disks&q=company%20b").await;
    assert_eq!((rows, total), (vec!["BB 10 1.5".to_owned()], json!(1)));
    assert_eq!(all(&admin, "period=2025-01").await, (vec![], json!(0)));

    for wrong in ["period=2025-13", "metric=A!", "sort=name", "cursor=x", "limit=0"] {
        let field = wrong.split('=').next().unwrap();
        let refused = admin.get(&format!("/api/v1/msp/usage?{wrong}")).await.expect(422);
        assert_eq!(refused.pointers(), [field]);
    }
    let other = app.client("harbor_admin").await;
    assert_eq!(all(&other, "period=2025-03").await, (vec![], json!(0)), "another tenant's");
    app.finish().await;
}

#[actix_web::test]
async fn a_trend_has_twelve_months() {
    let (app, admin) = world().await;
    let trend = admin.get("/api/v1/msp/metrics/disks/usage?period=2025-03").await.expect(200).json;
    let months = trend["months"].as_array().unwrap();
    assert_eq!((months.len(), &months[0]["period"]), (12, &json!("2024-04")));
    assert_eq!(months[11], json!({"period": "2025-03", "quantity": "14", "customers": 3}));
    assert_eq!(months[10], json!({"period": "2025-02", "quantity": "8.5", "customers": 2}));
    assert_eq!(months[9]["quantity"], "0");
    admin.get("/api/v1/msp/metrics/nothing/usage").await.expect(404);
    app.finish().await;
}
