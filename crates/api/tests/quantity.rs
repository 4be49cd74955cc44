//! A subscription is to a plan so many times: what the plan charges and grants per period is so many times, and another quantity
//! holds from a day on.

use actix_web::http::Method;
use chrono::TimeDelta;
use domain::ids::InvoiceId;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

const SUBSCRIPTIONS: &str = "/api/v1/msp/customers/ACME/subscriptions";

fn plan(code: &str, fee: i64, rhythm: (&str, &str, &str), included: Option<&str>) -> Value {
    let price = |included| json!({"model": "unit", "unit_price": "2", "included": included});
    let component = |included| json!({"metric": "hosts", "name": "Hosts", "price": price(included)});
    json!({"code": code, "name": code, "base_fee": {"amount_minor": fee, "currency": "USD"},
           "components": included.into_iter().map(component).collect::<Vec<_>>(),
           "fee_interval": rhythm.0, "fee_anchor": rhythm.1, "fee_timing": rhythm.2})
}

/// An MSP with plans, and a customer. It is the 15th of November 2025.
struct Shop {
    app: TestApp,
}

impl Shop {
    async fn open() -> Self {
        let shop = Self { app: TestApp::start().await };
        let admin = shop.admin().await;
        let metric = json!({"key": "hosts", "name": "Hosts", "unit": "host"});
        admin.post("/api/v1/msp/metrics", &metric).await.expect(201);
        for plan in [
            plan("SEATS", 3_100, ("month", "calendar", "arrears"), Some("31")),
            plan("AHEAD", 3_100, ("month", "calendar", "advance"), None),
            plan("YEAR", 120_000, ("year", "calendar", "arrears"), None),
            plan("YEAR-AHEAD", 120_000, ("year", "anniversary", "advance"), None),
            plan("HUGE", 1_000_000_000_000, ("month", "calendar", "arrears"), Some("10000000000")),
        ] {
            admin.post("/api/v1/msp/plans", &plan).await.expect(201);
        }
        let customer = json!({"company_name": "Acme", "code": "ACME", "contact_email": "acme@c.example"});
        admin.post("/api/v1/msp/customers", &customer).await.expect(201);
        shop
    }

    /// Signed in anew: time passes.
    async fn subscription(&self) -> Value {
        let admin = self.admin().await;
        admin.get(&admin.subscription("ACME").await).await.expect(200).json
    }

    async fn admin(&self) -> Client {
        self.app.forget("northwind_admin");
        self.app.client("northwind_admin").await
    }

    async fn subscribe(&self, plan: &str, starts_on: &str, quantity: u32) -> String {
        let body = json!({"plan": plan, "starts_on": starts_on, "quantity": quantity});
        self.admin().await.post(SUBSCRIPTIONS, &body).await.expect(201).text("/id").to_owned()
    }

    async fn used(&self, day: &str, quantity: i64) {
        let event = json!({"specversion": "1.0", "id": day, "source": "test", "type": "hosts", "subject": "ACME",
            "time": format!("{day}T12:00:00Z"), "data": {"quantity": quantity}});
        let admin = self.admin().await;
        let request = admin.request(Method::POST, "/api/v1/ingest/events");
        request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
    }

    async fn change(&self, id: &str, body: Value) -> Value {
        let path = format!("/api/v1/msp/subscriptions/{id}/changes");
        self.admin().await.post(&path, &body).await.expect(200).json
    }

    async fn preview(&self, id: &str, body: Value) -> Value {
        let path = format!("/api/v1/msp/subscriptions/{id}/changes/preview");
        self.admin().await.post(&path, &body).await.expect(200).json
    }

    /// So many days pass, and what they bring is done.
    async fn days(&self, days: i64) {
        self.app.clock.advance(TimeDelta::days(days));
        app::jobs::upkeep(&self.app.app).await.expect("it is looked after");
        self.app.drain().await;
    }

    async fn get(&self, path: &str) -> Value {
        self.admin().await.get(&format!("/api/v1{path}")).await.expect(200).json
    }

    async fn draft(&self, period: &str) -> Value {
        let body = json!({"customer": "ACME", "period": period});
        self.admin().await.post("/api/v1/msp/invoices", &body).await.expect(201).json
    }

