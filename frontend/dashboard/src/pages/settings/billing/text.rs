//! What people read about how the tenant bills.

use client::texts;
use domain::dunning::DunningAction;

pub use crate::pages::settings::text::*;

texts! {
    act_cancel = "Cancel the subscription";
    act_charge = "Charge the saved payment method";
    act_late_fee = "Add a late fee to the next invoice";
    act_pause = "Pause the subscription";
    act_remind = "Remind by mail";
    add_step = "Add a step";
    after_due = "after it is due";
    after_grace = "After a grace period";
    amount = "Amount";
    at_once = "At once";
    before_due = "before it is due";
    begin_usual = "Begin with a usual schedule";
    billing_saved = "Saved. Invoices that are issued from now on follow it.";
    by_approval = "By approval";
    by_approval_seen = "By approval: drafts are made on that day, and each waits until somebody issues it";
    by_hand = "By hand";
    cancellation = "Cancellation";
    charge = "Charge";
    days = "Days";
    days_wrong(most) = "Enter a whole number from 0 to {most}.";
    done_twice = "Another step does this already.";
    due_date = "Due date";
    fee_kind = "Late fee in";
    fee_value = "Late fee";
    grace_days = "Grace period";
    grace_days_hint = "Drafts are made on that day and issued so many days later, with the usage that came meanwhile.";
    grace_days_of(#) = "After one day as a draft" | "After {count} days as drafts";
    grace_days_wrong(most) = "Enter a whole number from 1 to {most}.";
    how_issued = "How they are issued";
    how_issued_hint = "By approval, drafts are made on that day, and each waits until somebody issues it.";
    issue_day = "Invoices are issued";
    issue_day_hint = "On a day of the month, the month before is billed by itself. Invoices that are issued are mailed.";
    issued_keep = "Invoices that are issued already keep the steps that they were issued with.";
    issuing = "Issuing and payment";
    late_fee = "Late fee";
    late_fee_of(fee) = "Late fee, {fee}";
    may_only_see = "You may look at this. Changing it takes an administrator or somebody for billing.";
    no_steps = "Nothing is done about unpaid invoices";
    no_steps_detail = "A schedule reminds customers who have not paid, charges their card again, adds a late fee, and in the end pauses or cancels the subscription, each on its day.";
    not_paid = "When an invoice is not paid";
    on_day(day) = "On day {day} of each month";
    on_due_date = "on the same day";
    order_note = "Steps are done in the order of their days, one at a time.";
    pause = "Pause";
    payment_days = "Time to pay";
    payment_days_hint = "From the day of issue. With 0, invoices are due at once.";
    payment_days_of(#) = "One day" | "{count} days";
    percent = "Percent";
    reminder = "Reminder";
    remove_step(number) = "Remove step {number}";
    schedule = "What is done, and when";
    step(number) = "Step {number}";
    steps_after(#) = "1 day after" | "{count} days after";
    steps_before(#) = "1 day before" | "{count} days before";
    unit_days = "days";
    what_is_done = "What is done";
    when = "Before or after";
    when_shown = "When";
}

/// What is done, as it is chosen.
pub fn deed(action: DunningAction) -> &'static str {
    match action {
        DunningAction::Remind => act_remind(),
        DunningAction::Charge => act_charge(),
        DunningAction::LateFee => act_late_fee(),
        DunningAction::Pause => act_pause(),
        DunningAction::Cancel => act_cancel(),
    }
}

/// What is done, in a word.
pub fn word(action: DunningAction) -> &'static str {
    match action {
        DunningAction::Remind => reminder(),
        DunningAction::Charge => charge(),
        DunningAction::LateFee => late_fee(),
        DunningAction::Pause => pause(),
        DunningAction::Cancel => cancellation(),
    }
}

/// How far a step is from the due date.
pub fn distance(days: i32) -> String {
    match days {
        0 => on_due_date().to_owned(),
        ..0 => steps_before(i64::from(days.unsigned_abs())),
        1.. => steps_after(i64::from(days)),
    }
}
