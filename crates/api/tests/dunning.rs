//! What is done about invoices that are not paid, day by day.

use actix_web::http::Method;
use chrono::{NaiveDate, TimeDelta};
use domain::evidence::Evidence;
use serde_json::{Value, json};
use testkit::{Answer, Client, Refusal, TestApp};

const CUSTOMER: &str = "NORTHWIND-B";
const SUBSCRIPTIONS: &str = "/api/v1/msp/customers/NORTHWIND-B/subscriptions";

struct Shop {
    app: TestApp,
    subscription: String,
}

impl Shop {
    /// An MSP whose customer pays 90 dollars a month, 10 days after the invoice. The clock stands on 15 November 2025.
    async fn open(steps: Value) -> Self {
        let app = TestApp::start().await;
        let admin = app.client("northwind_admin").await;
        let plan =
            json!({"code": "FLAT", "name": "Flat", "base_fee": {"amount_minor": 9000, "currency": "USD"}});
        admin.post("/api/v1/msp/plans", &plan).await.expect(201);
        admin.post(SUBSCRIPTIONS, &json!({"plan": "FLAT", "starts_on": "2020-10-01"})).await.expect(201);
        let connect = json!({"email": "money@example.com", "country": "US"});
        admin.post("/api/v1/msp/payment-setup/connect", &connect).await.expect(200);
        admin.post("/api/v1/msp/payment-setup/refresh", &Value::Null).await.expect(200);
        let terms = json!({"payment_days": 10, "dunning": steps});
        admin.put("/api/v1/msp/billing", &terms).await.expect(200);
        let subscription = admin.subscription(CUSTOMER).await;
        Self { app, subscription }
    }

    async fn admin(&self) -> Client {
        self.app.client("northwind_admin").await
    }

    async fn issue(&self, period: &str) -> String {
        let admin = self.admin().await;
        let body = json!({"customer": CUSTOMER, "period": period});
        let id = admin.post("/api/v1/msp/invoices", &body).await.expect(201).text("/id").to_owned();
        admin.post(&format!("/api/v1/msp/invoices/{id}/finalize"), &Value::Null).await.expect(200);
        self.app.drain().await;
        id
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
        self.app.forget("northwind_b_owner");
    }

    async fn invoice(&self, id: &str) -> Answer {
        self.admin().await.get(&format!("/api/v1/msp/invoices/{id}")).await.expect(200)
    }

    async fn subscription(&self) -> Answer {
        self.admin().await.get(&self.subscription).await.expect(200)
    }

