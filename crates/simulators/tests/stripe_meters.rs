//! Usage that is billed at Stripe: meters, what they take in, and what they have.

mod common;

use common::{Api, simulator};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

#[expect(clippy::disallowed_methods, reason = "the simulator goes by the clock of the system")]
fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs()
        .try_into()
        .expect("a time")
}

async fn meter(api: &Api, event_name: &str) -> Value {
    let form = format!("display_name=Calls&event_name={event_name}&default_aggregation[formula]=sum");
    let (status, meter) = api.post("/v1/billing/meters", &form).await;
    assert_eq!(status, 200, "{meter}");
    meter
}

async fn customer(api: &Api) -> String {
    let (_, customer) = api.post("/v1/customers", "name=Acme").await;
    customer["id"].as_str().expect("an id").to_owned()
}

async fn send(api: &Api, customer: &str, identifier: &str, value: &str, at: i64) -> (u16, Value) {
    let form = format!(
        "event_name=calls&identifier={identifier}&timestamp={at}&payload[stripe_customer_id]={customer}\
         &payload[value]={value}"
    );
    api.post("/v1/billing/meter_events", &form).await
}

/// What the meter has of days, the latest first; days without anything are left out.
async fn held(api: &Api, meter: &Value, customer: &str, query: &str) -> Vec<(i64, f64)> {
    let id = meter["id"].as_str().expect("an id");
    let path = format!("/v1/billing/meters/{id}/event_summaries?customer={customer}&{query}");
    let (status, list) = api.get(&path).await;
    assert_eq!(status, 200, "{list}");
    let all = list["data"].as_array().expect("a list").iter();
    let sum = |one: &Value| {
        (one["start_time"].as_i64().expect("a time"), one["aggregated_value"].as_f64().expect("a number"))
    };
    all.map(sum).filter(|(_, value)| *value != 0.0).collect()
}

#[tokio::test]
async fn a_meter_adds_up_what_it_is_sent_once() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let there = api.on(&account);
    let meter = meter(&there, "calls").await;
    assert_eq!(
        (&meter["status"], &meter["value_settings"]["event_payload_key"]),
        (&json!("active"), &json!("value"))
    );
    let payer = customer(&there).await;
    let today = now().div_euclid(DAY) * DAY;
    let noon = today - DAY + DAY / 2;
    let (status, event) = send(&there, &payer, "mpu_1", "2.5", noon).await;
    assert_eq!((status, &event["identifier"]), (200, &json!("mpu_1")), "{event}");
    assert_eq!(event["payload"], json!({"stripe_customer_id": payer, "value": "2.5"}));
    send(&there, &payer, "mpu_2", "-1", noon).await;
    send(&there, &payer, "mpu_3", "4", noon - DAY).await;
    // Once: the same name is refused, whatever it says.
    let (status, refused) = send(&there, &payer, "mpu_1", "9", noon).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("duplicate_meter_event")));
    let days =
        format!("start_time={}&end_time={today}&value_grouping_window=day&limit=100", today - 10 * DAY);
    let expected = [(today - DAY, 1.5), (today - 2 * DAY, 4.0)];
    assert_eq!(held(&there, &meter, &payer, &days).await, expected);
    let minute = format!("start_time={noon}&end_time={}", noon + 60);
    assert_eq!(held(&there, &meter, &payer, &minute).await, [(noon, 1.5)]);
    // Whose customer is not there, nobody says; it just does not count.
    let (status, _) = send(&there, "cus_nobody", "mpu_4", "7", noon).await;
    assert_eq!(status, 200);
    assert_eq!(held(&there, &meter, &payer, &days).await, expected);
    // Another account has neither the meter nor its names.
    let other = api.onboarded().await;
    let elsewhere = api.on(&other);
    let path = format!("/v1/billing/meters/{}", meter["id"].as_str().expect("an id"));
    assert_eq!(elsewhere.get(&path).await.0, 404);
    assert_eq!(send(&elsewhere, &payer, "mpu_9", "1", noon).await.0, 400);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn what_an_event_says_is_looked_at_when_it_comes() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let there = api.on(&account);
    meter(&there, "calls").await;
    let payer = customer(&there).await;
    let now = now();
    for (value, at, code) in [
        ("1", now - 35 * DAY - 60, "timestamp_too_far_in_past"),
        ("1", now + 400, "timestamp_in_future"),
        ("x", now, "meter_event_invalid_value"),
        ("1234567890.123456", now, "meter_event_value_too_many_digits"),
    ] {
        let (status, refused) = send(&there, &payer, "mpu_x", value, at).await;
        assert_eq!((status, &refused["error"]["code"]), (400, &json!(code)), "{value}");
    }
    for (form, code) in [
        ("event_name=other&payload[stripe_customer_id]=cus_1&payload[value]=1", "no_meter"),
        ("event_name=calls&payload[value]=1", "meter_event_no_customer_defined"),
        ("event_name=calls&payload[stripe_customer_id]=cus_1", "meter_event_invalid_value"),
        ("payload[stripe_customer_id]=cus_1&payload[value]=1", "parameter_missing"),
        (
            "event_name=calls&payload[stripe_customer_id]=cus_1&payload[value]=1&dimensions=x",
            "parameter_unknown",
        ),
    ] {
        let (status, refused) = there.post("/v1/billing/meter_events", form).await;
        assert_eq!((status, &refused["error"]["code"]), (400, &json!(code)), "{form}");
    }
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_name_has_one_active_meter() {
    let handle = simulator(None).await;
    let api = Api::of(&handle);
    let account = api.onboarded().await;
    let there = api.on(&account);
    let first = meter(&there, "calls").await;
    let form = "display_name=Calls&event_name=calls&default_aggregation[formula]=count";
    assert_eq!(there.post("/v1/billing/meters", form).await.0, 400);
    let path = format!("/v1/billing/meters/{}", first["id"].as_str().expect("an id"));
    let (_, renamed) = there.post(&path, "display_name=Requests").await;
    assert_eq!(renamed["display_name"], "Requests");
    let (_, off) = there.post(&format!("{path}/deactivate"), "").await;
    assert_eq!(off["status"], "inactive");
    assert!(off["status_transitions"]["deactivated_at"].is_i64());
    let payer = customer(&there).await;
    assert_eq!(send(&there, &payer, "mpu_1", "1", now()).await.1["error"]["code"], "no_meter");
    let (status, second) = there.post("/v1/billing/meters", form).await;
    assert_eq!(status, 200, "{second}");
    assert_eq!(there.post(&format!("{path}/reactivate"), "").await.0, 400);
    let (_, active) = there.get("/v1/billing/meters?status=active").await;
    assert_eq!(active["data"], json!([second]));
    for query in [
        "start_time=0&end_time=60".to_owned(),
        format!("customer={payer}&start_time=1&end_time=60"),
        format!("customer={payer}&start_time=0&end_time=60&value_grouping_window=day"),
        format!("customer={payer}&start_time=60&end_time=60"),
    ] {
        assert_eq!(there.get(&format!("{path}/event_summaries?{query}")).await.0, 400, "{query}");
    }
    let unknown = format!("{path}/event_summaries?customer=cus_x&start_time=0&end_time=60");
    assert_eq!(there.get(&unknown).await.0, 404);
    handle.stop().await.expect("stopped");
}
