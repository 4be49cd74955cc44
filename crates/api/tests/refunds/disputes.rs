//! Payments that the payer's bank takes back.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    disputes::DisputeStatus::{Closed, Lost, NeedsResponse, UnderReview, Won},
    money::{Currency, Money},
};
use serde_json::{Value, json};
use testkit::DisputeTold;

use crate::shop::{CUSTOMER, Shop, held, usd};

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

/// A dispute of so much of the invoice's payment, for which Stripe asks 15 dollars.
struct Bank {
    shop: Shop,
    invoice: String,
    payment: String,
    told: u32,
}

impl Bank {
    async fn of(amount: i64) -> (Self, DisputeTold) {
        let (shop, invoice) = Shop::open().await;
        let payment = shop.payment(&invoice).await["reference"].as_str().expect("a text").to_owned();
        let opened_at: DateTime<Utc> = shop.app.store().clock().now();
        let told = DisputeTold {
            dispute: "dp_1".to_owned(),
            payment: Some(payment.clone()),
            status: NeedsResponse,
            amount: dollars(amount),
            reason: "fraudulent".to_owned(),
            taken: (dollars(amount), dollars(1500)),
            returned: (dollars(0), dollars(0)),
            evidence_due_by: Some(opened_at + TimeDelta::days(7)),
            opened_at,
        };
        (Self { shop, invoice, payment, told: 0 }, told)
    }

    /// Stripe tells of the dispute, twice.
    async fn tell(&mut self, told: &DisputeTold) {
        self.shop.app.payments.dispute(told.clone());
        for kind in ["charge.dispute.updated", "charge.dispute.funds_withdrawn"] {
            self.told += 1;
            self.shop.tell(self.told, kind, &told.dispute).await;
        }
    }

    async fn only(&self) -> Value {
        let path = format!("/api/v1/msp/disputes?invoice={}&customer={CUSTOMER}", self.invoice);
        let found = self.shop.admin.get(&path).await.expect(200);
        let items = found.json["items"].as_array().expect("a list");
        assert_eq!(items.len(), 1, "{items:?}");
        items[0].clone()
    }

    async fn events(&self) -> Vec<String> {
        let path = format!("/api/v1/msp/events?subject=invoice:{}&type=dispute.&limit=200", self.invoice);
        let found = self.shop.admin.get(&path).await.expect(200);
        let items = found.json["items"].as_array().expect("a list").iter();
        items.map(|event| event["type"].as_str().expect("a text").to_owned()).rev().collect()
    }
}

const PAID: [(&str, i64); 3] = [("revenue", -9000), ("cash", 8910), ("fees", 90)];

#[actix_web::test]
async fn a_dispute_that_is_won_costs_the_fee() {
    let (mut bank, mut told) = Bank::of(9000).await;
    assert_eq!(bank.shop.balances().await, held(&PAID));
    bank.tell(&told).await;
    let open = bank.only().await;
    assert_eq!(
        (&open["status"], &open["amount"], &open["fee"]),
        (&json!("needs_response"), &usd(9000), &usd(1500))
    );
    assert!(open["evidence_due_by"].is_string() && open["closed_at"].is_null());
    assert_eq!(
        bank.shop.balances().await,
        held(&[("revenue", -9000), ("cash", -1590), ("fees", 1590), ("refunds", 9000)])
    );
    // Nothing of it can be refunded meanwhile.
    bank.shop.credit(&bank.invoice, 1000).await;
    assert_eq!(bank.shop.payment(&bank.invoice).await["disputed"], usd(9000));
    assert_eq!(bank.shop.refund(&bank.invoice, None).await.expect(409).code(), "disputed");
    told.status = UnderReview;
    bank.tell(&told).await;
    // The bank has decided; the money comes with a later word.
    (told.status, told.evidence_due_by) = (Won, None);
    bank.tell(&told).await;
    told.returned = (dollars(9000), dollars(0));
    bank.tell(&told).await;
    let won = bank.only().await;
    assert_eq!((&won["status"], &won["fee"]), (&json!("won"), &usd(1500)));
    assert!(won["closed_at"].is_string());
    assert_eq!(
        bank.shop.balances().await,
        held(&[("revenue", -8000), ("cash", 7410), ("fees", 1590), ("credits", -1000)])
    );
    let told = [
        "dispute.opened",
        "dispute.funds_withdrawn",
        "dispute.under_review",
        "dispute.won",
        "dispute.funds_reinstated",
    ];
    assert_eq!(bank.events().await, told);
    bank.shop.refund(&bank.invoice, None).await.expect(201);
    bank.shop.app.drain().await;
    bank.shop.close().await;
}

