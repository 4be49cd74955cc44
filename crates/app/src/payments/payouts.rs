//! What the tenant has at the provider, and how it reaches the bank. The provider makes payouts; here is what it says of
//! them. The ledger has nothing of them: its cash is what came in before the provider's own fees, of which a payout is less.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use connectors::stripe::{Balance, PayoutItem, PayoutTold, ProviderError};
use domain::{
    ids::PayoutId,
    money::Money,
    payouts::{PayoutItemKind, PayoutStatus},
};
use serde_json::json;
use store::{
    NewEvent, Scope, SystemTx, TenantTx,
    jobs::{self, NewJob},
    payments,
    payouts::{self, Paid, Payout, Told},
};

use crate::{
    App, AppError, Result,
    payments::{account, provider, upstream},
};

/// The kind of the job.
pub(crate) const KIND: &str = "payments.payouts";

/// How often the last payouts are read, whatever was told of them.
const EVERY: TimeDelta = TimeDelta::days(1);

/// What ended longer ago than this when it is heard of for the first time is no news: the account is older than its place here.
const NEWS_FOR: TimeDelta = TimeDelta::days(30);

/// What an account has, and when it was asked.
pub async fn balance(app: &App, scope: &Scope) -> Result<(Balance, DateTime<Utc>)> {
    let provider = provider(app)?;
    let account = app.store().read(scope, async |tx| account(tx).await).await?;
    let read_at = app.store().clock().now();
    Ok((provider.balance(&account).await.map_err(upstream)?, read_at))
}

/// Asks the provider for the last payouts and notes what it says; says when it was asked.
pub async fn refresh(app: &App, scope: &Scope) -> Result<DateTime<Utc>> {
    let provider = provider(app)?;
    let store = app.store();
    let account = store.read(scope, async |tx| account(tx).await).await?;
    let read_at = store.clock().now();
    let mut told: Vec<Told> =
        provider.payouts(&account).await.map_err(upstream)?.into_iter().map(kept).collect();
    // In the order in which they were made: so the trail tells of them.
    told.reverse();
    store
        .write(scope, async |tx| {
            tx.without_event();
            let references: Vec<_> = told.iter().map(|told| told.reference.clone()).collect();
            let known = payouts::by_references(tx, &references).await?;
            for told in &told {
                if known.get(&told.reference).is_none_or(|known| known.told != *told) {
                    note(tx, told, read_at).await?;
                }
            }
            Ok::<_, AppError>(payouts::mark_read(tx, &account, read_at).await?)
        })
        .await?;
    Ok(read_at)
}

/// The job: reads the last payouts.
pub(crate) async fn work(app: &App, scope: &Scope) -> Result<()> {
    match refresh(app, scope).await {
        // The account is out of reach for good, or nearly so: tomorrow is soon enough to ask again.
        Err(AppError::Upstream { retry: false, detail, .. }) => {
            tracing::warn!(detail, "the payouts of an account cannot be read");
            let now = app.store().clock().now();
            app.store()
                .write(scope, async |tx| {
                    tx.without_event();
                    let account = account(tx).await?;
                    Ok::<_, AppError>(payouts::mark_read(tx, &account, now).await?)
                })
                .await
        }
        outcome => outcome.map(drop),
    }
}

/// Has the last payouts read soon.
pub(crate) async fn read_soon(tx: &mut TenantTx) -> Result<()> {
    jobs::enqueue(tx, &NewJob::now(KIND, json!({}))).await?;
    Ok(())
}

/// Has the last payouts read where that is due: what an event has not told is found so, and that a bank has sent a payout
/// back.
pub(crate) async fn look_after(tx: &mut SystemTx) -> Result<()> {
    let since = tx.now() - EVERY;
    for tenant in payouts::unread(tx, since).await? {
        jobs::again_for(tx, tenant, &NewJob::now(KIND, json!({}))).await?;
    }
    Ok(())
}

/// Asks how a payout stands that the provider has told of.
pub(crate) async fn changed(app: &App, scope: &Scope, own: &str, payout: &str) -> Result<()> {
    let read_at = app.store().clock().now();
    let told = match provider(app)?.payout(own, payout).await {
        Ok(told) => kept(told),
        // Nothing is billed in its currency: it is none of what is told here.
        Err(ProviderError::Rejected { code, .. }) if code == "unsupported_currency" => return Ok(()),
        Err(error) => return Err(upstream(error)),
    };
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            if payments::account(tx).await?.is_some_and(|account| account.account == own) {
                note(tx, &told, read_at).await?;
            }
            Ok(())
        })
        .await
}

fn kept(told: PayoutTold) -> Told {
    Told {
        reference: told.payout,
        amount: told.amount,
        status: told.status,
        automatic: told.automatic,
        method: told.method,
        statement_descriptor: told.statement_descriptor,
        arrives_on: told.arrives_on,
        failure_code: told.failure_code,
        failure: told.failure,
        made_at: told.made_at,
    }
}

