//! Payments by Stripe: connected accounts, Checkout pages, and what became of them.
//!
//! The tenant is the merchant of record. Its customers pay on its own connected account (a direct charge, sent with the
//! `Stripe-Account` header), and the platform takes its share as an application fee.

mod answers;
mod client;
mod disputes;
mod errors;
mod ids;
mod meters;
mod methods;
mod movements;
mod payouts;
mod refunds;
mod requests;
pub mod webhook;

pub use client::StripeProvider;
pub use disputes::DisputeTold;
pub use meters::{MeterTold, NewMeter, NewUsage, UsageAsked, UsageHeld};
pub use methods::{MethodSetupStatus, NewCharge, NewMethodSetup, NewPayer, SavedMethod};
pub use payouts::{Balance, Holding, PayoutItem, PayoutItems, PayoutTold};
pub use refunds::{NewRefund, RefundState, RefundStatus};

use crate::Pending;
use chrono::{DateTime, Utc};
use domain::{
    ids::{CheckoutId, InvoiceId, TenantId},
    money::Money,
};
use secrecy::SecretString;
use serde::Deserialize;
use std::collections::HashMap;

/// How to reach Stripe, and how to know that it is Stripe who calls.
#[derive(Debug, Clone, Deserialize)]
pub struct StripeSettings {
    /// The platform's secret key, `sk_…` or `rk_…`.
    pub secret_key: SecretString,
    /// Where the API is, if not at Stripe's own address: a simulator.
    pub api_base: Option<String>,
    /// Signs the platform's own events, `whsec_…`.
    pub platform_webhook_secret: SecretString,
    /// Signs the events of connected accounts, `whsec_…`.
    pub connect_webhook_secret: SecretString,
}

/// Why a call to the payment provider failed. No text carries a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Nothing is known to be wrong with the call: try it again, with the same ids.
    #[error("the payment provider is not available: {0}")]
    Unavailable(String),
    /// The call is wrong, or the account cannot do this; another try ends the same way.
    #[error("the payment provider refused: {message} ({code})")]
    Rejected {
        /// The provider's code, such as `account_invalid`, or the kind of error if it gave none.
        code: String,
        /// The provider's words.
        message: String,
    },
    /// The operator's settings are wrong: the key is refused, or the address is no address.
    #[error("the payment provider is not set up: {0}")]
    Misconfigured(String),
}

/// An account to be opened for a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// For whom; a repeated call with the same content opens one account only.
    pub tenant: TenantId,
    /// The name of the business.
    pub name: String,
    /// The address of whoever runs it.
    pub email: String,
    /// Its country (ISO 3166-1 alpha-2), which cannot be changed later.
    pub country: String,
}

/// What a connected account can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStatus {
    /// `acct_…`.
    pub account: String,
    /// All forms are filled in.
    pub details_submitted: bool,
    /// Customers can pay.
    pub charges_enabled: bool,
    /// Money reaches the bank.
    pub payouts_enabled: bool,
}

/// A page on which one invoice is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCheckout {
    /// Our id of the page; a repeated call with it gives the same page again.
    pub checkout: CheckoutId,
    /// The invoice that is paid.
    pub invoice: InvoiceId,
    /// The account that is paid, `acct_…`.
    pub account: String,
    /// What is paid.
    pub amount: Money,
    /// The platform's share of it, in the same currency; may be zero.
    pub fee: Money,
    /// What the page says it is for: the invoice's number and period.
    pub description: String,
    /// The payer's address, filled in on the page.
    pub customer_email: Option<String>,
    /// Where the payer goes afterwards.
    pub success_url: String,
    /// Where the payer goes who turns back.
    pub cancel_url: String,
    /// Kept by Stripe with the page and with the payment. Our ids are added to it.
    pub metadata: HashMap<String, String>,
}

/// A page that is open for payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// `cs_…`.
    pub session: String,
    /// Where to send the payer.
    pub url: String,
    /// Until when the page can be used.
    pub expires_at: DateTime<Utc>,
}

/// Where a Checkout page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutState {
    /// It can be used.
    Open,
    /// The payer has finished it; the money may still be under way.
    Complete,
    /// Its time is over.
    Expired,
}

