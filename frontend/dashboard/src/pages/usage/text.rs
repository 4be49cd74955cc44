//! What people read.

use client::texts;

pub use crate::text::{customer, events, metric, month, quantity, unit, usage};

texts! {
    all_metrics = "All metrics";
    before = "Month before";
    change = "Change";
    code = "Code";
    no_match = "Nothing matches";
    no_match_detail = "No customer of this name or code used this in the month.";
    none = "No usage in this month";
    none_detail = "Nothing was reported yet. Usage comes from machines and programs by the API.";
    search = "Search customers";
    search_hint = "Customer or code…";
    show_all = "Show all usage";
    trend_description(what) = "{what}: twelve months, the last one as far as it has come.";
    trend_note = "all customers; the last month so far is dashed";
}
