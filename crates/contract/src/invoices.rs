//! Invoices and payments.

use std::collections::BTreeMap;

use crate::{billing::Dunning, payment_methods::Charge};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, InvoiceId, InvoiceLineId, PaymentId, SubscriptionId},
    invoices::InvoiceStatus,
    money::Money,
    periods::Month,
    pricing::{LineKind, Step},
    tax::Taxes,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// Its number, once issued. The numbers of an issuer have no gaps.
    pub number: Option<String>,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// Issued, not paid, and past its due date.
    pub overdue: bool,
    /// To whom.
    pub customer_id: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name, as it was at issue.
    pub customer_name: String,
    /// What it bills: all that the customer is subscribed to.
    pub subscriptions: Vec<InvoiceSubscription>,
    /// The first day that it bills.
    pub period_start: NaiveDate,
    /// The first day that it no longer bills.
    pub period_end: NaiveDate,
    /// What it comes to, with tax.
    pub total: Money,
    /// What of that is tax.
    pub tax: Money,
    /// What was paid of it, without what was paid too much.
    pub paid: Money,
    /// What of the customer's credit was used for it when it was issued.
    pub credit_used: Money,
    /// What was credited by credit notes. What had been paid of that became the customer's credit.
    pub credited: Money,
    /// What was given up: only of an invoice that is uncollectible.
    pub written_off: Money,
    /// What is still to be paid; zero for a draft. An invoice that is `finalized` and of which less than `total` is
    /// outstanding is paid in part.
    pub outstanding: Money,
    /// The day of issue.
    pub issued_on: Option<NaiveDate>,
    /// Until when it is to be paid.
    pub due_on: Option<NaiveDate>,
    /// When it was settled: paid in full, or credited.
    pub paid_at: Option<DateTime<Utc>>,
    /// Since when it is on hold: a draft that no run issues.
    #[serde(default)]
    pub held_at: Option<DateTime<Utc>>,
    /// Why it is.
    #[serde(default)]
    pub hold_reason: Option<String>,
    /// When it was voided or written off.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it was.
    pub closed_reason: Option<String>,
    /// Counts its changes; the same as the `ETag`.
    pub version: i32,
    /// When it was drafted.
    pub created_at: DateTime<Utc>,
    /// The SHA-256, in hexadecimal, of what an issued invoice was computed from (its evidence). None on invoices from
    /// before that was kept.
    #[serde(default)]
    pub seal: Option<String>,
}

/// An invoice with its lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceDetail {
    /// The invoice.
    #[serde(flatten)]
    pub invoice: Invoice,
    /// What it charges for. The amounts add up to the total; where taxes come on top of them, together with these.
    pub lines: Vec<InvoiceLine>,
    /// Its taxes; none where the tenant has set none up.
    #[serde(default)]
    pub taxes: Option<Taxes>,
    /// The last try to take it from a saved payment method.
    pub last_charge: Option<Charge>,
    /// A payment that somebody has made on a payment page and that the bank takes days for, as it does for bank debits.
    /// Until it has come in or failed, the invoice has no other payment page, its saved method is not charged, and dunning
    /// waits.
    #[serde(default)]
    pub payment_processing: Option<PaymentProcessing>,
    /// What was done because it is not paid, and what will be; none where it was issued while there was no schedule.
    #[serde(default)]
    pub dunning: Option<Dunning>,
}

/// A payment that is on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PaymentProcessing {
    /// How much.
    pub amount: Money,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// A line of an invoice. Its amount was rounded half away from zero to the minor unit, once; `derivation` says how it came
/// about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceLine {
    /// Its id.
    pub id: InvoiceLineId,
    /// Of which subscription; none for what is charged once.
    pub subscription_id: Option<SubscriptionId>,
    /// What it charges for.
    pub kind: LineKind,
    /// The metric, where it charges for usage.
    pub metric: Option<String>,
    /// What the customer reads.
    pub description: String,
    /// What one unit is called.
    pub unit: Option<String>,
    /// All usage of the period.
    #[schema(value_type = String, example = "68")]
    pub used: Decimal,
    /// How much of it the base fee covers.
    #[schema(value_type = String, example = "10")]
    pub included: Decimal,
    /// What is charged: the usage beyond what is included.
    #[schema(value_type = String, example = "58")]
    pub quantity: Decimal,
    /// The price of one unit, in major units of the currency, where there is one for all of them.
    #[schema(value_type = Option<String>, example = "25")]
    pub unit_price: Option<Decimal>,
    /// What it comes to.
    pub amount: Money,
    /// What of it was credited, with its sign.
    pub credited: Money,
    /// The product class that tax goes by; none is `standard`, or `late_fee` for a late fee.
    #[serde(default)]
    pub tax_class: Option<String>,
    /// How many usage events stand behind it.
    pub events: i64,
    /// The properties that make its group of usage.
    #[serde(default)]
    pub group: BTreeMap<String, String>,
    /// How it was computed, step by step.
    #[serde(default)]
    pub derivation: Vec<Step>,
    /// The first day that it charges for.
    pub service_start: NaiveDate,
    /// The first day that it no longer charges for.
    pub service_end: NaiveDate,
    /// The first day of the period that its fee is for, where that is not the invoice's month: a quarter, a year, or a month
    /// from another day on. It charges for the days served of it.
    #[serde(default)]
    pub fee_start: Option<NaiveDate>,
    /// The first day after that period.
    #[serde(default)]
    pub fee_end: Option<NaiveDate>,
}

