//! `/msp/revenue`: how the business grows.

use actix_web::{HttpResponse, get};
use app::revenue as use_cases;
use contract::revenue::{PlanRevenue, Revenue, RevenueMonth, RevenueMovement, RevenueQuery};
use domain::{money::Money, periods::is_billable};
use rust_decimal::Decimal;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, Ctx, Form, Params, perm};

/// How many months, where it is not said.
const MONTHS: i32 = 12;

/// How many at most.
const MAX_MONTHS: i32 = 36;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(read);
}

/// Shows revenue month by month: what recurs, how it grows, and which plans bring it.
#[utoipa::path(tag = "Ledger", operation_id = "get_revenue", params(RevenueQuery),
    responses((status = 200, body = Revenue)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/revenue")]
async fn read(ctx: Ctx<perm::LedgerRead>, query: Params<RevenueQuery>) -> ApiResult {
    let mut form = Form::new();
    let months = query.months.unwrap_or(MONTHS);
    if !(1..=MAX_MONTHS).contains(&months) {
        form.refuse("months", format!("must be from 1 to {MAX_MONTHS}"));
    } else if query.until.is_some_and(|until| !is_billable(until.offset(-months).first_day())) {
        form.refuse("until", "must be so late that all months lie in the years from 2000 to 2199");
    }
    form.finish()?;
    let found =
        ctx.read(async |tx| use_cases::revenue(tx, query.currency, query.until, months).await).await?;
    Ok(HttpResponse::Ok().json(to_contract(&found)))
}

fn to_contract(found: &use_cases::Revenue) -> Revenue {
    let money = |amount| found.money(amount);
    Revenue {
        months: found
            .months
            .iter()
            .map(|month| RevenueMonth {
                period: month.month,
                revenue: money(month.revenue),
                recurring: money(month.parts.recurring()),
                fees: money(month.parts.fees),
                usage: money(month.parts.usage),
                adjustments: money(month.parts.adjustments),
                once: money(month.parts.once),
                customers: month.customers,
                per_customer: per_customer(money(month.parts.recurring()), month.customers),
                movements: month
                    .moved
                    .iter()
                    .map(|(movement, moved)| RevenueMovement {
                        movement: *movement,
                        amount: money(moved.amount),
                        customers: moved.customers,
                    })
                    .collect(),
            })
            .collect(),
        plans: found
            .plans
            .iter()
            .map(|plan| PlanRevenue {
                plan_id: plan.plan,
                name: plan.name.clone(),
                recurring: money(plan.recurring),
                customers: plan.customers,
            })
            .collect(),
        unbilled: found.unbilled,
        deferred: money(found.deferred),
    }
}

fn per_customer(recurring: Money, customers: i64) -> Option<Money> {
    let share = recurring.to_decimal().checked_div(Decimal::from(customers))?;
    Money::round_from(share, recurring.currency()).ok()
}
