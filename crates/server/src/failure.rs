//! Why the program could not start or go on: always a sentence for the person at the terminal.

/// A result of the program.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// A sentence that says what is wrong and, where it can, what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    /// A failure with its own words.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What was being done, and what went wrong.
    pub fn during(what: &str, error: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {error}"))
    }
}

macro_rules! from {
    ($($error:ty)+) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )+};
}

from! { app::AppError store::StoreError cluster::Error serde_json::Error std::io::Error }
