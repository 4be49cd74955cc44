//! Base fees that are charged in advance: by the invoice of the month before, each day once; what is not used of them is given
//! back.

use chrono::TimeDelta;
use domain::ids::InvoiceId;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

const SUBSCRIPTION: &str = "/api/v1/msp/customers/ACME/subscriptions";

fn plan(code: &str, fee: i64, rhythm: (&str, &str), timing: &str) -> Value {
    json!({"code": code, "name": code, "base_fee": {"amount_minor": fee, "currency": "USD"}, "components": [],
           "fee_interval": rhythm.0, "fee_anchor": rhythm.1, "fee_timing": timing})
}

/// An MSP with plans, and a customer. It is the 15th of November 2025.
struct Shop {
    app: TestApp,
}

impl Shop {
    async fn open() -> Self {
        let shop = Self { app: TestApp::start().await };
        let admin = shop.admin().await;
        for plan in [
            plan("YEAR", 120_000, ("year", "anniversary"), "advance"),
            plan("DEAR", 240_000, ("year", "anniversary"), "advance"),
            plan("MONTH", 3_100, ("month", "calendar"), "advance"),
            plan("OTHER", 6_200, ("month", "calendar"), "advance"),
        ] {
            admin.post("/api/v1/msp/plans", &plan).await.expect(201);
        }
        let customer = json!({"company_name": "Acme", "code": "ACME", "contact_email": "acme@c.example"});
        admin.post("/api/v1/msp/customers", &customer).await.expect(201);
        shop
    }

    /// Signed in anew: time passes.
    async fn admin(&self) -> Client {
        self.app.forget("northwind_admin");
        self.app.client("northwind_admin").await
    }

    async fn subscribe(&self, plan: &str, starts_on: &str) -> String {
        let body = json!({"plan": plan, "starts_on": starts_on});
        self.admin().await.post(SUBSCRIPTION, &body).await.expect(201).text("/id").to_owned()
    }

    async fn change(&self, id: &str, body: Value) -> Value {
        let path = format!("/api/v1/msp/subscriptions/{id}/changes");
        self.admin().await.post(&path, &body).await.expect(200).json
    }

    async fn preview(&self, id: &str, body: Value) -> Value {
        let path = format!("/api/v1/msp/subscriptions/{id}/changes/preview");
        self.admin().await.post(&path, &body).await.expect(200).json
    }

    async fn cancel(&self, body: Value) {
        let admin = self.admin().await;
        let path = format!("{}/cancel", admin.subscription("ACME").await);
        admin.post(&path, &body).await.expect(200);
    }

    /// So many days pass, and what they bring is done.
    async fn days(&self, days: i64) {
        self.app.clock.advance(TimeDelta::days(days));
        app::jobs::upkeep(&self.app.app).await.expect("it is looked after");
        self.app.drain().await;
    }

    async fn draft(&self, period: &str) -> Value {
        let body = json!({"customer": "ACME", "period": period});
        self.admin().await.post("/api/v1/msp/invoices", &body).await.expect(201).json
    }

    /// There is no invoice for this month.
    async fn nothing(&self, period: &str) {
        let body = json!({"customer": "ACME", "period": period});
        let refused = self.admin().await.post("/api/v1/msp/invoices", &body).await.expect(409);
        assert_eq!(refused.code(), "nothing_to_bill", "{period}");
    }

    /// Issues the invoice of a month, and computes it again.
    async fn issue(&self, period: &str) -> Value {
        let id = self.draft(period).await["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/msp/invoices/{id}/finalize");
        let issued = self.admin().await.post(&path, &json!({})).await.expect(200).json;
        self.app.drain().await;
        let scope = self.app.tenant_scope(self.app.northwind.tenant).await;
        let id: InvoiceId = id.parse().expect("an id");
        let verdict = self.app.store().read(&scope, async |tx| app::invoices::verify(tx, id).await).await;
        assert!(verdict.as_ref().is_ok_and(app::invoices::Verdict::is_equal), "{verdict:?}");
        issued
    }

    async fn close(self) {
        self.app.finish().await;
    }

    async fn get(&self, path: &str) -> Value {
        self.admin().await.get(&format!("/api/v1{path}")).await.expect(200).json
    }