/// Brings what we know of a payout up to what the provider said of it at a time. A state never goes back; and of two answers
/// in one state, the one that was asked for last holds.
async fn note(tx: &mut TenantTx, told: &Told, read_at: DateTime<Utc>) -> Result<()> {
    let (known, is_new) = payouts::keep(tx, told, read_at).await?;
    let (before, after) = (known.told.status, told.status);
    let is_later = after.rank() > before.rank() || after == before && read_at >= known.read_at;
    if !is_new {
        if !is_later {
            return Ok(());
        }
        payouts::update(tx, known.id, told, read_at).await?;
        if after == before {
            return Ok(());
        }
    }
    let kind = match after {
        PayoutStatus::Pending | PayoutStatus::InTransit => return Ok(()),
        PayoutStatus::Paid => "payout.paid",
        PayoutStatus::Failed => "payout.failed",
        PayoutStatus::Canceled => "payout.canceled",
    };
    if is_new && told.made_at < read_at - NEWS_FOR {
        return Ok(());
    }
    let data = json!({
        "reference": told.reference,
        "amount": told.amount,
        "arrives_on": told.arrives_on,
        "failure_code": told.failure_code,
        "reason": told.failure,
    });
    tx.record(NewEvent::new(kind, format!("payout:{}", known.id), data));
    Ok(())
}

/// A part of a payout, and what of ours it is about.
#[derive(Debug, Clone)]
pub struct Item {
    /// What the provider says of it.
    pub told: PayoutItem,
    /// The payment, where it is one of ours.
    pub paid: Option<Paid>,
    /// The earlier payout that came back, or another one.
    pub payout: Option<PayoutId>,
}

/// What is in a payout.
#[derive(Debug, Clone)]
pub struct Contents {
    /// The newest first.
    pub items: Vec<Item>,
    /// What each kind comes to, in the order of the kinds: how many, and the amount before and after what was kept of it.
    pub sums: Vec<(PayoutItemKind, Sum)>,
    /// What of the payout none of this explains.
    pub unexplained: Money,
}

/// What things of one kind come to.
#[derive(Debug, Clone, Copy)]
pub struct Sum {
    /// How many.
    pub count: i64,
    /// Before what was kept of it.
    pub amount: Money,
    /// What the platform has kept of it.
    pub platform_fee: Money,
    /// What the provider has kept of it.
    pub provider_fee: Money,
    /// What is left.
    pub net: Money,
}

/// Asks what is in a payout.
pub async fn contents(app: &App, scope: &Scope, id: PayoutId) -> Result<Contents> {
    let store = app.store();
    let payout = store.read(scope, async |tx| Ok::<_, AppError>(payouts::get(tx, id).await?)).await?;
    if !payout.told.automatic {
        return Err(AppError::conflict(
            "payout_not_itemised",
            "Somebody asked for this payout: Stripe does not know what is in it, only in those of its schedule.",
        ));
    }
    let provider = provider(app)?;
    let account = store.read(scope, async |tx| account(tx).await).await?;
    let found = provider.payout_items(&account, &payout.told.reference).await.map_err(upstream)?;
    let named = |name: fn(&PayoutItem) -> Option<&String>| {
        let mut names: Vec<String> = found.items.iter().filter_map(name).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let (paid, about) = (named(|item| item.payment.as_ref()), named(|item| item.about.as_ref()));
    let (paid, known) = store
        .read(scope, async |tx| {
            Ok::<_, AppError>((
                payouts::payments(tx, &paid).await?,
                payouts::by_references(tx, &about).await?,
            ))
        })
        .await?;
    let (sums, unexplained) = sums(&payout, &found.items)?;
    Ok(Contents { items: linked(found.items, &paid, &known), sums, unexplained })
}

fn linked(
    items: Vec<PayoutItem>,
    paid: &HashMap<String, Paid>,
    known: &HashMap<String, Payout>,
) -> Vec<Item> {
    items
        .into_iter()
        .map(|told| Item {
            paid: told.payment.as_ref().and_then(|name| paid.get(name)).cloned(),
            payout: told.about.as_ref().and_then(|name| known.get(name)).map(|payout| payout.id),
            told,
        })
        .collect()
}

/// What each kind comes to, and what of the payout is left.
fn sums(payout: &Payout, items: &[PayoutItem]) -> Result<(Vec<(PayoutItemKind, Sum)>, Money)> {
    let zero = Money::zero(payout.told.amount.currency());
    let mut sums = Vec::new();
    let mut left = payout.told.amount;
    for kind in PayoutItemKind::ALL {
        let mut sum = Sum { count: 0, amount: zero, platform_fee: zero, provider_fee: zero, net: zero };
        for item in items.iter().filter(|item| item.kind == *kind) {
            sum.count += 1;
            for (whole, part) in [
                (&mut sum.amount, item.amount),
                (&mut sum.platform_fee, item.platform_fee),
                (&mut sum.provider_fee, item.provider_fee),
                (&mut sum.net, item.net),
            ] {
                *whole = whole.checked_add(part).map_err(AppError::internal)?;
            }
        }
        if sum.count > 0 {
            left = left.checked_sub(sum.net).map_err(AppError::internal)?;
            sums.push((*kind, sum));
        }
    }
    Ok((sums, left))
}
