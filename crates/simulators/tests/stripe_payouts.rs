//! What an account has, and how it reaches the bank.

mod common;

use common::{Api, Receiver, simulator};
use serde_json::{Value, json};
use simulators::Handle;
use stripe::{Client, ClientBuilder};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_core::Balance;
use stripe_shared::{BalanceTransaction, BalanceTransactionSource, BalanceTransactionType, Payout};
use stripe_types::{Expandable, List};

/// An account in Germany on which this much was paid by this card, of which the platform had a share.
async fn paid(api: &Api, account: &str, amount: i64, card: &str) -> String {
    let form =
        format!("amount={amount}&currency=eur&confirm=true&payment_method={card}&application_fee_amount=100");
    let (status, intent) = api.on(account).post("/v1/payment_intents", &form).await;
    assert_eq!(status, 200, "{intent}");
    intent["id"].as_str().expect("an id").to_owned()
}

/// What is available, and what is pending, in euros.
async fn euros(api: &Api, account: &str) -> (i64, i64) {
    let (_, balance) = api.on(account).get("/v1/balance").await;
    let of = |kind: &str| {
        let amounts = balance[kind].as_array().expect("a list").iter();
        amounts
            .filter(|one| one["currency"] == "eur")
            .map(|one| one["amount"].as_i64().expect("a number"))
            .sum()
    };
    (of("available"), of("pending"))
}

async fn pay_out(api: &Api, account: &str) -> Value {
    let (status, payout) = api.control(&format!("accounts/{account}/pay_out"), json!({})).await;
    assert_eq!(status, 200, "{payout}");
    payout
}

async fn moved(api: &Api, payout: &Value, to: &str) -> (u16, Value) {
    let id = payout["id"].as_str().expect("an id");
    api.control(&format!("payouts/{id}/move"), json!({"to": to})).await
}

/// The movements of a payout: their types, and the sum of those that it pays out.
async fn contents(api: &Api, account: &str, payout: &Value) -> (Vec<String>, i64) {
    let id = payout["id"].as_str().expect("an id");
    let (status, list) =
        api.on(account).get(&format!("/v1/balance_transactions?payout={id}&limit=100")).await;
    assert_eq!(status, 200, "{list}");
    let list = list["data"].as_array().expect("a list");
    let mut kinds: Vec<_> = list.iter().map(|one| one["type"].as_str().expect("a type").to_owned()).collect();
    kinds.sort();
    let others = list.iter().filter(|one| one["source"] != id);
    (kinds, others.map(|one| one["net"].as_i64().expect("a number")).sum())
}

#[tokio::test]
async fn a_payout_is_the_sum_of_what_it_pays_out() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let other = api.onboarded().await;
    let intent = paid(&api, &account, 10_000, "pm_card_visa").await;
    paid(&api, &account, 1_000, "pm_card_createDispute").await;
    api.on(&account).post("/v1/refunds", &format!("payment_intent={intent}&amount=4000")).await;
    // 10,000 less 320 and 100; 1,000 less 59 and 100; the dispute takes 1,000 and 1,500; 4,000 go back.
    let sum = 9_580 + 841 - 2_500 - 4_000;
    assert_eq!(euros(&api, &account).await, (0, sum));
    let (status, refused) =
        api.control(&format!("accounts/{account}/pay_out"), json!({"only_available": true})).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("balance_insufficient")));

    let payout = pay_out(&api, &account).await;
    assert_eq!((&payout["amount"], &payout["status"]), (&json!(sum), &json!("pending")));
    assert_eq!(euros(&api, &account).await, (0, 0));
    let (kinds, paid_out) = contents(&api, &account, &payout).await;
    assert_eq!((kinds, paid_out), (vec_of(&["adjustment", "charge", "charge", "payout", "refund"]), sum));

    // The bank sends it back after it was taken for paid; the next one has it.
    assert_eq!(moved(&api, &payout, "in_transit").await.1["status"], "in_transit");
    assert_eq!(moved(&api, &payout, "paid").await.1["status"], "paid");
    let (_, failed) = moved(&api, &payout, "failed").await;
    assert_eq!((&failed["status"], &failed["failure_code"]), (&json!("failed"), &json!("account_closed")));
    assert_eq!(euros(&api, &account).await, (sum, 0));
    for to in ["in_transit", "paid", "failed", "canceled"] {
        assert_eq!(moved(&api, &payout, to).await.0, 400, "{to}");
    }
    paid(&api, &account, 1_000, "pm_card_visa").await;
    let next = pay_out(&api, &account).await;
    assert_eq!(next["amount"], sum + 841);
    let (kinds, paid_out) = contents(&api, &account, &next).await;
    assert_eq!((kinds, paid_out), (vec_of(&["charge", "payout", "payout_failure"]), sum + 841));

    // One that never left comes back, too.
    assert_eq!(moved(&api, &next, "canceled").await.1["status"], "canceled");
    assert_eq!(euros(&api, &account).await, (sum + 841, 0));

    // Of another account, nothing is known.
    let id = payout["id"].as_str().expect("an id");
    for path in [format!("/v1/payouts/{id}"), format!("/v1/balance_transactions?payout={id}")] {
        assert_eq!(api.on(&other).get(&path).await.0, 404, "{path}");
    }
    assert_eq!(api.on(&other).get("/v1/payouts").await.1["data"], json!([]));
    handle.stop().await.expect("stopped");
}

fn vec_of(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| (*kind).to_owned()).collect()
}

