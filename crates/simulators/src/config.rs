//! What the program is told at its start.

use std::{net::SocketAddr, path::PathBuf};

/// Which of the two webhook endpoints: the platform's own events, or those of connected accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointKind {
    /// Events of the platform account.
    Platform,
    /// Events of connected accounts, which name their `account`.
    Connect,
}

/// A receiver of webhooks.
#[derive(Clone)]
pub struct Endpoint {
    /// Whose events it receives.
    pub kind: EndpointKind,
    /// Where they are posted.
    pub url: String,
    /// The signing secret, `whsec_…`.
    pub secret: String,
}

/// The settings of the Stripe simulator.
#[derive(Clone)]
pub struct Config {
    /// A loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The URL under which browsers reach the hosted pages; by default the address listened on.
    pub public_url: Option<String>,
    /// Where the state is kept; without it, in memory only.
    pub data: Option<PathBuf>,
    /// At most one endpoint of each kind.
    pub endpoints: Vec<Endpoint>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            data: None,
            endpoints: Vec::new(),
        }
    }
}
