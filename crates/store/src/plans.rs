//! A tenant's plans, with what they charge for.
//!
//! A plan and its components are read in one statement, so that nobody sees the fee of one version with
//! the prices of another.

pub mod prices;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    evidence::{PricedComponent, PricedPlan},
    fees::Rhythm,
    ids::{ComponentId, Id as _, PlanId},
    money::{Currency, Money},
    plans::{BilledAt, PlanStatus},
    pricing::{AdjustmentTerms, PriceTerms},
    subscriptions::PricesRef,
};
use sqlx::types::Json;

use crate::{Cursor, Page, PageRequest, Result, StoreError, TenantTx, error::parse};

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// The code that people and addresses use.
    pub code: String,
    /// Its name, as it is printed on invoices.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// What a period costs before any usage; its currency is that of the plan.
    pub base_fee: Money,
    /// The periods that the base fee is for.
    pub rhythm: Rhythm,
    /// What usage costs, in the order of the invoice.
    pub components: Vec<Component>,
    /// What is done with all of it.
    pub adjustments: AdjustmentTerms,
    /// The product class that tax goes by; none is the standard one.
    pub tax_class: Option<String>,
    /// Where those who are subscribed to it are billed.
    pub billed_at: BilledAt,
    /// Where it stands.
    pub status: PlanStatus,
    /// Counts its changes.
    pub version: i32,
    /// The version that gave it the prices that it has.
    pub price_version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Plan {
    /// Its prices, as they are kept for those who subscribe.
    pub fn priced(&self) -> PricedPlan {
        let component = |component: &Component| PricedComponent {
            metric: component.metric.clone(),
            name: component.name.clone(),
            unit: component.unit.clone(),
            price: component.price.clone(),
        };
        PricedPlan {
            id: self.id,
            version: self.price_version,
            name: self.name.clone(),
            currency: self.base_fee.currency(),
            tax_class: self.tax_class.clone(),
            billed_at: self.billed_at,
            base_fee: self.base_fee.to_decimal().into(),
            fee_interval: self.rhythm.interval,
            fee_anchor: self.rhythm.anchor,
            fee_timing: self.rhythm.timing,
            components: self.components.iter().map(component).collect(),
            adjustments: self.adjustments.clone(),
        }
    }

    /// Which prices those get who subscribe.
    pub fn prices(&self) -> PricesRef {
        PricesRef { plan: self.id, version: self.price_version }
    }
}

/// What a plan charges for one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its id; the same for as long as the plan prices the metric.
    pub id: ComponentId,
    /// The metric's key.
    pub metric: String,
    /// Its name on the invoice.
    pub name: String,
    /// What the metric calls one unit.
    pub unit: String,
    /// What it costs.
    pub price: PriceTerms,
}

/// What may be edited about a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanDetails {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// What a period costs before any usage.
    pub base_fee: Money,
    /// The periods that the base fee is for.
    pub rhythm: Rhythm,
    /// What usage costs.
    pub components: Vec<NewComponent>,
    /// What is done with all of it.
    pub adjustments: AdjustmentTerms,
    /// The product class that tax goes by.
    pub tax_class: Option<String>,
    /// Where it is billed; as it is, where it is not said.
    pub billed_at: Option<BilledAt>,
}

/// A component to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComponent {
    /// The metric's key.
    pub metric: String,
    /// Its name on the invoice.
    pub name: String,
    /// What it costs.
    pub price: PriceTerms,
}

/// How a plan is named in a request: by id, or by its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanRef {
    /// By id.
    Id(PlanId),
    /// By code.
    Code(String),
}

impl PlanRef {
    /// The id and the code, one of which is there.
    pub(crate) fn parts(&self) -> (Option<uuid::Uuid>, Option<&str>) {
        match self {
            Self::Id(id) => (Some(id.uuid()), None),
            Self::Code(code) => (None, Some(code)),
        }
    }
}

impl std::str::FromStr for PlanRef {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A code is written in capitals and an id never is, so the two cannot be taken for each other.
        Ok(text.parse().map_or_else(|_| Self::Code(text.to_owned()), Self::Id))
    }
}

