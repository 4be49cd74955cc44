//! Dunning: what is done, day by day, about an invoice that is not paid.
//!
//! An invoice follows the schedule that was in force when it was issued. One step is done at a time, in a transaction of
//! its own with the note that it was done: each happens once, whenever the program ends. Nothing is done about an invoice
//! that nobody has received.

mod act;
mod view;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    dunning::{DunningAction, DunningSchedule, DunningWait},
    ids::{InvoiceId, TenantId},
    invoices::InvoiceStatus,
    subscriptions::{ChangeKind, SubscriptionStatus},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    NewEvent, Scope, StoreError, SystemTx, TenantTx, charges, customers, dunning,
    dunning::Case,
    invoices::{self, Invoice, ahead},
    jobs::{self, NewJob},
    payments,
    subscriptions::{self as subscriptions_of_store, Subscription},
};

use crate::{App, AppError, Result, if_match, jobs::payload, subscriptions};

pub use view::{DunningView, Planned, view};

/// The kinds of the jobs.
pub(crate) const STEP: &str = "dunning.step";
pub(crate) const RELEASE: &str = "dunning.release";

#[derive(Serialize, Deserialize)]
struct Payload {
    invoice: InvoiceId,
}

/// Makes a schedule the one that invoices follow which are issued from now on.
pub(crate) async fn replace(tx: &mut TenantTx, schedule: &DunningSchedule) -> Result<()> {
    let before = dunning::current(tx).await?.map(|(_, schedule)| schedule).unwrap_or_default();
    if before != *schedule {
        dunning::replace(tx, schedule).await?;
    }
    Ok(())
}

/// Begins the schedules of invoices that have just been issued, of those that are to be paid.
pub(crate) async fn begin(tx: &mut TenantTx, issued: &[Invoice]) -> Result<()> {
    let Some((number, schedule)) = dunning::current(tx).await? else { return Ok(()) };
    let first = |invoice: &Invoice| {
        let first = invoice.due_on.and_then(|due_on| schedule.due(0, due_on, None))?;
        Some((invoice.id, invoice.customer, first))
    };
    let open = issued.iter().filter(|invoice| invoice.status == InvoiceStatus::Finalized);
    let begun: Vec<_> = open.filter_map(first).collect();
    Ok(dunning::begin(tx, number, &begun).await?)
}

/// Queues what is due; says how much that is.
pub(crate) async fn look_after(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<usize> {
    let due = dunning::due(tx, sandbox).await?;
    for (tenant, invoice) in &due {
        jobs::enqueue_for(tx, *tenant, &NewJob::now(STEP, json!(Payload { invoice: *invoice }))).await?;
    }
    Ok(due.len())
}

/// Does the steps of an invoice that are due.
pub(crate) async fn work(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { invoice } = payload(data)?;
    while app.store().write(scope, async |tx| step(app, tx, invoice).await).await? {}
    Ok(())
}

/// Does the next step of an invoice, if it is due; says whether it has moved on.
async fn step(app: &App, tx: &mut TenantTx, id: InvoiceId) -> Result<bool> {
    tx.without_event();
    // Subscriptions first, as everything does that works on both.
    let subscriptions: Vec<_> =
        invoices::get(tx, id).await?.subscriptions.into_iter().map(|of| of.id).collect();
    let subscriptions = subscriptions_of_store::lock_all(tx, &subscriptions).await?;
    let invoice = invoices::lock(tx, id).await?;
    let Some(mut case) = dunning::case(tx, id).await? else { return Ok(false) };
    let (Some(next_on), Some(due_on)) = (case.next_on, invoice.due_on) else { return Ok(false) };
    if case.held_at.is_some() || next_on > tx.today() {
        return Ok(false);
    }
    let Some(step) = case.schedule.step(case.next_step).cloned() else { return Ok(false) };
    if invoice.status != InvoiceStatus::Finalized {
        case.next_on = None;
        dunning::keep(tx, &case).await?;
        return Ok(false);
    }
    // A reminder that comes before it is due is not sent afterwards.
    let too_late = step.days < 0 && tx.today() >= due_on;
    let waits_for = if too_late { None } else { obstacle(tx, &invoice, &mut case).await? };
    let before = std::mem::replace(&mut case.waits_for, waits_for);
    if waits_for.is_some() || case.next_on.is_some_and(|next_on| next_on > tx.today()) {
        if waits_for != before || case.next_on != Some(next_on) {
            dunning::keep(tx, &case).await?;
        }
        return Ok(false);
    }
    let skipped = if too_late {
        Some("too_late".to_owned())
    } else {
        act::act(app, tx, &invoice, &subscriptions, &case, &step).await?
    };
    dunning::record(tx, &case, step.action, skipped.as_deref()).await?;
    tx.record(
        NewEvent::new(
            if skipped.is_none() { "dunning.step_done" } else { "dunning.step_skipped" },
            format!("invoice:{id}"),
            json!({"number": invoice.number, "action": step.action, "days": step.days, "skipped": skipped}),
        )
        .of_customer(invoice.customer),
    );
    let today = tx.today();
    case.next_step += 1;
    case.next_on = case.schedule.due(case.next_step, due_on, (!too_late).then_some(today));
    if step.action == DunningAction::Charge && skipped.is_none() {
        // The bank has its say before anything else is done.
        case.next_on = case.next_on.max(today.succ_opt());
    }
    dunning::keep(tx, &case).await?;
    Ok(true)
}

/// Why a step that is due cannot be done now. Puts it off where the invoice was delivered only lately: whoever hears of it
/// late has as much time as whoever heard in time.
async fn obstacle(tx: &mut TenantTx, invoice: &Invoice, case: &mut Case) -> Result<Option<DunningWait>> {
    let charge = charges::latest(tx, case.invoice).await?;
    if charge.is_some_and(|charge| charge.status.is_under_way()) {
        return Ok(Some(DunningWait::Charge));
    }
    if payments::processing(tx, case.invoice).await?.is_some() {
        return Ok(Some(DunningWait::Payment));
    }
    let reachable = customers::get(tx, case.customer).await?.details.contact_email.is_some();
    let Some(mails) = dunning::mails(tx, case.invoice).await?.filter(|_| reachable) else {
        return Ok(Some(DunningWait::Mail));
    };
    let (Some(first), Some(last), "sent") =
        (mails.first_sent_at, mails.last_sent_at, mails.last_status.as_str())
    else {
        return Ok(Some(if mails.last_status == "failed" {
            DunningWait::Delivery
        } else {
            DunningWait::Mail
        }));
    };
    let zone = tx.scope().time_zone();
    let on = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    // Before the first step there is the term of payment, too.
    let earliest = match (case.next_step, invoice.issued_on, invoice.due_on) {
        (0, Some(issued_on), Some(due_on)) => case.schedule.due(0, on(first) + (due_on - issued_on), None),
        _ => on(last).checked_add_signed(case.schedule.gap(case.next_step)),
    };
    case.next_on = case.next_on.max(earliest);
    Ok(None)
}

/// Ends the schedule of an invoice that is no longer open, and lets its subscriptions go on if this had paused them. Done
/// after the transaction, which has the invoice locked but not the subscriptions.
pub(crate) async fn release(tx: &mut TenantTx, invoice: InvoiceId) -> Result<()> {
    let Some(mut case) = dunning::case(tx, invoice).await? else { return Ok(()) };
    (case.next_on, case.waits_for) = (None, None);
    dunning::keep(tx, &case).await?;
    if !dunning::resting(tx, invoice).await?.is_empty() {
        jobs::enqueue(tx, &NewJob::now(RELEASE, json!(Payload { invoice }))).await?;
    }
    Ok(())
}

/// Lets subscriptions go on that were paused for an invoice which has been settled.
pub(crate) async fn resume(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { invoice: id } = payload(data)?;
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            let invoice = invoices::get(tx, id).await?;
            if !matches!(invoice.status, InvoiceStatus::Paid | InvoiceStatus::Void) {
                return Ok(());
            }
            let resting = dunning::resting(tx, id).await?;
            for subscription in subscriptions_of_store::lock_all(tx, &resting).await? {
                go_on(tx, &subscription, id).await?;
            }
            // What they do not use of what it has charged in advance waited for it to be paid.
            Ok(ahead::recheck(tx, &resting).await?)
        })
        .await
}

