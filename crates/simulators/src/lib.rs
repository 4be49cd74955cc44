//! Stand-ins for outside systems, for demonstrations and tests: they speak the vendors' wire formats, so that the real
//! clients talk to them, and they depend on nothing else of this workspace.
//!
//! So far there is Stripe: its API, its hosted pages and its signed webhooks. In-process tests use [`start`]; the
//! program `bailiwick-simulators` uses [`run`].

mod clock;
mod config;
mod file;
mod html;
mod ids;
mod stripe;

pub use config::{Config, Endpoint, EndpointKind};
pub use stripe::Disorder;

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};
use stripe::Simulator;
use tokio::{task::JoinSet, time::timeout};

const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
const SHUTDOWN_SECONDS: u64 = 2;

/// A running simulator. Dropping it stops it without a last save; [`Handle::stop`] saves.
pub struct Handle {
    address: SocketAddr,
    public_url: String,
    simulator: Simulator,
    data: Option<PathBuf>,
    server: ServerHandle,
    tasks: JoinSet<()>,
}

impl Handle {
    /// The address listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where an API client points: `http://127.0.0.1:PORT/`.
    pub fn api_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Where browsers find the hosted pages, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Ends delivery and service, and saves the state.
    pub async fn stop(mut self) -> io::Result<()> {
        // A server that does not come to an end is cut off: what it was asked is answered by no one.
        let _ = timeout(Duration::from_secs(SHUTDOWN_SECONDS + 1), self.server.stop(true)).await;
        self.tasks.shutdown().await;
        match &self.data {
            Some(path) => file::save(&self.simulator, path).await,
            None => Ok(()),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Asked at once; nobody waits for the end.
        drop(self.server.stop(false));
    }
}

/// Starts the simulator; it serves when this returns.
pub async fn start(config: Config) -> io::Result<Handle> {
    if !config.listen.ip().is_loopback() {
        let message =
            format!("{} is not a loopback address: the simulator guards nothing", config.listen.ip());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let state = config.data.as_deref().map(file::load).transpose()?.unwrap_or_default();
    if let Some(directory) = config.data.as_deref().and_then(Path::parent) {
        std::fs::create_dir_all(directory)?;
    }
    let listener = TcpListener::bind(config.listen)?;
    let address = listener.local_addr()?;
    let public_url = config.public_url.unwrap_or_else(|| format!("http://{address}"));
    let public_url = public_url.trim_end_matches('/').to_owned();
    let client = reqwest::Client::builder()
        .timeout(WEBHOOK_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(io::Error::other)?;
    let simulator = Simulator::new(state, &public_url, config.endpoints, client);
    let prefix = path_of(&public_url);
    let shared = simulator.clone();
    let server = HttpServer::new(move || {
        let app = App::new().app_data(web::Data::new(shared.clone()));
        // The proxy before us may or may not take the prefix of the public URL away.
        let app = if prefix.is_empty() {
            app
        } else {
            app.service(web::scope(&prefix).configure(stripe::configure))
        };
        app.configure(stripe::configure)
    })
    .workers(2)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    let mut tasks = simulator.start();
    if let Some(path) = config.data.clone() {
        tasks.spawn(file::keep(simulator.clone(), path));
    }
    Ok(Handle { address, public_url, simulator, data: config.data, server: handle, tasks })
}

/// Serves until `shutdown` is ready; `ready` is told the address as soon as it is listened on.
pub async fn run(
    config: Config,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let handle = start(config).await?;
    ready(handle.address());
    shutdown.await;
    handle.stop().await
}

/// The path of a URL: `/demo/stripe` of `http://localhost:8080/demo/stripe`.
fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or_else(String::new, |at| rest[at..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn the_prefix_is_the_path_of_the_public_url() {
        assert_eq!(path_of("http://localhost:8080/demo/stripe"), "/demo/stripe");
        assert_eq!(path_of("http://localhost:8080"), "");
    }
}
