//! A customer with several subscriptions gets one invoice: each charges its own days, no usage is billed twice, and what becomes of the
//! invoice becomes of all of them.

use actix_web::http::Method;
use chrono::TimeDelta;
use domain::ids::InvoiceId;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

const CUSTOMER: &str = "NORTHWIND-B";

struct Shop {
    app: TestApp,
    admin: Client,
}

impl Shop {
    /// An MSP that sells backup ($31.00 and $2.00 a host), training ($62.00 and $3.00 a seat), support ($15.50) and hosting in euros
    /// (€10.00). The clock stands on 15 November 2025.
    async fn open() -> Self {
        let app = TestApp::start().await;
        let admin = app.client("northwind_admin").await;
        for (key, unit) in [("hosts", "host"), ("seats", "seat")] {
            let metric = json!({"key": key, "name": key, "unit": unit});
            admin.post("/api/v1/msp/metrics", &metric).await.expect(201);
        }
        let shop = Self { app, admin };
        shop.plan("BACKUP", (3_100, "USD"), &json!([unit("hosts", "2")])).await;
        shop.plan("TRAINING", (6_200, "USD"), &json!([unit("seats", "3")])).await;
        shop.plan("SUPPORT", (1_550, "USD"), &json!([])).await;
        shop.plan("HOSTING", (1_000, "EUR"), &json!([])).await;
        shop
    }

    async fn plan(&self, code: &str, (fee, currency): (i64, &str), components: &Value) {
        let fee = json!({"amount_minor": fee, "currency": currency});
        let plan = json!({"code": code, "name": code, "base_fee": fee, "components": components});
        self.admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    }

    async fn subscribe(&self, plan: &str, starts_on: &str) -> String {
        let path = format!("/api/v1/msp/customers/{CUSTOMER}/subscriptions");
        let body = json!({"plan": plan, "starts_on": starts_on});
        self.admin.post(&path, &body).await.expect(201).text("/id").to_owned()
    }

    async fn get(&self, path: &str) -> Value {
        self.admin.get(&format!("/api/v1/msp{path}")).await.expect(200).json
    }

    async fn change(&self, id: &str, body: Value) {
        self.admin.post(&format!("/api/v1/msp/subscriptions/{id}/changes"), &body).await.expect(200);
    }

    async fn status(&self, id: &str) -> String {
        let found = self.get(&format!("/subscriptions/{id}")).await;
        found["status"].as_str().expect("a text").to_owned()
    }

    async fn usage(&self, metric: &str, day: &str, quantity: i64) {
        let event = json!({"specversion": "1.0", "id": format!("{metric} {day}"), "source": "test", "type": metric,
            "subject": CUSTOMER, "time": format!("{day}T12:00:00Z"), "data": {"quantity": quantity}});
        let request = self.admin.request(Method::POST, "/api/v1/ingest/events");
        request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
    }

    async fn draft(&self, period: &str) -> Value {
        let body = json!({"customer": CUSTOMER, "period": period});
        self.admin.post("/api/v1/msp/invoices", &body).await.expect(201).json
    }

    async fn finalize(&self, draft: &Value) -> Value {
        let path = format!("/api/v1/msp/invoices/{}/finalize", draft["id"].as_str().expect("an id"));
        let issued = self.admin.post(&path, &Value::Null).await.expect(200).json;
        self.app.drain().await;
        self.verify(&issued).await;
        issued
    }

