//! A run issues many invoices in one transaction: each is what it would be alone, and one that cannot be made does not
//! keep the others from being made.

use actix_web::http::Method;
use domain::ids::{CustomerId, Id as _};
use serde_json::{Value, json};
use testkit::{Client, TestApp};

const PERIOD: &str = "2025-10";

/// An MSP that bills $90.00 a month. The clock stands in November.
async fn world(app: &TestApp) -> Client {
    let admin = app.client("northwind_admin").await;
    let plan =
        json!({"code": "FLAT", "name": "Flat", "base_fee": {"amount_minor": 9_000, "currency": "USD"}});
    admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    admin
}

async fn customer(admin: &Client, code: &str, subscription: Value) -> String {
    let body = json!({"company_name": code, "code": code});
    let made = admin.post("/api/v1/msp/customers", &body).await.expect(201);
    subscribe(admin, code, subscription).await;
    made.text("/id").to_owned()
}

async fn subscribe(admin: &Client, code: &str, subscription: Value) -> String {
    let path = format!("/api/v1/msp/customers/{code}/subscriptions");
    admin.post(&path, &subscription).await.expect(201).text("/id").to_owned()
}

/// A customer whose usage does not say what it costs, by prices that change in the middle of the month.
async fn without_amounts(admin: &Client, code: &str) {
    let metric = json!({"key": "calls", "name": "Calls", "unit": "call"});
    admin.post("/api/v1/msp/metrics", &metric).await.expect(201);
    for (plan, fee) in [("CALLS", 100), ("DEARER", 200)] {
        let body = json!({"code": plan, "name": plan, "base_fee": {"amount_minor": fee, "currency": "USD"},
            "components": [{"metric": "calls", "name": "Calls", "price": {"model": "dynamic"}}]});
        admin.post("/api/v1/msp/plans", &body).await.expect(201);
    }
    let body = json!({"company_name": code, "code": code});
    admin.post("/api/v1/msp/customers", &body).await.expect(201);
    let subscription = subscribe(admin, code, json!({"plan": "CALLS", "starts_on": "2025-09-01"})).await;
    let change = json!({"kind": "plan", "plan": "DEARER", "on": "2025-10-16"});
    admin.post(&format!("/api/v1/msp/subscriptions/{subscription}/changes"), &change).await.expect(200);
    for day in ["2025-10-05", "2025-10-20"] {
        let event = json!({"specversion": "1.0", "id": day, "source": "test", "type": "calls", "subject": code,
            "time": format!("{day}T12:00:00Z"), "data": {"quantity": 1}});
        let request = admin.request(Method::POST, "/api/v1/ingest/events");
        request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
    }
}

async fn run(app: &TestApp, admin: &Client) {
    admin.post("/api/v1/msp/invoice-runs", &json!({"period": PERIOD})).await.expect(202);
    app.drain().await;
}

async fn all(admin: &Client, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("{path}{next}")).await.expect(200).json;
        items.extend(page["items"].as_array().expect("a list").iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return items,
        }
    }
}

