//! What people read.

use client::texts;

texts! {
    area_customers = "Customers";
    area_usage = "Usage and metrics";
    area_plans = "Plans";
    area_subscriptions = "Subscriptions";
    area_invoices = "Invoices and payments";
    area_ledger = "Ledger";
    area_billing = "Billing settings";
    area_payment_setup = "Payment account";
    area_users = "Team and customers' users";
    area_api_keys = "API keys";
    area_brand = "Brand";
    area_portfolio = "Portfolio figures";
    area_events = "Audit trail and live updates";
    area_msps = "MSPs of the platform";
    area_portal = "Portal";
    may_msps_read = "See the MSPs, their figures and activity";
    may_msps_write = "Take on, change, suspend and resume MSPs";
    may_portfolio_read = "See the portfolio's figures";
    may_customers_read = "See customers and their limits";
    may_customers_write = "Take on, change, suspend and resume customers; set their limits";
    may_usage_read = "See usage figures and metrics";
    may_usage_write = "Report usage and define metrics";
    may_plans_read = "See plans";
    may_plans_write = "Create, change and archive plans";
    may_subscriptions_read = "See subscriptions";
    may_subscriptions_write = "Start and end subscriptions";
    may_invoices_read = "See invoices and payments";
    may_invoices_write = "Draft, issue and send invoices; make payment links";
    may_billing_read = "See payment terms and dunning";
    may_billing_write = "Change payment terms and dunning";
    may_payment_setup_read = "See how payments are taken";
    may_payment_setup_write = "Connect the payment account";
    may_users_read = "See the team and customers' users";
    may_users_write = "Invite people, change roles, remove people";
    may_api_keys_read = "See API keys, never their secrets";
    may_api_keys_write = "Create and revoke API keys";
    may_brand_read = "See the brand as it is edited";
    may_brand_write = "Change the brand";
    may_events_read = "See the audit trail and live updates";
    may_portal_read = "See one's own company in the portal";
    may_ledger_read = "See the ledger, what is owed, and statements";
    may_portal_pay = "Pay invoices in the portal";
    may_portal_users_write = "Invite and remove colleagues in the portal";
}
