//! Delivery of events to the endpoints: signed, repeated until accepted, and in disorder on demand.

use super::{
    Simulator,
    world::{World, number},
};
use crate::{
    clock::now_millis,
    config::{Endpoint, EndpointKind},
};
use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{sync::watch, task::JoinSet, time::timeout};

const TRIES: u32 = 10;
const LONGEST_WAIT: i64 = 60_000;
/// In reverse order, deliveries wait for each other until it has been quiet for so long.
const SETTLE: i64 = 300;
const IDLE: Duration = Duration::from_secs(30);
const FINISHED_SHOWN: usize = 1000;

/// How deliveries are to go wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Disorder {
    /// How many more times every event is delivered, at the same moment.
    pub duplicates: u8,
    /// How long every event is held back.
    pub delay_ms: u32,
    /// Newest first.
    pub reverse: bool,
    /// Nothing is delivered.
    pub pause: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Pending,
    Delivered,
    Failed,
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    id: u64,
    event: String,
    kind: String,
    endpoint: EndpointKind,
    status: Status,
    attempts: u32,
    /// When it is tried next, in milliseconds.
    due: i64,
    pub(crate) created: i64,
    last_status: Option<u16>,
    last_error: Option<String>,
}

impl Delivery {
    pub(crate) fn is_pending(&self) -> bool {
        self.status == Status::Pending
    }

    fn waits_at(&self, endpoint: EndpointKind) -> bool {
        self.is_pending() && self.endpoint == endpoint
    }
}

/// Queues an event for the endpoint that listens to its account.
pub(crate) fn queue(world: &mut World<'_>, event: &str) -> usize {
    let connected = world.object(event)["account"].is_string();
    let endpoint = if connected { EndpointKind::Connect } else { EndpointKind::Platform };
    if !world.endpoints.iter().any(|configured| configured.kind == endpoint) {
        return 0;
    }
    let disorder = world.state.disorder;
    let hold = i64::from(disorder.delay_ms).max(if disorder.reverse { SETTLE } else { 0 });
    let due = now_millis() + hold;
    if disorder.reverse {
        for waiting in &mut world.state.deliveries {
            if waiting.waits_at(endpoint) && waiting.attempts == 0 {
                waiting.due = due;
            }
        }
    }
    let copies = usize::from(disorder.duplicates) + 1;
    let kind = world.object(event)["type"].as_str().unwrap_or_default().to_owned();
    for _ in 0..copies {
        let delivery = Delivery {
            id: world.state.next_seq(),
            event: event.to_owned(),
            kind: kind.clone(),
            endpoint,
            status: Status::Pending,
            attempts: 0,
            due,
            created: world.now,
            last_status: None,
            last_error: None,
        };
        world.state.deliveries.push(delivery);
    }
    world.edit(event, json!({"pending_webhooks": 1}));
    copies
}

/// The last deliveries, newest first, as the control interface shows them.
pub(crate) fn shown(world: &World<'_>) -> Value {
    let deliveries: Vec<&Delivery> = world.state.deliveries.iter().rev().take(FINISHED_SHOWN).collect();
    let pending = world.state.deliveries.iter().filter(|delivery| delivery.is_pending()).count();
    json!({"deliveries": deliveries, "pending": pending, "disorder": world.state.disorder})
}

/// `t=…,v1=…`, as Stripe signs a body.
fn signature(secret: &str, time: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{time}.{body}").as_bytes());
    format!("t={time},v1={}", hex::encode(tag.as_ref()))
}

/// What is to be sent now to one endpoint, or how long there is nothing.
enum Next {
    Send(Vec<(u64, String)>),
    Wait(Duration),
}

/// Delivers to one endpoint until the program ends.
pub(crate) async fn work(simulator: Simulator, endpoint: Endpoint, mut changes: watch::Receiver<u64>) {
    loop {
        // Seen before looking, so that a change in between wakes us at once.
        changes.mark_unchanged();
        match simulator.change(|world| next(world, endpoint.kind)) {
            Next::Send(batch) => send_together(&simulator, &endpoint, batch).await,
            Next::Wait(wait) => {
                if let Ok(Err(_)) = timeout(wait, changes.changed()).await {
                    return;
                }
            }
        }
    }
}

/// All due copies of the event whose turn it is.
fn next(world: &World<'_>, endpoint: EndpointKind) -> Next {
    let state = &world.state;
    if state.disorder.pause {
        return Next::Wait(IDLE);
    }
    let now = now_millis();
    let waiting = || state.deliveries.iter().filter(|delivery| delivery.waits_at(endpoint));
    let due = || waiting().filter(|delivery| delivery.due <= now);
    let first = if state.disorder.reverse { due().max_by_key(|d| d.id) } else { due().min_by_key(|d| d.id) };
    let Some(first) = first else {
        let wait = waiting().map(|delivery| delivery.due - now).min();
        let wait = wait.and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis);
        return Next::Wait(wait.unwrap_or(IDLE).min(IDLE));
    };
    let body = world.object(&first.event).to_string();
    let copies = due().filter(|delivery| delivery.event == first.event);
    Next::Send(copies.map(|delivery| (delivery.id, body.clone())).collect())
}

/// Copies of one event go out at the same moment: that is when a receiver's guard is put to the test.
async fn send_together(simulator: &Simulator, endpoint: &Endpoint, batch: Vec<(u64, String)>) {
    let mut sends = JoinSet::new();
    for (id, body) in batch {
        let (client, endpoint) = (simulator.client().clone(), endpoint.clone());
        sends.spawn(async move { (id, send(&client, &endpoint, body).await) });
    }
    while let Some(done) = sends.join_next().await {
        if let Ok((id, outcome)) = done {
            simulator.change(|world| record(world, id, &outcome));
        }
    }
}

async fn send(client: &reqwest::Client, endpoint: &Endpoint, body: String) -> Result<u16, String> {
    let signature = signature(&endpoint.secret, now_millis().div_euclid(1000), &body);
    let sent = client
        .post(&endpoint.url)
        .header("Content-Type", "application/json; charset=utf-8")
        .header("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("Stripe-Signature", signature)
        .body(body)
        .send()
        .await;
    match sent {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) if error.is_timeout() => Err("no answer in time".to_owned()),
        Err(error) => Err(error.without_url().to_string()),
    }
}

fn record(world: &mut World<'_>, id: u64, outcome: &Result<u16, String>) {
    let Some(delivery) = world.state.deliveries.iter_mut().find(|delivery| delivery.id == id) else { return };
    delivery.attempts += 1;
    delivery.last_status = outcome.as_ref().ok().copied();
    delivery.last_error = outcome.as_ref().err().cloned();
    if matches!(outcome, Ok(200..=299)) {
        delivery.status = Status::Delivered;
    } else if delivery.attempts >= TRIES {
        delivery.status = Status::Failed;
    } else {
        delivery.due = now_millis() + (1000_i64 << (delivery.attempts - 1)).min(LONGEST_WAIT);
    }
    let event = delivery.event.clone();
    let waiting = world.state.deliveries.iter().any(|other| other.event == event && other.is_pending());
    if !waiting && number(world.object(&event), "pending_webhooks") > 0 {
        world.edit(&event, json!({"pending_webhooks": 0}));
    }
    world.state.dirty = true;
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn a_signature_is_that_of_the_time_and_the_body() {
        // Made with `printf '%s' '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test`.
        assert_eq!(
            signature("whsec_test", 1_700_000_000, r#"{"id":"evt_1"}"#),
            "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925"
        );
    }
}
