//! Drafting an invoice for a period.

use domain::{
    evidence::{Evidence, PricedComponent, PricedPlan},
    ids::InvoiceId,
    invoices::InvoiceStatus,
    periods::{Month, Period},
    pricing::{self, RatedLine, RatingError, Span},
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    customers::{self, CustomerRef},
    invoices::{self, Invoice, NewInvoice},
    plans,
    subscriptions::{self, Subscription},
    usage,
};

use crate::{AppError, Result, usage::measured};

/// Drafts the invoice of a customer for a month, or rates an existing draft anew.
pub async fn draft(tx: &mut TenantTx, customer: &CustomerRef, month: Month) -> Result<Invoice> {
    let customer = customers::find(tx, customer).await?;
    let subscription =
        subscriptions::overlapping(tx, customer.id, month.period()).await?.ok_or_else(|| {
            AppError::conflict("no_subscription", "The customer has no subscription in this period.")
        })?;
    draft_subscription(tx, &subscription, month).await
}

/// Drafts the invoice of a subscription for a month, or rates an existing draft anew.
pub(crate) async fn draft_subscription(
    tx: &mut TenantTx,
    subscription: &Subscription,
    month: Month,
) -> Result<Invoice> {
    let today = tx.now().with_timezone(&tx.scope().time_zone()).date_naive();
    if month.first_day() > today {
        return Err(AppError::conflict("period_not_begun", "The period has not begun yet."));
    }
    let period = covered(subscription, month).ok_or_else(|| {
        AppError::conflict("no_subscription", "The subscription does not cover this period.")
    })?;
    let existing = invoices::of_period(tx, subscription.id, period.start()).await?;
    if let Some(existing) = &existing
        && existing.status != InvoiceStatus::Draft
    {
        return Err(AppError::conflict(
            "already_invoiced",
            format!("The period is billed by invoice {}.", existing.number.as_deref().unwrap_or_default()),
        ));
    }
    let Rated { new, lines, .. } = rate(tx, subscription, period).await?;
    let id = match existing {
        Some(existing) => {
            invoices::update_draft(tx, existing.id, &new).await?;
            existing.id
        }
        None => invoices::create(tx, &new).await?,
    };
    invoices::set_lines(tx, id, new.customer, &lines).await?;
    tx.record(
        NewEvent::new(
            "invoice.drafted",
            format!("invoice:{id}"),
            json!({"period": month, "total": new.total, "plan": new.plan_name}),
        )
        .of_customer(new.customer),
    );
    Ok(invoices::get(tx, id).await?)
}

/// The days of a month that a subscription covers.
pub(crate) fn covered(subscription: &Subscription, month: Month) -> Option<Period> {
    let whole = month.period();
    let start = whole.start().max(subscription.starts_on);
    let end = subscription.ends_on.map_or(whole.end(), |ends_on| whole.end().min(ends_on));
    Period::new(start, end)
}

/// A period that has been rated.
pub(crate) struct Rated {
    /// The invoice.
    pub new: NewInvoice,
    /// Its lines.
    pub lines: Vec<RatedLine>,
    /// What they were computed from.
    pub evidence: Evidence,
}

/// Rates the usage of the days served under the subscription's plan as it is now.
pub(crate) async fn rate(tx: &mut TenantTx, subscription: &Subscription, served: Period) -> Result<Rated> {
    let plan = plans::get(tx, subscription.plan).await?;
    let price = plan.price()?;
    let sums = usage::over(tx, subscription.customer, served).await?;
    let used = measured(tx, subscription.customer, &price, served, &sums).await?;
    let period = Month::of(served.start()).period();
    let span = Span::part(period, served, &tx.scope().time_zone())
        .ok_or_else(|| AppError::internal("the days served are not in the period"))?;
    let lines = pricing::rate(&price, &used, &span).map_err(refused)?;
    let total = pricing::total(price.currency, &lines).map_err(refused)?;
    let priced = PricedPlan {
        id: plan.id,
        version: plan.version,
        name: plan.name.clone(),
        currency: price.currency,
        base_fee: price.base_fee.into(),
        components: plan.components.into_iter().map(priced).collect(),
        adjustments: plan.adjustments,
    };
    let evidence = Evidence::of(priced, &span, &used, &lines, total);
    let new = NewInvoice {
        customer: subscription.customer,
        subscription: subscription.id,
        plan: plan.id,
        plan_name: plan.name,
        plan_version: plan.version,
        period: served,
        total,
    };
    Ok(Rated { new, lines, evidence })
}

fn priced(component: plans::Component) -> PricedComponent {
    let plans::Component { metric, name, unit, price, .. } = component;
    PricedComponent { metric, name, unit, price }
}

fn refused(error: RatingError) -> AppError {
    match error {
        RatingError::TooLarge => {
            AppError::conflict("amount_too_large", "The amount is larger than an invoice can be.")
        }
        RatingError::AmountMissing => AppError::conflict(
            "amount_missing",
            "An event does not say what it costs, and its price is dynamic.",
        ),
    }
}

/// Throws a draft away.
pub async fn delete_draft(tx: &mut TenantTx, id: InvoiceId) -> Result<()> {
    let invoice = invoices::lock(tx, id).await?;
    invoices::delete_draft(tx, id).await?;
    tx.record(
        NewEvent::new("invoice.draft_deleted", format!("invoice:{id}"), json!({"total": invoice.total}))
            .of_customer(invoice.customer),
    );
    Ok(())
}
