//! The client that the product uses, against the simulator: its deserialiser accepts no other shape than Stripe's.

mod common;

use common::{Api, simulator};
use serde_json::json;
use simulators::Handle;
use std::collections::HashMap;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession, ListCheckoutSession, ProductData,
    RetrieveCheckoutSession,
};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_connect::{
    AccountType,
    account::{CreateAccount, RetrieveAccount},
    account_link::{CreateAccountLink, CreateAccountLinkType},
};
use stripe_core::payment_intent::{
    CreatePaymentIntent, CreatePaymentIntentOffSession, RetrievePaymentIntent,
};
use stripe_shared::{
    Account, AccountId, ApiErrorsCode, ApplicationFee, BalanceTransaction, Charge, CheckoutSessionId,
    CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus, Customer, Event,
    PaymentIntentStatus, PaymentMethod, Refund, SetupIntent, SetupIntentStatus,
};
use stripe_types::{Currency, Expandable, List};

fn builder(handle: &Handle) -> ClientBuilder {
    ClientBuilder::new("sk_test_sdk").url(handle.api_url())
}

fn on(handle: &Handle, account: &str) -> Client {
    builder(handle).account_id(account.parse().expect("an id")).build().expect("a client")
}

fn session() -> CreateCheckoutSession {
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(Currency::EUR);
    price.unit_amount = Some(6000);
    price.product_data = Some(ProductData::new("Invoice 2026-0001"));
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(price);
    line.quantity = Some(2);
    let mut intent = CreateCheckoutSessionPaymentIntentData::new();
    intent.application_fee_amount = Some(300);
    intent.metadata = Some(HashMap::from([("invoice".to_owned(), "inv_1".to_owned())]));
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .line_items(vec![line])
        .payment_intent_data(intent)
        .client_reference_id("inv_1")
        .customer_email("pay@customer.example")
        .metadata(HashMap::from([("tenant".to_owned(), "t1".to_owned())]))
        .success_url("https://app.example/ok?s={CHECKOUT_SESSION_ID}")
        .cancel_url("https://app.example/back")
}

