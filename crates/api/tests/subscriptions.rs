//! A subscription on trial, changed, paused and moved to new prices is charged for the days and by the prices that it had.

use serde_json::{Value, json};
use testkit::{Client, TestApp};

const SUBSCRIPTION: &str = "/api/v1/msp/customers/ACME/subscriptions";

/// Two plans and a customer. The clock stands in November 2025.
async fn world(app: &TestApp) -> Client {
    let admin = app.client("northwind_admin").await;
    let metric = json!({"key": "hosts", "name": "Hosts", "unit": "host"});
    admin.post("/api/v1/msp/metrics", &metric).await.expect(201);
    for (code, fee, price) in [("SMALL", 3_100, "2"), ("LARGE", 9_300, "1")] {
        admin.post("/api/v1/msp/plans", &plan(code, fee, price)).await.expect(201);
    }
    let customer = json!({"company_name": "Acme", "code": "ACME"});
    admin.post("/api/v1/msp/customers", &customer).await.expect(201);
    admin
}

fn plan(code: &str, fee: i64, price: &str) -> Value {
    json!({
        "code": code, "name": code, "base_fee": {"amount_minor": fee, "currency": "USD"},
        "components": [{"metric": "hosts", "name": "Hosts", "price": {"model": "unit", "unit_price": price}}],
    })
}

async fn subscribe(admin: &Client, body: Value) -> String {
    admin.post(SUBSCRIPTION, &body).await.expect(201).text("/id").to_owned()
}

async fn usage(admin: &Client, day: &str, quantity: i64) {
    let event = json!({"specversion": "1.0", "id": day, "source": "test", "type": "hosts", "subject": "ACME",
        "time": format!("{day}T12:00:00Z"), "data": {"quantity": quantity}});
    let request = admin.request(actix_web::http::Method::POST, "/api/v1/ingest/events");
    request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
}

async fn change(admin: &Client, id: &str, body: &Value) -> Value {
    let path = format!("/api/v1/msp/subscriptions/{id}/changes");
    admin.post(&path, body).await.expect(200).json
}

/// The lines of the customer's draft: description, first day, first day after, amount.
async fn draft(admin: &Client, period: &str) -> Vec<(String, String, String, i64)> {
    let body = json!({"customer": "ACME", "period": period});
    let draft = admin.post("/api/v1/msp/invoices", &body).await.expect(201);
    let text = |line: &Value, name: &str| line[name].as_str().expect("a text").to_owned();
    let lines = draft.json["lines"].as_array().expect("a list").iter();
    lines
        .map(|line| {
            let amount = line["amount"]["amount_minor"].as_i64().expect("a number");
            (text(line, "description"), text(line, "service_start"), text(line, "service_end"), amount)
        })
        .collect()
}

fn line(description: &str, from: &str, until: &str, amount: i64) -> (String, String, String, i64) {
    (description.into(), from.into(), until.into(), amount)
}

