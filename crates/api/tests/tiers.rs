//! Every tier bills the next: the platform its MSPs, by what their customers use.

use actix_web::http::Method;
use chrono::{DateTime, Utc};
use domain::ids::{CustomerId, Id as _};
use serde_json::{Value, json};
use testkit::{Answer, Client, Sql, TestApp};

const EDITIONS: [(&str, i64, [i64; 2]); 3] =
    [("backup", 30, [1000, 500]), ("enterprise", 15, [2500, 1250]), ("replication", 5, [10_000, 5000])];
const PERIOD: &str = "2025-10";

fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Metrics of the editions; those of the platform are what its MSPs use.
async fn metrics(client: &Client, rolls_up: Option<&str>) {
    for (edition, ..) in EDITIONS {
        let body = json!({"key": format!("machines.{edition}"), "name": edition, "unit": "machine",
                          "counts_as": "machines", "rolls_up": rolls_up});
        client.post("/api/v1/msp/metrics", &body).await.expect(201);
    }
}

/// A plan with a price for each edition, less a partner's margin in percent.
async fn plan(client: &Client, code: &str, base: i64, margin: Option<&str>, mut more: Vec<Value>) {
    let component = |edition: &str, [list, _]: [i64; 2]| {
        let discounts = margin.map(|percent| json!([{"name": "Partner margin", "percent": percent}]));
        json!({"metric": format!("machines.{edition}"), "name": edition,
               "price": {"model": "unit", "unit_price": dollars(list), "discounts": discounts.unwrap_or_else(|| json!([]))}})
    };
    let mut components: Vec<_> =
        EDITIONS.iter().map(|(edition, _, prices)| component(edition, *prices)).collect();
    components.append(&mut more);
    let body = json!({"code": code, "name": code, "base_fee": {"amount_minor": base, "currency": "USD"},
                      "components": components});
    client.post("/api/v1/msp/plans", &body).await.expect(201);
}

async fn subscribe(client: &Client, customer: &str, plan: &str) {
    let body = json!({"plan": plan, "starts_on": "2025-10-01"});
    client.post(&format!("/api/v1/msp/customers/{customer}/subscriptions"), &body).await.expect(201);
}

async fn report(
    client: &Client,
    id: &str,
    customer: &str,
    metric: &str,
    quantity: i64,
    time: &str,
) -> Answer {
    let event = json!({"specversion": "1.0", "id": id, "source": "urn:test", "type": metric, "subject": customer,
                       "time": time, "data": {"quantity": quantity}});
    client
        .request(Method::POST, "/api/v1/ingest/events")
        .bytes("application/cloudevents+json", event.to_string())
        .send()
        .await
}

async fn used(client: &Client, id: &str, customer: &str, metric: &str, quantity: i64, time: &str) {
    report(client, id, customer, metric, quantity, time).await.expect(200);
}

/// The invoices of a month, which are issued.
async fn issued(app: &TestApp, client: &Client, period: &str) -> Vec<Value> {
    client.post("/api/v1/msp/invoice-runs", &json!({"period": period})).await.expect(202);
    app.drain().await;
    let found = client.get(&format!("/api/v1/msp/invoices?limit=200&period={period}")).await.expect(200);
    found.json["items"].as_array().expect("a list").clone()
}

fn total(invoices: &[Value]) -> i64 {
    invoices.iter().map(|invoice| invoice["total"]["amount_minor"].as_i64().expect("an amount")).sum()
}

