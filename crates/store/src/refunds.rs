//! Payments that are paid back.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, Id as _, InvoiceId, PaymentId, RefundId, TenantId},
    money::{Currency, Money},
    refunds::RefundStatus,
};

use crate::{
    Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx,
    error::parse,
    payments::{Origin, origins},
};

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// To whom.
    pub customer: CustomerId,
    /// The invoice that the payment was for.
    pub invoice: InvoiceId,
    /// The payment that is paid back.
    pub payment: PaymentId,
    /// How much of it.
    pub amount: Money,
    /// What of it nothing has been credited for yet.
    pub uncredited: Money,
    /// Where it stands.
    pub status: RefundStatus,
    /// The provider's name for it, once it answered.
    pub reference: Option<String>,
    /// Why the money goes back.
    pub reason: String,
    /// Why it failed: the provider's word for programs, where it has one, and its words for people.
    pub failure: Option<(Option<String>, String)>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// The same by the real time: how long the provider remembers it counts.
    pub asked_at: DateTime<Utc>,
}

struct RefundRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    invoice_id: uuid::Uuid,
    payment_id: uuid::Uuid,
    amount_minor: i64,
    uncredited_minor: i64,
    currency: String,
    status: String,
    reference: Option<String>,
    reason: String,
    failure_code: Option<String>,
    failure: Option<String>,
    created_at: DateTime<Utc>,
    asked_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            RefundRow,
            "select id, customer_id, invoice_id, payment_id, amount_minor, uncredited_minor, currency, status, reference,
                    reason, failure_code, failure, created_at, asked_at
             from refunds " + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<RefundRow> for Refund {
    type Error = StoreError;

    fn try_from(row: RefundRow) -> Result<Self> {
        let currency = parse(&row.currency, "refunds.currency")?;
        Ok(Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            invoice: row.invoice_id.into(),
            payment: row.payment_id.into(),
            amount: Money::new(row.amount_minor, currency),
            uncredited: Money::new(row.uncredited_minor, currency),
            status: parse(&row.status, "refunds.status")?,
            reference: row.reference,
            reason: row.reason,
            failure: row.failure.map(|failure| (row.failure_code, failure)),
            created_at: row.created_at,
            asked_at: row.asked_at,
        })
    }
}

/// A refund to be begun.
#[derive(Debug, Clone)]
pub struct NewRefund {
    /// To whom.
    pub customer: CustomerId,
    /// The invoice that the payment was for.
    pub invoice: InvoiceId,
    /// The payment that is paid back.
    pub payment: PaymentId,
    /// How much of it.
    pub amount: Money,
    /// What of it nothing has been credited for.
    pub uncredited: Money,
    /// The provider's name for it, where it was begun there.
    pub reference: Option<String>,
    /// Why the money goes back.
    pub reason: String,
}

/// Keeps a refund; `None` where the provider's name for it is known already.
pub async fn create(tx: &mut TenantTx, new: &NewRefund) -> Result<Option<Refund>> {
    let (tenant, id, now, real_now) = (tx.tenant(), tx.new_id::<RefundId>(), tx.now(), tx.real_now());
    let done = sqlx::query!(
        "insert into refunds (tenant_id, id, customer_id, invoice_id, payment_id, amount_minor, uncredited_minor, currency,
                              status, reference, reason, created_at, updated_at, asked_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10, $11, $11, $12)
         on conflict (tenant_id, reference) do nothing",
        tenant.uuid(),
        id.uuid(),
        new.customer.uuid(),
        new.invoice.uuid(),
        new.payment.uuid(),
        new.amount.amount_minor(),
        new.uncredited.amount_minor(),
        new.amount.currency().code(),
        new.reference,
        new.reason,
        now,
        real_now,
    )
    .execute(tx.conn()?)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    get(tx, id).await.map(Some)
}

/// A refund by id.
pub async fn get(tx: &mut TenantTx, id: RefundId) -> Result<Refund> {
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid())
        .fetch_optional(tx.conn()?)
        .await?
        .ok_or(StoreError::NotFound)?
        .try_into()
}

/// A refund by the provider's name for it.
pub async fn by_reference(tx: &mut TenantTx, reference: &str) -> Result<Option<Refund>> {
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and reference = $2", tenant.uuid(), reference)
        .fetch_optional(tx.conn()?)
        .await?
        .map(Refund::try_from)
        .transpose()
}

/// A refund by id, which nobody else can move on until the transaction ends.
pub async fn lock(tx: &mut TenantTx, id: RefundId) -> Result<Refund> {
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and id = $2 for no key update", tenant.uuid(), id.uuid())
        .fetch_optional(tx.conn()?)
        .await?
        .ok_or(StoreError::NotFound)?
        .try_into()
}