    /// Issues the invoice of a month, and computes it again.
    async fn issue(&self, period: &str) -> Value {
        let id = self.draft(period).await["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/msp/invoices/{id}/finalize");
        let issued = self.admin().await.post(&path, &json!({})).await.expect(200).json;
        self.app.drain().await;
        let scope = self.app.tenant_scope(self.app.northwind.tenant).await;
        let id: InvoiceId = id.parse().expect("an id");
        let verdict = self.app.store().read(&scope, async |tx| app::invoices::verify(tx, id).await).await;
        assert!(verdict.as_ref().is_ok_and(app::invoices::Verdict::is_equal), "{verdict:?}");
        issued
    }

    /// What the credit notes come to and say, the first that was issued first.
    async fn notes(&self) -> Vec<(i64, String)> {
        let mut notes = self.get("/msp/credit-notes").await["items"].as_array().expect("a list").clone();
        notes.reverse();
        let said = |note: &Value| (minor(note, "total"), note["reason"].as_str().expect("a text").to_owned());
        notes.iter().map(said).collect()
    }

    /// What the accounts hold that hold anything, in minor units; they balance.
    async fn balances(&self) -> Vec<(String, i64)> {
        let found = self.get("/msp/ledger/balances").await;
        let account = |it: &Value| (it["account"].as_str().expect("a text").to_owned(), minor(it, "balance"));
        let mut found: Vec<_> = found["accounts"].as_array().expect("a list").iter().map(account).collect();
        assert_eq!(found.iter().map(|(_, minor)| minor).sum::<i64>(), 0, "{found:?}");
        found.retain(|(_, minor)| *minor != 0);
        found
    }

    async fn close(self) {
        self.app.finish().await;
    }
}

