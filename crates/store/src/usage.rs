//! Usage: events in, deduplicated for ever; sums out.

mod measured;

pub use measured::{MetricSum, count_in, events_of, levels_before, over};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, Id as _, UsageEventId},
    metrics::CountsAs,
    periods::Month,
};
use rust_decimal::Decimal;
use sqlx::Executor as _;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    Result, StoreError, TenantTx,
    customers::contains_pattern,
    error::parse,
    meters::{self, DayOf},
    pages::{Cursor, Page, PageRequest},
};

/// A usage event to be taken in.
#[derive(Debug, Clone)]
pub struct NewUsageEvent {
    /// Who reports it; with the id it names the event for ever.
    pub source: String,
    /// Its id at the source.
    pub event_id: String,
    /// SHA-256 of what it says, to tell a repeat from a contradiction.
    pub content_hash: Vec<u8>,
    /// Whose usage.
    pub customer: CustomerId,
    /// Of what.
    pub metric: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// How much.
    pub quantity: Decimal,
    /// Its data as JSON text; empty where there is none.
    pub data: String,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is new and counts.
    New,
    /// It was taken in before, word for word.
    Duplicate,
    /// Another event has this source and id.
    Conflict,
}

/// Which customers and metrics a batch may name.
#[derive(Debug, Default)]
pub struct Names {
    /// Customers by code.
    pub codes: HashMap<String, CustomerId>,
    /// Customers by id.
    pub ids: HashSet<CustomerId>,
    /// Customers that are tenants below.
    pub tenants: HashSet<CustomerId>,
    /// Metrics by key, and whether they count what the tenants below use.
    pub metrics: HashMap<String, bool>,
}

