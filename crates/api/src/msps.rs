//! `/platform`: the operator's view of all MSPs.

use actix_web::{HttpResponse, get, http::StatusCode, patch, post};
use app::{AppError, msps};
use chrono_tz::Tz;
use contract::{
    Page,
    events::TenantEvent,
    msps::{CreateMsp, Msp, UpdateMsp},
    team::PageQuery,
};
use domain::{
    ids::TenantId,
    money::{Currency, Money},
    periods::Month,
    text,
};
use store::{PageRequest, Reason, StoreError, tenants};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, PageParams, Params, events::event, extract::page, perm,
    perm::Needs, reply,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(read)
        .service(update)
        .service(suspend)
        .service(resume)
        .service(activity);
}

fn msp(figures: tenants::MspFigures) -> Msp {
    let tenant = figures.tenant;
    Msp {
        id: tenant.id,
        customer_id: figures.customer,
        name: tenant.name,
        slug: tenant.slug,
        suspended: tenant.suspended,
        time_zone: tenant.time_zone.name().to_owned(),
        currency: tenant.currency,
        customers: figures.customers,
        machines: figures.machines,
        revenue_this_month: Money::new(figures.revenue_minor, tenant.currency),
        version: tenant.version,
        created_at: tenant.created_at,
    }
}

async fn fetch<P: Needs>(
    ctx: &Ctx<P>,
    only: Option<TenantId>,
    request: &PageRequest,
) -> ApiResult<store::Page<tenants::MspFigures>> {
    let parent = ctx.principal().tenant();
    let now = ctx.now();
    let month = Month::at(now, ctx.principal().time_zone()).first_day();
    Ok(ctx
        .app()
        .store()
        .system(Reason::Platform, async |tx| tenants::list_msps(tx, parent, only, month, request).await)
        .await?)
}

async fn fetch_one<P: Needs>(ctx: &Ctx<P>, id: TenantId) -> ApiResult<Made<Msp>> {
    let found = fetch(ctx, Some(id), &PageRequest::first(1)).await?;
    let figures = found.items.into_iter().next().ok_or(StoreError::NotFound)?;
    let version = figures.tenant.version;
    Ok(Made::versioned(msp(figures), version))
}

/// Lists MSPs with this month's figures.
#[utoipa::path(tag = "Platform", operation_id = "list_msps", params(PageQuery),
    responses((status = 200, body = Page<Msp>)), security(("bearer" = ["msps:read"])))]
#[get("/platform/msps")]
async fn list(ctx: Ctx<perm::MspsRead>, query: Params<PageQuery>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = fetch(&ctx, None, &request).await?;
    Ok(HttpResponse::Ok().json(page(found, msp)))
}

/// Takes an MSP on and invites its first administrator.
#[utoipa::path(tag = "Platform", operation_id = "create_msp", request_body = CreateMsp,
    responses((status = 201, body = Msp)), security(("bearer" = ["msps:write"])))]
#[post("/platform/msps")]
async fn create(ctx: Ctx<perm::MspsWrite>, body: Body<CreateMsp>) -> ApiResult {
    let new = check(&body)?;
    let id = msps::create(ctx.app(), ctx.principal(), ctx.request(), &new).await?;
    let made = fetch_one(&ctx, id).await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(made.value))
}

fn check(body: &CreateMsp) -> Result<msps::CreateMsp, AppError> {
    let mut form = Form::new();
    let name = form.line("/name", &body.name, 200);
    let slug = form.text("/slug", &body.slug, slug);
    let admin_email = form.text("/admin_email", &body.admin_email, text::email);
    let time_zone = body.time_zone.as_deref().unwrap_or("UTC").parse::<Tz>().unwrap_or_else(|_| {
        form.refuse("/time_zone", "expected a name of the IANA database such as `America/New_York`");
        Tz::UTC
    });
    let prefix = body.invoice_prefix.clone().unwrap_or_else(|| {
        slug.chars().filter(char::is_ascii_alphanumeric).take(3).collect::<String>().to_ascii_uppercase()
    });
    let prefix_ok = (1..=8).contains(&prefix.len())
        && prefix.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !prefix_ok {
        form.refuse("/invoice_prefix", "expected 1 to 8 of `A-Z` and `0-9`");
    }
    form.finish()?;
    Ok(msps::CreateMsp {
        name,
        slug,
        admin_email,
        time_zone,
        currency: body.currency.unwrap_or(Currency::USD),
        invoice_prefix: prefix,
    })
}

