//! What happens on the server shows without a reload: a stream says that something has changed, and what is shown is
//! read again. Only pages that are looked at follow it; browsers open few connections to one server, and a page in the
//! background would hold one for nothing.

use std::time::Duration;

use domain::permissions::Permission;
use js_sys::{Reflect, Uint8Array};
use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, AbortSignal, Headers, ReadableStreamDefaultReader, RequestInit, VisibilityState,
};

use crate::{
    Client, SessionState, fetch,
    task::{effect, sleep, spawn},
};

/// Several changes in a row are one.
const GATHER: Duration = Duration::from_millis(400);
/// What the page reads first comes first. The stream goes on where the session was asked for, so that nothing is missed.
const SETTLE: Duration = Duration::from_secs(1);
/// After the stream has ended.
const RETRY: Duration = Duration::from_secs(3);
/// Who has no stream looks again on coming back, at most this often.
const STALE_MS: f64 = 15_000.0;

/// Follows what happens, as long as the page is there.
pub fn follow(client: Client) {
    let seen = RwSignal::new(is_visible());
    let listener = window_event_listener(ev::visibilitychange, move |_| seen.set(is_visible()));
    on_cleanup(move || listener.remove());

    let may = Memo::new(move |_| {
        client.session.with(|session| {
            matches!(session, SessionState::SignedIn(_)).then(|| session.may(Permission::EventsRead))
        })
    });
    let left = StoredValue::new(None::<f64>);
    let position = StoredValue::new(None::<String>);
    let stop = StoredValue::new_local(None::<AbortController>);
    let close = move || {
        if let Some(Some(controller)) = stop.try_update_value(Option::take) {
            controller.abort();
        }
    };
    on_cleanup(close);
    effect(move || {
        close();
        let (Some(may), seen) = (may.get(), seen.get()) else { return };
        if !seen {
            left.set_value(Some(js_sys::Date::now()));
            return;
        }
        if !may {
            let away = left.get_value().map(|left| js_sys::Date::now() - left);
            if away.is_some_and(|away| away > STALE_MS) {
                client.refresh();
            }
        } else if let Ok(controller) = AbortController::new() {
            // Nothing was read before the session was known: from there on, nothing is missed.
            let fresh = position.with_value(Option::is_none);
            if fresh {
                let known =
                    client.session.with_untracked(|session| session.me().and_then(|me| me.events_position));
                position.set_value(known.map(|seq| seq.to_string()));
            }
            let signal = controller.signal();
            stop.set_value(Some(controller));
            spawn(keep_reading(client, signal, position, fresh));
        }
    });
}

fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Where the stream is to go on: the id of the last event that was heard of.
type Position = StoredValue<Option<String>>;

/// Reads the stream again and again. `fresh`: the session was asked for just now.
async fn keep_reading(client: Client, signal: AbortSignal, position: Position, mut fresh: bool) {
    if fresh {
        sleep(SETTLE).await;
    }
    while !signal.aborted() {
        // The stream ends with the session's access token; renewing goes the way of all requests.
        if fresh || client.text("/auth/me", Some(&signal)).await.is_ok() {
            let _ = read(client, &signal, position).await;
        }
        fresh = false;
        if !signal.aborted() {
            sleep(RETRY).await;
        }
    }
}

async fn read(client: Client, signal: &AbortSignal, position: Position) -> Result<(), JsValue> {
    let request = RequestInit::new();
    request.set_signal(Some(signal));
    if let Some(Some(position)) = position.try_get_value() {
        let headers = Headers::new()?;
        headers.set("Last-Event-ID", &position)?;
        request.set_headers(&headers);
    }
    let answer = fetch::send("/api/v1/msp/events/stream", &request).await?;
    let Some(body) = answer.body().filter(|_| answer.ok()) else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().dyn_into()?;
    let (mut line, mut id) = (Vec::new(), None);
    loop {
        let piece = JsFuture::from(reader.read()).await?;
        if Reflect::get(&piece, &"done".into())?.is_truthy() {
            return Ok(());
        }
        for byte in Uint8Array::new(&Reflect::get(&piece, &"value".into())?).to_vec() {
            if byte != b'\n' {
                line.push(byte);
                continue;
            }
            // An event is over with an empty line; before it, it has not come.
            if let Some(text) = line.strip_prefix(b"id: ") {
                id = Some(String::from_utf8_lossy(text).into_owned());
            } else if line.starts_with(b"data") {
                gather(client);
            } else if line.is_empty() && id.is_some() {
                position.try_set_value(id.take());
            }
            line.clear();
        }
    }
}

/// Has everything read again in a moment, once for all that comes until then.
fn gather(client: Client) {
    let waiting = client.gathering;
    if waiting.try_get_value() == Some(false) {
        waiting.set_value(true);
        set_timeout(
            move || {
                waiting.try_set_value(false);
                client.refresh();
            },
            GATHER,
        );
    }
}