/// Looks up the customers and metrics that a batch names, as far as they are in reach.
pub async fn resolve(
    tx: &mut TenantTx,
    codes: &[String],
    ids: &[CustomerId],
    metrics: &[String],
) -> Result<Names> {
    let tenant = tx.tenant();
    let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    let customers = sqlx::query!(
        r#"select id, code, downstream_tenant_id is not null as "is_tenant!" from customers
           where tenant_id = $1 and (code = any ($2) or id = any ($3))"#,
        tenant.uuid(),
        codes,
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    let metrics = sqlx::query!(
        r#"select key, rolls_up is not null as "rolls_up!" from metrics where tenant_id = $1 and key = any ($2)"#,
        tenant.uuid(),
        metrics
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(Names {
        ids: customers.iter().map(|row| row.id.into()).collect(),
        tenants: customers.iter().filter(|row| row.is_tenant).map(|row| row.id.into()).collect(),
        codes: customers.into_iter().map(|row| (row.code, row.id.into())).collect(),
        metrics: metrics.into_iter().map(|row| (row.key, row.rolls_up)).collect(),
    })
}

/// A customer's usage that a batch has taken over a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitExceeded {
    /// Whose.
    pub customer: CustomerId,
    /// Which limit.
    pub limit: CountsAs,
    /// In which month.
    pub month: Month,
    /// How much is allowed.
    pub allowed: i32,
    /// How much it is now.
    pub used: Decimal,
}

/// What became of a batch.
#[derive(Debug, Clone, Default)]
pub struct Ingested {
    /// What became of each event, in their order.
    pub taken: Vec<Taken>,
    /// Limits that hold for the running month and were kept before this batch.
    pub exceeded: Vec<LimitExceeded>,
}

/// Takes events in. An event counts once, however often it is sent and by however many connections at once.
pub async fn ingest(tx: &mut TenantTx, events: &[NewUsageEvent]) -> Result<Ingested> {
    let mut taken = vec![Taken::Duplicate; events.len()];
    let mut named = HashSet::with_capacity(events.len());
    // The first of each name is tried; what repeats it is compared with what is stored afterwards.
    let name =
        |index: &usize| events.get(*index).map(|event| (event.source.as_str(), event.event_id.as_str()));
    let (mut candidates, mut rest): (Vec<usize>, Vec<usize>) =
        (0..events.len()).partition(|index| name(index).is_some_and(|name| named.insert(name)));
    // In one order everywhere: two batches that name the same events would else wait for each other for ever.
    candidates.sort_by_key(name);
    let new = insert(tx, events, &candidates).await?;
    for index in &new {
        set(&mut taken, *index, Taken::New);
    }
    let fresh: HashSet<usize> = new.iter().copied().collect();
    rest.extend(candidates.into_iter().filter(|index| !fresh.contains(index)));
    for index in conflicts(tx, events, &rest).await? {
        set(&mut taken, index, Taken::Conflict);
    }
    let sums = sums(tx, new.iter().filter_map(|index| events.get(*index)));
    add_to_months(tx, &sums).await?;
    meters::mark(tx, &days(tx, new.iter().filter_map(|index| events.get(*index)))).await?;
    Ok(Ingested { taken, exceeded: exceeded(tx, &sums).await? })
}

fn set(taken: &mut [Taken], index: usize, value: Taken) {
    if let Some(slot) = taken.get_mut(index) {
        *slot = value;
    }
}

/// Inserts the keys that are not there yet, and the events of those; says which they were.
async fn insert(tx: &mut TenantTx, events: &[NewUsageEvent], candidates: &[usize]) -> Result<Vec<usize>> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let chosen: Vec<&NewUsageEvent> = candidates.iter().filter_map(|index| events.get(*index)).collect();
    let (tenant, now) = (tx.tenant(), tx.now());
    let ids: Vec<_> = chosen.iter().map(|_| tx.new_id::<UsageEventId>().uuid()).collect();
    let column = |get: fn(&NewUsageEvent) -> &str| {
        chosen.iter().map(|event| get(event).to_owned()).collect::<Vec<_>>()
    };
    let sources = column(|event| &event.source);
    let event_ids = column(|event| &event.event_id);
    let metrics = column(|event| &event.metric);
    let data = column(|event| &event.data);
    let hashes: Vec<_> = chosen.iter().map(|event| event.content_hash.clone()).collect();
    let customers: Vec<_> = chosen.iter().map(|event| event.customer.uuid()).collect();
    let times: Vec<_> = chosen.iter().map(|event| event.occurred_at).collect();
    let quantities: Vec<_> = chosen.iter().map(|event| event.quantity).collect();
    // A cached generic plan would expect few rows and join by nested loops: 8,000 events a second
    // instead of 50,000.
    tx.conn()?.execute("set local plan_cache_mode = force_custom_plan").await?;
    let rows = sqlx::query_scalar!(
        r#"with input as (
               select * from unnest($2::text[], $3::text[], $4::bytea[], $5::uuid[], $6::text[], $7::timestamptz[],
                                    $8::numeric[], $9::text[], $10::uuid[])
                   with ordinality
                   as i (source, event_id, content_hash, customer_id, metric, occurred_at, quantity, data, id, place)
           ), keys as (
               insert into usage_keys (tenant_id, source, event_id, content_hash)
               select $1, source, event_id, content_hash from input
               on conflict do nothing
               returning source, event_id
           ), fresh as (
               select input.* from input join keys using (source, event_id)
           ), stored as (
               insert into usage_events (tenant_id, customer_id, metric, occurred_at, id, quantity, source, event_id,
                                         data, received_at)
               select $1, customer_id, metric, occurred_at, id, quantity, source, event_id, nullif(data, '')::jsonb, $11
               from fresh
           )
           select place as "place!" from fresh"#,
        tenant.uuid(),
        &sources,
        &event_ids,
        &hashes,
        &customers,
        &metrics,
        &times,
        &quantities,
        &data,
        &ids,
        now,
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|place| {
            usize::try_from(place - 1)
                .ok()
                .and_then(|place| candidates.get(place).copied())
                .ok_or(StoreError::Corrupt("usage event order"))
        })
        .collect()
}

