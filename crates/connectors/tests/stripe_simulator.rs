//! The provider against the Stripe simulator, from the account to the money.

mod common;

use common::{
    Simulator, code, new_account, new_charge, new_checkout, new_payer, new_refund, new_setup, saved,
    settings, usd,
};
use connectors::stripe::{
    CheckoutState, NewAccount, NewCharge, NewCheckout, NewMethodSetup, NewPayer, PaymentProvider,
    PaymentState, ProviderError, RefundState, StripeProvider, StripeSettings,
};
use domain::{
    disputes::DisputeStatus,
    ids::{ChargeId, CheckoutId, InvoiceId, MethodSetupId, RefundId},
    money::Money,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

#[tokio::test]
async fn from_the_account_to_the_money() {
    let simulator = Simulator::start();
    let provider = simulator.provider();

    let new = provider.create_account(new_account(1)).await.unwrap();
    assert!(new.account.starts_with("acct_"));
    assert!(!new.details_submitted && !new.charges_enabled && !new.payouts_enabled);
    // The answer to the first call was lost: the second opens no second account.
    assert_eq!(provider.create_account(new_account(1)).await.unwrap(), new);
    assert_ne!(provider.create_account(new_account(2)).await.unwrap().account, new.account);
    let corrected = NewAccount { email: "boss@northwind.example".to_owned(), ..new_account(1) };
    assert_ne!(provider.create_account(corrected).await.unwrap().account, new.account);

    let return_url = "https://msp.example/settings/payments";
    let link = provider.onboarding_link(&new.account, return_url, return_url).await.unwrap();
    assert!(link.starts_with(&simulator.base), "{link}");
    let again = provider.onboarding_link(&new.account, return_url, return_url).await.unwrap();
    assert_ne!(link, again, "a link is good for one visit");
    let (status, body) = simulator.act(&format!("accounts/{}/onboard", new.account), &json!({})).await;
    assert_eq!(status, 200, "{body}");
    let account = provider.account(&new.account).await.unwrap();
    assert!(account.details_submitted && account.charges_enabled && account.payouts_enabled);

    let page = provider.create_checkout(new_checkout(&new.account, 1)).await.unwrap();
    assert!(page.session.starts_with("cs_") && page.url.starts_with(&simulator.base));
    let open = provider.checkout(&new.account, &page.session).await.unwrap();
    assert_eq!((open.state, open.paid, open.amount), (CheckoutState::Open, false, usd(123_450)));

    let (status, body) =
        simulator.act(&format!("checkout/{}/pay", page.session), &json!({"card": "4242424242424242"})).await;
    assert_eq!((status, &body["outcome"]), (200, &json!("paid")), "{body}");
    let paid = provider.checkout(&new.account, &page.session).await.unwrap();
    assert_eq!((paid.state, paid.paid, paid.amount), (CheckoutState::Complete, true, usd(123_450)));
    assert_eq!(paid.last_error, None);

    let payment = provider.payment(&new.account, &paid.payment.unwrap()).await.unwrap();
    assert_eq!(payment.state, PaymentState::Succeeded);
    assert_eq!((payment.amount, payment.fee, payment.failure), (usd(123_450), Some(usd(1_235)), None));
    let ids = |metadata: &HashMap<String, String>| {
        ["checkout", "invoice", "tenant"].map(|key| metadata.get(key).cloned().unwrap_or_default())
    };
    let expected = [
        CheckoutId::from(Uuid::from_u128(1)).to_string(),
        InvoiceId::from(Uuid::from_u128(7)).to_string(),
        "ten_1".to_owned(),
    ];
    assert_eq!(ids(&payment.metadata), expected);
    assert_eq!(ids(&paid.metadata), expected);
}

#[tokio::test]
async fn the_same_checkout_is_the_same_page() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;

    let first = provider.create_checkout(new_checkout(&account, 1)).await.unwrap();
    assert_eq!(provider.create_checkout(new_checkout(&account, 1)).await.unwrap(), first);
    assert_ne!(provider.create_checkout(new_checkout(&account, 2)).await.unwrap().session, first.session);
    let other = NewCheckout { amount: usd(99), fee: usd(0), ..new_checkout(&account, 1) };
    assert_eq!(code(&provider.create_checkout(other).await.unwrap_err()), "idempotency_error");
}

