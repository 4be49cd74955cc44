//! The invoice run: every customer of whom something is due for a month gets an invoice, a batch of them in a transaction.
//! Should the program end in the middle, the job is done again and finds only what is left.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use domain::{
    ids::{CustomerId, TenantId},
    money::Money,
    periods::Month,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{
    NewEvent, Page, PageRequest, Scope, SystemTx, TenantTx,
    jobs::{self, NewJob},
    subscriptions::{self, Subscription},
    tenants, usage,
};

use tokio::{sync::watch, time::timeout};

use super::{
    bills::{self, Bill},
    draft,
    rating::{self, Rated},
};
use crate::{App, AppError, Result, invoices, roll_ups};

/// The kind of the job.
pub const RUN: &str = "invoices.run";

/// How many invoices are issued in one transaction, at most: more would hold up others for longer that change something
/// of the tenant, and gain nothing.
const BATCH: usize = 200;

/// How many batches are worked on at a time: the next one is rated while one is numbered and booked.
const AT_ONCE: usize = 2;

/// How long a batch that is rated waits for the one before it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many that are due are looked up at a time. Each is looked at again when its turn comes.
const PAGE: u16 = 1_000;

/// How many events their month has together, at most, unless one customer alone has more: where prices go by single
/// events, all of them are in memory at the same time.
const EVENTS: i64 = 50_000;

/// What the job needs to know.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct RunPayload {
    /// The month to bill.
    pub period: Month,
    /// Whether drafts are made and nothing is issued.
    #[serde(default)]
    pub draft: bool,
}

/// Issues the invoices of a month that are not there yet, or drafts them, and says how many. What is on hold stays as it is. A
/// customer whose invoice cannot be made is set aside with the reason, and the others go on.
pub async fn run(app: &App, scope: &Scope, run: RunPayload) -> Result<usize> {
    let month = run.period;
    let uncounted = roll_ups::before_run(app, scope, month).await?;
    let (later, uncounted): (HashMap<_, _>, HashMap<_, _>) =
        uncounted.into_iter().partition(|(_, error)| error.is_transient());
    let is_counted =
        |customer: &CustomerId| !uncounted.contains_key(customer) && !later.contains_key(customer);
    let store = app.store();
    let period = month.period();
    let mut page = PageRequest::first(PAGE);
    let mut issued = 0;
    loop {
        let (aside, due, next) = store
            .read(scope, async |tx| {
                let due = subscriptions::due_customers(tx, period, &page).await?;
                let aside = due.items.iter().copied().filter(|customer| uncounted.contains_key(customer));
                let aside: Vec<_> = aside.collect();
                let good = due.items.into_iter().filter(is_counted).collect();
                Ok::<_, AppError>((aside, batches(tx, good, month).await?, due.next))
            })
            .await?;
        set_aside_all(app, scope, &aside, month, &uncounted).await?;
        issued += issue_batches(app, scope, &due, run).await?;
        page.cursor = next;
        if page.cursor.is_none() {
            break;
        }
    }
    // Of whom is billed elsewhere by now, usage may have come late for days that were billed here.
    let late = async |tx: &mut TenantTx| {
        let late = subscriptions::late_before(tx, period).await?;
        batches(tx, late.into_iter().filter(is_counted).collect(), month).await
    };
    let late = store.read(scope, late).await?;
    issued += issue_batches(app, scope, &late, run).await?;
    // What may be better in a moment: the job is done again, and finds these.
    later.into_values().next().map_or(Ok(issued), Err)
}

/// To how many customers a run over a month would issue something, and of how many others a draft is on hold.
pub async fn count_due(tx: &mut TenantTx, month: Month) -> Result<(i64, i64)> {
    let bills = Bill::of(charged(tx, month).await?, month);
    let customers: HashSet<_> = bills.iter().map(|bill| bill.customer).collect();
    let held = held(tx, &customers.iter().copied().collect::<Vec<_>>(), month).await?;
    let due: HashSet<_> = bills.iter().filter(|bill| !held(bill)).map(|bill| bill.customer).collect();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Ok((count(due.len()), count(customers.len() - due.len())))
}