    /// Whoever computes it again comes to the same.
    async fn verify(&self, issued: &Value) {
        let scope = self.app.tenant_scope(self.app.northwind.tenant).await;
        let id: InvoiceId = issued["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let verdict = self.app.store().read(&scope, async |tx| app::invoices::verify(tx, id).await).await;
        let verdict = verdict.expect("it is rated");
        assert!(verdict.is_equal(), "{verdict:?}");
    }

    async fn issue(&self, period: &str) -> Value {
        let draft = self.draft(period).await;
        self.finalize(&draft).await
    }

    async fn run(&self, period: &str) {
        self.admin.post("/api/v1/msp/invoice-runs", &json!({"period": period})).await.expect(202);
        self.app.drain().await;
    }

    /// The customer's issued invoices of a month, as they were numbered.
    async fn invoices(&self, period: &str) -> Vec<Value> {
        let found = self.get(&format!("/invoices?customer={CUSTOMER}&period={period}&limit=50")).await;
        let mut found = found["items"].as_array().expect("a list").clone();
        found.sort_by_key(|invoice| invoice["number"].as_str().map(str::to_owned));
        found
    }

    /// What is due by now is done.
    async fn look_after(&self) {
        app::jobs::upkeep(&self.app.app).await.expect("it is looked after");
        self.app.drain().await;
    }

    /// Once more, as a session does not last a day.
    async fn sign_in(&mut self) {
        self.app.forget("northwind_admin");
        self.admin = self.app.client("northwind_admin").await;
    }

    async fn close(self) {
        let balances = self.get("/ledger/balances").await;
        let accounts = balances["accounts"].as_array().expect("a list").iter();
        let sum: i64 = accounts.map(|it| it["balance"]["amount_minor"].as_i64().expect("a number")).sum();
        assert_eq!(sum, 0, "{balances}");
        self.app.drain().await;
        self.app.finish().await;
    }
}

fn unit(metric: &str, price: &str) -> Value {
    json!({"metric": metric, "name": metric, "price": {"model": "unit", "unit_price": price}})
}

fn total(invoice: &Value) -> i64 {
    invoice["total"]["amount_minor"].as_i64().expect("a number")
}

/// `BACKUP 2025-10-01 2025-11-01`
fn billed(invoice: &Value) -> Vec<String> {
    let of = |it: &Value| [text(it, "plan_name"), text(it, "period_start"), text(it, "period_end")].join(" ");
    invoice["subscriptions"].as_array().expect("a list").iter().map(of).collect()
}

/// The plan, what the line says, its first day, and its amount.
fn lines(invoice: &Value) -> Vec<(&str, &str, &str, i64)> {
    let lines = invoice["lines"].as_array().expect("a list").iter();
    let amount = |line: &Value| line["amount"]["amount_minor"].as_i64().expect("a number");
    lines
        .map(|line| {
            let (plan, days) = (plan_of(invoice, line), text(line, "service_start"));
            (plan, text(line, "description"), days, amount(line))
        })
        .collect()
}

/// The plan of a line; none of what is charged once.
fn plan_of<'a>(invoice: &'a Value, line: &Value) -> &'a str {
    let mut plans = invoice["subscriptions"].as_array().expect("a list").iter();
    plans.find(|it| it["subscription_id"] == line["subscription_id"]).map_or("", |it| text(it, "plan_name"))
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().expect("a text")
}

