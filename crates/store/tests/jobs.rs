//! The queue: each job is one worker's at a time, and none is lost with its worker.

#![expect(clippy::unwrap_used, reason = "what a test needs must be there")]

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::ids::{Id as _, JobId};
use futures_util::future::join_all;
use serde_json::json;
use store::{
    Reason, StoreError,
    jobs::{self, ClaimedJob, NewJob, QueueDepth},
};
use testkit::World;

async fn enqueue(world: &World, count: usize) -> Vec<JobId> {
    let scope = world.tenant_scope(world.northwind.tenant).await;
    world
        .store()
        .write(&scope, async |tx| {
            tx.without_event();
            let mut ids = Vec::new();
            for number in 0..count {
                ids.push(jobs::enqueue(tx, &NewJob::now("test", json!({"number": number}))).await?);
            }
            Ok::<_, StoreError>(ids)
        })
        .await
        .unwrap()
}

async fn claim(world: &World, worker: &str, limit: i64) -> Vec<ClaimedJob> {
    world.store().system(Reason::Jobs, async |tx| jobs::claim(tx, worker, limit, None).await).await.unwrap()
}

async fn complete(world: &World, job: &ClaimedJob, worker: &str) {
    world.store().system(Reason::Jobs, async |tx| jobs::complete(tx, job, worker).await).await.unwrap();
}

async fn depth(world: &World) -> (i64, i64, i64) {
    let QueueDepth { queued, running, dead, .. } =
        world.store().system(Reason::Jobs, async |tx| jobs::depth(tx).await).await.unwrap();
    (queued, running, dead)
}

#[tokio::test]
async fn no_job_is_claimed_twice() {
    let world = World::start().await;
    let made = enqueue(&world, 60).await;
    let world_ref = &world;
    let workers = (0..6).map(|number| async move {
        let worker = format!("worker-{number}");
        let mut mine = Vec::new();
        loop {
            let jobs = claim(world_ref, &worker, 3).await;
            if jobs.is_empty() {
                return mine;
            }
            for job in &jobs {
                assert_eq!((job.attempts, job.tenant), (1, world_ref.northwind.tenant));
                assert_eq!(job.scope().tenant(), job.tenant);
                complete(world_ref, job, &worker).await;
            }
            mine.extend(jobs.into_iter().map(|job| job.id));
        }
    });
    let claimed: Vec<JobId> = join_all(workers).await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), made.len(), "each once");
    let unique: BTreeSet<_> = claimed.iter().map(|id| id.uuid()).collect();
    assert_eq!(unique, made.iter().map(|id| id.uuid()).collect());
    world.finish().await;
}

#[tokio::test]
async fn what_another_transaction_is_claiming_is_passed_over() {
    let world = World::start().await;
    enqueue(&world, 2).await;
    let inner = world
        .store()
        .system(Reason::Jobs, async |tx| {
            let first = jobs::claim(tx, "first", 1, None).await?;
            // The first claim is not committed yet: no waiting for it.
            let second = claim(&world, "second", 5).await;
            Ok::<_, StoreError>((first, second))
        })
        .await
        .unwrap();
    assert_eq!((inner.0.len(), inner.1.len()), (1, 1));
    assert_ne!(inner.0[0].id, inner.1[0].id);
    complete(&world, &inner.0[0], "first").await;
    complete(&world, &inner.1[0], "second").await;
    world.finish().await;
}

