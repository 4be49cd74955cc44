//! Payment methods that customers keep, and charges of them, for the MSP and in the portal.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post};
use app::{AppError, payments as use_cases};
use contract::{
    invoices::PayLink,
    payment_methods::{Charge, ChargeInvoice, PaymentMethod, PaymentMethods},
};
use domain::{
    ids::{CustomerId, InvoiceId, PaymentMethodId},
    periods::Month,
};
use store::{
    TenantTx, charges,
    customers::{self, CustomerRef},
    payment_methods::{self, Back, PaymentMethod as Stored},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, At, Ctx, Made, OptionalBody, perm, portal::issued};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(link)
        .service(make_default)
        .service(remove)
        .service(charge)
        .service(portal_list)
        .service(portal_link)
        .service(portal_make_default)
        .service(portal_remove)
        .service(portal_charge);
}

fn method(found: Stored) -> PaymentMethod {
    let month = |(year, month): (i32, i32)| {
        let day = chrono::NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, 1)?;
        Some(Month::of(day))
    };
    PaymentMethod {
        id: found.id,
        customer_id: found.customer,
        kind: found.kind,
        brand: found.brand,
        last4: found.last4,
        expires: found.expires.and_then(month),
        is_default: found.is_default,
        created_at: found.created_at,
    }
}

pub(crate) fn charge_of(found: charges::Charge) -> Charge {
    let (code, text) = found.failure.unzip();
    Charge {
        id: found.id,
        invoice_id: found.invoice,
        payment_method_id: found.method,
        amount: found.amount,
        status: found.status,
        failure_code: code.flatten(),
        failure: text,
        created_at: found.created_at,
    }
}

async fn kept(tx: &mut TenantTx, customer: CustomerId) -> Result<PaymentMethods, AppError> {
    let items = payment_methods::list(tx, customer).await?.into_iter().map(method).collect();
    Ok(PaymentMethods { items })
}