    /// `2025-11-26 remind`, and why it was not done.
    async fn done(&self, id: &str) -> Vec<String> {
        let invoice = self.invoice(id).await;
        let done = invoice.json["dunning"]["done"].as_array().expect("what was done").iter();
        done.map(|it| {
            let words = [&it["on"], &it["action"], &it["skipped"]].into_iter().filter_map(Value::as_str);
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
    }

    async fn planned(&self, id: &str) -> Vec<String> {
        let invoice = self.invoice(id).await;
        let planned = invoice.json["dunning"]["planned"].as_array().expect("what is to come").iter();
        planned
            .map(|it| [&it["on"], &it["action"]].map(|it| it.as_str().unwrap_or_default()).join(" "))
            .collect()
    }

    async fn subjects(&self) -> Vec<String> {
        let sql = self.app.database().superuser().await;
        sql.column("select subject from mails where kind = 'reminder' order by created_at, id").await
    }

    async fn waiting(&self) -> Value {
        let path = format!("/api/v1/msp/customers/{CUSTOMER}/one-off-charges");
        self.admin().await.get(&path).await.expect(200).json["items"].take()
    }

    async fn close(self) {
        let sql = self.app.database().superuser().await;
        assert_eq!(sql.number("select coalesce(sum(amount_minor), 0)::bigint from ledger_entries").await, 0);
        self.app.finish().await;
    }
}

fn whole() -> Value {
    json!([
        {"days": -3, "action": "remind"},
        {"days": 1, "action": "remind"},
        {"days": 3, "action": "charge"},
        {"days": 5, "action": "late_fee", "fee_percent": "5"},
        {"days": 10, "action": "pause"},
        {"days": 20, "action": "cancel"},
    ])
}

#[actix_web::test]
async fn each_step_is_done_once_on_its_day_until_the_invoice_is_paid() {
    let shop = Shop::open(whole()).await;
    shop.app.keep_card(&shop.app.northwind, "pm_1").await;
    shop.app.payments.refuse_next(Refusal::Declined("insufficient_funds"));
    let invoice = shop.issue("2025-10").await;
    assert_eq!(shop.invoice(&invoice).await.text("/due_on"), "2025-11-25");
    let planned = [
        "2025-11-22 remind",
        "2025-11-26 remind",
        "2025-11-28 charge",
        "2025-11-30 late_fee",
        "2025-12-05 pause",
        "2025-12-15 cancel",
    ];
    assert_eq!(shop.planned(&invoice).await, planned);

    shop.until("2025-11-27").await;
    assert_eq!(shop.done(&invoice).await, planned[..2]);
    assert_eq!(shop.planned(&invoice).await, planned[2..]);
    assert_eq!(shop.subscription().await.text("/status"), "past_due");

    shop.app.payments.refuse_next(Refusal::Declined("insufficient_funds"));
    shop.until("2025-11-30").await;
    assert_eq!(shop.done(&invoice).await, planned[..4]);
    assert_eq!(shop.app.payments.charged(), 2);
    // 5 % of 90 dollars, with the next invoice.
    let waiting = shop.waiting().await;
    assert_eq!(waiting.as_array().map(Vec::len), Some(1));
    assert_eq!(waiting[0]["amount"], json!({"amount_minor": 450, "currency": "USD"}));
    assert_eq!((&waiting[0]["kind"], &waiting[0]["late_for"]), (&json!("late_fee"), &json!(invoice)));
    // The customer sees where it stands.
    let owner = shop.app.client("northwind_b_owner").await;
    let seen = owner.get(&format!("/api/v1/portal/invoices/{invoice}")).await.expect(200);
    assert_eq!(
        seen.json["dunning"]["planned"][0],
        json!({"action": "pause", "on": "2025-12-05", "fee": null})
    );

    shop.until("2025-12-06").await;
    assert_eq!(shop.done(&invoice).await, planned[..5]);
    assert_eq!(shop.subscription().await.text("/status"), "paused");
    let subjects = shop.subjects().await;
    let number = shop.invoice(&invoice).await.text("/number").to_owned();
    let expected = [
        format!("Reminder: invoice {number} is due soon"),
        format!("Reminder: invoice {number} is not paid"),
        format!("A late fee for invoice {number}"),
        format!("Your subscription is paused: invoice {number} is not paid"),
    ];
    assert_eq!(subjects, expected);

    // Paid: the subscription goes on by itself, and nothing more is done.
    let charge = format!("/api/v1/msp/invoices/{invoice}/charge");
    assert_eq!(shop.admin().await.post(&charge, &Value::Null).await.expect(200).text("/status"), "succeeded");
    shop.app.drain().await;
    assert_eq!(shop.subscription().await.text("/status"), "active");
    shop.until("2026-01-05").await;
    assert_eq!(shop.done(&invoice).await, planned[..5]);
    assert_eq!(shop.planned(&invoice).await, [""; 0]);
    assert_eq!(shop.subscription().await.text("/status"), "active");

    // The fee is a line of the next invoice, in its evidence as on the paper.
    let next = shop.issue("2025-12").await;
    let billed = shop.invoice(&next).await;
    // Paused from 5 to 6 December: 30 of 31 days.
    assert_eq!(billed.text("/lines/2/description"), format!("Late fee for invoice {number}"));
    let amounts: Vec<_> =
        (0..3).map(|line| billed.json["lines"][line]["amount"]["amount_minor"].clone()).collect();
    assert_eq!(amounts, [json!(1161), json!(7548), json!(450)]);
    let path = format!("/api/v1/msp/invoices/{next}/evidence");
    let evidence = shop.admin().await.get(&path).await.expect(200);
    let evidence: Evidence = serde_json::from_value(evidence.json).expect("evidence");
    assert_eq!(evidence.check(&evidence.lines), Ok(Vec::new()));
    assert_eq!(shop.waiting().await, json!([]));
    shop.close().await;
}

#[actix_web::test]
async fn the_last_step_cancels() {
    let steps = json!([{"days": 1, "action": "charge"}, {"days": 1, "action": "remind"}, {"days": 4, "action": "cancel"}]);
    let shop = Shop::open(steps).await;
    let invoice = shop.issue("2025-10").await;
    shop.until("2025-11-29").await;
    assert_eq!(shop.subscription().await.text("/ends_on"), "2025-11-30");
    shop.until("2025-12-20").await;
    let done = ["2025-11-26 charge no_payment_method", "2025-11-26 remind", "2025-11-29 cancel"];
    assert_eq!(shop.done(&invoice).await, done);
    assert_eq!(shop.invoice(&invoice).await.text("/status"), "finalized");
    shop.close().await;
}

#[actix_web::test]
async fn nothing_is_done_about_an_invoice_that_nobody_has_received() {
    let shop = Shop::open(json!([{"days": 1, "action": "remind"}, {"days": 5, "action": "pause"}])).await;
    let invoice = shop.issue("2025-10").await;
    let sql = shop.app.database().superuser().await;
    // The mail came back.
    sql.run("update mails set status = 'failed', sent_at = null where kind = 'invoice'").await;
    shop.until("2025-12-10").await;
    assert_eq!(shop.done(&invoice).await, [""; 0]);
    assert_eq!(shop.invoice(&invoice).await.text("/dunning/waits_for"), "delivery");
    assert_eq!(shop.subscription().await.text("/status"), "past_due");
    // Sent once more on the tenth, it has as many days as it would have had: ten to pay, and one more.
    shop.admin().await.post(&format!("/api/v1/msp/invoices/{invoice}/send"), &Value::Null).await.expect(202);
    shop.app.drain().await;
    shop.until("2025-12-26").await;
    assert_eq!(shop.done(&invoice).await, ["2025-12-21 remind", "2025-12-25 pause"]);
    assert_eq!(shop.invoice(&invoice).await.json["dunning"]["waits_for"], Value::Null);
    shop.close().await;
}

#[actix_web::test]
async fn a_customer_without_an_address_is_not_dunned() {
    let shop = Shop::open(
        json!([{"days": 1, "action": "late_fee", "fee": {"amount_minor": 1500, "currency": "USD"}}]),
    )
    .await;
    let admin = shop.admin().await;
    let path = format!("/api/v1/msp/customers/{CUSTOMER}");
    admin.patch(&path, &json!({"contact_email": null})).await.expect(200);
    let invoice = shop.issue("2025-10").await;
    shop.until("2025-12-10").await;
    assert_eq!(shop.done(&invoice).await, [""; 0]);
    assert_eq!(shop.invoice(&invoice).await.text("/dunning/waits_for"), "mail");
    assert_eq!(shop.waiting().await, json!([]));
    shop.close().await;
}

#[actix_web::test]
async fn the_bank_has_its_say_before_the_next_step() {
    let steps = json!([{"days": 1, "action": "charge"}, {"days": 1, "action": "cancel"}]);
    let shop = Shop::open(steps).await;
    shop.app.keep_card(&shop.app.northwind, "pm_1").await;
    shop.app.payments.refuse_next(Refusal::Declined("insufficient_funds"));
    let invoice = shop.issue("2025-10").await;
    shop.until("2025-11-28").await;
    assert_eq!(shop.done(&invoice).await, ["2025-11-26 charge"]);
    assert_eq!(shop.invoice(&invoice).await.text("/status"), "paid");
    assert_eq!(shop.subscription().await.text("/status"), "active");
    shop.close().await;
}

#[actix_web::test]
async fn a_pause_lasts_until_the_last_overdue_invoice_is_paid() {
    let shop = Shop::open(json!([{"days": 1, "action": "pause"}])).await;
    let (first, second) = (shop.issue("2025-09").await, shop.issue("2025-10").await);
    shop.until("2025-11-27").await;
    assert_eq!(shop.done(&first).await, ["2025-11-26 pause"]);
    assert_eq!(shop.done(&second).await, ["2025-11-26 pause already_paused"]);
    shop.app.keep_card(&shop.app.northwind, "pm_1").await;
    for (invoice, status) in [(&first, "paused"), (&second, "active")] {
        let charge = format!("/api/v1/msp/invoices/{invoice}/charge");
        shop.admin().await.post(&charge, &Value::Null).await.expect(200);
        shop.app.drain().await;
        assert_eq!(shop.subscription().await.text("/status"), status);
    }
    shop.close().await;
}

#[actix_web::test]
async fn the_late_fee_of_a_void_invoice_is_gone() {
    let shop = Shop::open(
        json!([{"days": 1, "action": "late_fee", "fee": {"amount_minor": 1500, "currency": "USD"}}]),
    )
    .await;
    let invoice = shop.issue("2025-10").await;
    shop.until("2025-11-27").await;
    assert_eq!(shop.waiting().await[0]["amount"]["amount_minor"], json!(1500));
    let admin = shop.admin().await;
    admin
        .post(&format!("/api/v1/msp/invoices/{invoice}/void"), &json!({"reason": "Sent by mistake"}))
        .await
        .expect(200);
    assert_eq!(shop.waiting().await, json!([]));
    shop.close().await;
}

#[actix_web::test]
async fn invoices_that_are_left_to_be_billed_by_hand_are_not_issued_unasked() {
    let shop = Shop::open(json!([])).await;
    // The fifth is past already: what October left is not issued, November is.
    let terms = json!({"payment_days": 10, "issue_day": 5});
    shop.admin().await.put("/api/v1/msp/billing", &terms).await.expect(200);
    shop.until("2025-11-20").await;
    let invoices = "/api/v1/msp/invoices";
    assert_eq!(shop.admin().await.get(invoices).await.expect(200).json["items"], json!([]));
    shop.until("2025-12-05").await;
    let issued = shop.admin().await.get(invoices).await.expect(200);
    assert_eq!(
        (issued.text("/items/0/period_start"), &issued.json["items"][1]),
        ("2025-11-01", &Value::Null)
    );
    shop.close().await;
}

#[actix_web::test]
async fn a_person_can_stop_it_and_let_it_go_on() {
    let shop = Shop::open(json!([{"days": 1, "action": "remind"}, {"days": 5, "action": "pause"}])).await;
    let invoice = shop.issue("2025-10").await;
    let path = format!("/api/v1/msp/invoices/{invoice}/dunning");
    shop.admin().await.post(&format!("{path}/hold"), &Value::Null).await.expect(200);
    shop.until("2025-12-05").await;
    assert_eq!(shop.done(&invoice).await, [""; 0]);
    let owner = shop.app.client("northwind_b_owner").await;
    let seen = owner.get(&format!("/api/v1/portal/invoices/{invoice}")).await.expect(200);
    assert_eq!(seen.json["dunning"], json!({"done": [], "planned": [], "waits_for": null, "held_at": null}));
    shop.admin().await.post(&format!("{path}/continue"), &Value::Null).await.expect(200);
    shop.until("2025-12-12").await;
    assert_eq!(shop.done(&invoice).await, ["2025-12-06 remind", "2025-12-10 pause"]);
    shop.admin().await.post(&format!("{path}/hold"), &Value::Null).await.expect(409);
    shop.close().await;
}

#[actix_web::test]
async fn invoices_keep_to_the_steps_that_they_were_issued_with() {
    let shop = Shop::open(json!([{"days": 1, "action": "remind"}])).await;
    let first = shop.issue("2025-09").await;
    let admin = shop.admin().await;
    let settings = admin.get("/api/v1/msp/billing").await.expect(200);
    let none = json!({"payment_days": 20, "issue_day": 3, "dunning": []});
    let stale = admin
        .request(Method::PUT, "/api/v1/msp/billing")
        .header("If-Match", "\"1\"")
        .json(&none)
        .send()
        .await;
    assert_eq!((stale.status, settings.json["version"].as_i64() > Some(1)), (412, true));
    admin.put("/api/v1/msp/billing", &none).await.expect(200);
    let second = shop.issue("2025-10").await;
    assert_eq!(shop.invoice(&second).await.json["dunning"]["planned"], Value::Null);
    assert_eq!(shop.invoice(&second).await.text("/due_on"), "2025-12-05");
    // From the third of the month on, the invoices of the month before come by themselves.
    shop.until("2025-12-02").await;
    let november = "/api/v1/msp/invoices?period=2025-11";
    assert_eq!(shop.admin().await.get(november).await.expect(200).json["items"], json!([]));
    shop.until("2025-12-04").await;
    let issued = shop.admin().await.get(november).await.expect(200);
    assert_eq!(
        (issued.text("/items/0/issued_on"), issued.text("/items/0/status")),
        ("2025-12-03", "finalized")
    );
    assert_eq!(shop.done(&first).await, ["2025-11-26 remind"]);
    shop.close().await;
}

#[actix_web::test]
async fn a_schedule_that_makes_no_sense_is_refused_by_its_fields() {
    let shop = Shop::open(json!([])).await;
    let admin = shop.admin().await;
    let terms = json!({"payment_days": 400, "issue_day": 29, "dunning": [
        {"days": 5, "action": "remind"}, {"days": 4, "action": "late_fee"},
        {"days": 6, "action": "late_fee", "fee": {"amount_minor": 100, "currency": "USD"}, "fee_percent": "5"}]});
    let refused = admin.put("/api/v1/msp/billing", &terms).await.expect(422);
    let wrong =
        ["/payment_days", "/issue_day", "/dunning/1/days", "/dunning/1/fee", "/dunning/2/fee_percent"];
    assert_eq!(refused.pointers(), wrong);
    shop.close().await;
}

#[actix_web::test]
async fn what_is_charged_once_waits_for_the_next_invoice_and_comes_back_from_a_void_one() {
    let shop = Shop::open(json!([])).await;
    let admin = shop.admin().await;
    let path = format!("/api/v1/msp/customers/{CUSTOMER}/one-off-charges");
    let hours = json!({"description": "Setup, by the hour", "quantity": "2.5", "unit_price": "95"});
    admin.post(&path, &hours).await.expect(201);
    let wrong = json!({"description": " ", "quantity": "0", "unit_price": "-1"});
    let pointers = ["/description", "/quantity", "/unit_price"];
    assert_eq!(admin.post(&path, &wrong).await.expect(422).pointers(), pointers);
    let euros = json!({"description": "Elsewhere", "unit_price": "1", "currency": "EUR"});
    let elsewhere = admin.post(&path, &euros).await.expect(201).text("/id").to_owned();
    let mistake = json!({"description": "By mistake", "unit_price": "1"});
    let mistake = admin.post(&path, &mistake).await.expect(201).text("/id").to_owned();
    admin.delete(&format!("/api/v1/msp/one-off-charges/{mistake}")).await.expect(204);
    admin.delete(&format!("/api/v1/msp/one-off-charges/{mistake}")).await.expect(404);

    let preview = admin.get("/api/v1/msp/invoice-runs/preview?period=2025-10").await.expect(200);
    assert_eq!(preview.json["items"][0]["total"]["amount_minor"], json!(9000 + 23_750));
    let first = shop.issue("2025-10").await;
    assert_eq!(shop.invoice(&first).await.json["total"]["amount_minor"], json!(9000 + 23_750));
    assert_eq!(shop.waiting().await[0]["id"], json!(elsewhere));
    // Late usage and the like do not take it for something that was billed for the days.
    let second = shop.issue("2025-11").await;
    assert_eq!(shop.invoice(&second).await.json["total"]["amount_minor"], json!(9000));
    let void = format!("/api/v1/msp/invoices/{first}/void");
    admin.post(&void, &json!({"reason": "Wrong address"})).await.expect(200);
    let anew = shop.issue("2025-10").await;
    assert_eq!(shop.invoice(&anew).await.json["total"]["amount_minor"], json!(9000 + 23_750));
    shop.close().await;
}