    /// What the credit notes say, the first that was issued first.
    async fn notes(&self) -> Vec<(i64, String)> {
        let mut notes = self.get("/msp/credit-notes").await["items"].as_array().expect("a list").clone();
        notes.reverse();
        let said = |note: &Value| {
            let reason = note["reason"].as_str().expect("a text");
            (note["total"]["amount_minor"].as_i64().expect("a number"), reason.to_owned())
        };
        notes.iter().map(said).collect()
    }

    /// What the accounts hold that hold anything, in minor units; they balance.
    async fn balances(&self) -> Vec<(String, i64)> {
        let found = self.get("/msp/ledger/balances").await;
        let balance = |it: &Value| {
            let account = it["account"].as_str().expect("a text").to_owned();
            (account, it["balance"]["amount_minor"].as_i64().expect("a number"))
        };
        let mut found: Vec<_> = found["accounts"].as_array().expect("a list").iter().map(balance).collect();
        assert_eq!(found.iter().map(|(_, minor)| minor).sum::<i64>(), 0, "{found:?}");
        found.retain(|(_, minor)| *minor != 0);
        found
    }
}

fn held<const N: usize>(expected: [(&str, i64); N]) -> Vec<(String, i64)> {
    expected.map(|(account, minor)| (account.to_owned(), minor)).into()
}

/// Description, days, period of the fee and amount of the lines.
fn lines(invoice: &Value) -> Vec<String> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let line = |line: &Value| {
        let of = match line["fee_start"].as_str() {
            Some(start) => format!(" of {start}..{}", text(line, "fee_end")),
            None => String::new(),
        };
        let (name, amount) = (text(line, "description"), &line["amount"]["amount_minor"]);
        format!("{name} {}..{}{of}: {amount}", text(line, "service_start"), text(line, "service_end"))
    };
    invoice["lines"].as_array().expect("a list").iter().map(line).collect()
}

#[actix_web::test]
async fn a_month_is_charged_by_the_invoice_of_the_one_before() {
    let shop = Shop::open().await;
    shop.subscribe("MONTH", "2025-09-10").await;
    // 31.00 × 21 ÷ 30 = 21.70: what had begun with the subscription, and the next month.
    let september = shop.issue("2025-09").await;
    let october = "MONTH 2025-10-01..2025-11-01 of 2025-10-01..2025-11-01: 3100";
    assert_eq!(lines(&september), ["MONTH 2025-09-10..2025-10-01 of 2025-09-01..2025-10-01: 2170", october]);
    // October was not earned in September.
    assert_eq!(
        shop.balances().await,
        held([("receivable", 5_270), ("revenue", -2_170), ("deferred_revenue", -3_100)])
    );
    shop.days(0).await;
    assert_eq!(shop.balances().await, held([("receivable", 5_270), ("revenue", -5_270)]));
    assert_eq!(
        lines(&shop.issue("2025-10").await),
        ["MONTH 2025-11-01..2025-12-01 of 2025-11-01..2025-12-01: 3100"]
    );
    // An invoice that is void has charged nothing: the next one makes up for what has not passed.
    let open = shop.get("/msp/invoices").await["items"][0]["id"].as_str().expect("an id").to_owned();
    let body = json!({"reason": "By mistake"});
    shop.admin().await.post(&format!("/api/v1/msp/invoices/{open}/void"), &body).await.expect(200);
    assert_eq!(
        lines(&shop.draft("2025-11").await),
        [
            "MONTH 2025-11-01..2025-12-01 of 2025-11-01..2025-12-01: 3100",
            "MONTH 2025-12-01..2026-01-01 of 2025-12-01..2026-01-01: 3100"
        ]
    );
    assert_eq!(shop.notes().await, []);
    shop.close().await;
}

