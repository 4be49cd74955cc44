//! What every use case needs beside its transaction.

use std::sync::Arc;

use connectors::{mail::MailTransport, stripe::PaymentProvider};
use secrecy::SecretString;
use store::Store;

use crate::{
    Result, TrustedProxies,
    auth::{PrincipalCache, Tokens},
    live::Live,
};

/// How this installation is set up.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// Where people reach it, without a final slash: `https://app.example.com`.
    pub public_url: String,
    /// The sender's address of mails.
    pub mail_from: String,
    /// Seconds that an access token is good for.
    pub access_token_seconds: i64,
    /// Whether demo mode was asked for.
    pub demo: bool,
    /// The platform's share of each payment to an MSP that connects, in 1/100 of a percent.
    pub application_fee_basis_points: i32,
    /// What Stripe signs its webhooks with; none are taken without.
    pub webhook_secrets: Option<WebhookSecrets>,
    /// The proxies that are believed where a request comes from.
    pub trusted_proxies: TrustedProxies,
}

/// An installation on this machine alone, without mail and payments.
impl Default for AppConfig {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:8080".to_owned(),
            mail_from: "bailiwick@localhost.localdomain".to_owned(),
            access_token_seconds: 900,
            demo: false,
            application_fee_basis_points: 0,
            webhook_secrets: None,
            trusted_proxies: TrustedProxies::default(),
        }
    }
}

/// The signing secrets of the two webhook endpoints.
#[derive(Debug, Clone)]
pub struct WebhookSecrets {
    /// For events of the platform's own account.
    pub platform: SecretString,
    /// For events of connected accounts.
    pub connect: SecretString,
}

/// The application: the store, the outside systems, the settings.
#[derive(Clone)]
pub struct App {
    store: Store,
    inner: Arc<Inner>,
}

/// What all threads share.
pub(crate) struct Inner {
    pub(crate) config: AppConfig,
    pub(crate) tokens: Tokens,
    pub(crate) principals: PrincipalCache,
    pub(crate) live: Live,
    pub(crate) mail: Option<Arc<dyn MailTransport>>,
    pub(crate) payments: Option<Arc<dyn PaymentProvider>>,
}

impl App {
    /// Puts the application together; makes the first signing key where there is none.
    ///
    /// Without `mail` every mail stays in the mailbox of the database, as the demo wants it.
    pub async fn new(
        store: Store,
        config: AppConfig,
        mail: Option<Arc<dyn MailTransport>>,
        payments: Option<Arc<dyn PaymentProvider>>,
    ) -> Result<Self> {
        let tokens = Tokens::load(&store).await?;
        let inner = Inner {
            config,
            tokens,
            principals: PrincipalCache::default(),
            live: Live::default(),
            mail,
            payments,
        };
        Ok(Self { store, inner: Arc::new(inner) })
    }

    /// The same application for one of so many threads that have a runtime each: with connections of its own.
    pub fn on_thread(&self, threads: usize) -> Result<Self> {
        Ok(Self { store: self.store.on_thread(threads)?, inner: Arc::clone(&self.inner) })
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The settings.
    pub fn config(&self) -> &AppConfig {
        &self.inner.config
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}
