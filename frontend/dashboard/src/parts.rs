//! What is fetched when it is first needed. Each function marks where the program is cut: it and all that only it needs
//! come in a file of their own, named after the part.
#![allow(unsafe_code, reason = "what the macro writes")]

use crate::pages;

frame::parts! {
    home: home = pages::home::Home;
    figures: figures = pages::home::figures::Figures;
    customers: customers = pages::customers::Customers;
    usage: usage = pages::usage::Usage;
    new_customer: new_customer = pages::customer::new::NewCustomer;
    customer: customer = pages::customer::CustomerPage;
    // Tabs of a customer's page that few visits open, or that are large.
    customer_invoices: customer_invoices = pages::customer::InvoicesTab;
    subscription: customer_subscription = pages::customer::SubscriptionTab;
    ledger: customer_statement = pages::customer::StatementTab;
    team: settings = pages::settings::Settings;
    brand: brand = pages::settings::brand::BrandPage;
    terms: billing_settings = pages::settings::billing::BillingPage;
    terms: taxes = pages::settings::taxes::TaxesPage;
    team: team = pages::settings::team::Team;
    keys: sandboxes = pages::settings::sandboxes::SandboxesPage;
    keys: api_keys = pages::settings::api_keys::ApiKeys;
    keys: new_api_key = pages::settings::new_api_key::NewApiKey;
    platform: activity = pages::activity::Activity;
    platform: msps = pages::platform::Msps;
    platform: new_msp = pages::platform::NewMsp;
    platform: msp = pages::platform::MspPage;
    platform: platform_activity = pages::platform::PlatformActivity;
    invoices: invoices = pages::billing::invoices::Invoices;
    invoices: new_invoice = pages::billing::new_invoice::NewInvoice;
    run: invoice_run = pages::billing::run::RunPage;
    invoice: invoice = pages::billing::invoice::InvoicePage;
    // Few visits ask one of these.
    invoice_money: invoice_money = pages::billing::invoice::MoneyQuestions;
    payments: payments = pages::billing::payments::Payments;
    ledger: ledger = pages::ledger::Ledger;
    // A tab of it that asks Stripe.
    payouts: payouts = pages::ledger::payouts::PayoutsTab;
    meters: meters = pages::ledger::meters::MetersTab;
    revenue: revenue = pages::revenue::RevenuePage;
    plans: plans = pages::billing::plans::Plans;
    // Few visits need the form, and it is as large as all of another area.
    plan_form: new_plan = pages::billing::plan_form::NewPlan;
    plan_form: edit_plan = pages::billing::plan_form::EditPlan;
    plan: plan = pages::billing::plan::PlanPage;
}
