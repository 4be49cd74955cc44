//! The provider against the Stripe simulator, from the account to the money.

use connectors::stripe::{
    CheckoutState, NewAccount, NewCheckout, PaymentProvider, PaymentState, ProviderError, StripeProvider,
    StripeSettings,
};
use domain::{
    ids::{CheckoutId, InvoiceId, TenantId},
    money::{Currency, Money},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use uuid::Uuid;

/// A simulator of its own for each test; it ends with the test.
struct Simulator {
    program: Child,
    base: String,
}

impl Simulator {
    fn start() -> Self {
        let mut program = Command::new(program())
            .args(["--listen", "127.0.0.1:0", "--exit-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the simulator starts");
        let mut line = String::new();
        let output = program.stdout.as_mut().expect("its output is a pipe");
        BufReader::new(output).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().strip_prefix("listening on ").expect("it says where it listens");
        Self { base: format!("http://{address}"), program }
    }

    fn provider(&self) -> StripeProvider {
        StripeProvider::new(&settings(Some(self.base.clone()))).expect("the settings are good")
    }

    /// What the payer, or the owner of the account, does in the browser.
    async fn act(&self, path: &str, body: &Value) -> (u16, Value) {
        let client = reqwest::Client::builder().build().expect("a client");
        let url = format!("{}/_simulator/{path}", self.base);
        let answer = client.post(url).json(body).send().await.expect("it answers");
        (answer.status().as_u16(), answer.json().await.expect("it answers JSON"))
    }

    /// An account that can be paid.
    async fn account(&self, provider: &StripeProvider) -> String {
        let account = provider.create_account(new_account(1)).await.expect("an account").account;
        let (status, body) = self.act(&format!("accounts/{account}/onboard"), &json!({})).await;
        assert_eq!(status, 200, "{body}");
        account
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// The program: as told, or where cargo puts it, built if it is not there.
fn program() -> PathBuf {
    if let Some(programs) = std::env::var_os("BAILIWICK_TEST_BIN_DIR") {
        return Path::new(&programs).join("bailiwick-simulators");
    }
    let test = std::env::current_exe().expect("the path of this test");
    let path = test.ancestors().nth(2).expect("the target directory").join("bailiwick-simulators");
    if !path.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "--package", "simulators"]).status();
        assert!(built.is_ok_and(|status| status.success()), "cargo build --package simulators failed");
        assert!(path.exists(), "no program at {}: set BAILIWICK_TEST_BIN_DIR", path.display());
    }
    path
}

fn settings(api_base: Option<String>) -> StripeSettings {
    StripeSettings {
        secret_key: "sk_test_bailiwick".into(),
        api_base,
        platform_webhook_secret: "whsec_platform".into(),
        connect_webhook_secret: "whsec_connect".into(),
    }
}

fn new_account(tenant: u128) -> NewAccount {
    NewAccount {
        tenant: TenantId::from(Uuid::from_u128(tenant)),
        name: "Northwind IT".to_owned(),
        email: "owner@northwind.example".to_owned(),
        country: "US".to_owned(),
    }
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

fn new_checkout(account: &str, checkout: u128) -> NewCheckout {
    NewCheckout {
        checkout: CheckoutId::from(Uuid::from_u128(checkout)),
        invoice: InvoiceId::from(Uuid::from_u128(7)),
        account: account.to_owned(),
        amount: usd(123_450),
        fee: usd(1_235),
        description: "Invoice NW-2026-0042, October 2026 & more".to_owned(),
        customer_email: Some("payer@customer.example".to_owned()),
        success_url: "https://portal.example/invoices/7?paid=1".to_owned(),
        cancel_url: "https://portal.example/invoices/7".to_owned(),
        metadata: HashMap::from([("tenant".to_owned(), "ten_1".to_owned())]),
    }
}

fn code(error: &ProviderError) -> &str {
    match error {
        ProviderError::Rejected { code, .. } => code,
        other => panic!("expected a refusal, not {other:?}"),
    }
}

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
    // Nobody listens there.
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
