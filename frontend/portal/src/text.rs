//! What people read.

use client::texts;

pub use frame::text::*;

texts! {
    open_invoices(#) = "One invoice is to be paid." | "{count} invoices are to be paid.";
    nothing_open = "Nothing is to be paid.";
}
