//! Long lists of which only a part is looked at: pages are read where they are in sight, and read again when something
//! has changed. A page begins behind the last row of the page before it, so those in between are read on the way.

use contract::{Page, ToSchema};
use leptos::prelude::*;

use crate::{
    Client, Failure, Loaded, Remote, Shown, json, load,
    task::{effect, on_change, spawn},
    use_client,
};

/// Rows of a page.
const ROWS: usize = 100;

/// A page of the list.
#[derive(Debug, Clone, PartialEq)]
struct Part<T> {
    /// Where it begins; nothing for the first.
    cursor: Option<String>,
    /// Where the next one begins.
    next: Option<String>,
    rows: Vec<T>,
    /// Something has changed since it was read.
    stale: bool,
}

/// The pages that have been read.
struct Parts<T> {
    /// What they are pages of.
    path: Option<String>,
    all: Vec<Part<T>>,
}

impl<T: ToSchema> Parts<T> {
    /// The first page is read by itself; here is what came.
    fn begin(&mut self, path: Option<String>, page: Page<T>) {
        let same = self.path == path;
        self.path = path;
        if same {
            self.put(0, None, page.items, page.next_cursor);
        } else {
            self.all = vec![Part { cursor: None, next: page.next_cursor, rows: page.items, stale: false }];
        }
    }

    /// Takes a page in. What comes behind it begins where it ends now.
    fn put(&mut self, at: usize, cursor: Option<String>, rows: Vec<T>, next: Option<String>) {
        let part = Part { cursor, next: next.clone(), rows, stale: false };
        if at == self.all.len() {
            self.all.push(part);
        } else if let Some(place) = self.all.get_mut(at) {
            *place = part;
        }
        if next.is_none() {
            self.all.truncate(at + 1);
        } else if let Some(behind) = self.all.get_mut(at + 1)
            && behind.cursor != next
        {
            behind.cursor = next;
            behind.stale = true;
        }
    }

    /// The page to be read next, for these rows to be there as they are now.
    fn wanted(&self, (first, end): (usize, usize)) -> Option<(usize, Option<String>)> {
        let last = end.saturating_sub(1) / ROWS;
        let stale = |at: &usize| self.all.get(*at).is_some_and(|part| part.stale);
        if let Some(at) = (first / ROWS..=last).find(stale) {
            return Some((at, self.all.get(at)?.cursor.clone()));
        }
        let next = self.all.last()?.next.clone()?;
        (last >= self.all.len()).then_some((self.all.len(), Some(next)))
    }

    fn get(&self, at: usize) -> Option<&T> {
        self.all.get(at / ROWS)?.rows.get(at % ROWS)
    }

    fn read(&self) -> usize {
        self.all.iter().map(|part| part.rows.len()).sum()
    }
}

/// A long list.
pub struct Long<T: Shown + ToSchema> {
    /// The first page.
    pub first: Loaded<Page<T>>,
    /// Why a page could not be had; nothing more is read until somebody says so.
    pub stuck: RwSignal<Option<Failure>>,
    parts: RwSignal<Parts<T>>,
    busy: RwSignal<bool>,
    sight: RwSignal<(usize, usize)>,
    client: Client,
}

#[allow(clippy::expl_impl_clone_on_copy, reason = "a derived one would ask it of `T`")]
impl<T: Shown + ToSchema> Clone for Long<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Shown + ToSchema> Copy for Long<T> {}

/// The list at `path`, which names no page and no limit.
pub fn long<T: Shown + ToSchema>(path: impl Fn() -> String + Send + Sync + 'static) -> Long<T> {
    let client = use_client();
    let path = Memo::new(move |_| Some(with(&path(), &format!("limit={ROWS}"))));
    let list = Long {
        first: load::<Page<T>>(move || path.get()),
        stuck: RwSignal::new(None),
        parts: RwSignal::new(Parts { path: None, all: Vec::new() }),
        busy: RwSignal::new(false),
        sight: RwSignal::new((0, 0)),
        client,
    };
    // Rendered with the state, not after it: whoever shows the list finds its rows there.
    effect(move || {
        if let Remote::Ready(page) = list.first.state.get() {
            list.stuck.set(None);
            list.parts.update(|parts| parts.begin(path.get_untracked(), page));
        }
    });
    let changed = move || {
        list.stuck.set(None);
        list.parts.update(|parts| parts.all.iter_mut().skip(1).for_each(|part| part.stale = true));
    };
    on_change(
        move || {
            client.changes.track();
            client.session.track();
        },
        changed,
    );
    effect(move || list.go_on(list.sight.get()));
    list
}

/// The path with one more parameter.
fn with(path: &str, parameter: &str) -> String {
    format!("{path}{}{parameter}", if path.contains('?') { '&' } else { '?' })
}

impl<T: Shown + ToSchema> Long<T> {
    /// A list that is read from nowhere, and stays as it is.
    pub fn of(rows: Vec<T>) -> Self {
        let part = |rows: &[T]| Part { cursor: None, next: None, rows: rows.to_vec(), stale: false };
        let parts = Parts { path: None, all: rows.chunks(ROWS).map(part).collect() };
        let total = i64::try_from(rows.len()).ok();
        Self {
            first: Loaded::of(Remote::Ready(Page { items: rows, next_cursor: None, total })),
            stuck: RwSignal::new(None),
            parts: RwSignal::new(parts),
            busy: RwSignal::new(false),
            sight: RwSignal::new((0, 0)),
            client: use_client(),
        }
    }

    /// How many rows there are, read or not.
    pub fn total(self) -> usize {
        let counted = self.first.state.with(|state| match state {
            Remote::Ready(page) => page.total.and_then(|total| usize::try_from(total).ok()),
            Remote::Loading | Remote::Failed(_) => None,
        });
        counted.unwrap_or_else(|| self.parts.with(Parts::read))
    }

