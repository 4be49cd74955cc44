//! The configuration: defaults, then a TOML file, then `BAILIWICK_*` environment variables.
//!
//! A nested setting is written with two underscores: `BAILIWICK_DATABASE__URL`. `DATABASE_URL` alone is
//! understood too. What is not a setting is refused, so that a slip of the pen is told.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use app::TrustedProxies;
use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::failure::{Failure, Result};

/// Everything that can be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where Prometheus finds the figures; nowhere if it is not set.
    pub metrics_listen: Option<SocketAddr>,
    /// Where people reach the server; it stands in links of mails.
    pub public_url: String,
    /// Where the private database, the master key and the demo's files are kept.
    pub data_dir: PathBuf,
    /// 64 hexadecimal digits. Without it, a key is kept in the data directory of a private database.
    #[serde(serialize_with = "hidden")]
    pub master_key: Option<SecretString>,
    /// The proxies in front of the server: addresses and networks, such as `10.0.0.0/8`. From them alone,
    /// `X-Forwarded-For` and `X-Forwarded-Host`, or `Forwarded`, are believed; they must set those headers anew, and
    /// take away those of the other kind.
    pub trusted_proxies: Vec<String>,
    /// Whether this process works on background jobs.
    pub work: bool,
    /// Seconds that an access token is good for.
    pub access_token_seconds: i64,
    /// Where the built browser apps are; without it none are served.
    pub web_dir: Option<PathBuf>,
    /// HTTP worker threads; as many as there are processors if it is not set.
    pub threads: Option<usize>,
    /// The database.
    pub database: DatabaseConfig,
    /// What is logged.
    pub log: LogConfig,
    /// How mails go out.
    pub mail: MailConfig,
    /// Payments; none are taken if it is not set.
    pub stripe: Option<StripeConfig>,
}

/// The database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// The owner's address; a private cluster if it is not set.
    #[serde(serialize_with = "hidden")]
    pub url: Option<SecretString>,
    /// The address for `bailiwick_login`; made from the owner's if it is not set.
    #[serde(serialize_with = "hidden")]
    pub login_url: Option<SecretString>,
    /// The address for `bailiwick_system`; made from the owner's if it is not set.
    #[serde(serialize_with = "hidden")]
    pub system_url: Option<SecretString>,
    /// Connections for tenants' transactions, shared out among the threads: two each at least.
    pub connections: usize,
    /// Connections for the system's transactions, shared out in the same way.
    pub system_connections: usize,
}

/// What is logged.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// For people or for programs.
    pub format: LogFormat,
    /// Which lines, as `tracing` writes it: `info`, `warn,api=debug`.
    pub filter: String,
}

/// For whom the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Human,
    /// A JSON object a line.
    Json,
}

/// How mails go out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The sender's address.
    pub from: String,
    /// The mail server; required outside the demo.
    pub smtp: Option<SmtpConfig>,
}

/// A mail server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its name.
    pub host: String,
    /// Its port; 587 for STARTTLS, 465 for TLS from the start.
    pub port: u16,
    /// `starttls`, `tls`, or `none` for a server on this machine.
    pub tls: SmtpTls,
    /// The account.
    pub username: Option<String>,
    /// Its password.
    #[serde(serialize_with = "hidden", default)]
    pub password: Option<SecretString>,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Upgraded before anything is said; refused where the server cannot.
    Starttls,
    /// From the start.
    Tls,
    /// Not at all.
    None,
}

/// The platform's Stripe account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StripeConfig {
    /// `sk_live_…` or `sk_test_…`.
    #[serde(serialize_with = "hidden")]
    pub secret_key: Option<SecretString>,
    /// The signing secret of the endpoint for events of the platform's own account.
    #[serde(serialize_with = "hidden")]
    pub platform_webhook_secret: Option<SecretString>,
    /// The signing secret of the endpoint for events of connected accounts.
    #[serde(serialize_with = "hidden")]
    pub connect_webhook_secret: Option<SecretString>,
    /// Another address of Stripe's API: that of a simulator.
    #[serde(default)]
    pub api_base: Option<String>,
    /// The platform's share of each payment to an MSP that connects, in 1/100 of a percent.
    #[serde(default)]
    pub application_fee_basis_points: i32,
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn hidden<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => serializer.serialize_str("(hidden)"),
        None => serializer.serialize_none(),
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_listen: None,
            public_url: "http://localhost:8080".to_owned(),
            data_dir: PathBuf::from("data"),
            master_key: None,
            trusted_proxies: Vec::new(),
            work: true,
            access_token_seconds: 900,
            web_dir: None,
            threads: None,
            database: DatabaseConfig {
                url: None,
                login_url: None,
                system_url: None,
                connections: 16,
                system_connections: 4,
            },
            log: LogConfig { format: LogFormat::Human, filter: "info".to_owned() },
            mail: MailConfig { from: "bailiwick@localhost.localdomain".to_owned(), smtp: None },
            stripe: None,
        }
    }
}

/// What the command line says, which counts most.
#[derive(Debug, Default, Serialize)]
pub struct Overrides {
    /// See [`Config::listen`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// See [`Config::data_dir`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// See [`Config::public_url`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
}

