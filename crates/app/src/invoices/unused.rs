//! Days that were charged in advance and are not used, since the subscription has ended, rests or has other prices on them:
//! they are given back by a credit note on the invoice that charged them.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use domain::{
    credit_notes::Creditable,
    fees::{self, ChargedDays},
    ids::{InvoiceId, InvoiceLineId, SubscriptionId, TenantId},
    money::{Money, MoneyError},
    periods::Period,
    subscriptions::Timeline,
};
use serde_json::json;
use store::{
    NewEvent, Scope, StoreError, SystemTx, TenantTx,
    invoices::ahead::{self, ChargedLine},
    jobs::{self, NewJob},
    plans::prices,
    subscriptions::{self, Subscription},
};

use super::document::period_text;
use crate::{App, AppError, Result, credit_notes};

/// The kind of the job.
pub(crate) const GIVE_BACK: &str = "fees.give_back";

/// What an invoice has charged for days that are not used.
#[derive(Debug, Default)]
struct Unused {
    /// The lines, and what each is to be credited by.
    lines: Vec<(InvoiceLineId, Money)>,
    /// The days of the lines.
    days: Vec<(InvoiceLineId, Period)>,
}

/// Queues what is to be given back: of all tenants that live by the real time, or of a sandbox. Says how much was queued.
pub(crate) async fn look_after(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<usize> {
    let due = ahead::tenants(tx, sandbox).await?;
    for tenant in &due {
        jobs::again_for(tx, *tenant, &NewJob::now(GIVE_BACK, json!({}))).await?;
    }
    Ok(due.len())
}

/// Gives back what is not used, each subscription in a transaction. Done again, it finds what is left.
pub(crate) async fn work(app: &App, scope: &Scope) -> Result<()> {
    let store = app.store();
    for id in store.read(scope, async |tx| Ok::<_, AppError>(ahead::unchecked(tx).await?)).await? {
        let given = store.write(scope, async |tx| give_back(app, tx, id).await).await;
        if let Err(error) = given {
            if error.is_transient() {
                return Err(error);
            }
            store.write(scope, async |tx| set_aside(tx, id, &error).await).await?;
        }
    }
    Ok(())
}

async fn give_back(app: &App, tx: &mut TenantTx, id: SubscriptionId) -> Result<()> {
    let subscription = subscriptions::lock(tx, id).await?;
    let today = tx.today();
    let timeline = subscription.timeline();
    let unused = unused(tx, &subscription, &timeline, today).await?;
    ahead::checked(tx, id, timeline.next_change(today)).await?;
    if unused.is_empty() {
        tx.without_event();
    }
    for (invoice, Unused { lines, days }) in unused {
        let mut periods: Vec<_> = days.iter().map(|(_, days)| *days).collect();
        periods.sort_by_key(|days| days.start());
        periods.dedup();
        let periods: Vec<_> = periods.into_iter().map(period_text).collect();
        let reason = format!("Charged in advance and not used: {}", periods.join(", "));
        let credit = credit_notes::Credit { reason, lines: Some(lines) };
        let note = credit_notes::issue(app, tx, invoice, None, credit).await?;
        ahead::keep_returned(tx, note.id, (invoice, subscription.customer), &days).await?;
    }
    Ok(())
}

/// Notes why what is not used could not be given back.
async fn set_aside(tx: &mut TenantTx, id: SubscriptionId, error: &AppError) -> Result<()> {
    let subscription = subscriptions::lock(tx, id).await?;
    ahead::checked(tx, id, subscription.timeline().next_change(tx.today())).await?;
    let reason = json!({"reason": error.to_string()});
    tx.record(
        NewEvent::new("subscription.unused_not_credited", format!("subscription:{id}"), reason)
            .of_customer(subscription.customer),
    );
    Ok(())
}

/// What would be given back by a day, were this the timeline of a subscription: without taxes that come on top.
pub(crate) async fn would_be_given_back(
    tx: &mut TenantTx,
    subscription: &Subscription,
    timeline: &Timeline,
    by: NaiveDate,
) -> Result<Option<Money>> {
    let unused = unused(tx, subscription, timeline, by).await?;
    let mut amounts = unused.values().flat_map(|unused| &unused.lines).map(|(_, amount)| *amount);
    let Some(first) = amounts.next() else { return Ok(None) };
    amounts.try_fold(first, Money::checked_add).map(Some).map_err(AppError::internal)
}

/// What issued invoices have charged for days that a timeline does not use, of what has come to be unused by a day.
async fn unused(
    tx: &mut TenantTx,
    subscription: &Subscription,
    timeline: &Timeline,
    by: NaiveDate,
) -> Result<BTreeMap<InvoiceId, Unused>> {
    let lines = ahead::charged(tx, &[subscription.id], subscription.starts_on).await?;
    let lines = lines.into_values().next().unwrap_or_default();
    let versions: HashSet<_> = timeline.all_prices().chain(lines.iter().map(|line| line.prices)).collect();
    let known = prices::of(tx, &versions.into_iter().collect::<Vec<_>>()).await?;
    // What was charged for days after the end is kept where that was agreed.
    let kept_from = timeline.ends_on().filter(|_| !subscription.credit_unused);
    let mut found: BTreeMap<InvoiceId, Unused> = BTreeMap::new();
    for line in lines {
        let mut days = Vec::new();
        for left in fees::without(line.days, &line.returned) {
            let left = ChargedDays { days: left, prices: line.prices };
            let unused = fees::unused(timeline, left, &known, by).ok_or(StoreError::NotFound)?;
            let until =
                |days: Period| Period::new(days.start(), days.end().min(kept_from.unwrap_or(days.end())));
            days.extend(unused.into_iter().filter_map(until));
        }
        if days.is_empty() {
            continue;
        }
        let amount = worth(&line, &days).map_err(AppError::internal)?;
        let of_invoice = found.entry(line.invoice).or_default();
        of_invoice.days.extend(days.into_iter().map(|days| (line.line, days)));
        if amount.amount_minor() != 0 {
            of_invoice.lines.push((line.line, amount));
        }
    }
    // Nothing is left of what was credited by hand.
    found.retain(|_, unused| !unused.lines.is_empty());
    Ok(found)
}

/// What days of a line are worth: the line is charged by the days that are kept, rounded once, and no more is given back than
/// is left of it.
fn worth(line: &ChargedLine, days: &[Period]) -> Result<Money, MoneyError> {
    let count = |days: &[Period]| days.iter().map(|days| (days.end() - days.start()).num_days()).sum::<i64>();
    let all = count(&[line.days]);
    let before = all - count(&line.returned);
    let share = |kept: i64| line.amount.share(kept, all);
    let worth = share(before)?.checked_sub(share(before - count(days))?)?;
    let left = Creditable { amount: line.amount, credited: line.credited }.left()?;
    let is_left = worth.amount_minor().unsigned_abs() <= left.amount_minor().unsigned_abs();
    Ok(if is_left { worth } else { left })
}
