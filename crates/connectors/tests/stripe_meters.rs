//! Usage that is billed at Stripe: the provider against the Stripe simulator.

mod common;

use chrono::{DateTime, TimeDelta, Utc};
use common::{Simulator, code};
use connectors::stripe::{
    NewMeter, NewPayer, NewUsage, PaymentProvider, ProviderError, StripeProvider, UsageAsked,
};
use domain::ids::CustomerId;
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "the simulator goes by the clock of the system")]
fn midnight() -> DateTime<Utc> {
    let now = DateTime::from(std::time::SystemTime::now());
    let day: chrono::NaiveDate = DateTime::<Utc>::date_naive(&now);
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

async fn payer(provider: &StripeProvider, account: &str) -> String {
    let new = NewPayer {
        customer: CustomerId::from(Uuid::from_u128(1)),
        account: account.to_owned(),
        name: "Acme".to_owned(),
        email: None,
    };
    provider.create_payer(new).await.expect("a payer")
}

fn calls(account: &str) -> NewMeter {
    NewMeter { account: account.to_owned(), event_name: "calls".to_owned(), display_name: "Calls".to_owned() }
}

#[tokio::test]
async fn usage_goes_to_a_meter_once_and_is_found_there() {
    let simulator = Simulator::start();
    let provider = simulator.provider();
    let account = simulator.account(&provider).await;
    assert_eq!(provider.meters(&account).await, Ok(vec![]));
    let made = provider.create_meter(calls(&account)).await.expect("a meter");
    assert_eq!(provider.create_meter(calls(&account)).await, Ok(made.clone()), "the same call makes one");
    assert_eq!(provider.meters(&account).await, Ok(vec![made.clone()]));
    assert_eq!((made.event_name.as_str(), &made.misfit), ("calls", &None));

    let payer = payer(&provider, &account).await;
    assert_eq!(provider.has_payer(&account, &payer).await, Ok(true));
    assert_eq!(provider.has_payer(&account, "cus_nobody").await, Ok(false));
    assert_eq!(code(&provider.has_payer(&account, "x/y").await.expect_err("it is none")), "invalid_id");
    let today = midnight();
    let noon = today - TimeDelta::hours(12);
    let usage = |number: u32, value: &str, happened_at| NewUsage {
        identifier: format!("mpu_{number}"),
        account: account.clone(),
        event_name: "calls".to_owned(),
        payer: payer.clone(),
        value: value.parse().expect("a decimal"),
        happened_at,
    };
    for (number, value, at) in [(1, "0.1", noon), (2, "0.2", noon), (3, "-0.05", noon - TimeDelta::days(3))] {
        assert_eq!(provider.send_usage(usage(number, value, at)).await, Ok(()));
        // What is known already is no error, and counts once.
        assert_eq!(provider.send_usage(usage(number, value, at)).await, Ok(()));
    }
    let asked = UsageAsked {
        account: account.clone(),
        meter: made.meter.clone(),
        payer: payer.clone(),
        from: today - TimeDelta::days(36),
        until: today,
        by_day: true,
    };
    let held = provider.usage_held(asked.clone()).await.expect("sums");
    let held: Vec<_> = held.iter().filter(|held| !held.value.is_zero()).collect();
    let shown: Vec<_> = held.iter().map(|held| (today - held.from, held.value.to_string())).collect();
    assert_eq!(
        shown,
        [(TimeDelta::days(1), "0.3".to_owned()), (TimeDelta::days(4), "-0.05".to_owned())],
        "a binary sum of 0.1 and 0.2 is read as what it stands for"
    );
    let minute = UsageAsked { from: noon, until: noon + TimeDelta::minutes(1), by_day: false, ..asked };
    let held = provider.usage_held(minute).await.expect("a sum");
    assert_eq!(held.iter().map(|held| held.value.to_string()).collect::<Vec<_>>(), ["0.3"]);

    let old = provider.send_usage(usage(9, "1", today - TimeDelta::days(40))).await;
    assert!(matches!(old, Err(ProviderError::Rejected { .. })), "{old:?}");
}
