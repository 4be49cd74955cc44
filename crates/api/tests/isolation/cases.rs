//! How each operation is called: the one place to add a new one.

use crate::objects::Object::{self, *};

/// How an operation is called so that it works.
pub struct Case {
    pub operation: &'static str,
    /// What the parameter of the path can name, one after the other.
    pub path: &'static [Object],
    /// The body; `{n}` is a new number each time.
    pub body: &'static str,
    /// Where the body names things; what may be left out of it can be named here, too.
    pub ids: &'static [(&'static str, Object)],
    /// Filters that name things.
    pub filters: &'static [(&'static str, Object)],
    /// The answer to who may.
    pub status: u16,
    /// Afterwards the caller's token is good no more.
    pub ends_session: bool,
}

const fn case(operation: &'static str) -> Case {
    Case { operation, path: &[], body: "", ids: &[], filters: &[], status: 200, ends_session: false }
}

impl Case {
    const fn at(self, path: &'static [Object]) -> Self {
        Self { path, ..self }
    }

    const fn body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    const fn naming(self, ids: &'static [(&'static str, Object)]) -> Self {
        Self { ids, ..self }
    }

    const fn filtered(self, filters: &'static [(&'static str, Object)]) -> Self {
        Self { filters, ..self }
    }

    const fn gives(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn ends_session(self) -> Self {
        Self { ends_session: true, ..self }
    }
}

/// Operations that anybody may call, and why.
pub const PUBLIC: &[(&str, &str)] = &[
    ("accept_invitation", "the link is what opens it"),
    ("get_public_brand", "shown before anybody signs in"),
    ("get_public_brand_picture", "shown before anybody signs in"),
    ("preview_invitation", "the link is what opens it"),
    ("receive_stripe_connect_event", "signed by Stripe"),
    ("receive_stripe_platform_event", "signed by Stripe"),
    ("refresh_tokens", "the refresh token is what opens it"),
    ("request_password_reset", "who has forgotten the password cannot sign in"),
    ("reset_password", "the link is what opens it"),
    ("sign_in", "the password is what opens it"),
];

const PLAN: &str = r#"{"name": "Plan", "base_fee": {"amount_minor": 100, "currency": "USD"},
    "components": [{"metric": "machines", "name": "Machines", "price": {"model": "unit", "unit_price": "1"}}]}"#;
const ONE_OF_THE_PORTAL: &str = r#"{"email": "portal{n}@example.com", "role": "customer_viewer"}"#;

