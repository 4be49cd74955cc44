//! Invoices and their lines.

pub mod ahead;
mod billed;
mod drafts;
pub mod late;
mod lines;

pub use billed::{BilledSubscription, add_subscriptions, billings};
pub use drafts::{NewInvoice, clear, create, delete_draft, held, set_held, update_draft};
pub use lines::{Line, NewLine, add_lines, lines};

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, Id as _, InvoiceId, TenantId},
    invoices::{self as rules, InvoiceStatus},
    money::{Currency, Money},
    periods::Period,
    tax::Taxes,
};
use sqlx::types::Json;

use crate::{Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx, error::parse};

/// An invoice without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// To whom.
    pub customer: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name: as it was at issue, or as it is.
    pub customer_name: String,
    /// The customer's address at issue.
    pub customer_address: Option<String>,
    /// The customer's tax number at issue.
    pub customer_tax_id: Option<String>,
    /// What it bills, in its order.
    pub subscriptions: Vec<BilledSubscription>,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// Its number, once issued.
    pub number: Option<String>,
    /// The days that it bills, from the first of any subscription to the last.
    pub period: Period,
    /// What it comes to, with tax.
    pub total: Money,
    /// What of that is tax.
    pub tax: Money,
    /// Its taxes; none where its seller charges no tax.
    pub taxes: Option<Taxes>,
    /// What was paid of it.
    pub paid: Money,
    /// What of the customer's credit was used for it.
    pub credit_used: Money,
    /// What was credited by credit notes, paid before or not.
    pub credited: Money,
    /// What is still to be paid.
    pub outstanding: Money,
    /// What was given up of it.
    pub written_off: Money,
    /// The day of issue.
    pub issued_on: Option<NaiveDate>,
    /// Until when it is to be paid.
    pub due_on: Option<NaiveDate>,
    /// When it was paid in full.
    pub paid_at: Option<DateTime<Utc>>,
    /// Since when it is on hold, and why: a draft that no run issues.
    pub held: Option<(DateTime<Utc>, String)>,
    /// When it was voided or written off, and why.
    pub closed: Option<(DateTime<Utc>, String)>,
    /// Counts its changes.
    pub version: i32,
    /// When it was drafted.
    pub created_at: DateTime<Utc>,
    /// The SHA-256 of what it was computed from, once issued.
    pub seal: Option<Vec<u8>>,
}

impl Invoice {
    /// What payments and credit notes can still settle of it: what is to be paid, or what was given up.
    pub fn left(&self) -> Money {
        if self.status == InvoiceStatus::Uncollectible { self.written_off } else { self.outstanding }
    }

    /// How much of an amount goes against what is left; the rest is too much.
    pub fn covered_by(&self, amount: Money) -> Money {
        let covered = amount.amount_minor().min(self.left().amount_minor()).max(0);
        Money::new(covered, self.total.currency())
    }
}

struct InvoiceRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    customer_code: String,
    customer_name: String,
    customer_address: Option<String>,
    customer_tax_id: Option<String>,
    subscriptions: Json<Vec<billed::BilledRow>>,
    status: String,
    number: Option<String>,
    currency: String,
    period_start: NaiveDate,
    period_end: NaiveDate,
    total_minor: i64,
    tax_minor: i64,
    taxes: Option<Json<Taxes>>,
    paid_minor: i64,
    credit_used_minor: i64,
    credited_minor: i64,
    outstanding_minor: i64,
    written_off_minor: i64,
    issued_on: Option<NaiveDate>,
    due_on: Option<NaiveDate>,
    paid_at: Option<DateTime<Utc>>,
    held_at: Option<DateTime<Utc>>,
    hold_reason: Option<String>,
    closed_at: Option<DateTime<Utc>>,
    closed_reason: Option<String>,
    version: i32,
    created_at: DateTime<Utc>,
    seal: Option<Vec<u8>>,
}

