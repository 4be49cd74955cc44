//! Why a request did not succeed.

use contract::Problem;

use crate::text;

/// Why a request did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The page that asked was left.
    Aborted,
    /// No answer came.
    Offline,
    /// Nobody is signed in any more.
    SessionEnded,
    /// The server refused, and says why.
    Problem(Box<Problem>),
    /// The answer is not what the contract promises.
    Unreadable,
}

impl Failure {
    /// What to tell a person.
    pub fn detail(&self) -> String {
        match self {
            Self::Aborted => text::aborted().to_owned(),
            Self::Offline => text::offline().to_owned(),
            Self::SessionEnded => text::session_ended().to_owned(),
            Self::Unreadable => text::unreadable().to_owned(),
            Self::Problem(problem) => problem.detail.clone().unwrap_or_else(|| problem.title.clone()),
        }
    }

    /// The name under which the server's log knows the request.
    pub fn request_id(&self) -> Option<String> {
        self.problem().and_then(|problem| problem.request_id.clone())
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.problem().map(|problem| problem.status)
    }

    /// The stable name of the problem.
    pub fn code(&self) -> &str {
        self.problem().map_or("", |problem| &problem.code)
    }

    /// What is wrong with the field at this JSON pointer.
    pub fn field(&self, pointer: &str) -> Option<String> {
        let errors = &self.problem()?.errors;
        errors.iter().find(|error| error.pointer == pointer).map(|error| error.detail.clone())
    }

    /// The first field that something is wrong with, as a JSON pointer.
    pub fn first_field(&self) -> Option<String> {
        self.problem()?.errors.first().map(|error| error.pointer.clone())
    }

    /// What to tell a person, with what is wrong with each field where no form shows it.
    pub fn detail_of_all(&self) -> String {
        let errors = self.problem().map(|problem| problem.errors.as_slice()).unwrap_or_default();
        if errors.is_empty() {
            return self.detail();
        }
        let told: Vec<_> = errors
            .iter()
            .map(|error| format!("{}: {}", error.pointer.trim_start_matches('/'), error.detail))
            .collect();
        told.join(" ")
    }

    fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }
}
