//! Dunning: schedules, and how far each invoice has come on its own.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    dunning::{DunningAction, DunningSchedule, DunningStep, DunningWait},
    ids::{CustomerId, Id as _, InvoiceId, SubscriptionChangeId, SubscriptionId, TenantId},
};
use sqlx::types::Json;

use crate::{Result, StoreError, SystemTx, TenantTx, error::parse, subscriptions::Subscription};

fn schedule_of(steps: Json<Vec<DunningStep>>) -> Result<DunningSchedule> {
    DunningSchedule::new(steps.0).map_err(|_| StoreError::Corrupt("dunning_schedules.steps"))
}

/// The schedule that new invoices follow, with its number.
pub async fn current(tx: &mut TenantTx) -> Result<Option<(i32, DunningSchedule)>> {
    let tenant = tx.tenant();
    let row = sqlx::query!(
        r#"select number, steps as "steps: Json<Vec<DunningStep>>" from dunning_schedules
           where tenant_id = $1 order by number desc limit 1"#,
        tenant.uuid()
    )
    .fetch_optional(tx.conn()?)
    .await?;
    row.map(|row| Ok((row.number, schedule_of(row.steps)?))).transpose()
}

/// Makes a schedule the one that new invoices follow.
pub async fn replace(tx: &mut TenantTx, schedule: &DunningSchedule) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "insert into dunning_schedules (tenant_id, number, steps, created_at)
         select $1, coalesce(max(number), 0) + 1, $2, $3 from dunning_schedules where tenant_id = $1",
        tenant.uuid(),
        Json(schedule.steps()) as _,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Where an invoice stands on its schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Which.
    pub invoice: InvoiceId,
    /// Whose.
    pub customer: CustomerId,
    /// What it follows.
    pub schedule: DunningSchedule,
    /// The place of the next step.
    pub next_step: usize,
    /// Not before this day; none where nothing is left to be done.
    pub next_on: Option<NaiveDate>,
    /// Why a step that is due waits.
    pub waits_for: Option<DunningWait>,
    /// Since when a person has stopped it.
    pub held_at: Option<DateTime<Utc>>,
}

/// Begins the schedules of invoices: their customers, and the day of the first step.
pub async fn begin(
    tx: &mut TenantTx,
    schedule: i32,
    invoices: &[(InvoiceId, CustomerId, NaiveDate)],
) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let ids: Vec<_> = invoices.iter().map(|(id, ..)| id.uuid()).collect();
    let customers: Vec<_> = invoices.iter().map(|(_, customer, _)| customer.uuid()).collect();
    let days: Vec<_> = invoices.iter().map(|(.., day)| *day).collect();
    sqlx::query!(
        "insert into dunning_cases (tenant_id, invoice_id, customer_id, schedule, next_on, created_at, updated_at)
         select $1, invoice, customer, $2, day, $3, $3
         from unnest($4::uuid[], $5::uuid[], $6::date[]) as c (invoice, customer, day)",
        tenant.uuid(),
        schedule,
        now,
        &ids,
        &customers,
        &days,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Where an invoice stands; none where it follows no schedule. The invoice's own lock is what keeps two from working on it.
pub async fn case(tx: &mut TenantTx, invoice: InvoiceId) -> Result<Option<Case>> {
    let tenant = tx.tenant();
    let row = sqlx::query!(
        r#"select c.customer_id, c.next_step, c.next_on, c.waits_for, c.held_at,
                  s.steps as "steps: Json<Vec<DunningStep>>"
           from dunning_cases c
           join dunning_schedules s on s.tenant_id = c.tenant_id and s.number = c.schedule
           where c.tenant_id = $1 and c.invoice_id = $2"#,
        tenant.uuid(),
        invoice.uuid(),
    )
    .fetch_optional(tx.conn()?)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Case {
        invoice,
        customer: row.customer_id.into(),
        schedule: schedule_of(row.steps)?,
        next_step: usize::try_from(row.next_step)
            .map_err(|_| StoreError::Corrupt("dunning_cases.next_step"))?,
        next_on: row.next_on,
        waits_for: row.waits_for.map(|text| parse(&text, "dunning_cases.waits_for")).transpose()?,
        held_at: row.held_at,
    }))
}

/// Keeps where an invoice stands now.
pub async fn keep(tx: &mut TenantTx, case: &Case) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update dunning_cases
         set next_step = $3, next_on = $4, waits_for = $5, held_at = $6, updated_at = $7
         where tenant_id = $1 and invoice_id = $2",
        tenant.uuid(),
        case.invoice.uuid(),
        i32::try_from(case.next_step).map_err(|_| StoreError::Invalid("too many steps"))?,
        case.next_on,
        case.waits_for.map(DunningWait::as_str),
        case.held_at,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// A step that was done, or passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Its place in the schedule.
    pub step: usize,
    /// What.
    pub action: DunningAction,
    /// Why it was not done; none where it was.
    pub skipped: Option<String>,
    /// On which day.
    pub done_on: NaiveDate,
}

