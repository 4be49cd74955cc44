//! What people read.

use client::texts;

texts! {
    as_chart = "View as chart";
    as_table = "View as table";
    breadcrumb = "You are here";
    cancel = "Cancel";
    changed_meanwhile = "Somebody else has changed this meanwhile. Reload the page to see how it is now; what you typed is kept.";
    chart_keys = "Use the arrow keys to read each value.";
    copied = "Copied";
    copy = "Copy";
    copy_by_hand = "Press Ctrl+C to copy it";
    dismiss = "Dismiss";
    forbidden = "You may not see this";
    hide = "Hide";
    hide_password = "Hide the password";
    load_more = "Load more";
    loading = "Loading";
    next_month = "Next month";
    not_a_number = "Enter a number.";
    not_found = "There is nothing here";
    not_loaded = "This could not be loaded";
    of(used, allowed) = "{used} of {allowed}";
    previous_month = "Previous month";
    request_id(id) = "Request {id}";
    required = "This is needed.";
    restored = "What you typed before is back.";
    show = "Show";
    show_password = "Show the password";
    shown_in_all(#) = "One in all" | "{count} in all";
    shown_of_more(#) = "One shown, there are more" | "{count} shown, there are more";
    start_over = "Start over";
    try_again = "Try again";
    type_first(name) = "Type {name} to go on";
}
