//! What was earned, by the month that it was billed for.

use chrono::NaiveDate;
use domain::{
    ids::{CustomerId, Id as _, PlanId},
    money::Currency,
    periods::Month,
    revenue::Parts,
};
use std::collections::HashMap;

use crate::{Result, TenantTx};

/// What an invoice brings, less what was credited of it: by the ledger, and by its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earned {
    /// Whose.
    pub customer: CustomerId,
    /// The month that it bills.
    pub month: Month,
    /// The plan that it bills.
    pub plan: PlanId,
    /// The plan's name, in the version of its prices that it bills.
    pub plan_name: String,
    /// That version.
    pub plan_version: i32,
    /// What it brings, by part.
    pub parts: Parts,
}

/// The last month before one that was billed to anybody in a currency.
pub async fn last_month(tx: &mut TenantTx, currency: Currency, before: Month) -> Result<Option<Month>> {
    let tenant = tx.tenant();
    let last = sqlx::query_scalar!(
        "select max(period_start) from invoices
         where tenant_id = $1 and currency = $2 and status not in ('draft', 'void') and period_start < $3",
        tenant.uuid(),
        currency.code(),
        before.first_day(),
    );
    Ok(last.fetch_one(tx.conn()?).await?.map(Month::of))
}

/// The first month for which each customer was billed anything in a currency.
pub async fn first_months(tx: &mut TenantTx, currency: Currency) -> Result<HashMap<CustomerId, Month>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select customer_id, min(period_start) as "first!: NaiveDate" from invoices
           where tenant_id = $1 and currency = $2 and status not in ('draft', 'void') and total_minor > 0
           group by customer_id"#,
        tenant.uuid(),
        currency.code(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.customer_id.into(), Month::of(row.first))).collect())
}

/// What the invoices of months bring, both of them included.
pub async fn earned(tx: &mut TenantTx, currency: Currency, from: Month, to: Month) -> Result<Vec<Earned>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"with billed as materialized (
               select id, customer_id, plan_id, plan_name, plan_version, period_start from invoices
               where tenant_id = $1 and currency = $2 and status not in ('draft', 'void')
                 and period_start >= $3 and period_start < $4),
           booked as (
               select t.invoice_id, -sum(e.amount_minor) as revenue
               from billed i join ledger_transactions t on t.tenant_id = $1 and t.invoice_id = i.id
                    join ledger_entries e on e.tenant_id = $1 and e.transaction_id = t.id and e.account = 'revenue'
               group by t.invoice_id),
           credited as (
               select c.invoice_id, c.invoice_line_id, sum(c.amount_minor) as amount
               from billed i join credit_note_lines c on c.tenant_id = $1 and c.invoice_id = i.id
               group by c.invoice_id, c.invoice_line_id),
           lines as (
               select l.invoice_id,
                      case when l.fee_start is not null then 'spread' when l.kind = 'base_fee' then 'fees'
                           when l.kind = 'usage' then 'usage' when l.kind in ('one_off', 'late_fee') then 'once'
                           else 'adjustments' end as part,
                      sum(l.amount_minor - coalesce(c.amount, 0)) as amount
               from billed i join invoice_lines l on l.tenant_id = $1 and l.invoice_id = i.id
                    left join credited c on c.invoice_id = l.invoice_id and c.invoice_line_id = l.id
               group by 1, 2)
           select i.customer_id, i.plan_id, i.plan_name, i.plan_version, i.period_start, coalesce(b.revenue, 0)::bigint as "revenue!",
                  coalesce(sum(l.amount) filter (where l.part = 'fees'), 0)::bigint as "fees!",
                  coalesce(sum(l.amount) filter (where l.part = 'usage'), 0)::bigint as "usage!",
                  coalesce(sum(l.amount) filter (where l.part = 'adjustments'), 0)::bigint as "adjustments!",
                  coalesce(sum(l.amount) filter (where l.part = 'once'), 0)::bigint as "once!",
                  coalesce(sum(l.amount) filter (where l.part = 'spread'), 0)::bigint as "spread!"
           from billed i left join booked b on b.invoice_id = i.id left join lines l on l.invoice_id = i.id
           group by i.id, i.customer_id, i.plan_id, i.plan_name, i.plan_version, i.period_start, b.revenue"#,
        tenant.uuid(),
        currency.code(),
        from.first_day(),
        to.offset(1).first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Earned {
            customer: row.customer_id.into(),
            month: Month::of(row.period_start),
            plan: row.plan_id.into(),
            plan_name: row.plan_name,
            plan_version: row.plan_version,
            parts: Parts::of(
                row.revenue,
                Parts {
                    fees: row.fees,
                    usage: row.usage,
                    adjustments: row.adjustments,
                    once: row.once,
                    spread: row.spread,
                },
            ),
        })
        .collect())
}
