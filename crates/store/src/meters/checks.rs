//! What was sent to meters beside what the provider has.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{CustomerId, Id as _, MeterId};
use rust_decimal::Decimal;

use crate::{Cursor, Page, PageRequest, Result, TenantTx};

/// What was sent of a customer's day (UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whose.
    pub customer: CustomerId,
    /// The customer as the account knows it.
    pub payer: String,
    /// The day.
    pub day: NaiveDate,
    /// How much.
    pub quantity: Decimal,
    /// Whether some of it is so fresh, or so unclear, that the provider may not have it yet.
    pub is_moving: bool,
}

/// What was sent to a meter for the days (UTC) from one up to another, by customer and day.
pub async fn sent_since(
    tx: &mut TenantTx,
    meter: MeterId,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    fresh: DateTime<Utc>,
) -> Result<Vec<Sent>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select customer_id, payer as "payer!", (happened_at at time zone 'UTC')::date as "day!",
                  coalesce(sum(quantity) filter (where status = 'sent'), 0) as "quantity!",
                  bool_or(status = 'open' and asked_at is not null or coalesce(sent_at >= $5, false)) as "is_moving!"
           from meter_pushes
           where tenant_id = $1 and meter_id = $2 and status in ('sent', 'open', 'unclear') and happened_at >= $3
             and happened_at < $4
           group by 1, 2, 3 order by 1, 2, 3"#,
        tenant.uuid(),
        meter.uuid(),
        from,
        until,
        fresh,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Sent {
            customer: row.customer_id.into(),
            payer: row.payer,
            day: row.day,
            quantity: row.quantity,
            is_moving: row.is_moving,
        })
        .collect())
}

/// Both sums of a customer's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Whose.
    pub customer: CustomerId,
    /// The day (UTC).
    pub day: NaiveDate,
    /// What was sent.
    pub ours: Decimal,
    /// What the provider has.
    pub theirs: Decimal,
}

/// Keeps what was compared; gives those that differ, and did not, or otherwise, when they were last compared.
pub async fn keep_checks(
    tx: &mut TenantTx,
    meter: MeterId,
    checked: &[Checked],
    at: DateTime<Utc>,
) -> Result<Vec<Checked>> {
    if checked.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant();
    let customers: Vec<_> = checked.iter().map(|one| one.customer.uuid()).collect();
    let days: Vec<_> = checked.iter().map(|one| one.day).collect();
    let ours: Vec<_> = checked.iter().map(|one| one.ours).collect();
    let theirs: Vec<_> = checked.iter().map(|one| one.theirs).collect();
    // What is as it was stays as it was written.
    let rows = sqlx::query!(
        "insert into meter_checks (tenant_id, meter_id, customer_id, day, ours, theirs, checked_at)
         select $1, $2, customer_id, day, ours, theirs, $7
         from unnest($3::uuid[], $4::date[], $5::numeric[], $6::numeric[]) as i (customer_id, day, ours, theirs)
         order by customer_id, day
         on conflict (tenant_id, meter_id, customer_id, day) do update
         set ours = excluded.ours, theirs = excluded.theirs, checked_at = excluded.checked_at
         where (meter_checks.ours, meter_checks.theirs) is distinct from (excluded.ours, excluded.theirs)
         returning customer_id, day, ours, theirs",
        tenant.uuid(),
        meter.uuid(),
        &customers,
        &days,
        &ours,
        &theirs,
        at,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let changed = rows.into_iter().filter(|row| row.ours != row.theirs);
    Ok(changed
        .map(|row| Checked {
            customer: row.customer_id.into(),
            day: row.day,
            ours: row.ours.normalize(),
            theirs: row.theirs.normalize(),
        })
        .collect())
}

/// A day that was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Of which meter.
    pub meter: MeterId,
    /// Of which metric.
    pub metric: String,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub customer_name: String,
    /// Both sums.
    pub checked: Checked,
    /// Since when they are these.
    pub checked_at: DateTime<Utc>,
}

/// Which compared days are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckFilter {
    /// Only those on which the provider has something else, or only those on which it has not.
    pub different: Option<bool>,
    /// Only those of this meter.
    pub meter: Option<MeterId>,
    /// Only those of this customer.
    pub customer: Option<CustomerId>,
}

/// Days that were compared, the latest first.
pub async fn checks(tx: &mut TenantTx, filter: &CheckFilter, page: &PageRequest) -> Result<Page<Check>> {
    let after: Option<(NaiveDate, uuid::Uuid, uuid::Uuid)> = page.after()?;
    let (after_day, after_meter, after_customer) =
        after.map_or((None, None, None), |(day, meter, customer)| (Some(day), Some(meter), Some(customer)));
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "select k.meter_id, m.metric, k.customer_id, c.code, c.company_name, k.day, k.ours, k.theirs, k.checked_at
         from meter_checks k
         join meters m on m.tenant_id = k.tenant_id and m.id = k.meter_id
         join customers c on c.tenant_id = k.tenant_id and c.id = k.customer_id
         where k.tenant_id = $1 and ($2::boolean is null or (k.ours <> k.theirs) = $2)
           and ($3::uuid is null or k.meter_id = $3) and ($4::uuid is null or k.customer_id = $4)
           and ($5::date is null or (k.day, k.meter_id, k.customer_id) < ($5, $6, $7))
         order by k.day desc, k.meter_id desc, k.customer_id desc limit $8",
        tenant.uuid(),
        filter.different,
        filter.meter.map(MeterId::uuid),
        filter.customer.map(CustomerId::uuid),
        after_day,
        after_meter,
        after_customer,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows
        .into_iter()
        .map(|row| Check {
            meter: row.meter_id.into(),
            metric: row.metric,
            customer_code: row.code,
            customer_name: row.company_name,
            checked: Checked {
                customer: row.customer_id.into(),
                day: row.day,
                ours: row.ours.normalize(),
                theirs: row.theirs.normalize(),
            },
            checked_at: row.checked_at,
        })
        .collect();
    Ok(page.cut(rows, |row: &Check| {
        Cursor::of(&(row.checked.day, row.meter.uuid(), row.checked.customer.uuid()))
    }))
}
