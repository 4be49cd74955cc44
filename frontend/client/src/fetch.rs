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
    /// Counts what has changed, here or by others; what is shown is read again then.
    pub(crate) changes: RwSignal<u32>,
    /// Whether changes that others made are about to be shown.
    pub(crate) gathering: StoredValue<bool>,
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
            changes: RwSignal::new(0),
            gathering: StoredValue::new(false),
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
        let text = self.text(path, stop).await?;
        let value = read(&text).ok_or(Failure::Unreadable)?;
        self.remember(path, text);
        Ok(value)
    }

    // Boxed: what is the same for all types is compiled once.
    pub(crate) fn text<'a>(
        self,
        path: &'a str,
        stop: Option<&'a AbortSignal>,
    ) -> LocalBoxFuture<'a, Result<String, Failure>> {
        async move { self.send(&Sent::get(path), stop).await }.boxed_local()
    }

    /// A request that makes something, or does something.
    pub fn post(self, path: impl Into<String>) -> Request {
        Request::new(self, Method::POST, path.into())
    }

    /// A request that sets something.
    pub fn put(self, path: impl Into<String>) -> Request {
        Request::new(self, Method::PUT, path.into())
    }

    /// A request that changes parts of something.
    pub fn patch(self, path: impl Into<String>) -> Request {
        Request::new(self, Method::PATCH, path.into())
    }

    /// A request that takes something away.
    pub fn delete(self, path: impl Into<String>) -> Request {
        Request::new(self, Method::DELETE, path.into())
    }

    /// Has everything that is shown read again: something has changed.
    pub fn refresh(self) {
        self.changes.update(|count| *count = count.wrapping_add(1));
    }

    /// The last answer of this page view.
    pub(crate) fn remembered(self, path: &str) -> Option<String> {
        self.answers.with_value(|answers| answers.get(path).cloned())
    }

    pub(crate) fn remember(self, path: &str, text: String) {
        self.answers.update_value(|answers| {
            answers.insert(path.to_owned(), text);
        });
    }

    /// Forgets all answers: they may belong to somebody else.
    pub fn forget(self) {
        self.answers.update_value(HashMap::clear);
    }

    async fn send(self, sent: &Sent, stop: Option<&AbortSignal>) -> Result<String, Failure> {
        let mut answer = once(sent, stop).await?;
        if answer.status() == 401 && !opens_session(&sent.path) {
            match self.renew().await {
                Renewal::Done => answer = once(sent, stop).await?,
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

#[derive(Clone)]
enum Content {
    Json(String),
    File(web_sys::File),
}

/// What is sent. Sent again after the session was renewed, it is still the same request.
#[derive(Clone)]
struct Sent {
    method: Method,
    path: String,
    body: Option<Content>,
    key: Option<String>,
    version: Option<i32>,
}

impl Sent {
    fn new(method: Method, path: String) -> Self {
        let key = (method != Method::GET).then(idempotency_key);
        Self { method, path, body: None, key, version: None }
    }

    fn get(path: &str) -> Self {
        Self::new(Method::GET, path.to_owned())
    }
}

/// A request that changes something. A copy of it is the same request: the server does once what it asks for.
#[derive(Clone)]
pub struct Request {
    client: Client,
    sent: Result<Sent, Failure>,
}

impl Request {
    fn new(client: Client, method: Method, path: String) -> Self {
        Self { client, sent: Ok(Sent::new(method, path)) }
    }

    fn with(mut self, set: impl FnOnce(&mut Sent)) -> Self {
        if let Ok(sent) = &mut self.sent {
            set(sent);
        }
        self
    }

    /// What it carries.
    pub fn body(mut self, body: &impl Serialize) -> Self {
        let Ok(text) = serde_json::to_string(body) else {
            self.sent = Err(Failure::Unreadable);
            return self;
        };
        self.with(|sent| sent.body = Some(Content::Json(text)))
    }

    /// The file that it carries.
    pub fn file(self, file: web_sys::File) -> Self {
        self.with(|sent| sent.body = Some(Content::File(file)))
    }

    /// The version that was read: refused, where somebody has changed it since.
    pub fn version(self, version: i32) -> Self {
        self.with(|sent| sent.version = Some(version))
    }

    /// Sends it and reads the answer.
    pub async fn answer<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let client = self.client;
        let text = self.text().await?;
        let value = read(&text).ok_or(Failure::Unreadable)?;
        client.refresh();
        Ok(value)
    }

    /// Sends it; what it answers is of no interest.
    pub async fn done(self) -> Result<(), Failure> {
        let client = self.client;
        self.text().await?;
        client.refresh();
        Ok(())
    }

    /// Sends it, and has nothing read again: it changes nothing that is shown.
    pub async fn quietly(self) -> Result<(), Failure> {
        self.text().await.map(drop)
    }

    fn text(self) -> LocalBoxFuture<'static, Result<String, Failure>> {
        async move { self.client.send(&self.sent?, None).await }.boxed_local()
    }
}

// One copy for each type: reading JSON is the larger part of an app.
#[inline(never)]
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

async fn renew_once() -> Renewal {
    match once(&Sent::new(Method::POST, "/auth/refresh".to_owned()), None).await {
        Ok(answer) if answer.ok() => Renewal::Done,
        Ok(answer) if answer.status() < 500 && answer.status() != 429 => Renewal::Over,
        Ok(_) | Err(_) => Renewal::Unreachable,
    }
}

/// Those answer 401 about the password, not about the session.
fn opens_session(path: &str) -> bool {
    const ALL: [&str; 5] =
        ["/auth/sign-in", "/auth/refresh", "/auth/sign-out", "/auth/invitation", "/auth/password-reset"];
    ALL.iter().any(|begin| path.starts_with(begin))
}

async fn once(sent: &Sent, stop: Option<&AbortSignal>) -> Result<Response, Failure> {
    let Sent { method, path, body, key, version } = sent;
    let mut request = RequestBuilder::new(&format!("{BASE}{path}")).method(method.clone()).abort_signal(stop);
    if *method != Method::GET {
        // A page of another origin cannot send it: the server believes cookies only together with it.
        request = request.header("X-CSRF-Protection", "1");
    }
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    if let Some(version) = version {
        request = request.header("If-Match", &format!("\"{version}\""));
    }
    let request = match body {
        Some(Content::Json(text)) => request.header("Content-Type", "application/json").body(text.clone()),
        Some(Content::File(file)) => request.header("Content-Type", &file.type_()).body(file.clone()),
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
