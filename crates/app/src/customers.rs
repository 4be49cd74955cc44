//! Customers: taken on, changed, suspended, resumed.

mod create;
mod status;
mod update;

pub use create::{code_from_name, create};
pub use status::{close, resume, suspend};
pub use update::{set_limits, update};