#[tokio::test]
async fn a_declined_card_leaves_the_page_open() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let page = provider.create_checkout(new_checkout(&account, 1)).await.unwrap();

    let (status, body) =
        simulator.act(&format!("checkout/{}/pay", page.session), &json!({"card": "4000000000000002"})).await;
    assert_eq!(status, 402, "{body}");
    let declined = provider.checkout(&account, &page.session).await.unwrap();
    assert_eq!((declined.state, declined.paid), (CheckoutState::Open, false));
    // What a webhook would tell: which payment it was.
    let failed = body["error"]["payment_intent"]["id"].as_str().unwrap();
    let payment = provider.payment(&account, failed).await.unwrap();
    assert_eq!((payment.state, payment.amount), (PaymentState::Failed, usd(123_450)));
    assert!(payment.failure.unwrap().contains("declined"));
    let checkout = CheckoutId::from(Uuid::from_u128(1)).to_string();
    assert_eq!(payment.metadata.get("checkout"), Some(&checkout));

    let (status, _) = simulator.act(&format!("checkout/{}/pay", page.session), &json!({})).await;
    assert_eq!(status, 200);
    let paid = provider.checkout(&account, &page.session).await.unwrap();
    assert_eq!((paid.paid, paid.last_error), (true, None));
}

#[tokio::test]
async fn closing_a_page_says_where_it_stands() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let page = provider.create_checkout(new_checkout(&account, 1)).await.unwrap();
    for _ in 0..2 {
        let status = provider.expire_checkout(&account, &page.session).await.unwrap();
        assert_eq!((status.state, status.paid), (CheckoutState::Expired, false));
    }
    let page = provider.create_checkout(new_checkout(&account, 2)).await.unwrap();
    simulator.act(&format!("checkout/{}/pay", page.session), &json!({})).await;
    let status = provider.expire_checkout(&account, &page.session).await.unwrap();
    assert_eq!((status.state, status.paid), (CheckoutState::Complete, true));
}

#[tokio::test]
async fn a_bank_debit_is_under_way_until_the_bank_has_spoken() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    for (number, bank, state, error) in [
        (1, "000123456789", PaymentState::Succeeded, None),
        (2, "000222222227", PaymentState::Failed, Some("insufficient funds")),
    ] {
        let page = provider.create_checkout(new_checkout(&account, number)).await.unwrap();
        let (status, body) =
            simulator.act(&format!("checkout/{}/pay", page.session), &json!({"card": bank})).await;
        assert_eq!((status, &body["outcome"]), (200, &json!("processing")), "{body}");
        let begun = provider.checkout(&account, &page.session).await.unwrap();
        assert_eq!((begun.state, begun.paid), (CheckoutState::Complete, false));
        assert_eq!((begun.payment_state, begun.last_error), (Some(PaymentState::Processing), None));
        // It cannot be closed any more, and that is told as it is.
        let closed = provider.expire_checkout(&account, &page.session).await.unwrap();
        assert_eq!((closed.state, closed.payment_state), (begun.state, begun.payment_state));
        let payment = begun.payment.unwrap();
        assert_eq!(provider.payment(&account, &payment).await.unwrap().state, PaymentState::Processing);

        let (status, body) = simulator.act(&format!("payment_intents/{payment}/finish"), &json!({})).await;
        assert_eq!(status, 200, "{body}");
        let ended = provider.checkout(&account, &page.session).await.unwrap();
        assert_eq!((ended.state, ended.paid), (CheckoutState::Complete, error.is_none()));
        assert_eq!(ended.payment_state, Some(state));
        match error {
            None => assert_eq!(ended.last_error, None),
            Some(words) => assert!(ended.last_error.unwrap().contains(words)),
        }
        let (status, _) = simulator.act(&format!("payment_intents/{payment}/finish"), &json!({})).await;
        assert_eq!(status, 400, "it has ended");
    }
}

#[tokio::test]
async fn an_account_sees_its_own_pages_alone() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let other = provider.create_account(new_account(2)).await.unwrap().account;
    let page = provider.create_checkout(new_checkout(&account, 1)).await.unwrap();
    let error = provider.checkout(&other, &page.session).await.unwrap_err();
    assert_eq!(code(&error), "resource_missing");
    let error = provider.account("acct_1Unknown").await.unwrap_err();
    assert_eq!(code(&error), "account_invalid");
    // An account that is not ready cannot be paid.
    assert!(matches!(
        provider.create_checkout(new_checkout(&other, 3)).await,
        Err(ProviderError::Rejected { .. })
    ));
}

