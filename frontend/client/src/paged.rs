//! Lists that are longer than one answer.

use contract::{Page, ToSchema};
use leptos::prelude::*;
use web_sys::AbortSignal;

use crate::{
    Client, Failure, Loaded, Remote, Shown, load,
    task::{effect, spawn},
};

/// A list, as far as it has been read.
pub struct Paged<T: Shown + ToSchema> {
    /// The first page.
    pub first: Loaded<Page<T>>,
    /// Everything that has been read.
    pub items: RwSignal<Vec<T>>,
    /// Whether more is being read.
    pub busy: RwSignal<bool>,
    next: RwSignal<Option<String>>,
    path: Memo<Option<String>>,
}

#[allow(clippy::expl_impl_clone_on_copy, reason = "a derived one would ask it of `T`")]
impl<T: Shown + ToSchema> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Shown + ToSchema> Copy for Paged<T> {}

/// Everything that is at `path`, page after page, up to so many rows. `told` hears how many there are so far.
pub async fn read_all<T: Shown + ToSchema>(
    client: Client,
    path: &str,
    most: usize,
    told: &dyn Fn(usize),
    stop: Option<&AbortSignal>,
) -> Result<Vec<T>, Failure> {
    let mark = if path.contains('?') { '&' } else { '?' };
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get::<Page<T>>(&format!("{path}{mark}limit=200{cursor}"), stop).await?;
        rows.extend(page.items);
        told(rows.len());
        let Some(next) = page.next_cursor.filter(|_| rows.len() < most) else { return Ok(rows) };
        cursor = format!("&cursor={}", js_sys::encode_uri_component(&next));
    }
}

/// Reads a list, page by page. When something has changed, its first page is read again; what was read after it stays.
pub fn paged<T: Shown + ToSchema>(path: impl Fn() -> Option<String> + Send + Sync + 'static) -> Paged<T> {
    let path: Box<dyn Fn() -> Option<String> + Send + Sync> = Box::new(path);
    let path = Memo::new(move |_| path());
    let first = load::<Page<T>>(move || path.get());
    let items = RwSignal::new(Vec::new());
    let next = RwSignal::new(None);
    // Rendered with the state, not after it: whoever shows the list finds its rows there.
    let mut before = None;
    effect(move || {
        let now = path.get_untracked();
        if let Remote::Ready(page) = first.state.get() {
            let again =
                before == now && items.with_untracked(|items: &Vec<T>| items.len() > page.items.len());
            if again {
                items.update(|items| {
                    let _ = items.splice(..page.items.len(), page.items);
                });
            } else {
                items.set(page.items);
                next.set(page.next_cursor);
            }
        }
        before = now;
    });
    Paged { first, items, busy: RwSignal::new(false), next, path }
}

impl<T: Shown + ToSchema> Paged<T> {
    /// A list that is read from nowhere, and stays as it is.
    pub fn of(state: Remote<Page<T>>) -> Self {
        let (items, next) = match &state {
            Remote::Ready(page) => (page.items.clone(), page.next_cursor.clone()),
            Remote::Loading | Remote::Failed(_) => (Vec::new(), None),
        };
        Self {
            first: Loaded::of(state),
            items: RwSignal::new(items),
            busy: RwSignal::new(false),
            next: RwSignal::new(next),
            path: Memo::new(|_| None),
        }
    }

    /// Whether there is more to read.
    pub fn has_more(self) -> bool {
        self.next.with(Option::is_some)
    }

    /// How many rows there are in all, where the server counts them.
    pub fn total(self) -> Option<i64> {
        self.first.state.with(|state| match state {
            Remote::Ready(page) => page.total,
            Remote::Loading | Remote::Failed(_) => None,
        })
    }

    /// Reads the next page; `failed` is told why, if it could not be had.
    pub fn more(self, client: Client, failed: impl FnOnce(Failure) + 'static) {
        let (Some(cursor), Some(path)) = (self.next.get_untracked(), self.path.get_untracked()) else {
            return;
        };
        if self.busy.get_untracked() {
            return;
        }
        let mark = if path.contains('?') { '&' } else { '?' };
        let next = format!("{path}{mark}cursor={}", js_sys::encode_uri_component(&cursor));
        self.busy.set(true);
        spawn(async move {
            let answer = client.get::<Page<T>>(&next, None).await;
            self.busy.try_set(false);
            // Another filter was chosen meanwhile.
            if self.path.try_get_untracked().flatten().as_deref() != Some(&path) {
                return;
            }
            match answer {
                Ok(page) => {
                    self.items.try_update(|items| items.extend(page.items));
                    self.next.try_set(page.next_cursor);
                }
                Err(failure) => failed(failure),
            }
        });
    }
}
