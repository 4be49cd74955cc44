//! The prices of plans in all their versions. They are added and never changed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    evidence::{PricedComponent, PricedPlan},
    ids::{Id as _, PlanId},
    money::{Currency, Money},
    pricing::AdjustmentTerms,
    subscriptions::PricesRef,
};
use sqlx::types::Json;

use crate::{Result, StoreError, TenantTx, error::parse};

struct PricesRow {
    plan_id: uuid::Uuid,
    version: i32,
    name: String,
    currency: String,
    tax_class: Option<String>,
    billed_at: String,
    base_fee_minor: i64,
    fee_interval: String,
    fee_anchor: String,
    fee_timing: String,
    components: Json<Vec<PricedComponent>>,
    adjustments: Json<AdjustmentTerms>,
}

impl TryFrom<PricesRow> for PricedPlan {
    type Error = StoreError;

    fn try_from(row: PricesRow) -> Result<Self> {
        let currency: Currency = parse(&row.currency, "plan_prices.currency")?;
        Ok(Self {
            id: row.plan_id.into(),
            version: row.version,
            name: row.name,
            currency,
            tax_class: row.tax_class,
            billed_at: parse(&row.billed_at, "plans.billed_at")?,
            base_fee: Money::new(row.base_fee_minor, currency).to_decimal().into(),
            fee_interval: parse(&row.fee_interval, "plan_prices.fee_interval")?,
            fee_anchor: parse(&row.fee_anchor, "plan_prices.fee_anchor")?,
            fee_timing: parse(&row.fee_timing, "plan_prices.fee_timing")?,
            components: row.components.0,
            adjustments: row.adjustments.0,
        })
    }
}

/// Keeps a version of a plan's prices.
pub(super) async fn keep(tx: &mut TenantTx, prices: &PricedPlan) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let base_fee = Money::round_from(prices.base_fee.decimal(), prices.currency)
        .map_err(|_| StoreError::Invalid("the base fee is no amount of its currency"))?;
    sqlx::query!(
        "insert into plan_prices (tenant_id, plan_id, version, name, currency, base_fee_minor, components, adjustments,
                                  created_at, fee_interval, fee_anchor, fee_timing)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant.uuid(),
        prices.id.uuid(),
        prices.version,
        prices.name,
        prices.currency.code(),
        base_fee.amount_minor(),
        Json(&prices.components) as _,
        Json(&prices.adjustments) as _,
        now,
        prices.fee_interval.as_str(),
        prices.fee_anchor.as_str(),
        prices.fee_timing.as_str(),
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// The prices of a version.
pub async fn get(tx: &mut TenantTx, prices: PricesRef) -> Result<PricedPlan> {
    let tenant = tx.tenant();
    sqlx::query_as!(
        PricesRow,
        r#"select p.plan_id, p.version, p.name, p.currency, n.tax_class, n.billed_at, p.base_fee_minor,
                  p.fee_interval, p.fee_anchor, p.fee_timing,
                  p.components as "components: Json<Vec<PricedComponent>>",
                  p.adjustments as "adjustments: Json<AdjustmentTerms>"
           from plan_prices p
           join plans n on n.tenant_id = p.tenant_id and n.id = p.plan_id where p.tenant_id = $1 and p.plan_id = $2 and p.version = $3"#,
        tenant.uuid(),
        prices.plan.uuid(),
        prices.version,
    )
    .fetch_one(tx.conn()?)
    .await?
    .try_into()
}