#[tokio::test]
async fn a_payer_is_made_once() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let payer = provider.create_payer(new_payer(&account)).await.unwrap();
    assert!(payer.starts_with("cus_"));
    assert_eq!(provider.create_payer(new_payer(&account)).await.unwrap(), payer);
    let corrected = NewPayer { email: None, ..new_payer(&account) };
    assert_ne!(provider.create_payer(corrected).await.unwrap(), payer);
    let other = provider.create_account(new_account(2)).await.unwrap().account;
    assert_ne!(provider.create_payer(new_payer(&other)).await.unwrap(), payer);
    let wrong = NewPayer { email: Some("nobody".to_owned()), ..new_payer(&account) };
    assert_eq!(code(&provider.create_payer(wrong).await.unwrap_err()), "email_invalid");
    let wrong = new_payer("acct_1Unknown");
    assert_eq!(code(&provider.create_payer(wrong).await.unwrap_err()), "account_invalid");
}

#[tokio::test]
async fn a_method_is_saved_on_its_page() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let payer = provider.create_payer(new_payer(&account)).await.unwrap();

    let page = provider.create_method_setup(new_setup(&account, &payer, 1)).await.unwrap();
    assert!(page.session.starts_with("cs_") && page.url.starts_with(&simulator.base));
    assert_eq!(provider.create_method_setup(new_setup(&account, &payer, 1)).await.unwrap(), page);
    let second = provider.create_method_setup(new_setup(&account, &payer, 2)).await.unwrap();
    assert_ne!(second.session, page.session);
    let changed = NewMethodSetup { currency: "EUR".parse().unwrap(), ..new_setup(&account, &payer, 1) };
    assert_eq!(code(&provider.create_method_setup(changed).await.unwrap_err()), "idempotency_error");

    let pay = format!("checkout/{}/pay", page.session);
    let (status, _) = simulator.act(&pay, &json!({"card": "4000000000000002"})).await;
    assert_eq!(status, 402);
    let open = provider.method_setup(&account, &page.session).await.unwrap();
    assert_eq!((open.state, open.method), (CheckoutState::Open, None));
    // The bank has not been asked yet.
    simulator.act(&pay, &json!({"card": "4000002760003184"})).await;
    let open = provider.method_setup(&account, &page.session).await.unwrap();
    assert_eq!((open.state, open.method), (CheckoutState::Open, None));

    let (status, body) = simulator.act(&pay, &json!({"card": "5555555555554444"})).await;
    assert_eq!((status, &body["outcome"]), (200, &json!("saved")), "{body}");
    let done = provider.method_setup(&account, &page.session).await.unwrap();
    assert_eq!((done.session, done.state), (page.session.clone(), CheckoutState::Complete));
    let setup = MethodSetupId::from(Uuid::from_u128(1)).to_string();
    assert_eq!(done.metadata.get("setup"), Some(&setup));
    let method = done.method.unwrap();
    assert!(method.method.starts_with("pm_"));
    assert_eq!(method.payer, Some(payer.clone()));
    assert_eq!((method.kind.as_str(), method.brand.as_deref()), ("card", Some("mastercard")));
    assert_eq!((method.last4.as_deref(), method.expires), (Some("4444"), Some((2034, 12))));

    // The two kinds of page are not taken for each other.
    assert_eq!(code(&provider.checkout(&account, &page.session).await.unwrap_err()), "invalid_mode");
    let checkout = provider.create_checkout(new_checkout(&account, 1)).await.unwrap();
    assert_eq!(code(&provider.method_setup(&account, &checkout.session).await.unwrap_err()), "invalid_mode");

    let stranger = new_setup(&account, "cus_1Unknown", 3);
    assert_eq!(code(&provider.create_method_setup(stranger).await.unwrap_err()), "resource_missing");
    let error = provider.method_setup(&account, "cs_test_unknown").await.unwrap_err();
    assert_eq!(code(&error), "resource_missing");
}

