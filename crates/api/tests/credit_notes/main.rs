//! What puts an issued invoice right: credit notes, voids, write-offs, and the credit of customers.

mod closing;
mod histories;
mod immutable;
mod shop;

use actix_web::http::Method;
use serde_json::{Value, json};
use shop::{Shop, held, usd};

#[actix_web::test]
async fn an_open_invoice_is_credited_whole() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let invoice = shop.invoice("ONE", "2025-10").await;
    assert_eq!(shop.standing(&invoice).await, ("finalized".into(), [0, 0, 0, 9_000]));
    let note = shop.credit(&invoice).await.expect(201);
    assert_eq!((note.text("/number"), note.text("/reason")), ("NOR-CN-000001", "Billed by mistake"));
    assert_eq!((&note.json["total"], &note.json["to_credit"]), (&usd(9_000), &usd(0)));
    let amounts: Vec<_> = note.json["lines"].as_array().unwrap().iter().map(|it| &it["amount"]).collect();
    assert_eq!(amounts, [&usd(10_000), &usd(-1_000)]);
    // Nothing is left of it, so it is settled.
    assert_eq!(shop.standing(&invoice).await, ("paid".into(), [0, 0, 9_000, 0]));
    assert_eq!(shop.balances().await, []);
    assert_eq!(shop.credit_of("ONE").await, 0);
    assert_eq!(shop.credit(&invoice).await.expect(409).code(), "already_credited");

    let thrown = shop.admin.delete(&format!("/api/v1/msp/invoices/{invoice}")).await;
    assert_eq!(thrown.expect(409).code(), "immutable");

    let id = note.text("/id");
    let read = shop.admin.get(&format!("/api/v1/msp/credit-notes/{id}")).await.expect(200);
    assert_eq!(read.json, note.json);
    let pdf = shop.admin.get(&format!("/api/v1/msp/credit-notes/{id}/pdf")).await.expect(200);
    assert!(pdf.body.starts_with(b"%PDF") && pdf.header("Content-Disposition").contains("NOR-CN-000001.pdf"));
    assert_eq!(shop.app.drain().await, 1, "the mail with the credit note");
    let sql = shop.app.database().superuser().await;
    let mail = "select subject from mails where kind = 'credit_note' and credit_note_id is not null and status = 'sent'";
    assert_eq!(sql.value(mail).await, "Credit note NOR-CN-000001 from Northwind IT");
    shop.close().await;
}

#[actix_web::test]
async fn a_draft_goes_with_its_lines() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let draft = json!({"customer": "ONE", "period": "2025-10"});
    let draft = shop.admin.post("/api/v1/msp/invoices", &draft).await.expect(201).text("/id").to_owned();
    let sql = shop.app.database().superuser().await;
    assert_ne!(sql.value("select count(*) from invoice_lines").await, "0");
    shop.admin.delete(&format!("/api/v1/msp/invoices/{draft}")).await.expect(204);
    assert_eq!(sql.value("select count(*) from invoice_lines").await, "0");
    shop.admin.delete(&format!("/api/v1/msp/invoices/{draft}")).await.expect(404);
    shop.close().await;
}

