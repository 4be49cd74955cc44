//! Base fees with a rhythm of their own are charged when their period is over, each day once and to the cent.

use actix_web::http::Method;
use domain::ids::InvoiceId;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

const SUBSCRIPTION: &str = "/api/v1/msp/customers/ACME/subscriptions";

fn plan(code: &str, fee: i64, rhythm: (&str, &str), components: &Value) -> Value {
    json!({"code": code, "name": code, "base_fee": {"amount_minor": fee, "currency": "USD"},
           "fee_interval": rhythm.0, "fee_anchor": rhythm.1, "components": components})
}

fn hosts() -> Value {
    json!([{"metric": "hosts", "name": "Hosts", "price": {"model": "unit", "unit_price": "2"}}])
}

/// Plans of several rhythms and a customer. The clock stands in November 2025.
async fn world(app: &TestApp) -> Client {
    let admin = app.client("northwind_admin").await;
    let metric = json!({"key": "hosts", "name": "Hosts", "unit": "host"});
    admin.post("/api/v1/msp/metrics", &metric).await.expect(201);
    for plan in [
        plan("MONTH", 3_100, ("month", "calendar"), &json!([])),
        plan("YEAR", 120_000, ("year", "calendar"), &json!([])),
        plan("YEAR-HOSTS", 120_000, ("year", "calendar"), &hosts()),
        plan("QUARTER", 92_000, ("quarter", "calendar"), &hosts()),
        plan("FROM-DAY", 3_100, ("month", "anniversary"), &json!([])),
    ] {
        admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    }
    customer(&admin, "ACME").await;
    admin
}

async fn customer(admin: &Client, code: &str) {
    let body = json!({"company_name": code, "code": code});
    admin.post("/api/v1/msp/customers", &body).await.expect(201);
}

async fn subscribe(admin: &Client, plan: &str, starts_on: &str) -> String {
    let body = json!({"plan": plan, "starts_on": starts_on});
    admin.post(SUBSCRIPTION, &body).await.expect(201).text("/id").to_owned()
}

async fn change(admin: &Client, id: &str, body: Value) {
    let path = format!("/api/v1/msp/subscriptions/{id}/changes");
    admin.post(&path, &body).await.expect(200);
}

async fn usage(admin: &Client, day: &str, quantity: i64) {
    let event = json!({"specversion": "1.0", "id": day, "source": "test", "type": "hosts", "subject": "ACME",
        "time": format!("{day}T12:00:00Z"), "data": {"quantity": quantity}});
    let request = admin.request(Method::POST, "/api/v1/ingest/events");
    request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
}

async fn draft(admin: &Client, period: &str) -> Value {
    let body = json!({"customer": "ACME", "period": period});
    admin.post("/api/v1/msp/invoices", &body).await.expect(201).json
}

/// There is no invoice for this month.
async fn nothing(admin: &Client, period: &str) {
    let body = json!({"customer": "ACME", "period": period});
    let refused = admin.post("/api/v1/msp/invoices", &body).await.expect(409);
    assert_eq!(refused.text("/code"), "nothing_to_bill", "{period}");
}

/// Issues the invoice of a month, and computes it again.
async fn issue(app: &TestApp, admin: &Client, period: &str) -> Value {
    let path = format!(
        "/api/v1/msp/invoices/{}/finalize",
        draft(admin, period).await["id"].as_str().expect("an id")
    );
    let issued = admin.post(&path, &json!({})).await.expect(200).json;
    app.drain().await;
    let scope = app.tenant_scope(app.northwind.tenant).await;
    let id: InvoiceId = issued["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let verdict =
        app.store().read(&scope, async |tx| app::invoices::verify(tx, id).await).await.expect("it is rated");
    assert!(verdict.is_equal(), "{verdict:?}");
    issued
}

/// Description, days and amount of the lines; the period of the fee where it is not the invoice's.
fn lines(invoice: &Value) -> Vec<String> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let lines = invoice["lines"].as_array().expect("a list").iter();
    lines
        .map(|line| {
            let of = match line["fee_start"].as_str() {
                Some(start) => format!(" of {start}..{}", text(line, "fee_end")),
                None => String::new(),
            };
            let (name, amount) = (text(line, "description"), &line["amount"]["amount_minor"]);
            format!("{name} {}..{}{of}: {amount}", text(line, "service_start"), text(line, "service_end"))
        })
        .collect()
}

