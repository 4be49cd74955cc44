//! Pages on which invoices are paid, and what becomes of them when something comes off the invoice meanwhile.

use chrono::TimeDelta;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

const CUSTOMER: &str = "NORTHWIND-B";

fn usd(minor: i64) -> Value {
    json!({"amount_minor": minor, "currency": "USD"})
}

struct Shop {
    app: TestApp,
    admin: Client,
}

impl Shop {
    /// An MSP that takes payments, with a plan of 90 dollars.
    async fn open() -> Self {
        let app = TestApp::start().await;
        let admin = app.client("northwind_admin").await;
        let plan = json!({"code": "FLAT", "name": "Flat", "base_fee": usd(9000)});
        admin.post("/api/v1/msp/plans", &plan).await.expect(201);
        let body = json!({"plan": "FLAT", "starts_on": "2020-10-01"});
        admin.post(&format!("/api/v1/msp/customers/{CUSTOMER}/subscriptions"), &body).await.expect(201);
        let connect = json!({"email": "money@example.com", "country": "US"});
        admin.post("/api/v1/msp/payment-setup/connect", &connect).await.expect(200);
        admin.post("/api/v1/msp/payment-setup/refresh", &Value::Null).await.expect(200);
        Self { app, admin }
    }

    async fn issue(&self, period: &str) -> String {
        let body = json!({"customer": CUSTOMER, "period": period});
        let id = self.admin.post("/api/v1/msp/invoices", &body).await.expect(201).text("/id").to_owned();
        self.to(&id, "finalize", &Value::Null).await.expect(200);
        self.app.drain().await;
        id
    }

    async fn to(&self, invoice: &str, verb: &str, body: &Value) -> Answer {
        self.admin.post(&format!("/api/v1/msp/invoices/{invoice}/{verb}"), body).await
    }

    async fn invoice(&self, id: &str) -> Answer {
        self.admin.get(&format!("/api/v1/msp/invoices/{id}")).await.expect(200)
    }

    /// Credits this much of an invoice.
    async fn credit(&self, invoice: &str, minor: i64) {
        let line = self.invoice(invoice).await.json["lines"][0]["id"].clone();
        let body = json!({"reason": "Too much", "lines": [{"line_id": line, "amount": usd(minor)}]});
        self.to(invoice, "credit-notes", &body).await.expect(201);
    }

    /// The provider's name for the page that a click on the link leads to.
    async fn page(&self, invoice: &str) -> String {
        let link = self.to(invoice, "pay-link", &Value::Null).await.expect(200);
        link.text("/url").rsplit('/').next().expect("a name").to_owned()
    }

    /// What the provider tells of an object, on the account of the MSP.
    async fn tell(&self, number: u32, kind: &str, object: &str) {
        let account = format!("acct_{}", self.app.northwind.tenant);
        self.app.tell(&format!("evt_{number}"), &account, kind, object).await;
    }

    async fn statuses(&self) -> Vec<String> {
        let sql = self.app.database().superuser().await;
        sql.column("select status from checkouts order by created_at, id").await
    }

    async fn payments(&self) -> i64 {
        let sql = self.app.database().superuser().await;
        sql.number("select count(*) from payments").await
    }

    /// Nothing is anywhere but where it belongs, and nothing is left to be done.
    async fn close(self) {
        let sql = self.app.database().superuser().await;
        assert_eq!(sql.number("select coalesce(sum(amount_minor), 0)::bigint from ledger_entries").await, 0);
        assert_eq!(sql.number("select count(*) from jobs").await, 0);
        self.app.finish().await;
    }
}

