//! The world is as described, and its end looks at the queue.

use serde_json::json;
use testkit::{TestApp, TestDatabase, World};

#[actix_web::test]
async fn everybody_signs_in_and_sees_their_own_tenant() {
    let app = TestApp::start().await;
    for name in app.names() {
        let person = app.person(name);
        let me = app.client(name).await.get("/api/v1/auth/me").await.expect(200);
        assert_eq!(me.json["tenant_id"], json!(person.tenant), "{name}");
        assert_eq!(me.json["role"], json!(person.role), "{name}");
        assert_eq!(me.json["customer_id"], json!(person.customer), "{name}");
    }
    for msp in ["northwind", "harbor"] {
        let key = app.client(&format!("{msp}_key")).await;
        let customers = key.get("/api/v1/msp/customers").await.expect(200);
        assert_eq!(customers.json["items"].as_array().map(Vec::len), Some(2));
    }
    app.finish().await;
}

#[tokio::test]
async fn each_world_is_alone() {
    let (first, second) = (World::start().await, World::start().await);
    first.customer(&first.northwind).code("ONLY-HERE").create().await;
    let count = "select count(*) from customers where code = 'ONLY-HERE'";
    assert_eq!(first.database().superuser().await.number(count).await, 1);
    assert_eq!(second.database().superuser().await.number(count).await, 0);
    first.finish().await;
    second.finish().await;
}

#[tokio::test]
#[should_panic(expected = "jobs are left in the queue")]
async fn a_job_that_nobody_knows_is_noticed() {
    let world = World::start().await;
    let scope = world.tenant_scope(world.northwind.tenant).await;
    let job = store::jobs::NewJob::now("no.such.job", json!({}));
    world
        .store()
        .write(&scope, async |tx| {
            tx.without_event();
            store::jobs::enqueue(tx, &job).await
        })
        .await
        .unwrap();
    world.finish().await;
}

#[tokio::test]
async fn a_database_is_gone_with_its_value() {
    let first = TestDatabase::create().await;
    let second = TestDatabase::create_empty().await;
    let name = first.superuser().await.value("select current_database()").await;
    drop(first);
    let left = second.superuser().await;
    let known = format!("select count(*) from pg_database where datname = '{name}'");
    assert_eq!(left.number(&known).await, 0);
}
