//! What people read about a subscription.

use client::texts;

pub use crate::pages::customer::text::*;

texts! {
    ahead = "Ahead";
    as_it_is = "As it is";
    as_it_would_be = "As it would be";
    bill_now = "Invoice it now…";
    by_usage_so_far = "By the usage there is. What is charged per month is shared by day.";
    change_plan = "Change plan";
    change_plan_ask = "Change plan…";
    change_plan_detail = "Each plan charges the days on which it holds, and the usage of these days.";
    change_plan_title(plan) = "Change {plan}?";
    change_revoked = "The change is taken back.";
    changed_toast(plan) = "{plan} is changed.";
    charged_from = "First day that is charged";
    charged_from_hint = "Left empty: today.";
    credit_unused = "Credit what was charged in advance and is not used";
    credited_then(amount, day) = "{amount} that was charged in advance and is not used is credited on {day}.";
    days(first, last) = "{first} – {last}";
    first_day = "First day";
    first_day_hint = "A day that no invoice has billed.";
    from_day(day, relative) = "From {day}, {relative}";
    goes_on_as(plan) = "Goes on as {plan}";
    invoice_of = "Invoice of";
    keep = "Keep it";
    keep_ask = "Take the end back…";
    keep_detail = "The subscription goes on as if it had not been cancelled.";
    keep_title(plan) = "Keep {plan}?";
    kept_toast(plan) = "{plan} goes on.";
    not_the_latest = "The plan has newer prices. It keeps these until it is moved, on the page of the plan.";
    nothing_charged = "Nothing is charged this month: the subscription is on trial or paused, or its fee is not due.";
    pause = "Pause";
    pause_ask = "Pause…";
    pause_detail = "While it rests nothing is charged, whatever is used. Nobody is signed out by it.";
    pause_title(plan) = "Pause {plan}?";
    pauses = "Pauses";
    resume = "Resume";
    resume_ask = "Resume…";
    resume_detail = "It is charged again, from the first day.";
    resume_title(plan) = "Resume {plan}?";
    resumes = "Goes on";
    revoke_change = "Take back";
    revoke_change_ask = "Take back…";
    revoke_change_detail(what, day) = "“{what}” on {day} will not happen.";
    revoke_change_title = "Take the change back?";
    so_far = "So far";
    trial_ask = "Trial…";
    trial_days = "Days of trial";
    trial_days_form(most) = "Use a whole number up to {most}.";
    trial_days_hint = "Left empty: none. On trial nothing is charged.";
    trial_detail = "Days of the trial are not charged, and neither is what is used on them.";
    trial_do = "Set the end";
    trial_over_toast = "The trial is over.";
    trial_title = "When does the trial end?";
    trial_until_toast(day) = "It is charged from {day}.";
    upcoming_invoice = "Next invoice";
    upcoming_note = "this month so far";
    what_it_means = "What it means";
    when = "When";
    when_now = "Now";
    when_on = "On a day";
    when_period_end = "With the next month";
}