fn minor(value: &Value, name: &str) -> i64 {
    value[name]["amount_minor"].as_i64().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn not_used(amount: i64, days: &str) -> (i64, String) {
    (amount, format!("Charged in advance and not used: {days}"))
}

/// Description, days, what is included, what is charged, and the amount of the lines.
fn lines(invoice: &Value) -> Vec<String> {
    let line = |line: &Value| {
        let text = |name: &str| line[name].as_str().expect("a text");
        let days = format!("{}..{}", text("service_start"), text("service_end"));
        let figures = format!("{} + {}", text("included"), text("quantity"));
        format!("{} {days} {figures}: {}", text("description"), minor(line, "amount"))
    };
    invoice["lines"].as_array().expect("a list").iter().map(line).collect()
}

#[actix_web::test]
async fn what_a_plan_charges_and_grants_per_period_is_so_many_times() {
    let shop = Shop::open().await;
    let id = shop.subscribe("SEATS", "2025-10-01", 25).await;
    shop.used("2025-10-05", 800).await;
    assert_eq!(shop.subscription().await["quantity"], 25);
    // 31.00 × 25 = 775.00; of 800 are 31 × 25 = 775 included: 25 × 2.00.
    let expected =
        ["SEATS 2025-10-01..2025-11-01 0 + 25: 77500", "Hosts 2025-10-01..2025-11-01 775 + 25: 5000"];
    let upcoming = shop.get(&format!("/msp/subscriptions/{id}/upcoming?period=2025-10")).await;
    assert_eq!((lines(&upcoming), minor(&upcoming, "total")), (expected.map(str::to_owned).into(), 82_500));
    let dry = shop.get("/msp/invoice-runs/preview?period=2025-10").await;
    assert_eq!(minor(&dry["items"][0], "total"), 82_500);
    let issued = shop.issue("2025-10").await;
    assert_eq!(lines(&issued), expected);
    assert_eq!(issued["lines"][0]["unit_price"], "31");
    let steps = json!([{"step": "flat", "amount": "31"}, {"step": "times", "full": "31", "quantity": 25},
                       {"step": "rounded", "amount": {"amount_minor": 77_500, "currency": "USD"}}]);
    assert_eq!(issued["lines"][0]["derivation"], steps);
    assert_eq!(
        issued["lines"][1]["derivation"][1],
        json!({"step": "allowance_times", "full": "31", "quantity": 25})
    );
    let pdf = format!("/api/v1/msp/invoices/{}/pdf", issued["id"].as_str().expect("an id"));
    assert!(shop.admin().await.get(&pdf).await.expect(200).body.starts_with(b"%PDF"));
    // The same is said of prices that nobody has yet, and of others in place of those.
    let body = json!({"plan_id": "SEATS", "quantity": 25, "period": {"start": "2025-10-01", "end": "2025-11-01"},
                      "usage": [{"metric": "hosts", "quantity": "800"}]});
    let rated = shop.admin().await.post("/api/v1/msp/pricing/preview", &body).await.expect(200).json;
    assert_eq!(minor(&rated, "total"), 82_500);
    let mut dearer = plan("SEATS", 6_200, ("month", "calendar", "arrears"), Some("31"));
    dearer.as_object_mut().expect("an object").remove("code");
    shop.admin().await.put("/api/v1/msp/plans/SEATS", &dearer).await.expect(200);
    let moved = shop.get("/msp/plans/SEATS/migration?effective_on=2025-12-01").await;
    let moved = &moved["items"][0];
    assert_eq!((minor(moved, "before"), minor(moved, "after")), (82_500, 160_000));
    // The home page: a month by one quantity, and one in which that changes.
    assert_eq!(minor(&shop.get("/msp/portfolio").await, "revenue_this_month"), 77_500);
    shop.change(&id, json!({"kind": "quantity", "quantity": 10})).await;
    // 31.00 × 25 × 14 ÷ 30 = 361.666…, 31.00 × 10 × 16 ÷ 30 = 165.333…
    assert_eq!(minor(&shop.get("/msp/portfolio").await, "revenue_this_month"), 36_167 + 16_533);
    // What comes late for October is corrected by the quantity that it had.
    shop.used("2025-10-06", 5).await;
    let november = shop.issue("2025-11").await;
    assert_eq!(lines(&november).last().expect("a line"), "Hosts 2025-10-01..2025-11-01 0 + 5: 1000");
    shop.close().await;
}

#[actix_web::test]
async fn another_quantity_cuts_the_month_and_each_part_is_rounded_by_itself() {
    let shop = Shop::open().await;
    let id = shop.subscribe("SEATS", "2025-10-01", 2).await;
    shop.used("2025-10-05", 30).await;
    shop.used("2025-10-25", 120).await;
    let more = json!({"kind": "quantity", "quantity": 5, "on": "2025-10-11"});
    let preview = shop.preview(&id, more.clone()).await;
    // As it is: 31.00 × 2, and of 150 are 62 included: 88 × 2.00.
    let october = &preview["months"][0];
    assert_eq!(minor(&october["before"], "total"), 6_200 + 17_600);
    assert_eq!(minor(&preview["months"][1]["after"], "total"), 15_500);
    assert_eq!(preview["credited"], Value::Null);
    let kept = shop.subscription().await;
    assert_eq!((&kept["changes"], &kept["quantity"]), (&json!([]), &json!(2)), "nothing was kept");
    let changed = shop.change(&id, more).await;
    assert_eq!((&changed["quantity"], &changed["changes"][0]["quantity"]), (&json!(5), &json!(5)));
    assert_eq!(changed["changes"][0]["kind"], "quantity");
    let issued = shop.issue("2025-10").await;
    assert_eq!(
        lines(&issued),
        [
            // 31.00 × 2 × 10 ÷ 31, and 31 × 2 × 10 ÷ 31 = 20 of 30 are included: 10 × 2.00.
            "SEATS 2025-10-01..2025-10-11 0 + 2: 2000",
            "Hosts 2025-10-01..2025-10-11 20 + 10: 2000",
            // 31.00 × 5 × 21 ÷ 31, and 31 × 5 × 21 ÷ 31 = 105 of 120 are included: 15 × 2.00.
            "SEATS 2025-10-11..2025-11-01 0 + 5: 10500",
            "Hosts 2025-10-11..2025-11-01 105 + 15: 3000",
        ]
    );
    assert_eq!(lines(&october["after"]), lines(&issued), "as the preview has said");
    // What is billed changes no more.
    let late = json!({"kind": "quantity", "quantity": 6, "on": "2025-10-31"});
    let path = format!("/api/v1/msp/subscriptions/{id}/changes");
    let refused = shop.admin().await.post(&path, &late).await.expect(422);
    assert_eq!(refused.json["errors"][0]["pointer"], "/on");
    assert_eq!(refused.json["errors"][0]["code"], "billed");
    shop.close().await;
}

#[actix_web::test]
async fn a_quantity_of_the_next_period_can_be_taken_back_and_a_plan_changes_beside_it() {
    let shop = Shop::open().await;
    let id = shop.subscribe("SEATS", "2025-11-01", 2).await;
    let planned = shop.change(&id, json!({"kind": "quantity", "quantity": 5, "at": "period_end"})).await;
    assert_eq!(planned["quantity"], 2, "today it is as it was");
    let ahead = &planned["changes"][0];
    assert_eq!((&ahead["effective_on"], &ahead["quantity"]), (&json!("2025-12-01"), &json!(5)));
    let total = async |period| {
        minor(&shop.get(&format!("/msp/subscriptions/{id}/upcoming?period={period}")).await, "total")
    };
    assert_eq!((total("2025-11").await, total("2025-12").await), (6_200, 15_500));
    let revoke = format!("/api/v1/msp/subscription-changes/{}", ahead["id"].as_str().expect("an id"));
    shop.admin().await.delete(&revoke).await.expect(200);
    assert_eq!(total("2025-12").await, 6_200);
    // On one day the quantity, the plan and a pause are three changes; of one kind the later one counts.
    let day = "2025-12-01";
    for body in [
        json!({"kind": "quantity", "quantity": 4, "on": day}),
        json!({"kind": "plan", "plan": "AHEAD", "on": day}),
        json!({"kind": "pause", "on": day}),
        json!({"kind": "quantity", "quantity": 3, "on": day}),
    ] {
        shop.change(&id, body).await;
    }
    let found = shop.subscription().await;
    let kinds: Vec<_> = found["changes"].as_array().expect("a list").iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["pause", "plan", "quantity"]);
    // Another quantity ends no pause, for the rules and for the database.
    shop.change(&id, json!({"kind": "quantity", "quantity": 7, "on": "2025-12-05"})).await;
    shop.days(25).await;
    let found = shop.subscription().await;
    assert_eq!((&found["status"], &found["quantity"]), (&json!("paused"), &json!(7)));
    assert_eq!(shop.get("/msp/subscriptions?status=paused").await["items"][0]["id"], json!(id));
    // Who made the change can be seen.
    let events = shop.get("/msp/events?limit=200").await;
    let changed = |it: &&Value| it["type"] == "subscription.quantity_changed";
    let last = events["items"].as_array().expect("a list").iter().find(changed).expect("an event").clone();
    assert_eq!((&last["data"]["from"], &last["data"]["to"]), (&json!(3), &json!(7)));
    shop.close().await;
}

