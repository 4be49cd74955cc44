//! What was earned, by the month that it was billed for.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    deferrals as rules,
    ids::{CustomerId, Id as _, InvoiceId, PlanId},
    money::{Currency, Money, MoneyError},
    periods::Month,
    pricing::LineKind,
    revenue::Parts,
};
use uuid::Uuid;

use crate::{
    Result, StoreError, TenantTx,
    deferrals::{self, Deferral},
};

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

/// The last month before one that was billed to anybody in a currency, or that earned what was charged ahead. The latter
/// counts when it has been over for a month: its invoices are there then.
pub async fn last_month(tx: &mut TenantTx, currency: Currency, before: Month) -> Result<Option<Month>> {
    let tenant = tx.tenant();
    let last = sqlx::query_scalar!(
        "select greatest(
             (select max(period_start) from invoices
              where tenant_id = $1 and currency = $2 and status not in ('draft', 'void') and period_start < $3),
             (select max(r.month) from recognitions r join invoices i on i.tenant_id = r.tenant_id and i.id = r.invoice_id
              where r.tenant_id = $1 and i.currency = $2 and i.status <> 'void' and r.month < $4))",
        tenant.uuid(),
        currency.code(),
        before.first_day(),
        before.offset(-1).first_day(),
    );
    Ok(last.fetch_one(tx.conn()?).await?.map(Month::of))
}

/// The first month for which each customer was billed anything in a currency. What is charged ahead is for the month of its
/// first day.
pub async fn first_months(tx: &mut TenantTx, currency: Currency) -> Result<HashMap<CustomerId, Month>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"with billed as (
               select id, customer_id, period_start from invoices
               where tenant_id = $1 and currency = $2 and status not in ('draft', 'void') and total_minor > 0),
           ahead as (select distinct invoice_id from deferrals where tenant_id = $1)
           select customer_id as "customer_id!", min(first) as "first!: NaiveDate"
           from (select customer_id, period_start as first from billed
                 where id not in (select invoice_id from ahead)
                 union all
                 select i.customer_id, greatest(l.service_start, i.period_start) from billed i
                      join ahead a on a.invoice_id = i.id
                      join invoice_lines l on l.tenant_id = $1 and l.invoice_id = i.id and l.amount_minor > 0) b
           group by customer_id"#,
        tenant.uuid(),
        currency.code(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.customer_id.into(), Month::of(row.first))).collect())
}

/// What months bring, both of them included: their invoices, and what was charged ahead for them by earlier ones.
pub async fn earned(tx: &mut TenantTx, currency: Currency, from: Month, to: Month) -> Result<Vec<Earned>> {
    let later = later(tx, currency, from, to).await?;
    let ahead = ahead_of(tx, later.iter().map(|later| later.invoice).collect(), currency, from, to).await?;
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"with billed as materialized (
               select id, customer_id, plan_id, plan_name, plan_version, period_start from invoices
               where tenant_id = $1 and currency = $2 and status not in ('draft', 'void')
                 and period_start >= $3 and period_start < $4),
           booked as (
               select t.invoice_id, -sum(e.amount_minor) as revenue
               from billed i join ledger_transactions t on t.tenant_id = $1 and t.invoice_id = i.id and t.kind <> 'recognition'
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
                    left join deferrals d on d.tenant_id = $1 and d.invoice_id = l.invoice_id and d.invoice_line_id = l.id
               where d.invoice_id is null
               group by 1, 2)
           select i.id, i.customer_id, i.plan_id, i.plan_name, i.plan_version, i.period_start,
                  coalesce(b.revenue, 0)::bigint as "revenue!",
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
    let mut found = Vec::with_capacity(rows.len() + later.len());
    for row in rows {
        let lines = Parts {
            fees: row.fees,
            usage: row.usage,
            adjustments: row.adjustments,
            once: row.once,
            spread: row.spread,
        };
        let at_once = match ahead.get(&row.id) {
            // In the invoice's month they bring what they bill for its days, in the same terms as its other lines.
            Some(ahead) => {
                parts(ahead, |rule| rules::Deferral { net: rule.amount, ..*rule }.earned(rule.billed))?
            }
            None => Parts::default(),
        };
        found.push(Earned {
            customer: row.customer_id.into(),
            month: Month::of(row.period_start),
            plan: row.plan_id.into(),
            plan_name: row.plan_name,
            plan_version: row.plan_version,
            parts: Parts::of(row.revenue, lines + at_once),
        });
    }
    for later in later {
        let lines = ahead.get(&later.invoice).map_or(&[][..], Vec::as_slice);
        let lines = parts(lines, |rule| rule.earned_in(later.earned.month))?;
        let parts = Parts::of(later.revenue, lines);
        found.push(Earned { parts, ..later.earned });
    }
    Ok(found)
}

