//! The rules of the business, pure: no I/O, no clock, no randomness.
//!
//! Whatever decides about money, periods, permissions or states lives here, so that the server, the
//! command line and the browser share one copy of it.

pub mod brands;
pub mod charges;
pub mod credit_notes;
pub mod credits;
pub mod customers;
pub mod dates;
pub mod decimals;
pub mod deferrals;
pub mod disputes;
pub mod dunning;
pub mod evidence;
pub mod fees;
pub mod ids;
pub mod invoices;
pub mod ledger;
pub mod limits;
pub mod meters;
pub mod metrics;
pub mod money;
pub mod overlaps;
pub mod payouts;
pub mod periods;
pub mod permissions;
pub mod plans;
pub mod pricing;
pub mod refunds;
pub mod revenue;
pub mod subscriptions;
pub mod tax;
pub mod text;
