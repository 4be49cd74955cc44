//! Which customer is on which plan, from when until when.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, Id as _, PlanId, SubscriptionId},
    subscriptions::SubscriptionStatus,
};

use crate::{
    Cursor, Page, PageRequest, Result, StoreError, TenantTx, customers::CustomerRef, error::parse,
    plans::PlanRef,
};

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose.
    pub customer: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub customer_name: String,
    /// To which plan.
    pub plan: PlanId,
    /// The plan's code.
    pub plan_code: String,
    /// The plan's name.
    pub plan_name: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// The first day that it covers.
    pub starts_on: NaiveDate,
    /// The first day that it no longer covers.
    pub ends_on: Option<NaiveDate>,
    /// Counts its changes.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was cancelled.
    pub cancelled_at: Option<DateTime<Utc>>,
}

struct SubscriptionRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    customer_code: String,
    customer_name: String,
    plan_id: uuid::Uuid,
    plan_code: String,
    plan_name: String,
    status: String,
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    cancelled_at: Option<DateTime<Utc>>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            SubscriptionRow,
            "select s.id, s.customer_id, c.code as customer_code, c.company_name as customer_name, s.plan_id,
                p.code as plan_code, p.name as plan_name, s.status, s.starts_on, s.ends_on, s.version,
                s.created_at, s.updated_at, s.cancelled_at
         from subscriptions s
         join customers c on c.tenant_id = s.tenant_id and c.id = s.customer_id
         join plans p on p.tenant_id = s.tenant_id and p.id = s.plan_id " + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<SubscriptionRow> for Subscription {
    type Error = StoreError;

    fn try_from(row: SubscriptionRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            customer_code: row.customer_code,
            customer_name: row.customer_name,
            plan: row.plan_id.into(),
            plan_code: row.plan_code,
            plan_name: row.plan_name,
            status: parse(&row.status, "subscriptions.status")?,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            cancelled_at: row.cancelled_at,
        })
    }
}

/// Subscribes a customer to a plan.
///
/// [`StoreError::Taken`] names `customer` where a subscription is running already, and `starts_on` where
/// an earlier one covers that day or a later one: no day is billed twice.
pub async fn create(
    tx: &mut TenantTx,
    customer: CustomerId,
    plan: PlanId,
    starts_on: NaiveDate,
) -> Result<Subscription> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<SubscriptionId>(), tx.now());
    sqlx::query!(
        "insert into subscriptions (tenant_id, id, customer_id, plan_id, status, starts_on, created_at, updated_at)
         values ($1, $2, $3, $4, 'active', $5, $6, $6)",
        tenant.uuid(),
        id.uuid(),
        customer.uuid(),
        plan.uuid(),
        starts_on,
        now,
    )
    .execute(tx.conn()?)
    .await
    .map_err(|error| StoreError::taken(error, "subscriptions_running", "customer"))?;
    // Asked after the insert: from here on the unique index keeps every other running one out.
    if last_end(tx, customer).await?.is_some_and(|end| end > starts_on) {
        return Err(StoreError::Taken("starts_on"));
    }
    get(tx, id).await
}

/// The first day behind all cancelled subscriptions of a customer.
pub async fn last_end(tx: &mut TenantTx, customer: CustomerId) -> Result<Option<NaiveDate>> {
    let tenant = tx.tenant();
    let end = sqlx::query_scalar!(
        "select max(ends_on) from subscriptions where tenant_id = $1 and customer_id = $2",
        tenant.uuid(),
        customer.uuid(),
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(end)
}

/// Gives a running subscription an end; [`StoreError::Stale`] if it has one already.
pub async fn cancel(tx: &mut TenantTx, id: SubscriptionId, ends_on: NaiveDate) -> Result<Subscription> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update subscriptions
         set status = 'cancelled', ends_on = $3, cancelled_at = $4, version = version + 1, updated_at = $4
         where tenant_id = $1 and id = $2 and status = 'active'",
        tenant.uuid(),
        id.uuid(),
        ends_on,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { get(tx, id).await }
}

/// A subscription by id.
pub async fn get(tx: &mut TenantTx, id: SubscriptionId) -> Result<Subscription> {
    let tenant = tx.tenant();
    select!("where s.tenant_id = $1 and s.id = $2", tenant.uuid(), id.uuid(),)
        .fetch_one(tx.conn()?)
        .await?
        .try_into()
}