fn slug(value: &str) -> Result<String, text::TextError> {
    let ok = (2..=40).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !value.starts_with('-')
        && !value.ends_with('-');
    if ok { Ok(value.to_owned()) } else { Err(text::TextError::Form("2 to 40 of `a-z`, `0-9` and `-`")) }
}

/// Shows an MSP with this month's figures.
#[utoipa::path(tag = "Platform", operation_id = "get_msp",
    params(("msp" = TenantId, Path, description = "The MSP's tenant")),
    responses((status = 200, body = Msp)), security(("bearer" = ["msps:read"])))]
#[get("/platform/msps/{msp}")]
async fn read(ctx: Ctx<perm::MspsRead>, id: At<TenantId>) -> ApiResult {
    Ok(reply(&fetch_one(&ctx, id.0).await?))
}

/// Renames an MSP.
#[utoipa::path(tag = "Platform", operation_id = "update_msp",
    params(("msp" = TenantId, Path, description = "The MSP's tenant")), request_body = UpdateMsp,
    responses((status = 200, body = Msp)), security(("bearer" = ["msps:write"])))]
#[patch("/platform/msps/{msp}")]
async fn update(ctx: Ctx<perm::MspsWrite>, id: At<TenantId>, body: Body<UpdateMsp>) -> ApiResult {
    let mut form = Form::new();
    let name = form.line("/name", &body.name, 200);
    form.finish()?;
    msps::rename(ctx.app(), ctx.principal(), ctx.request(), id.0, ctx.if_match(), &name).await?;
    Ok(reply(&fetch_one(&ctx, id.0).await?))
}

/// Shuts an MSP out with all of its customers, within a second.
#[utoipa::path(tag = "Platform", operation_id = "suspend_msp",
    params(("msp" = TenantId, Path, description = "The MSP's tenant")),
    responses((status = 200, body = Msp)), security(("bearer" = ["msps:write"])))]
#[post("/platform/msps/{msp}/suspend")]
async fn suspend(ctx: Ctx<perm::MspsWrite>, id: At<TenantId>) -> ApiResult {
    msps::set_suspended(ctx.app(), ctx.principal(), ctx.request(), id.0, true).await?;
    Ok(reply(&fetch_one(&ctx, id.0).await?))
}

/// Lets a suspended MSP in again.
#[utoipa::path(tag = "Platform", operation_id = "resume_msp",
    params(("msp" = TenantId, Path, description = "The MSP's tenant")),
    responses((status = 200, body = Msp)), security(("bearer" = ["msps:write"])))]
#[post("/platform/msps/{msp}/resume")]
async fn resume(ctx: Ctx<perm::MspsWrite>, id: At<TenantId>) -> ApiResult {
    msps::set_suspended(ctx.app(), ctx.principal(), ctx.request(), id.0, false).await?;
    Ok(reply(&fetch_one(&ctx, id.0).await?))
}

/// Lists what went on at every MSP, newest first.
#[utoipa::path(tag = "Platform", operation_id = "list_platform_activity", params(PageQuery),
    responses((status = 200, body = Page<TenantEvent>)), security(("bearer" = ["msps:read"])))]
#[get("/platform/activity")]
async fn activity(ctx: Ctx<perm::MspsRead>, query: Params<PageQuery>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .app()
        .store()
        .system(Reason::Platform, async |tx| store::events::list_all(tx, &request).await)
        .await?;
    Ok(HttpResponse::Ok().json(page(found, |row| TenantEvent {
        tenant_id: row.tenant,
        tenant_name: row.tenant_name,
        event: event(row.event),
    })))
}
