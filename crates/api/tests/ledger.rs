//! The ledger: what is issued and paid is booked once, adds up, and stays.

use domain::ids::InvoiceId;
use serde_json::{Value, json};
use testkit::{Client, Sql, TestApp};

/// A customer with an invoice of $100.00 for October, which is not due before the clock's day.
async fn issue(app: &TestApp, admin: &Client, code: &str) -> String {
    let body = json!({"company_name": code, "code": code});
    admin.post("/api/v1/msp/customers", &body).await.expect(201);
    let body = json!({"plan": "FLAT", "starts_on": "2025-10-01"});
    admin.post(&format!("/api/v1/msp/customers/{code}/subscriptions"), &body).await.expect(201);
    let body = json!({"customer": code, "period": "2025-10"});
    let draft = admin.post("/api/v1/msp/invoices", &body).await.expect(201);
    let id = draft.text("/id").to_owned();
    admin.post(&format!("/api/v1/msp/invoices/{id}/finalize"), &json!({})).await.expect(200);
    app.drain().await;
    id
}

async fn transfer(app: &TestApp, invoice: &str, reference: &str) {
    let scope = app.tenant_scope(app.northwind.tenant).await;
    let id: InvoiceId = invoice.parse().expect("an id");
    app.store()
        .write(&scope, async |tx| {
            app::payments::record_transfer(&app.app, tx, id, app::payments::Transfer::of_all(reference)).await
        })
        .await
        .expect("it is booked");
}

async fn flat(admin: &Client) {
    let fee = json!({"amount_minor": 10_000, "currency": "USD"});
    let body = json!({"code": "FLAT", "name": "Flat", "base_fee": fee});
    admin.post("/api/v1/msp/plans", &body).await.expect(201);
}

/// The balances of the accounts, in minor units.
async fn balances(admin: &Client) -> Vec<(String, i64)> {
    let answer = admin.get("/api/v1/msp/ledger/balances").await.expect(200);
    let accounts = answer.json["accounts"].as_array().expect("a list");
    let balance = |it: &Value| {
        (
            it["account"].as_str().expect("a text").to_owned(),
            it["balance"]["amount_minor"].as_i64().expect("a number"),
        )
    };
    accounts.iter().map(balance).collect()
}

#[actix_web::test]
async fn what_is_issued_and_paid_is_booked_and_adds_up() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    flat(&admin).await;
    assert_eq!(balances(&admin).await, []);
    let (first, _second) = (issue(&app, &admin, "ONE").await, issue(&app, &admin, "TWO").await);
    assert_eq!(balances(&admin).await, [("receivable".into(), 20_000), ("revenue".into(), -20_000)]);
    transfer(&app, &first, "wire 1").await;
    assert_eq!(
        balances(&admin).await,
        [("receivable".into(), 10_000), ("revenue".into(), -20_000), ("cash".into(), 10_000)]
    );

    let owed = admin.get("/api/v1/msp/ledger/receivables").await.expect(200);
    let owed = owed.json["customers"].as_array().unwrap();
    assert_eq!((owed.len(), &owed[0]["customer_code"]), (1, &json!("TWO")));
    assert_eq!(
        owed[0]["by_age"],
        json!([{"age": "current", "amount": {"amount_minor": 10_000, "currency": "USD"}}])
    );
    // Long after it was due.
    let late = admin.get("/api/v1/msp/ledger/receivables?on=2030-01-01").await.expect(200);
    assert_eq!(late.json["customers"][0]["by_age"][0]["age"], "older");
    // Before it was issued.
    let early = admin.get("/api/v1/msp/ledger/receivables?on=2020-01-01").await.expect(200);
    assert_eq!(early.json["customers"], json!([]));

    let path = "/api/v1/msp/customers/ONE/statement?from=2025-01-01&until=2026-01-01";
    let statement = admin.get(path).await.expect(200).json;
    let account = &statement["accounts"][0];
    let lines: Vec<_> = account["lines"].as_array().unwrap().iter().map(|line| &line["kind"]).collect();
    assert_eq!(lines, ["invoice", "payment"]);
    assert_eq!(account["lines"][0]["balance"]["amount_minor"], 10_000);
    assert_eq!(account["closing"]["amount_minor"], 0);

    let by_account = admin.get("/api/v1/msp/ledger/transactions?account=cash").await.expect(200);
    let items = by_account.json["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["invoice_id"]), (1, &json!(first)));
    let of_customer = admin.get("/api/v1/msp/ledger/transactions?customer=TWO").await.expect(200);
    assert_eq!(of_customer.json["items"].as_array().unwrap().len(), 1);

    let file = admin.get("/api/v1/msp/ledger/export?from=2025-01-01&until=2026-01-01").await.expect(200);
    assert!(file.header("Content-Type").starts_with("text/csv"));
    let text = std::str::from_utf8(&file.body).unwrap();
    assert_eq!(text.lines().count(), 1 + 2 * 2 + 2);
    assert!(text.lines().nth(1).unwrap().ends_with(",cash,100.00,,USD"), "{text}");
    app.finish().await;
}

