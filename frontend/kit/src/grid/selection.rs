//! Which rows are chosen: some, or all that match but some. It stands in the address.

use std::{collections::BTreeSet, fmt};

/// The parameter of the address.
pub const PARAMETER: &str = "selected";
const ALL: &str = "all";

/// The chosen rows, by their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// All that match the filters, also those that have not been read; `keys` are then the ones that are not.
    all: bool,
    keys: BTreeSet<String>,
}

impl Selection {
    /// Reads it as it stands in the address.
    pub fn read(text: &str) -> Self {
        let mut keys = text.split(',').filter(|key| !key.is_empty()).peekable();
        let all = keys.next_if_eq(&ALL).is_some();
        let keys = keys.filter_map(|key| if all { key.strip_prefix('-') } else { Some(key) });
        Self { all, keys: keys.map(str::to_owned).collect() }
    }

    /// All that match.
    pub fn everything() -> Self {
        Self { all: true, keys: BTreeSet::new() }
    }

    /// Whether it is all that match, but for some.
    pub fn is_by_filter(&self) -> bool {
        self.all
    }

    /// Whether the row is chosen.
    pub fn has(&self, key: &str) -> bool {
        self.all != self.keys.contains(key)
    }

    /// The same, with the row chosen or not.
    pub fn with(mut self, key: &str, on: bool) -> Self {
        if on == self.all {
            self.keys.remove(key);
        } else {
            self.keys.insert(key.to_owned());
        }
        self
    }

    /// How many of so many rows are chosen.
    pub fn count(&self, total: usize) -> usize {
        if self.all { total.saturating_sub(self.keys.len()) } else { self.keys.len() }
    }

    /// The keys that are chosen one by one.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str).filter(|_| !self.all)
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        if self.all {
            f.write_str(ALL)?;
            comma = ",";
        }
        for key in &self.keys {
            write!(f, "{comma}{}{key}", if self.all { "-" } else { "" })?;
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for text in ["", "A", "A,B-1", "all", "all,-A,-B-1"] {
            assert_eq!(Selection::read(text).to_string(), text);
        }
        assert_eq!(Selection::read("all,x,-A").to_string(), "all,-A");
        assert_eq!(Selection::read(",,A,A").to_string(), "A");
    }

    #[test]
    fn rows_are_chosen_and_left_out() {
        let some = Selection::default().with("A", true).with("B", true).with("A", false);
        assert_eq!((some.has("A"), some.has("B"), some.count(10)), (false, true, 1));
        assert_eq!(some.keys().collect::<Vec<_>>(), ["B"]);
        let most = Selection::everything().with("A", false);
        assert_eq!((most.has("A"), most.has("B"), most.count(10)), (false, true, 9));
        assert_eq!(most.keys().count(), 0);
        assert_eq!(most.with("A", true), Selection::everything());
    }
}
