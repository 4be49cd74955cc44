//! Every tier bills the next: what the tenants below one use is usage of its own, of the customers that they are to it.
//!
//! It is told as differences: what a quarter of an hour comes to below, less what has been told of it so far. So it can be
//! done as often as one likes; and what comes late below comes late above, with the time that it belongs to.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, UsageEventId},
    periods::Month,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    NewEvent, Reason, Scope, SystemTx, TenantTx,
    jobs::{self, NewJob},
    roll_ups::{self, Below},
    usage::{self, NewUsageEvent},
};

use crate::{App, AppError, Result, jobs::payload, usage::alert};

/// The kind of the job.
pub(crate) const KIND: &str = "usage.roll_up";

/// Who tells of it.
const SOURCE: &str = "bailiwick:roll-up";

/// How many months back what comes late below is looked for every hour.
const RECENT: i32 = 2;

/// And before invoices are issued: as far back as they make up for (billing rules, section 9).
const LATE: i32 = 12;

#[derive(Serialize, Deserialize)]
struct Payload {}

/// A customer of whom it could not be counted.
pub(crate) type Uncounted = (CustomerId, AppError);

/// Queues it for all tenants that count what those below them use.
pub(crate) async fn look_after(tx: &mut SystemTx) -> Result<()> {
    for tenant in roll_ups::counting(tx).await? {
        jobs::again_for(tx, tenant, &NewJob::now(KIND, json!(Payload {}))).await?;
    }
    Ok(())
}

