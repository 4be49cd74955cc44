//! Drafts wait: for a number of days, for somebody who issues them, or on hold.

use actix_web::http::Method;
use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};
use testkit::{Client, TestApp};

struct Shop {
    app: TestApp,
}

impl Shop {
    /// An MSP that bills $90.00 a month and $2.00 a host, with two customers since October. The clock stands on 15 November
    /// 2025.
    async fn open() -> Self {
        let shop = Self { app: TestApp::start().await };
        let admin = shop.admin().await;
        let metric = json!({"key": "hosts", "name": "Hosts", "unit": "host"});
        admin.post("/api/v1/msp/metrics", &metric).await.expect(201);
        let plan = json!({"code": "FLAT", "name": "Flat", "base_fee": {"amount_minor": 9_000, "currency": "USD"},
            "components": [{"metric": "hosts", "name": "Hosts", "price": {"model": "unit", "unit_price": "2"}}]});
        admin.post("/api/v1/msp/plans", &plan).await.expect(201);
        for code in ["ALPHA", "BETA"] {
            let customer = json!({"company_name": code, "code": code});
            admin.post("/api/v1/msp/customers", &customer).await.expect(201);
            let path = format!("/api/v1/msp/customers/{code}/subscriptions");
            let subscription = json!({"plan": "FLAT", "starts_on": "2025-10-01"});
            admin.post(&path, &subscription).await.expect(201);
        }
        shop
    }

    async fn admin(&self) -> Client {
        self.app.client("northwind_admin").await
    }

    async fn issuing(&self, day: u8, grace_days: u8, auto_finalize: bool) {
        let terms = json!({"payment_days": 10, "issue_day": day, "grace_days": grace_days,
            "auto_finalize": auto_finalize});
        let admin = self.admin().await;
        let set = admin.put("/api/v1/msp/billing", &terms).await.expect(200).json;
        let read = ["issue_day", "grace_days", "auto_finalize"].map(|it| set[it].clone());
        assert_eq!(read, [json!(day), json!(grace_days), json!(auto_finalize)]);
    }

    async fn usage(&self, code: &str, id: &str, day: &str, hosts: i64) {
        let event = json!({"specversion": "1.0", "id": id, "source": "test", "type": "hosts", "subject": code,
            "time": format!("{day}T12:00:00Z"), "data": {"quantity": hosts}});
        let admin = self.admin().await;
        let request = admin.request(Method::POST, "/api/v1/ingest/events");
        request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
    }

    /// Lives on until a day, with what is due on each.
    async fn until(&self, day: &str) {
        let day: NaiveDate = day.parse().expect("a day");
        while self.app.clock.now().date_naive() < day {
            self.app.clock.advance(TimeDelta::days(1));
            // Twice: what is done once is not done again in the next hour.
            for _ in 0..2 {
                app::jobs::upkeep(&self.app.app).await.expect("it is looked after");
                self.app.drain().await;
            }
        }
        self.app.forget("northwind_admin");
    }

    async fn run(&self, body: Value) -> Value {
        let run = self.admin().await.post("/api/v1/msp/invoice-runs", &body).await.expect(202).json;
        self.app.drain().await;
        run
    }

    async fn get(&self, path: &str) -> Vec<Value> {
        let found = self.admin().await.get(&format!("/api/v1/msp{path}")).await.expect(200).json;
        found["items"].as_array().expect("a list").clone()
    }

    /// Of a month, by customer: who, where it stands, and how much.
    async fn invoices(&self, period: &str) -> Vec<String> {
        let of = |invoice: &Value| {
            let [code, status] = ["customer_code", "status"].map(|it| invoice[it].as_str().expect("a text"));
            format!("{code} {status} {}", invoice["total"]["amount_minor"])
        };
        let mut found: Vec<_> =
            self.get(&format!("/invoices?period={period}&limit=200")).await.iter().map(of).collect();
        found.sort();
        found
    }

    /// What the home page says of drafts.
    async fn attention(&self) -> Vec<Value> {
        let found = self.admin().await.get("/api/v1/msp/portfolio").await.expect(200).json;
        let all = found["attention"].as_array().expect("a list").iter();
        all.filter(|it| it["kind"] == "drafts_waiting").cloned().collect()
    }

