//! What the database itself refuses, to everybody.

use domain::invoices::InvoiceStatus;
use serde_json::json;
use testkit::Sql;

use crate::shop::Shop;

async fn refused(sql: &Sql, statement: &str, with: &str) {
    let outcome = sql.attempt(statement).await;
    let code = outcome.as_ref().err().map_or("", |refused| refused.code.as_str());
    assert_eq!(code, with, "{statement}: {outcome:?}");
}

#[actix_web::test]
async fn a_credit_note_stays_as_it_is() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let invoice = shop.invoice("ONE", "2025-08").await;
    shop.pay(&invoice, 9_000, "wire").await;
    shop.credit_fee(&invoice, 1_000).await.expect(201);
    shop.invoice("ONE", "2025-09").await;
    // Whoever runs the database's superuser is not stopped by policies and rights, and is stopped here.
    let superuser = shop.app.database().superuser().await;
    for statement in [
        "update credit_notes set total_minor = 1",
        "delete from credit_notes",
        "truncate credit_notes cascade",
        "update credit_note_lines set amount_minor = 1",
        "delete from credit_note_lines",
        "truncate credit_note_lines",
        "update credit_applications set amount_minor = 1",
        "delete from credit_applications",
        "truncate credit_applications",
    ] {
        refused(&superuser, statement, "BW001").await;
    }
    let another = "insert into credit_note_lines
        select tenant_id, credit_note_id, position + 1, customer_id, invoice_id, invoice_line_id, 1 from credit_note_lines";
    refused(&superuser, another, "23514").await;
    let empty = "insert into credit_notes
        select tenant_id, gen_random_uuid(), customer_id, invoice_id, sequence + 1, 'x', 'x', currency, 1, 0, issued_on,
               created_at from credit_notes";
    refused(&superuser, empty, "23514").await;
    let login = shop.app.database().connect_as("bailiwick_login").await;
    for table in ["credit_notes", "credit_note_lines", "credit_applications"] {
        for statement in
            [format!("update {table} set customer_id = customer_id"), format!("delete from {table}")]
        {
            login.run("begin; set local role bailiwick_tenant").await;
            refused(&login, &statement, "42501").await;
            login.run("rollback").await;
        }
    }
    shop.close().await;
}

#[actix_web::test]
async fn the_database_knows_the_same_moves_as_the_domain() {
    let shop = Shop::open().await;
    shop.customer("ONE").await;
    let body = json!({"customer": "ONE", "period": "2025-06"});
    shop.admin.post("/api/v1/msp/invoices", &body).await.expect(201);
    shop.invoice("ONE", "2025-07").await;
    let paid = shop.invoice("ONE", "2025-08").await;
    shop.pay(&paid, 9_000, "wire").await;
    for (month, what) in [("2025-09", "void"), ("2025-10", "write-off")] {
        let invoice = shop.invoice("ONE", month).await;
        shop.to(&invoice, what, &json!({"reason": "x"})).await.expect(200);
    }
    let superuser = shop.app.database().superuser().await;
    for from in InvoiceStatus::ALL {
        let there = format!("select count(*) from invoices where status = '{from}'");
        assert_eq!(superuser.number(&there).await, 1, "{from}");
        for to in InvoiceStatus::ALL.iter().filter(|to| *to != from) {
            // All that the new state asks for, so that nothing but the move is in question.
            let statement = format!(
                "update invoices set status = '{to}', paid_at = case when '{to}' = 'paid' then now() end,
                        closed_at = case when '{to}' in ('void', 'uncollectible') then now() else closed_at end,
                        closed_reason = case when '{to}' in ('void', 'uncollectible') then 'x' else closed_reason end,
                        (number, sequence, issued_on, due_on, finalized_at) =
                            (select coalesce(number, 'X'), coalesce(sequence, 99), coalesce(issued_on, '2025-11-01'),
                                    coalesce(due_on, '2025-11-01'), coalesce(finalized_at, now()))
                 where status = '{from}'"
            );
            superuser.run("begin").await;
            refused(&superuser, &statement, if from.may_become(*to) { "" } else { "BW001" }).await;
            superuser.run("rollback").await;
        }
    }
    for statement in [
        "update invoices set closed_reason = 'another' where status = 'void'",
        "update invoices set closed_at = now(), closed_reason = 'x', paid_at = now(), status = 'paid' where status = 'finalized'",
        "update invoices set paid_at = now() where status = 'paid'",
    ] {
        refused(&superuser, statement, "BW001").await;
    }
    shop.close().await;
}