/// Which of the events that were not new contradict the one that is stored. Asked in a statement of its
/// own, so that it sees what a concurrent transaction has committed in between.
async fn conflicts(tx: &mut TenantTx, events: &[NewUsageEvent], rest: &[usize]) -> Result<Vec<usize>> {
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant();
    let chosen = || rest.iter().filter_map(|index| events.get(*index));
    let sources: Vec<_> = chosen().map(|event| event.source.clone()).collect();
    let event_ids: Vec<_> = chosen().map(|event| event.event_id.clone()).collect();
    let hashes: Vec<_> = chosen().map(|event| event.content_hash.clone()).collect();
    // By the key for each event: a join may be planned as a scan of all keys ever seen. And planned once, for
    // sixteen partitions take longer to plan for than a small batch to look up.
    tx.conn()?.execute("set local plan_cache_mode = force_generic_plan").await?;
    let places = sqlx::query_scalar!(
        r#"select place as "place!"
           from unnest($2::text[], $3::text[], $4::bytea[]) with ordinality
                as i (source, event_id, content_hash, place)
           cross join lateral (
               select content_hash from usage_keys k
               where k.tenant_id = $1 and k.source = i.source and k.event_id = i.event_id
               limit 1
           ) k
           where k.content_hash <> i.content_hash"#,
        tenant.uuid(),
        &sources,
        &event_ids,
        &hashes,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(places
        .into_iter()
        .filter_map(|place| usize::try_from(place - 1).ok().and_then(|place| rest.get(place).copied()))
        .collect())
}

/// Quantity and number of events by month, customer and metric. Sorted, so that two transactions take the rows'
/// locks in the same order.
type Sums<'a> = BTreeMap<(NaiveDate, CustomerId, &'a str), (Decimal, i64)>;

fn sums<'a>(tx: &TenantTx, events: impl Iterator<Item = &'a NewUsageEvent>) -> Sums<'a> {
    let zone = tx.scope().time_zone();
    let mut sums = Sums::new();
    for event in events {
        let month = Month::at(event.occurred_at, zone).first_day();
        let sum = sums.entry((month, event.customer, &event.metric)).or_default();
        sum.0 += event.quantity;
        sum.1 += 1;
    }
    sums
}

/// The days of customers and metrics that events are of, in one order.
fn days<'a>(tx: &TenantTx, events: impl Iterator<Item = &'a NewUsageEvent>) -> Vec<DayOf> {
    let zone = tx.scope().time_zone();
    let day = |event: &'a NewUsageEvent| {
        (event.customer, event.metric.as_str(), event.occurred_at.with_timezone(&zone).date_naive())
    };
    let days: BTreeSet<_> = events.map(day).collect();
    days.into_iter()
        .map(|(customer, metric, day)| DayOf { customer, metric: metric.to_owned(), day })
        .collect()
}

