//! What people read, in English.

pub const AS_CHART: &str = "View as chart";
pub const AS_TABLE: &str = "View as table";
pub const BREADCRUMB: &str = "You are here";
pub const CHART_KEYS: &str = "Use the arrow keys to read each value.";
pub const DISMISS: &str = "Dismiss";
pub const FORBIDDEN: &str = "You may not see this";
pub const HIDE: &str = "Hide";
pub const HIDE_PASSWORD: &str = "Hide the password";
pub const LOADING: &str = "Loading";
pub const NEXT_MONTH: &str = "Next month";
pub const NOT_FOUND: &str = "There is nothing here";
pub const NOT_LOADED: &str = "This could not be loaded";
pub const PREVIOUS_MONTH: &str = "Previous month";
pub const SHOW: &str = "Show";
pub const SHOW_PASSWORD: &str = "Show the password";
pub const TRY_AGAIN: &str = "Try again";

pub fn request_id(id: &str) -> String {
    format!("Request {id}")
}

pub fn of(used: &str, allowed: &str) -> String {
    format!("{used} of {allowed}")
}
