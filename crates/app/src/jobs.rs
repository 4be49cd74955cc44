//! Background work: one worker per process, any number of processes.

use std::{rc::Rc, time::Duration};

use chrono::{Datelike as _, Months, TimeDelta};
use domain::ids::{JobId, TenantId};
use store::{
    Reason, SystemTx,
    jobs::{self, ClaimedJob},
    maintenance, rate_limits, sessions,
};
use tokio::{sync::watch, task::LocalSet};
use tracing::Instrument as _;

use crate::{
    App, AppError, Result, credits, dunning,
    invoices::{self, deferrals, unused},
    mail, payments, roll_ups, sandboxes,
};

/// How many jobs one process works on at the same time.
const CONCURRENCY: usize = 8;
/// How many beside the runs of invoices that it is at work on: what they leave to be done, mails above all, can wait until
/// all is issued, and must not hold up anything else for long either.
const BESIDE_RUNS: usize = 1;
/// How long to wait when nothing announces work: for jobs that were put back for later.
const POLL: Duration = Duration::from_secs(1);
/// How long to wait for a job that somebody else is at work on.
const A_MOMENT: Duration = Duration::from_millis(10);
/// Renewed well before the lease ends.
const RENEW: Duration = Duration::from_secs(10);

/// Works until told to stop; then finishes what it has begun.
pub async fn work(app: &App, worker: &str, mut stop: watch::Receiver<bool>) {
    let local = LocalSet::new();
    local
        .run_until(async {
            let mut running = tokio::task::JoinSet::new();
            // Held by every run that is under way.
            let runs = Rc::new(());
            let mut listener = app.store().listen("bailiwick_jobs").await.ok();
            let mut next_upkeep = app.store().clock().now();
            while !*stop.borrow() {
                if app.store().clock().now() >= next_upkeep {
                    match upkeep(app).await {
                        Ok(()) => next_upkeep = app.store().clock().now() + TimeDelta::hours(1),
                        Err(error) => {
                            tracing::error!(%error, "upkeep failed");
                            next_upkeep = app.store().clock().now() + TimeDelta::minutes(1);
                        }
                    }
                }
                while running.try_join_next().is_some() {}
                let places = match Rc::strong_count(&runs) - 1 {
                    0 => CONCURRENCY,
                    runs => runs + BESIDE_RUNS,
                };
                let free = places.min(CONCURRENCY).saturating_sub(running.len());
                let claimed = if free == 0 { Ok(Vec::new()) } else { claim(app, worker, free, None).await };
                let idle = match claimed {
                    Ok(jobs) => {
                        let idle = jobs.is_empty();
                        for job in jobs {
                            let (app, worker) = (app.clone(), worker.to_owned());
                            let one_of_the_runs = (job.kind == invoices::RUN).then(|| Rc::clone(&runs));
                            running.spawn_local(async move {
                                run(&app, &worker, &job).await;
                                drop(one_of_the_runs);
                            });
                        }
                        idle
                    }
                    Err(error) => {
                        tracing::warn!(%error, "jobs cannot be claimed");
                        true
                    }
                };
                if !idle {
                    continue;
                }
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    () = announced(&mut listener) => {}
                    _ = running.join_next(), if !running.is_empty() => {}
                    _ = stop.changed() => {}
                }
            }
            while running.join_next().await.is_some() {}
        })
        .await;
}

async fn announced(listener: &mut Option<store::Listener>) {
    match listener {
        Some(listener) => {
            if listener.next().await.is_err() {
                tokio::time::sleep(POLL).await;
            }
        }
        None => std::future::pending().await,
    }
}

async fn claim(
    app: &App,
    worker: &str,
    free: usize,
    of: Option<(TenantId, JobId)>,
) -> Result<Vec<ClaimedJob>> {
    let limit = i64::try_from(free).map_err(AppError::internal)?;
    Ok(app.store().system(Reason::Jobs, async |tx| jobs::claim(tx, worker, limit, of).await).await?)
}

/// Does every job of a tenant, besides the one that asks for it, and waits for those that others are at work on. What has
/// failed several times is not waited for.
pub(crate) async fn settle(app: &App, tenant: TenantId, but: JobId) -> Result<()> {
    loop {
        let jobs = claim(app, "settle", CONCURRENCY, Some((tenant, but))).await?;
        let idle = jobs.is_empty();
        for job in jobs {
            run(app, "settle", &job).await;
        }
        if idle {
            let left =
                app.store().system(Reason::Jobs, async |tx| jobs::unfinished(tx, tenant, but).await).await?;
            if left == 0 {
                return Ok(());
            }
            tokio::time::sleep(A_MOMENT).await;
        }
    }
}

/// Does every job that is due, one after the other, and says how many. For tests and for setting up
/// the demo world, which want to know when all is done.
pub async fn drain(app: &App) -> Result<usize> {
    let mut done = 0;
    loop {
        let jobs = claim(app, "drain", CONCURRENCY, None).await?;
        if jobs.is_empty() {
            return Ok(done);
        }
        for job in jobs {
            run(app, "drain", &job).await;
            done += 1;
        }
    }
}

