//! What was earned, by the month that it was billed for.

use std::collections::{HashMap, HashSet};

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
    /// What it brings, by part.
    pub parts: Parts,
    /// What of it recurs, by the plans that it bills.
    pub plans: Vec<OfPlan>,
}

/// What a subscription on an invoice brings that recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfPlan {
    /// The plan.
    pub plan: PlanId,
    /// Its name, in the version of its prices that the invoice bills.
    pub name: String,
    /// That version.
    pub version: i32,
    /// How much, in minor units.
    pub recurring: i64,
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
               select id, customer_id, period_start from invoices
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
               select l.invoice_id, l.subscription_id,
                      case when l.fee_start is not null then 'spread' when l.kind = 'base_fee' then 'fees'
                           when l.kind = 'usage' then 'usage' when l.kind in ('one_off', 'late_fee') then 'once'
                           else 'adjustments' end as part,
                      sum(l.amount_minor - coalesce(c.amount, 0)) as amount
               from billed i join invoice_lines l on l.tenant_id = $1 and l.invoice_id = i.id
                    left join credited c on c.invoice_id = l.invoice_id and c.invoice_line_id = l.id
                    left join deferrals d on d.tenant_id = $1 and d.invoice_id = l.invoice_id and d.invoice_line_id = l.id
               where d.invoice_id is null
               group by 1, 2, 3)
           select i.id, i.customer_id, i.period_start, coalesce(b.revenue, 0)::bigint as "revenue!", l.subscription_id,
                  coalesce(sum(l.amount) filter (where l.part = 'fees'), 0)::bigint as "fees!",
                  coalesce(sum(l.amount) filter (where l.part = 'usage'), 0)::bigint as "usage!",
                  coalesce(sum(l.amount) filter (where l.part = 'adjustments'), 0)::bigint as "adjustments!",
                  coalesce(sum(l.amount) filter (where l.part = 'once'), 0)::bigint as "once!",
                  coalesce(sum(l.amount) filter (where l.part = 'spread'), 0)::bigint as "spread!"
           from billed i left join booked b on b.invoice_id = i.id left join lines l on l.invoice_id = i.id
           group by i.id, i.customer_id, i.period_start, b.revenue, l.subscription_id
           order by i.id"#,
        tenant.uuid(),
        currency.code(),
        from.first_day(),
        to.offset(1).first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let invoices: HashSet<_> =
        rows.iter().map(|row| row.id).chain(later.iter().map(|later| later.invoice)).collect();
    let plans = plans(tx, invoices.into_iter().collect()).await?;
    let mut found: Vec<(Uuid, Booked)> = Vec::with_capacity(rows.len() + later.len());
    for row in rows {
        let lines = Parts {
            fees: row.fees,
            usage: row.usage,
            adjustments: row.adjustments,
            once: row.once,
            spread: row.spread,
        };
        if found.last().is_none_or(|(id, _)| *id != row.id) {
            let (customer, month) = (row.customer_id.into(), Month::of(row.period_start));
            // In the invoice's month they bring what they bill for its days, in the same terms as its other lines.
            let bills =
                |rule: &rules::Deferral| rules::Deferral { net: rule.amount, ..*rule }.earned(rule.billed);
            let lines = parts(ahead.get(&row.id).map_or(&[][..], Vec::as_slice), bills)?;
            found.push((row.id, Booked { customer, month, revenue: row.revenue, lines }));
        }
        if let Some((_, booked)) = found.last_mut() {
            booked.lines.push((row.subscription_id, lines));
        }
    }
    for Later { invoice, mut booked } in later {
        let lines = ahead.get(&invoice).map_or(&[][..], Vec::as_slice);
        booked.lines = parts(lines, |rule| rule.earned_in(booked.month))?;
        found.push((invoice, booked));
    }
    let earned = |(invoice, booked): (Uuid, Booked)| {
        booked.by_plan(currency, plans.get(&invoice).map_or(&[][..], Vec::as_slice))
    };
    Ok(found.into_iter().map(earned).collect())
}

/// What an invoice has brought for a month, by the ledger, and by its lines.
struct Booked {
    customer: CustomerId,
    month: Month,
    revenue: i64,
    /// By subscription, which may come several times; what is charged once is of none.
    lines: Vec<(Option<Uuid>, Parts)>,
}