/// An MSP of 50 customers with 2,500 machines, 60 % of them backup, 30 % enterprise and 10 % replication.
async fn world() -> (TestApp, Client, Client, String) {
    let app = TestApp::start().await;
    let (platform, msp) = (app.client("platform_admin").await, app.client("northwind_admin").await);
    metrics(&platform, Some("usage")).await;
    metrics(&msp, None).await;
    plan(&msp, "RETAIL", 0, None, Vec::new()).await;
    for number in 0..50 {
        let code = format!("C-{number}");
        let body = json!({"code": code, "company_name": code});
        msp.post("/api/v1/msp/customers", &body).await.expect(201);
        subscribe(&msp, &code, "RETAIL").await;
        for (edition, machines, _) in EDITIONS {
            let (id, metric) = (format!("{code}-{edition}"), format!("machines.{edition}"));
            used(&msp, &id, &code, &metric, machines, "2025-10-10T12:00:00Z").await;
        }
    }
    let customer = customer_of(&platform, "northwind").await;
    (app, platform, msp, customer)
}

/// The customer that an MSP is to the platform.
async fn customer_of(platform: &Client, slug: &str) -> String {
    let msps = platform.get("/api/v1/platform/msps").await.expect(200);
    let items = msps.json["items"].as_array().expect("a list");
    let msp = items.iter().find(|msp| msp["slug"] == slug).expect("it is there");
    msp["customer_id"].as_str().expect("an id").to_owned()
}

/// Counts what there is, as happens every hour.
async fn count(app: &TestApp) {
    ::app::jobs::upkeep(&app.app).await.expect("it is queued");
    app.drain().await;
}

/// What was told of the tenants below: day, metric, quantity.
async fn told(sql: &Sql) -> Vec<String> {
    sql.column(
        "select concat_ws(' ', to_char(occurred_at, 'YYYY-MM-DD\"T\"HH24:MI'), metric, trim_scale(quantity)) from usage_events
         where source = 'bailiwick:roll-up' order by occurred_at, metric, id",
    )
    .await
}

#[actix_web::test]
async fn an_msp_pays_29575_and_earns_58750() {
    let (app, platform, msp, customer) = world().await;
    plan(&platform, "PARTNER", 20_000, Some("50"), Vec::new()).await;
    subscribe(&platform, &customer, "PARTNER").await;
    let (cost, revenue) = (issued(&app, &platform, PERIOD).await, issued(&app, &msp, PERIOD).await);
    assert_eq!((cost.len(), revenue.len()), (1, 50));
    assert_eq!((total(&cost), total(&revenue)), (2_957_500, 5_875_000));
    assert_eq!(total(&revenue) - total(&cost), 2_917_500);
    // What comes late below comes late above: a replication machine more, on the next invoices of both.
    used(&msp, "late", "C-0", "machines.replication", 1, "2025-10-11T12:00:00Z").await;
    let (cost, revenue) = (issued(&app, &platform, "2025-11").await, issued(&app, &msp, "2025-11").await);
    assert_eq!((total(&cost), total(&revenue)), (20_000 + 5_000, 10_000));
    // Done again, nothing changes.
    count(&app).await;
    let sql = app.database().superuser().await;
    let days = [
        "10T12:00 machines.backup 1500",
        "10T12:00 machines.enterprise 750",
        "10T12:00 machines.replication 250",
        "11T12:00 machines.replication 1",
    ];
    assert_eq!(told(&sql).await, days.map(|day| format!("2025-10-{day}")));
    app.finish().await;
}

#[actix_web::test]
async fn margins_are_those_of_the_partner() {
    // Authorized, premier and elite partners, by what they pay for machines of $58,750.00.
    for (margin, machines) in [("45", 3_231_250), ("50", 2_937_500), ("55", 2_643_750)] {
        let (app, platform, _, customer) = world().await;
        plan(&platform, "PARTNER", 20_000, Some(margin), Vec::new()).await;
        subscribe(&platform, &customer, "PARTNER").await;
        assert_eq!(total(&issued(&app, &platform, PERIOD).await), 20_000 + machines, "{margin}");
        app.finish().await;
    }
}