#[actix_web::test]
async fn a_page_cannot_be_paid_once_its_invoice_is_settled_otherwise() {
    let shop = Shop::open().await;
    let reason = json!({"reason": "Not to be paid"});
    let ends: [(&str, &str, Value, u16); 4] = [
        ("2025-07", "void", reason.clone(), 200),
        ("2025-08", "write-off", reason.clone(), 200),
        ("2025-09", "credit-notes", reason, 201),
        ("2025-10", "payments", json!({"reference": "Transfer 1"}), 201),
    ];
    for (month, verb, body, status) in ends {
        let invoice = shop.issue(month).await;
        let page = shop.page(&invoice).await;
        let asked = shop.app.payments.expiries_asked();
        shop.to(&invoice, verb, &body).await.expect(status);
        shop.app.drain().await;
        assert_eq!(shop.app.payments.expiries_asked(), asked + 1, "{verb}");
        assert!(!shop.app.payments.pay(&page), "{verb}");
        // The provider tells of it as well.
        shop.tell(u32::try_from(asked).expect("few"), "checkout.session.expired", &page).await;
    }
    assert_eq!(shop.statuses().await, ["expired", "expired", "expired", "expired"]);
    assert_eq!(shop.payments().await, 1);
    shop.close().await;
}

#[actix_web::test]
async fn a_page_over_too_much_is_closed_and_the_next_is_over_what_is_left() {
    let shop = Shop::open().await;
    let invoice = shop.issue("2025-10").await;
    let before = shop.page(&invoice).await;
    shop.credit(&invoice, 2_000).await;
    shop.app.drain().await;
    assert!(!shop.app.payments.pay(&before));
    let after = shop.page(&invoice).await;
    assert_ne!(before, after);
    // A reminder, a note, whatever else is done about the invoice leaves the page alone.
    shop.to(&invoice, "send", &Value::Null).await.expect(202);
    shop.app.drain().await;
    assert_eq!(shop.page(&invoice).await, after);
    assert!(shop.app.payments.pay(&after));
    shop.tell(1, "checkout.session.completed", &after).await;
    let paid = shop.invoice(&invoice).await;
    assert_eq!((paid.text("/status"), &paid.json["paid"]), ("paid", &usd(7_000)));
    assert_eq!(shop.statuses().await, ["expired", "paid"]);
    assert_eq!(shop.app.payments.expiries_asked(), 1);
    shop.close().await;
}

#[actix_web::test]
async fn a_provider_that_is_away_is_asked_again() {
    let shop = Shop::open().await;
    let invoice = shop.issue("2025-10").await;
    let page = shop.page(&invoice).await;
    shop.app.payments.be_away(true);
    shop.to(&invoice, "void", &json!({"reason": "Not to be paid"})).await.expect(200);
    shop.app.drain().await;
    assert_eq!(shop.statuses().await, ["open"]);
    shop.app.payments.be_away(false);
    shop.app.clock.advance(TimeDelta::minutes(5));
    shop.app.drain().await;
    assert!(!shop.app.payments.pay(&page));
    assert_eq!(shop.statuses().await, ["expired"]);
    shop.close().await;
}

#[actix_web::test]
async fn what_was_paid_a_moment_before_counts() {
    let shop = Shop::open().await;
    let invoice = shop.issue("2025-10").await;
    let page = shop.page(&invoice).await;
    assert!(shop.app.payments.pay(&page));
    // Nobody has told yet that it is paid.
    shop.credit(&invoice, 2_000).await;
    shop.app.drain().await;
    shop.tell(1, "checkout.session.completed", &page).await;
    shop.tell(2, "checkout.session.completed", &page).await;
    assert_eq!((shop.statuses().await, shop.payments().await), (vec!["paid".to_owned()], 1));
    assert_eq!(shop.invoice(&invoice).await.text("/status"), "paid");
    let credit = shop.admin.get(&format!("/api/v1/msp/customers/{CUSTOMER}/credit")).await.expect(200);
    assert_eq!(credit.json["balances"], json!([usd(2_000)]));
    shop.close().await;
}

impl Shop {
    /// Somebody has paid on a page, and the bank takes its time.
    async fn debited(&self) -> (String, String) {
        let invoice = self.issue("2025-10").await;
        let page = self.page(&invoice).await;
        self.app.payments.debit(&page);
        self.tell(1, "checkout.session.completed", &page).await;
        (invoice, page)
    }

