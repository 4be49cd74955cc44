//! What was sent beside what the meters have.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use connectors::stripe::{PaymentProvider, ProviderError, UsageAsked, UsageHeld};
use domain::ids::CustomerId;
use rust_decimal::Decimal;
use serde_json::json;
use store::{
    Scope, TenantTx,
    meters::{self as kept, Checked, Meter, Sent},
};

use super::{of_customer, own_account};
use crate::{
    App, AppError, Result,
    payments::{provider, upstream},
};

/// How many days back are compared: as long as usage can be sent for them.
const DAYS: Days = Days::new(36);

/// How long the provider may take to add up what it took in.
const FRESH: TimeDelta = TimeDelta::hours(1);

/// The job: compares the sums of the days (UTC) that are over.
pub(crate) async fn reconcile(app: &App, scope: &Scope) -> Result<()> {
    let (store, provider) = (app.store(), provider(app)?);
    let Some(account) = store.read(scope, async |tx| own_account(tx).await).await? else { return Ok(()) };
    for meter in store.read(scope, async |tx| Ok::<_, AppError>(kept::all(tx).await?)).await? {
        let Some(reference) = &meter.reference else { continue };
        if meter.account.as_ref() == Some(&account) {
            compare(app, scope, provider.as_ref(), &account, &meter, reference).await?;
        }
    }
    Ok(())
}

async fn compare(
    app: &App,
    scope: &Scope,
    provider: &dyn PaymentProvider,
    account: &str,
    meter: &Meter,
    reference: &str,
) -> Result<()> {
    let store = app.store();
    let now = store.clock().now();
    let today = now.date_naive();
    let first = today.checked_sub_days(DAYS).unwrap_or(today);
    let (from, until) = (midnight(first), midnight(today));
    let sent = store
        .read(scope, async |tx| {
            Ok::<_, AppError>(kept::sent_since(tx, meter.id, (from, until), now - FRESH).await?)
        })
        .await?;
    let mut sums = Sums::default();
    for of_payer in sent.chunk_by(|one, next| (one.customer, &one.payer) == (next.customer, &next.payer)) {
        let Some(Sent { customer, payer, .. }) = of_payer.first() else { continue };
        let asked = UsageAsked {
            account: account.to_owned(),
            meter: reference.to_owned(),
            payer: payer.clone(),
            from,
            until,
            by_day: true,
        };
        let held = match provider.usage_held(asked).await {
            Ok(held) => held,
            // The customer, or the meter, is gone there: so is what it had.
            Err(ProviderError::Rejected { code, .. }) if code == "resource_missing" => Vec::new(),
            Err(error) => return Err(upstream(error)),
        };
        sums.add(*customer, of_payer, &held);
    }
    let checked = sums.checked();
    store
        .write(scope, async |tx| {
            tx.without_event();
            tell(tx, meter, &checked, now).await?;
            Ok::<_, AppError>(kept::reconciled(tx, meter.id, now).await?)
        })
        .await
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// How many digits the provider keeps of a quantity.
const DIGITS: u32 = 15;

/// What was sent, and what is held, of customers' days; nothing of days that are still moving.
#[derive(Default)]
struct Sums(BTreeMap<(CustomerId, NaiveDate), Option<(Decimal, Decimal)>>);

impl Sums {
    fn add(&mut self, customer: CustomerId, sent: &[Sent], held: &[UsageHeld]) {
        for one in sent {
            let sum = self.0.entry((customer, one.day)).or_insert(Some(Default::default()));
            match sum {
                Some((ours, _)) if !one.is_moving => *ours += one.quantity,
                _ => *sum = None,
            }
        }
        let is_known = |sums: &Self, day| sums.0.contains_key(&(customer, day));
        for one in held {
            if one.value.is_zero() && !is_known(self, one.from.date_naive()) {
                continue;
            }
            let sum = self.0.entry((customer, one.from.date_naive())).or_insert(Some(Default::default()));
            if let Some((_, theirs)) = sum {
                *theirs += one.value;
            }
        }
    }

    fn checked(self) -> Vec<Checked> {
        let both = self.0.into_iter().filter_map(|((customer, day), sum)| {
            sum.map(|(ours, theirs)| {
                let theirs = if is_same(ours, theirs) { ours } else { theirs };
                Checked { customer, day, ours, theirs }
            })
        });
        both.collect()
    }
}

/// Whether two sums are the same to as many digits as the provider keeps: it adds up in binary fractions.
fn is_same(ours: Decimal, theirs: Decimal) -> bool {
    ours.round_sf(DIGITS) == theirs.round_sf(DIGITS)
}

/// Keeps what was compared, and tells of a difference once: when it is found, and when it is another one.
async fn tell(tx: &mut TenantTx, meter: &Meter, checked: &[Checked], now: DateTime<Utc>) -> Result<()> {
    for one in kept::keep_checks(tx, meter.id, checked, now).await? {
        let data = json!({
            "metric": meter.metric,
            "day": one.day,
            "sent": one.ours.to_string(),
            "held": one.theirs.to_string(),
        });
        tx.record(of_customer("meter.difference", one.customer, data));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_binary_fraction_cannot_hold_is_no_difference() {
        let of = |text: &str| text.parse::<Decimal>().unwrap();
        assert!(is_same(of("1234567890.123456789"), of("1234567890.12345678")));
        assert!(is_same(of("0.3"), of("0.300000000")));
        assert!(!is_same(of("0.3"), of("0.300000001")));
        assert!(!is_same(of("3"), of("0")));
    }
}