/// Writes down what was done in a case's next step.
pub async fn record(
    tx: &mut TenantTx,
    case: &Case,
    action: DunningAction,
    skipped: Option<&str>,
) -> Result<()> {
    let (tenant, now, today) = (tx.tenant(), tx.now(), tx.today());
    sqlx::query!(
        "insert into dunning_steps (tenant_id, invoice_id, step, customer_id, action, skipped, done_on, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.uuid(),
        case.invoice.uuid(),
        i32::try_from(case.next_step).map_err(|_| StoreError::Invalid("too many steps"))?,
        case.customer.uuid(),
        action.as_str(),
        skipped,
        today,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// What was done about an invoice, in its order.
pub async fn done(tx: &mut TenantTx, invoice: InvoiceId) -> Result<Vec<Done>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "select step, action, skipped, done_on from dunning_steps
         where tenant_id = $1 and invoice_id = $2 order by step",
        tenant.uuid(),
        invoice.uuid(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Done {
                step: usize::try_from(row.step).map_err(|_| StoreError::Corrupt("dunning_steps.step"))?,
                action: parse(&row.action, "dunning_steps.action")?,
                skipped: row.skipped,
                done_on: row.done_on,
            })
        })
        .collect()
}

/// Keeps that a subscription rests for an invoice: paused by a change, or found paused.
pub async fn rests(
    tx: &mut TenantTx,
    invoice: InvoiceId,
    subscription: &Subscription,
    change: Option<SubscriptionChangeId>,
) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "insert into dunning_pauses (tenant_id, invoice_id, subscription_id, customer_id, change_id)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        tenant.uuid(),
        invoice.uuid(),
        subscription.id.uuid(),
        subscription.customer.uuid(),
        change.map(domain::ids::Id::uuid),
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// The subscriptions that rest, or have rested, for an invoice.
pub async fn resting(tx: &mut TenantTx, invoice: InvoiceId) -> Result<Vec<SubscriptionId>> {
    let tenant = tx.tenant();
    let ids = sqlx::query_scalar!(
        "select subscription_id from dunning_pauses where tenant_id = $1 and invoice_id = $2",
        tenant.uuid(),
        invoice.uuid(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// Whether a subscription rests for another invoice that is still open.
pub async fn still_rests(tx: &mut TenantTx, subscription: SubscriptionId, but: InvoiceId) -> Result<bool> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        r#"select exists (
               select from dunning_pauses p
               join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
               where p.tenant_id = $1 and p.subscription_id = $2 and i.id <> $3 and i.status = 'finalized') as "exists!""#,
        tenant.uuid(),
        subscription.uuid(),
        but.uuid(),
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// Whether a change of a subscription was made by dunning.
pub async fn has_paused(
    tx: &mut TenantTx,
    subscription: SubscriptionId,
    change: SubscriptionChangeId,
) -> Result<bool> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        r#"select exists (select from dunning_pauses
                          where tenant_id = $1 and subscription_id = $2 and change_id = $3) as "exists!""#,
        tenant.uuid(),
        subscription.uuid(),
        change.uuid(),
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// What is known of the mails about an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mails {
    /// When the first of them was delivered.
    pub first_sent_at: Option<DateTime<Utc>>,
    /// What became of the last: `queued`, `sent` or `failed`.
    pub last_status: String,
    /// When the last was delivered.
    pub last_sent_at: Option<DateTime<Utc>>,
}

/// The mails about an invoice; none where nobody was written to.
pub async fn mails(tx: &mut TenantTx, invoice: InvoiceId) -> Result<Option<Mails>> {
    let tenant = tx.tenant();
    Ok(sqlx::query_as!(
        Mails,
        "select min(sent_at) over () as first_sent_at, status as last_status, sent_at as last_sent_at from mails
         where tenant_id = $1 and invoice_id = $2 and kind in ('invoice', 'reminder')
         order by created_at desc, id desc limit 1",
        tenant.uuid(),
        invoice.uuid(),
    )
    .fetch_optional(tx.conn()?)
    .await?)
}

/// The invoices about which something is due: of all tenants that live by the real time, or of a sandbox.
pub async fn due(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<Vec<(TenantId, InvoiceId)>> {
    let now = tx.now();
    let rows = sqlx::query!(
        "select c.tenant_id, c.invoice_id from dunning_cases c join tenants t on t.id = c.tenant_id
         where c.next_on is not null and c.held_at is null
           and c.next_on <= (coalesce(t.clock, $1::timestamptz) at time zone t.time_zone)::date
           and t.status = 'active' and (t.clock is null) = ($2::uuid is null) and ($2 is null or t.id = $2)
         order by c.next_on",
        now,
        sandbox.map(domain::ids::Id::uuid),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.invoice_id.into())).collect())
}
