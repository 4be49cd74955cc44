//! `/msp/plans`.

use std::collections::HashSet;

use actix_web::{HttpResponse, get, http::StatusCode, post, put};
use app::{AppError, plans, subscriptions};
use contract::{
    Page,
    plans::{
        CreatePlan, ListPlans, MigratePlan, MigratedSubscription, Plan, PlanComponent, PlanMigrated,
        PlanPriceVersions, PlanPrices, PreviewPlanMigration, PricedMetric, UpdatePlan,
    },
};
use domain::{
    evidence::PricedComponent,
    fees::Rhythm,
    money::Money,
    periods::Month,
    plans::{MAX_BASE_FEE_MINOR, MAX_COMPONENTS},
    pricing::AdjustmentTerms,
    text,
};
use store::plans::{Component, NewComponent, PlanDetails, PlanRef, prices::Version};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, PageParams, Params, extract::page, perm, reply, tax::tax_class,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(read)
        .service(update)
        .service(archive)
        .service(unarchive)
        .service(list_prices)
        .service(preview_migration)
        .service(migrate);
}

pub(crate) fn to_contract(plan: store::plans::Plan) -> Plan {
    Plan {
        id: plan.id,
        code: plan.code,
        name: plan.name,
        description: plan.description,
        base_fee: plan.base_fee,
        fee_interval: plan.rhythm.interval,
        fee_anchor: plan.rhythm.anchor,
        fee_timing: plan.rhythm.timing,
        components: plan.components.into_iter().map(component).collect(),
        discounts: plan.adjustments.discounts,
        minimum: plan.adjustments.minimum,
        maximum: plan.adjustments.maximum,
        tax_class: plan.tax_class,
        billed_at: plan.billed_at,
        status: plan.status,
        version: plan.version,
        price_version: plan.price_version,
        created_at: plan.created_at,
        updated_at: plan.updated_at,
    }
}

fn component(component: Component) -> PlanComponent {
    PlanComponent {
        id: component.id,
        metric: component.metric,
        name: component.name,
        price: component.price,
        unit: component.unit,
    }
}

fn made(plan: store::plans::Plan) -> Made<Plan> {
    let version = plan.version;
    Made::versioned(to_contract(plan), version)
}

/// Lists plans by code.
#[utoipa::path(tag = "Plans", operation_id = "list_plans", params(ListPlans),
    responses((status = 200, body = Page<Plan>)), security(("bearer" = ["plans:read"])))]
#[get("/msp/plans")]
async fn list(ctx: Ctx<perm::PlansRead>, query: Params<ListPlans>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx.read(async |tx| Ok(store::plans::list(tx, query.status, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(found, to_contract)))
}

/// Makes a plan.
#[utoipa::path(tag = "Plans", operation_id = "create_plan", request_body = CreatePlan,
    responses((status = 201, body = Plan)), security(("bearer" = ["plans:write"])))]
#[post("/msp/plans")]
async fn create(ctx: Ctx<perm::PlansWrite>, body: Body<CreatePlan>) -> ApiResult {
    let mut form = Form::new();
    let code = form.text("/code", &body.code, text::code);
    let details = check(form, &said(body.value.clone()))?;
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        Ok(made(plans::create(tx, &code, &details).await?))
    })
    .await
}

/// Shows a plan.
#[utoipa::path(tag = "Plans", operation_id = "get_plan",
    params(("plan" = String, Path, description = "Id or code")),
    responses((status = 200, body = Plan)), security(("bearer" = ["plans:read"])))]
#[get("/msp/plans/{plan}")]
async fn read(ctx: Ctx<perm::PlansRead>, plan: At<PlanRef>) -> ApiResult {
    let plan = ctx.read(async |tx| Ok(store::plans::find(tx, &plan.0).await?)).await?;
    Ok(reply(&made(plan)))
}

