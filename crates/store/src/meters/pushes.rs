//! What was sent to meters, or is to be.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, Id as _, MeterId, MeterPushId},
    meters::PushStatus,
};
use rust_decimal::Decimal;

use crate::{Cursor, Page, PageRequest, Result, StoreError, TenantTx, error::parse};

/// By how much a customer's day differs from what was sent of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPush {
    /// Whose.
    pub customer: CustomerId,
    /// To which meter.
    pub meter: MeterId,
    /// The day, in the tenant's time zone.
    pub day: NaiveDate,
    /// By how much; not zero.
    pub quantity: Decimal,
}

/// What of each customer, meter and day has been sent, or set aside, so far; those of which nothing has are left out.
pub async fn pushed(
    tx: &mut TenantTx,
    of: &[(CustomerId, MeterId, NaiveDate)],
) -> Result<HashMap<(CustomerId, MeterId, NaiveDate), Decimal>> {
    let tenant = tx.tenant();
    let customers: Vec<_> = of.iter().map(|(customer, ..)| customer.uuid()).collect();
    let meters: Vec<_> = of.iter().map(|(_, meter, _)| meter.uuid()).collect();
    let days: Vec<_> = of.iter().map(|(.., day)| *day).collect();
    let rows = sqlx::query!(
        r#"select p.customer_id, p.meter_id, p.day, sum(p.quantity) as "quantity!"
           from unnest($2::uuid[], $3::uuid[], $4::date[]) as d (customer_id, meter_id, day)
           join meter_pushes p on p.tenant_id = $1 and p.customer_id = d.customer_id and p.meter_id = d.meter_id
                                  and p.day = d.day
           where p.status <> 'replaced'
           group by p.customer_id, p.meter_id, p.day"#,
        tenant.uuid(),
        &customers,
        &meters,
        &days,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.customer_id.into(), row.meter_id.into(), row.day), row.quantity))
        .collect())
}

/// Keeps what is to be sent. It waits until its customer is known at the provider.
pub async fn push(tx: &mut TenantTx, new: &[NewPush]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let (tenant, now) = (tx.tenant(), tx.real_now());
    let ids: Vec<_> = new.iter().map(|_| tx.new_id::<MeterPushId>().uuid()).collect();
    let customers: Vec<_> = new.iter().map(|push| push.customer.uuid()).collect();
    let meters: Vec<_> = new.iter().map(|push| push.meter.uuid()).collect();
    let days: Vec<_> = new.iter().map(|push| push.day).collect();
    let quantities: Vec<_> = new.iter().map(|push| push.quantity).collect();
    sqlx::query!(
        "insert into meter_pushes (tenant_id, id, customer_id, meter_id, day, quantity, status, created_at)
         select $1, id, customer_id, meter_id, day, quantity, 'waiting', $7
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::date[], $6::numeric[])
              as i (id, customer_id, meter_id, day, quantity)",
        tenant.uuid(),
        &ids,
        &customers,
        &meters,
        &days,
        &quantities,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Sets aside what is older than the provider takes and has not been asked for. Says of whom there is how much.
pub async fn overtaken(tx: &mut TenantTx, oldest: DateTime<Utc>) -> Result<Vec<(CustomerId, i64)>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"with aside as (
               update meter_pushes set status = 'too_old'
               where tenant_id = $1 and status in ('waiting', 'open') and asked_at is null
                 and coalesce(happened_at, (day + time '12:00') at time zone 'UTC') < $2
               returning customer_id
           )
           select customer_id as "customer_id!", count(*) as "count!" from aside group by customer_id order by 1"#,
        tenant.uuid(),
        oldest,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.customer_id.into(), row.count)).collect())
}

