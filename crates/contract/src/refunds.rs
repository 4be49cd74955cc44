//! Payments that come in by hand, that are paid back, and that are disputed.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    disputes::DisputeStatus,
    ids::{CustomerId, DisputeId, InvoiceId, PaymentId, RefundId},
    money::Money,
    refunds::RefundStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A payment that is paid back, whole or in part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// The payment that is paid back.
    pub payment_id: PaymentId,
    /// The invoice that the payment was for.
    pub invoice_id: InvoiceId,
    /// To whom.
    pub customer_id: CustomerId,
    /// How much.
    pub amount: Money,
    /// What of it nothing has been credited for yet: it was made at the provider. The next credit note settles it.
    pub uncredited: Money,
    /// Where it stands. A `failed` one paid nothing back, and what was set aside for it is the customer's credit again.
    pub status: RefundStatus,
    /// The provider's name for it, once it answered.
    pub reference: Option<String>,
    /// Why the money goes back.
    pub reason: String,
    /// Why it failed, for programs: the provider's code, such as `lost_or_stolen_card`.
    pub failure_code: Option<String>,
    /// Why it failed, for people.
    pub failure: Option<String>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

/// A payment that is paid back, as the customer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PortalRefund {
    /// Its id.
    pub id: RefundId,
    /// The invoice that the payment was for.
    pub invoice_id: InvoiceId,
    /// How much.
    pub amount: Money,
    /// Where it stands. A `failed` one paid nothing back.
    pub status: RefundStatus,
    /// How the payment came in, which is how it goes back: `stripe`, `bank_transfer`.
    pub provider: String,
    /// The brand of the card that was charged, where a saved one was.
    pub brand: Option<String>,
    /// The last digits of the saved card or account that was charged. What was typed on a payment page is not known.
    pub last4: Option<String>,
    /// How much was paid.
    pub paid: Money,
    /// When it was paid.
    pub paid_at: DateTime<Utc>,
    /// When the refund was begun.
    pub created_at: DateTime<Utc>,
}

/// Which of the company's refunds are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListPortalRefunds {
    /// Only those of payments for one invoice.
    pub invoice: Option<InvoiceId>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What is to be paid back of a payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRefund {
    /// How much: at most what is left of the payment, and what the customer has as credit. As much as that allows, where
    /// it is not given.
    #[serde(default)]
    pub amount: Option<Money>,
    /// Why; kept with the refund. Up to 500 characters.
    pub reason: String,
}

/// A bank transfer that has come in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordPayment {
    /// The bank's words for it, up to 200 characters. Transfers of the same words are recorded once.
    pub reference: String,
    /// How much; all that is left of the invoice where it is not given. What is more than that becomes the customer's
    /// credit.
    #[serde(default)]
    pub amount: Option<Money>,
    /// On which day it came; today where it is not given.
    #[serde(default)]
    pub paid_on: Option<NaiveDate>,
}

/// A payment that the payer's bank takes back, or asks about. It is answered at Stripe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The invoice that the payment was for.
    pub invoice_id: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// Whose payment.
    pub customer_id: CustomerId,
    /// How much of the payment.
    pub amount: Money,
    /// What Stripe keeps for it.
    pub fee: Money,
    /// What of it was lost, and nothing has been credited for yet. The next credit note settles it.
    pub uncredited: Money,
    /// Where it stands.
    pub status: DisputeStatus,
    /// Stripe's word for why: `fraudulent`, `product_not_received`, `duplicate`, …
    pub reason: String,
    /// Stripe's name for it.
    pub reference: String,
    /// Until when the bank waits for evidence.
    pub evidence_due_by: Option<DateTime<Utc>>,
    /// When the payer's bank told of it.
    pub opened_at: DateTime<Utc>,
    /// When it was decided.
    pub closed_at: Option<DateTime<Utc>>,
}

/// Which disputes are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListDisputes {
    /// Only those of one customer: id or code.
    #[param(max_length = 100)]
    pub customer: Option<String>,
    /// Only those of payments for one invoice.
    pub invoice: Option<InvoiceId>,
    /// Only those that are not decided yet.
    pub open: Option<bool>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which payments, or refunds, are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListPayments {
    /// Only those of one customer: id or code.
    #[param(max_length = 100)]
    pub customer: Option<String>,
    /// Only those for one invoice.
    pub invoice: Option<InvoiceId>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
