//! Usage that is billed at Stripe: the meters that it goes to, what was sent, and what Stripe has of it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    decimals::DecimalString,
    ids::{CustomerId, MeterId, MeterPushId},
    meters::{MeterFunction, PushStatus},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Where the usage of a metric goes. There is one for each metric that a plan has which is billed at Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Meter {
    /// Its id.
    pub id: MeterId,
    /// The metric's key.
    pub metric: String,
    /// The metric's name.
    pub name: String,
    /// What one unit is called.
    pub unit: String,
    /// What of the metric goes there.
    pub function: MeterFunction,
    /// The `event_name` of the meter at Stripe. One of that name is used; where the account has none, it is made.
    pub event_name: String,
    /// Stripe's name for the meter, once it is known.
    pub reference: Option<String>,
    /// Why nothing can be sent to it.
    pub problem: Option<String>,
    /// When something was last sent.
    pub pushed_at: Option<DateTime<Utc>>,
    /// When it was last compared with what Stripe has.
    pub reconciled_at: Option<DateTime<Utc>>,
    /// How many pushes wait because nobody knows as whom the payment account has the customer.
    pub waiting: i64,
    /// How many are going to be sent.
    pub open: i64,
    /// How many Stripe has refused, or cannot be cleared up.
    pub refused: i64,
    /// How many were older than Stripe takes.
    pub too_old: i64,
    /// On how many days of customers Stripe has something else than was sent.
    pub different: i64,
}

/// All meters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Meters {
    /// By metric.
    pub items: Vec<Meter>,
}

/// Usage of a customer's day that was sent to a meter, or is to be: by how much the day differs from what was sent of it
/// before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeterPush {
    /// Its id, which is the `identifier` of the meter event at Stripe.
    pub id: MeterPushId,
    /// To which meter.
    pub meter_id: MeterId,
    /// The metric's key.
    pub metric: String,
    /// Whose.
    pub customer_id: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub customer_name: String,
    /// The day, in the tenant's time zone.
    pub day: NaiveDate,
    /// How much; below zero where less belongs there than was sent.
    pub quantity: DecimalString,
    /// What has become of it.
    pub status: PushStatus,
    /// The customer at Stripe.
    pub stripe_customer: Option<String>,
    /// When it happened, as Stripe is told.
    pub happened_at: Option<DateTime<Utc>>,
    /// Why it was refused, or what is not clear.
    pub reason: Option<String>,
    /// When it was found.
    pub created_at: DateTime<Utc>,
    /// When Stripe took it in.
    pub sent_at: Option<DateTime<Utc>>,
}

/// Which pushes are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListMeterPushes {
    /// Only those in this state.
    pub status: Option<PushStatus>,
    /// Only those to this meter.
    pub meter: Option<MeterId>,
    /// Only those of this customer: id or code.
    pub customer: Option<String>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What was sent of a customer's day beside what Stripe has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeterCheck {
    /// Of which meter.
    pub meter_id: MeterId,
    /// The metric's key.
    pub metric: String,
    /// Whose.
    pub customer_id: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name.
    pub customer_name: String,
    /// The day, as Stripe counts: in UTC.
    pub day: NaiveDate,
    /// What was sent.
    pub sent: DecimalString,
    /// What Stripe has.
    pub held: DecimalString,
    /// Since when they are so.
    pub since: DateTime<Utc>,
}

/// Which compared days are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListMeterChecks {
    /// Only those on which Stripe has something else, or only those on which it has not.
    pub different: Option<bool>,
    /// Only those of this meter.
    pub meter: Option<MeterId>,
    /// Only those of this customer: id or code.
    pub customer: Option<String>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What is going to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MetersPushed {
    /// How much that was refused is sent anew.
    pub renewed: i64,
}

/// As whom the payment account has a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StripeCustomer {
    /// Stripe's name for the customer, `cus_…`; null while there is none.
    #[schema(max_length = 255)]
    pub reference: Option<String>,
}

/// Names a customer as the payment account has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetStripeCustomer {
    /// Stripe's name for the customer, `cus_…`.
    #[schema(max_length = 255)]
    pub reference: String,
}