    async fn draft_of(&self, code: &str, period: &str) -> String {
        let found = self.get(&format!("/invoices?customer={code}&period={period}&status=draft")).await;
        found[0]["id"].as_str().expect("an id").to_owned()
    }

    async fn at(&self, invoice: &str, deed: &str, body: &Value, status: u16) -> Value {
        let path = format!("/api/v1/msp/invoices/{invoice}/{deed}");
        self.admin().await.post(&path, body).await.expect(status).json
    }

    async fn close(self) {
        let sql = self.app.database().superuser().await;
        assert_eq!(sql.number("select coalesce(sum(amount_minor), 0)::bigint from ledger_entries").await, 0);
        self.app.finish().await;
    }
}

#[actix_web::test]
async fn drafts_are_issued_when_their_days_of_grace_are_over_with_the_usage_that_came_meanwhile() {
    let shop = Shop::open().await;
    // The fifth of November is past, and so is the ninth: what October left is not drafted unasked.
    shop.issuing(5, 4, true).await;
    shop.usage("ALPHA", "first", "2025-11-14", 10).await;
    shop.until("2025-12-04").await;
    assert_eq!(shop.invoices("2025-10").await, [""; 0]);
    assert_eq!(shop.invoices("2025-11").await, [""; 0]);
    shop.until("2025-12-05").await;
    assert_eq!(shop.invoices("2025-11").await, ["ALPHA draft 11000", "BETA draft 9000"]);
    shop.usage("ALPHA", "late", "2025-11-30", 1).await;
    shop.until("2025-12-08").await;
    assert_eq!(shop.invoices("2025-11").await, ["ALPHA draft 11000", "BETA draft 9000"]);
    // They are issued by themselves: there is nothing to decide.
    assert_eq!(shop.attention().await, [Value::Null; 0]);
    shop.until("2025-12-09").await;
    assert_eq!(shop.invoices("2025-11").await, ["ALPHA finalized 11200", "BETA finalized 9000"]);
    let issued = shop.get("/invoices?period=2025-11").await;
    assert!(issued.iter().all(|it| it["issued_on"] == "2025-12-09" && it["due_on"] == "2025-12-19"));
    // Each draft was told once, and so was each invoice.
    for kind in ["invoice.drafted", "invoice.finalized"] {
        assert_eq!(shop.get(&format!("/events?type={kind}")).await.len(), 2, "{kind}");
    }
    // And so on in the next month.
    shop.until("2026-01-09").await;
    assert_eq!(shop.invoices("2025-12").await, ["ALPHA finalized 9000", "BETA finalized 9000"]);
    shop.close().await;
}

#[actix_web::test]
async fn where_they_are_approved_drafts_wait_until_somebody_issues_them() {
    let shop = Shop::open().await;
    shop.issuing(20, 0, false).await;
    shop.until("2025-11-20").await;
    let waiting = ["ALPHA draft 9000", "BETA draft 9000"];
    assert_eq!(shop.invoices("2025-10").await, waiting);
    shop.until("2025-12-10").await;
    assert_eq!(shop.invoices("2025-10").await, waiting);
    assert_eq!(shop.attention().await, [json!({"kind": "drafts_waiting", "waiting": 2, "held": 0})]);
    let alpha = shop.draft_of("ALPHA", "2025-10").await;
    shop.at(&alpha, "finalize", &Value::Null, 200).await;
    assert_eq!(shop.invoices("2025-10").await, ["ALPHA finalized 9000", "BETA draft 9000"]);
    let run = shop.run(json!({"period": "2025-10"})).await;
    assert_eq!(run, json!({"period": "2025-10", "draft": false, "due": 1, "held": 0}));
    assert_eq!(shop.invoices("2025-10").await, ["ALPHA finalized 9000", "BETA finalized 9000"]);

    // From now on by themselves: what was left to be approved still waits, and what comes is issued.
    shop.until("2025-12-20").await;
    assert_eq!(shop.invoices("2025-11").await, waiting);
    shop.issuing(20, 0, true).await;
    shop.until("2026-01-21").await;
    assert_eq!(shop.invoices("2025-11").await, waiting);
    assert_eq!(shop.invoices("2025-12").await, ["ALPHA finalized 9000", "BETA finalized 9000"]);
    shop.close().await;
}

