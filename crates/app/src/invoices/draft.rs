//! Drafting an invoice for a period.

use domain::{
    ids::{InvoiceId, SubscriptionId},
    invoices::InvoiceStatus,
    periods::{Month, Period},
};
use serde_json::json;
use store::{
    NewEvent, StoreError, TenantTx,
    customers::{self, CustomerRef},
    invoices::{self, Invoice, NewInvoice},
    subscriptions::{self, Subscription},
};

use super::rating::{self, Rated};
use crate::{AppError, Result, roll_ups};

/// Drafts the invoice of a customer for a month, or rates an existing draft anew.
pub async fn draft(tx: &mut TenantTx, customer: &CustomerRef, month: Month) -> Result<Invoice> {
    let customer = customers::find(tx, customer).await?;
    let subscription = subscriptions::overlapping(tx, customer.id, month.period()).await?;
    let subscription = subscription.ok_or_else(|| {
        AppError::conflict("no_subscription", "The customer has no subscription in this period.")
    })?;
    roll_ups::before_invoice(tx, customer.id, month).await?;
    let mut drafted = draft_all(tx, &[subscription.id], month).await?;
    let (_, drafted) = drafted.pop().ok_or(StoreError::NotFound)?;
    let Draft { id, new, .. } = drafted?;
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

/// Drafts the invoices of subscriptions for a month, or rates existing drafts anew. Says of each what came of it; what
/// cannot be drafted leaves nothing behind.
pub(crate) async fn draft_all(
    tx: &mut TenantTx,
    subscriptions: &[SubscriptionId],
    month: Month,
) -> Result<Vec<(Subscription, Result<Draft>)>> {
    if month.first_day() > tx.today() {
        return Err(AppError::conflict("period_not_begun", "The period has not begun yet."));
    }
    let locked = subscriptions::lock_all(tx, subscriptions).await?;
    let (mut outcomes, mut due) = (Vec::new(), Vec::new());
    for subscription in locked {
        match covered(&subscription, month) {
            Ok(period) => due.push((subscription, period)),
            Err(error) => outcomes.push((subscription, Err(error))),
        }
    }
    let periods: Vec<_> =
        due.iter().map(|(subscription, period)| (subscription.id, period.start())).collect();
    let billings = invoices::of_periods(tx, &periods).await?;
    let (mut wanted, mut existing) = (Vec::new(), Vec::new());
    for (subscription, period) in due {
        match billings.get(&subscription.id) {
            Some(billing) if billing.status != InvoiceStatus::Draft => {
                let number = billing.number.as_deref().unwrap_or_default();
                let text = format!("The period is billed by invoice {number}.");
                outcomes.push((subscription, Err(AppError::conflict("already_invoiced", text))));
            }
            billing => {
                existing.push(billing.map(|billing| billing.id));
                wanted.push((subscription, period));
            }
        }
    }
    let drafted = rate_and_keep(tx, month, &wanted, &existing).await?;
    outcomes.extend(wanted.into_iter().map(|(subscription, _)| subscription).zip(drafted));
    Ok(outcomes)
}

/// The days of a month that a subscription covers.
pub(crate) fn covered(subscription: &Subscription, month: Month) -> Result<Period> {
    subscription
        .timeline()
        .covered(month.period())
        .ok_or_else(|| AppError::conflict("no_subscription", "The subscription does not cover this period."))
}

/// Rates subscriptions for days of a month and keeps what comes of it: as new drafts, or in place of what existing ones
/// said before.
pub(crate) async fn rate_and_keep(
    tx: &mut TenantTx,
    month: Month,
    wanted: &[(Subscription, Period)],
    existing: &[Option<InvoiceId>],
) -> Result<Vec<Result<Draft>>> {
    let borrowed: Vec<_> = wanted.iter().map(|(subscription, period)| (subscription, *period)).collect();
    let rated = rating::rate_invoices(tx, month, &borrowed).await?;
    let mut outcomes = Vec::with_capacity(wanted.len());
    for ((of, period), rated) in wanted.iter().zip(rated) {
        let elsewhere = matches!(rated, Ok(None)) && rating::is_billed_elsewhere(tx, of, *period).await?;
        outcomes.push(if elsewhere { Err(billed_elsewhere()) } else { billed(of, *period, rated) });
    }
    let rated = outcomes;
    let new = rated.iter().zip(existing).filter(|(_, existing)| existing.is_none());
    let new: Vec<_> = new.filter_map(|(rated, _)| rated.as_ref().ok().map(|(new, _)| new)).collect();
    let mut made = invoices::create(tx, &new).await?.into_iter();
    let mut drafts = Vec::with_capacity(wanted.len());
    for (rated, existing) in rated.into_iter().zip(existing) {
        drafts.push(match rated {
            Ok((new, rated)) => {
                let id = match existing {
                    Some(id) => {
                        invoices::update_draft(tx, *id, &new).await?;
                        *id
                    }
                    None => made.next().ok_or_else(|| AppError::internal("fewer invoices than were made"))?,
                };
                Ok(Draft { id, new, rated })
            }
            Err(error) => Err(error),
        });
    }
    let kept = drafts.iter().filter_map(|draft| draft.as_ref().ok());
    let lines: Vec<_> =
        kept.map(|draft| (draft.id, draft.new.customer, draft.rated.lines.as_slice())).collect();
    // What could not be rated stays as it was.
    let before = existing.iter().zip(&drafts).filter(|(_, draft)| draft.is_ok());
    let before: Vec<_> = before.filter_map(|(existing, _)| *existing).collect();
    invoices::set_lines(tx, &before, &lines).await?;
    Ok(drafts)
}

fn billed_elsewhere() -> AppError {
    AppError::conflict(
        "billed_at_stripe",
        "The plan of this period is billed at Stripe: its invoices are made there.",
    )
}

/// What an invoice bills, where it bills anything.
fn billed(
    subscription: &Subscription,
    period: Period,
    rated: Result<Option<Rated>>,
) -> Result<(NewInvoice, Rated)> {
    let nothing = || {
        AppError::conflict(
            "nothing_to_bill",
            "Nothing is charged for in this period: the subscription is on trial or paused, or its fee is not due.",
        )
    };
    let rated = rated?.ok_or_else(nothing)?;
    let prices = rated.prices().ok_or_else(nothing)?;
    let new = NewInvoice {
        customer: subscription.customer,
        subscription: subscription.id,
        plan: prices.id,
        plan_name: prices.name.clone(),
        plan_version: prices.version,
        period,
        total: rated.total,
        tax: rated.tax()?,
        taxes: rated.taxes().cloned(),
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
