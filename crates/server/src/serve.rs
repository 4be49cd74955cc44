//! `bailiwick serve`.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{App as HttpApp, HttpServer, web};
use app::{App, AppConfig, WebhookSecrets};
use connectors::{
    mail::{MailTransport, SmtpSettings, SmtpTransport, TlsMode},
    stripe::{PaymentProvider, StripeProvider, StripeSettings},
};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::sync::watch;

use crate::{
    apps::{self, Apps},
    config::{Config, Overrides, SmtpTls},
    database::Database,
    demo::{
        self,
        pages::{Demo, routes as demo_pages},
        simulators::Simulators,
    },
    failure::{Failure, Result},
    http,
};

/// What the command line may say.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Where to listen, for example 127.0.0.1:8080.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Where the private database and keys are kept.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Where people reach the server.
    #[arg(long)]
    public_url: Option<String>,
    /// Loads the demo world and opens its logins, mailbox and simulators. Never on a real installation.
    #[arg(long)]
    demo: bool,
}

impl Options {
    /// The part that is configuration.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            listen: self.listen,
            data_dir: self.data_dir.clone(),
            public_url: self.public_url.clone().or_else(|| {
                let listen = self.listen.filter(|listen| listen.ip().is_loopback() && self.demo)?;
                Some(format!("http://localhost:{}", listen.port()))
            }),
        }
    }
}

/// Serves until told to stop; then finishes what is in flight.
pub async fn serve(config: Config, options: Options) -> Result<()> {
    let database = Database::open(&config).await?;
    let served = serve_on(&config, &options, &database).await;
    let closed = database.close().await;
    served.and(closed)
}

async fn serve_on(config: &Config, options: &Options, database: &Database) -> Result<()> {
    if !options.demo {
        return serve_with(
            config,
            &App::new(
                database.store.clone(),
                app_config(config, false)?,
                mail(config, false)?,
                payments(config)?,
            )
            .await?,
            None,
        )
        .await;
    }
    let key = database.store.sealer().master_key().clone();
    let simulators = Simulators::start(config, &key).await?;
    let config = Config { stripe: Some(simulators.stripe.clone()), ..config.clone() };
    let app = App::new(
        database.store.clone(),
        app_config(&config, true)?,
        mail(&config, true)?,
        payments(&config)?,
    )
    .await?;
    let http = http_client()?;
    let served = async {
        demo::prepare(database, &app, &simulators, &http).await?;
        let pages = Demo { simulators: simulators.address.clone(), http };
        demo::announce(&config);
        serve_with(&config, &app, Some(pages)).await
    }
    .await;
    let stopped = simulators.stop().await;
    served.and(stopped)
}

/// How the application is set up.
pub fn app_config(config: &Config, demo: bool) -> Result<AppConfig> {
    let stripe = config.stripe.as_ref();
    Ok(AppConfig {
        public_url: config.public_url.clone(),
        mail_from: config.mail.from.clone(),
        access_token_seconds: config.access_token_seconds,
        demo,
        application_fee_basis_points: stripe.map_or(0, |stripe| stripe.application_fee_basis_points),
        webhook_secrets: stripe.map(|stripe| WebhookSecrets {
            platform: stripe.platform_webhook_secret.clone().unwrap_or_default(),
            connect: stripe.connect_webhook_secret.clone().unwrap_or_default(),
        }),
        trusted_proxies: config.proxies()?,
    })
}

fn http_client() -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(std::time::Duration::from_secs(30))
        .build()
        .map_err(|error| Failure::during("no HTTP client", error))
}

async fn serve_with(config: &Config, app: &App, demo: Option<Demo>) -> Result<()> {
    app::jobs::upkeep(app).await?;
    let metrics = start_metrics(config, app)?;
    let http_threads = match config.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism()?.get(),
    };
    let threads = http_threads + usize::from(config.work);
    let apps = (0..http_threads).map(|_| app.on_thread(threads)).collect::<Result<Vec<_>, _>>()?;
    let pages = config.web_dir.as_deref().map(Apps::open).transpose()?;
    let server = start_http(config, apps, demo, pages)?;
    actix_web::rt::spawn(stop_on_signal(server.handle(), app.clone()));
    let (stop, stopped) = watch::channel(false);
    let worker = if config.work { Some(start_worker(app.on_thread(threads)?, stopped)?) } else { None };
    tracing::info!(listen = %config.listen, url = config.public_url, "serving");
    let result = server.await;
    // The receiver is gone where this process does not work.
    let _ = stop.send(true);
    if let Some(worker) = worker {
        web::block(move || worker.join())
            .await
            .map_err(|error| Failure::during("the worker cannot be stopped", error))?
            .map_err(|_| Failure::new("the worker has panicked"))?;
    }
    if let Some(metrics) = metrics {
        metrics.stop(false).await;
    }
    result.map_err(|error| Failure::during("the server stopped", error))
}

/// Ends the live streams, which would keep the server waiting, and lets all other requests finish. A
/// second signal ends the program at once.
async fn stop_on_signal(handle: actix_web::dev::ServerHandle, app: App) {
    if let Err(error) = signal().await {
        tracing::error!(%error, "signals cannot be awaited");
        return;
    }
    tracing::info!("stopping; what is in flight is finished");
    app.close_streams();
    actix_web::rt::spawn(async {
        if signal().await.is_ok() {
            tracing::warn!("stopped at once");
            std::process::exit(130);
        }
    });
    handle.stop(true).await;
}

