//! The pages.

pub mod activity;
pub mod billing;
mod countries;
pub mod customer;
pub mod customer_search;
pub mod customers;
mod filter_fields;
pub mod home;
pub mod ledger;
pub mod platform;
pub mod revenue;
pub mod settings;
pub mod usage;
