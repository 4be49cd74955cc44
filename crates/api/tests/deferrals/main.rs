//! What is charged ahead is earned as its months pass, and is taken back where it is credited or voided.

mod histories;
mod shop;

use domain::pricing::LineKind;
use serde_json::json;

use crate::shop::{Shop, Wanted, held};

/// A fee for October, and one of $1,200.00 for the year from November on.
const YEAR: [Wanted<'static>; 2] = [
    (LineKind::BaseFee, 10_000, "2025-10-01", "2025-11-01"),
    (LineKind::BaseFee, 120_000, "2025-11-01", "2026-11-01"),
];

#[actix_web::test]
async fn a_year_is_earned_month_by_month_each_once() {
    let shop = Shop::open().await;
    shop.sql().await.run("update tenants set time_zone = 'America/New_York'").await;
    shop.customer("ONE").await;
    let invoice = shop.issue("ONE", "2025-10", false, &YEAR).await;
    let issued = held([("receivable", 130_000), ("revenue", -10_000), ("deferred_revenue", -120_000)]);
    assert_eq!(shop.balances().await, issued);
    let (deferred, months) = shop.schedule(invoice).await;
    // 30, 31 and 31 of 365 days, as they add up.
    assert_eq!((deferred, months.len()), (120_000, 12));
    assert_eq!(months[..3], ["2025-11 9863", "2025-12 10192", "2026-01 10192"]);
    assert_eq!(shop.get("/msp/revenue?months=1").await["deferred"]["amount_minor"], 120_000);

    // The month is not over in New York before five o'clock in the morning, UTC.
    shop.app.clock.advance(chrono::TimeDelta::hours(15 * 24 + 16));
    shop.upkeep().await;
    assert_eq!(shop.balances().await, issued);
    shop.app.clock.advance(chrono::TimeDelta::hours(2));
    shop.upkeep().await;
    shop.upkeep().await;
    let november = held([("receivable", 130_000), ("revenue", -19_863), ("deferred_revenue", -110_137)]);
    assert_eq!(shop.balances().await, november);
    let booked = shop.get("/msp/ledger/transactions?account=deferred_revenue").await;
    let booked = booked["items"].as_array().expect("a list");
    let told: Vec<_> = booked.iter().map(|it| (&it["kind"], &it["booked_on"])).collect();
    assert_eq!(
        told,
        [(&json!("recognition"), &json!("2025-11-30")), (&json!("invoice"), &json!("2025-11-15"))]
    );

    // A standstill of three months is made up for, each month by itself.
    shop.days(92).await;
    assert_eq!(shop.balances().await[1..], held([("revenue", -49_452), ("deferred_revenue", -80_548)]));
    assert_eq!(shop.revenue("2026-02", 5).await, [10_000, 9_863, 10_192, 10_192, 9_205]);
    let (deferred, months) = shop.schedule(invoice).await;
    assert_eq!(
        (deferred, months[3].as_str(), months[4].as_str()),
        (80_548, "+2026-02 9205", "2026-03 10192")
    );
    let statement = shop.get("/msp/customers/ONE/statement?from=2025-01-01&until=2026-01-01").await;
    assert_eq!(statement["accounts"][0]["lines"].as_array().map(Vec::len), Some(1));

    shop.days(300).await;
    assert_eq!(shop.balances().await, held([("receivable", 130_000), ("revenue", -130_000)]));
    assert_eq!(shop.get("/msp/revenue?months=1").await["deferred"]["amount_minor"], 0);
    let earned =
        shop.sql().await.number("select count(*) from events where type = 'revenue.recognized'").await;
    assert_eq!(earned, 12);
    shop.close().await;
}

#[actix_web::test]
async fn what_recurs_is_counted_in_the_month_that_it_is_for() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    shop.customer("TWO").await;
    shop.issue("ONE", "2025-10", false, &[(LineKind::BaseFee, 120_000, "2025-11-01", "2026-11-01")]).await;
    let part = (LineKind::Usage, 6_000, "2025-10-01", "2025-12-31");
    shop.issue("TWO", "2025-10", false, &[part, (LineKind::OneOff, 500, "2025-10-01", "2025-11-01")]).await;
    shop.days(80).await;
    let found = shop.get("/msp/revenue?until=2025-12&months=3").await;
    let of = |month: usize, name: &str| found["months"][month][name]["amount_minor"].as_i64();
    let told: Vec<_> = (0..3)
        .map(|month| ["fees", "usage", "once", "recurring"].map(|name| of(month, name).expect("an amount")))
        .collect();
    // 31 of 91 days, then 30, then 30.
    assert_eq!(told, [[0, 2_044, 500, 2_044], [9_863, 1_978, 0, 11_841], [10_192, 1_978, 0, 12_170]]);
    // Who pays ahead is new when it begins, and does not leave when no invoice comes.
    let moved = |month: usize| found["months"][month]["movements"].to_string();
    assert!(moved(1).contains("\"new\""), "{}", moved(1));
    assert!(!moved(2).contains("churned"), "{}", moved(2));
    // The last month is the last that was billed, until one that was earned has been over for a month.
    let last = shop.get("/msp/revenue?months=1").await["months"][0]["period"].clone();
    assert_eq!(last, "2025-12");
    shop.close().await;
}