/// Says of bills of customers for a month whether their drafts are on hold.
async fn held(
    tx: &mut TenantTx,
    customers: &[CustomerId],
    month: Month,
) -> Result<impl Fn(&Bill) -> bool + use<>> {
    let held = store::invoices::held(tx, customers, month.period()).await?;
    Ok(move |bill: &Bill| bill.subscriptions.iter().any(|(of, _)| held.contains(&of.id)))
}

/// To whom something of a month is to be billed yet: those for whom nothing is to be charged are left out.
pub(crate) async fn due(tx: &mut TenantTx, month: Month) -> Result<Vec<CustomerId>> {
    let charged = charged(tx, month).await?;
    let mut customers: Vec<_> = charged.into_iter().map(|subscription| subscription.customer).collect();
    // They come by customer.
    customers.dedup();
    Ok(customers)
}

/// What is to be billed of a month yet and has something to be charged, by customer.
async fn charged(tx: &mut TenantTx, month: Month) -> Result<Vec<Subscription>> {
    let period = month.period();
    let mut page = PageRequest::first(PAGE);
    let mut found = Vec::new();
    loop {
        let due = subscriptions::due_customers(tx, period, &page).await?;
        let unbilled = subscriptions::unbilled_of(tx, &due.items, period).await?;
        let charged = rating::have_charges(tx, &unbilled, month).await?;
        let charged = unbilled.into_iter().zip(charged).filter(|(_, has_charges)| *has_charges);
        found.extend(charged.map(|(subscription, _)| subscription));
        page.cursor = due.next;
        if page.cursor.is_none() {
            return Ok(found);
        }
    }
}

/// Cuts what is due into what is rated at a time.
async fn batches(tx: &mut TenantTx, due: Vec<CustomerId>, month: Month) -> Result<Vec<Vec<CustomerId>>> {
    let events = usage::count_in(tx, &due, month).await?;
    Ok(cut(due, |customer| events.get(customer).copied().unwrap_or(0)))
}

/// Cuts where there would be too many, of them or of their events.
fn cut<T>(due: Vec<T>, events: impl Fn(&T) -> i64) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut sum = 0;
    for one in due {
        let events = events(&one);
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && sum + events <= EVENTS => {
                batch.push(one);
                sum += events;
            }
            _ => {
                batches.push(vec![one]);
                sum = events;
            }
        }
    }
    batches
}

/// When a batch may number its invoices: batches are rated side by side, and numbered one after the other. So an invoice has
/// the same number whichever of them was quicker.
pub(crate) struct Turn {
    ended: watch::Receiver<usize>,
    place: usize,
}

impl Turn {
    /// Of invoices that nothing else is issued beside.
    pub(crate) fn at_once() -> Self {
        Self { ended: watch::channel(0).1, place: 0 }
    }

    /// Waits until the batches before it have ended. Who waits holds locks, and somebody else may hold one that a batch before
    /// needs and wait for one of these: that is known by how long it takes.
    pub(crate) async fn come(&mut self) -> Result<()> {
        let in_time = timeout(PATIENCE, self.come_at_last()).await;
        in_time.map_err(|_| AppError::internal("the batches before have not ended"))
    }

    /// Waits however long it takes.
    async fn come_at_last(&mut self) {
        // An error would say that nobody is left to wait for.
        let _ = self.ended.wait_for(|ended| *ended >= self.place).await;
    }
}