    async fn events(&self, invoice: &str, kind: &str) -> i64 {
        let sql = self.app.database().superuser().await;
        let of =
            format!("select count(*) from events where type = '{kind}' and subject = 'invoice:{invoice}'");
        sql.number(&of).await
    }

    async fn mails(&self, like: &str) -> i64 {
        let sql = self.app.database().superuser().await;
        sql.number(&format!("select count(*) from mails where subject like '{like}'")).await
    }
}

#[actix_web::test]
async fn a_bank_debit_is_on_its_way_and_nothing_else_is_asked_for_meanwhile() {
    let shop = Shop::open().await;
    let (invoice, page) = shop.debited().await;
    let owner = shop.app.client("northwind_b_owner").await;
    let in_portal = format!("/api/v1/portal/invoices/{invoice}");
    for seen in [shop.invoice(&invoice).await, owner.get(&in_portal).await.expect(200)] {
        assert_eq!(seen.json["payment_processing"]["amount"], usd(9_000));
        assert_eq!(seen.text("/payment_processing/since"), "2025-11-15T12:00:00Z");
        assert_eq!(seen.text("/status"), "finalized");
    }
    let refused = shop.to(&invoice, "pay-link", &Value::Null).await.expect(409);
    assert_eq!(refused.code(), "payment_processing");
    assert!(refused.text("/detail").contains("90.00"), "{}", refused.text("/detail"));
    owner.post(&format!("{in_portal}/pay-link"), &Value::Null).await.expect(409);
    shop.app.keep_card(&shop.app.northwind, "pm_1").await;
    assert_eq!(shop.to(&invoice, "charge", &Value::Null).await.expect(409).code(), "payment_processing");

    shop.app.payments.end_debit(&page, None);
    shop.tell(2, "checkout.session.async_payment_succeeded", &page).await;
    shop.tell(3, "checkout.session.async_payment_succeeded", &page).await;
    let paid = shop.invoice(&invoice).await;
    assert_eq!((paid.text("/status"), &paid.json["payment_processing"]), ("paid", &Value::Null));
    assert_eq!((shop.payments().await, shop.app.payments.charged()), (1, 0));
    assert_eq!(shop.events(&invoice, "payment.processing").await, 1);
    assert_eq!(shop.events(&invoice, "payment.failed").await, 0);
    shop.close().await;
}

#[actix_web::test]
async fn a_bank_debit_that_is_refused_is_told_once_and_the_invoice_can_be_paid_again() {
    let shop = Shop::open().await;
    let (invoice, page) = shop.debited().await;
    shop.app.payments.end_debit(&page, Some("Insufficient funds."));
    let payment = page.replace("cs_", "pi_");
    for (number, kind, object) in [
        (2, "payment_intent.payment_failed", &payment),
        (3, "checkout.session.async_payment_failed", &page),
        (4, "checkout.session.completed", &page),
        (5, "payment_intent.payment_failed", &payment),
    ] {
        shop.tell(number, kind, object).await;
        let seen = shop.invoice(&invoice).await;
        assert_eq!((seen.text("/status"), &seen.json["payment_processing"]), ("finalized", &Value::Null));
    }
    assert_eq!(shop.events(&invoice, "payment.failed").await, 1);
    assert_eq!(shop.mails("Your payment for % failed").await, 1);
    let sql = shop.app.database().superuser().await;
    let told = "select text_body like '%Insufficient funds.%' and text_body like '%90.00%' from mails where kind = 'payment_failed'";
    assert_eq!(sql.value(told).await, "t");
    let again = shop.page(&invoice).await;
    assert_ne!(again, page);
    shop.app.payments.pay(&again);
    shop.tell(6, "checkout.session.completed", &again).await;
    assert_eq!(shop.invoice(&invoice).await.text("/status"), "paid");
    assert_eq!(shop.statuses().await, ["failed", "paid"]);
    shop.close().await;
}