#[actix_web::test]
async fn a_change_of_plan_gives_back_what_is_left_of_the_year() {
    let shop = Shop::open().await;
    let id = shop.subscribe("YEAR", "2025-10-10").await;
    let october = shop.issue("2025-10").await;
    assert_eq!(lines(&october), ["YEAR 2025-10-10..2026-10-10 of 2025-10-10..2026-10-10: 120000"]);
    shop.nothing("2025-11").await;
    // 1,200.00 × 36 ÷ 365 = 118.356…: kept; the rest is given back, and the dearer plan is charged from that day on.
    let dearer = json!({"kind": "plan", "plan": "DEAR"});
    let preview = shop.preview(&id, dearer.clone()).await;
    assert_eq!(preview["credited"], json!({"amount_minor": 108_164, "currency": "USD"}));
    // 2,400.00 × 329 ÷ 365 = 2,163.287…
    let after = &preview["months"][0]["after"];
    assert_eq!(lines(after), ["DEAR 2025-11-15..2026-10-10: 216329"]);
    assert_eq!(preview["months"][1]["after"]["lines"], json!([]), "it is charged once");
    assert_eq!(shop.notes().await, []);
    shop.change(&id, dearer).await;
    shop.days(0).await;
    let days = "15 November 2025 – 9 October 2026";
    let note = (108_164, format!("Charged in advance and not used: {days}"));
    assert_eq!(shop.notes().await, std::slice::from_ref(&note));
    assert_eq!(
        lines(&shop.issue("2025-11").await),
        ["DEAR 2025-11-15..2026-10-10 of 2025-10-10..2026-10-10: 216329"]
    );
    // Nothing is given back twice, and what was served is earned.
    shop.days(1).await;
    shop.days(400).await;
    assert_eq!(shop.notes().await, [note]);
    let earned = 11_836 + 216_329;
    assert_eq!(shop.balances().await, held([("receivable", earned), ("revenue", -earned)]));
    shop.close().await;
}

#[actix_web::test]
async fn an_end_gives_back_what_is_not_used_unless_it_is_agreed_otherwise() {
    for (body, expected) in [
        // 15 November is the last day: 37 days are kept, 1,200.00 × 37 ÷ 365 = 121.643…
        (json!({}), vec![107_836]),
        (json!({"credit_unused": true, "ends_on": "2025-12-01"}), vec![102_904]),
        (json!({"credit_unused": false}), vec![]),
    ] {
        let shop = Shop::open().await;
        let id = shop.subscribe("YEAR", "2025-10-10").await;
        let october = shop.issue("2025-10").await;
        let preview = format!("{}/cancel/preview", shop.admin().await.subscription("ACME").await);
        let preview = shop.admin().await.post(&preview, &body).await.expect(200).json;
        assert_eq!(preview["credited"]["amount_minor"].as_i64(), expected.first().copied(), "{body}");
        shop.cancel(body.clone()).await;
        // Until it has come, it can be taken back.
        shop.days(0).await;
        assert_eq!(shop.notes().await, []);
        shop.days(40).await;
        let amounts: Vec<_> = shop.notes().await.into_iter().map(|(minor, _)| minor).collect();
        assert_eq!(amounts, expected, "{body}");
        let found = shop.get(&format!("/msp/invoices/{}", october["id"].as_str().expect("an id"))).await;
        let credited = expected.iter().sum::<i64>();
        assert_eq!(found["outstanding"]["amount_minor"], json!(120_000 - credited));
        // What is kept is earned by the days of the year all the same.
        shop.days(400).await;
        let earned = 120_000 - credited;
        assert_eq!(shop.balances().await, held([("receivable", earned), ("revenue", -earned)]));
        let kept = shop.get(&format!("/msp/subscriptions/{id}/upcoming?period=2025-11")).await;
        assert_eq!(kept["lines"], json!([]));
        shop.close().await;
    }
}

#[actix_web::test]
async fn a_pause_gives_back_and_going_on_charges_again() {
    let shop = Shop::open().await;
    let id = shop.subscribe("YEAR", "2025-10-10").await;
    shop.issue("2025-10").await;
    shop.change(&id, json!({"kind": "pause"})).await;
    shop.days(0).await;
    assert_eq!(shop.notes().await.len(), 1);
    // On 25 November it goes on, up to the end of the year that was charged: 319 days, 1,200.00 × 319 ÷ 365 = 1,048.767…
    shop.days(10).await;
    shop.change(&id, json!({"kind": "resume"})).await;
    shop.days(10).await;
    assert_eq!(
        lines(&shop.issue("2025-11").await),
        ["YEAR 2025-11-25..2026-10-10 of 2025-10-10..2026-10-10: 104877"]
    );
    shop.days(1).await;
    let days = "15 November 2025 – 9 October 2026";
    assert_eq!(shop.notes().await, [(108_164, format!("Charged in advance and not used: {days}"))]);
    // A pause with an end that is known gives back what lies in it: 1,200.00 × 309 ÷ 365 = 1,015.890… are kept of 1,048.77.
    shop.change(&id, json!({"kind": "pause", "on": "2026-02-01"})).await;
    shop.change(&id, json!({"kind": "resume", "on": "2026-02-11"})).await;
    shop.days(1).await;
    assert_eq!(shop.notes().await.len(), 1, "it is still to come");
    shop.days(60).await;
    let last = shop.notes().await.pop().expect("a note");
    assert_eq!(
        last,
        (3_288, "Charged in advance and not used: 1 February 2026 – 10 February 2026".to_owned())
    );
    shop.close().await;
}

