//! `/msp/subscriptions`; one is begun below `/msp/customers/{customer}`.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post};
use app::{
    AppError,
    subscriptions::{self, ChangePreview, ChangeRequest, Ending, Upcoming, When},
};
use contract::{
    Page,
    subscriptions::{
        AskUpcoming, CancelSubscription, ChangeSubscription, ChangeTime, ChangedMonth, ListSubscriptions,
        SetTrial, StartSubscription, Subscription, SubscriptionChange, SubscriptionChangePreview,
        UpcomingInvoice, UpcomingLine,
    },
};
use domain::{
    ids::{SubscriptionChangeId, SubscriptionId},
    periods::Month,
};
use store::{customers::CustomerRef, invoices::NewLine, plans::PlanRef, subscriptions::SubscriptionFilter};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, OptionalBody, PageParams, Params, extract::page, perm, reply,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(start)
        .service(read)
        .service(cancel)
        .service(preview_cancel)
        .service(make_change)
        .service(preview_change)
        .service(revoke)
        .service(reinstate)
        .service(set_trial)
        .service(read_upcoming);
}

pub(crate) fn to_contract(subscription: store::subscriptions::Subscription) -> Subscription {
    let (plan, quantity) = (subscription.plan().clone(), subscription.quantity());
    Subscription {
        id: subscription.id,
        customer_id: subscription.customer,
        customer_code: subscription.customer_code,
        customer_name: subscription.customer_name,
        plan_id: plan.prices.plan,
        plan_code: plan.code,
        plan_name: plan.name,
        currency: subscription.currency,
        price_version: plan.prices.version,
        quantity,
        status: subscription.status,
        starts_on: subscription.starts_on,
        ends_on: subscription.ends_on,
        trial_ends_on: subscription.trial_ends_on,
        changes: subscription.changes.into_iter().map(to_change).collect(),
        cancelled_at: subscription.cancelled_at,
        credit_unused: subscription.credit_unused,
        version: subscription.version,
        created_at: subscription.created_at,
        updated_at: subscription.updated_at,
    }
}

fn to_change(change: store::subscriptions::Change) -> SubscriptionChange {
    let plan = change.plan;
    SubscriptionChange {
        id: change.id,
        kind: change.kind,
        effective_on: change.effective_on,
        plan_id: plan.as_ref().map(|plan| plan.prices.plan),
        price_version: plan.as_ref().map(|plan| plan.prices.version),
        plan_code: plan.as_ref().map(|plan| plan.code.clone()),
        plan_name: plan.map(|plan| plan.name),
        quantity: change.quantity,
        created_at: change.created_at,
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
    let filter = SubscriptionFilter { status: query.status, ended: query.ended, plan, customer };
    let found = ctx.read(async |tx| Ok(store::subscriptions::list(tx, &filter, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(found, to_contract)))
}

/// Subscribes a customer to a plan, beside what it is subscribed to already. All of it comes on one invoice.
///
/// No usage is billed twice: 409 `already_subscribed` where another subscription of the customer is to the same plan, or bills the
/// same metric, on any day. Without `starts_on` it begins today, or when such a one ends.
#[utoipa::path(tag = "Subscriptions", operation_id = "start_subscription",
    params(("customer" = String, Path, description = "Id or code")), request_body = StartSubscription,
    responses((status = 201, body = Subscription)), security(("bearer" = ["subscriptions:write"])))]
#[post("/msp/customers/{customer}/subscriptions")]
async fn start(
    ctx: Ctx<perm::SubscriptionsWrite>,
    customer: At<CustomerRef>,
    body: Body<StartSubscription>,
) -> ApiResult {
    let mut form = Form::new();
    let plan = plan_ref(&mut form, "/plan", &body.plan);
    form.finish()?;
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        let StartSubscription { starts_on, trial_days, quantity, .. } = &*body;
        Ok(made(subscriptions::start(tx, &customer.0, &plan, *starts_on, *trial_days, *quantity).await?))
    })
    .await
}

/// Shows a subscription.
#[utoipa::path(tag = "Subscriptions", operation_id = "get_subscription",
    params(("subscription" = SubscriptionId, Path, description = "The subscription")),
    responses((status = 200, body = Subscription)), security(("bearer" = ["subscriptions:read"])))]
#[get("/msp/subscriptions/{subscription}")]
async fn read(ctx: Ctx<perm::SubscriptionsRead>, id: At<SubscriptionId>) -> ApiResult {
    let found = ctx.read(async |tx| Ok(store::subscriptions::get(tx, id.0).await?)).await?;
    Ok(reply(&made(found)))
}

