//! What is charged ahead, and how far it has been earned.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::{
    deferrals as rules,
    ids::{
        CreditNoteId, CustomerId, Id as _, InvoiceId, InvoiceLineId, RecognitionId, SubscriptionId, TenantId,
    },
    money::{Currency, Money},
    periods::{Month, Period},
    pricing::LineKind,
    tax,
};

use crate::{Result, StoreError, SystemTx, TenantTx, error::parse};

/// A line of an invoice of whose lines some are for later days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedLine {
    /// Which.
    pub id: InvoiceLineId,
    /// The product class that its tax goes by.
    pub tax_class: String,
    /// What it comes to.
    pub amount: Money,
    /// The days that it charges for.
    pub days: Period,
}

/// Of invoices, the lines of those that have any for a day or later ones.
pub async fn lines_ahead(
    tx: &mut TenantTx,
    invoices: &[InvoiceId],
    after: NaiveDate,
) -> Result<HashMap<InvoiceId, Vec<IssuedLine>>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = invoices.iter().map(|id| id.uuid()).collect();
    let ids = sqlx::query_scalar!(
        "select distinct invoice_id from invoice_lines
         where tenant_id = $1 and invoice_id = any ($2) and service_end > $3",
        tenant.uuid(),
        &ids,
        after,
    )
    .fetch_all(tx.conn()?)
    .await?;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select l.invoice_id, l.id, l.kind, l.tax_class, l.amount_minor, i.currency, l.service_start, l.service_end
         from invoice_lines l join invoices i on i.tenant_id = l.tenant_id and i.id = l.invoice_id
         where l.tenant_id = $1 and l.invoice_id = any ($2)
         order by l.invoice_id, l.position",
        tenant.uuid(),
        &ids,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let kind: LineKind = parse(&row.kind, "invoice_lines.kind")?;
        let currency: Currency = parse(&row.currency, "invoices.currency")?;
        let days = Period::new(row.service_start, row.service_end);
        found.entry(row.invoice_id.into()).or_default().push(IssuedLine {
            id: row.id.into(),
            tax_class: tax::class_of(kind, row.tax_class.as_deref()).to_owned(),
            amount: Money::new(row.amount_minor, currency),
            days: days.ok_or(StoreError::Corrupt("invoice_lines.service_start"))?,
        });
    }
    Ok(found)
}

/// A line that is to be earned in later months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDeferral {
    /// Of which invoice.
    pub invoice: InvoiceId,
    /// Whose.
    pub customer: CustomerId,
    /// Which line.
    pub line: InvoiceLineId,
    /// What is to be earned.
    pub rule: rules::Deferral,
}

/// Keeps that lines are to be earned later.
pub async fn keep(tx: &mut TenantTx, new: &[NewDeferral]) -> Result<()> {
    let tenant = tx.tenant();
    let invoices: Vec<_> = new.iter().map(|new| new.invoice.uuid()).collect();
    let customers: Vec<_> = new.iter().map(|new| new.customer.uuid()).collect();
    let lines: Vec<_> = new.iter().map(|new| new.line.uuid()).collect();
    let amounts: Vec<_> = new.iter().map(|new| new.rule.net.amount_minor()).collect();
    let ends: Vec<_> = new.iter().map(|new| new.rule.days.end()).collect();
    let until: Vec<_> = new.iter().map(|new| new.rule.billed.period().end()).collect();
    sqlx::query!(
        "insert into deferrals (tenant_id, invoice_id, customer_id, invoice_line_id, net_minor, ends_on, recognized_until)
         select $1, invoice, customer, line, net, ends_on, until
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::date[], $7::date[])
              as d (invoice, customer, line, net, ends_on, until)",
        tenant.uuid(),
        &invoices,
        &customers,
        &lines,
        &amounts,
        &ends,
        &until,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// A line that is earned in later months, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferral {
    /// Of which invoice.
    pub invoice: InvoiceId,
    /// When that was issued.
    pub issued_on: NaiveDate,
    /// Whose.
    pub customer: CustomerId,
    /// Which line.
    pub line: InvoiceLineId,
    /// Of which subscription.
    pub subscription: Option<SubscriptionId>,
    /// What it charges for.
    pub kind: LineKind,
    /// Whether it has to do with a fee that has a rhythm of its own.
    pub has_rhythm: bool,
    /// What is to be earned of it.
    pub rule: rules::Deferral,
    /// The first day of a month that has not been booked.
    pub recognized_until: NaiveDate,
}

/// What invoices charge ahead, in the order of their lines.
pub async fn of_invoices(tx: &mut TenantTx, invoices: &[InvoiceId]) -> Result<Vec<Deferral>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = invoices.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"select d.invoice_id, d.invoice_line_id, d.customer_id, d.net_minor, d.recognized_until, i.currency, i.period_start,
                  i.issued_on as "issued_on!", l.subscription_id, l.kind, l.fee_start is not null as "has_rhythm!", l.amount_minor,
                  l.service_start, l.service_end,
                  case i.status when 'void' then l.amount_minor
                                else (select coalesce(sum(n.amount_minor), 0)::bigint from credit_note_lines n
                                      where n.tenant_id = d.tenant_id and n.invoice_id = d.invoice_id
                                        and n.invoice_line_id = d.invoice_line_id) end as "credited_minor!"
           from deferrals d
                join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
                join invoice_lines l on l.tenant_id = d.tenant_id and l.invoice_id = d.invoice_id and l.id = d.invoice_line_id
           where d.tenant_id = $1 and d.invoice_id = any ($2)
           order by d.invoice_id, l.position"#,
        tenant.uuid(),
        &ids,
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency: Currency = parse(&row.currency, "invoices.currency")?;
            let days = Period::new(row.service_start, row.service_end);
            Ok(Deferral {
                invoice: row.invoice_id.into(),
                issued_on: row.issued_on,
                customer: row.customer_id.into(),
                line: row.invoice_line_id.into(),
                subscription: row.subscription_id.map(Into::into),
                kind: parse(&row.kind, "invoice_lines.kind")?,
                has_rhythm: row.has_rhythm,
                rule: rules::Deferral {
                    amount: Money::new(row.amount_minor, currency),
                    net: Money::new(row.net_minor, currency),
                    credited: Money::new(row.credited_minor, currency),
                    days: days.ok_or(StoreError::Corrupt("invoice_lines.service_start"))?,
                    billed: Month::of(row.period_start),
                },
                recognized_until: row.recognized_until,
            })
        })
        .collect()
}

