//! Subscriptions: which customer is on which plan.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, PlanId, SubscriptionId},
    subscriptions::SubscriptionStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
    /// To which plan.
    pub plan_id: PlanId,
    /// The plan's code.
    pub plan_code: String,
    /// The plan's name.
    pub plan_name: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// The first day that it covers.
    pub starts_on: NaiveDate,
    /// The first day that it no longer covers.
    pub ends_on: Option<NaiveDate>,
    /// When it was cancelled.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Counts its changes; the same as the `ETag`.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
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
}

/// When a subscription shall end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CancelSubscription {
    /// The first day that is no longer covered: behind the first day, at most ten years away. Where it is
    /// not given: tomorrow in the tenant's time zone.
    pub ends_on: Option<NaiveDate>,
}

/// Which subscriptions are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListSubscriptions {
    /// Only those in this state.
    pub status: Option<SubscriptionStatus>,
    /// Only those to this plan: id or code.
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
