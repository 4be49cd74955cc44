//! `/msp/pricing`.

use std::collections::{BTreeMap, HashSet};

use actix_web::{HttpResponse, post};
use app::{AppError, Field};
use chrono_tz::Tz;
use contract::pricing::{
    ComponentTerms, Days, MetricUsage, PlanTerms, PreviewPricing, PriceOverride, PricingPreview, RatedEvent,
};
use domain::{
    decimals::DecimalString,
    fees::Rhythm,
    money::Currency,
    periods::{self, Month, Period},
    plans::{MAX_BASE_FEE, MAX_COMPONENTS},
    pricing::{
        self, AdjustmentTerms, Component, Event, Level, Measured, Model, Plan, RatingError, Share, Span,
        Usage,
    },
    subscriptions::check_quantity,
};
use rust_decimal::Decimal;
use store::{StoreError, plans::PlanRef};
use utoipa_actix_web::{scope, service_config::ServiceConfig};

use crate::{ApiResult, Body, Ctx, Form, perm};

/// Bytes of a preview's body: room for its events.
const MAX_BODY: usize = 4 * 1024 * 1024;
const MAX_EVENTS: usize = 10_000;
const MAX_LEVELS: usize = 1_000;
const MAX_PROPERTIES: usize = 50;
/// Days of the longest period: a year, and a month of grace.
const MAX_DAYS: i64 = 400;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(
        scope("/msp/pricing").app_data(actix_web::web::PayloadConfig::new(MAX_BODY)).service(preview),
    );
}

/// Rates prices and usage, and keeps nothing.
///
/// Takes any price or plan with any usage and period, and answers the lines that an invoice would have, each with its
/// derivation; where the base fee is not of the calendar's month, those of an invoice on which all of it is due. The rules, with
/// worked examples, are in `docs/billing-rules.md`.
#[utoipa::path(tag = "Pricing", operation_id = "preview_pricing", request_body = PreviewPricing,
    responses((status = 200, body = PricingPreview)), security(("bearer" = ["plans:read"])))]
#[post("/preview")]
async fn preview(ctx: Ctx<perm::PlansRead>, body: Body<PreviewPricing>) -> ApiResult {
    let mut form = Form::new();
    let span = span(&mut form, &body.value, ctx.principal().time_zone(), || ctx.now());
    let stored = match (&body.plan, &body.plan_id) {
        (Some(_), None) => None,
        (None, Some(id)) => Some(id.parse::<PlanRef>().unwrap_or_else(|never| match never {})),
        _ => {
            form.refuse("/plan", "give either `plan` or `plan_id`");
            None
        }
    };
    let mut plan = match (&body.plan, stored) {
        (Some(terms), _) => given(&mut form, terms, body.currency),
        (None, Some(stored)) => {
            let found = ctx.read(async |tx| match store::plans::find(tx, &stored).await {
                Err(StoreError::NotFound) => Err(AppError::field("/plan_id", "does not exist")),
                found => Ok(found?),
            });
            let price = found.await?.priced().price();
            let plan = price.ok_or(AppError::Store(StoreError::Corrupt("plan_components.price")))?;
            if body.currency.is_some_and(|currency| currency != plan.currency) {
                form.refuse("/currency", format!("must be `{}`, the plan's, or left out", plan.currency));
            }
            Some(plan)
        }
        (None, None) => None,
    };
    let coupons = form.discounts("/coupons", &body.coupons);
    if let Some(plan) = &mut plan {
        replace(&mut form, plan, &body.overrides);
        plan.adjustments.discounts.extend(coupons);
    }
    let usage = usage(&mut form, &body.usage, plan.as_ref());
    form.finish()?;
    let (Some(plan), Some(span)) = (plan, span) else {
        return Err(AppError::internal("a form without faults lacks what it checked").into());
    };
    // A fee with a rhythm of its own as it is charged for its period: all of it, before all else.
    let mut lines = if plan.rhythm.is_calendar_month() {
        Vec::new()
    } else {
        pricing::rate_fee(&plan, Share::WHOLE.times(span.share().quantity())).map_err(refused)?
    };
    lines.extend(pricing::rate(&plan, &usage, &span).map_err(refused)?);
    let total = pricing::total(plan.currency, &lines).map_err(refused)?;
    let lines = lines.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(PricingPreview { currency: plan.currency, lines, total }))
}

