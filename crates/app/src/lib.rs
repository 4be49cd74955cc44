//! What can be done: one function per use case, and the background jobs.
//!
//! A use case takes the transaction that it works in, so that several make up one change; those that
//! talk to outside systems take the [`App`] and open their own, never holding one open meanwhile.

pub mod api_keys;
pub mod auth;
pub mod billing_settings;
pub mod brand;
pub mod credit_notes;
pub mod credits;
pub mod customers;
pub mod dunning;
mod env;
mod error;
mod if_match;
pub mod invoices;
pub mod jobs;
pub mod live;
pub mod mail;
pub mod metrics;
pub mod msps;
pub mod one_off_charges;
pub mod payments;
pub mod plans;
pub mod portfolio;
mod proxies;
pub mod revenue;
mod roll_ups;
pub mod sandboxes;
pub mod subscriptions;
pub mod tax_settings;
mod tax_terms;
pub mod team;
pub mod usage;

pub use env::{App, AppConfig, WebhookSecrets};
pub use error::{AppError, Field, Result};
pub use images::Refused as RefusedPicture;
pub use proxies::TrustedProxies;