#[actix_web::test]
async fn days_charged_in_advance_are_given_back_and_charged_anew() {
    let shop = Shop::open().await;
    let id = shop.subscribe("AHEAD", "2025-10-01", 10).await;
    assert_eq!(
        lines(&shop.issue("2025-10").await),
        ["AHEAD 2025-10-01..2025-11-01 0 + 10: 31000", "AHEAD 2025-11-01..2025-12-01 0 + 10: 31000"]
    );
    let more = json!({"kind": "quantity", "quantity": 12});
    let preview = shop.preview(&id, more.clone()).await;
    // 310.00 × 14 ÷ 30 = 144.666… is kept.
    assert_eq!(minor(&preview, "credited"), 16_533);
    // 31.00 × 12 × 16 ÷ 30, and 31.00 × 12.
    let expected =
        ["AHEAD 2025-11-15..2025-12-01 0 + 12: 19840", "AHEAD 2025-12-01..2026-01-01 0 + 12: 37200"];
    assert_eq!(lines(&preview["months"][0]["after"]), expected);
    shop.change(&id, more).await;
    shop.days(0).await;
    let note = not_used(16_533, "15 November 2025 – 30 November 2025");
    assert_eq!(shop.notes().await, std::slice::from_ref(&note));
    assert_eq!(lines(&shop.issue("2025-11").await), expected);
    // With the next month: nothing has been charged for it otherwise.
    shop.change(&id, json!({"kind": "quantity", "quantity": 4, "on": "2026-01-01"})).await;
    shop.days(30).await;
    assert_eq!(lines(&shop.issue("2025-12").await), ["AHEAD 2026-01-01..2026-02-01 0 + 4: 12400"]);
    // Nothing is given back twice, and all is earned.
    shop.days(60).await;
    assert_eq!(shop.notes().await, [note]);
    let earned = 62_000 - 16_533 + 19_840 + 37_200 + 12_400;
    let held = [("receivable".to_owned(), earned), ("revenue".to_owned(), -earned)];
    assert_eq!(shop.balances().await, held);
    shop.close().await;
}

