//! Money that goes from the balance at the payment provider to the bank.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, Id as _, InvoiceId, PaymentId, PayoutId, TenantId},
    money::{Currency, Money},
    payouts::PayoutStatus,
};

use crate::{Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx, error::parse};

/// A payout as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The provider's name for it.
    pub reference: String,
    /// How much; below zero where the bank account makes up for a balance below zero.
    pub amount: Money,
    /// Where it stands.
    pub status: PayoutStatus,
    /// Made by the provider's schedule.
    pub automatic: bool,
    /// The provider's word: `standard`, `instant`.
    pub method: String,
    /// What the bank statement says, where it is not the provider's usual words.
    pub statement_descriptor: Option<String>,
    /// When it is at the bank, or is expected to be.
    pub arrives_on: NaiveDate,
    /// Why it failed, for programs.
    pub failure_code: Option<String>,
    /// Why it failed, for people.
    pub failure: Option<String>,
    /// When the provider made it.
    pub made_at: DateTime<Utc>,
}

/// A payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// What the provider said last.
    pub told: Told,
    /// When it was asked.
    pub read_at: DateTime<Utc>,
}

struct PayoutRow {
    id: uuid::Uuid,
    reference: String,
    amount_minor: i64,
    currency: String,
    status: String,
    automatic: bool,
    method: String,
    statement_descriptor: Option<String>,
    arrives_on: NaiveDate,
    failure_code: Option<String>,
    failure: Option<String>,
    made_at: DateTime<Utc>,
    read_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            PayoutRow,
            "select id, reference, amount_minor, currency, status, automatic, method, statement_descriptor, arrives_on,
                failure_code, failure, made_at, read_at
             from payouts " + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<PayoutRow> for Payout {
    type Error = StoreError;

    fn try_from(row: PayoutRow) -> Result<Self> {
        let currency: Currency = parse(&row.currency, "payouts.currency")?;
        Ok(Self {
            id: row.id.into(),
            told: Told {
                reference: row.reference,
                amount: Money::new(row.amount_minor, currency),
                status: parse(&row.status, "payouts.status")?,
                automatic: row.automatic,
                method: row.method,
                statement_descriptor: row.statement_descriptor,
                arrives_on: row.arrives_on,
                failure_code: row.failure_code,
                failure: row.failure,
                made_at: row.made_at,
            },
            read_at: row.read_at,
        })
    }
}

/// Keeps a payout, if it is not known yet, and gives it as it is known. Nobody else can move it on until the transaction
/// ends. Says whether it is new.
pub async fn keep(tx: &mut TenantTx, told: &Told, read_at: DateTime<Utc>) -> Result<(Payout, bool)> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<PayoutId>(), tx.now());
    let done = sqlx::query!(
        "insert into payouts (tenant_id, id, reference, amount_minor, currency, status, automatic, method,
                              statement_descriptor, arrives_on, failure_code, failure, made_at, read_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (tenant_id, reference) do nothing",
        tenant.uuid(),
        id.uuid(),
        told.reference,
        told.amount.amount_minor(),
        told.amount.currency().code(),
        told.status.as_str(),
        told.automatic,
        told.method,
        told.statement_descriptor,
        told.arrives_on,
        told.failure_code,
        told.failure,
        told.made_at,
        read_at,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    let found =
        select!("where tenant_id = $1 and reference = $2 for no key update", tenant.uuid(), told.reference)
            .fetch_optional(tx.conn()?)
            .await?
            .ok_or(StoreError::NotFound)?;
    Ok((found.try_into()?, done.rows_affected() == 1))
}

/// Notes what the provider says of a payout now. What it is of never changes: amount, currency, and how it was made.
pub async fn update(tx: &mut TenantTx, id: PayoutId, told: &Told, read_at: DateTime<Utc>) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update payouts
         set status = $3, statement_descriptor = $4, arrives_on = $5, failure_code = $6, failure = $7, read_at = $8,
             updated_at = $9
         where tenant_id = $1 and id = $2",
        tenant.uuid(),
        id.uuid(),
        told.status.as_str(),
        told.statement_descriptor,
        told.arrives_on,
        told.failure_code,
        told.failure,
        read_at,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// A payout by id.
