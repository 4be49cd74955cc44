//! The rows of a grid, whatever they are: the table, its choices and its exports are compiled once, not for each kind.

use std::{future::Future, pin::Pin, sync::Arc};

use client::{Failure, Long, Remote, Shown, read_all, use_client};
use contract::ToSchema;
use leptos::prelude::*;

use super::GridSpec;

/// The most rows of an export, and of what is done to all that match.
const MOST: usize = 50_000;

/// A column of an export: its name, and what it says of a row.
type Exported<T> = (fn() -> &'static str, fn(&T) -> String);

/// What a grid asks of a kind of rows.
pub struct GridRow<T: 'static> {
    /// Tells rows apart, also in the address.
    pub key: fn(&T) -> String,
    /// Differs as soon as the row is to be drawn anew.
    pub stamp: fn(&T) -> String,
    /// What people call it.
    pub label: fn(&T) -> String,
    /// What decides whether something can be done to it.
    pub state: fn(&T) -> &'static str,
    /// What a column shows of it, with what is looked for.
    pub cell: fn(&T, column: &str, part: &str) -> AnyView,
    /// What an export says: names of columns, and how to get there.
    pub export: &'static [Exported<T>],
}

/// A row that something is to be done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its key.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// What decides whether it can be done.
    pub state: &'static str,
}

/// How far the list is.
#[derive(Debug, Clone, PartialEq)]
pub enum Face {
    /// It has not come yet.
    Loading,
    /// It could not be had.
    Failed(Failure),
    /// There is nothing.
    None,
    /// There are rows.
    Rows,
}

/// What comes of reading all of a list.
pub type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Failure>>>>;
/// Hears how many have been read so far.
pub type Told = Box<dyn Fn(usize)>;

/// A list, whatever its rows are.
pub trait Rows: Send + Sync {
    /// How far it is. Tracked.
    fn face(&self) -> Face;
    /// How many rows there are. Tracked.
    fn total(&self) -> usize;
    /// Is told of what is read.
    fn track(&self);
    /// The key of a row, and what differs when it is to be drawn anew.
    fn mark(&self, at: usize) -> Option<(String, String)>;
    /// What people call a row.
    fn label(&self, at: usize) -> Option<String>;
    /// What a column shows of a row.
    fn cell(&self, at: usize, column: &str, part: &str) -> Option<AnyView>;
    /// Says which rows are looked at.
    fn see(&self, sight: (usize, usize));
    /// Why it does not go on. Tracked.
    fn stuck(&self) -> Option<Failure>;
    /// Tries again.
    fn retry(&self);
    /// The row with this key, if it has been read.
    fn target(&self, key: &str) -> Option<Target>;
    /// All rows that match.
    fn targets(&self, told: Told) -> Reading<Vec<Target>>;
    /// All rows that match, with the names of the columns before them.
    fn export(&self, told: Told) -> Reading<Vec<Vec<String>>>;
}

struct Of<T: Shown + ToSchema> {
    list: Long<T>,
    path: Memo<String>,
    client: client::Client,
    row: &'static GridRow<T>,
}

impl<T: Shown + ToSchema> Of<T> {
    fn all(&self, told: Told) -> Reading<Vec<T>> {
        let (client, path) = (self.client, self.path.get_untracked());
        Box::pin(async move { read_all(client, &path, MOST, &told, None).await })
    }

    fn target_of(row: &GridRow<T>, it: &T) -> Target {
        Target { key: (row.key)(it), label: (row.label)(it), state: (row.state)(it) }
    }
}

impl<T: Shown + ToSchema> Rows for Of<T> {
    fn face(&self) -> Face {
        self.list.first.state.with(|state| match state {
            Remote::Loading => Face::Loading,
            Remote::Failed(failure) => Face::Failed(failure.clone()),
            Remote::Ready(page) if page.items.is_empty() => Face::None,
            Remote::Ready(_) => Face::Rows,
        })
    }

    fn total(&self) -> usize {
        self.list.total()
    }

    fn track(&self) {
        self.list.track();
    }

    fn mark(&self, at: usize) -> Option<(String, String)> {
        self.list.row(at, |it| ((self.row.key)(it), (self.row.stamp)(it)))
    }

    fn label(&self, at: usize) -> Option<String> {
        self.list.row(at, self.row.label)
    }

    fn cell(&self, at: usize, column: &str, part: &str) -> Option<AnyView> {
        self.list.row(at, |it| (self.row.cell)(it, column, part))
    }

    fn see(&self, sight: (usize, usize)) {
        self.list.see(sight);
    }

    fn stuck(&self) -> Option<Failure> {
        self.list.stuck.get()
    }

    fn retry(&self) {
        self.list.stuck.set(None);
        self.list.first.reload();
    }

    fn target(&self, key: &str) -> Option<Target> {
        self.list.find(|it| ((self.row.key)(it) == key).then(|| Self::target_of(self.row, it)))
    }

    fn targets(&self, told: Told) -> Reading<Vec<Target>> {
        let (all, row) = (self.all(told), self.row);
        Box::pin(async move { Ok(all.await?.iter().map(|it| Self::target_of(row, it)).collect()) })
    }

    fn export(&self, told: Told) -> Reading<Vec<Vec<String>>> {
        let (all, row) = (self.all(told), self.row);
        Box::pin(async move {
            let mut lines = vec![row.export.iter().map(|(name, _)| name().to_owned()).collect::<Vec<_>>()];
            lines.extend(all.await?.iter().map(|it| row.export.iter().map(|(_, text)| text(it)).collect()));
            Ok(lines)
        })
    }
}

/// The rows of a grid. Cheap to copy.
#[derive(Clone, Copy)]
pub struct GridRows {
    /// What the grid is.
    pub spec: &'static GridSpec,
    rows: StoredValue<Arc<dyn Rows>>,
}

impl GridRows {
    /// The rows that are at `path` of the API, and that `list` reads.
    pub fn new<T: Shown + ToSchema>(
        spec: &'static GridSpec,
        row: &'static GridRow<T>,
        list: Long<T>,
        path: Memo<String>,
    ) -> Self {
        let rows = Of { list, path, client: use_client(), row };
        Self { spec, rows: StoredValue::new(Arc::new(rows)) }
    }

    pub(super) fn rows(self) -> Arc<dyn Rows> {
        self.rows.get_value()
    }
}
