//! Usage that goes to meters at the payment provider: which days have to be looked at, what was sent of them, and what the
//! provider has.

mod checks;
mod pushes;

pub use checks::{Check, CheckFilter, Checked, Sent, checks, keep_checks, sent_since};
pub use pushes::{
    NewPush, Push, PushFilter, Told, ask, known_customers, list, lost, next_open, overtaken, push, pushed,
    renew_refused, sent_at, settle,
};

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, Id as _, MeterId, TenantId},
    meters::{MeterFunction, event_name},
    periods::{Period, start_of_day},
};
use rust_decimal::Decimal;

use crate::{Result, StoreError, SystemTx, TenantTx, error::parse};

/// Where the usage of a metric goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// Its id.
    pub id: MeterId,
    /// The metric.
    pub metric: String,
    /// What of it goes there.
    pub function: MeterFunction,
    /// The name by which the provider knows it.
    pub event_name: String,
    /// The account on which it was found.
    pub account: Option<String>,
    /// The provider's name for it, once it was found.
    pub reference: Option<String>,
    /// Why nothing can be sent to it.
    pub problem: Option<String>,
    /// When something was last sent.
    pub pushed_at: Option<DateTime<Utc>>,
    /// When the sums were last compared.
    pub reconciled_at: Option<DateTime<Utc>>,
}

struct MeterRow {
    id: uuid::Uuid,
    metric: String,
    function: String,
    event_name: String,
    account: Option<String>,
    reference: Option<String>,
    problem: Option<String>,
    pushed_at: Option<DateTime<Utc>>,
    reconciled_at: Option<DateTime<Utc>>,
}

impl TryFrom<MeterRow> for Meter {
    type Error = StoreError;

    fn try_from(row: MeterRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            metric: row.metric,
            function: parse(&row.function, "meters.function")?,
            event_name: row.event_name,
            account: row.account,
            reference: row.reference,
            problem: row.problem,
            pushed_at: row.pushed_at,
            reconciled_at: row.reconciled_at,
        })
    }
}

/// Has meters for metrics, as far as there are none yet.
pub async fn ensure(tx: &mut TenantTx, wanted: &[(String, MeterFunction)]) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    for (metric, function) in wanted {
        let id = tx.new_id::<MeterId>();
        sqlx::query!(
            "insert into meters (tenant_id, id, metric, function, event_name, created_at) values ($1, $2, $3, $4, $5, $6)
             on conflict do nothing",
            tenant.uuid(),
            id.uuid(),
            metric,
            function.as_str(),
            event_name(metric, *function),
            now,
        )
        .execute(tx.conn()?)
        .await?;
    }
    Ok(())
}

/// All meters of the tenant, by metric.
pub async fn all(tx: &mut TenantTx) -> Result<Vec<Meter>> {
    let tenant = tx.tenant();
    let rows = sqlx::query_as!(
        MeterRow,
        "select id, metric, function, event_name, account, reference, problem, pushed_at, reconciled_at
         from meters where tenant_id = $1 order by metric, function desc",
        tenant.uuid(),
    );
    rows.fetch_all(tx.conn()?).await?.into_iter().map(Meter::try_from).collect()
}

/// A meter, and what there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The meter.
    pub meter: Meter,
    /// What people call the metric.
    pub metric_name: String,
    /// What one unit is called.
    pub unit: String,
    /// How many pushes wait for their customer to be known at the provider.
    pub waiting: i64,
    /// How many are going to be sent.
    pub open: i64,
    /// How many were refused, or cannot be cleared up.
    pub refused: i64,
    /// How many were too old.
    pub too_old: i64,
    /// On how many days of customers the provider has something else.
    pub different: i64,
}