pub async fn get(tx: &mut TenantTx, id: PayoutId) -> Result<Payout> {
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid())
        .fetch_optional(tx.conn()?)
        .await?
        .ok_or(StoreError::NotFound)?
        .try_into()
}

/// Payouts by the provider's names for them, as far as they are known.
pub async fn by_references(tx: &mut TenantTx, references: &[String]) -> Result<HashMap<String, Payout>> {
    let tenant = tx.tenant();
    let rows = select!("where tenant_id = $1 and reference = any ($2)", tenant.uuid(), references)
        .fetch_all(tx.conn()?)
        .await?;
    rows.into_iter()
        .map(|row| Payout::try_from(row).map(|payout| (payout.told.reference.clone(), payout)))
        .collect()
}

/// Which payouts are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct PayoutFilter {
    /// Only those in this state.
    pub status: Option<PayoutStatus>,
    /// Only those in this currency.
    pub currency: Option<Currency>,
    /// Only those that arrive on this day or later.
    pub from: Option<NaiveDate>,
    /// Only those that arrive before this day.
    pub until: Option<NaiveDate>,
}

/// Payouts, the latest first.
pub async fn list(tx: &mut TenantTx, filter: &PayoutFilter, page: &PageRequest) -> Result<Page<Payout>> {
    let after: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (after_time, after_id) = after.unzip();
    let tenant = tx.tenant();
    let rows = select!(
        "where tenant_id = $1 and ($2::text is null or status = $2) and ($3::text is null or currency = $3)
           and ($4::date is null or arrives_on >= $4) and ($5::date is null or arrives_on < $5)
           and ($6::timestamptz is null or (made_at, id) < ($6, $7))
         order by made_at desc, id desc limit $8",
        tenant.uuid(),
        filter.status.map(PayoutStatus::as_str),
        filter.currency.map(Currency::code),
        filter.from,
        filter.until,
        after_time,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(Payout::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&(row.told.made_at, row.id.uuid()))))
}

/// The last payout of each currency that failed and was not followed by one that the bank took.
pub async fn failed(tx: &mut TenantTx, since: DateTime<Utc>) -> Result<Vec<Payout>> {
    let tenant = tx.tenant();
    let rows = select!(
        "p where tenant_id = $1 and status = 'failed' and made_at > $2
           and not exists (select from payouts later
                           where later.tenant_id = p.tenant_id and later.currency = p.currency
                             and (later.made_at, later.id) > (p.made_at, p.id) and later.status in ('paid', 'failed'))
         order by currency",
        tenant.uuid(),
        since,
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter().map(Payout::try_from).collect()
}

/// A payment of ours that a movement of the balance is about.
#[derive(Debug, Clone)]
pub struct Paid {
    /// Which.
    pub payment: PaymentId,
    /// The invoice that was paid.
    pub invoice: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// Who paid.
    pub customer: CustomerId,
    /// The customer's name, as it is on the invoice.
    pub customer_name: String,
}

/// Payments by the provider's names for them, as far as they are ours.
pub async fn payments(tx: &mut TenantTx, references: &[String]) -> Result<HashMap<String, Paid>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select p.reference, p.id, p.invoice_id, i.number, p.customer_id, i.customer_name
           from payments p join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
           where p.tenant_id = $1 and p.provider = 'stripe' and p.reference = any ($2)"#,
        tenant.uuid(),
        references,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let paid = Paid {
                payment: row.id.into(),
                invoice: row.invoice_id.into(),
                invoice_number: row.number.unwrap_or_default(),
                customer: row.customer_id.into(),
                customer_name: row.customer_name.unwrap_or_default(),
            };
            (row.reference, paid)
        })
        .collect())
}

/// Notes that the last payouts of the tenant's account were read.
pub async fn mark_read(tx: &mut TenantTx, account: &str, read_at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "update payment_accounts set payouts_read_at = greatest(payouts_read_at, $3) where tenant_id = $1 and account = $2",
        tenant.uuid(),
        account,
        read_at
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Tenants that have an account whose payouts nobody has read since then.
pub async fn unread(tx: &mut SystemTx, since: DateTime<Utc>) -> Result<Vec<TenantId>> {
    let rows = sqlx::query_scalar!(
        "select tenant_id from payment_accounts
         where details_submitted and (payouts_read_at is null or payouts_read_at < $1)",
        since
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