/// Opens what waits for customers that the account knows by now. What it is told with stays as it is from here on, however
/// often it is sent. What was open for another account and never sent waits again.
pub async fn known_customers(tx: &mut TenantTx, account: &str) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.real_now());
    sqlx::query!(
        "update meter_pushes set status = 'waiting', account = null, payer = null, happened_at = null
         where tenant_id = $1 and status = 'open' and asked_at is null and account <> $2",
        tenant.uuid(),
        account,
    )
    .execute(tx.conn()?)
    .await?;
    sqlx::query!(
        "update meter_pushes m
         set status = 'open', account = $2, payer = p.payer,
             happened_at = date_trunc('second', least((m.day + time '12:00') at time zone 'UTC', $3::timestamptz))
         from payers p
         where m.tenant_id = $1 and m.status = 'waiting' and p.tenant_id = $1 and p.customer_id = m.customer_id
           and p.account = $2",
        tenant.uuid(),
        account,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// What the provider is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The push; its id is the identifier.
    pub id: MeterPushId,
    /// Whose.
    pub customer: CustomerId,
    /// The meter.
    pub meter: MeterId,
    /// The meter's name.
    pub event_name: String,
    /// The provider's name for the meter.
    pub reference: String,
    /// The customer, as the account knows it.
    pub payer: String,
    /// How much.
    pub quantity: Decimal,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// When the provider was first asked.
    pub asked_at: Option<DateTime<Utc>>,
}

/// What is to be sent next, the oldest first: of meters that the account has.
pub async fn next_open(
    tx: &mut TenantTx,
    account: &str,
    after: Option<MeterPushId>,
    most: i64,
) -> Result<Vec<Told>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select p.id, p.customer_id, p.meter_id, m.event_name, m.reference as "reference!", p.payer as "payer!",
                  p.quantity, p.happened_at as "happened_at!", p.asked_at
           from meter_pushes p join meters m on m.tenant_id = p.tenant_id and m.id = p.meter_id
           where p.tenant_id = $1 and p.status = 'open' and p.account = $2 and m.account = $2
             and m.reference is not null and m.problem is null and ($3::uuid is null or p.id > $3)
           order by p.id limit $4"#,
        tenant.uuid(),
        account,
        after.map(MeterPushId::uuid),
        most,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Told {
            id: row.id.into(),
            customer: row.customer_id.into(),
            meter: row.meter_id.into(),
            event_name: row.event_name,
            reference: row.reference,
            payer: row.payer,
            quantity: row.quantity.normalize(),
            happened_at: row.happened_at,
            asked_at: row.asked_at,
        })
        .collect())
}

