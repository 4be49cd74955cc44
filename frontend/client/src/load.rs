//! Reading what a page shows: again when its address changes, no further when the page is left.

use std::{rc::Rc, time::Duration};

use leptos::prelude::*;
use serde::de::DeserializeOwned;
use web_sys::{AbortController, AbortSignal};

use crate::{
    Failure, SessionState, json,
    task::{effect, every_while, spawn},
    use_client,
};

const A_MOMENT: Duration = Duration::from_millis(150);
/// How often is asked whether something has come that is expected, and how many times.
const BETWEEN: Duration = Duration::from_secs(2);
const ASKED_AT_MOST: u32 = 30;

/// Something that the server knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Remote<T> {
    /// It has not come yet.
    Loading,
    /// It could not be had.
    Failed(Failure),
    /// Here it is.
    Ready(T),
}

/// Something that is read from the server, and how to read it again.
pub struct Loaded<T: Send + Sync + 'static> {
    /// How far it is.
    pub state: RwSignal<Remote<T>>,
    again: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Loaded<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Loaded<T> {}

impl<T: Send + Sync + 'static> Loaded<T> {
    /// Something that is read from nowhere, and stays as it is.
    pub fn of(state: Remote<T>) -> Self {
        Self { state: RwSignal::new(state), again: RwSignal::new(0) }
    }

    /// Reads it again.
    pub fn reload(self) {
        self.again.update(|count| *count = count.wrapping_add(1));
    }

    /// Reads it again every two seconds, for a minute at most, as long as something is expected that the server tells
    /// nobody about when it comes. Gives whether it is still waited for.
    pub fn reload_while(self, expected: impl Fn(u32) -> bool + Send + Sync + 'static) -> Memo<bool> {
        let asked = RwSignal::new(0);
        let waits = Memo::new(move |_| asked.get() < ASKED_AT_MOST && expected(asked.get()));
        every_while(BETWEEN, waits, move || {
            asked.update(|asked| *asked += 1);
            self.reload();
        });
        waits
    }
}

/// What travels in a response and is shown on a page.
pub trait Shown: DeserializeOwned + Clone + PartialEq + Send + Sync + 'static {}

impl<T: DeserializeOwned + Clone + PartialEq + Send + Sync + 'static> Shown for T {}

/// Stops a request when its page is left, or when it is replaced by another.
#[derive(Clone, Copy)]
struct Stop(StoredValue<Option<AbortController>, LocalStorage>);

impl Stop {
    fn new() -> Self {
        let stop = Self(StoredValue::new_local(None));
        on_cleanup(move || stop.now());
        stop
    }

    fn now(self) {
        if let Some(Some(controller)) = self.0.try_update_value(Option::take) {
            controller.abort();
        }
    }

    /// Whether this request is the one that is waited for.
    fn is(self, signal: Option<&AbortSignal>) -> bool {
        let waited_for = self.0.try_with_value(|stop| stop.as_ref().map(AbortController::signal)).flatten();
        waited_for.is_some() && waited_for.as_ref() == signal
    }

    /// The answer has come.
    fn done(self, signal: Option<&AbortSignal>) {
        if self.is(signal) {
            self.0.try_set_value(None);
        }
    }

    fn renew(self) -> Option<AbortSignal> {
        self.now();
        let controller = AbortController::new().ok()?;
        let signal = controller.signal();
        self.0.set_value(Some(controller));
        Some(signal)
    }
}

/// The address of what is read; none, while it is not known.
type Path = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Reads what is at `path`, and again when `path` changes, something has changed on the server, or somebody signs in
/// again. Without a path it waits.
pub fn load<T: Shown>(path: impl Fn() -> Option<String> + Send + Sync + 'static) -> Loaded<T> {
    read(Box::new(path), true)
}

/// Reads what is at `path`, for a form to begin with: what others change meanwhile does not take away what is typed.
pub fn load_once<T: Shown>(path: impl Fn() -> Option<String> + Send + Sync + 'static) -> Loaded<T> {
    read(Box::new(path), false)
}

fn read<T: Shown>(path: Path, again: bool) -> Loaded<T> {
    let loaded = Loaded::of(Remote::Loading);
    keep_up(path, Rc::new(loaded.state), loaded.again, again);
    loaded
}

/// Where it is shown. All that depends on what is read is here; the rest is compiled once.
trait Shows {
    /// Shows an answer, if it can be read.
    fn answer(&self, text: &str) -> bool;
    fn loading(&self);
    fn failed(&self, failure: Failure);
    fn is_ready(&self) -> bool;
}

impl<T: Shown> Shows for RwSignal<Remote<T>> {
    fn answer(&self, text: &str) -> bool {
        json::read(text).map(|value| show(*self, Remote::Ready(value))).is_some()
    }

    fn loading(&self) {
        show(*self, Remote::Loading);
    }

    fn failed(&self, failure: Failure) {
        show(*self, Remote::Failed(failure));
    }

    fn is_ready(&self) -> bool {
        self.try_with_untracked(|state| matches!(state, Remote::Ready(_))) == Some(true)
    }
}

/// Redraws only where something has changed.
fn show<T: Shown>(state: RwSignal<Remote<T>>, value: Remote<T>) {
    if state.try_with_untracked(|before| *before != value) == Some(true) {
        state.try_set(value);
    }
}

fn keep_up(path: Path, page: Rc<dyn Shows>, asked: RwSignal<u32>, again: bool) {
    let client = use_client();
    let stop = Stop::new();
    // What the answer on the page is of.
    let shown = StoredValue::new(None::<String>);
    let path = Memo::new(move |_| path());
    let over = Memo::new(move |_| client.session.with(|session| matches!(session, SessionState::Ended(_))));
    effect(move || {
        asked.track();
        if again {
            client.changes.track();
        }
        let Some(path) = path.get() else { return };
        // While the session is over, what is shown stays; signing in again reads it anew.
        if over.get() {
            return;
        }
        let signal = stop.renew();
        let known = client.remembered(&path).is_some_and(|text| page.answer(&text));
        if !known && page.is_ready() {
            // Most answers come before anybody could read a skeleton: what was there stays for a moment.
            let (page, asked) = (page.clone(), signal.clone());
            let wait = move || {
                if stop.is(asked.as_ref()) {
                    page.loading();
                }
            };
            set_timeout(wait, A_MOMENT);
        } else if !known {
            page.loading();
        }
        let page = page.clone();
        spawn(async move {
            let answer = client.text(&path, signal.as_ref()).await;
            stop.done(signal.as_ref());
            match answer {
                Ok(text) if page.answer(&text) => {
                    client.remember(&path, text);
                    shown.try_set_value(Some(path));
                }
                Ok(_) => page.failed(Failure::Unreadable),
                // Who comes back finds the page as it was.
                Err(Failure::Aborted | Failure::SessionEnded) => {}
                // What was to be read again stays as it was; the next change reads it once more.
                Err(Failure::Offline) if shown.try_get_value().flatten().as_ref() == Some(&path) => {}
                Err(failure) => page.failed(failure),
            }
        });
    });
}
