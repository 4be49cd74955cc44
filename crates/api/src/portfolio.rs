//! `/msp/portfolio`: the home page.

use actix_web::{HttpResponse, get};
use app::portfolio as use_cases;
use contract::portfolio::{Attention, CustomerCounts, MonthRevenue, Portfolio, TopCustomer};
use domain::customers::CustomerStatus;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, Ctx, perm};

/// How many of one kind are listed among what needs a decision.
const LISTED: usize = 5;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(read);
}

/// Shows what needs a decision, and how the business stands.
#[utoipa::path(tag = "Portfolio", operation_id = "get_portfolio",
    responses((status = 200, body = Portfolio)), security(("bearer" = ["portfolio:read"])))]
#[get("/msp/portfolio")]
async fn read(ctx: Ctx<perm::PortfolioRead>) -> ApiResult {
    let found = ctx.read(async |tx| use_cases::portfolio(tx).await).await?;
    Ok(HttpResponse::Ok().json(to_contract(found)))
}

fn to_contract(found: use_cases::Portfolio) -> Portfolio {
    let count = |status| found.counts.get(&status).copied().unwrap_or(0);
    let (active, trial) = (count(CustomerStatus::Active), count(CustomerStatus::Trial));
    Portfolio {
        period: found.month,
        customers: CustomerCounts {
            current: active + trial,
            active,
            trial,
            suspended: count(CustomerStatus::Suspended),
            closed: count(CustomerStatus::Closed),
        },
        machines: found.machines.normalize(),
        revenue_this_month: found.revenue,
        revenue_by_month: found
            .by_month
            .iter()
            .map(|(period, revenue)| MonthRevenue { period: *period, revenue: *revenue })
            .collect(),
        top_customers: found
            .top
            .iter()
            .map(|top| TopCustomer {
                customer_id: top.customer.id,
                code: top.customer.code.clone(),
                company_name: top.customer.name.clone(),
                plan_name: top.plan_name.clone(),
                machines: top.machines.normalize(),
                revenue: top.revenue,
            })
            .collect(),
        attention: attention(found),
    }
}

fn attention(found: use_cases::Portfolio) -> Vec<Attention> {
    let mut list = Vec::new();
    list.extend(found.disputes.into_iter().map(|dispute| Attention::DisputeOpen {
        invoice_id: dispute.invoice,
        number: dispute.number,
        customer_id: dispute.customer,
        company_name: dispute.customer_name,
        amount: dispute.amount,
        due_by: dispute.due_by,
    }));
    list.extend(found.payouts.into_iter().map(|payout| Attention::PayoutFailed {
        payout_id: payout.id,
        amount: payout.told.amount,
        reason: payout.told.failure,
        arrives_on: payout.told.arrives_on,
    }));
    let (overdue, overdue_count) = found.overdue;
    let listed = i64::try_from(overdue.len()).unwrap_or(0);
    list.extend(overdue.into_iter().map(|overdue| Attention::InvoiceOverdue {
        invoice_id: overdue.invoice,
        number: overdue.number,
        customer_id: overdue.customer,
        company_name: overdue.customer_name,
        total: overdue.outstanding,
        due_on: overdue.due_on,
    }));
    more(&mut list, "invoice_overdue", overdue_count - listed);
    list.extend(found.failed.into_iter().map(|failed| Attention::PaymentFailed {
        invoice_id: failed.invoice,
        number: failed.number,
        customer_id: failed.customer,
        company_name: failed.customer_name,
        reason: failed.reason,
        failed_at: failed.failed_at,
    }));
    let exceeded = found.exceeded.into_iter().map(|exceeded| Attention::LimitExceeded {
        customer_id: exceeded.customer.id,
        company_name: exceeded.customer.name,
        limit: exceeded.limit.to_owned(),
        allowed: exceeded.allowed,
        used: exceeded.used.normalize(),
    });
    first(&mut list, "limit_exceeded", exceeded.collect());
    let trials = found.trials.into_iter().map(|(customer, ends_on)| Attention::TrialEnding {
        customer_id: customer.id,
        company_name: customer.name,
        ends_on,
    });
    first(&mut list, "trial_ending", trials.collect());
    let unsubscribed = found
        .unsubscribed
        .into_iter()
        .map(|customer| Attention::NotSubscribed { customer_id: customer.id, company_name: customer.name });
    first(&mut list, "not_subscribed", unsubscribed.collect());
    let (waiting, held) = found.drafts;
    if waiting + held > 0 {
        list.push(Attention::DraftsWaiting { waiting, held });
    }
    let (open, expired) = found.invitations;
    if open + expired > 0 {
        list.push(Attention::InvitationsUnanswered { open, expired });
    }
    list
}

/// The first few of a kind, and how many more there are.
fn first(list: &mut Vec<Attention>, kind: &str, mut found: Vec<Attention>) {
    let count = i64::try_from(found.len().saturating_sub(LISTED)).unwrap_or(0);
    found.truncate(LISTED);
    list.extend(found);
    more(list, kind, count);
}

fn more(list: &mut Vec<Attention>, kind: &str, count: i64) {
    if count > 0 {
        list.push(Attention::More { of: kind.to_owned(), count });
    }
}