/// An invoice to be drafted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvoice {
    /// The customer: id or code.
    pub customer: String,
    /// The month to bill.
    pub period: Month,
}

/// A run over all subscriptions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvoiceRun {
    /// The month to bill.
    pub period: Month,
    /// Makes drafts, to be looked at, and issues nothing.
    #[serde(default)]
    pub draft: bool,
}

/// A draft that is put on hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldInvoice {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// A run that has been queued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceRun {
    /// The month to bill.
    pub period: Month,
    /// Whether it makes drafts alone.
    pub draft: bool,
    /// Customers of whom something of the month was to be billed yet when the run was queued.
    pub due: i64,
    /// Customers beside these whose drafts are on hold: it leaves them as they are.
    pub held: i64,
}

/// Which dry run is wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PreviewInvoiceRun {
    /// The month that would be billed; the running one where it is not given.
    pub period: Option<Month>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A subscription that an invoice bills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceSubscription {
    /// Which.
    pub subscription_id: SubscriptionId,
    /// The plan's name.
    pub plan_name: String,
    /// The first day that is billed.
    pub period_start: NaiveDate,
    /// The first day that is no longer billed.
    pub period_end: NaiveDate,
}

/// An invoice that a run would issue, were it not on hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DryInvoice {
    /// To whom.
    pub customer_id: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub customer_name: String,
    /// What it would bill, with the plans' names at the end of the period.
    pub subscriptions: Vec<InvoiceSubscription>,
    /// The first day.
    pub period_start: NaiveDate,
    /// The first day after the last.
    pub period_end: NaiveDate,
    /// What it would come to; none where the customer would be set aside.
    pub total: Option<Money>,
    /// Why the customer would be set aside.
    pub problem: Option<String>,
    /// What the customer was invoiced for the month before, in the same currency.
    pub before: Option<Money>,
    /// Its draft is on hold: a run leaves it as it is.
    pub held: bool,
}

/// Which invoices are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListInvoices {
    /// Only those of one customer: id or code.
    #[param(max_length = 100)]
    pub customer: Option<String>,
    /// Only those in this state.
    pub status: Option<InvoiceStatus>,
    /// Only those of a month.
    pub period: Option<Month>,
    /// Only those that are overdue.
    pub overdue: Option<bool>,
    /// Only drafts that are on hold, or only what is not on hold.
    pub held: Option<bool>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Where an invoice can be paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PayLink {
    /// The address of the payment page.
    pub url: String,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// Money that has come in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// From whom.
    pub customer_id: CustomerId,
    /// For what.
    pub invoice_id: InvoiceId,
    /// How it came in: `stripe`, `bank_transfer`.
    pub provider: String,
    /// The provider's or the bank's name for it.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// The platform's share of it.
    pub application_fee: Money,
    /// What of it has been paid back, or is on its way.
    pub refunded: Money,
    /// What of it the payer's bank has taken back, or asks about; not what it has given back.
    pub disputed: Money,
    /// When.
    pub paid_at: DateTime<Utc>,
}

/// How the tenant takes payments.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that Stripe tells")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PaymentSetup {
    /// Whether an account is connected.
    pub connected: bool,
    /// Stripe's name for the account.
    pub account: Option<String>,
    /// Whether the tenant has told Stripe all that it asked for.
    pub details_submitted: bool,
    /// Whether the account may take payments.
    pub charges_enabled: bool,
    /// Whether the account is paid out.
    pub payouts_enabled: bool,
    /// The platform's share of each payment, in 1/100 of a percent.
    pub application_fee_basis_points: i32,
}

/// Who connects an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectPayments {
    /// The address that Stripe writes to.
    pub email: String,
    /// Where the company is, as ISO 3166 writes it: `US`, `DE`.
    #[schema(pattern = "^[A-Z]{2}$")]
    pub country: String,
}

/// Where to go on with Stripe's forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OnboardingLink {
    /// The address; it is good for one visit within minutes.
    pub url: String,
}
