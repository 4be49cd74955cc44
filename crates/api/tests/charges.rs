//! Saved payment methods, and charges of them.

use domain::ids::PaymentMethodId;
use serde_json::{Value, json};
use testkit::{Answer, Client, Refusal, TestApp};

const CUSTOMER: &str = "NORTHWIND-B";

struct Shop {
    app: TestApp,
    admin: Client,
}

impl Shop {
    /// An MSP that takes payments, with a plan of 90 dollars.
    async fn open() -> Self {
        let app = TestApp::start().await;
        let admin = app.client("northwind_admin").await;
        let plan =
            json!({"code": "FLAT", "name": "Flat", "base_fee": {"amount_minor": 9000, "currency": "USD"}});
        admin.post("/api/v1/msp/plans", &plan).await.expect(201);
        let body = json!({"plan": "FLAT", "starts_on": "2020-10-01"});
        admin.post(&format!("/api/v1/msp/customers/{CUSTOMER}/subscriptions"), &body).await.expect(201);
        let connect = json!({"email": "money@example.com", "country": "US"});
        admin.post("/api/v1/msp/payment-setup/connect", &connect).await.expect(200);
        admin.post("/api/v1/msp/payment-setup/refresh", &Value::Null).await.expect(200);
        Self { app, admin }
    }

    /// Keeps a card, as a visit to the provider's page does.
    async fn card(&self, reference: &str) -> PaymentMethodId {
        self.app.keep_card(&self.app.northwind, reference).await
    }

    async fn issue(&self, period: &str) -> String {
        let body = json!({"customer": CUSTOMER, "period": period});
        let id = self.admin.post("/api/v1/msp/invoices", &body).await.expect(201).text("/id").to_owned();
        self.admin.post(&format!("/api/v1/msp/invoices/{id}/finalize"), &Value::Null).await.expect(200);
        id
    }

    async fn invoice(&self, id: &str) -> Answer {
        self.admin.get(&format!("/api/v1/msp/invoices/{id}")).await.expect(200)
    }

    async fn charge(&self, id: &str) -> Answer {
        self.admin.post(&format!("/api/v1/msp/invoices/{id}/charge"), &Value::Null).await
    }

    async fn methods(&self) -> Value {
        let path = format!("/api/v1/msp/customers/{CUSTOMER}/payment-methods");
        self.admin.get(&path).await.expect(200).json["items"].take()
    }

    async fn subjects(&self) -> Vec<String> {
        let sql = self.app.database().superuser().await;
        sql.column("select subject from mails order by created_at, id").await
    }

    /// Nothing is anywhere but where it belongs.
    async fn close(self) {
        let sql = self.app.database().superuser().await;
        assert_eq!(sql.number("select coalesce(sum(amount_minor), 0)::bigint from ledger_entries").await, 0);
        self.app.finish().await;
    }
}

#[actix_web::test]
async fn an_issued_invoice_is_charged_to_the_default_method() {
    let shop = Shop::open().await;
    shop.card("pm_1").await;
    let invoice = shop.issue("2025-10").await;
    let before = shop.invoice(&invoice).await;
    assert_eq!((before.text("/status"), &before.json["last_charge"]), ("finalized", &Value::Null));
    shop.app.drain().await;
    let paid = shop.invoice(&invoice).await;
    assert_eq!((paid.text("/status"), paid.text("/last_charge/status")), ("paid", "succeeded"));
    assert_eq!(paid.json["paid"], json!({"amount_minor": 9000, "currency": "USD"}));
    let payment = shop.admin.get("/api/v1/msp/payments").await.expect(200);
    let charge = paid.text("/last_charge/id");
    assert_eq!(payment.text("/items/0/reference"), format!("pi_{charge}"));
    let sql = shop.app.database().superuser().await;
    assert_eq!(
        sql.value(
            "select text_body like '%charge it to your Visa card ending in 4242%' from mails
                          where kind = 'invoice'"
        )
        .await,
        "t"
    );
    let subjects = shop.subjects().await;
    assert!(subjects.iter().any(|subject| subject.starts_with("We received your payment")), "{subjects:?}");
    assert_eq!(shop.charge(&invoice).await.expect(409).code(), "already_paid");
    shop.close().await;
}

#[actix_web::test]
async fn a_decline_is_told_with_its_reason_and_another_try_is_another_charge() {
    let shop = Shop::open().await;
    assert_eq!(shop.charge(&shop.issue("2025-09").await).await.expect(409).code(), "no_payment_method");
    shop.card("pm_1").await;
    shop.app.payments.refuse_next(Refusal::Declined("insufficient_funds"));
    let invoice = shop.issue("2025-10").await;
    shop.app.drain().await;
    let open = shop.invoice(&invoice).await;
    assert_eq!((open.text("/status"), open.text("/last_charge/status")), ("finalized", "failed"));
    assert_eq!(open.text("/last_charge/failure_code"), "insufficient_funds");
    let subjects = shop.subjects().await;
    assert_eq!(subjects.iter().filter(|subject| subject.contains("failed")).count(), 1, "{subjects:?}");
    let events = shop.admin.get(&format!("/api/v1/msp/events?subject=invoice:{invoice}")).await.expect(200);
    assert!(events.body.windows(14).any(|part| part == b"payment.failed"));
    // By hand, once more.
    let again = shop.charge(&invoice).await.expect(200);
    assert_eq!(again.text("/status"), "succeeded");
    assert_ne!(again.text("/id"), open.text("/last_charge/id"));
    assert_eq!(shop.invoice(&invoice).await.text("/status"), "paid");
    assert_eq!(shop.app.payments.charged(), 2);
    shop.close().await;
}

