//! The one way to send a request.

use std::collections::HashMap;

use contract::Problem;
use futures_util::{
    FutureExt as _,
    future::{LocalBoxFuture, Shared},
};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use crate::{Failure, SessionState, json};

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
        let value = json::read(&text).ok_or(Failure::Unreadable)?;
        self.remember(path, text);
        Ok(value)
    }

    /// Reads something as the text that it is. It is not remembered.
    // Boxed: what is the same for all types is compiled once.
    pub fn text<'a>(
        self,
        path: &'a str,
        stop: Option<&'a AbortSignal>,
    ) -> LocalBoxFuture<'a, Result<String, Failure>> {
        async move { self.send(&Sent::get(path), stop).await }.boxed_local()
    }

    /// A request that makes something, or does something.
    pub fn post(self, path: impl Into<String>) -> Request {
        Request::new(self, "POST", path.into())
    }

    /// A request that sets something.
    pub fn put(self, path: impl Into<String>) -> Request {
        Request::new(self, "PUT", path.into())
    }

    /// A request that changes parts of something.
    pub fn patch(self, path: impl Into<String>) -> Request {
        Request::new(self, "PATCH", path.into())
    }

    /// A request that takes something away.
    pub fn delete(self, path: impl Into<String>) -> Request {
        Request::new(self, "DELETE", path.into())
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
        let text = text(&answer).await.map_err(failure_of)?;
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
    method: &'static str,
    path: String,
    body: Option<Content>,
    key: Option<String>,
    version: Option<i32>,
}

impl Sent {
    fn new(method: &'static str, path: String) -> Self {
        let key = (method != "GET").then(idempotency_key);
        Self { method, path, body: None, key, version: None }
    }

    fn get(path: &str) -> Self {
        Self::new("GET", path.to_owned())
    }
}

/// A request that changes something. A copy of it is the same request: the server does once what it asks for.
#[derive(Clone)]
pub struct Request {
    client: Client,
    sent: Result<Sent, Failure>,
}

impl Request {
    fn new(client: Client, method: &'static str, path: String) -> Self {
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
        let value = json::read(&text).ok_or(Failure::Unreadable)?;
        client.refresh();
        Ok(value)
    }

    /// Sends it and reads the answer, and has nothing else read again: it asks what would be, and changes nothing.
    pub async fn preview<T: DeserializeOwned>(self) -> Result<T, Failure> {
        json::read(&self.text().await?).ok_or(Failure::Unreadable)
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

async fn renew_once() -> Renewal {
    match once(&Sent::new("POST", "/auth/refresh".to_owned()), None).await {
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
    let request = request(sent).map_err(failure_of)?;
    request.set_signal(stop);
    send(&format!("{BASE}{}", sent.path), &request).await.map_err(failure_of)
}

fn request(sent: &Sent) -> Result<RequestInit, JsValue> {
    let Sent { method, path: _, body, key, version } = sent;
    let headers = Headers::new()?;
    if *method != "GET" {
        // A page of another origin cannot send it: the server believes cookies only together with it.
        headers.set("X-CSRF-Protection", "1")?;
    }
    if let Some(key) = key {
        headers.set("Idempotency-Key", key)?;
    }
    if let Some(version) = version {
        headers.set("If-Match", &format!("\"{version}\""))?;
    }
    let request = RequestInit::new();
    request.set_method(method);
    match body {
        Some(Content::Json(text)) => {
            headers.set("Content-Type", "application/json")?;
            request.set_body(&JsValue::from_str(text));
        }
        Some(Content::File(file)) => {
            headers.set("Content-Type", &file.type_())?;
            request.set_body(file);
        }
        None => {}
    }
    request.set_headers(&headers);
    Ok(request)
}

/// Has the browser send it.
pub(crate) async fn send(address: &str, request: &RequestInit) -> Result<Response, JsValue> {
    JsFuture::from(window().fetch_with_str_and_init(address, request)).await?.dyn_into()
}

/// What the answer carries.
pub(crate) async fn text(answer: &Response) -> Result<String, JsValue> {
    Ok(JsFuture::from(answer.text()?).await?.as_string().unwrap_or_default())
}

fn failure_of(error: JsValue) -> Failure {
    match error.dyn_into::<js_sys::Error>() {
        Ok(error) if error.name() == "AbortError" => Failure::Aborted,
        _ => Failure::Offline,
    }
}

fn problem_of(status: u16, text: &str) -> Failure {
    if let Some(problem) = json::read::<Problem>(text) {
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
