//! What customers have as credit, and granting it.

use std::collections::{BTreeMap, HashMap};

use actix_web::{HttpResponse, get, http::StatusCode, post};
use app::{
    AppError,
    credits::{self as use_cases, Grant, Origin},
};
use chrono::NaiveDate;
use contract::{
    Page,
    credits::{
        CreateCreditGrant, CreditGrant, CreditUse, CustomerCredit, ExpiringCredit, ListCreditGrants,
        PortalCredit, PortalCreditGrant, RevokeCreditGrant,
    },
};
use domain::{
    credits::{Credit, CreditSource},
    ids::CreditGrantId,
    money::{Currency, Money, MoneyError},
};
use store::{
    TenantTx, credits,
    credits::grants::{self, CreditGrant as Stored},
    customers::{self, CustomerRef},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, At, Body, Ctx, Form, Made, PageParams, Params, extract::page, perm, reply};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(balance).service(list).service(create).service(read).service(revoke).service(portal);
}

fn grant(found: Stored, uses: Vec<CreditUse>) -> CreditGrant {
    let status = found.status();
    let (reference, paid_on) = found.paid.unzip();
    CreditGrant {
        id: found.id,
        customer_id: found.customer,
        source: found.source,
        description: found.description,
        amount: found.amount,
        left: found.left,
        used: found.used,
        expired: found.expired,
        revoked: found.revoked,
        released: found.released,
        expires_on: found.expires_on,
        status,
        reference,
        paid_on,
        uses,
        version: found.version,
        created_at: found.created_at,
    }
}

/// What grants were used for.
async fn uses(
    tx: &mut TenantTx,
    of: &[CreditGrantId],
) -> Result<HashMap<CreditGrantId, Vec<CreditUse>>, AppError> {
    let mut found: HashMap<_, Vec<CreditUse>> = HashMap::new();
    for one in grants::uses(tx, of).await? {
        found.entry(one.grant).or_default().push(CreditUse {
            invoice_id: one.invoice,
            invoice_number: one.invoice_number,
            used: one.used,
            returned: one.returned,
        });
    }
    Ok(found)
}

async fn with_uses(tx: &mut TenantTx, found: Stored) -> Result<Made<CreditGrant>, AppError> {
    let mut uses = uses(tx, &[found.id]).await?;
    let (version, uses) = (found.version, uses.remove(&found.id).unwrap_or_default());
    Ok(Made::versioned(grant(found, uses), version))
}

/// All that can be used, by currency, where there is any.
fn balances(credits: &[Credit]) -> Result<Vec<Money>, AppError> {
    let totals =
        credits.iter().map(Credit::total).collect::<Result<Vec<_>, _>>().map_err(AppError::internal)?;
    Ok(totals.into_iter().filter(|total| total.amount_minor() != 0).collect())
}

fn expiring(credits: &[Credit]) -> Result<Vec<ExpiringCredit>, MoneyError> {
    let mut days: BTreeMap<(NaiveDate, Currency), Money> = BTreeMap::new();
    for part in credits.iter().flat_map(|credit| &credit.grants) {
        let Some(expires_on) = part.expires_on else { continue };
        let currency = part.amount.currency();
        let sum = days.entry((expires_on, currency)).or_insert(Money::zero(currency));
        *sum = sum.checked_add(part.amount)?;
    }
    Ok(days.into_iter().map(|((expires_on, _), amount)| ExpiringCredit { expires_on, amount }).collect())
}

