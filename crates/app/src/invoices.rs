//! Invoices: drafted from usage, issued once, printed, mailed, paid.

pub(crate) mod bills;
mod close;
mod credit;
pub(crate) mod deferrals;
mod document;
mod draft;
mod finalize;
mod hold;
pub(crate) mod rating;
mod run;
mod settle;
pub(crate) mod tax;
pub(crate) mod unused;
mod verify;

pub use close::{void, write_off};
pub(crate) use credit::{beyond_credit, give_back, settle_gone_back};
pub use deferrals::{Deferrals, deferrals};
pub use document::pdf;
pub(crate) use document::{document_brand, line_name, rendered, seller};
pub use draft::{delete_draft, draft};
pub use finalize::{book_issued, finalize, send};
pub use hold::{hold, release};
pub use rating::Rated;
pub use run::{DryInvoice, RUN, RunPayload, count_due, dry_run, run};
pub(crate) use run::{due, look_after};
pub(crate) use settle::{Booking, book, settle};
pub use verify::{Verdict, evidence, verify};
