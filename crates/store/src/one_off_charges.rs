//! What is charged once: kept until the next invoice of the customer takes it up.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, Id as _, InvoiceId, OneOffChargeId},
    money::Currency,
    pricing::OneOff,
};
use rust_decimal::Decimal;

use crate::{Result, StoreError, TenantTx, error::parse};

/// A charge that waits for an invoice, or was on one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOffCharge {
    /// Its id.
    pub id: OneOffChargeId,
    /// Whose.
    pub customer: CustomerId,
    /// What is charged.
    pub charge: OneOff,
    /// In which currency.
    pub currency: Currency,
    /// The invoice that was not paid in time, of a late fee.
    pub late_for: Option<InvoiceId>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

struct OneOffChargeRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    kind: String,
    description: String,
    quantity: Decimal,
    unit_price: Decimal,
    tax_class: Option<String>,
    currency: String,
    late_for: Option<uuid::Uuid>,
    created_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            OneOffChargeRow,
            "select id, customer_id, kind, description, quantity, unit_price, tax_class, currency, late_for, created_at
             from one_off_charges " + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<OneOffChargeRow> for OneOffCharge {
    type Error = StoreError;

    fn try_from(row: OneOffChargeRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            charge: OneOff {
                kind: parse(&row.kind, "one_off_charges.kind")?,
                description: row.description,
                quantity: row.quantity.into(),
                unit_price: row.unit_price.into(),
                tax_class: row.tax_class,
            },
            currency: parse(&row.currency, "one_off_charges.currency")?,
            late_for: row.late_for.map(Into::into),
            created_at: row.created_at,
        })
    }
}

/// Adds a charge to the customer's next invoice.
pub async fn create(
    tx: &mut TenantTx,
    customer: CustomerId,
    charge: &OneOff,
    currency: Currency,
    late_for: Option<InvoiceId>,
) -> Result<OneOffCharge> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<OneOffChargeId>(), tx.now());
    sqlx::query!(
        "insert into one_off_charges (tenant_id, id, customer_id, kind, description, quantity, unit_price, currency,
                                      late_for, created_at, tax_class)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tenant.uuid(),
        id.uuid(),
        customer.uuid(),
        charge.kind.as_str(),
        charge.description,
        charge.quantity.decimal(),
        charge.unit_price.decimal(),
        currency.code(),
        late_for.map(domain::ids::Id::uuid),
        now,
        charge.tax_class,
    )
    .execute(tx.conn()?)
    .await?;
    get(tx, id).await
}

/// A charge that no invoice has taken up.
pub async fn get(tx: &mut TenantTx, id: OneOffChargeId) -> Result<OneOffCharge> {
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and id = $2 and invoice_id is null", tenant.uuid(), id.uuid())
        .fetch_one(tx.conn()?)
        .await?
        .try_into()
}

/// The charges of customers that no invoice has taken up, the oldest first.
pub async fn waiting(tx: &mut TenantTx, customers: &[CustomerId]) -> Result<Vec<OneOffCharge>> {
    let tenant = tx.tenant();
    let customers: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    select!(
        "where tenant_id = $1 and customer_id = any ($2) and invoice_id is null order by created_at, id",
        tenant.uuid(),
        &customers,
    )
    .fetch_all(tx.conn()?)
    .await?
    .into_iter()
    .map(OneOffCharge::try_from)
    .collect()
}

/// Marks charges taken up by an invoice.
pub async fn take(tx: &mut TenantTx, charges: &[OneOffChargeId], invoice: InvoiceId) -> Result<()> {
    if charges.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant();
    let ids: Vec<_> = charges.iter().map(|id| id.uuid()).collect();
    let taken = sqlx::query!(
        "update one_off_charges set invoice_id = $3
         where tenant_id = $1 and id = any ($2) and invoice_id is null",
        tenant.uuid(),
        &ids,
        invoice.uuid(),
    )
    .execute(tx.conn()?)
    .await?;
    // Another invoice was quicker, or it was removed: what was rated is no longer true.
    let all = u64::try_from(ids.len()).is_ok_and(|count| count == taken.rows_affected());
    if all { Ok(()) } else { Err(StoreError::Stale) }
}

/// Lets the charges of an invoice wait for another one.
pub async fn give_back(tx: &mut TenantTx, invoice: InvoiceId) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "update one_off_charges set invoice_id = null where tenant_id = $1 and invoice_id = $2",
        tenant.uuid(),
        invoice.uuid(),
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Removes the late fees of void invoices that no invoice has taken up.
pub async fn remove_void(tx: &mut TenantTx, customer: CustomerId) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "delete from one_off_charges c using invoices i
         where c.tenant_id = $1 and c.customer_id = $2 and c.invoice_id is null
           and i.tenant_id = c.tenant_id and i.id = c.late_for and i.status = 'void'",
        tenant.uuid(),
        customer.uuid(),
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Removes a charge that no invoice has taken up.
pub async fn remove(tx: &mut TenantTx, id: OneOffChargeId) -> Result<()> {
    let tenant = tx.tenant();
    let done = sqlx::query!(
        "delete from one_off_charges where tenant_id = $1 and id = $2 and invoice_id is null",
        tenant.uuid(),
        id.uuid(),
    )
    .execute(tx.conn()?)
    .await?;
    if done.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}
