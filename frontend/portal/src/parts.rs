//! What is fetched when it is first needed. Each function marks where the program is cut: it and all that only it needs
//! come in a file of their own, named after the part.
#![allow(unsafe_code, reason = "what the macro writes")]

use crate::pages;

frame::parts! {
    overview: overview = pages::overview::Overview;
    usage: usage = pages::usage::Usage;
    invoices: invoices = pages::invoices::Invoices;
    invoice: invoice = pages::invoice::InvoicePage;
    payment: payment = pages::payment::Payment;
    payment: payment_methods = pages::payment_methods::Methods;
    people: users = pages::users::Users;
}
