//! The pages.

pub mod billing;
pub mod customer;
pub mod customers;
pub mod home;
