//! Drafts: made, rated anew, put on hold, thrown away.

use std::collections::HashSet;

use domain::{
    ids::{CustomerId, Id as _, InvoiceId, SubscriptionId},
    money::Money,
    periods::Period,
    tax::Taxes,
};
use sqlx::types::Json;

use super::{BilledSubscription, Invoice, get};
use crate::{Result, StoreError, TenantTx};

/// An invoice to be drafted.
#[derive(Debug, Clone)]
pub struct NewInvoice {
    /// To whom.
    pub customer: CustomerId,
    /// What it bills, in its order.
    pub subscriptions: Vec<BilledSubscription>,
    /// The days that it bills, from the first of any subscription to the last.
    pub period: Period,
    /// What it comes to, with tax.
    pub total: Money,
    /// What of that is tax.
    pub tax: Money,
    /// Its taxes.
    pub taxes: Option<Taxes>,
}

/// Drafts invoices, and gives their ids in the same order. What they bill and their lines are added next.
pub async fn create(tx: &mut TenantTx, new: &[&NewInvoice]) -> Result<Vec<InvoiceId>> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let made: Vec<InvoiceId> = new.iter().map(|_| tx.new_id()).collect();
    let ids: Vec<_> = made.iter().map(|id| id.uuid()).collect();
    let customers: Vec<_> = new.iter().map(|new| new.customer.uuid()).collect();
    let currencies: Vec<_> = new.iter().map(|new| new.total.currency().code().to_owned()).collect();
    let starts: Vec<_> = new.iter().map(|new| new.period.start()).collect();
    let ends: Vec<_> = new.iter().map(|new| new.period.end()).collect();
    let totals: Vec<_> = new.iter().map(|new| new.total.amount_minor()).collect();
    let tax_sums: Vec<_> = new.iter().map(|new| new.tax.amount_minor()).collect();
    let taxes: Vec<_> = new.iter().map(|new| new.taxes.as_ref().map(Json)).collect();
    sqlx::query!(
        "insert into invoices (tenant_id, id, customer_id, status, currency, period_start, period_end, total_minor,
                               tax_minor, tax, created_at, updated_at)
         select $1, id, customer, 'draft', currency, period_start, period_end, total, tax, taxes, $2, $2
         from unnest($3::uuid[], $4::uuid[], $5::text[], $6::date[], $7::date[], $8::bigint[], $9::bigint[], $10::jsonb[])
              as i (id, customer, currency, period_start, period_end, total, tax, taxes)",
        tenant.uuid(),
        now,
        &ids,
        &customers,
        &currencies,
        &starts,
        &ends,
        &totals,
        &tax_sums,
        &taxes as _,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(made)
}

/// What several invoices have of one kind, in columns for the database: each with its invoice, whose that is, and its place there.
pub(super) struct Parts<'a, T> {
    pub invoices: Vec<uuid::Uuid>,
    pub customers: Vec<uuid::Uuid>,
    pub places: Vec<i32>,
    pub each: Vec<&'a T>,
}

impl<'a, T> Parts<'a, T> {
    pub fn of(invoices: &[(InvoiceId, CustomerId, &'a [T])]) -> Self {
        let mut all =
            Self { invoices: Vec::new(), customers: Vec::new(), places: Vec::new(), each: Vec::new() };
        for (id, customer, parts) in invoices {
            for (place, part) in (1..).zip(*parts) {
                all.invoices.push(id.uuid());
                all.customers.push(customer.uuid());
                all.places.push(place);
                all.each.push(part);
            }
        }
        all
    }
}

/// Takes from drafts what they bill and their lines: they are rated anew.
pub async fn clear(tx: &mut TenantTx, drafts: &[InvoiceId]) -> Result<()> {
    if drafts.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant();
    let drafts: Vec<_> = drafts.iter().map(|id| id.uuid()).collect();
    // What is charged once is of no subscription, so that not all lines go with these.
    sqlx::query!(
        "delete from invoice_lines where tenant_id = $1 and invoice_id = any ($2)",
        tenant.uuid(),
        &drafts
    )
    .execute(tx.conn()?)
    .await?;
    sqlx::query!(
        "delete from invoice_subscriptions where tenant_id = $1 and invoice_id = any ($2)",
        tenant.uuid(),
        &drafts
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Rates a draft anew: its days and what it comes to. What it bills and its lines are taken from it before and added after.
pub async fn update_draft(tx: &mut TenantTx, id: InvoiceId, new: &NewInvoice) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update invoices
         set currency = $3, total_minor = $4, period_start = $5, period_end = $6, tax_minor = $7, tax = $8,
             version = version + 1, updated_at = $9
         where tenant_id = $1 and id = $2 and status = 'draft'",
        tenant.uuid(),
        id.uuid(),
        new.total.currency().code(),
        new.total.amount_minor(),
        new.period.start(),
        new.period.end(),
        new.tax.amount_minor(),
        new.taxes.as_ref().map(Json) as _,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { Ok(()) }
}

/// Puts a draft on hold, or takes it off hold; [`StoreError::Stale`] where it is no draft.
pub async fn set_held(tx: &mut TenantTx, id: InvoiceId, reason: Option<&str>) -> Result<Invoice> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update invoices
         set held_at = case when $3::text is not null then coalesce(held_at, $4) end, hold_reason = $3,
             version = version + 1, updated_at = $4
         where tenant_id = $1 and id = $2 and status = 'draft'",
        tenant.uuid(),
        id.uuid(),
        reason,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { get(tx, id).await }
}

/// What drafts on hold bill of customers for days of a period.
pub async fn held(
    tx: &mut TenantTx,
    customers: &[CustomerId],
    period: Period,
) -> Result<HashSet<SubscriptionId>> {
    let tenant = tx.tenant();
    let customers: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    let held = sqlx::query_scalar!(
        "select b.subscription_id from invoices i
         join invoice_subscriptions b on b.tenant_id = i.tenant_id and b.invoice_id = i.id
         where i.tenant_id = $1 and i.customer_id = any ($2) and i.status = 'draft' and i.held_at is not null
           and b.period_start >= $3 and b.period_start < $4",
        tenant.uuid(),
        &customers,
        period.start(),
        period.end(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(held.into_iter().map(Into::into).collect())
}

/// Throws a draft away.
pub async fn delete_draft(tx: &mut TenantTx, id: InvoiceId) -> Result<()> {
    let tenant = tx.tenant();
    let done =
        sqlx::query!("delete from invoices where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid())
            .execute(tx.conn()?)
            .await?;
    if done.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}
