//! The lines of invoices.

use std::collections::BTreeMap;

use domain::{
    ids::{CustomerId, Id, InvoiceId, InvoiceLineId, SubscriptionId},
    money::Money,
    periods::Period,
    pricing::{RatedLine, Step},
    subscriptions::PricesRef,
    tax,
};
use rust_decimal::Decimal;
use sqlx::types::Json;

use super::{Invoice, drafts::Parts};
use crate::{Result, StoreError, TenantTx, error::parse, subscriptions::kept};

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its id.
    pub id: InvoiceLineId,
    /// Of which subscription; none for what is charged once.
    pub subscription: Option<SubscriptionId>,
    /// What it says and charges.
    pub rated: RatedLine,
    /// The days that it charges for.
    pub days: Period,
    /// The period of the fee that it is of, where that has a rhythm of its own.
    pub fee: Option<Period>,
    /// The product class that its tax goes by; none is the standard one.
    pub tax_class: Option<String>,
    /// What of it was credited.
    pub credited: Money,
}

impl Line {
    /// The product class that its tax goes by.
    pub fn tax_class(&self) -> &str {
        tax::class_of(self.rated.kind, self.tax_class.as_deref())
    }
}

/// A line to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLine {
    /// Of which subscription; none for what is charged once.
    pub subscription: Option<SubscriptionId>,
    /// What it says and charges.
    pub rated: RatedLine,
    /// The days that it charges for.
    pub days: Period,
    /// The period of the fee that it is of, where that has a rhythm of its own.
    pub fee: Option<Period>,
    /// The prices of that fee and how many times it is charged, where it is in advance.
    pub ahead: Option<(PricesRef, u32)>,
    /// The product class that its tax goes by; none is the standard one.
    pub tax_class: Option<String>,
}