#[actix_web::test]
async fn a_dispute_that_is_lost_is_a_loss_that_a_credit_note_settles() {
    let (mut bank, mut told) = Bank::of(6000).await;
    // The first that is heard of it is its end.
    told.status = Lost;
    bank.tell(&told).await;
    let lost = bank.only().await;
    assert_eq!((&lost["status"], &lost["uncredited"]), (&json!("lost"), &usd(6000)));
    assert_eq!(
        bank.shop.balances().await,
        held(&[("revenue", -9000), ("cash", 1410), ("fees", 1590), ("bad_debt", 6000)])
    );
    assert_eq!(bank.events().await, ["dispute.opened", "dispute.funds_withdrawn", "dispute.lost"]);
    // What went back to the payer is not credited a second time.
    bank.shop.credit(&bank.invoice, 4000).await;
    assert_eq!(bank.only().await["uncredited"], usd(2000));
    assert_eq!(bank.shop.credit_left().await, json!([]));
    bank.shop.credit(&bank.invoice, 3000).await;
    assert_eq!(bank.only().await["uncredited"], usd(0));
    assert_eq!(bank.shop.credit_left().await, json!([usd(1000)]));
    assert_eq!(
        bank.shop.balances().await,
        held(&[("revenue", -2000), ("cash", 1410), ("fees", 1590), ("credits", -1000)])
    );
    // What is left of the payment can go back; the credit is less.
    assert_eq!(bank.shop.refund(&bank.invoice, None).await.expect(201).json["amount"], usd(1000));
    bank.shop.app.drain().await;
    bank.shop.close().await;
}

#[actix_web::test]
async fn an_inquiry_moves_no_money_and_a_late_word_nothing() {
    let (mut bank, mut told) = Bank::of(9000).await;
    told.taken = (dollars(0), dollars(0));
    bank.tell(&told).await;
    assert_eq!(bank.shop.balances().await, held(&PAID));
    told.status = Closed;
    bank.tell(&told).await;
    told.status = NeedsResponse;
    bank.tell(&told).await;
    assert_eq!(bank.only().await["status"], "closed");
    assert_eq!(bank.shop.balances().await, held(&PAID));
    // Disputes of others are none of ours, nor are ours anybody else's.
    let stranger =
        DisputeTold { dispute: "dp_2".to_owned(), payment: Some("pi_stranger".to_owned()), ..told.clone() };
    bank.tell(&stranger).await;
    bank.only().await;
    let open = bank.shop.admin.get("/api/v1/msp/disputes?open=true").await.expect(200);
    assert_eq!(open.json["items"], json!([]));
    let other = bank.shop.app.client("harbor_admin").await;
    assert_eq!(other.get("/api/v1/msp/disputes").await.expect(200).json["items"], json!([]));
    assert!(bank.payment.starts_with("pi_"));
    bank.shop.close().await;
}

#[actix_web::test]
async fn what_the_customer_has_as_credit_is_not_given_twice() {
    let (mut bank, mut told) = Bank::of(9000).await;
    bank.tell(&told).await;
    // The MSP agrees while the bank has yet to decide, and the bank decides for the payer.
    bank.shop.credit(&bank.invoice, 9000).await;
    assert_eq!(bank.shop.credit_left().await, json!([usd(9000)]));
    told.status = Lost;
    bank.tell(&told).await;
    assert_eq!(bank.only().await["uncredited"], usd(0));
    assert_eq!(bank.shop.credit_left().await, json!([]));
    assert_eq!(bank.shop.balances().await, held(&[("cash", -1590), ("fees", 1590)]));
    bank.shop.close().await;
}

