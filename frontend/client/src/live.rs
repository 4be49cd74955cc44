//! What happens on the server shows without a reload: a stream says that something has changed, and what is shown is
//! read again. Only pages that are looked at follow it; browsers open few connections to one server, and a page in the
//! background would hold one for nothing.

use std::time::Duration;

use domain::permissions::Permission;
use js_sys::{Reflect, Uint8Array};
use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, ReadableStreamDefaultReader, RequestInit, VisibilityState};

use crate::{
    Client, SessionState, fetch,
    task::{effect, spawn},
};

/// Several changes in a row are one.
const GATHER: Duration = Duration::from_millis(400);
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
        let away = left.get_value().map(|left| js_sys::Date::now() - left);
        if away.is_some_and(|away| may || away > STALE_MS) {
            client.refresh();
        }
        if may && let Ok(controller) = AbortController::new() {
            let signal = controller.signal();
            stop.set_value(Some(controller));
            spawn(keep_reading(client, signal));
        }
    });
}

fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

async fn keep_reading(client: Client, signal: AbortSignal) {
    let mut first = true;
    while !signal.aborted() {
        if !first {
            sleep(RETRY).await;
        }
        first = false;
        // The stream ends with the session's access token; renewing goes the way of all requests.
        if !signal.aborted() && client.text("/auth/me", Some(&signal)).await.is_ok() {
            let _ = read(client, &signal).await;
        }
    }
}

async fn read(client: Client, signal: &AbortSignal) -> Result<(), JsValue> {
    let request = RequestInit::new();
    request.set_signal(Some(signal));
    let answer = fetch::send("/api/v1/msp/events/stream", &request).await?;
    let Some(body) = answer.body().filter(|_| answer.ok()) else { return Ok(()) };
    // What happened between the page's reading and now was not heard of.
    gather(client);
    let reader: ReadableStreamDefaultReader = body.get_reader().dyn_into()?;
    loop {
        let piece = JsFuture::from(reader.read()).await?;
        if Reflect::get(&piece, &"done".into())?.is_truthy() {
            return Ok(());
        }
        let bytes = Uint8Array::new(&Reflect::get(&piece, &"value".into())?).to_vec();
        // A line that carries data is an event; all others only keep the connection open.
        if bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"data")) {
            gather(client);
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

async fn sleep(time: Duration) {
    let (sender, receiver) = futures_channel::oneshot::channel();
    set_timeout(
        move || {
            let _ = sender.send(());
        },
        time,
    );
    let _ = receiver.await;
}
