//! Usage that came after its month was billed.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::{
    ids::{CustomerId, Id as _, SubscriptionId},
    money::{Currency, Money},
    periods::{Month, Period},
    pricing::Billed,
};
use sqlx::types::Json;

use super::Invoice;
use crate::{Result, StoreError, TenantTx, error::parse};

/// How far back it is looked for usage that came late.
const MONTHS: i32 = 12;

/// How many events customers have had in each month.
#[derive(Debug, Default)]
pub struct EventCounts(HashMap<CustomerId, Vec<(NaiveDate, i64)>>);

impl EventCounts {
    /// How many there are up to the end of a month: levels are carried over, from whenever.
    pub fn up_to(&self, customer: CustomerId, month: Month) -> i64 {
        let months = self.0.get(&customer).into_iter().flatten();
        months.filter(|(first_day, _)| *first_day <= month.first_day()).map(|(_, events)| events).sum()
    }
}

/// How many events customers have had in each month up to one.
pub async fn events(tx: &mut TenantTx, customers: &[CustomerId], until: Month) -> Result<EventCounts> {
    let tenant = tx.tenant();
    let ids: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    let rows = sqlx::query!(
        r#"select customer_id, month, sum(events)::bigint as "events!" from usage_months
           where tenant_id = $1 and month <= $2 and customer_id = any ($3) group by customer_id, month"#,
        tenant.uuid(),
        until.first_day(),
        &ids,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut counts = EventCounts::default();
    for row in rows {
        counts.0.entry(row.customer_id.into()).or_default().push((row.month, row.events));
    }
    Ok(counts)
}

/// A month that was billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledMonth {
    /// Which.
    pub month: Month,
    /// The days that were billed.
    pub days: Period,
    /// The number of the invoice that billed them.
    pub invoice: String,
    /// How many events there are up to its end by now.
    pub events: i64,
}

/// The months before one that have to be looked at again, of subscriptions that have such: usage has come since they were
/// billed, for them or for a month before them, whose levels they carry on. The earliest comes first.
///
/// What was billed and what there is now are read apart and compared here: of the months of a hundred subscriptions
/// hardly one differs, and a join that finds it looks at all of them in turn.
pub async fn billed_months(
    tx: &mut TenantTx,
    subscriptions: &[SubscriptionId],
    before: Month,
    now: &EventCounts,
) -> Result<HashMap<SubscriptionId, Vec<BilledMonth>>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = subscriptions.iter().map(|id| id.uuid()).collect();
    let billed = sqlx::query!(
        "select subscription_id, customer_id, month, events from billed_usage
         where tenant_id = $1 and subscription_id = any ($2) and month < $3 and month >= $4",
        tenant.uuid(),
        &ids,
        before.first_day(),
        before.offset(-MONTHS).first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut changed = HashMap::new();
    for row in billed {
        let events = now.up_to(row.customer_id.into(), Month::of(row.month));
        if events != row.events {
            changed.insert((row.subscription_id, row.month), events);
        }
    }
    let mut found: HashMap<SubscriptionId, Vec<BilledMonth>> = HashMap::new();
    if changed.is_empty() {
        return Ok(found);
    }
    let (ids, months): (Vec<_>, Vec<_>) = changed.keys().copied().unzip();
    let rows = sqlx::query!(
        r#"select u.subscription_id as "subscription_id!", u.month as "month!", b.period_start, b.period_end,
                  i.number as "number!"
           from unnest($2::uuid[], $3::date[]) as u (subscription_id, month)
           join invoice_subscriptions b on b.tenant_id = $1 and b.subscription_id = u.subscription_id and not b.is_void
                                           and b.period_start >= u.month
                                           and b.period_start < u.month + interval '1 month'
           join invoices i on i.tenant_id = b.tenant_id and i.id = b.invoice_id and i.status <> 'draft'
           order by u.month"#,
        tenant.uuid(),
        &ids,
        &months,
    )
    .fetch_all(tx.conn()?)
    .await?;
    for row in rows {
        let days = Period::new(row.period_start, row.period_end)
            .ok_or(StoreError::Corrupt("invoice_subscriptions.period"))?;
        let events = changed.get(&(row.subscription_id, row.month)).copied().unwrap_or_default();
        let billed = BilledMonth { month: Month::of(row.month), days, invoice: row.number, events };
        found.entry(row.subscription_id.into()).or_default().push(billed);
    }
    Ok(found)
}

