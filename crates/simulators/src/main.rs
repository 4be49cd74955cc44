//! `bailiwick-simulators`: plays the part of outside systems on a loopback address.

use clap::Parser;
use simulators::{Config, Endpoint, EndpointKind};
use std::{
    io::{self, IsTerminal, Read, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tracing_subscriber::EnvFilter;

/// Plays the part of Stripe: API, hosted pages and webhooks. No real money.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Loopback address to listen on; port 0 takes a free one.
    #[arg(long, env = "BAILIWICK_SIMULATOR_LISTEN", default_value = "127.0.0.1:12111")]
    listen: SocketAddr,
    /// URL under which browsers reach the hosted pages [default: the address listened on].
    #[arg(long, env = "BAILIWICK_SIMULATOR_PUBLIC_URL")]
    public_url: Option<String>,
    /// File that keeps the state [default: none, in memory only].
    #[arg(long, env = "BAILIWICK_SIMULATOR_DATA")]
    data: Option<PathBuf>,
    /// Receiver of the platform's events.
    #[arg(long, env = "BAILIWICK_SIMULATOR_WEBHOOK_URL", requires = "webhook_secret")]
    webhook_url: Option<String>,
    /// Signing secret of the platform's events.
    #[arg(long, env = "BAILIWICK_SIMULATOR_WEBHOOK_SECRET", hide_env_values = true)]
    webhook_secret: Option<String>,
    /// Receiver of the events of connected accounts.
    #[arg(long, env = "BAILIWICK_SIMULATOR_CONNECT_WEBHOOK_URL", requires = "connect_webhook_secret")]
    connect_webhook_url: Option<String>,
    /// Signing secret of the events of connected accounts.
    #[arg(long, env = "BAILIWICK_SIMULATOR_CONNECT_WEBHOOK_SECRET", hide_env_values = true)]
    connect_webhook_secret: Option<String>,
    /// End when standard input is closed, so that the program does not outlive the one that started it.
    #[arg(long, env = "BAILIWICK_SIMULATOR_EXIT_WITH_STDIN")]
    exit_with_stdin: bool,
}

impl Arguments {
    fn config(self) -> Config {
        let endpoint = |kind, url: Option<String>, secret: Option<String>| {
            url.zip(secret).map(|(url, secret)| Endpoint { kind, url, secret })
        };
        let platform = endpoint(EndpointKind::Platform, self.webhook_url, self.webhook_secret);
        let connect = endpoint(EndpointKind::Connect, self.connect_webhook_url, self.connect_webhook_secret);
        Config {
            listen: self.listen,
            public_url: self.public_url,
            data: self.data,
            endpoints: platform.into_iter().chain(connect).collect(),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    let arguments = Arguments::parse();
    let shutdown = match shutdown(arguments.exit_with_stdin) {
        Ok(shutdown) => shutdown,
        Err(error) => return failed(&error),
    };
    let ready = |address| {
        // Whoever started us may have closed our output; that is no reason not to serve.
        let _ = writeln!(io::stdout(), "listening on {address}");
    };
    match simulators::run(arguments.config(), ready, shutdown).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &io::Error) -> ExitCode {
    tracing::error!("{error}");
    ExitCode::FAILURE
}

/// Ready on SIGTERM, on SIGINT and, if asked for, at the end of standard input.
fn shutdown(with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (closed, stdin) = oneshot::channel::<()>();
    let mut open = Some(closed);
    if let Some(closed) = open.take_if(|_| with_stdin) {
        // A thread of its own: a read that blocks would hold up the end of the runtime.
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
            let _ = closed.send(());
        });
    }
    Ok(async move {
        // Kept until the end: without anybody reading, standard input never closes.
        let _open = open;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = stdin => {}
        }
    })
}
