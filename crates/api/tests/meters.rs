//! Usage of plans that are billed at Stripe: sent once, whatever happens, and compared with what Stripe has.

use actix_web::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use domain::permissions::Role;
use serde_json::{Value, json};
use testkit::{Answer, Client, MeterTold, NewUsage, Refusal, TestApp};

const METERS: &str = "/api/v1/msp/payments/meters";

/// An MSP whose plan `METERED` is billed at Stripe and `HERE` is not, and its customer ACME. It is noon on 15 November 2025.
struct Shop {
    app: TestApp,
    admin: Client,
    events: u32,
}

fn plan(code: &str, billed_at: &str, price: &Value) -> Value {
    json!({"code": code, "name": code, "base_fee": {"amount_minor": 0, "currency": "USD"}, "billed_at": billed_at,
           "components": [{"metric": "calls", "name": "Calls", "price": price}]})
}

fn unit(function: &str) -> Value {
    json!({"model": "unit", "unit_price": "1", "aggregation": {"function": function}})
}

impl Shop {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let admin = app.client("northwind_admin").await;
        admin
            .post("/api/v1/msp/metrics", &json!({"key": "calls", "name": "Calls", "unit": "call"}))
            .await
            .expect(201);
        admin.post("/api/v1/msp/plans", &plan("METERED", "stripe", &unit("sum"))).await.expect(201);
        admin.post("/api/v1/msp/plans", &plan("HERE", "bailiwick", &unit("sum"))).await.expect(201);
        admin
            .post("/api/v1/msp/customers", &json!({"company_name": "Acme", "code": "ACME"}))
            .await
            .expect(201);
        let body = json!({"email": "money@example.com", "country": "US"});
        admin.post("/api/v1/msp/payment-setup/connect", &body).await.expect(200);
        admin.post("/api/v1/msp/payment-setup/refresh", &Value::Null).await.expect(200);
        let shop = Self { app, admin, events: 0 };
        shop.app.drain().await;
        shop
    }

    /// With ACME on a plan from a day on, and known at Stripe.
    async fn with(plan: &str, starts_on: &str) -> Self {
        let shop = Self::open().await;
        shop.subscribe(plan, starts_on).await;
        shop.know("cus_acme").await.expect(200);
        shop.app.drain().await;
        shop
    }

    async fn subscribe(&self, plan: &str, starts_on: &str) {
        let body = json!({"plan": plan, "starts_on": starts_on});
        self.admin.post("/api/v1/msp/customers/ACME/subscriptions", &body).await.expect(201);
    }

    async fn know(&self, reference: &str) -> Answer {
        self.admin.put("/api/v1/msp/customers/ACME/stripe-customer", &json!({"reference": reference})).await
    }

    async fn use_up(&mut self, time: &str, quantity: &str) {
        self.events += 1;
        let event = json!({"specversion": "1.0", "id": format!("{}", self.events), "source": "test", "type": "calls",
            "subject": "ACME", "time": time, "data": {"quantity": quantity}});
        let request = self.admin.request(Method::POST, "/api/v1/ingest/events");
        request.bytes("application/cloudevents+json", event.to_string()).send().await.expect(200);
    }

    /// An hour, or more, goes by, and what is due is done.
    async fn later(&mut self, by: TimeDelta) {
        self.app.clock.advance(by);
        self.app.forget("northwind_admin");
        self.admin = self.app.client("northwind_admin").await;
        ::app::jobs::upkeep(&self.app.app).await.expect("it is queued");
        self.app.drain().await;
    }

    async fn hour(&mut self) {
        self.later(TimeDelta::hours(1)).await;
    }

    /// What Stripe has taken in: when, and how much.
    fn taken(&self) -> Vec<(String, String)> {
        let shown =
            |usage: &NewUsage| (usage.happened_at.format("%m-%d %H:%M").to_string(), usage.value.to_string());
        self.app.payments.usage().iter().map(shown).collect()
    }

    async fn items(&self, path: &str) -> Vec<Value> {
        let found = self.admin.get(path).await.expect(200);
        found.json["items"].as_array().expect("a list").clone()
    }

    /// Day, quantity and state of what was pushed, the oldest first.
    async fn pushes(&self) -> Vec<(String, String, String)> {
        let text = |push: &Value, name: &str| push[name].as_str().expect("a text").to_owned();
        let all = self.items(&format!("{METERS}/pushes")).await;
        all.iter().rev().map(|it| (text(it, "day"), text(it, "quantity"), text(it, "status"))).collect()
    }

    async fn meter(&self) -> Value {
        let all = self.items(METERS).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    async fn trail(&self, kind: &str) -> usize {
        self.items(&format!("/api/v1/msp/events?type={kind}&limit=200")).await.len()
    }
}