#[actix_web::test]
async fn a_year_is_charged_when_it_is_over_by_the_days_of_a_leap_year() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    subscribe(&admin, "YEAR", "2024-03-01").await;
    for month in ["2024-03", "2024-11", "2025-01", "2025-11"] {
        nothing(&admin, month).await;
    }
    let december = issue(&app, &admin, "2024-12").await;
    // 1,200.00 × 306 ÷ 366 = 1,003.278…
    assert_eq!(lines(&december), ["YEAR 2024-03-01..2025-01-01 of 2024-01-01..2025-01-01: 100328"]);
    assert_eq!(
        december["lines"][0]["derivation"],
        json!([
            {"step": "flat", "amount": "1200"},
            {"step": "prorated", "full": "1200", "days": 306, "of": 366},
            {"step": "rounded", "amount": {"amount_minor": 100_328, "currency": "USD"}},
        ])
    );
    assert_eq!(
        (december["period_start"].as_str(), december["period_end"].as_str()),
        (Some("2024-12-01"), Some("2025-01-01"))
    );
    let pdf = admin.get(&format!("/api/v1/msp/invoices/{}/pdf", december["id"].as_str().unwrap())).await;
    assert!(pdf.expect(200).body.starts_with(b"%PDF"));
    // What is charged once does not wait for the fee.
    let charge = json!({"description": "Setup", "unit_price": "30"});
    admin.post("/api/v1/msp/customers/ACME/one-off-charges", &charge).await.expect(201);
    let run = admin.post("/api/v1/msp/invoice-runs", &json!({"period": "2025-10"})).await.expect(202);
    assert_eq!(run.json["due"], 1);
    app.drain().await;
    let found = admin.get("/api/v1/msp/invoices?customer=ACME&period=2025-10").await.expect(200);
    let invoice = admin.get(&format!("/api/v1/msp/invoices/{}", found.text("/items/0/id"))).await.expect(200);
    assert_eq!(lines(&invoice.json), ["Setup 2025-10-01..2025-11-01: 3000"]);
    app.finish().await;
}

#[actix_web::test]
async fn an_anniversary_on_the_31st_comes_back_after_shorter_months() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    subscribe(&admin, "FROM-DAY", "2024-08-31").await;
    nothing(&admin, "2024-08").await;
    for (month, from, until) in [
        ("2024-09", "2024-08-31", "2024-09-30"),
        ("2024-10", "2024-09-30", "2024-10-31"),
        ("2025-01", "2024-12-31", "2025-01-31"),
        ("2025-02", "2025-01-31", "2025-02-28"),
        ("2025-03", "2025-02-28", "2025-03-31"),
        ("2025-04", "2025-03-31", "2025-04-30"),
    ] {
        let expected = format!("FROM-DAY {from}..{until} of {from}..{until}: 3100");
        assert_eq!(lines(&issue(&app, &admin, month).await), [expected], "{month}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn what_a_change_or_an_end_cuts_off_is_charged_then() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let id = subscribe(&admin, "YEAR", "2025-01-01").await;
    // Moved on the 1st of a month, the month before may be billed: it is charged with the month that begins.
    change(&admin, &id, json!({"kind": "plan", "plan": "MONTH", "on": "2025-07-01"})).await;
    change(&admin, &id, json!({"kind": "plan", "plan": "QUARTER", "on": "2025-08-16"})).await;
    nothing(&admin, "2025-06").await;
    let july = issue(&app, &admin, "2025-07").await;
    // 1,200.00 × 181 ÷ 365 = 595.068…
    assert_eq!(
        lines(&july),
        [
            "YEAR 2025-01-01..2025-07-01 of 2025-01-01..2026-01-01: 59507",
            "MONTH 2025-07-01..2025-08-01: 3100"
        ]
    );
    assert_eq!(july["subscriptions"][0]["plan_name"], "MONTH");
    usage(&admin, "2025-08-20", 5).await;
    let august = issue(&app, &admin, "2025-08").await;
    assert_eq!(lines(&august), ["MONTH 2025-08-01..2025-08-16: 1500", "Hosts 2025-08-16..2025-09-01: 1000"]);
    let cancel = format!("{}/cancel", admin.subscription("ACME").await);
    admin.post(&cancel, &json!({"ends_on": "2025-10-11"})).await.expect(200);
    // 920.00 × 46 ÷ 92; then 920.00 × 10 ÷ 92 of the next quarter.
    assert_eq!(
        lines(&issue(&app, &admin, "2025-09").await),
        [
            "QUARTER 2025-08-16..2025-10-01 of 2025-07-01..2025-10-01: 46000",
            "Hosts 2025-09-01..2025-10-01: 0"
        ]
    );
    assert_eq!(
        lines(&issue(&app, &admin, "2025-10").await),
        [
            "QUARTER 2025-10-01..2025-10-11 of 2025-10-01..2026-01-01: 10000",
            "Hosts 2025-10-01..2025-10-11: 0"
        ]
    );
    app.finish().await;
}

#[actix_web::test]
async fn days_of_rest_and_trial_are_not_charged() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let body = json!({"plan": "QUARTER", "starts_on": "2025-04-01", "trial_days": 14});
    let id = admin.post(SUBSCRIPTION, &body).await.expect(201).text("/id").to_owned();
    change(&admin, &id, json!({"kind": "pause", "on": "2025-08-01"})).await;
    change(&admin, &id, json!({"kind": "resume", "on": "2025-08-11"})).await;
    change(&admin, &id, json!({"kind": "pause", "on": "2025-09-01"})).await;
    // 920.00 × 77 ÷ 91 = 778.461…
    let june = lines(&issue(&app, &admin, "2025-06").await);
    assert_eq!(june[0], "QUARTER 2025-04-15..2025-07-01 of 2025-04-01..2025-07-01: 77846");
    // It rests all September, and the quarter is over: each part is a line, 31 and 21 of 92 days.
    assert_eq!(
        lines(&issue(&app, &admin, "2025-09").await),
        [
            "QUARTER 2025-07-01..2025-08-01 of 2025-07-01..2025-10-01: 31000",
            "QUARTER 2025-08-11..2025-09-01 of 2025-07-01..2025-10-01: 21000"
        ]
    );
    nothing(&admin, "2025-10").await;
    app.finish().await;
}