/// Counts up to the running month.
pub(crate) async fn work(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload {} = payload(data)?;
    let running = Month::at(app.store().clock().now(), scope.time_zone());
    let uncounted = Box::pin(up_to(app, scope, running.offset(-RECENT), running)).await?;
    // What may be better in a moment is tried again; anything else is told of when it is to be billed.
    match uncounted.into_iter().find(|(_, error)| error.is_transient()) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

/// Counts what there is to be billed by a month's invoices.
pub(crate) async fn before_run(app: &App, scope: &Scope, month: Month) -> Result<Vec<Uncounted>> {
    Box::pin(up_to(app, scope, month.offset(-LATE), month)).await
}

/// Counts, in the transaction that bills a customer for a month, what there is. What a tenant between counts itself is as of
/// the last hour.
pub(crate) async fn before_invoice(tx: &mut TenantTx, customer: CustomerId, month: Month) -> Result<()> {
    if !roll_ups::is_counted(tx, customer).await? {
        return Ok(());
    }
    let (from, to) = (month.offset(-LATE), month);
    let counted = async {
        customers_of(tx, customer).await?;
        for month in changed(tx, customer, from, to).await? {
            usage_of(tx, customer, month).await?;
        }
        Ok(())
    };
    counted.await.map_err(not_counted)
}

/// Counts months of the tenants below, after what they count themselves. Says of which it could not be: the others are
/// counted all the same.
async fn up_to(app: &App, scope: &Scope, from: Month, to: Month) -> Result<Vec<Uncounted>> {
    let below = async |tx: &mut SystemTx| roll_ups::below(tx, scope.tenant()).await;
    let mut uncounted = Vec::new();
    for one in app.store().system(Reason::RollUp, below).await? {
        if let Err(error) = count(app, scope, one, from, to).await {
            tracing::error!(%error, customer = %one.customer, "what a tenant's customers use cannot be counted");
            uncounted.push((one.customer, not_counted(error)));
        }
    }
    Ok(uncounted)
}

fn not_counted(error: AppError) -> AppError {
    if error.is_transient() {
        return error;
    }
    let text = format!("What the customer's own customers use cannot be counted: {error}");
    AppError::conflict("usage_not_counted", text)
}

async fn count(app: &App, scope: &Scope, below: Below, from: Month, to: Month) -> Result<()> {
    let (store, customer) = (app.store(), below.customer);
    let own = store.system(Reason::RollUp, async |tx| tx.tenant_scope(below.tenant).await).await?;
    // In another time zone, months begin and end on other days.
    let own = Box::pin(up_to(app, &own, from.offset(-1), to.offset(1))).await?;
    // Customers first: their number is only known now, usage can be looked at later.
    let customers = async |tx: &mut TenantTx| {
        tx.without_event();
        customers_of(tx, customer).await
    };
    store.write(scope, customers).await?;
    let mut failed = own.into_iter().map(|(_, error)| error).next();
    for month in store.read(scope, async |tx| changed(tx, customer, from, to).await).await? {
        let usage = async |tx: &mut TenantTx| {
            tx.without_event();
            usage_of(tx, customer, month).await
        };
        // One that cannot be counted does not keep the others from it.
        if let Err(error) = store.write(scope, usage).await {
            failed.get_or_insert(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The months in which anything has come in below since they were last counted.
async fn changed(tx: &mut TenantTx, customer: CustomerId, from: Month, to: Month) -> Result<Vec<Month>> {
    let now = roll_ups::events(tx, customer, from, to).await?;
    let before = roll_ups::counted(tx, customer, from, to).await?;
    let mut months: Vec<_> = now
        .iter()
        .filter(|(key, events)| before.get(key) != Some(events))
        .map(|((month, _), _)| *month)
        .collect();
    months.dedup();
    Ok(months)
}

/// Tells by how much a month's usage has changed. How much it is, is read behind the lock, and how many events there are
/// before that: who comes later knows at least as much, and what comes in between is looked at once more.
async fn usage_of(tx: &mut TenantTx, customer: CustomerId, month: Month) -> Result<()> {
    roll_ups::lock(tx, customer).await?;
    let now = roll_ups::events(tx, customer, month, month).await?;
    let metrics: Vec<_> = now.keys().map(|(_, metric)| metric.clone()).collect();
    let mut used = roll_ups::used(tx, customer, &metrics, month.period()).await?;
    let mut told = roll_ups::told(tx, customer, SOURCE, &metrics, month.period()).await?;
    for key in told.keys() {
        used.entry(key.clone()).or_default();
    }
    let mut events = Vec::new();
    for ((at, metric), is) in used {
        let told = told.remove(&(at, metric.clone())).unwrap_or_default();
        events.extend(event(tx, customer, &metric, at, is, told));
    }
    roll_ups::keep(tx, customer, &now).await?;
    tell(tx, customer, &events).await
}

/// Tells by how much the number of customers has changed, for each metric that counts them.
async fn customers_of(tx: &mut TenantTx, customer: CustomerId) -> Result<()> {
    roll_ups::lock(tx, customer).await?;
    let mut events = Vec::new();
    for metric in roll_ups::of_customers(tx).await? {
        let is = roll_ups::customers(tx, customer, &metric).await?.into();
        let told = roll_ups::told_in_all(tx, customer, SOURCE, &metric).await?;
        events.extend(event(tx, customer, &metric, tx.now(), is, told));
    }
    tell(tx, customer, &events).await
}

async fn tell(tx: &mut TenantTx, customer: CustomerId, events: &[NewUsageEvent]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    for breach in usage::ingest(tx, events).await?.exceeded {
        tx.record(alert(&breach));
    }
    let told =
        NewEvent::new("usage.rolled_up", format!("customer:{customer}"), json!({"events": events.len()}));
    tx.record(told.of_customer(customer));
    Ok(())
}

/// What tells of the difference, where there is one.
fn event(
    tx: &TenantTx,
    customer: CustomerId,
    metric: &str,
    at: DateTime<Utc>,
    is: Decimal,
    told: Decimal,
) -> Option<NewUsageEvent> {
    let id = tx.new_id::<UsageEventId>().to_string();
    (is != told).then(|| NewUsageEvent {
        source: SOURCE.to_owned(),
        content_hash: id.clone().into_bytes(),
        event_id: id,
        customer,
        metric: metric.to_owned(),
        occurred_at: at,
        quantity: is - told,
        data: json!({"is": is.normalize().to_string(), "told_before": told.normalize().to_string()})
            .to_string(),
    })
}
