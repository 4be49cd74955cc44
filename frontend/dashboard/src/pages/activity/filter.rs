//! Which entries are wanted; it stands in the address.

use address::Query;
use chrono::{Days, NaiveDate, SecondsFormat};
use client::format;

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// A type, or how the types of a group begin.
    pub kind: String,
    /// `user:usr_…`.
    pub actor: String,
    /// The id of a customer.
    pub customer: String,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day, inclusive.
    pub until: Option<NaiveDate>,
}

impl Filter {
    /// As the address of the page has it.
    pub fn read(query: &Query) -> Self {
        let text = |name| query.get(name).unwrap_or_default();
        let day = |name| query.get(name).and_then(|text| text.parse().ok());
        Self {
            kind: text("type"),
            actor: text("actor"),
            customer: text("customer"),
            from: day("from"),
            until: day("until"),
        }
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        let mut query = Query::new();
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let parts = [
            ("type", self.kind.clone()),
            ("actor", self.actor.clone()),
            ("customer", self.customer.clone()),
            ("from", day(self.from)),
            ("until", day(self.until)),
        ];
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.set(name, value);
        }
        format!("/activity{query}")
    }

    /// What the server is asked. Days are those of the browser's time zone.
    pub fn path(&self, limit: u8) -> String {
        let mut query = Query::new();
        let instant = |day: Option<NaiveDate>| {
            day.and_then(format::beginning)
                .map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
                .unwrap_or_default()
        };
        let after = self.until.and_then(|day| day.checked_add_days(Days::new(1)));
        let parts = [
            ("type", self.kind.clone()),
            ("actor", self.actor.clone()),
            ("customer_id", self.customer.clone()),
            ("from", instant(self.from)),
            ("until", instant(after)),
            ("limit", limit.to_string()),
        ];
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.set(name, value);
        }
        format!("/msp/events{query}")
    }

    /// Whether everything is wanted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
