//! What people read, in English.

pub const ABORTED: &str = "The request was stopped.";
pub const OFFLINE: &str = "The server cannot be reached. Check your connection, then try again.";
pub const SESSION_ENDED: &str = "Your session has ended. Sign in to go on.";
pub const UNREADABLE: &str =
    "The server answered in a way this page does not understand. Reload the page; it may have been updated.";
