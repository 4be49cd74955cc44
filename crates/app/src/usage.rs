//! Usage reported by machines, programs and people.

mod ingest;
mod measured;

pub(crate) use ingest::alert;
pub use ingest::{Ingested, Rejected, UsageEvent, ingest};
pub(crate) use measured::measured;
