//! Payment methods that customers keep, and charges of them.

use chrono::{DateTime, Utc};
use domain::{
    charges::ChargeStatus,
    ids::{ChargeId, CustomerId, InvoiceId, PaymentMethodId},
    money::Money,
    periods::Month,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A payment method that a customer keeps. It was saved on the payment provider's own page; its number is there alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PaymentMethod {
    /// Its id.
    pub id: PaymentMethodId,
    /// Whose.
    pub customer_id: CustomerId,
    /// The provider's word for what it is: `card`, `sepa_debit`, `us_bank_account`.
    pub kind: String,
    /// Who issued it, in the provider's words: `visa`.
    pub brand: Option<String>,
    /// The last digits of its number.
    pub last4: Option<String>,
    /// The last month in which it can be used, where it ends.
    pub expires: Option<Month>,
    /// Whether invoices are charged to it when they are issued.
    pub is_default: bool,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
}

/// What a customer keeps, the default first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PaymentMethods {
    /// The methods; there are never many.
    pub items: Vec<PaymentMethod>,
}

/// What an invoice is to be charged to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChargeInvoice {
    /// One of the customer's methods; its default where none is given.
    #[serde(default)]
    pub payment_method_id: Option<PaymentMethodId>,
}

/// A try to take what an invoice asks for from a saved method, while the payer is away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Charge {
    /// Its id.
    pub id: ChargeId,
    /// For what.
    pub invoice_id: InvoiceId,
    /// From which method.
    pub payment_method_id: PaymentMethodId,
    /// How much.
    pub amount: Money,
    /// Where it stands. A `failed` one took nothing.
    pub status: ChargeStatus,
    /// Why it failed, for programs: the provider's code, such as `insufficient_funds`, `expired_card`, or
    /// `authentication_required` where the bank wants the payer to confirm, which a pay link does.
    pub failure_code: Option<String>,
    /// Why it failed, for people.
    pub failure: Option<String>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}
