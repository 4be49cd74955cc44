//! `/msp/payments/meters`: usage that is billed at Stripe.

use actix_web::{HttpResponse, get, http::StatusCode, post, put};
use app::payments as use_cases;
use contract::{
    Page,
    meters::{
        ListMeterChecks, ListMeterPushes, Meter, MeterCheck, MeterPush, Meters, MetersPushed,
        SetStripeCustomer, StripeCustomer,
    },
};
use store::{
    customers::{self, CustomerRef},
    meters::{self, Check, CheckFilter, Overview, Push, PushFilter},
    payment_methods, payments,
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, PageParams, Params, extract::page, invoices::find_customer, perm,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(push)
        .service(list_pushes)
        .service(list_checks)
        .service(stripe_customer)
        .service(set_stripe_customer);
}

fn meter(found: Overview) -> Meter {
    let Overview { meter, metric_name, unit, waiting, open, refused, too_old, different } = found;
    Meter {
        id: meter.id,
        metric: meter.metric,
        name: metric_name,
        unit,
        function: meter.function,
        event_name: meter.event_name,
        reference: meter.reference,
        problem: meter.problem,
        pushed_at: meter.pushed_at,
        reconciled_at: meter.reconciled_at,
        waiting,
        open,
        refused,
        too_old,
        different,
    }
}

fn pushed(found: Push) -> MeterPush {
    MeterPush {
        id: found.id,
        meter_id: found.meter,
        metric: found.metric,
        customer_id: found.customer,
        customer_code: found.customer_code,
        customer_name: found.customer_name,
        day: found.day,
        quantity: found.quantity.into(),
        status: found.status,
        stripe_customer: found.payer,
        happened_at: found.happened_at,
        reason: found.reason,
        created_at: found.created_at,
        sent_at: found.sent_at,
    }
}

fn check(found: Check) -> MeterCheck {
    MeterCheck {
        meter_id: found.meter,
        metric: found.metric,
        customer_id: found.checked.customer,
        customer_code: found.customer_code,
        customer_name: found.customer_name,
        day: found.checked.day,
        sent: found.checked.ours.into(),
        held: found.checked.theirs.into(),
        since: found.checked_at,
    }
}

/// Lists the meters that usage goes to which is billed at Stripe, and what of it somebody may have to look at.
#[utoipa::path(tag = "Payments", operation_id = "list_meters",
    responses((status = 200, body = Meters)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/payments/meters")]
async fn list(ctx: Ctx<perm::LedgerRead>) -> ApiResult {
    ctx.for_all_customers()?;
    let found = ctx.read(async |tx| Ok(meters::overview(tx).await?)).await?;
    Ok(HttpResponse::Ok().json(Meters { items: found.into_iter().map(meter).collect() }))
}

/// Sends usage to Stripe soon, what was refused as well. It happens every hour by itself, without what was refused.
///
/// 409 `payments_not_connected` where there is no account yet.
#[utoipa::path(tag = "Payments", operation_id = "push_meters",
    responses((status = 202, body = MetersPushed)), security(("bearer" = ["payment_setup:write"])))]
#[post("/msp/payments/meters/push")]
async fn push(ctx: Ctx<perm::PaymentSetupWrite>) -> ApiResult {
    ctx.for_all_customers()?;
    ctx.post(StatusCode::ACCEPTED, &[], async |tx| {
        Ok(Made::new(MetersPushed { renewed: use_cases::push_again(tx).await? }))
    })
    .await
}

/// Lists what was sent to meters, or is to be, the latest first.
#[utoipa::path(tag = "Payments", operation_id = "list_meter_pushes", params(ListMeterPushes),
    responses((status = 200, body = Page<MeterPush>)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/payments/meters/pushes")]
async fn list_pushes(ctx: Ctx<perm::LedgerRead>, query: Params<ListMeterPushes>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            let customer = match &query.customer {
                Some(customer) => Some(find_customer(tx, customer, "customer").await?),
                None => None,
            };
            let filter = PushFilter { status: query.status, meter: query.meter, customer };
            Ok(meters::list(tx, &filter, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, pushed)))
}

/// Lists the days that were compared with what Stripe has, the latest first. It happens every day by itself, for the days
/// (UTC) of the last five weeks that are over.
#[utoipa::path(tag = "Payments", operation_id = "list_meter_checks", params(ListMeterChecks),
    responses((status = 200, body = Page<MeterCheck>)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/payments/meters/checks")]
async fn list_checks(ctx: Ctx<perm::LedgerRead>, query: Params<ListMeterChecks>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            let customer = match &query.customer {
                Some(customer) => Some(find_customer(tx, customer, "customer").await?),
                None => None,
            };
            let filter = CheckFilter { different: query.different, meter: query.meter, customer };
            Ok(meters::checks(tx, &filter, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, check)))
}

/// Shows as whom the payment account has a customer.
#[utoipa::path(tag = "Payments", operation_id = "get_stripe_customer",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = StripeCustomer)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/customers/{customer}/stripe-customer")]
async fn stripe_customer(ctx: Ctx<perm::LedgerRead>, customer: At<CustomerRef>) -> ApiResult {
    let reference = ctx
        .read(async |tx| {
            let customer = customers::find(tx, &customer.0).await?.id;
            let Some(account) = payments::account(tx).await? else { return Ok(None) };
            Ok(payment_methods::payer(tx, customer, &account.account).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(StripeCustomer { reference }))
}

/// Says as whom the payment account has a customer: for whom usage is sent to Stripe. One that saves a payment method is known
/// without that.
///
/// 409 `payer_in_use` where payment methods are kept under another name.
#[utoipa::path(tag = "Payments", operation_id = "set_stripe_customer",
    params(("customer" = String, Path, description = "Id or code")), request_body = SetStripeCustomer,
    responses((status = 200, body = StripeCustomer)), security(("bearer" = ["payment_setup:write"])))]
#[put("/msp/customers/{customer}/stripe-customer")]
async fn set_stripe_customer(
    ctx: Ctx<perm::PaymentSetupWrite>,
    customer: At<CustomerRef>,
    body: Body<SetStripeCustomer>,
) -> ApiResult {
    let mut form = Form::new();
    let reference = form.line("/reference", &body.reference, 255);
    form.finish()?;
    let reference = use_cases::set_payer(ctx.app(), &ctx.scope(), &customer.0, &reference).await?;
    Ok(HttpResponse::Ok().json(StripeCustomer { reference: Some(reference) }))
}