#[actix_web::test]
async fn one_invoice_bills_all_that_a_customer_is_subscribed_to() {
    let shop = Shop::open().await;
    let backup = shop.subscribe("BACKUP", "2025-10-01").await;
    let training = shop.subscribe("TRAINING", "2025-10-11").await;
    shop.usage("hosts", "2025-10-05", 10).await;
    shop.usage("seats", "2025-10-20", 7).await;
    // Nothing was served of it on that day.
    shop.usage("seats", "2025-10-05", 100).await;
    let charge = json!({"description": "Setup", "unit_price": "95"});
    shop.admin.post(&format!("/api/v1/msp/customers/{CUSTOMER}/one-off-charges"), &charge).await.expect(201);

    let preview = shop.get("/invoice-runs/preview?period=2025-10").await;
    let [dry] = preview["items"].as_array().expect("a list").as_slice() else { panic!("{preview}") };
    // 31.00 + 10 × 2.00, 62.00 × 21 ÷ 31 + 7 × 3.00, and 95.00.
    assert_eq!(total(dry), 3_100 + 2_000 + 4_200 + 2_100 + 9_500);
    let both = ["BACKUP 2025-10-01 2025-11-01", "TRAINING 2025-10-11 2025-11-01"];
    assert_eq!(billed(dry), both);
    for id in [&backup, &training] {
        let upcoming = shop.get(&format!("/subscriptions/{id}/upcoming?period=2025-10")).await;
        assert_eq!(total(&upcoming), total(dry), "both are on it");
    }

    // In the portal, the running month: 31.00 and 62.00, and what is charged once.
    let owner = shop.app.client("northwind_b_owner").await;
    let told = owner.get("/api/v1/portal/upcoming").await.expect(200).json;
    let [upcoming] = told["invoices"].as_array().expect("a list").as_slice() else { panic!("{told}") };
    assert_eq!(total(upcoming), 3_100 + 6_200 + 9_500);
    let of = |line: &Value| line["subscription_id"].as_str().map(str::to_owned);
    let of: Vec<_> = upcoming["lines"].as_array().expect("a list").iter().map(of).collect();
    assert_eq!(
        of,
        [Some(&backup), Some(&backup), Some(&training), Some(&training), None].map(Option::<&String>::cloned)
    );
    assert_eq!(billed(upcoming), ["BACKUP 2025-11-01 2025-12-01", "TRAINING 2025-11-01 2025-12-01"]);

    shop.run("2025-10").await;
    let found = shop.invoices("2025-10").await;
    let [invoice] = found.as_slice() else { panic!("{found:?}") };
    let invoice = shop.get(&format!("/invoices/{}", invoice["id"].as_str().expect("an id"))).await;
    shop.verify(&invoice).await;
    assert_eq!((total(&invoice), billed(&invoice)), (total(dry), both.map(str::to_owned).to_vec()));
    assert_eq!(
        lines(&invoice),
        [
            ("BACKUP", "BACKUP", "2025-10-01", 3_100),
            ("BACKUP", "hosts", "2025-10-01", 2_000),
            ("TRAINING", "TRAINING", "2025-10-11", 4_200),
            ("TRAINING", "seats", "2025-10-11", 2_100),
            ("", "Setup", "2025-10-01", 9_500),
        ]
    );
    // Nothing is left to be done, whoever asks.
    shop.run("2025-10").await;
    assert_eq!(shop.invoices("2025-10").await.len(), 1);
    let body = json!({"customer": CUSTOMER, "period": "2025-10"});
    assert_eq!(shop.admin.post("/api/v1/msp/invoices", &body).await.expect(409).code(), "already_invoiced");
    // Days that were billed change no more, of neither.
    for id in [&backup, &training] {
        let path = format!("/api/v1/msp/subscriptions/{id}/changes");
        let pause = json!({"kind": "pause", "on": "2025-10-31"});
        let refused = shop.admin.post(&path, &pause).await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "billed");
    }
    // What each plan brings is known: 51.00 and 63.00 recur.
    let revenue = shop.get("/revenue?until=2025-10&months=1").await;
    let plans = revenue["plans"].as_array().expect("a list").iter();
    let plans: Vec<_> =
        plans.map(|it| (it["name"].as_str(), it["recurring"]["amount_minor"].as_i64())).collect();
    assert_eq!(plans, [(Some("TRAINING"), Some(6_300)), (Some("BACKUP"), Some(5_100))]);
    shop.close().await;
}