/// Replaces what a plan says. Who is subscribed keeps the prices that they have until they are moved
/// (`migrate_plan`); issued invoices keep what they were computed from.
#[utoipa::path(tag = "Plans", operation_id = "update_plan",
    params(("plan" = String, Path, description = "Id or code")), request_body = UpdatePlan,
    responses((status = 200, body = Plan)), security(("bearer" = ["plans:write"])))]
#[put("/msp/plans/{plan}")]
async fn update(ctx: Ctx<perm::PlansWrite>, plan: At<PlanRef>, body: Body<UpdatePlan>) -> ApiResult {
    let details = check(Form::new(), &body.value)?;
    let plan = ctx.write(async |tx| plans::update(tx, &plan.0, ctx.if_match(), &details).await).await?;
    Ok(reply(&made(plan)))
}

/// Takes a plan off the shelf: nobody new is subscribed to it, who already is stays.
#[utoipa::path(tag = "Plans", operation_id = "archive_plan",
    params(("plan" = String, Path, description = "Id or code")),
    responses((status = 200, body = Plan)), security(("bearer" = ["plans:write"])))]
#[post("/msp/plans/{plan}/archive")]
async fn archive(ctx: Ctx<perm::PlansWrite>, plan: At<PlanRef>) -> ApiResult {
    ctx.post(StatusCode::OK, &[], async |tx| Ok(made(plans::archive(tx, &plan.0).await?))).await
}

/// Puts an archived plan back.
#[utoipa::path(tag = "Plans", operation_id = "unarchive_plan",
    params(("plan" = String, Path, description = "Id or code")),
    responses((status = 200, body = Plan)), security(("bearer" = ["plans:write"])))]
#[post("/msp/plans/{plan}/unarchive")]
async fn unarchive(ctx: Ctx<perm::PlansWrite>, plan: At<PlanRef>) -> ApiResult {
    ctx.post(StatusCode::OK, &[], async |tx| Ok(made(plans::unarchive(tx, &plan.0).await?))).await
}

/// Lists all versions of a plan's prices, the latest first, and how many subscriptions are charged by each.
#[utoipa::path(tag = "Plans", operation_id = "list_plan_prices",
    params(("plan" = String, Path, description = "Id or code")),
    responses((status = 200, body = PlanPriceVersions)), security(("bearer" = ["plans:read"])))]
#[get("/msp/plans/{plan}/prices")]
async fn list_prices(ctx: Ctx<perm::PlansRead>, plan: At<PlanRef>) -> ApiResult {
    let versions = ctx
        .read(async |tx| {
            let plan = store::plans::find(tx, &plan.0).await?;
            Ok(store::plans::prices::versions(tx, plan.id).await?)
        })
        .await?;
    let items = versions.into_iter().map(version).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(PlanPriceVersions { items }))
}

fn version(version: Version) -> Result<PlanPrices, AppError> {
    let Version { prices, created_at, subscriptions } = version;
    let metric = |component: PricedComponent| {
        let PricedComponent { metric, name, unit, price } = component;
        PricedMetric { metric, name, unit, price }
    };
    Ok(PlanPrices {
        version: prices.version,
        name: prices.name,
        base_fee: Money::round_from(prices.base_fee.decimal(), prices.currency)
            .map_err(AppError::internal)?,
        fee_interval: prices.fee_interval,
        fee_anchor: prices.fee_anchor,
        fee_timing: prices.fee_timing,
        components: prices.components.into_iter().map(metric).collect(),
        discounts: prices.adjustments.discounts,
        minimum: prices.adjustments.minimum,
        maximum: prices.adjustments.maximum,
        created_at,
        subscriptions,
    })
}

/// Shows what the latest prices of a plan would mean to each subscription that has older ones. Nothing is kept.
#[utoipa::path(tag = "Plans", operation_id = "preview_plan_migration",
    params(("plan" = String, Path, description = "Id or code"), PreviewPlanMigration),
    responses((status = 200, body = Page<MigratedSubscription>)),
    security(("bearer" = ["subscriptions:read"])))]
