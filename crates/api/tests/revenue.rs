//! How the business grows, by the ledger.

use domain::permissions::Role;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

async fn plan(client: &Client, code: &str, fee: i64, components: Value) {
    let body = json!({"code": code, "name": code, "base_fee": {"amount_minor": fee, "currency": "USD"},
                      "components": components});
    client.post("/api/v1/msp/plans", &body).await.expect(201);
}

async fn subscribe(client: &Client, customer: &str, plan: &str, from: &str, until: Option<&str>) {
    let path = format!("/api/v1/msp/customers/{customer}/subscriptions");
    let made = client.post(&path, &json!({"plan": plan, "starts_on": from})).await.expect(201);
    if let Some(ends_on) = until {
        let path = format!("/api/v1/msp/subscriptions/{}/cancel", made.text("/id"));
        client.post(&path, &json!({"ends_on": ends_on})).await.expect(200);
    }
}

async fn used(client: &Client, customer: &str, quantity: i64, day: &str) {
    let event = json!({"specversion": "1.0", "id": day, "source": "urn:test", "type": "hosts", "subject": customer,
                       "time": format!("{day}T12:00:00Z"), "data": {"quantity": quantity}});
    let request = client.request(actix_web::http::Method::POST, "/api/v1/ingest/events");
    request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
}

async fn issue(app: &TestApp, client: &Client, period: &str) {
    client.post("/api/v1/msp/invoice-runs", &json!({"period": period})).await.expect(202);
    app.drain().await;
}

/// `new 160.00 of 2, churned -50.00 of 1`.
fn movements(month: &Value) -> String {
    let told = month["movements"].as_array().expect("a list").iter();
    let told = told.map(|it| {
        format!(
            "{} {} of {}",
            it["movement"].as_str().expect("a name"),
            it["amount"]["amount_minor"],
            it["customers"]
        )
    });
    told.collect::<Vec<_>>().join(", ")
}

fn minor(value: &Value, name: &str) -> i64 {
    value[name]["amount_minor"].as_i64().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// A business of three customers over three months.
async fn world() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    admin
        .post("/api/v1/msp/metrics", &json!({"key": "hosts", "name": "Hosts", "unit": "host"}))
        .await
        .expect(201);
    let hosts = json!([{"metric": "hosts", "name": "Hosts", "price": {"model": "unit", "unit_price": "1"}}]);
    plan(&admin, "LARGE", 10_000, hosts).await;
    plan(&admin, "SMALL", 5_000, json!([])).await;
    for code in ["GROWS", "LEAVES", "COMES-BACK"] {
        admin.post("/api/v1/msp/customers", &json!({"code": code, "company_name": code})).await.expect(201);
    }
    subscribe(&admin, "GROWS", "LARGE", "2025-08-01", None).await;
    used(&admin, "GROWS", 10, "2025-08-10").await;
    used(&admin, "GROWS", 20, "2025-09-10").await;
    subscribe(&admin, "LEAVES", "SMALL", "2025-09-01", Some("2025-10-01")).await;
    subscribe(&admin, "COMES-BACK", "SMALL", "2025-08-01", Some("2025-09-01")).await;
    subscribe(&admin, "COMES-BACK", "SMALL", "2025-10-01", None).await;
    (app, admin)
}

