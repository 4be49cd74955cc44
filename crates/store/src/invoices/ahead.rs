//! Fees that issued invoices have charged in advance, and what was given back of them.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    ids::{CreditNoteId, CustomerId, Id as _, InvoiceId, InvoiceLineId, SubscriptionId, TenantId},
    money::{Currency, Money},
    periods::Period,
    subscriptions::PricesRef,
};
use sqlx::types::Json;

use crate::{Result, StoreError, SystemTx, TenantTx, error::parse, subscriptions::times};

/// A line that charges days in advance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargedLine {
    /// Of which invoice.
    pub invoice: InvoiceId,
    /// Which.
    pub line: InvoiceLineId,
    /// The days that it charges for.
    pub days: Period,
    /// By which prices.
    pub prices: PricesRef,
    /// How many times.
    pub quantity: u32,
    /// What it comes to.
    pub amount: Money,
    /// What of it was credited.
    pub credited: Money,
    /// The days that were given back.
    pub returned: Vec<Period>,
    /// Whether the subscription rests, by dunning, as the invoice is not paid.
    pub rests_for_it: bool,
}

/// What issued invoices of subscriptions have charged in advance for days from one on, in the order of the invoices.
pub async fn charged(
    tx: &mut TenantTx,
    subscriptions: &[SubscriptionId],
    from: NaiveDate,
) -> Result<HashMap<SubscriptionId, Vec<ChargedLine>>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = subscriptions.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"select l.subscription_id as "subscription_id!", l.invoice_id, l.id, l.service_start, l.service_end, l.fee_plan_id as "plan_id!",
                  l.fee_price_version as "price_version!", l.fee_quantity, l.amount_minor, i.currency,
                  (select coalesce(sum(n.amount_minor), 0)::bigint from credit_note_lines n
                   where n.tenant_id = l.tenant_id and n.invoice_id = l.invoice_id and n.invoice_line_id = l.id)
                      as "credited_minor!",
                  (select coalesce(jsonb_agg(jsonb_build_array(r.service_start, r.service_end)), '[]') from fee_returns r
                   where r.tenant_id = l.tenant_id and r.invoice_id = l.invoice_id and r.invoice_line_id = l.id)
                      as "returned!: Json<Vec<(NaiveDate, NaiveDate)>>",
                  (i.status = 'finalized'
                   and exists (select from dunning_pauses p
                               where p.tenant_id = b.tenant_id and p.invoice_id = b.invoice_id
                                 and p.subscription_id = b.subscription_id)) as "rests_for_it!"
           from invoice_subscriptions b
           join invoices i on i.tenant_id = b.tenant_id and i.id = b.invoice_id
           join invoice_lines l on l.tenant_id = b.tenant_id and l.invoice_id = b.invoice_id
                                   and l.subscription_id = b.subscription_id
           where b.tenant_id = $1 and b.subscription_id = any ($2) and not b.is_void and i.status <> 'draft'
             and l.fee_plan_id is not null and l.service_end > $3
           order by i.sequence, l.position"#,
        tenant.uuid(),
        &ids,
        from,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    let period =
        |start, end| Period::new(start, end).ok_or(StoreError::Corrupt("invoice_lines.service_start"));
    for row in rows {
        let currency: Currency = parse(&row.currency, "invoices.currency")?;
        let returned = row.returned.0.into_iter().map(|(start, end)| period(start, end));
        found.entry(row.subscription_id.into()).or_default().push(ChargedLine {
            invoice: row.invoice_id.into(),
            line: row.id.into(),
            days: period(row.service_start, row.service_end)?,
            prices: PricesRef { plan: row.plan_id.into(), version: row.price_version },
            quantity: times(row.fee_quantity, "invoice_lines.fee_quantity")?,
            amount: Money::new(row.amount_minor, currency),
            credited: Money::new(row.credited_minor, currency),
            returned: returned.collect::<Result<_>>()?,
            rests_for_it: row.rests_for_it,
        });
    }
    Ok(found)
}

/// Keeps that days of lines were given back by a credit note.
pub async fn keep_returned(
    tx: &mut TenantTx,
    note: CreditNoteId,
    (invoice, customer): (InvoiceId, CustomerId),
    returned: &[(InvoiceLineId, Period)],
) -> Result<()> {
    let tenant = tx.tenant();
    let lines: Vec<_> = returned.iter().map(|(line, _)| line.uuid()).collect();
    let starts: Vec<_> = returned.iter().map(|(_, days)| days.start()).collect();
    let ends: Vec<_> = returned.iter().map(|(_, days)| days.end()).collect();
    sqlx::query!(
        "insert into fee_returns (tenant_id, credit_note_id, customer_id, invoice_id, invoice_line_id, service_start, service_end)
         select $1, $2, $3, $4, line, service_start, service_end
         from unnest($5::uuid[], $6::date[], $7::date[]) as r (line, service_start, service_end)",
        tenant.uuid(),
        note.uuid(),
        customer.uuid(),
        invoice.uuid(),
        &lines,
        &starts,
        &ends,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Subscriptions that are to be looked at, whether days were charged in advance that they do not use; by id.
pub async fn unchecked(tx: &mut TenantTx) -> Result<Vec<SubscriptionId>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    let ids = sqlx::query_scalar!(
        "select subscription_id from fee_checks where tenant_id = $1 and due_on <= $2 order by subscription_id",
        tenant.uuid(),
        today,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// Has subscriptions looked at once more, today. They are locked.
pub async fn recheck(tx: &mut TenantTx, subscriptions: &[SubscriptionId]) -> Result<()> {
    let tenant = tx.tenant();
    let ids: Vec<_> = subscriptions.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "update fee_checks set due_on = '-infinity' where tenant_id = $1 and subscription_id = any ($2)",
        tenant.uuid(),
        &ids,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Keeps that a subscription has been looked at, and on which day it is to be looked at next. It is locked.
pub async fn checked(tx: &mut TenantTx, subscription: SubscriptionId, next: Option<NaiveDate>) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "update fee_checks set due_on = $3 where tenant_id = $1 and subscription_id = $2",
        tenant.uuid(),
        subscription.uuid(),
        next,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Those of whom there are such subscriptions: of all who live by the real time, or of a sandbox.
pub async fn tenants(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<Vec<TenantId>> {
    let now = tx.now();
    let rows = sqlx::query_scalar!(
        "select t.id from tenants t
         where t.status = 'active' and (t.clock is null) = ($2::uuid is null) and ($2 is null or t.id = $2)
           and exists (select from fee_checks f
                       where f.tenant_id = t.id
                         and f.due_on <= (coalesce(t.clock, $1::timestamptz) at time zone t.time_zone)::date)",
        now,
        sandbox.map(domain::ids::Id::uuid),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
