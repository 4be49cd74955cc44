//! What the types of events are called.

use super::text;

type Word = fn() -> &'static str;

/// Groups of types: how the types begin, and what people call them.
pub const GROUPS: &[(&str, Word)] = &[
    ("customer.", text::group_customers),
    ("usage.", text::group_usage),
    ("metric.", text::group_metrics),
    ("plan.", text::group_plans),
    ("subscription.", text::group_subscriptions),
    ("invoice.", text::group_invoices),
    ("invoices.", text::group_invoice_runs),
    ("payment.", text::group_payments),
    ("checkout.", text::group_checkouts),
    ("payments.", text::group_payment_account),
    ("mail.", text::group_mails),
    ("brand.", text::group_brand),
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
    ("brand.picture_changed", text::brand_picture_changed),
    ("brand.picture_removed", text::brand_picture_removed),
    ("brand.updated", text::brand_updated),
    ("checkout.created", text::checkout_created),
    ("customer.closed", text::customer_closed),
    ("customer.created", text::customer_created),
    ("customer.limit_exceeded", text::customer_limit_exceeded),
    ("customer.limits_changed", text::customer_limits_changed),
    ("customer.resumed", text::customer_resumed),
    ("customer.suspended", text::customer_suspended),
    ("customer.updated", text::customer_updated),
    ("invitation.accepted", text::invitation_accepted),
    ("invitation.created", text::invitation_created),
    ("invitation.revoked", text::invitation_revoked),
    ("invoice.draft_deleted", text::invoice_draft_deleted),
    ("invoice.drafted", text::invoice_drafted),
    ("invoice.failed", text::invoice_failed),
    ("invoice.finalized", text::invoice_finalized),
    ("invoice.paid", text::invoice_paid),
    ("invoice.sent", text::invoice_sent),
    ("invoices.run_queued", text::invoice_run_queued),
    ("mail.failed", text::mail_failed),
    ("mail.sent", text::mail_sent),
    ("member.removed", text::member_removed),
    ("member.updated", text::member_updated),
    ("metric.created", text::metric_created),
    ("metric.updated", text::metric_updated),
    ("msp.created", text::msp_created),
    ("msp.renamed", text::msp_renamed),
    ("msp.resumed", text::msp_resumed),
    ("msp.suspended", text::msp_suspended),
    ("payment.failed", text::payment_failed_event),
    ("payment.received", text::payment_received),
    ("payments.account_created", text::payments_account_created),
    ("payments.account_updated", text::payments_account_updated),
    ("plan.archived", text::plan_archived),
    ("plan.created", text::plan_created),
    ("plan.unarchived", text::plan_unarchived),
    ("plan.updated", text::plan_updated),
    ("session.ended", text::session_ended),
    ("session.started", text::session_started),
    ("session.token_reused", text::session_token_reused),
    ("subscription.cancelled", text::subscription_cancelled),
    ("subscription.started", text::subscription_started),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_types_can_be_read() {
        assert_eq!(readable("backup.run_failed"), "Backup run failed");
        assert_eq!(readable("."), "");
    }
}
