//! `/ingest` and `/msp/customers/…/usage`.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode, post};
use app::usage::{self, Ingested, Rejected};
use contract::{
    FieldError, Page,
    usage::{
        IngestResult, ListUsage, PeriodQuery, RejectedEvent, Usage, UsageEvent, UsageFigure, UsageOfMonth,
        UsageRow, UsageSort, UsageTrend,
    },
};
use domain::{ids::CustomerId, periods::Month, text};
use rust_decimal::Decimal;
use store::{
    customers::{self, CustomerRef},
    metrics,
    usage::{Row, RowFilter, RowOrder},
};
use utoipa_actix_web::{scope::scope, service_config::ServiceConfig};

use crate::{
    ApiError, ApiResult, At, Ctx, Form, PageParams, Params, RawBody, cloudevents, extract::page, perm,
    perm::Needs,
};

/// The largest batch: ten thousand events of a kilobyte and a half.
const MAX_BODY: usize = 16 * 1024 * 1024;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(customer_usage)
        .service(list)
        .service(trend)
        .service(scope("/ingest").app_data(actix_web::web::PayloadConfig::new(MAX_BODY)).service(ingest));
}

/// Takes usage events in.
///
/// CloudEvents 1.0 in structured (`application/cloudevents+json`), batch
/// (`application/cloudevents-batch+json`, up to 10,000) or binary mode (`ce-` headers). `type` is the key of
/// a metric, `subject` the id or code of a customer, `data.quantity` how much. An event is known by `source`
/// and `id` for ever: send it again whenever you are not sure that it has arrived. In a batch, bad events
/// are told by their place and the others are taken in.
#[utoipa::path(
    tag = "Usage",
    operation_id = "ingest_events",
    request_body(content(
        (UsageEvent = "application/cloudevents+json"),
        (Vec<UsageEvent> = "application/cloudevents-batch+json"),
    )),
    responses((status = 200, body = IngestResult)),
    security(("bearer" = ["usage:write"]))
)]
#[post("/events")]
async fn ingest(ctx: Ctx<perm::UsageWrite>, request: HttpRequest, body: RawBody) -> ApiResult {
    let reported = cloudevents::read(&request, &body.0)?;
    let mut outcome = ctx.write(async |tx| usage::ingest(tx, &reported.events).await).await?;
    if !reported.batch
        && let Some(rejected) = outcome.rejected.pop()
    {
        return Err(refuse(rejected));
    }
    outcome.rejected.extend(reported.rejected);
    outcome.rejected.sort_by_key(|rejected| rejected.index);
    Ok(HttpResponse::Ok().json(result(outcome)))
}

fn refuse(rejected: Rejected) -> ApiError {
    if rejected.code == "conflict" {
        let detail = rejected.errors.into_iter().next().map(|error| error.detail).unwrap_or_default();
        return ApiError::new(StatusCode::CONFLICT, "conflict", detail);
    }
    ApiError::invalid(rejected.errors)
}

fn result(outcome: Ingested) -> IngestResult {
    let rejected = outcome.rejected.into_iter().map(|rejected| RejectedEvent {
        index: rejected.index,
        code: rejected.code.to_owned(),
        errors: rejected
            .errors
            .into_iter()
            .map(|error| FieldError {
                pointer: error.pointer,
                code: error.code.to_owned(),
                detail: error.detail,
            })
            .collect(),
    });
    IngestResult { accepted: outcome.accepted, duplicates: outcome.duplicates, rejected: rejected.collect() }
}