#[actix_web::test]
async fn what_was_charged_for_a_change_that_is_revoked_is_given_back() {
    let shop = Shop::open().await;
    let id = shop.subscribe("MONTH", "2025-10-01").await;
    shop.issue("2025-10").await;
    // From 1 December on another plan, whose first period is charged by the invoice of November.
    let changed = shop.change(&id, json!({"kind": "plan", "plan": "OTHER", "on": "2025-12-01"})).await;
    let revoke = changed["changes"][0]["id"].as_str().expect("an id").to_owned();
    let other = "OTHER 2025-12-01..2026-01-01 of 2025-12-01..2026-01-01: 6200";
    assert_eq!(lines(&shop.issue("2025-11").await), [other]);
    shop.days(1).await;
    assert_eq!(shop.notes().await, []);
    shop.admin().await.delete(&format!("/api/v1/msp/subscription-changes/{revoke}")).await.expect(200);
    // Nothing leads to that plan any more.
    shop.days(1).await;
    let days = "1 December 2025 – 31 December 2025";
    assert_eq!(shop.notes().await, [(6_200, format!("Charged in advance and not used: {days}"))]);
    shop.days(30).await;
    assert_eq!(
        lines(&shop.issue("2025-12").await),
        [
            "MONTH 2025-12-01..2026-01-01 of 2025-12-01..2026-01-01: 3100",
            "MONTH 2026-01-01..2026-02-01 of 2026-01-01..2026-02-01: 3100"
        ]
    );
    assert_eq!(shop.notes().await.len(), 1);
    shop.close().await;
}

#[actix_web::test]
async fn what_ended_before_the_month_is_not_charged_again() {
    let shop = Shop::open().await;
    let id = shop.subscribe("YEAR", "2025-10-10").await;
    shop.change(&id, json!({"kind": "pause", "on": "2025-10-25"})).await;
    // 1,200.00 × 15 ÷ 365 = 49.315…
    let before = "YEAR 2025-10-10..2025-10-25 of 2025-10-10..2026-10-10: 4932";
    assert_eq!(lines(&shop.issue("2025-10").await), [before]);
    shop.nothing("2025-11").await;
    // Nor is what goes on later charged before it does: 1,200.00 × 273 ÷ 365 = 897.534…
    shop.change(&id, json!({"kind": "resume", "on": "2026-01-10"})).await;
    shop.nothing("2025-11").await;
    shop.days(60).await;
    shop.nothing("2025-12").await;
    let after = "YEAR 2026-01-10..2026-10-10 of 2025-10-10..2026-10-10: 89753";
    assert_eq!(lines(&shop.draft("2026-01").await), [after]);
    assert_eq!(shop.notes().await, []);
    shop.close().await;
}

