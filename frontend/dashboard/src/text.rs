//! What people read, in English.

use domain::{customers::CustomerStatus, permissions::Role, subscriptions::SubscriptionStatus};

pub const ACTIVE: &str = "Active";
pub const ADDRESS: &str = "Address";
pub const AGAIN_DETAIL: &str = "Your session has ended. Sign in again: everything stays as you left it.";
pub const AGAIN_TITLE: &str = "Sign in to go on";
pub const ALL: &str = "All";
pub const ALL_FIGURES: &str = "All figures";
pub const A_MONTH: &str = "month";
pub const BASE_FEE: &str = "Base fee";
pub const ALL_CUSTOMERS: &str = "All customers";
pub const API_REQUESTS: &str = "API requests a minute";
pub const CANCEL: &str = "Cancel";
pub const CHANGE_THEME: &str = "Light or dark";
pub const CLOSED: &str = "Closed";
pub const COMPONENT: &str = "What is billed";
pub const CONCURRENT_JOBS: &str = "Jobs at the same time";
pub const CONTACT: &str = "Contact";
pub const COULD_NOT_SIGN_OUT: &str = "You could not be signed out. Try again.";
pub const CUSTOMER: &str = "Customer";
pub const CUSTOMERS: &str = "Customers";
pub const CUSTOMER_SINCE: &str = "Customer since";
pub const CUSTOMER_STATUS: &str = "Status of the customers";
pub const EMAIL: &str = "Email";
pub const EMAIL_MISSING: &str = "Enter your email address.";
pub const ENDS: &str = "Ends";
pub const EVENTS: &str = "Events";
pub const EXTERNAL_REF: &str = "Known elsewhere as";
pub const FEATURES: &str = "Features";
pub const FORBIDDEN_DETAIL: &str =
    "Your role does not include this page. Ask an administrator if you need it.";
pub const FORBIDDEN_TITLE: &str = "You may not see this page";
pub const GO_HOME: &str = "Go to the home page";
pub const HOME: &str = "Home";
pub const INCLUDED: &str = "Included";
pub const INVOICED: &str = "Invoiced";
pub const LIMITS: &str = "Limits";
pub const LIMITS_NOTE: &str = "What was agreed. Nothing stops when it is exceeded; the home page says so.";
pub const LOAD_MORE: &str = "Load more";
pub const MACHINES: &str = "Machines";
pub const MAIN: &str = "Main";
pub const METRIC: &str = "Metric";
pub const MONTH: &str = "Month";
pub const NAME: &str = "Name";
pub const NEEDS_DECISION: &str = "Needs a decision";
pub const NEEDS_DECISION_NOTE: &str = "the most urgent first";
pub const NOTES: &str = "Notes";
pub const NOT_FOUND_DETAIL: &str = "The address may be mistyped, or what was here is gone.";
pub const NOT_FOUND_TITLE: &str = "There is no such page";
pub const NOT_SET: &str = "Not limited";
pub const NO_CUSTOMERS: &str = "No customers yet";
pub const NO_CUSTOMERS_DETAIL: &str =
    "When you take on a customer, it shows here with its status and contact.";
pub const NO_FOUND: &str = "No customer matches";
pub const NO_FOUND_DETAIL: &str = "The search looks at names, codes, contacts and external references.";
pub const NO_REVENUE: &str = "Nothing has been reported or billed this month.";
pub const NO_SUBSCRIPTION: &str = "No subscription";
pub const NO_SUBSCRIPTION_DETAIL: &str = "This customer is on no plan, so nothing is billed.";
pub const NO_USAGE: &str = "No usage in this month";
pub const NO_USAGE_DETAIL: &str =
    "Nothing was reported. Choose another month, or check that its source reports.";