#[actix_web::test]
async fn what_cannot_be_billed_is_set_aside_and_the_others_are_issued() {
    const MANY: usize = 103;
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let flat = json!({"plan": "FLAT", "starts_on": "2025-10-01"});
    for number in 0..MANY / 2 {
        customer(&admin, &format!("A-{number}"), flat.clone()).await;
    }
    without_amounts(&admin, "CALLER").await;
    let broken = customer(&admin, "BROKEN", flat.clone()).await;
    for number in MANY / 2..MANY {
        customer(&admin, &format!("A-{number}"), flat.clone()).await;
    }
    let preview = all(&admin, &format!("/api/v1/msp/invoice-runs/preview?period={PERIOD}&limit=200")).await;
    let problems: Vec<_> = preview.iter().filter(|item| item["problem"].is_string()).collect();
    assert_eq!((preview.len(), problems.len()), (MANY + 2, 1));
    assert_eq!(problems.first().map(|item| &item["customer_code"]), Some(&json!("CALLER")));

    // Something that only turns out when the invoice is kept.
    let id: CustomerId = broken.parse().expect("an id");
    let trigger = format!(
        "create trigger broken before insert on invoice_evidence for each row when (new.customer_id = '{}')
         execute function app.refuse_change()",
        id.uuid(),
    );
    let superuser = app.database().superuser().await;
    superuser.run(&trigger).await;
    run(&app, &admin).await;

    let issued = all(&admin, &format!("/api/v1/msp/invoices?period={PERIOD}&limit=200")).await;
    let mut numbers: Vec<_> =
        issued.iter().map(|invoice| invoice["number"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    assert_eq!(numbers, (1..=MANY).map(|number| format!("NOR-{number:06}")).collect::<Vec<_>>());
    // In the order of the customers, though batches are rated side by side and one was issued one by one.
    let in_order = "select number from invoices where number is not null order by customer_id";
    assert_eq!(superuser.column(in_order).await, numbers);
    assert!(issued.iter().all(|invoice| invoice["total"]["amount_minor"] == 9_000));
    let failed = all(&admin, "/api/v1/msp/events?type=invoice.failed&limit=100").await;
    let mut reasons: Vec<_> = failed.iter().map(|event| event["data"]["reason"].as_str().unwrap()).collect();
    reasons.sort_unstable();
    let [kept, rated] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert!(kept.contains("invoice_evidence is refused") && rated.contains("does not say what it costs"));
    // Of the batch that was taken back there is nothing left: neither events nor entries.
    assert_eq!(all(&admin, "/api/v1/msp/events?type=invoice.finalized&limit=100").await.len(), MANY);
    let balances = admin.get("/api/v1/msp/ledger/balances").await.expect(200).json;
    let receivable =
        balances["accounts"].as_array().unwrap().iter().find(|one| one["account"] == "receivable").unwrap();
    assert_eq!(receivable["balance"]["amount_minor"], 9_000 * MANY, "{balances}");
    assert_eq!(admin.get("/api/v1/msp/events/check").await.expect(200).json["intact"], true);

    // Whatever it was, it is mended: the next run issues that one, with the next number.
    superuser.run("drop trigger broken on invoice_evidence").await;
    run(&app, &admin).await;
    let late = admin.get("/api/v1/msp/invoices?customer=BROKEN").await.expect(200);
    assert_eq!(late.text("/items/0/number"), format!("NOR-{:06}", MANY + 1));
    app.finish().await;
}

#[actix_web::test]
async fn a_customer_with_two_subscriptions_pays_once_what_is_charged_once() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    customer(&admin, "TWICE", json!({"plan": "FLAT", "starts_on": "2025-09-01"})).await;
    let ends = json!({"ends_on": "2025-10-11"});
    admin.post(&format!("{}/cancel", admin.subscription("TWICE").await), &ends).await.expect(200);
    subscribe(&admin, "TWICE", json!({"plan": "FLAT", "starts_on": "2025-10-11"})).await;
    let charge = json!({"description": "Setup", "unit_price": "95"});
    admin.post("/api/v1/msp/customers/TWICE/one-off-charges", &charge).await.expect(201);
    run(&app, &admin).await;
    let invoices = all(&admin, &format!("/api/v1/msp/invoices?customer=TWICE&period={PERIOD}")).await;
    let totals: Vec<_> =
        invoices.iter().map(|invoice| invoice["total"]["amount_minor"].as_i64().unwrap()).collect();
    // 10 of 31 days, 21 of 31 days, and the charge.
    assert_eq!(totals, [2_903 + 6_097 + 9_500]);
    assert_eq!(
        admin.get("/api/v1/msp/events?type=invoice.failed").await.expect(200).json["items"],
        json!([])
    );
    app.finish().await;
}

#[actix_web::test]
async fn a_draft_that_cannot_be_rated_anew_stays_as_it_was() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    customer(&admin, "GOOD", json!({"plan": "FLAT", "starts_on": "2025-09-01"})).await;
    admin
        .post("/api/v1/msp/metrics", &json!({"key": "calls", "name": "Calls", "unit": "call"}))
        .await
        .expect(201);
    let plan = json!({"code": "CALLS", "name": "Calls", "base_fee": {"amount_minor": 100, "currency": "USD"},
        "components": [{"metric": "calls", "name": "Calls", "price": {"model": "dynamic"}}]});
    admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    customer(&admin, "BAD", json!({"plan": "CALLS", "starts_on": "2025-09-01"})).await;
    let draft = json!({"customer": "BAD", "period": PERIOD});
    let draft = admin.post("/api/v1/msp/invoices", &draft).await.expect(201);
    let path = format!("/api/v1/msp/invoices/{}", draft.text("/id"));
    let event = json!({"specversion": "1.0", "id": "1", "source": "test", "type": "calls", "subject": "BAD",
        "time": "2025-10-05T12:00:00Z", "data": {"quantity": 1}});
    let request = admin.request(Method::POST, "/api/v1/ingest/events");
    request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
    run(&app, &admin).await;
    let found = admin.get(&path).await.expect(200).json;
    assert_eq!((&found["status"], &found["lines"]), (&json!("draft"), &draft.json["lines"]));
    assert_eq!(found["lines"].as_array().map(Vec::len), Some(2));
    app.finish().await;
}
