//! An MSP whose customer pays by card.

use chrono::TimeDelta;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

pub const CUSTOMER: &str = "NORTHWIND-B";

pub fn usd(minor: i64) -> Value {
    json!({"amount_minor": minor, "currency": "USD"})
}

pub struct Shop {
    pub app: TestApp,
    pub admin: Client,
}

impl Shop {
    /// An MSP that takes payments, whose customer has paid an invoice of 90 dollars by its card.
    pub async fn open() -> (Self, String) {
        let app = TestApp::start().await;
        let admin = app.client("northwind_admin").await;
        let plan = json!({"code": "FLAT", "name": "Flat", "base_fee": usd(9000)});
        admin.post("/api/v1/msp/plans", &plan).await.expect(201);
        let body = json!({"plan": "FLAT", "starts_on": "2020-10-01"});
        admin.post(&format!("/api/v1/msp/customers/{CUSTOMER}/subscriptions"), &body).await.expect(201);
        let connect = json!({"email": "money@example.com", "country": "US"});
        admin.post("/api/v1/msp/payment-setup/connect", &connect).await.expect(200);
        admin.post("/api/v1/msp/payment-setup/refresh", &Value::Null).await.expect(200);
        app.keep_card(&app.northwind, "pm_1").await;
        let shop = Self { app, admin };
        let invoice = shop.issue("2025-10").await;
        shop.app.drain().await;
        (shop, invoice)
    }

    pub async fn issue(&self, period: &str) -> String {
        let body = json!({"customer": CUSTOMER, "period": period});
        let id = self.admin.post("/api/v1/msp/invoices", &body).await.expect(201).text("/id").to_owned();
        self.admin.post(&format!("/api/v1/msp/invoices/{id}/finalize"), &Value::Null).await.expect(200);
        id
    }

    /// Credits this much of an invoice.
    pub async fn credit(&self, invoice: &str, minor: i64) {
        let found = self.admin.get(&format!("/api/v1/msp/invoices/{invoice}")).await.expect(200);
        let lines = json!([{"line_id": found.json["lines"][0]["id"], "amount": usd(minor)}]);
        let body = json!({"reason": "Too much", "lines": lines});
        self.admin.post(&format!("/api/v1/msp/invoices/{invoice}/credit-notes"), &body).await.expect(201);
    }

    pub async fn payment(&self, invoice: &str) -> Value {
        let found = self.admin.get(&format!("/api/v1/msp/payments?invoice={invoice}")).await.expect(200);
        found.json["items"][0].clone()
    }

    /// Asks for a refund of the invoice's last payment.
    pub async fn refund(&self, invoice: &str, minor: Option<i64>) -> Answer {
        let payment = self.payment(invoice).await;
        let id = payment["id"].as_str().expect("a text").to_owned();
        let mut body = json!({"reason": "Billed twice"});
        if let Some(minor) = minor {
            body["amount"] = usd(minor);
        }
        self.admin.post(&format!("/api/v1/msp/payments/{id}/refunds"), &body).await
    }

    pub async fn only_refund(&self) -> Value {
        let found = self.admin.get("/api/v1/msp/refunds").await.expect(200);
        let items = found.json["items"].as_array().expect("a list");
        assert_eq!(items.len(), 1, "{items:?}");
        items[0].clone()
    }

    /// What the provider tells of an object, on the account of the MSP.
    pub async fn tell(&self, number: u32, kind: &str, object: &str) {
        let account = format!("acct_{}", self.app.northwind.tenant);
        self.app.tell(&format!("evt_{number}"), &account, kind, object).await;
    }

    /// What the accounts hold that hold anything.
    pub async fn balances(&self) -> Vec<(String, i64)> {
        let answer = self.admin.get("/api/v1/msp/ledger/balances").await.expect(200);
        let accounts = answer.json["accounts"].as_array().expect("a list").iter();
        let held = accounts.map(|account| {
            let balance = account["balance"]["amount_minor"].as_i64().expect("an amount");
            (account["account"].as_str().expect("a text").to_owned(), balance)
        });
        held.filter(|(_, balance)| *balance != 0).collect()
    }

    pub async fn credit_left(&self) -> Value {
        let path = format!("/api/v1/msp/customers/{CUSTOMER}/credit");
        self.admin.get(&path).await.expect(200).json["balances"].take()
    }

    pub async fn subjects(&self, like: &str) -> i64 {
        let sql = self.app.database().superuser().await;
        sql.number(&format!("select count(*) from mails where subject like '{like}'")).await
    }

    /// What the ledger has under refunds is what is on its way, less what has gone out and was never credited, and what is
    /// with the bank.
    pub async fn close(self) {
        let sql = self.app.database().superuser().await;
        let booked =
            "select coalesce(sum(amount_minor), 0)::bigint from ledger_entries where account = 'refunds'";
        let expected = "select ((select coalesce(sum(case status when 'succeeded' then uncredited_minor
                                                                 when 'pending' then uncredited_minor - amount_minor
                                                                 else 0 end), 0) from refunds)
                              + (select coalesce(sum(taken_minor - returned_minor - lost_minor), 0) from disputes))::bigint";
        assert_eq!(sql.number(booked).await, sql.number(expected).await);
        // No invoice is written off here: what is lost is what disputes have lost and nothing has been credited for.
        let booked =
            "select coalesce(sum(amount_minor), 0)::bigint from ledger_entries where account = 'bad_debt'";
        let expected = "select coalesce(sum(uncredited_minor), 0)::bigint from disputes";
        assert_eq!(sql.number(booked).await, sql.number(expected).await);
        self.app.finish().await;
    }

    /// Time passes, and whoever was signed in comes back.
    pub async fn later(&mut self, by: TimeDelta) {
        self.app.clock.advance(by);
        self.app.forget("northwind_admin");
        self.admin = self.app.client("northwind_admin").await;
        ::app::jobs::upkeep(&self.app.app).await.expect("it is queued");
        self.app.drain().await;
    }
}

pub fn held(balances: &[(&str, i64)]) -> Vec<(String, i64)> {
    balances.iter().map(|(account, balance)| ((*account).to_owned(), *balance)).collect()
}
