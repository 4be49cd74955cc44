//! What crosses the wire: requests, responses, problems. Shared by the server and the apps.
//!
//! Requests refuse fields that they do not know: a slip of the pen is told, not ignored, and nobody
//! sets what is not theirs to set.

pub mod api_keys;
pub mod auth;
pub mod billing;
pub mod brand;
pub mod common;
pub mod credit_notes;
pub mod credits;
pub mod customers;
pub mod events;
pub mod invoices;
pub mod ledger;
pub mod meters;
pub mod metrics;
pub mod msps;
pub mod one_off_charges;
pub mod payment_methods;
pub mod payouts;
pub mod plans;
pub mod portal;
pub mod portfolio;
pub mod pricing;
pub mod refunds;
pub mod revenue;
pub mod sandboxes;
pub mod subscriptions;
pub mod taxes;
pub mod team;
pub mod usage;

pub use common::{FieldError, Page, Problem, double_option};
/// What a [`Page`] can hold; named here for those who read pages of any kind.
pub use utoipa::ToSchema;
