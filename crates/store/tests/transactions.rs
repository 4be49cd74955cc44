//! The traps of pooled connections: a request that is given up at any moment, a statement that fails, a
//! commit of what the database has given up on. The pool has one connection, so the next borrower gets
//! whatever was left behind.

#![expect(clippy::unwrap_used, reason = "what a test needs must be there")]

use std::{future::poll_fn, pin::pin, task::Poll};

use domain::ids::CustomerId;
use serde_json::json;
use store::{
    NewEvent, PageRequest, Reason, Scope, Store, StoreError,
    customers::{self, CustomerFilter, CustomerRef, Details, NewCustomer},
    events, tenants, users,
};
use testkit::{World, WorldOptions};

/// More polls than any of these transactions needs.
const LIMIT: usize = 200;

async fn world() -> World {
    World::with(WorldOptions { tenant_connections: 1, system_connections: 1, relayed: true }).await
}

/// Polls a future so many times and then drops it; its outcome if it came to an end.
async fn give_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

fn customer(code: &str) -> NewCustomer {
    NewCustomer {
        code: code.to_owned(),
        details: Details { company_name: code.to_owned(), feature_flags: json!({}), ..Details::default() },
        status: domain::customers::CustomerStatus::Active,
        limits: domain::limits::Limits::default(),
    }
}

/// A change of several statements and two events.
async fn take_on(store: &Store, scope: &Scope, code: &str) -> Result<CustomerId, StoreError> {
    let new = customer(code);
    store
        .write(scope, async |tx| {
            let made = customers::create(tx, &new).await?;
            customers::set_limits(tx, made.id, None, domain::limits::Limits::default()).await?;
            for kind in ["customer.created", "customer.limits_changed"] {
                tx.record(
                    NewEvent::new(kind, format!("customer:{}", made.id), json!({})).of_customer(made.id),
                );
            }
            Ok(made.id)
        })
        .await
}

/// The next borrower works, and sees its own tenant alone.
async fn borrow(world: &World, scope: &Scope, code: &str) {
    let page = PageRequest::first(200);
    let store = world.store();
    let tenant = store.read(scope, async |tx| tenants::current(tx).await).await.unwrap();
    assert_eq!(tenant.id, scope.tenant());
    let codes = store
        .read(scope, async |tx| {
            let (found, _) = customers::list(tx, &CustomerFilter::default(), &page).await?;
            Ok::<_, StoreError>(found.items.into_iter().map(|customer| customer.code).collect::<Vec<_>>())
        })
        .await
        .unwrap();
    assert!(codes.iter().all(|code| code.starts_with("HARBOR-")), "somebody else's customers: {codes:?}");
    take_on(store, scope, code).await.unwrap();
}

/// Makes the next transaction begin with a new connection: this one gives up while it has the only one.
async fn lose_the_connection(world: &World, scope: &Scope) {
    let read = world.store().read(scope, async |tx| tenants::current(tx).await);
    assert!(give_up_after(2, read).await.is_none());
}

/// Gives up a write after each number of polls, until it comes to its end; says how many that were.
async fn give_up_writes(world: &World, cold: bool) -> usize {
    let (first, next) =
        (world.tenant_scope(world.northwind.tenant).await, world.tenant_scope(world.harbor.tenant).await);
    let superuser = world.database().superuser().await;
    for polls in 1..LIMIT {
        if cold {
            lose_the_connection(world, &next).await;
        }
        let code = format!("NORTHWIND-{cold}-{polls}");
        let outcome = give_up_after(polls, take_on(world.store(), &first, &code)).await;
        borrow(world, &next, &format!("HARBOR-{cold}-{polls}")).await;
        let customers =
            superuser.number(&format!("select count(*) from customers where code = '{code}'")).await;
        let events = format!(
            "select count(*) from events e join customers c on c.tenant_id = e.tenant_id and c.id = e.customer_id
             where c.code = '{code}'"
        );
        let events = superuser.number(&events).await;
        // Given up while COMMIT was under way it may have happened, but never by half.
        assert!(matches!((customers, events), (0, 0) | (1, 2)), "{polls}: {customers} {events}");
        if let Some(outcome) = outcome {
            outcome.unwrap();
            assert_eq!((customers, events), (1, 2));
            return polls - 1;
        }
    }
    panic!("the write never ends");
}