pub const NOTHING_TO_DECIDE: &str = "Nothing needs a decision";
pub const NOTHING_TO_DECIDE_DETAIL: &str = "No invoice is overdue, no limit exceeded, no trial about to end.";
pub const OF_LIMITS: &str = "of what was agreed";
pub const OTHER_LIMITS: &str = "Other limits";
pub const OVERVIEW: &str = "Overview";
pub const PASSWORD: &str = "Password";
pub const PASSWORD_MISSING: &str = "Enter your password.";
pub const PHONE: &str = "Phone";
pub const PLAN: &str = "Plan";
pub const PORTFOLIO: &str = "Portfolio";
pub const PRICE: &str = "Price";
pub const PRICES: &str = "Prices";
pub const QUANTITY: &str = "Quantity";
pub const REVENUE: &str = "Revenue";
pub const REVENUE_NOTE: &str = "last 12 months; this month so far is dashed";
pub const REVIEW_LIMITS: &str = "Review limits";
pub const REVIEW_SUBSCRIPTION: &str = "Review subscription";
pub const SEARCH_CUSTOMERS: &str = "Search customers";
pub const SEARCH_HINT: &str = "Name, code, contact…";
pub const SEND: &str = "Send it";
pub const SEND_AGAIN: &str = "Send again…";
pub const SHOW_ALL: &str = "Show all customers";
pub const SIGN_IN: &str = "Sign in";
pub const SIGN_OUT: &str = "Sign out";
pub const SKIP: &str = "Skip to the content";
pub const STARTS: &str = "Starts";
pub const STATUS: &str = "Status";
pub const STORAGE_GB: &str = "Storage, GB";
pub const SUBSCRIPTION: &str = "Subscription";
pub const SUSPENDED: &str = "Suspended";
pub const TAX_ID: &str = "Tax number";
pub const THIS_MONTH: &str = "This month";
pub const TOP_CUSTOMERS: &str = "Top customers";
pub const TRIAL: &str = "Trial";
pub const TRIAL_ENDS: &str = "Trial ends";
pub const UNIT: &str = "Unit";
pub const USAGE: &str = "Usage";
pub const USAGE_THIS_MONTH: &str = "Usage this month";
pub const WARNING: &str = "Warning";
pub const WRONG: &str = "Urgent";

pub fn greeting(hour: u32, name: &str) -> String {
    let time = match hour {
        4..=11 => "morning",
        12..=17 => "afternoon",
        _ => "evening",
    };
    let first = name.split_whitespace().next().unwrap_or(name);
    format!("Good {time}, {first}")
}

fn number(count: i64) -> String {
    let words = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];
    usize::try_from(count)
        .ok()
        .and_then(|at| words.get(at))
        .map_or_else(|| client::format::whole(count), |word| (*word).to_owned())
}

fn customers(count: i64) -> String {
    if count == 1 { "1 customer".to_owned() } else { format!("{} customers", client::format::whole(count)) }
}

/// How things stand, in a sentence. `troubled` are customers that something is to be decided about, where it is known
/// which they are.
pub fn standing(decisions: i64, troubled: Option<i64>, current: i64) -> String {
    if current == 0 && decisions == 0 {
        return "There are no customers yet.".to_owned();
    }
    if decisions == 0 {
        return format!("Nothing needs a decision. {} in good order.", is_are(current));
    }
    let begin = if decisions == 1 {
        "One thing needs a decision.".to_owned()
    } else {
        format!("{} things need a decision.", number(decisions))
    };
    let Some(troubled) = troubled else { return begin };
    match current - troubled {
        rest if rest <= 0 => begin,
        1 => format!("{begin} The other customer is in good order."),
        rest => format!("{begin} The other {} are in good order.", customers(rest)),
    }
}

fn is_are(count: i64) -> String {
    if count == 1 { "Your customer is".to_owned() } else { format!("All {} are", customers(count)) }
}

pub fn counts(active: &str, trial: &str, suspended: &str) -> String {
    format!("{active} active · {trial} in trial · {suspended} suspended")
}

pub fn revenue_so_far(month: &str) -> String {
    format!("Revenue, {month} so far")
}

