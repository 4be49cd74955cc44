//! Invoices: drafted from usage, issued once, printed, mailed, paid.

mod document;
mod draft;
mod finalize;
mod run;
mod verify;

pub use document::pdf;
pub use draft::{delete_draft, draft};
pub use finalize::{finalize, send};
pub use run::{RUN, RunPayload, issue_due};
pub use verify::{Verdict, evidence, verify};