#[actix_web::test]
async fn each_plan_charges_its_own_days_and_their_usage() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let id = subscribe(&admin, json!({"plan": "SMALL", "starts_on": "2025-10-01"})).await;
    usage(&admin, "2025-10-05", 10).await;
    usage(&admin, "2025-10-25", 7).await;
    let upgrade = json!({"kind": "plan", "plan": "LARGE", "on": "2025-10-11"});
    let preview = admin
        .post(&format!("/api/v1/msp/subscriptions/{id}/changes/preview"), &upgrade)
        .await
        .expect(200)
        .json;
    // As it is: 31.00 + 17 × 2. As it would be: 31.00 × 10 ÷ 31 + 10 × 2 + 93.00 × 21 ÷ 31 + 7 × 1.
    assert_eq!(preview["months"][0]["before"]["total"]["amount_minor"], 6_500);
    assert_eq!(preview["months"][0]["after"]["total"]["amount_minor"], 1_000 + 2_000 + 6_300 + 700);
    assert_eq!(preview["months"][1]["after"]["total"]["amount_minor"], 9_300);
    assert_eq!(
        admin.get(&admin.subscription("ACME").await).await.expect(200).json["changes"],
        json!([]),
        "nothing was kept"
    );

    let changed = change(&admin, &id, &upgrade).await;
    assert_eq!((&changed["plan_code"], &changed["status"]), (&json!("LARGE"), &json!("active")));
    assert_eq!(
        draft(&admin, "2025-10").await,
        [
            line("SMALL", "2025-10-01", "2025-10-11", 1_000),
            line("Hosts", "2025-10-01", "2025-10-11", 2_000),
            line("LARGE", "2025-10-11", "2025-11-01", 6_300),
            line("Hosts", "2025-10-11", "2025-11-01", 700),
        ]
    );
    // Issued, it is sealed with both parts, and rates to the same lines again.
    let found = admin.get("/api/v1/msp/invoices?customer=ACME").await.expect(200);
    let invoice = found.text("/items/0/id").to_owned();
    admin.post(&format!("/api/v1/msp/invoices/{invoice}/finalize"), &json!({})).await.expect(200);
    app.drain().await;
    let scope = app.tenant_scope(app.northwind.tenant).await;
    let parsed = invoice.parse().expect("an id");
    let verdict = app.store().read(&scope, async |tx| app::invoices::verify(tx, parsed).await).await;
    assert!(verdict.expect("it can be verified").is_equal());
    let pdf = admin.get(&format!("/api/v1/msp/invoices/{invoice}/pdf")).await.expect(200);
    assert!(pdf.body.starts_with(b"%PDF"));

    // What is billed changes no more.
    for (path, body, field) in [
        ("changes", json!({"kind": "plan", "plan": "SMALL", "on": "2025-10-31"}), "/on"),
        ("changes", json!({"kind": "pause", "on": "2025-10-15"}), "/on"),
    ] {
        let refused = admin.post(&format!("/api/v1/msp/subscriptions/{id}/{path}"), &body).await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], field, "{body}");
        assert_eq!(refused.json["errors"][0]["code"], "billed", "{body}");
    }
    let refused = admin
        .post(&format!("{}/cancel", admin.subscription("ACME").await), &json!({"ends_on": "2025-10-20"}))
        .await
        .expect(422);
    assert_eq!(refused.json["errors"][0]["pointer"], "/ends_on");
    app.finish().await;
}

#[actix_web::test]
async fn a_trial_and_a_pause_are_not_charged() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let body = json!({"plan": "SMALL", "starts_on": "2025-09-20", "trial_days": 14});
    let id = subscribe(&admin, body).await;
    usage(&admin, "2025-10-01", 100).await;
    usage(&admin, "2025-10-04", 1).await;
    usage(&admin, "2025-10-15", 100).await;
    // All of September is trial: there is no invoice.
    let body = json!({"customer": "ACME", "period": "2025-09"});
    assert_eq!(admin.post("/api/v1/msp/invoices", &body).await.expect(409).code(), "nothing_to_bill");
    change(&admin, &id, &json!({"kind": "pause", "on": "2025-10-14"})).await;
    let twice = admin
        .post(
            &format!("/api/v1/msp/subscriptions/{id}/changes"),
            &json!({"kind": "pause", "on": "2025-10-15"}),
        )
        .await
        .expect(409);
    assert_eq!(twice.code(), "already_paused");
    change(&admin, &id, &json!({"kind": "resume", "on": "2025-10-24"})).await;
    // Charged are the 4th to the 13th and the 24th to the 31st: 10 and 8 of 31 days.
    assert_eq!(
        draft(&admin, "2025-10").await,
        [
            line("SMALL", "2025-10-04", "2025-10-14", 1_000),
            line("Hosts", "2025-10-04", "2025-10-14", 200),
            line("SMALL", "2025-10-24", "2025-11-01", 800),
            line("Hosts", "2025-10-24", "2025-11-01", 0),
        ]
    );
    let not_paused = admin
        .post(&format!("/api/v1/msp/subscriptions/{id}/changes"), &json!({"kind": "resume"}))
        .await
        .expect(409);
    assert_eq!(not_paused.code(), "not_paused");
    let over = admin.post(&format!("/api/v1/msp/subscriptions/{id}/trial"), &json!({})).await.expect(409);
    assert_eq!(over.code(), "no_trial");
    // Paused from now on: the month's invoice covers its days, charged or not.
    change(&admin, &id, &json!({"kind": "pause"})).await;
    assert_eq!(admin.get(&admin.subscription("ACME").await).await.expect(200).json["status"], "paused");
    let listed = admin.get("/api/v1/msp/subscriptions?status=paused").await.expect(200);
    assert_eq!(listed.json["items"][0]["id"], json!(id));
    assert_eq!(
        admin.get("/api/v1/msp/subscriptions?status=active").await.expect(200).json["items"],
        json!([])
    );
    app.finish().await;
}

