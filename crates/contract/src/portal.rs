//! The portal of a customer's own people.

use chrono::NaiveDate;
use domain::{
    ids::SubscriptionId, invoices::InvoiceStatus, limits::Limits, money::Money, periods::Month,
    pricing::LineKind,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    invoices::{Invoice, InvoiceSubscription},
    usage::Usage,
};

/// The company at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PortalOverview {
    /// The company.
    pub company_name: String,
    /// Its code.
    pub code: String,
    /// What it may use at most.
    pub limits: Limits,
    /// What it is subscribed to, those that began first first.
    pub plans: Vec<PortalPlan>,
    /// This month's usage.
    pub usage: Usage,
    /// What is to be paid, at most fifty.
    pub open_invoices: Vec<Invoice>,
    /// Where to find help.
    pub support_email: Option<String>,
    /// Where to find help.
    pub support_phone: Option<String>,
    /// Where to find help.
    pub support_url: Option<String>,
}

/// A plan that the company is subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PortalPlan {
    /// Its name.
    pub name: String,
    /// How many times the company is subscribed to it.
    pub quantity: u32,
    /// The first day.
    pub starts_on: NaiveDate,
}

/// What the company's next invoices come to, by what was used of the running month so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PortalUpcoming {
    /// One for each currency; none where nothing is charged for, or the month has been invoiced.
    pub invoices: Vec<PortalUpcomingInvoice>,
}

/// What an invoice comes to so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PortalUpcomingInvoice {
    /// The first day that it would bill.
    pub period_start: NaiveDate,
    /// The first day that it would no longer bill.
    pub period_end: NaiveDate,
    /// The subscriptions that it would bill, in the order of their lines.
    pub subscriptions: Vec<InvoiceSubscription>,
    /// What it would charge.
    pub lines: Vec<PortalUpcomingLine>,
    /// What of it would be tax.
    pub tax: Money,
    /// What it would come to, with tax.
    pub total: Money,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PortalUpcomingLine {
    /// The subscription that it is of; none for what is charged once.
    pub subscription_id: Option<SubscriptionId>,
    /// What it charges for.
    pub kind: LineKind,
    /// The same, as it is read.
    pub description: String,
    /// What was used.
    #[schema(value_type = String)]
    pub used: Decimal,
    /// What of that is included.
    #[schema(value_type = String)]
    pub included: Decimal,
    /// The first day that it charges for.
    pub service_start: NaiveDate,
    /// The first day that it no longer charges for.
    pub service_end: NaiveDate,
    /// How much.
    pub amount: Money,
}

/// Which of the company's invoices to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListPortalInvoices {
    /// Only those in this state.
    pub status: Option<InvoiceStatus>,
    /// Only those of a month.
    pub period: Option<Month>,
    /// Only those that are overdue.
    pub overdue: Option<bool>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