/// Shows a customer's usage in a month.
#[utoipa::path(
    tag = "Usage",
    operation_id = "get_customer_usage",
    params(("customer" = String, Path, description = "Id or code"), PeriodQuery),
    responses((status = 200, body = Usage)),
    security(("bearer" = ["usage:read"]))
)]
#[get("/msp/customers/{customer}/usage")]
async fn customer_usage(
    ctx: Ctx<perm::UsageRead>,
    customer: At<CustomerRef>,
    query: Params<PeriodQuery>,
) -> ApiResult {
    let zone = ctx.principal().time_zone();
    let month = query.period.unwrap_or_else(|| this_month(&ctx));
    let figures = ctx
        .read(async |tx| {
            let customer = customers::find(tx, &customer.0).await?;
            Ok(store::usage::month(tx, customer.id, month).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(month_usage(month, zone, figures)))
}

/// Lists what customers used in a month, a row for each customer and metric.
#[utoipa::path(
    tag = "Usage",
    operation_id = "list_usage",
    params(ListUsage),
    responses((status = 200, body = Page<UsageRow>)),
    security(("bearer" = ["usage:read"]))
)]
#[get("/msp/usage")]
async fn list(ctx: Ctx<perm::UsageRead>, query: Params<ListUsage>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let mut form = Form::new();
    let search = form.optional_line("q", query.q.as_deref(), 200);
    let metric = form.optional("metric", query.metric.as_deref(), text::key);
    form.finish()?;
    let month = query.period.unwrap_or_else(|| this_month(&ctx));
    let order = match query.sort.unwrap_or_default() {
        UsageSort::Customer => RowOrder::Customer,
        UsageSort::Least => RowOrder::Least,
        UsageSort::Most => RowOrder::Most,
    };
    let filter = RowFilter { month, metric, search, order };
    let (rows, total) = ctx.read(async |tx| Ok(store::usage::rows(tx, &filter, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(Page { total, ..page(rows, row) }))
}

fn row(row: Row) -> UsageRow {
    UsageRow {
        customer_id: CustomerId::from(row.customer_id),
        customer_code: row.customer_code,
        company_name: row.company_name,
        metric: row.metric,
        metric_name: row.metric_name,
        unit: row.unit,
        quantity: row.quantity.normalize(),
        before: row.before.normalize(),
        events: row.events,
    }
}

/// How many months a trend has.
const TREND: i32 = 12;

/// Shows the use of a metric by all customers over twelve months.
#[utoipa::path(
    tag = "Usage",
    operation_id = "get_usage_trend",
    params(("key" = String, Path, description = "The metric"), PeriodQuery),
    responses((status = 200, body = UsageTrend)),
    security(("bearer" = ["usage:read"]))
)]
#[get("/msp/metrics/{key}/usage")]
async fn trend(ctx: Ctx<perm::UsageRead>, key: At<String>, query: Params<PeriodQuery>) -> ApiResult {
    let until = query.period.unwrap_or_else(|| this_month(&ctx));
    let (metric, found) = ctx
        .read(async |tx| {
            let metric = metrics::find(tx, &key.0).await?;
            Ok((metric, store::usage::trend(tx, &key.0, until, TREND).await?))
        })
        .await?;
    let month = |back: i32| {
        let period = until.offset(back + 1 - TREND);
        let of_month = found.iter().find(|found| found.month == period.first_day());
        UsageOfMonth {
            period,
            quantity: of_month.map_or(Decimal::ZERO, |found| found.quantity.normalize()),
            customers: of_month.map_or(0, |found| found.customers),
        }
    };
    Ok(HttpResponse::Ok().json(UsageTrend {
        metric: metric.key,
        name: metric.name,
        unit: metric.unit,
        months: (0..TREND).map(month).collect(),
    }))
}

fn this_month<P: Needs>(ctx: &Ctx<P>) -> Month {
    Month::at(ctx.now(), ctx.principal().time_zone())
}

pub(crate) fn month_usage(
    month: Month,
    zone: chrono_tz::Tz,
    figures: Vec<store::usage::UsageFigure>,
) -> Usage {
    let (from, until) = month.period().instants(&zone);
    let metrics = figures
        .into_iter()
        .map(|figure| UsageFigure {
            metric: figure.metric,
            name: figure.name,
            unit: figure.unit,
            quantity: figure.quantity,
            events: figure.events,
            counts_as: figure.counts_as,
        })
        .collect();
    Usage { period: month, from, until, metrics }
}
