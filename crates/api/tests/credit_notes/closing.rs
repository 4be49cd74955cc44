//! Voids and write-offs.

use serde_json::json;

use crate::shop::{Shop, held, usd};

#[actix_web::test]
async fn a_void_invoice_is_taken_back_and_its_period_billed_anew() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let invoice = shop.invoice("ONE", "2025-10").await;
    assert_eq!(shop.to(&invoice, "void", &json!({"reason": ""})).await.expect(422).pointers(), ["/reason"]);
    let void = shop.to(&invoice, "void", &json!({"reason": "The wrong plan"})).await.expect(200);
    assert_eq!((void.text("/number"), void.text("/closed_reason")), ("NOR-000001", "The wrong plan"));
    assert_eq!(shop.standing(&invoice).await, ("void".into(), [0, 0, 0, 0]));
    assert_eq!(shop.balances().await, []);
    for (what, body) in [
        ("void", json!({"reason": "x"})),
        ("write-off", json!({"reason": "x"})),
        ("credit-notes", json!({"reason": "x"})),
    ] {
        assert_eq!(shop.to(&invoice, what, &body).await.expect(409).code(), "not_open", "{what}");
    }
    let pdf = shop.admin.get(&format!("/api/v1/msp/invoices/{invoice}/pdf")).await.expect(200);
    assert!(pdf.body.starts_with(b"%PDF"));

    // The run finds the period unbilled, and then billed.
    let due = async || {
        let answer = shop.admin.post("/api/v1/msp/invoice-runs", &json!({"period": "2025-10"})).await;
        answer.expect(202).json["due"].as_i64().unwrap()
    };
    assert_eq!(due().await, 1);
    shop.app.drain().await;
    assert_eq!(due().await, 0);
    let listed = shop.admin.get("/api/v1/msp/invoices?customer=ONE&status=finalized").await.expect(200);
    assert_eq!(listed.text("/items/0/number"), "NOR-000002");
    let body = json!({"customer": "ONE", "period": "2025-10"});
    assert_eq!(shop.admin.post("/api/v1/msp/invoices", &body).await.expect(409).code(), "already_invoiced");
    shop.close().await;
}

#[actix_web::test]
async fn what_was_paid_or_credited_is_not_voided_and_used_credit_is_given_back() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let reason = json!({"reason": "x"});
    let paid = shop.invoice("ONE", "2025-08").await;
    shop.pay(&paid, 1, "a cent").await;
    assert_eq!(shop.to(&paid, "void", &reason).await.expect(409).code(), "partly_paid");
    shop.pay(&paid, 10_000, "wire").await;
    assert_eq!(shop.to(&paid, "void", &reason).await.expect(409).code(), "already_paid");
    let used = shop.invoice("ONE", "2025-09").await;
    assert_eq!(shop.standing(&used).await, ("finalized".into(), [0, 1_001, 0, 7_999]));
    assert_eq!(shop.credit_of("ONE").await, 0);
    shop.to(&used, "void", &reason).await.expect(200);
    assert_eq!(shop.credit_of("ONE").await, 1_001);
    let again = shop.invoice("ONE", "2025-09").await;
    assert_eq!(shop.standing(&again).await, ("finalized".into(), [0, 1_001, 0, 7_999]));
    shop.credit_fee(&again, 1).await.expect(201);
    assert_eq!(shop.to(&again, "void", &reason).await.expect(409).code(), "partly_credited");
    let body = json!({"customer": "ONE", "period": "2025-10"});
    let draft = shop.admin.post("/api/v1/msp/invoices", &body).await.expect(201);
    for what in ["void", "write-off", "credit-notes"] {
        assert_eq!(
            shop.to(draft.text("/id"), what, &reason).await.expect(409).code(),
            "not_issued",
            "{what}"
        );
    }
    shop.close().await;
}

#[actix_web::test]
async fn what_was_written_off_and_paid_after_all_is_booked_back() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let invoice = shop.invoice("ONE", "2025-10").await;
    shop.pay(&invoice, 2_000, "a part").await;
    let closed = shop.to(&invoice, "write-off", &json!({"reason": "Insolvent"})).await.expect(200);
    assert_eq!(closed.json["written_off"], usd(7_000));
    assert_eq!(shop.standing(&invoice).await, ("uncollectible".into(), [2_000, 0, 0, 0]));
    assert_eq!(shop.balances().await, held([("revenue", -9_000), ("cash", 2_000), ("bad_debt", 7_000)]));
    let owed = shop.admin.get("/api/v1/msp/ledger/receivables").await.expect(200);
    assert_eq!(owed.json["customers"], json!([]));
    let late = shop.admin.get("/api/v1/msp/invoices?overdue=true").await.expect(200);
    assert_eq!(late.json["items"], json!([]));

    // A dividend, then the rest and more.
    shop.pay(&invoice, 3_000, "dividend").await;
    assert_eq!(shop.standing(&invoice).await, ("uncollectible".into(), [5_000, 0, 0, 0]));
    assert_eq!(shop.get(&invoice).await["written_off"], usd(4_000));
    // What is credited of it is no loss, but was never earned.
    shop.credit_fee(&invoice, 500).await.expect(201);
    assert_eq!(shop.balances().await, held([("revenue", -8_500), ("cash", 5_000), ("bad_debt", 3_500)]));
    shop.pay(&invoice, 4_000, "the rest").await;
    assert_eq!(shop.standing(&invoice).await, ("paid".into(), [8_500, 0, 500, 0]));
    assert_eq!(shop.balances().await, held([("revenue", -8_500), ("cash", 9_000), ("credits", -500)]));
    assert_eq!(shop.credit_of("ONE").await, 500);
    shop.close().await;
}

#[actix_web::test]
async fn why_an_invoice_was_given_up_is_not_told_to_the_customer() {
    let shop = Shop::open().await;
    let customer = shop.app.northwind.b.to_string();
    let path = format!("/api/v1/msp/customers/{customer}/subscriptions");
    shop.admin.post(&path, &json!({"plan": "FLAT", "starts_on": "2025-10-01"})).await.expect(201);
    let invoice = shop.invoice(&customer, "2025-10").await;
    shop.to(&invoice, "write-off", &json!({"reason": "The lawyer says hopeless"})).await.expect(200);
    let owner = shop.app.client("northwind_b_owner").await;
    let seen = owner.get(&format!("/api/v1/portal/invoices/{invoice}")).await.expect(200);
    let listed = owner.get("/api/v1/portal/invoices").await.expect(200);
    for text in [&seen.body, &listed.body] {
        assert!(!String::from_utf8_lossy(text).contains("hopeless"));
    }
    assert_eq!((seen.text("/status"), &seen.json["closed_reason"]), ("uncollectible", &json!(null)));
    shop.close().await;
}