#[actix_web::test]
async fn late_usage_and_a_void_leave_the_fee_as_it_was_billed() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let id = subscribe(&admin, "QUARTER", "2025-08-10").await;
    change(&admin, &id, json!({"kind": "plan", "plan": "YEAR-HOSTS", "on": "2025-09-01"})).await;
    usage(&admin, "2025-08-15", 3).await;
    let august = issue(&app, &admin, "2025-08").await;
    assert_eq!(lines(&august), ["Hosts 2025-08-10..2025-09-01: 600"]);
    // The fee is for the very days that August has billed.
    let september = issue(&app, &admin, "2025-09").await;
    assert_eq!(
        lines(&september),
        [
            "QUARTER 2025-08-10..2025-09-01 of 2025-07-01..2025-10-01: 22000",
            "Hosts 2025-09-01..2025-10-01: 0"
        ]
    );
    // It makes up for nothing of August: that can be taken back, and billed anew.
    let void =
        |invoice: &Value| format!("/api/v1/msp/invoices/{}/void", invoice["id"].as_str().expect("an id"));
    admin.post(&void(&august), &json!({"reason": "Wrong address"})).await.expect(200);
    assert_eq!(lines(&issue(&app, &admin, "2025-08").await), ["Hosts 2025-08-10..2025-09-01: 600"]);
    // Nor is it taken back by what came late.
    usage(&admin, "2025-08-16", 4).await;
    assert_eq!(
        lines(&issue(&app, &admin, "2025-10").await),
        ["Hosts 2025-10-01..2025-11-01: 0", "Hosts 2025-08-10..2025-09-01: 800"]
    );
    // Voided, the fee is charged by the invoice that takes its place.
    admin.post(&void(&september), &json!({"reason": "Wrong address"})).await.expect(200);
    assert_eq!(lines(&issue(&app, &admin, "2025-09").await), lines(&september));
    app.finish().await;
}

#[actix_web::test]
async fn an_end_leaves_no_fee_behind_and_taking_it_back_charges_none_twice() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let id = subscribe(&admin, "YEAR-HOSTS", "2025-01-01").await;
    issue(&app, &admin, "2025-09").await;
    let cancel = format!("{}/cancel", admin.subscription("ACME").await);
    let refused = admin.post(&cancel, &json!({"ends_on": "2025-10-01"})).await.expect(422);
    assert_eq!(refused.text("/errors/0/pointer"), "/ends_on");
    assert_eq!(refused.text("/errors/0/code"), "billed");
    admin.post(&cancel, &json!({"ends_on": "2025-12-01"})).await.expect(200);
    issue(&app, &admin, "2025-10").await;
    let november = issue(&app, &admin, "2025-11").await;
    // 1,200.00 × 334 ÷ 365 = 1,098.082…
    assert_eq!(lines(&november)[0], "YEAR-HOSTS 2025-01-01..2025-12-01 of 2025-01-01..2026-01-01: 109808");
    let reinstate = format!("/api/v1/msp/subscriptions/{id}/reinstate");
    let refused = admin.post(&reinstate, &json!({})).await.expect(409);
    assert_eq!(refused.text("/code"), "billed");
    app.finish().await;
}