#[tokio::test]
async fn a_saved_method_is_charged_while_the_payer_is_away() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let (payer, method) = saved(&simulator, &provider, &account, "4242424242424242").await;
    let new = || new_charge(&account, &payer, &method.method, 1);

    let paid = provider.charge(new()).await.unwrap();
    assert!(paid.payment.starts_with("pi_"));
    assert_eq!(
        (paid.state, paid.amount, paid.fee),
        (PaymentState::Succeeded, usd(123_450), Some(usd(1_235)))
    );
    assert_eq!((&paid.failure, &paid.failure_code), (&None, &None));
    let expected = [
        ("charge", ChargeId::from(Uuid::from_u128(1)).to_string()),
        ("invoice", InvoiceId::from(Uuid::from_u128(7)).to_string()),
        ("tenant", "ten_1".to_owned()),
    ];
    for (key, value) in expected {
        assert_eq!(paid.metadata.get(key), Some(&value), "{key}");
    }
    // The answer to the first call was lost: the second charges nothing.
    assert_eq!(provider.charge(new()).await.unwrap(), paid);
    assert_eq!(provider.payment(&account, &paid.payment).await.unwrap(), paid);
    let changed = NewCharge { amount: usd(200_000), ..new() };
    assert_eq!(code(&provider.charge(changed).await.unwrap_err()), "idempotency_error");
    let free = NewCharge { fee: usd(0), ..new_charge(&account, &payer, &method.method, 2) };
    let free = provider.charge(free).await.unwrap();
    assert_eq!((free.state, free.fee), (PaymentState::Succeeded, None));
    assert_ne!(free.payment, paid.payment);
}

#[tokio::test]
async fn a_refused_charge_is_an_answer_with_a_reason() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    for (number, card, reason, words) in [
        (1, "4000000000000341", "generic_decline", "declined"),
        (2, "4000002760003184", "authentication_required", "requires authentication"),
        (3, "4000008260003178", "insufficient_funds", "insufficient funds"),
    ] {
        let (payer, method) = saved(&simulator, &provider, &account, card).await;
        let new = || new_charge(&account, &payer, &method.method, number);
        let failed = provider.charge(new()).await.unwrap();
        assert_eq!((failed.state, failed.amount), (PaymentState::Failed, usd(123_450)), "{card}");
        assert_eq!(failed.failure_code.as_deref(), Some(reason));
        assert!(failed.failure.as_deref().is_some_and(|text| text.contains(words)), "{failed:?}");
        let charge = ChargeId::from(Uuid::from_u128(number)).to_string();
        assert_eq!(failed.metadata.get("charge"), Some(&charge));
        assert_eq!(provider.charge(new()).await.unwrap(), failed, "a repeated call tries nothing again");
        assert_eq!(provider.payment(&account, &failed.payment).await.unwrap(), failed);
    }

    let (payer, method) = saved(&simulator, &provider, &account, "4242424242424242").await;
    let fate = format!("payment_methods/{}/behave_like", method.method);
    for (number, card, state, reason) in [
        (11, "4000000000000069", PaymentState::Failed, Some("expired_card")),
        (12, "4000000000009995", PaymentState::Failed, Some("insufficient_funds")),
        (13, "4242424242424242", PaymentState::Succeeded, None),
    ] {
        simulator.act(&fate, &json!({"card": card})).await;
        let status = provider.charge(new_charge(&account, &payer, &method.method, number)).await.unwrap();
        assert_eq!((status.state, status.failure_code.as_deref()), (state, reason), "{card}");
    }
}

#[tokio::test]
async fn what_cannot_be_charged_is_refused() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let (payer, method) = saved(&simulator, &provider, &account, "4242424242424242").await;
    let refused = async |new: NewCharge| code(&provider.charge(new).await.unwrap_err()).to_owned();
    assert_eq!(refused(new_charge(&account, &payer, "pm_1Unknown", 1)).await, "resource_missing");
    assert_eq!(refused(new_charge(&account, "cus_1Unknown", &method.method, 2)).await, "resource_missing");
    let other = NewPayer { name: "Fabrikam".to_owned(), ..new_payer(&account) };
    let other = provider.create_payer(other).await.unwrap();
    assert_eq!(refused(new_charge(&account, &other, &method.method, 3)).await, "resource_missing");
    // Of another account, nothing is known.
    let stranger = provider.create_account(new_account(2)).await.unwrap().account;
    simulator.act(&format!("accounts/{stranger}/onboard"), &json!({})).await;
    let elsewhere = provider.create_payer(new_payer(&stranger)).await.unwrap();
    assert_eq!(refused(new_charge(&stranger, &elsewhere, &method.method, 4)).await, "resource_missing");

    provider.detach_method(&stranger, &method.method).await.unwrap();
    let paid = provider.charge(new_charge(&account, &payer, &method.method, 5)).await.unwrap();
    assert_eq!(paid.state, PaymentState::Succeeded, "only its own account can detach it");
    for _ in 0..2 {
        provider.detach_method(&account, &method.method).await.unwrap();
    }
    assert_eq!(refused(new_charge(&account, &payer, &method.method, 6)).await, "resource_missing");
    provider.detach_method(&account, "pm_1Unknown").await.unwrap();
    let error = provider.detach_method("acct_1Unknown", &method.method).await.unwrap_err();
    assert_eq!(code(&error), "account_invalid");
}

