//! Payments that are paid back, and bank transfers that come in.

mod disputes;
mod shop;

use chrono::TimeDelta;
use domain::money::{Currency, Money};
use futures_util::future::join_all;
use serde_json::json;
use testkit::Refusal;

use shop::{CUSTOMER, Shop, held, usd};

#[actix_web::test]
async fn what_was_credited_is_paid_back_to_where_it_came_from() {
    let (shop, invoice) = Shop::open().await;
    assert_eq!(shop.refund(&invoice, None).await.expect(409).code(), "no_credit");
    shop.credit(&invoice, 5000).await;
    assert_eq!(shop.credit_left().await, json!([usd(5000)]));
    let begun = shop.refund(&invoice, Some(2000)).await.expect(201);
    assert_eq!((begun.text("/status"), &begun.json["amount"]), ("pending", &usd(2000)));
    // Set aside, before the provider has been asked.
    assert_eq!(shop.credit_left().await, json!([usd(3000)]));
    shop.app.drain().await;
    let done = shop.only_refund().await;
    assert_eq!((&done["status"], &done["uncredited"]), (&json!("succeeded"), &usd(0)));
    assert_eq!(done["reference"], format!("re_{}", begun.text("/id")));
    assert_eq!(shop.payment(&invoice).await["refunded"], usd(2000));
    // One percent of the payment is the platform's, which keeps it.
    assert_eq!(
        shop.balances().await,
        held(&[("revenue", -4000), ("cash", 6910), ("fees", 90), ("credits", -3000)])
    );
    // As much as there is.
    let rest = shop.refund(&invoice, None).await.expect(201);
    assert_eq!(rest.json["amount"], usd(3000));
    shop.app.drain().await;
    assert_eq!(shop.credit_left().await, json!([]));
    assert_eq!(shop.balances().await, held(&[("revenue", -4000), ("cash", 3910), ("fees", 90)]));
    assert_eq!(shop.subjects("Your refund for %").await, 2);
    assert_eq!(shop.app.payments.refunded(), 2);
    shop.close().await;
}

#[actix_web::test]
async fn no_more_goes_back_than_was_paid_or_credited() {
    let (shop, invoice) = Shop::open().await;
    shop.credit(&invoice, 5000).await;
    for minor in [0, -1, 5001, 9001, i64::MAX] {
        let refused = shop.refund(&invoice, Some(minor)).await.expect(422);
        assert_eq!(refused.pointers(), ["/amount"], "{minor}");
    }
    let id = shop.payment(&invoice).await["id"].as_str().expect("a text").to_owned();
    let path = format!("/api/v1/msp/payments/{id}/refunds");
    let euros = json!({"reason": "x", "amount": {"amount_minor": 1, "currency": "EUR"}});
    assert_eq!(shop.admin.post(&path, &euros).await.expect(422).pointers(), ["/amount"]);
    assert_eq!(shop.admin.post(&path, &json!({"reason": " "})).await.expect(422).pointers(), ["/reason"]);
    let other = shop.app.client("harbor_admin").await;
    other.post(&path, &json!({"reason": "x"})).await.expect(404);
    let technician = shop.app.client("northwind_b_owner").await;
    technician.post(&path, &json!({"reason": "x"})).await.expect(403);
    // What goes back cannot be used for an invoice, and the other way round.
    let tries = join_all((0..8).map(|_| shop.refund(&invoice, Some(3000)))).await;
    let taken: Vec<_> = tries.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(taken.len(), 1, "{tries:?}");
    let next = shop.issue("2025-11").await;
    let next = shop.admin.get(&format!("/api/v1/msp/invoices/{next}")).await.expect(200);
    assert_eq!(next.json["credit_used"], usd(2000));
    assert_eq!(shop.refund(&invoice, None).await.expect(409).code(), "no_credit");
    shop.app.drain().await;
    assert_eq!(shop.app.payments.refunded(), 1);
    shop.close().await;
}