async fn add_to_months(tx: &mut TenantTx, sums: &Sums<'_>) -> Result<()> {
    if sums.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant();
    let months: Vec<_> = sums.keys().map(|(month, ..)| *month).collect();
    let customers: Vec<_> = sums.keys().map(|(_, customer, _)| customer.uuid()).collect();
    let metrics: Vec<_> = sums.keys().map(|(.., metric)| (*metric).to_owned()).collect();
    let (quantities, counts): (Vec<_>, Vec<_>) = sums.values().copied().unzip();
    sqlx::query!(
        "insert into usage_months (tenant_id, month, customer_id, metric, quantity, events)
         select $1, month, customer_id, metric, quantity, events
         from unnest($2::date[], $3::uuid[], $4::text[], $5::numeric[], $6::bigint[])
              as i (month, customer_id, metric, quantity, events)
         on conflict (tenant_id, month, customer_id, metric) do update
         set quantity = usage_months.quantity + excluded.quantity, events = usage_months.events + excluded.events",
        tenant.uuid(),
        &months,
        &customers,
        &metrics,
        &quantities,
        &counts,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// The limits of the running month that these sums have taken a customer over.
async fn exceeded(tx: &mut TenantTx, sums: &Sums<'_>) -> Result<Vec<LimitExceeded>> {
    let tenant = tx.tenant();
    let month = Month::at(tx.now(), tx.scope().time_zone());
    let running = || sums.iter().filter(|((day, ..), _)| *day == month.first_day());
    let customers: Vec<_> = running().map(|((_, customer, _), _)| customer.uuid()).collect();
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"select c.id, m.counts_as as "counts_as!", u.metric, u.quantity,
                  case m.counts_as when 'machines' then c.max_machines when 'storage_gb' then c.storage_gb end
                      as "allowed!"
           from customers c
           join usage_months u on u.tenant_id = $1 and u.month = $3 and u.customer_id = c.id
           join metrics m on m.tenant_id = $1 and m.key = u.metric
           where c.tenant_id = $1 and c.id = any ($2)
             and case m.counts_as when 'machines' then c.max_machines when 'storage_gb' then c.storage_gb end
                 is not null
           order by c.id, m.counts_as"#,
        tenant.uuid(),
        &customers,
        month.first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    // Several metrics may feed one limit.
    let mut totals: BTreeMap<(CustomerId, CountsAs), (i32, Decimal, Decimal)> = BTreeMap::new();
    for row in rows {
        let customer = CustomerId::from(row.id);
        let limit = parse(&row.counts_as, "metrics.counts_as")?;
        let added = sums.get(&(month.first_day(), customer, row.metric.as_str()));
        let total = totals.entry((customer, limit)).or_insert((row.allowed, Decimal::ZERO, Decimal::ZERO));
        total.1 += row.quantity;
        total.2 += added.map_or(Decimal::ZERO, |(quantity, _)| *quantity);
    }
    Ok(totals
        .into_iter()
        .filter(|(_, (allowed, used, added))| {
            *used > Decimal::from(*allowed) && *used - *added <= Decimal::from(*allowed)
        })
        .map(|((customer, limit), (allowed, used, _))| LimitExceeded {
            customer,
            limit,
            month,
            allowed,
            used: used.normalize(),
        })
        .collect())
}

/// The sum of one metric over a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageFigure {
    /// The metric.
    pub metric: String,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The sum.
    pub quantity: Decimal,
    /// Of how many events.
    pub events: i64,
    /// Which limit it counts against.
    pub counts_as: Option<CountsAs>,
}

/// Which usage is wanted, and in which order.
#[derive(Debug, Clone)]
pub struct RowFilter {
    /// The month.
    pub month: Month,
    /// Only this metric.
    pub metric: Option<String>,
    /// Part of the customer's name or code.
    pub search: Option<String>,
    /// The order.
    pub order: RowOrder,
}

/// The order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// By the customer's name.
    Customer,
    /// The least first.
    Least,
    /// The most first.
    Most,
}

/// What a customer used of one metric in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The customer.
    pub customer_id: uuid::Uuid,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub company_name: String,
    /// The metric.
    pub metric: String,
    /// Its name.
    pub metric_name: String,
    /// Its unit.
    pub unit: String,
    /// The sum.
    pub quantity: Decimal,
    /// The sum of the month before.
    pub before: Decimal,
    /// Of how many events.
    pub events: i64,
    name_key: String,
    quantity_key: Decimal,
}