#[actix_web::test]
async fn days_are_billed_that_are_served() {
    let (app, platform, msp, customer) = world().await;
    plan(&platform, "PARTNER", 0, None, Vec::new()).await;
    // What the 50 used on the 10th is before the end of the trial.
    let start = json!({"plan": "PARTNER", "starts_on": "2025-10-01", "trial_days": 15});
    platform.post(&format!("/api/v1/msp/customers/{customer}/subscriptions"), &start).await.expect(201);
    used(&msp, "free", "C-1", "machines.backup", 7, "2025-10-15T23:59:59Z").await;
    used(&msp, "paid", "C-1", "machines.backup", 2, "2025-10-16T00:00:00Z").await;
    count(&app).await;
    used(&msp, "more", "C-2", "machines.backup", 3, "2025-10-16T09:00:00Z").await;
    assert_eq!(total(&issued(&app, &platform, PERIOD).await), 5 * 1_000);
    app.finish().await;
}

#[actix_web::test]
async fn what_cannot_be_counted_of_one_msp_is_set_aside_and_the_others_are_billed() {
    let (app, platform, msp, customer) = world().await;
    plan(&platform, "PARTNER", 20_000, None, Vec::new()).await;
    let harbor = customer_of(&platform, "harbor").await;
    for customer in [&customer, &harbor] {
        subscribe(&platform, customer, "PARTNER").await;
    }
    // More than an event may say is counted all the same, if not paid.
    for number in 0..11 {
        let id = format!("much-{number}");
        used(&msp, &id, "C-1", "machines.backup", 10_000_000_000, "2025-11-01T00:00:00Z").await;
    }
    let sql = app.database().superuser().await;
    let id: CustomerId = customer.parse().expect("an id");
    let broken = format!(
        "create trigger broken before insert on roll_ups for each row
         when (new.customer_id = '{}' and new.month = '2025-10-01') execute function app.refuse_change()",
        id.uuid(),
    );
    sql.run(&broken).await;
    let invoices = issued(&app, &platform, PERIOD).await;
    let of: Vec<_> = invoices.iter().map(|invoice| invoice["customer_id"].as_str().expect("an id")).collect();
    assert_eq!(of, [harbor.as_str()]);
    // Nor is it billed by hand for what happens to be known.
    let draft = json!({"customer": customer, "period": PERIOD});
    let refused = platform.post("/api/v1/msp/invoices", &draft).await.expect(409);
    assert_eq!(refused.code(), "usage_not_counted");
    count(&app).await;
    assert_eq!(told(&sql).await, ["2025-11-01T00:00 machines.backup 110000000000"]);
    let events = platform.get("/api/v1/msp/events?type=invoice.failed").await.expect(200);
    let reason = events.json["items"][0]["data"]["reason"].as_str().expect("a text");
    assert!(reason.contains("cannot be counted"), "{reason}");
    // What was wrong is mended: the invoice that is issued by hand has it all.
    sql.run("drop trigger broken on roll_ups").await;
    platform.post("/api/v1/msp/invoices", &draft).await.expect(201);
    let drafts =
        platform.get(&format!("/api/v1/msp/invoices?period={PERIOD}&status=draft")).await.expect(200);
    assert_eq!(total(drafts.json["items"].as_array().expect("a list")), 20_000 + 5_875_000);
    app.finish().await;
}

#[actix_web::test]
async fn a_third_tier_works_by_data_alone() {
    let (app, platform, _, customer) = world().await;
    let sql = app.database().superuser().await;
    let distributor = app.client("harbor_admin").await;
    let below = distribute(&sql, &distributor).await;
    metrics(&distributor, Some("usage")).await;
    plan(&distributor, "DISTRIBUTED", 0, Some("25"), Vec::new()).await;
    subscribe(&distributor, &below, "DISTRIBUTED").await;
    plan(&platform, "PARTNER", 20_000, Some("50"), Vec::new()).await;
    let harbor = customer_of(&platform, "harbor").await;
    subscribe(&platform, &harbor, "PARTNER").await;
    subscribe(&platform, &customer, "PARTNER").await;
    // The platform's run counts what is two tiers below it.
    let cost = issued(&app, &platform, PERIOD).await;
    let of_distributor: Vec<_> =
        cost.into_iter().filter(|invoice| invoice["customer_id"] == harbor).collect();
    assert_eq!(total(&of_distributor), 2_957_500);
    assert_eq!(total(&issued(&app, &distributor, PERIOD).await), 5_875_000 / 4 * 3);
    app.finish().await;
}

