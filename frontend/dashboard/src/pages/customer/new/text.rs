//! What people read while they take a customer on.

use client::texts;

pub use super::super::text::*;

texts! {
    back = "Back";
    begin_with_trial = "Begin with a trial";
    company_about = "Who the customer is, whom to talk to, and what stands on invoices. Only the name is needed.";
    create = "Create customer";
    go_on = "Continue";
    go_to_customer = "Go to the customer";
    invitation = "Invitation";
    invitation_failed(email) = "{email} could not be invited";
    invitation_failed_detail(name) = "{name} has been taken on, with plan and limits. Only the invitation is missing; trying again takes nobody on twice.";
    invited_not = "Nobody is invited now.";
    inviting(email) = "Inviting {email}…";
    limits_about = "What the customer may use at most. You are told when it is more; nothing is cut off.";
    no_plan = "No plan yet";
    no_plan_about = "Nothing is billed until a subscription is started.";
    people_about = "Who answers for this customer, and can sign in to the portal.";
    people_detail = "Leave the address empty to invite nobody now.";
    plan_about = "What the customer pays. The subscription begins today.";
    plan_not_yours = "Your role does not start subscriptions. Somebody in billing can do that later.";
    plan_unknown = "The plan that was chosen before";
    review = "Review";
    review_about = "Look it over. Nothing is done before you press the button.";
    take_over = "Take over what the plan includes";
    plan_includes(what) = "The plan includes {what}.";
    amount_machines(#) = "one machine" | "{count} machines";
    amount_storage(amount) = "{amount} GB";
    again = "Try again";
    and_both(one, other) = "{one} and {other}";
    taken_on(name) = "{name} has been taken on.";
    trial_ends_hint = "Left empty: it runs until you end it.";
    trial_open = "When you end it";
    trial_hint = "A customer in trial can do everything. You are reminded before the trial ends.";
}
