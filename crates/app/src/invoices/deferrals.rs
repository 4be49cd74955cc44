//! Revenue of what is charged ahead: set aside when an invoice is issued, earned as its months pass, and taken back with what
//! is credited or voided.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::{
    deferrals::{self as rules, Deferral as Rule},
    ids::{Id as _, InvoiceId, InvoiceLineId, TenantId},
    ledger::{BookingKind, Posting},
    money::{Currency, Money},
    periods::Month,
    tax::TaxedLine,
};
use serde_json::json;
use store::{
    NewEvent, Scope, SystemTx, TenantTx,
    deferrals::{self, Cause, Deferral, IssuedLine, NewDeferral, NewRecognition},
    invoices::Invoice,
    jobs::{self, NewJob},
    ledger::{self, NewTransaction},
};

use crate::{App, AppError, Result};

/// The kind of the job.
pub(crate) const RECOGNIZE: &str = "revenue.recognize";

/// How many invoices are looked at in one transaction, at most.
const BATCH: i64 = 200;

/// Keeps what issued invoices charge for days after their month, and gives how much of each is yet to be earned.
pub(crate) async fn begin(tx: &mut TenantTx, issued: &[Invoice]) -> Result<HashMap<InvoiceId, Money>> {
    let ids: Vec<_> = issued.iter().map(|invoice| invoice.id).collect();
    let ends = issued.iter().map(|invoice| Month::of(invoice.period.start()).period().end());
    let Some(first) = ends.min() else { return Ok(HashMap::new()) };
    let lines = deferrals::lines_ahead(tx, &ids, first).await?;
    let (mut new, mut deferred) = (Vec::new(), HashMap::new());
    for invoice in issued {
        let Some(lines) = lines.get(&invoice.id) else { continue };
        let ahead = ahead(invoice, lines)?;
        let later = rules::later(invoice.total.currency(), ahead.iter().map(|(_, rule)| rule));
        deferred.insert(invoice.id, later.map_err(AppError::internal)?);
        new.extend(ahead.into_iter().map(|(line, rule)| NewDeferral {
            invoice: invoice.id,
            customer: invoice.customer,
            line,
            rule,
        }));
    }
    if !new.is_empty() {
        deferrals::keep(tx, &new).await?;
    }
    Ok(deferred)
}

/// The lines of an invoice that later months earn.
fn ahead(invoice: &Invoice, lines: &[IssuedLine]) -> Result<Vec<(InvoiceLineId, Rule)>> {
    let net = match &invoice.taxes {
        Some(taxes) => {
            let lines = lines.iter().map(|line| TaxedLine { class: &line.tax_class, amount: line.amount });
            let lines: Vec<_> = lines.collect();
            taxes.net(invoice.total.currency(), &lines).map_err(AppError::internal)?
        }
        None => lines.iter().map(|line| line.amount).collect(),
    };
    let billed = Month::of(invoice.period.start());
    let rule =
        |(line, net): (&IssuedLine, Money)| Some((line.id, Rule::new(line.amount, net, line.days, billed)?));
    Ok(lines.iter().zip(net).filter_map(rule).collect())
}

/// What is taken back of an invoice's later months.
pub(crate) struct TakenBack {
    /// What is neither to be earned later any more nor was earned in a later month.
    pub deferred: Money,
    /// What is taken back of months that were booked.
    months: Vec<(Month, Money)>,
}

impl TakenBack {
    /// With what lines are about to be credited by. The invoice is locked.
    pub(crate) async fn of(
        tx: &mut TenantTx,
        invoice: &Invoice,
        credited: &[(InvoiceLineId, Money)],
    ) -> Result<Self> {
        let now = |line: &Deferral| {
            let found = credited.iter().find(|(credited, _)| *credited == line.line);
            found.map_or(Money::zero(line.rule.amount.currency()), |(_, amount)| *amount)
        };
        Self::with(tx, invoice, |line| line.rule.credited.checked_add(now(line))).await
    }

    /// With an invoice that is about to be voided, and is locked.
    pub(crate) async fn all(tx: &mut TenantTx, invoice: &Invoice) -> Result<Self> {
        Self::with(tx, invoice, |line| Ok(line.rule.amount)).await
    }

    /// With so much of each line credited in all.
    async fn with(
        tx: &mut TenantTx,
        invoice: &Invoice,
        credited: impl Fn(&Deferral) -> Result<Money, domain::money::MoneyError>,
    ) -> Result<Self> {
        let currency = invoice.total.currency();
        let lines = deferrals::of_invoices(tx, &[invoice.id]).await?;
        if lines.is_empty() {
            return Ok(Self { deferred: Money::zero(currency), months: Vec::new() });
        }
        let booked = deferrals::booked(tx, invoice.id, currency).await?;
        let computed = || {
            let before = rules::later(currency, lines.iter().map(|line| &line.rule))?;
            let after = lines.iter().map(|line| Ok(Rule { credited: credited(line)?, ..line.rule }));
            let after: Vec<_> = after.collect::<Result<_, _>>()?;
            let deferred = before.checked_sub(rules::later(currency, &after)?)?;
            Ok(Self { deferred, months: rules::corrections(&after, &booked)? })
        };
        computed().map_err(|error: domain::money::MoneyError| AppError::internal(error))
    }

    /// Books what is taken back of months, each for itself: what was earned in them was not.
    pub(crate) async fn book(self, tx: &mut TenantTx, invoice: &Invoice, cause: Cause) -> Result<()> {
        let on = tx.today();
        let new = self.months.into_iter().map(|(month, amount)| NewRecognition {
            invoice: invoice.id,
            customer: invoice.customer,
            month,
            cause,
            amount,
        });
        book(tx, &new.map(|new| (new, on)).collect::<Vec<_>>()).await
    }
}

