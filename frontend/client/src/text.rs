//! What people read.

use crate::texts;

texts! {
    aborted = "The request was stopped.";
    offline = "The server cannot be reached. Check your connection, then try again.";
    session_ended = "Your session has ended. Sign in to go on.";
    unreadable = "The server answered in a way this page does not understand. Reload the page; it may have been updated.";
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_german_catalogue_is_complete() {
        assert_eq!(
            crate::language::faults(super::ALL, include_str!("../text/de.json")),
            Vec::<String>::new()
        );
    }
}
