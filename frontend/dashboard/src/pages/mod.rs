//! The pages.

pub mod activity;
pub mod customer;
pub mod customers;
pub mod home;
pub mod platform;
pub mod settings;
pub mod usage;