fn refused(error: RatingError) -> AppError {
    AppError::Invalid(vec![Field::invalid("/usage", error.to_string())])
}

fn span(
    form: &mut Form,
    body: &PreviewPricing,
    tenants: Tz,
    now: impl FnOnce() -> chrono::DateTime<chrono::Utc>,
) -> Option<Span> {
    let zone = body.time_zone.as_deref().map_or(Some(tenants), |name| name.parse().ok());
    if zone.is_none() {
        form.refuse("/time_zone", "expected a name of the IANA database such as `America/New_York`");
    }
    let period = match body.period {
        Some(days) => period(form, "/period", days)?,
        None => Month::at(now(), zone.unwrap_or(tenants)).period(),
    };
    let served = match body.service {
        Some(days) => self::period(form, "/service", days)?,
        None => period,
    };
    let span = Span::part(period, served, &zone?);
    if span.is_none() {
        form.refuse("/service", "must lie within the period");
    }
    let quantity = body.quantity.unwrap_or(1);
    if let Err(error) = check_quantity(quantity) {
        form.refuse("/quantity", error.to_string());
    }
    span.map(|span| span.times(quantity))
}

fn period(form: &mut Form, at: &str, days: Days) -> Option<Period> {
    if !periods::is_billable(days.start) || !periods::is_billable(days.end) {
        form.refuse(at, "must lie in the years from 2000 to 2199");
        return None;
    }
    let period = Period::new(days.start, days.end);
    match period {
        None => form.refuse(&format!("{at}/end"), "must be after `start`: it is the day after the last one"),
        Some(_) if (days.end - days.start).num_days() > MAX_DAYS => {
            form.refuse(at, format!("must have at most {MAX_DAYS} days"));
            return None;
        }
        Some(_) => {}
    }
    period
}

/// A plan that came with the request.
fn given(form: &mut Form, terms: &PlanTerms, currency: Option<Currency>) -> Option<Plan> {
    if currency.is_none() {
        form.refuse("/currency", "is needed with `plan`");
    }
    let base_fee = terms.base_fee.decimal();
    if base_fee < Decimal::ZERO || base_fee > MAX_BASE_FEE {
        form.refuse("/plan/base_fee", format!("must be from 0 to {MAX_BASE_FEE}"));
    }
    let name = form.line("/plan/name", &terms.name, 100);
    form.at_most("/plan/components", &terms.components, MAX_COMPONENTS);
    let mut seen = HashSet::new();
    let mut components = Vec::new();
    for (index, component) in terms.components.iter().enumerate().take(MAX_COMPONENTS) {
        let at = format!("/plan/components/{index}");
        let ComponentTerms { metric, name, unit, price } = component;
        if !seen.insert(metric) {
            form.refuse(&format!("{at}/metric"), "is priced already by another component");
        }
        let (metric, name, unit) = (
            form.line(&format!("{at}/metric"), metric, 100),
            form.line(&format!("{at}/name"), name, 100),
            form.line(&format!("{at}/unit"), unit, 30),
        );
        let price = form.price(&format!("{at}/price"), price);
        components.extend(price.map(|price| Component { metric, name, unit, price }));
    }
    let PlanTerms { discounts, minimum, maximum, .. } = terms.clone();
    let adjustments = AdjustmentTerms { discounts, minimum, maximum };
    let rhythm = Rhythm { interval: terms.fee_interval, anchor: terms.fee_anchor, timing: terms.fee_timing };
    form.of_rhythm("/plan", rhythm, &adjustments);
    let adjustments = form.adjustments("/plan", &adjustments);
    Some(Plan { name, currency: currency?, base_fee, rhythm, components, adjustments })
}

