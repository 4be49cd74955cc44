//! `/msp/api-keys`.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post};
use contract::{
    Page,
    api_keys::{ApiKey, CreateApiKey, CreatedApiKey},
    team::PageQuery,
};
use domain::{dates::Likely, ids::ApiKeyId};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, At, Body, Ctx, Form, PageParams, Params, extract::page, perm};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(revoke);
}

fn api_key(key: store::api_keys::ApiKey) -> ApiKey {
    ApiKey {
        id: key.id,
        name: key.name,
        prefix: key.prefix,
        scopes: key.permissions,
        only_customers: key.only_customers,
        requests_per_minute: key.requests_per_minute,
        created_by: key.created_by,
        created_at: key.created_at,
        expires_at: key.expires_at,
        revoked_at: key.revoked_at,
        last_used_at: key.last_used_at,
    }
}

/// Lists API keys, newest first; never their secrets.
#[utoipa::path(tag = "API keys", operation_id = "list_api_keys", params(PageQuery),
    responses((status = 200, body = Page<ApiKey>)), security(("bearer" = ["api_keys:read"])))]
#[get("/msp/api-keys")]
async fn list(ctx: Ctx<perm::ApiKeysRead>, query: Params<PageQuery>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let keys = ctx.read(async |tx| Ok(store::api_keys::list(tx, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(keys, api_key)))
}

/// Makes an API key. Its secret is in this answer and nowhere else.
///
/// Without an `Idempotency-Key`: a kept answer would keep the secret.
#[utoipa::path(tag = "API keys", operation_id = "create_api_key", request_body = CreateApiKey,
    responses((status = 201, body = CreatedApiKey)), security(("bearer" = ["api_keys:write"])))]
#[post("/msp/api-keys")]
async fn create(ctx: Ctx<perm::ApiKeysWrite>, body: Body<CreateApiKey>) -> ApiResult {
    let mut form = Form::new();
    let name = form.line("/name", &body.name, 100);
    form.at_most("/only_customers", body.only_customers.as_deref().unwrap_or_default(), 500);
    form.at_most("/scopes", &body.scopes, 100);
    let requests_per_minute = body.requests_per_minute.unwrap_or(6_000);
    if !(1..=100_000).contains(&requests_per_minute) {
        form.refuse("/requests_per_minute", "must be between 1 and 100000");
    }
    form.finish()?;
    let new = app::api_keys::CreateApiKey {
        name,
        scopes: body.scopes.clone(),
        only_customers: body.only_customers.clone(),
        requests_per_minute,
        expires_at: body.expires_at.map(Likely::get),
    };
    let (key, secret) = ctx.write(async |tx| app::api_keys::create(tx, ctx.principal(), &new).await).await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(CreatedApiKey { secret, key: api_key(key) }))
}

/// Ends an API key; it works nowhere within a second.
#[utoipa::path(tag = "API keys", operation_id = "revoke_api_key",
    params(("key" = ApiKeyId, Path, description = "The key")),
    responses((status = 204)), security(("bearer" = ["api_keys:write"])))]
#[delete("/msp/api-keys/{key}")]
async fn revoke(ctx: Ctx<perm::ApiKeysWrite>, id: At<ApiKeyId>) -> ApiResult {
    ctx.write(async |tx| app::api_keys::revoke(tx, id.0).await).await?;
    Ok(HttpResponse::NoContent().finish())
}