#[actix_web::test]
async fn the_same_key_pays_back_once() {
    let (shop, invoice) = Shop::open().await;
    shop.credit(&invoice, 9000).await;
    let id = shop.payment(&invoice).await["id"].as_str().expect("a text").to_owned();
    let path = format!("/api/v1/msp/payments/{id}/refunds");
    let body = json!({"reason": "Billed twice", "amount": usd(1000)});
    let ask = || async {
        let request = shop.admin.request(actix_web::http::Method::POST, &path);
        request.header("Idempotency-Key", "once").json(&body).send().await
    };
    let answers = join_all((0..10).map(|_| ask())).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!made.is_empty());
    assert!(made.iter().all(|answer| answer.text("/id") == made[0].text("/id")));
    shop.app.drain().await;
    assert_eq!(shop.app.payments.refunded(), 1);
    assert_eq!(shop.credit_left().await, json!([usd(8000)]));
    shop.close().await;
}

#[actix_web::test]
async fn a_lost_answer_pays_back_once_however_late_it_is_asked_again() {
    // Asked under the same key as long as that is known, and looked for later.
    for (late, asked) in [(TimeDelta::minutes(1), 2), (TimeDelta::hours(30), 1)] {
        let (mut shop, invoice) = Shop::open().await;
        shop.credit(&invoice, 9000).await;
        shop.app.payments.refuse_next_refund(Refusal::AnswerLost);
        shop.refund(&invoice, None).await.expect(201);
        shop.app.drain().await;
        assert_eq!(shop.only_refund().await["status"], "pending");
        shop.later(late).await;
        assert_eq!(shop.only_refund().await["status"], "succeeded");
        assert_eq!((shop.app.payments.refunded(), shop.app.payments.refunds_asked()), (1, asked), "{late}");
        shop.close().await;
    }
}

#[actix_web::test]
async fn a_webhook_before_the_answer_is_about_the_same_refund() {
    let (mut shop, invoice) = Shop::open().await;
    shop.credit(&invoice, 9000).await;
    shop.app.payments.refuse_next_refund(Refusal::AnswerLost);
    let id = shop.refund(&invoice, None).await.expect(201).text("/id").to_owned();
    shop.app.drain().await;
    assert_eq!(shop.only_refund().await["reference"], json!(null));
    shop.tell(1, "refund.created", &format!("re_{id}")).await;
    assert_eq!(shop.only_refund().await["status"], "succeeded");
    // Asked again by the queue, it is the same.
    shop.later(TimeDelta::hours(2)).await;
    assert_eq!(shop.only_refund().await["status"], "succeeded");
    assert_eq!(shop.app.payments.refunded(), 1);
    assert_eq!(shop.balances().await, held(&[("cash", -90), ("fees", 90)]));
    shop.close().await;
}

#[actix_web::test]
async fn what_is_not_in_the_list_after_a_day_is_asked_for_again() {
    let (mut shop, invoice) = Shop::open().await;
    shop.credit(&invoice, 9000).await;
    shop.app.payments.refuse_next_refund(Refusal::NotReached);
    shop.refund(&invoice, None).await.expect(201);
    shop.app.drain().await;
    assert_eq!(shop.app.payments.refunded(), 0);
    shop.later(TimeDelta::hours(30)).await;
    assert_eq!(shop.only_refund().await["status"], "succeeded");
    assert_eq!((shop.app.payments.refunded(), shop.app.payments.refunds_asked()), (1, 2));
    shop.close().await;
}

