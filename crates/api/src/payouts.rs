//! `/msp/payments/balance` and `/msp/payments/payouts`: what the tenant has at Stripe, and how it reaches the bank.

use actix_web::{HttpResponse, get, post};
use app::payments as use_cases;
use contract::{
    Page,
    payouts::{
        BalanceHolding, ListPayouts, PaymentBalance, Payout, PayoutContents, PayoutItem, PayoutPayment,
        PayoutSum, PayoutsRead,
    },
};
use domain::ids::PayoutId;
use store::payouts::{self, Paid, PayoutFilter};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, At, Ctx, PageParams, Params, extract::page, perm};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(balance).service(list).service(refresh).service(read).service(contents);
}

fn payout(found: payouts::Payout) -> Payout {
    let told = found.told;
    Payout {
        id: found.id,
        reference: told.reference,
        amount: told.amount,
        status: told.status,
        automatic: told.automatic,
        method: told.method,
        statement_descriptor: told.statement_descriptor,
        arrives_on: told.arrives_on,
        failure_code: told.failure_code,
        failure: told.failure,
        created_at: told.made_at,
    }
}

fn payment(paid: Paid) -> PayoutPayment {
    PayoutPayment {
        id: paid.payment,
        invoice_id: paid.invoice,
        invoice_number: paid.invoice_number,
        customer_id: paid.customer,
        customer_name: paid.customer_name,
    }
}

fn item(found: use_cases::PayoutItem) -> PayoutItem {
    let told = found.told;
    PayoutItem {
        reference: told.item,
        kind: told.kind,
        provider_kind: told.told_kind,
        amount: told.amount,
        platform_fee: told.platform_fee,
        provider_fee: told.provider_fee,
        net: told.net,
        description: told.description,
        created_at: told.moved_at,
        payment: found.paid.map(payment),
        payout_id: found.payout,
    }
}

/// Shows what the account has at Stripe, which is asked at this moment.
///
/// 409 `payments_not_connected` where there is no account yet; 503 `upstream_unavailable` while Stripe does not answer.
#[utoipa::path(tag = "Payments", operation_id = "get_payment_balance",
    responses((status = 200, body = PaymentBalance)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/payments/balance")]
async fn balance(ctx: Ctx<perm::LedgerRead>) -> ApiResult {
    ctx.for_all_customers()?;
    let (found, read_at) = use_cases::balance(ctx.app(), &ctx.scope()).await?;
    let holdings = found.holdings.into_iter();
    let holdings =
        holdings.map(|held| BalanceHolding { available: held.available, pending: held.pending }).collect();
    Ok(HttpResponse::Ok().json(PaymentBalance {
        read_at,
        holdings,
        other_currencies: found.other_currencies,
    }))
}

/// Lists payouts, the latest first: those that Stripe has told of, and the last hundred from before.
#[utoipa::path(tag = "Payments", operation_id = "list_payouts", params(ListPayouts),
    responses((status = 200, body = Page<Payout>)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/payments/payouts")]
async fn list(ctx: Ctx<perm::LedgerRead>, query: Params<ListPayouts>) -> ApiResult {
    ctx.for_all_customers()?;
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let ListPayouts { status, currency, from, until, .. } = *query;
    let filter = PayoutFilter { status, currency, from, until };
    let found = ctx.read(async |tx| Ok(payouts::list(tx, &filter, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(found, payout)))
}

/// Asks Stripe for the last hundred payouts, and notes how they stand. It happens every day by itself, and whenever Stripe
/// tells of a payout.
#[utoipa::path(tag = "Payments", operation_id = "refresh_payouts",
    responses((status = 200, body = PayoutsRead)), security(("bearer" = ["payment_setup:write"])))]
#[post("/msp/payments/payouts/refresh")]
async fn refresh(ctx: Ctx<perm::PaymentSetupWrite>) -> ApiResult {
    ctx.for_all_customers()?;
    let read_at = use_cases::refresh_payouts(ctx.app(), &ctx.scope()).await?;
    Ok(HttpResponse::Ok().json(PayoutsRead { read_at }))
}

/// Shows a payout.
#[utoipa::path(tag = "Payments", operation_id = "get_payout",
    params(("payout" = PayoutId, Path, description = "The payout")),
    responses((status = 200, body = Payout)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/payments/payouts/{payout}")]
async fn read(ctx: Ctx<perm::LedgerRead>, id: At<PayoutId>) -> ApiResult {
    let found = ctx.read(async |tx| Ok(payouts::get(tx, id.0).await?)).await?;
    Ok(HttpResponse::Ok().json(payout(found)))
}

/// Tells what is in a payout: payments, refunds, disputes and fees, which add up to it, with the invoices that they are
/// about. Stripe is asked at this moment.
///
/// 409 `payout_not_itemised` for a payout that somebody asked for at Stripe: Stripe knows only what is in those of its
/// schedule.
#[utoipa::path(tag = "Payments", operation_id = "get_payout_contents",
    params(("payout" = PayoutId, Path, description = "The payout")),
    responses((status = 200, body = PayoutContents)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/payments/payouts/{payout}/contents")]
async fn contents(ctx: Ctx<perm::LedgerRead>, id: At<PayoutId>) -> ApiResult {
    let found = use_cases::payout_contents(ctx.app(), &ctx.scope(), id.0).await?;
    let sums = found.sums.into_iter().map(|(kind, sum)| PayoutSum {
        kind,
        count: sum.count,
        amount: sum.amount,
        platform_fee: sum.platform_fee,
        provider_fee: sum.provider_fee,
        net: sum.net,
    });
    Ok(HttpResponse::Ok().json(PayoutContents {
        sums: sums.collect(),
        unexplained: found.unexplained,
        items: found.items.into_iter().map(item).collect(),
    }))
}
