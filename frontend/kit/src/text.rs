//! What people read.

use client::texts;

texts! {
    as_chart = "View as chart";
    as_table = "View as table";
    breadcrumb = "You are here";
    cancel = "Cancel";
    changed = "changed";
    changed_meanwhile = "Somebody else has changed this meanwhile. Reload the page to see how it is now; what you typed is kept.";
    chart_keys = "Use the arrow keys to read each value.";
    choose_file = "Choose a file…";
    clear_field(label) = "Empty the field {label}";
    clear_selection = "Clear selection";
    close = "Close";
    color_of(label) = "{label}: pick a colour";
    columns = "Columns";
    copied = "Copied";
    copy = "Copy";
    copy_by_hand = "This browser does not let the page copy. The text is selected: copy it with the keyboard.";
    default_columns = "Default columns";
    default_view = "Default view";
    delete_view(name) = "Delete “{name}”";
    details = "Details";
    dismiss = "Dismiss";
    done = "done";
    drop_here = "Drop it here, or";
    export_csv = "Export CSV";
    failures = "What failed";
    file_too_large(limit) = "This file is too large. It may have {limit} MB at most.";
    file_type = "This kind of file is not taken here.";
    forbidden = "You may not see this";
    go_on(#) = "Go on with the last one" | "Go on with the other {count}";
    hide = "Hide";
    hide_password = "Hide the password";
    load_more = "Load more";
    loading = "Loading";
    named(name, value) = "{name}: {value}";
    move_down(name) = "Move {name} down";
    move_up(name) = "Move {name} up";
    next_month = "Next month";
    not_a_number = "Enter a number.";
    not_found = "There is nothing here";
    not_loaded = "This could not be loaded";
    nothing_found = "Nothing found";
    offered(#) = "One to choose from" | "{count} to choose from";
    of(used, allowed) = "{used} of {allowed}";
    previous_month = "Previous month";
    read_so_far(#) = "One row read so far" | "{count} rows read so far";
    rename_title = "Rename the view";
    rename_view(name) = "Rename “{name}”…";
    request_id(id) = "Request {id}";
    required = "This is needed.";
    restored = "What you typed before is back.";
    share(percent) = "{percent} %";
    rows_so_far(#) = "One row so far" | "{count} rows so far";
    save = "Save";
    save_changes(name) = "Save changes to “{name}”";
    save_title = "Save this view";
    save_view = "Save as a new view…";
    select_all(#) = "Select the one that matches" | "Select all {count}";
    select_row(name) = "Select {name}";
    selected(#) = "One selected" | "{count} selected";
    selection = "Selection";
    show = "Show";
    show_password = "Show the password";
    shown_in_all(#) = "One in all" | "{count} in all";
    shown_of_more(#) = "One shown, there are more" | "{count} shown, there are more";
    so_many_done(done, failed, left) = "{done} done, {failed} failed, {left} not tried.";
    start_over = "Start over";
    step_of(at, all) = "Step {at} of {all}";
    stop = "Stop";
    too_long(#) = "Use one character at most." | "Use at most {count} characters.";
    try_again = "Try again";
    undo = "Undo";
    type_first(name) = "Type {name} to go on";
    uploading = "Uploading…";
    view_deleted(name) = "“{name}” is deleted.";
    view_name = "Name";
    view_saved(name) = "“{name}” is saved.";
    view_taken = "There is a view of this name already.";
    views = "Views";
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_german_catalogue_is_complete() {
        assert_eq!(
            client::language::faults(super::ALL, include_str!("../text/de.json")),
            Vec::<String>::new()
        );
    }
}
