//! The pages.

mod dunning;
pub mod invoice;
pub mod invoices;
pub mod overview;
mod pay;
pub mod payment;
pub mod payment_methods;
pub mod usage;
mod used;
pub mod users;
