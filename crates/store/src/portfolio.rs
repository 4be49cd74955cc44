//! What the home page is made of: a few set-based reads, put together by the use case.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    customers::CustomerStatus,
    ids::{CustomerId, Id as _, InvoiceId},
    metrics::CountsAs,
    money::{Currency, Money},
    periods::{Month, Period},
    subscriptions::{Effect, PricesRef, Timeline},
};
use rust_decimal::Decimal;
use std::collections::HashMap;

use crate::{
    Result, TenantTx,
    error::parse,
    subscriptions::{effect, times},
    usage::MetricSum,
};

/// What the home page needs to know of each customer.
#[derive(Debug, Clone)]
pub struct CustomerLine {
    /// Which.
    pub id: CustomerId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: CustomerStatus,
    /// Machines at most.
    pub max_machines: Option<i32>,
    /// Storage at most.
    pub storage_gb: Option<i32>,
    /// When its trial ends.
    pub trial_ends_on: Option<NaiveDate>,
    /// What it is subscribed to in the month: more than one where one follows another, the latest first.
    pub subscriptions: Vec<Timeline>,
}

/// Every customer that has not left, with its subscriptions in a month.
pub async fn customers(tx: &mut TenantTx, month: Month) -> Result<Vec<CustomerLine>> {
    let tenant = tx.tenant();
    let period = month.period();
    let mut changes = changes(tx, period).await?;
    let rows = sqlx::query!(
        r#"select c.id, c.code, c.company_name, c.status, c.max_machines, c.storage_gb, c.trial_ends_on,
                  s.id as "subscription?", s.plan_id as "plan_id?", s.price_version as "price_version?",
                  s.quantity as "quantity?", s.starts_on as "starts_on?", s.ends_on as "ends_on?",
                  s.trial_ends_on as "free_until?"
           from customers c
           left join subscriptions s on s.tenant_id = c.tenant_id and s.customer_id = c.id
                                        and s.starts_on < $3 and (s.ends_on is null or s.ends_on > $2)
           where c.tenant_id = $1
           order by c.id, s.starts_on desc"#,
        tenant.uuid(),
        period.start(),
        period.end(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut lines: Vec<CustomerLine> = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.id.into();
        let quantity = row.quantity.map(|quantity| times(quantity, "subscriptions.quantity")).transpose()?;
        let first = row.plan_id.zip(row.price_version);
        let first = first.map(|(plan, version)| PricesRef { plan: plan.into(), version }).zip(quantity);
        let subscription = row.subscription.zip(row.starts_on).zip(first).map(|((id, starts_on), first)| {
            let changes = changes.remove(&id).unwrap_or_default();
            Timeline::new((starts_on, row.ends_on), row.free_until, first, changes)
        });
        match lines.last_mut() {
            Some(line) if line.id == id => line.subscriptions.extend(subscription),
            _ => lines.push(CustomerLine {
                id,
                code: row.code,
                name: row.company_name,
                status: parse(&row.status, "customers.status")?,
                max_machines: row.max_machines,
                storage_gb: row.storage_gb,
                trial_ends_on: row.trial_ends_on,
                subscriptions: subscription.into_iter().collect(),
            }),
        }
    }
    Ok(lines)
}

/// What changes about the subscriptions of a period, up to its end.
async fn changes(tx: &mut TenantTx, period: Period) -> Result<HashMap<uuid::Uuid, Vec<(NaiveDate, Effect)>>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "select c.subscription_id, c.effective_on, c.kind, c.plan_id, c.price_version, c.quantity
         from subscription_changes c
              join subscriptions s on s.tenant_id = c.tenant_id and s.id = c.subscription_id
         where c.tenant_id = $1 and c.effective_on < $3 and (s.ends_on is null or s.ends_on > $2)",
        tenant.uuid(),
        period.start(),
        period.end(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut changes: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let prices = row.plan_id.zip(row.price_version);
        let prices = prices.map(|(plan, version)| PricesRef { plan: plan.into(), version });
        let quantity = row.quantity.map(|quantity| times(quantity, "subscription_changes.quantity"));
        let effect = effect(parse(&row.kind, "subscription_changes.kind")?, prices, quantity.transpose()?);
        changes.entry(row.subscription_id).or_default().push((row.effective_on, effect));
    }
    Ok(changes)
}

/// The usage of one customer in a month.
#[derive(Debug, Clone, Default)]
pub struct CustomerUsage {
    /// Of every metric.
    pub usage: Vec<MetricSum>,
    /// Of those that count machines.
    pub machines: Decimal,
    /// Of those that count storage.
    pub storage_gb: Decimal,
}

/// The usage of every customer in a month.
pub async fn usage(tx: &mut TenantTx, month: Month) -> Result<HashMap<CustomerId, CustomerUsage>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "select u.customer_id, u.metric, u.quantity, u.events, m.counts_as
         from usage_months u join metrics m on m.tenant_id = u.tenant_id and m.key = u.metric
         where u.tenant_id = $1 and u.month = $2",
        tenant.uuid(),
        month.first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut usage: HashMap<CustomerId, CustomerUsage> = HashMap::new();
    for row in rows {
        let of_customer = usage.entry(row.customer_id.into()).or_default();
        let counts_as: Option<CountsAs> =
            row.counts_as.as_deref().map(|name| parse(name, "metrics.counts_as")).transpose()?;
        match counts_as {
            Some(CountsAs::Machines) => of_customer.machines += row.quantity,
            Some(CountsAs::StorageGb) => of_customer.storage_gb += row.quantity,
            None => {}
        }
        of_customer.usage.push(MetricSum { metric: row.metric, quantity: row.quantity, events: row.events });
    }
    Ok(usage)
}