async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Serves on a thread for each of the applications.
fn start_http(
    config: &Config,
    apps: Vec<App>,
    demo: Option<Demo>,
    pages: Option<Apps>,
) -> Result<actix_web::dev::Server> {
    let threads = apps.len();
    let any = apps.first().cloned().ok_or_else(|| Failure::new("`threads` must be at least 1"))?;
    // Each thread takes one, and another should it be replaced.
    let apps = Arc::new(Mutex::new(apps.into_iter().cycle()));
    let server = HttpServer::new(move || {
        let next = apps.lock().unwrap_or_else(PoisonError::into_inner).next();
        let app = next.unwrap_or_else(|| any.clone());
        api::service(web::Data::new(app))
            .configure(api::docs)
            .route("/healthz", web::get().to(http::healthz))
            .route("/readyz", web::get().to(http::readyz))
            .configure(|routes| {
                if let Some(pages) = &demo {
                    routes.app_data(web::Data::new(pages.clone())).configure(demo_pages);
                }
                // Last, for the pages of the apps are whatever is nothing else.
                match &pages {
                    Some(pages) => routes.app_data(web::Data::new(pages.clone())).configure(apps::routes),
                    None => routes.route("/payment/{outcome}", web::get().to(http::payment_return)),
                };
            })
    })
    // Ctrl-C and SIGTERM both mean: finish what is in flight. The framework would break off at Ctrl-C.
    .disable_signals()
    .shutdown_timeout(30)
    .client_request_timeout(std::time::Duration::from_secs(15))
    .workers(threads)
    .bind(config.listen)
    .map_err(|error| {
        let hint =
            if error.kind() == std::io::ErrorKind::AddrInUse { "; is another server running?" } else { "" };
        Failure::new(format!("cannot listen on {}: {error}{hint}", config.listen))
    })?;
    Ok(server.run())
}

/// One job does others in its turn (a sandbox's clock), and what they all remember is deep: a build that is not optimised
/// needs more than the usual two mebibytes.
const JOB_STACK: usize = 8 << 20;

/// The worker has a thread and a runtime of its own, so that a job never keeps a request waiting.
fn start_worker(app: App, stopped: watch::Receiver<bool>) -> Result<std::thread::JoinHandle<()>, Failure> {
    let name = format!("{}-{}", hostname(), std::process::id());
    let work = move || actix_web::rt::System::new().block_on(app::jobs::work(&app, &name, stopped));
    std::thread::Builder::new()
        .name("jobs".to_owned())
        .stack_size(JOB_STACK)
        .spawn(work)
        .map_err(|error| Failure::new(format!("the thread of the worker does not start: {error}")))
}

fn hostname() -> String {
    std::env::var("HOSTNAME").unwrap_or_else(|_| "worker".to_owned())
}

/// Figures for Prometheus, on a port of their own that need not be reachable from outside.
fn start_metrics(config: &Config, app: &App) -> Result<Option<actix_web::dev::ServerHandle>> {
    let Some(address) = config.metrics_listen else { return Ok(None) };
    let recorder = PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| Failure::during("the metrics cannot be set up", error))?;
    let data = web::Data::new((recorder, app.clone()));
    let server = HttpServer::new(move || {
        HttpApp::new().app_data(data.clone()).route("/metrics", web::get().to(http::metrics))
    })
    .workers(1)
    .disable_signals()
    .bind(address)
    .map_err(|error| Failure::new(format!("cannot listen on {address} for metrics: {error}")))?
    .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(Some(handle))
}

fn mail(config: &Config, demo: bool) -> Result<Option<Arc<dyn MailTransport>>> {
    let Some(smtp) = &config.mail.smtp else {
        if !demo {
            tracing::warn!("no mail server is configured (`mail.smtp`): mails stay in the database");
        }
        return Ok(None);
    };
    let settings = SmtpSettings {
        port: Some(smtp.port),
        tls: match smtp.tls {
            SmtpTls::Starttls => TlsMode::Starttls,
            SmtpTls::Tls => TlsMode::Tls,
            SmtpTls::None => TlsMode::None,
        },
        username: smtp.username.clone(),
        password: smtp.password.clone(),
        ..SmtpSettings::new(smtp.host.clone())
    };
    let transport =
        SmtpTransport::new(settings).map_err(|error| Failure::during("`mail.smtp` is wrong", error))?;
    Ok(Some(Arc::new(transport)))
}

fn payments(config: &Config) -> Result<Option<Arc<dyn PaymentProvider>>> {
    let Some(stripe) = &config.stripe else { return Ok(None) };
    let secret = |secret: &Option<secrecy::SecretString>| secret.clone().unwrap_or_default();
    let settings = StripeSettings {
        secret_key: secret(&stripe.secret_key),
        api_base: stripe.api_base.clone(),
        platform_webhook_secret: secret(&stripe.platform_webhook_secret),
        connect_webhook_secret: secret(&stripe.connect_webhook_secret),
    };
    let provider =
        StripeProvider::new(&settings).map_err(|error| Failure::during("`stripe` is wrong", error))?;
    Ok(Some(Arc::new(provider)))
}