/// Tenants of whose deferred revenue a month is over that has not been booked: of all that live by the real time, or a
/// sandbox.
pub async fn due(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<Vec<TenantId>> {
    let now = tx.now();
    let rows = sqlx::query_scalar!(
        "select t.id from tenants t
         where t.status = 'active' and (t.clock is null) = ($2::uuid is null) and ($2 is null or t.id = $2)
           and exists (select from deferrals d
                       where d.tenant_id = t.id and d.recognized_until < d.ends_on
                         and d.recognized_until < date_trunc('month', coalesce(t.clock, $1::timestamptz)
                                                                       at time zone t.time_zone)::date)",
        now,
        sandbox.map(domain::ids::Id::uuid),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What some invoices charge ahead of which a month before this one has not been booked. They are locked until the
/// transaction ends: nobody credits or voids them meanwhile.
pub async fn lock_due(tx: &mut TenantTx, before: Month, limit: i64) -> Result<Vec<Deferral>> {
    let tenant = tx.tenant();
    let locked = sqlx::query_scalar!(
        "select id from invoices
         where tenant_id = $1 and id in (select invoice_id from deferrals
                                         where tenant_id = $1 and recognized_until < ends_on and recognized_until < $2
                                         order by recognized_until, invoice_id limit $3)
         order by id for update",
        tenant.uuid(),
        before.first_day(),
        limit,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let invoices: Vec<InvoiceId> = locked.into_iter().map(Into::into).collect();
    of_invoices(tx, &invoices).await
}

/// Keeps that what invoices charge ahead is booked up to a day.
pub async fn recognized(tx: &mut TenantTx, invoices: &[InvoiceId], until: NaiveDate) -> Result<()> {
    let tenant = tx.tenant();
    let ids: Vec<_> = invoices.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "update deferrals set recognized_until = $3
         where tenant_id = $1 and invoice_id = any ($2) and recognized_until < ends_on and recognized_until < $3",
        tenant.uuid(),
        &ids,
        until,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Why something is booked for a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The month is over.
    Earned,
    /// Something of it was credited afterwards.
    Credited(CreditNoteId),
    /// Its invoice was voided afterwards.
    Voided,
}

impl Cause {
    fn name(self) -> &'static str {
        match self {
            Self::Earned => "earned",
            Self::Credited(_) => "credited",
            Self::Voided => "voided",
        }
    }

    fn credit_note(self) -> Option<CreditNoteId> {
        match self {
            Self::Credited(note) => Some(note),
            Self::Earned | Self::Voided => None,
        }
    }
}

/// What is booked for a month of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRecognition {
    /// Of which invoice.
    pub invoice: InvoiceId,
    /// Whose.
    pub customer: CustomerId,
    /// For which month.
    pub month: Month,
    /// Why.
    pub cause: Cause,
    /// How much was earned; less than nothing where that is taken back.
    pub amount: Money,
}

/// Keeps what is booked for months, and gives the ids in the same order. The database refuses what was booked before.
pub async fn keep_recognitions(tx: &mut TenantTx, new: &[NewRecognition]) -> Result<Vec<RecognitionId>> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let made: Vec<_> = new.iter().map(|_| tx.new_id::<RecognitionId>()).collect();
    let ids: Vec<_> = made.iter().map(|id| id.uuid()).collect();
    let customers: Vec<_> = new.iter().map(|new| new.customer.uuid()).collect();
    let invoices: Vec<_> = new.iter().map(|new| new.invoice.uuid()).collect();
    let months: Vec<_> = new.iter().map(|new| new.month.first_day()).collect();
    let kinds: Vec<_> = new.iter().map(|new| new.cause.name().to_owned()).collect();
    let notes: Vec<_> = new.iter().map(|new| new.cause.credit_note().map(domain::ids::Id::uuid)).collect();
    let amounts: Vec<_> = new.iter().map(|new| new.amount.amount_minor()).collect();
    sqlx::query!(
        "insert into recognitions (tenant_id, id, customer_id, invoice_id, month, kind, credit_note_id, amount_minor,
                                   created_at)
         select $1, id, customer, invoice, month, kind, note, amount, $2
         from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::date[], $7::text[], $8::uuid[], $9::bigint[])
              as r (id, customer, invoice, month, kind, note, amount)",
        tenant.uuid(),
        now,
        &ids,
        &customers,
        &invoices,
        &months,
        &kinds,
        &notes as _,
        &amounts,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(made)
}

/// What was booked for the months of an invoice.
pub async fn booked(
    tx: &mut TenantTx,
    invoice: InvoiceId,
    currency: Currency,
) -> Result<BTreeMap<Month, Money>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select month, sum(amount_minor)::bigint as "sum!" from recognitions
           where tenant_id = $1 and invoice_id = $2 group by month"#,
        tenant.uuid(),
        invoice.uuid(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (Month::of(row.month), Money::new(row.sum, currency))).collect())
}
