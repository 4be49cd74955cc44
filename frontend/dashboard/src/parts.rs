//! What is fetched when it is first needed. Each function marks where the program is cut: it and all that only it needs
//! come in a file of their own, named after the part.
#![allow(unsafe_code, reason = "what the macro writes")]

use crate::pages;

frame::parts! {
    home: home = pages::home::Home;
    customers: customers = pages::customers::Customers;
    customers: customer = pages::customer::CustomerPage;
    invoices: invoices = pages::billing::invoices::Invoices;
    invoices: new_invoice = pages::billing::new_invoice::NewInvoice;
    invoices: invoice_run = pages::billing::run::RunPage;
    invoices: invoice = pages::billing::invoice::InvoicePage;
    invoices: payments = pages::billing::payments::Payments;
    plans: plans = pages::billing::plans::Plans;
    plans: new_plan = pages::billing::plan_form::NewPlan;
    plans: edit_plan = pages::billing::plan_form::EditPlan;
    plans: plan = pages::billing::plan::PlanPage;
}
