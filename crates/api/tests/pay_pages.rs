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
        admin.post(&format!("/api/v1/msp/customers/{CUSTOMER}/subscription"), &body).await.expect(201);
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
