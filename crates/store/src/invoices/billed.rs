//! Which subscriptions invoices bill.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    ids::{CustomerId, Id as _, InvoiceId, SubscriptionId},
    invoices::InvoiceStatus,
    periods::Period,
    subscriptions::PricesRef,
};
use serde::Deserialize;

use super::drafts::Parts;
use crate::{Result, StoreError, TenantTx, error::parse};

/// A subscription that an invoice bills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledSubscription {
    /// Which.
    pub id: SubscriptionId,
    /// The days.
    pub period: Period,
    /// The last of the prices that it was charged by.
    pub prices: PricesRef,
    /// The name of their plan.
    pub plan_name: String,
}

#[derive(Deserialize)]
pub(super) struct BilledRow {
    subscription_id: uuid::Uuid,
    period_start: NaiveDate,
    period_end: NaiveDate,
    plan_id: uuid::Uuid,
    plan_name: String,
    plan_version: i32,
}

impl TryFrom<BilledRow> for BilledSubscription {
    type Error = StoreError;

    fn try_from(row: BilledRow) -> Result<Self> {
        let period = Period::new(row.period_start, row.period_end);
        Ok(Self {
            id: row.subscription_id.into(),
            period: period.ok_or(StoreError::Corrupt("invoice_subscriptions.period"))?,
            prices: PricesRef { plan: row.plan_id.into(), version: row.plan_version },
            plan_name: row.plan_name,
        })
    }
}

/// Adds to drafts what they bill. [`StoreError::Taken`] where another invoice bills a subscription for the same days.
pub async fn add_subscriptions(
    tx: &mut TenantTx,
    drafts: &[(InvoiceId, CustomerId, &[BilledSubscription])],
) -> Result<()> {
    let tenant = tx.tenant();
    let Parts { invoices, customers, places, each: new } = Parts::of(drafts);
    let ids: Vec<_> = new.iter().map(|of| of.id.uuid()).collect();
    let starts: Vec<_> = new.iter().map(|of| of.period.start()).collect();
    let ends: Vec<_> = new.iter().map(|of| of.period.end()).collect();
    let plans: Vec<_> = new.iter().map(|of| of.prices.plan.uuid()).collect();
    let names: Vec<_> = new.iter().map(|of| of.plan_name.clone()).collect();
    let versions: Vec<_> = new.iter().map(|of| of.prices.version).collect();
    sqlx::query!(
        "insert into invoice_subscriptions (tenant_id, invoice_id, subscription_id, customer_id, position, period_start,
                                            period_end, plan_id, plan_name, plan_version)
         select $1, invoice, subscription, customer, place, period_start, period_end, plan, plan_name, plan_version
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::date[], $7::date[], $8::uuid[], $9::text[],
                     $10::int[])
              as b (invoice, subscription, customer, place, period_start, period_end, plan, plan_name, plan_version)",
        tenant.uuid(),
        &invoices,
        &ids,
        &customers,
        &places,
        &starts,
        &ends,
        &plans,
        &names,
        &versions,
    )
    .execute(tx.conn()?)
    .await
    .map_err(|error| StoreError::taken(error, "invoice_subscriptions_period", "period"))?;
    Ok(())
}

/// An invoice that bills the days of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billing {
    /// Which.
    pub id: InvoiceId,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// Its number, once issued.
    pub number: Option<String>,
    /// Whether it is on hold.
    pub held: bool,
}

/// The invoices of subscriptions for the periods that begin on these days, locked until the transaction ends; void ones
/// bill nothing.
pub async fn billings(
    tx: &mut TenantTx,
    periods: &[(SubscriptionId, NaiveDate)],
) -> Result<HashMap<SubscriptionId, Billing>> {
    let tenant = tx.tenant();
    let subscriptions: Vec<_> = periods.iter().map(|(subscription, _)| subscription.uuid()).collect();
    let starts: Vec<_> = periods.iter().map(|(_, start)| *start).collect();
    // Each is looked up by its key: as a join, whole tables are read where the planner knows little of them.
    let billed = sqlx::query!(
        r#"select p.subscription_id as "subscription_id!",
                  (select b.invoice_id from invoice_subscriptions b
                   where b.tenant_id = $1 and b.subscription_id = p.subscription_id and b.period_start = p.period_start
                     and not b.is_void) as invoice_id
           from unnest($2::uuid[], $3::date[]) as p (subscription_id, period_start)"#,
        tenant.uuid(),
        &subscriptions,
        &starts,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let ids: Vec<_> = billed.iter().filter_map(|row| row.invoice_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let locked = sqlx::query!(
        r#"select id, status, number, held_at is not null as "held!" from invoices
         where tenant_id = $1 and id = any ($2) and status <> 'void' order by id for update"#,
        tenant.uuid(),
        &ids,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut known = HashMap::with_capacity(locked.len());
    for row in locked {
        let status = parse(&row.status, "invoices.status")?;
        known.insert(row.id, Billing { id: row.id.into(), status, number: row.number, held: row.held });
    }
    let of = |(subscription, invoice): (uuid::Uuid, Option<uuid::Uuid>)| {
        Some((subscription.into(), known.get(&invoice?)?.clone()))
    };
    Ok(billed.into_iter().map(|row| (row.subscription_id, row.invoice_id)).filter_map(of).collect())
}
