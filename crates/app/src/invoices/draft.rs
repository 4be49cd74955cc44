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
    let drafted = draft_subscription(tx, &subscription, month).await?;
    Ok(invoices::get(tx, drafted.id).await?)
}

/// A draft, as it has just been rated.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Its id.
    pub id: InvoiceId,
    /// What it bills.
    pub new: NewInvoice,
    /// What it is made of.
    pub rated: Rated,
}

/// Drafts the invoice of a subscription for a month, or rates an existing draft anew.
pub(crate) async fn draft_subscription(
    tx: &mut TenantTx,
    subscription: &Subscription,
    month: Month,
) -> Result<Draft> {
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
    let existing = existing.map(|existing| existing.id);
    let drafted = rate(tx, subscription, period).await?.keep(tx, existing).await?;
    let new = &drafted.new;
    tx.record(
        NewEvent::new(
            "invoice.drafted",
            format!("invoice:{}", drafted.id),
            json!({"period": month, "total": new.total, "plan": new.plan_name}),
        )
        .of_customer(new.customer),
    );
    Ok(drafted)
}

/// The days of a month that a subscription covers.
pub(crate) fn covered(subscription: &Subscription, month: Month) -> Result<Period> {
    subscription
        .timeline()
        .covered(month.period())
        .ok_or_else(|| AppError::conflict("no_subscription", "The subscription does not cover this period."))
}

/// What an invoice would bill, and what it is made of.
pub(crate) struct Unkept {
    new: NewInvoice,
    rated: Rated,
}

impl Unkept {
    /// Keeps it as a draft: a new one, or in place of what one said before.
    pub(crate) async fn keep(self, tx: &mut TenantTx, existing: Option<InvoiceId>) -> Result<Draft> {
        let Self { new, rated } = self;
        let id = match existing {
            Some(id) => {
                invoices::update_draft(tx, id, &new).await?;
                id
            }
            None => invoices::create(tx, &new).await?,
        };
        invoices::set_lines(tx, id, new.customer, &rated.lines).await?;
        Ok(Draft { id, new, rated })
    }
}

/// An invoice of a subscription for days of one month.
pub(crate) async fn rate(tx: &mut TenantTx, subscription: &Subscription, period: Period) -> Result<Unkept> {
    let rated = rating::rate_invoice(tx, subscription, period).await?;
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
    Ok(Unkept { new, rated })
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
