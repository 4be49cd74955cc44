//! An MSP that bills $100.00 a month, less $10.00 of goodwill.

use domain::{
    ids::InvoiceId,
    money::{Currency, Money},
};
use serde_json::{Value, json};
use store::Scope;
use testkit::{Answer, Client, TestApp};

pub struct Shop {
    pub app: TestApp,
    pub admin: Client,
    pub scope: Scope,
}

impl Shop {
    pub async fn open() -> Self {
        let app = TestApp::start().await;
        let admin = app.client("northwind_admin").await;
        let plan = json!({
            "code": "FLAT", "name": "Flat", "base_fee": usd(10_000),
            "discounts": [{"name": "Goodwill", "amount": "10"}],
        });
        admin.post("/api/v1/msp/plans", &plan).await.expect(201);
        let scope = app.tenant_scope(app.northwind.tenant).await;
        Self { app, admin, scope }
    }

    /// A customer that is billed from October 2020 on.
    pub async fn customer(&self, code: &str) {
        let body = json!({"company_name": code, "code": code, "contact_email": "money@example.com"});
        self.admin.post("/api/v1/msp/customers", &body).await.expect(201);
        let body = json!({"plan": "FLAT", "starts_on": "2020-10-01"});
        self.admin.post(&format!("/api/v1/msp/customers/{code}/subscriptions"), &body).await.expect(201);
    }

    /// An issued invoice of $90.00.
    pub async fn invoice(&self, code: &str, month: &str) -> String {
        let body = json!({"customer": code, "period": month});
        let draft = self.admin.post("/api/v1/msp/invoices", &body).await.expect(201);
        let id = draft.text("/id").to_owned();
        self.to(&id, "finalize", &Value::Null).await.expect(200);
        self.app.drain().await;
        id
    }

    /// A POST about an invoice.
    pub async fn to(&self, invoice: &str, what: &str, body: &Value) -> Answer {
        self.admin.post(&format!("/api/v1/msp/invoices/{invoice}/{what}"), body).await
    }

    /// Credits all that is left.
    pub async fn credit(&self, invoice: &str) -> Answer {
        self.to(invoice, "credit-notes", &json!({"reason": "Billed by mistake"})).await
    }

    /// Credits so much of the fee, the first line.
    pub async fn credit_fee(&self, invoice: &str, minor: i64) -> Answer {
        let lines = json!([{"line_id": self.line(invoice, 0).await, "amount": usd(minor)}]);
        self.to(invoice, "credit-notes", &json!({"reason": "An outage", "lines": lines})).await
    }

    pub async fn line(&self, invoice: &str, index: usize) -> String {
        self.get(invoice).await["lines"][index]["id"].as_str().expect("an id").to_owned()
    }

    pub async fn get(&self, invoice: &str) -> Value {
        self.admin.get(&format!("/api/v1/msp/invoices/{invoice}")).await.expect(200).json
    }

    /// Where the invoice stands: its state, and what was paid, used of credit, credited, and is outstanding.
    pub async fn standing(&self, invoice: &str) -> (String, [i64; 4]) {
        let found = self.get(invoice).await;
        let minor = |name: &str| found[name]["amount_minor"].as_i64().expect("an amount");
        let status = found["status"].as_str().expect("a text").to_owned();
        (status, ["paid", "credit_used", "credited", "outstanding"].map(minor))
    }

    /// A bank transfer.
    pub async fn pay(&self, invoice: &str, minor: i64, reference: &str) {
        let id: InvoiceId = invoice.parse().expect("an id");
        let amount = Some(Money::new(minor, Currency::USD));
        let transfer = app::payments::Transfer { amount, ..app::payments::Transfer::of_all(reference) };
        let app = &self.app.app;
        let paid =
            async |tx: &mut store::TenantTx| app::payments::record_transfer(app, tx, id, transfer).await;
        self.app.store().write(&self.scope, paid).await.expect("it is recorded");
        self.app.drain().await;
    }

    /// What the accounts hold that hold anything, in minor units; they balance.
    pub async fn balances(&self) -> Vec<(String, i64)> {
        let answer = self.admin.get("/api/v1/msp/ledger/balances").await.expect(200);
        let accounts = answer.json["accounts"].as_array().expect("a list");
        let balance = |it: &Value| {
            let account = it["account"].as_str().expect("a text").to_owned();
            (account, it["balance"]["amount_minor"].as_i64().expect("a number"))
        };
        let mut found: Vec<_> = accounts.iter().map(balance).collect();
        assert_eq!(found.iter().map(|(_, minor)| minor).sum::<i64>(), 0, "{found:?}");
        found.retain(|(_, minor)| *minor != 0);
        found
    }

    /// What a customer has as credit.
    pub async fn credit_of(&self, code: &str) -> i64 {
        let answer = self.admin.get(&format!("/api/v1/msp/customers/{code}/credit")).await.expect(200);
        let balances = answer.json["balances"].as_array().expect("a list");
        balances.iter().map(|it| it["amount_minor"].as_i64().expect("a number")).sum()
    }

    pub async fn close(self) {
        self.app.drain().await;
        self.app.finish().await;
    }
}

pub fn usd(minor: i64) -> Value {
    json!({"amount_minor": minor, "currency": "USD"})
}

/// Balances as they are expected.
pub fn held<const N: usize>(expected: [(&str, i64); N]) -> Vec<(String, i64)> {
    expected.into_iter().map(|(account, minor)| (account.to_owned(), minor)).collect()
}
