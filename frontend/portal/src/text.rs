//! What people read.

use client::texts;

pub use frame::text::*;

texts! {
    against_agreed = "Of what was agreed";
    all = "All";
    all_figures = "All figures";
    all_invoices = "All invoices";
    arrived = "Thank you. Your payment has arrived.";
    billed_to = "Billed to";
    cancelled = "Cancelled";
    closed = "Closed";
    contact = "Contact";
    contact_none = "Your provider has left no address here. Answer any of its mails.";
    change = "Change";
    credit_balance = "Credit";
    credit_for_ever = "does not expire";
    credit_left_of(amount) = "of {amount}";
    credit_next = "Your next invoices use it.";
    credit_note = "Credit note";
    credit_notes = "Credit notes";
    credit_pdf_of(number) = "Credit note {number} as PDF";
    credit_until(day) = "can be used until {day}";
    credit_used = "Credit used";
    credited = "Credited";
    description = "Description";
    due = "Due";
    due_when(day, relative) = "Due {day}, {relative}";
    expires_when(when) = "expires {when}";
    figure(quantity, unit) = "{quantity} {unit}";
    good_afternoon(name) = "Good afternoon, {name}";
    good_evening(name) = "Good evening, {name}";
    good_morning(name) = "Good morning, {name}";
    had_fee(day) = "On {day} a late fee was added to your next invoice.";
    in_the_month = "In the month";
    invitation_sent(email) = "An invitation is on its way to {email}.";
    invitations = "Open invitations";
    invite = "Send invitation";
    invite_again_hint = "Whoever was invited before gets a new link.";
    invite_title = "Invite a colleague";
    invited_by(name) = "invited by {name}";
    invoice = "Invoice";
    invoices = "Invoices";
    issued = "Issued";
    late_usage(days) = "Usage that came late, {days}";
    latest_invoices = "Latest invoices";
    machines = "Machines";
    machines_allowed = "Machines, at most";
    metric = "What is counted";
    month_before = "Month before";
    more_open(#) = "One more invoice is to be paid." | "{count} more invoices are to be paid.";
    next_invoice = "Next invoice";
    next_invoice_note = "by what was used so far";
    no_invitations = "Nobody is invited at the moment.";
    no_invoices = "No invoices yet";
    no_invoices_detail = "Each invoice shows here when it has been issued.";
    no_match = "No invoice matches";
    no_match_detail = "None of your invoices stands like this.";
    no_plan = "No plan is running.";
    no_usage = "No usage in this month";
    no_usage_detail = "Nothing has been counted. Choose another month.";
    not_limited = "Not limited";
    method_not_saved = "Nothing was saved";
    method_not_saved_detail = "No payment method was saved. The address can be used again.";
    method_thanks = "Thank you";
    method_thanks_detail = "Your payment method is saved. Invoices are charged to it when they are issued.";
    not_paid = "Nothing was paid";
    not_paid_detail = "The invoice stays open, and can still be paid.";
    not_paid_word = "Nothing was paid. The invoice stays open, and can still be paid.";
    nothing_open = "Nothing is to be paid.";
    on_its_way = "Thank you. Your payment is on its way; this page says so as soon as it has arrived.";
    open = "To be paid";
    over_limit = "More is used than was agreed.";
    over_share(percent) = "{percent} % of what was agreed";
    overdue = "Overdue";
    overdue_invoices(#) = "One invoice is overdue." | "{count} invoices are overdue.";
    open_invoices(#) = "One invoice is to be paid." | "{count} invoices are to be paid.";
    paid = "Paid";
    paid_on = "Paid on";
    paid_so_far = "Paid so far";
    paid_thanks = "Thank you";
    paid_thanks_detail = "Your payment is on its way. You will get a mail as soon as it has arrived.";
    pay(amount) = "Pay {amount}";
    payment = "Payment";
    payment_methods = "Payment methods";
    pdf = "PDF";
    pdf_of(number) = "Invoice {number} as PDF";
    period = "Period";
    person = "Person";
    phone = "Phone";
    plan = "Plan";
    plan_and_limits = "Your plan";
    plan_from(plan, day) = "{plan}, from {day}";
    price = "Price";
    refund = "Refund";
    refund_by_transfer = "By bank transfer";
    refund_failed = "Did not arrive: it is your credit again";
    refund_pending = "On its way";
    refund_succeeded = "Paid back";
    refund_to(last4) = "To the card or account ending in {last4}";
    refund_to_source = "To where it was paid from";
    refunds = "Refunds";
    remove = "Remove";
    remove_named(name) = "Remove {name}";
    remove_title(name) = "Remove {name}?";
    remove_detail(name) = "{name} can no longer sign in here. To come back takes a new invitation.";
    removed(name) = "{name} has been removed.";
    revoke = "Withdraw";
    revoke_named(email) = "Withdraw the invitation of {email}";
    revoke_title(email) = "Withdraw the invitation of {email}?";
    revoke_detail = "The link in the mail no longer works.";
    revoked(email) = "The invitation of {email} has been withdrawn.";
    role_name = "Role";
    role_hint = "Owners pay invoices and invite colleagues. Viewers see everything and change nothing.";
    share(percent) = "{percent} %";
    show_all = "Show all invoices";
    since = "Since";
    so_far = "So far";
    span(first, last) = "{first} to {last}";
    status = "Status";
    status_of_invoices = "Which invoices";
    storage = "Storage";
    storage_allowed = "Storage, at most";
    suspended_person = "Shut out";
    takes_longer = "Your payment has not arrived yet. This can take a while; you will get a mail when it has.";
    to_invoice = "View invoice";
    to_invoices = "See your invoices";
    to_pay = "To be paid";
    until_paid = "Until it is paid";
    usage_in(month) = "Usage in {month}";
    used_alone(used) = "{used} used";
    used_and_included(used, included) = "{used} used, of which {included} are included";
    users = "Users";
    was_cancelled(day) = "Your subscription was cancelled on {day}.";
    was_charged(day) = "On {day} we tried to charge your saved payment method.";
    was_paused(day) = "Your subscription has been paused since {day}.";
    was_reminded(day) = "We reminded you on {day}.";
    website = "Website";
    will_be_cancelled(day) = "On {day} your subscription is cancelled unless the invoice is paid.";
    will_be_charged(day) = "On {day} your saved payment method is charged unless the invoice is paid.";
    will_be_paused(day) = "On {day} your subscription is paused unless the invoice is paid.";
    will_have_fee(day, amount) = "On {day} a late fee of {amount} is added to your next invoice unless this one is paid.";
    you = "You";
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