#[actix_web::test]
async fn a_trial_is_cut_short_or_made_longer() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let today = app.clock.now().date_naive();
    let id = subscribe(&admin, json!({"plan": "SMALL", "starts_on": today, "trial_days": 30})).await;
    let trial = format!("/api/v1/msp/subscriptions/{id}/trial");
    assert_eq!(admin.get(&admin.subscription("ACME").await).await.expect(200).json["status"], "trial");
    let pause = json!({"kind": "pause"});
    let path = format!("/api/v1/msp/subscriptions/{id}/changes");
    assert_eq!(admin.post(&path, &pause).await.expect(422).json["errors"][0]["pointer"], "/on");
    let later = today + chrono::Days::new(60);
    let longer = admin.post(&trial, &json!({"ends_on": later})).await.expect(200);
    assert_eq!(longer.json["trial_ends_on"], json!(later));
    let past = today - chrono::Days::new(1);
    let refused = admin.post(&trial, &json!({"ends_on": past})).await.expect(422);
    assert_eq!(refused.json["errors"][0]["pointer"], "/ends_on");
    let ended = admin.post(&trial, &Value::Null).await.expect(200);
    assert_eq!((&ended.json["status"], &ended.json["trial_ends_on"]), (&json!("active"), &Value::Null));
    let long = json!({"plan": "SMALL", "trial_days": 731});
    let refused = admin.post(SUBSCRIPTION, &long).await.expect(422);
    assert_eq!(refused.json["errors"][0]["pointer"], "/trial_days");
    app.finish().await;
}