/// All meters, and what there is of them that somebody may have to look at.
pub async fn overview(tx: &mut TenantTx) -> Result<Vec<Overview>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select m.id, m.metric, m.function, m.event_name, m.account, m.reference, m.problem, m.pushed_at,
                  m.reconciled_at, k.name, k.unit, coalesce(p.waiting, 0) as "waiting!", coalesce(p.open, 0) as "open!",
                  coalesce(p.refused, 0) as "refused!", coalesce(p.too_old, 0) as "too_old!",
                  (select count(*) from meter_checks c
                   where c.tenant_id = m.tenant_id and c.meter_id = m.id and c.ours <> c.theirs) as "different!"
           from meters m
           join metrics k on k.tenant_id = m.tenant_id and k.key = m.metric
           left join (select meter_id, count(*) filter (where status = 'waiting') as waiting,
                             count(*) filter (where status = 'open') as open,
                             count(*) filter (where status in ('refused', 'unclear')) as refused,
                             count(*) filter (where status = 'too_old') as too_old
                      from meter_pushes where tenant_id = $1 and status <> 'sent' group by meter_id) p on p.meter_id = m.id
           where m.tenant_id = $1 order by m.metric, m.function desc"#,
        tenant.uuid(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            let meter = MeterRow {
                id: row.id,
                metric: row.metric,
                function: row.function,
                event_name: row.event_name,
                account: row.account,
                reference: row.reference,
                problem: row.problem,
                pushed_at: row.pushed_at,
                reconciled_at: row.reconciled_at,
            };
            Ok(Overview {
                meter: meter.try_into()?,
                metric_name: row.name,
                unit: row.unit,
                waiting: row.waiting,
                open: row.open,
                refused: row.refused,
                too_old: row.too_old,
                different: row.different,
            })
        })
        .collect()
}

/// Notes as what the account has a meter, or why nothing can be sent to it.
pub async fn found(
    tx: &mut TenantTx,
    meter: MeterId,
    account: &str,
    reference: Option<&str>,
    problem: Option<&str>,
) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "update meters set account = $3, reference = $4, problem = $5 where tenant_id = $1 and id = $2",
        tenant.uuid(),
        meter.uuid(),
        account,
        reference,
        problem,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Notes that the sums of meters were compared.
