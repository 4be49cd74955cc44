//! `/msp/metrics`.

use actix_web::{HttpResponse, get, http::StatusCode, patch, post};
use app::metrics;
use contract::{
    Page,
    metrics::{CreateMetric, Metric, UpdateMetric},
    team::PageQuery,
};
use domain::{metrics::RollUp, text};
use store::metrics::NewMetric;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, At, Body, Ctx, Form, Made, PageParams, Params, extract::page, perm, reply};

/// Characters of a metric's name.
const MAX_NAME: usize = 100;
/// Characters of a unit.
const MAX_UNIT: usize = 30;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(update);
}

fn metric(metric: store::metrics::Metric) -> Metric {
    Metric {
        id: metric.id,
        key: metric.key,
        name: metric.name,
        unit: metric.unit,
        counts_as: metric.counts_as,
        rolls_up: metric.rolls_up.as_ref().map(ToString::to_string),
    }
}

/// Lists metrics by key.
#[utoipa::path(tag = "Metrics", operation_id = "list_metrics", params(PageQuery),
    responses((status = 200, body = Page<Metric>)), security(("bearer" = ["usage:read"])))]
#[get("/msp/metrics")]
async fn list(ctx: Ctx<perm::UsageRead>, query: Params<PageQuery>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx.read(async |tx| Ok(store::metrics::list(tx, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(found, metric)))
}

/// Makes a metric. Its key stays for ever: usage and plans name it so.
#[utoipa::path(tag = "Metrics", operation_id = "create_metric", request_body = CreateMetric,
    responses((status = 201, body = Metric)), security(("bearer" = ["usage:write"])))]
#[post("/msp/metrics")]
async fn create(ctx: Ctx<perm::UsageWrite>, body: Body<CreateMetric>) -> ApiResult {
    let mut form = Form::new();
    let rolls_up = body.rolls_up.as_deref().map(str::parse::<RollUp>).transpose();
    if let Err(error) = &rolls_up {
        form.refuse("/rolls_up", error.to_string());
    }
    let new = NewMetric {
        rolls_up: rolls_up.unwrap_or_default(),
        key: form.text("/key", &body.key, text::key),
        name: form.line("/name", &body.name, MAX_NAME),
        unit: form.line("/unit", &body.unit, MAX_UNIT),
        counts_as: body.counts_as,
    };
    form.finish()?;
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        Ok(Made::new(metric(metrics::create(tx, &new).await?)))
    })
    .await
}

/// Changes a metric's name or unit.
#[utoipa::path(tag = "Metrics", operation_id = "update_metric",
    params(("key" = String, Path, description = "The metric's key")), request_body = UpdateMetric,
    responses((status = 200, body = Metric)), security(("bearer" = ["usage:write"])))]
#[patch("/msp/metrics/{key}")]
async fn update(ctx: Ctx<perm::UsageWrite>, key: At<String>, body: Body<UpdateMetric>) -> ApiResult {
    let mut form = Form::new();
    let name = body.name.as_deref().map(|name| form.line("/name", name, MAX_NAME));
    let unit = body.unit.as_deref().map(|unit| form.line("/unit", unit, MAX_UNIT));
    form.finish()?;
    let changed =
        ctx.write(async |tx| metrics::update(tx, &key.0, name.as_deref(), unit.as_deref()).await).await?;
    Ok(reply(&Made::new(metric(changed))))
}
