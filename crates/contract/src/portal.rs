//! The portal of a customer's own people.

use domain::limits::Limits;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{invoices::Invoice, usage::Usage};

/// The company at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PortalOverview {
    /// The company.
    pub company_name: String,
    /// Its code.
    pub code: String,
    /// What it may use at most.
    pub limits: Limits,
    /// Its plan.
    pub plan_name: Option<String>,
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
