//! Credit notes: what was billed too much, taken back.

mod document;
mod issue;

pub use document::pdf;
pub use issue::{Credit, issue};