#[actix_web::test]
async fn a_lost_answer_takes_the_money_once() {
    let shop = Shop::open().await;
    shop.card("pm_1").await;
    let invoice = shop.issue("2025-10").await;
    shop.app.payments.refuse_next(Refusal::AnswerLost);
    shop.charge(&invoice).await.expect(503);
    assert_eq!(shop.invoice(&invoice).await.text("/last_charge/status"), "open");
    // What was queued when the invoice was issued asks again, for the same charge.
    shop.app.drain().await;
    assert_eq!(shop.invoice(&invoice).await.text("/status"), "paid");
    assert_eq!(shop.app.payments.charged(), 1);
    shop.close().await;
}

#[actix_web::test]
async fn many_at_once_charge_once() {
    let shop = Shop::open().await;
    shop.card("pm_1").await;
    let invoice = shop.issue("2025-10").await;
    let tries = futures_util::future::join_all((0..10).map(|_| shop.charge(&invoice))).await;
    assert!(tries.iter().all(|answer| matches!(answer.status, 200 | 409)), "{tries:?}");
    assert_eq!(shop.app.payments.charged(), 1);
    let sql = shop.app.database().superuser().await;
    assert_eq!(sql.number("select count(*) from payments").await, 1);
    shop.close().await;
}

#[actix_web::test]
async fn what_the_bank_is_at_work_on_is_not_asked_for_again() {
    let shop = Shop::open().await;
    shop.card("pm_1").await;
    shop.app.payments.refuse_next(Refusal::Processing);
    let invoice = shop.issue("2025-10").await;
    shop.app.drain().await;
    let waiting = shop.invoice(&invoice).await;
    assert_eq!((waiting.text("/status"), waiting.text("/last_charge/status")), ("finalized", "processing"));
    let charge = waiting.text("/last_charge/id");
    assert_eq!(shop.charge(&invoice).await.expect(200).text("/id"), charge);
    shop.app.payments.finish(&format!("pi_{charge}"));
    let done = shop.charge(&invoice).await.expect(200);
    assert_eq!((done.text("/id"), done.text("/status")), (charge, "succeeded"));
    assert_eq!(shop.invoice(&invoice).await.text("/status"), "paid");
    assert_eq!(shop.app.payments.charged(), 1);
    shop.close().await;
}

#[actix_web::test]
async fn one_method_is_the_default_and_none_becomes_it_unasked() {
    let shop = Shop::open().await;
    let (first, second) = (shop.card("pm_1").await, shop.card("pm_2").await);
    let default = |methods: &Value| -> Vec<(String, bool)> {
        let items = methods.as_array().expect("a list").iter();
        items.map(|one| (one["id"].as_str().unwrap().to_owned(), one["is_default"] == true)).collect()
    };
    assert_eq!(default(&shop.methods().await), [(first.to_string(), true), (second.to_string(), false)]);
    shop.admin.post(&format!("/api/v1/msp/payment-methods/{second}/default"), &Value::Null).await.expect(200);
    assert_eq!(default(&shop.methods().await), [(second.to_string(), true), (first.to_string(), false)]);
    shop.admin.delete(&format!("/api/v1/msp/payment-methods/{second}")).await.expect(204);
    shop.admin.delete(&format!("/api/v1/msp/payment-methods/{second}")).await.expect(404);
    assert_eq!(default(&shop.methods().await), [(first.to_string(), false)]);
    shop.admin.delete(&format!("/api/v1/msp/payment-methods/{first}")).await.expect(204);
    assert_eq!(shop.methods().await, json!([]));
    shop.close().await;
}

#[actix_web::test]
async fn the_page_to_save_a_method_on_is_the_same_while_it_is_open() {
    let shop = Shop::open().await;
    let owner = shop.app.client("northwind_b_owner").await;
    let path = format!("/api/v1/msp/customers/{CUSTOMER}/payment-methods/link");
    let link = async |client: &Client, path: &str| {
        client.post(path, &Value::Null).await.expect(200).text("/url").to_owned()
    };
    let (outside, inside) =
        (link(&shop.admin, &path).await, link(&owner, "/api/v1/portal/payment-methods/link").await);
    assert_eq!(link(&shop.admin, &path).await, outside);
    assert_eq!(link(&owner, "/api/v1/portal/payment-methods/link").await, inside);
    // They lead back to different places.
    assert_ne!(outside, inside);
    assert_eq!(owner.get("/api/v1/portal/payment-methods").await.expect(200).json["items"], json!([]));
    let viewer = shop.app.client("northwind_a_viewer").await;
    viewer.get("/api/v1/portal/payment-methods").await.expect(403);
    shop.close().await;
}

#[actix_web::test]
async fn a_customer_pays_with_its_own_method_only() {
    let shop = Shop::open().await;
    let card = shop.card("pm_1").await;
    let invoice = shop.issue("2025-10").await;
    let owner = shop.app.client("northwind_b_owner").await;
    let path = format!("/api/v1/portal/invoices/{invoice}/charge");
    let other = json!({"payment_method_id": shop.app.store().new_id::<PaymentMethodId>()});
    assert_eq!(owner.post(&path, &other).await.expect(422).pointers(), ["/payment_method_id"]);
    let paid = owner.post(&path, &json!({"payment_method_id": card})).await.expect(200);
    assert_eq!(paid.text("/status"), "succeeded");
    let sibling = shop.app.client("northwind_a_owner").await;
    sibling.post(&path, &Value::Null).await.expect(404);
    shop.close().await;
}
