//! Payments that the payer's bank takes back, or asks about.

use chrono::{DateTime, Utc};
use domain::{
    disputes::DisputeStatus,
    ids::{CustomerId, DisputeId, Id as _, InvoiceId, PaymentId, TenantId},
    money::{Currency, Money},
};

use crate::{Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx, error::parse};

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// Whose payment.
    pub customer: CustomerId,
    /// The invoice that the payment was for.
    pub invoice: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// The payment.
    pub payment: PaymentId,
    /// The provider's name for it.
    pub reference: String,
    /// How much of the payment.
    pub amount: Money,
    /// The provider's word for why.
    pub reason: String,
    /// Where it stands.
    pub status: DisputeStatus,
    /// What the bank has taken.
    pub taken: Money,
    /// What of it the bank has given back.
    pub returned: Money,
    /// What of it is lost.
    pub lost: Money,
    /// What the provider keeps for it.
    pub fee: Money,
    /// What of the loss nothing has been credited for.
    pub uncredited: Money,
    /// Until when the bank waits for evidence.
    pub evidence_due_by: Option<DateTime<Utc>>,
    /// When the payer's bank told of it.
    pub opened_at: DateTime<Utc>,
    /// When it was decided.
    pub closed_at: Option<DateTime<Utc>>,
}

struct DisputeRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    invoice_id: uuid::Uuid,
    invoice_number: Option<String>,
    payment_id: uuid::Uuid,
    reference: String,
    amount_minor: i64,
    currency: String,
    reason: String,
    status: String,
    taken_minor: i64,
    returned_minor: i64,
    lost_minor: i64,
    fee_minor: i64,
    uncredited_minor: i64,
    evidence_due_by: Option<DateTime<Utc>>,
    opened_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            DisputeRow,
            r#"select d.id, d.customer_id, d.invoice_id, i.number as invoice_number, d.payment_id, d.reference,
                    d.amount_minor, d.currency, d.reason, d.status, d.taken_minor, d.returned_minor, d.lost_minor,
                    d.fee_minor, d.uncredited_minor, d.evidence_due_by, d.opened_at, d.closed_at
             from disputes d join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id "# + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<DisputeRow> for Dispute {
    type Error = StoreError;

    fn try_from(row: DisputeRow) -> Result<Self> {
        let currency: Currency = parse(&row.currency, "disputes.currency")?;
        Ok(Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            invoice: row.invoice_id.into(),
            invoice_number: row.invoice_number.unwrap_or_default(),
            payment: row.payment_id.into(),
            reference: row.reference,
            amount: Money::new(row.amount_minor, currency),
            reason: row.reason,
            status: parse(&row.status, "disputes.status")?,
            taken: Money::new(row.taken_minor, currency),
            returned: Money::new(row.returned_minor, currency),
            lost: Money::new(row.lost_minor, currency),
            fee: Money::new(row.fee_minor, currency),
            uncredited: Money::new(row.uncredited_minor, currency),
            evidence_due_by: row.evidence_due_by,
            opened_at: row.opened_at,
            closed_at: row.closed_at,
        })
    }
}

/// A dispute that is heard of for the first time.
#[derive(Debug, Clone)]
pub struct NewDispute {
    /// Whose payment.
    pub customer: CustomerId,
    /// The invoice that the payment was for.
    pub invoice: InvoiceId,
    /// The payment.
    pub payment: PaymentId,
    /// The provider's name for it.
    pub reference: String,
    /// How much of the payment.
    pub amount: Money,
    /// The provider's word for why.
    pub reason: String,
    /// When the payer's bank told of it.
    pub opened_at: DateTime<Utc>,
}

/// Keeps a dispute, if it is not known yet, and gives it as it is known. Nobody else can move it on until the transaction
/// ends. Says whether it is new.
pub async fn keep(tx: &mut TenantTx, new: &NewDispute) -> Result<(Dispute, bool)> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<DisputeId>(), tx.now());
    let done = sqlx::query!(
        "insert into disputes (tenant_id, id, customer_id, invoice_id, payment_id, reference, amount_minor, currency, reason,
                               status, opened_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'needs_response', $10, $11)
         on conflict (tenant_id, reference) do nothing",
        tenant.uuid(),
        id.uuid(),
        new.customer.uuid(),
        new.invoice.uuid(),
        new.payment.uuid(),
        new.reference,
        new.amount.amount_minor(),
        new.amount.currency().code(),
        new.reason,
        new.opened_at,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    let found = select!(
        "where d.tenant_id = $1 and d.reference = $2 for no key update of d",
        tenant.uuid(),
        new.reference
    )
    .fetch_optional(tx.conn()?)
    .await?
    .ok_or(StoreError::NotFound)?;
    Ok((found.try_into()?, done.rows_affected() == 1))
}

