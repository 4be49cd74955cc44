//! Usage reported by machines, programs and people.

mod ingest;

pub use ingest::{Ingested, Rejected, UsageEvent, ingest};
