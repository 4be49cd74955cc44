//! Usage that Stripe bills: meters, what goes to them, and what they have. `async-stripe` has this in a crate of its own, for
//! the sake of four requests.

use super::{ProviderError, answers::incomplete, errors::rejected, ids};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use stripe::StripeRequest;
use stripe_client_core::{RequestBuilder, StripeMethod};

/// How many Stripe gives at once.
const AT_ONCE: u8 = 100;

/// What names a customer, and what the value, in an event: Stripe's own words for a meter that says nothing else.
const CUSTOMER: &str = "stripe_customer_id";
const VALUE: &str = "value";

/// A meter to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMeter {
    /// The account on which it is made, `acct_…`.
    pub account: String,
    /// What its events are called.
    pub event_name: String,
    /// What people read.
    pub display_name: String,
}

/// A meter as Stripe knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterTold {
    /// `mtr_…`.
    pub meter: String,
    /// What its events are called.
    pub event_name: String,
    /// Why it does not add up what it is sent, where it does not.
    pub misfit: Option<String>,
}

/// Usage that goes to a meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUsage {
    /// Our name for it: Stripe takes it once, for at least a day.
    pub identifier: String,
    /// The account, `acct_…`.
    pub account: String,
    /// The meter's name for its events.
    pub event_name: String,
    /// Whose it is, `cus_…`.
    pub payer: String,
    /// How much; below zero, it takes back.
    pub value: Decimal,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
}

/// Which usage a meter is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageAsked {
    /// The account, `acct_…`.
    pub account: String,
    /// The meter, `mtr_…`.
    pub meter: String,
    /// Whose, `cus_…`.
    pub payer: String,
    /// From this minute.
    pub from: DateTime<Utc>,
    /// Up to this one.
    pub until: DateTime<Utc>,
    /// By the day (UTC); from and until must be such. Else all of it in one.
    pub by_day: bool,
}

/// What a meter has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageHeld {
    /// From when.
    pub from: DateTime<Utc>,
    /// How much.
    pub value: Decimal,
}

#[derive(Serialize)]
pub(super) struct ListMeters<'a> {
    limit: u8,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    starting_after: Option<&'a str>,
}

impl<'a> ListMeters<'a> {
    pub(super) fn after(meter: Option<&'a str>) -> Self {
        Self { limit: AT_ONCE, status: "active", starting_after: meter }
    }
}

impl StripeRequest for ListMeters<'_> {
    type Output = Meters;

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Get, "/billing/meters").query(self)
    }
}

#[derive(Serialize)]
pub(super) struct CreateMeter<'a> {
    display_name: &'a str,
    event_name: &'a str,
    default_aggregation: Formula,
}

#[derive(Serialize)]
struct Formula {
    formula: &'static str,
}

impl<'a> CreateMeter<'a> {
    pub(super) fn new(new: &'a NewMeter) -> Self {
        let default_aggregation = Formula { formula: "sum" };
        Self { display_name: &new.display_name, event_name: &new.event_name, default_aggregation }
    }
}

impl StripeRequest for CreateMeter<'_> {
    type Output = Meter;

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Post, "/billing/meters").form(self)
    }
}

#[derive(miniserde::Deserialize)]
pub(super) struct Meters {
    pub(super) data: Vec<Meter>,
    pub(super) has_more: bool,
}

#[derive(miniserde::Deserialize)]
pub(super) struct Meter {
    pub(super) id: String,
    event_name: String,
    default_aggregation: Aggregation,
    customer_mapping: Key,
    value_settings: Key,
    event_time_window: Option<String>,
}

#[derive(miniserde::Deserialize)]
struct Aggregation {
    formula: String,
}

#[derive(miniserde::Deserialize)]
struct Key {
    event_payload_key: String,
}

impl Meter {
    pub(super) fn told(self) -> MeterTold {
        let misfit = match (&self.default_aggregation.formula, &self.event_time_window) {
            (formula, _) if formula != "sum" => {
                Some(format!("The meter goes by `{formula}`; it would have to go by `sum`."))
            }
            (_, Some(window)) => Some(format!(
                "The meter keeps only the last event of each {window}; it would have to keep all."
            )),
            _ if self.customer_mapping.event_payload_key != CUSTOMER => {
                let key = &self.customer_mapping.event_payload_key;
                Some(format!(
                    "The meter looks for the customer in `{key}`; it would have to be `{CUSTOMER}`."
                ))
            }
            _ if self.value_settings.event_payload_key != VALUE => {
                let key = &self.value_settings.event_payload_key;
                Some(format!("The meter looks for the value in `{key}`; it would have to be `{VALUE}`."))
            }
            _ => None,
        };
        MeterTold { meter: self.id, event_name: self.event_name, misfit }
    }
}

#[derive(Serialize)]
pub(super) struct CreateMeterEvent<'a> {
    event_name: &'a str,
    identifier: &'a str,
    payload: Payload<'a>,
    timestamp: i64,
}

#[derive(Serialize)]
struct Payload<'a> {
    stripe_customer_id: &'a str,
    value: String,
}