#[actix_web::test]
async fn a_refund_that_is_told_before_its_payment_waits_for_it() {
    let (mut shop, _) = Shop::open().await;
    shop.app.payments.refuse_next(Refusal::AnswerLost);
    let invoice = shop.issue("2025-11").await;
    let charging = shop.admin.post(&format!("/api/v1/msp/invoices/{invoice}/charge"), &json!(null)).await;
    charging.expect(503);
    let found = shop.admin.get(&format!("/api/v1/msp/invoices/{invoice}")).await.expect(200);
    let charge = found.text("/last_charge/id").to_owned();
    // The queue has not asked again yet when the refund is told.
    let there = shop.app.payments.refund_there(&format!("pi_{charge}"), Money::new(9000, Currency::USD));
    let sql = shop.app.database().superuser().await;
    sql.run("update jobs set run_at = run_at + interval '5 hours' where kind = 'payments.charge'").await;
    shop.tell(1, "refund.created", &there).await;
    assert_eq!(shop.admin.get("/api/v1/msp/refunds").await.expect(200).json["items"], json!([]));
    sql.run("update jobs set run_at = run_at - interval '5 hours' where kind = 'payments.charge'").await;
    shop.app.drain().await;
    shop.later(TimeDelta::hours(4)).await;
    let refund = shop.only_refund().await;
    assert_eq!((&refund["status"], &refund["invoice_id"]), (&json!("succeeded"), &json!(invoice)));
    shop.close().await;
}

#[actix_web::test]
async fn a_refund_at_the_provider_and_one_that_comes_back_end_alike_in_either_order() {
    for failure_first in [true, false] {
        let (shop, invoice) = Shop::open().await;
        shop.credit(&invoice, 5000).await;
        let id = shop.refund(&invoice, None).await.expect(201).text("/id").to_owned();
        shop.app.drain().await;
        let ours = format!("re_{id}");
        shop.app.payments.move_refund(&ours, Some("expired_or_canceled_card"));
        let payment = shop.payment(&invoice).await["reference"].as_str().expect("a text").to_owned();
        let there = shop.app.payments.refund_there(&payment, Money::new(5000, Currency::USD));
        let mut told = [("refund.failed", &ours), ("refund.created", &there)];
        if !failure_first {
            told.reverse();
        }
        for (number, (kind, refund)) in (1..).zip(told) {
            shop.tell(number, kind, refund).await;
        }
        assert_eq!(shop.credit_left().await, json!([]), "{failure_first}");
        assert_eq!(shop.balances().await, held(&[("revenue", -4000), ("cash", 3910), ("fees", 90)]));
        shop.close().await;
    }
}

#[actix_web::test]
async fn what_is_paid_too_much_settles_what_was_never_credited() {
    let (shop, invoice) = Shop::open().await;
    let payment = shop.payment(&invoice).await["reference"].as_str().expect("a text").to_owned();
    let there = shop.app.payments.refund_there(&payment, Money::new(3000, Currency::USD));
    shop.tell(1, "refund.created", &there).await;
    let next = shop.issue("2025-11").await;
    let transfer = json!({"reference": "Wire", "amount": usd(13_000)});
    shop.admin.post(&format!("/api/v1/msp/invoices/{next}/payments"), &transfer).await.expect(201);
    assert_eq!(shop.only_refund().await["uncredited"], usd(0));
    assert_eq!(shop.credit_left().await, json!([usd(1000)]));
    // The charge that was queued finds nothing to take.
    shop.app.drain().await;
    shop.close().await;
}

#[actix_web::test]
async fn what_is_refused_is_credit_again() {
    let (shop, invoice) = Shop::open().await;
    shop.credit(&invoice, 9000).await;
    shop.app.payments.refuse_next_refund(Refusal::Declined("balance_insufficient"));
    shop.refund(&invoice, None).await.expect(201);
    shop.app.drain().await;
    let failed = shop.only_refund().await;
    assert_eq!(
        (&failed["status"], &failed["failure_code"]),
        (&json!("failed"), &json!("balance_insufficient"))
    );
    assert_eq!(failed["failure"], "The refund was refused.");
    assert_eq!(shop.credit_left().await, json!([usd(9000)]));
    assert_eq!(shop.payment(&invoice).await["refunded"], usd(0));
    assert_eq!(shop.subjects("Your refund for %").await, 0);
    // Another try is another refund.
    shop.refund(&invoice, None).await.expect(201);
    shop.app.drain().await;
    assert_eq!(shop.credit_left().await, json!([]));
    shop.close().await;
}