async fn fetch<T: miniserde::Deserialize>(client: &Client, path: String) -> T {
    RequestBuilder::new(StripeMethod::Get, path.clone())
        .customize::<T>()
        .send(client)
        .await
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn code(error: StripeError) -> (Option<ApiErrorsCode>, u16) {
    match error {
        StripeError::Stripe(error, status) => (error.code, status),
        other => panic!("not an answer of the API: {other}"),
    }
}

#[tokio::test]
async fn an_account_is_made_onboarded_and_read() {
    let handle = simulator(None).await;
    let client = builder(&handle).build().expect("a client");
    let made = CreateAccount::new()
        .type_(stripe_connect::account::CreateAccountType::Standard)
        .country("DE")
        .email("ops@msp.example")
        .metadata(HashMap::from([("tenant".to_owned(), "t1".to_owned())]))
        .send(&client)
        .await
        .expect("made");
    assert_eq!(made.charges_enabled, Some(false));
    assert_eq!(made.type_, Some(AccountType::Standard));
    let link = CreateAccountLink::new(made.id.as_str(), CreateAccountLinkType::AccountOnboarding)
        .refresh_url("https://app.example/refresh")
        .return_url("https://app.example/return")
        .send(&client)
        .await
        .expect("a link");
    assert!(link.url.starts_with(&format!("{}/connect/onboarding/", handle.public_url())));
    assert!(link.expires_at > link.created);
    let (status, _) = Api::of(&handle).control(&format!("accounts/{}/onboard", made.id), json!({})).await;
    assert_eq!(status, 200);
    let read = RetrieveAccount::new(made.id.clone()).send(&client).await.expect("read");
    assert_eq!((read.charges_enabled, read.payouts_enabled), (Some(true), Some(true)));
    assert_eq!(read.default_currency, Some(Currency::EUR));
    let own: Account = fetch(&on(&handle, made.id.as_str()), "/account".to_owned()).await;
    assert_eq!(own.id, made.id);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_session_is_paid_and_everything_it_leaves_can_be_read() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let client = on(&handle, &account);
    let platform = builder(&handle).build().expect("a client");
    let made = session().send(&client).await.expect("made");
    assert_eq!((made.amount_total, made.currency.clone()), (Some(12_000), Some(Currency::EUR)));
    assert_eq!(made.status, Some(CheckoutSessionStatus::Open));
    assert!(made.payment_intent.is_none());
    assert_eq!(made.url.as_deref(), Some(&*format!("{}/c/pay/{}", handle.public_url(), made.id)));

    let (status, paid) =
        api.control(&format!("checkout/{}/pay", made.id), json!({"card": "4242 4242 4242 4242"})).await;
    assert_eq!((status, &paid["outcome"]), (200, &json!("paid")), "{paid}");
    assert_eq!(paid["redirect"], format!("https://app.example/ok?s={}", made.id));

    let expand = ["line_items", "payment_intent.latest_charge"].map(str::to_owned).to_vec();
    let read =
        RetrieveCheckoutSession::new(made.id.clone()).expand(expand).send(&client).await.expect("read");
    assert_eq!(read.payment_status, CheckoutSessionPaymentStatus::Paid);
    assert_eq!(read.line_items.as_ref().map(|lines| lines.data.len()), Some(1));
    let Some(Expandable::Object(intent)) = read.payment_intent else { panic!("expanded") };
    assert_eq!((intent.status, intent.amount_received), (PaymentIntentStatus::Succeeded, 12_000));
    assert_eq!(intent.metadata.get("invoice").map(String::as_str), Some("inv_1"));
    let Some(Expandable::Object(charge)) = intent.latest_charge else { panic!("expanded") };
    assert_eq!((charge.paid, charge.application_fee_amount), (true, Some(300)));

    let charge: Charge = fetch(&client, format!("/charges/{}", charge.id)).await;
    let moved = charge.balance_transaction.expect("booked");
    let moved: BalanceTransaction = fetch(&client, format!("/balance_transactions/{}", moved.id())).await;
    assert_eq!((moved.amount, moved.net), (12_000, 12_000 - moved.fee));
    assert_eq!(moved.fee, 300 + 378);
    let method: PaymentMethod =
        fetch(&client, format!("/payment_methods/{}", charge.payment_method.expect("one"))).await;
    assert_eq!(method.card.expect("a card").last4, "4242");
    let fees: List<ApplicationFee> = fetch(&platform, "/application_fees".to_owned()).await;
    assert_eq!(fees.data.iter().map(|fee| fee.amount).collect::<Vec<_>>(), [300]);
    assert_eq!(fees.data[0].account.id().as_str(), account);
    let events: List<Event> = fetch(&client, "/events".to_owned()).await;
    assert!(events.data.iter().all(|event| event.account.as_deref() == Some(&account)));
    let listed = ListCheckoutSession::new().send(&client).await.expect("listed");
    assert_eq!(listed.data.len(), 1);
    let intent = RetrievePaymentIntent::new(intent.id).send(&client).await.expect("read");
    assert_eq!(intent.application_fee_amount, Some(300));

    let (status, refund) = api
        .on(&account)
        .post("/v1/refunds", &format!("charge={}&amount=4000&refund_application_fee=true", charge.id))
        .await;
    assert_eq!(status, 200, "{refund}");
    let refund: Refund = fetch(&client, format!("/refunds/{}", refund["id"].as_str().expect("an id"))).await;
    assert_eq!((refund.amount, refund.status.as_deref()), (4000, Some("succeeded")));
    let fee: ApplicationFee = fetch(&platform, format!("/application_fees/{}", fees.data[0].id)).await;
    assert_eq!((fee.amount_refunded, fee.refunded), (100, false));
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn another_account_s_objects_do_not_exist() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let (one, two) = (api.onboarded().await, api.onboarded().await);
    let made = session().send(&on(&handle, &one)).await.expect("made");
    for client in [on(&handle, &two), builder(&handle).build().expect("a client")] {
        let read = RetrieveCheckoutSession::new(made.id.clone()).send(&client).await;
        assert_eq!(code(read.expect_err("not there")), (Some(ApiErrorsCode::ResourceMissing), 404));
        assert!(ListCheckoutSession::new().send(&client).await.expect("listed").data.is_empty());
    }
    let account: AccountId = one.parse().expect("an id");
    let platform = builder(&handle).build().expect("a client");
    let read = RetrieveCheckoutSession::new(made.id).customize().account_id(account).send(&platform).await;
    assert!(read.is_ok());
    let stranger = on(&handle, "acct_1Nobody");
    let refused = ListCheckoutSession::new().send(&stranger).await;
    assert_eq!(code(refused.expect_err("refused")), (Some(ApiErrorsCode::AccountInvalid), 403));
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn the_same_key_gives_the_same_session() {
    let handle = simulator(None).await;
    let client = on(&handle, &Api::of(&handle).onboarded().await);
    let strategy = || RequestStrategy::Idempotent(IdempotencyKey::new("invoice-1").expect("a key"));
    let send =
        |request: CreateCheckoutSession| request.customize().request_strategy(strategy()).send(&client);
    let first = send(session()).await.expect("made");
    let second = send(session()).await.expect("replayed");
    assert_eq!(first.id, second.id);
    let changed = send(session().client_reference_id("inv_2")).await;
    let StripeError::Stripe(error, 400) = changed.expect_err("refused") else { panic!("not a 400") };
    assert!(error.message.expect("a message").contains("same parameters"));
    assert_eq!(ListCheckoutSession::new().send(&client).await.expect("listed").data.len(), 1);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn an_intent_is_declined_with_the_intent_in_the_error() {
    let handle = simulator(None).await;
    let client = builder(&handle).build().expect("a client");
    let made = CreatePaymentIntent::new(5000, Currency::USD).send(&client).await.expect("made");
    assert_eq!(made.status, PaymentIntentStatus::RequiresPaymentMethod);
    let declined = CreatePaymentIntent::new(5000, Currency::USD)
        .payment_method("pm_card_chargeDeclined")
        .confirm(true)
        .send(&client)
        .await;
    let StripeError::Stripe(error, 402) = declined.expect_err("declined") else { panic!("not a 402") };
    assert_eq!(error.code, Some(ApiErrorsCode::CardDeclined));
    assert_eq!(error.decline_code.as_deref(), Some("generic_decline"));
    let intent = error.payment_intent.expect("the intent");
    assert_eq!(intent.status, PaymentIntentStatus::RequiresPaymentMethod);
    let failed: Charge = fetch(&client, format!("/charges/{}", error.charge.expect("a charge"))).await;
    assert!(!failed.paid);
    let waiting = CreatePaymentIntent::new(5000, Currency::USD)
        .payment_method("pm_card_threeDSecure2Required")
        .confirm(true)
        .return_url("https://app.example/back")
        .send(&client)
        .await
        .expect("made");
    assert_eq!(waiting.status, PaymentIntentStatus::RequiresAction);
    assert!(waiting.next_action.expect("an action").redirect_to_url.is_some());
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_session_expires_once() {
    let handle = simulator(None).await;
    let client = on(&handle, &Api::of(&handle).onboarded().await);
    let made = session().send(&client).await.expect("made");
    let client = &client;
    let expire = |id: &CheckoutSessionId| {
        let request = ExpireCheckoutSession::new(id.clone());
        async move { request.customize().send(client).await }
    };
    let expired = expire(&made.id).await.expect("expired");
    assert_eq!((expired.status, expired.url), (Some(CheckoutSessionStatus::Expired), None));
    assert_eq!(code(expire(&made.id).await.expect_err("refused")).1, 400);
    let (status, _) = Api::of(&handle)
        .control(&format!("checkout/{}/pay", made.id), json!({"card": "4242424242424242"}))
        .await;
    assert_eq!(status, 400);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_customer_is_strictly_a_customer() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let client = builder(&handle).build().expect("a client");
    let (_, made) =
        api.post("/v1/customers", "email=a@b.example&name=A&address[city]=Bern&metadata[k]=v").await;
    let id = made["id"].as_str().expect("an id");
    let read: Customer = fetch(&client, format!("/customers/{id}")).await;
    assert_eq!(read.address.and_then(|address| address.city).as_deref(), Some("Bern"));
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_card_is_strictly_saved_and_charged() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let client = on(&handle, &account);
    let (_, customer) = api.on(&account).post("/v1/customers", "email=pay@customer.example").await;
    let customer = customer["id"].as_str().expect("an id");
    let made = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Setup)
        .currency(Currency::EUR)
        .customer(customer)
        .success_url("https://app.example/ok")
        .send(&client)
        .await
        .expect("made");
    assert_eq!(made.payment_status, CheckoutSessionPaymentStatus::NoPaymentRequired);
    assert_eq!((made.mode, made.amount_total), (CheckoutSessionMode::Setup, None));
    let waiting: SetupIntent =
        fetch(&client, format!("/setup_intents/{}", made.setup_intent.expect("an intent").id())).await;
    assert_eq!(waiting.status, SetupIntentStatus::RequiresPaymentMethod);

    let pay = format!("checkout/{}/pay", made.id);
    let (status, refused) = api.control(&pay, json!({"card": "4000000000000002"})).await;
    assert_eq!(status, 402, "{refused}");
    let failed: SetupIntent = fetch(&client, format!("/setup_intents/{}", waiting.id)).await;
    assert_eq!(failed.last_setup_error.expect("why").code, Some(ApiErrorsCode::CardDeclined));
    let (_, asked) = api.control(&pay, json!({"card": "4000002760003184"})).await;
    assert_eq!(asked["outcome"], "requires_action");
    let asking: SetupIntent = fetch(&client, format!("/setup_intents/{}", waiting.id)).await;
    assert!(asking.next_action.expect("an action").redirect_to_url.is_some());
    let (_, saved) = api.control(&pay, json!({"card": "4000000000000341"})).await;
    assert_eq!(saved["outcome"], "saved", "{saved}");

    let expand = vec!["setup_intent.payment_method".to_owned()];
    let read = RetrieveCheckoutSession::new(made.id).expand(expand).send(&client).await.expect("read");
    let Some(Expandable::Object(intent)) = read.setup_intent else { panic!("expanded") };
    let Some(Expandable::Object(method)) = intent.payment_method else { panic!("expanded") };
    assert_eq!(method.customer.as_ref().map(|owner| owner.id().as_str()), Some(customer));
    let listed: List<PaymentMethod> = fetch(&client, format!("/customers/{customer}/payment_methods")).await;
    assert_eq!(listed.data.iter().map(|method| &method.id).collect::<Vec<_>>(), [&method.id]);

    let charge = |method: &str| {
        CreatePaymentIntent::new(5000, Currency::EUR)
            .customer(customer)
            .payment_method(method)
            .confirm(true)
            .off_session(CreatePaymentIntentOffSession::Bool(true))
            .application_fee_amount(50)
    };
    for (method, reason) in [
        (method.id.as_str(), "generic_decline"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ] {
        let declined = charge(method).send(&client).await.expect_err("declined");
        let StripeError::Stripe(error, 402) = declined else { panic!("{declined}") };
        assert_eq!(error.decline_code.as_deref(), Some(reason));
        let intent = error.payment_intent.expect("the intent");
        assert_eq!(intent.status, PaymentIntentStatus::RequiresPaymentMethod);
        assert_eq!(intent.last_payment_error.expect("why").decline_code.as_deref(), Some(reason));
    }
    let paid = charge("pm_card_visa").send(&client).await.expect("paid");
    assert_eq!(paid.status, PaymentIntentStatus::Succeeded);
    let events: List<Event> = fetch(&client, "/events?limit=100".to_owned()).await;
    assert!(events.data.len() > 10);
    handle.stop().await.expect("stopped");
}