#[actix_web::test]
async fn it_grows_by_what_its_customers_did() {
    let (app, admin) = world().await;
    let nothing = admin.get("/api/v1/msp/revenue?months=2").await.expect(200);
    assert_eq!(nothing.json["months"].as_array().map(Vec::len), Some(2));
    assert_eq!((minor(&nothing.json["months"][1], "revenue"), &nothing.json["plans"]), (0, &json!([])));

    issue(&app, &admin, "2025-08").await;
    issue(&app, &admin, "2025-09").await;
    let charge = json!({"description": "Setup", "unit_price": "30"});
    admin.post("/api/v1/msp/customers/GROWS/one-off-charges", &charge).await.expect(201);
    issue(&app, &admin, "2025-10").await;
    // Something of September is credited, later.
    let invoices = admin.get("/api/v1/msp/invoices?period=2025-09&customer=GROWS").await.expect(200);
    let id = invoices.text("/items/0/id").to_owned();
    let invoice = admin.get(&format!("/api/v1/msp/invoices/{id}")).await.expect(200);
    let lines = invoice.json["lines"].as_array().expect("lines");
    let usage = lines.iter().find(|line| line["kind"] == "usage").expect("usage");
    let credited = json!({"reason": "Counted twice", "lines": [
        {"line_id": usage["id"], "amount": {"amount_minor": 1_500, "currency": "USD"}}]});
    admin.post(&format!("/api/v1/msp/invoices/{id}/credit-notes"), &credited).await.expect(201);

    let found = admin.get("/api/v1/msp/revenue?months=3").await.expect(200).json;
    let months = found["months"].as_array().expect("months");
    let told: Vec<_> = months
        .iter()
        .map(|month| {
            (
                month["period"].as_str().expect("a month"),
                ["revenue", "recurring", "fees", "usage", "once", "per_customer"]
                    .map(|name| minor(month, name)),
                month["customers"].as_i64().expect("a number"),
                movements(month),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("2025-08", [16_000, 16_000, 15_000, 1_000, 0, 8_000], 2, "new 16000 of 2".to_owned()),
            (
                "2025-09",
                [15_500, 15_500, 15_000, 500, 0, 7_750],
                2,
                "new 5000 of 1, contraction -500 of 1, churned -5000 of 1".to_owned()
            ),
            (
                "2025-10",
                [18_000, 15_000, 15_000, 0, 3_000, 7_500],
                2,
                "returned 5000 of 1, contraction -500 of 1, churned -5000 of 1".to_owned()
            ),
        ]
    );
    let plans = found["plans"].as_array().expect("plans").iter();
    let plans: Vec<_> = plans
        .map(|plan| (plan["name"].clone(), minor(plan, "recurring"), plan["customers"].clone()))
        .collect();
    assert_eq!(plans, [(json!("LARGE"), 10_000, json!(1)), (json!("SMALL"), 5_000, json!(1))]);
    // The ledger says the same.
    let balances = admin.get("/api/v1/msp/ledger/balances").await.expect(200);
    let accounts = balances.json["accounts"].as_array().expect("accounts").iter();
    let earned: i64 = accounts.filter(|it| it["account"] == "revenue").map(|it| -minor(it, "balance")).sum();
    assert_eq!(earned, months.iter().map(|month| minor(month, "revenue")).sum::<i64>());

    // What is asked for is what comes.
    let one = admin.get("/api/v1/msp/revenue?months=1&until=2025-09").await.expect(200).json;
    assert_eq!(
        (minor(&one["months"][0], "recurring"), movements(&one["months"][0])),
        (15_500, told[1].3.clone())
    );
    let other = admin.get("/api/v1/msp/revenue?currency=EUR").await.expect(200).json;
    assert!(other["months"].as_array().expect("months").iter().all(|month| minor(month, "revenue") == 0));
    for query in [
        "months=0",
        "months=37",
        "months=x",
        "until=2025-13",
        "until=2000-02",
        "until=1999-01",
        "currency=XXX",
        "page=2",
    ] {
        admin.get(&format!("/api/v1/msp/revenue?{query}")).await.expect(422);
    }
    app.finish().await;
}

#[actix_web::test]
async fn who_is_not_billed_yet_has_not_left() {
    let (app, admin) = world().await;
    issue(&app, &admin, "2025-09").await;
    // Of October, and of the running month, one is billed.
    for period in ["2025-10", "2025-11"] {
        let draft = admin
            .post("/api/v1/msp/invoices", &json!({"customer": "GROWS", "period": period}))
            .await
            .expect(201);
        admin
            .post(&format!("/api/v1/msp/invoices/{}/finalize", draft.text("/id")), &json!({}))
            .await
            .expect(200);
    }
    let found = admin.get("/api/v1/msp/revenue?months=1").await.expect(200).json;
    let october = &found["months"][0];
    assert_eq!((october["period"].clone(), found["unbilled"].clone()), (json!("2025-10"), json!(1)));
    assert_eq!(movements(october), "contraction -2000 of 1, churned -5000 of 1");
    // September is taken back: who was billed in it waits.
    let september = admin.get("/api/v1/msp/revenue?months=1&until=2025-09").await.expect(200).json;
    assert_eq!(
        (september["unbilled"].clone(), movements(&september["months"][0])),
        (json!(0), "new 17000 of 2".to_owned())
    );
    let invoices = admin.get("/api/v1/msp/invoices?period=2025-09&customer=GROWS").await.expect(200);
    let path = format!("/api/v1/msp/invoices/{}/void", invoices.text("/items/0/id"));
    issue(&app, &admin, "2025-08").await;
    admin.post(&path, &json!({"reason": "Wrong"})).await.expect(200);
    let september = admin.get("/api/v1/msp/revenue?months=1&until=2025-09").await.expect(200).json;
    let month = &september["months"][0];
    assert_eq!((september["unbilled"].clone(), minor(month, "revenue")), (json!(1), 5_000));
    assert_eq!(movements(month), "new 5000 of 1, churned -5000 of 1, unbilled -11000 of 1");
    app.finish().await;
}

#[actix_web::test]
async fn who_is_limited_to_customers_sees_what_these_bring() {
    let (mut app, admin) = world().await;
    plan(&admin, "TINY", 700, json!([])).await;
    let (tenant, mine) = (app.northwind.tenant, app.northwind.a);
    app.add_person(tenant, "limited", Role::MspBilling, None, Some(vec![mine])).await;
    subscribe(&admin, &mine.to_string(), "TINY", "2025-10-01", None).await;
    issue(&app, &admin, "2025-10").await;
    let all = admin.get("/api/v1/msp/revenue?months=1").await.expect(200).json;
    assert_eq!(minor(&all["months"][0], "revenue"), 10_000 + 5_000 + 700);
    let limited = app.client("limited").await;
    let mine = limited.get("/api/v1/msp/revenue?months=1").await.expect(200).json;
    let month = &mine["months"][0];
    assert_eq!(
        (minor(month, "revenue"), month["customers"].clone(), movements(month)),
        (700, json!(1), "new 700 of 1".to_owned())
    );
    assert_eq!(mine["plans"].as_array().map(Vec::len), Some(1));
    app.finish().await;
}

#[actix_web::test]
async fn included_tax_is_not_earned() {
    let (app, admin) = world().await;
    let taxes = json!({"country": "DE", "prices": "inclusive", "rules": [{"name": "VAT", "country": "DE", "percent": "19"}]});
    admin.put("/api/v1/msp/taxes", &taxes).await.expect(200);
    for customer in ["GROWS", "COMES-BACK"] {
        let customer = format!("/api/v1/msp/customers/{customer}");
        admin.patch(&customer, &json!({"country": "DE"})).await.expect(200);
    }
    issue(&app, &admin, "2025-08").await;
    let found = admin.get("/api/v1/msp/revenue?months=1").await.expect(200).json;
    let month = &found["months"][0];
    // 110.00 and 50.00 are 92.44 and 42.02 without 19 %; of the first, 10.00 for usage are 8.40.
    let [revenue, fees, usage] = ["revenue", "fees", "usage"].map(|name| minor(month, name));
    assert_eq!((revenue, fees, usage), (9_244 + 4_202, 9_244 - 840 + 4_202, 840));
    app.finish().await;
}
