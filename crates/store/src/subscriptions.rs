//! Which customer is on which plan, from when until when.

pub mod changes;
mod due;

pub use due::{due_customers, late_before, unbilled, unbilled_of};

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, Id as _, SubscriptionChangeId, SubscriptionId},
    money::Currency,
    subscriptions::{ChangeKind, Effect, PricesRef, SubscriptionStatus, Timeline},
};
use serde::Deserialize;
use sqlx::types::Json;

use crate::{
    Cursor, Page, PageRequest, Result, StoreError, TenantTx, customers::CustomerRef, error::parse, meters,
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
    /// In which currency it is billed: that of all its plans.
    pub currency: Currency,
    /// To which plan it began.
    pub first_plan: PlanOfChange,
    /// How many times it began.
    pub first_quantity: u32,
    /// Where it stands today.
    pub status: SubscriptionStatus,
    /// The first day that it covers.
    pub starts_on: NaiveDate,
    /// The first day that it no longer covers.
    pub ends_on: Option<NaiveDate>,
    /// The first day that is charged for, where it is tried out before.
    pub trial_ends_on: Option<NaiveDate>,
    /// What changes, by the day.
    pub changes: Vec<Change>,
    /// The day that it was when it was read.
    pub today: NaiveDate,
    /// Counts its changes.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was cancelled.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Whether what was charged for days after its end is given back.
    pub credit_unused: bool,
}

/// A plan that a subscription is or will be to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOfChange {
    /// Which, in which version of its prices.
    pub prices: PricesRef,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A change of a subscription, from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: SubscriptionChangeId,
    /// The first day that it holds.
    pub effective_on: NaiveDate,
    /// What it does.
    pub kind: ChangeKind,
    /// To which plan; where that changes.
    pub plan: Option<PlanOfChange>,
    /// How many times; where that changes.
    pub quantity: Option<u32>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Change {
    fn effect(&self) -> Effect {
        effect(self.kind, self.plan.as_ref().map(|plan| plan.prices), self.quantity)
    }
}

/// What a change does, by what it has.
pub(crate) fn effect(kind: ChangeKind, prices: Option<PricesRef>, quantity: Option<u32>) -> Effect {
    match (prices, quantity) {
        (Some(prices), _) => Effect::Prices(prices),
        (None, Some(quantity)) => Effect::Quantity(quantity),
        (None, None) => Effect::Paused(kind == ChangeKind::Pause),
    }
}

impl Subscription {
    /// What it is on which day.
    pub fn timeline(&self) -> Timeline {
        let changes = self.changes.iter().map(|change| (change.effective_on, change.effect())).collect();
        let (span, first) = ((self.starts_on, self.ends_on), (self.first_plan.prices, self.first_quantity));
        Timeline::new(span, self.trial_ends_on, first, changes)
    }

    /// How many times it is charged today; of one that has not begun, how many times it begins.
    pub fn quantity(&self) -> u32 {
        self.timeline().quantity(self.today.max(self.starts_on))
    }

    /// The plan that it is to today; of one that has not begun, that to which it begins.
    pub fn plan(&self) -> &PlanOfChange {
        self.plan_on(self.today.max(self.starts_on))
    }

    /// The plan that it is to on a day.
    pub fn plan_on(&self, day: NaiveDate) -> &PlanOfChange {
        let mut until = self.changes.iter().rev().filter(|change| change.effective_on <= day);
        until.find_map(|change| change.plan.as_ref()).unwrap_or(&self.first_plan)
    }
}

struct SubscriptionRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    customer_code: String,
    customer_name: String,
    plan_id: uuid::Uuid,
    price_version: i32,
    currency: String,
    plan_code: String,
    plan_name: String,
    quantity: i32,
    overdue: bool,
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
    trial_ends_on: Option<NaiveDate>,
    changes: Json<Vec<ChangeRow>>,
    today: NaiveDate,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    cancelled_at: Option<DateTime<Utc>>,
    credit_unused: bool,
}