/// Makes a plan.
pub async fn create(tx: &mut TenantTx, code: &str, details: &PlanDetails) -> Result<Plan> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<PlanId>(), tx.now());
    sqlx::query!(
        "insert into plans (tenant_id, id, code, name, description, currency, base_fee_minor, adjustments, created_at,
                            updated_at, tax_class, fee_interval, fee_anchor, billed_at, fee_timing)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14)",
        tenant.uuid(),
        id.uuid(),
        code,
        details.name,
        details.description,
        details.base_fee.currency().code(),
        details.base_fee.amount_minor(),
        Json(&details.adjustments) as _,
        now,
        details.tax_class,
        details.rhythm.interval.as_str(),
        details.rhythm.anchor.as_str(),
        details.billed_at.unwrap_or_else(BilledAt::here).as_str(),
        details.rhythm.timing.as_str(),
    )
    .execute(tx.conn()?)
    .await
    .map_err(|error| StoreError::taken(error, "plans_tenant_id_code_key", "code"))?;
    insert_components(tx, id, &details.components, &HashMap::new()).await?;
    let plan = get(tx, id).await?;
    prices::keep(tx, &plan.priced()).await?;
    Ok(plan)
}

/// Replaces what may be edited, if it is still the version that the caller read. The currency stays, and where it is billed. Where prices
/// change, those who are subscribed keep the ones that they have.
pub async fn update(
    tx: &mut TenantTx,
    id: PlanId,
    version: Option<i32>,
    details: &PlanDetails,
) -> Result<Plan> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update plans
         set name = $4, description = $5, base_fee_minor = $6, version = version + 1, updated_at = $7,
             adjustments = $9, tax_class = $10, fee_interval = $11, fee_anchor = $12,
             fee_timing = $13
         where tenant_id = $1 and id = $2 and ($3::integer is null or version = $3) and currency = $8",
        tenant.uuid(),
        id.uuid(),
        version,
        details.name,
        details.description,
        details.base_fee.amount_minor(),
        now,
        details.base_fee.currency().code(),
        Json(&details.adjustments) as _,
        details.tax_class,
        details.rhythm.interval.as_str(),
        details.rhythm.anchor.as_str(),
        details.rhythm.timing.as_str(),
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    let before = sqlx::query!(
        "delete from plan_components where tenant_id = $1 and plan_id = $2 returning metric, id",
        tenant.uuid(),
        id.uuid()
    )
    .fetch_all(tx.conn()?)
    .await?;
    let ids = before.into_iter().map(|row| (row.metric, row.id)).collect();
    insert_components(tx, id, &details.components, &ids).await?;
    let plan = get(tx, id).await?;
    let priced = plan.priced();
    if prices::get(tx, plan.prices()).await? == priced {
        return Ok(plan);
    }
    sqlx::query!(
        "update plans set price_version = version where tenant_id = $1 and id = $2",
        tenant.uuid(),
        id.uuid()
    )
    .execute(tx.conn()?)
    .await?;
    prices::keep(tx, &PricedPlan { version: plan.version, ..priced }).await?;
    Ok(Plan { price_version: plan.version, ..plan })
}

async fn insert_components(
    tx: &mut TenantTx,
    plan: PlanId,
    components: &[NewComponent],
    known: &HashMap<String, uuid::Uuid>,
) -> Result<()> {
    let tenant = tx.tenant();
    let ids: Vec<_> = components
        .iter()
        .map(|component| {
            known.get(&component.metric).copied().unwrap_or_else(|| tx.new_id::<ComponentId>().uuid())
        })
        .collect();
    let metrics: Vec<_> = components.iter().map(|component| component.metric.clone()).collect();
    let names: Vec<_> = components.iter().map(|component| component.name.clone()).collect();
    let prices: Vec<_> = components.iter().map(|component| Json(&component.price)).collect();
    sqlx::query!(
        "insert into plan_components (tenant_id, plan_id, id, position, metric, name, price)
         select $1, $2, c.id, c.position, c.metric, c.name, c.price
         from unnest($3::uuid[], $4::text[], $5::text[], $6::jsonb[])
              with ordinality as c (id, metric, name, price, position)",
        tenant.uuid(),
        plan.uuid(),
        &ids,
        &metrics,
        &names,
        &prices as _,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Moves a plan from one state to another; [`StoreError::Stale`] if it was not in the first.
pub async fn set_status(tx: &mut TenantTx, id: PlanId, from: PlanStatus, to: PlanStatus) -> Result<Plan> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update plans set status = $4, version = version + 1, updated_at = $5
         where tenant_id = $1 and id = $2 and status = $3",
        tenant.uuid(),
        id.uuid(),
        from.as_str(),
        to.as_str(),
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { get(tx, id).await }
}

/// A plan by id.
pub async fn get(tx: &mut TenantTx, id: PlanId) -> Result<Plan> {
    find(tx, &PlanRef::Id(id)).await
}

/// Finds a plan by id or code.
pub async fn find(tx: &mut TenantTx, plan: &PlanRef) -> Result<Plan> {
    let wanted = Wanted { plan: Some(plan), status: None, after: None, limit: 1 };
    fetch(tx, &wanted).await?.pop().ok_or(StoreError::NotFound)
}

/// Plans by code.
pub async fn list(tx: &mut TenantTx, status: Option<PlanStatus>, page: &PageRequest) -> Result<Page<Plan>> {
    let wanted = Wanted { plan: None, status, after: page.after()?, limit: page.fetch() };
    let plans = fetch(tx, &wanted).await?;
    Ok(page.cut(plans, |plan| Cursor::of(&plan.code)))
}

struct Wanted<'a> {
    plan: Option<&'a PlanRef>,
    status: Option<PlanStatus>,
    after: Option<String>,
    limit: i64,
}

