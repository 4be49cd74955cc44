//! `/msp/subscriptions`, and a customer's own below `/msp/customers/{customer}`.

use actix_web::{HttpResponse, get, http::StatusCode, post};
use app::subscriptions;
use contract::{
    Page,
    subscriptions::{CancelSubscription, ListSubscriptions, StartSubscription, Subscription},
};
use store::{
    StoreError,
    customers::{self, CustomerRef},
    plans::PlanRef,
    subscriptions::SubscriptionFilter,
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, OptionalBody, PageParams, Params, extract::page, perm, reply,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(start).service(read).service(cancel);
}

pub(crate) fn to_contract(subscription: store::subscriptions::Subscription) -> Subscription {
    Subscription {
        id: subscription.id,
        customer_id: subscription.customer,
        customer_code: subscription.customer_code,
        customer_name: subscription.customer_name,
        plan_id: subscription.plan,
        plan_code: subscription.plan_code,
        plan_name: subscription.plan_name,
        status: subscription.status,
        starts_on: subscription.starts_on,
        ends_on: subscription.ends_on,
        cancelled_at: subscription.cancelled_at,
        version: subscription.version,
        created_at: subscription.created_at,
        updated_at: subscription.updated_at,
    }
}

fn made(subscription: store::subscriptions::Subscription) -> Made<Subscription> {
    let version = subscription.version;
    Made::versioned(to_contract(subscription), version)
}

/// Reads a plan's id or code out of a body.
pub(crate) fn plan_ref(form: &mut Form, pointer: &str, plan: &str) -> PlanRef {
    match form.line(pointer, plan, 200).parse() {
        Ok(plan) => plan,
        Err(never) => match never {},
    }
}

/// Lists subscriptions, newest first.
#[utoipa::path(tag = "Subscriptions", operation_id = "list_subscriptions", params(ListSubscriptions),
    responses((status = 200, body = Page<Subscription>)), security(("bearer" = ["subscriptions:read"])))]
#[get("/msp/subscriptions")]
async fn list(ctx: Ctx<perm::SubscriptionsRead>, query: Params<ListSubscriptions>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let mut form = Form::new();
    let plan = query.plan.as_deref().map(|plan| plan_ref(&mut form, "plan", plan));
    let customer = form.optional_line("customer", query.customer.as_deref(), 200);
    form.finish()?;
    let customer = customer.and_then(|customer| customer.parse().ok());
    let filter = SubscriptionFilter { status: query.status, plan, customer };
    let found = ctx.read(async |tx| Ok(store::subscriptions::list(tx, &filter, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(found, to_contract)))
}

/// Subscribes a customer to a plan.
#[utoipa::path(tag = "Subscriptions", operation_id = "start_subscription",
    params(("customer" = String, Path, description = "Id or code")), request_body = StartSubscription,
    responses((status = 201, body = Subscription)), security(("bearer" = ["subscriptions:write"])))]
#[post("/msp/customers/{customer}/subscription")]
async fn start(
    ctx: Ctx<perm::SubscriptionsWrite>,
    customer: At<CustomerRef>,
    body: Body<StartSubscription>,
) -> ApiResult {
    let mut form = Form::new();
    let plan = plan_ref(&mut form, "/plan", &body.plan);
    form.finish()?;
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        Ok(made(subscriptions::start(tx, &customer.0, &plan, body.starts_on).await?))
    })
    .await
}

/// Shows a customer's running subscription.
#[utoipa::path(tag = "Subscriptions", operation_id = "get_subscription",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = Subscription)), security(("bearer" = ["subscriptions:read"])))]
#[get("/msp/customers/{customer}/subscription")]
async fn read(ctx: Ctx<perm::SubscriptionsRead>, customer: At<CustomerRef>) -> ApiResult {
    let running = ctx
        .read(async |tx| {
            let customer = customers::find(tx, &customer.0).await?;
            let running = store::subscriptions::running_for(tx, customer.id).await?;
            Ok(running.ok_or(StoreError::NotFound)?)
        })
        .await?;
    Ok(reply(&made(running)))
}

/// Gives a customer's running subscription an end.
#[utoipa::path(tag = "Subscriptions", operation_id = "cancel_subscription",
    params(("customer" = String, Path, description = "Id or code")), request_body = Option<CancelSubscription>,
    responses((status = 200, body = Subscription)), security(("bearer" = ["subscriptions:write"])))]
#[post("/msp/customers/{customer}/subscription/cancel")]
async fn cancel(
    ctx: Ctx<perm::SubscriptionsWrite>,
    customer: At<CustomerRef>,
    body: OptionalBody<CancelSubscription>,
) -> ApiResult {
    ctx.post(StatusCode::OK, &body.digest, async |tx| {
        Ok(made(subscriptions::cancel(tx, &customer.0, body.value.ends_on).await?))
    })
    .await
}