#[actix_web::test]
async fn what_is_kept_at_an_end_is_what_the_last_quantity_has_charged() {
    let shop = Shop::open().await;
    let id = shop.subscribe("YEAR-AHEAD", "2025-10-10", 3).await;
    assert_eq!(lines(&shop.issue("2025-10").await), ["YEAR-AHEAD 2025-10-10..2026-10-10 0 + 3: 360000"]);
    shop.change(&id, json!({"kind": "quantity", "quantity": 2})).await;
    shop.days(0).await;
    // 3,600.00 × 36 ÷ 365 = 355.068… is kept.
    let note = not_used(324_493, "15 November 2025 – 9 October 2026");
    assert_eq!(shop.notes().await, std::slice::from_ref(&note));
    // 1,200.00 × 2 × 329 ÷ 365 = 2,163.287…
    assert_eq!(lines(&shop.issue("2025-11").await), ["YEAR-AHEAD 2025-11-15..2026-10-10 0 + 2: 216329"]);
    let end = json!({"ends_on": "2025-12-10", "credit_unused": false});
    let admin = shop.admin().await;
    let cancel = format!("{}/cancel", admin.subscription("ACME").await);
    admin.post(&cancel, &end).await.expect(200);
    shop.days(40).await;
    assert_eq!(shop.notes().await, [note]);
    shop.close().await;
}

#[actix_web::test]
async fn a_fee_in_arrears_ends_with_the_quantity_and_recurs_by_it() {
    let shop = Shop::open().await;
    let id = shop.subscribe("YEAR", "2025-01-01", 2).await;
    // Each month bears a twelfth, twice.
    let revenue = shop.get("/msp/revenue?months=1").await;
    assert_eq!(minor(&revenue["months"][0], "recurring"), 20_000);
    shop.change(&id, json!({"kind": "quantity", "quantity": 3, "on": "2025-11-01"})).await;
    // 1,200.00 × 2 × 304 ÷ 365 = 1,998.904…; 1,200.00 × 3 × 61 ÷ 365 = 601.643…
    let november = lines(&shop.issue("2025-11").await);
    assert_eq!(november, ["YEAR 2025-01-01..2025-11-01 0 + 2: 199890"]);
    shop.days(20).await;
    assert_eq!(lines(&shop.draft("2025-12").await), ["YEAR 2025-11-01..2026-01-01 0 + 3: 60164"]);
    shop.close().await;
}

#[actix_web::test]
async fn another_quantity_keeps_nobody_paused_who_has_paid() {
    let shop = Shop::open().await;
    let settings = json!({"payment_days": 0, "dunning": [{"days": 1, "action": "pause"}]});
    shop.admin().await.put("/api/v1/msp/billing", &settings).await.expect(200);
    let id = shop.subscribe("SEATS", "2025-10-01", 2).await;
    let october = shop.issue("2025-10").await;
    shop.days(2).await;
    let status = async || shop.subscription().await["status"].clone();
    assert_eq!(status().await, "paused");
    shop.days(1).await;
    shop.change(&id, json!({"kind": "quantity", "quantity": 3})).await;
    assert_eq!(status().await, "paused");
    let transfer = json!({"reference": "Wire 1", "amount": october["total"]});
    let path = format!("/api/v1/msp/invoices/{}/payments", october["id"].as_str().expect("an id"));
    shop.admin().await.post(&path, &transfer).await.expect(201);
    shop.app.drain().await;
    assert_eq!(status().await, "active");
    shop.close().await;
}