#[tokio::test]
async fn a_dead_workers_job_is_taken_over() {
    let world = World::start().await;
    enqueue(&world, 1).await;
    let [lost] = <[_; 1]>::try_from(claim(&world, "dies", 1).await).unwrap();
    world.clock.advance(jobs::LEASE - TimeDelta::seconds(1));
    assert!(claim(&world, "waits", 1).await.is_empty(), "the lease holds");
    world.store().system(Reason::Jobs, async |tx| jobs::renew(tx, &lost, "dies").await).await.unwrap();
    world.clock.advance(jobs::LEASE - TimeDelta::seconds(1));
    assert!(claim(&world, "waits", 1).await.is_empty(), "it was renewed");
    world.clock.advance(TimeDelta::seconds(2));
    let [taken] = <[_; 1]>::try_from(claim(&world, "takes over", 1).await).unwrap();
    assert_eq!((taken.id, taken.attempts), (lost.id, 2));
    // The one that was given up for dead comes back: what it says counts no more.
    complete(&world, &lost, "dies").await;
    world
        .store()
        .system(Reason::Jobs, async |tx| jobs::fail(tx, &lost, "dies", None, "late").await)
        .await
        .unwrap();
    assert_eq!(depth(&world).await, (0, 1, 0));
    complete(&world, &taken, "takes over").await;
    assert_eq!(depth(&world).await, (0, 0, 0));
    world.finish().await;
}

#[tokio::test]
async fn a_failed_job_waits_and_one_that_is_given_up_stays_in_sight() {
    let world = World::start().await;
    enqueue(&world, 1).await;
    let [job] = <[_; 1]>::try_from(claim(&world, "w", 1).await).unwrap();
    let later = world.clock.now() + TimeDelta::minutes(5);
    let fail = async |job: &ClaimedJob, retry_at| {
        let store = world.store();
        store.system(Reason::Jobs, async |tx| jobs::fail(tx, job, "w", retry_at, "no").await).await.unwrap();
    };
    fail(&job, Some(later)).await;
    assert_eq!(depth(&world).await, (1, 0, 0));
    assert!(claim(&world, "w", 1).await.is_empty(), "not before its time");
    world.clock.advance(TimeDelta::minutes(5));
    let [again] = <[_; 1]>::try_from(claim(&world, "w", 1).await).unwrap();
    assert_eq!(again.attempts, 2);
    fail(&again, None).await;
    assert_eq!(depth(&world).await, (0, 0, 1));
    world.clock.advance(TimeDelta::days(1));
    assert!(claim(&world, "w", 1).await.is_empty(), "given up is given up");
    let superuser = world.database().superuser().await;
    assert_eq!(superuser.value("select last_error from jobs").await, "no");
    superuser.run("delete from jobs").await;
    world.finish().await;
}

#[tokio::test]
async fn a_job_that_keeps_failing_is_given_up_after_its_attempts() {
    let world = World::start().await;
    enqueue(&world, 1).await;
    let superuser = world.database().superuser().await;
    superuser.run("update jobs set max_attempts = 3, kind = 'mail.send', payload = '{\"mail_id\": 5}'").await;
    // A payload that cannot be read does not get better by waiting.
    assert_eq!(world.drain().await, 1);
    assert_eq!(depth(&world).await, (0, 0, 1));
    assert!(superuser.value("select last_error from jobs").await.contains("payload"));
    // Whose worker dies each time is tried as often as it may be, and not for ever.
    superuser.run("update jobs set state = 'queued', attempts = 0, kind = 'test'").await;
    for attempt in 1..=3 {
        let [job] = <[_; 1]>::try_from(claim(&world, "dies", 1).await).unwrap();
        assert_eq!(job.attempts, attempt);
        world.clock.advance(jobs::LEASE + TimeDelta::seconds(1));
    }
    assert!(claim(&world, "dies", 1).await.is_empty(), "a job that kills its worker would go round for ever");
    assert_eq!(depth(&world).await, (0, 0, 1));
    superuser.run("delete from jobs").await;
    world.finish().await;
}

#[tokio::test]
async fn a_job_is_there_with_its_change_or_not_at_all() {
    let world = World::start().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let outcome: Result<(), StoreError> = world
        .store()
        .write(&scope, async |tx| {
            jobs::enqueue(tx, &NewJob::now("test", json!({}))).await?;
            Err(StoreError::Invalid("no"))
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!(depth(&world).await, (0, 0, 0));
    world.finish().await;
}