/// The columns that every query for a row of this kind reads, of the invoices `i` that it begins with. The macros of sqlx
/// take literals only.
macro_rules! select {
    ($invoices:tt, $rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            InvoiceRow,
            r#"select i.id, i.customer_id, c.code as customer_code,
                      coalesce(i.customer_name, c.company_name) as "customer_name!", i.customer_address,
                      i.customer_tax_id,
                      (select coalesce(jsonb_agg(to_jsonb(b) order by b.position), '[]') from invoice_subscriptions b
                       where b.tenant_id = i.tenant_id and b.invoice_id = i.id)
                          as "subscriptions!: Json<Vec<billed::BilledRow>>",
                      i.status, i.number, i.currency, i.period_start, i.period_end, i.total_minor, i.tax_minor,
                      i.tax as "taxes: Json<Taxes>", a.paid_minor as "paid_minor!",
                      a.credit_used_minor as "credit_used_minor!", a.credited_minor as "credited_minor!",
                      a.outstanding_minor as "outstanding_minor!", a.written_off_minor as "written_off_minor!",
                      i.issued_on, i.due_on, i.paid_at, i.held_at, i.hold_reason, i.closed_at, i.closed_reason,
                      i.version, i.created_at, i.seal
               from "# + $invoices + " i
               join customers c on c.tenant_id = i.tenant_id and c.id = i.customer_id
               join invoice_amounts a on a.tenant_id = i.tenant_id and a.invoice_id = i.id "
               + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<InvoiceRow> for Invoice {
    type Error = StoreError;

    fn try_from(row: InvoiceRow) -> Result<Self> {
        let currency: Currency = parse(&row.currency, "invoices.currency")?;
        Ok(Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            customer_code: row.customer_code,
            customer_name: row.customer_name,
            customer_address: row.customer_address,
            customer_tax_id: row.customer_tax_id,
            subscriptions: row.subscriptions.0.into_iter().map(TryInto::try_into).collect::<Result<_>>()?,
            status: parse(&row.status, "invoices.status")?,
            number: row.number,
            period: Period::new(row.period_start, row.period_end)
                .ok_or(StoreError::Corrupt("invoices.period"))?,
            total: Money::new(row.total_minor, currency),
            tax: Money::new(row.tax_minor, currency),
            taxes: row.taxes.map(|taxes| taxes.0),
            paid: Money::new(row.paid_minor, currency),
            credit_used: Money::new(row.credit_used_minor, currency),
            credited: Money::new(row.credited_minor, currency),
            outstanding: Money::new(row.outstanding_minor, currency),
            written_off: Money::new(row.written_off_minor, currency),
            issued_on: row.issued_on,
            due_on: row.due_on,
            paid_at: row.paid_at,
            held: row.held_at.zip(row.hold_reason),
            closed: row.closed_at.zip(row.closed_reason),
            version: row.version,
            created_at: row.created_at,
            seal: row.seal,
        })
    }
}

/// Keeps what invoices were computed from, and gives the SHA-256 of each, which the invoice is to be issued with.
pub async fn keep_evidence(
    tx: &mut TenantTx,
    new: Vec<(InvoiceId, CustomerId, String)>,
) -> Result<HashMap<InvoiceId, Vec<u8>>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = new.iter().map(|(id, ..)| id.uuid()).collect();
    let customers: Vec<_> = new.iter().map(|(_, customer, _)| customer.uuid()).collect();
    let bodies: Vec<_> = new.into_iter().map(|(.., body)| body).collect();
    let seals = sqlx::query!(
        r#"insert into invoice_evidence (tenant_id, invoice_id, customer_id, body)
           select $1, id, customer, body from unnest($2::uuid[], $3::uuid[], $4::text[]) as e (id, customer, body)
           returning invoice_id, sha256(convert_to(body, 'UTF8')) as "seal!""#,
        tenant.uuid(),
        &ids,
        &customers,
        &bodies,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(seals.into_iter().map(|row| (row.invoice_id.into(), row.seal)).collect())
}

/// What an invoice was computed from; none for those issued before that was kept.
pub async fn evidence(tx: &mut TenantTx, id: InvoiceId) -> Result<Option<String>> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        "select body from invoice_evidence where tenant_id = $1 and invoice_id = $2",
        tenant.uuid(),
        id.uuid()
    )
    .fetch_optional(tx.conn()?)
    .await?)
}

/// What invoices are issued with.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What their numbers begin with.
    pub prefix: String,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// Until when they are to be paid.
    pub due_on: NaiveDate,
}

/// What an invoice is issued with.
#[derive(Debug, Clone)]
pub struct Issue {
    /// Which.
    pub id: InvoiceId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name, as it is printed.
    pub customer_name: String,
    /// The customer's address, as it is printed.
    pub customer_address: Option<String>,
    /// The customer's tax number, as it is printed.
    pub customer_tax_id: Option<String>,
    /// The SHA-256 of what it was computed from.
    pub seal: Vec<u8>,
}

