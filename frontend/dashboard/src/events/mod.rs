//! What happens on the server, in words: the same on the audit trail, on a customer's page and on an invoice's.

mod text;

use client::format;
use contract::events::Event;
use domain::money::Money;
use kit::{Happening, Icon};
use serde::Deserialize as _;
use serde_json::Value;

type Word = fn() -> &'static str;

/// Groups of types: how the types begin, and what people call them.
pub const GROUPS: &[(&str, Word)] = &[
    ("customer.", text::group_customers),
    ("usage.", text::group_usage),
    ("metric.", text::group_metrics),
    ("meter.", text::group_meters),
    ("plan.", text::group_plans),
    ("subscription.", text::group_subscriptions),
    ("invoice.", text::group_invoices),
    ("invoices.", text::group_invoice_runs),
    ("credit_note.", text::group_credit_notes),
    ("credit.", text::group_credit),
    ("one_off_charge.", text::group_one_off_charges),
    ("dunning.", text::group_dunning),
    ("payment.", text::group_payments),
    ("refund.", text::group_refunds),
    ("dispute.", text::group_disputes),
    ("payout.", text::group_payouts),
    ("checkout.", text::group_checkouts),
    ("payments.", text::group_payment_account),
    ("revenue.", text::group_revenue),
    ("mail.", text::group_mails),
    ("brand.", text::group_brand),
    ("billing_settings.", text::group_billing_settings),
    ("tax_settings.", text::group_tax_settings),
    ("member.", text::group_members),
    ("invitation.", text::group_invitations),
    ("user.", text::group_users),
    ("session.", text::group_sessions),
    ("api_key.", text::group_api_keys),
    ("msp.", text::group_msps),
];

const KINDS: &[(&str, Word)] = &[
    ("api_key.created", text::api_key_created),
    ("api_key.revoked", text::api_key_revoked),
    ("billing_settings.updated", text::billing_settings_updated),
    ("brand.picture_changed", text::brand_picture_changed),
    ("brand.picture_removed", text::brand_picture_removed),
    ("brand.updated", text::brand_updated),
    ("checkout.created", text::checkout_created),
    ("credit.applied", text::credit_applied),
    ("credit.expired", text::credit_expired),
    ("credit.given_back", text::credit_given_back),
    ("credit.granted", text::credit_granted),
    ("credit.revoked", text::credit_revoked),
    ("credit_note.issued", text::credit_note_issued),
    ("customer.closed", text::customer_closed),
    ("customer.created", text::customer_created),
    ("customer.limit_exceeded", text::customer_limit_exceeded),
    ("customer.limits_changed", text::customer_limits_changed),
    ("customer.payer_set", text::customer_payer_set),
    ("customer.resumed", text::customer_resumed),
    ("customer.suspended", text::customer_suspended),
    ("customer.updated", text::customer_updated),
    ("dispute.closed", text::dispute_closed),
    ("dispute.funds_reinstated", text::dispute_funds_reinstated),
    ("dispute.funds_withdrawn", text::dispute_funds_withdrawn),
    ("dispute.lost", text::dispute_lost),
    ("dispute.needs_response", text::dispute_needs_response),
    ("dispute.opened", text::dispute_opened),
    ("dispute.under_review", text::dispute_under_review),
    ("dispute.won", text::dispute_won),
    ("dunning.continued", text::dunning_continued),
    ("dunning.held", text::dunning_held),
    ("dunning.step_done", text::dunning_step_done),
    ("dunning.step_skipped", text::dunning_step_skipped),
    ("invitation.accepted", text::invitation_accepted),
    ("invitation.created", text::invitation_created),
    ("invitation.revoked", text::invitation_revoked),
    ("invoice.draft_deleted", text::invoice_draft_deleted),
    ("invoice.drafted", text::invoice_drafted),
    ("invoice.failed", text::invoice_failed),
    ("invoice.finalized", text::invoice_finalized),
    ("invoice.held", text::invoice_held),
    ("invoice.paid", text::invoice_paid),
    ("invoice.released", text::invoice_released),
    ("invoice.sent", text::invoice_sent),
    ("invoice.voided", text::invoice_voided),
    ("invoice.written_off", text::invoice_written_off),
    ("invoices.run_queued", text::invoice_run_queued),
    ("mail.failed", text::mail_failed),
    ("mail.sent", text::mail_sent),
    ("member.added", text::member_added),
    ("member.removed", text::member_removed),
    ("member.updated", text::member_updated),
    ("meter.difference", text::meter_difference),
    ("meter.found", text::meter_found),
    ("metric.created", text::metric_created),
    ("metric.updated", text::metric_updated),
    ("msp.created", text::msp_created),
    ("msp.renamed", text::msp_renamed),
    ("msp.resumed", text::msp_resumed),
    ("msp.suspended", text::msp_suspended),
    ("one_off_charge.created", text::one_off_charge_created),
    ("one_off_charge.deleted", text::one_off_charge_deleted),
    ("payment.failed", text::payment_failed),
    ("payment.processing", text::payment_processing),
    ("payment.received", text::payment_received),
    ("payments.account_created", text::payments_account_created),
    ("payments.account_updated", text::payments_account_updated),
    ("payout.canceled", text::payout_canceled),
    ("payout.failed", text::payout_failed),
    ("payout.paid", text::payout_paid),
    ("plan.archived", text::plan_archived),
    ("plan.created", text::plan_created),
    ("plan.unarchived", text::plan_unarchived),
    ("plan.updated", text::plan_updated),
    ("refund.begun", text::refund_begun),
    ("refund.failed", text::refund_failed),
    ("refund.succeeded", text::refund_succeeded),
    ("revenue.recognized", text::revenue_recognized),
    ("session.ended", text::session_ended),
    ("session.started", text::session_started),
    ("session.token_reused", text::session_token_reused),
    ("subscription.cancelled", text::subscription_cancelled),
    ("subscription.started", text::subscription_started),
    ("tax_settings.updated", text::tax_settings_updated),
    ("usage.push_failed", text::usage_push_failed),
    ("usage.push_queued", text::usage_push_queued),
    ("usage.push_too_old", text::usage_push_too_old),
    ("usage.pushed", text::usage_pushed),
    ("usage.received", text::usage_received),
    ("user.password_changed", text::user_password_changed),
    ("user.password_reset", text::user_password_reset),
    ("user.password_reset_requested", text::user_password_reset_requested),
    ("user.renamed", text::user_renamed),
];

