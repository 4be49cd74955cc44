//! `/msp/billing`, and what is done about invoices that are not paid.

use actix_web::{get, http::StatusCode, post, put};
use app::{
    AppError,
    billing_settings::{self, BillingSettings as Settings},
    dunning::{self, DunningView},
};
use contract::{
    billing::{BillingSettings, BillingTerms, Dunning, DunningDone, DunningPlanned},
    invoices::InvoiceDetail,
};
use domain::{dunning::DunningSchedule, ids::InvoiceId};
use store::{TenantTx, tenants::Issuing};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made,
    invoices::{detail, today},
    perm, reply,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(read).service(update).service(hold).service(go_on);
}

async fn fetch(tx: &mut TenantTx) -> Result<Made<BillingSettings>, AppError> {
    let (Settings { payment_days, issuing, dunning }, version) = billing_settings::get(tx).await?;
    let settings = BillingSettings {
        payment_days,
        issue_day: issuing.day,
        grace_days: issuing.grace_days,
        auto_finalize: issuing.auto_finalize,
        dunning: dunning.steps().to_vec(),
        version,
    };
    Ok(Made::versioned(settings, version))
}

pub(crate) fn dunning(view: DunningView) -> Dunning {
    let done = view.done.into_iter();
    let planned = view.planned.into_iter();
    Dunning {
        done: done.map(|it| DunningDone { action: it.action, on: it.done_on, skipped: it.skipped }).collect(),
        planned: planned.map(|it| DunningPlanned { action: it.action, on: it.on, fee: it.fee }).collect(),
        waits_for: view.waits_for,
        held_at: view.held_at,
    }
}

/// Shows how the tenant bills.
#[utoipa::path(tag = "Invoices", operation_id = "get_billing_settings",
    responses((status = 200, body = BillingSettings)), security(("bearer" = ["billing:read"])))]
#[get("/msp/billing")]
async fn read(ctx: Ctx<perm::BillingRead>) -> ApiResult {
    Ok(reply(&ctx.read(fetch).await?))
}

/// Sets how the tenant bills: the whole of it, what is left out is emptied.
///
/// Invoices that have been issued keep their due date and the dunning steps that they were issued with.
#[utoipa::path(tag = "Invoices", operation_id = "update_billing_settings", request_body = BillingTerms,
    responses((status = 200, body = BillingSettings)), security(("bearer" = ["billing:write"])))]
#[put("/msp/billing")]
async fn update(ctx: Ctx<perm::BillingWrite>, body: Body<BillingTerms>) -> ApiResult {
    ctx.for_all_customers()?;
    let new = check(&body.value)?;
    let made = ctx
        .write(async |tx| {
            billing_settings::update(tx, ctx.if_match(), &new).await?;
            fetch(tx).await
        })
        .await?;
    Ok(reply(&made))
}

fn check(body: &BillingTerms) -> Result<Settings, AppError> {
    let mut form = Form::new();
    if !(0..=180).contains(&body.payment_days) {
        form.refuse("/payment_days", "must be between 0 and 180");
    }
    if body.issue_day.is_some_and(|day| !(1..=28).contains(&day)) {
        form.refuse("/issue_day", "must be between 1 and 28");
    }
    if !(0..=28).contains(&body.grace_days) {
        form.refuse("/grace_days", "must be between 0 and 28");
    }
    if body.grace_days != 0 && (body.issue_day.is_none() || !body.auto_finalize) {
        form.refuse("/grace_days", "is for invoices that are issued by themselves");
    }
    let dunning = DunningSchedule::new(body.dunning.clone()).unwrap_or_else(|problems| {
        for (place, field, detail) in problems {
            form.refuse(&format!("/dunning/{place}/{field}"), detail);
        }
        DunningSchedule::default()
    });
    form.finish()?;
    let issuing =
        Issuing { day: body.issue_day, grace_days: body.grace_days, auto_finalize: body.auto_finalize };
    Ok(Settings { payment_days: body.payment_days, issuing, dunning })
}

/// Stops what is done about an open invoice because it is not paid, until it is continued.
#[utoipa::path(tag = "Invoices", operation_id = "hold_dunning",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = InvoiceDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/dunning/hold")]
async fn hold(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>) -> ApiResult {
    set_held(&ctx, id.0, true).await
}

/// Continues with what is done about an open invoice. What was due meanwhile begins on the next day.
#[utoipa::path(tag = "Invoices", operation_id = "continue_dunning",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = InvoiceDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/dunning/continue")]
async fn go_on(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>) -> ApiResult {
    set_held(&ctx, id.0, false).await
}

async fn set_held(ctx: &Ctx<perm::InvoicesWrite>, id: InvoiceId, held: bool) -> ApiResult {
    let today = today(ctx);
    ctx.post(StatusCode::OK, &[], async |tx| {
        let invoice = dunning::hold(tx, id, ctx.if_match(), held).await?;
        detail(tx, invoice, today).await
    })
    .await
}
