//! The demo world: only where demo mode was asked for.

pub mod customers;
pub mod pages;
pub mod simulators;
pub mod world;

use app::{App, AppError, payments};
use store::{Reason, tenants};

use crate::{
    config::Config,
    database::Database,
    demo::simulators::Simulators,
    failure::{Failure, Result},
};

/// The password of every demo login.
pub const PASSWORD: &str = "bailiwick-demo";

/// A login of the demo world, for the page and the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Login {
    /// Whose.
    pub who: &'static str,
    /// The address.
    pub email: &'static str,
    /// The host name of its pages; the installation's own where there is none.
    pub host: Option<&'static str>,
}

/// The logins that a newcomer should know.
pub const LOGINS: &[Login] = &[
    Login { who: "Platform operator", email: "admin@platform.example", host: None },
    Login {
        who: "Northwind, administrator",
        email: "admin@northwind.example",
        host: Some("northwind.localhost"),
    },
    Login {
        who: "Northwind, operator",
        email: "operator@northwind.example",
        host: Some("northwind.localhost"),
    },
    Login {
        who: "Northwind, billing",
        email: "billing@northwind.example",
        host: Some("northwind.localhost"),
    },
    Login { who: "Harbor, administrator", email: "admin@harbor.example", host: Some("harbor.localhost") },
    Login {
        who: "Acme Corp, owner (portal)",
        email: "owner@acme.example",
        host: Some("northwind.localhost"),
    },
    Login {
        who: "Acme Corp, viewer (portal)",
        email: "viewer@acme.example",
        host: Some("northwind.localhost"),
    },
];

/// Loads the world at the first start, and has its first MSP take payments.
pub async fn prepare(
    database: &Database,
    app: &App,
    simulators: &Simulators,
    http: &reqwest::Client,
) -> Result<()> {
    app::jobs::upkeep(app).await?;
    if world::is_empty(&database.store).await? {
        eprintln!("Making the demo world …");
        world::load(database, app.config(), world::ORDINARY).await?;
    }
    connect_payments(app, simulators, http).await
}

async fn connect_payments(app: &App, simulators: &Simulators, http: &reqwest::Client) -> Result<()> {
    let scope = app
        .store()
        .system(Reason::Demo, async |tx| {
            let tenant = tenants::by_host(tx, "northwind.localhost").await?;
            match tenant {
                Some(tenant) => Ok::<_, AppError>(Some(tx.tenant_scope(tenant).await?)),
                None => Ok(None),
            }
        })
        .await?;
    let Some(scope) = scope else { return Ok(()) };
    let known =
        app.store().read(&scope, async |tx| Ok::<_, AppError>(store::payments::account(tx).await?)).await?;
    if known.is_some() {
        return Ok(());
    }
    payments::connect(app, &scope, "billing@northwind.example", "US").await?;
    let made =
        app.store().read(&scope, async |tx| Ok::<_, AppError>(store::payments::account(tx).await?)).await?;
    let made = made.ok_or_else(|| Failure::new("the simulated account was not kept"))?;
    simulators.onboard(http, &made.account).await?;
    payments::refresh_account(app, &scope).await?;
    Ok(())
}

/// Fills an empty database with a world of a given size.
pub async fn load(config: &Config, size: world::Size) -> Result<()> {
    if size.customers < 6 || size.machines < 300 {
        return Err(Failure::new("the world has at least 6 customers and 300 machines"));
    }
    let database = Database::open(config).await?;
    let done = async {
        if !world::is_empty(&database.store).await? {
            return Err(Failure::new("the database is not empty; choose another data directory"));
        }
        let app =
            App::new(database.store.clone(), crate::serve::app_config(config, true)?, None, None).await?;
        app::jobs::upkeep(&app).await?;
        world::load(&database, app.config(), size).await
    }
    .await;
    let closed = database.close().await;
    done.and(closed)
}

/// Tells a newcomer where to go.
pub fn announce(config: &Config) {
    let base = &config.public_url;
    println!();
    println!("Bailiwick is at {base}");
    println!();
    let mut places = vec![
        (format!("{base}/demo"), "who can sign in"),
        (format!("{base}/demo/mail"), "the mail that the system sends"),
        (format!("{base}/docs/"), "every operation of the API"),
    ];
    if config.web_dir.is_some() {
        let northwind = app::mail::link_base(base, Some("northwind.localhost"));
        places.insert(0, (northwind, "the dashboard of Northwind, an MSP"));
    }
    for (address, what) in places {
        println!("  {address:<34} {what}");
    }
    println!();
    println!("The password of every demo login is {PASSWORD}:");
    for login in LOGINS {
        println!("  {:<28} {}", login.email, login.who);
    }
    println!();
    println!("Ctrl-C stops everything; the next start goes on with the same data.");
}