/// Notes where a dispute stands, and what of it has been booked.
pub async fn update(tx: &mut TenantTx, dispute: &Dispute) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update disputes
         set amount_minor = $3, status = $4, taken_minor = $5, returned_minor = $6, lost_minor = $7, fee_minor = $8,
             uncredited_minor = $9, evidence_due_by = $10, closed_at = $11, updated_at = $12
         where tenant_id = $1 and id = $2",
        tenant.uuid(),
        dispute.id.uuid(),
        dispute.amount.amount_minor(),
        dispute.status.as_str(),
        dispute.taken.amount_minor(),
        dispute.returned.amount_minor(),
        dispute.lost.amount_minor(),
        dispute.fee.amount_minor(),
        dispute.uncredited.amount_minor(),
        dispute.evidence_due_by,
        dispute.closed_at,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Disputes whose end, or whose money, may have come without our being told.
pub async fn unsettled(tx: &mut SystemTx, since: DateTime<Utc>) -> Result<Vec<(TenantId, DisputeId)>> {
    let rows = sqlx::query!(
        "select tenant_id, id from disputes
         where opened_at > $1 and (closed_at is null or status = 'won' and returned_minor < taken_minor)",
        since
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.id.into())).collect())
}

/// The provider's name for a dispute.
pub async fn reference(tx: &mut TenantTx, id: DisputeId) -> Result<String> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        "select reference from disputes where tenant_id = $1 and id = $2",
        tenant.uuid(),
        id.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// What of payments for an invoice was lost, and has not been credited since.
pub async fn uncredited_of(tx: &mut TenantTx, invoice: InvoiceId, currency: Currency) -> Result<Money> {
    let tenant = tx.tenant();
    let minor = sqlx::query_scalar!(
        r#"select coalesce(sum(uncredited_minor), 0)::bigint as "minor!" from disputes
           where tenant_id = $1 and invoice_id = $2"#,
        tenant.uuid(),
        invoice.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(Money::new(minor, currency))
}

/// What of a payment is disputed, or was lost.
pub async fn of_payment(tx: &mut TenantTx, payment: PaymentId, currency: Currency) -> Result<Money> {
    let tenant = tx.tenant();
    let minor = sqlx::query_scalar!(
        r#"select coalesce(sum(case when closed_at is null then amount_minor else taken_minor - returned_minor end), 0)::bigint
                      as "minor!"
           from disputes where tenant_id = $1 and payment_id = $2"#,
        tenant.uuid(),
        payment.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(Money::new(minor, currency))
}

/// Settles lost disputes of a customer that nothing has been credited for, the oldest first, with what is credited now;
/// says how much of it that takes. The customer's row is locked.
pub async fn credit(tx: &mut TenantTx, customer: CustomerId, amount: Money) -> Result<Money> {
    let (tenant, now, currency) = (tx.tenant(), tx.now(), amount.currency());
    let minor = sqlx::query_scalar!(
        r#"with open as (
               select id, uncredited_minor,
                      sum(uncredited_minor) over (order by opened_at, id)::bigint - uncredited_minor as before
               from disputes
               where tenant_id = $1 and customer_id = $2 and currency = $3 and uncredited_minor > 0),
           settled as (
               update disputes set uncredited_minor = disputes.uncredited_minor - least(open.uncredited_minor, $4 - before),
                                   updated_at = $5
               from open where disputes.tenant_id = $1 and disputes.id = open.id and before < $4
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

/// Which disputes are wanted.
#[derive(Debug, Clone, Default)]
pub struct DisputeFilter {
    /// Only those of one customer.
    pub customer: Option<CustomerId>,
    /// Only those of payments of one invoice.
    pub invoice: Option<InvoiceId>,
    /// Only those that the bank has yet to decide.
    pub open: bool,
}

/// Disputes, the latest first.
pub async fn list(tx: &mut TenantTx, filter: &DisputeFilter, page: &PageRequest) -> Result<Page<Dispute>> {
    let after: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (after_time, after_id) = after.unzip();
    let tenant = tx.tenant();
    let rows = select!(
        "where d.tenant_id = $1 and ($2::uuid is null or d.customer_id = $2) and ($3::uuid is null or d.invoice_id = $3)
           and (not $4 or d.closed_at is null)
           and ($5::timestamptz is null or (d.opened_at, d.id) < ($5, $6))
         order by d.opened_at desc, d.id desc limit $7",
        tenant.uuid(),
        filter.customer.map(domain::ids::Id::uuid),
        filter.invoice.map(domain::ids::Id::uuid),
        filter.open,
        after_time,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(Dispute::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&(row.opened_at, row.id.uuid()))))
}