/// A Checkout page as Stripe knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutStatus {
    /// `cs_…`.
    pub session: String,
    /// Where it stands.
    pub state: CheckoutState,
    /// The money has arrived.
    pub paid: bool,
    /// The payment behind it, `pi_…`, once there is one.
    pub payment: Option<String>,
    /// Where that stands, where it is told: of a page that is finished and not paid, whether the bank is at work or has
    /// refused.
    pub payment_state: Option<PaymentState>,
    /// What is paid.
    pub amount: Money,
    /// Why the last try failed, if the page knows its payment: Stripe names it when the page is finished. Before that
    /// an event about the payment tells, and the payment's metadata names the page.
    pub last_error: Option<String>,
    /// What was kept with it.
    pub metadata: HashMap<String, String>,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    /// Nobody has tried yet, or the payer has to do something.
    Open,
    /// The bank is at work; it can take days.
    Processing,
    /// The money has arrived.
    Succeeded,
    /// The last try failed; another one is possible.
    Failed,
    /// Given up.
    Canceled,
}

/// A payment as Stripe knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentStatus {
    /// `pi_…`.
    pub payment: String,
    /// Where it stands.
    pub state: PaymentState,
    /// What has arrived if it succeeded, and what is asked for otherwise.
    pub amount: Money,
    /// The platform's share.
    pub fee: Option<Money>,
    /// Why the last try failed.
    pub failure: Option<String>,
    /// The same as a code: the bank's (`insufficient_funds`, `expired_card`, `authentication_required`) if it gave
    /// one, and Stripe's otherwise.
    pub failure_code: Option<String>,
    /// What was kept with it.
    pub metadata: HashMap<String, String>,
}

/// Takes payments on behalf of tenants.
///
/// The answer of a call is the state at that moment. Whether money has arrived is asked here; a returning browser
/// proves nothing, and a webhook is only the reason to ask.
pub trait PaymentProvider: Send + Sync {
    /// Whether no real money moves.
    fn is_test(&self) -> bool;

    /// Opens an account for a tenant.
    ///
    /// Stripe remembers the call for a day: the id belongs into the database at once.
    fn create_account(&self, new: NewAccount) -> Pending<'_, Result<AccountStatus, ProviderError>>;

    /// What an account can do.
    fn account<'a>(&'a self, account: &'a str) -> Pending<'a, Result<AccountStatus, ProviderError>>;