/// Says what is wrong, and never the value of a secret. (A password of digits alone looks like a number.)
fn wrong(error: &figment::Error) -> Failure {
    let path = error.path.join(".");
    let secret = ["key", "secret", "password", "url"].iter().any(|word| path.contains(word));
    if secret {
        return Failure::new(format!(
            "the configuration is wrong: `{path}` must be text, in quotes: '\"…\"'"
        ));
    }
    Failure::during("the configuration is wrong", error)
}

/// Names that begin like settings and are none: for tests, tools and the simulators.
const NOT_SETTINGS: &[&str] = &["config", "test_", "pg_bin", "simulator", "cache"];

impl Config {
    /// Reads the configuration and checks it.
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(Failure::new(format!(
                    "the configuration file {} does not exist",
                    file.display()
                )));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        // Empty it is as good as not set: that is how a shell takes a variable back for one command.
        let is_given = std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty());
        let database_url: &[&str] = if is_given { &["DATABASE_URL"] } else { &[] };
        let environment = Env::prefixed("BAILIWICK_")
            .filter(|name| {
                !NOT_SETTINGS.iter().any(|other| name.as_str().to_ascii_lowercase().starts_with(other))
            })
            .split("__");
        let config: Self = figment
            .merge(Env::raw().only(database_url).map(|_| "database.url".into()))
            .merge(environment)
            .merge(Serialized::defaults(overrides))
            .extract()
            .map_err(|error| wrong(&error))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let url =
            self.public_url.strip_prefix("https://").or_else(|| self.public_url.strip_prefix("http://"));
        if url.is_none_or(|rest| rest.is_empty() || rest.contains(['/', '?', '#', ' '])) {
            return Err(Failure::new(format!(
                "`public_url` is `{}`; expected something like `https://app.example.com`, without a path",
                self.public_url
            )));
        }
        if domain::text::email(&self.mail.from).is_err() {
            return Err(Failure::new(format!(
                "`mail.from` is `{}`, which is not an email address",
                self.mail.from
            )));
        }
        self.proxies()?;
        if !(60..=86_400).contains(&self.access_token_seconds) {
            return Err(Failure::new("`access_token_seconds` must be between 60 and 86400"));
        }
        if self.database.connections == 0 || self.database.system_connections == 0 {
            return Err(Failure::new(
                "`database.connections` and `database.system_connections` must be at least 1",
            ));
        }
        if let Some(stripe) = &self.stripe {
            if !(0..=10_000).contains(&stripe.application_fee_basis_points) {
                return Err(Failure::new(
                    "`stripe.application_fee_basis_points` must be between 0 and 10000",
                ));
            }
            let secrets =
                [&stripe.secret_key, &stripe.platform_webhook_secret, &stripe.connect_webhook_secret];
            if secrets
                .iter()
                .any(|secret| secret.as_ref().is_none_or(|secret| secret.expose_secret().is_empty()))
            {
                return Err(Failure::new(
                    "`stripe` needs `secret_key`, `platform_webhook_secret` and `connect_webhook_secret`",
                ));
            }
        }
        if let Some(key) = &self.master_key
            && store::MasterKey::from_hex(key.expose_secret()).is_none()
        {
            return Err(Failure::new(
                "`master_key` must be 64 hexadecimal digits, as `openssl rand -hex 32` prints them",
            ));
        }
        Ok(())
    }

    /// The proxies that are believed.
    pub fn proxies(&self) -> Result<TrustedProxies> {
        TrustedProxies::parse(&self.trusted_proxies).map_err(|entry| {
            Failure::new(format!(
                "`trusted_proxies` has `{entry}`, which is neither an address nor a network such as `10.0.0.0/8`"
            ))
        })
    }

    /// The configuration without its secrets, for people to read.
    pub fn redacted(&self) -> Result<serde_json::Value> {
        Ok(serde_json::to_value(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_print() {
        let secret = || Some(SecretString::from("hunter2-secret"));
        let config = Config {
            master_key: secret(),
            database: DatabaseConfig { url: secret(), login_url: secret(), ..Config::default().database },
            stripe: Some(StripeConfig {
                secret_key: secret(),
                platform_webhook_secret: secret(),
                connect_webhook_secret: secret(),
                api_base: None,
                application_fee_basis_points: 0,
            }),
            ..Config::default()
        };
        let shown = format!("{} {config:?}", config.redacted().unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("(hidden)"));
    }

    #[test]
    fn wrong_settings_are_told() {
        let with = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.check()
        };
        assert!(with(|_| ()).is_ok());
        assert!(with(|config| config.public_url = "app.example.com".to_owned()).is_err());
        assert!(with(|config| config.public_url = "https://app.example.com/x".to_owned()).is_err());
        assert!(with(|config| config.mail.from = "nobody".to_owned()).is_err());
        assert!(with(|config| config.access_token_seconds = 1).is_err());
        assert!(with(|config| config.trusted_proxies = vec!["10.0.0.0/8".to_owned()]).is_ok());
        assert!(with(|config| config.trusted_proxies = vec!["proxy".to_owned()]).is_err());
        assert!(with(|config| config.master_key = Some(SecretString::from("short"))).is_err());
    }
}