pub fn came_to(month: &str, amount: &str) -> String {
    format!("{month} came to {amount} in all")
}

pub fn revenue_described(first: &str, first_amount: &str, last: &str, last_amount: &str) -> String {
    format!("Revenue of twelve months, from {first_amount} in {first} to {last_amount} in {last} so far.")
}

pub fn machines_reported(month: &str) -> String {
    format!("reported in {month}")
}

pub fn overdue(number: &str) -> String {
    format!("Invoice {number} is overdue")
}

pub fn due(when: &str) -> String {
    format!("due {when}")
}

pub fn payment_failed(number: &str) -> String {
    format!("Payment of {number} failed")
}

pub fn failed(reason: &str, when: &str) -> String {
    format!("{reason} · {when}")
}

pub fn limit_exceeded(limit: &str) -> String {
    match limit {
        "max_machines" => "More machines than agreed".to_owned(),
        "storage_gb" => "More storage than agreed".to_owned(),
        other => format!("Over the limit {other}"),
    }
}

pub fn used_of(used: &str, allowed: &str) -> String {
    format!("{used} of {allowed}")
}

pub const TRIAL_ENDING: &str = "The trial is ending";
pub const NOT_SUBSCRIBED: &str = "Active without a plan";
pub const NOT_SUBSCRIBED_DETAIL: &str = "nothing is billed";

pub fn ends(when: &str) -> String {
    format!("ends {when}")
}

pub const INVITATIONS: &str = "Invitations wait for an answer";

pub fn invitations(open: &str, expired: &str) -> String {
    format!("{open} open · {expired} have run out")
}

pub fn more(of: &str, count: i64) -> String {
    let what = match of {
        "invoice_overdue" => "overdue invoices",
        "payment_failed" => "failed payments",
        "limit_exceeded" => "exceeded limits",
        "trial_ending" => "trials about to end",
        "not_subscribed" => "customers without a plan",
        _ => "of the same kind",
    };
    format!("{} more {what}", client::format::whole(count))
}

pub fn send_again(number: &str) -> String {
    format!("Send {number} again?")
}

pub fn send_again_detail(company: &str) -> String {
    format!("{company} gets the mail with the invoice and the link to pay once more.")
}

pub fn sent(number: &str) -> String {
    format!("{number} is on its way.")
}

pub fn sign_in_to(name: &str) -> String {
    format!("Sign in to {name}")
}

pub fn listed(shown: &str, more: bool) -> String {
    if more { format!("{shown} shown, there are more") } else { format!("{shown} in all") }
}

pub fn no_match(query: &str) -> String {
    format!("{NO_FOUND} “{query}”")
}

pub fn suspended_since(when: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("Suspended {when}: {reason}"),
        None => format!("Suspended {when}."),
    }
}

pub fn trial_until(day: &str, relative: &str) -> String {
    format!("{day}, {relative}")
}

pub fn per(unit: &str) -> String {
    format!("per {unit}")
}

pub fn used_share(percent: u32) -> String {
    format!("{percent} %")
}

pub fn over_by(percent: u32) -> String {
    format!("{percent} % of what was agreed")
}

pub fn customer_status(status: CustomerStatus) -> &'static str {
    match status {
        CustomerStatus::Trial => TRIAL,
        CustomerStatus::Active => ACTIVE,
        CustomerStatus::Suspended => SUSPENDED,
        CustomerStatus::Closed => CLOSED,
    }
}

pub fn subscription_status(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Active => "Running",
        SubscriptionStatus::Cancelled => "Cancelled",
    }
}

pub fn role(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::PlatformAdmin) => "Platform administrator",
        Some(Role::PlatformSupport) => "Platform support",
        Some(Role::MspAdmin) => "Administrator",
        Some(Role::MspOperator) => "Operator",
        Some(Role::MspBilling) => "Billing",
        Some(Role::CustomerOwner) => "Owner",
        Some(Role::CustomerViewer) => "Viewer",
        None => "",
    }
}
