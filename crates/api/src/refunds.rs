//! `/msp/payments`: what has come in, and what of it is paid back.

use actix_web::{HttpResponse, get, http::StatusCode, post};
use app::{
    AppError,
    payments::{self as use_cases, Transfer},
};
use contract::{
    Page,
    invoices::Payment,
    refunds::{
        CreateRefund, Dispute, ListDisputes, ListPayments, ListPortalRefunds, PortalRefund, RecordPayment,
        Refund,
    },
};
use domain::ids::{CustomerId, InvoiceId, PaymentId};
use store::{
    TenantTx, disputes,
    payments::{self, Origin},
    refunds::{self, Refund as Stored},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, PageParams, Params, credit_notes::known_invoice, extract::page,
    invoices::find_customer, perm,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(record)
        .service(refund)
        .service(list_refunds)
        .service(list_in_portal)
        .service(list_disputes);
}

pub(crate) fn payment(payment: payments::Payment) -> Payment {
    Payment {
        id: payment.id,
        customer_id: payment.customer,
        invoice_id: payment.invoice,
        provider: payment.provider,
        reference: payment.reference,
        amount: payment.amount,
        application_fee: payment.fee,
        refunded: payment.refunded,
        disputed: payment.disputed,
        paid_at: payment.paid_at,
    }
}

fn told(found: Stored) -> Refund {
    let (code, text) = found.failure.unzip();
    Refund {
        id: found.id,
        payment_id: found.payment,
        invoice_id: found.invoice,
        customer_id: found.customer,
        amount: found.amount,
        uncredited: found.uncredited,
        status: found.status,
        reference: found.reference,
        reason: found.reason,
        failure_code: code.flatten(),
        failure: text,
        created_at: found.created_at,
    }
}

/// Why it is paid back, and why it did not arrive, is the MSP's own business.
fn told_in_portal((found, origin): (Stored, Origin)) -> PortalRefund {
    let (brand, last4) = origin.method;
    PortalRefund {
        id: found.id,
        invoice_id: found.invoice,
        amount: found.amount,
        status: found.status,
        provider: origin.provider,
        brand,
        last4,
        paid: origin.amount,
        paid_at: origin.paid_at,
        created_at: found.created_at,
    }
}

fn dispute(found: disputes::Dispute) -> Dispute {
    Dispute {
        id: found.id,
        payment_id: found.payment,
        invoice_id: found.invoice,
        invoice_number: found.invoice_number,
        customer_id: found.customer,
        amount: found.amount,
        fee: found.fee,
        uncredited: found.uncredited,
        status: found.status,
        reason: found.reason,
        reference: found.reference,
        evidence_due_by: found.evidence_due_by,
        opened_at: found.opened_at,
        closed_at: found.closed_at,
    }
}

/// The customer that is asked for, if the invoice that is asked for is there.
async fn wanted(
    tx: &mut TenantTx,
    customer: Option<&String>,
    invoice: Option<InvoiceId>,
) -> Result<Option<CustomerId>, AppError> {
    known_invoice(tx, invoice).await?;
    match customer {
        Some(customer) => find_customer(tx, customer, "customer").await.map(Some),
        None => Ok(None),
    }
}

/// Lists payments, the latest first.
#[utoipa::path(tag = "Payments", operation_id = "list_payments", params(ListPayments),
    responses((status = 200, body = Page<Payment>)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/payments")]
async fn list(ctx: Ctx<perm::InvoicesRead>, query: Params<ListPayments>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            let customer = wanted(tx, query.customer.as_ref(), query.invoice).await?;
            let filter = payments::PaymentFilter { customer, invoice: query.invoice };
            Ok(payments::list(tx, &filter, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, payment)))
}

/// Records a bank transfer for an open invoice, or one that was written off.
#[utoipa::path(tag = "Payments", operation_id = "record_payment",
    params(("invoice" = InvoiceId, Path, description = "The invoice")), request_body = RecordPayment,
    responses((status = 201, body = Payment)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/payments")]
async fn record(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>, body: Body<RecordPayment>) -> ApiResult {
    let mut form = Form::new();
    let reference = form.line("/reference", &body.reference, 200);
    form.finish()?;
    let transfer = Transfer { reference, amount: body.amount, paid_on: body.paid_on };
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        Ok(Made::new(payment(use_cases::record_transfer(ctx.app(), tx, id.0, transfer).await?)))
    })
    .await
}

/// Pays a payment back, whole or in part, out of what the customer has as credit: of a credit note on a paid invoice, or of
/// what was paid too much.
///
/// The answer is a `pending` refund; the provider is asked at once, and the refund moves on when it answers. What was set
/// aside for it cannot be used for invoices meanwhile. A bank transfer is paid back by hand: recording it says that it was.
#[utoipa::path(tag = "Payments", operation_id = "create_refund",
    params(("payment" = PaymentId, Path, description = "The payment")), request_body = CreateRefund,
    responses((status = 201, body = Refund)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/payments/{payment}/refunds")]
async fn refund(ctx: Ctx<perm::InvoicesWrite>, id: At<PaymentId>, body: Body<CreateRefund>) -> ApiResult {
    let mut form = Form::new();
    let reason = form.line("/reason", &body.reason, 500);
    form.finish()?;
    let amount = body.amount;
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        Ok(Made::new(told(use_cases::refund(ctx.app(), tx, id.0, amount, reason).await?)))
    })
    .await
}

/// Lists refunds, the latest first.
#[utoipa::path(tag = "Payments", operation_id = "list_refunds", params(ListPayments),
    responses((status = 200, body = Page<Refund>)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/refunds")]
async fn list_refunds(ctx: Ctx<perm::InvoicesRead>, query: Params<ListPayments>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            let customer = wanted(tx, query.customer.as_ref(), query.invoice).await?;
            let filter = refunds::RefundFilter { customer, invoice: query.invoice };
            Ok(refunds::list(tx, &filter, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, told)))
}

/// Lists what was paid back to the company, the latest first.
#[utoipa::path(tag = "Portal", operation_id = "list_portal_refunds", params(ListPortalRefunds),
    responses((status = 200, body = Page<PortalRefund>)), security(("bearer" = ["portal:read"])))]
#[get("/portal/refunds")]
async fn list_in_portal(ctx: Ctx<perm::PortalRead>, query: Params<ListPortalRefunds>) -> ApiResult {
    let customer = Some(ctx.portal_customer()?);
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            known_invoice(tx, query.invoice).await?;
            let filter = refunds::RefundFilter { customer, invoice: query.invoice };
            Ok(refunds::list_with_origins(tx, &filter, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, told_in_portal)))
}

/// Lists disputes, the latest first.
#[utoipa::path(tag = "Payments", operation_id = "list_disputes", params(ListDisputes),
    responses((status = 200, body = Page<Dispute>)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/disputes")]
async fn list_disputes(ctx: Ctx<perm::InvoicesRead>, query: Params<ListDisputes>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            let customer = wanted(tx, query.customer.as_ref(), query.invoice).await?;
            let open = query.open.unwrap_or_default();
            let filter = disputes::DisputeFilter { customer, invoice: query.invoice, open };
            Ok(disputes::list(tx, &filter, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, dispute)))
}