impl Booked {
    /// What recurs is the plans', in the proportion of their lines.
    fn by_plan(self, currency: Currency, plans: &[(Uuid, OfPlan)]) -> Earned {
        let sum =
            |lines: &mut dyn Iterator<Item = &(Option<Uuid>, Parts)>| lines.map(|(_, parts)| *parts).sum();
        let parts = Parts::of(self.revenue, sum(&mut self.lines.iter()));
        let weight = |(id, _): &(Uuid, OfPlan)| {
            let own: Parts = sum(&mut self.lines.iter().filter(|(of, _)| *of == Some(*id)));
            u64::try_from(own.recurring()).unwrap_or(0)
        };
        let weights: Vec<_> = plans.iter().map(weight).collect();
        let recurring = Money::new(parts.recurring(), currency).split(&weights);
        // Where no plan has anything to show, it is the first one's.
        let first = std::iter::once(Money::new(parts.recurring(), currency));
        let shares = recurring.unwrap_or_else(|| first.collect());
        let shares = shares.into_iter().map(Money::amount_minor).chain(std::iter::repeat(0));
        let plans = plans.iter().zip(shares);
        let plans = plans.map(|((_, plan), recurring)| OfPlan { recurring, ..plan.clone() });
        Earned { customer: self.customer, month: self.month, parts, plans: plans.collect() }
    }
}

/// The plans that invoices bill, by subscription.
async fn plans(tx: &mut TenantTx, invoices: Vec<Uuid>) -> Result<HashMap<Uuid, Vec<(Uuid, OfPlan)>>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "select invoice_id, subscription_id, plan_id, plan_name, plan_version from invoice_subscriptions
         where tenant_id = $1 and invoice_id = any ($2) order by invoice_id, position",
        tenant.uuid(),
        &invoices,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let (plan, name, version) = (row.plan_id.into(), row.plan_name, row.plan_version);
        let plan = OfPlan { plan, name, version, recurring: 0 };
        found.entry(row.invoice_id).or_default().push((row.subscription_id, plan));
    }
    Ok(found)
}

/// What a month earned of what an earlier invoice charged ahead, by the ledger.
struct Later {
    invoice: Uuid,
    /// Without its lines.
    booked: Booked,
}

async fn later(tx: &mut TenantTx, currency: Currency, from: Month, to: Month) -> Result<Vec<Later>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select i.id, i.customer_id, t.period_start as "month!", -sum(e.amount_minor)::bigint as "revenue!"
           from ledger_transactions t
                join ledger_entries e on e.tenant_id = t.tenant_id and e.transaction_id = t.id and e.account = 'revenue'
                join invoices i on i.tenant_id = t.tenant_id and i.id = t.invoice_id
           where t.tenant_id = $1 and t.kind = 'recognition' and t.currency = $2 and t.period_start >= $3
             and t.period_start < $4 and i.status <> 'void'
           group by i.id, i.customer_id, t.period_start"#,
        tenant.uuid(),
        currency.code(),
        from.first_day(),
        to.offset(1).first_day(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let later = rows.into_iter().map(|row| {
        let (customer, month) = (row.customer_id.into(), Month::of(row.month));
        Later { invoice: row.id, booked: Booked { customer, month, revenue: row.revenue, lines: Vec::new() } }
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
) -> Result<Vec<(Option<Uuid>, Parts)>> {
    let part = |line: &Deferral| {
        let minor = of(&line.rule).map_err(|_| StoreError::Corrupt("deferrals.net_minor"))?.amount_minor();
        let none = Parts::default();
        let parts = match line.kind {
            _ if line.has_rhythm => Parts { spread: minor, ..none },
            LineKind::BaseFee => Parts { fees: minor, ..none },
            LineKind::Usage => Parts { usage: minor, ..none },
            LineKind::OneOff | LineKind::LateFee => Parts { once: minor, ..none },
            LineKind::Discount | LineKind::Minimum | LineKind::Maximum => {
                Parts { adjustments: minor, ..none }
            }
        };
        Ok((line.subscription.map(domain::ids::Id::uuid), parts))
    };
    lines.iter().map(part).collect()
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