#[actix_web::test]
async fn what_is_credited_is_first_what_was_still_to_come() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let quarter = (LineKind::BaseFee, 9_200, "2025-11-01", "2026-02-01");
    let invoice = shop.issue("ONE", "2025-10", false, &[quarter]).await;
    shop.days(40).await;
    assert_eq!(
        shop.schedule(invoice).await,
        (6_200, vec!["+2025-11 3000".into(), "2025-12 3100".into(), "2026-01 3100".into()])
    );
    shop.credit(invoice, 0, 4_000).await;
    // January, and 9.00 of December.
    assert_eq!(shop.schedule(invoice).await, (2_200, vec!["+2025-11 3000".into(), "2025-12 2200".into()]));
    let expected = held([("receivable", 5_200), ("revenue", -3_000), ("deferred_revenue", -2_200)]);
    assert_eq!(shop.balances().await, expected);
    // More than is still to come: November had earned less.
    shop.credit(invoice, 0, 2_700).await;
    assert_eq!(shop.schedule(invoice).await, (0, vec!["+2025-11 2500".into()]));
    assert_eq!(shop.balances().await, held([("receivable", 2_500), ("revenue", -2_500)]));
    assert_eq!(shop.revenue("2025-12", 3).await, [0, 2_500, 0]);
    shop.days(60).await;
    assert_eq!(shop.balances().await, held([("receivable", 2_500), ("revenue", -2_500)]));
    shop.close().await;
}

#[actix_web::test]
async fn a_void_takes_back_each_month_for_itself() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let invoice = shop.issue("ONE", "2025-10", false, &YEAR).await;
    shop.days(60).await;
    assert_eq!(shop.revenue("2025-12", 3).await, [10_000, 9_863, 10_192]);
    shop.to(invoice, "void", &json!({"reason": "x"})).await.expect(200);
    assert_eq!(shop.balances().await, []);
    assert_eq!(shop.schedule(invoice).await, (0, vec![]));
    let by_month = "select t.period_start, sum(e.amount_minor) from ledger_transactions t
        join ledger_entries e on e.transaction_id = t.id where e.account = 'revenue' group by 1 order by 1";
    let sums = shop.sql().await.rows(by_month).await;
    let expected = [["2025-10-01", "0"], ["2025-11-01", "0"], ["2025-12-01", "0"]];
    assert_eq!(sums, expected);
    shop.days(60).await;
    assert_eq!(shop.balances().await, []);
    shop.close().await;
}

#[actix_web::test]
async fn neither_payment_nor_write_off_changes_what_is_earned_when() {
    let shop = Shop::open().await;
    for code in ["ONE", "TWO"] {
        shop.customer(code).await;
    }
    let quarter = (LineKind::BaseFee, 9_200, "2025-11-01", "2026-02-01");
    let paid = shop.issue("ONE", "2025-10", false, &[quarter]).await;
    let lost = shop.issue("TWO", "2025-10", false, &[quarter]).await;
    shop.to(paid, "payments", &json!({"reference": "wire"})).await.expect(201);
    shop.to(lost, "write-off", &json!({"reason": "x"})).await.expect(200);
    let expected = held([("deferred_revenue", -18_400), ("cash", 9_200), ("bad_debt", 9_200)]);
    assert_eq!(shop.balances().await, expected);
    shop.days(60).await;
    let expected =
        held([("revenue", -12_200), ("deferred_revenue", -6_200), ("cash", 9_200), ("bad_debt", 9_200)]);
    assert_eq!(shop.balances().await, expected);
    shop.close().await;
}

#[actix_web::test]
async fn a_credit_for_what_was_charged_ahead_is_earned_with_its_own_sign() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    shop.issue("ONE", "2025-10", false, &YEAR).await;
    let back = (LineKind::BaseFee, -9_000, "2025-12-01", "2026-03-01");
    let ahead = (LineKind::BaseFee, 18_000, "2025-12-01", "2026-03-01");
    let later = shop.issue("ONE", "2025-11", false, &[back, ahead]).await;
    let months = vec!["2025-12 3100".to_owned(), "2026-01 3100".to_owned(), "2026-02 2800".to_owned()];
    assert_eq!(shop.schedule(later).await, (9_000, months));
    shop.days(80).await;
    assert_eq!(shop.revenue("2025-12", 3).await, [10_000, 9_863, 10_192 + 3_100]);
    shop.close().await;
}