#[derive(Deserialize)]
struct ChangeRow {
    id: uuid::Uuid,
    effective_on: NaiveDate,
    kind: String,
    plan_id: Option<uuid::Uuid>,
    price_version: Option<i32>,
    plan_code: Option<String>,
    plan_name: Option<String>,
    quantity: Option<i32>,
    created_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only. `$2` is today.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            SubscriptionRow,
            r#"select s.id, s.customer_id, c.code as customer_code, c.company_name as customer_name, s.plan_id,
                s.price_version, p.currency, p.code as plan_code, p.name as plan_name, s.quantity,
                exists (select from invoices o
                        join invoice_subscriptions b on b.tenant_id = o.tenant_id and b.invoice_id = o.id
                        where o.tenant_id = s.tenant_id and o.customer_id = s.customer_id
                          and o.status = 'finalized' and o.due_on < $2
                          and b.subscription_id = s.id) as "overdue!",
                s.starts_on, s.ends_on, s.trial_ends_on,
                coalesce((select jsonb_agg(jsonb_build_object(
                                     'id', h.id, 'effective_on', h.effective_on, 'kind', h.kind, 'plan_id', h.plan_id,
                                     'price_version', h.price_version, 'plan_code', hp.code, 'plan_name', hp.name,
                                     'quantity', h.quantity, 'created_at', h.created_at) order by h.effective_on, h.kind)
                          from subscription_changes h
                          left join plans hp on hp.tenant_id = h.tenant_id and hp.id = h.plan_id
                          where h.tenant_id = s.tenant_id and h.subscription_id = s.id),
                         '[]') as "changes!: Json<Vec<ChangeRow>>",
                $2::date as "today!", s.version, s.created_at, s.updated_at, s.cancelled_at, s.credit_unused
         from subscriptions s
         join customers c on c.tenant_id = s.tenant_id and c.id = s.customer_id
         join plans p on p.tenant_id = s.tenant_id and p.id = s.plan_id "# + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<ChangeRow> for Change {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Self> {
        let plan = row.plan_id.map(|plan| PlanOfChange {
            prices: PricesRef { plan: plan.into(), version: row.price_version.unwrap_or_default() },
            code: row.plan_code.unwrap_or_default(),
            name: row.plan_name.unwrap_or_default(),
        });
        Ok(Self {
            id: row.id.into(),
            effective_on: row.effective_on,
            kind: parse(&row.kind, "subscription_changes.kind")?,
            plan,
            quantity: row
                .quantity
                .map(|quantity| times(quantity, "subscription_changes.quantity"))
                .transpose()?,
            created_at: row.created_at,
        })
    }
}

/// A quantity, for the database; what is too large is refused there.
pub(crate) fn kept(quantity: u32) -> i32 {
    i32::try_from(quantity).unwrap_or(i32::MAX)
}

/// A quantity, as it is kept.
pub(crate) fn times(quantity: i32, column: &'static str) -> Result<u32> {
    u32::try_from(quantity).map_err(|_| StoreError::Corrupt(column))
}

impl TryFrom<SubscriptionRow> for Subscription {
    type Error = StoreError;

    fn try_from(row: SubscriptionRow) -> Result<Self> {
        let mut read = Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            customer_code: row.customer_code,
            customer_name: row.customer_name,
            currency: parse(&row.currency, "plans.currency")?,
            first_plan: PlanOfChange {
                prices: PricesRef { plan: row.plan_id.into(), version: row.price_version },
                code: row.plan_code,
                name: row.plan_name,
            },
            first_quantity: times(row.quantity, "subscriptions.quantity")?,
            status: SubscriptionStatus::Active,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            trial_ends_on: row.trial_ends_on,
            changes: row.changes.0.into_iter().map(Change::try_from).collect::<Result<_>>()?,
            today: row.today,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            cancelled_at: row.cancelled_at,
            credit_unused: row.credit_unused,
        };
        // As `app.subscription_status` says it, which would be called for each row.
        read.status = read.timeline().status(read.today, row.overdue);
        Ok(read)
    }
}

