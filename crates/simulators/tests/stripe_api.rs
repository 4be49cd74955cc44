//! What a raw client sees: headers, errors, parameters, lists, replays.

mod common;

use common::{Api, SESSION, answer, simulator};
use reqwest::Method;
use serde_json::{Value, json};

fn error(body: &Value) -> (&str, &str) {
    let field = |name: &str| body["error"][name].as_str().unwrap_or_default();
    (field("code"), field("param"))
}

#[tokio::test]
async fn no_key_no_answer() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let url = format!("{}/v1/customers", api.base);
    for request in
        [api.http.get(&url), api.http.get(&url).bearer_auth("sk_live_x"), api.http.get(&url).bearer_auth("")]
    {
        let (status, body) = answer(request).await;
        assert_eq!((status, &body["error"]["type"]), (401, &json!("invalid_request_error")));
    }
    let (status, _) = answer(api.http.get(&url).basic_auth("sk_test_x", Some(""))).await;
    assert_eq!(status, 200);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let send = |form: &str| {
        api.form("/v1/customers", form)
            .header("Idempotency-Key", "k-1")
            .header("Stripe-Version", "2025-03-31.basil")
            .send()
    };
    let first = send("email=a@b.example").await.expect("an answer");
    assert_eq!(first.headers()["stripe-version"], "2025-03-31.basil");
    assert_eq!(first.headers()["idempotency-key"], "k-1");
    assert!(first.headers().get("idempotent-replayed").is_none());
    let id = first.headers()["request-id"].clone();
    assert!(id.to_str().is_ok_and(|id| id.starts_with("req_")));
    let again = send("email=a@b.example").await.expect("an answer");
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.headers()["original-request"], id);
    assert_eq!(first.text().await.expect("a body"), again.text().await.expect("a body"));
    let other = send("email=c@d.example").await.expect("an answer");
    assert_eq!(other.status(), 400);
    let body: Value = other.json().await.expect("JSON");
    assert_eq!(body["error"]["type"], "idempotency_error");
    let elsewhere = api.form("/v1/accounts", "country=US").header("Idempotency-Key", "k-1");
    let (status, body) = answer(elsewhere).await;
    assert_eq!((status, &body["error"]["type"]), (400, &json!("idempotency_error")));
    let (_, listed) = api.get("/v1/customers").await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    let (status, _) = answer(api.request(Method::GET, "/v1/customers").header("Stripe-Version", "new")).await;
    assert_eq!(status, 400);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_key_is_free_again_after_a_refusal_and_kept_after_a_decline() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let send = |form: &str, key: &str| {
        answer(api.form("/v1/payment_intents", form).header("Idempotency-Key", key.to_owned()))
    };
    assert_eq!(send("amount=1000", "k").await.0, 400);
    assert_eq!(send("amount=1000&currency=usd", "k").await.0, 200);
    let declined = "amount=1000&currency=usd&confirm=true&payment_method=pm_card_chargeDeclined";
    let (first, second) = (send(declined, "d").await, send(declined, "d").await);
    assert_eq!(first.0, 402);
    assert_eq!(first, second);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn parameters_are_checked_and_named() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let connected = api.on(&account);
    let price = "&line_items[0][price_data][currency]=eur&line_items[0][price_data][product_data][name]=x";
    let line = format!("{price}&line_items[0][quantity]=1&line_items[0][price_data][unit_amount]");
    let base = "mode=payment&success_url=https://a.example";
    let fee = "payment_intent_data[application_fee_amount]";
    for (form, code, param) in [
        ("success_url=https://a.example".to_owned(), "parameter_missing", "mode"),
        ("mode=payment".to_owned(), "parameter_missing", "success_url"),
        (base.to_owned(), "parameter_missing", "line_items"),
        (format!("{base}&colour=red"), "parameter_unknown", "colour"),
        (format!("{base}&line_items[0][colour]=red"), "parameter_unknown", "line_items[0][colour]"),
        (format!("{base}&line_items[0][quantity]=1"), "parameter_missing", "line_items[0][price_data]"),
        (format!("{base}{price}"), "parameter_missing", "line_items[0][price_data][unit_amount]"),
        (format!("{base}{line}=ten"), "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        (format!("{base}{line}=10"), "amount_too_small", "line_items"),
        (format!("{base}{line}=1000&expires_at=1"), "", "expires_at"),
        (format!("{base}{line}=1000&{fee}=1001"), "", fee),
        (format!("{base}{line}=1000&customer=cus_none"), "resource_missing", "customer"),
        (format!("{base}{line}=1000&customer_email=nobody"), "email_invalid", "customer_email"),
        (format!("mode=payment&success_url=ftp://x{line}=1000"), "url_invalid", "success_url"),
        (
            format!("mode=subscription&success_url=https://a.example{line}=1000"),
            "parameter_not_simulated",
            "mode",
        ),
        (
            format!("{base}{line}=1000&shipping_options[0][x]=1"),
            "parameter_not_simulated",
            "shipping_options[0][x]",
        ),
        (
            format!("{base}{line}=1000&metadata[{}]=v", "k".repeat(41)),
            "",
            &*format!("metadata[{}]", "k".repeat(41)),
        ),
    ] {
        let (status, body) = connected.post("/v1/checkout/sessions", &form).await;
        assert!(matches!(status, 400 | 404), "{form}: {body}");
        assert_eq!(error(&body), (code, param), "{form}: {body}");
        assert!(body["error"]["request_log_url"].is_string() && body["error"]["message"].is_string());
    }
    let (status, body) = api.post("/v1/checkout/sessions", SESSION).await;
    assert_eq!((status, error(&body).1), (400, fee), "a fee without another account");
    let (_, fresh) = api.post("/v1/accounts", "country=US").await;
    let (status, body) =
        api.on(fresh["id"].as_str().expect("an id")).post("/v1/checkout/sessions", SESSION).await;
    assert_eq!(status, 400, "not onboarded: {body}");
    let (status, body) = api.get("/v1/nothing").await;
    assert_eq!((status, &body["error"]["type"]), (404, &json!("invalid_request_error")));
    let json = api.request(Method::POST, "/v1/customers").json(&json!({"email": "a@b.example"}));
    assert_eq!(answer(json).await.0, 400);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn lists_are_paged_newest_first() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let mut made = Vec::new();
    for number in 0..5 {
        let (_, customer) = api.post("/v1/customers", &format!("name=Customer {number}")).await;
        made.insert(0, customer["id"].as_str().expect("an id").to_owned());
    }
    let ids = |list: &Value| -> Vec<String> {
        list["data"]
            .as_array()
            .expect("data")
            .iter()
            .map(|c| c["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let (_, page) = api.get("/v1/customers?limit=2").await;
    assert_eq!(
        (&page["object"], &page["url"], &page["has_more"]),
        (&json!("list"), &json!("/v1/customers"), &json!(true))
    );
    assert_eq!(ids(&page), made[..2]);
    let (_, rest) = api.get(&format!("/v1/customers?limit=3&starting_after={}", made[1])).await;
    assert_eq!((ids(&rest), &rest["has_more"]), (made[2..].to_vec(), &json!(false)));
    let (_, before) = api.get(&format!("/v1/customers?limit=2&ending_before={}", made[3])).await;
    assert_eq!((ids(&before), &before["has_more"]), (made[1..3].to_vec(), &json!(true)));
    for (query, param) in
        [("limit=0", "limit"), ("limit=101", "limit"), ("starting_after=cus_x", "starting_after")]
    {
        let (_, body) = api.get(&format!("/v1/customers?{query}")).await;
        assert_eq!(error(&body).1, param);
    }
    let (_, later) = api.get("/v1/customers?created[gt]=4000000000").await;
    assert!(ids(&later).is_empty());
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_customer_changes_and_goes() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let (_, made) = api.post("/v1/customers", "email=a@b.example&metadata[a]=1&metadata[b]=2").await;
    let path = format!("/v1/customers/{}", made["id"].as_str().expect("an id"));
    let (_, changed) = api.post(&path, "name=New&metadata[a]=&metadata[c]=3&email=").await;
    assert_eq!(changed["metadata"], json!({"b": "2", "c": "3"}));
    assert_eq!((&changed["name"], &changed["email"]), (&json!("New"), &Value::Null));
    let (_, events) = api.get("/v1/events?type=customer.updated").await;
    let previous = &events["data"][0]["data"]["previous_attributes"];
    assert_eq!(previous["email"], "a@b.example");
    let (_, gone) = answer(api.request(Method::DELETE, &path)).await;
    assert_eq!(gone["deleted"], true);
    assert_eq!(api.get(&path).await.1["deleted"], true);
    assert_eq!(api.post(&path, "name=x").await.0, 404);
    assert!(api.get("/v1/customers").await.1["data"].as_array().is_some_and(Vec::is_empty));
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn refunds_pend_and_fail_with_the_cards_of_that_fate() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    for (card, first, then) in
        [("pm_card_pendingRefund", "pending", "succeeded"), ("pm_card_refundFail", "succeeded", "failed")]
    {
        let form = format!("amount=1000&currency=usd&confirm=true&payment_method={card}");
        let (_, intent) = api.post("/v1/payment_intents", &form).await;
        let id = intent["id"].as_str().expect("an id");
        let (_, refund) = api.post("/v1/refunds", &format!("payment_intent={id}&amount=400")).await;
        assert_eq!(refund["status"], first, "{card}");
        let path = format!("/_simulator/refunds/{}/finish", refund["id"].as_str().expect("an id"));
        assert_eq!(api.post(&path, "").await.1["status"], then, "{card}");
        assert_eq!(api.post(&path, "").await.0, 400);
        let (_, charge) =
            api.get(&format!("/v1/charges/{}", intent["latest_charge"].as_str().expect("one"))).await;
        assert_eq!(charge["amount_refunded"], if then == "failed" { 0 } else { 400 });
    }
    // What failed is the account's again: 1000 twice, less 400 and Stripe's fees of 59 each.
    assert_eq!(api.get("/v1/balance").await.1["pending"][0]["amount"], 1482);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn disputes_are_decided_by_their_evidence() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    for (evidence, end) in [("winning_evidence", "won"), ("losing_evidence", "lost")] {
        let form = "amount=1000&currency=usd&confirm=true&payment_method=pm_card_createDispute";
        let (_, intent) = api.post("/v1/payment_intents", form).await;
        let id = intent["id"].as_str().expect("an id");
        let (_, found) = api.get(&format!("/v1/disputes?payment_intent={id}")).await;
        let dispute = &found["data"][0];
        assert_eq!((&dispute["status"], &dispute["amount"]), (&json!("needs_response"), &json!(1000)));
        assert_eq!(dispute["balance_transactions"][0]["net"], -2500);
        let (_, body) = api.post("/v1/refunds", &format!("payment_intent={id}")).await;
        assert_eq!(error(&body).0, "charge_disputed");
        let path = format!("/v1/disputes/{}", dispute["id"].as_str().expect("an id"));
        let (_, kept) = api.post(&path, "evidence[uncategorized_text]=x&submit=false").await;
        assert_eq!(kept["status"], "needs_response");
        let (_, ended) = api.post(&path, &format!("evidence[uncategorized_text]={evidence}")).await;
        assert_eq!(ended["status"], end);
        assert_eq!(
            ended["balance_transactions"].as_array().map(Vec::len),
            Some(if end == "won" { 2 } else { 1 })
        );
        assert_eq!(api.post(&format!("{path}/close"), "").await.0, 400);
    }
    // Twice 1000 less 59; twice 1500 for the dispute; 1000 gone.
    assert_eq!(api.get("/v1/balance").await.1["pending"][0]["amount"], 2 * 941 - 2 * 1500 - 1000);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn refunds_stop_at_what_was_paid() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let form = "amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa";
    let (_, intent) = api.post("/v1/payment_intents", form).await;
    assert_eq!(intent["status"], "succeeded");
    let id = intent["id"].as_str().expect("an id");
    assert_eq!(api.post("/v1/refunds", &format!("payment_intent={id}&amount=1001")).await.0, 400);
    assert_eq!(api.post("/v1/refunds", &format!("payment_intent={id}&amount=400")).await.0, 200);
    assert_eq!(api.post("/v1/refunds", &format!("payment_intent={id}")).await.1["amount"], 600);
    let (_, body) = api.post("/v1/refunds", &format!("payment_intent={id}")).await;
    assert_eq!(error(&body).0, "charge_already_refunded");
    let (_, charge) =
        api.get(&format!("/v1/charges/{}", intent["latest_charge"].as_str().expect("one"))).await;
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&json!(1000), &json!(true)));
    let (_, balance) = api.get("/v1/balance").await;
    assert_eq!(balance["pending"][0]["amount"], -59, "Stripe keeps its fee");
    for verb in ["cancel", "confirm"] {
        let (_, body) = api.post(&format!("/v1/payment_intents/{id}/{verb}"), "").await;
        assert_eq!(error(&body).0, "payment_intent_unexpected_state");
    }
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_deleted_account_is_out_of_reach() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let (_, gone) = answer(api.request(Method::DELETE, &format!("/v1/accounts/{account}"))).await;
    assert_eq!(gone["deleted"], true);
    for path in [format!("/v1/accounts/{account}"), "/v1/balance".to_owned()] {
        let (status, body) = api.on(&account).get(&path).await;
        assert_eq!((status, error(&body).0), (403, "account_invalid"));
    }
    handle.stop().await.expect("stopped");
}
