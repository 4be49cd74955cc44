//! What people read of revenue.

use client::texts;
use domain::revenue::Movement;

pub use crate::text::{month, plan, revenue};

texts! {
    by_plan = "Plans";
    by_plan_described(month) = "What each plan brought of the recurring revenue of {month}.";
    by_plan_note(month) = "recurring revenue of {month}";
    change = "Change";
    churn = "Churn";
    churn_means(#) = "one customer stopped paying" | "{count} customers stopped paying";
    contraction = "Contraction";
    deferred = "Deferred revenue";
    deferred_means = "charged ahead, and yet to be earned";
    expansion = "Expansion";
    fees = "Fees, after discounts";
    grown = "How it moved";
    grown_note = "recurring revenue, by what customers did";
    in_all = "In all";
    less_than_before(percent) = "{percent} % less than the month before";
    made_of = "Revenue by month";
    made_of_described(first, first_amount, last, last_amount) = "Revenue from {first_amount} in {first} to {last_amount} in {last}.";
    made_of_note = "without tax, less what was credited; fees of a quarter or a year by the month";
    months_12 = "12 months";
    months_24 = "24 months";
    months_36 = "36 months";
    more_than_before(percent) = "{percent} % more than the month before";
    moved_new = "New";
    moved_churned = "Churned";
    no_revenue_before = "nothing the month before";
    none(currency) = "No revenue in {currency} yet";
    none_detail = "What was billed for a month shows here when the month is over and its first invoices are issued.";
    nobody_left = "nobody stopped paying";
    of_customers(#) = "one customer" | "{count} customers";
    once = "Charged once";
    only_deferred(amount) = "{amount} was charged ahead, and is earned as its months pass.";
    other_plans = "Other plans";
    paying = "Paying customers";
    paying_more(count) = "{count} more than the month before";
    paying_less(count) = "{count} fewer than the month before";
    paying_same = "as many as the month before";
    per_customer = "Per customer";
    per_customer_means = "recurring revenue, on average";
    percent(percent) = "{percent} %";
    range = "How far back";
    recurring = "Recurring revenue";
    recurring_short = "Recurring";
    returned = "Returned";
    same_as_before = "as much as the month before";
    share = "Share";
    moved_unbilled = "Unbilled";
    unbilled(#) = "One subscription has no invoice for the last month yet, so what it shows will change." | "{count} subscriptions have no invoice for the last month yet, so what it shows will change.";
    up_to(currency, month) = "What was billed in {currency} up to {month}, by the ledger";
    usage = "Usage";
}

/// What a movement is called.
pub fn movement(movement: Movement) -> &'static str {
    match movement {
        Movement::New => moved_new(),
        Movement::Returned => returned(),
        Movement::Expansion => expansion(),
        Movement::Contraction => contraction(),
        Movement::Churned => moved_churned(),
        Movement::Unbilled => moved_unbilled(),
    }
}