fn replace(form: &mut Form, plan: &mut Plan, overrides: &[PriceOverride]) {
    form.at_most("/overrides", overrides, MAX_COMPONENTS);
    let mut seen = HashSet::new();
    for (index, PriceOverride { metric, price }) in overrides.iter().enumerate().take(MAX_COMPONENTS) {
        let at = format!("/overrides/{index}");
        if !seen.insert(metric) {
            form.refuse(&format!("{at}/metric"), "is overridden already");
        }
        let price = form.price(&format!("{at}/price"), price);
        match plan.components.iter_mut().find(|component| component.metric == *metric) {
            Some(component) => component.price = price.unwrap_or_else(|| component.price.clone()),
            None => form.refuse(&format!("{at}/metric"), "is not priced by the plan"),
        }
    }
}

fn usage(form: &mut Form, given: &[MetricUsage], plan: Option<&Plan>) -> Vec<Usage> {
    form.at_most("/usage", given, MAX_COMPONENTS);
    let mut seen = HashSet::new();
    let mut usage = Vec::new();
    let mut events_left = MAX_EVENTS;
    for (index, of_metric) in given.iter().enumerate().take(MAX_COMPONENTS) {
        let at = format!("/usage/{index}");
        if !seen.insert(&of_metric.metric) {
            form.refuse(&format!("{at}/metric"), "is there already");
        }
        let is_dynamic = plan.is_some_and(|plan| {
            let component = plan.components.iter().find(|component| component.metric == of_metric.metric);
            component.is_some_and(|component| component.price.model == Model::Dynamic)
        });
        let measured = match (of_metric.quantity, &of_metric.events) {
            (Some(_), None) if is_dynamic => {
                form.refuse(
                    &format!("{at}/quantity"),
                    "a `dynamic` price goes by `events` and their amounts",
                );
                continue;
            }
            (Some(_), None) if !of_metric.opening_levels.is_empty() => {
                form.refuse(&format!("{at}/opening_levels"), "goes with `events`");
                continue;
            }
            (Some(quantity), None) => Measured::Quantity { quantity: quantity.decimal(), events: 0 },
            (None, Some(events)) => {
                if events.len() > events_left {
                    form.refuse(&format!("{at}/events"), format!("at most {MAX_EVENTS} events in all"));
                    continue;
                }
                events_left -= events.len();
                let opening = opening(form, &at, of_metric);
                let events = events
                    .iter()
                    .enumerate()
                    .map(|(index, event)| {
                        self::event(form, &format!("{at}/events/{index}"), event, is_dynamic)
                    })
                    .collect();
                Measured::Events { events, opening }
            }
            _ => {
                form.refuse(&at, "must have either `quantity` or `events`");
                continue;
            }
        };
        usage.push(Usage { metric: of_metric.metric.clone(), measured });
    }
    usage
}

fn opening(form: &mut Form, at: &str, usage: &MetricUsage) -> Vec<Level> {
    form.at_most(&format!("{at}/opening_levels"), &usage.opening_levels, MAX_LEVELS);
    let levels = usage.opening_levels.iter().enumerate().take(MAX_LEVELS);
    levels
        .map(|(index, level)| {
            let group = properties(form, &format!("{at}/opening_levels/{index}/group"), &level.group);
            Level { quantity: level.level.decimal(), group }
        })
        .collect()
}

fn event(form: &mut Form, at: &str, event: &RatedEvent, is_dynamic: bool) -> Event {
    if is_dynamic && event.amount.is_none() {
        form.refuse(&format!("{at}/amount"), "is needed where the price is `dynamic`");
    }
    if !periods::is_billable(event.at.date_naive()) {
        form.refuse(&format!("{at}/at"), "must lie in the years from 2000 to 2199");
    }
    Event {
        at: event.at,
        id: event.id.clone(),
        quantity: event.quantity.map_or(Decimal::ONE, DecimalString::decimal),
        amount: event.amount.map(DecimalString::decimal),
        properties: properties(form, &format!("{at}/properties"), &event.properties),
    }
}

fn properties(form: &mut Form, at: &str, properties: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    if properties.len() > MAX_PROPERTIES {
        form.refuse(at, format!("must have at most {MAX_PROPERTIES} entries"));
        return BTreeMap::new();
    }
    properties.clone()
}