#[get("/msp/plans/{plan}/migration")]
async fn preview_migration(
    ctx: Ctx<perm::SubscriptionsRead>,
    plan: At<PlanRef>,
    query: Params<PreviewPlanMigration>,
) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            let next = Month::of(tx.today()).offset(1).first_day();
            let effective_on = query.effective_on.unwrap_or(next);
            subscriptions::preview_migration(tx, &plan.0, effective_on, &request).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, |it| MigratedSubscription {
        subscription_id: it.subscription.id,
        customer_id: it.subscription.customer,
        customer_code: it.subscription.customer_code,
        customer_name: it.subscription.customer_name,
        from_version: it.from_version,
        before: it.before,
        after: it.after,
    })))
}

/// Gives every subscription to a plan its latest prices, from a day on.
///
/// Subscriptions that have been billed beyond that day stay, and are counted; and so are those beside which another one of the customer
/// bills what the latest prices bill, too.
#[utoipa::path(tag = "Plans", operation_id = "migrate_plan",
    params(("plan" = String, Path, description = "Id or code")), request_body = MigratePlan,
    responses((status = 200, body = PlanMigrated)), security(("bearer" = ["subscriptions:write"])))]
#[post("/msp/plans/{plan}/migration")]
async fn migrate(
    ctx: Ctx<perm::SubscriptionsWrite>,
    plan: At<PlanRef>,
    body: Body<MigratePlan>,
) -> ApiResult {
    ctx.post(StatusCode::OK, &body.digest, async |tx| {
        let done = subscriptions::migrate(tx, &plan.0, body.effective_on).await?;
        Ok(Made::new(PlanMigrated { moved: done.moved, billed: done.billed, overlapping: done.overlapping }))
    })
    .await
}

/// What a new plan says, as a change of it would.
fn said(plan: CreatePlan) -> UpdatePlan {
    let CreatePlan {
        code: _,
        name,
        description,
        base_fee,
        fee_interval,
        fee_anchor,
        fee_timing,
        components,
        discounts,
        minimum,
        maximum,
        tax_class,
        billed_at,
    } = plan;
    UpdatePlan {
        name,
        description,
        base_fee,
        fee_interval,
        fee_anchor,
        fee_timing,
        components,
        discounts,
        minimum,
        maximum,
        tax_class,
        billed_at,
    }
}