/// Adds lines to drafts.
pub async fn add_lines(tx: &mut TenantTx, drafts: &[(InvoiceId, CustomerId, &[NewLine])]) -> Result<()> {
    let tenant = tx.tenant();
    let Parts { invoices, customers, places, each: new } = Parts::of(drafts);
    let lines = || new.iter().map(|line| &line.rated);
    let subscriptions: Vec<_> = new.iter().map(|line| line.subscription.map(Id::uuid)).collect();
    let ids: Vec<_> = new.iter().map(|_| tx.new_id::<InvoiceLineId>().uuid()).collect();
    let starts: Vec<_> = new.iter().map(|line| line.days.start()).collect();
    let ends: Vec<_> = new.iter().map(|line| line.days.end()).collect();
    let fee_starts: Vec<_> = new.iter().map(|line| line.fee.map(Period::start)).collect();
    let fee_ends: Vec<_> = new.iter().map(|line| line.fee.map(Period::end)).collect();
    let fee_plans: Vec<_> = new.iter().map(|line| line.ahead.map(|(prices, _)| prices.plan.uuid())).collect();
    let fee_versions: Vec<_> = new.iter().map(|line| line.ahead.map(|(prices, _)| prices.version)).collect();
    let fee_times: Vec<_> = new.iter().map(|line| line.ahead.map_or(1, |(_, times)| kept(times))).collect();
    let classes: Vec<_> = new.iter().map(|line| line.tax_class.clone().unwrap_or_default()).collect();
    let kinds: Vec<_> = lines().map(|line| line.kind.as_str().to_owned()).collect();
    let metrics: Vec<_> = lines().map(|line| line.metric.clone().unwrap_or_default()).collect();
    let descriptions: Vec<_> = lines().map(|line| line.description.clone()).collect();
    let units: Vec<_> = lines().map(|line| line.unit.clone().unwrap_or_default()).collect();
    let used: Vec<_> = lines().map(|line| line.used).collect();
    let included: Vec<_> = lines().map(|line| line.included).collect();
    let quantities: Vec<_> = lines().map(|line| line.quantity).collect();
    let prices: Vec<_> = lines().map(|line| line.unit_price).collect();
    let amounts: Vec<_> = lines().map(|line| line.amount.amount_minor()).collect();
    let events: Vec<_> = lines().map(|line| line.events).collect();
    let groups: Vec<_> = lines().map(|line| Json(&line.group)).collect();
    let levels: Vec<_> = lines().map(|line| line.closing_level).collect();
    let derivations: Vec<_> = lines().map(|line| Json(&line.derivation)).collect();
    sqlx::query!(
        "insert into invoice_lines (tenant_id, invoice_id, customer_id, id, position, kind, metric, description, unit,
                                    used, included, quantity, unit_price, amount_minor, events, usage_group,
                                    closing_level, derivation, service_start, service_end, tax_class, fee_start, fee_end,
                                    fee_plan_id, fee_price_version, fee_quantity, subscription_id)
         select $1, invoice, customer, id, place, kind, nullif(metric, ''), description, nullif(unit, ''), used, included,
                quantity, unit_price, amount_minor, events, usage_group, closing_level, derivation, service_start,
                service_end, nullif(tax_class, ''), fee_start, fee_end, fee_plan, fee_version, fee_times, subscription
         from unnest($2::uuid[], $3::uuid[], $20::int[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[], $13::bigint[], $14::bigint[],
                     $15::jsonb[], $16::numeric[], $17::jsonb[], $18::date[], $19::date[], $21::text[],
                     $22::date[], $23::date[], $24::uuid[], $25::int[], $26::int[], $27::uuid[])
              as i (invoice, customer, place, id, kind, metric, description, unit, used, included, quantity, unit_price,
                    amount_minor, events, usage_group, closing_level, derivation, service_start, service_end, tax_class,
                    fee_start, fee_end, fee_plan, fee_version, fee_times, subscription)",
        tenant.uuid(),
        &invoices,
        &customers,
        &ids,
        &kinds,
        &metrics,
        &descriptions,
        &units,
        &used,
        &included,
        &quantities,
        &prices as _,
        &amounts,
        &events,
        &groups as _,
        &levels as _,
        &derivations as _,
        &starts,
        &ends,
        &places,
        &classes,
        &fee_starts as _,
        &fee_ends as _,
        &fee_plans as _,
        &fee_versions as _,
        &fee_times,
        &subscriptions as _,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// The lines of an invoice, in their order.
pub async fn lines(tx: &mut TenantTx, invoice: &Invoice) -> Result<Vec<Line>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select l.id, l.subscription_id, l.kind, l.metric, l.description, l.unit, l.used, l.included, l.quantity, l.unit_price,
                  l.amount_minor, l.events, l.usage_group as "group: Json<BTreeMap<String, String>>", l.closing_level,
                  l.derivation as "derivation: Json<Vec<Step>>", l.service_start, l.service_end, l.tax_class,
                  l.fee_start, l.fee_end,
                  (select coalesce(sum(n.amount_minor), 0)::bigint from credit_note_lines n
                   where n.tenant_id = l.tenant_id and n.invoice_id = l.invoice_id and n.invoice_line_id = l.id)
                      as "credited_minor!"
           from invoice_lines l where l.tenant_id = $1 and l.invoice_id = $2 order by l.position"#,
        tenant.uuid(),
        invoice.id.uuid()
    )
    .fetch_all(tx.conn()?)
    .await?;
    let plain = |value: Decimal| value.normalize();
    rows.into_iter()
        .map(|row| {
            Ok(Line {
                id: row.id.into(),
                subscription: row.subscription_id.map(Into::into),
                days: Period::new(row.service_start, row.service_end)
                    .ok_or(StoreError::Corrupt("invoice_lines.service_start"))?,
                fee: row.fee_start.zip(row.fee_end).and_then(|(start, end)| Period::new(start, end)),
                tax_class: row.tax_class,
                credited: Money::new(row.credited_minor, invoice.total.currency()),
                rated: RatedLine {
                    kind: parse(&row.kind, "invoice_lines.kind")?,
                    metric: row.metric,
                    description: row.description,
                    unit: row.unit,
                    used: plain(row.used),
                    included: plain(row.included),
                    quantity: plain(row.quantity),
                    unit_price: row.unit_price.map(plain),
                    amount: Money::new(row.amount_minor, invoice.total.currency()),
                    events: row.events,
                    group: row.group.0,
                    closing_level: row.closing_level.map(plain),
                    derivation: row.derivation.0,
                },
            })
        })
        .collect()
}