/// Usage of a month by customer and metric, as far as there is any; and how many rows there are, for the first page.
///
/// One statement serves both orders: the quantity, with its sign turned for the most first, or nothing for all. The month
/// before is looked up for the rows of the page alone; joined, it would be read for each row of the month where there are
/// no statistics yet.
pub async fn rows(
    tx: &mut TenantTx,
    filter: &RowFilter,
    page: &PageRequest,
) -> Result<(Page<Row>, Option<i64>)> {
    type After = (Decimal, String, uuid::Uuid, String);
    let after: Option<After> = page.after()?;
    let first = after.is_none();
    let (quantity, name, customer, metric) = after
        .map_or((None, None, None, None), |(quantity, name, customer, metric)| {
            (Some(quantity), Some(name), Some(customer), Some(metric))
        });
    let pattern = filter.search.as_deref().map(contains_pattern);
    let sign = Decimal::from(match filter.order {
        RowOrder::Customer => 0,
        RowOrder::Least => 1,
        RowOrder::Most => -1,
    });
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query_as!(
        Row,
        r#"select u.customer_id, c.code as customer_code, c.company_name, u.metric, m.name as metric_name, m.unit,
                  u.quantity,
                  coalesce((select b.quantity from usage_months b
                            where b.tenant_id = $1 and b.month = $3 and b.customer_id = u.customer_id
                              and b.metric = u.metric), 0) as "before!",
                  u.events, lower(c.company_name) as "name_key!",
                  u.quantity * $6 as "quantity_key!"
           from usage_months u
           join customers c on c.tenant_id = u.tenant_id and c.id = u.customer_id
           join metrics m on m.tenant_id = u.tenant_id and m.key = u.metric
           where u.tenant_id = $1 and u.month = $2
             and ($4::text is null or u.metric = $4)
             and ($5::text is null or c.company_name ilike $5 or c.code ilike $5)
             and ($7::numeric is null
                  or (u.quantity * $6, lower(c.company_name), u.customer_id, u.metric) > ($7, $8, $9, $10))
           order by u.quantity * $6, lower(c.company_name), u.customer_id, u.metric
           limit $11"#,
        tenant,
        filter.month.first_day(),
        filter.month.offset(-1).first_day(),
        filter.metric,
        pattern,
        sign,
        quantity,
        name,
        customer,
        metric,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let total = if first {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!"
               from usage_months u
               join customers c on c.tenant_id = u.tenant_id and c.id = u.customer_id
               where u.tenant_id = $1 and u.month = $2
                 and ($3::text is null or u.metric = $3)
                 and ($4::text is null or c.company_name ilike $4 or c.code ilike $4)"#,
            tenant,
            filter.month.first_day(),
            filter.metric,
            pattern,
        );
        Some(count.fetch_one(tx.conn()?).await?)
    } else {
        None
    };
    let page =
        page.cut(rows, |row| Cursor::of(&(row.quantity_key, &row.name_key, row.customer_id, &row.metric)));
    Ok((page, total))
}

/// What all customers in reach used of a metric in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfMonth {
    /// The first day of the month.
    pub month: NaiveDate,
    /// The sum.
    pub quantity: Decimal,
    /// Of how many customers.
    pub customers: i64,
}

/// A metric over the months up to this one; months without usage are left out.
pub async fn trend(tx: &mut TenantTx, metric: &str, until: Month, months: i32) -> Result<Vec<OfMonth>> {
    let tenant = tx.tenant();
    let found = sqlx::query_as!(
        OfMonth,
        r#"select month, sum(quantity) as "quantity!", count(*) filter (where quantity > 0) as "customers!"
           from usage_months
           where tenant_id = $1 and metric = $2 and month > $3 and month <= $4
           group by month"#,
        tenant.uuid(),
        metric,
        until.offset(-months).first_day(),
        until.first_day(),
    );
    Ok(found.fetch_all(tx.conn()?).await?)
}

/// A customer's usage in a month: a figure for every metric of the tenant, used or not.
pub async fn month(tx: &mut TenantTx, customer: CustomerId, month: Month) -> Result<Vec<UsageFigure>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select m.key as metric, m.name, m.unit, m.counts_as, coalesce(u.quantity, 0) as "quantity!",
                  coalesce(u.events, 0) as "events!"
           from metrics m
           left join usage_months u on u.tenant_id = m.tenant_id and u.customer_id = $2 and u.month = $3
                                       and u.metric = m.key
           where m.tenant_id = $1
           order by m.key"#,
        tenant.uuid(),
        customer.uuid(),
        month.first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(UsageFigure {
                metric: row.metric,
                name: row.name,
                unit: row.unit,
                quantity: row.quantity.normalize(),
                events: row.events,
                counts_as: row.counts_as.map(|name| parse(&name, "metrics.counts_as")).transpose()?,
            })
        })
        .collect()
}
