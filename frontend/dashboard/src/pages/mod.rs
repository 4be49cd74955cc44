//! The pages.

pub mod customer;
pub mod customers;
pub mod home;
pub mod usage;
