//! What an account has, and its payouts: the provider against the Stripe simulator.

mod common;

use common::{Simulator, code, new_account, new_charge, new_refund, saved, usd};
use connectors::stripe::{PaymentProvider, PayoutItem, PayoutTold, ProviderError, StripeProvider};
use domain::{
    money::{Currency, Money},
    payouts::{PayoutItemKind, PayoutStatus},
};
use serde_json::{Value, json};

/// What is available, and what is pending, in dollars.
async fn dollars(provider: &StripeProvider, account: &str) -> (i64, i64) {
    let balance = provider.balance(account).await.expect("a balance");
    assert_eq!(balance.other_currencies, Vec::<String>::new());
    let held = balance.holdings.iter().find(|one| one.currency == Currency::USD).expect("dollars");
    (held.available.amount_minor(), held.pending.amount_minor())
}

async fn control(simulator: &Simulator, path: &str, body: Value) -> Value {
    let (status, answer) = simulator.act(path, &body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn pay_out(simulator: &Simulator, provider: &StripeProvider, account: &str) -> PayoutTold {
    let made = control(simulator, &format!("accounts/{account}/pay_out"), json!({})).await;
    provider.payout(account, made["id"].as_str().expect("an id")).await.expect("a payout")
}

/// 1,234.50 dollars that this card paid, of which the platform had 12.35.
async fn paid(
    simulator: &Simulator,
    provider: &StripeProvider,
    account: &str,
    card: &str,
    number: u128,
) -> String {
    let (payer, method) = saved(simulator, provider, account, card).await;
    provider.charge(new_charge(account, &payer, &method.method, number)).await.expect("a charge").payment
}

fn sum(items: &[PayoutItem]) -> i64 {
    items.iter().map(|item| item.net.amount_minor()).sum()
}

#[tokio::test]
async fn what_is_in_a_payout_explains_it_to_the_cent() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    assert_eq!(dollars(&provider, &account).await, (0, 0));
    let first = paid(&simulator, &provider, &account, "4242424242424242", 1).await;
    let disputed = paid(&simulator, &provider, &account, "4000000000000259", 2).await;
    let refund = provider.refund(new_refund(&account, &first, 1, 100_000)).await.unwrap();
    // Each is 1,234.50 less 12.35, and 2.9 % and 0.30, for Stripe; the dispute takes all of it and 15.00.
    let one = 123_450 - 1_235 - 3_610;
    let expected = 2 * one - 123_450 - 1_500 - 100_000;
    assert_eq!(dollars(&provider, &account).await, (0, expected));
    paid(&simulator, &provider, &account, "4242424242424242", 3).await;
    let payout = pay_out(&simulator, &provider, &account).await;
    assert_eq!(payout.amount, usd(expected + one));
    assert_eq!((payout.status, payout.automatic), (PayoutStatus::Pending, true));
    assert_eq!(payout.method, "standard");
    assert!(payout.arrives_on > payout.made_at.date_naive());
    assert_eq!(dollars(&provider, &account).await, (0, 0));

    let found = provider.payout_items(&account, &payout.payout).await.unwrap();
    assert!(!found.more);
    assert_eq!((found.items.len(), sum(&found.items)), (5, payout.amount.amount_minor()));
    for item in &found.items {
        let kept = item.platform_fee.checked_add(item.provider_fee).unwrap();
        assert_eq!(item.amount.checked_sub(kept).unwrap(), item.net, "{item:?}");
    }
    let of = |kind| found.items.iter().filter(move |item| item.kind == kind);
    let payment = of(PayoutItemKind::Payment).find(|item| item.payment.as_ref() == Some(&first)).unwrap();
    assert_eq!((payment.amount, payment.net), (usd(123_450), usd(one)));
    assert_eq!((payment.platform_fee, payment.provider_fee), (usd(1_235), usd(3_610)));
    let back = of(PayoutItemKind::Refund).next().unwrap();
    assert_eq!((back.net, &back.about), (usd(-100_000), &Some(refund.refund)));
    assert_eq!(back.payment.as_ref(), Some(&first));
    let taken = of(PayoutItemKind::Dispute).next().unwrap();
    assert_eq!((taken.amount, taken.provider_fee), (usd(-123_450), usd(1_500)));
    assert_eq!(taken.payment.as_ref(), Some(&disputed));
}

#[tokio::test]
async fn a_payout_fails_after_it_was_paid_and_is_in_the_next() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    paid(&simulator, &provider, &account, "4242424242424242", 1).await;
    let payout = pay_out(&simulator, &provider, &account).await;
    let path = format!("payouts/{}/move", payout.payout);
    for (to, status) in [
        ("in_transit", PayoutStatus::InTransit),
        ("paid", PayoutStatus::Paid),
        ("failed", PayoutStatus::Failed),
    ] {
        control(&simulator, &path, json!({"to": to})).await;
        let told = provider.payout(&account, &payout.payout).await.unwrap();
        assert_eq!((told.status, told.amount), (status, payout.amount));
        assert_eq!(told.failure_code.as_deref(), (to == "failed").then_some("account_closed"));
        assert_eq!(told.failure.is_some(), to == "failed");
    }
    assert_eq!(dollars(&provider, &account).await, (payout.amount.amount_minor(), 0));
    let next = pay_out(&simulator, &provider, &account).await;
    assert_eq!(next.amount, payout.amount);
    let found = provider.payout_items(&account, &next.payout).await.unwrap();
    let [back] = &found.items[..] else { panic!("{found:?}") };
    assert_eq!((back.kind, back.net), (PayoutItemKind::PayoutReturned, payout.amount));
    assert_eq!(back.about.as_ref(), Some(&payout.payout));
    let all = provider.payouts(&account).await.unwrap();
    let names: Vec<_> = all.iter().map(|told| &told.payout).collect();
    assert_eq!(names, [&next.payout, &payout.payout]);
}