#[actix_web::test]
async fn lines_are_credited_in_part_and_never_beyond_what_is_left() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let invoice = shop.invoice("ONE", "2025-10").await;
    let (fee, discount) = (shop.line(&invoice, 0).await, shop.line(&invoice, 1).await);
    shop.credit_fee(&invoice, 6_000).await.expect(201);
    assert_eq!(shop.standing(&invoice).await, ("finalized".into(), [0, 0, 6_000, 3_000]));
    assert_eq!(shop.get(&invoice).await["lines"][0]["credited"], usd(6_000));
    assert_eq!(shop.balances().await, held([("receivable", 3_000), ("revenue", -3_000)]));

    let line = |id: &str, amount: Value| json!({"line_id": id, "amount": amount});
    let other = shop.invoice("ONE", "2025-09").await;
    let foreign = shop.line(&other, 0).await;
    for (lines, pointers) in [
        // Of the fee are 40.00 left, of the invoice 30.00.
        (json!([line(&fee, usd(4_001))]), vec!["/lines/0/amount"]),
        (json!([line(&fee, usd(3_001))]), vec!["/lines"]),
        (json!([line(&fee, usd(0))]), vec!["/lines/0/amount"]),
        (json!([line(&fee, usd(-1))]), vec!["/lines/0/amount"]),
        (json!([line(&discount, usd(1_000))]), vec!["/lines/0/amount"]),
        (json!([line(&discount, usd(-1_000))]), vec!["/lines"]),
        (json!([line(&fee, json!({"amount_minor": 1, "currency": "EUR"}))]), vec!["/lines/0/amount"]),
        (json!([line(&fee, usd(1)), line(&fee, usd(1))]), vec!["/lines/1/line_id"]),
        (
            json!([line(&foreign, usd(1)), line(&fee, usd(9_999))]),
            vec!["/lines/0/line_id", "/lines/1/amount"],
        ),
        (json!([]), vec!["/lines"]),
    ] {
        let body = json!({"reason": "x", "lines": lines});
        let answer = shop.to(&invoice, "credit-notes", &body).await.expect(422);
        assert_eq!(answer.pointers(), pointers, "{lines}");
    }
    let answer = shop.to(&invoice, "credit-notes", &json!({"reason": " "})).await.expect(422);
    assert_eq!(answer.pointers(), ["/reason"]);

    // The rest of the fee is the rest of the invoice if the discount goes with it.
    let body = json!({"reason": "The rest", "lines": [line(&fee, usd(4_000)), line(&discount, usd(-1_000))]});
    let note = shop.to(&invoice, "credit-notes", &body).await.expect(201);
    assert_eq!((note.text("/number"), &note.json["total"]), ("NOR-CN-000002", &usd(3_000)));
    assert_eq!(shop.standing(&invoice).await, ("paid".into(), [0, 0, 9_000, 0]));

    // Numbers have no gaps, whatever was refused; the list has the latest first, page by page.
    let path = format!("/api/v1/msp/credit-notes?invoice={invoice}&limit=1");
    let first = shop.admin.get(&path).await.expect(200);
    assert_eq!(first.text("/items/0/number"), "NOR-CN-000002");
    let path = format!("{path}&cursor={}", first.text("/next_cursor"));
    let second = shop.admin.get(&path).await.expect(200);
    assert_eq!(second.text("/items/0/number"), "NOR-CN-000001");
    assert_eq!(second.json.get("next_cursor"), None);
    let none = shop.admin.get(&format!("/api/v1/msp/credit-notes?invoice={other}")).await.expect(200);
    assert_eq!(none.json["items"], json!([]));
    shop.close().await;
}

#[actix_web::test]
async fn two_credit_notes_at_once_take_turns() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let invoice = shop.invoice("ONE", "2025-10").await;
    let (one, two) = tokio::join!(shop.credit(&invoice), shop.credit(&invoice));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(shop.standing(&invoice).await, ("paid".into(), [0, 0, 9_000, 0]));

    // The same request twice is one credit note; a stale one is none.
    let invoice = shop.invoice("ONE", "2025-09").await;
    let path = format!("/api/v1/msp/invoices/{invoice}/credit-notes");
    let lines = json!([{"line_id": shop.line(&invoice, 0).await, "amount": usd(1_000)}]);
    let body = json!({"reason": "x", "lines": lines});
    let version = shop.get(&invoice).await["version"].to_string();
    let send = async |key: &str| {
        let request = shop.admin.request(Method::POST, &path).json(&body);
        request.header("Idempotency-Key", key).header("If-Match", &version).send().await
    };
    let (first, again) = (send("k").await.expect(201), send("k").await.expect(201));
    assert_eq!(first.json, again.json);
    assert_eq!(send("another").await.expect(412).code(), "stale");
    assert_eq!(shop.standing(&invoice).await, ("finalized".into(), [0, 0, 1_000, 8_000]));
    shop.close().await;
}

#[actix_web::test]
async fn what_was_paid_becomes_credit_and_pays_the_next_invoice_to_the_cent() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    shop.customer("TWO").await;
    let invoice = shop.invoice("ONE", "2025-08").await;
    shop.pay(&invoice, 9_000, "wire 1").await;
    let note = shop.credit_fee(&invoice, 3_033).await.expect(201);
    assert_eq!(note.json["to_credit"], usd(3_033));
    assert_eq!(shop.standing(&invoice).await, ("paid".into(), [9_000, 0, 3_033, 0]));
    assert_eq!(shop.credit_of("ONE").await, 3_033);
    assert_eq!(shop.balances().await, held([("revenue", -5_967), ("cash", 9_000), ("credits", -3_033)]));

    // It is that customer's alone.
    let others = shop.invoice("TWO", "2025-09").await;
    assert_eq!(shop.standing(&others).await, ("finalized".into(), [0, 0, 0, 9_000]));
    let next = shop.invoice("ONE", "2025-09").await;
    assert_eq!(shop.standing(&next).await, ("finalized".into(), [0, 3_033, 0, 5_967]));
    assert_eq!(shop.credit_of("ONE").await, 0);
    // More than is owed, for both reasons at once: part of the rest is paid, then all is credited.
    shop.pay(&next, 2_000, "wire 2").await;
    assert_eq!(shop.standing(&next).await, ("finalized".into(), [2_000, 3_033, 0, 3_967]));
    let note = shop.credit(&next).await.expect(201);
    assert_eq!((&note.json["total"], &note.json["to_credit"]), (&usd(9_000), &usd(5_033)));
    assert_eq!(shop.standing(&next).await, ("paid".into(), [2_000, 3_033, 9_000, 0]));
    assert_eq!(shop.credit_of("ONE").await, 5_033);

    // An invoice that is paid by credit alone needs no payment.
    let last = shop.invoice("ONE", "2025-07").await;
    assert_eq!(shop.standing(&last).await, ("finalized".into(), [0, 5_033, 0, 3_967]));
    shop.pay(&last, 12_967, "too much").await;
    assert_eq!(shop.standing(&last).await, ("paid".into(), [3_967, 5_033, 0, 0]));
    assert_eq!(shop.credit_of("ONE").await, 9_000);
    let whole = shop.invoice("ONE", "2025-06").await;
    assert_eq!(shop.standing(&whole).await, ("paid".into(), [0, 9_000, 0, 0]));
    assert_eq!(shop.credit_of("ONE").await, 0);
    shop.close().await;
}