/// Gives a running subscription an end.
#[utoipa::path(tag = "Subscriptions", operation_id = "cancel_subscription",
    params(("subscription" = SubscriptionId, Path, description = "The subscription")),
    request_body = Option<CancelSubscription>,
    responses((status = 200, body = Subscription)), security(("bearer" = ["subscriptions:write"])))]
#[post("/msp/subscriptions/{subscription}/cancel")]
async fn cancel(
    ctx: Ctx<perm::SubscriptionsWrite>,
    id: At<SubscriptionId>,
    body: OptionalBody<CancelSubscription>,
) -> ApiResult {
    ctx.post(StatusCode::OK, &body.digest, async |tx| {
        Ok(made(subscriptions::cancel(tx, id.0, ctx.if_match(), ending(&body.value)).await?))
    })
    .await
}

fn ending(body: &CancelSubscription) -> Ending {
    Ending { on: body.ends_on, credit_unused: body.credit_unused.unwrap_or(true) }
}

/// Shows what such an end would do to the invoices of the last month and of the next, by the usage there is. Nothing is kept.
#[utoipa::path(tag = "Subscriptions", operation_id = "preview_subscription_cancellation",
    params(("subscription" = SubscriptionId, Path, description = "The subscription")),
    request_body = Option<CancelSubscription>,
    responses((status = 200, body = SubscriptionChangePreview)),
    security(("bearer" = ["subscriptions:read"])))]
#[post("/msp/subscriptions/{subscription}/cancel/preview")]
async fn preview_cancel(
    ctx: Ctx<perm::SubscriptionsRead>,
    id: At<SubscriptionId>,
    body: OptionalBody<CancelSubscription>,
) -> ApiResult {
    let ending = ending(&body.value);
    let found = ctx.read(async |tx| subscriptions::preview_cancel(tx, id.0, ending).await).await?;
    Ok(HttpResponse::Ok().json(to_preview(found)))
}

/// Reads what shall change.
fn requested(body: &ChangeSubscription) -> Result<ChangeRequest, AppError> {
    let mut form = Form::new();
    let plan = body.plan.as_deref().map(|plan| plan_ref(&mut form, "/plan", plan));
    let when = match (body.at, body.on) {
        (Some(_), Some(_)) => {
            form.refuse("/on", "give either `at` or `on`");
            When::Now
        }
        (None, Some(day)) => When::On(day),
        (Some(ChangeTime::PeriodEnd), None) => When::PeriodEnd,
        (Some(ChangeTime::Now) | None, None) => When::Now,
    };
    form.finish()?;
    Ok(ChangeRequest { kind: body.kind, plan, quantity: body.quantity, when })
}

/// Changes a subscription from a day on: its plan, its quantity, or whether it rests.
///
/// Days that an issued invoice has billed change no more: `on` is refused with the code `billed`. What is charged per
/// period is prorated by day on both sides of the change, each side a line of its own.
#[utoipa::path(tag = "Subscriptions", operation_id = "change_subscription",
    params(("subscription" = SubscriptionId, Path, description = "The subscription")),
    request_body = ChangeSubscription,
    responses((status = 200, body = Subscription)), security(("bearer" = ["subscriptions:write"])))]
#[post("/msp/subscriptions/{subscription}/changes")]
async fn make_change(
    ctx: Ctx<perm::SubscriptionsWrite>,
    id: At<SubscriptionId>,
    body: Body<ChangeSubscription>,
) -> ApiResult {
    let request = requested(&body)?;
    ctx.post(StatusCode::OK, &body.digest, async |tx| {
        Ok(made(subscriptions::change(tx, id.0, ctx.if_match(), &request).await?))
    })
    .await
}

/// Shows what a change would do to the invoices of its month and of the next, by the usage there is. Nothing is kept.
#[utoipa::path(tag = "Subscriptions", operation_id = "preview_subscription_change",
    params(("subscription" = SubscriptionId, Path, description = "The subscription")),
    request_body = ChangeSubscription,
    responses((status = 200, body = SubscriptionChangePreview)),
    security(("bearer" = ["subscriptions:read"])))]
