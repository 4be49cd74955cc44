//! What customers have paid beyond what they owe, and what of it was used for invoices.

use std::collections::HashMap;

use domain::{
    ids::{CreditApplicationId, CustomerId, Id as _, InvoiceId},
    money::{Currency, Money},
};

use crate::{Result, TenantTx, error::parse};

/// What a customer has as credit, by currency: what the ledger owes it.
pub async fn balances(tx: &mut TenantTx, customer: CustomerId) -> Result<Vec<Money>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select t.currency, -sum(e.amount_minor)::bigint as "credit!"
           from ledger_transactions t join ledger_entries e on e.tenant_id = t.tenant_id and e.transaction_id = t.id
           where t.tenant_id = $1 and t.customer_id = $2 and e.account = 'credits'
           group by t.currency having sum(e.amount_minor) <> 0 order by t.currency"#,
        tenant.uuid(),
        customer.uuid()
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| Ok(Money::new(row.credit, parse(&row.currency, "ledger_transactions.currency")?)))
        .collect()
}

/// What customers have as credit, of those who have some. Nobody else can use of it until the transaction ends.
pub async fn lock(
    tx: &mut TenantTx,
    customers: &[CustomerId],
) -> Result<HashMap<(CustomerId, Currency), Money>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    sqlx::query!(
        "select id from customers where tenant_id = $1 and id = any ($2) order by id for no key update",
        tenant.uuid(),
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = sqlx::query!(
        r#"select t.customer_id as "customer_id!", t.currency, -sum(e.amount_minor)::bigint as "credit!"
           from ledger_transactions t join ledger_entries e on e.tenant_id = t.tenant_id and e.transaction_id = t.id
           where t.tenant_id = $1 and t.customer_id = any ($2) and e.account = 'credits'
           group by t.customer_id, t.currency having sum(e.amount_minor) <> 0"#,
        tenant.uuid(),
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency: Currency = parse(&row.currency, "ledger_transactions.currency")?;
            Ok(((row.customer_id.into(), currency), Money::new(row.credit, currency)))
        })
        .collect()
}

/// Keeps what of a customer's credit an invoice is issued with.
pub async fn apply(
    tx: &mut TenantTx,
    customer: CustomerId,
    invoice: InvoiceId,
    amount: Money,
) -> Result<CreditApplicationId> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<CreditApplicationId>(), tx.now());
    sqlx::query!(
        "insert into credit_applications (tenant_id, id, customer_id, invoice_id, currency, amount_minor, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        tenant.uuid(),
        id.uuid(),
        customer.uuid(),
        invoice.uuid(),
        amount.currency().code(),
        amount.amount_minor(),
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(id)
}