#[actix_web::test]
async fn a_fee_is_given_back_with_its_discount_and_no_more_than_is_left_of_both() {
    let shop = Shop::open().await;
    let mut reduced = plan("REDUCED", 120_000, ("year", "anniversary"), "advance");
    reduced["discounts"] = json!([{"name": "Partner", "percent": "10"}]);
    shop.admin().await.post("/api/v1/msp/plans", &reduced).await.expect(201);
    shop.subscribe("REDUCED", "2025-10-10").await;
    let october = shop.issue("2025-10").await;
    assert_eq!(october["total"]["amount_minor"], json!(108_000));
    // Of the fee alone, by hand: of both, 960.00 are left.
    let id = october["id"].as_str().expect("an id");
    let line =
        json!({"line_id": october["lines"][0]["id"], "amount": {"amount_minor": 12_000, "currency": "USD"}});
    let body = json!({"reason": "Goodwill", "lines": [line]});
    shop.admin().await.post(&format!("/api/v1/msp/invoices/{id}/credit-notes"), &body).await.expect(201);
    shop.cancel(json!({})).await;
    shop.days(2).await;
    // 1,078.36 − 107.84 = 970.52 are not used.
    let amounts: Vec<_> = shop.notes().await.into_iter().map(|(minor, _)| minor).collect();
    assert_eq!(amounts, [12_000, 96_000]);
    shop.days(400).await;
    assert_eq!(shop.balances().await, []);
    shop.close().await;
}

#[actix_web::test]
async fn who_rests_as_the_invoice_is_not_paid_is_given_back_nothing_until_it_is() {
    let shop = Shop::open().await;
    let settings = json!({"payment_days": 0, "dunning": [{"days": 1, "action": "pause"}]});
    shop.admin().await.put("/api/v1/msp/billing", &settings).await.expect(200);
    shop.subscribe("YEAR", "2025-10-10").await;
    let october = shop.issue("2025-10").await;
    shop.days(2).await;
    let subscription = shop.admin().await.subscription("ACME").await;
    let status = async || shop.get(subscription.trim_start_matches("/api/v1")).await["status"].clone();
    assert_eq!(status().await, json!("paused"));
    shop.days(3).await;
    assert_eq!(shop.notes().await, []);
    let transfer = json!({"reference": "Wire 1", "amount": {"amount_minor": 120_000, "currency": "USD"}});
    let path = format!("/api/v1/msp/invoices/{}/payments", october["id"].as_str().expect("an id"));
    shop.admin().await.post(&path, &transfer).await.expect(201);
    shop.app.drain().await;
    assert_eq!(status().await, json!("active"));
    // From 17 to 19 November: 1,200.00 × 362 ÷ 365 = 1,190.136… are kept.
    shop.days(0).await;
    let days = "17 November 2025 – 19 November 2025";
    assert_eq!(shop.notes().await, [(986, format!("Charged in advance and not used: {days}"))]);
    shop.close().await;
}

#[actix_web::test]
async fn a_run_finds_whom_it_charges_in_advance_alone() {
    let shop = Shop::open().await;
    shop.subscribe("YEAR", "2024-12-10").await;
    // The year from 10 December on, by the invoice of November; that which runs is charged by the first one there is.
    let due = async || {
        let found = shop.get("/msp/invoice-runs/preview?period=2025-11").await;
        found["items"].as_array().expect("a list").len()
    };
    assert_eq!(due().await, 1);
    shop.issue("2025-10").await;
    assert_eq!(due().await, 1);
    let run = json!({"period": "2025-11"});
    let made = shop.admin().await.post("/api/v1/msp/invoice-runs", &run).await.expect(202);
    assert_eq!(made.json["due"], json!(1));
    shop.app.drain().await;
    let issued = shop.get("/msp/invoices?period=2025-11").await["items"][0].clone();
    assert_eq!(issued["total"]["amount_minor"], json!(120_000));
    assert_eq!(due().await, 0);
    shop.close().await;
}

#[actix_web::test]
async fn goodwill_is_not_given_back_again() {
    let shop = Shop::open().await;
    shop.subscribe("YEAR", "2025-10-10").await;
    let october = shop.issue("2025-10").await;
    let id = october["id"].as_str().expect("an id");
    let line =
        json!({"line_id": october["lines"][0]["id"], "amount": {"amount_minor": 100_000, "currency": "USD"}});
    let body = json!({"reason": "Goodwill", "lines": [line]});
    shop.admin().await.post(&format!("/api/v1/msp/invoices/{id}/credit-notes"), &body).await.expect(201);
    shop.cancel(json!({})).await;
    shop.days(2).await;
    // 1,078.36 would be given back, and 200.00 are left.
    let amounts: Vec<_> = shop.notes().await.into_iter().map(|(minor, _)| minor).collect();
    assert_eq!(amounts, [100_000, 20_000]);
    assert_eq!(shop.balances().await, []);
    shop.close().await;
}

