//! What people read.

use client::texts;

pub use crate::text::*;

texts! {
    activity_of_msps = "MSP activity";
    admin_email = "Email of its first administrator";
    admin_email_hint = "The invitation goes there: a link that works once, within seven days.";
    at = "At";
    created = "Taken on";
    currency = "Currency";
    currency_hint = "Its plans and invoices are in this currency.";
    customers_count = "Customers";
    figures = "This month";
    in_addresses = "Name in addresses";
    in_addresses_hint = "2 to 40 of a–z, 0–9 and hyphens, such as northwind.";
    invoice_prefix = "Invoice numbers begin with";
    invoice_prefix_hint = "1 to 8 of A–Z and 0–9. Left empty, it is made of the name in addresses.";
    invoiced = "Invoiced this month";
    machines_protected = "Machines";
    msp = "MSP";
    msps = "MSPs";
    msp_name = "Company";
    new_msp = "Take on an MSP";
    no_activity = "Nothing has happened yet";
    no_activity_detail = "What goes on at your MSPs shows here as it happens.";
    no_msps = "No MSPs yet";
    no_msps_detail = "Take on the first one: it gets a tenant of its own, and its administrator an invitation by mail.";
    rename = "Rename…";
    renamed(name) = "It is called {name} now.";
    rename_title(name) = "Rename {name}";
    resume = "Resume";
    resume_action = "Resume it";
    resume_meaning = "Its people and its customers can sign in again within a second. Its API keys work again. Nothing was lost.";
    resume_title(name) = "Resume {name}?";
    resumed(name) = "{name} is in again.";
    running = "Active";
    save = "Save";
    shut_out = "Suspended: its people, its customers' people and its API keys are shut out. Nothing is deleted.";
    slug_wrong = "Use 2 to 40 of a–z, 0–9 and hyphens; no hyphen at the ends.";
    prefix_wrong = "Use 1 to 8 of A–Z and 0–9.";
    state = "State";
    suspend = "Suspend…";
    suspend_action = "Suspend it";
    suspend_meaning = "Within a second nobody of this MSP and none of its customers' people can sign in or go on working, and its API keys are refused. Nothing is deleted, and you can resume it at any time.";
    suspend_title(name) = "Suspend {name}?";
    suspended_done(name) = "{name} is suspended.";
    taken_on(name, email) = "{name} is taken on. The invitation went to {email}.";
    take_on = "Take it on";
    time_zone = "Time zone";
    time_zone_hint = "Where its billing days begin, as the IANA database names it: Europe/Berlin.";
    what_it_gets = "What happens";
    what_it_gets_detail = "The MSP gets a tenant of its own, apart from all others. Its first administrator is invited by mail and sets everything else up: brand, team, plans, payments. To you it becomes a customer that you can bill.";
}
