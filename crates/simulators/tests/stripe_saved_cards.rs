//! Cards that are saved, charged while their holder is away, and forgotten.

mod common;

use common::{Api, Receiver, answer, simulator};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::Handle;

const SETUP: &str = "mode=setup&currency=eur&success_url=https://app.example/ok?s={CHECKOUT_SESSION_ID}\
    &cancel_url=https://app.example/back&client_reference_id=mse_1&metadata[setup]=mse_1\
    &setup_intent_data[metadata][setup]=mse_1";

fn error(body: &Value) -> (&str, &str) {
    let field = |name: &str| body["error"][name].as_str().unwrap_or_default();
    (field("code"), field("param"))
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("an id in {object}")).to_owned()
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().expect("data").iter().filter_map(|object| object["id"].as_str()).collect()
}

/// An account that may take payments, and a customer of it.
async fn payer(handle: &Handle) -> (Api, String) {
    let platform = Api::of(handle);
    let api = platform.on(&platform.onboarded().await);
    let (_, customer) = api.post("/v1/customers", "name=Payer&email=pay@customer.example").await;
    let customer = id(&customer);
    (api, customer)
}

/// A card of the customer, saved by a setup intent.
async fn saved(api: &Api, customer: &str, card: &str) -> String {
    let form = format!("customer={customer}&payment_method={card}&confirm=true");
    let (status, intent) = api.post("/v1/setup_intents", &form).await;
    assert_eq!((status, &intent["status"]), (200, &json!("succeeded")), "{intent}");
    intent["payment_method"].as_str().expect("a method").to_owned()
}

async fn charge(api: &Api, customer: &str, method: &str) -> (u16, Value) {
    let form = format!(
        "amount=12000&currency=eur&customer={customer}&payment_method={method}&confirm=true&off_session=true\
         &application_fee_amount=120"
    );
    api.post("/v1/payment_intents", &form).await
}

