//! Saved payment methods, and charges on them.

use super::CheckoutState;
use domain::{
    ids::{ChargeId, CustomerId, InvoiceId, MethodSetupId},
    money::{Currency, Money},
};
use std::collections::HashMap;

/// A payer: a tenant's customer as its account knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayer {
    /// Who it is; a repeated call with the same content makes one payer only.
    pub customer: CustomerId,
    /// The account it is to be known to, `acct_…`.
    pub account: String,
    /// The name of the business.
    pub name: String,
    /// Where its receipts go.
    pub email: Option<String>,
}

/// A page on which a payer saves a payment method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMethodSetup {
    /// Our id of the page; a repeated call with it gives the same page again.
    pub setup: MethodSetupId,
    /// The account that will charge the method, `acct_…`.
    pub account: String,
    /// Whose method it will be: `cus_…` on that account.
    pub payer: String,
    /// What it will be charged in, which decides the kinds of method that are offered.
    pub currency: Currency,
    /// Where the payer goes afterwards.
    pub success_url: String,
    /// Where the payer goes who turns back.
    pub cancel_url: String,
}

/// What is known of a saved method; never a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedMethod {
    /// `pm_…`.
    pub method: String,
    /// The payer it belongs to, `cus_…`; nobody once it is detached.
    pub payer: Option<String>,
    /// Stripe's word: `card`, `sepa_debit`, `us_bank_account`, …
    pub kind: String,
    /// The card's brand, such as `visa`; of a debit the bank's name, where Stripe tells it.
    pub brand: Option<String>,
    /// The end of the number.
    pub last4: Option<String>,
    /// The last year and month in which a card is good.
    pub expires: Option<(i32, u32)>,
}

/// A page for saving a method, as Stripe knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodSetupStatus {
    /// `cs_…`.
    pub session: String,
    /// Where it stands.
    pub state: CheckoutState,
    /// What was saved, once it can be charged. A bank account may have to be verified first, which takes days after
    /// the page is complete.
    pub method: Option<SavedMethod>,
    /// What was kept with it.
    pub metadata: HashMap<String, String>,
}

/// A payment from a saved method while the payer is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCharge {
    /// Our id of the charge; a repeated call with it charges once.
    pub charge: ChargeId,
    /// The invoice that is paid.
    pub invoice: InvoiceId,
    /// The account that is paid, `acct_…`.
    pub account: String,
    /// Who pays, `cus_…`.
    pub payer: String,
    /// With what, `pm_…`.
    pub method: String,
    /// What is paid.
    pub amount: Money,
    /// The platform's share of it, in the same currency; may be zero.
    pub fee: Money,
    /// What the payer's papers say it is for: the invoice's number and period.
    pub description: String,
    /// Kept by Stripe with the payment. Our ids are added to it.
    pub metadata: HashMap<String, String>,
}