/// Notes where a refund stands.
pub async fn settle(
    tx: &mut TenantTx,
    id: RefundId,
    status: RefundStatus,
    reference: Option<&str>,
    failure: Option<(Option<&str>, &str)>,
) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let (code, text) = failure.unzip();
    sqlx::query!(
        "update refunds
         set status = $3, reference = coalesce(reference, $4), failure_code = $5, failure = $6, updated_at = $7
         where tenant_id = $1 and id = $2",
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
    Ok(())
}

/// What of a payment has been paid back, or is on its way.
pub async fn of_payment(tx: &mut TenantTx, payment: PaymentId, currency: Currency) -> Result<Money> {
    let tenant = tx.tenant();
    let minor = sqlx::query_scalar!(
        r#"select coalesce(sum(amount_minor), 0)::bigint as "minor!" from refunds
           where tenant_id = $1 and payment_id = $2 and status <> 'failed'"#,
        tenant.uuid(),
        payment.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(Money::new(minor, currency))
}

/// Settles refunds of a customer that nothing has been credited for, the oldest first, with what is credited now; says how
/// much of it that takes. The customer's row is locked.
pub async fn credit(tx: &mut TenantTx, customer: CustomerId, amount: Money) -> Result<Money> {
    let (tenant, now, currency) = (tx.tenant(), tx.now(), amount.currency());
    let minor = sqlx::query_scalar!(
        r#"with open as (
               select id, uncredited_minor,
                      sum(uncredited_minor) over (order by created_at, id)::bigint - uncredited_minor as before
               from refunds
               where tenant_id = $1 and customer_id = $2 and currency = $3 and status <> 'failed' and uncredited_minor > 0),
           settled as (
               update refunds set uncredited_minor = refunds.uncredited_minor - least(open.uncredited_minor, $4 - before),
                                  updated_at = $5
               from open where refunds.tenant_id = $1 and refunds.id = open.id and before < $4
               returning least(open.uncredited_minor, $4 - before) as minor)
           select coalesce(sum(minor), 0)::bigint as "minor!" from settled"#,
        tenant.uuid(),
        customer.uuid(),
        currency.code(),
        amount.amount_minor(),
        now,
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(Money::new(minor, currency))
}

/// Which refunds are wanted.
#[derive(Debug, Clone, Default)]
pub struct RefundFilter {
    /// Only those of one customer.
    pub customer: Option<CustomerId>,
    /// Only those of payments of one invoice.
    pub invoice: Option<InvoiceId>,
}

/// Refunds, the latest first.
pub async fn list(tx: &mut TenantTx, filter: &RefundFilter, page: &PageRequest) -> Result<Page<Refund>> {
    let after: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (after_time, after_id) = after.unzip();
    let tenant = tx.tenant();
    let rows = select!(
        "where tenant_id = $1 and ($2::uuid is null or customer_id = $2) and ($3::uuid is null or invoice_id = $3)
           and ($4::timestamptz is null or (created_at, id) < ($4, $5))
         order by created_at desc, id desc limit $6",
        tenant.uuid(),
        filter.customer.map(domain::ids::Id::uuid),
        filter.invoice.map(domain::ids::Id::uuid),
        after_time,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(Refund::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&(row.created_at, row.id.uuid()))))
}

/// The same, with where their payments came from.
pub async fn list_with_origins(
    tx: &mut TenantTx,
    filter: &RefundFilter,
    page: &PageRequest,
) -> Result<Page<(Refund, Origin)>> {
    let found = list(tx, filter, page).await?;
    let payments: Vec<_> = found.items.iter().map(|refund| refund.payment).collect();
    let origins = origins(tx, &payments).await?;
    found.try_map(|refund| {
        let origin =
            origins.get(&refund.payment).cloned().ok_or(StoreError::Corrupt("refunds.payment_id"))?;
        Ok((refund, origin))
    })
}

/// Refunds that have been on their way since before a time, and not for too long: an answer may have been lost, an event
/// not come.
pub async fn stuck(
    tx: &mut SystemTx,
    begun_before: DateTime<Utc>,
    begun_since: DateTime<Utc>,
) -> Result<Vec<(TenantId, RefundId)>> {
    let rows = sqlx::query!(
        "select tenant_id, id from refunds where status = 'pending' and asked_at < $1 and asked_at > $2",
        begun_before,
        begun_since
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.id.into())).collect())
}
