//! What the tests share: a simulator of their own, and what it is asked for.

#![allow(dead_code, reason = "each test program uses a part, one of them all: nothing to expect")]

use connectors::stripe::{
    NewAccount, NewCharge, NewCheckout, NewMethodSetup, NewPayer, NewRefund, PaymentProvider, ProviderError,
    SavedMethod, StripeProvider, StripeSettings,
};
use domain::{
    ids::{ChargeId, CheckoutId, CustomerId, InvoiceId, MethodSetupId, RefundId, TenantId},
    money::{Currency, Money},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
};
use uuid::Uuid;

/// A simulator of its own for each test; it ends with the test.
pub struct Simulator {
    program: Child,
    pub base: String,
}

impl Simulator {
    pub fn start() -> Self {
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

    pub fn provider(&self) -> StripeProvider {
        StripeProvider::new(&settings(Some(self.base.clone()))).expect("the settings are good")
    }

    /// What the payer, or the owner of the account, does in the browser.
    pub async fn act(&self, path: &str, body: &Value) -> (u16, Value) {
        let client = reqwest::Client::builder().build().expect("a client");
        let url = format!("{}/_simulator/{path}", self.base);
        let answer = client.post(url).json(body).send().await.expect("it answers");
        (answer.status().as_u16(), answer.json().await.expect("it answers JSON"))
    }

    /// An account that can be paid.
    pub async fn account(&self, provider: &StripeProvider) -> String {
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
pub fn program() -> PathBuf {
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

pub fn settings(api_base: Option<String>) -> StripeSettings {
    StripeSettings {
        secret_key: "sk_test_bailiwick".into(),
        api_base,
        platform_webhook_secret: "whsec_platform".into(),
        connect_webhook_secret: "whsec_connect".into(),
    }
}

pub fn new_account(tenant: u128) -> NewAccount {
    NewAccount {
        tenant: TenantId::from(Uuid::from_u128(tenant)),
        name: "Northwind IT".to_owned(),
        email: "owner@northwind.example".to_owned(),
        country: "US".to_owned(),
    }
}

pub fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

pub fn new_checkout(account: &str, checkout: u128) -> NewCheckout {
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

pub fn new_payer(account: &str) -> NewPayer {
    NewPayer {
        customer: CustomerId::from(Uuid::from_u128(3)),
        account: account.to_owned(),
        name: "Contoso Dental & Partners".to_owned(),
        email: Some("payer@customer.example".to_owned()),
    }
}

pub fn new_setup(account: &str, payer: &str, setup: u128) -> NewMethodSetup {
    NewMethodSetup {
        setup: MethodSetupId::from(Uuid::from_u128(setup)),
        account: account.to_owned(),
        payer: payer.to_owned(),
        currency: Currency::USD,
        success_url: "https://portal.example/methods?saved=1".to_owned(),
        cancel_url: "https://portal.example/methods".to_owned(),
    }
}

pub fn new_charge(account: &str, payer: &str, method: &str, charge: u128) -> NewCharge {
    NewCharge {
        charge: ChargeId::from(Uuid::from_u128(charge)),
        invoice: InvoiceId::from(Uuid::from_u128(7)),
        account: account.to_owned(),
        payer: payer.to_owned(),
        method: method.to_owned(),
        amount: usd(123_450),
        fee: usd(1_235),
        description: "Invoice NW-2026-0042, October 2026 & more".to_owned(),
        metadata: HashMap::from([("tenant".to_owned(), "ten_1".to_owned())]),
    }
}

pub fn new_refund(account: &str, payment: &str, refund: u128, amount: i64) -> NewRefund {
    NewRefund {
        refund: RefundId::from(Uuid::from_u128(refund)),
        account: account.to_owned(),
        payment: payment.to_owned(),
        amount: usd(amount),
    }
}

/// Pages that [`saved`] opens.
pub static NEXT_SETUP: AtomicU64 = AtomicU64::new(1000);

/// A payer whose card is saved.
pub async fn saved(
    simulator: &Simulator,
    provider: &StripeProvider,
    account: &str,
    card: &str,
) -> (String, SavedMethod) {
    let payer = provider.create_payer(new_payer(account)).await.expect("a payer");
    let setup = NEXT_SETUP.fetch_add(1, Ordering::Relaxed);
    let page = provider.create_method_setup(new_setup(account, &payer, setup.into())).await.expect("a page");
    let body = json!({"card": card, "authenticate": true});
    let (status, body) = simulator.act(&format!("checkout/{}/pay", page.session), &body).await;
    assert_eq!((status, &body["outcome"]), (200, &json!("saved")), "{body}");
    let status = provider.method_setup(account, &page.session).await.expect("a status");
    (payer, status.method.expect("a method"))
}

pub fn code(error: &ProviderError) -> &str {
    match error {
        ProviderError::Rejected { code, .. } => code,
        other => panic!("expected a refusal, not {other:?}"),
    }
}
