//! An MSP that bills $90.00 a month. The clock stands on 15 November 2025, at noon UTC.

use chrono::TimeDelta;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

pub const CUSTOMER: &str = "NORTHWIND-B";

pub fn usd(minor: i64) -> Value {
    json!({"amount_minor": minor, "currency": "USD"})
}

pub fn minor(value: &Value, name: &str) -> i64 {
    value[name]["amount_minor"].as_i64().unwrap_or_else(|| panic!("no {name} in {value}"))
}

pub struct Shop {
    pub app: TestApp,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_in("UTC").await
    }

    pub async fn open_in(zone: &str) -> Self {
        let app = TestApp::start().await;
        let sql = app.database().superuser().await;
        sql.run(&format!("update tenants set time_zone = '{zone}'")).await;
        let shop = Self { app };
        let admin = shop.admin().await;
        admin
            .post("/api/v1/msp/plans", &json!({"code": "FLAT", "name": "Flat", "base_fee": usd(9_000)}))
            .await
            .expect(201);
        shop.subscribe(CUSTOMER).await;
        shop
    }

    pub async fn subscribe(&self, customer: &str) {
        let path = format!("/api/v1/msp/customers/{customer}/subscriptions");
        let body = json!({"plan": "FLAT", "starts_on": "2020-10-01"});
        self.admin().await.post(&path, &body).await.expect(201);
    }

    pub async fn admin(&self) -> Client {
        self.app.client("northwind_admin").await
    }

    /// Lets time pass; whoever was signed in is so no more.
    pub fn later(&self, by: TimeDelta) {
        self.app.clock.advance(by);
        for name in ["northwind_admin", "northwind_b_owner"] {
            self.app.forget(name);
        }
    }

    /// What an hour brings, twice: what is done once is not done again.
    pub async fn upkeep(&self) {
        for _ in 0..2 {
            app::jobs::upkeep(&self.app.app).await.expect("it is looked after");
            self.app.drain().await;
        }
    }

    pub async fn post_grant(&self, customer: &str, body: &Value) -> Answer {
        let path = format!("/api/v1/msp/customers/{customer}/credit/grants");
        self.admin().await.post(&path, body).await
    }

    /// Grants credit that was paid for; its reference is its description.
    pub async fn paid(&self, name: &str, amount: i64, expires_on: Option<&str>) -> String {
        let body = json!({"source": "paid", "amount": usd(amount), "description": name, "reference": name,
                          "expires_on": expires_on});
        self.post_grant(CUSTOMER, &body).await.expect(201).text("/id").to_owned()
    }

    /// Grants credit that is given.
    pub async fn given(&self, name: &str, amount: i64, expires_on: Option<&str>) -> String {
        let body = json!({"source": "promotional", "amount": usd(amount), "description": name,
                          "expires_on": expires_on});
        self.post_grant(CUSTOMER, &body).await.expect(201).text("/id").to_owned()
    }

    pub async fn draft(&self, period: &str) -> String {
        let body = json!({"customer": CUSTOMER, "period": period});
        self.admin().await.post("/api/v1/msp/invoices", &body).await.expect(201).text("/id").to_owned()
    }

    /// An issued invoice of $90.00.
    pub async fn issue(&self, period: &str) -> String {
        let id = self.draft(period).await;
        self.to(&id, "finalize", &Value::Null).await.expect(200);
        id
    }

    /// A POST about an invoice.
    pub async fn to(&self, invoice: &str, what: &str, body: &Value) -> Answer {
        self.admin().await.post(&format!("/api/v1/msp/invoices/{invoice}/{what}"), body).await
    }

    /// A bank transfer.
    pub async fn pay(&self, invoice: &str, amount: i64, reference: &str) -> Answer {
        self.to(invoice, "payments", &json!({"reference": reference, "amount": usd(amount)})).await
    }

    pub async fn void(&self, invoice: &str) {
        self.to(invoice, "void", &json!({"reason": "A mistake"})).await.expect(200);
    }

    /// Credits so much of the fee.
    pub async fn credit(&self, invoice: &str, amount: i64) {
        let found = self.admin().await.get(&format!("/api/v1/msp/invoices/{invoice}")).await.expect(200);
        let lines = json!([{"line_id": found.json["lines"][0]["id"], "amount": usd(amount)}]);
        self.to(invoice, "credit-notes", &json!({"reason": "An outage", "lines": lines})).await.expect(201);
    }

    /// What an invoice was issued with of credit, and what is to be paid.
    pub async fn standing(&self, invoice: &str) -> (i64, i64) {
        let found = self.admin().await.get(&format!("/api/v1/msp/invoices/{invoice}")).await.expect(200);
        (minor(&found.json, "credit_used"), minor(&found.json, "outstanding"))
    }

    pub async fn grant(&self, id: &str) -> Value {
        self.admin().await.get(&format!("/api/v1/msp/credit-grants/{id}")).await.expect(200).json
    }

    /// Where a grant stands: its state, what is left, used, expired, taken back and released.
    pub async fn grant_standing(&self, id: &str) -> (String, [i64; 5]) {
        let found = self.grant(id).await;
        let parts = ["left", "used", "expired", "revoked", "released"].map(|name| minor(&found, name));
        assert_eq!(parts.iter().sum::<i64>(), minor(&found, "amount"), "{found}");
        (found["status"].as_str().expect("a text").to_owned(), parts)
    }

    pub async fn revoke(&self, id: &str) -> Answer {
        let path = format!("/api/v1/msp/credit-grants/{id}/revoke");
        self.admin().await.post(&path, &json!({"reason": "A slip of the pen"})).await
    }

    pub async fn credit_read(&self) -> Value {
        self.admin().await.get(&format!("/api/v1/msp/customers/{CUSTOMER}/credit")).await.expect(200).json
    }

    /// What can be used, and what of it can be paid out.
    pub async fn credit_left(&self) -> (i64, i64) {
        let found = self.credit_read().await;
        let sum = |name: &str| {
            let all = found[name].as_array().expect("a list").iter();
            all.map(|it| it["amount_minor"].as_i64().expect("an amount")).sum()
        };
        (sum("balances"), sum("refundable"))
    }

    /// What the accounts hold that hold anything; they balance.
    pub async fn balances(&self) -> Vec<(String, i64)> {
        let answer = self.admin().await.get("/api/v1/msp/ledger/balances").await.expect(200);
        let accounts = answer.json["accounts"].as_array().expect("a list").iter();
        let mut found: Vec<_> = accounts
            .map(|it| (it["account"].as_str().expect("a text").to_owned(), minor(it, "balance")))
            .collect();
        assert_eq!(found.iter().map(|(_, minor)| minor).sum::<i64>(), 0, "{found:?}");
        found.retain(|(_, minor)| *minor != 0);
        found
    }

    pub async fn close(self) {
        let sql = self.app.database().superuser().await;
        assert_eq!(sql.number("select coalesce(sum(amount_minor), 0)::bigint from ledger_entries").await, 0);
        self.app.finish().await;
    }
}

/// Balances as they are expected.
pub fn held<const N: usize>(expected: [(&str, i64); N]) -> Vec<(String, i64)> {
    expected.into_iter().map(|(account, minor)| (account.to_owned(), minor)).collect()
}