/// An issued invoice that should have been paid by now.
#[derive(Debug, Clone)]
pub struct Overdue {
    /// Which.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: String,
    /// Whose.
    pub customer: CustomerId,
    /// The customer's name.
    pub customer_name: String,
    /// How much is still to be paid.
    pub outstanding: Money,
    /// Since when.
    pub due_on: NaiveDate,
}

/// Overdue invoices, the longest due first, at most so many; and how many there are.
pub async fn overdue(tx: &mut TenantTx, today: NaiveDate, limit: i64) -> Result<(Vec<Overdue>, i64)> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select i.id, i.number as "number!", i.customer_id, i.customer_name as "customer_name!", a.outstanding_minor as "outstanding_minor!",
                  i.currency, i.due_on as "due_on!", i.count as "count!"
           from (select *, count(*) over () as count from invoices i
                 where i.tenant_id = $1 and i.status = 'finalized' and i.due_on < $2
                 order by i.due_on, i.id limit $3) i
                join invoice_amounts a on a.tenant_id = i.tenant_id and a.invoice_id = i.id
           order by i.due_on, i.id"#,
        tenant.uuid(),
        today,
        limit,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let count = rows.first().map_or(0, |row| row.count);
    let overdue = rows
        .into_iter()
        .map(|row| {
            let currency: Currency = parse(&row.currency, "invoices.currency")?;
            Ok(Overdue {
                invoice: row.id.into(),
                number: row.number,
                customer: row.customer_id.into(),
                customer_name: row.customer_name,
                outstanding: Money::new(row.outstanding_minor, currency),
                due_on: row.due_on,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((overdue, count))
}

/// An attempt to pay that failed, for an invoice that is still open.
#[derive(Debug, Clone)]
pub struct FailedPayment {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: String,
    /// Whose.
    pub customer: CustomerId,
    /// The customer's name.
    pub customer_name: String,
    /// Why it failed.
    pub reason: String,
    /// When.
    pub failed_at: DateTime<Utc>,
}

/// Failed attempts, the latest first.
pub async fn failed_payments(tx: &mut TenantTx, limit: i64) -> Result<Vec<FailedPayment>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select i.id, i.number as "number!", i.customer_id, i.customer_name as "customer_name!",
                  c.last_failure as "reason!", c.updated_at
           from checkouts c join invoices i on i.tenant_id = c.tenant_id and i.id = c.invoice_id
           where c.tenant_id = $1 and c.last_failure is not null and i.status = 'finalized'
           order by c.updated_at desc, c.id limit $2"#,
        tenant.uuid(),
        limit,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| FailedPayment {
            invoice: row.id.into(),
            number: row.number,
            customer: row.customer_id.into(),
            customer_name: row.customer_name,
            reason: row.reason,
            failed_at: row.updated_at,
        })
        .collect())
}

/// A dispute that the bank waits for an answer to.
#[derive(Debug, Clone)]
pub struct OpenDispute {
    /// The invoice that was paid.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: String,
    /// Whose payment.
    pub customer: CustomerId,
    /// The customer's name, as it is on the invoice.
    pub customer_name: String,
    /// How much.
    pub amount: Money,
    /// Until when.
    pub due_by: Option<DateTime<Utc>>,
}

/// Disputes that wait for an answer, the most urgent first.
pub async fn open_disputes(tx: &mut TenantTx, limit: i64) -> Result<Vec<OpenDispute>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select d.invoice_id, i.number as "number!", d.customer_id, i.customer_name as "customer_name!", d.amount_minor,
                  d.currency, d.evidence_due_by
           from disputes d join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
           where d.tenant_id = $1 and d.status = 'needs_response'
           order by d.evidence_due_by nulls last, d.id limit $2"#,
        tenant.uuid(),
        limit,
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(OpenDispute {
                invoice: row.invoice_id.into(),
                number: row.number,
                customer: row.customer_id.into(),
                customer_name: row.customer_name,
                amount: Money::new(row.amount_minor, parse(&row.currency, "disputes.currency")?),
                due_by: row.evidence_due_by,
            })
        })
        .collect()
}

/// How many drafts of months that are over wait for somebody, and how many are on hold: those of months whose invoices are still to
/// be issued by themselves do not.
pub async fn drafts(tx: &mut TenantTx, today: NaiveDate) -> Result<(i64, i64)> {
    let tenant = tx.tenant();
    let row = sqlx::query!(
        r#"select count(*) filter (where i.held_at is null) as "waiting!", count(*) filter (where i.held_at is not null) as "held!"
           from invoices i join tenants t on t.id = i.tenant_id
           where i.tenant_id = $1 and i.status = 'draft' and i.period_end <= $2
             and (i.held_at is not null or t.issued_month is null
                  or i.period_start < t.issued_month + interval '1 month')"#,
        tenant.uuid(),
        today,
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok((row.waiting, row.held))
}

/// How many invitations wait for an answer, and how many have run out unanswered in the last month.
pub async fn invitations(tx: &mut TenantTx) -> Result<(i64, i64)> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let row = sqlx::query!(
        r#"select count(*) filter (where expires_at > $2) as "open!",
                  count(*) filter (where expires_at <= $2 and expires_at > $2 - interval '30 days') as "expired!"
           from invitations
           where tenant_id = $1 and accepted_at is null and revoked_at is null"#,
        tenant.uuid(),
        now,
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok((row.open, row.expired))
}
