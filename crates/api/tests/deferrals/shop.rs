//! An MSP that charges ahead: its invoices are issued with lines for days after their month.

use chrono::TimeDelta;
use domain::{
    ids::{CustomerId, InvoiceId, SubscriptionId},
    money::{Currency, Money},
    periods::Period,
    pricing::{LineKind, RatedLine},
    tax::{Buyer, Place, PriceMode, TaxRounding, TaxRule, TaxTerms, TaxedLine, Taxes},
};
use serde_json::{Value, json};
use store::{
    Scope, StoreError, TenantTx,
    invoices::{self, Issue, NewInvoice, NewLine, Terms},
};
use testkit::{Answer, Client, Sql, TestApp};

/// What a line is: its kind, its amount in minor units, the first day and the first day after.
pub type Wanted<'a> = (LineKind, i64, &'a str, &'a str);

pub struct Shop {
    pub app: TestApp,
    pub scope: Scope,
}

impl Shop {
    pub async fn open() -> Self {
        let app = TestApp::start().await;
        let scope = app.tenant_scope(app.northwind.tenant).await;
        let shop = Self { app, scope };
        let plan = json!({"code": "FLAT", "name": "Flat", "base_fee": usd(10_000)});
        shop.admin().await.post("/api/v1/msp/plans", &plan).await.expect(201);
        shop
    }

    /// Signed in anew: time passes.
    pub async fn admin(&self) -> Client {
        self.app.forget("northwind_admin");
        self.app.client("northwind_admin").await
    }

    pub async fn sql(&self) -> Sql {
        self.app.database().superuser().await
    }

    /// A customer that is billed from October 2025 on.
    pub async fn customer(&self, code: &str) {
        Self::customer_in(&self.admin().await, code).await;
    }

    /// The same in another tenant.
    pub async fn customer_in(admin: &Client, code: &str) {
        admin.post("/api/v1/msp/customers", &json!({"company_name": code, "code": code})).await.expect(201);
        let body = json!({"plan": "FLAT", "starts_on": "2025-10-01"});
        admin.post(&format!("/api/v1/msp/customers/{code}/subscriptions"), &body).await.expect(201);
    }

