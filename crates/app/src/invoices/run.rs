//! The run: every subscription that is due for a month gets its invoice, each in a transaction of its
//! own. Should the program end in the middle, the job is done again and finds only what is left.

use domain::{
    ids::{CustomerId, TenantId},
    money::Money,
    periods::{Month, Period},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{
    NewEvent, Page, PageRequest, Scope, SystemTx, TenantTx,
    jobs::{self, NewJob},
    subscriptions::{self, Subscription},
    tenants,
};

use super::rating;
use crate::{App, AppError, Result, invoices};

/// The kind of the job.
pub const RUN: &str = "invoices.run";

/// How many subscriptions are looked up at a time.
const BATCH: u16 = 200;

/// What the job needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunPayload {
    /// The month to bill.
    pub period: Month,
}

/// Issues the invoices of a month that are not there yet, and says how many. A customer whose invoice
/// cannot be made is set aside with the reason, and the others go on.
pub async fn issue_due(app: &App, scope: &Scope, month: Month) -> Result<usize> {
    let store = app.store();
    let period = month.period();
    let mut page = PageRequest::first(BATCH);
    let mut issued = 0;
    loop {
        let due = store
            .read(scope, async |tx| {
                Ok::<_, AppError>(subscriptions::due_in(tx, period.start(), period.end(), &page).await?)
            })
            .await?;
        for subscription in due.items {
            let outcome = store
                .write(scope, async |tx| {
                    let draft = invoices::draft::draft_subscription(tx, &subscription, month).await?;
                    invoices::finalize::issue(app, tx, draft).await
                })
                .await;
            match outcome {
                Ok(_) => issued += 1,
                Err(error) if error.is_transient() => return Err(error),
                Err(AppError::Conflict {
                    code: "already_invoiced" | "no_subscription" | "nothing_to_bill" | "period_not_begun",
                    ..
                }) => {}
                Err(error) => {
                    let reason = error.to_string();
                    store
                        .write(scope, async |tx| {
                            tx.record(
                                NewEvent::new(
                                    "invoice.failed",
                                    format!("subscription:{}", subscription.id),
                                    json!({"period": month, "reason": reason}),
                                )
                                .of_customer(subscription.customer),
                            );
                            Ok::<_, AppError>(())
                        })
                        .await?;
                }
            }
        }
        page.cursor = due.next;
        if page.cursor.is_none() {
            return Ok(issued);
        }
    }
}

/// Queues the runs of tenants whose invoices are issued by themselves: for the month before, on the day that they chose.
pub(crate) async fn look_after(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<usize> {
    let due = tenants::due_for_run(tx, sandbox).await?;
    for (tenant, month) in &due {
        let payload = RunPayload { period: *month };
        jobs::enqueue_for(tx, *tenant, &NewJob::now(RUN, json!(payload))).await?;
    }
    Ok(due.len())
}

/// An invoice that a run would issue.
#[derive(Debug, Clone)]
pub struct DryInvoice {
    /// What it would bill.
    pub subscription: Subscription,
    /// The days.
    pub period: Period,
    /// What it would come to; why there would be none, where it would be set aside.
    pub total: Result<Money, String>,
    /// What the customer was invoiced for the month before, in the same currency.
    pub before: Option<Money>,
}

/// What a run over a month would issue, by the usage there is. Keeps nothing.
pub async fn dry_run(tx: &mut TenantTx, month: Month, page: &PageRequest) -> Result<Page<DryInvoice>> {
    let whole = month.period();
    if month.first_day() > tx.today() {
        return Err(AppError::field("period", "has not begun yet"));
    }
    let due = subscriptions::due_in(tx, whole.start(), whole.end(), page).await?;
    let customers: Vec<CustomerId> = due.items.iter().map(|subscription| subscription.customer).collect();
    let before = store::invoices::invoiced(tx, &customers, month.offset(-1).period()).await?;
    let mut items = Vec::with_capacity(due.items.len());
    for subscription in due.items {
        let timeline = subscription.timeline();
        let Some(period) = timeline.covered(whole) else { continue };
        let total = match rating::rate_invoice(tx, &subscription, period).await {
            Ok(Some(rated)) => Ok(rated.total),
            // On trial or paused all the time: there is no invoice.
            Ok(None) => continue,
            Err(AppError::Conflict { detail, .. }) => Err(detail),
            Err(error) => return Err(error),
        };
        let currency = total.as_ref().map_or_else(|_| tx.scope().currency(), |total| total.currency());
        let before = before.get(&(subscription.customer, currency)).copied();
        items.push(DryInvoice { subscription, period, total, before });
    }
    Ok(Page { items, next: due.next })
}
