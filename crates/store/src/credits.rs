//! What customers have as credit, and what of it was used for invoices.

use std::collections::HashMap;

use domain::{
    credits::{Credit, GrantPart, in_turn, is_usable},
    ids::{CreditApplicationId, CustomerId, Id as _, InvoiceId},
    money::{Currency, Money},
};

use crate::{Result, StoreError, TenantTx, customers, error::parse};

pub mod grants;
pub mod notices;

/// What customers can use, by currency, of those who have some: what the ledger owes them, without what has expired and was
/// not taken out yet.
pub async fn of(
    tx: &mut TenantTx,
    customers: &[CustomerId],
) -> Result<HashMap<(CustomerId, Currency), Credit>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    let ids: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    let rows = sqlx::query!(
        r#"select e.customer_id as "customer_id!", t.currency, -sum(e.amount_minor)::bigint as "credit!"
           from ledger_entries e join ledger_transactions t on t.tenant_id = e.tenant_id and t.id = e.transaction_id
           where e.tenant_id = $1 and e.customer_id = any ($2) and e.account = 'credits'
           group by e.customer_id, t.currency having sum(e.amount_minor) <> 0"#,
        tenant.uuid(),
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut found = HashMap::new();
    for row in rows {
        let currency: Currency = parse(&row.currency, "ledger_transactions.currency")?;
        let free = Money::new(row.credit, currency);
        found.insert((row.customer_id.into(), currency), Credit::none(free));
    }
    if found.is_empty() {
        return Ok(found);
    }
    let rows = sqlx::query!(
        "select id, customer_id, currency, source, expires_on, left_minor from credit_grants
         where tenant_id = $1 and customer_id = any ($2) and left_minor > 0",
        tenant.uuid(),
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    for row in rows {
        let currency: Currency = parse(&row.currency, "credit_grants.currency")?;
        let amount = Money::new(row.left_minor, currency);
        let credit = found.get_mut(&(row.customer_id.into(), currency));
        let credit = credit.ok_or(StoreError::Corrupt("credit_grants.left_minor"))?;
        let free = credit.free.checked_sub(amount);
        credit.free = free.map_err(|_| StoreError::Corrupt("credit_grants.left_minor"))?;
        if is_usable(row.expires_on, today) {
            credit.grants.push(GrantPart {
                grant: row.id.into(),
                source: parse(&row.source, "credit_grants.source")?,
                expires_on: row.expires_on,
                amount,
            });
        }
    }
    for credit in found.values_mut() {
        in_turn(&mut credit.grants);
    }
    Ok(found)
}

/// The same, and nobody else can use of it until the transaction ends.
pub async fn lock(
    tx: &mut TenantTx,
    customers: &[CustomerId],
) -> Result<HashMap<(CustomerId, Currency), Credit>> {
    customers::hold(tx, customers).await?;
    of(tx, customers).await
}

/// What a customer can use, in the order of currencies.
pub async fn of_customer(tx: &mut TenantTx, customer: CustomerId) -> Result<Vec<Credit>> {
    let mut found: Vec<_> = of(tx, &[customer]).await?.into_values().collect();
    found.sort_by_key(|credit| credit.free.currency().code());
    Ok(found)
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