#[tokio::test]
async fn a_card_is_saved_on_a_page_and_charged_later() {
    let hooks = Receiver::start();
    let handle = simulator(Some(&hooks)).await;
    let (api, customer) = payer(&handle).await;
    let (status, session) = api.post("/v1/checkout/sessions", &format!("{SETUP}&customer={customer}")).await;
    assert_eq!(status, 200, "{session}");
    assert_eq!(
        (&session["mode"], &session["payment_status"], &session["amount_total"], &session["payment_intent"]),
        (&json!("setup"), &json!("no_payment_required"), &Value::Null, &Value::Null)
    );
    let intent = session["setup_intent"].as_str().expect("an intent").to_owned();
    let (_, waiting) = api.get(&format!("/v1/setup_intents/{intent}")).await;
    assert_eq!(waiting["status"], "requires_payment_method");
    assert_eq!((&waiting["customer"], &waiting["metadata"]["setup"]), (&json!(customer), &json!("mse_1")));
    let confirm = format!("/v1/setup_intents/{intent}/confirm");
    let (_, refused) = api.post(&confirm, "payment_method=pm_card_visa").await;
    assert_eq!(error(&refused).0, "setup_intent_unexpected_state", "the page has it");

    hooks.wait_for(3).await;
    hooks.clear();
    let (status, done) = api.control(&format!("checkout/{}/pay", id(&session)), json!({})).await;
    assert_eq!((status, &done["outcome"]), (200, &json!("saved")), "{done}");
    assert_eq!(done["redirect"], format!("https://app.example/ok?s={}", id(&session)));
    let received = hooks.wait_for(3).await;
    assert_eq!(
        hooks.kinds(),
        ["payment_method.attached", "setup_intent.succeeded", "checkout.session.completed"]
    );
    let completed = received[2].event();
    let object = &completed["data"]["object"];
    assert_eq!(
        (&object["mode"], &object["amount_total"], &object["setup_intent"], &object["payment_status"]),
        (&json!("setup"), &Value::Null, &json!(intent), &json!("no_payment_required"))
    );

    let path = format!("/v1/checkout/sessions/{}?expand[]=setup_intent.payment_method", id(&session));
    let (_, read) = api.get(&path).await;
    assert_eq!((&read["status"], &read["setup_intent"]["status"]), (&json!("complete"), &json!("succeeded")));
    let method = &read["setup_intent"]["payment_method"];
    assert_eq!((&method["customer"], &method["card"]["last4"]), (&json!(customer), &json!("4242")));
    assert_eq!(method["billing_details"]["email"], "pay@customer.example");

    let (status, paid) = charge(&api, &customer, &id(method)).await;
    assert_eq!((status, &paid["status"]), (200, &json!("succeeded")), "{paid}");
    let (_, charge) = api.get(&format!("/v1/charges/{}", paid["latest_charge"].as_str().expect("one"))).await;
    assert_eq!((&charge["customer"], &charge["application_fee_amount"]), (&json!(customer), &json!(120)));
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_page_for_saving_says_what_it_does_and_which_cards_it_takes() {
    let handle = simulator(None).await;
    let (api, customer) = payer(&handle).await;
    let (_, session) = api.post("/v1/checkout/sessions", &format!("{SETUP}&customer={customer}")).await;
    let url = session["url"].as_str().expect("a page").to_owned();
    let page = async || api.http.get(&url).send().await.expect("an answer").text().await.expect("text");
    let submit = async |url: &str, form: &'static str| {
        let request = api.http.post(url).body(form);
        request.header("Content-Type", "application/x-www-form-urlencoded").send().await.expect("an answer")
    };
    let html = page().await;
    assert!(html.contains("Save card</button>") && html.contains("Nothing is charged now"));
    assert!(html.contains("pay@customer.example") && !html.contains("Pay with card"));

    let declined = submit(&url, "card=4000 0000 0000 0002").await;
    assert_eq!(declined.status(), 200);
    assert!(declined.text().await.expect("text").contains("Your card was declined."));
    assert!(page().await.contains("Your card was declined."), "it is still there after a reload");

    let asked = submit(&url, "card=4000 0027 6000 3184").await;
    let step = asked.headers()["location"].to_str().expect("text").to_owned();
    let html = api.http.get(&step).send().await.expect("an answer").text().await.expect("text");
    assert!(html.contains("Confirm this card") && html.contains("3184") && !html.contains("Amount"));
    let failed = submit(&step, "do=fail").await;
    assert_eq!(failed.headers()["location"].to_str().expect("text"), url);
    assert!(page().await.contains("authentication failed"));
    submit(&url, "card=4000 0027 6000 3184").await;
    let passed = submit(&step, "do=complete").await;
    assert_eq!(
        passed.headers()["location"].to_str().expect("text"),
        format!("https://app.example/ok?s={}", id(&session))
    );
    assert!(page().await.contains("Your card is saved."));
    let (_, listed) = api.get(&format!("/v1/payment_methods?customer={customer}")).await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "what was refused is not saved");
    let (_, intents) = api.get("/v1/setup_intents").await;
    assert_eq!(intents["data"].as_array().map(Vec::len), Some(1), "three tries of one intent");
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_page_for_saving_that_expires_takes_its_intent_along() {
    let handle = simulator(None).await;
    let (api, customer) = payer(&handle).await;
    let (_, session) = api.post("/v1/checkout/sessions", &format!("{SETUP}&customer={customer}")).await;
    let (status, _) = api.post(&format!("/v1/checkout/sessions/{}/expire", id(&session)), "").await;
    assert_eq!(status, 200);
    let intent = format!("/v1/setup_intents/{}", session["setup_intent"].as_str().expect("an intent"));
    assert_eq!(api.get(&intent).await.1["status"], "canceled");
    let (status, _) = api.control(&format!("checkout/{}/pay", id(&session)), json!({})).await;
    assert_eq!(status, 400);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn what_a_page_for_saving_does_not_take_is_named() {
    let handle = simulator(None).await;
    let (api, _) = payer(&handle).await;
    let base = "mode=setup&success_url=https://a.example";
    for (form, code, param) in [
        (base.to_owned(), "parameter_missing", "currency"),
        (format!("{base}&currency=eurs"), "", "currency"),
        (format!("{base}&currency=eur&customer=cus_none"), "resource_missing", "customer"),
        (format!("{base}&currency=eur&line_items[0][quantity]=1"), "", "line_items"),
        (format!("{base}&currency=eur&payment_intent_data[description]=x"), "", "payment_intent_data"),
        (format!("{base}&currency=eur&colour=red"), "parameter_unknown", "colour"),
        (
            format!("{base}&currency=eur&setup_intent_data[colour]=red"),
            "parameter_unknown",
            "setup_intent_data[colour]",
        ),
        (
            format!("{base}&currency=eur&customer_creation=always"),
            "parameter_not_simulated",
            "customer_creation",
        ),
        ("mode=setup&currency=eur".to_owned(), "parameter_missing", "success_url"),
        (
            format!("{base}&payment_method_types[0]=sepa_debit"),
            "parameter_not_simulated",
            "payment_method_types",
        ),
    ] {
        let (status, body) = api.post("/v1/checkout/sessions", &form).await;
        assert!(matches!(status, 400 | 404), "{form}: {body}");
        assert_eq!(
            (error(&body).1, error(&body).0 == code || code.is_empty()),
            (param, true),
            "{form}: {body}"
        );
    }
    let (status, session) =
        api.post("/v1/checkout/sessions", &format!("{base}&payment_method_types[0]=card")).await;
    assert_eq!(
        (status, &session["currency"]),
        (200, &Value::Null),
        "no currency where the methods are named"
    );
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn every_saved_card_has_its_fate_while_its_holder_is_away() {
    let hooks = Receiver::start();
    let handle = simulator(Some(&hooks)).await;
    let (api, customer) = payer(&handle).await;
    hooks.wait_for(2).await;
    for (card, decline) in [
        ("pm_card_visa", None),
        ("pm_card_mastercard", None),
        ("pm_card_chargeCustomerFail", Some(("card_declined", "generic_decline"))),
        ("pm_card_chargeDeclined", Some(("card_declined", "generic_decline"))),
        ("pm_card_chargeDeclinedInsufficientFunds", Some(("card_declined", "insufficient_funds"))),
        ("pm_card_chargeDeclinedExpiredCard", Some(("expired_card", "expired_card"))),
        ("pm_card_authenticationRequired", Some(("authentication_required", "authentication_required"))),
        (
            "pm_card_authenticationRequiredOnSetup",
            Some(("authentication_required", "authentication_required")),
        ),
        ("pm_card_authenticationRequiredSetupForOffSession", None),
    ] {
        hooks.clear();
        let (status, body) = charge(&api, &customer, card).await;
        let Some((code, reason)) = decline else {
            assert_eq!((status, &body["status"]), (200, &json!("succeeded")), "{card}: {body}");
            hooks.wait_for(4).await;
            assert!(hooks.kinds().contains(&"payment_intent.succeeded".to_owned()), "{card}");
            continue;
        };
        let error = &body["error"];
        assert_eq!((status, &error["type"]), (402, &json!("card_error")), "{card}: {body}");
        assert_eq!((&error["code"], &error["decline_code"]), (&json!(code), &json!(reason)), "{card}");
        let intent = &error["payment_intent"];
        assert_eq!(intent["status"], "requires_payment_method", "{card}");
        assert_eq!(
            (&intent["last_payment_error"]["code"], &intent["last_payment_error"]["decline_code"]),
            (&error["code"], &error["decline_code"])
        );
        let (_, failed) = api.get(&format!("/v1/charges/{}", error["charge"].as_str().expect("one"))).await;
        assert_eq!((&failed["status"], &failed["paid"]), (&json!("failed"), &json!(false)));
        hooks.wait_for(3).await;
        assert_eq!(
            hooks.kinds(),
            ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"],
            "{card}"
        );
    }
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn authentication_at_setup_is_remembered_where_the_bank_allows_it() {
    let handle = simulator(None).await;
    let (api, customer) = payer(&handle).await;
    for (card, status, reason) in [
        ("4000 0025 0000 3155", 200, Value::Null),
        ("4000 0027 6000 3184", 402, json!("authentication_required")),
        ("4000 0082 6000 3178", 402, json!("insufficient_funds")),
        ("4000 0000 0000 0341", 402, json!("generic_decline")),
    ] {
        let (_, session) = api.post("/v1/checkout/sessions", &format!("{SETUP}&customer={customer}")).await;
        let pay = format!("checkout/{}/pay", id(&session));
        let (_, done) = api.control(&pay, json!({"card": card, "authenticate": true})).await;
        assert_eq!(done["outcome"], "saved", "{card}: {done}");
        let intent = format!("/v1/setup_intents/{}", session["setup_intent"].as_str().expect("an intent"));
        let (_, intent) = api.get(&intent).await;
        let method = intent["payment_method"].as_str().expect("a method");
        let (answered, body) = charge(&api, &customer, method).await;
        assert_eq!((answered, &body["error"]["decline_code"]), (status, &reason), "{card}: {body}");
    }
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_setup_intent_is_confirmed_step_by_step() {
    let handle = simulator(None).await;
    let (api, customer) = payer(&handle).await;
    let (status, intent) =
        api.post("/v1/setup_intents", &format!("customer={customer}&description=x&usage=off_session")).await;
    assert_eq!((status, &intent["status"]), (200, &json!("requires_payment_method")));
    let path = format!("/v1/setup_intents/{}", id(&intent));
    let confirm = format!("{path}/confirm");
    assert_eq!(error(&api.post(&confirm, "").await.1).0, "setup_intent_unexpected_state");
    let (status, declined) = api.post(&confirm, "payment_method=pm_card_chargeDeclined").await;
    assert_eq!((status, error(&declined).0), (402, "card_declined"));
    assert_eq!(declined["error"]["setup_intent"]["status"], "requires_payment_method");
    assert_eq!(declined["error"]["setup_intent"]["last_setup_error"]["decline_code"], "generic_decline");
    let (_, asked) = api
        .post(&confirm, "payment_method=pm_card_authenticationRequired&return_url=https://a.example/b")
        .await;
    assert_eq!(asked["status"], "requires_action");
    let step = asked["next_action"]["redirect_to_url"]["url"].as_str().expect("a page").to_owned();
    let request = api.http.post(&step).body("do=complete");
    let passed =
        request.header("Content-Type", "application/x-www-form-urlencoded").send().await.expect("an answer");
    let location = passed.headers()["location"].to_str().expect("text");
    assert!(
        location.starts_with(&format!("https://a.example/b?setup_intent={}&", id(&intent))),
        "{location}"
    );
    let (_, done) = api.get(&format!("{path}?expand[]=payment_method")).await;
    assert_eq!(
        (&done["status"], &done["payment_method"]["customer"]),
        (&json!("succeeded"), &json!(customer))
    );
    for verb in ["confirm", "cancel"] {
        assert_eq!(
            error(&api.post(&format!("{path}/{verb}"), "").await.1).0,
            "setup_intent_unexpected_state"
        );
    }
    let (_, other) = api.post("/v1/setup_intents", "").await;
    let (_, canceled) = api.post(&format!("/v1/setup_intents/{}/cancel", id(&other)), "").await;
    assert_eq!(canceled["status"], "canceled");
    for (form, param) in [
        ("customer=cus_none", "customer"),
        ("payment_method=pm_none", "payment_method"),
        ("confirm=true", "payment_method"),
        ("usage=now", "usage"),
        ("payment_method_types[0]=sepa_debit", "payment_method_types"),
    ] {
        let (status, body) = api.post("/v1/setup_intents", form).await;
        assert!(matches!(status, 400 | 404), "{form}: {body}");
        assert_eq!(error(&body).1, param, "{form}: {body}");
    }
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn methods_are_listed_attached_and_detached() {
    let handle = simulator(None).await;
    let (api, customer) = payer(&handle).await;
    let first = saved(&api, &customer, "pm_card_visa").await;
    let (_, second) =
        api.post("/v1/payment_methods/pm_card_amex/attach", &format!("customer={customer}")).await;
    let second = id(&second);
    for path in [
        format!("/v1/payment_methods?customer={customer}&type=card"),
        format!("/v1/customers/{customer}/payment_methods"),
        "/v1/payment_methods".to_owned(),
    ] {
        assert_eq!(ids(&api.get(&path).await.1), [second.as_str(), first.as_str()], "{path}");
    }
    let of_customer = format!("/v1/customers/{customer}/payment_methods/{first}");
    assert_eq!(api.get(&of_customer).await.1["id"], first.as_str());
    assert!(ids(&api.get("/v1/payment_methods?type=sepa_debit").await.1).is_empty());

    let (_, other) = api.post("/v1/customers", "name=Other").await;
    let other = id(&other);
    assert_eq!(api.get(&format!("/v1/customers/{other}/payment_methods/{first}")).await.0, 404);
    let attach = format!("/v1/payment_methods/{first}/attach");
    assert_eq!(api.post(&attach, &format!("customer={customer}")).await.0, 200, "it is there already");
    assert_eq!(api.post(&attach, &format!("customer={other}")).await.0, 400);
    assert_eq!(error(&api.post(&attach, "").await.1), ("parameter_missing", "customer"));
    let declined =
        api.post("/v1/payment_methods/pm_card_chargeDeclined/attach", &format!("customer={other}")).await;
    assert_eq!((declined.0, error(&declined.1).0), (402, "card_declined"));
    let (status, _) =
        api.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &format!("customer={other}")).await;
    assert_eq!(status, 200);
    let (status, body) = charge(&api, &other, &first).await;
    assert_eq!((status, error(&body)), (400, ("resource_missing", "payment_method")), "of another customer");
    let form = format!("amount=100&currency=eur&payment_method={first}&confirm=true");
    assert_eq!(error(&api.post("/v1/payment_intents", &form).await.1).1, "payment_method", "whose?");

    let detach = format!("/v1/payment_methods/{first}/detach");
    let (status, detached) = api.post(&detach, "").await;
    assert_eq!((status, &detached["customer"]), (200, &Value::Null));
    let (_, events) = api.get("/v1/events?type=payment_method.detached").await;
    assert_eq!(events["data"][0]["data"]["previous_attributes"], json!({"customer": customer}));
    let (status, body) = api.post(&detach, "").await;
    assert_eq!(status, 400);
    assert!(body["error"]["message"].as_str().is_some_and(|text| text.contains("not attached")));
    assert_eq!(api.post(&attach, &format!("customer={customer}")).await.0, 400, "gone for good");
    let (status, body) = charge(&api, &customer, &first).await;
    assert_eq!((status, error(&body).0), (400, "resource_missing"));
    assert_eq!(api.get(&format!("/v1/payment_methods/{first}")).await.0, 200, "it can still be read");
    assert_eq!(api.post("/v1/payment_methods/pm_none/detach", "").await.0, 404);

    answer(api.request(Method::DELETE, &format!("/v1/customers/{customer}"))).await;
    let (_, left) = api.get(&format!("/v1/payment_methods/{second}")).await;
    assert_eq!(left["customer"], Value::Null, "a deleted customer keeps no methods");
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_saved_card_can_be_given_another_fate() {
    let handle = simulator(None).await;
    let (api, customer) = payer(&handle).await;
    let method = saved(&api, &customer, "pm_card_visa").await;
    let fate = format!("payment_methods/{method}/behave_like");
    for (card, reason) in [
        ("4000 0000 0000 9995", json!("insufficient_funds")),
        ("4000000000000069", json!("expired_card")),
        ("4000002760003184", json!("authentication_required")),
        ("4242424242424242", Value::Null),
    ] {
        let (status, body) = api.control(&fate, json!({"card": card})).await;
        assert_eq!((status, &body["payment_method"]["card"]["last4"]), (200, &json!("4242")), "{body}");
        let (_, body) = charge(&api, &customer, &method).await;
        assert_eq!(body["error"]["decline_code"], reason, "{card}");
    }
    assert_eq!(api.control(&fate, json!({"card": "4111111111111111"})).await.0, 400);
    assert_eq!(
        api.control(&format!("payment_methods/{customer}/behave_like"), json!({"card": "1"})).await.0,
        404
    );
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_repeated_charge_charges_once() {
    let handle = simulator(None).await;
    let (api, customer) = payer(&handle).await;
    for (card, expected) in [("pm_card_visa", 200), ("pm_card_chargeCustomerFail", 402)] {
        let method = saved(&api, &customer, card).await;
        let form = format!(
            "amount=500&currency=eur&customer={customer}&payment_method={method}&confirm=true&off_session=true"
        );
        let send =
            || answer(api.form("/v1/payment_intents", &form).header("Idempotency-Key", method.clone()));
        let (first, second) = (send().await, send().await);
        assert_eq!(first.0, expected, "{}", first.1);
        assert_eq!(first, second);
    }
    let (_, charges) = api.get("/v1/charges").await;
    assert_eq!(charges["data"].as_array().map(Vec::len), Some(2));
    let (status, body) = api.post("/v1/payment_intents", "amount=500&currency=eur&off_session=true").await;
    assert_eq!((status, error(&body).1), (400, "off_session"), "nobody confirms it");
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn another_account_sees_no_saved_card() {
    let handle = simulator(None).await;
    let (api, customer) = payer(&handle).await;
    let (other, stranger) = payer(&handle).await;
    let method = saved(&api, &customer, "pm_card_visa").await;
    let (_, intents) = api.get("/v1/setup_intents").await;
    let intent = ids(&intents)[0].to_owned();
    for api in [&other, &Api::of(&handle)] {
        assert_eq!(api.get(&format!("/v1/payment_methods/{method}")).await.0, 404);
        assert_eq!(api.get(&format!("/v1/setup_intents/{intent}")).await.0, 404);
        assert_eq!(api.get(&format!("/v1/payment_methods?customer={customer}")).await.0, 404);
        assert_eq!(api.post(&format!("/v1/payment_methods/{method}/detach"), "").await.0, 404);
        assert!(ids(&api.get("/v1/payment_methods").await.1).is_empty());
        assert!(ids(&api.get("/v1/setup_intents").await.1).is_empty());
    }
    assert_eq!(error(&charge(&other, &stranger, &method).await.1).0, "resource_missing");
    assert_eq!(error(&charge(&other, &customer, &method).await.1).0, "resource_missing");
    handle.stop().await.expect("stopped");
}