/// What a month earned of what an earlier invoice charged ahead, by the ledger.
struct Later {
    invoice: Uuid,
    revenue: i64,
    /// Without its parts.
    earned: Earned,
}

async fn later(tx: &mut TenantTx, currency: Currency, from: Month, to: Month) -> Result<Vec<Later>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select i.id, i.customer_id, i.plan_id, i.plan_name, i.plan_version, t.period_start as "month!",
                  -sum(e.amount_minor)::bigint as "revenue!"
           from ledger_transactions t
                join ledger_entries e on e.tenant_id = t.tenant_id and e.transaction_id = t.id and e.account = 'revenue'
                join invoices i on i.tenant_id = t.tenant_id and i.id = t.invoice_id
           where t.tenant_id = $1 and t.kind = 'recognition' and t.currency = $2 and t.period_start >= $3
             and t.period_start < $4 and i.status <> 'void'
           group by i.id, i.customer_id, i.plan_id, i.plan_name, i.plan_version, t.period_start"#,
        tenant.uuid(),
        currency.code(),
        from.first_day(),
        to.offset(1).first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let later = rows.into_iter().map(|row| Later {
        invoice: row.id,
        revenue: row.revenue,
        earned: Earned {
            customer: row.customer_id.into(),
            month: Month::of(row.month),
            plan: row.plan_id.into(),
            plan_name: row.plan_name,
            plan_version: row.plan_version,
            parts: Parts::default(),
        },
    });
    Ok(later.collect())
}

/// What these invoices, and those of months, charge ahead.
async fn ahead_of(
    tx: &mut TenantTx,
    mut invoices: Vec<Uuid>,
    currency: Currency,
    from: Month,
    to: Month,
) -> Result<HashMap<Uuid, Vec<Deferral>>> {
    let tenant = tx.tenant();
    let billed = sqlx::query_scalar!(
        "select distinct d.invoice_id from deferrals d join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
         where d.tenant_id = $1 and i.currency = $2 and i.status <> 'void' and i.period_start >= $3 and i.period_start < $4",
        tenant.uuid(),
        currency.code(),
        from.first_day(),
        to.offset(1).first_day(),
    );
    invoices.extend(billed.fetch_all(tx.conn()?).await?);
    invoices.sort_unstable();
    invoices.dedup();
    let invoices: Vec<InvoiceId> = invoices.into_iter().map(Into::into).collect();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for deferral in deferrals::of_invoices(tx, &invoices).await? {
        found.entry(deferral.invoice.uuid()).or_default().push(deferral);
    }
    Ok(found)
}

/// What lines bring, by what they charge for.
fn parts(
    lines: &[Deferral],
    of: impl Fn(&rules::Deferral) -> std::result::Result<Money, MoneyError>,
) -> Result<Parts> {
    let part = |line: &Deferral| {
        let minor = of(&line.rule).map_err(|_| StoreError::Corrupt("deferrals.net_minor"))?.amount_minor();
        let none = Parts::default();
        Ok(match line.kind {
            _ if line.has_rhythm => Parts { spread: minor, ..none },
            LineKind::BaseFee => Parts { fees: minor, ..none },
            LineKind::Usage => Parts { usage: minor, ..none },
            LineKind::OneOff | LineKind::LateFee => Parts { once: minor, ..none },
            LineKind::Discount | LineKind::Minimum | LineKind::Maximum => {
                Parts { adjustments: minor, ..none }
            }
        })
    };
    let parts: Vec<_> = lines.iter().map(part).collect::<Result<_>>()?;
    Ok(parts.into_iter().sum())
}

/// What was charged ahead in a currency and is yet to be earned, in minor units.
pub async fn deferred(tx: &mut TenantTx, currency: Currency) -> Result<i64> {
    let tenant = tx.tenant();
    let sum = sqlx::query_scalar!(
        r#"select coalesce(-sum(e.amount_minor), 0)::bigint as "sum!"
           from ledger_entries e join ledger_transactions t on t.tenant_id = e.tenant_id and t.id = e.transaction_id
           where e.tenant_id = $1 and e.account = 'deferred_revenue' and t.currency = $2"#,
        tenant.uuid(),
        currency.code(),
    );
    Ok(sum.fetch_one(tx.conn()?).await?)
}
