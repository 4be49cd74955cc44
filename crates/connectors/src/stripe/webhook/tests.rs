use super::*;
use proptest::prelude::*;

const SECRET: &str = "whsec_test_secret";
/// Made by the official Python library, stripe 16.1.0: `WebhookSignature._compute_signature`.
const PAYLOAD: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
const HEADER: &str = "t=1750000000,v1=3d37ae85cb1f2fe960f679940326d514e19edfe96a53d68b0dee6818f2a929ae";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn sign(time: &str, payload: &[u8], secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = [time.as_bytes(), b".", payload].concat();
    hex::encode(hmac::sign(&key, &signed))
}

fn check(header: &str) -> Result<(), SignatureError> {
    verify(PAYLOAD, header, SECRET, at(1_750_000_000))
}

#[test]
fn the_official_library_s_signature_holds() {
    assert_eq!(check(HEADER), Ok(()));
}

#[test]
fn other_content_secret_or_time_does_not_hold() {
    let now = at(1_750_000_000);
    assert_eq!(verify(b"{}", HEADER, SECRET, now), Err(SignatureError::Mismatch));
    assert_eq!(verify(PAYLOAD, HEADER, "whsec_other", now), Err(SignatureError::Mismatch));
    assert_eq!(check(&HEADER.replace("t=1750000000", "t=1750000001")), Err(SignatureError::Mismatch));
}

#[test]
fn an_empty_secret_signs_nothing() {
    let header = format!("t=1750000000,v1={}", sign("1750000000", PAYLOAD, ""));
    assert_eq!(verify(PAYLOAD, &header, "", at(1_750_000_000)), Err(SignatureError::Mismatch));
}

#[test]
fn five_minutes_both_ways() {
    for (seconds, expected) in [
        (-301, Err(SignatureError::OutOfTime)),
        (-300, Ok(())),
        (300, Ok(())),
        (301, Err(SignatureError::OutOfTime)),
    ] {
        assert_eq!(verify(PAYLOAD, HEADER, SECRET, at(1_750_000_000 + seconds)), expected, "{seconds}");
    }
}

#[test]
fn one_of_several_signatures_is_enough() {
    let good = sign("1750000000", PAYLOAD, SECRET);
    let other = sign("1750000000", PAYLOAD, "whsec_old");
    assert_eq!(check(&format!("t=1750000000,v1={other},v1={good},v0=abc")), Ok(()));
    assert_eq!(check(&format!("t=1750000000, v1={good}")), Ok(()));
    assert_eq!(check(&format!("t=1750000000,v0={good},v1={other}")), Err(SignatureError::Mismatch));
}

#[test]
fn malformed_headers_are_refused() {
    let good = sign("1750000000", PAYLOAD, SECRET);
    let many = format!(",v1={good}").repeat(17);
    for header in [
        String::new(),
        "t".to_owned(),
        good.clone(),
        format!("v1={good}"),
        "t=1750000000".to_owned(),
        format!("t=1750000000,v0={good}"),
        format!("t=,v1={good}"),
        format!("t=-1,v1={good}"),
        format!("t=1750000000x,v1={good}"),
        format!("t=9999999999999999999,v1={good}"),
        format!("t=1750000000,t=1750000000,v1={good}"),
        format!("t=1750000000,v1={}", &good[1..]),
        format!("t=1750000000,v1={}zz", &good[2..]),
        format!("t=1750000000,v1={good},"),
        format!("t=1750000000{many}"),
        format!("t=1750000000,v1={good},x={}", "y".repeat(3000)),
    ] {
        assert_eq!(check(&header), Err(SignatureError::Malformed), "{header}");
    }
}

fn event(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut event = serde_json::json!({
        "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy", "object": "event", "api_version": "2026-09-30.basil",
        "account": "acct_1032D82eZvKYlo2C", "created": 1_686_089_970, "livemode": false, "pending_webhooks": 0,
        "type": "checkout.session.completed", "request": {"id": null, "idempotency_key": null},
        "data": {"object": {"id": "cs_test_a1", "object": "checkout.session", "mode": "setup"}},
    });
    change(&mut event);
    serde_json::to_vec(&event).unwrap()
}