#[actix_web::test]
async fn what_lies_ahead_is_seen_and_can_be_taken_back() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let id = subscribe(&admin, json!({"plan": "SMALL", "starts_on": "2025-10-01"})).await;
    let planned = change(&admin, &id, &json!({"kind": "plan", "plan": "LARGE", "at": "period_end"})).await;
    assert_eq!(planned["plan_code"], "SMALL", "today it is as it was");
    let ahead = &planned["changes"][0];
    assert_eq!((&ahead["plan_code"], &ahead["kind"]), (&json!("LARGE"), &json!("plan")));
    assert_eq!(
        ahead["effective_on"],
        json!(domain::periods::Month::of(app.clock.now().date_naive()).offset(1).first_day())
    );
    let revoke = format!("/api/v1/msp/subscription-changes/{}", ahead["id"].as_str().unwrap());
    assert_eq!(admin.delete(&revoke).await.expect(200).json["changes"], json!([]));
    admin.delete(&revoke).await.expect(404);

    // A change in effect is not taken back, but changed again; the later one of a day counts.
    let now = change(&admin, &id, &json!({"kind": "plan", "plan": "LARGE"})).await;
    assert_eq!(now["plan_code"], "LARGE");
    let made = now["changes"][0]["id"].as_str().unwrap();
    let refused = admin.delete(&format!("/api/v1/msp/subscription-changes/{made}")).await.expect(409);
    assert_eq!(refused.code(), "change_in_effect");
    let again = change(&admin, &id, &json!({"kind": "plan", "plan": "SMALL"})).await;
    assert_eq!((&again["plan_code"], again["changes"].as_array().unwrap().len()), (&json!("SMALL"), 1));

    let path = format!("/api/v1/msp/subscriptions/{id}/changes");
    for (body, field) in [
        (json!({"kind": "plan"}), "/plan"),
        (json!({"kind": "plan", "plan": "NONE"}), "/plan"),
        (json!({"kind": "pause", "plan": "LARGE"}), "/plan"),
        (json!({"kind": "pause", "at": "now", "on": "2025-12-01"}), "/on"),
        (json!({"kind": "pause", "on": "2025-09-30"}), "/on"),
        (json!({"kind": "pause", "on": "2095-09-30"}), "/on"),
        (json!({"kind": "stop"}), "/kind"),
    ] {
        let refused = admin.post(&path, &body).await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], field, "{body}");
    }
    let same = admin.post(&path, &json!({"kind": "plan", "plan": "SMALL"})).await.expect(409);
    assert_eq!(same.code(), "no_change");

    // An end, too, can be taken back until it has come.
    let cancelled =
        admin.post(&format!("{}/cancel", admin.subscription("ACME").await), &Value::Null).await.expect(200);
    assert_eq!(cancelled.json["status"], "active", "today it still runs");
    let late = json!({"kind": "pause", "on": app.clock.now().date_naive() + chrono::Days::new(1)});
    assert_eq!(admin.post(&path, &late).await.expect(422).json["errors"][0]["pointer"], "/on");
    let reinstate = format!("/api/v1/msp/subscriptions/{id}/reinstate");
    assert_eq!(admin.post(&reinstate, &Value::Null).await.expect(200).json["ends_on"], Value::Null);
    assert_eq!(admin.post(&reinstate, &Value::Null).await.expect(409).code(), "not_cancelled");
    app.finish().await;
}

#[actix_web::test]
async fn who_is_subscribed_keeps_the_prices_until_moved() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let id = subscribe(&admin, json!({"plan": "SMALL", "starts_on": "2025-09-01"})).await;
    usage(&admin, "2025-10-05", 10).await;
    let mut dearer = plan("SMALL", 6_200, "3");
    dearer.as_object_mut().unwrap().remove("code");
    let edited = admin.put("/api/v1/msp/plans/SMALL", &dearer).await.expect(200);
    assert_eq!((&edited.json["version"], &edited.json["price_version"]), (&json!(2), &json!(2)));
    // A new description is no new price.
    dearer["description"] = json!("For small ones.");
    let described = admin.put("/api/v1/msp/plans/SMALL", &dearer).await.expect(200);
    assert_eq!((&described.json["version"], &described.json["price_version"]), (&json!(3), &json!(2)));
    assert_eq!(draft(&admin, "2025-10").await.iter().map(|line| line.3).sum::<i64>(), 3_100 + 2_000);

    let versions = admin.get("/api/v1/msp/plans/SMALL/prices").await.expect(200).json;
    let counts: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["version"].as_i64().unwrap(), it["subscriptions"].as_i64().unwrap()))
        .collect();
    assert_eq!(counts, [(2, 0), (1, 1)]);

    let day = domain::periods::Month::of(app.clock.now().date_naive()).offset(1).first_day();
    let path = "/api/v1/msp/plans/SMALL/migration";
    let preview = admin.get(&format!("{path}?effective_on={day}")).await.expect(200).json;
    let who = &preview["items"][0];
    assert_eq!((&who["customer_code"], &who["from_version"]), (&json!("ACME"), &json!(1)));
    // By the usage of October, the month before the clock's.
    assert_eq!(who["before"]["amount_minor"], 3_100 + 2_000);
    assert_eq!(who["after"]["amount_minor"], 6_200 + 3_000);
    let refused = admin.post(path, &json!({"effective_on": "2025-10-01"})).await.expect(422);
    assert_eq!(refused.json["errors"][0]["pointer"], "/effective_on");
    let moved = admin.post(path, &json!({"effective_on": day})).await.expect(200).json;
    assert_eq!(moved, json!({"moved": 1, "billed": 0, "overlapping": 0}));
    let nobody = admin.post(path, &json!({"effective_on": day})).await.expect(200).json;
    assert_eq!(nobody, json!({"moved": 0, "billed": 0, "overlapping": 0}));
    let ahead = admin.get(&admin.subscription("ACME").await).await.expect(200).json;
    assert_eq!((&ahead["price_version"], &ahead["changes"][0]["price_version"]), (&json!(1), &json!(2)));

    let next = domain::periods::Month::of(day);
    let upcoming =
        admin.get(&format!("/api/v1/msp/subscriptions/{id}/upcoming?period={next}")).await.expect(200);
    assert_eq!(upcoming.json["total"]["amount_minor"], 6_200);
    app.finish().await;
}