/// What a type of event, or a group of them, is called. One that is not known yet is made readable.
pub fn kind(name: &str) -> String {
    let known = KINDS.iter().chain(GROUPS).find(|(kind, _)| *kind == name);
    known.map_or_else(|| readable(name), |(_, word)| word().to_owned())
}

/// `backup.run_failed` reads `Backup run failed`.
pub fn readable(name: &str) -> String {
    let words = name.trim_end_matches('.').replace(['.', '_'], " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What happened, in a few words, with what it happened to where that has a name, or with how much it was.
pub fn what(event: &Event) -> String {
    let what = kind(&event.kind);
    let name =
        ["number", "plan", "email"].iter().find_map(|name| Some(event.data.get(name)?.as_str()?.to_owned()));
    let which =
        name.or_else(|| ["amount", "total"].iter().find_map(|name| amount(event, name)).map(format::money));
    which.map_or(what.clone(), |which| text::with_what(&what, &which))
}

/// The amount of that name that the event tells of.
pub fn amount(event: &Event, name: &str) -> Option<Money> {
    Money::deserialize(event.data.get(name)?).ok()
}

/// For a timeline.
pub fn happening(event: &Event) -> Happening {
    let known = |name: fn() -> &'static str, value: &Option<String>| {
        value.clone().map(|value| (name().to_owned(), value))
    };
    let mut details: Vec<_> = data(event).into_iter().map(|(name, value)| (readable(&name), value)).collect();
    details.push((text::kind().to_owned(), event.kind.clone()));
    details.extend(known(text::address, &event.address));
    details.extend(known(text::request, &event.request_id));
    Happening {
        id: event.id.to_string(),
        sign: sign(&event.kind),
        what: what(event),
        who: if event.actor_name.is_empty() { event.actor.clone() } else { event.actor_name.clone() },
        when: event.occurred_at,
        details,
    }
}

fn sign(kind: &str) -> Icon {
    match kind.split('.').next().unwrap_or_default() {
        "customer" => Icon::Building,
        "invoice" | "invoices" | "credit_note" | "credit" | "one_off_charge" => Icon::Invoice,
        "payment" | "payments" | "checkout" | "refund" | "dispute" | "payout" => Icon::Money,
        "mail" | "invitation" | "dunning" => Icon::Mail,
        "subscription" | "plan" => Icon::Plan,
        "usage" | "metric" | "meter" => Icon::Usage,
        "session" | "user" | "member" => Icon::Person,
        _ => Icon::Activity,
    }
}

/// What the event carries, as names and values; what is inside of another is named after it: `to.role`.
pub fn data(event: &Event) -> Vec<(String, String)> {
    let mut found = Vec::new();
    flatten("", &event.data, &mut found);
    found
}

fn flatten(name: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        // An amount is one thing.
        Value::Object(parts) if parts.contains_key("amount_minor") => {
            let amount = Money::deserialize(value);
            into.push((name.to_owned(), amount.map_or_else(|_| value.to_string(), format::money)));
        }
        Value::Object(parts) => {
            for (key, part) in parts {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, part, into);
            }
        }
        Value::Array(parts) if parts.iter().all(|part| !part.is_object() && !part.is_array()) => {
            let parts: Vec<_> = parts.iter().map(plain).collect();
            into.push((name.to_owned(), parts.join(", ")));
        }
        other => into.push((name.to_owned(), plain(other))),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_types_can_be_read() {
        assert_eq!(readable("backup.run_failed"), "Backup run failed");
        assert_eq!(readable("."), "");
    }

    #[test]
    fn details_become_names_and_values() {
        let mut found = Vec::new();
        let data = serde_json::json!({"to": {"role": "x", "only": null}, "list": [1, "a"], "on": true});
        flatten("", &data, &mut found);
        let expected = [("list", "1, a"), ("on", "true"), ("to.role", "x")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
