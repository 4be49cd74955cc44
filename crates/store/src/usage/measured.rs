//! The usage of a customer over any days, from the events themselves: what an invoice is made of.

use std::collections::{BTreeMap, HashMap};

use domain::{
    decimals::DecimalString,
    ids::{CustomerId, Id as _},
    periods::{Month, Period},
    pricing::{self, Meter, Readings},
};
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::{Result, StoreError, TenantTx};

/// The usage of one metric over a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricSum {
    /// The metric.
    pub metric: String,
    /// The sum of its events' quantities.
    pub quantity: Decimal,
    /// How many events there were.
    pub events: i64,
}

/// The usage of customers over any periods, in their order, from the events themselves: what an invoice is made of.
pub async fn over(tx: &mut TenantTx, wanted: &[(CustomerId, Period)]) -> Result<Vec<Vec<MetricSum>>> {
    let (tenant, zone) = (tx.tenant(), tx.scope().time_zone());
    let customers: Vec<_> = wanted.iter().map(|(customer, _)| customer.uuid()).collect();
    let (starts, ends): (Vec<_>, Vec<_>) = wanted.iter().map(|(_, period)| period.instants(&zone)).unzip();
    let (Some(first), Some(last)) = (starts.iter().min(), ends.iter().max()) else { return Ok(Vec::new()) };
    // By customer and days, one after the other: each looks into the partitions of its days alone. The days of all of them
    // keep the other partitions out of the plan.
    let rows = sqlx::query!(
        r#"select w.place as "place!", u.metric as "metric!", u.quantity as "quantity!", u.events as "events!"
           from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) with ordinality
                as w (customer, starts, ends, place),
                lateral (select e.metric, sum(e.quantity) as quantity, count(*) as events
                         from usage_events e
                         where e.tenant_id = $1 and e.customer_id = w.customer and e.occurred_at >= w.starts
                           and e.occurred_at < w.ends and e.occurred_at >= $5 and e.occurred_at < $6
                         group by e.metric) u
           order by w.place, u.metric"#,
        tenant.uuid(),
        &customers,
        &starts,
        &ends,
        first,
        last,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut sums: Vec<_> = wanted.iter().map(|_| Vec::new()).collect();
    for row in rows {
        // WITH ORDINALITY counts from 1.
        let place = usize::try_from(row.place - 1).ok().and_then(|place| sums.get_mut(place));
        let sums = place.ok_or(StoreError::Corrupt("ordinality"))?;
        sums.push(MetricSum { metric: row.metric, quantity: row.quantity, events: row.events });
    }
    Ok(sums)
}

/// How many events of a month customers have, of those who have any.
pub async fn count_in(
    tx: &mut TenantTx,
    customers: &[CustomerId],
    month: Month,
) -> Result<HashMap<CustomerId, i64>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    let rows = sqlx::query!(
        r#"select customer_id, sum(events)::bigint as "events!" from usage_months
           where tenant_id = $1 and month = $2 and customer_id = any ($3) group by customer_id"#,
        tenant.uuid(),
        month.first_day(),
        &ids,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.customer_id.into(), row.events)).collect())
}

/// The single events of a metric in a period that a meter lets through, with the properties that it goes by.
///
/// The data of an event is what its source sent; `amount` in it is what the event costs where its price is dynamic.
pub async fn events_of(
    tx: &mut TenantTx,
    customer: CustomerId,
    metric: &str,
    meter: &Meter,
    period: Period,
) -> Result<Vec<pricing::Event>> {
    let tenant = tx.tenant();
    let (start, end) = period.instants(&tx.scope().time_zone());
    let names: Vec<_> = meter.properties().map(str::to_owned).collect();
    let rows = sqlx::query!(
        r#"select occurred_at, source, event_id, quantity, data ->> 'amount' as amount,
                  coalesce((select jsonb_object_agg(name, data ->> name) from unnest($6::text[]) as name
                            where data ->> name is not null), '{}') as "properties!: Json<BTreeMap<String, String>>"
           from usage_events
           where tenant_id = $1 and customer_id = $2 and metric = $3 and occurred_at >= $4 and occurred_at < $5
             and not exists (select from jsonb_array_elements($7::jsonb) as filter
                             where not coalesce((filter -> 'values') ? (data ->> (filter ->> 'property')), false))"#,
        tenant.uuid(),
        customer.uuid(),
        metric,
        start,
        end,
        &names,
        Json(&meter.filters) as _,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| pricing::Event {
            at: row.occurred_at,
            id: format!("{} {}", row.source, row.event_id),
            quantity: row.quantity,
            amount: row.amount.and_then(|amount| Some(amount.parse::<DecimalString>().ok()?.decimal())),
            properties: row.properties.0,
        })
        .collect())
}

/// The levels that a time-weighted sum begins with, one for each group: what the events before a day add up to, or
/// what the last of them said.
pub async fn levels_before(
    tx: &mut TenantTx,
    customer: CustomerId,
    metric: &str,
    meter: &Meter,
    period: Period,
) -> Result<Vec<pricing::Level>> {
    let tenant = tx.tenant();
    let (start, _) = period.instants(&tx.scope().time_zone());
    let rows = sqlx::query!(
        r#"with earlier as (
               select occurred_at, source, event_id, quantity,
                      array(select coalesce(data ->> name, '') from unnest($5::text[]) with ordinality as n (name, place)
                            order by place) as usage_group
               from usage_events
               where tenant_id = $1 and customer_id = $2 and metric = $3 and occurred_at < $4
                 and not exists (select from jsonb_array_elements($6::jsonb) as filter
                                 where not coalesce((filter -> 'values') ? (data ->> (filter ->> 'property')), false)))
           select distinct on (usage_group)
                  case when $7 then quantity else sum(quantity) over (partition by usage_group) end as "quantity!",
                  usage_group as "usage_group!"
           from earlier
           order by usage_group, occurred_at desc, source || ' ' || event_id collate "C" desc"#,
        tenant.uuid(),
        customer.uuid(),
        metric,
        start,
        &meter.group_by,
        Json(&meter.filters) as _,
        meter.readings == Readings::Levels,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| pricing::Level {
            quantity: row.quantity,
            group: meter.group_by.iter().cloned().zip(row.usage_group).collect(),
        })
        .collect())
}