#[tokio::test]
async fn what_makes_no_sense_is_not_sent() {
    let provider = StripeProvider::new(&settings(Some("http://127.0.0.1:9".to_owned()))).unwrap();
    for id in ["", "acct_", "acct_1/../x", "acct_1\r\nX: y", "cs_1", &format!("acct_{}", "1".repeat(300))] {
        assert_eq!(code(&provider.account(id).await.unwrap_err()), "invalid_id", "{id}");
    }
    for (amount, fee) in [(0, 0), (-5, 0), (100, 101), (100, -1)] {
        let new = NewCheckout { amount: usd(amount), fee: usd(fee), ..new_checkout("acct_1", 1) };
        assert_eq!(code(&provider.create_checkout(new).await.unwrap_err()), "invalid_amount");
    }
    let euros = Money::new(1, "EUR".parse().unwrap());
    let new = NewCheckout { fee: euros, ..new_checkout("acct_1", 1) };
    assert_eq!(code(&provider.create_checkout(new).await.unwrap_err()), "invalid_amount");
    for id in ["", "cus_", "cus_1/../x", "pm_1", "cus_1\r\nX: y"] {
        let setup = provider.create_method_setup(new_setup("acct_1", id, 1)).await;
        assert_eq!(code(&setup.unwrap_err()), "invalid_id", "{id}");
        let charge = provider.charge(new_charge("acct_1", id, "pm_1", 1)).await;
        assert_eq!(code(&charge.unwrap_err()), "invalid_id", "{id}");
    }
    for id in ["", "pm_", "pm_1/../x", "pm_1/detach", "cus_1", "pm_1?expand[]=customer"] {
        let charge = provider.charge(new_charge("acct_1", "cus_1", id, 1)).await;
        assert_eq!(code(&charge.unwrap_err()), "invalid_id", "{id}");
        assert_eq!(code(&provider.detach_method("acct_1", id).await.unwrap_err()), "invalid_id", "{id}");
    }
    for id in ["", "cs_", "cs_1/expire", "pi_1"] {
        assert_eq!(code(&provider.method_setup("acct_1", id).await.unwrap_err()), "invalid_id", "{id}");
    }
    for account in ["", "ten_1", "acct_1/../x"] {
        let payer = provider.create_payer(new_payer(account)).await;
        assert_eq!(code(&payer.unwrap_err()), "invalid_id", "{account}");
        assert_eq!(code(&provider.detach_method(account, "pm_1").await.unwrap_err()), "invalid_id");
    }
    for (amount, fee) in [(0, 0), (-5, 0), (100, 101), (100, -1)] {
        let new =
            NewCharge { amount: usd(amount), fee: usd(fee), ..new_charge("acct_1", "cus_1", "pm_1", 1) };
        assert_eq!(code(&provider.charge(new).await.unwrap_err()), "invalid_amount");
    }
    // Nobody listens there.
    let charge = provider.charge(new_charge("acct_1", "cus_1", "pm_1", 1)).await;
    assert!(matches!(charge, Err(ProviderError::Unavailable(_))));
    assert!(matches!(provider.account("acct_1").await, Err(ProviderError::Unavailable(_))));
}

#[tokio::test]
async fn no_key_gets_out() {
    let simulator = Simulator::start();
    let key = "sk_test_51Secret\u{7f}";
    let broken = StripeSettings { secret_key: key.into(), ..settings(None) };
    let error = StripeProvider::new(&broken).unwrap_err();
    assert!(matches!(error, ProviderError::Misconfigured(_)));
    assert!(!format!("{error:?}{broken:?}").contains("51Secret"));

    let live =
        StripeSettings { secret_key: "sk_live_51Secret".into(), ..settings(Some(simulator.base.clone())) };
    let error = StripeProvider::new(&live).unwrap_err();
    assert!(matches!(error, ProviderError::Misconfigured(_)));
    for base in ["", "simulator:80", "ftp://x", "https://", "https://u:p@x/", "https://x/?a"] {
        assert!(StripeProvider::new(&settings(Some(base.to_owned()))).is_err(), "{base}");
    }
    let provider = simulator.provider();
    assert!(!format!("{provider:?}").contains("sk_test_bailiwick"));
}