#[actix_web::test]
async fn a_dry_run_shows_what_a_run_would_issue() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    subscribe(&admin, json!({"plan": "SMALL", "starts_on": "2025-09-01"})).await;
    let idle = json!({"company_name": "Idle", "code": "IDLE"});
    admin.post("/api/v1/msp/customers", &idle).await.expect(201);
    let body = json!({"plan": "SMALL", "starts_on": "2025-09-01", "trial_days": 90});
    admin.post("/api/v1/msp/customers/IDLE/subscriptions", &body).await.expect(201);
    admin.post("/api/v1/msp/invoice-runs", &json!({"period": "2025-09"})).await.expect(202);
    app.drain().await;
    usage(&admin, "2025-10-05", 10).await;
    let dry = admin.get("/api/v1/msp/invoice-runs/preview?period=2025-10").await.expect(200).json;
    let [only] = dry["items"].as_array().unwrap().as_slice() else { panic!("{dry}") };
    assert_eq!(only["customer_code"], "ACME");
    assert_eq!(only["total"]["amount_minor"], 3_100 + 2_000);
    assert_eq!(only["before"]["amount_minor"], 3_100);
    admin.post("/api/v1/msp/invoice-runs", &json!({"period": "2025-10"})).await.expect(202);
    app.drain().await;
    let issued = admin.get("/api/v1/msp/invoices?customer=ACME&period=2025-10").await.expect(200);
    assert_eq!(issued.json["items"][0]["total"]["amount_minor"], 3_100 + 2_000);
    let after = admin.get("/api/v1/msp/invoice-runs/preview?period=2025-10").await.expect(200).json;
    assert_eq!(after["items"], json!([]));
    let early = admin.get("/api/v1/msp/invoice-runs/preview?period=2099-10").await.expect(422);
    assert_eq!(early.json["errors"][0]["pointer"], "period");
    app.finish().await;
}

