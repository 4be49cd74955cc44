//! What can go wrong in the store, sorted by what a caller can do about it.

/// A result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store could not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such row in the caller's scope.
    #[error("not found")]
    NotFound,
    /// A value that must be unique is taken. Names the field.
    #[error("`{0}` is already in use")]
    Taken(&'static str),
    /// The row has changed since the caller read it.
    #[error("changed meanwhile")]
    Stale,
    /// The same Idempotency-Key came with another request.
    #[error("idempotency key was used for another request")]
    KeyReused,
    /// What the database itself refuses to change: an issued invoice.
    #[error("{0}")]
    Immutable(String),
    /// The change reaches beyond the customers that the caller is limited to.
    #[error("beyond the caller's customers")]
    OutOfReach,
    /// A value that the database cannot hold.
    #[error("a value cannot be stored: {0}")]
    Unstorable(String),
    /// A page cursor that this server did not write.
    #[error("not a cursor of this list")]
    BadCursor,
    /// A value that the caller should have checked.
    #[error("{0}")]
    Invalid(&'static str),
    /// A stored value that the program cannot read: a bug, or a hand in the database.
    #[error("stored value of {0} cannot be read")]
    Corrupt(&'static str),
    /// A write that recorded no event: a bug.
    #[error("a change was made without an event")]
    NoEvent,
    /// A secret could not be sealed or opened.
    #[error("sealed value cannot be opened")]
    Sealed,
    /// The schema could not be brought up to date.
    #[error("migration failed: {0}")]
    Migration(String),
    /// The database is unreachable or too busy.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// Any other answer of the database.
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_) => Self::Unavailable(error.to_string()),
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // A policy's refusal, not a missing grant, which is a bug. Read from where it comes from in
                // PostgreSQL: the message may be in any language.
                Some("42501") if routine(database.as_ref()) == Some("ExecWithCheckOptions") => {
                    Self::OutOfReach
                }
                Some("BW001") => Self::Immutable(database.message().to_owned()),
                // Shutting down, starting up, too many connections, disk full; serialisation failure, deadlock.
                Some("57P01" | "57P02" | "57P03" | "53100" | "53200" | "53300" | "40001" | "40P01") => {
                    Self::Unavailable(database.message().to_owned())
                }
                // Data exceptions: a time out of range, a character that text cannot hold.
                Some(code) if code.starts_with("22") => Self::Unstorable(database.message().to_owned()),
                _ => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}

fn routine(error: &dyn sqlx::error::DatabaseError) -> Option<&str> {
    error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().and_then(|error| error.routine())
}

impl StoreError {
    pub(crate) fn migration(error: impl std::fmt::Display) -> Self {
        Self::Migration(error.to_string())
    }

    /// Turns a violation of the named unique constraint into [`StoreError::Taken`] of a field.
    pub(crate) fn taken(error: sqlx::Error, constraint: &str, field: &'static str) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.constraint() == Some(constraint) => {
                Self::Taken(field)
            }
            _ => error.into(),
        }
    }

    /// Whether the same request may succeed if it is sent again.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Reads a stored name back into its type.
pub(crate) fn parse<T: std::str::FromStr>(text: &str, column: &'static str) -> Result<T> {
    text.parse().map_err(|_| StoreError::Corrupt(column))
}
