//! Usage that is billed at the payment provider: what can go to its meters, and what has become of it.

use crate::{
    permissions::named_enum,
    pricing::{Aggregation, PriceModel, PriceTerms},
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// What of a metric goes to a meter.
    MeterFunction {
        /// The quantities of its events together.
        Sum = "sum",
        /// How many events there are.
        Count = "count",
    }
}

named_enum! {
    /// What has become of usage that is to be sent to a meter.
    PushStatus {
        /// It is not known as whom the payment account has the customer.
        Waiting = "waiting",
        /// It is going to be sent, or has been and the answer is not known yet.
        Open = "open",
        /// The provider has taken it in.
        Sent = "sent",
        /// The provider refused it.
        Refused = "refused",
        /// It is older than the provider takes: it is billed nowhere.
        TooOld = "too_old",
        /// Whether the provider has it cannot be found out.
        Unclear = "unclear",
        /// It was refused, and what there is of the day was sent anew.
        Replaced = "replaced",
    }
}

/// How old usage may be: Stripe's 35 days, and time to send it.
const OLDEST: TimeDelta = TimeDelta::minutes(35 * 24 * 60 - 15);

/// The time of day that usage of a whole day is told with: in nearly every time zone it is within that day.
const NOON: NaiveTime = match NaiveTime::from_hms_opt(12, 0, 0) {
    Some(noon) => noon,
    None => NaiveTime::MIN,
};

/// When the usage of a day happened, as it is told: at noon, or now where that is still to come.
pub fn told_at(day: NaiveDate, now: DateTime<Utc>) -> DateTime<Utc> {
    day.and_time(NOON).and_utc().min(now)
}

/// The first instant that the provider still takes.
pub fn oldest(now: DateTime<Utc>) -> DateTime<Utc> {
    now - OLDEST
}

/// The name of the meter that a metric goes to. Names of metrics are in small letters, so no two meet.
pub fn event_name(metric: &str, function: MeterFunction) -> String {
    match function {
        MeterFunction::Sum => metric.to_owned(),
        MeterFunction::Count => format!("{metric}_COUNT"),
    }
}

/// What of a price cannot go to a meter: the member of its terms, and what it would have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmetered {
    /// The member.
    pub field: &'static str,
    /// What is wrong with it, for people.
    pub detail: &'static str,
}

/// What of a metric a price goes by, where a meter can count that: sums and counts over days add up to those of a period,
/// whatever its days are.
pub fn function(price: &PriceTerms) -> Result<MeterFunction, Unmetered> {
    let unmetered = |field, detail| Err(Unmetered { field, detail });
    if matches!(price.model, PriceModel::Percentage | PriceModel::Dynamic) {
        return unmetered("model", "goes by single events, of which Stripe's meters know nothing");
    }
    if !price.filters.is_empty() {
        return unmetered("filters", "must be empty: what goes to a meter of Stripe's is the whole metric");
    }
    if !price.group_by.is_empty() {
        return unmetered("group_by", "must be empty: what goes to a meter of Stripe's is the whole metric");
    }
    match price.aggregation.function {
        Aggregation::Sum => Ok(MeterFunction::Sum),
        Aggregation::Count => Ok(MeterFunction::Count),
        _ => unmetered("aggregation", "must be `sum` or `count`: Stripe's meters know no other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> PriceTerms {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn only_what_adds_up_over_days_goes_to_a_meter() {
        let of = |text| function(&price(text)).map_err(|wrong| wrong.field);
        assert_eq!(of(r#"{"model": "unit", "unit_price": "1"}"#), Ok(MeterFunction::Sum));
        assert_eq!(
            of(r#"{"model": "unit", "unit_price": "1", "aggregation": {"function": "count"}}"#),
            Ok(MeterFunction::Count)
        );
        for (text, field) in [
            (r#"{"model": "unit", "unit_price": "1", "aggregation": {"function": "max"}}"#, "aggregation"),
            (r#"{"model": "dynamic"}"#, "model"),
            (r#"{"model": "percentage", "rate": "1"}"#, "model"),
            (r#"{"model": "unit", "unit_price": "1", "group_by": ["site"]}"#, "group_by"),
            (
                r#"{"model": "unit", "unit_price": "1", "filters": [{"property": "a", "values": ["b"]}]}"#,
                "filters",
            ),
        ] {
            assert_eq!(of(text), Err(field), "{text}");
        }
    }

    #[test]
    fn a_day_is_told_at_noon_and_never_in_the_future() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let day = "2026-11-20".parse().unwrap();
        assert_eq!(told_at(day, at("2026-11-23T08:00:00Z")), at("2026-11-20T12:00:00Z"));
        assert_eq!(told_at(day, at("2026-11-20T08:00:00Z")), at("2026-11-20T08:00:00Z"));
        let now = at("2026-12-25T12:00:00Z");
        assert!(told_at(day, now) < oldest(now));
        assert!(told_at(day, at("2026-12-25T11:00:00Z")) >= oldest(at("2026-12-25T11:00:00Z")));
    }

    #[test]
    fn no_two_meters_have_one_name() {
        assert_ne!(event_name("calls_count", MeterFunction::Sum), event_name("calls", MeterFunction::Count));
        assert_eq!(event_name("calls", MeterFunction::Sum), "calls");
    }
}
