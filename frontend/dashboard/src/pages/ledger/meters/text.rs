//! What people read of usage that is billed at Stripe.

use client::texts;
use domain::meters::{MeterFunction, PushStatus};

pub use super::super::text::clear;

texts! {
    any_state = "Any state";
    as_of(when) = "compared on {when}";
    at_stripe = "At Stripe";
    compared_never = "not compared yet";
    customer = "Customer";
    customer_code = "Customer's code";
    customer_code_hint = "As it stands in the list of customers.";
    day = "Day";
    day_utc = "Day (UTC)";
    differences = "Differences";
    differences_note = "days of which Stripe has something else than was sent, as found once a day";
    event_name(name) = "event name {name}";
    function_count = "number of events";
    function_sum = "sum";
    know = "Name the customer at Stripe";
    know_note = "usage of who is not known there waits";
    meter = "Meter";
    meters = "Meters";
    meters_note = "where usage goes that is billed at Stripe";
    name_customer = "Save";
    named(code) = "{code} is known at Stripe now. What waits is sent in a moment.";
    never_sent = "nothing sent yet";
    no_differences = "No differences";
    no_differences_detail = "Stripe has what was sent, as far as it has been compared.";
    no_meters = "No plan is billed at Stripe";
    no_meters_detail = "Where a plan is billed at Stripe, the usage of its metrics goes to meters there, and this page says how that goes.";
    no_pushes = "Nothing has been sent";
    no_pushes_detail = "Usage is sent once an hour.";
    none_found = "Nothing is like this";
    none_found_detail = "Choose another state.";
    open = "to be sent";
    plans = "Plans";
    problem = "Nothing can be sent";
    quantity = "Quantity";
    refused = "refused";
    send_now = "Send now";
    sent = "Sent";
    sending(count) = "Usage is being sent, {count} refused pushes among it.";
    sent_on(when) = "sent on {when}";
    state = "State";
    status_open = "To be sent";
    status_refused = "Refused";
    status_replaced = "Sent anew";
    status_sent = "Sent";
    status_too_old = "Too old";
    status_unclear = "Not clear";
    status_waiting = "Customer not known";
    stripe_customer = "Customer at Stripe";
    stripe_customer_hint = "Stripe's name for the customer: it begins with cus_.";
    too_old = "too old";
    waiting = "wait for their customer";
    different = "different";
    what_was_sent = "What was sent";
    what_was_sent_note = "of each customer's day, by how much it differs from what was sent before";
}

/// What has become of usage.
pub fn status(status: PushStatus) -> &'static str {
    match status {
        PushStatus::Waiting => status_waiting(),
        PushStatus::Open => status_open(),
        PushStatus::Sent => status_sent(),
        PushStatus::Refused => status_refused(),
        PushStatus::TooOld => status_too_old(),
        PushStatus::Unclear => status_unclear(),
        PushStatus::Replaced => status_replaced(),
    }
}

/// What of a metric goes to a meter.
pub fn function(function: MeterFunction) -> &'static str {
    match function {
        MeterFunction::Sum => function_sum(),
        MeterFunction::Count => function_count(),
    }
}