    /// Is told of what is read.
    pub fn track(self) {
        self.parts.track();
    }

    /// What `look` sees in a row, if it has been read.
    pub fn row<V>(self, at: usize, look: impl FnOnce(&T) -> V) -> Option<V> {
        self.parts.try_with_untracked(|parts| parts.get(at).map(look)).flatten()
    }

    /// What `look` sees in the rows that have been read, as long as it finds nothing.
    pub fn find<V>(self, look: impl FnMut(&T) -> Option<V>) -> Option<V> {
        self.parts.with_untracked(|parts| parts.all.iter().flat_map(|part| &part.rows).find_map(look))
    }

    /// Says which rows are looked at, from the first up to the one behind the last.
    pub fn see(self, sight: (usize, usize)) {
        if self.sight.get_untracked() != sight {
            self.sight.set(sight);
        }
    }

    fn go_on(self, sight: (usize, usize)) {
        let wanted = self.parts.with(|parts| parts.wanted(sight).map(|wanted| (wanted, parts.path.clone())));
        let Some(((at, cursor), of)) = wanted else { return };
        if self.busy.get() || self.stuck.with(Option::is_some) {
            return;
        }
        let (Some(cursor), Some(path)) = (cursor, &of) else { return };
        let path = with(path, &format!("cursor={}", js_sys::encode_uri_component(&cursor)));
        self.busy.set(true);
        let known = self.parts.with_untracked(|parts| at < parts.all.len());
        if !known
            && let Some(page) = self.client.remembered(&path).and_then(|text| json::read::<Page<T>>(&text))
        {
            // Who comes back finds it as it was; it is read again when it is in sight.
            self.take(at, cursor, of.as_deref(), Ok(page), true);
            return;
        }
        spawn(async move {
            let answer = self.client.get::<Page<T>>(&path, None).await;
            self.take(at, cursor, of.as_deref(), answer, false);
        });
    }

    fn take(
        self,
        at: usize,
        cursor: String,
        of: Option<&str>,
        answer: Result<Page<T>, Failure>,
        stale: bool,
    ) {
        match answer {
            Ok(page) => {
                self.parts.try_update(|parts| {
                    let expected = match parts.all.get(at) {
                        Some(part) => part.cursor.as_ref(),
                        None => parts.all.last().and_then(|part| part.next.as_ref()),
                    };
                    if parts.path.as_deref() == of && expected == Some(&cursor) {
                        parts.put(at, Some(cursor), page.items, page.next_cursor);
                        if let Some(part) = parts.all.get_mut(at) {
                            part.stale = stale;
                        }
                    }
                });
            }
            Err(failure) => {
                self.stuck.try_set(Some(failure));
            }
        }
        self.busy.try_set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(from: usize, rows: usize, next: Option<&str>) -> Page<String> {
        let items = (from..from + rows).map(|row| format!("row {row}")).collect();
        Page { items, next_cursor: next.map(str::to_owned), total: None }
    }

    fn list() -> Parts<String> {
        let mut parts = Parts { path: None, all: Vec::new() };
        parts.begin(Some("/a".into()), page(0, ROWS, Some("100")));
        parts
    }

    fn next(parts: &mut Parts<String>, at: usize, cursor: &str, page: Page<String>) {
        parts.put(at, Some(cursor.to_owned()), page.items, page.next_cursor);
    }

    #[test]
    fn pages_are_read_up_to_what_is_in_sight() {
        let mut parts = list();
        assert_eq!(parts.wanted((0, 40)), None);
        assert_eq!(parts.wanted((80, 101)), Some((1, Some("100".into()))));
        // Those in between come first.
        assert_eq!(parts.wanted((950, 990)), Some((1, Some("100".into()))));
        next(&mut parts, 1, "100", page(100, ROWS, Some("200")));
        assert_eq!(parts.wanted((950, 990)), Some((2, Some("200".into()))));
        assert_eq!(parts.get(150).map(String::as_str), Some("row 150"));
        next(&mut parts, 2, "200", page(200, 7, None));
        assert_eq!(parts.wanted((950, 990)), None);
        assert_eq!((parts.read(), parts.get(207)), (207, None));
    }

    #[test]
    fn what_has_changed_is_read_again_where_it_is_in_sight() {
        let mut parts = list();
        next(&mut parts, 1, "100", page(100, ROWS, Some("200")));
        next(&mut parts, 2, "200", page(200, ROWS, Some("300")));
        for part in parts.all.iter_mut().skip(1) {
            part.stale = true;
        }
        assert_eq!(parts.wanted((0, 40)), None);
        assert_eq!(parts.wanted((210, 250)), Some((2, Some("200".into()))));
        next(&mut parts, 2, "200", page(200, ROWS, Some("300")));
        assert_eq!(parts.wanted((210, 250)), None);
        assert_eq!(parts.wanted((150, 190)), Some((1, Some("100".into()))));
    }

    #[test]
    fn a_page_that_ends_elsewhere_moves_the_one_behind_it() {
        let mut parts = list();
        next(&mut parts, 1, "100", page(100, ROWS, Some("200")));
        parts.begin(Some("/a".into()), page(0, ROWS, Some("99")));
        assert_eq!(parts.wanted((150, 160)), Some((1, Some("99".into()))));
        // What has become shorter has nothing behind it.
        parts.begin(Some("/a".into()), page(0, 3, None));
        assert_eq!(parts.read(), 3);
        // Another filter is another list.
        next(&mut parts, 1, "3", page(0, 1, None));
        parts.begin(Some("/b".into()), page(0, 2, None));
        assert_eq!(parts.read(), 2);
    }
}
