//! The one way to send a request.

use std::collections::HashMap;

use contract::Problem;
use futures_util::{
    FutureExt as _,
    future::{LocalBoxFuture, Shared},
};
use gloo_net::http::{Method, RequestBuilder, Response};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use web_sys::AbortSignal;

use crate::{Failure, SessionState};

const BASE: &str = "/api/v1";

/// What came of renewing the session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Renewal {
    Done,
    Over,
    Unreachable,
}

type Renewing = Shared<LocalBoxFuture<'static, Renewal>>;

/// Sends requests and knows whose session it is. Cheap to copy; one per app, in the context.
#[derive(Clone, Copy)]
pub struct Client {
    /// Who is signed in.
    pub session: RwSignal<SessionState>,
    renewing: StoredValue<Option<Renewing>, LocalStorage>,
    /// Answers of this page view, so that going back shows at once what was there.
    answers: StoredValue<HashMap<String, String>, LocalStorage>,
}

/// The app's client.
pub fn use_client() -> Client {
    expect_context()
}

impl Client {
    /// Makes the client and provides it to everything below.
    pub fn provide() -> Self {
        let client = Self {
            session: RwSignal::new(SessionState::Unknown),
            renewing: StoredValue::new_local(None),
            answers: StoredValue::new_local(HashMap::new()),
        };
        provide_context(client);
        client
    }

    /// Reads something. `path` is below `/api/v1`.
    pub async fn get<T: DeserializeOwned>(
        self,
        path: &str,
        stop: Option<&AbortSignal>,
    ) -> Result<T, Failure> {
        // Boxed: what is the same for all types is compiled once.
        let text = self.send(Method::GET, path, None, stop).boxed_local().await?;
        let value = read(&text).ok_or(Failure::Unreadable)?;
        self.remember(path, text);
        Ok(value)
    }

    /// Does something that answers with nothing of interest.
    pub async fn post(self, path: &str, body: Option<&impl Serialize>) -> Result<(), Failure> {
        let body = body.map(serde_json::to_string).transpose().map_err(|_| Failure::Unreadable)?;
        self.send(Method::POST, path, body, None).boxed_local().await.map(drop)
    }

    /// The last answer of this page view.
    pub fn remembered<T: DeserializeOwned>(self, path: &str) -> Option<T> {
        self.answers.with_value(|answers| answers.get(path).cloned()).as_deref().and_then(read)
    }

    fn remember(self, path: &str, text: String) {
        self.answers.update_value(|answers| {
            answers.insert(path.to_owned(), text);
        });
    }

    /// Forgets all answers: they may belong to somebody else.
    pub fn forget(self) {
        self.answers.update_value(HashMap::clear);
    }

    async fn send(
        self,
        method: Method,
        path: &str,
        body: Option<String>,
        stop: Option<&AbortSignal>,
    ) -> Result<String, Failure> {
        // Sent again after the session was renewed, it is still the same request.
        let key = (method != Method::GET).then(idempotency_key);
        let mut answer = once(&method, path, body.as_deref(), key.as_deref(), stop).await?;
        if answer.status() == 401 && !opens_session(path) {
            match self.renew().await {
                Renewal::Done => answer = once(&method, path, body.as_deref(), key.as_deref(), stop).await?,
                Renewal::Over => {}
                Renewal::Unreachable => return Err(Failure::Offline),
            }
            if answer.status() == 401 {
                self.session.update(SessionState::end);
                return Err(Failure::SessionEnded);
            }
        }
        let status = answer.status();
        let text = answer.text().await.map_err(failure_of)?;
        if answer.ok() { Ok(text) } else { Err(problem_of(status, &text)) }
    }

    /// Renews the session; requests that find it ended at the same time wait for the same renewal.
    async fn renew(self) -> Renewal {
        let renewing = self.renewing.try_update_value(|renewing| {
            renewing.get_or_insert_with(|| renew_once().boxed_local().shared()).clone()
        });
        let Some(renewing) = renewing else { return Renewal::Over };
        let outcome = renewing.await;
        self.renewing.set_value(None);
        outcome
    }
}

// One copy for each type: reading JSON is the larger part of an app.
#[inline(never)]
fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

async fn renew_once() -> Renewal {
    match once(&Method::POST, "/auth/refresh", None, None, None).await {
        Ok(answer) if answer.ok() => Renewal::Done,
        Ok(answer) if answer.status() < 500 && answer.status() != 429 => Renewal::Over,
        Ok(_) | Err(_) => Renewal::Unreachable,
    }
}

/// Those answer 401 about the password, not about the session.
fn opens_session(path: &str) -> bool {
    matches!(path, "/auth/sign-in" | "/auth/refresh" | "/auth/sign-out")
}

async fn once(
    method: &Method,
    path: &str,
    body: Option<&str>,
    key: Option<&str>,
    stop: Option<&AbortSignal>,
) -> Result<Response, Failure> {
    let mut request = RequestBuilder::new(&format!("{BASE}{path}")).method(method.clone()).abort_signal(stop);
    if *method != Method::GET {
        // A page of another origin cannot send it: the server believes cookies only together with it.
        request = request.header("X-CSRF-Protection", "1");
    }
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    let request = match body {
        Some(body) => request.header("Content-Type", "application/json").body(body.to_owned()),
        None => request.build(),
    };
    request.map_err(failure_of)?.send().await.map_err(failure_of)
}

fn failure_of(error: gloo_net::Error) -> Failure {
    match error {
        gloo_net::Error::JsError(error) if error.name == "AbortError" => Failure::Aborted,
        _ => Failure::Offline,
    }
}

fn problem_of(status: u16, text: &str) -> Failure {
    if let Ok(problem) = serde_json::from_str::<Problem>(text) {
        return Failure::Problem(Box::new(problem));
    }
    // Something between us and the server answered in its place.
    if status >= 500 { Failure::Offline } else { Failure::Unreadable }
}

fn idempotency_key() -> String {
    let mut bytes = [0u8; 16];
    let filled = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    // Without random numbers the time must do; it only has to differ from this person's other requests.
    if !filled {
        return js_sys::Date::new_0().to_iso_string().into();
    }
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
