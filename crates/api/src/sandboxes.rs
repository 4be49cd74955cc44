//! `/msp/sandboxes`.

use actix_web::{HttpResponse, delete, get, post};
use app::sandboxes as use_cases;
use contract::sandboxes::{AdvanceClock, CreateSandbox, Sandbox, Sandboxes};
use domain::ids::TenantId;
use store::sandboxes::Sandbox as Stored;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, At, Body, Ctx, Form, perm};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(read).service(close).service(advance);
}

fn sandbox(found: Stored) -> Sandbox {
    Sandbox {
        id: found.tenant,
        name: found.name,
        now: found.clock,
        advancing_to: found.target,
        created_at: found.created_at,
    }
}

/// Lists the sandboxes of the MSP.
#[utoipa::path(tag = "Sandboxes", operation_id = "list_sandboxes",
    responses((status = 200, body = Sandboxes)), security(("bearer" = ["billing:read"])))]
#[get("/msp/sandboxes")]
async fn list(ctx: Ctx<perm::BillingRead>) -> ApiResult {
    let items = use_cases::list(ctx.app(), ctx.principal()).await?.into_iter().map(sandbox).collect();
    Ok(HttpResponse::Ok().json(Sandboxes { items }))
}

/// Makes a sandbox: a tenant with the metrics, plans, brand and terms that the MSP has now, and no customers.
///
/// Its clock stands still at this moment. Who makes it is its administrator and switches to it. Nobody is written to from
/// it, and it takes payments only where those are of Stripe's test mode.
#[utoipa::path(tag = "Sandboxes", operation_id = "create_sandbox", request_body = CreateSandbox,
    responses((status = 201, body = Sandbox)), security(("bearer" = ["billing:write"])))]
#[post("/msp/sandboxes")]
async fn create(ctx: Ctx<perm::BillingWrite>, body: Body<CreateSandbox>) -> ApiResult {
    ctx.for_all_customers()?;
    let mut form = Form::new();
    let name = form.line("/name", &body.name, 120);
    form.finish()?;
    let made = use_cases::create(ctx.app(), ctx.principal(), ctx.request(), &name).await?;
    Ok(HttpResponse::Created().json(sandbox(made)))
}

/// Shows a sandbox, and how far its clock has come.
#[utoipa::path(tag = "Sandboxes", operation_id = "get_sandbox",
    params(("sandbox" = TenantId, Path, description = "The sandbox")),
    responses((status = 200, body = Sandbox)), security(("bearer" = ["billing:read"])))]
#[get("/msp/sandboxes/{sandbox}")]
async fn read(ctx: Ctx<perm::BillingRead>, id: At<TenantId>) -> ApiResult {
    let found = use_cases::get(ctx.app(), ctx.principal(), id.0).await?;
    Ok(HttpResponse::Ok().json(sandbox(found)))
}

/// Closes a sandbox: nobody works in it any more.
#[utoipa::path(tag = "Sandboxes", operation_id = "close_sandbox",
    params(("sandbox" = TenantId, Path, description = "The sandbox")),
    responses((status = 204)), security(("bearer" = ["billing:write"])))]
#[delete("/msp/sandboxes/{sandbox}")]
async fn close(ctx: Ctx<perm::BillingWrite>, id: At<TenantId>) -> ApiResult {
    use_cases::close(ctx.app(), ctx.principal(), ctx.request(), id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lets the days pass in a sandbox until one begins, with all that they bring: invoices, charges, dunning.
///
/// It goes on after the answer; `advancing_to` is gone when it is done.
#[utoipa::path(tag = "Sandboxes", operation_id = "advance_sandbox",
    params(("sandbox" = TenantId, Path, description = "The sandbox")), request_body = AdvanceClock,
    responses((status = 202, body = Sandbox)), security(("bearer" = ["billing:write"])))]
#[post("/msp/sandboxes/{sandbox}/advance")]
async fn advance(ctx: Ctx<perm::BillingWrite>, id: At<TenantId>, body: Body<AdvanceClock>) -> ApiResult {
    let found = use_cases::advance(ctx.app(), ctx.principal(), id.0, body.to.get()).await?;
    Ok(HttpResponse::Accepted().json(sandbox(found)))
}