/// The customer's running subscription: the one that has no end yet.
pub async fn running_for(tx: &mut TenantTx, customer: CustomerId) -> Result<Option<Subscription>> {
    let tenant = tx.tenant();
    select!(
        "where s.tenant_id = $1 and s.customer_id = $2 and s.status = 'active'",
        tenant.uuid(),
        customer.uuid(),
    )
    .fetch_optional(tx.conn()?)
    .await?
    .map(Subscription::try_from)
    .transpose()
}

/// Subscriptions that cover a day of the period and have no issued invoice for it, by id.
pub async fn due_in(
    tx: &mut TenantTx,
    period_start: NaiveDate,
    period_end: NaiveDate,
    after: Option<SubscriptionId>,
    limit: u16,
) -> Result<Vec<Subscription>> {
    let tenant = tx.tenant();
    let rows = select!(
        "where s.tenant_id = $1 and s.starts_on < $3 and (s.ends_on is null or s.ends_on > $2)
           and ($4::uuid is null or s.id > $4)
           and not exists (select from invoices i
                           where i.tenant_id = s.tenant_id and i.subscription_id = s.id
                             and i.status not in ('draft', 'void')
                             and i.period_start = greatest($2, s.starts_on))
         order by s.id limit $5",
        tenant.uuid(),
        period_start,
        period_end,
        after.map(domain::ids::Id::uuid),
        i64::from(limit),
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter().map(Subscription::try_from).collect()
}

/// How many subscriptions [`due_in`] would give.
pub async fn count_due(tx: &mut TenantTx, period_start: NaiveDate, period_end: NaiveDate) -> Result<i64> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from subscriptions s
           where s.tenant_id = $1 and s.starts_on < $3 and (s.ends_on is null or s.ends_on > $2)
             and not exists (select from invoices i
                             where i.tenant_id = s.tenant_id and i.subscription_id = s.id
                               and i.status not in ('draft', 'void')
                               and i.period_start = greatest($2, s.starts_on))"#,
        tenant.uuid(),
        period_start,
        period_end,
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// The customer's subscription in a period; the latest, where one followed another.
pub async fn overlapping(
    tx: &mut TenantTx,
    customer: CustomerId,
    period: domain::periods::Period,
) -> Result<Option<Subscription>> {
    let tenant = tx.tenant();
    let id = sqlx::query_scalar!(
        "select id from subscriptions
         where tenant_id = $1 and customer_id = $2 and starts_on < $4 and (ends_on is null or ends_on > $3)
         order by starts_on desc limit 1",
        tenant.uuid(),
        customer.uuid(),
        period.start(),
        period.end(),
    )
    .fetch_optional(tx.conn()?)
    .await?;
    match id {
        Some(id) => get(tx, id.into()).await.map(Some),
        None => Ok(None),
    }
}

/// Which subscriptions are wanted.
#[derive(Debug, Clone, Default)]
pub struct SubscriptionFilter {
    /// Only those in this state.
    pub status: Option<SubscriptionStatus>,
    /// Only those to this plan.
    pub plan: Option<PlanRef>,
    /// Only those of this customer.
    pub customer: Option<CustomerRef>,
}

/// Subscriptions, newest first.
pub async fn list(
    tx: &mut TenantTx,
    filter: &SubscriptionFilter,
    page: &PageRequest,
) -> Result<Page<Subscription>> {
    let after: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (after_time, after_id) = after.unzip();
    let (plan_id, plan_code) = filter.plan.as_ref().map(PlanRef::parts).unwrap_or_default();
    let (customer_id, customer_code) = match &filter.customer {
        Some(CustomerRef::Id(id)) => (Some(id.uuid()), None),
        Some(CustomerRef::Code(code)) => (None, Some(code.as_str())),
        None => (None, None),
    };
    let tenant = tx.tenant();
    let rows = select!(
        "where s.tenant_id = $1
           and ($2::text is null or s.status = $2)
           and ($3::uuid is null or s.plan_id = $3)
           and ($4::text is null or p.code = $4)
           and ($5::uuid is null or s.customer_id = $5)
           and ($6::text is null or c.code = $6)
           and ($7::timestamptz is null or (s.created_at, s.id) < ($7, $8))
         order by s.created_at desc, s.id desc
         limit $9",
        tenant.uuid(),
        filter.status.map(SubscriptionStatus::as_str),
        plan_id,
        plan_code,
        customer_id,
        customer_code,
        after_time,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(Subscription::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&(row.created_at, row.id.uuid()))))
}