#[actix_web::test]
async fn the_home_page_counts_what_the_month_bears() {
    let shop = Shop::open().await;
    shop.subscribe("YEAR", "2025-10-10").await;
    shop.issue("2025-10").await;
    // 1,200.00 × 30 ÷ 365 = 98.630…
    let home = shop.get("/msp/portfolio").await;
    assert_eq!(home["revenue_this_month"]["amount_minor"], json!(9_863));
    let refused = plan("MIN", 3_100, ("month", "calendar"), "advance");
    let mut refused = refused.as_object().expect("an object").clone();
    refused.insert("minimum".to_owned(), json!("50"));
    let answer = shop.admin().await.post("/api/v1/msp/plans", &json!(refused)).await.expect(422);
    assert_eq!(answer.json["errors"][0]["pointer"], json!("/minimum"));
    shop.close().await;
}

#[actix_web::test]
async fn two_workers_give_back_once() {
    let shop = Shop::open().await;
    shop.subscribe("YEAR", "2025-10-10").await;
    shop.issue("2025-10").await;
    shop.cancel(json!({})).await;
    shop.app.clock.advance(TimeDelta::days(2));
    let sql = shop.app.database().superuser().await;
    sql.run(
        "insert into jobs (tenant_id, id, kind, payload, run_at, created_at)
         select id, gen_random_uuid(), 'fees.give_back', '{}', created_at, created_at
         from tenants, generate_series(1, 16) where slug = 'northwind'",
    )
    .await;
    tokio::join!(shop.app.drain(), shop.app.drain());
    assert_eq!(shop.notes().await.len(), 1);
    assert_eq!(sql.number("select count(*) from jobs where kind = 'fees.give_back'").await, 0);
    // Whoever would give the same days back again is refused.
    let again = "insert into fee_returns select * from fee_returns";
    assert_eq!(sql.attempt(again).await.expect_err("it is there").code, "23505");
    for (statement, code) in
        [("update fee_returns set service_end = '2030-01-01'", "BW001"), ("delete from fee_returns", "BW001")]
    {
        assert_eq!(sql.attempt(statement).await.expect_err(statement).code, code);
    }
    shop.close().await;
}

#[actix_web::test]
async fn a_sandbox_gives_back_by_its_own_clock() {
    let shop = Shop::open().await;
    let admin = shop.admin().await;
    let sandbox = admin.post("/api/v1/msp/sandboxes", &json!({"name": "Try"})).await.expect(201);
    let id = sandbox.text("/id").to_owned();
    let inside = admin.post("/api/v1/auth/switch-tenant", &json!({"tenant_id": id})).await.expect(200);
    let inside = admin.with_token(inside.text("/access_token"));
    inside.post("/api/v1/msp/customers", &json!({"company_name": "One", "code": "ONE"})).await.expect(201);
    let subscribe = "/api/v1/msp/customers/ONE/subscriptions";
    inside.post(subscribe, &json!({"plan": "YEAR", "starts_on": "2025-10-10"})).await.expect(201);
    let draft = json!({"customer": "ONE", "period": "2025-10"});
    let draft = inside.post("/api/v1/msp/invoices", &draft).await.expect(201);
    let finalize = format!("/api/v1/msp/invoices/{}/finalize", draft.text("/id"));
    inside.post(&finalize, &json!({})).await.expect(200);
    let cancel = format!("{}/cancel", inside.subscription("ONE").await);
    inside.post(&cancel, &json!({"ends_on": "2026-01-10"})).await.expect(200);
    for (to, expected) in
        [("2026-01-09", json!([])), ("2026-01-10", json!([{"amount_minor": 89_753, "currency": "USD"}]))]
    {
        let advance = format!("/api/v1/msp/sandboxes/{id}/advance");
        inside.post(&advance, &json!({"to": to})).await.expect(202);
        shop.app.drain().await;
        shop.app.clock.advance(TimeDelta::seconds(2));
        let notes = inside.get("/api/v1/msp/credit-notes").await.expect(200).json;
        let totals: Vec<_> =
            notes["items"].as_array().expect("a list").iter().map(|it| &it["total"]).collect();
        assert_eq!(json!(totals), expected, "{to}");
    }
    shop.close().await;
}