/// A plan with one of its components, or with none.
struct PlanRow {
    id: uuid::Uuid,
    code: String,
    name: String,
    description: Option<String>,
    currency: String,
    base_fee_minor: i64,
    fee_interval: String,
    fee_anchor: String,
    fee_timing: String,
    status: String,
    version: i32,
    price_version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    component_id: Option<uuid::Uuid>,
    metric: Option<String>,
    component_name: Option<String>,
    unit: Option<String>,
    price: Option<Json<PriceTerms>>,
    adjustments: Json<AdjustmentTerms>,
    tax_class: Option<String>,
    billed_at: String,
}

async fn fetch(tx: &mut TenantTx, wanted: &Wanted<'_>) -> Result<Vec<Plan>> {
    let tenant = tx.tenant();
    let (id, code) = wanted.plan.map(PlanRef::parts).unwrap_or_default();
    let rows = sqlx::query_as!(
        PlanRow,
        r#"select p.id as "id!", p.code as "code!", p.name as "name!", p.description as "description?",
                  p.currency as "currency!", p.base_fee_minor as "base_fee_minor!", p.status as "status!",
                  p.fee_interval as "fee_interval!", p.fee_anchor as "fee_anchor!", p.fee_timing as "fee_timing!",
                  p.version as "version!", p.price_version as "price_version!",
                  p.created_at as "created_at!", p.updated_at as "updated_at!",
                  c.id as "component_id?", c.metric as "metric?", c.name as "component_name?",
                  m.unit as "unit?", c.price as "price?: Json<PriceTerms>",
                  p.adjustments as "adjustments!: Json<AdjustmentTerms>",
                  p.tax_class as "tax_class?", p.billed_at as "billed_at!"
           from (select * from plans
                 where tenant_id = $1
                   and ($2::uuid is null or id = $2)
                   and ($3::text is null or code = $3)
                   and ($4::text is null or status = $4)
                   and ($5::text is null or code > $5)
                 order by code limit $6) p
           left join plan_components c on c.tenant_id = p.tenant_id and c.plan_id = p.id
           left join metrics m on m.tenant_id = c.tenant_id and m.key = c.metric
           order by p.code, c.position"#,
        tenant.uuid(),
        id,
        code,
        wanted.status.map(PlanStatus::as_str),
        wanted.after,
        wanted.limit,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut plans: Vec<Plan> = Vec::new();
    for mut row in rows {
        let component = component(&mut row);
        if plans.last().is_none_or(|plan| plan.id.uuid() != row.id) {
            plans.push(plan(row)?);
        }
        if let Some(plan) = plans.last_mut() {
            plan.components.extend(component);
        }
    }
    Ok(plans)
}

fn plan(row: PlanRow) -> Result<Plan> {
    let currency: Currency = parse(&row.currency, "plans.currency")?;
    Ok(Plan {
        id: row.id.into(),
        code: row.code,
        name: row.name,
        description: row.description,
        base_fee: Money::new(row.base_fee_minor, currency),
        rhythm: Rhythm {
            interval: parse(&row.fee_interval, "plans.fee_interval")?,
            anchor: parse(&row.fee_anchor, "plans.fee_anchor")?,
            timing: parse(&row.fee_timing, "plans.fee_timing")?,
        },
        components: Vec::new(),
        adjustments: row.adjustments.0,
        tax_class: row.tax_class,
        billed_at: parse(&row.billed_at, "plans.billed_at")?,
        status: parse(&row.status, "plans.status")?,
        version: row.version,
        price_version: row.price_version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn component(row: &mut PlanRow) -> Option<Component> {
    Some(Component {
        id: row.component_id?.into(),
        metric: row.metric.take()?,
        name: row.component_name.take()?,
        unit: row.unit.take()?,
        price: row.price.take()?.0,
    })
}
