//! Usage that comes after its month was billed is made up for by the next invoice: once, and as if it had come in time.

use actix_web::http::Method;
use domain::ids::InvoiceId;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

/// A customer on a plan of tiers with an allowance and a minimum, from September 2025 on. The clock stands in November.
async fn world(app: &TestApp) -> Client {
    let admin = app.client("northwind_admin").await;
    for key in ["hosts", "disk"] {
        let body = json!({"key": key, "name": key, "unit": "unit"});
        admin.post("/api/v1/msp/metrics", &body).await.expect(201);
    }
    let plan = json!({
        "code": "TIERS", "name": "Tiers", "base_fee": {"amount_minor": 5_000, "currency": "USD"},
        "components": [
            {"metric": "hosts", "name": "Hosts", "price": {"model": "graduated", "included": "2", "tiers": [
                {"from": "0", "up_to": "10", "unit_price": "5"},
                {"from": "10", "unit_price": "3", "flat_fee": "7"}]}},
            {"metric": "disk", "name": "Disk", "price": {
                "model": "unit", "unit_price": "31",
                "aggregation": {"function": "time_weighted_sum", "readings": "levels", "per": "period"}}},
        ],
        "minimum": "100",
    });
    admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    admin.post("/api/v1/msp/customers", &json!({"company_name": "Acme", "code": "ACME"})).await.expect(201);
    let body = json!({"plan": "TIERS", "starts_on": "2025-09-01"});
    admin.post("/api/v1/msp/customers/ACME/subscriptions", &body).await.expect(201);
    admin
}

async fn usage(admin: &Client, metric: &str, time: &str, quantity: i64) {
    let event = json!({"specversion": "1.0", "id": format!("{metric} {time}"), "source": "test", "type": metric,
        "subject": "ACME", "time": time, "data": {"quantity": quantity}});
    let request = admin.request(Method::POST, "/api/v1/ingest/events");
    request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
}

async fn issue(app: &TestApp, admin: &Client, period: &str) -> Value {
    let body = json!({"customer": "ACME", "period": period});
    let draft = admin.post("/api/v1/msp/invoices", &body).await.expect(201);
    let path = format!("/api/v1/msp/invoices/{}/finalize", draft.text("/id"));
    let issued = admin.post(&path, &json!({})).await.expect(200).json;
    app.drain().await;
    // Whoever computes it again comes to the same.
    let scope = app.tenant_scope(app.northwind.tenant).await;
    let id: InvoiceId = issued["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let verdict =
        app.store().read(&scope, async |tx| app::invoices::verify(tx, id).await).await.expect("it is rated");
    assert!(verdict.is_equal(), "{verdict:?}");
    issued
}

/// Kind, first day, what was used, and amount of the lines.
fn lines(invoice: &Value) -> Vec<(&str, &str, &str, i64)> {
    let lines = invoice["lines"].as_array().expect("a list").iter();
    lines
        .map(|line| {
            let text = |name: &str| line[name].as_str().expect("a text");
            let amount = line["amount"]["amount_minor"].as_i64().expect("a number");
            (text("kind"), text("service_start"), text("used"), amount)
        })
        .collect()
}

fn total(invoice: &Value) -> i64 {
    invoice["total"]["amount_minor"].as_i64().expect("a number")
}

#[actix_web::test]
async fn the_next_invoice_makes_up_for_it_once() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    usage(&admin, "hosts", "2025-09-05T12:00:00Z", 6).await;
    let september = issue(&app, &admin, "2025-09").await;
    // 50.00 + 4 × 5.00, and 30.00 to the minimum of 100.00.
    assert_eq!(total(&september), 10_000);

    // Six more, after September was billed: 10 × 5.00 together, and the minimum is reached.
    usage(&admin, "hosts", "2025-09-20T12:00:00Z", 6).await;
    usage(&admin, "hosts", "2025-10-02T12:00:00Z", 2).await;
    let id = &admin.get(&admin.subscription("ACME").await).await.expect(200).json["id"];
    let id = id.as_str().unwrap();
    let upcoming = format!("/api/v1/msp/subscriptions/{id}/upcoming?period=2025-10");
    let upcoming = admin.get(&upcoming).await.expect(200).json;
    let dry = admin.get("/api/v1/msp/invoice-runs/preview?period=2025-10").await.expect(200).json;
    let october = issue(&app, &admin, "2025-10").await;
    assert_eq!(
        lines(&october),
        [
            ("base_fee", "2025-10-01", "1", 5_000),
            ("usage", "2025-10-01", "2", 0),
            ("usage", "2025-10-01", "0", 0),
            ("minimum", "2025-10-01", "1", 5_000),
            ("usage", "2025-09-01", "6", 3_000),
            ("minimum", "2025-09-01", "1", -3_000),
        ]
    );
    assert_eq!(upcoming["total"], october["total"]);
    let dry = dry["items"].as_array().unwrap().iter().find(|item| item["customer_code"] == "ACME").unwrap();
    assert_eq!(dry["total"], october["total"]);
    let step = october["lines"][4]["derivation"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        step,
        json!({"step": "billed", "invoice": september["number"],
        "due": {"amount_minor": 5_000, "currency": "USD"}, "billed": {"amount_minor": 2_000, "currency": "USD"}})
    );

    // Nothing came since: nothing is made up for again.
    let november = issue(&app, &admin, "2025-11").await;
    assert!(lines(&november).iter().all(|line| line.1 == "2025-11-01"), "{november}");
    app.finish().await;
}