#[actix_web::test]
async fn the_customer_sees_how_many_times_it_is_subscribed() {
    let shop = Shop::open().await;
    let owner = shop.app.client("northwind_a_owner").await;
    let path = format!("/api/v1/msp/customers/{}/subscriptions", shop.app.northwind.a);
    shop.admin().await.post(&path, &json!({"plan": "SEATS", "quantity": 25})).await.expect(201);
    let seen = owner.get("/api/v1/portal/overview").await.expect(200).json;
    assert_eq!(seen["plans"], json!([{"name": "SEATS", "quantity": 25, "starts_on": "2025-11-15"}]));
    shop.close().await;
}

#[actix_web::test]
async fn the_largest_quantity_fits_and_what_does_not_is_refused() {
    let shop = Shop::open().await;
    shop.subscribe("HUGE", "2025-10-01", 1_000_000).await;
    shop.used("2025-10-05", 1).await;
    // Ten thousand million a month, and as many included, a million times.
    assert_eq!(
        lines(&shop.issue("2025-10").await),
        [
            "HUGE 2025-10-01..2025-11-01 0 + 1000000: 1000000000000000000",
            "Hosts 2025-10-01..2025-11-01 10000000000000000 + 0: 0"
        ]
    );
    let body = json!({"currency": "USD", "quantity": 1_000_000, "usage": [], "plan": {"name": "P", "components": [
        {"metric": "m", "name": "M", "unit": "u", "price": {"model": "graduated", "tiers":
            [{"from": "0", "up_to": null, "unit_price": "1", "flat_fee": "10000000000"}]}}],
        "base_fee": "10000000000", "minimum": "10000000000"}});
    shop.admin().await.post("/api/v1/msp/pricing/preview", &body).await.expect(200);
    shop.close().await;
}

#[actix_web::test]
async fn a_quantity_is_a_whole_number_from_one_to_a_million() {
    let shop = Shop::open().await;
    let admin = shop.admin().await;
    let refused = async |path: &str, body: &Value, field: &str| {
        let refused = admin.post(path, body).await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], field, "{path} {body}");
    };
    let wrong = [json!(0), json!(1_000_001), json!(-1), json!(1.5), json!("2"), json!(4_294_967_297_u64)];
    for quantity in &wrong {
        refused(SUBSCRIPTIONS, &json!({"plan": "SEATS", "quantity": quantity}), "/quantity").await;
        let body = json!({"plan_id": "SEATS", "quantity": quantity});
        refused("/api/v1/msp/pricing/preview", &body, "/quantity").await;
    }
    let made = admin.post(SUBSCRIPTIONS, &json!({"plan": "SEATS"})).await.expect(201);
    assert_eq!(made.json["quantity"], 1, "once where it is not said");
    for path in ["changes", "changes/preview"] {
        let path = format!("/api/v1/msp/subscriptions/{}/{path}", made.text("/id"));
        for quantity in &wrong {
            refused(&path, &json!({"kind": "quantity", "quantity": quantity}), "/quantity").await;
        }
        refused(&path, &json!({"kind": "quantity"}), "/quantity").await;
        refused(&path, &json!({"kind": "pause", "quantity": 2}), "/quantity").await;
        refused(&path, &json!({"kind": "plan", "plan": "AHEAD", "quantity": 2}), "/quantity").await;
        refused(&path, &json!({"kind": "quantity", "quantity": 2, "plan": "AHEAD"}), "/plan").await;
        refused(&path, &json!({"kind": "quantity", "quantity": 2, "on": "2025-11-14"}), "/on").await;
        let same = admin.post(&path, &json!({"kind": "quantity", "quantity": 1})).await.expect(409);
        assert_eq!(same.code(), "no_change");
    }
    let id = made.text("/id");
    admin.post(&format!("{}/cancel", admin.subscription("ACME").await), &Value::Null).await.expect(200);
    shop.days(2).await;
    let path = format!("/api/v1/msp/subscriptions/{id}/changes");
    let ended = shop.admin().await.post(&path, &json!({"kind": "quantity", "quantity": 2})).await.expect(409);
    assert_eq!(ended.code(), "subscription_ended");
    shop.close().await;
}
