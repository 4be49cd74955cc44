//! The home page: what needs a decision, and how the business stands.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, InvoiceId, PayoutId},
    money::Money,
    periods::Month,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The portfolio of the tenant, or of the customers that the caller is limited to. Money is in the
/// tenant's own currency; plans in other currencies are not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Portfolio {
    /// The running month, in the tenant's time zone.
    pub period: Month,
    /// What needs a decision, the most urgent first.
    pub attention: Vec<Attention>,
    /// Customers by state.
    pub customers: CustomerCounts,
    /// Machines that were reported this month.
    #[schema(value_type = String, example = "2341")]
    pub machines: Decimal,
    /// This month so far: base fees, and the usage that has been reported, rated as an invoice would be.
    pub revenue_this_month: Money,
    /// The twelve months until now: what was invoiced for each; the last is this month so far.
    pub revenue_by_month: Vec<MonthRevenue>,
    /// The customers that bring the most this month, at most ten.
    pub top_customers: Vec<TopCustomer>,
}

/// Customers by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerCounts {
    /// Trying and active ones.
    pub current: i64,
    /// Active ones.
    pub active: i64,
    /// Trying ones.
    pub trial: i64,
    /// Suspended ones.
    pub suspended: i64,
    /// Those that have left.
    pub closed: i64,
}

/// What one month brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonthRevenue {
    /// The month.
    pub period: Month,
    /// What was invoiced for it.
    pub revenue: Money,
}

/// A customer among those that bring the most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopCustomer {
    /// Which.
    pub customer_id: CustomerId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub company_name: String,
    /// Its plans by their names, those that began first first.
    pub plan_name: String,
    /// Its machines this month.
    #[schema(value_type = String, example = "68")]
    pub machines: Decimal,
    /// What it brings this month so far.
    pub revenue: Money,
}

/// Something that needs a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Attention {
    /// An invoice should have been paid by now.
    InvoiceOverdue {
        /// Which.
        invoice_id: InvoiceId,
        /// Its number.
        number: String,
        /// Whose.
        customer_id: CustomerId,
        /// The customer's name.
        company_name: String,
        /// How much is still to be paid.
        total: Money,
        /// Since when.
        due_on: NaiveDate,
    },
    /// A payer's bank has taken a payment back, or asks about it, and waits for an answer.
    DisputeOpen {
        /// The invoice that was paid.
        invoice_id: InvoiceId,
        /// Its number.
        number: String,
        /// Whose.
        customer_id: CustomerId,
        /// The customer's name.
        company_name: String,
        /// How much.
        amount: Money,
        /// Until when.
        due_by: Option<DateTime<Utc>>,
    },
    /// A payout did not reach the bank, and none after it has.
    PayoutFailed {
        /// Which.
        payout_id: PayoutId,
        /// How much.
        amount: Money,
        /// Why, in the provider's words.
        reason: Option<String>,
        /// When it was to arrive.
        arrives_on: NaiveDate,
    },
    /// An attempt to pay has failed.
    PaymentFailed {
        /// The invoice.
        invoice_id: InvoiceId,
        /// Its number.
        number: String,
        /// Whose.
        customer_id: CustomerId,
        /// The customer's name.
        company_name: String,
        /// Why.
        reason: String,
        /// When.
        failed_at: DateTime<Utc>,
    },
    /// A customer uses more than agreed.
    LimitExceeded {
        /// Which.
        customer_id: CustomerId,
        /// The customer's name.
        company_name: String,
        /// `max_machines` or `storage_gb`.
        limit: String,
        /// What was agreed.
        allowed: i32,
        /// What is used.
        #[schema(value_type = String, example = "71")]
        used: Decimal,
    },
    /// A trial ends within two weeks.
    TrialEnding {
        /// Whose.
        customer_id: CustomerId,
        /// The customer's name.
        company_name: String,
        /// When.
        ends_on: NaiveDate,
    },
    /// A customer is not billed: it is active and has no subscription.
    NotSubscribed {
        /// Which.
        customer_id: CustomerId,
        /// The customer's name.
        company_name: String,
    },
    /// Drafts of months that are over wait for somebody: nothing issues them by itself.
    DraftsWaiting {
        /// To be issued.
        waiting: i64,
        /// On hold.
        held: i64,
    },
    /// Invitations wait for an answer, or have run out without one.
    InvitationsUnanswered {
        /// Still open.
        open: i64,
        /// Run out in the last thirty days.
        expired: i64,
    },
    /// There is more of one kind than is listed here.
    More {
        /// Which kind.
        of: String,
        /// How many are not listed.
        count: i64,
    },
}