#[actix_web::test]
async fn no_usage_is_billed_twice() {
    let shop = Shop::open().await;
    let path = format!("/api/v1/msp/customers/{CUSTOMER}/subscriptions");
    let refused = async |body: Value| {
        let answer = shop.admin.post(&path, &body).await.expect(409);
        assert_eq!(answer.code(), "already_subscribed");
        answer.text("/detail").to_owned()
    };
    let backup = shop.subscribe("BACKUP", "2025-10-01").await;
    let support = shop.subscribe("SUPPORT", "2025-10-01").await;
    assert!(refused(json!({"plan": "SUPPORT"})).await.contains("SUPPORT already, on 2025-11-15"));
    shop.plan("OTHER", (100, "USD"), &json!([unit("hosts", "1")])).await;
    assert!(refused(json!({"plan": "OTHER", "starts_on": "2026-01-01"})).await.contains("“hosts” is billed"));
    // By a change, by going on, and by taking a change back.
    let changes = format!("/api/v1/msp/subscriptions/{support}/changes");
    let change = json!({"kind": "plan", "plan": "OTHER"});
    for path in [changes.clone(), format!("{changes}/preview")] {
        assert_eq!(shop.admin.post(&path, &change).await.expect(409).code(), "already_subscribed");
    }
    let cancel = format!("/api/v1/msp/subscriptions/{backup}/cancel");
    shop.admin.post(&cancel, &json!({"ends_on": "2025-12-01"})).await.expect(200);
    assert_eq!(shop.admin.post(&cancel, &Value::Null).await.expect(409).code(), "already_cancelled");
    let other = shop.admin.post(&path, &json!({"plan": "OTHER"})).await.expect(201);
    assert_eq!(other.text("/starts_on"), "2025-12-01", "when the usage is free");
    let back = format!("/api/v1/msp/subscriptions/{backup}/reinstate");
    assert_eq!(shop.admin.post(&back, &Value::Null).await.expect(409).code(), "already_subscribed");
    let away = json!({"kind": "plan", "plan": "HOSTING", "on": "2026-01-01"});
    let changes = format!("/api/v1/msp/subscriptions/{}/changes", other.text("/id"));
    assert_eq!(shop.admin.post(&changes, &away).await.expect(422).pointers(), ["/plan"], "another currency");
    let away = json!({"kind": "plan", "plan": "TRAINING", "on": "2026-01-01"});
    let change = shop.admin.post(&changes, &away).await.expect(200);
    let change = format!("/api/v1/msp/subscription-changes/{}", change.text("/changes/0/id"));
    shop.subscribe("BACKUP", "2026-01-01").await;
    assert_eq!(shop.admin.delete(&change).await.expect(409).code(), "already_subscribed");

    // Prices that come to bill what another one bills are not given to whoever has both.
    let wider = json!({"name": "SUPPORT", "base_fee": {"amount_minor": 1_550, "currency": "USD"},
                       "components": [unit("seats", "1")]});
    shop.admin.put("/api/v1/msp/plans/SUPPORT", &wider).await.expect(200);
    let moved = json!({"effective_on": "2025-12-01"});
    let moved = shop.admin.post("/api/v1/msp/plans/SUPPORT/migration", &moved).await.expect(200);
    assert_eq!(moved.json, json!({"moved": 0, "billed": 0, "overlapping": 1}));
    // Where filters keep them apart, they run beside each other.
    let class = |class: &str| {
        json!([{"metric": "hosts", "name": "hosts", "price": {"model": "unit", "unit_price": "1",
                "filters": [{"property": "class", "values": [class]}]}}])
    };
    shop.plan("SERVERS", (0, "USD"), &class("server")).await;
    shop.plan("DESKTOPS", (0, "USD"), &class("desktop")).await;
    let path = "/api/v1/msp/customers/NORTHWIND-A/subscriptions";
    for plan in ["SERVERS", "DESKTOPS"] {
        shop.admin.post(path, &json!({"plan": plan})).await.expect(201);
    }
    shop.close().await;
}