    /// Issues the invoice of a month with these lines; prices have 19 % of tax in them, where they are to.
    pub async fn issue(
        &self,
        customer: &str,
        month: &str,
        with_tax: bool,
        lines: &[Wanted<'_>],
    ) -> InvoiceId {
        let admin = self.admin().await;
        self.issue_in(&self.scope, &admin, (customer, month), with_tax, lines).await
    }

    /// The same in another tenant.
    pub async fn issue_in(
        &self,
        scope: &Scope,
        admin: &Client,
        (customer, month): (&str, &str),
        with_tax: bool,
        lines: &[Wanted<'_>],
    ) -> InvoiceId {
        let body = json!({"customer": customer, "period": month});
        let draft = admin.post("/api/v1/msp/invoices", &body).await.expect(201);
        let id: InvoiceId = draft.text("/id").parse().expect("an id");
        let issued = async |tx: &mut TenantTx| issue(tx, id, with_tax, lines).await;
        self.app.store().write(scope, issued).await.expect("it is issued");
        id
    }

    /// So many days pass, and what they bring is done.
    pub async fn days(&self, days: i64) {
        self.app.clock.advance(TimeDelta::days(days));
        self.upkeep().await;
    }

    pub async fn upkeep(&self) {
        app::jobs::upkeep(&self.app.app).await.expect("it is looked after");
        self.app.drain().await;
    }

    pub async fn get(&self, path: &str) -> Value {
        self.admin().await.get(&format!("/api/v1{path}")).await.expect(200).json
    }

    /// A POST about an invoice.
    pub async fn to(&self, invoice: InvoiceId, what: &str, body: &Value) -> Answer {
        self.admin().await.post(&format!("/api/v1/msp/invoices/{invoice}/{what}"), body).await
    }

    /// Credits so much of a line.
    pub async fn credit(&self, invoice: InvoiceId, line: usize, minor: i64) {
        let id = self.get(&format!("/msp/invoices/{invoice}")).await["lines"][line]["id"].clone();
        let body = json!({"reason": "x", "lines": [{"line_id": id, "amount": usd(minor)}]});
        self.to(invoice, "credit-notes", &body).await.expect(201);
    }

    /// What the invoice charges ahead: what is yet to be earned, and the months with a `+` where they were booked.
    pub async fn schedule(&self, invoice: InvoiceId) -> (i64, Vec<String>) {
        let found = self.get(&format!("/msp/invoices/{invoice}/deferrals")).await;
        let month = |it: &Value| {
            let sign = if it["recognized"].as_bool().expect("a word") { "+" } else { "" };
            let period = it["period"].as_str().expect("a month");
            format!("{sign}{period} {}", it["amount"]["amount_minor"])
        };
        let months = found["months"].as_array().expect("a list").iter().map(month).collect();
        (found["deferred"]["amount_minor"].as_i64().expect("a number"), months)
    }

    /// What the accounts hold that hold anything, in minor units; they balance.
    pub async fn balances(&self) -> Vec<(String, i64)> {
        let found = self.get("/msp/ledger/balances").await;
        let accounts = found["accounts"].as_array().expect("a list").iter();
        let balance = |it: &Value| {
            let account = it["account"].as_str().expect("a text").to_owned();
            (account, it["balance"]["amount_minor"].as_i64().expect("a number"))
        };
        let mut found: Vec<_> = accounts.map(balance).collect();
        assert_eq!(found.iter().map(|(_, minor)| minor).sum::<i64>(), 0, "{found:?}");
        found.retain(|(_, minor)| *minor != 0);
        found
    }

    /// Revenue in the report, by month.
    pub async fn revenue(&self, until: &str, months: usize) -> Vec<i64> {
        let found = self.get(&format!("/msp/revenue?until={until}&months={months}")).await;
        let months = found["months"].as_array().expect("a list").iter();
        months.map(|month| month["revenue"]["amount_minor"].as_i64().expect("a number")).collect()
    }

    pub async fn close(self) {
        self.app.drain().await;
        self.app.finish().await;
    }
}

pub fn usd(minor: i64) -> Value {
    json!({"amount_minor": minor, "currency": "USD"})
}

pub fn money(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

/// Balances as they are expected.
pub fn held<const N: usize>(expected: [(&str, i64); N]) -> Vec<(String, i64)> {
    expected.into_iter().map(|(account, minor)| (account.to_owned(), minor)).collect()
}

/// The layers below rating, as issuing uses them.
async fn issue(
    tx: &mut TenantTx,
    id: InvoiceId,
    with_tax: bool,
    wanted: &[Wanted<'_>],
) -> Result<(), app::AppError> {
    tx.without_event();
    let draft = invoices::get(tx, id).await?;
    let model = invoices::lines(tx, &draft).await?.swap_remove(0).rated;
    let subscription = draft.subscriptions[0].id;
    let lines: Vec<_> = wanted.iter().map(|wanted| line(&model, subscription, wanted)).collect();
    let sum = Money::sum(Currency::USD, lines.iter().map(|line| line.rated.amount)).expect("it fits");
    let taxes = with_tax.then(|| taxes(&lines));
    let tax = taxes.as_ref().map_or(money(0), |taxes| taxes.sum(Currency::USD).expect("it fits"));
    let new = NewInvoice {
        customer: draft.customer,
        subscriptions: draft.subscriptions.clone(),
        period: draft.period,
        total: sum,
        tax,
        taxes,
    };
    let drafts: [(InvoiceId, CustomerId, &[NewLine]); 1] = [(id, draft.customer, &lines)];
    invoices::clear(tx, &[id]).await?;
    invoices::add_subscriptions(tx, &[(id, draft.customer, draft.subscriptions.as_slice())]).await?;
    invoices::add_lines(tx, &drafts).await?;
    invoices::update_draft(tx, id, &new).await?;
    let evidence = vec![(id, draft.customer, "{}".to_owned())];
    let seal = invoices::keep_evidence(tx, evidence).await?.remove(&id).ok_or(StoreError::NotFound)?;
    let today = tx.today();
    let terms = Terms { prefix: "NW".to_owned(), issued_on: today, due_on: today };
    let issue = Issue {
        id,
        customer_code: draft.customer_code,
        customer_name: draft.customer_name,
        customer_address: None,
        customer_tax_id: None,
        seal,
    };
    let issued = invoices::finalize(tx, &terms, &[issue]).await?;
    app::invoices::book_issued(tx, &issued).await
}

fn line(model: &RatedLine, subscription: SubscriptionId, (kind, minor, from, until): &Wanted<'_>) -> NewLine {
    let (from, until) = (from.parse().expect("a day"), until.parse().expect("a day"));
    let is_once = matches!(kind, LineKind::OneOff | LineKind::LateFee);
    NewLine {
        subscription: (!is_once).then_some(subscription),
        rated: RatedLine { kind: *kind, amount: money(*minor), ..model.clone() },
        days: Period::new(from, until).expect("a period"),
        tax_class: None,
        fee: None,
        ahead: None,
    }
}

/// 19 % that are inside of the prices.
fn taxes(lines: &[NewLine]) -> Taxes {
    let place = Place { country: "DE".parse().expect("a country"), region: None };
    let rule = TaxRule {
        name: "VAT".to_owned(),
        country: place.country,
        region: None,
        class: None,
        percent: "19".parse().expect("a percentage"),
        compound: false,
        from: None,
        until: None,
    };
    let terms = TaxTerms {
        on: "2025-11-15".parse().expect("a day"),
        seller: place.clone(),
        buyer: Buyer::new(Some(place), None, None),
        prices: PriceMode::Inclusive,
        rounding: TaxRounding::Invoice,
        rules: vec![rule],
    };
    let lines: Vec<_> =
        lines.iter().map(|line| TaxedLine { class: "standard", amount: line.rated.amount }).collect();
    terms.apply(Currency::USD, &lines).expect("it is taxed")
}