#[actix_web::test]
async fn what_is_of_a_month_does_not_go_with_a_fee_of_other_days() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let mut wrong = plan("WRONG", 100, ("month", "anniversary"), &json!([]));
    wrong["minimum"] = json!("50");
    wrong["maximum"] = json!("500");
    wrong["discounts"] = json!([{"name": "Partner", "percent": "10"}, {"name": "Goodwill", "amount": "5"}]);
    let refused = admin.post("/api/v1/msp/plans", &wrong).await.expect(422);
    let errors = refused.json["errors"].as_array().expect("errors").iter();
    let pointers: Vec<_> = errors.map(|error| error["pointer"].as_str().expect("a pointer")).collect();
    assert_eq!(pointers, ["/discounts/1/amount", "/minimum", "/maximum"]);
    let unknown = plan("WRONG", 100, ("week", "calendar"), &json!([]));
    let refused = admin.post("/api/v1/msp/plans", &unknown).await.expect(422);
    assert_eq!(refused.text("/errors/0/pointer"), "/fee_interval");

    // Percent come off the fee and off the month, each by itself.
    let mut partner = plan("PARTNER", 92_000, ("quarter", "calendar"), &hosts());
    partner["discounts"] = json!([{"name": "Partner", "percent": "10"}]);
    let made = admin.post("/api/v1/msp/plans", &partner).await.expect(201).json;
    assert_eq!((&made["fee_interval"], &made["fee_anchor"]), (&json!("quarter"), &json!("calendar")));
    subscribe(&admin, "PARTNER", "2025-09-01").await;
    usage(&admin, "2025-09-05", 10).await;
    let of = " of 2025-07-01..2025-10-01";
    assert_eq!(
        lines(&issue(&app, &admin, "2025-09").await),
        [
            format!("PARTNER 2025-09-01..2025-10-01{of}: 30000"),
            format!("Partner 2025-09-01..2025-10-01{of}: -3000"),
            "Hosts 2025-09-01..2025-10-01: 2000".to_owned(),
            "Partner 2025-09-01..2025-10-01: -200".to_owned(),
        ]
    );
    app.finish().await;
}

#[actix_web::test]
async fn a_price_keeps_its_rhythm_and_a_move_is_shown_by_the_month() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let id = subscribe(&admin, "YEAR", "2025-01-01").await;
    let read = admin.get("/api/v1/msp/plans/YEAR").await.expect(200).json;
    let update = |fee: i64, interval: &str| json!({"name": "YEAR", "base_fee": {"amount_minor": fee, "currency": "USD"}, "fee_interval": interval});
    let changed = admin.put("/api/v1/msp/plans/YEAR", &update(30_000, "quarter")).await.expect(200).json;
    assert_ne!(changed["price_version"], read["price_version"], "the rhythm is a part of the price");
    let versions = admin.get("/api/v1/msp/plans/YEAR/prices").await.expect(200).json;
    let intervals: Vec<_> = (0..2).map(|place| &versions["items"][place]["fee_interval"]).collect();
    assert_eq!(intervals, ["quarter", "year"]);
    // A twelfth of 1,200.00, and a third of 300.00.
    let moved = admin.get("/api/v1/msp/plans/YEAR/migration").await.expect(200).json;
    assert_eq!(moved["items"][0]["before"]["amount_minor"], 10_000);
    assert_eq!(moved["items"][0]["after"]["amount_minor"], 10_000);
    // What a change does to the invoices is shown as they will be.
    let change = json!({"kind": "plan", "plan": "MONTH", "on": "2025-12-01"});
    let path = format!("/api/v1/msp/subscriptions/{id}/changes/preview");
    let preview = admin.post(&path, &change).await.expect(200).json;
    assert_eq!(preview["months"][0]["before"]["total"]["amount_minor"], 120_000);
    // 1,200.00 × 334 ÷ 365, and 31.00.
    assert_eq!(preview["months"][0]["after"]["total"]["amount_minor"], 109_808 + 3_100);
    assert_eq!(preview["months"][1]["before"]["total"], Value::Null);
    app.finish().await;
}