/// Lets a subscription go on that was paused for an invoice, unless another keeps it paused, or its days allow it no more.
async fn go_on(tx: &mut TenantTx, subscription: &Subscription, invoice: InvoiceId) -> Result<()> {
    if dunning::still_rests(tx, subscription.id, invoice).await? {
        return Ok(());
    }
    // What somebody has changed since, for other reasons, is not ours to undo.
    let changes = subscription.changes.iter();
    let changes = changes.filter(|it| matches!(it.kind, ChangeKind::Pause | ChangeKind::Resume));
    let Some(last) = changes.max_by_key(|it| it.created_at) else { return Ok(()) };
    if last.kind != ChangeKind::Pause || !dunning::has_paused(tx, subscription.id, last.id).await? {
        return Ok(());
    }
    if last.effective_on > tx.today() {
        act::outcome(subscriptions::revoke(tx, last.id, None).await)?;
    } else if subscription.status == SubscriptionStatus::Paused {
        let when = act::first_unbilled(tx, subscription.id).await?;
        let request =
            subscriptions::ChangeRequest { kind: ChangeKind::Resume, plan: None, quantity: None, when };
        act::outcome(subscriptions::change(tx, subscription.id, None, &request).await)?;
    }
    Ok(())
}

/// Stops the schedule of an open invoice, or lets it go on. What was due meanwhile is done from the next day on, not all at
/// once.
pub async fn hold(tx: &mut TenantTx, id: InvoiceId, if_match: Option<i32>, hold: bool) -> Result<Invoice> {
    let invoice = invoices::lock(tx, id).await?;
    if_match::check(if_match, invoice.version)?;
    let Some(mut case) = dunning::case(tx, id).await?.filter(|case| case.next_on.is_some()) else {
        return Err(AppError::conflict("no_dunning", "Nothing is going to be done about this invoice."));
    };
    if case.held_at.is_some() == hold {
        tx.without_event();
        return Ok(invoice);
    }
    case.held_at = hold.then(|| tx.now());
    if !hold {
        let tomorrow = tx.today() + TimeDelta::days(1);
        case.next_on = case.next_on.map(|next_on| if next_on <= tx.today() { tomorrow } else { next_on });
    }
    dunning::keep(tx, &case).await?;
    invoices::touch(tx, id).await?;
    tx.record(
        NewEvent::new(
            if hold { "dunning.held" } else { "dunning.continued" },
            format!("invoice:{id}"),
            json!({"number": invoice.number}),
        )
        .of_customer(invoice.customer),
    );
    invoices::get(tx, id).await.map_err(|error: StoreError| error.into())
}