#[actix_web::test]
async fn a_refund_moves_on_with_what_the_provider_tells_in_any_order() {
    let (shop, invoice) = Shop::open().await;
    shop.credit(&invoice, 9000).await;
    shop.app.payments.refuse_next_refund(Refusal::Processing);
    let id = shop.refund(&invoice, None).await.expect(201).text("/id").to_owned();
    shop.app.drain().await;
    let reference = format!("re_{id}");
    assert_eq!(shop.only_refund().await["reference"], reference);
    assert_eq!(shop.balances().await, held(&[("cash", 8910), ("fees", 90), ("refunds", -9000)]));
    shop.app.payments.move_refund(&reference, None);
    for number in 1..=3 {
        shop.tell(number, "refund.updated", &reference).await;
    }
    assert_eq!(shop.only_refund().await["status"], "succeeded");
    assert_eq!(shop.balances().await, held(&[("cash", -90), ("fees", 90)]));
    // The bank sends it back.
    shop.app.payments.move_refund(&reference, Some("lost_or_stolen_card"));
    for number in 4..=5 {
        shop.tell(number, "refund.failed", &reference).await;
    }
    let failed = shop.only_refund().await;
    assert_eq!(
        (&failed["status"], &failed["failure"]),
        (&json!("failed"), &json!("The card was lost or stolen."))
    );
    assert_eq!(shop.balances().await, held(&[("cash", 8910), ("fees", 90), ("credits", -9000)]));
    assert_eq!(shop.subjects("Your refund for %").await, 1);
    shop.close().await;
}

#[actix_web::test]
async fn what_was_refunded_at_the_provider_is_settled_by_the_next_credit_note() {
    let (shop, invoice) = Shop::open().await;
    shop.credit(&invoice, 1000).await;
    let payment = shop.payment(&invoice).await["reference"].as_str().expect("a text").to_owned();
    let there = shop.app.payments.refund_there(&payment, Money::new(4000, Currency::USD));
    for number in 1..=2 {
        shop.tell(number, "refund.created", &there).await;
    }
    let refund = shop.only_refund().await;
    assert_eq!((&refund["status"], &refund["uncredited"]), (&json!("succeeded"), &usd(3000)));
    assert_eq!(refund["reason"], "Refunded at Stripe");
    assert_eq!(
        shop.balances().await,
        held(&[("revenue", -8000), ("cash", 4910), ("fees", 90), ("refunds", 3000)])
    );
    shop.credit(&invoice, 2500).await;
    assert_eq!(shop.only_refund().await["uncredited"], usd(500));
    shop.credit(&invoice, 2500).await;
    assert_eq!(shop.only_refund().await["uncredited"], usd(0));
    assert_eq!(shop.credit_left().await, json!([usd(2000)]));
    assert_eq!(
        shop.balances().await,
        held(&[("revenue", -3000), ("cash", 4910), ("fees", 90), ("credits", -2000)])
    );
    // It comes back after all: all of it is credit.
    shop.app.payments.move_refund(&there, Some("unknown"));
    shop.tell(3, "refund.failed", &there).await;
    assert_eq!(shop.credit_left().await, json!([usd(6000)]));
    // A refund of somebody else's payment is none of ours.
    let stranger = shop.app.payments.refund_there("pi_stranger", Money::new(1, Currency::USD));
    shop.tell(4, "refund.created", &stranger).await;
    shop.only_refund().await;
    shop.close().await;
}