/// A distributor in Berlin between the platform, which is in Kolkata, and an MSP in Chicago: the day of each is its own,
/// on the night when the clocks go back, too.
#[actix_web::test]
async fn the_days_are_those_of_who_bills() {
    let app = TestApp::start().await;
    let sql = app.database().superuser().await;
    let zones = "update tenants set time_zone = case slug when 'harbor' then 'Europe/Berlin'
                     when 'northwind' then 'America/Chicago' else 'Asia/Kolkata' end";
    sql.run(zones).await;
    let (platform, msp) = (app.client("platform_admin").await, app.client("northwind_admin").await);
    let distributor = app.client("harbor_admin").await;
    distribute(&sql, &distributor).await;
    for (client, rolls_up) in [(&platform, Some("usage")), (&distributor, Some("usage")), (&msp, None)] {
        metrics(client, rolls_up).await;
    }
    for client in [&msp, &distributor] {
        let own = json!({"code": "OWN", "company_name": "Own"});
        client.post("/api/v1/msp/customers", &own).await.expect(201);
    }
    for (id, quantity, time) in [
        // October begins in Kolkata at 18:30, in Berlin at 22:00.
        ("a", 1, "2025-09-30T18:29:59Z"),
        ("b", 2, "2025-09-30T18:30:00Z"),
        ("c", 4, "2025-09-30T21:59:59Z"),
        ("d", 8, "2025-09-30T22:00:00Z"),
        // An hour that comes twice in Berlin.
        ("e", 16, "2025-10-26T00:30:00Z"),
        ("f", 32, "2025-10-26T01:30:00Z"),
        // It ends in Kolkata at 18:30, in Berlin at 23:00, by the other time.
        ("g", 64, "2025-10-31T18:29:59Z"),
        ("h", 128, "2025-10-31T18:30:00Z"),
        ("i", 256, "2025-10-31T22:59:59Z"),
        ("j", 512, "2025-10-31T23:00:00Z"),
    ] {
        used(&msp, id, "OWN", "machines.backup", quantity, time).await;
    }
    // A customer of the distributor's own reports on the same metric.
    used(&distributor, "own", "OWN", "machines.backup", 1024, "2025-10-15T12:00:00Z").await;
    let of_month = async |client: &Client, who: &str| {
        let found = client.get(&format!("/api/v1/msp/usage?period={PERIOD}&q={who}")).await.expect(200);
        found.text("/items/0/quantity").to_owned()
    };
    count(&app).await;
    assert_eq!(of_month(&distributor, "NW").await, (8 + 16 + 32 + 64 + 128 + 256).to_string());
    assert_eq!(of_month(&platform, "harbor").await, (2 + 4 + 8 + 16 + 32 + 64 + 1024).to_string());
    app.finish().await;
}

/// Makes Harbor a distributor: Northwind is its customer `NW`, and no longer the platform's.
async fn distribute(sql: &Sql, distributor: &Client) -> String {
    let body = json!({"code": "NW", "company_name": "Northwind"});
    let below = distributor.post("/api/v1/msp/customers", &body).await.expect(201).text("/id").to_owned();
    let (harbor, northwind) = (
        "(select id from tenants where slug = 'harbor')",
        "(select id from tenants where slug = 'northwind')",
    );
    for statement in [
        format!("update tenants set parent_id = {harbor} where slug = 'northwind'"),
        format!("update customers set downstream_tenant_id = null where downstream_tenant_id = {northwind}"),
        format!("update customers set downstream_tenant_id = {northwind} where code = 'NW'"),
    ] {
        sql.run(&statement).await;
    }
    below
}