#[post("/msp/subscriptions/{subscription}/changes/preview")]
async fn preview_change(
    ctx: Ctx<perm::SubscriptionsRead>,
    id: At<SubscriptionId>,
    body: Body<ChangeSubscription>,
) -> ApiResult {
    let request = requested(&body)?;
    let found = ctx.read(async |tx| subscriptions::preview_change(tx, id.0, &request).await).await?;
    Ok(HttpResponse::Ok().json(to_preview(found)))
}

fn to_preview(found: ChangePreview) -> SubscriptionChangePreview {
    let month = |(period, before, after): (Month, Option<Upcoming>, Option<Upcoming>)| ChangedMonth {
        period,
        before: before.map(to_upcoming),
        after: after.map(to_upcoming),
    };
    let ChangePreview { effective_on, months, credited } = found;
    SubscriptionChangePreview { effective_on, months: months.into_iter().map(month).collect(), credited }
}

fn to_upcoming(upcoming: Upcoming) -> UpcomingInvoice {
    let line = |line: NewLine| UpcomingLine {
        line: line.rated.into(),
        subscription_id: line.subscription,
        service_start: line.days.start(),
        service_end: line.days.end(),
    };
    UpcomingInvoice {
        period_start: upcoming.period.start(),
        period_end: upcoming.period.end(),
        total: upcoming.rated.as_ref().map(|rated| rated.total),
        taxes: upcoming.rated.as_ref().and_then(|rated| rated.taxes().cloned()),
        lines: upcoming.rated.into_iter().flat_map(|rated| rated.lines).map(line).collect(),
    }
}

/// Takes a change back that is not in effect yet.
#[utoipa::path(tag = "Subscriptions", operation_id = "revoke_subscription_change",
    params(("change" = SubscriptionChangeId, Path, description = "The change")),
    responses((status = 200, body = Subscription)), security(("bearer" = ["subscriptions:write"])))]
#[delete("/msp/subscription-changes/{change}")]
async fn revoke(ctx: Ctx<perm::SubscriptionsWrite>, id: At<SubscriptionChangeId>) -> ApiResult {
    let left = ctx.write(async |tx| subscriptions::revoke(tx, id.0, ctx.if_match()).await).await?;
    Ok(reply(&made(left)))
}

/// Takes the end of a subscription back that is still to come.
#[utoipa::path(tag = "Subscriptions", operation_id = "reinstate_subscription",
    params(("subscription" = SubscriptionId, Path, description = "The subscription")),
    responses((status = 200, body = Subscription)), security(("bearer" = ["subscriptions:write"])))]
#[post("/msp/subscriptions/{subscription}/reinstate")]
async fn reinstate(ctx: Ctx<perm::SubscriptionsWrite>, id: At<SubscriptionId>) -> ApiResult {
    ctx.post(StatusCode::OK, &[], async |tx| {
        Ok(made(subscriptions::reinstate(tx, id.0, ctx.if_match()).await?))
    })
    .await
}

/// Ends a trial, or gives it more days.
#[utoipa::path(tag = "Subscriptions", operation_id = "set_subscription_trial",
    params(("subscription" = SubscriptionId, Path, description = "The subscription")),
    request_body = Option<SetTrial>,
    responses((status = 200, body = Subscription)), security(("bearer" = ["subscriptions:write"])))]
#[post("/msp/subscriptions/{subscription}/trial")]
async fn set_trial(
    ctx: Ctx<perm::SubscriptionsWrite>,
    id: At<SubscriptionId>,
    body: OptionalBody<SetTrial>,
) -> ApiResult {
    ctx.post(StatusCode::OK, &body.digest, async |tx| {
        Ok(made(subscriptions::set_trial_end(tx, id.0, ctx.if_match(), body.value.ends_on).await?))
    })
    .await
}

/// Shows what the invoice of a month that a subscription is on comes to by the usage there is, with all that is on it beside. Nothing is kept.
#[utoipa::path(tag = "Subscriptions", operation_id = "get_upcoming_invoice",
    params(("subscription" = SubscriptionId, Path, description = "The subscription"), AskUpcoming),
    responses((status = 200, body = UpcomingInvoice)), security(("bearer" = ["subscriptions:read"])))]
#[get("/msp/subscriptions/{subscription}/upcoming")]
async fn read_upcoming(
    ctx: Ctx<perm::SubscriptionsRead>,
    id: At<SubscriptionId>,
    query: Params<AskUpcoming>,
) -> ApiResult {
    let found = ctx
        .read(async |tx| {
            let month = query.period.unwrap_or_else(|| Month::of(tx.today()));
            subscriptions::upcoming(tx, id.0, month).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(to_upcoming(found)))
}