#[tokio::test]
async fn more_than_a_page_is_read_to_its_end() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let (payer, method) = saved(&simulator, &provider, &account, "4242424242424242").await;
    for number in 1..=205 {
        provider.charge(new_charge(&account, &payer, &method.method, number)).await.unwrap();
    }
    let payout = pay_out(&simulator, &provider, &account).await;
    let found = provider.payout_items(&account, &payout.payout).await.unwrap();
    assert_eq!((found.items.len(), found.more), (205, false));
    assert_eq!(sum(&found.items), payout.amount.amount_minor());
}

#[tokio::test]
async fn nothing_is_known_of_another_account_or_of_what_somebody_asked_for() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let stranger = provider.create_account(new_account(2)).await.unwrap().account;
    paid(&simulator, &provider, &account, "4242424242424242", 1).await;
    let payout = pay_out(&simulator, &provider, &account).await;
    assert_eq!(dollars(&provider, &stranger).await, (0, 0));
    assert_eq!(provider.payouts(&stranger).await.unwrap(), []);
    let refused = |error: ProviderError| code(&error).to_owned();
    assert_eq!(refused(provider.payout(&stranger, &payout.payout).await.unwrap_err()), "resource_missing");
    assert_eq!(
        refused(provider.payout_items(&stranger, &payout.payout).await.unwrap_err()),
        "resource_missing"
    );
    for id in ["", "po_", "po_1/../x", "tr_1", "po_1?limit=1"] {
        assert_eq!(refused(provider.payout(&account, id).await.unwrap_err()), "invalid_id", "{id}");
        assert_eq!(refused(provider.payout_items(&account, id).await.unwrap_err()), "invalid_id", "{id}");
    }
    for account in ["", "po_1", "acct_1/../x"] {
        assert_eq!(refused(provider.balance(account).await.unwrap_err()), "invalid_id");
        assert_eq!(refused(provider.payouts(account).await.unwrap_err()), "invalid_id");
    }

    control(&simulator, &format!("payouts/{}/move", payout.payout), json!({"to": "canceled"})).await;
    let client = reqwest::Client::builder().build().expect("a client");
    let asked = client
        .post(format!("{}/v1/payouts", simulator.base))
        .bearer_auth("sk_test_bailiwick")
        .header("Stripe-Account", &account)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("amount=700&currency=usd&statement_descriptor=RENT");
    let asked: Value = asked.send().await.expect("an answer").json().await.expect("JSON");
    let told = provider.payout(&account, asked["id"].as_str().expect("an id")).await.unwrap();
    assert_eq!((told.amount, told.automatic), (Money::new(700, Currency::USD), false));
    assert_eq!(told.statement_descriptor.as_deref(), Some("RENT"));
    assert_eq!(
        refused(provider.payout_items(&account, &told.payout).await.unwrap_err()),
        "invalid_request_error"
    );
}
