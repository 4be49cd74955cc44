//! What is kept is sent, by the name that it has.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use connectors::stripe::{NewUsage, PaymentProvider, ProviderError, UsageAsked};
use domain::meters::PushStatus;
use rust_decimal::Decimal;
use serde_json::json;
use store::{
    NewEvent, Scope, TenantTx,
    meters::{self as kept, Told},
};

use super::of_customer;
use crate::{App, AppError, Result, payments::upstream};

/// How many are begun at a time.
const BATCH: i64 = 100;

/// How long the provider surely remembers a name. It says a day.
const REMEMBERS: TimeDelta = TimeDelta::hours(23);

/// What has become of one.
struct Outcome {
    told: Told,
    status: PushStatus,
    reason: Option<String>,
}

/// Sends all that is open. Where the provider is not there, what it has taken in by then is noted.
pub(super) async fn send_all(
    app: &App,
    scope: &Scope,
    provider: &dyn PaymentProvider,
    account: &str,
) -> Result<()> {
    let store = app.store();
    let mut after = None;
    loop {
        let now = store.clock().now();
        let begun = store
            .write(scope, async |tx| {
                tx.without_event();
                let next = kept::next_open(tx, account, after, BATCH).await?;
                let ids: Vec<_> = next.iter().map(|told| told.id).collect();
                kept::ask(tx, &ids, now).await?;
                Ok::<_, AppError>(next)
            })
            .await?;
        let Some(last) = begun.last() else { return Ok(()) };
        after = Some(last.id);
        let (mut outcomes, mut failure) = (Vec::with_capacity(begun.len()), None);
        for told in begun {
            match send(app, scope, provider, account, &told, now).await {
                Ok((status, reason)) => outcomes.push(Outcome { told, status, reason }),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        store.write(scope, async |tx| settle(tx, &outcomes).await).await?;
        if let Some(error) = failure {
            return Err(error);
        }
    }
}

/// Sends one. Where it was begun so long ago that the provider may have forgotten its name, what the meter has tells whether
/// it came through.
async fn send(
    app: &App,
    scope: &Scope,
    provider: &dyn PaymentProvider,
    account: &str,
    told: &Told,
    now: DateTime<Utc>,
) -> Result<(PushStatus, Option<String>)> {
    if told.asked_at.is_some_and(|asked_at| asked_at < now - REMEMBERS) {
        match came_through(app, scope, provider, account, told).await? {
            Some(true) => return Ok((PushStatus::Sent, None)),
            Some(false) => {}
            None => {
                let reason = "The answer was lost, and what the meter has fits neither way.";
                return Ok((PushStatus::Unclear, Some(reason.to_owned())));
            }
        }
        // From now on it counts as begun anew.
        app.store()
            .write(scope, async |tx| {
                tx.without_event();
                kept::lost(tx, told.id).await?;
                Ok::<_, AppError>(kept::ask(tx, &[told.id], now).await?)
            })
            .await?;
    }
    let usage = NewUsage {
        identifier: told.id.to_string(),
        account: account.to_owned(),
        event_name: told.event_name.clone(),
        payer: told.payer.clone(),
        value: told.quantity,
        happened_at: told.happened_at,
    };
    match provider.send_usage(usage).await {
        Ok(()) => Ok((PushStatus::Sent, None)),
        Err(ProviderError::Rejected { message, .. }) => Ok((PushStatus::Refused, Some(message))),
        Err(error) => Err(upstream(error)),
    }
}

/// Whether the meter has something: where it has of that minute what is known to be sent, and this, or without it. `None`
/// where it has something else.
async fn came_through(
    app: &App,
    scope: &Scope,
    provider: &dyn PaymentProvider,
    account: &str,
    told: &Told,
) -> Result<Option<bool>> {
    let minute = TimeDelta::minutes(1);
    let from = told.happened_at.duration_trunc(minute).map_err(AppError::internal)?;
    let until = from + minute;
    let asked = UsageAsked {
        account: account.to_owned(),
        meter: told.reference.clone(),
        payer: told.payer.clone(),
        from,
        until,
        by_day: false,
    };
    let held = provider.usage_held(asked).await.map_err(upstream)?;
    let held: Decimal = held.into_iter().map(|held| held.value).sum();
    let known = app
        .store()
        .read(scope, async |tx| Ok::<_, AppError>(kept::sent_at(tx, told, from, until).await?))
        .await?;
    Ok(match held - known {
        more if more == told.quantity => Some(true),
        more if more.is_zero() => Some(false),
        _ => None,
    })
}

async fn settle(tx: &mut TenantTx, outcomes: &[Outcome]) -> Result<()> {
    tx.without_event();
    let mut sent = 0;
    for Outcome { told, status, reason } in outcomes {
        // Somebody else may have sent it as well.
        if !kept::settle(tx, told.id, *status, reason.as_deref()).await? {
            continue;
        }
        if *status == PushStatus::Sent {
            sent += 1;
            continue;
        }
        let data = json!({"push": told.id, "meter": told.event_name, "status": status, "reason": reason});
        tx.record(of_customer("usage.push_failed", told.customer, data));
    }
    if sent > 0 {
        let subject = format!("tenant:{}", tx.tenant());
        tx.record(NewEvent::new("usage.pushed", subject, json!({"count": sent})));
    }
    Ok(())
}
