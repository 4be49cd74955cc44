//! Plain SQL, for what lies outside the product: making databases, reading the catalogue, tampering.

use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, config::Host};

/// A connection that runs any statement. Values come back as text.
pub struct Sql(Client);

/// Why the database refused a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The five characters of SQLSTATE.
    pub code: String,
    /// What the database says.
    pub message: String,
}

impl Sql {
    /// Connects to the database at a URL.
    pub async fn connect(url: &str) -> Self {
        Self::try_connect(url).await.unwrap_or_else(|error| panic!("no connection to {url}: {error}"))
    }

    pub(crate) async fn try_connect(url: &str) -> Result<Self, tokio_postgres::Error> {
        let (client, connection) = config(url)?.connect(NoTls).await?;
        // Ends when the client is dropped.
        tokio::spawn(connection);
        Ok(Self(client))
    }

    /// Runs statements that must succeed.
    pub async fn run(&self, statements: &str) {
        self.attempt(statements).await.unwrap_or_else(|error| panic!("{}: {statements}", error.message));
    }

    /// Runs statements that may be refused, and says how many rows the last one touched.
    pub async fn attempt(&self, statements: &str) -> Result<u64, Refused> {
        let messages = self.0.simple_query(statements).await.map_err(|error| {
            let database = error.as_db_error();
            Refused {
                code: database.map(|error| error.code().code().to_owned()).unwrap_or_default(),
                message: database.map_or_else(|| error.to_string(), |error| error.message().to_owned()),
            }
        })?;
        let count = |message| match message {
            SimpleQueryMessage::CommandComplete(rows) => Some(rows),
            _ => None,
        };
        Ok(messages.into_iter().rev().find_map(count).unwrap_or(0))
    }

    /// The rows of a query; NULL is the empty text.
    pub async fn rows(&self, query: &str) -> Vec<Vec<String>> {
        let messages = self.0.simple_query(query).await.unwrap_or_else(|error| panic!("{error:?}: {query}"));
        messages
            .into_iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(
                    (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect(),
                ),
                _ => None,
            })
            .collect()
    }

    /// The first column of a query.
    pub async fn column(&self, query: &str) -> Vec<String> {
        self.rows(query).await.into_iter().filter_map(|row| row.into_iter().next()).collect()
    }

    /// The one value of a query.
    pub async fn value(&self, query: &str) -> String {
        let mut values = self.column(query).await;
        assert_eq!(values.len(), 1, "one row: {query}");
        values.remove(0)
    }

    /// The one number of a query.
    pub async fn number(&self, query: &str) -> i64 {
        let value = self.value(query).await;
        value.parse().unwrap_or_else(|_| panic!("`{value}` is not a number: {query}"))
    }
}

/// Reads a URL as sqlx does: `?host=/a/directory` is the one place, whatever the URL has before it.
pub(crate) fn config(url: &str) -> Result<Config, tokio_postgres::Error> {
    let parsed: Config = url.parse()?;
    let Some(directory) = parsed.get_hosts().iter().find_map(|host| match host {
        Host::Unix(directory) => Some(directory),
        Host::Tcp(_) => None,
    }) else {
        return Ok(parsed);
    };
    let mut config = Config::new();
    config.host_path(directory);
    if let Some(port) = parsed.get_ports().first() {
        config.port(*port);
    }
    if let Some(user) = parsed.get_user() {
        config.user(user);
    }
    if let Some(password) = parsed.get_password() {
        config.password(password);
    }
    if let Some(name) = parsed.get_dbname() {
        config.dbname(name);
    }
    Ok(config)
}