/// Issues or drafts batches, some at a time; says how many invoices came of it.
async fn issue_batches(
    app: &App,
    scope: &Scope,
    batches: &[Vec<CustomerId>],
    run: RunPayload,
) -> Result<usize> {
    let (end, ended) = watch::channel(0);
    let issue = async |(place, batch): (usize, &Vec<CustomerId>)| {
        let turn = || Turn { ended: ended.clone(), place };
        // As all that a batch does: it is large, and is not for the stack of whoever asks.
        let issued = Box::pin(issue_batch(app, scope, batch, run, &mut turn())).await;
        // Also where there was nothing to number.
        turn().come_at_last().await;
        end.send_modify(|ended| *ended += 1);
        issued
    };
    let issued = stream::iter(batches.iter().enumerate()).map(issue).buffered(AT_ONCE);
    issued.try_fold(0, async |sum, issued| Ok(sum + issued)).await
}

/// Issues or drafts the invoices of some customers in one transaction. Where that fails, nothing of the batch is kept: each gets
/// a transaction of its own, and the one that it fails for is set aside.
async fn issue_batch(
    app: &App,
    scope: &Scope,
    due: &[CustomerId],
    run: RunPayload,
    turn: &mut Turn,
) -> Result<usize> {
    let mut issued = issue_together(app, scope, due, run, turn).await;
    if issued.is_err() && turn.place > 0 {
        // A batch before it may have taken what this one was rated with: once more, when these have ended.
        turn.come_at_last().await;
        *turn = Turn::at_once();
        issued = issue_together(app, scope, due, run, turn).await;
    }
    let error = match issued {
        Err(AppError::Conflict { code: "period_not_begun", .. }) => return Ok(0),
        Err(error) => error,
        issued => return issued,
    };
    match due {
        [_] if error.is_transient() => Err(error),
        [customer] => {
            let reasons = HashMap::from([(*customer, error)]);
            set_aside_all(app, scope, due, run.period, &reasons).await?;
            Ok(0)
        }
        _ => {
            tracing::warn!(%error, customers = due.len(), "a batch of invoices fails and is done one by one");
            let mut issued = 0;
            for one in due.chunks(1) {
                issued += Box::pin(issue_batch(app, scope, one, run, turn)).await?;
            }
            Ok(issued)
        }
    }
}

async fn issue_together(
    app: &App,
    scope: &Scope,
    due: &[CustomerId],
    run: RunPayload,
    turn: &mut Turn,
) -> Result<usize> {
    let month = run.period;
    let issue = async |tx: &mut TenantTx| {
        let mut drafts = Vec::with_capacity(due.len());
        let mut due = draft::due(tx, due, month).await?;
        due.retain(|due| !due.held);
        for (bill, drafted) in Box::pin(draft::keep(tx, month, due)).await? {
            match drafted {
                Ok(draft) => drafts.push(draft),
                Err(AppError::Conflict { code: "nothing_to_bill" | "billed_at_stripe", .. }) => {}
                Err(error) => set_aside(tx, bill.customer, month, &error),
            }
        }
        let issued = drafts.len();
        if issued == 0 {
            // There was nothing to be done.
            tx.without_event();
        }
        if run.draft {
            for draft in &drafts {
                draft::record(tx, draft, month);
            }
        } else {
            Box::pin(invoices::finalize::issue(app, tx, drafts, turn)).await?;
        }
        Ok(issued)
    };
    app.store().write(scope, issue).await
}

/// Notes why invoices could not be made, by customer.
async fn set_aside_all(
    app: &App,
    scope: &Scope,
    aside: &[CustomerId],
    month: Month,
    reasons: &HashMap<CustomerId, AppError>,
) -> Result<()> {
    if aside.is_empty() {
        return Ok(());
    }
    let note = async |tx: &mut TenantTx| {
        for customer in aside {
            if let Some(reason) = reasons.get(customer) {
                set_aside(tx, *customer, month, reason);
            }
        }
        Ok(())
    };
    app.store().write(scope, note).await
}

/// Notes why a customer's invoice could not be made.
fn set_aside(tx: &mut TenantTx, customer: CustomerId, month: Month, error: &AppError) {
    tx.record(
        NewEvent::new(
            "invoice.failed",
            format!("customer:{customer}"),
            json!({"period": month, "reason": error.to_string()}),
        )
        .of_customer(customer),
    );
}