#[actix_web::test]
async fn the_order_in_which_a_debit_is_told_of_does_not_matter() {
    let shop = Shop::open().await;
    let invoice = shop.issue("2025-10").await;
    let page = shop.page(&invoice).await;
    shop.app.payments.debit(&page);
    shop.app.payments.end_debit(&page, None);
    // That it has arrived is told first, and that it was begun last.
    shop.tell(1, "checkout.session.async_payment_succeeded", &page).await;
    shop.tell(2, "checkout.session.completed", &page).await;
    assert_eq!(shop.invoice(&invoice).await.text("/status"), "paid");
    assert_eq!((shop.statuses().await, shop.payments().await), (vec!["paid".to_owned()], 1));
    assert_eq!(shop.events(&invoice, "payment.processing").await, 0);
    shop.close().await;
}

#[actix_web::test]
async fn how_a_debit_ended_is_asked_for_where_nobody_tells() {
    let shop = Shop::open().await;
    let (invoice, page) = shop.debited().await;
    app::jobs::upkeep(&shop.app.app).await.expect("upkeep");
    shop.app.drain().await;
    assert_eq!(shop.statuses().await, ["processing"]);
    shop.app.payments.end_debit(&page, None);
    shop.app.clock.advance(TimeDelta::hours(1));
    app::jobs::upkeep(&shop.app.app).await.expect("upkeep");
    shop.app.drain().await;
    assert_eq!(shop.invoice(&invoice).await.text("/status"), "paid");
    shop.close().await;
}

#[actix_web::test]
async fn an_automatic_charge_waits_for_a_debit_and_is_made_when_that_fails() {
    let shop = Shop::open().await;
    let body = json!({"customer": CUSTOMER, "period": "2025-10"});
    let invoice = shop.admin.post("/api/v1/msp/invoices", &body).await.expect(201).text("/id").to_owned();
    shop.app.keep_card(&shop.app.northwind, "pm_1").await;
    // The invoice is issued and the charge queued; the customer is faster.
    shop.to(&invoice, "finalize", &Value::Null).await.expect(200);
    let page = shop.page(&invoice).await;
    shop.app.payments.debit(&page);
    let sql = shop.app.database().superuser().await;
    sql.run("update checkouts set status = 'processing', processing_since = now()").await;
    shop.app.drain().await;
    assert_eq!(shop.app.payments.charged(), 0);
    shop.app.payments.end_debit(&page, Some("Insufficient funds."));
    shop.tell(1, "checkout.session.async_payment_failed", &page).await;
    assert_eq!(shop.app.payments.charged(), 1);
    let paid = shop.invoice(&invoice).await;
    assert_eq!((paid.text("/status"), paid.text("/last_charge/status")), ("paid", "succeeded"));
    shop.close().await;
}

#[actix_web::test]
async fn dunning_waits_for_a_debit_and_goes_on_when_it_fails() {
    let shop = Shop::open().await;
    let steps = json!([{"days": 1, "action": "remind"}, {"days": 2, "action": "late_fee", "fee": usd(500)}]);
    let billing = json!({"payment_days": 14, "dunning": steps});
    shop.admin.put("/api/v1/msp/billing", &billing).await.expect(200);
    let (invoice, page) = shop.debited().await;
    shop.app.clock.advance(TimeDelta::days(17));
    shop.app.forget("northwind_admin");
    let admin = shop.app.client("northwind_admin").await;
    let look = async || admin.get(&format!("/api/v1/msp/invoices/{invoice}")).await.expect(200);
    app::jobs::upkeep(&shop.app.app).await.expect("upkeep");
    shop.app.drain().await;
    let waits = look().await;
    assert_eq!(waits.text("/dunning/waits_for"), "payment");
    assert_eq!(waits.json["dunning"]["done"], json!([]));
    shop.app.payments.end_debit(&page, Some("Insufficient funds."));
    shop.tell(2, "checkout.session.async_payment_failed", &page).await;
    app::jobs::upkeep(&shop.app.app).await.expect("upkeep");
    shop.app.drain().await;
    let reminded = look().await;
    assert_eq!(reminded.text("/dunning/done/0/action"), "remind");
    assert_eq!(reminded.json["dunning"]["waits_for"], Value::Null);
    shop.close().await;
}