/// What comes in while others count is counted by who comes later.
#[actix_web::test]
async fn what_is_below_is_read_behind_the_lock() {
    let (app, platform, msp, customer) = world().await;
    let id: CustomerId = customer.parse().expect("an id");
    let (sql, other) = (app.database().superuser().await, app.database().superuser().await);
    let key = format!("hashtextextended('roll_up ' || '{}', 0)", id.uuid());
    other.run(&format!("select pg_advisory_lock({key})")).await;
    let meanwhile = async {
        let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted
                       and database = (select oid from pg_database where datname = current_database())";
        while sql.number(waiting).await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        used(&msp, "meanwhile", "C-0", "machines.backup", 1, "2025-10-10T12:01:00Z").await;
        other.run(&format!("select pg_advisory_unlock({key})")).await;
    };
    ::app::jobs::upkeep(&app.app).await.expect("it is queued");
    tokio::join!(app.drain(), meanwhile);
    assert_eq!(told(&sql).await.first().map(String::as_str), Some("2025-10-10T12:00 machines.backup 1501"));
    // Twelve months late is not too late for a run, and thirteen is.
    used(&msp, "late", "C-0", "machines.backup", 2, "2024-10-31T12:00:00Z").await;
    used(&msp, "too-late", "C-0", "machines.backup", 4, "2024-09-30T12:00:00Z").await;
    count(&app).await;
    assert_eq!(told(&sql).await.len(), 3);
    issued(&app, &platform, PERIOD).await;
    assert_eq!(told(&sql).await.first().map(String::as_str), Some("2024-10-31T12:00 machines.backup 2"));
    app.finish().await;
}

#[actix_web::test]
async fn customers_are_counted_as_they_come_and_go() {
    let app = TestApp::start().await;
    let (platform, msp) = (app.client("platform_admin").await, app.client("northwind_admin").await);
    for (key, rolls_up) in [
        ("customers", "customers"),
        ("support", "customers:premium-support"),
        ("white", "customers:white_label"),
    ] {
        let body = json!({"key": key, "name": key, "unit": "customer", "rolls_up": rolls_up});
        assert_eq!(platform.post("/api/v1/msp/metrics", &body).await.expect(201).text("/rolls_up"), rolls_up);
    }
    for (code, features) in [
        ("ONE", json!({"premium-support": true, "white_label": true})),
        ("TWO", json!({"premium-support": true, "white_label": false})),
        ("THREE", json!({})),
    ] {
        let body = json!({"code": code, "company_name": code, "feature_flags": features});
        msp.post("/api/v1/msp/customers", &body).await.expect(201);
    }
    let sql = app.database().superuser().await;
    let changes = async || {
        count(&app).await;
        let words = |change: String| change.split_once(' ').expect("a day and more").1.to_owned();
        let mut found: Vec<_> = told(&sql).await.into_iter().map(words).collect();
        found.sort();
        found
    };
    // Of both MSPs. Two customers were there before, of each.
    assert_eq!(changes().await, ["customers 2", "customers 5", "support 2", "white 1"]);
    msp.post("/api/v1/msp/customers/ONE/close", &json!({})).await.expect(200);
    let gone =
        ["customers -1", "customers 2", "customers 5", "support -1", "support 2", "white -1", "white 1"];
    assert_eq!(changes().await, gone);
    assert_eq!(changes().await, gone);
    // Premium support costs $31.00 a customer and month: a day of it, a dollar.
    let price = json!({"model": "unit", "unit_price": "31",
                       "aggregation": {"function": "time_weighted_sum", "readings": "changes", "per": "period"}});
    let support = json!({"metric": "support", "name": "Premium support", "price": price});
    let body = json!({"code": "SUPPORT", "name": "Support", "base_fee": {"amount_minor": 0, "currency": "USD"},
                      "components": [support]});
    platform.post("/api/v1/msp/plans", &body).await.expect(201);
    let northwind = customer_of(&platform, "northwind").await;
    subscribe(&platform, &northwind, "SUPPORT").await;
    let later = async |day: &str| {
        let at: DateTime<Utc> = format!("{day}T00:00:00Z").parse().expect("a time");
        app.clock.advance(at - app.clock.now());
        for name in ["platform_admin", "northwind_admin"] {
            app.forget(name);
        }
        (app.client("platform_admin").await, app.client("northwind_admin").await)
    };
    let (_, msp) = later("2025-12-31").await;
    msp.post("/api/v1/msp/customers/TWO/close", &json!({})).await.expect(200);
    count(&app).await;
    let (platform, _) = later("2026-01-02").await;
    let invoices = issued(&app, &platform, "2025-12").await;
    assert_eq!(total(&invoices), 30_00);
    app.finish().await;
}