/// Queues the runs of tenants whose invoices are issued by themselves: for the month before, on the day that they chose. Where
/// drafts wait, a run makes them on that day, and another issues them when their days are over.
pub(crate) async fn look_after(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<usize> {
    let drafts = tenants::due_for_drafts(tx, sandbox).await?.into_iter().map(|due| (due, true));
    let issued = tenants::due_for_run(tx, sandbox).await?.into_iter().map(|due| (due, false));
    let due: Vec<_> = drafts.chain(issued).collect();
    for ((tenant, period), draft) in &due {
        let payload = RunPayload { period: *period, draft: *draft };
        jobs::enqueue_for(tx, *tenant, &NewJob::now(RUN, json!(payload))).await?;
    }
    Ok(due.len())
}

/// An invoice that a run would issue, were it not on hold.
#[derive(Debug, Clone)]
pub struct DryInvoice {
    /// What is due, at least one subscription.
    pub bill: Bill,
    /// What it would bill, and what it would come to; why there would be none, where it would be set aside.
    pub rated: Result<Rated, String>,
    /// What the customer was invoiced for the month before, in the same currency.
    pub before: Option<Money>,
    /// Whether its draft is on hold.
    pub held: bool,
}

/// What a run over a month would issue, by the usage there is. Keeps nothing.
pub async fn dry_run(tx: &mut TenantTx, month: Month, page: &PageRequest) -> Result<Page<DryInvoice>> {
    let whole = month.period();
    if month.first_day() > tx.today() {
        return Err(AppError::field("period", "has not begun yet"));
    }
    let due = subscriptions::due_customers(tx, whole, page).await?;
    let before = store::invoices::invoiced(tx, &due.items, month.offset(-1).period()).await?;
    let held = held(tx, &due.items, month).await?;
    let mut items = Vec::with_capacity(due.items.len());
    for batch in batches(tx, due.items, month).await? {
        let bills = Bill::of(subscriptions::unbilled_of(tx, &batch, whole).await?, month);
        let rated = bills::rate_bills(tx, month, &bills).await?;
        for (bill, rated) in bills.into_iter().zip(rated) {
            let rated = match rated {
                Ok(Some(rated)) => Ok(rated),
                // On trial, paused or billed at Stripe all the time, or with a fee that is not due: there is no invoice.
                Ok(None) => continue,
                Err(AppError::Conflict { detail, .. }) => Err(detail),
                Err(error) => return Err(error),
            };
            let before = before.get(&(bill.customer, bill.currency)).copied();
            let held = held(&bill);
            items.push(DryInvoice { bill, rated, before, held });
        }
    }
    Ok(Page { items, next: due.next })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of customers and their events.
    fn sizes(due: &[(u8, i64)]) -> Vec<usize> {
        let batches = cut(due.to_vec(), |(_, events)| *events);
        assert_eq!(batches.concat(), due, "nothing is lost, and the order stays");
        batches.iter().map(Vec::len).collect()
    }

    #[test]
    fn a_batch_has_no_more_events_than_fit_unless_one_customer_has() {
        assert_eq!(sizes(&[]), Vec::<usize>::new());
        assert_eq!(sizes(&[(1, 0), (2, EVENTS), (3, 0)]), [3]);
        assert_eq!(sizes(&[(1, 1), (2, EVENTS), (3, 0), (4, 1)]), [1, 2, 1]);
        assert_eq!(sizes(&[(1, 3 * EVENTS), (2, 1)]), [1, 1]);
    }

    #[test]
    fn a_batch_has_no_more_than_fit() {
        let due: Vec<_> = (0..=u8::MAX).map(|customer| (customer, 1)).collect();
        assert_eq!(sizes(&due), [BATCH, 256 - BATCH]);
    }
}