#[tokio::test]
async fn a_write_given_up_at_any_await_leaves_nothing_behind() {
    let world = world().await;
    // BEGIN, five statements, the events, COMMIT.
    let warm = give_up_writes(&world, false).await;
    assert!(warm >= 7, "only {warm} moments to give up at");
    // The same with signing in to the database and preparing each statement.
    let cold = give_up_writes(&world, true).await;
    assert!(cold >= 11, "only {cold} moments to give up at");
    for tenant in [world.northwind.tenant, world.harbor.tenant] {
        let scope = world.tenant_scope(tenant).await;
        let broken = world.store().read(&scope, async |tx| events::first_broken(tx).await).await.unwrap();
        assert_eq!(broken, None);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_read_given_up_at_any_await_leaves_nothing_behind() {
    let world = world().await;
    let (first, next) =
        (world.tenant_scope(world.northwind.tenant).await, world.tenant_scope(world.harbor.tenant).await);
    let page = PageRequest::first(10);
    for cold in [false, true] {
        let mut given_up = 0;
        for polls in 1..LIMIT {
            if cold {
                lose_the_connection(&world, &next).await;
            }
            let read = world.store().read(&first, async |tx| {
                tenants::current(tx).await?;
                customers::list(tx, &CustomerFilter::default(), &page).await
            });
            let outcome = give_up_after(polls, read).await;
            borrow(&world, &next, &format!("HARBOR-{cold}-{polls}")).await;
            if let Some(outcome) = outcome {
                assert_eq!(outcome.unwrap().0.items.len(), 2);
                break;
            }
            given_up += 1;
        }
        // BEGIN, two queries, ROLLBACK; and with a new connection opening it, which is one wait however many
        // steps it takes, since a task of its own does it, and preparing the two queries.
        let expected = if cold { 8 } else { 4 };
        assert!((expected..LIMIT - 1).contains(&given_up), "{given_up} moments to give up at, cold: {cold}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_system_transaction_given_up_at_any_await_leaves_nothing_behind() {
    let world = world().await;
    let superuser = world.database().superuser().await;
    let mut given_up = 0;
    for polls in 1..LIMIT {
        let email = format!("{polls}@example.com");
        let work = world.store().system(Reason::SignIn, async |tx| {
            let user = users::create(tx, &email, "Somebody", None).await?;
            users::rename(tx, user, "Somebody else").await
        });
        let outcome = give_up_after(polls, work).await;
        let next = format!("next-{polls}@example.com");
        let made = world
            .store()
            .system(Reason::SignIn, async |tx| users::create(tx, &next, "Next", None).await)
            .await;
        made.unwrap();
        let names = superuser
            .column(&format!("select name from users where email in ('{email}', '{next}') order by 1"))
            .await;
        assert!(names == ["Next"] || names == ["Next", "Somebody else"], "{polls}: {names:?}");
        if let Some(outcome) = outcome {
            outcome.unwrap();
            break;
        }
        given_up += 1;
    }
    // BEGIN, three statements, the question whether all is well, COMMIT.
    assert!((6..LIMIT - 1).contains(&given_up), "{given_up} moments to give up at");
    world.finish().await;
}

#[tokio::test]
async fn a_statement_that_fails_undoes_the_whole_change() {
    let world = world().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let (fresh, taken) = (customer("FRESH"), customer("NORTHWIND-A"));
    let outcome = world
        .store()
        .write(&scope, async |tx| {
            let made = customers::create(tx, &fresh).await?;
            tx.record(NewEvent::new("customer.created", format!("customer:{}", made.id), json!({})));
            customers::create(tx, &taken).await
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Taken("code"))), "{outcome:?}");
    nothing_was_kept(&world, &scope).await;
    world.finish().await;
}

#[tokio::test]
async fn a_failure_that_is_overlooked_is_not_committed() {
    let world = world().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let (fresh, taken) = (customer("FRESH"), customer("NORTHWIND-A"));
    for with_event in [true, false] {
        // COMMIT of a transaction that the database has given up on says nothing of it.
        let outcome: Result<(), StoreError> = world
            .store()
            .write(&scope, async |tx| {
                customers::create(tx, &fresh).await?;
                let _ = customers::create(tx, &taken).await;
                if with_event {
                    tx.record(NewEvent::new("customer.created", "customer:x", json!({})));
                } else {
                    tx.without_event();
                }
                Ok(())
            })
            .await;
        assert!(matches!(outcome, Err(StoreError::Database(_))), "{with_event}: {outcome:?}");
        nothing_was_kept(&world, &scope).await;
    }
    let outcome: Result<(), StoreError> = world
        .store()
        .system(Reason::SignIn, async |tx| {
            users::create(tx, "fresh@example.com", "Fresh", None).await?;
            let _ = users::create(tx, "northwind.admin@example.com", "Taken", None).await;
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Database(_))), "{outcome:?}");
    let found =
        world.store().system(Reason::SignIn, async |tx| users::by_email(tx, "fresh@example.com").await);
    assert!(found.await.unwrap().is_none());
    world.finish().await;
}

#[tokio::test]
async fn a_change_without_an_event_is_not_committed() {
    let world = world().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let fresh = customer("FRESH");
    let outcome = world.store().write(&scope, async |tx| customers::create(tx, &fresh).await).await;
    assert!(matches!(outcome, Err(StoreError::NoEvent)), "{outcome:?}");
    nothing_was_kept(&world, &scope).await;
    world.finish().await;
}

#[tokio::test]
async fn an_error_of_the_use_case_undoes_the_change() {
    let world = world().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let fresh = customer("FRESH");
    let outcome: Result<(), StoreError> = world
        .store()
        .write(&scope, async |tx| {
            let made = customers::create(tx, &fresh).await?;
            tx.record(NewEvent::new("customer.created", format!("customer:{}", made.id), json!({})));
            Err(StoreError::Invalid("changed its mind"))
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Invalid("changed its mind"))), "{outcome:?}");
    nothing_was_kept(&world, &scope).await;
    world.finish().await;
}

#[tokio::test]
async fn a_read_cannot_write() {
    let world = world().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let fresh = customer("FRESH");
    let outcome = world.store().read(&scope, async |tx| customers::create(tx, &fresh).await).await;
    assert!(matches!(outcome, Err(StoreError::Database(_))), "{outcome:?}");
    nothing_was_kept(&world, &scope).await;
    world.finish().await;
}

#[tokio::test]
async fn connections_that_the_server_has_ended_are_replaced() {
    let world = world().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    take_on(world.store(), &scope, "BEFORE").await.unwrap();
    let ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    let superuser = world.database().superuser().await;
    assert!(superuser.number(ended).await >= 2);
    take_on(world.store(), &scope, "AFTER").await.unwrap();
    let platform = world.store().system(Reason::Platform, async |tx| tenants::platform(tx).await).await;
    assert!(platform.unwrap().is_some());
    world.finish().await;
}

/// Neither customer nor event, and the connection is as good as new.
async fn nothing_was_kept(world: &World, scope: &Scope) {
    let code = CustomerRef::Code("FRESH".to_owned());
    let found = world.store().read(scope, async |tx| customers::find(tx, &code).await).await;
    assert!(matches!(found, Err(StoreError::NotFound)), "{found:?}");
    let before = world.store().read(scope, async |tx| events::head(tx).await).await.unwrap();
    world
        .store()
        .write(scope, async |tx| {
            tx.record(NewEvent::new("test.passed", "test:x", json!({})));
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let after = world.store().read(scope, async |tx| events::head(tx).await).await.unwrap();
    assert_eq!(after, before + 1);
}
