//! `/msp/payment-setup`, and the webhooks of Stripe.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use app::{
    App,
    payments::{self as use_cases, Endpoint},
};
use contract::invoices::{ConnectPayments, OnboardingLink, PaymentSetup};
use domain::text;
use store::payments::{self, Account};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiError, ApiResult, Body, Ctx, Form, RawBody, perm};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(setup).service(connect).service(refresh).service(stripe_platform).service(stripe_connect);
}

fn payment_setup(account: Option<Account>) -> PaymentSetup {
    let none = PaymentSetup {
        connected: false,
        account: None,
        details_submitted: false,
        charges_enabled: false,
        payouts_enabled: false,
        application_fee_basis_points: 0,
    };
    account.map_or(none, |account| PaymentSetup {
        connected: true,
        account: Some(account.account),
        details_submitted: account.details_submitted,
        charges_enabled: account.charges_enabled,
        payouts_enabled: account.payouts_enabled,
        application_fee_basis_points: account.fee_basis_points,
    })
}

/// Shows how the tenant takes payments.
#[utoipa::path(tag = "Payments", operation_id = "get_payment_setup",
    responses((status = 200, body = PaymentSetup)), security(("bearer" = ["payment_setup:read"])))]
#[get("/msp/payment-setup")]
async fn setup(ctx: Ctx<perm::PaymentSetupRead>) -> ApiResult {
    let account = ctx.read(async |tx| Ok(payments::account(tx).await?)).await?;
    Ok(HttpResponse::Ok().json(payment_setup(account)))
}

/// Opens the tenant's own Stripe account where it has none, and gives the address of Stripe's forms.
#[utoipa::path(tag = "Payments", operation_id = "connect_payments", request_body = ConnectPayments,
    responses((status = 200, body = OnboardingLink)), security(("bearer" = ["payment_setup:write"])))]
#[post("/msp/payment-setup/connect")]
async fn connect(ctx: Ctx<perm::PaymentSetupWrite>, body: Body<ConnectPayments>) -> ApiResult {
    let mut form = Form::new();
    let email = form.text("/email", &body.email, text::email);
    if body.country.len() != 2 || !body.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        form.refuse("/country", "expected two letters such as `US`");
    }
    form.finish()?;
    let url = use_cases::connect(ctx.app(), &ctx.scope(), &email, &body.country).await?;
    Ok(HttpResponse::Ok().json(OnboardingLink { url }))
}

/// Asks Stripe how the account stands now.
#[utoipa::path(tag = "Payments", operation_id = "refresh_payment_setup",
    responses((status = 200, body = PaymentSetup)), security(("bearer" = ["payment_setup:write"])))]
#[post("/msp/payment-setup/refresh")]
async fn refresh(ctx: Ctx<perm::PaymentSetupWrite>) -> ApiResult {
    let account = use_cases::refresh_account(ctx.app(), &ctx.scope()).await?;
    Ok(HttpResponse::Ok().json(payment_setup(account)))
}

async fn receive(app: &App, endpoint: Endpoint, request: &HttpRequest, body: &RawBody) -> ApiResult {
    let signature = request
        .headers()
        .get("Stripe-Signature")
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| ApiError::field("Stripe-Signature", "required", "is required"))?;
    use_cases::receive(app, endpoint, signature, &body.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes in events of the platform's own Stripe account.
#[utoipa::path(tag = "Webhooks", operation_id = "receive_stripe_platform_event",
    params(("Stripe-Signature" = Option<String>, Header, description = "Stripe's signature of the body")),
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 204)))]
#[post("/webhooks/stripe")]
async fn stripe_platform(app: web::Data<App>, request: HttpRequest, body: RawBody) -> ApiResult {
    receive(&app, Endpoint::Platform, &request, &body).await
}

/// Takes in events of connected Stripe accounts.
#[utoipa::path(tag = "Webhooks", operation_id = "receive_stripe_connect_event",
    params(("Stripe-Signature" = Option<String>, Header, description = "Stripe's signature of the body")),
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 204)))]
#[post("/webhooks/stripe/connect")]
async fn stripe_connect(app: web::Data<App>, request: HttpRequest, body: RawBody) -> ApiResult {
    receive(&app, Endpoint::Connect, &request, &body).await
}
