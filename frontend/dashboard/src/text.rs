//! What people read.

use client::texts;
use domain::{fees::FeeInterval, subscriptions::SubscriptionStatus};

pub use frame::text::*;

texts! {
    a_month = "month";
    a_quarter = "quarter";
    a_year = "year";
    address = "Address";
    all = "All";
    all_customers = "All customers";
    all_figures = "All figures";
    all_well(#) = "Nothing needs a decision. Your customer is in good order." | "Nothing needs a decision. All {count} customers are in good order.";
    answer_by(when) = "answer {when}";
    api_requests = "API requests a minute";
    base_fee = "Base fee";
    came_to(month, amount) = "{month} came to {amount} in all";
    cancelled = "Cancelled";
    component = "What is billed";
    concurrent_jobs = "Jobs at the same time";
    contact = "Contact";
    counts(active, trial, suspended) = "{active} active · {trial} in trial · {suspended} suspended";
    customer = "Customer";
    customer_since = "Customer since";
    disputed(number) = "The payment of {number} is disputed";
    drafts_waiting = "Drafts wait to be issued";
    drafts_waiting_about(waiting, held) = "{waiting} to be issued · {held} on hold";
    payout_failed = "A payout did not reach your bank";
    expected(day) = "expected {day}";
    show_drafts = "Show drafts";
    show_payment = "Show payment";
    show_payout = "Show payout";
    status_of_customers = "Status of the customers";
    customers = "Customers";
    due(when) = "due {when}";
    ends = "Ends";
    ends_when(when) = "ends {when}";
    events = "Events";
    external_ref = "Known elsewhere as";
    failed(reason, when) = "{reason} · {when}";
    features = "Features";
    good_afternoon(name) = "Good afternoon, {name}";
    good_evening(name) = "Good evening, {name}";
    good_morning(name) = "Good morning, {name}";
    included = "Included";
    invitations = "Invitations wait for an answer";
    invitations_about(open, expired) = "{open} open · {expired} have run out";
    invoiced = "Invoiced";
    limits = "Limits";
    limits_note = "What was agreed. Nothing stops when it is exceeded; the home page says so.";
    machines = "Machines";
    machines_reported(month) = "reported in {month}";
    metric = "Metric";
    month = "Month";
    more_failed(#) = "One more failed payment" | "{count} more failed payments";
    more_limits(#) = "One more exceeded limit" | "{count} more exceeded limits";
    more_machines = "More machines than agreed";
    more_of_it(#) = "One more of the same kind" | "{count} more of the same kind";
    more_overdue(#) = "One more overdue invoice" | "{count} more overdue invoices";
    more_storage = "More storage than agreed";
    more_trials(#) = "One more trial about to end" | "{count} more trials about to end";
    more_without_plan(#) = "One more customer without a plan" | "{count} more customers without a plan";
    needs_decision = "Needs a decision";
    needs_decision_note = "the most urgent first";
    no_customers = "No customers yet";
    no_customers_detail = "When you take on a customer, it shows here with its status and contact.";
    no_found = "No customer matches";
    no_found_detail = "The search looks at names, codes, contacts and external references.";
    no_match(query) = "No customer matches “{query}”";
    no_revenue = "Nothing has been reported or billed this month.";
    no_subscription = "No subscription";
    no_subscription_detail = "This customer is on no plan, so nothing is billed.";
    no_usage = "No usage in this month";
    no_usage_detail = "Nothing was reported. Choose another month, or check that its source reports.";
    none_yet = "There are no customers yet.";
    not_set = "Not limited";
    not_subscribed = "Active without a plan";
    not_subscribed_detail = "nothing is billed";
    notes = "Notes";
    nothing_to_decide = "Nothing needs a decision";
    nothing_to_decide_detail = "No invoice is overdue, no limit exceeded, no trial about to end.";
    of_limits = "of what was agreed";
    other_limits = "Other limits";
    over_limit(limit) = "Over the limit {limit}";
    over_share(percent) = "{percent} % of what was agreed";
    overdue(number) = "Invoice {number} is overdue";
    payment_failed(number) = "Payment of {number} failed";
    per(unit) = "per {unit}";
    phone = "Phone";
    plan = "Plan";
    portfolio = "Portfolio";
    price = "Price";
    prices = "Prices";
    quantity = "Quantity";
    rest_is_well(#) = "The other customer is in good order." | "The other {count} customers are in good order.";
    revenue = "Revenue";
    revenue_described(first, first_amount, last, last_amount) = "Revenue of twelve months, from {first_amount} in {first} to {last_amount} in {last} so far.";
    revenue_note = "last 12 months; this month so far is dashed";
    revenue_so_far(month) = "Revenue, {month} so far";
    review_invitations = "Review invitations";
    review_limits = "Review limits";
    review_subscription = "Review subscription";
    running = "Running";
    search_customers = "Search customers";
    search_hint = "Name, code, contact…";
    send = "Send it";
    send_again = "Send again…";
    send_again_title(number) = "Send {number} again?";
    send_again_detail(company) = "{company} gets the mail with the invoice and the link to pay once more.";
    sent(number) = "{number} is on its way.";
    share(percent) = "{percent} %";
    show_active = "Show active customers";
    show_all = "Show all customers";
    show_invoices = "Show invoices";
    show_overdue = "Show overdue invoices";
    show_trials = "Show trials";
    on_hold = "On hold";
    on_trial = "On trial";
    past_due = "Past due";
    paused = "Paused";
    scheduled = "Not begun";
    starts = "Starts";
    status = "Status";
    storage_gb = "Storage, GB";
    subscription = "Subscription";
    suspended_at(when) = "Suspended {when}.";
    suspended_for(when, reason) = "Suspended {when}: {reason}";
    tax_id = "Tax number";
    things(#) = "One thing needs a decision." | "{count} things need a decision.";
    this_month = "This month";
    top_customers = "Top customers";
    trial_ending = "The trial is ending";
    trial_ends = "Trial ends";
    trial_until(day, relative) = "{day}, {relative}";
    unit = "Unit";
    usage_this_month = "Usage this month";
    used_of(used, allowed) = "{used} of {allowed}";
    warning = "Warning";
    wrong = "Urgent";
}

/// What the period of a base fee is called.
pub fn period_of(interval: FeeInterval) -> &'static str {
    match interval {
        FeeInterval::Month => a_month(),
        FeeInterval::Quarter => a_quarter(),
        FeeInterval::Year => a_year(),
    }
}

/// First words to whoever comes in.
pub fn greeting(hour: u32, name: &str) -> String {
    let first = name.split_whitespace().next().unwrap_or(name);
    match hour {
        4..=11 => good_morning(first),
        12..=17 => good_afternoon(first),
        _ => good_evening(first),
    }
}

/// How things stand, in a sentence. `troubled` are customers that something is to be decided about, where it is known
/// which they are.
pub fn standing(decisions: i64, troubled: Option<i64>, current: i64) -> String {
    if decisions == 0 {
        return if current == 0 { none_yet().to_owned() } else { all_well(current) };
    }
    let begin = things(decisions);
    match troubled.map(|troubled| current - troubled) {
        Some(rest) if rest > 0 => format!("{begin} {}", rest_is_well(rest)),
        _ => begin,
    }
}

/// Which limit is exceeded.
pub fn limit_exceeded(limit: &str) -> String {
    match limit {
        "max_machines" => more_machines().to_owned(),
        "storage_gb" => more_storage().to_owned(),
        other => over_limit(other),
    }
}

/// What else there is of a kind.
pub fn more(of: &str, count: i64) -> String {
    match of {
        "invoice_overdue" => more_overdue(count),
        "payment_failed" => more_failed(count),
        "limit_exceeded" => more_limits(count),
        "trial_ending" => more_trials(count),
        "not_subscribed" => more_without_plan(count),
        _ => more_of_it(count),
    }
}

/// Since when a customer is suspended, and why.
pub fn suspended_since(when: &str, reason: Option<&str>) -> String {
    reason.map_or_else(|| suspended_at(when), |reason| suspended_for(when, reason))
}

/// How much of what was agreed is used.
pub fn used_share(percent: u32) -> String {
    share(&percent.to_string())
}

/// How much of what was agreed is used, where it is more.
pub fn over_by(percent: u32) -> String {
    over_share(&percent.to_string())
}

/// What a subscription's state is called.
pub fn subscription_status(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Scheduled => scheduled(),
        SubscriptionStatus::Trial => on_trial(),
        SubscriptionStatus::Active => running(),
        SubscriptionStatus::PastDue => past_due(),
        SubscriptionStatus::Paused => paused(),
        SubscriptionStatus::Cancelled => cancelled(),
    }
}
