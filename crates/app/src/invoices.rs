//! Invoices: drafted from usage, issued once, printed, mailed, paid.

mod document;
mod draft;
mod finalize;
pub(crate) mod rating;
mod run;
mod verify;

pub use document::pdf;
pub use draft::{delete_draft, draft};
pub use finalize::{finalize, send};
pub use rating::Rated;
pub use run::{DryInvoice, RUN, RunPayload, dry_run, issue_due};
pub use verify::{Verdict, evidence, verify};