#[actix_web::test]
async fn the_ledger_only_grows_and_always_balances() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    flat(&admin).await;
    issue(&app, &admin, "ONE").await;
    let refused = async |sql: &Sql, statement: &str, with: &str| {
        let outcome = sql.attempt(statement).await;
        let code = outcome.as_ref().err().map_or("", |refused| refused.code.as_str());
        assert_eq!(code, with, "{statement}: {outcome:?}");
    };
    // Whoever runs the database's superuser is not stopped by policies and rights, and is stopped here.
    let superuser = app.database().superuser().await;
    for statement in [
        "update ledger_entries set amount_minor = 1",
        "delete from ledger_entries",
        "truncate ledger_entries",
        "update ledger_transactions set booked_on = '2020-01-01'",
        "delete from ledger_transactions",
        "truncate ledger_transactions cascade",
        "update invoices set total_minor = 1",
        "delete from invoices",
        "update invoice_lines set amount_minor = 1",
        "delete from invoice_lines",
        "update invoice_subscriptions set is_void = true",
        "delete from invoice_subscriptions",
        "truncate invoice_subscriptions cascade",
        "insert into invoice_lines select another.* from invoice_lines l, jsonb_populate_record(l, jsonb_build_object(
             'id', gen_random_uuid(), 'position', l.position + 100)) another",
    ] {
        refused(&superuser, statement, "BW001").await;
    }
    let third = "insert into ledger_entries (tenant_id, transaction_id, position, account, amount_minor)
                 select tenant_id, id, n, 'cash', 3 - 2 * n from ledger_transactions, generate_series(1, 2) n";
    refused(&superuser, &third.replace(" n, 'cash'", " 2 + n, 'cash'"), "23514").await;
    // A transaction comes with its entries or not at all.
    let transaction = |sum: i64| {
        format!(
            "with booked as (
                 insert into ledger_transactions (tenant_id, id, customer_id, kind, subject_id, booked_on, currency, entries,
                                                  created_at)
                     select tenant_id, gen_random_uuid(), customer_id, 'payment', id, '2025-11-01', 'USD', 2, now()
                     from ledger_transactions
                 returning tenant_id, id, customer_id)
             insert into ledger_entries (tenant_id, transaction_id, position, customer_id, account, amount_minor)
                 select tenant_id, id, n, customer_id, 'cash', case n when 1 then 100 else -100 + {sum} end
                 from booked, generate_series(1, 2) n"
        )
    };
    let alone = transaction(0).replace("generate_series(1, 2)", "generate_series(1, 0)");
    refused(&superuser, &alone, "23514").await;
    refused(&superuser, &transaction(1), "23514").await;
    assert!(superuser.attempt(&transaction(0)).await.is_ok());
    let again = transaction(0)
        .replace("from ledger_transactions\n", "from ledger_transactions where kind = 'invoice'\n");
    refused(&superuser, &again, "23505").await;
    // The server's own role has no right to begin with.
    let login = app.database().connect_as("bailiwick_login").await;
    for statement in ["update ledger_entries set amount_minor = 1", "delete from ledger_transactions"] {
        login.run("begin; set local role bailiwick_tenant").await;
        refused(&login, statement, "42501").await;
        login.run("rollback").await;
    }
    app.finish().await;
}

#[actix_web::test]
async fn questions_that_make_no_sense_are_refused_by_name() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    for (path, pointer) in [
        ("/msp/ledger/transactions?account=gold", "account"),
        ("/msp/ledger/transactions?customer=NOBODY", "customer"),
        ("/msp/ledger/transactions?invoice=inv_01jd8q0m3kfb9tn5v5t8v7w2ac", "invoice"),
        ("/msp/ledger/balances?on=yesterday", "on"),
        ("/msp/ledger/export?from=2025-01-01&until=2025-01-01", "until"),
        ("/msp/ledger/export?from=2024-01-01&until=2026-01-01", "until"),
        ("/msp/ledger/export?from=0000-01-01", "from"),
    ] {
        let answer = admin.get(&format!("/api/v1{path}")).await;
        assert_eq!((answer.status, answer.pointers().first().copied()), (422, Some(pointer)), "{path}");
    }
    app.finish().await;
}
