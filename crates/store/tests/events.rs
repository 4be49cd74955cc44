//! The chain of events holds, and tampering with it is found out.

#![expect(clippy::unwrap_used, reason = "what a test needs must be there")]

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use store::{NewEvent, PageRequest, Reason, RequestInfo, Scope, StoreError, events};
use testkit::{Sql, World, WorldOptions};

async fn append(world: &World, scope: &Scope, number: usize) -> Result<(), StoreError> {
    world
        .store()
        .write(scope, async |tx| {
            let event = NewEvent::new("test.happened", format!("test:{number}"), json!({"number": number}));
            tx.record(event.of_customer(world.northwind.a));
            Ok(())
        })
        .await
}

async fn broken(world: &World, scope: &Scope) -> Option<i64> {
    world.store().read(scope, async |tx| events::first_broken(tx).await).await.unwrap()
}

/// A world whose first MSP has a chain of some length.
async fn chain() -> (World, Scope, Sql) {
    let world = World::start().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    for number in 0..8 {
        append(&world, &scope, number).await.unwrap();
    }
    let superuser = world.database().superuser().await;
    // From here on, the tenant's events alone.
    superuser
        .run("create view chain as select e.* from events e join tenants t on t.id = tenant_id where slug = 'northwind'")
        .await;
    (world, scope, superuser)
}

#[tokio::test]
async fn an_untouched_chain_holds() {
    let (world, scope, superuser) = chain().await;
    assert_eq!(broken(&world, &scope).await, None);
    let count = superuser.number("select count(*) from chain").await;
    assert!(count >= 10, "{count}");
    let head = world.store().read(&scope, async |tx| events::head(tx).await).await.unwrap();
    assert_eq!(head, count, "places without gaps, from 1");
    // The other tenant's chain has its own places.
    let other = world.tenant_scope(world.harbor.tenant).await;
    assert_eq!(broken(&world, &other).await, None);
    world.finish().await;
}