#[actix_web::test]
async fn two_invoices_at_once_do_not_use_the_same_credit() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let invoice = shop.invoice("ONE", "2025-08").await;
    shop.pay(&invoice, 19_000, "too much").await;
    assert_eq!(shop.credit_of("ONE").await, 10_000);
    let draft = async |month: &str| {
        let body = json!({"customer": "ONE", "period": month});
        shop.admin.post("/api/v1/msp/invoices", &body).await.expect(201).text("/id").to_owned()
    };
    let (one, two) = (draft("2025-09").await, draft("2025-10").await);
    let (first, second) =
        tokio::join!(shop.to(&one, "finalize", &Value::Null), shop.to(&two, "finalize", &Value::Null));
    let used = |answer: &testkit::Answer| answer.json["credit_used"]["amount_minor"].as_i64().unwrap();
    let mut used = [used(&first.expect(200)), used(&second.expect(200))];
    used.sort_unstable();
    assert_eq!(used, [1_000, 9_000]);
    assert_eq!(shop.credit_of("ONE").await, 0);
    assert_eq!(shop.balances().await, held([("receivable", 8_000), ("revenue", -27_000), ("cash", 19_000)]));
    shop.close().await;
}

#[actix_web::test]
async fn a_pay_link_is_over_what_is_left() {
    let shop = Shop::open().await;
    let connect = json!({"email": "money@example.com", "country": "US"});
    shop.admin.post("/api/v1/msp/payment-setup/connect", &connect).await.expect(200);
    shop.admin.post("/api/v1/msp/payment-setup/refresh", &Value::Null).await.expect(200);
    shop.customer("ONE").await;
    let invoice = shop.invoice("ONE", "2025-10").await;
    let link = async || shop.to(&invoice, "pay-link", &Value::Null).await.expect(200).text("/url").to_owned();
    let before = link().await;
    assert_eq!(link().await, before);
    shop.credit_fee(&invoice, 2_000).await.expect(201);
    let after = link().await;
    assert!(after != before && link().await == after);
    let sql = shop.app.database().superuser().await;
    assert_eq!(
        sql.column("select amount_minor from checkouts order by created_at, id").await,
        ["9000", "7000"]
    );
    shop.credit(&invoice).await.expect(201);
    assert_eq!(shop.to(&invoice, "pay-link", &Value::Null).await.expect(409).code(), "already_paid");
    shop.close().await;
}

#[actix_web::test]
async fn the_customer_finds_its_credit_notes_in_the_portal() {
    let shop = Shop::open().await;
    let code = "NORTHWIND-B";
    let body = json!({"plan": "FLAT", "starts_on": "2020-10-01"});
    shop.admin.post(&format!("/api/v1/msp/customers/{code}/subscriptions"), &body).await.expect(201);
    let invoice = shop.invoice(code, "2025-10").await;
    let note = shop.credit_fee(&invoice, 2_000).await.expect(201);
    let owner = shop.app.client("northwind_b_owner").await;
    let path = format!("/api/v1/portal/credit-notes?invoice={invoice}");
    let listed = owner.get(&path).await.expect(200);
    assert_eq!(listed.text("/items/0/id"), note.text("/id"));
    let pdf = owner.get(&format!("/api/v1/portal/credit-notes/{}/pdf", note.text("/id"))).await.expect(200);
    assert!(pdf.body.starts_with(b"%PDF"));
    let seen = owner.get(&format!("/api/v1/portal/invoices/{invoice}")).await.expect(200);
    assert_eq!(seen.json["outstanding"], usd(7_000));
    let sibling = shop.app.client("northwind_a_owner").await;
    sibling.get(&format!("/api/v1/portal/credit-notes/{}/pdf", note.text("/id"))).await.expect(404);
    shop.close().await;
}