pub async fn reconciled(tx: &mut TenantTx, meter: MeterId, at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "update meters set reconciled_at = $3 where tenant_id = $1 and id = $2",
        tenant.uuid(),
        meter.uuid(),
        at,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Tenants that have something to send: days to be looked at, or pushes that are left. Sandboxes have no account.
pub async fn pushing(tx: &mut SystemTx) -> Result<Vec<TenantId>> {
    let found = sqlx::query_scalar!(
        "select distinct m.tenant_id from meters m
         join payment_accounts a on a.tenant_id = m.tenant_id
         join tenants t on t.id = m.tenant_id where t.clock is null"
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(found.into_iter().map(Into::into).collect())
}

/// Tenants that have meters whose sums nobody has compared since then.
pub async fn unreconciled(tx: &mut SystemTx, since: DateTime<Utc>) -> Result<Vec<TenantId>> {
    let found = sqlx::query_scalar!(
        "select distinct m.tenant_id from meters m
         join payment_accounts a on a.tenant_id = m.tenant_id and a.account = m.account
         join tenants t on t.id = m.tenant_id
         where t.clock is null and m.reference is not null
           and (m.reconciled_at is null or m.reconciled_at < $1)",
        since
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(found.into_iter().map(Into::into).collect())
}

/// A customer's day of a metric.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DayOf {
    /// Whose.
    pub customer: CustomerId,
    /// Of what.
    pub metric: String,
    /// The day, in the tenant's time zone.
    pub day: NaiveDate,
}

/// Lists days of which usage has come in, as far as their metrics go to meters. In one order everywhere: whoever comes
/// second to a day waits for the first.
pub(crate) async fn mark(tx: &mut TenantTx, days: &[DayOf]) -> Result<()> {
    if days.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant();
    let customers: Vec<_> = days.iter().map(|day| day.customer.uuid()).collect();
    let metrics: Vec<_> = days.iter().map(|day| day.metric.clone()).collect();
    let dates: Vec<_> = days.iter().map(|day| day.day).collect();
    sqlx::query!(
        "insert into meter_days (tenant_id, customer_id, metric, day)
         select $1, i.customer_id, i.metric, i.day
         from unnest($2::uuid[], $3::text[], $4::date[]) with ordinality as i (customer_id, metric, day, place)
         where exists (select from meters m where m.tenant_id = $1 and m.metric = i.metric)
         order by i.place
         on conflict (tenant_id, customer_id, metric, day) do update set changes = meter_days.changes + 1",
        tenant.uuid(),
        &customers,
        &metrics,
        &dates,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Lists all days of a customer that the provider still takes and that have usage: its plan has changed, and with that where
/// they are billed.
pub(crate) async fn mark_customer(tx: &mut TenantTx, customer: CustomerId) -> Result<()> {
    let tenant = tx.tenant();
    let zone = tx.scope().time_zone();
    let oldest = domain::meters::oldest(tx.now());
    let since = start_of_day(oldest.with_timezone(&zone).date_naive(), &zone);
    sqlx::query!(
        "insert into meter_days (tenant_id, customer_id, metric, day)
         select distinct $1::uuid, $2::uuid, e.metric, (e.occurred_at at time zone $3)::date
         from usage_events e
         where e.tenant_id = $1 and e.customer_id = $2 and e.occurred_at >= $4
           and e.metric in (select m.metric from meters m where m.tenant_id = $1)
         order by 3, 4
         on conflict (tenant_id, customer_id, metric, day) do update set changes = meter_days.changes + 1",
        tenant.uuid(),
        customer.uuid(),
        zone.name(),
        since,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Takes days off the list. Usage of them that is on its way in at this moment is waited for, or lists them again.
pub async fn take_days(tx: &mut TenantTx, most: i64) -> Result<Vec<DayOf>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "with taken as (
             select customer_id, metric, day from meter_days where tenant_id = $1
             order by customer_id, metric, day limit $2 for update
         )
         delete from meter_days d using taken t
         where d.tenant_id = $1 and d.customer_id = t.customer_id and d.metric = t.metric and d.day = t.day
         returning d.customer_id, d.metric, d.day",
        tenant.uuid(),
        most,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut days: Vec<_> = rows
        .into_iter()
        .map(|row| DayOf { customer: row.customer_id.into(), metric: row.metric, day: row.day })
        .collect();
    days.sort();
    Ok(days)
}

/// What there is of days, in their order: the sum, and the number of events.
pub async fn used(tx: &mut TenantTx, days: &[DayOf]) -> Result<Vec<(Decimal, i64)>> {
    let tenant = tx.tenant();
    let zone = tx.scope().time_zone();
    let customers: Vec<_> = days.iter().map(|day| day.customer.uuid()).collect();
    let metrics: Vec<_> = days.iter().map(|day| day.metric.clone()).collect();
    let bounds = |day: &DayOf| {
        let next = day.day.succ_opt().unwrap_or(day.day);
        Period::new(day.day, next).map_or_else(Default::default, |period| period.instants(&zone))
    };
    let (starts, ends): (Vec<DateTime<Utc>>, Vec<DateTime<Utc>>) = days.iter().map(bounds).unzip();
    let rows = sqlx::query!(
        r#"select u.quantity as "quantity!", u.events as "events!"
           from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[]) with ordinality
                as d (customer, metric, starts, ends, place),
                lateral (select coalesce(sum(e.quantity), 0) as quantity, count(*) as events
                         from usage_events e
                         where e.tenant_id = $1 and e.customer_id = d.customer and e.metric = d.metric
                           and e.occurred_at >= d.starts and e.occurred_at < d.ends) u
           order by d.place"#,
        tenant.uuid(),
        &customers,
        &metrics,
        &starts,
        &ends,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.quantity, row.events)).collect())
}

/// Customers of days.
pub fn customers_of(days: &[DayOf]) -> Vec<CustomerId> {
    let mut seen = HashSet::new();
    days.iter().map(|day| day.customer).filter(|customer| seen.insert(*customer)).collect()
}
