//! Many at once, and once each.

use actix_web::http::Method;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::shop::{CUSTOMER, Shop, held, usd};

#[actix_web::test]
async fn two_invoices_at_once_never_use_the_same_credit() {
    let shop = Shop::open().await;
    let grant = shop.paid("Ahead", 20_000, Some("2025-12-31")).await;
    let gift = shop.given("Welcome", 10_000, None).await;
    let mut drafts = Vec::new();
    for month in 1..=6 {
        drafts.push(shop.draft(&format!("2025-0{month}")).await);
    }
    let admin = shop.admin().await;
    let finalize = async |id: &String| {
        admin.post(&format!("/api/v1/msp/invoices/{id}/finalize"), &Value::Null).await.expect(200);
    };
    // Somebody takes back what is left of the gift in the middle of it.
    let revoke = async { drop(shop.revoke(&gift).await) };
    futures_util::join!(join_all(drafts.iter().map(finalize)), revoke);
    let (_, paid) = shop.grant_standing(&grant).await;
    let (_, given) = shop.grant_standing(&gift).await;
    assert_eq!((paid[0], paid[1]), (0, 20_000));
    assert_eq!((given[0], given[1] + given[3]), (0, 10_000));
    let mut used = 0;
    for draft in &drafts {
        used += shop.standing(draft).await.0;
    }
    assert_eq!(used, 20_000 + given[1]);
    let sql = shop.app.database().superuser().await;
    let twice = "select id from credit_grants where left_minor < 0";
    assert_eq!(sql.column(twice).await, Vec::<String>::new());
    assert_eq!(shop.credit_left().await, (0, 0));
    shop.balances().await;
    shop.app.drain().await;
    shop.close().await;
}

#[actix_web::test]
async fn it_expires_once_however_many_look() {
    let shop = Shop::open().await;
    shop.paid("Ahead", 5_000, Some("2025-11-15")).await;
    shop.later(TimeDelta::days(1));
    let look = async || app::jobs::upkeep(&shop.app.app).await.expect("it is looked after");
    join_all((0..4).map(|_| look())).await;
    let draft = shop.draft("2025-01").await;
    let work = async || shop.app.drain().await;
    let issue = async { drop(shop.to(&draft, "finalize", &Value::Null).await.expect(200)) };
    futures_util::join!(join_all((0..4).map(|_| work())), issue);
    shop.upkeep().await;
    assert_eq!(
        shop.balances().await,
        held([("receivable", 9_000), ("revenue", -9_000), ("cash", 5_000), ("breakage", -5_000)])
    );
    let sql = shop.app.database().superuser().await;
    assert_eq!(sql.number("select count(*) from credit_moves").await, 1);
    shop.close().await;
}

#[actix_web::test]
async fn the_same_key_grants_once() {
    let shop = Shop::open().await;
    let admin = shop.admin().await;
    let path = format!("/api/v1/msp/customers/{CUSTOMER}/credit/grants");
    let body = json!({"source": "promotional", "amount": usd(1_000), "description": "Welcome"});
    let ask = || async {
        let request = admin.request(Method::POST, &path);
        request.header("Idempotency-Key", "once").json(&body).send().await
    };
    let answers = join_all((0..10).map(|_| ask())).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!made.is_empty());
    assert!(made.iter().all(|answer| answer.text("/id") == made[0].text("/id")));
    assert_eq!(shop.credit_left().await, (1_000, 0));
    let path = format!("/api/v1/msp/credit-grants/{}/revoke", made[0].text("/id"));
    let body = json!({"reason": "x"});
    let revoke = || async {
        let request = admin.request(Method::POST, &path);
        request.header("Idempotency-Key", "back").json(&body).send().await
    };
    let answers = join_all((0..10).map(|_| revoke())).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    assert_eq!(shop.credit_left().await, (0, 0));
    assert_eq!(shop.balances().await, []);
    shop.close().await;
}