#[actix_web::test]
async fn the_preview_of_a_price_has_the_whole_fee() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let body = json!({
        "currency": "USD", "period": {"start": "2025-10-01", "end": "2025-11-01"},
        "service": {"start": "2025-10-01", "end": "2025-10-11"},
        "plan": {"name": "Year", "base_fee": "1200", "fee_interval": "year", "fee_anchor": "anniversary",
            "components": [{"metric": "hosts", "name": "Hosts", "unit": "host",
                            "price": {"model": "unit", "unit_price": "2"}}]},
        "usage": [{"metric": "hosts", "quantity": "3"}],
    });
    let rated = admin.post("/api/v1/msp/pricing/preview", &body).await.expect(200).json;
    assert_eq!(rated["lines"][0]["kind"], "base_fee");
    assert_eq!(rated["lines"][0]["amount"]["amount_minor"], 120_000);
    assert_eq!(rated["total"]["amount_minor"], 120_600);
    let stored = json!({"plan_id": "YEAR", "period": {"start": "2025-10-01", "end": "2025-11-01"}});
    let rated = admin.post("/api/v1/msp/pricing/preview", &stored).await.expect(200).json;
    assert_eq!(rated["total"]["amount_minor"], 120_000);
    app.finish().await;
}

fn minor(value: &Value, name: &str) -> i64 {
    value[name]["amount_minor"].as_i64().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[actix_web::test]
async fn revenue_and_the_home_page_count_it_by_the_month_and_when_it_is_due() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let id = subscribe(&admin, "YEAR", "2024-12-17").await;
    issue(&app, &admin, "2024-12").await;
    // A quarter from the 15th: one ends in November.
    customer(&admin, "BETA").await;
    admin
        .post("/api/v1/msp/plans", &plan("FROM-15TH", 9_000, ("quarter", "anniversary"), &json!([])))
        .await
        .expect(201);
    let body = json!({"plan": "FROM-15TH", "starts_on": "2025-08-15"});
    let beta = admin.post("/api/v1/msp/customers/BETA/subscriptions", &body).await.expect(201);
    let found = admin.get("/api/v1/msp/revenue?months=12").await.expect(200).json;
    let months = found["months"].as_array().expect("months");
    let told: Vec<_> =
        months.iter().map(|month| (month["period"].as_str().unwrap(), minor(month, "recurring"))).collect();
    // The running month is not over; nobody is to be billed anything for those before.
    assert_eq!((told.len(), told[11]), (12, ("2025-10", 13_000)));
    assert_eq!(told[1], ("2024-12", 4_839), "15 of 31 days of a twelfth");
    assert_eq!(told[2], ("2025-01", 10_000));
    // 30.00 × 17 ÷ 31 = 16.451…
    assert_eq!(told[9], ("2025-08", 11_645));
    // 1,200.00 × 15 ÷ 366 were billed, in December 2024.
    assert_eq!((minor(&months[1], "revenue"), minor(&months[2], "revenue")), (4_918, 0));
    let movements = |place: usize| {
        months[place]["movements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["movement"].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (movements(1), movements(2), movements(9), movements(11)),
        (vec!["new"], vec!["expansion"], vec!["new"], vec![])
    );
    assert_eq!(found["unbilled"], 0);
    // Nobody is to be billed anything for October: a run has nothing to do.
    let run = admin.post("/api/v1/msp/invoice-runs", &json!({"period": "2025-10"})).await.expect(202);
    assert_eq!(run.json["due"], 0);
    app.drain().await;
    // The running month has what falls due in it, also where it rests in all of it.
    let home = admin.get("/api/v1/msp/portfolio").await.expect(200).json;
    assert_eq!(minor(&home, "revenue_this_month"), 9_000);
    let rests = json!({"kind": "pause", "on": "2025-11-01"});
    change(&admin, beta.text("/id"), rests.clone()).await;
    change(&admin, &id, rests).await;
    let home = admin.get("/api/v1/msp/portfolio").await.expect(200).json;
    // 90.00 × 78 ÷ 92 = 76.304…
    assert_eq!(minor(&home, "revenue_this_month"), 7_630);
    let dry = admin.get("/api/v1/msp/invoice-runs/preview?period=2025-11").await.expect(200).json;
    let dry: Vec<_> = dry["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["customer_code"].as_str().unwrap(), minor(it, "total")))
        .collect();
    assert_eq!(dry, [("BETA", 7_630)]);
    let november = admin.get("/api/v1/msp/revenue?months=1&until=2025-11").await.expect(200).json;
    assert_eq!(november["unbilled"], 1, "a month that has only a fee is to be billed, too");
    let run = admin.post("/api/v1/msp/invoice-runs", &json!({"period": "2025-11"})).await.expect(202);
    assert_eq!(run.json["due"], 1);
    app.drain().await;
    let november = admin.get("/api/v1/msp/revenue?months=1&until=2025-11").await.expect(200).json;
    assert_eq!((&november["unbilled"], minor(&november["months"][0], "revenue")), (&json!(0), 7_630));
    app.finish().await;
}