#[tokio::test]
async fn who_asks_for_a_payout_gets_no_more_than_there_is() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let there = api.on(&account);
    paid(&api, &account, 10_000, "pm_card_visa").await;
    let first = pay_out(&api, &account).await;
    moved(&api, &first, "failed").await;
    for (form, code) in [
        ("amount=9581&currency=eur", json!("balance_insufficient")),
        ("amount=1&currency=usd", json!("balance_insufficient")),
        ("amount=0&currency=eur", json!("parameter_invalid_integer")),
        ("currency=eur", json!("parameter_missing")),
    ] {
        let (status, refused) = there.post("/v1/payouts", form).await;
        assert_eq!((status, &refused["error"]["code"]), (400, &code), "{form}");
    }
    let (status, asked) =
        there.post("/v1/payouts", "amount=580&currency=eur&statement_descriptor=RENT").await;
    assert_eq!((status, &asked["automatic"]), (200, &json!(false)));
    assert_eq!(euros(&api, &account).await, (9_000, 0));
    let path = format!("/v1/balance_transactions?payout={}", asked["id"].as_str().expect("an id"));
    assert_eq!(there.get(&path).await.0, 400, "what it is made of, nobody knows");
    assert_eq!(pay_out(&api, &account).await["amount"], 9_000);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn every_step_of_a_payout_is_told() {
    let receiver = Receiver::start();
    let handle = simulator(Some(&receiver)).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    paid(&api, &account, 10_000, "pm_card_visa").await;
    let payout = pay_out(&api, &account).await;
    moved(&api, &payout, "in_transit").await;
    moved(&api, &payout, "paid").await;
    moved(&api, &payout, "failed").await;
    let expected = [
        "balance.available",
        "payout.created",
        "payout.updated",
        "payout.updated",
        "payout.paid",
        "payout.updated",
        "payout.failed",
    ];
    // What was paid before is told as well.
    let mut told = Vec::new();
    for _ in 0..500 {
        told = receiver.received();
        told.retain(|told| ["payout.", "balance."].iter().any(|kind| told.kind().starts_with(kind)));
        if told.len() >= expected.len() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let kinds: Vec<_> = told.iter().map(common::Received::kind).collect();
    assert_eq!(kinds, expected);
    for told in &told {
        assert_eq!((told.path.as_str(), &told.event()["account"]), ("/connect", &json!(account)));
    }
    let last = told[6].event();
    assert_eq!(last["data"]["object"]["status"], "failed");
    assert_eq!(told[5].event()["data"]["previous_attributes"]["status"], "paid");
    handle.stop().await.expect("stopped");
}

async fn fetch<T: miniserde::Deserialize>(client: &Client, path: &str) -> T {
    RequestBuilder::new(StripeMethod::Get, path.to_owned())
        .customize::<T>()
        .send(client)
        .await
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn on(handle: &Handle, account: &str) -> Client {
    let client = ClientBuilder::new("sk_test_sdk").url(handle.api_url());
    client.account_id(account.parse().expect("an id")).build().expect("a client")
}

#[tokio::test]
async fn the_client_of_the_product_reads_all_of_it() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let intent = paid(&api, &account, 10_000, "pm_card_visa").await;
    paid(&api, &account, 2_000, "pm_card_createDispute").await;
    let form = format!("payment_intent={intent}&amount=1000&refund_application_fee=true");
    api.on(&account).post("/v1/refunds", &form).await;
    let made = pay_out(&api, &account).await;
    moved(&api, &made, "failed").await;
    let client = on(&handle, &account);
    let balance: Balance = fetch(&client, "/balance").await;
    let back = balance.available.iter().find(|one| one.currency == stripe_types::Currency::EUR);
    assert_eq!(back.map(|one| Some(one.amount)), Some(made["amount"].as_i64()));
    let list: List<Payout> = fetch(&client, "/payouts?limit=3").await;
    assert_eq!(list.data.len(), 1);
    let payout: Payout = fetch(&client, &format!("/payouts/{}", list.data[0].id)).await;
    assert_eq!((payout.status.as_str(), payout.automatic), ("failed", true));
    assert_eq!(payout.arrival_date % 86_400, 0);
    let path = format!("/balance_transactions?payout={}&expand[]=data.source&limit=100", payout.id);
    let found: List<BalanceTransaction> = fetch(&client, &path).await;
    let mut seen = Vec::new();
    for movement in found.data {
        assert_eq!(movement.status, "available");
        let source = movement.source.and_then(|source| match source {
            Expandable::Object(source) => Some(*source),
            Expandable::Id(_) => None,
        });
        let fits = match (movement.type_, source.expect("it is expanded")) {
            (BalanceTransactionType::Charge, BalanceTransactionSource::Charge(charge)) => {
                charge.payment_intent.is_some()
            }
            (BalanceTransactionType::Refund, BalanceTransactionSource::Refund(refund)) => {
                refund.amount == 1_000
            }
            (BalanceTransactionType::Adjustment, BalanceTransactionSource::Dispute(dispute)) => {
                dispute.amount == 2_000
            }
            (
                BalanceTransactionType::ApplicationFeeRefund,
                BalanceTransactionSource::ApplicationFeeRefund(given),
            ) => given.amount == 10,
            (BalanceTransactionType::Payout, BalanceTransactionSource::Payout(own)) => own.id == payout.id,
            _ => false,
        };
        assert!(fits);
        seen.push(movement.reporting_category);
    }
    seen.sort();
    assert_eq!(seen, ["adjustment", "charge", "charge", "payout", "platform_earning_refund", "refund"]);
    handle.stop().await.expect("stopped");
}