/// The prices of several versions.
pub async fn of(tx: &mut TenantTx, versions: &[PricesRef]) -> Result<HashMap<PricesRef, PricedPlan>> {
    let tenant = tx.tenant();
    let plans: Vec<_> = versions.iter().map(|prices| prices.plan.uuid()).collect();
    let numbers: Vec<_> = versions.iter().map(|prices| prices.version).collect();
    let rows = sqlx::query_as!(
        PricesRow,
        r#"select p.plan_id, p.version, p.name, p.currency, n.tax_class, n.billed_at, p.base_fee_minor,
                  p.fee_interval, p.fee_anchor, p.fee_timing,
                  p.components as "components: Json<Vec<PricedComponent>>",
                  p.adjustments as "adjustments: Json<AdjustmentTerms>"
           from plan_prices p
           join plans n on n.tenant_id = p.tenant_id and n.id = p.plan_id
           where p.tenant_id = $1 and (p.plan_id, p.version) in (select * from unnest($2::uuid[], $3::int[]))"#,
        tenant.uuid(),
        &plans,
        &numbers,
    )
    .fetch_all(tx.conn()?)
    .await?;
    by_version(rows)
}

/// All prices of the tenant.
pub async fn all(tx: &mut TenantTx) -> Result<HashMap<PricesRef, PricedPlan>> {
    let tenant = tx.tenant();
    let rows = sqlx::query_as!(
        PricesRow,
        r#"select p.plan_id, p.version, p.name, p.currency, n.tax_class, n.billed_at, p.base_fee_minor,
                  p.fee_interval, p.fee_anchor, p.fee_timing,
                  p.components as "components: Json<Vec<PricedComponent>>",
                  p.adjustments as "adjustments: Json<AdjustmentTerms>"
           from plan_prices p
           join plans n on n.tenant_id = p.tenant_id and n.id = p.plan_id
           where p.tenant_id = $1"#,
        tenant.uuid(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    by_version(rows)
}

fn by_version(rows: Vec<PricesRow>) -> Result<HashMap<PricesRef, PricedPlan>> {
    rows.into_iter()
        .map(|row| {
            let prices = PricedPlan::try_from(row)?;
            Ok((PricesRef { plan: prices.id, version: prices.version }, prices))
        })
        .collect()
}

/// A version of a plan's prices, and who is charged by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The prices.
    pub prices: PricedPlan,
    /// Since when there are these.
    pub created_at: DateTime<Utc>,
    /// How many subscriptions are charged by it today.
    pub subscriptions: i64,
}

/// The versions of a plan's prices, the latest first.
pub async fn versions(tx: &mut TenantTx, plan: PlanId) -> Result<Vec<Version>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    let rows = sqlx::query!(
        r#"select p.plan_id, p.version, p.name, p.currency, plan.tax_class, plan.billed_at, p.base_fee_minor, p.created_at,
                  p.fee_interval, p.fee_anchor, p.fee_timing,
                  p.components as "components: Json<Vec<PricedComponent>>",
                  p.adjustments as "adjustments: Json<AdjustmentTerms>",
                  coalesce(n.subscriptions, 0) as "subscriptions!"
           from plan_prices p
           join plans plan on plan.tenant_id = p.tenant_id and plan.id = p.plan_id
           left join (select plan, version, count(*) as subscriptions
                      from (select app.subscription_plan(s, greatest($3, s.starts_on)) as plan,
                                   app.subscription_price_version(s, greatest($3, s.starts_on)) as version
                            from subscriptions s
                            where s.tenant_id = $1 and (s.ends_on is null or s.ends_on > $3)) present
                      group by plan, version) n on n.plan = p.plan_id and n.version = p.version
           where p.tenant_id = $1 and p.plan_id = $2
           order by p.version desc"#,
        tenant.uuid(),
        plan.uuid(),
        today,
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            let prices = PricesRow {
                plan_id: row.plan_id,
                version: row.version,
                name: row.name,
                currency: row.currency,
                tax_class: row.tax_class,
                billed_at: row.billed_at,
                base_fee_minor: row.base_fee_minor,
                fee_interval: row.fee_interval,
                fee_anchor: row.fee_anchor,
                fee_timing: row.fee_timing,
                components: row.components,
                adjustments: row.adjustments,
            };
            Ok(Version {
                prices: prices.try_into()?,
                created_at: row.created_at,
                subscriptions: row.subscriptions,
            })
        })
        .collect()
}
