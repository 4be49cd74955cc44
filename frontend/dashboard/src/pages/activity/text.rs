//! What people read.

use client::texts;

pub use crate::text::*;

texts! {
    activity = "Activity";
    actor = "Who";
    actor_any = "Anybody";
    address_from = "Came from";
    check = "Check the chain";
    check_why = "Each entry carries a seal of the one before it. Checking them all shows whether anything was taken out, changed or slipped in.";
    broken_at(seq, events) = "The chain breaks at entry {seq} of {events}. From there on, entries may have been changed. Tell whoever runs this installation.";
    clear = "Clear the filters";
    close = "Close";
    concerns = "Customer";
    customer_any = "Any customer";
    details = "Details";
    export = "Export CSV";
    export_cancelled = "The export was cancelled.";
    export_done(#) = "One entry is in the file." | "{count} entries are in the file.";
    export_far = "Only the newest 10,000 entries are in the file. Narrow the filter for the rest.";
    export_progress(#) = "One entry read" | "{count} entries read";
    from = "From";
    intact(events) = "The chain is intact: each of the {events} entries follows from the one before.";
    kind = "What";
    kind_any = "Anything";
    moment = "When";
    no_events = "Nothing matches";
    no_events_detail = "No entry fits these filters.";
    none_at_all = "Nothing has happened yet";
    none_at_all_detail = "Whatever anybody changes here is written down, and cannot be changed afterwards.";
    not_here = "This entry is not in the list";
    not_here_detail = "It may be further back, or there is no such entry. Load more, or clear the filters.";
    only_actor(name) = "Everything by {name}";
    only_customer = "Everything about this customer";
    only_kind = "Only entries of this kind";
    place = "Place in the chain";
    request = "Request";
    subject = "Subject";
    tenant = "MSP";
    until = "Until";
}