fn pushed(day: &str, quantity: &str, status: &str) -> (String, String, String) {
    (day.to_owned(), quantity.to_owned(), status.to_owned())
}

fn taken(time: &str, value: &str) -> (String, String) {
    (time.to_owned(), value.to_owned())
}

#[actix_web::test]
async fn each_day_goes_to_stripe_once_and_what_comes_late_goes_late() {
    let mut shop = Shop::with("METERED", "2025-11-01").await;
    shop.use_up("2025-11-10T08:00:00Z", "2.5").await;
    shop.use_up("2025-11-10T23:59:59Z", "1").await;
    shop.use_up("2025-11-15T11:00:00Z", "4").await;
    shop.hour().await;
    // The day that is over at its noon, and the running one at this moment.
    assert_eq!(shop.taken(), [taken("11-10 12:00", "3.5"), taken("11-15 12:00", "4")]);
    let first = &shop.app.payments.usage()[0];
    let kept = shop.items(&format!("{METERS}/pushes")).await;
    assert_eq!(
        (first.identifier.as_str(), first.payer.as_str()),
        (kept[1]["id"].as_str().unwrap(), "cus_acme")
    );
    assert_eq!(first.event_name, "calls");
    // Nothing has come: nothing is sent.
    shop.hour().await;
    shop.hour().await;
    assert_eq!(shop.app.payments.usage_sent(), 2);
    assert_eq!(shop.app.database().superuser().await.number("select count(*) from meter_days").await, 0);
    // What comes later is sent for itself.
    shop.use_up("2025-11-10T09:00:00Z", "0.5").await;
    shop.use_up("2025-11-15T14:30:00Z", "6").await;
    shop.hour().await;
    assert_eq!(shop.taken()[2..], [taken("11-10 12:00", "0.5"), taken("11-15 12:00", "6")]);
    assert_eq!(
        shop.pushes().await,
        [
            pushed("2025-11-10", "3.5", "sent"),
            pushed("2025-11-15", "4", "sent"),
            pushed("2025-11-10", "0.5", "sent"),
            pushed("2025-11-15", "6", "sent"),
        ]
    );
    let meter = shop.meter().await;
    assert_eq!((&meter["event_name"], &meter["reference"]), (&json!("calls"), &json!("mtr_0")));
    assert_eq!((&meter["open"], &meter["problem"]), (&json!(0), &Value::Null));
    assert_eq!(shop.trail("usage.pushed").await, 2);
    shop.app.finish().await;
}

#[actix_web::test]
async fn what_was_begun_is_sent_again_by_the_same_name() {
    for refusal in [Refusal::AnswerLost, Refusal::NotReached] {
        let mut shop = Shop::with("METERED", "2025-11-01").await;
        shop.use_up("2025-11-10T08:00:00Z", "2").await;
        shop.use_up("2025-11-11T08:00:00Z", "3").await;
        shop.app.payments.refuse_next_usage(refusal);
        shop.hour().await;
        assert_eq!(shop.meter().await["open"], 2, "{refusal:?}: nobody knows what has become of them");
        shop.hour().await;
        assert_eq!(shop.taken(), [taken("11-10 12:00", "2"), taken("11-11 12:00", "3")], "{refusal:?}");
        assert_eq!(shop.app.payments.usage_sent(), 3);
        assert!(shop.pushes().await.iter().all(|push| push.2 == "sent"));
        shop.app.finish().await;
    }
}

