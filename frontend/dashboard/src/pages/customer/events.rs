//! What happened, in words. What has none here is told by its type, which is readable, too.

use client::texts;
use contract::events::Event;
use kit::Icon;
use serde_json::Value;

texts! {
    checkout_created = "A payment page was opened";
    customer_closed = "Customer closed";
    customer_created = "Customer taken on";
    customer_limit_exceeded = "A limit was exceeded";
    customer_limits_changed = "Limits changed";
    customer_resumed = "Customer resumed";
    customer_suspended = "Customer suspended";
    customer_updated = "Details changed";
    field_address = "From";
    field_changed = "Changed";
    field_code = "Code";
    field_email = "Email";
    field_number = "Number";
    field_reason = "Reason";
    field_request = "Request";
    field_total = "Total";
    field_type = "Type";
    invitation_accepted = "Invitation accepted";
    invitation_created = "Invitation sent";
    invitation_revoked = "Invitation revoked";
    invoice_draft_deleted = "Draft of an invoice thrown away";
    invoice_drafted = "Invoice drafted";
    invoice_failed = "Invoice could not be made";
    invoice_finalized = "Invoice issued";
    invoice_paid = "Invoice paid";
    invoice_sent = "Invoice sent again";
    mail_failed = "Mail could not be delivered";
    mail_sent = "Mail sent";
    member_added = "Person added";
    member_removed = "Person removed";
    member_updated = "Person's access changed";
    payment_failed = "Payment failed";
    payment_received = "Payment received";
    session_ended = "Signed out";
    session_started = "Signed in";
    subscription_cancelled = "Subscription cancelled";
    subscription_started = "Subscription started";
    usage_received = "Usage reported";
    user_password_changed = "Password changed";
    user_password_reset = "Password reset";
    user_password_reset_requested = "New password asked for";
    user_renamed = "Name changed";
    with_what(what, which) = "{what}: {which}";
}

fn words(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "checkout.created" => checkout_created(),
        "customer.closed" => customer_closed(),
        "customer.created" => customer_created(),
        "customer.limit_exceeded" => customer_limit_exceeded(),
        "customer.limits_changed" => customer_limits_changed(),
        "customer.resumed" => customer_resumed(),
        "customer.suspended" => customer_suspended(),
        "customer.updated" => customer_updated(),
        "invitation.accepted" => invitation_accepted(),
        "invitation.created" => invitation_created(),
        "invitation.revoked" => invitation_revoked(),
        "invoice.draft_deleted" => invoice_draft_deleted(),
        "invoice.drafted" => invoice_drafted(),
        "invoice.failed" => invoice_failed(),
        "invoice.finalized" => invoice_finalized(),
        "invoice.paid" => invoice_paid(),
        "invoice.sent" => invoice_sent(),
        "mail.failed" => mail_failed(),
        "mail.sent" => mail_sent(),
        "member.added" => member_added(),
        "member.removed" => member_removed(),
        "member.updated" => member_updated(),
        "payment.failed" => payment_failed(),
        "payment.received" => payment_received(),
        "session.ended" => session_ended(),
        "session.started" => session_started(),
        "subscription.cancelled" => subscription_cancelled(),
        "subscription.started" => subscription_started(),
        "usage.received" => usage_received(),
        "user.password_changed" => user_password_changed(),
        "user.password_reset" => user_password_reset(),
        "user.password_reset_requested" => user_password_reset_requested(),
        "user.renamed" => user_renamed(),
        _ => return None,
    })
}

/// `brand.picture_changed` → `Brand picture changed`.
fn fallback(kind: &str) -> String {
    let plain = kind.replace(['.', '_'], " ");
    let mut letters = plain.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What happened, in a few words, with what it happened to where that has a name.
pub fn what(event: &Event) -> String {
    let what = words(&event.kind).map_or_else(|| fallback(&event.kind), str::to_owned);
    let which = ["number", "plan", "email"].iter().find_map(|name| event.data.get(name)?.as_str());
    which.map_or(what.clone(), |which| with_what(&what, which))
}

/// Who did it.
pub fn who(event: &Event) -> String {
    if event.actor_name.is_empty() { event.actor.clone() } else { event.actor_name.clone() }
}

/// The drawing of its kind.
pub fn sign(kind: &str) -> Icon {
    match kind.split('.').next().unwrap_or_default() {
        "customer" => Icon::Building,
        "invoice" => Icon::Invoice,
        "payment" | "checkout" => Icon::Money,
        "mail" | "invitation" => Icon::Mail,
        "subscription" => Icon::Plan,
        "usage" => Icon::Usage,
        "session" | "user" | "member" => Icon::Person,
        _ => Icon::Activity,
    }
}

/// Names and values that say more.
pub fn details(event: &Event) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    if let Some(data) = event.data.as_object() {
        for (name, value) in data {
            flatten(name, value, &mut rows);
        }
    }
    rows.push((field_type().to_owned(), event.kind.clone()));
    rows.extend(event.address.clone().map(|address| (field_address().to_owned(), address)));
    rows.extend(event.request_id.clone().map(|id| (field_request().to_owned(), id)));
    rows
}

fn name_of(field: &str) -> String {
    match field {
        "changed" => field_changed().to_owned(),
        "code" => field_code().to_owned(),
        "email" => field_email().to_owned(),
        "number" => field_number().to_owned(),
        "reason" => field_reason().to_owned(),
        "total" => field_total().to_owned(),
        other => fallback(other),
    }
}

/// What is inside of something stands beside it, under both names.
fn flatten(name: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    let written = match value {
        Value::Null => return,
        // An amount is one thing.
        Value::Object(inside) if inside.contains_key("amount_minor") => money(value),
        Value::Object(inside) => {
            for (part, value) in inside {
                flatten(&format!("{name}.{part}"), value, rows);
            }
            return;
        }
        Value::Array(all) => all
            .iter()
            .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.push((name_of(name), written));
}

fn money(value: &Value) -> String {
    serde_json::from_value(value.clone()).map_or_else(|_| value.to_string(), client::format::money)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_words_is_readable() {
        assert_eq!(fallback("brand.picture_changed"), "Brand picture changed");
        assert_eq!(fallback(""), "");
    }
}
