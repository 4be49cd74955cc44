//! Days that were charged in advance and are not used, since the subscription has ended, rests or has other prices on them:
//! they are given back by a credit note on the invoice that charged them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use domain::{
    evidence::PricedPlan,
    fees::{self, ChargedDays},
    ids::{InvoiceId, InvoiceLineId, SubscriptionId, TenantId},
    money::{Money, MoneyError},
    periods::Period,
    subscriptions::{PricesRef, Timeline},
};
use serde_json::json;
use store::{
    NewEvent, Scope, StoreError, SystemTx, TenantTx,
    invoices::{
        self,
        ahead::{self, ChargedLine},
    },
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

/// Gives back what is not used, each invoice in a transaction. Done again, it finds what is left.
pub(crate) async fn work(app: &App, scope: &Scope) -> Result<()> {
    let unchecked =
        app.store().read(scope, async |tx| Ok::<_, AppError>(ahead::unchecked(tx).await?)).await?;
    let mut failed = None;
    for id in unchecked {
        // The others are not kept waiting.
        if let Err(error) = give_back_all(app, scope, id).await {
            failed = failed.or(Some(error));
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Gives back what a subscription does not use, unless it changes meanwhile: then it is looked at again.
async fn give_back_all(app: &App, scope: &Scope, id: SubscriptionId) -> Result<()> {
    let store = app.store();
    let (version, today, invoices) = store
        .read(scope, async |tx| {
            let (subscription, today) = (subscriptions::get(tx, id).await?, tx.today());
            let unused = unused(tx, &subscription, &subscription.timeline(), today).await?;
            Ok::<_, AppError>((subscription.version, today, unused.into_keys().collect::<Vec<_>>()))
        })
        .await?;
    for invoice in invoices {
        let given = store.write(scope, async |tx| give_back(app, tx, id, invoice, today).await).await;
        match given {
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => store.write(scope, async |tx| set_aside(tx, id, invoice, &error).await).await?,
            Ok(()) => {}
        }
    }
    let checked = async |tx: &mut TenantTx| {
        tx.without_event();
        let subscription = subscriptions::lock(tx, id).await?;
        if subscription.version == version {
            ahead::checked(tx, id, subscription.timeline().next_change(today)).await?;
        }
        Ok(())
    };
    store.write(scope, checked).await
}

async fn give_back(
    app: &App,
    tx: &mut TenantTx,
    id: SubscriptionId,
    invoice: InvoiceId,
    today: NaiveDate,
) -> Result<()> {
    let subscription = subscriptions::lock(tx, id).await?;
    // What is credited by hand meanwhile is known from here on.
    invoices::lock(tx, invoice).await?;
    let mut unused = unused(tx, &subscription, &subscription.timeline(), today).await?;
    let Some(Unused { lines, days }) = unused.remove(&invoice) else {
        tx.without_event();
        return Ok(());
    };
    let mut periods: Vec<_> = days.iter().map(|(_, days)| *days).collect();
    periods.sort_by_key(|days| days.start());
    periods.dedup();
    let periods: Vec<_> = periods.into_iter().map(period_text).collect();
    let reason = format!("Charged in advance and not used: {}", periods.join(", "));
    let credit = credit_notes::Credit { reason, lines: Some(lines) };
    let note = Box::pin(credit_notes::issue(app, tx, invoice, None, credit)).await?;
    Ok(ahead::keep_returned(tx, note.id, (invoice, subscription.customer), &days).await?)
}

/// Notes why what is not used could not be given back.
async fn set_aside(
    tx: &mut TenantTx,
    id: SubscriptionId,
    invoice: InvoiceId,
    error: &AppError,
) -> Result<()> {
    let subscription = subscriptions::get(tx, id).await?;
    let reason = match error {
        AppError::Invalid(fields) => {
            fields.iter().map(|field| field.detail.as_str()).collect::<Vec<_>>().join(", ")
        }
        error => error.to_string(),
    };
    let data = json!({"invoice": invoices::get(tx, invoice).await?.number, "reason": reason});
    tx.record(
        NewEvent::new("subscription.unused_not_credited", format!("subscription:{id}"), data)
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
    let has_ended = timeline.ends_on().is_some_and(|ends_on| ends_on <= by);
    let mut found: BTreeMap<InvoiceId, Unused> = BTreeMap::new();
    // A fee and its discounts are lines of the same days by the same prices.
    let of = |line: &ChargedLine| (line.invoice, line.days, line.prices, line.quantity);
    let same = |one: &ChargedLine, other: &ChargedLine| of(one) == of(other);
    for fee in lines.chunk_by(same) {
        let rests = |line: &ChargedLine| line.rests_for_it && timeline.is_paused(by);
        let Some(first) = fee.first().filter(|line| has_ended || !rests(line)) else { continue };
        let kept_from = kept_from(subscription, timeline, (first.prices, first.quantity), &known)?;
        let mut days = Vec::new();
        for left in fees::without(first.days, &first.returned) {
            let left = ChargedDays { days: left, prices: first.prices, quantity: first.quantity };
            let unused = fees::unused(timeline, left, &known, by).ok_or(StoreError::NotFound)?;
            let until =
                |days: Period| Period::new(days.start(), days.end().min(kept_from.unwrap_or(days.end())));
            days.extend(unused.into_iter().filter_map(until));
        }
        let lines = worth(fee, &days).map_err(AppError::internal)?;
        if !lines.is_empty() {
            let of_invoice = found.entry(first.invoice).or_default();
            of_invoice.lines.extend(lines);
            let of_line = |line: &ChargedLine| days.iter().map(|days| (line.line, *days)).collect::<Vec<_>>();
            of_invoice.days.extend(fee.iter().flat_map(of_line));
        }
    }
    for (id, unused) in &mut found {
        let invoice = invoices::get(tx, *id).await?;
        let lines = invoices::lines(tx, &invoice).await?;
        let mut left = lines.iter().map(|line| line.rated.amount.checked_sub(line.credited));
        let left = left.try_fold(Money::zero(invoice.total.currency()), |sum, left| sum.checked_add(left?));
        left.and_then(|left| cap(&mut unused.lines, left)).map_err(AppError::internal)?;
    }
    // Nothing is left of what was credited by hand.
    found.retain(|_, unused| !unused.lines.is_empty());
    Ok(found)
}

/// From when on what was charged by such prices so many times is kept: from the end, where that was agreed and the subscription has
/// them until then. What it has given up before is given back all the same.
fn kept_from(
    subscription: &Subscription,
    timeline: &Timeline,
    (charged, quantity): (PricesRef, u32),
    known: &HashMap<PricesRef, PricedPlan>,
) -> Result<Option<NaiveDate>> {
    let Some(ends_on) = timeline.ends_on().filter(|_| !subscription.credit_unused) else { return Ok(None) };
    let last = ends_on.pred_opt().filter(|last| timeline.is_charged(*last));
    let last = last.filter(|last| timeline.quantity(*last) == quantity);
    let Some(last) = last.map(|last| timeline.prices(last)) else { return Ok(None) };
    let (last, charged) = (known.get(&last), known.get(&charged));
    let (last, charged) = last.zip(charged).ok_or(StoreError::NotFound)?;
    Ok(last.charges_fee_as(charged).then_some(ends_on))
}

/// What days of a fee are worth, line by line: each is charged by the days that are kept, rounded once, and no more is given
/// back than is left of it, and of the fee with its discounts.
fn worth(fee: &[ChargedLine], days: &[Period]) -> Result<Vec<(InvoiceLineId, Money)>, MoneyError> {
    let count = |days: &[Period]| days.iter().map(|days| (days.end() - days.start()).num_days()).sum::<i64>();
    let mut worth = Vec::with_capacity(fee.len());
    let mut left_of_all: Option<Money> = None;
    for line in fee {
        let all = count(&[line.days]);
        let before = all - count(&line.returned);
        let share = |kept: i64| line.amount.share(kept, all);
        let amount = share(before)?.checked_sub(share(before - count(days))?)?;
        let left = line.amount.checked_sub(line.credited)?;
        let is_left = amount.amount_minor().unsigned_abs() <= left.amount_minor().unsigned_abs();
        worth.push((line.line, if is_left { amount } else { left }));
        left_of_all = Some(left_of_all.map_or(Ok(left), |sum| sum.checked_add(left))?);
    }
    left_of_all.map_or(Ok(()), |left| cap(&mut worth, left))?;
    Ok(worth)
}

/// Takes off what is more than is left. What comes to nothing, or to less, is not credited at all.
fn cap(lines: &mut Vec<(InvoiceLineId, Money)>, left: Money) -> Result<(), MoneyError> {
    let sum = Money::sum(left.currency(), lines.iter().map(|(_, amount)| *amount))?;
    let mut over = sum.checked_sub(left)?.amount_minor().max(0);
    for (_, amount) in lines.iter_mut().filter(|(_, amount)| amount.amount_minor() > 0) {
        let off = over.min(amount.amount_minor());
        *amount = amount.checked_sub(Money::new(off, amount.currency()))?;
        over -= off;
    }
    lines.retain(|(_, amount)| amount.amount_minor() != 0);
    let sum = Money::sum(left.currency(), lines.iter().map(|(_, amount)| *amount))?;
    if sum.amount_minor() <= 0 {
        lines.clear();
    }
    Ok(())
}