#[actix_web::test]
async fn a_draft_takes_up_what_begins_and_a_void_one_gives_all_back() {
    let shop = Shop::open().await;
    let backup = shop.subscribe("BACKUP", "2025-11-01").await;
    let draft = shop.draft("2025-11").await;
    assert_eq!((total(&draft), billed(&draft).len()), (3_100, 1));
    shop.subscribe("SUPPORT", "2025-11-01").await;
    // Rated again when it is issued, it has what has begun since.
    let first = shop.finalize(&draft).await;
    assert_eq!((total(&first), billed(&first).len()), (3_100 + 1_550, 2));
    // What begins after that gets an invoice of its own, for its days: 62.00 × 10 ÷ 30.
    shop.subscribe("TRAINING", "2025-11-21").await;
    let second = shop.issue("2025-11").await;
    assert_eq!((total(&second), billed(&second)), (2_067, vec!["TRAINING 2025-11-21 2025-12-01".to_owned()]));

    let sql = shop.app.database().superuser().await;
    for statement in [
        "update invoice_subscriptions set period_end = '2026-01-01'",
        "update invoice_subscriptions set is_void = true",
        "delete from invoice_subscriptions",
        "truncate invoice_subscriptions cascade",
    ] {
        let refused = sql.attempt(statement).await.expect_err(statement);
        assert_eq!(refused.code, "BW001", "{statement}: {refused:?}");
    }
    for invoice in [&first, &second] {
        let path = format!("/api/v1/msp/invoices/{}/void", invoice["id"].as_str().expect("an id"));
        shop.admin.post(&path, &json!({"reason": "By mistake"})).await.expect(200);
    }
    shop.app.drain().await;
    shop.admin
        .post(&format!("/api/v1/msp/subscriptions/{backup}/cancel"), &json!({"ends_on": "2025-11-16"}))
        .await
        .expect(200);
    let anew = shop.issue("2025-11").await;
    // 31.00 × 15 ÷ 30, and the two others as they were.
    assert_eq!(
        billed(&anew),
        ["BACKUP 2025-11-01 2025-11-16", "SUPPORT 2025-11-01 2025-12-01", "TRAINING 2025-11-21 2025-12-01"]
    );
    assert_eq!(total(&anew), 1_550 + 1_550 + 2_067);
    shop.close().await;
}

#[actix_web::test]
async fn each_currency_has_an_invoice_of_its_own() {
    let shop = Shop::open().await;
    shop.subscribe("HOSTING", "2025-10-01").await;
    shop.subscribe("SUPPORT", "2025-10-01").await;
    shop.subscribe("BACKUP", "2025-10-01").await;
    let charge = json!({"description": "Setup", "unit_price": "95", "currency": "USD"});
    shop.admin.post(&format!("/api/v1/msp/customers/{CUSTOMER}/one-off-charges"), &charge).await.expect(201);
    shop.run("2025-10").await;
    let totals: Vec<_> = shop.invoices("2025-10").await.iter().map(|it| it["total"].clone()).collect();
    let of = |minor: i64, currency: &str| json!({"amount_minor": minor, "currency": currency});
    assert_eq!(totals, [of(1_000, "EUR"), of(1_550 + 3_100 + 9_500, "USD")]);
    // By hand, one after the other; a draft does not keep the other from being made.
    let first = shop.draft("2025-11").await;
    assert_eq!(shop.draft("2025-11").await["total"], of(1_550 + 3_100, "USD"));
    assert_eq!(shop.finalize(&first).await["total"], of(1_000, "EUR"));
    assert_eq!(shop.issue("2025-11").await["total"], of(1_550 + 3_100, "USD"));
    // Credit is granted in either.
    for currency in ["EUR", "USD", "GBP"] {
        let grant = json!({"source": "promotional", "amount": of(100, currency), "description": "Welcome"});
        let path = format!("/api/v1/msp/customers/{CUSTOMER}/credit/grants");
        shop.admin.post(&path, &grant).await.expect(if currency == "GBP" { 422 } else { 201 });
    }
    shop.close().await;
}

