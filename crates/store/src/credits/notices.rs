//! Who was told that granted credit is about to expire.

use chrono::NaiveDate;
use domain::ids::{CreditGrantId, CustomerId, Id as _, TenantId};

use crate::{Result, SystemTx, TenantTx};

/// Customers with an address who have not been told of a grant of which something is left, and whose last day is within some
/// days: of all tenants that live by the real time, or of a sandbox.
pub async fn due(
    tx: &mut SystemTx,
    sandbox: Option<TenantId>,
    within: i32,
) -> Result<Vec<(TenantId, CustomerId)>> {
    let now = tx.now();
    let rows = sqlx::query!(
        "select distinct g.tenant_id, g.customer_id
         from credit_grants g
              join tenants t on t.id = g.tenant_id
              join customers c on c.tenant_id = g.tenant_id and c.id = g.customer_id
              cross join lateral
                  (select (coalesce(t.clock, $1::timestamptz) at time zone t.time_zone)::date as today) d
         where g.left_minor > 0 and g.expires_on between d.today and d.today + $3::int
           and c.contact_email is not null and c.status <> 'closed'
           and not exists (select from credit_notices n where n.tenant_id = g.tenant_id and n.grant_id = g.id)
           and t.status = 'active' and (t.clock is null) = ($2::uuid is null) and ($2 is null or t.id = $2)",
        now,
        sandbox.map(domain::ids::Id::uuid),
        within,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.customer_id.into())).collect())
}

/// Notes that a customer is told of its grants that are about to expire, those whose last day is not after a day; gives those
/// of which it had not been told.
pub async fn keep(tx: &mut TenantTx, customer: CustomerId, until: NaiveDate) -> Result<Vec<CreditGrantId>> {
    let (tenant, now, today) = (tx.tenant(), tx.now(), tx.today());
    let rows = sqlx::query_scalar!(
        "insert into credit_notices (tenant_id, grant_id, customer_id, created_at)
         select tenant_id, id, customer_id, $5 from credit_grants
         where tenant_id = $1 and customer_id = $2 and left_minor > 0 and expires_on between $3 and $4
         order by expires_on, id
         on conflict (tenant_id, grant_id) do nothing returning grant_id",
        tenant.uuid(),
        customer.uuid(),
        today,
        until,
        now,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