/// Issues drafts: gives them the next numbers of their issuer, in this order. The counter's row stays locked until the
/// transaction ends, so that a number is taken if and only if its invoice is there: no gaps.
pub async fn finalize(tx: &mut TenantTx, terms: &Terms, issues: &[Issue]) -> Result<Vec<Invoice>> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let count = i64::try_from(issues.len()).map_err(|_| StoreError::Invalid("too many invoices"))?;
    let before = sqlx::query_scalar!(
        r#"update invoice_counters set last = last + $2 where tenant_id = $1 returning last - $2 as "before!""#,
        tenant.uuid(),
        count,
    )
    .fetch_one(tx.conn()?)
    .await?;
    let sequences: Vec<_> = (before + 1..=before + count).collect();
    let numbers: Vec<_> = sequences.iter().map(|sequence| rules::number(&terms.prefix, *sequence)).collect();
    let ids: Vec<_> = issues.iter().map(|issue| issue.id.uuid()).collect();
    let codes: Vec<_> = issues.iter().map(|issue| issue.customer_code.clone()).collect();
    let names: Vec<_> = issues.iter().map(|issue| issue.customer_name.clone()).collect();
    let addresses: Vec<_> = issues.iter().map(|issue| issue.customer_address.clone()).collect();
    let tax_ids: Vec<_> = issues.iter().map(|issue| issue.customer_tax_id.clone()).collect();
    let seals: Vec<_> = issues.iter().map(|issue| issue.seal.clone()).collect();
    // Nothing was paid or credited of a draft. Each is found by its id: a condition or a join more, and the planner takes them
    // for one row and looks through all of them for each. What is not a draft the database lets nobody issue again.
    let rows = sqlx::query_as!(
        InvoiceRow,
        r#"update invoices i
           set status = 'finalized', sequence = n.sequence, number = n.number, issued_on = $2, due_on = $3,
               finalized_at = $4, customer_name = n.name, customer_address = n.address, customer_tax_id = n.tax_id,
               seal = n.seal, version = i.version + 1, updated_at = $4
           from unnest($5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[],
                       $12::text[])
                    as n (id, sequence, number, name, address, tax_id, seal, code)
           where i.tenant_id = $1 and i.id = n.id
           returning i.id, i.customer_id, n.code as "customer_code!", i.customer_name as "customer_name!",
                     i.customer_address, i.customer_tax_id,
                     (select coalesce(jsonb_agg(to_jsonb(b) order by b.position), '[]') from invoice_subscriptions b
                      where b.tenant_id = i.tenant_id and b.invoice_id = i.id)
                         as "subscriptions!: Json<Vec<billed::BilledRow>>",
                     i.status, i.number, i.currency, i.period_start, i.period_end, i.total_minor, i.tax_minor,
                     i.tax as "taxes: Json<Taxes>", 0::bigint as "paid_minor!", 0::bigint as "credit_used_minor!",
                     0::bigint as "credited_minor!", i.total_minor as "outstanding_minor!",
                     0::bigint as "written_off_minor!", i.issued_on, i.due_on, i.paid_at, i.held_at, i.hold_reason,
                     i.closed_at, i.closed_reason, i.version, i.created_at, i.seal"#,
        tenant.uuid(),
        terms.issued_on,
        terms.due_on,
        now,
        &ids,
        &sequences,
        &numbers,
        &names,
        &addresses as _,
        &tax_ids as _,
        &seals,
        &codes,
    )
    .fetch_all(tx.conn()?)
    .await?;
    if rows.len() != issues.len() {
        return Err(StoreError::Stale);
    }
    let mut invoices = rows.into_iter().map(Invoice::try_from).collect::<Result<Vec<_>>>()?;
    let places: HashMap<_, _> = issues.iter().enumerate().map(|(place, issue)| (issue.id, place)).collect();
    invoices.sort_by_key(|invoice| places.get(&invoice.id).copied());
    Ok(invoices)
}

/// Marks an issued invoice paid; says whether it was not before.
pub async fn mark_paid(tx: &mut TenantTx, id: InvoiceId, paid_at: DateTime<Utc>) -> Result<bool> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update invoices set status = 'paid', paid_at = $3, version = version + 1, updated_at = $4
         where tenant_id = $1 and id = $2 and status in ('finalized', 'uncollectible')",
        tenant.uuid(),
        id.uuid(),
        paid_at,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Voids an open invoice or writes it off; [`StoreError::Stale`] if it is not open.
pub async fn close(tx: &mut TenantTx, id: InvoiceId, to: InvoiceStatus, reason: &str) -> Result<Invoice> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update invoices
         set status = $3, closed_at = $4, closed_reason = $5, version = version + 1, updated_at = $4
         where tenant_id = $1 and id = $2 and status = 'finalized'",
        tenant.uuid(),
        id.uuid(),
        to.as_str(),
        now,
        reason,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { get(tx, id).await }
}

