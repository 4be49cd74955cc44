//! What stands behind the question mark of an address.

use std::fmt;

use form_urlencoded::{Serializer, parse};

/// Names with their values, in the order in which they stand in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads the part of an address behind its question mark, which may be there or not. A name that stands there twice
    /// means its last value.
    pub fn read(search: &str) -> Self {
        let mut query = Self::new();
        for (name, value) in parse(search.strip_prefix('?').unwrap_or(search).as_bytes()) {
            query.set(&name, value);
        }
        query
    }

    /// The value of the name.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone())
    }

    /// Gives the name this value; an empty one removes it.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        let at = self.0.iter().position(|(one, _)| one == name);
        match (at.and_then(|at| self.0.get_mut(at)), value.is_empty()) {
            (_, true) => self.0.retain(|(one, _)| one != name),
            (Some(there), false) => there.1 = value,
            (None, false) => self.0.push((name.to_owned(), value)),
        }
    }

    /// Takes the name out.
    pub fn remove(&mut self, name: &str) {
        self.set(name, "");
    }
}

/// With the question mark, or nothing at all.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "?{}", Serializer::new(String::new()).extend_pairs(&self.0).finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut query = Query::new();
        query.set("q", "Müller & Söhne = 100 %?#/+");
        query.set("status", "active");
        assert_eq!(Query::read(&query.to_string()), query);
    }

    #[test]
    fn none_leaves_no_question_mark() {
        let mut query = Query::read("?q=a");
        assert_eq!(query.to_string(), "?q=a");
        query.set("q", "");
        assert_eq!(query.to_string(), "");
    }

    #[test]
    fn the_order_stays_and_the_last_value_counts() {
        let mut query = Query::read("b=1&a=2&b=3&c=");
        assert_eq!(query.to_string(), "?b=3&a=2");
        query.set("a", "x y");
        assert_eq!(query.to_string(), "?b=3&a=x+y");
        query.remove("b");
        assert_eq!((query.get("b"), query.get("a")), (None, Some("x y".to_owned())));
    }

    #[test]
    fn what_is_no_text_does_not_harm() {
        assert_eq!(Query::read("q=%FF%ZZ%").get("q").as_deref(), Some("\u{fffd}%ZZ%"));
    }
}