#[actix_web::test]
async fn grace_that_is_taken_away_is_over() {
    let shop = Shop::open().await;
    shop.issuing(18, 10, true).await;
    shop.until("2025-11-19").await;
    assert_eq!(shop.invoices("2025-10").await, ["ALPHA draft 9000", "BETA draft 9000"]);
    shop.issuing(18, 0, true).await;
    shop.until("2025-11-20").await;
    assert_eq!(shop.invoices("2025-10").await, ["ALPHA finalized 9000", "BETA finalized 9000"]);
    shop.close().await;
}

#[actix_web::test]
async fn a_month_that_has_not_begun_is_not_run() {
    let shop = Shop::open().await;
    let next = json!({"period": "2025-12", "draft": true});
    let refused = shop.admin().await.post("/api/v1/msp/invoice-runs", &next).await.expect(422);
    assert_eq!(refused.pointers(), ["/period"]);
    shop.close().await;
}

#[actix_web::test]
async fn a_draft_on_hold_is_issued_by_nobody_until_it_is_released() {
    let shop = Shop::open().await;
    let run = shop.run(json!({"period": "2025-10", "draft": true})).await;
    assert_eq!(run, json!({"period": "2025-10", "draft": true, "due": 2, "held": 0}));
    assert_eq!(shop.invoices("2025-10").await, ["ALPHA draft 9000", "BETA draft 9000"]);
    let alpha = shop.draft_of("ALPHA", "2025-10").await;
    let refused = shop.at(&alpha, "hold", &json!({"reason": " "}), 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/reason");
    let held = shop.at(&alpha, "hold", &json!({"reason": "Ask about the hosts"}), 200).await;
    assert_eq!((&held["hold_reason"], held["held_at"].is_string()), (&json!("Ask about the hosts"), true));
    let again = shop.at(&alpha, "hold", &json!({"reason": "They call back"}), 200).await;
    assert_eq!((&again["hold_reason"], &again["held_at"]), (&json!("They call back"), &held["held_at"]));
    assert_eq!(shop.at(&alpha, "finalize", &Value::Null, 409).await["code"], "on_hold");
    for (held, code) in [(true, "ALPHA"), (false, "BETA")] {
        let found = shop.get(&format!("/invoices?held={held}")).await;
        assert_eq!(found.iter().map(|it| &it["customer_code"]).collect::<Vec<_>>(), [code]);
    }
    let preview = shop.get("/invoice-runs/preview?period=2025-10").await;
    let on_hold: Vec<_> = preview.iter().map(|it| (&it["customer_code"], &it["held"])).collect();
    assert_eq!(on_hold, [(&json!("ALPHA"), &json!(true)), (&json!("BETA"), &json!(false))]);

    // What came late is on it when it is drafted again, and it stays on hold; a run leaves it as it is.
    shop.usage("ALPHA", "late", "2025-10-20", 5).await;
    let body = json!({"customer": "ALPHA", "period": "2025-10"});
    let drafted = shop.admin().await.post("/api/v1/msp/invoices", &body).await.expect(201).json;
    assert_eq!(
        (&drafted["total"]["amount_minor"], &drafted["hold_reason"]),
        (&json!(10_000), &json!("They call back"))
    );
    shop.usage("ALPHA", "later", "2025-10-21", 1).await;
    let run = shop.run(json!({"period": "2025-10"})).await;
    assert_eq!(run, json!({"period": "2025-10", "draft": false, "due": 1, "held": 1}));
    assert_eq!(shop.invoices("2025-10").await, ["ALPHA draft 10000", "BETA finalized 9000"]);
    assert_eq!(shop.attention().await, [json!({"kind": "drafts_waiting", "waiting": 0, "held": 1})]);
    let beta = shop.get("/invoices?customer=BETA").await[0]["id"].as_str().expect("an id").to_owned();
    for deed in ["hold", "release"] {
        assert_eq!(shop.at(&beta, deed, &json!({"reason": "Too late"}), 409).await["code"], "already_issued");
    }

    let released = shop.at(&alpha, "release", &Value::Null, 200).await;
    assert_eq!((&released["hold_reason"], &released["held_at"]), (&Value::Null, &Value::Null));
    shop.at(&alpha, "release", &Value::Null, 200).await;
    shop.run(json!({"period": "2025-10"})).await;
    assert_eq!(shop.invoices("2025-10").await, ["ALPHA finalized 10200", "BETA finalized 9000"]);
    let told = ["invoice.held", "invoice.released"];
    for (kind, times) in told.into_iter().zip([2, 1]) {
        assert_eq!(shop.get(&format!("/events?type={kind}")).await.len(), times, "{kind}");
    }
    shop.close().await;
}

#[actix_web::test]
async fn another_choice_goes_on_where_the_one_before_was() {
    let waiting = ["ALPHA draft 9000", "BETA draft 9000"];
    let issued = ["ALPHA finalized 9000", "BETA finalized 9000"];
    // The clock stands on 15 November. By hand before: what October left is not issued unasked, though its grace is not over.
    let shop = Shop::open().await;
    shop.issuing(10, 28, true).await;
    shop.until("2025-12-09").await;
    assert_eq!(shop.invoices("2025-10").await, [""; 0]);
    shop.close().await;

    // October's day was the 20th, and is past by the new choice: it is drafted, or issued, all the same.
    let shop = Shop::open().await;
    shop.issuing(20, 0, true).await;
    shop.issuing(5, 0, false).await;
    shop.until("2025-11-16").await;
    assert_eq!(shop.invoices("2025-10").await, waiting);
    shop.close().await;

    let shop = Shop::open().await;
    shop.issuing(20, 0, false).await;
    shop.issuing(5, 0, true).await;
    shop.until("2025-11-16").await;
    assert_eq!(shop.invoices("2025-10").await, issued);
    shop.close().await;

    let shop = Shop::open().await;
    shop.issuing(20, 0, true).await;
    shop.issuing(5, 15, true).await;
    shop.until("2025-11-19").await;
    assert_eq!(shop.invoices("2025-10").await, waiting);
    shop.until("2025-11-20").await;
    assert_eq!(shop.invoices("2025-10").await, issued);
    shop.close().await;
}

#[actix_web::test]
async fn a_hold_is_of_one_currency() {
    let shop = Shop::open().await;
    let admin = shop.admin().await;
    let plan =
        json!({"code": "HOSTING", "name": "Hosting", "base_fee": {"amount_minor": 1_000, "currency": "EUR"}});
    admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    let hosting = json!({"plan": "HOSTING", "starts_on": "2025-10-01"});
    admin.post("/api/v1/msp/customers/ALPHA/subscriptions", &hosting).await.expect(201);
    let body = json!({"customer": "ALPHA", "period": "2025-10"});
    let draft = admin.post("/api/v1/msp/invoices", &body).await.expect(201).json;
    assert_eq!(draft["total"], json!({"amount_minor": 9_000, "currency": "USD"}));
    shop.at(draft["id"].as_str().expect("an id"), "hold", &json!({"reason": "Wait"}), 200).await;
    let run = shop.run(json!({"period": "2025-10"})).await;
    assert_eq!(run, json!({"period": "2025-10", "draft": false, "due": 2, "held": 0}));
    assert_eq!(
        shop.invoices("2025-10").await,
        ["ALPHA draft 9000", "ALPHA finalized 1000", "BETA finalized 9000"]
    );
    let run = shop.run(json!({"period": "2025-10"})).await;
    assert_eq!(run, json!({"period": "2025-10", "draft": false, "due": 0, "held": 1}));
    shop.close().await;
}

#[actix_web::test]
async fn grace_is_for_what_is_issued_by_itself() {
    let shop = Shop::open().await;
    let admin = shop.admin().await;
    for (day, grace, auto) in
        [(json!(1), 29, true), (json!(1), -1, true), (json!(1), 3, false), (Value::Null, 3, true)]
    {
        let terms = json!({"payment_days": 10, "issue_day": day, "grace_days": grace, "auto_finalize": auto});
        let refused = admin.put("/api/v1/msp/billing", &terms).await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], "/grace_days", "{terms}");
    }
    shop.close().await;
}
