//! `/msp/taxes`.

use actix_web::{get, put};
use app::{AppError, Field, tax_settings};
use contract::taxes::{TaxSettings, TaxTerms};
use domain::tax::{self, Place, PriceMode, TaxRounding};
use store::TenantTx;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, Body, Ctx, Form, Made, perm, reply};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(read).service(update);
}

/// Reads a product class; `standard` is none.
pub(crate) fn tax_class(form: &mut Form, class: Option<&str>) -> Option<String> {
    let class = class.filter(|class| *class != tax::STANDARD_CLASS)?;
    if !tax::is_class(class) {
        form.refuse("/tax_class", "must have small letters, digits and underscores alone, at most 40");
    }
    Some(class.to_owned())
}

async fn fetch(tx: &mut TenantTx) -> Result<Made<TaxSettings>, AppError> {
    let (found, version) = tax_settings::get(tx).await?;
    let settings = match found {
        Some(tax::TaxSettings { place, prices, rounding, rules }) => TaxSettings {
            country: Some(place.country),
            region: place.region,
            prices,
            rounding,
            rules,
            version,
        },
        None => TaxSettings {
            country: None,
            region: None,
            prices: PriceMode::Exclusive,
            rounding: TaxRounding::Invoice,
            rules: Vec::new(),
            version,
        },
    };
    Ok(Made::versioned(settings, version))
}

/// Shows how the tenant taxes.
#[utoipa::path(tag = "Invoices", operation_id = "get_tax_settings",
    responses((status = 200, body = TaxSettings)), security(("bearer" = ["billing:read"])))]
#[get("/msp/taxes")]
async fn read(ctx: Ctx<perm::BillingRead>) -> ApiResult {
    Ok(reply(&ctx.read(fetch).await?))
}

/// Sets how the tenant taxes: the whole of it, what is left out is emptied.
///
/// Invoices that have been issued keep the taxes that they were issued with.
#[utoipa::path(tag = "Invoices", operation_id = "update_tax_settings", request_body = TaxTerms,
    responses((status = 200, body = TaxSettings)), security(("bearer" = ["billing:write"])))]
#[put("/msp/taxes")]
async fn update(ctx: Ctx<perm::BillingWrite>, body: Body<TaxTerms>) -> ApiResult {
    ctx.for_all_customers()?;
    let new = check(&body.value)?;
    let made = ctx
        .write(async |tx| {
            tax_settings::update(tx, ctx.if_match(), new.as_ref()).await?;
            fetch(tx).await
        })
        .await?;
    Ok(reply(&made))
}

fn check(body: &TaxTerms) -> Result<Option<tax::TaxSettings>, AppError> {
    let Some(country) = body.country else {
        let nothing_else = body.region.is_none() && body.rules.is_empty();
        let missing = || Field::invalid("/country", "is needed where there is a region, or a rule");
        return if nothing_else { Ok(None) } else { Err(AppError::Invalid(vec![missing()])) };
    };
    let settings = tax::TaxSettings {
        place: Place { country, region: body.region.clone() },
        prices: body.prices.unwrap_or(PriceMode::Exclusive),
        rounding: body.rounding.unwrap_or(TaxRounding::Invoice),
        rules: body.rules.clone(),
    };
    let problems = settings.problems().into_iter().map(|(pointer, detail)| Field::invalid(pointer, detail));
    let problems: Vec<_> = problems.collect();
    if problems.is_empty() { Ok(Some(settings)) } else { Err(AppError::Invalid(problems)) }
}