#[actix_web::test]
async fn what_is_counted_by_itself_is_reported_by_nobody_and_priced_as_it_is_told() {
    let app = TestApp::start().await;
    let platform = app.client("platform_admin").await;
    let wrong = json!({"key": "x", "name": "x", "unit": "x", "rolls_up": "everything"});
    assert_eq!(platform.post("/api/v1/msp/metrics", &wrong).await.expect(422).pointers(), ["/rolls_up"]);
    for (key, rolls_up) in [("used", Some("usage")), ("heads", Some("customers")), ("plain", None)] {
        let body = json!({"key": key, "name": key, "unit": "x", "rolls_up": rolls_up});
        platform.post("/api/v1/msp/metrics", &body).await.expect(201);
    }
    let customer = customer_of(&platform, "northwind").await;
    let time = "2025-11-01T00:00:00Z";
    let refused = report(&platform, "1", &customer, "used", 1, time).await.expect(422);
    assert_eq!(refused.pointers(), ["/type"]);
    let event = json!({"specversion": "1.0", "id": "1", "source": "bailiwick:roll-up", "type": "plain",
                       "subject": customer, "time": time, "data": {"quantity": 1}});
    let request = platform.request(Method::POST, "/api/v1/ingest/events");
    let refused = request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(422);
    assert_eq!(refused.pointers(), ["/source"]);

    let sum = json!({"model": "unit", "unit_price": "1"});
    let with = |more: Value| {
        let mut price = sum.clone();
        price.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        price
    };
    let over_time = |readings: &str| {
        with(json!({"aggregation": {"function": "time_weighted_sum", "readings": readings, "per": "period"}}))
    };
    let prices = [
        ("used", sum.clone(), true),
        ("used", with(json!({"aggregation": {"function": "max"}})), false),
        ("used", with(json!({"group_by": ["os"]})), false),
        ("used", with(json!({"filters": [{"property": "os", "values": ["linux"]}]})), false),
        ("used", json!({"model": "percentage", "rate": "1"}), false),
        ("used", json!({"model": "dynamic"}), false),
        ("used", over_time("changes"), false),
        ("heads", sum.clone(), false),
        ("heads", over_time("levels"), false),
        ("heads", over_time("changes"), true),
        ("plain", with(json!({"aggregation": {"function": "max"}})), true),
    ];
    for (index, (metric, price, good)) in prices.into_iter().enumerate() {
        let component = json!({"metric": metric, "name": "x", "price": price});
        let body = json!({"code": format!("X{index}"), "name": "X", "base_fee": {"amount_minor": 0, "currency": "USD"},
                          "components": [component]});
        let answer = platform.post("/api/v1/msp/plans", &body).await;
        if good {
            answer.expect(201);
        } else {
            assert_eq!(answer.expect(422).pointers(), ["/components/0/price/aggregation"], "{component}");
        }
    }
    app.finish().await;
}
