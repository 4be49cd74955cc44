//! Tries to take what an invoice asks for from a saved payment method.

use chrono::{DateTime, Utc};
use domain::{
    charges::ChargeStatus,
    ids::{ChargeId, CustomerId, Id as _, InvoiceId, PaymentMethodId, TenantId},
    money::Money,
};

use crate::{Result, StoreError, SystemTx, TenantTx, error::parse};

/// A try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Its id.
    pub id: ChargeId,
    /// Whose method.
    pub customer: CustomerId,
    /// For what.
    pub invoice: InvoiceId,
    /// From which method.
    pub method: PaymentMethodId,
    /// How much.
    pub amount: Money,
    /// The platform's share of it.
    pub fee: Money,
    /// Where it stands.
    pub status: ChargeStatus,
    /// The provider's name for the payment, once it answered.
    pub reference: Option<String>,
    /// Why it failed: the provider's word for programs, where it has one, and its words for people.
    pub failure: Option<(Option<String>, String)>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

struct ChargeRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    invoice_id: uuid::Uuid,
    payment_method_id: uuid::Uuid,
    amount_minor: i64,
    fee_minor: i64,
    currency: String,
    status: String,
    reference: Option<String>,
    failure_code: Option<String>,
    failure: Option<String>,
    created_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            ChargeRow,
            "select id, customer_id, invoice_id, payment_method_id, amount_minor, fee_minor, currency, status, reference,
                    failure_code, failure, created_at
             from charges " + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<ChargeRow> for Charge {
    type Error = StoreError;

    fn try_from(row: ChargeRow) -> Result<Self> {
        let currency = parse(&row.currency, "charges.currency")?;
        Ok(Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            invoice: row.invoice_id.into(),
            method: row.payment_method_id.into(),
            amount: Money::new(row.amount_minor, currency),
            fee: Money::new(row.fee_minor, currency),
            status: parse(&row.status, "charges.status")?,
            reference: row.reference,
            failure: row.failure.map(|failure| (row.failure_code, failure)),
            created_at: row.created_at,
        })
    }
}

/// A try to be begun.
#[derive(Debug, Clone)]
pub struct NewCharge {
    /// Whose method.
    pub customer: CustomerId,
    /// For what.
    pub invoice: InvoiceId,
    /// From which method.
    pub method: PaymentMethodId,
    /// How much.
    pub amount: Money,
    /// The platform's share of it.
    pub fee: Money,
}

/// Keeps a try before the provider is asked.
pub async fn create(tx: &mut TenantTx, new: &NewCharge) -> Result<Charge> {
    // By the real time: how long the provider remembers it counts.
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<ChargeId>(), tx.real_now());
    sqlx::query!(
        "insert into charges (tenant_id, id, customer_id, invoice_id, payment_method_id, amount_minor, fee_minor,
                              currency, status, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $9)",
        tenant.uuid(),
        id.uuid(),
        new.customer.uuid(),
        new.invoice.uuid(),
        new.method.uuid(),
        new.amount.amount_minor(),
        new.fee.amount_minor(),
        new.amount.currency().code(),
        now,
    )
    .execute(tx.conn()?)
    .await?;
    get(tx, id).await?.ok_or(StoreError::NotFound)
}

/// A try by id.
pub async fn get(tx: &mut TenantTx, id: ChargeId) -> Result<Option<Charge>> {
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid())
        .fetch_optional(tx.conn()?)
        .await?
        .map(Charge::try_from)
        .transpose()
}

/// The last try for an invoice.
pub async fn latest(tx: &mut TenantTx, invoice: InvoiceId) -> Result<Option<Charge>> {
    let tenant = tx.tenant();
    select!(
        "where tenant_id = $1 and invoice_id = $2 order by created_at desc, id desc limit 1",
        tenant.uuid(),
        invoice.uuid()
    )
    .fetch_optional(tx.conn()?)
    .await?
    .map(Charge::try_from)
    .transpose()
}

/// Moves a try on that is under way; says whether it was. One that was thought to have failed may have succeeded after all:
/// money that was taken is never denied.
pub async fn settle(
    tx: &mut TenantTx,
    id: ChargeId,
    status: ChargeStatus,
    reference: Option<&str>,
    failure: Option<(Option<&str>, &str)>,
) -> Result<bool> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let (code, text) = failure.unzip();
    let changed = sqlx::query!(
        "update charges
         set status = $3, reference = coalesce($4, reference), failure_code = $5, failure = $6, updated_at = $7
         where tenant_id = $1 and id = $2 and status <> $3
           and (status in ('open', 'processing') or (status = 'failed' and $3 = 'succeeded'))",
        tenant.uuid(),
        id.uuid(),
        status.as_str(),
        reference,
        code.flatten(),
        text,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Invoices whose charge has been under way since before a time and is worth asking for again: whose outcome Stripe still
/// tells under its key, or which the bank is at work on.
pub async fn stuck(
    tx: &mut SystemTx,
    begun_before: DateTime<Utc>,
    open_since: DateTime<Utc>,
) -> Result<Vec<(TenantId, InvoiceId)>> {
    let rows = sqlx::query!(
        "select tenant_id, invoice_id from charges
         where created_at < $1 and (status = 'processing' or (status = 'open' and created_at > $2))",
        begun_before,
        open_since
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.invoice_id.into())).collect())
}