#[actix_web::test]
async fn tax_inside_of_prices_is_owed_at_once_and_never_earned() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let quarter = (LineKind::BaseFee, 11_900, "2025-11-01", "2026-01-01");
    let month = (LineKind::BaseFee, 5_950, "2025-10-01", "2025-11-01");
    let invoice = shop.issue("ONE", "2025-10", true, &[month, quarter]).await;
    let expected = held([
        ("receivable", 17_850),
        ("revenue", -5_000),
        ("deferred_revenue", -10_000),
        ("tax_payable", -2_850),
    ]);
    assert_eq!(shop.balances().await, expected);
    shop.days(20).await;
    shop.credit(invoice, 1, 7_140).await;
    assert_eq!(shop.schedule(invoice).await, (0, vec!["+2025-11 4000".into()]));
    let expected = held([("receivable", 10_710), ("revenue", -9_000), ("tax_payable", -1_710)]);
    assert_eq!(shop.balances().await, expected);
    assert_eq!(shop.revenue("2025-11", 2).await, [5_000, 4_000]);
    shop.close().await;
}

#[actix_web::test]
async fn a_sandbox_earns_by_its_own_clock() {
    let shop = Shop::open().await;
    let admin = shop.admin().await;
    let sandbox = admin.post("/api/v1/msp/sandboxes", &json!({"name": "Try"})).await.expect(201);
    let id = sandbox.text("/id").to_owned();
    let inside = admin.post("/api/v1/auth/switch-tenant", &json!({"tenant_id": id})).await.expect(200);
    let inside = admin.with_token(inside.text("/access_token"));
    Shop::customer_in(&inside, "ONE").await;
    let scope = shop.app.tenant_scope(id.parse().expect("an id")).await;
    let invoice = shop.issue_in(&scope, &inside, ("ONE", "2025-10"), false, &YEAR).await;
    for (to, deferred) in [("2025-11-30", 120_000), ("2025-12-01", 110_137), ("2026-01-01", 99_945)] {
        let advance = format!("/api/v1/msp/sandboxes/{id}/advance");
        inside.post(&advance, &json!({"to": to})).await.expect(202);
        shop.app.drain().await;
        // What a moment ago was believed of the caller's clock is not any more.
        shop.app.clock.advance(chrono::TimeDelta::seconds(2));
        let path = format!("/api/v1/msp/invoices/{invoice}/deferrals");
        let found = inside.get(&path).await.expect(200).json;
        assert_eq!(found["deferred"]["amount_minor"], deferred, "{to}");
    }
    shop.close().await;
}

#[actix_web::test]
async fn two_workers_earn_a_month_once() {
    let shop = Shop::open().await;
    for code in ["ONE", "TWO", "THREE"] {
        shop.customer(code).await;
        shop.issue(code, "2025-10", false, &YEAR).await;
    }
    shop.app.clock.advance(chrono::TimeDelta::days(20));
    let sql = shop.sql().await;
    // More than one worker takes at a time.
    sql.run(
        "insert into jobs (tenant_id, id, kind, payload, run_at, created_at)
         select id, gen_random_uuid(), 'revenue.recognize', '{}', created_at, created_at
         from tenants, generate_series(1, 16) where slug = 'northwind'",
    )
    .await;
    tokio::join!(shop.app.drain(), shop.app.drain());
    let earned = "select count(*) from ledger_transactions where kind = 'recognition'";
    assert_eq!(sql.number(earned).await, 3);
    let left = "select count(*) from jobs where kind = 'revenue.recognize'";
    assert_eq!(sql.number(left).await, 0);
    shop.close().await;
}

#[actix_web::test]
async fn the_database_lets_nobody_earn_twice_or_turn_back() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    shop.issue("ONE", "2025-10", false, &YEAR).await;
    shop.days(20).await;
    let sql = shop.sql().await;
    let again =
        "insert into recognitions select tenant_id, gen_random_uuid(), customer_id, invoice_id, month, kind,
        credit_note_id, amount_minor, created_at from recognitions";
    for (statement, code) in [
        (again, "23505"),
        ("update recognitions set amount_minor = 1", "BW001"),
        ("delete from recognitions", "BW001"),
        ("truncate recognitions", "BW001"),
        ("update deferrals set net_minor = 1", "BW001"),
        ("update deferrals set recognized_until = '2025-11-01'", "BW001"),
        ("delete from deferrals", "BW001"),
        ("truncate deferrals", "BW001"),
    ] {
        let refused = sql.attempt(statement).await.expect_err(statement);
        assert_eq!(refused.code, code, "{statement}");
    }
    shop.close().await;
}

#[actix_web::test]
async fn what_is_billed_in_arrears_is_booked_as_ever() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let lines = [
        (LineKind::BaseFee, 10_000, "2025-10-01", "2025-11-01"),
        (LineKind::Usage, 700, "2025-09-01", "2025-10-01"),
    ];
    let invoice = shop.issue("ONE", "2025-10", false, &lines).await;
    assert_eq!(shop.balances().await, held([("receivable", 10_700), ("revenue", -10_700)]));
    assert_eq!(shop.schedule(invoice).await, (0, vec![]));
    shop.days(40).await;
    let sql = shop.sql().await;
    assert_eq!(sql.number("select count(*) from jobs where kind = 'revenue.recognize'").await, 0);
    assert_eq!(sql.number("select count(*) from deferrals").await, 0);
    assert_eq!(sql.number("select count(*) from ledger_transactions").await, 1);
    shop.close().await;
}
