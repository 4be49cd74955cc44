//! The ledger: double entry under all money.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, InvoiceId, LedgerTransactionId},
    ledger::{Account, Age, BookingKind},
    money::Money,
    periods::Month,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One thing that happened to money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LedgerTransaction {
    /// Its id.
    pub id: LedgerTransactionId,
    /// What it books.
    pub kind: BookingKind,
    /// The day that it belongs to, in the tenant's time zone.
    pub booked_on: NaiveDate,
    /// Whose.
    pub customer_id: Option<CustomerId>,
    /// The customer's code.
    pub customer_code: Option<String>,
    /// The customer's name.
    pub customer_name: Option<String>,
    /// The invoice that it has to do with.
    pub invoice_id: Option<InvoiceId>,
    /// The invoice's number.
    pub invoice_number: Option<String>,
    /// Debits and credits, which add up to zero.
    pub entries: Vec<LedgerEntry>,
    /// When it was booked.
    pub created_at: DateTime<Utc>,
}

/// A debit or a credit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LedgerEntry {
    /// The account.
    pub account: Account,
    /// How much: a debit where positive, a credit where negative.
    pub amount: Money,
}

/// What stands in the accounts at the end of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrialBalance {
    /// The day.
    pub on: NaiveDate,
    /// The accounts that anything was booked in. Those of one currency add up to zero.
    pub accounts: Vec<AccountBalance>,
}

/// What stands in an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountBalance {
    /// The account.
    pub account: Account,
    /// Debits without credits.
    pub balance: Money,
}

/// What an invoice charges ahead: for days after its month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceDeferrals {
    /// What of it is yet to be earned.
    pub deferred: Money,
    /// The months after the invoice's own that earn something of it, the earliest first; none where nothing is charged ahead.
    /// Without tax, and less what was credited.
    pub months: Vec<DeferredMonth>,
}

/// A month that earns what was charged ahead for its days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeferredMonth {
    /// Which.
    pub period: Month,
    /// How much.
    pub amount: Money,
    /// Whether the month is over and it has been booked as revenue.
    pub recognized: bool,
}

/// What is owed at the end of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgedReceivables {
    /// The day.
    pub on: NaiveDate,
    /// By customer, in the order of their names; a customer who owes in two currencies is there twice.
    pub customers: Vec<CustomerReceivable>,
}

/// What a customer owes in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CustomerReceivable {
    /// Who.
    pub customer_id: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub customer_name: String,
    /// All of it.
    pub total: Money,
    /// By how long it has been due; ages without anything are left out.
    pub by_age: Vec<AgedAmount>,
}

/// What has been due for so long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgedAmount {
    /// How long: `current` is not due yet, `days30` is 1 to 30 days, and so on.
    pub age: Age,
    /// How much.
    pub amount: Money,
}

/// A customer's account over some days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Statement {
    /// The first day.
    pub from: NaiveDate,
    /// The day after the last one.
    pub until: NaiveDate,
    /// An account for each currency.
    pub accounts: Vec<StatementAccount>,
}

/// A customer's account in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatementAccount {
    /// What was owed before the first day.
    pub opening: Money,
    /// What changed it.
    pub lines: Vec<StatementLine>,
    /// What is owed after the last day.
    pub closing: Money,
}

/// What changed what a customer owes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatementLine {
    /// The transaction of the ledger.
    pub transaction_id: LedgerTransactionId,
    /// The day.
    pub booked_on: NaiveDate,
    /// What happened.
    pub kind: BookingKind,
    /// The invoice that it has to do with.
    pub invoice_id: Option<InvoiceId>,
    /// The invoice's number.
    pub invoice_number: Option<String>,
    /// By how much more is owed; less where negative.
    pub amount: Money,
    /// What is owed then.
    pub balance: Money,
}

/// Which transactions are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListLedger {
    /// Only those of one customer: id or code.
    #[param(max_length = 100)]
    pub customer: Option<String>,
    /// Only those of one invoice.
    pub invoice: Option<InvoiceId>,
    /// Only those that touch this account.
    pub account: Option<Account>,
    /// Only those of this day or later.
    pub from: Option<NaiveDate>,
    /// Only those before this day.
    pub until: Option<NaiveDate>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which day is wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AtDay {
    /// The day, at its end; today where it is not given.
    pub on: Option<NaiveDate>,
}

/// Which days are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct FromUntil {
    /// The first day; that of the running year where it is not given.
    pub from: Option<NaiveDate>,
    /// The day after the last one; tomorrow where it is not given.
    pub until: Option<NaiveDate>,
}