#[actix_web::test]
async fn a_bank_transfer_is_recorded_once_and_paid_back_by_hand() {
    let (shop, _) = Shop::open().await;
    let invoice = shop.issue("2025-11").await;
    // What is queued would charge the card.
    let methods =
        shop.admin.get(&format!("/api/v1/msp/customers/{CUSTOMER}/payment-methods")).await.expect(200);
    let card = methods.text("/items/0/id").to_owned();
    shop.admin.delete(&format!("/api/v1/msp/payment-methods/{card}")).await.expect(204);
    let path = format!("/api/v1/msp/invoices/{invoice}/payments");
    for (body, pointer) in [
        (json!({"reference": " "}), "/reference"),
        (json!({"reference": "x", "amount": usd(0)}), "/amount"),
        (json!({"reference": "x", "amount": usd(i64::MAX)}), "/amount"),
        (json!({"reference": "x", "amount": {"amount_minor": 1, "currency": "EUR"}}), "/amount"),
        (json!({"reference": "x", "paid_on": "2999-01-01"}), "/paid_on"),
        (json!({"reference": "x", "paid_on": "1999-01-01"}), "/paid_on"),
    ] {
        assert_eq!(shop.admin.post(&path, &body).await.expect(422).pointers(), [pointer], "{body}");
    }
    let part = json!({"reference": "Wire 1", "amount": usd(4000), "paid_on": "2025-11-03"});
    let paid = shop.admin.post(&path, &part).await.expect(201);
    assert_eq!((paid.text("/provider"), paid.text("/reference")), ("bank_transfer", "Wire 1"));
    assert!(paid.text("/paid_at").starts_with("2025-11-03T"), "{}", paid.text("/paid_at"));
    assert_eq!(shop.admin.post(&path, &part).await.expect(409).code(), "already_recorded");
    // More than is left: the rest is credit.
    let more = json!({"reference": "Wire 2", "amount": usd(6000)});
    shop.admin.post(&path, &more).await.expect(201);
    assert_eq!(
        shop.admin.post(&path, &json!({"reference": "Wire 3"})).await.expect(409).code(),
        "already_paid"
    );
    assert_eq!(shop.credit_left().await, json!([usd(1000)]));
    let back = shop.refund(&invoice, None).await.expect(201);
    assert_eq!((back.text("/status"), &back.json["amount"]), ("succeeded", &usd(1000)));
    shop.app.drain().await;
    assert_eq!(shop.app.payments.refunded(), 0);
    assert_eq!(shop.subjects("Your refund for %").await, 1);
    let sql = shop.app.database().superuser().await;
    assert_eq!(sql.number("select count(*) from mails where text_body like '%by bank transfer%'").await, 1);
    shop.close().await;
}

#[actix_web::test]
async fn the_customer_sees_what_was_paid_back_and_not_why() {
    let (shop, invoice) = Shop::open().await;
    shop.credit(&invoice, 5_000).await;
    shop.refund(&invoice, Some(3_000)).await.expect(201);
    shop.app.drain().await;
    let owner = shop.app.client("northwind_b_owner").await;
    let path = format!("/api/v1/portal/refunds?invoice={invoice}");
    let found = owner.get(&path).await.expect(200);
    let refund = shop.only_refund().await;
    assert_eq!(found.json["items"].as_array().expect("a list").len(), 1);
    assert_eq!(found.json["items"][0]["id"], refund["id"]);
    assert_eq!(
        (found.text("/items/0/status"), &found.json["items"][0]["amount"]),
        ("succeeded", &usd(3_000))
    );
    assert_eq!((found.text("/items/0/brand"), found.text("/items/0/last4")), ("visa", "4242"));
    assert_eq!(found.json["items"][0]["paid"], usd(9_000));
    let internal = b"Billed twice";
    assert!(!found.body.windows(internal.len()).any(|part| part == internal));
    // Of a refund that comes back, that it did.
    let reference = refund["reference"].as_str().expect("a text").to_owned();
    shop.app.payments.move_refund(&reference, Some("lost_or_stolen_card"));
    shop.tell(1, "refund.failed", &reference).await;
    let failed = owner.get(&path).await.expect(200);
    assert_eq!(failed.text("/items/0/status"), "failed");
    assert!(!String::from_utf8_lossy(&failed.body).contains("stolen"));
    let sibling = shop.app.client("northwind_a_owner").await;
    assert_eq!(sibling.get("/api/v1/portal/refunds").await.expect(200).json["items"], json!([]));
    sibling.get(&path).await.expect(422);
    shop.app.drain().await;
    shop.close().await;
}