#[actix_web::test]
async fn after_a_day_stripe_is_asked_before_anything_is_sent_again() {
    for (refusal, status) in
        [(Refusal::AnswerLost, "sent"), (Refusal::NotReached, "sent"), (Refusal::AnswerLost, "unclear")]
    {
        let mut shop = Shop::with("METERED", "2025-11-01").await;
        shop.use_up("2025-11-10T08:00:00Z", "2").await;
        shop.app.payments.refuse_next_usage(refusal);
        shop.hour().await;
        assert_eq!(shop.meter().await["open"], 1);
        // The program is not there for two days, and Stripe forgets names.
        shop.app.payments.forget_names();
        if status == "unclear" {
            shop.app.payments.change_usage(|usage| usage[0].value = "1.5".parse().unwrap());
        }
        shop.later(TimeDelta::days(2)).await;
        assert_eq!(shop.pushes().await, [pushed("2025-11-10", "2", status)], "{refusal:?}");
        assert_eq!(shop.app.payments.usage().len(), 1, "it counts once");
        let sent = if refusal == Refusal::NotReached { 2 } else { 1 };
        assert_eq!(shop.app.payments.usage_sent(), sent);
        shop.app.finish().await;
    }
}

#[actix_web::test]
async fn what_is_too_old_is_set_aside_and_shown() {
    let mut shop = Shop::with("METERED", "2025-09-01").await;
    shop.use_up("2025-10-05T08:00:00Z", "7").await;
    shop.use_up("2025-10-20T08:00:00Z", "1").await;
    shop.hour().await;
    assert_eq!(shop.taken(), [taken("10-20 12:00", "1")]);
    assert_eq!(
        shop.pushes().await,
        [pushed("2025-10-05", "7", "too_old"), pushed("2025-10-20", "1", "sent")]
    );
    assert_eq!(shop.meter().await["too_old"], 1);
    assert_eq!(shop.trail("usage.push_too_old").await, 1);
    shop.hour().await;
    assert_eq!(shop.pushes().await.len(), 2, "it is told once");
    shop.app.finish().await;
}

#[actix_web::test]
async fn what_stripe_refuses_is_shown_and_sent_anew_when_asked() {
    let mut shop = Shop::with("METERED", "2025-11-01").await;
    shop.use_up("2025-11-10T08:00:00Z", "2").await;
    shop.app.payments.refuse_next_usage(Refusal::Declined("no_meter"));
    shop.hour().await;
    let refused = shop.items(&format!("{METERS}/pushes?status=refused")).await;
    assert_eq!(refused[0]["reason"], "The meter takes nothing in.");
    assert_eq!(shop.trail("usage.push_failed").await, 1);
    shop.hour().await;
    assert_eq!(shop.taken(), []);
    // What comes meanwhile goes alone.
    shop.use_up("2025-11-10T09:00:00Z", "1").await;
    shop.hour().await;
    assert_eq!(shop.taken(), [taken("11-10 12:00", "1")]);
    let answer = shop.admin.post(&format!("{METERS}/push"), &Value::Null).await.expect(202);
    assert_eq!(answer.json["renewed"], 1);
    shop.app.drain().await;
    assert_eq!(
        shop.pushes().await,
        [
            pushed("2025-11-10", "2", "replaced"),
            pushed("2025-11-10", "1", "sent"),
            pushed("2025-11-10", "2", "sent"),
        ]
    );
    let usage = shop.app.payments.usage();
    assert_ne!(usage[1].identifier, refused[0]["id"].as_str().unwrap(), "Stripe may remember the name");
    shop.app.finish().await;
}