/// Notes that the provider is going to be asked.
pub async fn ask(tx: &mut TenantTx, ids: &[MeterPushId], at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant();
    let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "update meter_pushes set asked_at = coalesce(asked_at, $3)
         where tenant_id = $1 and id = any ($2) and status = 'open'",
        tenant.uuid(),
        &ids,
        at,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Forgets that the provider was asked, where it is known not to have heard.
pub async fn lost(tx: &mut TenantTx, id: MeterPushId) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "update meter_pushes set asked_at = null where tenant_id = $1 and id = $2 and status = 'open'",
        tenant.uuid(),
        id.uuid(),
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Notes what has become of what was open; says whether it still was.
pub async fn settle(
    tx: &mut TenantTx,
    id: MeterPushId,
    status: PushStatus,
    reason: Option<&str>,
) -> Result<bool> {
    let (tenant, now) = (tx.tenant(), tx.real_now());
    let done = sqlx::query!(
        "with settled as (
             update meter_pushes set status = $3, reason = $4, sent_at = case when $3 = 'sent' then $5::timestamptz end
             where tenant_id = $1 and id = $2 and status = 'open'
             returning meter_id
         ), noted as (
             update meters set pushed_at = greatest(pushed_at, $5) from settled
             where meters.tenant_id = $1 and meters.id = settled.meter_id and $3 = 'sent'
         )
         select from settled",
        tenant.uuid(),
        id.uuid(),
        status.as_str(),
        reason,
        now,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(!done.is_empty())
}

/// What was sent of a customer's usage to a meter for instants from one up to another.
pub async fn sent_at(
    tx: &mut TenantTx,
    told: &Told,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Decimal> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        r#"select coalesce(sum(quantity), 0) as "sum!" from meter_pushes
           where tenant_id = $1 and meter_id = $2 and payer = $3 and status = 'sent' and happened_at >= $4
             and happened_at < $5"#,
        tenant.uuid(),
        told.meter.uuid(),
        told.payer,
        from,
        until,
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// Puts what was refused in the past: its days are looked at again, and what there is of them is sent under new names. Says
/// how many there were.
pub async fn renew_refused(tx: &mut TenantTx) -> Result<i64> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        r#"with replaced as (
               update meter_pushes set status = 'replaced' where tenant_id = $1 and status = 'refused'
               returning customer_id, meter_id, day
           ), listed as (
               insert into meter_days (tenant_id, customer_id, metric, day)
               select distinct $1::uuid, r.customer_id, m.metric, r.day
               from replaced r join meters m on m.tenant_id = $1 and m.id = r.meter_id
               order by 2, 3, 4
               on conflict (tenant_id, customer_id, metric, day) do update set changes = meter_days.changes + 1
           )
           select count(*) as "count!" from replaced"#,
        tenant.uuid(),
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// What was sent, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Its id, by which the provider knows it.
    pub id: MeterPushId,
    /// To which meter.
    pub meter: MeterId,
    /// Of which metric.
    pub metric: String,
    /// Whose.
    pub customer: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub customer_name: String,
    /// The day.
    pub day: NaiveDate,
    /// How much.
    pub quantity: Decimal,
    /// What has become of it.
    pub status: PushStatus,
    /// The customer as the account knows it.
    pub payer: Option<String>,
    /// When it happened, as the provider is told.
    pub happened_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// When it was kept.
    pub created_at: DateTime<Utc>,
    /// When the provider took it in.
    pub sent_at: Option<DateTime<Utc>>,
}

/// Which pushes are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct PushFilter {
    /// Only those in this state.
    pub status: Option<PushStatus>,
    /// Only those to this meter.
    pub meter: Option<MeterId>,
    /// Only those of this customer.
    pub customer: Option<CustomerId>,
}

/// Pushes, the latest first.
pub async fn list(tx: &mut TenantTx, filter: &PushFilter, page: &PageRequest) -> Result<Page<Push>> {
    let after: Option<uuid::Uuid> = page.after()?;
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "select p.id, p.meter_id, m.metric, p.customer_id, c.code, c.company_name, p.day, p.quantity, p.status, p.payer,
                p.happened_at, p.reason, p.created_at, p.sent_at
         from meter_pushes p
         join meters m on m.tenant_id = p.tenant_id and m.id = p.meter_id
         join customers c on c.tenant_id = p.tenant_id and c.id = p.customer_id
         where p.tenant_id = $1 and ($2::text is null or p.status = $2) and ($3::uuid is null or p.meter_id = $3)
           and ($4::uuid is null or p.customer_id = $4) and ($5::uuid is null or p.id < $5)
         order by p.id desc limit $6",
        tenant.uuid(),
        filter.status.map(PushStatus::as_str),
        filter.meter.map(MeterId::uuid),
        filter.customer.map(CustomerId::uuid),
        after,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows
        .into_iter()
        .map(|row| {
            Ok::<_, StoreError>(Push {
                id: row.id.into(),
                meter: row.meter_id.into(),
                metric: row.metric,
                customer: row.customer_id.into(),
                customer_code: row.code,
                customer_name: row.company_name,
                day: row.day,
                quantity: row.quantity.normalize(),
                status: parse(&row.status, "meter_pushes.status")?,
                payer: row.payer,
                happened_at: row.happened_at,
                reason: row.reason,
                created_at: row.created_at,
                sent_at: row.sent_at,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&row.id.uuid())))
}