async fn run(app: &App, worker: &str, job: &ClaimedJob) {
    let span = tracing::info_span!("job", job.id = %job.id, job.kind, job.attempts);
    async {
        // What all kinds of work have to remember is large: it is not for the stack of whoever asks.
        let mut work = Box::pin(dispatch(app, job));
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                () = tokio::time::sleep(RENEW) => {
                    let renewed =
                        app.store().system(Reason::Jobs, async |tx| jobs::renew(tx, job, worker).await).await;
                    if let Err(error) = renewed {
                        tracing::warn!(%error, "the lease could not be renewed");
                    }
                }
            }
        };
        let settled = match &outcome {
            Ok(()) => {
                metrics::counter!("bailiwick_jobs_total", "kind" => job.kind.clone(), "outcome" => "done")
                    .increment(1);
                app.store().system(Reason::Jobs, async |tx| jobs::complete(tx, job, worker).await).await
            }
            Err(error) => {
                let again = error.is_transient() && job.attempts < job.max_attempts;
                let retry_at = again.then(|| app.store().clock().now() + backoff(job.attempts));
                metrics::counter!("bailiwick_jobs_total", "kind" => job.kind.clone(),
                    "outcome" => if again { "retried" } else { "dead" })
                .increment(1);
                if again {
                    tracing::warn!(%error, ?retry_at, "job failed and will be tried again");
                } else {
                    tracing::error!(%error, "job failed for good");
                }
                let text = error.to_string();
                app.store()
                    .system(Reason::Jobs, async |tx| jobs::fail(tx, job, worker, retry_at, &text).await)
                    .await
            }
        };
        if let Err(error) = settled {
            // The lease runs out and the job is done again; each is made to bear that.
            tracing::error!(%error, "job could not be settled");
        }
    }
    .instrument(span)
    .await;
}

/// 5 s, 10 s, 20 s … up to an hour.
fn backoff(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    TimeDelta::seconds((5 * 2i64.pow(doublings)).min(3600))
}

async fn dispatch(app: &App, job: &ClaimedJob) -> Result<()> {
    match job.kind.as_str() {
        mail::SEND => mail::send(app, job.scope(), &job.payload).await,
        payments::STRIPE_EVENT => payments::work(app, job.scope(), &job.payload).await,
        credits::TELL => credits::tell(app, job.scope(), &job.payload).await,
        credits::EXPIRE => credits::work(app, job.scope(), &job.payload).await,
        unused::GIVE_BACK => Box::pin(unused::work(app, job.scope())).await,
        deferrals::RECOGNIZE => deferrals::work(app, job.scope()).await,
        dunning::STEP => dunning::work(app, job.scope(), &job.payload).await,
        dunning::RELEASE => dunning::resume(app, job.scope(), &job.payload).await,
        payments::dispute::KIND => payments::dispute::work(app, job.scope(), &job.payload).await,
        roll_ups::KIND => roll_ups::work(app, job.scope(), &job.payload).await,
        payments::payouts::KIND => payments::payouts::work(app, job.scope()).await,
        payments::meters::PUSH => payments::meters::work(app, job.scope()).await,
        payments::meters::RECONCILE => payments::meters::reconcile(app, job.scope()).await,
        payments::pages::KIND => payments::pages::work(app, job.scope(), &job.payload).await,
        payments::refund::KIND => payments::refund::work(app, job.scope(), &job.payload).await,
        payments::charge::KIND => payments::charge::work(app, job.scope(), &job.payload).await,
        // Works on other jobs in turn.
        sandboxes::ADVANCE => Box::pin(sandboxes::work(app, job)).await,
        invoices::RUN => {
            let run: invoices::RunPayload = payload(&job.payload)?;
            Box::pin(invoices::run(app, job.scope(), run)).await.map(|_| ())
        }
        kind => Err(AppError::conflict("unknown_job", format!("There is no handler for `{kind}`."))),
    }
}

/// Reads what a job needs to know.
pub(crate) fn payload<T: serde::de::DeserializeOwned>(payload: &serde_json::Value) -> Result<T> {
    serde_json::from_value(payload.clone())
        .map_err(|error| AppError::conflict("bad_job", format!("The job's payload cannot be read: {error}")))
}

/// What is due every hour. Several instances may do it at once.
pub async fn upkeep(app: &App) -> Result<()> {
    app.store()
        .system(Reason::Maintenance, async |tx| {
            let now = tx.now();
            let today = now.date_naive();
            let month = today.with_day(1).unwrap_or(today);
            let from = month.checked_sub_months(Months::new(24)).unwrap_or(month);
            let until = month.checked_add_months(Months::new(3)).unwrap_or(month);
            maintenance::ensure_partitions(tx, from, until).await?;
            maintenance::forget_idempotency_keys(tx, now - TimeDelta::days(7)).await?;
            rate_limits::forget_before(tx, now - TimeDelta::days(1)).await?;
            sessions::forget_before(tx, now - TimeDelta::days(90)).await?;
            payments::charge::look_after(tx).await?;
            payments::refund::look_after(tx).await?;
            payments::dispute::look_after(tx).await?;
            payments::pages::look_after(tx).await?;
            payments::payouts::look_after(tx).await?;
            payments::meters::look_after(tx).await?;
            payments::look_after(tx).await?;
            roll_ups::look_after(tx).await?;
            look_after_billing(tx, None).await?;
            Ok::<_, AppError>(())
        })
        .await
}

/// What a day brings to those who bill: of all tenants that live by the real time, or of a sandbox. Says how much was
/// queued.
pub(crate) async fn look_after_billing(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<usize> {
    let credit = credits::look_after(tx, sandbox).await?;
    let unused = unused::look_after(tx, sandbox).await?;
    let earned = deferrals::look_after(tx, sandbox).await?;
    Ok(credit
        + unused
        + earned
        + invoices::look_after(tx, sandbox).await?
        + dunning::look_after(tx, sandbox).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_but_never_for_ever() {
        assert_eq!(backoff(1), TimeDelta::seconds(5));
        assert_eq!(backoff(3), TimeDelta::seconds(20));
        assert_eq!(backoff(100), TimeDelta::seconds(2560));
        assert_eq!(backoff(0), TimeDelta::seconds(5));
    }
}