#[actix_web::test]
async fn late_again_and_again_it_comes_to_what_it_would_have_in_time() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    usage(&admin, "hosts", "2025-09-05T12:00:00Z", 20).await;
    usage(&admin, "disk", "2025-09-11T00:00:00Z", 10).await;
    let mut invoiced = total(&issue(&app, &admin, "2025-09").await);
    usage(&admin, "hosts", "2025-09-06T12:00:00Z", 5).await;
    // A level that is carried over into October.
    usage(&admin, "disk", "2025-09-21T00:00:00Z", 30).await;
    invoiced += total(&issue(&app, &admin, "2025-10").await);
    usage(&admin, "hosts", "2025-09-07T12:00:00Z", 1).await;
    usage(&admin, "hosts", "2025-10-07T12:00:00Z", 40).await;
    usage(&admin, "disk", "2025-09-26T00:00:00Z", 60).await;
    invoiced += total(&issue(&app, &admin, "2025-11").await);

    // The same customer again, with all of it in time.
    admin.post("/api/v1/msp/customers", &json!({"company_name": "Twin", "code": "TWIN"})).await.expect(201);
    let body = json!({"plan": "TIERS", "starts_on": "2025-09-01"});
    admin.post("/api/v1/msp/customers/TWIN/subscriptions", &body).await.expect(201);
    let sql = app.database().superuser().await;
    let events = sql
        .rows(
            "select metric, to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
                                  quantity::bigint::text from usage_events",
        )
        .await;
    for event in events {
        let event = json!({"specversion": "1.0", "id": format!("{event:?}"), "source": "twin", "type": event[0],
            "subject": "TWIN", "time": event[1], "data": {"quantity": event[2].parse::<i64>().unwrap()}});
        let request = admin.request(Method::POST, "/api/v1/ingest/events");
        request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
    }
    let mut in_time = 0;
    for period in ["2025-09", "2025-10", "2025-11"] {
        let body = json!({"customer": "TWIN", "period": period});
        in_time += total(&admin.post("/api/v1/msp/invoices", &body).await.expect(201).json);
    }
    assert_eq!(invoiced, in_time);
    app.finish().await;
}

#[actix_web::test]
async fn what_a_void_invoice_made_up_for_is_made_up_for_again() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    usage(&admin, "hosts", "2025-09-05T12:00:00Z", 30).await;
    let september = issue(&app, &admin, "2025-09").await;
    usage(&admin, "hosts", "2025-09-06T12:00:00Z", 5).await;
    let october = issue(&app, &admin, "2025-10").await;
    assert_eq!(lines(&october).last().unwrap(), &("usage", "2025-09-01", "5", 1_500));
    // September by itself would be billed anew with the five, which October has billed.
    let september = format!("/api/v1/msp/invoices/{}/void", september["id"].as_str().unwrap());
    let refused = admin.post(&september, &json!({"reason": "wrong"})).await.expect(409);
    assert_eq!(refused.code(), "corrected_since");
    let void = format!("/api/v1/msp/invoices/{}/void", october["id"].as_str().unwrap());
    admin.post(&void, &json!({"reason": "wrong"})).await.expect(200);
    let again = issue(&app, &admin, "2025-10").await;
    assert_eq!(lines(&again), lines(&october));
    app.finish().await;
}