/// Every operation behind a token.
pub const CASES: &[Case] = &[
    // One's own account.
    case("sign_out").gives(204).ends_session(),
    case("switch_tenant").body(r#"{"tenant_id": ""}"#).naming(&[("/tenant_id", Tenant)]).ends_session(),
    case("get_me"),
    case("update_me").body(r#"{"name": "Somebody"}"#),
    case("change_password")
        .body(
            r#"{"current_password": "a horse walks into a bar", "new_password": "a horse walks into a bar"}"#,
        )
        .gives(204),
    case("list_sessions"),
    case("end_session").at(&[Session]).gives(204),
    // The platform.
    case("list_msps"),
    case("create_msp")
        .body(r#"{"name": "New", "slug": "new{n}", "admin_email": "new{n}@example.com"}"#)
        .gives(201),
    case("get_msp").at(&[Msp]),
    case("update_msp").at(&[Msp]).body(r#"{"name": "Renamed"}"#),
    case("suspend_msp").at(&[Msp]),
    case("resume_msp").at(&[Msp]),
    case("list_platform_activity"),
    // Customers.
    case("get_portfolio"),
    case("list_customers"),
    case("create_customer").body(r#"{"company_name": "New {n}"}"#).naming(&[("/plan", Plan)]).gives(201),
    case("get_customer").at(&[Customer, CustomerCode]),
    case("update_customer").at(&[Customer, CustomerCode]).body(r#"{"notes": "x"}"#),
    case("get_customer_limits").at(&[Customer, CustomerCode]),
    case("set_customer_limits").at(&[Customer, CustomerCode]).body(r#"{"max_machines": 1}"#),
    case("suspend_customer").at(&[Customer, CustomerCode]),
    case("resume_customer").at(&[Customer, CustomerCode]),
    case("close_customer").at(&[Customer, CustomerCode]),
    case("get_customer_usage").at(&[Customer, CustomerCode]),
    // Usage.
    case("list_usage").filtered(&[("metric", Metric)]),
    case("get_usage_trend").at(&[Metric]),
    case("ingest_events")
        .body(
            r#"{"specversion": "1.0", "id": "e{n}", "source": "test", "type": "", "subject": "",
                "time": "2025-11-01T00:00:00Z", "data": {"quantity": "1"}}"#,
        )
        .naming(&[("/subject", Customer), ("/type", Metric)]),
    case("list_metrics"),
    case("create_metric").body(r#"{"key": "new{n}", "name": "New", "unit": "piece"}"#).gives(201),
    case("update_metric").at(&[Metric]).body(r#"{"name": "Renamed"}"#),
    // Plans and subscriptions.
    case("list_plans"),
    case("create_plan")
        .body(
            r#"{"code": "NEW{n}", "name": "New", "base_fee": {"amount_minor": 100, "currency": "USD"},
                "components": [{"metric": "", "name": "Machines", "price": {"model": "unit", "unit_price": "1"}}]}"#,
        )
        .naming(&[("/components/0/metric", Metric)])
        .gives(201),
    case("get_plan").at(&[Plan, PlanCode]),
    case("update_plan").at(&[Plan, PlanCode]).body(PLAN),
    case("archive_plan").at(&[Plan, PlanCode]),
    case("unarchive_plan").at(&[Plan, PlanCode]),
    case("list_plan_prices").at(&[Plan, PlanCode]),
    case("preview_plan_migration").at(&[Plan, PlanCode]),
    case("migrate_plan").at(&[Plan, PlanCode]).body(r#"{"effective_on": "2026-06-01"}"#),
    case("preview_pricing")
        .body(r#"{"plan_id": "", "usage": [{"metric": "machines", "quantity": "3"}]}"#)
        .naming(&[("/plan_id", Plan)]),
    case("list_subscriptions").filtered(&[("customer", Customer), ("plan", Plan)]),
    case("start_subscription")
        .at(&[Customer, CustomerCode])
        .body(r#"{"plan": ""}"#)
        .naming(&[("/plan", Plan)])
        .gives(201),
    case("get_subscription").at(&[Subscription]),
    case("preview_subscription_cancellation").at(&[RunningSubscription]),
    case("cancel_subscription").at(&[RunningSubscription]),
    case("change_subscription").at(&[Subscription]).body(r#"{"kind": "pause", "on": "2026-06-01"}"#),
    case("preview_subscription_change").at(&[Subscription]).body(r#"{"kind": "pause", "on": "2026-06-01"}"#),
    case("revoke_subscription_change").at(&[SubscriptionChange]),
    case("reinstate_subscription").at(&[Subscription]),
    case("set_subscription_trial").at(&[Subscription]),
    case("get_upcoming_invoice").at(&[Subscription]),
    // Invoices and payments.
    case("list_invoices").filtered(&[("customer", Customer)]),
    case("list_ledger").filtered(&[("customer", Customer), ("invoice", IssuedInvoice)]),
    case("get_trial_balance"),
    case("get_aged_receivables"),
    case("export_ledger"),
    case("get_revenue"),
    case("get_statement").at(&[Customer, CustomerCode]),
    case("create_invoice")
        .body(r#"{"customer": "", "period": "2025-10"}"#)
        .naming(&[("/customer", SubscribedCustomer)])
        .gives(201),
    case("preview_invoice_run"),
    case("create_invoice_run").body(r#"{"period": "2025-09"}"#).gives(202),
    case("get_invoice").at(&[DraftInvoice, IssuedInvoice]),
    case("delete_invoice").at(&[DraftInvoice]).gives(204),
    case("finalize_invoice").at(&[DraftInvoice]),
    case("hold_invoice").at(&[DraftInvoice]).body(r#"{"reason": "x"}"#),
    case("release_invoice").at(&[DraftInvoice]),
    case("send_invoice").at(&[IssuedInvoice]).gives(202),
    case("get_invoice_evidence").at(&[IssuedInvoice]),
    case("get_invoice_deferrals").at(&[DraftInvoice, IssuedInvoice]),
    case("get_invoice_pdf").at(&[DraftInvoice, IssuedInvoice]),
    case("create_invoice_pay_link").at(&[IssuedInvoice]),
    case("void_invoice").at(&[IssuedInvoice]).body(r#"{"reason": "x"}"#),
    case("write_off_invoice").at(&[IssuedInvoice]).body(r#"{"reason": "x"}"#),
    case("create_credit_note").at(&[IssuedInvoice]).body(r#"{"reason": "x"}"#).gives(201),
    case("list_credit_notes").filtered(&[("customer", Customer), ("invoice", IssuedInvoice)]),
    case("get_credit_note").at(&[CreditNote]),
    case("get_credit_note_pdf").at(&[CreditNote]),
    case("get_customer_credit").at(&[Customer, CustomerCode]),
    case("list_credit_grants").at(&[Customer, CustomerCode]),
    case("create_credit_grant")
        .at(&[Customer, CustomerCode])
        .body(r#"{"source": "promotional", "amount": {"amount_minor": 100, "currency": "USD"}, "description": "x"}"#)
        .gives(201),
    case("get_credit_grant").at(&[CreditGrant]),
    case("revoke_credit_grant").at(&[CreditGrant]).body(r#"{"reason": "x"}"#),
    case("list_payments").filtered(&[("customer", Customer), ("invoice", IssuedInvoice)]),
    case("record_payment").at(&[IssuedInvoice]).body(r#"{"reference": "{n}"}"#).gives(201),
    case("create_refund").at(&[Payment]).body(r#"{"reason": "x"}"#).gives(201),
    case("list_disputes").filtered(&[("customer", Customer), ("invoice", IssuedInvoice)]),
    case("list_refunds").filtered(&[("customer", Customer), ("invoice", IssuedInvoice)]),
    case("get_payment_balance"),
    case("list_payouts"),
    case("refresh_payouts"),
    case("get_payout").at(&[Payout]),
    case("get_payout_contents").at(&[Payout]),
    case("list_meters"),
    case("push_meters").gives(202),
    case("list_meter_pushes").filtered(&[("customer", Customer)]),
    case("list_meter_checks").filtered(&[("customer", Customer)]),
    case("get_stripe_customer").at(&[Customer, CustomerCode]),
    case("set_stripe_customer").at(&[Customer, CustomerCode]).body(r#"{"reference": "cus_there{n}"}"#),
    case("list_payment_methods").at(&[Customer, CustomerCode]),
    case("create_payment_method_link").at(&[Customer, CustomerCode]),
    case("make_payment_method_default").at(&[PaymentMethod]),
    case("remove_payment_method").at(&[PaymentMethod]).gives(204),
    case("charge_invoice")
        .at(&[IssuedInvoice])
        .body(r#"{"payment_method_id": ""}"#)
        .naming(&[("/payment_method_id", PaymentMethod)]),
    case("hold_dunning").at(&[IssuedInvoice]),
    case("continue_dunning").at(&[IssuedInvoice]),
    case("get_billing_settings"),
    case("get_tax_settings"),
    case("list_sandboxes"),
    case("create_sandbox").body(r#"{"name": "Made {n}"}"#).gives(201),
    case("get_sandbox").at(&[Sandbox]),
    case("close_sandbox").at(&[Sandbox]).gives(204),
    case("advance_sandbox").at(&[Sandbox]).body(r#"{"to": "2025-12-01"}"#).gives(202),
    case("update_billing_settings").body(r#"{"payment_days": 14}"#),
    case("update_tax_settings").body(r#"{"country": "DE"}"#),
    case("list_one_off_charges").at(&[Customer, CustomerCode]),
    case("create_one_off_charge")
        .at(&[Customer, CustomerCode])
        .body(r#"{"description": "Setup", "unit_price": "95"}"#)
        .gives(201),
    case("delete_one_off_charge").at(&[OneOffCharge]).gives(204),
    case("get_payment_setup"),
    case("connect_payments").body(r#"{"email": "money@example.com", "country": "US"}"#),
    case("refresh_payment_setup"),
    // People and keys.
    case("list_users"),
    case("list_customer_users").at(&[Customer, CustomerCode]),
    case("get_user").at(&[Staff, CustomerUser]),
    case("update_user")
        .at(&[Staff])
        .body(r#"{"role": "msp_operator", "only_customers": [""]}"#)
        .naming(&[("/only_customers/0", Customer)]),
    case("remove_user").at(&[Staff, CustomerUser]).gives(204),
    case("create_invitation")
        .body(r#"{"email": "staff{n}@example.com", "role": "msp_operator", "only_customers": [""]}"#)
        .naming(&[("/only_customers/0", Customer)])
        .gives(201),
    case("create_customer_invitation").at(&[Customer, CustomerCode]).body(ONE_OF_THE_PORTAL).gives(201),
    case("list_invitations"),
    case("revoke_invitation").at(&[Invitation, CustomerInvitation]).gives(204),
    case("list_api_keys"),
    case("create_api_key")
        .body(r#"{"name": "New", "scopes": ["customers:read"], "only_customers": [""]}"#)
        .naming(&[("/only_customers/0", Customer)])
        .gives(201),
    case("revoke_api_key").at(&[ApiKey]).gives(204),
    // Brand and audit trail.
    case("get_brand"),
    case("update_brand")
        .body(r##"{"display_name": "Brand", "primary_color": "#112233", "accent_color": "#445566"}"##),
    // Without a file, and before there is one; the rest is in `brand.rs`.
    case("put_brand_picture").gives(422),
    case("delete_brand_picture").gives(404),
    case("stream_events"),
    case("list_events").filtered(&[("customer_id", Customer)]),
    case("check_events"),
    // The portal.
    case("get_portal_overview"),
    case("get_portal_usage"),
    case("get_portal_upcoming"),
    case("list_portal_invoices"),
    case("get_portal_invoice").at(&[IssuedInvoice]),
    case("get_portal_invoice_evidence").at(&[IssuedInvoice]),
    case("get_portal_invoice_pdf").at(&[IssuedInvoice]),
    case("create_portal_pay_link").at(&[IssuedInvoice]),
    case("list_portal_payment_methods"),
    case("create_portal_payment_method_link"),
    case("make_portal_payment_method_default").at(&[PaymentMethod]),
    case("remove_portal_payment_method").at(&[PaymentMethod]).gives(204),
    case("charge_portal_invoice")
        .at(&[IssuedInvoice])
        .body(r#"{"payment_method_id": ""}"#)
        .naming(&[("/payment_method_id", PaymentMethod)]),
    case("get_portal_credit"),
    case("list_portal_refunds").filtered(&[("invoice", IssuedInvoice)]),
    case("list_portal_credit_notes").filtered(&[("invoice", IssuedInvoice)]),
    case("get_portal_credit_note_pdf").at(&[CreditNote]),
    case("list_portal_users"),
    case("create_portal_invitation").body(ONE_OF_THE_PORTAL).gives(201),
    case("list_portal_invitations"),
    case("revoke_portal_invitation").at(&[CustomerInvitation]).gives(204),
    case("remove_portal_user").at(&[CustomerUser]).gives(204),
];