#[tokio::test]
async fn a_payment_is_paid_back_once_and_its_refunds_are_found() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    for (number, card, first, then) in [
        (1, "4242424242424242", RefundState::Succeeded, None),
        (2, "4000000000007726", RefundState::Pending, Some((RefundState::Succeeded, None))),
        (
            3,
            "4000000000005126",
            RefundState::Succeeded,
            Some((RefundState::Failed, Some("expired_or_canceled_card"))),
        ),
    ] {
        let (payer, method) = saved(&simulator, &provider, &account, card).await;
        let paid = provider.charge(new_charge(&account, &payer, &method.method, number)).await.unwrap();
        let asked = || new_refund(&account, &paid.payment, number, 100_000);
        let refund = provider.refund(asked()).await.unwrap();
        assert_eq!((refund.state, refund.amount, refund.failure.as_deref()), (first, usd(100_000), None));
        assert_eq!(refund.payment.as_ref(), Some(&paid.payment));
        assert_eq!(refund.metadata["refund"], RefundId::from(Uuid::from_u128(number)).to_string());
        // The answer was lost.
        assert_eq!(provider.refund(asked()).await.unwrap(), refund);
        assert_eq!(
            provider.refunds_of(&account, &paid.payment).await.unwrap(),
            std::slice::from_ref(&refund)
        );
        let beyond = provider.refund(new_refund(&account, &paid.payment, number + 100, 100_000)).await;
        assert!(matches!(beyond, Err(ProviderError::Rejected { .. })), "{beyond:?}");
        if let Some((state, failure)) = then {
            simulator.act(&format!("refunds/{}/finish", refund.refund), &json!({})).await;
            let later = provider.refund_status(&account, &refund.refund).await.unwrap();
            assert_eq!((later.state, later.failure.as_deref()), (state, failure));
        }
    }
    assert_eq!(code(&provider.refund_status(&account, "re_none").await.unwrap_err()), "resource_missing");
    assert_eq!(code(&provider.refund(new_refund(&account, "cs_1", 9, 1)).await.unwrap_err()), "invalid_id");
    assert_eq!(
        code(&provider.refund(new_refund(&account, "pi_1", 9, 0)).await.unwrap_err()),
        "invalid_amount"
    );
}

#[tokio::test]
async fn a_dispute_is_told_with_the_money_that_it_moves() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    let (payer, method) = saved(&simulator, &provider, &account, "4000000000000259").await;
    let paid = provider.charge(new_charge(&account, &payer, &method.method, 1)).await.unwrap();
    let client = reqwest::Client::builder().build().expect("a client");
    let call = async |request: reqwest::RequestBuilder| -> Value {
        let request = request.bearer_auth("sk_test_bailiwick").header("Stripe-Account", &account);
        request.send().await.expect("it answers").json().await.expect("it answers JSON")
    };
    let list = format!("{}/v1/disputes?payment_intent={}", simulator.base, paid.payment);
    let id = call(client.get(list)).await["data"][0]["id"].as_str().expect("an id").to_owned();
    let open = provider.dispute(&account, &id).await.unwrap();
    assert_eq!(
        (open.status, open.amount, open.reason.as_str()),
        (DisputeStatus::NeedsResponse, usd(123_450), "fraudulent")
    );
    assert_eq!((open.payment, open.taken), (Some(paid.payment), (usd(123_450), usd(1_500))));
    assert_eq!(open.returned, (usd(0), usd(0)));
    assert_eq!(open.evidence_due_by.map(|due| (due - open.opened_at).num_days()), Some(7));
    let answer = client.post(format!("{}/v1/disputes/{id}", simulator.base));
    call(
        answer
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("evidence[uncategorized_text]=winning_evidence"),
    )
    .await;
    let won = provider.dispute(&account, &id).await.unwrap();
    assert_eq!((won.status, won.taken), (DisputeStatus::Won, (usd(123_450), usd(1_500))));
    assert_eq!(won.returned, (usd(123_450), usd(0)));
    assert_eq!(code(&provider.dispute(&account, "dp_none").await.unwrap_err()), "resource_missing");
    assert_eq!(code(&provider.dispute(&account, "dp_1/close").await.unwrap_err()), "invalid_id");
}