impl<'a> CreateMeterEvent<'a> {
    pub(super) fn new(new: &'a NewUsage) -> Result<Self, ProviderError> {
        let payload = Payload {
            stripe_customer_id: ids::check(&new.payer, "cus_")?,
            value: new.value.normalize().to_string(),
        };
        Ok(Self {
            event_name: &new.event_name,
            identifier: &new.identifier,
            payload,
            timestamp: new.happened_at.timestamp(),
        })
    }
}

impl StripeRequest for CreateMeterEvent<'_> {
    type Output = MeterEvent;

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Post, "/billing/meter_events").form(self)
    }
}

#[derive(miniserde::Deserialize)]
pub(super) struct MeterEvent {
    identifier: String,
}

impl MeterEvent {
    pub(super) fn check(&self, new: &NewUsage) -> Result<(), ProviderError> {
        if self.identifier == new.identifier { Ok(()) } else { Err(incomplete("an event of another name")) }
    }
}

/// Whether Stripe refused something because it has it already.
pub(super) fn is_known_already(error: &ProviderError) -> bool {
    matches!(error, ProviderError::Rejected { code, message }
             if code == "duplicate_meter_event" || message.contains("already exists with identifier"))
}

pub(super) struct ListSummaries<'a> {
    meter: &'a str,
    query: SummariesQuery<'a>,
}

#[derive(Serialize)]
struct SummariesQuery<'a> {
    customer: &'a str,
    start_time: i64,
    end_time: i64,
    limit: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_grouping_window: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starting_after: Option<&'a str>,
}

impl<'a> ListSummaries<'a> {
    pub(super) fn new(asked: &'a UsageAsked, after: Option<&'a str>) -> Result<Self, ProviderError> {
        if asked.from >= asked.until {
            return Err(rejected("invalid_time", "the time asked for ends before it begins"));
        }
        let query = SummariesQuery {
            customer: ids::check(&asked.payer, "cus_")?,
            start_time: asked.from.timestamp(),
            end_time: asked.until.timestamp(),
            limit: AT_ONCE,
            value_grouping_window: asked.by_day.then_some("day"),
            starting_after: after,
        };
        Ok(Self { meter: ids::check(&asked.meter, "mtr_")?, query })
    }
}

impl StripeRequest for ListSummaries<'_> {
    type Output = Summaries;

    fn build(&self) -> RequestBuilder {
        let path = format!("/billing/meters/{}/event_summaries", self.meter);
        RequestBuilder::new(StripeMethod::Get, path).query(&self.query)
    }
}

#[derive(miniserde::Deserialize)]
pub(super) struct Summaries {
    pub(super) data: Vec<Summary>,
    pub(super) has_more: bool,
}

#[derive(miniserde::Deserialize)]
pub(super) struct Summary {
    pub(super) id: String,
    aggregated_value: f64,
    start_time: i64,
}

impl Summary {
    /// Stripe adds up in binary fractions, and gives the sum as one. Our quantities have nine decimals at most: what is
    /// behind that is not theirs.
    pub(super) fn held(&self) -> Result<UsageHeld, ProviderError> {
        let value: Decimal =
            self.aggregated_value.to_string().parse().map_err(|_| incomplete("a sum that is none"))?;
        let from =
            DateTime::from_timestamp(self.start_time, 0).ok_or_else(|| incomplete("a time that is none"))?;
        Ok(UsageHeld { from, value: value.round_dp(9).normalize() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(change: (&str, &str)) -> MeterTold {
        let text = r#"{"id": "mtr_1", "object": "billing.meter", "created": 1, "display_name": "Calls", "livemode": false,
            "event_name": "calls", "default_aggregation": {"formula": "sum"}, "event_time_window": null,
            "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
            "value_settings": {"event_payload_key": "value"}, "status": "active", "updated": 1,
            "status_transitions": {"deactivated_at": null}}"#;
        assert!(text.contains(change.0));
        let text = text.replacen(change.0, change.1, 1);
        miniserde::json::from_str::<Meter>(&text).unwrap().told()
    }

    #[test]
    fn a_meter_that_would_count_something_else_is_not_used() {
        assert_eq!(meter(("calls", "calls")).misfit, None);
        for change in [
            (r#""sum""#, r#""count""#),
            (r#""event_time_window": null"#, r#""event_time_window": "day""#),
            ("stripe_customer_id", "customer"),
            (r#""event_payload_key": "value""#, r#""event_payload_key": "bytes""#),
        ] {
            assert!(meter(change).misfit.is_some(), "{change:?}");
        }
    }

    #[test]
    fn sums_are_read_to_nine_decimals() {
        for (told, value) in [
            ("25", "25"),
            ("0.30000000000000004", "0.3"),
            ("-1.5", "-1.5"),
            ("123456789.000001", "123456789.000001"),
        ] {
            let text = format!(
                r#"{{"id": "mtrusg_1", "aggregated_value": {told}, "start_time": 0, "end_time": 60}}"#
            );
            let held = miniserde::json::from_str::<Summary>(&text).unwrap().held().unwrap();
            assert_eq!(held.value.to_string(), value);
        }
    }
}