#[actix_web::test]
async fn a_refund_that_fails_for_a_dispute_ends_alike_in_either_order() {
    for failure_first in [true, false] {
        let (mut bank, mut told) = Bank::of(9000).await;
        bank.shop.credit(&bank.invoice, 5000).await;
        bank.shop.app.payments.refuse_next_refund(testkit::Refusal::Processing);
        let id = bank.shop.refund(&bank.invoice, None).await.expect(201).text("/id").to_owned();
        bank.shop.app.drain().await;
        bank.shop.app.payments.move_refund(&format!("re_{id}"), Some("charge_for_pending_refund_disputed"));
        told.status = Lost;
        if failure_first {
            bank.shop.tell(100, "refund.failed", &format!("re_{id}")).await;
            bank.tell(&told).await;
        } else {
            bank.tell(&told).await;
            bank.shop.tell(100, "refund.failed", &format!("re_{id}")).await;
        }
        assert_eq!(bank.shop.credit_left().await, json!([]), "{failure_first}");
        assert_eq!(bank.only().await["uncredited"], usd(4000), "{failure_first}");
        assert_eq!(
            bank.shop.balances().await,
            held(&[("revenue", -4000), ("cash", -1590), ("fees", 1590), ("bad_debt", 4000)])
        );
        bank.shop.close().await;
    }
}

#[actix_web::test]
async fn what_was_lost_and_is_won_after_all_is_no_loss() {
    let (mut bank, mut told) = Bank::of(9000).await;
    told.status = Lost;
    bank.tell(&told).await;
    bank.shop.credit(&bank.invoice, 4000).await;
    assert_eq!(bank.only().await["uncredited"], usd(5000));
    // A part comes back; then the bank thinks better of it.
    told.returned = (dollars(2000), dollars(0));
    bank.tell(&told).await;
    assert_eq!(bank.only().await["uncredited"], usd(3000));
    (told.status, told.returned) = (Won, (dollars(9000), dollars(1500)));
    bank.tell(&told).await;
    let won = bank.only().await;
    assert_eq!((&won["status"], &won["fee"], &won["uncredited"]), (&json!("won"), &usd(0), &usd(0)));
    assert_eq!(bank.shop.payment(&bank.invoice).await["disputed"], usd(0));
    // What was credited meanwhile is the customer's again.
    assert_eq!(bank.shop.credit_left().await, json!([usd(4000)]));
    assert_eq!(
        bank.shop.balances().await,
        held(&[("revenue", -5000), ("cash", 8910), ("fees", 90), ("credits", -4000)])
    );
    bank.shop.close().await;
}

#[actix_web::test]
async fn an_inquiry_that_becomes_a_dispute_moves_money_and_says_so() {
    let (mut bank, mut told) = Bank::of(9000).await;
    let taken = std::mem::replace(&mut told.taken, (dollars(0), dollars(0)));
    told.status = Closed;
    bank.tell(&told).await;
    (told.status, told.taken) = (NeedsResponse, taken);
    bank.tell(&told).await;
    assert_eq!(bank.only().await["status"], "needs_response");
    assert!(bank.events().await.contains(&"dispute.funds_withdrawn".to_owned()));
    // It ends without a word for it, and the money is gone.
    told.status = Closed;
    bank.tell(&told).await;
    assert_eq!(bank.only().await["uncredited"], usd(9000));
    // It is paid after all.
    let path = format!("/api/v1/msp/invoices/{}/payments", bank.invoice);
    let paid = bank.shop.admin.post(&path, &json!({"reference": "Wire"})).await.expect(201);
    assert_eq!(paid.json["amount"], usd(9000));
    assert_eq!(bank.only().await["uncredited"], usd(0));
    let again = bank.shop.admin.post(&path, &json!({"reference": "Wire 2"})).await.expect(409);
    assert_eq!(again.code(), "already_paid");
    bank.shop.close().await;
}

#[actix_web::test]
async fn a_dispute_is_looked_after_where_no_event_comes() {
    let (mut bank, mut told) = Bank::of(9000).await;
    bank.tell(&told).await;
    (told.status, told.returned) = (Won, (dollars(9000), dollars(0)));
    bank.shop.app.payments.dispute(told);
    bank.shop.later(TimeDelta::hours(1)).await;
    assert_eq!(bank.only().await["status"], "won");
    bank.shop.close().await;
}
