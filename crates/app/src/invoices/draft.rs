//! Drafting an invoice for a period.

use domain::{
    ids::{CustomerId, InvoiceId, SubscriptionId},
    invoices::InvoiceStatus,
    periods::Month,
};
use serde_json::json;
use store::{
    NewEvent, StoreError, TenantTx,
    customers::{self, CustomerRef},
    invoices::{self, Invoice, NewInvoice},
    subscriptions,
};

use super::{
    bills::{self, Bill},
    rating::{self, Rated},
};
use crate::{AppError, Result, roll_ups};

/// Drafts the invoice of a customer for a month, or rates an existing draft anew. Where the customer has subscriptions in
/// several currencies, it is that of the first of which there is none yet.
pub async fn draft(tx: &mut TenantTx, customer: &CustomerRef, month: Month) -> Result<Invoice> {
    let customer = customers::find(tx, customer).await?;
    roll_ups::before_invoice(tx, customer.id, month).await?;
    let draft = next_draft(tx, customer.id, month).await?;
    record(tx, &draft, month);
    Ok(invoices::get(tx, draft.id).await?)
}

/// Notes that a draft was made, or rated anew.
pub(crate) fn record(tx: &mut TenantTx, draft: &Draft, month: Month) {
    let new = &draft.new;
    let plans: Vec<_> = new.subscriptions.iter().map(|of| &of.plan_name).collect();
    tx.record(
        NewEvent::new(
            "invoice.drafted",
            format!("invoice:{}", draft.id),
            json!({"period": month, "total": new.total, "plans": plans}),
        )
        .of_customer(new.customer),
    );
}

async fn next_draft(tx: &mut TenantTx, customer: CustomerId, month: Month) -> Result<Draft> {
    let mut due = due(tx, &[customer], month).await?;
    due.sort_by_key(|due| due.draft.is_some());
    let mut why_not = None;
    for due in due {
        match keep(tx, month, vec![due]).await?.pop().ok_or(StoreError::NotFound)?.1 {
            Err(error @ AppError::Conflict { code: "nothing_to_bill" | "billed_at_stripe", .. }) => {
                why_not = why_not.or(Some(error));
            }
            outcome => return outcome,
        }
    }
    let is_billed = billed_by(tx, customer, month).await?.map(|number| {
        AppError::conflict("already_invoiced", format!("The period is billed by invoice {number}."))
    });
    let no_subscription =
        || AppError::conflict("no_subscription", "The customer has no subscription in this period.");
    Err(is_billed.or(why_not).unwrap_or_else(no_subscription))
}

