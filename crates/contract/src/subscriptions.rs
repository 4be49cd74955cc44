//! Subscriptions: which customer is on which plan.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, PlanId, SubscriptionChangeId, SubscriptionId},
    money::{Currency, Money},
    periods::Month,
    subscriptions::{ChangeKind, SubscriptionStatus},
    tax::Taxes,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::pricing::RatedLine;

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose.
    pub customer_id: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub customer_name: String,
    /// To which plan today; of one that has not begun, to which it begins.
    pub plan_id: PlanId,
    /// The plan's code.
    pub plan_code: String,
    /// The plan's name.
    pub plan_name: String,
    /// In which currency it is billed.
    pub currency: Currency,
    /// By which version of the plan's prices it is charged. It keeps them until it is moved.
    pub price_version: i32,
    /// How many times it is to the plan today; of one that has not begun, how many times it begins.
    pub quantity: u32,
    /// Where it stands today.
    pub status: SubscriptionStatus,
    /// The first day that it covers.
    pub starts_on: NaiveDate,
    /// The first day that is charged for, where it is tried out before.
    #[serde(default)]
    pub trial_ends_on: Option<NaiveDate>,
    /// The first day that it no longer covers.
    pub ends_on: Option<NaiveDate>,
    /// When it was cancelled; it goes on until `ends_on`.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Whether what was charged in advance for days from its end on is given back.
    pub credit_unused: bool,
    /// What changes about it, by the day. Those that lie ahead can be revoked.
    #[serde(default)]
    pub changes: Vec<SubscriptionChange>,
    /// Counts its changes; the same as the `ETag`.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A change of a subscription, from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionChange {
    /// Its id.
    pub id: SubscriptionChangeId,
    /// What it does.
    pub kind: ChangeKind,
    /// The first day that it holds.
    pub effective_on: NaiveDate,
    /// To which plan, where that changes.
    #[serde(default)]
    pub plan_id: Option<PlanId>,
    /// The plan's code.
    #[serde(default)]
    pub plan_code: Option<String>,
    /// The plan's name.
    #[serde(default)]
    pub plan_name: Option<String>,
    /// To which version of the plan's prices.
    #[serde(default)]
    pub price_version: Option<i32>,
    /// How many times it is to its plan from then on, where that changes.
    #[serde(default)]
    pub quantity: Option<u32>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A change to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSubscription {
    /// What is done: `plan` (goes on under another plan, or under the latest prices of its own), `quantity` (goes on so many times),
    /// `pause` or `resume`.
    pub kind: ChangeKind,
    /// Id or code of an active plan, with `kind` `plan`; in the currency of the subscription.
    #[serde(default)]
    pub plan: Option<String>,
    /// How many times it is to its plan from then on, with `kind` `quantity`.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: Option<u32>,
    /// When it takes effect; `now` where neither this nor `on` is given.
    #[serde(default)]
    pub at: Option<ChangeTime>,
    /// The day on which it takes effect: not billed yet, at most ten years away. In place of `at`.
    #[serde(default)]
    pub on: Option<NaiveDate>,
}

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeTime {
    /// Today, or on the first day of a subscription that has not begun. What is charged per period is prorated by day.
    Now,
    /// On the first day of the next billing period.
    PeriodEnd,
}

/// When a trial shall end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SetTrial {
    /// The first day that is charged for; today where it is not given.
    pub ends_on: Option<NaiveDate>,
}

/// What the invoice of a period comes to by the usage there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UpcomingInvoice {
    /// The first day that the subscription covers.
    pub period_start: NaiveDate,
    /// The first day that it no longer covers.
    pub period_end: NaiveDate,
    /// What it comes to, with tax; none where nothing is charged for, as on trial.
    pub total: Option<Money>,
    /// The lines, in the order of an invoice.
    pub lines: Vec<UpcomingLine>,
    /// The taxes on the whole invoice; none where the tenant has set none up.
    #[serde(default)]
    pub taxes: Option<Taxes>,
}

/// A line of such an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UpcomingLine {
    /// What it charges, and how that was computed.
    #[serde(flatten)]
    pub line: RatedLine,
    /// Of which subscription; none for what is charged once.
    pub subscription_id: Option<SubscriptionId>,
    /// The first day that it charges for.
    pub service_start: NaiveDate,
    /// The first day that it no longer charges for.
    pub service_end: NaiveDate,
}

/// Which period is asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AskUpcoming {
    /// The month; the running one where it is not given.
    pub period: Option<Month>,
}

/// What a change does to the invoices that it touches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionChangePreview {
    /// The day on which it would take effect.
    pub effective_on: NaiveDate,
    /// The month of that day, and the next; before them the month before, where it is not billed and its invoice would be another.
    pub months: Vec<ChangedMonth>,
    /// What was charged in advance for days that turn out by that day not to be used, without taxes on top: it is given back by
    /// credit notes when the day has come.
    pub credited: Option<Money>,
}

/// An invoice as it is, and as it would be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangedMonth {
    /// The month.
    pub period: Month,
    /// Without the change; none where the subscription does not cover the month.
    pub before: Option<UpcomingInvoice>,
    /// With it.
    pub after: Option<UpcomingInvoice>,
}

fn once() -> u32 {
    1
}

/// A subscription to be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartSubscription {
    /// Id or code of an active plan.
    pub plan: String,
    /// The first day that is covered, at most ten years away. Where it is not given: today in the tenant's
    /// time zone, or the day on which an earlier subscription ends if that is later.
    #[serde(default)]
    pub starts_on: Option<NaiveDate>,
    /// How many days are not charged for at first, at most 730.
    #[serde(default)]
    pub trial_days: u16,
    /// How many times it is to the plan, 1 to 1,000,000: so often is what the plan charges and grants per period. 1 where it is not
    /// given.
    #[serde(default = "once")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: u32,
}

/// When a subscription shall end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CancelSubscription {
    /// The first day that is no longer covered: behind the first day, at most ten years away. Where it is
    /// not given: tomorrow in the tenant's time zone, or the first day that has not been billed.
    pub ends_on: Option<NaiveDate>,
    /// Whether what was charged in advance for days from the end on is given back, by a credit note when the end has come; it is,
    /// where this is not given.
    pub credit_unused: Option<bool>,
}

/// Which subscriptions are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListSubscriptions {
    /// Only those in this state.
    pub status: Option<SubscriptionStatus>,
    /// Only those that have ended, or only those that have not.
    pub ended: Option<bool>,
    /// Only those to this plan today: id or code.
    #[param(max_length = 200)]
    pub plan: Option<String>,
    /// Only those of this customer: id or code.
    #[param(max_length = 200)]
    pub customer: Option<String>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