#[actix_web::test]
async fn usage_that_came_late_is_made_up_for_by_the_subscription_that_bills_it() {
    let shop = Shop::open().await;
    let backup = shop.subscribe("BACKUP", "2025-09-01").await;
    shop.subscribe("TRAINING", "2025-09-01").await;
    shop.issue("2025-09").await;
    shop.usage("hosts", "2025-09-20", 4).await;
    let october = shop.issue("2025-10").await;
    assert_eq!(
        lines(&october),
        [
            ("BACKUP", "BACKUP", "2025-10-01", 3_100),
            ("BACKUP", "hosts", "2025-10-01", 0),
            ("TRAINING", "TRAINING", "2025-10-01", 6_200),
            ("TRAINING", "seats", "2025-10-01", 0),
            ("BACKUP", "hosts", "2025-09-01", 800),
        ]
    );
    // It is made up for once, also where only the other goes on.
    shop.admin
        .post(&format!("/api/v1/msp/subscriptions/{backup}/cancel"), &json!({"ends_on": "2025-11-01"}))
        .await
        .expect(200);
    let november = shop.issue("2025-11").await;
    assert_eq!((total(&november), billed(&november).len()), (6_200, 1));
    shop.close().await;
}

#[actix_web::test]
async fn whoever_does_not_pay_rests_with_all_of_it_and_goes_on_with_what_rested_for_it() {
    let mut shop = Shop::open().await;
    let (backup, support) =
        (shop.subscribe("BACKUP", "2025-10-01").await, shop.subscribe("SUPPORT", "2025-10-01").await);
    let training = shop.subscribe("TRAINING", "2025-10-01").await;
    let terms = json!({"payment_days": 0, "dunning": [{"days": 1, "action": "pause"}]});
    shop.admin.put("/api/v1/msp/billing", &terms).await.expect(200);
    let invoice = shop.issue("2025-10").await;
    assert_eq!(total(&invoice), 3_100 + 1_550 + 6_200);
    shop.app.clock.advance(TimeDelta::days(1));
    shop.sign_in().await;
    // Somebody has this one rest for another reason, on the very day.
    shop.change(&training, json!({"kind": "pause"})).await;
    shop.look_after().await;
    for id in [&backup, &support, &training] {
        assert_eq!(shop.status(id).await, "paused");
    }
    // This one can go on no more: all of its days are billed when it is paid.
    let cancel = format!("/api/v1/msp/subscriptions/{support}/cancel");
    shop.admin.post(&cancel, &json!({"ends_on": "2025-12-01"})).await.expect(200);
    shop.issue("2025-11").await;
    let transfer = json!({"reference": "Wire 1", "amount": invoice["total"]});
    let path = format!("/api/v1/msp/invoices/{}/payments", invoice["id"].as_str().expect("an id"));
    shop.admin.post(&path, &transfer).await.expect(201);
    shop.app.drain().await;
    let last = async |id: &str| {
        let changes = shop.get(&format!("/subscriptions/{id}")).await["changes"].clone();
        let last = changes.as_array().expect("a list").last().expect("a change").clone();
        (text(&last, "kind").to_owned(), text(&last, "effective_on").to_owned())
    };
    let on = |kind: &str, day: &str| (kind.to_owned(), day.to_owned());
    assert_eq!(last(&backup).await, on("resume", "2025-12-01"));
    assert_eq!(last(&support).await, on("pause", "2025-11-16"));
    assert_eq!(last(&training).await, on("pause", "2025-11-16"), "it is not dunning's to undo");
    shop.close().await;
}