/// What was billed for days of a subscription in a currency, by all invoices that still hold. Fees with a rhythm of their own
/// are left out, whatever their days: no usage changes them.
pub async fn billed(
    tx: &mut TenantTx,
    subscription: SubscriptionId,
    customer: CustomerId,
    days: Period,
    currency: Currency,
) -> Result<Vec<Billed>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select l.kind, l.metric, l.description, l.usage_group as "group: Json<BTreeMap<String, String>>", l.used,
                  l.included, l.quantity, l.events, l.amount_minor
           from invoice_lines l
           join invoices i on i.tenant_id = l.tenant_id and i.id = l.invoice_id
           where l.tenant_id = $1 and l.customer_id = $3 and l.service_start = $4 and l.service_end = $5
             and l.subscription_id = $2 and i.currency = $6 and i.status not in ('draft', 'void')
             and l.kind not in ('one_off', 'late_fee') and l.fee_start is null
           order by i.sequence, l.position"#,
        tenant.uuid(),
        subscription.uuid(),
        customer.uuid(),
        days.start(),
        days.end(),
        currency.code(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Billed {
                kind: parse(&row.kind, "invoice_lines.kind")?,
                metric: row.metric,
                description: row.description,
                group: row.group.0,
                used: row.used.normalize().into(),
                included: row.included.normalize().into(),
                quantity: row.quantity.normalize().into(),
                events: row.events,
                amount: Money::new(row.amount_minor, currency),
            })
        })
        .collect()
}

/// The number of another invoice that still holds and bills days of this one: it makes up for usage that came late.
pub async fn corrected_by(tx: &mut TenantTx, invoice: &Invoice) -> Result<Option<String>> {
    let tenant = tx.tenant();
    let subscriptions: Vec<_> = invoice.subscriptions.iter().map(|of| of.id.uuid()).collect();
    Ok(sqlx::query_scalar!(
        r#"select i.number as "number!"
           from invoice_lines l
           join invoices i on i.tenant_id = l.tenant_id and i.id = l.invoice_id
           where l.tenant_id = $1 and l.customer_id = $2 and l.service_start >= $3 and l.service_start < $4
             and l.fee_start is null and l.subscription_id = any ($5) and i.id <> $6 and i.status not in ('draft', 'void')
           order by i.sequence limit 1"#,
        tenant.uuid(),
        invoice.customer.uuid(),
        invoice.period.start(),
        invoice.period.end(),
        &subscriptions,
        invoice.id.uuid(),
    )
    .fetch_optional(tx.conn()?)
    .await?)
}

/// How many events of a month are billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledUsage {
    /// To which subscription.
    pub subscription: SubscriptionId,
    /// To whom.
    pub customer: CustomerId,
    /// The month.
    pub month: Month,
    /// How many.
    pub events: i64,
}

/// Keeps how many events were billed.
pub async fn keep(tx: &mut TenantTx, billed: &[BilledUsage]) -> Result<()> {
    let tenant = tx.tenant();
    let subscriptions: Vec<_> = billed.iter().map(|billed| billed.subscription.uuid()).collect();
    let customers: Vec<_> = billed.iter().map(|billed| billed.customer.uuid()).collect();
    let months: Vec<_> = billed.iter().map(|billed| billed.month.first_day()).collect();
    let events: Vec<_> = billed.iter().map(|billed| billed.events).collect();
    sqlx::query!(
        "insert into billed_usage (tenant_id, subscription_id, customer_id, month, events)
         select $1, subscription, customer, month, events
         from unnest($2::uuid[], $3::uuid[], $4::date[], $5::bigint[]) as b (subscription, customer, month, events)
         on conflict (tenant_id, subscription_id, month) do update set events = excluded.events",
        tenant.uuid(),
        &subscriptions,
        &customers,
        &months,
        &events,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// All months of subscriptions are looked at again with their next invoices.
pub async fn forget(tx: &mut TenantTx, subscriptions: &[SubscriptionId]) -> Result<()> {
    let tenant = tx.tenant();
    let ids: Vec<_> = subscriptions.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "update billed_usage set events = -1 where tenant_id = $1 and subscription_id = any ($2)",
        tenant.uuid(),
        &ids
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
