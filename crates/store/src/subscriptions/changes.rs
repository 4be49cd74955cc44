//! What changes about subscriptions, from which day on.

use chrono::NaiveDate;
use domain::{
    ids::{Id as _, PlanId, SubscriptionChangeId, SubscriptionId},
    subscriptions::{ChangeKind, Effect, PricesRef},
};

use super::{Subscription, effect, get, kept};
use crate::{Cursor, Page, PageRequest, Result, StoreError, TenantTx, meters};

/// A change to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewChange {
    /// The first day that it holds.
    pub effective_on: NaiveDate,
    /// What it does.
    pub kind: ChangeKind,
    /// By which prices it goes on; where these change.
    pub prices: Option<PricesRef>,
    /// How many times it goes on; where that changes.
    pub quantity: Option<u32>,
}

impl NewChange {
    /// What the subscription is from then on.
    pub fn effect(&self) -> Effect {
        effect(self.kind, self.prices, self.quantity)
    }
}

/// Adds a change. One of the same track on the same day gives way to it.
pub async fn add(tx: &mut TenantTx, subscription: &Subscription, new: &NewChange) -> Result<Subscription> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<SubscriptionChangeId>(), tx.now());
    sqlx::query!(
        "delete from subscription_changes
         where tenant_id = $1 and subscription_id = $2 and effective_on = $3
           and ((kind = 'plan'), (kind = 'quantity')) = ($4 = 'plan', $4 = 'quantity')",
        tenant.uuid(),
        subscription.id.uuid(),
        new.effective_on,
        new.kind.as_str(),
    )
    .execute(tx.conn()?)
    .await?;
    sqlx::query!(
        "insert into subscription_changes (tenant_id, id, subscription_id, customer_id, effective_on, kind, plan_id,
                                           price_version, created_at, quantity)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant.uuid(),
        id.uuid(),
        subscription.id.uuid(),
        subscription.customer.uuid(),
        new.effective_on,
        new.kind.as_str(),
        new.prices.map(|prices| prices.plan.uuid()),
        new.prices.map(|prices| prices.version),
        now,
        new.quantity.map(kept),
    )
    .execute(tx.conn()?)
    .await?;
    touch(tx, subscription.id).await
}

/// Whose change it is.
pub async fn subscription_of(tx: &mut TenantTx, change: SubscriptionChangeId) -> Result<SubscriptionId> {
    let tenant = tx.tenant();
    let id = sqlx::query_scalar!(
        "select subscription_id from subscription_changes where tenant_id = $1 and id = $2",
        tenant.uuid(),
        change.uuid(),
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(id.into())
}

/// Takes a change away.
pub async fn remove(
    tx: &mut TenantTx,
    subscription: SubscriptionId,
    change: SubscriptionChangeId,
) -> Result<Subscription> {
    let tenant = tx.tenant();
    let done = sqlx::query!(
        "delete from subscription_changes where tenant_id = $1 and subscription_id = $2 and id = $3",
        tenant.uuid(),
        subscription.uuid(),
        change.uuid(),
    )
    .execute(tx.conn()?)
    .await?;
    if done.rows_affected() == 0 { Err(StoreError::NotFound) } else { touch(tx, subscription).await }
}

async fn touch(tx: &mut TenantTx, subscription: SubscriptionId) -> Result<Subscription> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update subscriptions set version = version + 1, updated_at = $3 where tenant_id = $1 and id = $2",
        tenant.uuid(),
        subscription.uuid(),
        now,
    )
    .execute(tx.conn()?)
    .await?;
    let changed = get(tx, subscription).await?;
    meters::mark_customer(tx, changed.customer).await?;
    Ok(changed)
}

/// The subscriptions that are, on a day or by a change after it, to a plan by other prices than the latest, by id.
pub async fn outdated(
    tx: &mut TenantTx,
    plan: PlanId,
    day: NaiveDate,
    page: &PageRequest,
) -> Result<Page<SubscriptionId>> {
    let after: Option<uuid::Uuid> = page.after()?;
    let tenant = tx.tenant();
    let ids = sqlx::query_scalar!(
        "select s.id from subscriptions s join plans p on p.tenant_id = s.tenant_id and p.id = $2
         where s.tenant_id = $1 and (s.ends_on is null or s.ends_on > $3) and ($4::uuid is null or s.id > $4)
           and (app.subscription_plan(s, greatest($3, s.starts_on)) = $2
                and app.subscription_price_version(s, greatest($3, s.starts_on)) <> p.price_version
                or exists (select from subscription_changes c
                           where c.tenant_id = s.tenant_id and c.subscription_id = s.id and c.effective_on > $3
                             and c.plan_id = $2 and c.price_version <> p.price_version
                             and (s.ends_on is null or c.effective_on < s.ends_on)))
         order by s.id limit $5",
        tenant.uuid(),
        plan.uuid(),
        day,
        after,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let ids = ids.into_iter().map(SubscriptionId::from).collect();
    Ok(page.cut(ids, |id: &SubscriptionId| Cursor::of(&id.uuid())))
}