/// Lists the payment methods that a customer keeps, the default first.
#[utoipa::path(tag = "Payments", operation_id = "list_payment_methods",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = PaymentMethods)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/customers/{customer}/payment-methods")]
async fn list(ctx: Ctx<perm::InvoicesRead>, customer: At<CustomerRef>) -> ApiResult {
    let found = ctx
        .read(async |tx| {
            let customer = customers::find(tx, &customer.0).await?;
            kept(tx, customer.id).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Gives the address of a page on which the customer saves a payment method; the same one while it is open.
#[utoipa::path(tag = "Payments", operation_id = "create_payment_method_link",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = PayLink)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/customers/{customer}/payment-methods/link")]
async fn link(ctx: Ctx<perm::InvoicesWrite>, customer: At<CustomerRef>) -> ApiResult {
    let customer = ctx.read(async |tx| Ok(customers::find(tx, &customer.0).await?.id)).await?;
    let made = use_cases::setup_link(ctx.app(), &ctx.scope(), customer, Back::Outside).await?;
    Ok(HttpResponse::Ok().json(PayLink { url: made.url, expires_at: made.expires_at }))
}

/// Makes a payment method the one that the customer's invoices are charged to.
#[utoipa::path(tag = "Payments", operation_id = "make_payment_method_default",
    params(("payment_method" = PaymentMethodId, Path, description = "The payment method")),
    responses((status = 200, body = PaymentMethod)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/payment-methods/{payment_method}/default")]
async fn make_default(ctx: Ctx<perm::InvoicesWrite>, id: At<PaymentMethodId>) -> ApiResult {
    ctx.post(StatusCode::OK, &[], async |tx| Ok(Made::new(method(use_cases::make_default(tx, id.0).await?))))
        .await
}

/// Forgets a payment method, here and at Stripe.
#[utoipa::path(tag = "Payments", operation_id = "remove_payment_method",
    params(("payment_method" = PaymentMethodId, Path, description = "The payment method")),
    responses((status = 204)), security(("bearer" = ["invoices:write"])))]
#[delete("/msp/payment-methods/{payment_method}")]
async fn remove(ctx: Ctx<perm::InvoicesWrite>, id: At<PaymentMethodId>) -> ApiResult {
    use_cases::remove_method(ctx.app(), &ctx.scope(), id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Charges what is left of an open invoice to a saved payment method, while the payer is away.
///
/// A decline is an answer, not an error: `status` is `failed`, with the reason. While a charge is under way the same one
/// is given again.
#[utoipa::path(tag = "Payments", operation_id = "charge_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")), request_body = Option<ChargeInvoice>,
    responses((status = 200, body = Charge)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/charge")]
async fn charge(
    ctx: Ctx<perm::InvoicesWrite>,
    id: At<InvoiceId>,
    body: OptionalBody<ChargeInvoice>,
) -> ApiResult {
    let method = body.value.payment_method_id;
    let done = use_cases::charge(ctx.app(), &ctx.scope(), id.0, method).await?;
    Ok(HttpResponse::Ok().json(charge_of(done)))
}

/// Lists the payment methods that the company keeps, the default first.
#[utoipa::path(tag = "Portal", operation_id = "list_portal_payment_methods",
    responses((status = 200, body = PaymentMethods)), security(("bearer" = ["portal:pay"])))]
#[get("/portal/payment-methods")]
async fn portal_list(ctx: Ctx<perm::PortalPay>) -> ApiResult {
    let customer = ctx.portal_customer()?;
    let found = ctx.read(async |tx| kept(tx, customer).await).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Gives the address of a page on which a payment method is saved; the same one while it is open.
#[utoipa::path(tag = "Portal", operation_id = "create_portal_payment_method_link",
    responses((status = 200, body = PayLink)), security(("bearer" = ["portal:pay"])))]
#[post("/portal/payment-methods/link")]
async fn portal_link(ctx: Ctx<perm::PortalPay>) -> ApiResult {
    let customer = ctx.portal_customer()?;
    let made = use_cases::setup_link(ctx.app(), &ctx.scope(), customer, Back::Portal).await?;
    Ok(HttpResponse::Ok().json(PayLink { url: made.url, expires_at: made.expires_at }))
}

/// Makes a payment method the one that invoices are charged to.
#[utoipa::path(tag = "Portal", operation_id = "make_portal_payment_method_default",
    params(("payment_method" = PaymentMethodId, Path, description = "The payment method")),
    responses((status = 200, body = PaymentMethod)), security(("bearer" = ["portal:pay"])))]
#[post("/portal/payment-methods/{payment_method}/default")]
async fn portal_make_default(ctx: Ctx<perm::PortalPay>, id: At<PaymentMethodId>) -> ApiResult {
    ctx.portal_customer()?;
    ctx.post(StatusCode::OK, &[], async |tx| Ok(Made::new(method(use_cases::make_default(tx, id.0).await?))))
        .await
}

/// Forgets a payment method, here and at Stripe.
#[utoipa::path(tag = "Portal", operation_id = "remove_portal_payment_method",
    params(("payment_method" = PaymentMethodId, Path, description = "The payment method")),
    responses((status = 204)), security(("bearer" = ["portal:pay"])))]
#[delete("/portal/payment-methods/{payment_method}")]
async fn portal_remove(ctx: Ctx<perm::PortalPay>, id: At<PaymentMethodId>) -> ApiResult {
    ctx.portal_customer()?;
    use_cases::remove_method(ctx.app(), &ctx.scope(), id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Pays an invoice from a saved payment method.
///
/// A decline is an answer, not an error: `status` is `failed`, with the reason.
#[utoipa::path(tag = "Portal", operation_id = "charge_portal_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")), request_body = Option<ChargeInvoice>,
    responses((status = 200, body = Charge)), security(("bearer" = ["portal:pay"])))]
#[post("/portal/invoices/{invoice}/charge")]
async fn portal_charge(
    ctx: Ctx<perm::PortalPay>,
    id: At<InvoiceId>,
    body: OptionalBody<ChargeInvoice>,
) -> ApiResult {
    ctx.portal_customer()?;
    ctx.read(async |tx| issued(tx, id.0).await).await?;
    let method = body.value.payment_method_id;
    let done = use_cases::charge(ctx.app(), &ctx.scope(), id.0, method).await?;
    Ok(HttpResponse::Ok().json(charge_of(done)))
}
