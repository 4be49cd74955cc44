//! `bailiwick admin`: setting a new installation up.

use std::io::{IsTerminal as _, Read as _};

use app::{App, AppError, auth};
use chrono_tz::Tz;
use domain::{
    brands::{DEFAULT_ACCENT_COLOR, DEFAULT_PRIMARY_COLOR},
    money::Currency,
    permissions::{Role, TenantKind},
    text,
};
use serde_json::json;
use store::{
    Actor, NewEvent, Reason, RequestInfo,
    memberships::{self, NewMembership},
    tenants::{self, NewTenant},
    users,
};

use crate::{
    config::Config,
    database::Database,
    failure::{Failure, Result},
    serve::app_config,
};

/// What can be set up.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Makes the platform operator and its first administrator. The password is read from standard input.
    Create {
        /// The administrator's email address.
        #[arg(long)]
        email: String,
        /// The administrator's name.
        #[arg(long)]
        name: String,
        /// The name of the company that runs this installation.
        #[arg(long)]
        company: String,
        /// Where its billing days begin, as the IANA database names it.
        #[arg(long, default_value = "UTC")]
        time_zone: Tz,
        /// Its currency.
        #[arg(long, default_value = "USD")]
        currency: Currency,
    },
}

/// Runs one of the commands.
pub async fn run(config: &Config, command: Command) -> Result<()> {
    let Command::Create { email, name, company, time_zone, currency } = command;
    let email = text::email(&email).map_err(|error| Failure::during("--email", error))?;
    let name = text::line(&name, 120).map_err(|error| Failure::during("--name", error))?;
    let company = text::line(&company, 200).map_err(|error| Failure::during("--company", error))?;
    let password = read_password()?;
    auth::check_password_strength("/password", &password, &email).map_err(|error| match error {
        AppError::Invalid(fields) => {
            let detail = fields.into_iter().next().map(|field| field.detail).unwrap_or_default();
            Failure::new(format!("the password {detail}"))
        }
        other => other.into(),
    })?;
    let database = Database::open(config).await?;
    let made =
        create(&database, config, &Operator { email, name, company, time_zone, currency }, &password).await;
    database.close().await?;
    made?;
    println!("The platform is set up. Start the server with `bailiwick serve` and sign in.");
    Ok(())
}

struct Operator {
    email: String,
    name: String,
    company: String,
    time_zone: Tz,
    currency: Currency,
}

fn read_password() -> Result<String> {
    if std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ")?;
        if password != rpassword::prompt_password("The same again: ")? {
            return Err(Failure::new("these were two different passwords"));
        }
        return Ok(password);
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

async fn create(database: &Database, config: &Config, operator: &Operator, password: &str) -> Result<()> {
    // Makes the signing key as well.
    App::new(database.store.clone(), app_config(config, false)?, None, None).await?;
    let hash = auth::hash_password(password).await?;
    database
        .store
        .system(Reason::Provision, async |tx| {
            if tenants::platform(tx).await?.is_some() {
                return Err(Failure::new("this installation has its platform operator already"));
            }
            let tenant = tenants::create(
                tx,
                &NewTenant {
                    parent: None,
                    kind: TenantKind::Platform,
                    name: operator.company.clone(),
                    slug: "platform".to_owned(),
                    time_zone: operator.time_zone,
                    currency: operator.currency,
                    invoice_prefix: "INV".to_owned(),
                    primary_color: DEFAULT_PRIMARY_COLOR.to_owned(),
                    accent_color: DEFAULT_ACCENT_COLOR.to_owned(),
                },
            )
            .await?;
            let user = users::create(tx, &operator.email, &operator.name, Some(&hash)).await?;
            memberships::create(
                tx,
                &NewMembership {
                    tenant,
                    user,
                    email: operator.email.clone(),
                    name: operator.name.clone(),
                    role: Role::PlatformAdmin,
                    customer: None,
                    only_customers: None,
                },
            )
            .await?;
            let event = NewEvent::new(
                "platform.created",
                format!("tenant:{tenant}"),
                json!({"company": operator.company, "administrator": operator.email}),
            );
            tx.record(tenant, &Actor::System(Reason::Provision), &RequestInfo::default(), &event).await?;
            Ok(())
        })
        .await
}
