//! Keyset pages: a cursor names the last row seen, so that the tenth thousandth costs what the first does.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Result, StoreError};

/// Where a page ended; opaque to callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Longer ones are not ours.
    const MAX_LENGTH: usize = 2048;

    /// The cursor behind a row with these sort values.
    pub(crate) fn of(keys: &impl Serialize) -> Self {
        let json = serde_json::to_vec(keys).unwrap_or_default();
        Self(URL_SAFE_NO_PAD.encode(json))
    }

    /// A cursor as it came in a request.
    pub fn from_request(text: String) -> Self {
        Self(text)
    }

    /// The text to hand out.
    pub fn into_string(self) -> String {
        self.0
    }

    fn keys<T: DeserializeOwned>(&self) -> Result<T> {
        if self.0.len() > Self::MAX_LENGTH {
            return Err(StoreError::BadCursor);
        }
        let json = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| StoreError::BadCursor)?;
        serde_json::from_slice(&json).map_err(|_| StoreError::BadCursor)
    }
}

/// Which page is wanted.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// How many rows.
    pub limit: u16,
    /// Behind which row.
    pub cursor: Option<Cursor>,
}

impl PageRequest {
    /// The first page.
    pub fn first(limit: u16) -> Self {
        Self { limit, cursor: None }
    }

    /// The sort values of the last row seen.
    pub(crate) fn after<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.cursor.as_ref().map(Cursor::keys).transpose()
    }

    /// How many rows to fetch: one more than wanted tells whether there is another page.
    pub(crate) fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the extra row off and says where to go on.
    pub(crate) fn cut<T>(&self, mut rows: Vec<T>, cursor: impl Fn(&T) -> Cursor) -> Page<T> {
        let limit = usize::from(self.limit);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Page { items: rows, next }
    }
}

/// A page of rows.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page of what the rows stand for.
    pub(crate) fn try_map<U>(self, read: impl Fn(T) -> Result<U>) -> Result<Page<U>> {
        Ok(Page { items: self.items.into_iter().map(read).collect::<Result<_>>()?, next: self.next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_says_where_to_go_on_and_the_last_does_not() {
        let request = PageRequest::first(2);
        let page = request.cut(vec![1, 2, 3], Cursor::of);
        assert_eq!((page.items, page.next.clone()), (vec![1, 2], Some(Cursor::of(&2))));
        let next = PageRequest { limit: 2, cursor: page.next };
        assert_eq!(next.after::<i32>().unwrap(), Some(2));
        assert_eq!(next.cut(vec![3], Cursor::of).next, None);
    }

    #[test]
    fn foreign_cursors_are_refused() {
        for text in ["", "x", "AAAA", &"A".repeat(5000)] {
            let request = PageRequest { limit: 2, cursor: Some(Cursor::from_request(text.to_owned())) };
            assert!(matches!(request.after::<(String, i32)>(), Err(StoreError::BadCursor)), "{text}");
        }
    }
}
