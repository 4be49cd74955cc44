//! The same request sent twice is done once.

#![expect(clippy::unwrap_used, reason = "what a test needs must be there")]

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::json;
use store::{Answer, IdempotencyKey, NewEvent, Scope, StoreError, events};
use testkit::World;

fn key(name: &str, request: &[u8]) -> IdempotencyKey {
    IdempotencyKey { key: name.to_owned(), request_hash: request.to_vec() }
}

struct Once<'a> {
    world: &'a World,
    scope: &'a Scope,
    done: AtomicUsize,
}

impl Once<'_> {
    /// Does the work under a key: its answer is the number of the time that it was done.
    async fn run(&self, key: &IdempotencyKey, fails: bool) -> Result<(Answer, bool), StoreError> {
        let answered = self
            .world
            .store()
            .write_once(self.scope, Some(key), async |tx| {
                let number = self.done.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
                if fails {
                    return Err(StoreError::Invalid("no"));
                }
                tx.record(NewEvent::new("test.done", format!("test:{number}"), json!({})));
                Ok(Answer { status: 201, body: number.to_string().into_bytes(), etag: Some("7".to_owned()) })
            })
            .await?;
        Ok((answered.answer, answered.replayed))
    }
}

async fn head(world: &World, scope: &Scope) -> i64 {
    world.store().read(scope, async |tx| events::head(tx).await).await.unwrap()
}

#[tokio::test]
async fn at_the_same_time_it_is_done_once_and_answered_alike() {
    let world = World::start().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let once = Once { world: &world, scope: &scope, done: AtomicUsize::new(0) };
    let before = head(&world, &scope).await;
    let same = key("a", b"request");
    let answers = join_all((0..4).map(|_| once.run(&same, false))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|(answer, _)| *answer == answers[0].0), "{answers:?}");
    assert_eq!(answers.iter().filter(|(_, replayed)| !replayed).count(), 1, "{answers:?}");
    assert_eq!(once.done.load(Ordering::Relaxed), 1);
    assert_eq!(head(&world, &scope).await, before + 1, "one event");
    world.finish().await;
}

#[tokio::test]
async fn later_it_is_answered_again() {
    let world = World::start().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let once = Once { world: &world, scope: &scope, done: AtomicUsize::new(0) };
    let (first, replayed) = once.run(&key("a", b"request"), false).await.unwrap();
    assert!(!replayed);
    let (again, replayed) = once.run(&key("a", b"request"), false).await.unwrap();
    assert!(replayed);
    assert_eq!(again, first);
    assert_eq!((again.status, again.etag.as_deref()), (201, Some("7")));
    let (other, replayed) = once.run(&key("b", b"request"), false).await.unwrap();
    assert!(!replayed && other != first, "another key, another request");
    world.finish().await;
}

#[tokio::test]
async fn another_request_is_refused() {
    let world = World::start().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let once = Once { world: &world, scope: &scope, done: AtomicUsize::new(0) };
    once.run(&key("a", b"request"), false).await.unwrap();
    let refused = once.run(&key("a", b"another"), false).await;
    assert!(matches!(refused, Err(StoreError::KeyReused)), "{refused:?}");
    assert_eq!(once.done.load(Ordering::Relaxed), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_failure_leaves_the_key_free() {
    let world = World::start().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let once = Once { world: &world, scope: &scope, done: AtomicUsize::new(0) };
    assert!(once.run(&key("a", b"request"), true).await.is_err());
    let (_, replayed) = once.run(&key("a", b"corrected"), false).await.unwrap();
    assert!(!replayed);
    // Of two at once the first fails: the second does the work.
    let (failing, working) = (key("b", b"request"), key("b", b"request"));
    let (failed, worked) = futures_util::join!(once.run(&failing, true), once.run(&working, false));
    assert!(failed.is_err());
    assert!(!worked.unwrap().1);
    world.finish().await;
}

#[tokio::test]
async fn keys_are_ones_own() {
    let world = World::start().await;
    let mut answers = Vec::new();
    for who in ["northwind_admin", "northwind_billing", "harbor_admin"] {
        let scope = world.scope(who).await;
        let once = Once { world: &world, scope: &scope, done: AtomicUsize::new(answers.len()) };
        let (answer, replayed) = once.run(&key("same", b"request"), false).await.unwrap();
        assert!(!replayed, "{who} gets somebody else's answer");
        answers.push(answer.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 3);
    world.finish().await;
}
