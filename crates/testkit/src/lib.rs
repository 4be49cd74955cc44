//! What the tests of the other crates share: databases, a world with two MSPs, a client for the API.
//!
//! ```ignore
//! #[actix_web::test]
//! async fn customers_are_listed() {
//!     let app = TestApp::start().await;
//!     let admin = app.client("northwind_admin").await;
//!     let answer = admin.get("/api/v1/msp/customers").await;
//!     assert_eq!(answer.status, 200);
//!     app.finish().await;
//! }
//! ```
//!
//! The server is that of `BAILIWICK_TEST_DATABASE_URL` (`cargo xtask test` sets it); without it a private
//! cluster is started in the target directory, shared by all test processes of the moment.

mod app;
mod builders;
mod client;
mod database;
mod payments;
mod relay;
mod server;
mod sql;
mod world;

pub use app::TestApp;
pub use builders::CustomerBuilder;
pub use client::{Answer, Client, RequestBuilder};
pub use database::TestDatabase;
pub use payments::{
    Balance, DisputeTold, FakePayments, Holding, MeterTold, NewUsage, PayoutItem, PayoutItems, PayoutTold,
    Refusal,
};
pub use sql::{Refused, Sql};
pub use world::{Msp, PASSWORD, Person, World, WorldOptions};