#[actix_web::test]
async fn a_customer_whom_stripe_does_not_know_waits_in_sight() {
    let mut shop = Shop::open().await;
    shop.subscribe("METERED", "2025-11-01").await;
    shop.use_up("2025-11-10T08:00:00Z", "2").await;
    shop.hour().await;
    assert_eq!(shop.pushes().await, [pushed("2025-11-10", "2", "waiting")]);
    assert_eq!(shop.meter().await["waiting"], 1);
    let path = "/api/v1/msp/customers/ACME/stripe-customer";
    assert_eq!(shop.admin.get(path).await.expect(200).json, json!({"reference": null}));
    shop.app.payments.does_not_know("cus_nobody");
    for wrong in ["cus_nobody", "acct_1", ""] {
        assert_eq!(shop.know(wrong).await.expect(422).pointers(), ["/reference"], "{wrong}");
    }
    shop.know("cus_acme").await.expect(200);
    assert_eq!(shop.admin.get(path).await.expect(200).json, json!({"reference": "cus_acme"}));
    shop.app.drain().await;
    assert_eq!(shop.taken(), [taken("11-10 12:00", "2")]);
    // Each customer is another one.
    shop.admin
        .post("/api/v1/msp/customers", &json!({"company_name": "Bolt", "code": "BOLT"}))
        .await
        .expect(201);
    let other = shop
        .admin
        .put("/api/v1/msp/customers/BOLT/stripe-customer", &json!({"reference": "cus_acme"}))
        .await
        .expect(422);
    assert_eq!(other.pointers(), ["/reference"]);
    shop.app.finish().await;
}

#[actix_web::test]
async fn a_name_is_not_changed_under_which_cards_are_kept() {
    let shop = Shop::open().await;
    shop.app.keep_card(&shop.app.northwind, "pm_1").await;
    let b = shop.app.northwind.b;
    let path = format!("/api/v1/msp/customers/{b}/stripe-customer");
    shop.admin.put(&path, &json!({"reference": format!("cus_{b}")})).await.expect(200);
    let refused = shop.admin.put(&path, &json!({"reference": "cus_other"})).await.expect(409);
    assert_eq!(refused.code(), "payer_in_use");
    shop.app.drain().await;
    shop.app.finish().await;
}