/// Books what months have earned, or did not after all, each on its day.
async fn book(tx: &mut TenantTx, new: &[(NewRecognition, NaiveDate)]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let recognitions: Vec<_> = new.iter().map(|(new, _)| *new).collect();
    let ids = deferrals::keep_recognitions(tx, &recognitions).await?;
    let mut bookings = Vec::with_capacity(new.len());
    for ((new, on), id) in new.iter().zip(ids) {
        let Some(posting) = Posting::recognition(new.amount).map_err(AppError::internal)? else { continue };
        bookings.push(NewTransaction {
            kind: BookingKind::Recognition,
            subject: id.uuid(),
            customer: new.customer,
            invoice: Some(new.invoice),
            booked_on: *on,
            period: Some(new.month.period()),
            posting,
        });
    }
    Ok(ledger::book(tx, &bookings).await?)
}

/// Queues the booking of months that are over: of all tenants that live by the real time, or of a sandbox. Says how much was
/// queued.
pub(crate) async fn look_after(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<usize> {
    let due = deferrals::due(tx, sandbox).await?;
    for tenant in &due {
        jobs::again_for(tx, *tenant, &NewJob::now(RECOGNIZE, json!({}))).await?;
    }
    Ok(due.len())
}

/// Books what the months that are over have earned, some invoices in a transaction. Done again, it finds what is left.
pub(crate) async fn work(app: &App, scope: &Scope) -> Result<()> {
    while app.store().write(scope, async |tx| recognize(tx).await).await? {}
    Ok(())
}

/// Books it for some invoices; says whether there may be more.
async fn recognize(tx: &mut TenantTx) -> Result<bool> {
    let running = Month::of(tx.today());
    let due = deferrals::lock_due(tx, running, BATCH).await?;
    if due.is_empty() {
        tx.without_event();
        return Ok(false);
    }
    let mut new = Vec::new();
    for lines in due.chunk_by(|one, other| one.invoice == other.invoice) {
        new.extend(earned(lines, running)?);
    }
    book(tx, &new).await?;
    let invoices: Vec<_> = due.iter().map(|line| line.invoice).collect();
    deferrals::recognized(tx, &invoices, running.first_day()).await?;
    if new.is_empty() {
        // Nothing was left of them.
        tx.without_event();
    }
    let mut sums: BTreeMap<(Month, Currency), (Money, usize)> = BTreeMap::new();
    for (one, _) in &new {
        let currency = one.amount.currency();
        let (sum, invoices) = sums.entry((one.month, currency)).or_insert((Money::zero(currency), 0));
        *sum = sum.checked_add(one.amount).map_err(AppError::internal)?;
        *invoices += 1;
    }
    let subject = format!("tenant:{}", tx.tenant());
    for ((month, _), (amount, invoices)) in sums {
        let data = json!({"period": month, "amount": amount, "invoices": invoices});
        tx.record(NewEvent::new("revenue.recognized", subject.clone(), data));
    }
    Ok(true)
}

/// What the lines of one invoice have earned in the months before one that were not booked yet, each with the day that it is
/// booked on: the last of the month, or that of issue where this was later.
fn earned(lines: &[Deferral], running: Month) -> Result<Vec<(NewRecognition, NaiveDate)>> {
    let (Some(first), Some(booked)) = (lines.first(), booked_until(lines)) else { return Ok(Vec::new()) };
    let months = rules::by_month(lines.iter().map(|line| &line.rule)).map_err(AppError::internal)?;
    let over = months.range(Month::of(booked)..).take_while(|(month, _)| **month < running);
    let over = over.filter(|(_, amount)| amount.amount_minor() != 0).map(|(month, amount)| {
        let new = NewRecognition {
            invoice: first.invoice,
            customer: first.customer,
            month: *month,
            cause: Cause::Earned,
            amount: *amount,
        };
        (new, month.period().last_day().max(first.issued_on))
    });
    Ok(over.collect())
}

/// The first day of a month that was not booked yet of an invoice: lines that ended earlier stay behind.
fn booked_until(lines: &[Deferral]) -> Option<NaiveDate> {
    lines.iter().map(|line| line.recognized_until).max()
}

/// What an invoice charges ahead, and what of it has been earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferrals {
    /// What is yet to be earned.
    pub deferred: Money,
    /// The months after its own: what belongs to them, and whether it has been earned.
    pub months: Vec<(Month, Money, bool)>,
}

/// What an invoice charges ahead.
pub async fn deferrals(tx: &mut TenantTx, invoice: &Invoice) -> Result<Deferrals> {
    let currency = invoice.total.currency();
    let lines = deferrals::of_invoices(tx, &[invoice.id]).await?;
    let months = rules::by_month(lines.iter().map(|line| &line.rule)).map_err(AppError::internal)?;
    let booked = booked_until(&lines).map(Month::of);
    let months = months.into_iter().filter(|(_, amount)| amount.amount_minor() != 0);
    let months: Vec<_> =
        months.map(|(month, amount)| (month, amount, booked.is_some_and(|booked| month < booked))).collect();
    let ahead = months.iter().filter(|(.., is_earned)| !is_earned).map(|(_, amount, _)| *amount);
    let deferred = Money::sum(currency, ahead).map_err(AppError::internal)?;
    Ok(Deferrals { deferred, months })
}