/// A subscription to be made.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    /// Whose.
    pub customer: CustomerId,
    /// By which prices.
    pub prices: PricesRef,
    /// How many times.
    pub quantity: u32,
    /// The first day that it covers.
    pub starts_on: NaiveDate,
    /// The first day that is charged for, where it is tried out before.
    pub trial_ends_on: Option<NaiveDate>,
}

/// Subscribes a customer to a plan.
pub async fn create(tx: &mut TenantTx, new: &NewSubscription) -> Result<Subscription> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<SubscriptionId>(), tx.now());
    sqlx::query!(
        "insert into subscriptions (tenant_id, id, customer_id, plan_id, price_version, starts_on, trial_ends_on,
                                    created_at, updated_at, quantity)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)",
        tenant.uuid(),
        id.uuid(),
        new.customer.uuid(),
        new.prices.plan.uuid(),
        new.prices.version,
        new.starts_on,
        new.trial_ends_on,
        now,
        kept(new.quantity),
    )
    .execute(tx.conn()?)
    .await?;
    meters::mark_customer(tx, new.customer).await?;
    get(tx, id).await
}

/// Locks a subscription until the transaction ends: what is changed about it and what is billed of it take turns.
pub async fn lock(tx: &mut TenantTx, id: SubscriptionId) -> Result<Subscription> {
    lock_all(tx, &[id]).await?.pop().ok_or(StoreError::NotFound)
}

/// Locks several, by id: two that lock some of the same take turns. They come in the order in which they are asked for; what is not
/// there is not in the answer.
pub async fn lock_all(tx: &mut TenantTx, wanted: &[SubscriptionId]) -> Result<Vec<Subscription>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = wanted.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "select id from subscriptions where tenant_id = $1 and id = any ($2) order by id for update",
        tenant.uuid(),
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    // Only now is it what it will be until the end of the transaction.
    all(tx, wanted).await
}

/// Several, in the order in which they are asked for. What is not there is not in the answer.
async fn all(tx: &mut TenantTx, wanted: &[SubscriptionId]) -> Result<Vec<Subscription>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    let ids: Vec<_> = wanted.iter().map(|id| id.uuid()).collect();
    let rows = select!("where s.tenant_id = $1 and s.id = any ($3)", tenant.uuid(), today, &ids)
        .fetch_all(tx.conn()?)
        .await?;
    let mut found = rows.into_iter().map(Subscription::try_from).collect::<Result<Vec<_>>>()?;
    let places: HashMap<_, _> = wanted.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    found.sort_by_key(|subscription| places.get(&subscription.id).copied());
    Ok(found)
}

/// Sets its days: when it ends, when its trial does.
pub async fn set_days(
    tx: &mut TenantTx,
    id: SubscriptionId,
    ends_on: Option<NaiveDate>,
    trial_ends_on: Option<NaiveDate>,
) -> Result<Subscription> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update subscriptions
         set ends_on = $3, trial_ends_on = $4, cancelled_at = case when $3::date is not null then coalesce(cancelled_at, $5) end,
             version = version + 1, updated_at = $5
         where tenant_id = $1 and id = $2",
        tenant.uuid(),
        id.uuid(),
        ends_on,
        trial_ends_on,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    let changed = get(tx, id).await?;
    meters::mark_customer(tx, changed.customer).await?;
    Ok(changed)
}

/// Sets whether what was charged for days after its end is given back.
pub async fn set_credit_unused(tx: &mut TenantTx, id: SubscriptionId, credit_unused: bool) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "update subscriptions set credit_unused = $3 where tenant_id = $1 and id = $2",
        tenant.uuid(),
        id.uuid(),
        credit_unused,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// A subscription by id.
pub async fn get(tx: &mut TenantTx, id: SubscriptionId) -> Result<Subscription> {
    let (tenant, today) = (tx.tenant(), tx.today());
    select!("where s.tenant_id = $1 and s.id = $3", tenant.uuid(), today, id.uuid())
        .fetch_one(tx.conn()?)
        .await?
        .try_into()
}