#[actix_web::test]
async fn money_of_the_same_words_is_recorded_once() {
    let shop = Shop::open().await;
    shop.subscribe("NORTHWIND-A").await;
    let body = json!({"source": "paid", "amount": usd(1_000), "description": "Ahead", "reference": "BT-1"});
    let customers = [CUSTOMER, "NORTHWIND-A", CUSTOMER, "NORTHWIND-A"];
    let answers = join_all(customers.map(|customer| shop.post_grant(customer, &body))).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((refused.status, refused.code()), (409, "already_recorded"));
    }
    // Neither for an invoice, nor the other way round.
    let invoice = shop.issue("2025-01").await;
    assert_eq!(shop.pay(&invoice, 100, "BT-1").await.expect(409).code(), "already_recorded");
    shop.pay(&invoice, 100, "BT-2").await.expect(201);
    let mut other = body.clone();
    other["reference"] = json!("BT-2");
    assert_eq!(shop.post_grant(CUSTOMER, &other).await.expect(409).code(), "already_recorded");
    // What was taken back whole can be recorded as it should have been.
    let wrong = shop.paid("BT-3", 100_000, Some("2025-12-31")).await;
    shop.revoke(&wrong).await.expect(200);
    shop.paid("BT-3", 1_000, Some("2025-12-31")).await;
    shop.app.drain().await;
    shop.close().await;
}

#[actix_web::test]
async fn money_is_recorded_once_also_by_those_who_do_not_see_whose_it_was() {
    let shop = Shop::open().await;
    shop.subscribe("NORTHWIND-A").await;
    shop.paid("BT-1", 1_000, None).await;
    let invoice = shop.issue("2025-01").await;
    shop.pay(&invoice, 100, "BT-2").await.expect(201);
    let sql = shop.app.database().superuser().await;
    sql.run(
        "update memberships set restricted = true where email = 'northwind.billing@example.com';
         insert into membership_customers (tenant_id, membership_id, customer_id)
         select m.tenant_id, m.id, c.id from memberships m join customers c on c.tenant_id = m.tenant_id
         where m.restricted and m.role = 'msp_billing' and c.code = 'NORTHWIND-A'",
    )
    .await;
    let billing = shop.app.client("northwind_billing").await;
    billing.get(&format!("/api/v1/msp/customers/{CUSTOMER}")).await.expect(404);
    let path = "/api/v1/msp/customers/NORTHWIND-A/credit/grants";
    let body = |reference: &str| json!({"source": "paid", "amount": usd(1_000), "description": "Ahead", "reference": reference});
    for known in ["BT-1", "BT-2"] {
        assert_eq!(billing.post(path, &body(known)).await.expect(409).code(), "already_recorded");
    }
    billing.post(path, &body("BT-3")).await.expect(201);
    // What they see has not grown by it.
    billing.get(&format!("/api/v1/msp/customers/{CUSTOMER}")).await.expect(404);
    shop.app.drain().await;
    shop.close().await;
}

#[actix_web::test]
async fn nobody_changes_a_grant() {
    let shop = Shop::open().await;
    shop.paid("Ahead", 5_000, None).await;
    shop.issue("2025-01").await;
    let superuser = shop.app.database().superuser().await;
    for (statement, with) in [
        ("update credit_grants set amount_minor = 9000", "BW001"),
        ("update credit_grants set left_minor = 1", "BW001"),
        ("update credit_grants set expires_on = null, left_minor = left_minor, description = 'y'", "BW001"),
        ("delete from credit_grants", "BW001"),
        ("truncate credit_grants cascade", "BW001"),
        ("update credit_moves set amount_minor = -1", "BW001"),
        ("delete from credit_moves", "BW001"),
        ("truncate credit_moves", "BW001"),
        // More than is left, or more back than there was.
        (
            "insert into credit_moves select tenant_id, gen_random_uuid(), customer_id, grant_id, kind, invoice_id, -1, null,
             created_at from credit_moves",
            "23514",
        ),
        (
            "insert into credit_moves select tenant_id, gen_random_uuid(), customer_id, grant_id, 'returned', invoice_id, 5001,
             null, created_at from credit_moves",
            "23514",
        ),
    ] {
        let outcome = superuser.attempt(statement).await;
        let code = outcome.as_ref().err().map_or("", |refused| refused.code.as_str());
        assert_eq!(code, with, "{statement}: {outcome:?}");
    }
    shop.app.drain().await;
    shop.close().await;
}