fn check(mut form: Form, plan: &UpdatePlan) -> Result<PlanDetails, AppError> {
    let name = form.line("/name", &plan.name, 100);
    let description = form.optional_paragraph("/description", plan.description.as_deref(), 2_000);
    let (base_fee, components) = (plan.base_fee, &plan.components);
    if !(0..=MAX_BASE_FEE_MINOR).contains(&base_fee.amount_minor()) {
        form.refuse("/base_fee/amount_minor", format!("must be between 0 and {MAX_BASE_FEE_MINOR}"));
    }
    form.at_most("/components", components, MAX_COMPONENTS);
    let mut seen = HashSet::new();
    // One over the limit is refused as a whole: no need to look at what comes behind.
    let components = components
        .iter()
        .take(MAX_COMPONENTS)
        .enumerate()
        .map(|(index, component)| {
            let at = |field: &str| format!("/components/{index}/{field}");
            let metric = form.text(&at("metric"), &component.metric, text::key);
            if !metric.is_empty() && !seen.insert(metric.clone()) {
                form.refuse(&at("metric"), "is priced by another component already");
            }
            NewComponent {
                metric,
                name: form.line(&at("name"), &component.name, 100),
                price: {
                    form.price(&at("price"), &component.price);
                    component.price.clone()
                },
            }
        })
        .collect();
    let UpdatePlan { discounts, minimum, maximum, .. } = plan.clone();
    let adjustments = AdjustmentTerms { discounts, minimum, maximum };
    form.adjustments("", &adjustments);
    let rhythm = Rhythm { interval: plan.fee_interval, anchor: plan.fee_anchor, timing: plan.fee_timing };
    form.of_rhythm("", rhythm, &adjustments);
    let tax_class = tax_class(&mut form, plan.tax_class.as_deref());
    form.finish()?;
    let billed_at = plan.billed_at;
    Ok(PlanDetails { name, description, base_fee, rhythm, components, adjustments, tax_class, billed_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::parse_json;
    use serde_json::{Value, json};

    fn component(metric: &str) -> Value {
        json!({"metric": metric, "name": "Machines", "price": {"model": "unit", "unit_price": "25", "included": "10"}})
    }

    /// A good plan, with one place of it replaced.
    fn plan_with(pointer: &str, value: Value) -> Value {
        let mut plan = json!({
            "code": "PRO",
            "name": "Professional",
            "base_fee": {"amount_minor": 5000, "currency": "USD"},
            "components": [component("machines"), component("storage.gb")],
        });
        *plan.pointer_mut(pointer).unwrap() = value;
        plan
    }

    /// The wrong fields, as a caller is told.
    fn wrong(plan: &Value) -> Vec<String> {
        let checked = parse_json::<CreatePlan>(plan.to_string().as_bytes()).and_then(|body| {
            let mut form = Form::new();
            form.text("/code", &body.code, text::code);
            Ok(check(form, &said(body))?)
        });
        let problem = checked.err().map(|error| error.problem(None));
        problem.into_iter().flat_map(|problem| problem.errors).map(|error| error.pointer).collect()
    }

    #[test]
    fn what_is_within_the_bounds_is_taken() {
        for (pointer, value) in [
            ("/name", json!("株式会社")),
            ("/base_fee/amount_minor", json!(0)),
            ("/base_fee/amount_minor", json!(1_000_000_000_000i64)),
            ("/components", json!([])),
            ("/components/0/price/unit_price", json!("0")),
            ("/components/0/price/unit_price", json!("0.000000001")),
            ("/components/0/price/unit_price", json!("1000000.000000000")),
            ("/components/0/price/included", json!("10000000000")),
        ] {
            assert_eq!(wrong(&plan_with(pointer, value.clone())), Vec::<String>::new(), "{pointer} {value}");
        }
    }

    #[test]
    fn what_is_not_is_named() {
        for (pointer, value) in [
            ("/code", json!("pro")),
            ("/name", json!(" ")),
            ("/name", json!("x".repeat(101))),
            ("/base_fee/amount_minor", json!(-1)),
            ("/base_fee/amount_minor", json!(1_000_000_000_001i64)),
            ("/base_fee/amount_minor", json!(1.5)),
            ("/base_fee/currency", json!("XXX")),
            ("/components/1/metric", json!("Machines")),
            ("/components/1/metric", json!("machines")),
            ("/components/1/name", json!("")),
            ("/components/0/price/unit_price", json!(25)),
            ("/components/0/price/unit_price", json!("-0.01")),
            ("/components/0/price/unit_price", json!("1000000.000000001")),
            ("/components/0/price/unit_price", json!("0.0000000001")),
            ("/components/0/price/unit_price", json!("1e2")),
            ("/components/0/price/unit_price", json!("NaN")),
            ("/components/1/price/included", json!("-1")),
            ("/components/1/price/included", json!("10000000000.000000001")),
            ("/components/1/price/included", json!(null)),
            ("/components/0/price/model", json!("steps")),
            ("/components/0/price/model", json!(null)),
        ] {
            assert_eq!(wrong(&plan_with(pointer, value.clone())), [pointer], "{value}");
        }
        let many: Vec<_> = (0..51).map(|number| component(&format!("m{number}"))).collect();
        assert_eq!(wrong(&plan_with("/components", json!(many))), ["/components"]);
        assert_eq!(wrong(&plan_with("/components", json!(many[..50]))), Vec::<String>::new());
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let mut plan = plan_with("/components/0/price/unit_price", json!("-1"));
        plan["name"] = json!("");
        plan["components"][1]["price"]["included"] = json!("-1");
        assert_eq!(wrong(&plan), ["/name", "/components/0/price/unit_price", "/components/1/price/included"]);
    }
}