#[actix_web::test]
async fn whoever_owes_two_invoices_rests_until_both_are_paid() {
    let mut shop = Shop::open().await;
    let backup = shop.subscribe("BACKUP", "2025-09-01").await;
    let terms = json!({"payment_days": 0, "dunning": [{"days": 1, "action": "pause"}]});
    shop.admin.put("/api/v1/msp/billing", &terms).await.expect(200);
    let first = shop.issue("2025-09").await;
    let support = shop.subscribe("SUPPORT", "2025-10-01").await;
    let second = shop.issue("2025-10").await;
    let cancel = format!("/api/v1/msp/subscriptions/{support}/cancel");
    shop.admin.post(&cancel, &json!({"ends_on": "2025-11-16"})).await.expect(200);
    // The one finds what the other has paused, and what has ended.
    shop.app.clock.advance(TimeDelta::days(1));
    shop.sign_in().await;
    shop.look_after().await;
    assert_eq!(shop.status(&backup).await, "paused");
    for (invoice, status) in [(&first, "paused"), (&second, "active")] {
        let id = text(invoice, "id");
        let transfer = json!({"reference": format!("Wire {id}"), "amount": invoice["total"]});
        shop.admin.post(&format!("/api/v1/msp/invoices/{id}/payments"), &transfer).await.expect(201);
        shop.app.drain().await;
        assert_eq!(shop.status(&backup).await, status);
    }
    shop.close().await;
}

#[actix_web::test]
async fn what_is_on_trial_is_not_on_the_invoice_and_says_nothing_about_its_days() {
    let shop = Shop::open().await;
    let path = format!("/api/v1/msp/customers/{CUSTOMER}/subscriptions");
    let trial = json!({"plan": "TRAINING", "starts_on": "2025-10-01", "trial_days": 60});
    shop.admin.post(&path, &trial).await.expect(201);
    let backup = shop.subscribe("BACKUP", "2025-10-01").await;
    let cancel = format!("/api/v1/msp/subscriptions/{backup}/cancel");
    shop.admin.post(&cancel, &json!({"ends_on": "2025-10-11"})).await.expect(200);
    let charge = json!({"description": "Setup", "unit_price": "95"});
    shop.admin.post(&format!("/api/v1/msp/customers/{CUSTOMER}/one-off-charges"), &charge).await.expect(201);
    let invoice = shop.issue("2025-10").await;
    assert_eq!(billed(&invoice), ["BACKUP 2025-10-01 2025-10-11"]);
    assert_eq!((text(&invoice, "period_start"), text(&invoice, "period_end")), ("2025-10-01", "2025-10-11"));
    // 31.00 × 10 ÷ 31.
    assert_eq!(total(&invoice), 1_000 + 9_500);
    let body = json!({"customer": CUSTOMER, "period": "2025-10"});
    assert_eq!(shop.admin.post("/api/v1/msp/invoices", &body).await.expect(409).code(), "already_invoiced");
    shop.close().await;
}

#[actix_web::test]
async fn what_cannot_be_billed_sets_the_whole_invoice_aside() {
    let shop = Shop::open().await;
    let calls = json!([{"metric": "seats", "name": "Calls", "price": {"model": "dynamic"}}]);
    shop.plan("CALLS", (0, "USD"), &calls).await;
    shop.subscribe("BACKUP", "2025-10-01").await;
    shop.subscribe("CALLS", "2025-10-01").await;
    let path = "/api/v1/msp/customers/NORTHWIND-A/subscriptions";
    shop.admin.post(path, &json!({"plan": "SUPPORT", "starts_on": "2025-10-01"})).await.expect(201);
    // It does not say what it costs.
    shop.usage("seats", "2025-10-20", 1).await;
    shop.run("2025-10").await;
    assert!(shop.invoices("2025-10").await.is_empty());
    let failed = shop.get("/events?type=invoice.failed").await;
    let [event] = failed["items"].as_array().expect("a list").as_slice() else { panic!("{failed}") };
    assert_eq!(event["subject"], format!("customer:{}", shop.app.northwind.b));
    let others = shop.get("/invoices?customer=NORTHWIND-A&period=2025-10").await;
    assert_eq!(others["items"].as_array().map(Vec::len), Some(1));
    shop.close().await;
}
