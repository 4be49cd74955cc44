//! Which subscriptions are to be billed for a month.

use domain::{
    ids::{CustomerId, Id as _, SubscriptionId},
    periods::Period,
};

use super::{Subscription, all};
use crate::{Cursor, Page, PageRequest, Result, TenantTx};

/// Customers with a subscription that covers a day of the period, one that may be billed here, and that no issued invoice bills
/// for it, by id.
pub async fn due_customers(
    tx: &mut TenantTx,
    period: Period,
    page: &PageRequest,
) -> Result<Page<CustomerId>> {
    let after: Option<uuid::Uuid> = page.after()?;
    let tenant = tx.tenant();
    let ids = sqlx::query_scalar!(
        "select distinct s.customer_id from subscriptions s
         where s.tenant_id = $1 and s.starts_on < $3 and (s.ends_on is null or s.ends_on > $2)
           and ($4::uuid is null or s.customer_id > $4)
           and (not exists (select from plans n where n.tenant_id = $1 and n.billed_at <> 'bailiwick')
                -- What a plan charged until the day before falls due with the next one.
                or app.billed_here(s, $2 - 1, $3))
           -- Looked up by its key: as a join, whole tables are read where the planner knows little of them.
           and not coalesce((select i.status <> 'draft' from invoice_subscriptions b
                             join invoices i on i.tenant_id = b.tenant_id and i.id = b.invoice_id
                             where b.tenant_id = s.tenant_id and b.subscription_id = s.id and not b.is_void
                               and b.period_start = greatest($2, s.starts_on)), false)
         order by s.customer_id limit $5",
        tenant.uuid(),
        period.start(),
        period.end(),
        after,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let ids: Vec<CustomerId> = ids.into_iter().map(Into::into).collect();
    Ok(page.cut(ids, |id| Cursor::of(&id.uuid())))
}

/// Customers with a subscription none of whose days of a period are billed here, and of whose earlier days, which were, usage
/// has come since then; of the last twelve months, by id.
pub async fn late_before(tx: &mut TenantTx, period: Period) -> Result<Vec<CustomerId>> {
    let tenant = tx.tenant();
    let ids = sqlx::query_scalar!(
        "select distinct s.customer_id from subscriptions s
         where s.tenant_id = $1 and s.starts_on < $3 and (s.ends_on is null or s.ends_on > $2)
           and exists (select from plans n where n.tenant_id = $1 and n.billed_at <> 'bailiwick')
           and not app.billed_here(s, $2, $3)
           -- Looked up by its key: as a join, whole tables are read where the planner knows little of them.
           and not coalesce((select i.status <> 'draft' from invoice_subscriptions b
                             join invoices i on i.tenant_id = b.tenant_id and i.id = b.invoice_id
                             where b.tenant_id = s.tenant_id and b.subscription_id = s.id and not b.is_void
                               and b.period_start = greatest($2, s.starts_on)), false)
           and exists (select from billed_usage b
                       where b.tenant_id = s.tenant_id and b.subscription_id = s.id and b.month < $2
                         and b.month >= $2::date - interval '12 months'
                         and b.events <> (select coalesce(sum(u.events), 0) from usage_months u
                                          where u.tenant_id = s.tenant_id and u.customer_id = s.customer_id
                                            and u.month <= b.month))
         order by s.customer_id",
        tenant.uuid(),
        period.start(),
        period.end(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// The subscriptions of customers that cover a day of the period, and that no issued invoice bills for it: by customer, those
/// that began first first.
pub async fn unbilled(
    tx: &mut TenantTx,
    customers: &[CustomerId],
    period: Period,
) -> Result<Vec<SubscriptionId>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    let ids = sqlx::query_scalar!(
        "select s.id from subscriptions s
         where s.tenant_id = $1 and s.customer_id = any ($2) and s.starts_on < $4 and (s.ends_on is null or s.ends_on > $3)
           -- Looked up by its key: as a join, whole tables are read where the planner knows little of them.
           and not coalesce((select i.status <> 'draft' from invoice_subscriptions b
                             join invoices i on i.tenant_id = b.tenant_id and i.id = b.invoice_id
                             where b.tenant_id = s.tenant_id and b.subscription_id = s.id and not b.is_void
                               and b.period_start = greatest($3, s.starts_on)), false)
         order by s.customer_id, s.starts_on, s.id",
        tenant.uuid(),
        &ids,
        period.start(),
        period.end(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// The same, read.
pub async fn unbilled_of(
    tx: &mut TenantTx,
    customers: &[CustomerId],
    period: Period,
) -> Result<Vec<Subscription>> {
    let ids = unbilled(tx, customers, period).await?;
    all(tx, &ids).await
}
