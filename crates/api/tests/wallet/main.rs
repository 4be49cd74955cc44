//! Credit that customers are granted: how it is used, how it expires, and how it comes back, to the cent.

mod many;
mod shop;

use chrono::TimeDelta;
use serde_json::{Value, json};

use shop::{CUSTOMER, Shop, held, minor, usd};

/// `EARLY 3000 of NOR-000001`, of all grants of the customer.
async fn uses(shop: &Shop) -> Vec<String> {
    let path = format!("/api/v1/msp/customers/{CUSTOMER}/credit/grants");
    let found = shop.admin().await.get(&path).await.expect(200);
    let mut told = Vec::new();
    for grant in found.json["items"].as_array().expect("a list") {
        for one in grant["uses"].as_array().expect("a list") {
            let (name, number) = (&grant["description"], one["invoice_number"].as_str().unwrap_or_default());
            told.push(format!("{} {} of {number}", name.as_str().unwrap_or_default(), minor(one, "used")));
        }
    }
    told.sort();
    told
}

#[actix_web::test]
async fn what_expires_first_is_used_first_and_each_use_is_traced() {
    let shop = Shop::open().await;
    // Free credit: a cent too much is as good as fifty dollars.
    let first = shop.issue("2025-01").await;
    shop.pay(&first, 9_500, "wire").await.expect(201);
    shop.paid("never paid", 3_000, None).await;
    shop.given("never given", 3_000, None).await;
    shop.paid("late paid", 3_000, Some("2025-12-01")).await;
    shop.given("late given", 3_000, Some("2025-12-01")).await;
    shop.paid("early paid", 3_500, Some("2025-11-20")).await;
    assert_eq!(shop.credit_left().await, (16_000, 500));
    assert_eq!(
        shop.credit_read().await["expiring"],
        json!([{"expires_on": "2025-11-20", "amount": usd(3_500)}, {"expires_on": "2025-12-01", "amount": usd(6_000)}])
    );
    let second = shop.issue("2025-02").await;
    assert_eq!(shop.standing(&second).await, (9_000, 0));
    assert_eq!(
        uses(&shop).await,
        ["early paid 3500 of NOR-000002", "late given 3000 of NOR-000002", "late paid 2500 of NOR-000002"]
    );
    let third = shop.issue("2025-03").await;
    assert_eq!(shop.standing(&third).await, (7_000, 2_000));
    assert_eq!(
        uses(&shop).await[3..],
        ["late paid 500 of NOR-000003", "never given 3000 of NOR-000003", "never paid 3000 of NOR-000003"]
    );
    assert_eq!(shop.credit_left().await, (0, 0));
    assert_eq!(
        shop.balances().await,
        held([("receivable", 2_000), ("revenue", -27_000), ("cash", 19_000), ("promotions", 6_000)])
    );
    shop.app.drain().await;
    shop.close().await;
}

