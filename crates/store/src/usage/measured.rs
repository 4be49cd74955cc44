//! The usage of a customer over any days, from the events themselves: what an invoice is made of.

use std::collections::BTreeMap;

use domain::{
    decimals::DecimalString,
    ids::{CustomerId, Id as _},
    periods::Period,
    pricing::{self, Meter, Readings},
};
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::{Result, TenantTx};

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

/// A customer's usage over any period, from the events themselves: what an invoice is made of.
pub async fn over(tx: &mut TenantTx, customer: CustomerId, period: Period) -> Result<Vec<MetricSum>> {
    let tenant = tx.tenant();
    let (start, end) = period.instants(&tx.scope().time_zone());
    let sums = sqlx::query_as!(
        MetricSum,
        r#"select metric, sum(quantity) as "quantity!", count(*) as "events!"
           from usage_events
           where tenant_id = $1 and customer_id = $2 and occurred_at >= $3 and occurred_at < $4
           group by metric order by metric"#,
        tenant.uuid(),
        customer.uuid(),
        start,
        end,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(sums)
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