#[tokio::test]
async fn a_changed_event_is_found() {
    let (world, scope, superuser) = chain().await;
    for (column, value) in [
        ("data", "'{\"number\": 99}'"),
        ("actor", "'user:usr_somebody'"),
        ("actor_name", "'Somebody'"),
        ("type", "'test.changed'"),
        ("subject", "'test:else'"),
        ("customer_id", "null"),
        ("occurred_at", "occurred_at + interval '1 second'"),
        ("request_id", "'other'"),
        ("address", "'192.0.2.99'"),
        ("id", "gen_random_uuid()"),
        ("hash", "sha256(hash)"),
    ] {
        let keep =
            "create temporary table kept as select e.* from events e join chain c using (tenant_id, seq)";
        superuser.run(keep).await;
        let change = format!(
            "update events set {column} = {value} where seq = 5 and tenant_id = (select distinct tenant_id from chain)"
        );
        assert_eq!(superuser.attempt(&change).await, Ok(1), "{column}");
        assert_eq!(broken(&world, &scope).await, Some(5), "{column}");
        superuser
            .run(
                "delete from events e using kept k where e.tenant_id = k.tenant_id;
                 insert into events select * from kept; drop table kept",
            )
            .await;
        assert_eq!(broken(&world, &scope).await, None, "as it was");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_missing_or_moved_event_is_found() {
    let of_tenant = "tenant_id = (select id from tenants where slug = 'northwind')";
    let last = format!("seq = (select max(seq) from events where {of_tenant})");
    for (what, statement, found) in [
        ("taken out", format!("delete from events where {of_tenant} and seq = 4"), Some(5)),
        ("the first taken out", format!("delete from events where {of_tenant} and seq = 1"), Some(2)),
        ("the last taken out", format!("delete from events where {of_tenant} and {last}"), None),
        (
            "swapped",
            format!(
                "update events set seq = -seq where {of_tenant} and seq in (4, 5);
                 update events set seq = 9 + seq where {of_tenant} and seq < 0"
            ),
            Some(4),
        ),
        (
            "added",
            format!(
                "insert into events select (jsonb_populate_record(e, jsonb_build_object('seq', seq + 1))).*
                 from events e where {of_tenant} and {last}"
            ),
            None,
        ),
        ("all taken out", format!("delete from events where {of_tenant}"), Some(1)),
    ] {
        let (world, scope, superuser) = chain().await;
        let length = superuser.number("select max(seq) from chain").await;
        let touched = superuser.attempt(&statement).await;
        assert!(touched.as_ref().is_ok_and(|rows| *rows > 0), "{what}: {touched:?}");
        // At the end: where the next one would have been, or the one that is no more.
        let end = if what == "added" { length + 1 } else { length };
        assert_eq!(broken(&world, &scope).await, Some(found.unwrap_or(end)), "{what}");
        world.finish().await;
    }
}

#[tokio::test]
async fn those_who_see_some_of_it_check_all_of_it() {
    let (world, _, superuser) = chain().await;
    let limited = world.scope("northwind_operator").await;
    let seen = world
        .store()
        .read(&limited, async |tx| {
            events::list(tx, &events::EventFilter::default(), &PageRequest::first(100)).await
        })
        .await
        .unwrap();
    let count = superuser.number("select count(*) from chain").await;
    assert!(seen.items.len() < usize::try_from(count).unwrap(), "the operator sees customer A's alone");
    assert_eq!(broken(&world, &limited).await, None);
    superuser
        .run("update events e set data = '{}' from chain c where e.tenant_id = c.tenant_id and e.seq = 2 and c.seq = 2")
        .await;
    assert_eq!(broken(&world, &limited).await, Some(2));
    world.finish().await;
}

#[tokio::test]
async fn appended_at_once_they_follow_each_other() {
    let options = WorldOptions { tenant_connections: 8, ..WorldOptions::default() };
    let world = World::with(options).await;
    let (scope, other) =
        (world.tenant_scope(world.northwind.tenant).await, world.tenant_scope(world.harbor.tenant).await);
    let before = world.store().read(&scope, async |tx| events::head(tx).await).await.unwrap();
    let (world_ref, scope_ref, other_ref) = (&world, &scope, &other);
    let work = (0..60).map(|number| async move {
        let scope = if number % 3 == 0 { other_ref } else { scope_ref };
        if number % 5 == 0 {
            let (kind, subject) = ("test.failed", format!("test:{number}"));
            let outcome: Result<(), _> = world_ref
                .store()
                .write(scope, async |tx| {
                    tx.record(NewEvent::new(kind, subject, json!({})));
                    Err(StoreError::Invalid("no"))
                })
                .await;
            assert!(outcome.is_err());
        } else {
            let event = NewEvent::new("test.happened", format!("test:{number}"), json!({}));
            let written = world_ref.store().write(scope, async |tx| {
                tx.record(event);
                Ok::<_, StoreError>(())
            });
            written.await.unwrap();
        }
    });
    join_all(work).await;
    for scope in [&scope, &other] {
        assert_eq!(broken(&world, scope).await, None);
    }
    let after = world.store().read(&scope, async |tx| events::head(tx).await).await.unwrap();
    assert_eq!(after - before, 32, "40 of this tenant, of which every fifth failed");
    world.finish().await;
}

#[tokio::test]
async fn the_systems_events_are_part_of_the_tenants_chain() {
    let world = World::start().await;
    let northwind = world.northwind.tenant;
    let scope = world.tenant_scope(northwind).await;
    let actor = store::Actor::System(Reason::Maintenance);
    world
        .store()
        .system(Reason::Maintenance, async |tx| {
            for tenant in [northwind, world.harbor.tenant, northwind] {
                let event = NewEvent::new("test.happened", "test:x", json!({}));
                tx.record(tenant, &actor, &RequestInfo::default(), &event).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    assert_eq!(broken(&world, &scope).await, None);
    let all = world
        .store()
        .system(Reason::Platform, async |tx| events::list_all(tx, &PageRequest::first(100)).await)
        .await
        .unwrap();
    let tenants: BTreeSet<_> =
        all.items.iter().filter(|row| row.event.kind == "test.happened").map(|row| row.tenant).collect();
    assert_eq!(tenants, BTreeSet::from([northwind, world.harbor.tenant]));
    world.finish().await;
}
