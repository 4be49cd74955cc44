//! What a server does with a database before it serves.

use store::{MasterKey, StoreError};
use testkit::TestDatabase;

#[tokio::test]
async fn a_database_belongs_to_the_master_key_that_claimed_it_first() {
    let database = TestDatabase::create().await;
    let sql = database.superuser().await;
    let url = database.urls().owner;
    let key = |digit: &str| MasterKey::from_hex(&digit.repeat(64)).unwrap();
    store::claim(&url, &key("a")).await.unwrap();
    store::claim(&url, &key("a")).await.unwrap();
    assert!(matches!(store::claim(&url, &key("b")).await, Err(StoreError::Sealed)));
    store::claim(&url, &key("a")).await.unwrap();
    let [check] = sql.column("select key_check from app.installation").await.try_into().unwrap();
    assert!(!check.contains(&"a".repeat(64)), "the key itself is not kept");
}
