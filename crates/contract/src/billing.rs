//! How a tenant bills, and what is done about invoices that are not paid.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    dunning::{DunningAction, DunningStep, DunningWait},
    money::Money,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the tenant bills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BillingTerms {
    /// Days from issue until an invoice is due.
    #[schema(minimum = 0, maximum = 180)]
    pub payment_days: i32,
    /// On which day of a month the invoices of the month before are issued by themselves. Where none is given they are
    /// issued by hand.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 28)]
    pub issue_day: Option<i16>,
    /// How many days they wait as drafts, from that day on, before they are issued: time to look at them, and for usage that
    /// comes late.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 28)]
    pub grace_days: i16,
    /// Whether they are issued by themselves. Where not, drafts are made on that day, and each waits until somebody issues it.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub auto_finalize: bool,
    /// What is done about an invoice that is not paid, in the order of the days. None: nothing. Invoices keep to the steps
    /// that they were issued with.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub dunning: Vec<DunningStep>,
}

fn yes() -> bool {
    true
}

/// How the tenant bills, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BillingSettings {
    /// Days from issue until an invoice is due.
    pub payment_days: i32,
    /// On which day of a month the invoices of the month before are issued by themselves; none: by hand.
    pub issue_day: Option<i16>,
    /// How many days they wait as drafts before they are issued.
    pub grace_days: i16,
    /// Whether they are issued by themselves; where not, drafts wait until somebody issues them.
    pub auto_finalize: bool,
    /// What is done about an invoice that is not paid, in the order of the days.
    pub dunning: Vec<DunningStep>,
    /// Counts the changes; the same as the `ETag`.
    pub version: i32,
}

impl BillingSettings {
    /// The settings alone, to be changed.
    pub fn terms(self) -> BillingTerms {
        let Self { payment_days, issue_day, grace_days, auto_finalize, dunning, .. } = self;
        BillingTerms { payment_days, issue_day, grace_days, auto_finalize, dunning }
    }
}

/// What was done about an invoice that is not paid, and what will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dunning {
    /// What was done, in its order.
    pub done: Vec<DunningDone>,
    /// What is to come, in its order.
    pub planned: Vec<DunningPlanned>,
    /// Why the next step waits, though it is due: an invoice that nobody has received is not dunned.
    pub waits_for: Option<DunningWait>,
    /// Since when a person has stopped it.
    pub held_at: Option<DateTime<Utc>>,
}

/// A step that was done, or passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DunningDone {
    /// What.
    pub action: DunningAction,
    /// On which day.
    pub on: NaiveDate,
    /// Why it was not done: `no_payment_method`, `other_currency`, `too_late` or an error code. None where it was.
    pub skipped: Option<String>,
}

/// A step that is to come, as long as something is left to be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DunningPlanned {
    /// What.
    pub action: DunningAction,
    /// On which day, if nothing comes between.
    pub on: NaiveDate,
    /// The late fee, by what is left to be paid now.
    pub fee: Option<Money>,
}