#[actix_web::test]
async fn only_sums_and_counts_go_to_a_meter() {
    let mut shop = Shop::with("METERED", "2025-11-01").await;
    let with = |member: &str, value: Value| {
        let mut price = unit("sum");
        price[member] = value;
        price
    };
    for (price, member) in [
        (unit("max"), "aggregation"),
        (unit("latest"), "aggregation"),
        (with("group_by", json!(["site"])), "group_by"),
        (with("filters", json!([{"property": "a", "values": ["b"]}])), "filters"),
        (json!({"model": "dynamic"}), "model"),
    ] {
        let refused = shop.admin.post("/api/v1/msp/plans", &plan("NOPE", "stripe", &price)).await.expect(422);
        assert_eq!(refused.pointers(), [format!("/components/0/price/{member}")]);
    }
    // A plan keeps where it is billed.
    let mut changed = plan("METERED", "bailiwick", &unit("sum"));
    changed.as_object_mut().unwrap().remove("code");
    let refused = shop.admin.put("/api/v1/msp/plans/METERED", &changed).await.expect(422);
    assert_eq!(refused.pointers(), ["/billed_at"]);
    changed.as_object_mut().unwrap().remove("billed_at");
    changed["components"][0]["price"] = unit("count");
    let kept = shop.admin.put("/api/v1/msp/plans/METERED", &changed).await.expect(200);
    assert_eq!(kept.json["billed_at"], "stripe");
    // Who is moved to the new prices is counted by them: what was sent of the day by the old ones is taken back.
    shop.use_up("2025-11-14T08:00:00Z", "5").await;
    shop.use_up("2025-11-15T08:00:00Z", "3").await;
    shop.use_up("2025-11-15T09:00:00Z", "4").await;
    shop.hour().await;
    let body = json!({"effective_on": "2025-11-15"});
    shop.admin.post("/api/v1/msp/plans/METERED/migration", &body).await.expect(200);
    shop.hour().await;
    let sent: Vec<_> = shop.app.payments.usage();
    let of = |name: &str| {
        let all = sent.iter().filter(|usage| usage.event_name == name);
        all.map(|usage| usage.value.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of("calls"), ["5", "7", "-7"]);
    assert_eq!(of("calls_COUNT"), ["2"]);
    shop.app.finish().await;
}

#[actix_web::test]
async fn a_meter_that_counts_something_else_gets_nothing() {
    let mut shop = Shop::open().await;
    let account = format!("acct_{}", shop.app.northwind.tenant);
    let misfit = Some("The meter goes by `count`; it would have to go by `sum`.".to_owned());
    let told =
        MeterTold { meter: "mtr_theirs".to_owned(), event_name: "calls".to_owned(), misfit: misfit.clone() };
    shop.app.payments.put_meter(&account, told);
    shop.subscribe("METERED", "2025-11-01").await;
    shop.know("cus_acme").await.expect(200);
    shop.use_up("2025-11-10T08:00:00Z", "2").await;
    shop.hour().await;
    assert_eq!(shop.meter().await["problem"], json!(misfit));
    assert_eq!((shop.taken(), shop.pushes().await), (vec![], vec![pushed("2025-11-10", "2", "open")]));
    shop.app.finish().await;
}

#[actix_web::test]
async fn what_stripe_has_is_compared_every_day_and_a_difference_told_once() {
    let mut shop = Shop::with("METERED", "2025-11-01").await;
    shop.use_up("2025-11-10T08:00:00Z", "2").await;
    shop.use_up("2025-11-11T08:00:00Z", "3").await;
    shop.hour().await;
    shop.later(TimeDelta::days(1)).await;
    let day = |day: &str, sent: &str, held: &str| json!([day, sent, held]);
    let checks = async |shop: &Shop, filter: &str| {
        let all = shop.items(&format!("{METERS}/checks{filter}")).await;
        all.iter().map(|it| json!([it["day"], it["sent"], it["held"]])).collect::<Vec<_>>()
    };
    assert_eq!(checks(&shop, "").await, [day("2025-11-11", "3", "3"), day("2025-11-10", "2", "2")]);
    assert_eq!(checks(&shop, "?different=true").await, Vec::<Value>::new());
    // Somebody adds to a day at Stripe, and another day is lost there.
    shop.app.payments.change_usage(|usage| {
        usage.remove(0);
        usage[0].value *= rust_decimal::Decimal::TWO;
    });
    shop.later(TimeDelta::days(1)).await;
    shop.later(TimeDelta::days(1)).await;
    let expected = [day("2025-11-11", "3", "6"), day("2025-11-10", "2", "0")];
    assert_eq!(checks(&shop, "?different=true").await, expected);
    assert_eq!(shop.trail("meter.difference").await, 2);
    assert_eq!(shop.meter().await["different"], 2);
    // It is put right there.
    shop.app.payments.change_usage(|usage| usage[0].value = "3".parse().unwrap());
    shop.later(TimeDelta::days(1)).await;
    assert_eq!(checks(&shop, "?different=true").await, [day("2025-11-10", "2", "0")]);
    assert_eq!(checks(&shop, "?different=false").await, [day("2025-11-11", "3", "3")]);
    shop.app.finish().await;
}

#[actix_web::test]
async fn there_is_no_invoice_here_for_who_is_billed_at_stripe() {
    let mut shop = Shop::with("METERED", "2025-10-01").await;
    shop.use_up("2025-10-20T08:00:00Z", "5").await;
    let run = json!({"period": "2025-10"});
    let queued = shop.admin.post("/api/v1/msp/invoice-runs", &run).await.expect(202);
    assert_eq!(queued.json["due"], 0);
    shop.app.drain().await;
    assert_eq!(shop.items("/api/v1/msp/invoices?customer=ACME").await, Vec::<Value>::new());
    assert_eq!(shop.items("/api/v1/msp/invoice-runs/preview?period=2025-10").await, Vec::<Value>::new());
    let body = json!({"customer": "ACME", "period": "2025-10"});
    assert_eq!(shop.admin.post("/api/v1/msp/invoices", &body).await.expect(409).code(), "billed_at_stripe");
    let charge = json!({"description": "Setup", "unit_price": "95"});
    let refused = shop.admin.post("/api/v1/msp/customers/ACME/one-off-charges", &charge).await.expect(409);
    assert_eq!(refused.code(), "billed_at_stripe");
    let id = shop.admin.get(&shop.admin.subscription("ACME").await).await.expect(200).text("/id").to_owned();
    let upcoming = format!("/api/v1/msp/subscriptions/{id}/upcoming?period=2025-11");
    assert_eq!(shop.admin.get(&upcoming).await.expect(200).json["lines"], json!([]));
    assert_eq!(
        shop.admin.get("/api/v1/msp/portfolio").await.expect(200).json["revenue_this_month"]["amount_minor"],
        0
    );
    shop.app.finish().await;
}

#[actix_web::test]
async fn a_move_splits_days_and_what_comes_late_is_billed_where_its_day_was() {
    let mut shop = Shop::with("HERE", "2025-10-01").await;
    shop.use_up("2025-10-20T08:00:00Z", "5").await;
    let run = async |shop: &Shop, period: &str| {
        shop.admin.post("/api/v1/msp/invoice-runs", &json!({"period": period})).await.expect(202);
        shop.app.drain().await;
        let all = shop.items("/api/v1/msp/invoices?customer=ACME").await;
        all.iter().map(|it| it["total"]["amount_minor"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(run(&shop, "2025-10").await, [500]);
    // From the 15th on, at Stripe: the usage of that day goes there, that of the 14th does not.
    shop.use_up("2025-11-14T08:00:00Z", "2").await;
    shop.use_up("2025-11-15T08:00:00Z", "3").await;
    let id = shop.admin.get(&shop.admin.subscription("ACME").await).await.expect(200).text("/id").to_owned();
    let change = json!({"kind": "plan", "plan": "METERED", "at": "now"});
    let path = format!("/api/v1/msp/subscriptions/{id}/changes");
    let answer = shop.admin.post(&path, &change).await;
    assert!((200..300).contains(&answer.status), "{}", answer.json);
    shop.hour().await;
    assert_eq!(shop.taken(), [taken("11-15 12:00", "3")]);
    shop.later(TimeDelta::days(20)).await;
    assert_eq!(run(&shop, "2025-11").await, [200, 500]);
    // Late: for a day here and one there; and the next month has no invoice but for what came late.
    shop.use_up("2025-11-14T09:00:00Z", "1").await;
    shop.use_up("2025-11-16T09:00:00Z", "10").await;
    shop.hour().await;
    assert_eq!(shop.taken()[1..], [taken("11-16 12:00", "10")]);
    shop.later(TimeDelta::days(30)).await;
    assert_eq!(run(&shop, "2025-12").await, [100, 200, 500]);
    shop.later(TimeDelta::days(30)).await;
    assert_eq!(run(&shop, "2026-01").await, [100, 200, 500]);
    assert_eq!(shop.taken().len(), 2);
    shop.app.finish().await;
}

#[actix_web::test]
async fn days_that_are_not_charged_are_not_sent() {
    let mut shop = Shop::open().await;
    let body = json!({"plan": "METERED", "starts_on": "2025-11-01", "trial_days": 9});
    shop.admin.post("/api/v1/msp/customers/ACME/subscriptions", &body).await.expect(201);
    shop.know("cus_acme").await.expect(200);
    shop.use_up("2025-11-09T08:00:00Z", "1").await;
    shop.use_up("2025-11-10T08:00:00Z", "2").await;
    shop.use_up("2025-10-31T08:00:00Z", "4").await;
    shop.hour().await;
    assert_eq!(shop.taken(), [taken("11-10 12:00", "2")]);
    shop.app.finish().await;
}

#[actix_web::test]
async fn each_sees_what_is_theirs() {
    let mut shop = Shop::with("METERED", "2025-11-01").await;
    shop.use_up("2025-11-10T08:00:00Z", "2").await;
    shop.hour().await;
    shop.later(TimeDelta::days(1)).await;
    let (tenant, a) = (shop.app.northwind.tenant, shop.app.northwind.a);
    shop.app.add_person(tenant, "limited", Role::MspBilling, None, Some(vec![a])).await;
    let limited = shop.app.client("limited").await;
    let other = shop.app.client("harbor_admin").await;
    for path in ["pushes", "checks"] {
        assert_eq!(shop.items(&format!("{METERS}/{path}")).await.len(), 1);
        for who in [&limited, &other] {
            assert_eq!(who.get(&format!("{METERS}/{path}")).await.expect(200).json["items"], json!([]));
        }
    }
    assert_eq!(limited.get(METERS).await.expect(403).code(), "restricted");
    assert_eq!(limited.post(&format!("{METERS}/push"), &Value::Null).await.expect(403).code(), "restricted");
    assert_eq!(other.get(METERS).await.expect(200).json["items"], json!([]));
    let refused = other.post(&format!("{METERS}/push"), &Value::Null).await.expect(409);
    assert_eq!(refused.code(), "payments_not_connected");
    let since: DateTime<Utc> = shop.meter().await["reconciled_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(since, shop.app.store().clock().now());
    shop.app.finish().await;
}

#[actix_web::test]
async fn what_a_yearly_fee_has_come_to_is_billed_here_when_its_plan_makes_way_for_one_at_stripe() {
    let mut shop = Shop::with("HERE", "2025-10-01").await;
    let plan = json!({"code": "YEARLY", "name": "Yearly", "fee_interval": "year",
                      "base_fee": {"amount_minor": 36_500, "currency": "USD"}});
    shop.admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    let customer = json!({"company_name": "Yearly", "code": "YEARLY"});
    shop.admin.post("/api/v1/msp/customers", &customer).await.expect(201);
    let body = json!({"plan": "YEARLY", "starts_on": "2025-10-01"});
    let path = "/api/v1/msp/customers/YEARLY/subscriptions";
    let id = shop.admin.post(path, &body).await.expect(201).text("/id").to_owned();
    let change = json!({"kind": "plan", "plan": "METERED", "on": "2025-12-01"});
    shop.admin.post(&format!("/api/v1/msp/subscriptions/{id}/changes"), &change).await.expect(200);
    shop.later(TimeDelta::days(50)).await;
    for period in ["2025-10", "2025-11", "2025-12"] {
        shop.admin.post("/api/v1/msp/invoice-runs", &json!({"period": period})).await.expect(202);
        shop.app.drain().await;
    }
    // October and November, 61 of 365 days.
    let billed = shop.items("/api/v1/msp/invoices?customer=YEARLY").await;
    let told: Vec<_> = billed.iter().map(|it| (&it["period_start"], &it["total"]["amount_minor"])).collect();
    assert_eq!(told, [(&json!("2025-12-01"), &json!(6_100))]);
    shop.app.finish().await;
}

#[actix_web::test]
async fn each_of_several_plans_is_billed_where_it_says() {
    let mut shop = Shop::open().await;
    let metric = json!({"key": "mails", "name": "Mails", "unit": "mail"});
    shop.admin.post("/api/v1/msp/metrics", &metric).await.expect(201);
    let fee =
        json!({"code": "SUPPORT", "name": "Support", "base_fee": {"amount_minor": 1_550, "currency": "USD"}});
    shop.admin.post("/api/v1/msp/plans", &fee).await.expect(201);
    let mut mails = plan("MAILS", "stripe", &unit("sum"));
    mails["components"][0]["metric"] = json!("mails");
    shop.admin.post("/api/v1/msp/plans", &mails).await.expect(201);
    for code in ["SUPPORT", "MAILS", "METERED"] {
        shop.subscribe(code, "2025-11-01").await;
    }
    shop.know("cus_acme").await.expect(200);
    shop.use_up("2025-11-10T08:00:00Z", "2.5").await;
    shop.hour().await;
    // A change of the first brings nothing back.
    shop.later(TimeDelta::days(1)).await;
    let id = shop.admin.subscription("ACME").await;
    let body = json!({"kind": "quantity", "quantity": 2});
    shop.admin.post(&format!("{id}/changes"), &body).await.expect(200);
    shop.hour().await;
    assert_eq!(shop.taken(), [taken("11-10 12:00", "2.5")]);
    shop.later(TimeDelta::days(20)).await;
    shop.admin.post("/api/v1/msp/invoice-runs", &json!({"period": "2025-11"})).await.expect(202);
    shop.app.drain().await;
    let issued = shop.items("/api/v1/msp/invoices?customer=ACME&period=2025-11").await;
    let [invoice] = issued.as_slice() else { panic!("{issued:?}") };
    let billed: Vec<_> = invoice["subscriptions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|of| of["plan_name"].clone())
        .collect();
    assert_eq!(billed, [json!("Support")]);
    shop.app.finish().await;
}