#[test]
fn reads_what_is_needed() {
    let envelope = Envelope::parse(&event(|_| {})).unwrap();
    assert_eq!(
        envelope,
        Envelope {
            id: "evt_1NG8Du2eZvKYlo2CUI79vXWy".to_owned(),
            kind: "checkout.session.completed".to_owned(),
            account: Some("acct_1032D82eZvKYlo2C".to_owned()),
            object_id: Some("cs_test_a1".to_owned()),
            mode: Some("setup".to_owned()),
            created: at(1_686_089_970),
            livemode: false,
        }
    );
}

#[test]
fn what_is_not_needed_may_be_anything() {
    for (name, body) in [
        ("no account", event(|event| event["account"] = Value::Null)),
        (
            "object without id",
            event(|event| event["data"] = serde_json::json!({"object": {"object": "balance"}})),
        ),
        (
            "object with an id of the owner's",
            event(|event| event["data"]["object"]["id"] = "20 % off".into()),
        ),
        (
            "object with a mode that is no word",
            event(|event| event["data"]["object"]["mode"] = serde_json::json!(["setup"])),
        ),
        ("no data", event(|event| event["data"] = Value::Null)),
        ("unknown fields", event(|event| event["context"] = serde_json::json!([1, {"a": null}]))),
    ] {
        assert!(Envelope::parse(&body).is_ok(), "{name}");
    }
}

#[test]
fn what_is_needed_must_have_its_form() {
    for (name, body) in [
        ("no JSON", b"hello".to_vec()),
        ("a list", b"[]".to_vec()),
        ("no id", event(|event| event["id"] = Value::Null)),
        ("another id", event(|event| event["id"] = "cs_1".into())),
        ("a bare prefix", event(|event| event["id"] = "evt_".into())),
        ("a path in the id", event(|event| event["id"] = "evt_1/../x".into())),
        ("a long id", event(|event| event["id"] = format!("evt_{}", "1".repeat(252)).into())),
        ("another account", event(|event| event["account"] = "ACME".into())),
        ("no type", event(|event| event["type"] = "".into())),
        ("a line in the type", event(|event| event["type"] = "a\nb".into())),
        ("a time out of range", event(|event| event["created"] = i64::MAX.into())),
        ("deep nesting", "[".repeat(100_000).into_bytes()),
    ] {
        assert!(Envelope::parse(&body).is_err(), "{name}");
    }
    let longest = format!("evt_{}", "1".repeat(251));
    assert!(Envelope::parse(&event(|event| event["id"] = longest.into())).is_ok());
}

proptest! {
    #[test]
    fn what_is_signed_holds(payload: Vec<u8>, secret in "[a-z]{1,40}", time in 1i64..4_000_000_000) {
        let signature = sign(&time.to_string(), &payload, &secret);
        let header = format!("t={time},v1={signature}");
        prop_assert_eq!(verify(&payload, &header, &secret, at(time)), Ok(()));
        let mut changed = payload.clone();
        changed.push(b' ');
        prop_assert_eq!(verify(&changed, &header, &secret, at(time)), Err(SignatureError::Mismatch));
    }

    #[test]
    fn garbage_is_refused(payload: Vec<u8>, header in "\\PC*") {
        prop_assert!(verify(&payload, &header, SECRET, at(0)).is_err());
    }

    #[test]
    fn nearly_headers_are_refused(header in "(t=[0-9]{0,20},?|v[01]=[0-9a-f]{0,70},?|,|=){0,8}") {
        prop_assert!(verify(PAYLOAD, &header, SECRET, at(0)).is_err());
    }

    #[test]
    fn garbage_is_no_event(payload: Vec<u8>) {
        prop_assert!(Envelope::parse(&payload).is_err());
    }
}
