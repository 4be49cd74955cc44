//! Why a use case did not do as asked, in terms that a caller can act on.

use store::StoreError;

/// A result of a use case.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// A stable name for programs.
    pub code: &'static str,
    /// What is wrong.
    pub detail: String,
}

impl Field {
    /// A field that is not as it should be.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: "invalid", detail: detail.into() }
    }
}

/// Why a use case did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Fields of the request are wrong.
    #[error("invalid request")]
    Invalid(Vec<Field>),
    /// Who asks is not known: no or bad credentials.
    #[error("not signed in")]
    Unauthorized {
        /// A stable name for programs.
        code: &'static str,
        /// For people.
        detail: &'static str,
    },
    /// Who asks is known and may not.
    #[error("forbidden: {detail}")]
    Forbidden {
        /// A stable name for programs.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// It contradicts how things stand.
    #[error("conflict: {detail}")]
    Conflict {
        /// A stable name for programs.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// Too often.
    #[error("too many requests")]
    TooMany {
        /// Seconds to wait.
        retry_after: i64,
    },
    /// An outside system did not do its part.
    #[error("{service} failed: {detail}")]
    Upstream {
        /// Which one.
        service: &'static str,
        /// For people: never a secret.
        detail: String,
        /// Whether the same request may succeed later.
        retry: bool,
    },
    /// An uploaded file is not taken as a picture.
    #[error(transparent)]
    Picture(#[from] images::Refused),
    /// The store's own word.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A bug, or a broken installation. The text goes to the log alone.
    #[error("internal error: {0}")]
    Internal(String),
}

impl AppError {
    /// One wrong field.
    pub fn field(pointer: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Field::invalid(pointer, detail)])
    }

    /// A contradiction.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { code, detail: detail.into() }
    }

    /// Something that must not happen.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }

    /// Whether a job that failed so should be tried again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Upstream { retry, .. } => *retry,
            Self::TooMany { .. } | Self::Internal(_) => true,
            Self::Invalid(_)
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::Conflict { .. }
            | Self::Picture(_) => false,
        }
    }
}

/// Puts a field's pointer where the store said only which value was taken or not found.
pub(crate) trait AtField<T> {
    fn at(self, pointer: &str) -> Result<T>;
}

impl<T> AtField<T> for std::result::Result<T, StoreError> {
    fn at(self, pointer: &str) -> Result<T> {
        self.map_err(|error| match error {
            StoreError::NotFound => AppError::field(pointer, "does not exist"),
            other => other.into(),
        })
    }
}