#[actix_web::test]
async fn it_can_be_used_on_its_last_day_where_the_tenant_is_and_not_on_the_next() {
    let shop = Shop::open_in("America/Los_Angeles").await;
    let paid = shop.paid("Ahead", 10_000, Some("2025-11-15")).await;
    let given = shop.given("Welcome", 5_000, Some("2025-11-15")).await;
    let kept = shop.paid("For ever", 100, None).await;
    // A minute to midnight there, and long past it in Greenwich.
    shop.later(TimeDelta::minutes(20 * 60 - 1));
    let last = shop.issue("2025-01").await;
    assert_eq!(shop.standing(&last).await, (9_000, 0));
    assert_eq!(shop.credit_left().await, (6_100, 0));
    shop.later(TimeDelta::minutes(1));
    // Nobody has taken it out yet, and nobody can use it.
    let next = shop.issue("2025-02").await;
    assert_eq!(shop.standing(&next).await, (100, 8_900));
    assert_eq!(shop.credit_left().await, (0, 0));
    assert_eq!(shop.credit_read().await["expiring"], json!([]));
    let before = held([
        ("receivable", 8_900),
        ("revenue", -18_000),
        ("cash", 10_100),
        ("credits", -6_000),
        ("promotions", 5_000),
    ]);
    assert_eq!(shop.balances().await, before);
    assert_eq!(shop.grant_standing(&paid).await, ("expired".to_owned(), [0, 4_000, 6_000, 0, 0]));
    assert_eq!(shop.revoke(&paid).await.expect(409).code(), "no_credit");
    shop.upkeep().await;
    let after = held([
        ("receivable", 8_900),
        ("revenue", -18_000),
        ("cash", 10_100),
        ("promotions", 5_000),
        ("breakage", -6_000),
    ]);
    assert_eq!(shop.balances().await, after);
    assert_eq!(shop.grant_standing(&paid).await, ("expired".to_owned(), [0, 4_000, 6_000, 0, 0]));
    assert_eq!(shop.grant_standing(&given).await, ("used_up".to_owned(), [0, 5_000, 0, 0, 0]));
    assert_eq!(shop.grant_standing(&kept).await, ("used_up".to_owned(), [0, 100, 0, 0, 0]));
    let booked = shop.admin().await.get("/api/v1/msp/ledger/transactions?account=breakage").await.expect(200);
    assert_eq!(booked.json["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(booked.text("/items/0/booked_on"), "2025-11-16");
    shop.close().await;
}

#[actix_web::test]
async fn a_gift_that_expires_goes_back_where_it_came_from_and_late_is_as_good_as_in_time() {
    let shop = Shop::open().await;
    shop.given("Welcome", 5_000, Some("2025-11-16")).await;
    // A server that stood still for a month books it as it should have.
    shop.later(TimeDelta::days(30));
    shop.upkeep().await;
    assert_eq!(shop.balances().await, []);
    let booked =
        shop.admin().await.get("/api/v1/msp/ledger/transactions?account=promotions").await.expect(200);
    let told: Vec<_> = booked.json["items"].as_array().expect("a list").iter().collect();
    assert_eq!((&told[0]["kind"], &told[0]["booked_on"]), (&json!("credit_expired"), &json!("2025-11-17")));
    assert_eq!((&told[1]["kind"], &told[1]["booked_on"]), (&json!("credit_granted"), &json!("2025-11-15")));
    let sql = shop.app.database().superuser().await;
    assert_eq!(sql.number("select count(*) from events where type = 'credit.expired'").await, 1);
    shop.close().await;
}

#[actix_web::test]
async fn an_invoice_run_on_the_day_after_leaves_it_alone() {
    let shop = Shop::open().await;
    shop.paid("Ahead", 5_000, Some("2025-11-15")).await;
    shop.later(TimeDelta::days(1));
    shop.admin().await.post("/api/v1/msp/invoice-runs", &json!({"period": "2025-10"})).await.expect(202);
    shop.app.drain().await;
    let found = shop.admin().await.get("/api/v1/msp/invoices").await.expect(200);
    assert_eq!(minor(&found.json["items"][0], "credit_used"), 0);
    assert_eq!(minor(&found.json["items"][0], "outstanding"), 9_000);
    shop.upkeep().await;
    assert_eq!(
        shop.balances().await,
        held([("receivable", 9_000), ("revenue", -9_000), ("cash", 5_000), ("breakage", -5_000)])
    );
    shop.close().await;
}

#[actix_web::test]
async fn what_is_left_is_taken_back_and_what_was_used_stays_used() {
    let shop = Shop::open().await;
    let paid = shop.paid("Ahead", 10_000, None).await;
    let given = shop.given("Welcome", 4_000, None).await;
    let version = shop.grant(&paid).await["version"].clone();
    shop.issue("2025-01").await;
    let path = format!("/api/v1/msp/credit-grants/{paid}/revoke");
    let body = json!({"reason": "Too much"});
    let admin = shop.admin().await;
    let with = async |tag: &str| {
        let request = admin.request(actix_web::http::Method::POST, &path);
        request.header("If-Match", tag).json(&body).send().await
    };
    // An invoice has used of it since.
    with(&format!("\"{version}\"")).await.expect(412);
    let read = admin.get(&format!("/api/v1/msp/credit-grants/{paid}")).await.expect(200);
    let revoked = with(read.header("ETag")).await.expect(200);
    assert_eq!(revoked.text("/status"), "revoked");
    assert_eq!(shop.grant_standing(&paid).await, ("revoked".to_owned(), [0, 5_000, 0, 5_000, 0]));
    assert_eq!(shop.revoke(&paid).await.expect(409).code(), "no_credit");
    assert_eq!(shop.revoke(&given).await.expect(409).code(), "no_credit");
    assert_eq!(shop.grant_standing(&given).await, ("used_up".to_owned(), [0, 4_000, 0, 0, 0]));
    assert_eq!(shop.balances().await, held([("revenue", -9_000), ("cash", 5_000), ("promotions", 4_000)]));
    let gift = shop.given("Another", 700, Some("2025-12-31")).await;
    assert_eq!(shop.revoke(&gift).await.expect(200).text("/status"), "revoked");
    assert_eq!(shop.credit_left().await, (0, 0));
    shop.app.drain().await;
    shop.close().await;
}

#[actix_web::test]
async fn a_void_invoice_gives_back_to_the_grants_that_have_not_expired() {
    let shop = Shop::open().await;
    let wire = shop.issue("2025-01").await;
    shop.pay(&wire, 9_400, "wire").await.expect(201);
    let paid = shop.paid("Ahead", 3_000, Some("2025-11-20")).await;
    let given = shop.given("Welcome", 2_000, Some("2025-11-20")).await;
    let long = shop.given("Long", 1_000, Some("2026-11-20")).await;
    let invoice = shop.issue("2025-02").await;
    assert_eq!(shop.standing(&invoice).await, (6_400, 2_600));
    shop.void(&invoice).await;
    assert_eq!(shop.credit_left().await, (6_400, 400));
    for (id, amount) in [(&paid, 3_000), (&given, 2_000), (&long, 1_000)] {
        assert_eq!(shop.grant_standing(id).await, ("active".to_owned(), [amount, 0, 0, 0, 0]));
    }
    assert_eq!(minor(&shop.grant(&paid).await["uses"][0], "returned"), 3_000);
    // Once more, and after the last day of two of them: what was paid for stays the customer's.
    let again = shop.issue("2025-02").await;
    shop.later(TimeDelta::days(6));
    shop.void(&again).await;
    assert_eq!(shop.grant_standing(&paid).await, ("used_up".to_owned(), [0, 0, 0, 0, 3_000]));
    assert_eq!(shop.grant_standing(&given).await, ("expired".to_owned(), [0, 0, 2_000, 0, 0]));
    assert_eq!(shop.grant_standing(&long).await, ("active".to_owned(), [1_000, 0, 0, 0, 0]));
    assert_eq!(shop.credit_left().await, (4_400, 3_400));
    shop.upkeep().await;
    assert_eq!(
        shop.balances().await,
        held([("revenue", -9_000), ("cash", 12_400), ("credits", -4_400), ("promotions", 1_000)])
    );
    shop.close().await;
}

#[actix_web::test]
async fn a_credit_note_gives_back_money_first_and_never_makes_money_of_a_gift() {
    let shop = Shop::open().await;
    let paid = shop.paid("Ahead", 2_000, Some("2026-11-20")).await;
    let given = shop.given("Welcome", 3_000, Some("2025-11-20")).await;
    let invoice = shop.issue("2025-01").await;
    shop.pay(&invoice, 4_000, "wire").await.expect(201);
    shop.credit(&invoice, 3_000).await;
    assert_eq!(shop.credit_left().await, (3_000, 3_000));
    shop.credit(&invoice, 2_500).await;
    assert_eq!(shop.credit_left().await, (5_500, 4_000));
    assert_eq!(shop.grant_standing(&paid).await, ("active".to_owned(), [1_500, 500, 0, 0, 0]));
    shop.credit(&invoice, 1_500).await;
    assert_eq!(shop.grant_standing(&paid).await, ("active".to_owned(), [2_000, 0, 0, 0, 0]));
    assert_eq!(shop.grant_standing(&given).await, ("active".to_owned(), [1_000, 2_000, 0, 0, 0]));
    // The rest of it comes back when the gift is over.
    shop.later(TimeDelta::days(6));
    shop.credit(&invoice, 2_000).await;
    shop.upkeep().await;
    assert_eq!(shop.grant_standing(&given).await, ("expired".to_owned(), [0, 0, 3_000, 0, 0]));
    assert_eq!(shop.credit_left().await, (6_000, 4_000));
    assert_eq!(shop.balances().await, held([("cash", 6_000), ("credits", -6_000)]));
    shop.close().await;
}

#[actix_web::test]
async fn granted_credit_is_never_paid_out() {
    let shop = Shop::open().await;
    let invoice = shop.issue("2025-01").await;
    let payment = shop.pay(&invoice, 9_000, "wire").await.expect(201).text("/id").to_owned();
    shop.paid("Ahead", 5_000, None).await;
    shop.given("Welcome", 5_000, None).await;
    let refund = async |amount: i64| {
        let path = format!("/api/v1/msp/payments/{payment}/refunds");
        shop.admin().await.post(&path, &json!({"reason": "x", "amount": usd(amount)})).await
    };
    assert_eq!(refund(100).await.expect(409).code(), "no_credit");
    shop.credit(&invoice, 600).await;
    assert_eq!(refund(601).await.expect(422).pointers(), ["/amount"]);
    refund(600).await.expect(201);
    assert_eq!(shop.credit_left().await, (10_000, 0));
    shop.app.drain().await;
    shop.close().await;
}

#[actix_web::test]
async fn what_is_granted_and_expires_is_not_revenue() {
    let shop = Shop::open().await;
    let revenue = async || {
        let found = shop.admin().await.get("/api/v1/msp/revenue?months=3&until=2025-10").await.expect(200);
        found.json["months"].clone()
    };
    let month = async |invoice: &str| minor(&revenue().await[2], invoice);
    shop.issue("2025-10").await;
    assert_eq!((month("revenue").await, month("recurring").await), (9_000, 9_000));
    let before = revenue().await;
    shop.given("Welcome", 9_000, Some("2025-11-16")).await;
    shop.paid("Ahead", 5_000, Some("2025-11-16")).await;
    assert_eq!(revenue().await, before);
    shop.issue("2025-09").await;
    let used = revenue().await;
    assert_eq!(minor(&used[1], "revenue"), 9_000);
    shop.later(TimeDelta::days(2));
    shop.upkeep().await;
    assert_eq!(revenue().await, used);
    assert_eq!(
        shop.balances().await,
        held([
            ("receivable", 9_000),
            ("revenue", -18_000),
            ("cash", 5_000),
            ("promotions", 9_000),
            ("breakage", -5_000)
        ])
    );
    shop.close().await;
}

#[actix_web::test]
async fn credit_in_two_currencies_stands_side_by_side_and_outlives_the_subscription() {
    let shop = Shop::open().await;
    let gift = shop.given("Welcome", 9_000, None).await;
    let invoice = shop.issue("2025-01").await;
    assert_eq!(shop.standing(&invoice).await, (9_000, 0));
    let admin = shop.admin().await;
    let eur = |minor: i64| json!({"amount_minor": minor, "currency": "EUR"});
    let plan = json!({"code": "EURO", "name": "Euro", "base_fee": eur(5_000)});
    admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    let subscriptions = format!("/api/v1/msp/customers/{CUSTOMER}/subscriptions");
    let ends = json!({"ends_on": "2025-11-16"});
    admin.post(&format!("{}/cancel", admin.subscription(CUSTOMER).await), &ends).await.expect(200);
    let euro = json!({"plan": "EURO", "starts_on": "2025-11-16"});
    let euro = admin.post(&subscriptions, &euro).await.expect(201);
    shop.later(TimeDelta::days(2));
    let admin = shop.admin().await;
    let grant = |amount| json!({"source": "promotional", "amount": amount, "description": "Willkommen"});
    shop.post_grant(CUSTOMER, &grant(eur(700))).await.expect(201);
    assert_eq!(shop.post_grant(CUSTOMER, &grant(usd(700))).await.expect(422).pointers(), ["/amount"]);
    // All that there was of the one currency comes back while there is some of the other.
    shop.to(&invoice, "credit-notes", &json!({"reason": "An outage"})).await.expect(201);
    assert_eq!(shop.grant_standing(&gift).await, ("active".to_owned(), [9_000, 0, 0, 0, 0]));
    assert_eq!(shop.credit_read().await["balances"], json!([eur(700), usd(9_000)]));
    // After the end it is what the customer was billed in last.
    let ends = json!({"ends_on": "2025-11-18"});
    let path = format!("/api/v1/msp/subscriptions/{}/cancel", euro.text("/id"));
    admin.post(&path, &ends).await.expect(200);
    shop.later(TimeDelta::days(2));
    shop.post_grant(CUSTOMER, &grant(eur(300))).await.expect(201);
    assert_eq!(shop.credit_read().await["balances"], json!([eur(1_000), usd(9_000)]));
    shop.app.drain().await;
    shop.close().await;
}

#[actix_web::test]
async fn what_cannot_be_granted_is_refused_by_name() {
    let shop = Shop::open().await;
    let good = json!({"source": "paid", "amount": usd(100), "description": "x", "reference": "x",
                      "expires_on": "2025-11-15", "paid_on": "2025-11-01"});
    for (field, value, pointer) in [
        ("amount", usd(0), "/amount"),
        ("amount", usd(-1), "/amount"),
        ("amount", usd(1_000_000_000_001), "/amount"),
        ("amount", json!({"amount_minor": 100, "currency": "EUR"}), "/amount"),
        ("description", json!(""), "/description"),
        ("reference", Value::Null, "/reference"),
        ("expires_on", json!("2025-11-14"), "/expires_on"),
        ("expires_on", json!("9999-01-01"), "/expires_on"),
        ("paid_on", json!("2025-11-16"), "/paid_on"),
        ("paid_on", json!("2024-11-13"), "/paid_on"),
        ("source", json!("promotional"), "/reference"),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let refused = shop.post_grant(CUSTOMER, &body).await;
        assert_eq!((refused.status, refused.pointers()[0]), (422, pointer), "{field} {value}");
    }
    assert_eq!(shop.credit_left().await, (0, 0));
    shop.post_grant(CUSTOMER, &good).await.expect(201);
    let booked = shop.admin().await.get("/api/v1/msp/ledger/transactions").await.expect(200);
    assert_eq!(booked.text("/items/0/booked_on"), "2025-11-01");
    let blank = format!("/api/v1/msp/credit-grants/{}/revoke", shop.given("y", 1, None).await);
    let refused = shop.admin().await.post(&blank, &json!({"reason": " "})).await.expect(422);
    assert_eq!(refused.pointers(), ["/reason"]);
    shop.close().await;
}

#[actix_web::test]
async fn the_customer_sees_its_own_and_nobody_elses() {
    let shop = Shop::open().await;
    shop.paid("Ahead", 5_000, None).await;
    let given = shop.given("Welcome", 1_000, Some("2025-12-01")).await;
    let owner = shop.app.client("northwind_b_owner").await;
    let found = owner.get("/api/v1/portal/credit").await.expect(200);
    assert_eq!(found.json["balances"], json!([usd(6_000)]));
    assert_eq!(found.text("/grants/0/description"), "Welcome");
    assert_eq!(found.text("/grants/0/expires_on"), "2025-12-01");
    assert_eq!(found.json["grants"][1]["expires_on"], Value::Null);
    // Neither a sibling nor another MSP.
    let sibling = shop.app.client("northwind_a_owner").await;
    let nothing = sibling.get("/api/v1/portal/credit").await.expect(200);
    assert_eq!((&nothing.json["balances"], &nothing.json["grants"]), (&json!([]), &json!([])));
    let harbor = shop.app.client("harbor_admin").await;
    harbor.get(&format!("/api/v1/msp/credit-grants/{given}")).await.expect(404);
    let path = format!("/api/v1/msp/credit-grants/{given}/revoke");
    harbor.post(&path, &json!({"reason": "x"})).await.expect(404);
    // The same words of a bank are another's.
    let body = json!({"source": "paid", "amount": usd(100), "description": "x", "reference": "Ahead"});
    harbor.post("/api/v1/msp/customers/HARBOR-B/credit/grants", &body).await.expect(201);
    assert_eq!(shop.credit_left().await, (6_000, 0));
    shop.close().await;
}

#[actix_web::test]
async fn a_sandbox_lets_it_expire_by_its_own_clock() {
    let shop = Shop::open().await;
    let admin = shop.admin().await;
    let sandbox = admin.post("/api/v1/msp/sandboxes", &json!({"name": "Try"})).await.expect(201);
    let id = sandbox.text("/id").to_owned();
    let inside = admin.post("/api/v1/auth/switch-tenant", &json!({"tenant_id": id})).await.expect(200);
    let inside = admin.with_token(inside.text("/access_token"));
    let one = json!({"code": "ONE", "company_name": "One"});
    inside.post("/api/v1/msp/customers", &one).await.expect(201);
    let body = json!({"source": "paid", "amount": usd(700), "description": "Ahead", "reference": "x",
                      "expires_on": "2025-11-20"});
    let path = "/api/v1/msp/customers/ONE/credit/grants";
    inside.post(path, &body).await.expect(201);
    for (to, status) in [("2025-11-20", "active"), ("2025-11-21", "expired")] {
        let advance = format!("/api/v1/msp/sandboxes/{id}/advance");
        inside.post(&advance, &json!({"to": to})).await.expect(202);
        shop.app.drain().await;
        // What a moment ago was believed of the caller's clock is not any more.
        shop.app.clock.advance(TimeDelta::seconds(2));
        assert_eq!(inside.get(path).await.expect(200).text("/items/0/status"), status);
    }
    let sql = shop.app.database().superuser().await;
    let booked = "select t.booked_on from ledger_transactions t where kind = 'credit_expired'";
    assert_eq!(sql.column(booked).await, ["2025-11-21"]);
    shop.close().await;
}

#[actix_web::test]
async fn the_customer_is_told_once_two_weeks_before_credit_expires() {
    let shop = Shop::open().await;
    let sql = shop.app.database().superuser().await;
    let told = async || {
        sql.column("select subject from mails where kind = 'credit_expires' order by created_at, subject")
            .await
    };
    let used = shop.given("Used", 9_000, Some("2025-11-30")).await;
    shop.paid("Ahead", 5_000, Some("2025-12-01")).await;
    let revoked = shop.given("Slip", 700, Some("2025-12-01")).await;
    shop.given("For ever", 700, None).await;
    shop.issue("2025-10").await;
    assert_eq!(shop.grant_standing(&used).await.0, "used_up");
    shop.revoke(&revoked).await.expect(200);
    // 15 days before, nothing of the others is to be told yet.
    shop.upkeep().await;
    shop.later(TimeDelta::days(1));
    shop.upkeep().await;
    assert_eq!(told().await, Vec::<String>::new());
    shop.later(TimeDelta::days(1));
    shop.upkeep().await;
    assert_eq!(told().await, ["Your credit of $50.00 expires after 1 December 2025"]);
    let text = sql.value("select text_body from mails where kind = 'credit_expires'").await;
    assert!(text.contains("Ahead") && text.contains("1 December 2025"), "{text}");
    // Not again, whatever becomes of it.
    shop.issue("2025-09").await;
    shop.later(TimeDelta::days(3));
    shop.upkeep().await;
    assert_eq!(told().await.len(), 1);
    // One that is granted within the two weeks is told of as soon as it is noticed.
    shop.given("Late", 300, Some("2025-11-28")).await;
    shop.upkeep().await;
    assert_eq!(told().await.len(), 2);
    shop.close().await;
}

#[actix_web::test]
async fn who_has_no_address_is_told_once_it_has_one_and_a_closed_customer_never() {
    let shop = Shop::open().await;
    let sql = shop.app.database().superuser().await;
    let told = async || sql.number("select count(*) from mails where kind = 'credit_expires'").await;
    shop.given("Welcome", 1_000, Some("2025-11-25")).await;
    let set = |what: &str| format!("update customers set {what} where code = '{CUSTOMER}'");
    sql.run(&set("contact_email = null")).await;
    shop.upkeep().await;
    assert_eq!(told().await, 0);
    sql.run(&set("contact_email = 'pay@b.example', status = 'closed'")).await;
    shop.upkeep().await;
    assert_eq!(told().await, 0);
    sql.run(&set("status = 'active'")).await;
    // Two processes look at the same time.
    for _ in 0..2 {
        app::jobs::upkeep(&shop.app.app).await.expect("it is looked after");
    }
    shop.app.drain().await;
    assert_eq!(told().await, 1);
    let to = sql.value("select to_address from mails where kind = 'credit_expires'").await;
    assert_eq!(to, "pay@b.example");
    shop.close().await;
}