#[actix_web::test]
async fn the_database_and_the_rules_agree_where_a_subscription_stands() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let first = app.clock.now().date_naive() + chrono::Days::new(3);
    let day = |count| first + chrono::Days::new(count);
    let body = json!({"plan": "SMALL", "starts_on": first, "trial_days": 10});
    let id = subscribe(&admin, body).await;
    for (kind, on) in [("pause", 40), ("resume", 50), ("pause", 60), ("resume", 75)] {
        change(&admin, &id, &json!({"kind": kind, "on": day(on)})).await;
    }
    change(&admin, &id, &json!({"kind": "plan", "plan": "LARGE", "on": day(45)})).await;
    admin
        .post(&format!("{}/cancel", admin.subscription("ACME").await), &json!({"ends_on": day(90)}))
        .await
        .expect(200);

    let scope = app.tenant_scope(app.northwind.tenant).await;
    let id = id.parse().expect("an id");
    let mut seen = std::collections::BTreeMap::new();
    let mut overdue_from = None;
    for count in 0..100 {
        let (found, plan) = app
            .store()
            .read(&scope, async |tx| {
                let found = store::subscriptions::get(tx, id).await?;
                let page = store::PageRequest::first(10);
                let filter = store::subscriptions::SubscriptionFilter {
                    plan: Some(store::plans::PlanRef::Code(found.plan().code.clone())),
                    ..Default::default()
                };
                let listed = store::subscriptions::list(tx, &filter, &page).await?;
                Ok::<_, app::AppError>((found, listed.items.len()))
            })
            .await
            .expect("it is read");
        let today = found.today;
        let is_overdue = overdue_from.is_some_and(|from| today >= from);
        assert_eq!(found.status, found.timeline().status(today, is_overdue), "{today}");
        assert_eq!(found.plan().prices, found.timeline().prices(today), "{today}");
        assert_eq!(plan, 1, "{today}: it is listed under its plan of the day");
        seen.insert(found.status, count);
        if count == 32 {
            // An invoice that nobody pays.
            let month = domain::periods::Month::of(today).offset(-1);
            let issued = app
                .store()
                .write(&scope, async |tx| {
                    let customer = store::customers::CustomerRef::Id(found.customer);
                    let draft = app::invoices::draft(tx, &customer, month).await?;
                    app::invoices::finalize(&app.app, tx, draft.id).await
                })
                .await
                .expect("it is issued");
            overdue_from = issued.due_on.and_then(|day| day.succ_opt());
        }
        app.clock.advance(chrono::TimeDelta::days(1));
    }
    let all: Vec<_> = seen.keys().copied().collect();
    assert_eq!(all.len(), domain::subscriptions::SubscriptionStatus::ALL.len(), "{all:?}");
    app.finish().await;
}

async fn cancel(admin: &Client, id: &str, ends_on: &str) {
    let path = format!("/api/v1/msp/subscriptions/{id}/cancel");
    admin.post(&path, &json!({"ends_on": ends_on})).await.expect(200);
}

async fn issue(app: &TestApp, admin: &Client, period: &str) {
    let body = json!({"customer": "ACME", "period": period});
    let draft = admin.post("/api/v1/msp/invoices", &body).await.expect(201);
    let path = format!("/api/v1/msp/invoices/{}/finalize", draft.text("/id"));
    admin.post(&path, &json!({})).await.expect(200);
    app.drain().await;
}

#[actix_web::test]
async fn an_end_is_not_taken_back_where_days_would_be_billed_twice_or_never() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let today = app.clock.now().date_naive();
    let month = domain::periods::Month::of(today);
    let next = month.offset(1).first_day();
    let first = subscribe(&admin, json!({"plan": "SMALL", "starts_on": "2025-10-01"})).await;
    cancel(&admin, &first, &next.to_string()).await;
    let second = subscribe(&admin, json!({"plan": "LARGE"})).await;
    let reinstate = format!("/api/v1/msp/subscriptions/{first}/reinstate");
    assert_eq!(admin.post(&reinstate, &Value::Null).await.expect(409).code(), "already_subscribed");
    // The one that follows has an end, too: its days are still its own.
    cancel(&admin, &second, &(next + chrono::Days::new(10)).to_string()).await;
    assert_eq!(admin.post(&reinstate, &Value::Null).await.expect(409).code(), "already_subscribed");
    let back = admin.post(&format!("/api/v1/msp/subscriptions/{second}/reinstate"), &Value::Null).await;
    assert_eq!(back.expect(200).json["ends_on"], Value::Null);

    // Another customer's month is billed up to its end: the rest of it would never be.
    let other = json!({"company_name": "Other", "code": "OTHER"});
    admin.post("/api/v1/msp/customers", &other).await.expect(201);
    let path = "/api/v1/msp/customers/OTHER/subscriptions";
    let made = admin.post(path, &json!({"plan": "SMALL", "starts_on": "2025-10-01"})).await.expect(201);
    let ends_on = today + chrono::Days::new(1);
    cancel(&admin, made.text("/id"), &ends_on.to_string()).await;
    let body = json!({"customer": "OTHER", "period": month});
    let draft = admin.post("/api/v1/msp/invoices", &body).await.expect(201);
    let finalize = format!("/api/v1/msp/invoices/{}/finalize", draft.text("/id"));
    admin.post(&finalize, &json!({})).await.expect(200);
    app.drain().await;
    let reinstate = format!("/api/v1/msp/subscriptions/{}/reinstate", made.text("/id"));
    assert_eq!(admin.post(&reinstate, &Value::Null).await.expect(409).code(), "billed");
    app.finish().await;
}