    /// A page on which the tenant fills in Stripe's forms. It is good for one visit within minutes: made on click,
    /// never stored.
    fn onboarding_link<'a>(
        &'a self,
        account: &'a str,
        return_url: &'a str,
        refresh_url: &'a str,
    ) -> Pending<'a, Result<String, ProviderError>>;

    /// Makes a page on which an invoice is paid.
    ///
    /// Stripe repeats its answer to a [`CheckoutId`] for a day, also if that answer was an error: whoever tries anew
    /// after a refusal takes a new id.
    fn create_checkout(&self, new: NewCheckout) -> Pending<'_, Result<Checkout, ProviderError>>;

    /// Where a page stands.
    fn checkout<'a>(
        &'a self,
        account: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<CheckoutStatus, ProviderError>>;

    /// Where a payment stands.
    fn payment<'a>(
        &'a self,
        account: &'a str,
        payment: &'a str,
    ) -> Pending<'a, Result<PaymentStatus, ProviderError>>;

    /// Closes a page. One that is closed already, or was paid in the meantime, is no error: the answer says which.
    fn expire_checkout<'a>(
        &'a self,
        account: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<CheckoutStatus, ProviderError>>;

    /// Makes a tenant's customer known to its account, `cus_…`.
    ///
    /// As with accounts, Stripe remembers the call for a day: the id belongs into the database at once.
    fn create_payer(&self, new: NewPayer) -> Pending<'_, Result<String, ProviderError>>;

    /// Whether an account has a customer of this name, `cus_…`, that has not been deleted.
    fn has_payer<'a>(&'a self, account: &'a str, payer: &'a str) -> Pending<'a, Result<bool, ProviderError>>;

    /// Makes a page on which a payer saves a payment method, for charges while the payer is away.
    ///
    /// Stripe repeats its answer to a [`MethodSetupId`](domain::ids::MethodSetupId) for a day, as it does for a
    /// Checkout.
    fn create_method_setup(&self, new: NewMethodSetup) -> Pending<'_, Result<Checkout, ProviderError>>;

    /// Where such a page stands, and what was saved on it.
    fn method_setup<'a>(
        &'a self,
        account: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<MethodSetupStatus, ProviderError>>;

    /// Forgets a saved method. One that is detached or gone already is no error.
    fn detach_method<'a>(
        &'a self,
        account: &'a str,
        method: &'a str,
    ) -> Pending<'a, Result<(), ProviderError>>;

    /// Charges a saved method while the payer is away.
    ///
    /// A refusal by the bank is an answer, not an error: [`PaymentState::Failed`], with the reason. Stripe repeats its
    /// answer to a [`ChargeId`](domain::ids::ChargeId) for a day, a refusal too: another try takes a new id.
    fn charge(&self, new: NewCharge) -> Pending<'_, Result<PaymentStatus, ProviderError>>;

    /// Pays a payment back, whole or in part. The platform keeps its share of it.
    ///
    /// Stripe repeats its answer to a [`RefundId`](domain::ids::RefundId) for a day. Later, whoever asks looks among the
    /// payment's refunds first.
    fn refund(&self, new: NewRefund) -> Pending<'_, Result<RefundStatus, ProviderError>>;

    /// Where a refund stands.
    fn refund_status<'a>(
        &'a self,
        account: &'a str,
        refund: &'a str,
    ) -> Pending<'a, Result<RefundStatus, ProviderError>>;

    /// The refunds of a payment, a hundred at most.
    fn refunds_of<'a>(
        &'a self,
        account: &'a str,
        payment: &'a str,
    ) -> Pending<'a, Result<Vec<RefundStatus>, ProviderError>>;

    /// How a dispute stands, and what money it has moved.
    fn dispute<'a>(
        &'a self,
        account: &'a str,
        dispute: &'a str,
    ) -> Pending<'a, Result<DisputeTold, ProviderError>>;

    /// What an account has.
    fn balance<'a>(&'a self, account: &'a str) -> Pending<'a, Result<Balance, ProviderError>>;

    /// The last payouts of an account, a hundred at most, the newest first. Those in a currency that cannot be billed in
    /// are left out.
    fn payouts<'a>(&'a self, account: &'a str) -> Pending<'a, Result<Vec<PayoutTold>, ProviderError>>;

    /// Where a payout stands.
    fn payout<'a>(
        &'a self,
        account: &'a str,
        payout: &'a str,
    ) -> Pending<'a, Result<PayoutTold, ProviderError>>;

    /// What a payout pays out, a thousand movements at most. Of one that is not `automatic`, nobody knows: it is refused.
    fn payout_items<'a>(
        &'a self,
        account: &'a str,
        payout: &'a str,
    ) -> Pending<'a, Result<PayoutItems, ProviderError>>;

    /// The meters of an account that take usage in.
    fn meters<'a>(&'a self, account: &'a str) -> Pending<'a, Result<Vec<MeterTold>, ProviderError>>;

    /// Makes a meter that adds up what it is sent.
    fn create_meter(&self, new: NewMeter) -> Pending<'_, Result<MeterTold, ProviderError>>;

    /// Sends usage to a meter. What Stripe has by this name already is no error, for a day at least; later, whoever sends it
    /// again asks first what the meter has ([`PaymentProvider::usage_held`]).
    ///
    /// That it is taken in does not say that it counts: whether the customer is there, Stripe looks at later.
    fn send_usage(&self, new: NewUsage) -> Pending<'_, Result<(), ProviderError>>;

    /// What a meter has of a customer. Stripe adds up within minutes, not at once.
    fn usage_held(&self, asked: UsageAsked) -> Pending<'_, Result<Vec<UsageHeld>, ProviderError>>;
}
