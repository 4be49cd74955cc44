//! The run: every subscription that is due for a month gets its invoice, a batch of them in a transaction. Should the
//! program end in the middle, the job is done again and finds only what is left.

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

/// How many invoices are issued in one transaction: more would hold up others for longer that change something of the
/// tenant, and gain nothing.
const BATCH: u16 = 100;

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
        issued += issue_batch(app, scope, &due.items, month).await?;
        page.cursor = due.next;
        if page.cursor.is_none() {
            return Ok(issued);
        }
    }
}

/// Issues the invoices of some subscriptions in one transaction. Where one of them turns out to be impossible only when
/// it is kept, nothing of the batch is: each gets a transaction of its own, and that one is set aside.
async fn issue_batch(app: &App, scope: &Scope, due: &[Subscription], month: Month) -> Result<usize> {
    match issue_together(app, scope, due, month).await {
        Err(error) if error.is_transient() => Err(error),
        Err(AppError::Conflict { code: "period_not_begun", .. }) => Ok(0),
        Err(error) => {
            if let [subscription] = due {
                app.store()
                    .write(scope, async |tx| {
                        set_aside(tx, subscription, month, &error);
                        Ok::<_, AppError>(())
                    })
                    .await?;
                return Ok(0);
            }
            let mut issued = 0;
            for one in due.chunks(1) {
                issued += Box::pin(issue_batch(app, scope, one, month)).await?;
            }
            Ok(issued)
        }
        issued => issued,
    }
}

async fn issue_together(app: &App, scope: &Scope, due: &[Subscription], month: Month) -> Result<usize> {
    let ids: Vec<_> = due.iter().map(|subscription| subscription.id).collect();
    let issue = async |tx: &mut TenantTx| {
        let mut drafts = Vec::with_capacity(due.len());
        for (subscription, drafted) in invoices::draft::draft_all(tx, &ids, month).await? {
            match drafted {
                Ok(draft) => drafts.push(draft),
                Err(AppError::Conflict {
                    code: "already_invoiced" | "no_subscription" | "nothing_to_bill",
                    ..
                }) => {}
                Err(error) => set_aside(tx, &subscription, month, &error),
            }
        }
        let issued = drafts.len();
        if issued == 0 {
            // There was nothing to be done.
            tx.without_event();
        }
        invoices::finalize::issue(app, tx, drafts).await?;
        Ok(issued)
    };
    app.store().write(scope, issue).await
}

/// Notes why a customer's invoice could not be made.
fn set_aside(tx: &mut TenantTx, subscription: &Subscription, month: Month, error: &AppError) {
    tx.record(
        NewEvent::new(
            "invoice.failed",
            format!("subscription:{}", subscription.id),
            json!({"period": month, "reason": error.to_string()}),
        )
        .of_customer(subscription.customer),
    );
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
    let periods: Vec<_> =
        due.items.iter().map(|subscription| subscription.timeline().covered(whole)).collect();
    let covered = due.items.iter().zip(&periods);
    let wanted: Vec<_> =
        covered.filter_map(|(subscription, period)| Some((subscription, (*period)?))).collect();
    let mut rated = rating::rate_invoices(tx, month, &wanted).await?.into_iter();
    let mut items = Vec::with_capacity(due.items.len());
    for (subscription, period) in due.items.into_iter().zip(periods) {
        let Some(period) = period else { continue };
        let total = match rated.next() {
            Some(Ok(Some(rated))) => Ok(rated.total),
            // On trial or paused all the time: there is no invoice.
            Some(Ok(None)) | None => continue,
            Some(Err(AppError::Conflict { detail, .. })) => Err(detail),
            Some(Err(error)) => return Err(error),
        };
        let currency = total.as_ref().map_or_else(|_| tx.scope().currency(), |total| total.currency());
        let before = before.get(&(subscription.customer, currency)).copied();
        items.push(DryInvoice { subscription, period, total, before });
    }
    Ok(Page { items, next: due.next })
}
