//! What is charged once, with a customer's next invoice.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post};
use app::{AppError, one_off_charges as use_cases};
use contract::one_off_charges::{CreateOneOffCharge, OneOffCharge, OneOffCharges};
use domain::{
    decimals::DecimalString,
    ids::OneOffChargeId,
    pricing::{LineKind, OneOff},
};
use rust_decimal::Decimal;
use store::{
    StoreError,
    customers::{self, CustomerRef},
    one_off_charges::{self, OneOffCharge as Stored},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, At, Body, Ctx, Form, Made, perm, tax::tax_class};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(remove);
}

fn charge(found: Stored) -> Result<OneOffCharge, AppError> {
    let line = found.charge.rate(found.currency);
    Ok(OneOffCharge {
        id: found.id,
        customer_id: found.customer,
        kind: found.charge.kind,
        amount: line.map_err(|_| StoreError::Corrupt("one_off_charges.unit_price"))?.amount,
        tax_class: found.charge.tax_class,
        description: found.charge.description,
        quantity: found.charge.quantity.decimal(),
        unit_price: found.charge.unit_price.decimal(),
        late_for: found.late_for,
        created_at: found.created_at,
    })
}

/// Lists the charges that wait for a customer's next invoice, the oldest first.
#[utoipa::path(tag = "Invoices", operation_id = "list_one_off_charges",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = OneOffCharges)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/customers/{customer}/one-off-charges")]
async fn list(ctx: Ctx<perm::InvoicesRead>, customer: At<CustomerRef>) -> ApiResult {
    let items = ctx
        .read(async |tx| {
            let customer = customers::find(tx, &customer.0).await?;
            let waiting = one_off_charges::waiting(tx, &[customer.id]).await?;
            waiting.into_iter().map(charge).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    Ok(HttpResponse::Ok().json(OneOffCharges { items }))
}

/// Adds a charge to a customer's next invoice.
#[utoipa::path(tag = "Invoices", operation_id = "create_one_off_charge",
    params(("customer" = String, Path, description = "Id or code")), request_body = CreateOneOffCharge,
    responses((status = 201, body = OneOffCharge)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/customers/{customer}/one-off-charges")]
async fn create(
    ctx: Ctx<perm::InvoicesWrite>,
    customer: At<CustomerRef>,
    body: Body<CreateOneOffCharge>,
) -> ApiResult {
    let currency = body.currency.unwrap_or_else(|| ctx.principal().currency());
    let mut form = Form::new();
    let positive = |pointer: &str, text: &str, form: &mut Form| match text.parse::<DecimalString>() {
        Ok(value) if value.decimal() > Decimal::ZERO => value,
        Ok(_) => {
            form.refuse(pointer, "must be more than zero");
            Decimal::ONE.into()
        }
        Err(error) => {
            form.refuse(pointer, error.to_string());
            Decimal::ONE.into()
        }
    };
    let new = OneOff {
        kind: LineKind::OneOff,
        description: form.line("/description", &body.description, 200),
        quantity: positive("/quantity", body.quantity.as_deref().unwrap_or("1"), &mut form),
        unit_price: positive("/unit_price", &body.unit_price, &mut form),
        tax_class: tax_class(&mut form, body.tax_class.as_deref()),
    };
    match new.rate(currency) {
        Ok(line) if line.amount.amount_minor() == 0 => {
            form.refuse("/unit_price", "comes to less than the smallest amount of the currency");
        }
        Ok(_) => {}
        Err(error) => form.refuse("/unit_price", error.to_string()),
    }
    form.finish()?;
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        Ok(Made::new(charge(use_cases::create(tx, &customer.0, &new, currency).await?)?))
    })
    .await
}

/// Removes a charge that no invoice has taken up.
#[utoipa::path(tag = "Invoices", operation_id = "delete_one_off_charge",
    params(("charge" = OneOffChargeId, Path, description = "The charge")), responses((status = 204)),
    security(("bearer" = ["invoices:write"])))]
#[delete("/msp/one-off-charges/{charge}")]
async fn remove(ctx: Ctx<perm::InvoicesWrite>, id: At<OneOffChargeId>) -> ApiResult {
    ctx.write(async |tx| use_cases::remove(tx, id.0).await).await?;
    Ok(HttpResponse::NoContent().finish())
}
