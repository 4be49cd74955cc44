//! Drafting an invoice for a period.

use domain::{
    ids::InvoiceId,
    invoices::InvoiceStatus,
    periods::{Month, Period},
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    customers::{self, CustomerRef},
    invoices::{self, Invoice, NewInvoice},
    subscriptions::{self, Subscription},
};

use super::rating::{self, Rated};
use crate::{AppError, Result};

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
    if month.first_day() > tx.today() {
        return Err(AppError::conflict("period_not_begun", "The period has not begun yet."));
    }
    let subscription = &subscriptions::lock(tx, subscription.id).await?;
    let period = covered(subscription, month)?;
    let existing = invoices::of_period(tx, subscription.id, period.start()).await?;
    if let Some(existing) = &existing
        && existing.status != InvoiceStatus::Draft
    {
        return Err(AppError::conflict(
            "already_invoiced",
            format!("The period is billed by invoice {}.", existing.number.as_deref().unwrap_or_default()),
        ));
    }
    let (new, rated) = rate(tx, subscription, period).await?;
    let id = match existing {
        Some(existing) => {
            invoices::update_draft(tx, existing.id, &new).await?;
            existing.id
        }
        None => invoices::create(tx, &new).await?,
    };
    invoices::set_lines(tx, id, new.customer, &rated.lines).await?;
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
pub(crate) fn covered(subscription: &Subscription, month: Month) -> Result<Period> {
    subscription
        .timeline()
        .covered(month.period())
        .ok_or_else(|| AppError::conflict("no_subscription", "The subscription does not cover this period."))
}

/// An invoice of a subscription for days of one month, with what it is made of.
pub(crate) async fn rate(
    tx: &mut TenantTx,
    subscription: &Subscription,
    period: Period,
) -> Result<(NewInvoice, Rated)> {
    let rated = rating::rate(tx, subscription.customer, &subscription.timeline(), period).await?;
    let nothing = || {
        AppError::conflict(
            "nothing_to_bill",
            "Nothing is charged for in this period: the subscription is on trial or paused.",
        )
    };
    let rated = rated.ok_or_else(nothing)?;
    let prices = rated.prices().ok_or_else(nothing)?;
    let new = NewInvoice {
        customer: subscription.customer,
        subscription: subscription.id,
        plan: prices.id,
        plan_name: prices.name.clone(),
        plan_version: prices.version,
        period,
        total: rated.total,
    };
    Ok((new, rated))
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