/// The customer's subscriptions that have not ended, those that began first first.
pub async fn current_of(tx: &mut TenantTx, customer: CustomerId) -> Result<Vec<Subscription>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    let rows = select!(
        "where s.tenant_id = $1 and s.customer_id = $3 and (s.ends_on is null or s.ends_on > $2)
         order by s.starts_on, s.id",
        tenant.uuid(),
        today,
        customer.uuid()
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter().map(Subscription::try_from).collect()
}

/// The customer's subscription that began last.
pub async fn latest_for(tx: &mut TenantTx, customer: CustomerId) -> Result<Option<Subscription>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    select!(
        "where s.tenant_id = $1 and s.customer_id = $3 order by s.starts_on desc, s.id desc limit 1",
        tenant.uuid(),
        today,
        customer.uuid()
    )
    .fetch_optional(tx.conn()?)
    .await?
    .map(Subscription::try_from)
    .transpose()
}

/// The first day that no issued invoice of it has billed.
pub async fn billed_until(tx: &mut TenantTx, id: SubscriptionId) -> Result<Option<NaiveDate>> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        "select max(b.period_end) from invoice_subscriptions b
         join invoices i on i.tenant_id = b.tenant_id and i.id = b.invoice_id
         where b.tenant_id = $1 and b.subscription_id = $2 and not b.is_void and i.status <> 'draft'",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// All subscriptions of customers, whenever they were.
pub async fn of_customers(tx: &mut TenantTx, customers: &[CustomerId]) -> Result<Vec<Subscription>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    let ids: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    let rows = select!(
        "where s.tenant_id = $1 and s.customer_id = any ($3) order by s.id",
        tenant.uuid(),
        today,
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter().map(Subscription::try_from).collect()
}

/// All subscriptions that were ever charged by prices whose base fee has a rhythm of its own, and began before a day.
pub async fn with_rhythm(tx: &mut TenantTx, before: NaiveDate) -> Result<Vec<Subscription>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    let rows = select!(
        "where s.tenant_id = $1 and s.starts_on < $3
           and exists (select from plan_prices r
                       where r.tenant_id = s.tenant_id and (r.fee_interval, r.fee_anchor, r.fee_timing) <> ('month', 'calendar', 'arrears')
                         and ((r.plan_id = s.plan_id and r.version = s.price_version)
                              or exists (select from subscription_changes h
                                         where h.tenant_id = s.tenant_id and h.subscription_id = s.id
                                           and h.plan_id = r.plan_id and h.price_version = r.version)))
         order by s.id",
        tenant.uuid(),
        today,
        before,
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter().map(Subscription::try_from).collect()
}

/// Which subscriptions are wanted.
#[derive(Debug, Clone, Default)]
pub struct SubscriptionFilter {
    /// Only those in this state.
    pub status: Option<SubscriptionStatus>,
    /// Only those that have ended, or only those that have not.
    pub ended: Option<bool>,
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
    let (tenant, today) = (tx.tenant(), tx.today());
    let rows = select!(
        "where s.tenant_id = $1
           and ($3::text is null or app.subscription_status(s, $2) = $3)
           and (($4::uuid is null and $5::text is null)
                or app.subscription_plan(s, greatest($2, s.starts_on)) in (select id from plans where tenant_id = $1 and (id = $4 or code = $5)))
           and ($6::uuid is null or s.customer_id = $6)
           and ($7::text is null or c.code = $7)
           and ($8::timestamptz is null or (s.created_at, s.id) < ($8, $9))
           and ($11::boolean is null or coalesce(s.ends_on <= $2, false) = $11)
         order by s.created_at desc, s.id desc
         limit $10",
        tenant.uuid(),
        today,
        filter.status.map(SubscriptionStatus::as_str),
        plan_id,
        plan_code,
        customer_id,
        customer_code,
        after_time,
        after_id,
        page.fetch(),
        filter.ended,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(Subscription::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&(row.created_at, row.id.uuid()))))
}