/// The number of an issued invoice that bills a month of a customer's.
async fn billed_by(tx: &mut TenantTx, customer: CustomerId, month: Month) -> Result<Option<String>> {
    let all = subscriptions::of_customers(tx, &[customer]).await?;
    let covered =
        |it: &subscriptions::Subscription| Some((it.id, it.timeline().covered(month.period())?.start()));
    let periods: Vec<_> = all.iter().filter_map(covered).collect();
    let billed = invoices::billings(tx, &periods).await?;
    Ok(billed.into_values().filter_map(|billing| billing.number).max())
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

/// What is due for a month: what an invoice is to bill, and its draft, where there is one already.
#[derive(Debug)]
pub(crate) struct Due {
    /// What it is to bill.
    pub bill: Bill,
    /// Its draft.
    pub draft: Option<InvoiceId>,
    /// Whether that is on hold.
    pub held: bool,
}

/// What is due from customers for a month and is on no issued invoice yet, by customer; it is locked until the transaction
/// ends.
pub(crate) async fn due(tx: &mut TenantTx, customers: &[CustomerId], month: Month) -> Result<Vec<Due>> {
    if month.first_day() > tx.today() {
        return Err(AppError::conflict("period_not_begun", "The period has not begun yet."));
    }
    let unbilled = subscriptions::unbilled(tx, customers, month.period()).await?;
    let bills = Bill::of(subscriptions::lock_all(tx, &unbilled).await?, month);
    let periods =
        |bill: &Bill| bill.subscriptions.iter().map(|(of, days)| (of.id, days.start())).collect::<Vec<_>>();
    // Only now is it known: one may have been issued while this waited.
    let billings = invoices::billings(tx, &bills.iter().flat_map(periods).collect::<Vec<_>>()).await?;
    let mut due = Vec::with_capacity(bills.len());
    for mut bill in bills {
        let is_issued =
            |id: &SubscriptionId| billings.get(id).is_some_and(|of| of.status != InvoiceStatus::Draft);
        bill.subscriptions.retain(|(subscription, _)| !is_issued(&subscription.id));
        let draft = bill.subscriptions.iter().find_map(|(of, _)| billings.get(&of.id));
        let held = draft.is_some_and(|billing| billing.held);
        let draft = draft.map(|billing| billing.id);
        if !bill.subscriptions.is_empty() {
            due.push(Due { bill, draft, held });
        }
    }
    Ok(due)
}

/// Rates what is due for a month and keeps what comes of it: as new drafts, or in place of what existing ones said before.
/// Says of each what came of it; what cannot be drafted leaves nothing behind.
pub(crate) async fn keep(
    tx: &mut TenantTx,
    month: Month,
    due: Vec<Due>,
) -> Result<Vec<(Bill, Result<Draft>)>> {
    let (bills, existing): (Vec<_>, Vec<_>) = due.into_iter().map(|due| (due.bill, due.draft)).unzip();
    let mut outcomes = Vec::with_capacity(bills.len());
    for (bill, rated) in bills.iter().zip(bills::rate_bills(tx, month, &bills).await?) {
        outcomes.push(match rated {
            Ok(Some(rated)) => billed(bill, rated),
            Ok(None) => Err(nothing(tx, bill).await?),
            Err(error) => Err(error),
        });
    }
    // What cannot be rated stays as it was.
    let (mut new, mut known) = (Vec::new(), Vec::new());
    for (outcome, existing) in outcomes.iter().zip(&existing) {
        match (outcome, existing) {
            (Ok((rated, _)), None) => new.push(rated),
            (Ok((rated, _)), Some(id)) => known.push((*id, rated)),
            (Err(_), _) => {}
        }
    }
    for (id, rated) in &known {
        invoices::update_draft(tx, *id, rated).await?;
    }
    invoices::clear(tx, &known.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
    let mut made = invoices::create(tx, &new).await?.into_iter();
    let mut drafts = Vec::with_capacity(bills.len());
    for (outcome, existing) in outcomes.into_iter().zip(existing) {
        drafts.push(match outcome {
            Ok((new, rated)) => {
                let id = existing.or_else(|| made.next());
                let id = id.ok_or_else(|| AppError::internal("fewer invoices than were made"))?;
                Ok(Draft { id, new, rated })
            }
            Err(error) => Err(error),
        });
    }
    let kept = || drafts.iter().filter_map(|draft| draft.as_ref().ok());
    let billed = kept().map(|draft| (draft.id, draft.new.customer, draft.new.subscriptions.as_slice()));
    invoices::add_subscriptions(tx, &billed.collect::<Vec<_>>()).await?;
    let lines = kept().map(|draft| (draft.id, draft.new.customer, draft.rated.lines.as_slice()));
    invoices::add_lines(tx, &lines.collect::<Vec<_>>()).await?;
    Ok(bills.into_iter().zip(drafts).collect())
}

/// Why a bill comes to nothing.
async fn nothing(tx: &mut TenantTx, bill: &Bill) -> Result<AppError> {
    for (subscription, days) in &bill.subscriptions {
        if rating::is_billed_elsewhere(tx, subscription, *days).await? {
            return Ok(AppError::conflict(
                "billed_at_stripe",
                "The plan of this period is billed at Stripe: its invoices are made there.",
            ));
        }
    }
    Ok(AppError::conflict(
        "nothing_to_bill",
        "Nothing is charged for in this period: the subscription is on trial or paused, or its fee is not due.",
    ))
}

/// What an invoice bills.
fn billed(bill: &Bill, rated: Rated) -> Result<(NewInvoice, Rated)> {
    let new = NewInvoice {
        customer: bill.customer,
        subscriptions: rated.billed.clone(),
        period: rated.period().ok_or_else(|| AppError::internal("an invoice of nothing"))?,
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