/// Counts a change of what is left of an invoice: a payment of a part, a credit note.
pub async fn touch(tx: &mut TenantTx, id: InvoiceId) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update invoices set version = version + 1, updated_at = $3 where tenant_id = $1 and id = $2",
        tenant.uuid(),
        id.uuid(),
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Locks an invoice until the transaction ends, so that two changes of it take turns.
pub async fn lock(tx: &mut TenantTx, id: InvoiceId) -> Result<Invoice> {
    let tenant = tx.tenant();
    sqlx::query!(
        "select id from invoices where tenant_id = $1 and id = $2 for update",
        tenant.uuid(),
        id.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?;
    get(tx, id).await
}

/// An invoice by id.
pub async fn get(tx: &mut TenantTx, id: InvoiceId) -> Result<Invoice> {
    let tenant = tx.tenant();
    select!("invoices", "where i.tenant_id = $1 and i.id = $2", tenant.uuid(), id.uuid())
        .fetch_one(tx.conn()?)
        .await?
        .try_into()
}

/// What customers were invoiced for the days of a period, less what was credited of it, by customer and currency.
pub async fn invoiced(
    tx: &mut TenantTx,
    customers: &[CustomerId],
    period: Period,
) -> Result<HashMap<(CustomerId, Currency), Money>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = customers.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"select customer_id, currency,
                  sum(total_minor - coalesce((select sum(n.total_minor) from credit_notes n
                                              where n.tenant_id = i.tenant_id and n.invoice_id = i.id), 0))::bigint
                      as "total!"
           from invoices i
           where tenant_id = $1 and customer_id = any($2) and period_start >= $3 and period_start < $4
             and status not in ('draft', 'void')
           group by customer_id, currency"#,
        tenant.uuid(),
        &ids,
        period.start(),
        period.end(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency: Currency = parse(&row.currency, "invoices.currency")?;
            Ok(((row.customer_id.into(), currency), Money::new(row.total, currency)))
        })
        .collect()
}

/// Every tenant's invoice of a number: each tenant counts its own.
pub async fn by_number(tx: &mut SystemTx, number: &str) -> Result<Vec<(TenantId, InvoiceId)>> {
    let rows =
        sqlx::query!("select tenant_id, id from invoices where number = $1 order by tenant_id", number)
            .fetch_all(tx.conn()?)
            .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.id.into())).collect())
}

/// Which invoices are wanted.
#[derive(Debug, Clone, Default)]
pub struct InvoiceFilter {
    /// Only those of one customer.
    pub customer: Option<CustomerId>,
    /// Only those in this state.
    pub status: Option<InvoiceStatus>,
    /// Only those that bill a period beginning on or after this day.
    pub from: Option<NaiveDate>,
    /// Only those that bill a period beginning before this day.
    pub until: Option<NaiveDate>,
    /// Only those that should have been paid before this day.
    pub overdue_on: Option<NaiveDate>,
    /// Only those that are on hold, or only those that are not.
    pub held: Option<bool>,
    /// Only those that have been issued.
    pub issued_only: bool,
}

/// Invoices, those of the latest period first.
pub async fn list(tx: &mut TenantTx, filter: &InvoiceFilter, page: &PageRequest) -> Result<Page<Invoice>> {
    let after: Option<(NaiveDate, uuid::Uuid)> = page.after()?;
    let (after_start, after_id) = after.unzip();
    let tenant = tx.tenant();
    // The page first: what is left of an invoice is added up for its rows alone.
    let rows = select!(
        "(select * from invoices i
          where i.tenant_id = $1
            and ($2::uuid is null or i.customer_id = $2)
            and ($3::text is null or i.status = $3)
            and ($4::date is null or i.period_start >= $4)
            and ($5::date is null or i.period_start < $5)
            and ($6::date is null or (i.status = 'finalized' and i.due_on < $6))
            and (not $7 or i.status <> 'draft')
            and ($11::boolean is null or (i.held_at is not null) = $11)
            and ($8::date is null or (i.period_start, i.id) < ($8, $9))
          order by i.period_start desc, i.id desc limit $10)",
        "order by i.period_start desc, i.id desc",
        tenant.uuid(),
        filter.customer.map(domain::ids::Id::uuid),
        filter.status.map(InvoiceStatus::as_str),
        filter.from,
        filter.until,
        filter.overdue_on,
        filter.issued_only,
        after_start,
        after_id,
        page.fetch(),
        filter.held,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(Invoice::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&(row.period.start(), row.id.uuid()))))
}