#[actix_web::test]
async fn a_trial_does_not_grow_over_days_that_are_billed() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let today = app.clock.now().date_naive();
    let later = today + chrono::Days::new(5);
    let days = (later - "2025-10-20".parse::<chrono::NaiveDate>().unwrap()).num_days();
    let body = json!({"plan": "SMALL", "starts_on": "2025-10-20", "trial_days": days});
    let id = subscribe(&admin, body).await;
    issue(&app, &admin, &domain::periods::Month::of(today).to_string()).await;
    let trial = format!("/api/v1/msp/subscriptions/{id}/trial");
    let much_later = json!({"ends_on": today + chrono::Days::new(100)});
    let refused = admin.post(&trial, &much_later).await.expect(422);
    assert_eq!(refused.json["errors"][0]["code"], "billed");
    app.finish().await;
}

#[actix_web::test]
async fn whoever_is_moved_stays_moved_and_keeps_what_else_is_planned() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let day = |months| domain::periods::Month::of(app.clock.now().date_naive()).offset(months).first_day();
    let reprice = async |fee| {
        let mut priced = plan("SMALL", fee, "2");
        priced.as_object_mut().unwrap().remove("code");
        admin.put("/api/v1/msp/plans/SMALL", &priced).await.expect(200);
    };
    let migrate = async |on| {
        let body = json!({"effective_on": on});
        admin.post("/api/v1/msp/plans/SMALL/migration", &body).await.expect(200).json["moved"].clone()
    };
    let prices_on = async |id: &str, month: chrono::NaiveDate| {
        let path =
            format!("/api/v1/msp/subscriptions/{id}/upcoming?period={}", domain::periods::Month::of(month));
        admin.get(&path).await.expect(200).json["total"]["amount_minor"].clone()
    };
    let id = subscribe(&admin, json!({"plan": "SMALL", "starts_on": "2025-10-01"})).await;
    // One that has not begun, and will not begin on this plan.
    admin.post("/api/v1/msp/customers", &json!({"company_name": "Later", "code": "LATER"})).await.expect(201);
    let path = "/api/v1/msp/customers/LATER/subscriptions";
    let other = admin.post(path, &json!({"plan": "SMALL", "starts_on": day(2)})).await.expect(201);
    let other = other.text("/id").to_owned();
    let changed = change(&admin, &other, &json!({"kind": "plan", "plan": "LARGE"})).await;
    assert_eq!(changed["plan_code"], "LARGE", "the plan that it begins to");

    reprice(6_200).await;
    assert_eq!(migrate(day(2)).await, 1);
    // The second version was a mistake; the third comes earlier than it would have.
    reprice(4_100).await;
    assert_eq!(migrate(day(1)).await, 1);
    assert_eq!(prices_on(&id, day(1)).await, 4_100);
    assert_eq!(prices_on(&id, day(2)).await, 4_100);
    assert_eq!(prices_on(&other, day(2)).await, 9_300);
    assert_eq!(migrate(day(1)).await, 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_change_of_what_has_changed_meanwhile_is_refused() {
    let app = TestApp::start().await;
    let admin = world(&app).await;
    let id = subscribe(&admin, json!({"plan": "SMALL", "starts_on": "2025-10-01"})).await;
    change(&admin, &id, &json!({"kind": "plan", "plan": "LARGE"})).await;
    let path = format!("/api/v1/msp/subscriptions/{id}/changes");
    let request = || admin.request(actix_web::http::Method::POST, &path).json(&json!({"kind": "pause"}));
    request().header("If-Match", "\"1\"").send().await.expect(412);
    request().header("If-Match", "\"2\"").send().await.expect(200);
    app.finish().await;
}