/// Shows what a customer has as credit: what was paid beyond what it owes, and what it was granted.
#[utoipa::path(tag = "Credit", operation_id = "get_customer_credit",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = CustomerCredit)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/customers/{customer}/credit")]
async fn balance(ctx: Ctx<perm::InvoicesRead>, customer: At<CustomerRef>) -> ApiResult {
    let found = ctx
        .read(async |tx| {
            let customer = customers::find(tx, &customer.0).await?;
            let credits = credits::of_customer(tx, customer.id).await?;
            let free = credits.iter().map(|credit| credit.free);
            let currencies = use_cases::currencies_of(tx, customer.id).await?;
            Ok(CustomerCredit {
                customer_id: customer.id,
                currency: currencies.first().copied().unwrap_or(tx.scope().currency()),
                balances: balances(&credits)?,
                refundable: free.filter(|free| free.amount_minor() > 0).collect(),
                expiring: expiring(&credits).map_err(AppError::internal)?,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Lists the credit that a customer was granted, the latest first.
#[utoipa::path(tag = "Credit", operation_id = "list_credit_grants",
    params(("customer" = String, Path, description = "Id or code"), ListCreditGrants),
    responses((status = 200, body = Page<CreditGrant>)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/customers/{customer}/credit/grants")]
async fn list(
    ctx: Ctx<perm::InvoicesRead>,
    customer: At<CustomerRef>,
    query: Params<ListCreditGrants>,
) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let (found, uses) = ctx
        .read(async |tx| {
            let customer = customers::find(tx, &customer.0).await?;
            let found = grants::list(tx, customer.id, &request).await?;
            let ids: Vec<_> = found.items.iter().map(|grant| grant.id).collect();
            let uses = uses(tx, &ids).await?;
            Ok((found, uses))
        })
        .await?;
    let told = |found: Stored| {
        let uses = uses.get(&found.id).cloned().unwrap_or_default();
        grant(found, uses)
    };
    Ok(HttpResponse::Ok().json(page(found, told)))
}

/// Grants a customer credit: for money that has come in ahead, or for nothing.
///
/// The next invoices use it when they are issued, whoever issues them: what expires first, then what never expires, and what
/// was given before what was paid for. What is left after its last day expires.
#[utoipa::path(tag = "Credit", operation_id = "create_credit_grant",
    params(("customer" = String, Path, description = "Id or code")), request_body = CreateCreditGrant,
    responses((status = 201, body = CreditGrant)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/customers/{customer}/credit/grants")]
async fn create(
    ctx: Ctx<perm::InvoicesWrite>,
    customer: At<CustomerRef>,
    body: Body<CreateCreditGrant>,
) -> ApiResult {
    let mut form = Form::new();
    let description = form.line("/description", &body.description, 200);
    let origin = match body.source {
        CreditSource::Paid => Origin::Paid {
            reference: form.line("/reference", body.reference.as_deref().unwrap_or_default(), 200),
            paid_on: body.paid_on,
        },
        CreditSource::Promotional => {
            if body.reference.is_some() {
                form.refuse("/reference", "is for what the customer has paid for");
            }
            if body.paid_on.is_some() {
                form.refuse("/paid_on", "is for what the customer has paid for");
            }
            Origin::Promotional
        }
    };
    form.finish()?;
    let new = Grant { amount: body.amount, description, expires_on: body.expires_on, origin };
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        let made = use_cases::grant(tx, &customer.0, new).await?;
        with_uses(tx, made).await
    })
    .await
}

/// Shows credit that a customer was granted.
#[utoipa::path(tag = "Credit", operation_id = "get_credit_grant",
    params(("grant" = CreditGrantId, Path, description = "The grant")),
    responses((status = 200, body = CreditGrant)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/credit-grants/{grant}")]
async fn read(ctx: Ctx<perm::InvoicesRead>, id: At<CreditGrantId>) -> ApiResult {
    let made = ctx
        .read(async |tx| {
            let found = grants::get(tx, id.0).await?;
            with_uses(tx, found).await
        })
        .await?;
    Ok(reply(&made))
}

/// Takes back what is left of a grant. What was used stays used.
///
/// Of what was paid for, this says that the money was sent back, or has never come.
#[utoipa::path(tag = "Credit", operation_id = "revoke_credit_grant",
    params(("grant" = CreditGrantId, Path, description = "The grant")), request_body = RevokeCreditGrant,
    responses((status = 200, body = CreditGrant)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/credit-grants/{grant}/revoke")]
async fn revoke(
    ctx: Ctx<perm::InvoicesWrite>,
    id: At<CreditGrantId>,
    body: Body<RevokeCreditGrant>,
) -> ApiResult {
    let mut form = Form::new();
    let reason = form.line("/reason", &body.reason, 500);
    form.finish()?;
    ctx.post(StatusCode::OK, &body.digest, async |tx| {
        let revoked = use_cases::revoke(tx, id.0, ctx.if_match(), &reason).await?;
        with_uses(tx, revoked).await
    })
    .await
}

/// Shows what the company has as credit, and when it expires.
#[utoipa::path(tag = "Portal", operation_id = "get_portal_credit",
    responses((status = 200, body = PortalCredit)), security(("bearer" = ["portal:read"])))]
#[get("/portal/credit")]
async fn portal(ctx: Ctx<perm::PortalRead>) -> ApiResult {
    let id = ctx.portal_customer()?;
    let found = ctx
        .read(async |tx| {
            let credits = credits::of_customer(tx, id).await?;
            let grants = grants::usable(tx, id).await?.into_iter().map(|grant| PortalCreditGrant {
                id: grant.id,
                description: grant.description,
                source: grant.source,
                amount: grant.amount,
                left: grant.left,
                expires_on: grant.expires_on,
            });
            Ok(PortalCredit { balances: balances(&credits)?, grants: grants.collect() })
        })
        .await?;
    Ok(HttpResponse::Ok().json(found))
}
